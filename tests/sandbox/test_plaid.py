"""Plaid in small, through the official client over HTTP."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import httpx
import jwt
import plaid
import pytest
from plaid.model.accounts_balance_get_request import AccountsBalanceGetRequest
from plaid.model.accounts_get_request import AccountsGetRequest
from plaid.model.accounts_get_request_options import AccountsGetRequestOptions
from plaid.model.auth_get_request import AuthGetRequest
from plaid.model.country_code import CountryCode
from plaid.model.depository_account_subtype import DepositoryAccountSubtype
from plaid.model.depository_account_subtypes import DepositoryAccountSubtypes
from plaid.model.depository_filter import DepositoryFilter
from plaid.model.identity_get_request import IdentityGetRequest
from plaid.model.institutions_get_by_id_request import InstitutionsGetByIdRequest
from plaid.model.institutions_get_by_id_request_options import (
    InstitutionsGetByIdRequestOptions,
)
from plaid.model.institutions_search_request import InstitutionsSearchRequest
from plaid.model.investments_holdings_get_request import InvestmentsHoldingsGetRequest
from plaid.model.investments_transactions_get_request import InvestmentsTransactionsGetRequest
from plaid.model.item_get_request import ItemGetRequest
from plaid.model.item_remove_request import ItemRemoveRequest
from plaid.model.item_webhook_update_request import ItemWebhookUpdateRequest
from plaid.model.liabilities_get_request import LiabilitiesGetRequest
from plaid.model.link_token_account_filters import LinkTokenAccountFilters
from plaid.model.link_token_get_request import LinkTokenGetRequest
from plaid.model.processor_token_create_request import ProcessorTokenCreateRequest
from plaid.model.sandbox_item_fire_webhook_request import SandboxItemFireWebhookRequest
from plaid.model.sandbox_item_reset_login_request import SandboxItemResetLoginRequest
from plaid.model.sandbox_item_set_verification_status_request import (
    SandboxItemSetVerificationStatusRequest,
)
from plaid.model.webhook_type import WebhookType
from plaid.model.webhook_verification_key_get_request import WebhookVerificationKeyGetRequest

from sandbox import deliveries
from sandbox.plaid import webhooks
from tests.sandbox.person import APPLICATION
from tests.sandbox.plaid_person import EVERYTHING, PlaidClient, Receiver, Sandbox, running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        yield found


@pytest.fixture
def us(sandbox: Sandbox) -> Iterator[PlaidClient]:
    client = PlaidClient(sandbox.home)
    yield client
    client.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()


def refused(call: Any, *args: Any) -> dict[str, Any]:
    """The body of the error that the call ends with."""
    with pytest.raises(plaid.ApiException) as caught:
        call(*args)
    body: dict[str, Any] = json.loads(caught.value.body)
    assert {"error_type", "error_message", "display_message", "request_id"} <= body.keys()
    return {**body, "status": caught.value.status}


def by_subtype(accounts: Any) -> dict[str, Any]:
    return {str(account.subtype): account for account in accounts}


# Items


def test_a_public_token_becomes_an_item_with_nine_believable_accounts(us):
    answer = us.api.accounts_get(AccountsGetRequest(access_token=us.access_token()))
    accounts = by_subtype(answer.accounts)
    assert len(answer.accounts) == len({account.account_id for account in answer.accounts}) == 9
    assert {"checking", "savings", "credit card", "mortgage", "student", "401k"} <= set(accounts)
    assert accounts["checking"].name == "Plaid Checking"
    assert accounts["checking"].mask == "0000"
    checking = accounts["checking"].balances
    assert 0 <= checking.available <= checking.current < 20_000
    card = accounts["credit card"].balances
    assert card.limit == 12_000
    assert round(card.available + card.current, 2) == 12_000
    assert answer.item.institution_id == "ins_109508"
    assert answer.item.error is None


def test_one_account_can_be_asked_for_and_another_items_can_not(us):
    access, other = us.access_token(), us.access_token()
    first = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts[0].account_id
    options = AccountsGetRequestOptions(account_ids=[first])
    asked = AccountsGetRequest(access_token=access, options=options)
    assert [row.account_id for row in us.api.accounts_get(asked).accounts] == [first]
    foreign = AccountsGetRequest(access_token=other, options=options)
    assert refused(us.api.accounts_get, foreign)["error_code"] == "INVALID_ACCOUNT_ID"


def test_balances_move_slowly_and_the_same_question_gets_the_same_answer(us, sandbox):
    asked = AccountsBalanceGetRequest(access_token=us.access_token())

    def balances() -> dict[str, float]:
        rows = us.api.accounts_balance_get(asked).accounts
        return {str(row.subtype): row.balances.current for row in rows}

    now = balances()
    assert balances() == now
    sandbox.world.clock.advance(timedelta(days=1))
    tomorrow = balances()
    assert tomorrow["checking"] != now["checking"]
    assert abs(tomorrow["checking"] - now["checking"]) < 1_000
    sandbox.world.clock.advance(timedelta(days=365))
    later = balances()
    assert now["mortgage"] > later["mortgage"] > now["mortgage"] * 0.9
    assert later["savings"] > now["savings"]


def test_identity_names_the_owner_and_auth_the_numbers(us):
    access = us.access_token()
    [owner] = us.api.identity_get(IdentityGetRequest(access_token=access)).accounts[0].owners
    assert owner.names[0]
    assert owner.emails[0].primary
    assert owner.addresses[0].data.country == "US"
    answer = us.api.auth_get(AuthGetRequest(access_token=access))
    assert [str(account.subtype) for account in answer.accounts] == ["checking", "savings"]
    for number in answer.numbers.ach:
        digits = [int(digit) for digit in number.routing]
        assert sum(d * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0
        assert number.account.isdigit()


def test_holdings_are_real_tickers_and_add_up_to_the_balances(us):
    request = InvestmentsHoldingsGetRequest(access_token=us.access_token())
    answer = us.api.investments_holdings_get(request)
    assert {str(account.subtype) for account in answer.accounts} == {"brokerage", "ira", "401k"}
    known = {security.security_id: security for security in answer.securities}
    assert {"VTI", "AAPL", "VOO"} <= {security.ticker_symbol for security in answer.securities}
    # The client's own model of these balances contradicts itself; its dictionary doesn't.
    for account in answer.to_dict()["accounts"]:
        held = [row for row in answer.holdings if row.account_id == account["account_id"]]
        value = round(sum(row.institution_value for row in held), 2)
        assert value == account["balances"]["current"]
    for row in answer.holdings:
        assert row.quantity * row.institution_price == pytest.approx(
            row.institution_value, abs=0.01
        )
        assert known[row.security_id].close_price == row.institution_price


def test_purchases_of_an_investment_account_are_listed_newest_first(us):
    request = InvestmentsTransactionsGetRequest(
        access_token=us.access_token(), start_date=date(2026, 1, 1), end_date=date(2026, 3, 1)
    )
    answer = us.api.investments_transactions_get(request)
    days = [row.date for row in answer.investment_transactions]
    assert days == sorted(days, reverse=True)
    assert set(days) == {date(2026, 1, 5), date(2026, 2, 5)}
    assert answer.total_investment_transactions == len(days) == 6


def test_liabilities_tell_of_cards_mortgages_and_student_loans(us):
    access = us.access_token()
    answer = us.api.liabilities_get(LiabilitiesGetRequest(access_token=access))
    [card], [mortgage] = answer.liabilities.credit, answer.liabilities.mortgage
    [student] = answer.liabilities.student
    balances = {row.account_id: row.balances.current for row in answer.accounts}
    assert card.aprs[0].apr_percentage > 0
    assert card.next_payment_due_date > card.last_statement_issue_date
    assert balances[mortgage.account_id] < mortgage.origination_principal_amount
    assert mortgage.interest_rate.percentage == 5.875
    assert mortgage.ytd_principal_paid > 0 < mortgage.ytd_interest_paid
    assert student.loan_status.type == "repayment"


def test_a_bank_gives_only_what_it_has(us):
    error = refused(lambda: us.public_token(bank="ins_900105", products=["investments"]))
    assert (error["error_code"], error["status"]) == ("PRODUCTS_NOT_SUPPORTED", 400)
    access = us.access_token(bank="ins_900105", products=["liabilities"])
    error = refused(
        us.api.investments_holdings_get, InvestmentsHoldingsGetRequest(access_token=access)
    )
    assert error["error_code"] == "PRODUCTS_NOT_SUPPORTED"
    [loan] = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts
    assert str(loan.type) == "loan"


def test_a_public_token_is_good_once_and_for_thirty_minutes(us, sandbox):
    token = us.public_token()
    us.exchange(token)
    assert refused(us.exchange, token)["error_code"] == "INVALID_PUBLIC_TOKEN"
    late = us.public_token()
    sandbox.world.clock.advance(timedelta(minutes=30))
    assert refused(us.exchange, late)["error_code"] == "INVALID_PUBLIC_TOKEN"
    assert refused(us.exchange, "public-sandbox-x")["error_type"] == "INVALID_INPUT"


def test_a_removed_item_answers_no_more(us):
    access = us.access_token()
    us.api.item_remove(ItemRemoveRequest(access_token=access))
    error = refused(us.api.accounts_get, AccountsGetRequest(access_token=access))
    assert error["error_code"] == "INVALID_ACCESS_TOKEN"


def test_wrong_keys_missing_fields_and_unknown_paths_are_told_plaids_way(us, sandbox):
    stranger = PlaidClient(sandbox.home, secret="wrong")
    assert refused(stranger.public_token)["error_code"] == "INVALID_API_KEYS"
    stranger.close()
    keys = {"client_id": "sandbox-key", "secret": "sandbox-secret"}
    for path, code in (("/plaid/accounts/get", "MISSING_FIELDS"), ("/plaid/nope", "NOT_FOUND")):
        assert us.browser.post(path, json=keys).json()["error_code"] == code
    broken = us.browser.post("/plaid/accounts/get", content=b"{")
    assert broken.json()["error_code"] == "INVALID_BODY"
    headers = {"PLAID-CLIENT-ID": "sandbox-key", "PLAID-SECRET": "sandbox-secret"}
    found = us.browser.post(
        "/plaid/institutions/get",
        json={"count": 500, "offset": 0, "country_codes": ["US"]},
        headers=headers,
    )
    assert found.json()["total"] == len(found.json()["institutions"]) >= 12


def test_institutions_are_found_by_words_and_by_id(us):
    search = InstitutionsSearchRequest(
        query="platy", country_codes=[CountryCode("US")], products=None
    )
    names = [bank.name for bank in us.api.institutions_search(search).institutions]
    assert "First Platypus Bank" in names
    assert "Tartan Bank" not in names
    request = InstitutionsGetByIdRequest(
        institution_id="ins_109511",
        country_codes=[CountryCode("US")],
        options=InstitutionsGetByIdRequestOptions(include_optional_metadata=True),
    )
    tartan = us.api.institutions_get_by_id(request).institution
    assert (tartan.name, tartan.url) == ("Tartan Bank", "https://tartan.test")


def test_custom_people_bring_their_own_accounts_and_their_balances_stay(us, sandbox):
    people = json.dumps(
        {
            "override_accounts": [
                {
                    "type": "depository",
                    "subtype": "checking",
                    "starting_balance": 12.5,
                    "meta": {"name": "Thin Checking", "mask": "4321"},
                }
            ]
        }
    )
    access = us.access_token(
        products=["auth"], override_username="user_custom", override_password=people
    )
    asked = AccountsGetRequest(access_token=access)
    [account] = us.api.accounts_get(asked).accounts
    sandbox.world.clock.advance(timedelta(days=40))
    [later] = us.api.accounts_get(asked).accounts
    assert (account.name, account.mask, account.balances.current) == ("Thin Checking", "4321", 12.5)
    assert later.balances.current == 12.5
    odd = {"override_username": "user_custom", "override_password": '{"override_accounts": [3]}'}
    assert refused(lambda: us.public_token(**odd))["error_code"] == "INVALID_CREDENTIALS"


def test_a_processor_gets_a_token_for_one_account(us):
    access = us.access_token()
    account = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts[0]
    request = ProcessorTokenCreateRequest(
        access_token=access, account_id=account.account_id, processor="drivewealth"
    )
    token = us.api.processor_token_create(request).processor_token
    assert token.startswith("processor-sandbox-")


# A sign-in that breaks, and is mended


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


# Link


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


# Webhooks


def test_a_webhook_is_signed_as_plaid_signs(us, sandbox, receiver):
    access = us.access_token(webhook=receiver.url)
    us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    [(token, body)] = receiver.got
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "ES256"
    asked = WebhookVerificationKeyGetRequest(key_id=header["kid"])
    key = us.api.webhook_verification_key_get(asked).key
    assert key.expired_at is None
    public = jwt.PyJWK({k: key[k] for k in ("kty", "crv", "x", "y", "alg", "use")})
    claims = jwt.decode(token, public, algorithms=["ES256"])
    assert claims["request_body_sha256"] == hashlib.sha256(body).hexdigest()
    told = json.loads(body)
    assert (told["webhook_type"], told["webhook_code"]) == ("ITEM", "ERROR")
    assert told["error"]["error_code"] == "ITEM_LOGIN_REQUIRED"

    us.browser.post("/_sandbox/plaid/rotate-key")
    assert us.api.webhook_verification_key_get(asked).key.expired_at is not None
    us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert jwt.get_unverified_header(receiver.got[-1][0])["kid"] != header["kid"]
    unknown = WebhookVerificationKeyGetRequest(key_id="nobody")
    error = refused(us.api.webhook_verification_key_get, unknown)
    assert error["error_code"] == "INVALID_WEBHOOK_VERIFICATION_KEY_ID"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("HOLDINGS", "DEFAULT_UPDATE"),
        ("LIABILITIES", "DEFAULT_UPDATE"),
        ("ITEM", "NEW_ACCOUNTS_AVAILABLE"),
        ("ITEM", "PENDING_DISCONNECT"),
        ("ITEM", "LOGIN_REPAIRED"),
    ],
)
def test_webhooks_can_be_fired(us, sandbox, receiver, kind, code):
    access = us.access_token(webhook=receiver.url)
    request = SandboxItemFireWebhookRequest(
        access_token=access, webhook_code=code, webhook_type=WebhookType(kind)
    )
    assert us.api.sandbox_item_fire_webhook(request).webhook_fired
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == [f"{kind} {code}"]


def test_a_webhook_for_a_product_the_item_lacks_is_refused(us):
    access = us.access_token(products=["auth"])
    request = SandboxItemFireWebhookRequest(
        access_token=access,
        webhook_code="DEFAULT_UPDATE",
        webhook_type=WebhookType("HOLDINGS"),
    )
    error = refused(us.api.sandbox_item_fire_webhook, request)
    assert error["error_code"] == "SANDBOX_WEBHOOK_INVALID"


def test_new_prices_are_told_each_evening_to_the_address_of_the_item(us, sandbox, receiver):
    access = us.access_token(webhook="http://127.0.0.1:9/old")
    us.api.item_webhook_update(ItemWebhookUpdateRequest(access_token=access, webhook=receiver.url))
    sandbox.world.clock.advance(timedelta(days=7))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["HOLDINGS DEFAULT_UPDATE"] * 5
    status = us.api.item_get(ItemGetRequest(access_token=access)).status
    assert status.last_webhook.code_sent == "DEFAULT_UPDATE"
    us.api.item_remove(ItemRemoveRequest(access_token=access))
    sandbox.world.clock.advance(timedelta(days=7))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert len(receiver.events) == 5


def test_consent_at_an_oauth_bank_ends_after_a_year_with_a_warning(us, sandbox, receiver):
    access = us.access_token(bank="ins_127287", products=["auth"], webhook=receiver.url)
    sandbox.world.clock.advance(timedelta(days=359))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["ITEM PENDING_EXPIRATION"]
    sandbox.world.clock.advance(timedelta(days=7))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events[-1] == "ITEM ERROR"
    error = refused(us.api.accounts_get, AccountsGetRequest(access_token=access))
    assert error["error_code"] == "ITEM_LOGIN_REQUIRED"


def test_a_webhook_nobody_takes_is_tried_for_a_day():
    with running() as alone:
        us, world = PlaidClient(alone.home), alone.world
        access = us.access_token(products=["auth"], webhook="http://nobody.test/hook")
        us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
        tries = []
        for step in [timedelta(seconds=30)] * 25 + [timedelta(minutes=30)] * 50:
            if webhooks.send_due(world, lambda *_: 500):
                tries.append(world.clock.now())
            world.clock.advance(step)
        waits = [(later - one).total_seconds() for one, later in pairwise(tries)]
        assert waits[:3] == [30, 120, 480]
        assert len(tries) == 7
        assert tries[-1] - tries[0] < timedelta(hours=24)
        [row] = us.browser.get("/_sandbox/plaid/deliveries").json()["deliveries"]
        assert row["status"] == "dead"
        us.close()


def test_a_verification_status_can_be_set(us, sandbox, receiver):
    access = us.access_token(products=["auth"], webhook=receiver.url)
    account = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts[0].account_id
    us.api.sandbox_item_set_verification_status(
        SandboxItemSetVerificationStatusRequest(
            access_token=access, account_id=account, verification_status="automatically_verified"
        )
    )
    shown = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts[0]
    assert shown.verification_status == "automatically_verified"
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["AUTH AUTOMATICALLY_VERIFIED"]


# Beside Bluum


def test_bluum_takes_the_same_public_token_but_not_one_of_a_partners_own_link(us, sandbox):
    bluum = {"base_url": f"{sandbox.home}/v1", "auth": ("sandbox-key", "sandbox-secret")}
    with httpx.Client(**bluum) as api:
        account = api.post("/accounts", json=APPLICATION).json()["id"]
        sandbox.world.clock.advance(timedelta(seconds=5))
        connect = f"/accounts/{account}/funding-sources/plaid/connect"
        taken = us.public_token(products=EVERYTHING)
        item = api.post(connect, json={"public_token": taken}).json()["data"]["item"]
        assert item["institutionName"] == "First Platypus Bank"
        assert refused(us.exchange, taken)["error_code"] == "INVALID_PUBLIC_TOKEN"
        page = us.link(products=["auth"]).hosted_link_url
        us.sign_in(page)
        us.browser.post(f"{page}/accounts", data={"account": ["checking"]})
        token = page.rsplit("/", 1)[1]
        [session] = us.api.link_token_get(LinkTokenGetRequest(link_token=token)).link_sessions
        own = {"public_token": session.on_success.public_token}
        assert api.post(connect, json=own).status_code == 404
