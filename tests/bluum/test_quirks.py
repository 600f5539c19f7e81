"""What Bluum's own documents get wrong about Bluum: the client reads it, and loses nothing."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from robo.bluum import Bluum, Unavailable
from robo.bluum.base import Model, wire
from tests.bluum.contract import OPERATIONS, same
from tests.bluum.test_reading_answers import client

AT = "2026-05-01T14:00:00Z"
NOON = datetime(2026, 5, 1, 14, tzinfo=UTC)
DEPOSIT = {"deposit_id": "d", "status": "pending", "amount": "300.00", "currency": "USD"}
WEBHOOK = {"name": "us", "url": "https://us.test", "status": "ACTIVE"}
SCHEDULE = {"name": "Monthly", "amount": "100.00", "frequency": "monthly", "status": "active"}


def accounts(b: Bluum) -> Any:
    return b.accounts.retrieve("a")


def deposits(b: Bluum) -> Any:
    return b.deposits.retrieve("a", "d")


def goals(b: Bluum) -> Any:
    return b.goals.retrieve("a", "g")


QUIRKS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "an account of a type the enumeration lacks": (
        accounts,
        {"id": "a", "status": "ACTIVE", "account_type": "trading"},
        {"account_type": "trading", "management_type": None},
    ),
    "an account in a state of tomorrow, its number null": (
        accounts,
        {"id": "a", "status": "UNDER_REVIEW", "account_number": None, "balance": "0.00"},
        {"status": "UNDER_REVIEW", "account_number": None, "balance": Decimal("0.00")},
    ),
    "a pending deposit that failed and was completed": (
        deposits,
        {**DEPOSIT, "failure_reason": "Returned", "completed_at": AT, "received_at": None},
        {"failure_reason": "Returned", "completed_at": NOON, "deposit_id": "d", "id": "d"},
    ),
    "a deposit under the later name of its id": (
        deposits,
        {"id": "dep_1", "status": "processing", "amount": "1.50", "currency": "USD"},
        {"id": "dep_1", "deposit_id": "dep_1", "amount": Decimal("1.50")},
    ),
    "an amount as a number": (
        deposits,
        {**DEPOSIT, "amount": 300.5},
        {"amount": Decimal("300.5")},
    ),
    "a canceled deposit in an envelope, still shown as processing": (
        lambda b: b.deposits.cancel("a", "d"),
        {"status": "success", "message": "Canceled", "data": {**DEPOSIT, "status": "processing"}},
        {"status": "processing", "envelope": {"status": "success", "message": "Canceled"}},
    ),
    "details of a manual deposit in snake_case": (
        deposits,
        {**DEPOSIT, "method_details": {"reference_code": "R1", "bank_details": {"bank_name": "B"}}},
        {"method_details.reference_code": "R1", "method_details.bank_details.bank_name": "B"},
    ),
    "details of a manual deposit in camelCase": (
        deposits,
        {**DEPOSIT, "method_details": {"referenceCode": "R1", "bankDetails": {"bankName": "B"}}},
        {"method_details.reference_code": "R1", "method_details.bankDetails.bankName": "B"},
    ),
    "a webhook with webhook_id and snake_case times": (
        lambda b: b.webhooks.update("w"),
        {**WEBHOOK, "webhook_id": "w", "event_type_names": ["order.*"], "created_at": AT},
        {"id": "w", "webhook_id": "w", "event_types.0.name": "order.*", "created_at": NOON},
    ),
    "a webhook with both lists of its events": (
        lambda b: b.webhooks.update("w"),
        {
            "status": "success",
            "data": {
                **WEBHOOK,
                "id": "w",
                "eventTypes": [{"id": "e", "name": "order.filled", "category": "order"}],
                "eventTypeNames": ["order.filled"],
                "createdAt": AT,
            },
        },
        {"event_types.0.category": "order", "created_at": NOON},
    ),
    "a standing order called id, due at next_execution_date": (
        lambda b: b.auto_invest.retrieve("a", "s"),
        {**SCHEDULE, "id": "s", "next_execution_date": "2026-05-01", "last_execution": None},
        {"auto_invest_id": "s", "next_execution": datetime(2026, 5, 1, tzinfo=UTC)},
    ),
    "a standing order that says what it was when cancelled": (
        lambda b: b.auto_invest.delete("a", "s"),
        {"auto_invest_id": "s", "status": "cancelled", "cancelled_at": AT},
        {"status": "cancelled", "cancelled_at": NOON},
    ),
    "a goal in the words of the guides": (
        goals,
        {
            "id": "g",
            "name": "Retire",
            "type": "retirement",
            "date": "2050-01-01",
            "current_savings": "5000.00",
            "priority": "high",
        },
        {
            "goal_id": "g",
            "goal_type": "retirement",
            "target_date": date(2050, 1, 1),
            "current_amount": Decimal("5000.00"),
            "model_extra.priority": "high",
        },
    ),
    "a goal whose day comes as an instant and whose priority as text": (
        goals,
        {"goal_id": "g", "name": "Home", "target_date": "2033-06-01T00:00:00Z", "priority": "2"},
        {"target_date": date(2033, 6, 1), "priority": 2},
    ),
    "rates of the profile as fractions": (
        lambda b: b.profile.retrieve("a"),
        {"profile_id": "p", "tax": {"federal_tax_bracket": 0.32, "state_tax_rate": 0}},
        {"tax.federal_tax_bracket": Decimal("0.32"), "tax.state_tax_rate": Decimal(0)},
    ),
    "rates of the profile as percent": (
        lambda b: b.profile.retrieve("a"),
        {"profile_id": "p", "tax": {"federal_tax_bracket": "32", "state_tax_rate": "9.3%"}},
        {"tax.federal_tax_bracket": Decimal("0.32"), "tax.state_tax_rate": Decimal("0.093")},
    ),
    "employment in the words of the guides": (
        lambda b: b.profile.retrieve("a"),
        {"profile_id": "p", "employment": {"status": "employed", "annual_gross_income": 90000}},
        {"employment.employment_status": "employed", "employment.annual_gross_income": 90000},
    ),
    "risk on the scale of the reference": (
        lambda b: b.risk_assessments.retrieve("a", "r"),
        {"assessment_id": "r", "computed_risk_score": 7, "risk_tolerance": "moderate"},
        {"computed_risk_score": 7, "risk_tolerance": "moderate", "risk_score": None},
    ),
    "risk on the scale of the guide": (
        lambda b: b.risk_assessments.retrieve("a", "r"),
        {
            "id": "r",
            "risk_score": 65,
            "risk_category": "moderate_growth",
            "recommended_equity_allocation": "70",
        },
        {
            "risk_score": Decimal(65),
            "risk_category": "moderate_growth",
            "recommended_equity_allocation": Decimal(70),
            "computed_risk_score": None,
        },
    ),
    "a policy whose parts are not 100 and whose word is not in the list": (
        lambda b: b.investment_policy.retrieve("a"),
        {
            "ips_id": "i",
            "version": "3",
            "risk_profile": {"risk_tolerance": "moderate_conservative"},
            "target_allocation": {
                "equities": {"target_percent": 50},
                "gold": {"target_percent": "30"},
            },
        },
        {"version": 3, "target_allocation.equities.target_percent": Decimal(50)},
    ),
    "a rebalance by id": (
        lambda b: b.portfolios.rebalance("a", "p", idempotency_key="k"),
        {"id": "r", "status": "queued"},
        {"rebalance_id": "r", "status": "queued"},
    ),
    "an asset without an envelope": (
        lambda b: b.assets.retrieve("VTI"),
        {"id": "1", "symbol": "VTI", "class": "us_equity", "changePercent": 0.28, "price": None},
        {"class": "us_equity", "asset_class": "us_equity", "change_percent": Decimal("0.28")},
    ),
    "an asset of the later generation": (
        lambda b: b.assets.retrieve("VTI"),
        {"data": {"symbol": "VTI", "class": "etf", "country": "US", "price": "251.37"}},
        {"class": "etf", "country": "US", "price": Decimal("251.37")},
    ),
    "a position without a price": (
        lambda b: b.positions.retrieve("a", "p"),
        {"id": "p", "symbol": "VTI", "quantity": "0.123456789", "current_price": None},
        {"quantity": Decimal("0.123456789"), "current_price": None, "market_value": None},
    ),
    "verification restarted, in snake_case": (
        lambda b: b.compliance.restart("a"),
        {"workflow_id": "w", "status": "IN_PROGRESS", "compliance_checks": [{"type": "screening"}]},
        {"status": "in_progress", "workflowId": "w"},
    ),
}


@pytest.mark.parametrize("name", QUIRKS)
def test_a_documented_oddity_is_read_and_kept(name: str) -> None:
    ask, body, wanted = QUIRKS[name]
    result = ask(client(body))
    for place, value in wanted.items():
        found: Any = result
        for step in place.split("."):
            if isinstance(found, dict):
                found = found[step]
            else:
                found = found[int(step)] if step.isdigit() else getattr(found, step)
        assert found == value, place
        assert type(found) is type(value) or value == found, place
    assert same(body.get("data", body), wire(result))


def test_an_asset_class_that_is_null_is_not_in_the_policy() -> None:
    bands = {"equities": {"target_percent": "100"}, "alternatives": None}
    policy = client({"ips_id": "i", "version": 1, "target_allocation": bands})
    assert list(policy.investment_policy.retrieve("a").target_allocation) == ["equities"]


def test_lists_tell_their_totals() -> None:
    both = [DEPOSIT, {**DEPOSIT, "deposit_id": "e"}]
    assert client({"deposits": both, "total": 41}).deposits.list("a").total == 41
    goal = {"goal_id": "g", "name": "Home"}
    assert client({"goals": [goal], "total_count": 3}).goals.list("a").total == 3
    listed = client({"object": "list", "has_more": True, "data": both}).deposits.list("a")
    assert listed.envelope["has_more"]
    assert listed.total is None
    assert listed == client(both).deposits.list("a")


BANK_ANSWERS = [
    answer
    for name in ("listFundingSources", "connectPlaid", "connectFundingSource", "getFundingSource")
    for answer in OPERATIONS[name].answers()
]


@pytest.mark.parametrize("body", [json.loads(json.dumps(a[2], default=str)) for a in BANK_ANSWERS])
def test_nothing_a_linked_bank_says_is_lost(body: dict[str, Any]) -> None:
    (bank,) = client(body).funding_sources.list("acc")
    said = json.dumps(wire(bank))
    for value in leaves(body["data"]):
        assert value is None or json.dumps(value) in said
    assert bank.id == "2b6de0c4-94f1-4c3a-8d75-1e0a9f6c5b38"
    assert bank.status == "active"
    assert bank.created_at == datetime(2026, 4, 2, 14, tzinfo=UTC)
    for name in ("accountName", "account_name", "accountSubtype", "bank_name", "institutionName"):
        assert getattr(bank, name)


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict | list):
        inner = value.values() if isinstance(value, dict) else value
        return [leaf for one in inner for leaf in leaves(one)]
    return [value]


def test_an_envelope_that_says_error_is_one_whatever_its_status() -> None:
    body = {"status": "error", "code": "BLUM-500-017", "message": "Plaid is away"}
    with pytest.raises(Unavailable) as caught:
        client(body).funding_sources.disconnect("a", "s")
    assert caught.value.code == "BLUM-500-017"
    assert caught.value.outcome_unknown


def test_a_result_can_be_sent_back() -> None:
    sent: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json={"profile_id": "p", "tax": {"federal_tax_bracket": 0.32}})

    bluum = Bluum("https://b.test", "k", "s", transport=httpx.MockTransport(handle))
    profile = bluum.profile.retrieve("a")
    assert isinstance(profile.tax, Model)
    bluum.profile.update("a", tax=profile.tax.to_wire())
    assert json.loads(sent[-1].content) == {"tax": {"federal_tax_bracket": 0.32}}
