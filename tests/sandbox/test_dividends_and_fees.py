"""What dividends and idle cash become on the pay date, and what advice costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from sandbox import book
from sandbox.calendar import nyse
from sandbox.strategy import model
from tests.sandbox.investor import POLICY, Investor

D = Decimal
CENT = D("0.01")


@pytest.fixture
def maya() -> Investor:
    """Has 30,000 USD in SGOV and nothing else; dividends stay cash until she says otherwise."""
    maya = Investor()
    maya.accept_policy()
    maya.pay_in("30000.00")
    settings(maya, enabled=False)
    trades = [{"action": "buy", "symbol": "SGOV", "notional": "30000.00"}]
    maya.rebalance({"execution_type": "custom", "custom_trades": trades})
    maya.wait(10)
    return maya


def settings(maya: Investor, **changes: Any) -> dict[str, Any]:
    answer = maya.put(f"{maya.portfolio}/drip", changes)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def next_payment(maya: Investor) -> tuple[datetime, Decimal]:
    """When SGOV pays next, and dollars a share."""
    session = nyse().at_or_after(maya.world.clock.now()) + 1
    while not (paid := book.market(maya.world).dividend("SGOV", session)):
        session += 1
    return nyse().open_at(session), paid


def until(maya: Investor, moment: datetime) -> None:
    maya.world.clock.set(moment)


def bought_at(maya: Investor, moment: datetime) -> dict[str, Decimal]:
    rows = maya.api.get(f"/trading/accounts/{maya.account}/orders").json()
    return {
        row["symbol"]: D(row["notional"])
        for row in rows
        if row["filled_at"] and datetime.fromisoformat(row["filled_at"]) == moment
    }


def shares(maya: Investor) -> Decimal:
    return D(maya.get(f"{maya.portfolio}/holdings")["holdings"][0]["quantity"])


def test_the_settings_say_everything(maya):
    shown = maya.get(f"{maya.portfolio}/drip")
    assert shown.pop("drip_id")
    assert shown.pop("created_at") <= shown.pop("updated_at")
    assert shown == {
        "portfolio_id": maya.portfolio.rsplit("/", 1)[1],
        "enabled": False,
        "reinvestment_rule": "same_security",
        "custom_allocation": {},
        "minimum_amount": "1.00",
        "cash_sweep_enabled": False,
        "cash_sweep_threshold": "0.00",
        "status": "paused",
    }


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"reinvestment_rule": "custom"}, "BLUM-400-002"),
        ({"custom_allocation": {"VTI": "60", "BND": "30"}}, "BLUM-400-001"),
        ({"custom_allocation": {"VTI": "110", "BND": "-10"}}, "BLUM-400-001"),
    ],
)
def test_settings_that_make_no_sense_are_refused_and_change_nothing(maya, body, code):
    before = maya.get(f"{maya.portfolio}/drip")
    refused = maya.put(f"{maya.portfolio}/drip", {"enabled": True, **body})
    assert (refused.status_code, refused.json()["code"]) == (400, code)
    assert maya.get(f"{maya.portfolio}/drip") == before


def test_ids_and_status_can_not_be_set(maya):
    before = maya.get(f"{maya.portfolio}/drip")
    after = settings(maya, enabled=False, drip_id="mine", portfolio_id="mine", status="active")
    assert after == {**before, "updated_at": after["updated_at"]}


def test_paused_dividends_stay_cash(maya):
    moment, per_share = next_payment(maya)
    expected = (shares(maya) * per_share).quantize(CENT)
    until(maya, moment)
    assert D(maya.wallet(maya.account)["balance"]) == expected > 50
    assert bought_at(maya, moment) == {}


def test_the_same_security_is_bought_with_its_own_dividend(maya):
    settings(maya, enabled=True, reinvestment_rule="same_security")
    moment, per_share = next_payment(maya)
    held = shares(maya)
    expected = (held * per_share).quantize(CENT)
    until(maya, moment)
    assert bought_at(maya, moment) == {"SGOV": expected}
    assert maya.wallet(maya.account)["balance"] == "0.00"
    assert shares(maya) > held


def test_by_policy_dividends_go_to_what_is_missing_most(maya):
    settings(maya, enabled=True, reinvestment_rule="portfolio_allocation")
    moment, per_share = next_payment(maya)
    expected = (shares(maya) * per_share).quantize(CENT)
    until(maya, moment)
    [(symbol, amount)] = bought_at(maya, moment).items()
    largest = max(model(POLICY), key=lambda target: target.percent)
    assert (symbol, amount) == (largest.symbol, expected)


def test_dividends_can_be_split_as_given(maya):
    settings(
        maya,
        enabled=True,
        reinvestment_rule="custom",
        custom_allocation={"KO": "25.00", "BND": "75.00"},
    )
    moment, per_share = next_payment(maya)
    paid = (shares(maya) * per_share).quantize(CENT)
    until(maya, moment)
    bought = bought_at(maya, moment)
    assert set(bought) == {"KO", "BND"}
    assert sum(bought.values()) == paid
    assert abs(bought["KO"] - paid / 4) <= CENT


def test_a_dividend_under_the_minimum_stays_cash(maya):
    moment, per_share = next_payment(maya)
    paid = (shares(maya) * per_share).quantize(CENT)
    settings(maya, enabled=True, minimum_amount=f"{paid + CENT}")
    until(maya, moment)
    assert D(maya.wallet(maya.account)["balance"]) == paid
    settings(maya, enabled=True, minimum_amount=f"{paid - 5}")
    second, _ = next_payment(maya)
    until(maya, second)
    assert D(maya.wallet(maya.account)["balance"]) == paid
    assert set(bought_at(maya, second)) == {"SGOV"}


def test_who_buys_at_the_opening_gets_no_dividend_and_who_sells_there_still_does(maya):
    moment, per_share = next_payment(maya)
    until(maya, moment - timedelta(hours=3))
    held = shares(maya)
    body = {"symbol": "SGOV", "side": "sell", "type": "market", "time_in_force": "day"}
    path = f"/trading/accounts/{maya.account}/orders"
    assert maya.api.post(path, json={**body, "qty": f"{held:f}"}).status_code == 201
    other, _ = maya.account_with_bank(management_type="self_directed", email="omar@mail.test")
    maya.home.post(f"/_sandbox/accounts/{other}/cash", json={"amount": "5000.00"})
    buy = {**body, "side": "buy", "notional": "4000.00"}
    assert maya.api.post(f"/trading/accounts/{other}/orders", json=buy).status_code == 201
    until(maya, moment + timedelta(minutes=1))
    paid = maya.world.table("books")[maya.account]["dividends"]
    assert [row["amount"] for row in paid] == [(held * per_share).quantize(CENT)]
    assert maya.holdings() == {}
    assert maya.world.table("books")[other]["dividends"] == []
    assert maya.wallet(other)["balance"] == "1000.00"


def test_idle_cash_above_the_threshold_is_invested_at_the_next_opening(maya):
    settings(maya, enabled=True, cash_sweep_enabled=True, cash_sweep_threshold="200.00")
    maya.pay_in("150.00")
    maya.wait(days=1)
    assert maya.wallet(maya.account)["balance"] == "150.00"
    maya.pay_in("150.00")
    assert maya.wallet(maya.account)["balance"] == "300.00"
    maya.wait(days=1)
    assert maya.wallet(maya.account)["balance"] == "200.00"
    settings(maya, enabled=False)
    maya.pay_in("500.00")
    maya.wait(days=1)
    assert maya.wallet(maya.account)["balance"] == "700.00"


# The advisory fee


def invested(**options: Any) -> Investor:
    maya = Investor(**options)
    maya.accept_policy()
    maya.invest("40000.00")
    return maya


def fees(maya: Investor) -> list[dict[str, Any]]:
    return [row for row in maya.world.table("movements").values() if row["kind"] == "fee"]


def test_advice_costs_nothing_unless_the_world_says_so():
    maya = invested()
    maya.wait(days=60)
    assert fees(maya) == []


def test_the_fee_is_the_yearly_rate_on_each_days_value_and_comes_monthly():
    maya = invested(advisory_fee=D("1.20"))
    settings(maya, enabled=False)
    maya.pay_in("500.00")
    until(maya, datetime(2026, 5, 4, 20, 30, tzinfo=UTC))
    first, second = fees(maya)
    assert first["at"] == datetime(2026, 4, 1, 13, 30, tzinfo=UTC)
    assert second["at"] == datetime(2026, 5, 1, 13, 30, tzinfo=UTC)
    rows = maya.get(f"{maya.portfolio}/performance", period="all")["value_history"]
    closes = {datetime.fromisoformat(row["date"]).date(): D(row["value"]) for row in rows}
    days = sorted(closes)
    for fee, month in ((first, 3), (second, 4)):
        due = sum(
            closes[day] * D("0.012") * (day - before).days / 365
            for before, day in pairwise(days)
            if day.month == month
        )
        assert abs(-fee["amount"] - due) <= CENT
    told = maya.get("/statements", period="custom", start_date="2026-04-01", end_date="2026-04-30")
    assert D(told["summary"]["fees"]) == -first["amount"]


def test_a_fee_that_cash_can_not_pay_is_sold_for():
    maya = invested(advisory_fee=D("15.00"))
    settings(maya, enabled=False)
    assert maya.wallet(maya.account)["balance"] == "0.00"
    maya.home.post("/_sandbox/scenarios/shock", json={"scope": "VTI", "factor": 1.2})
    until(maya, datetime(2026, 4, 1, 14, 0, tzinfo=UTC))
    [fee] = fees(maya)
    sold = [row for row in maya.world.table("orders").values() if row["side"] == "sell"]
    assert {row["symbol"] for row in sold} == {"VTI"}
    assert -fee["amount"] > 100
    assert D(maya.wallet(maya.account)["balance"]) <= CENT
