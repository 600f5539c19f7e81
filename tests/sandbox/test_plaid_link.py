"""Plaid's Link, as a person walks it: agree, sign in, choose, leave, fail, sign in again."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest
from plaid.model.accounts_get_request import AccountsGetRequest
from plaid.model.depository_account_subtype import DepositoryAccountSubtype
from plaid.model.depository_account_subtypes import DepositoryAccountSubtypes
from plaid.model.depository_filter import DepositoryFilter
from plaid.model.identity_get_request import IdentityGetRequest
from plaid.model.item_get_request import ItemGetRequest
from plaid.model.link_token_account_filters import LinkTokenAccountFilters
from plaid.model.link_token_get_request import LinkTokenGetRequest
from plaid.model.sandbox_item_reset_login_request import SandboxItemResetLoginRequest

from sandbox import deliveries
from sandbox.plaid import webhooks
from tests.sandbox.plaid_person import Sandbox, refused, running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        yield found


def test_a_partners_hosted_link_ends_with_a_public_token_and_a_webhook(us, sandbox, receiver):
    back = {"completion_redirect_uri": "http://us.test/linked"}
    made = us.link(webhook=receiver.url, hosted_options=back)
    page = made.hosted_link_url
    start = us.browser.get(page)
    assert "Fernwood Savings uses Plaid" in start.text
    assert us.sign_in(page).status_code == 303
    assert "Plaid Mortgage" in us.browser.get(f"{page}/accounts").text
    left = us.browser.post(f"{page}/accounts", data={"account": ["checking", "ira"]})
    assert left.headers["Location"] == "http://us.test/linked"

    asked = LinkTokenGetRequest(link_token=made.link_token)
    answer = us.api.link_token_get(asked)
    assert answer.metadata.client_name == "Fernwood Savings"
    [session] = answer.link_sessions
    [added] = session.results.item_add_results
    assert added.institution.name == "First Platypus Bank"
    names = [event.event_name for event in session.events]
    assert names[0] == "OPEN"
    assert names[-1] == "HANDOFF"
    item = us.exchange(added.public_token)
    accounts = us.api.accounts_get(AccountsGetRequest(access_token=item.access_token)).accounts
    assert {str(account.subtype) for account in accounts} == {"checking", "ira"}
    assert [account.account_id for account in accounts] == [row.id for row in added.accounts]
    identity = us.api.identity_get(IdentityGetRequest(access_token=item.access_token))
    assert identity.accounts[0].owners[0].names == ["Maya Okafor"]

    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["LINK EVENTS", "LINK SESSION_FINISHED"]
    told = json.loads(receiver.got[-1][1])
    assert (told["status"], told["public_tokens"]) == ("SUCCESS", [added.public_token])


def test_leaving_tells_why_without_a_token(us, sandbox, receiver):
    made = us.link(webhook=receiver.url)
    page = made.hosted_link_url
    us.browser.get(page)
    asked = us.browser.get(f"{page}/leave", params={"back": "https://elsewhere.test/"})
    assert "elsewhere.test" not in asked.text
    left = us.browser.post(f"{page}/leave", data={"reason": "privacy"})
    assert "Nothing was linked" in left.text
    [session] = us.api.link_token_get(LinkTokenGetRequest(link_token=made.link_token)).link_sessions
    assert session.exit.error is None
    assert session.events[-1].event_metadata.selection == "privacy"
    webhooks.send_due(sandbox.world, deliveries.http_send)
    told = json.loads(receiver.got[-1][1])
    assert (told["webhook_code"], told["status"], told["public_tokens"]) == (
        "SESSION_FINISHED",
        "EXITED",
        [],
    )


def test_a_code_is_asked_for_and_a_wrong_one_is_told(us):
    page = us.link().hosted_link_url
    asked = us.sign_in(page, password="mfa_device")
    assert asked.headers["Location"].endswith("/code")
    assert us.browser.get(f"{page}/accounts").status_code == 302
    wrong = us.browser.post(f"{page}/code", data={"code": "9999"})
    assert wrong.status_code == 422
    assert "code is not right" in wrong.text
    right = us.browser.post(f"{page}/code", data={"code": "1234"})
    assert right.headers["Location"].endswith("/accounts")


@pytest.mark.parametrize(
    ("person", "status", "words"),
    [
        ({"user": "user_locked"}, 422, "locked. Contact First Platypus Bank"),
        ({"password": "guess"}, 422, "not right"),
        ({"user": "user_none"}, 200, "No accounts to share"),
        ({"password": "error_INSTITUTION_NOT_RESPONDING"}, 200, "can’t be reached"),
    ],
)
def test_a_sign_in_that_fails_says_why(us, person, status, words):
    answer = us.sign_in(us.link().hosted_link_url, **person)
    assert answer.status_code == status
    assert words in answer.text


def test_a_bank_that_is_down_leads_to_an_exit_with_its_error(us):
    made = us.link(products=["auth"])
    page = made.hosted_link_url
    us.browser.post(page)
    assert "Unhealthy Platypus Bank" in us.browser.get(f"{page}/banks").text
    assert "can’t be reached" in us.browser.get(f"{page}/bank/ins_132361").text
    us.browser.post(f"{page}/leave")
    [session] = us.api.link_token_get(LinkTokenGetRequest(link_token=made.link_token)).link_sessions
    assert session.exit.error.error_code == "INSTITUTION_DOWN"


def test_only_banks_and_accounts_that_fit_are_offered(us):
    only_savings = LinkTokenAccountFilters(
        depository=DepositoryFilter(
            account_subtypes=DepositoryAccountSubtypes([DepositoryAccountSubtype("savings")])
        )
    )
    page = us.link(products=["auth"], account_filters=only_savings).hosted_link_url
    us.sign_in(page)
    shown = us.browser.get(f"{page}/accounts").text
    assert "Plaid Saving" in shown
    assert "Plaid Checking" not in shown
    page = us.link(products=["investments"]).hosted_link_url
    us.browser.post(page)
    found = us.browser.get(f"{page}/banks").text
    assert "Northwind Brokerage" in found
    assert "Houndstooth Bank" not in found
    assert "No bank has this name" in us.browser.get(f"{page}/banks", params={"q": "zzz"}).text


def test_a_link_token_expires(us, sandbox):
    made = us.link(hosted=False, products=["auth"])
    page = f"/plaid/hosted/{made.link_token}"
    assert us.browser.get(page).status_code == 200
    sandbox.world.clock.advance(timedelta(hours=4))
    assert us.browser.get(page).status_code == 404
    unknown = LinkTokenGetRequest(link_token="link-sandbox-x")
    assert refused(us.api.link_token_get, unknown)["error_code"] == "INVALID_LINK_TOKEN"


def test_pages_run_no_script_of_others_and_are_kept_nowhere(us):
    page = us.link().hosted_link_url
    for path in (page, f"{page}/banks", f"{page}/bank/ins_109508", f"{page}/leave"):
        answer = us.browser.get(path)
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert "<script>" not in answer.text
        assert "style=" not in answer.text


def test_a_broken_sign_in_stops_everything_until_update_mode_is_done(us):
    access = us.access_token()
    us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    error = refused(us.api.accounts_get, AccountsGetRequest(access_token=access))
    assert (error["error_type"], error["error_code"]) == ("ITEM_ERROR", "ITEM_LOGIN_REQUIRED")
    item = us.api.item_get(ItemGetRequest(access_token=access)).item
    assert item.error.error_code == "ITEM_LOGIN_REQUIRED"

    page = us.link(access_token=access).hosted_link_url
    start = us.browser.get(page).text
    assert "Sign in at First Platypus Bank again" in start
    assert us.browser.post(page).headers["Location"].endswith("/bank/ins_109508")
    wrong_bank = us.browser.get(f"{page}/bank/ins_109511")
    assert wrong_bank.status_code == 404
    done = us.sign_in(page)
    assert "You are signed in again" in done.text
    assert us.api.accounts_get(AccountsGetRequest(access_token=access)).item.error is None


def test_signing_in_again_mends_the_persons_other_items_there_too(us, sandbox, receiver):
    def item_of_maya() -> str:
        page = us.link(webhook=receiver.url).hosted_link_url
        us.sign_in(page)
        us.browser.post(f"{page}/accounts", data={"account": ["checking"]})
        token = page.rsplit("/", 1)[1]
        [session] = us.api.link_token_get(LinkTokenGetRequest(link_token=token)).link_sessions
        return str(us.exchange(session.on_success.public_token).access_token)

    first, second = item_of_maya(), item_of_maya()
    for access in (first, second):
        us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    us.sign_in(us.link(access_token=first).hosted_link_url)
    assert us.api.accounts_get(AccountsGetRequest(access_token=second)).item.error is None
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events.count("ITEM ERROR") == 2
    assert receiver.events.count("ITEM LOGIN_REPAIRED") == 1
