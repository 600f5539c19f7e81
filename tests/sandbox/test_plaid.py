"""Plaid in small: items and what banks tell of them, by the official client over HTTP."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from plaid.model.accounts_balance_get_request import AccountsBalanceGetRequest
from plaid.model.accounts_get_request import AccountsGetRequest
from plaid.model.accounts_get_request_options import AccountsGetRequestOptions
from plaid.model.auth_get_request import AuthGetRequest
from plaid.model.country_code import CountryCode
from plaid.model.identity_get_request import IdentityGetRequest
from plaid.model.institutions_get_by_id_request import InstitutionsGetByIdRequest
from plaid.model.institutions_get_by_id_request_options import (
    InstitutionsGetByIdRequestOptions,
)
from plaid.model.institutions_search_request import InstitutionsSearchRequest
from plaid.model.investments_holdings_get_request import InvestmentsHoldingsGetRequest
from plaid.model.investments_transactions_get_request import InvestmentsTransactionsGetRequest
from plaid.model.item_remove_request import ItemRemoveRequest
from plaid.model.liabilities_get_request import LiabilitiesGetRequest
from plaid.model.link_token_get_request import LinkTokenGetRequest
from plaid.model.processor_token_create_request import ProcessorTokenCreateRequest

from sandbox.app import create_app
from sandbox.world import World
from tests.sandbox.person import APPLICATION
from tests.sandbox.plaid_person import EVERYTHING, PlaidClient, Sandbox, refused, running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        yield found


def by_subtype(accounts: Any) -> dict[str, Any]:
    return {str(account.subtype): account for account in accounts}


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


def test_nonsense_is_refused_and_breaks_nothing(us, sandbox):
    rules = create_app(World(frozen=True)).url_map.iter_rules()
    paths = [rule.rule for rule in rules if rule.endpoint.startswith("plaid.")]
    keys = {"client_id": "sandbox-key", "secret": "sandbox-secret"}
    usual = {
        **keys,
        "access_token": us.access_token(),
        "client_name": "Us",
        "language": "en",
        "country_codes": ["US"],
        "user": {"client_user_id": "maya"},
        "products": ["auth"],
        "start_date": "2026-01-01",
        "end_date": "2026-02-01",
        "count": 3,
        "query": "bank",
        "institution_id": "ins_109508",
        "initial_products": ["auth"],
        "account_filters": {"depository": {"account_subtypes": ["savings"]}},
    }
    assert len(paths) > 20
    for path in paths:
        if path.endswith(("remove", "invalidate")):
            continue
        for name in usual:
            for value in (None, -3, [1], {"a": [1]}):
                answer = us.browser.post(path, json={**usual, name: value})
                assert answer.status_code < 500, (path, name, value)
                assert "request_id" in answer.json()


def test_the_same_seed_makes_the_same_balances():
    def seen() -> list[tuple[str, float]]:
        with running() as alone:
            us = PlaidClient(alone.home)
            rows = us.api.accounts_get(AccountsGetRequest(access_token=us.access_token())).accounts
            us.close()
            return [(row.account_id, row.balances.current) for row in rows]

    assert seen() == seen()


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
