"""Answers in all the shapes Bluum's documents and examples show, and in some they don't."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robo.bluum import Bluum
from robo.bluum.accounts import Account
from robo.bluum.base import Model, read
from robo.bluum.funding import Deposit
from robo.bluum.portfolios import Holding

ROW = {"id": "src_1", "mask": "4471", "currency": "USD"}
ACCOUNT = {
    "id": "src_1",
    "accountId": "plaid_1",
    "accountName": "Everyday",
    "accountType": "depository",
    "accountSubtype": "checking",
    "mask": "4471",
}
LOGIN = {"id": "login_1", "institutionName": "Lakeside", "status": "ACTIVE", "accounts": [ACCOUNT]}
FLAT = {
    "id": "src_1",
    "type": "plaid",
    "status": "active",
    "bank_name": "Lakeside",
    "provider_id": "item_1",
    "account_name": "Everyday",
    "account_type": "depository",
    "account_subtype": "checking",
    "mask": "4471",
}


def client(body: object, status: int = 200) -> Bluum:
    def handle(request: httpx.Request) -> httpx.Response:
        if body is None:
            return httpx.Response(status)
        return httpx.Response(status, content=json.dumps(body))

    return Bluum("https://bluum.test", "k", "s", transport=httpx.MockTransport(handle))


@pytest.mark.parametrize(
    "data",
    [
        {"items": [{**LOGIN, "itemId": "item_1"}]},
        {"fundingSources": [{**LOGIN, "type": "plaid", "providerId": "item_1"}]},
        {"funding_sources": [FLAT]},
        {"items": [{**LOGIN, "itemId": "item_1"}], "funding_sources": [FLAT]},
        [FLAT],
    ],
    ids=["items", "fundingSources", "funding_sources", "both", "bare"],
)
def test_a_linked_bank_reads_the_same_from_every_list_shape(data: object) -> None:
    (bank,) = client({"status": "success", "data": data}).funding_sources.list("acc")
    assert bank.id == "src_1"
    assert bank.item_id == "item_1"
    assert bank.institution == "Lakeside"
    assert bank.name == "Everyday"
    assert (bank.account_type, bank.subtype) == ("depository", "checking")
    assert bank.mask == "4471"
    assert bank.status == "active"


def test_both_shapes_together_tell_more_than_one() -> None:
    data = {"items": [{**LOGIN, "itemId": "item_1"}], "funding_sources": [FLAT]}
    (bank,) = client({"data": data}).funding_sources.list("acc")
    assert (bank.connection_id, bank.account_id, bank.type) == ("login_1", "plaid_1", "plaid")


def test_one_bank_account_gone_from_a_login_that_lives_on_is_seen_as_gone() -> None:
    data = {"items": [LOGIN], "funding_sources": [{**FLAT, "status": "disconnected"}]}
    (bank,) = client({"data": data}).funding_sources.list("acc")
    assert bank.status == "disconnected"


def test_a_login_in_error_makes_its_bank_accounts_unusable() -> None:
    data = {"items": [{**LOGIN, "status": "ERROR"}]}
    (bank,) = client({"data": data}).funding_sources.list("acc")
    assert bank.status == "error"


@pytest.mark.parametrize(("status", "body"), [(204, None), (200, {"status": "success"})])
def test_unlinking_and_deleting_accept_both_answers(status: int, body: object) -> None:
    bluum = client(body, status)
    bluum.funding_sources.disconnect("acc", "src")
    bluum.auto_invest.delete("acc", "sched")


def test_no_assessment_is_none() -> None:
    assert client(None, 204).risk_assessments.current("acc") is None


@pytest.mark.parametrize("name", ["auto_invest_id", "id"])
@pytest.mark.parametrize("next_name", ["next_execution", "next_execution_date"])
def test_a_standing_order_reads_under_either_name(name: str, next_name: str) -> None:
    body = {name: "ai_1", next_name: "2026-05-01T14:00:00Z"}
    found = client(body).auto_invest.pause("acc", "ai_1")
    assert found.auto_invest_id == "ai_1"
    assert found.next_execution is not None
    assert found.status is None


@pytest.mark.parametrize(
    "webhook",
    [
        {"id": "wh", "url": "https://us.test", "eventTypes": [{"name": "order.filled"}]},
        {"webhook_id": "wh", "url": "https://us.test", "eventTypeNames": ["order.filled"]},
        {"id": "wh", "url": "https://us.test", "event_type_names": ["order.filled"]},
    ],
)
def test_a_webhook_reads_under_every_spelling(webhook: object) -> None:
    (found,) = client({"status": "success", "data": {"webhooks": [webhook]}}).webhooks.list()
    assert found.id == "wh"
    assert [kind.name for kind in found.event_types] == ["order.filled"]


def test_a_restarted_verification_reads_in_either_case() -> None:
    snake = {"workflow_id": "w", "status": "in_progress", "compliance_checks": []}
    camel = {"workflowId": "w", "status": "IN_PROGRESS", "complianceChecks": []}
    assert client(snake).compliance.restart("a") == client(camel).compliance.restart("a")


@pytest.mark.parametrize("envelope", ["bare", "status", "no status"])
def test_assets_come_with_and_without_envelope(envelope: str) -> None:
    found = [{"symbol": "VTI", "class": "us_equity", "price": 251.37}]
    body: Any = {
        "bare": found,
        "status": {"status": "success", "data": found, "count": 1},
        "no status": {"data": found},
    }[envelope]
    (asset,) = client(body).assets.list()
    assert asset.price == Decimal("251.37")
    assert asset.asset_class == "us_equity"


def test_a_status_that_nobody_knows_yet_is_kept_as_it_is() -> None:
    body = {"deposit_id": "d", "status": "on_hold", "amount": "1.00", "currency": "USD"}
    assert client(body).deposits.retrieve("acc", "d").status == "on_hold"


def test_an_unknown_price_is_none_and_never_zero() -> None:
    holding = read(Holding, {"symbol": "VTI", "quantity": "1.5", "current_price": None})
    assert holding.current_price is None
    assert holding.market_value is None


def test_a_person_is_found_by_mail_address_on_a_later_page() -> None:
    people = [
        {"id": f"acc_{n}", "status": "ACTIVE", "contact": {"email_address": f"p{n}@example.test"}}
        for n in range(250)
    ]

    def handle(request: httpx.Request) -> httpx.Response:
        start, size = int(request.url.params["offset"]), int(request.url.params["limit"])
        return httpx.Response(200, json=people[start : start + size])

    bluum = Bluum("https://bluum.test", "k", "s", transport=httpx.MockTransport(handle))
    found = bluum.accounts.find_by_email(" P240@Example.test")
    assert found is not None
    assert found.id == "acc_240"
    assert bluum.accounts.find_by_email("nobody@example.test") is None


def test_the_search_ends_at_a_server_that_does_not_page() -> None:
    people = [{"id": f"acc_{n}", "status": "ACTIVE"} for n in range(100)]
    assert client(people).accounts.find_by_email("nobody@example.test") is None


def test_a_person_does_not_show_in_a_traceback() -> None:
    account = read(
        Account,
        {
            "id": "acc",
            "status": "ACTIVE",
            "contact": {"email_address": "maya@example.test"},
            "identity": {"first_name": "Maya", "last_name": "Lin"},
        },
    )
    assert "aya" not in repr(account)
    assert account.identity is not None
    assert account.identity.first_name == "Maya"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(extra=st.dictionaries(st.text(min_size=1, max_size=12).map("x_".__add__), json_values))
def test_fields_of_tomorrow_change_nothing_and_are_kept(extra: dict[str, Any]) -> None:
    known: list[tuple[type[Model], dict[str, Any]]] = [
        (Deposit, {"deposit_id": "d", "status": "pending", "amount": "1.00", "currency": "USD"}),
        (Account, {"id": "a", "status": "ACTIVE", "contact": {"city": "Austin"}}),
    ]
    for kind, body in known:
        found, plain = read(kind, {**extra, **body}), read(kind, body)
        for name in kind.model_fields:
            assert getattr(found, name) == getattr(plain, name)
        assert found.model_extra == extra
