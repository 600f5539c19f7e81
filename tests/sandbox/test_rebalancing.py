"""Rebalancing: when it is due, what it trades and why, which lots it sells, what it spares."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox import contract, strategy
from sandbox.market import assets
from tests.sandbox.investor import POLICY, Investor

D = Decimal
ONE_HALF = {"equities": {"target_percent": "50.00"}, "fixed_income": {"target_percent": "50.00"}}


def accept(maya: Investor, *, allocation=None, liquidity=None, **rules) -> None:
    constraints = {"rebalancing_policy": {"threshold_percent": "5.00", **rules}}
    if liquidity:
        constraints["liquidity_requirements"] = {"minimum_cash_percent": liquidity}
    allocation = allocation or POLICY["target_allocation"]
    maya.accept_policy(target_allocation=allocation, constraints=constraints)


def shock(maya: Investor, scope: str, factor: float) -> None:
    body = {"scope": scope, "factor": factor}
    assert maya.home.post("/_sandbox/scenarios/shock", json=body).status_code == 200


def analysis(maya: Investor, **params):
    return maya.get(f"{maya.portfolio}/rebalancing", **params)


def status(maya: Investor):
    return maya.get(f"{maya.portfolio}/summary")["rebalancing_status"]


def trade(action: str, symbol: str, notional: str = "", **more: str) -> dict[str, str]:
    return {
        "action": action,
        "symbol": symbol,
        **({"notional": notional} if notional else {}),
        **more,
    }


def custom(maya: Investor, *trades: dict[str, str], **more) -> None:
    body = {"execution_type": "custom", "custom_trades": list(trades), **more}
    answer = maya.rebalance(body)
    assert answer.status_code == 202, answer.text
    maya.wait(10)


def realised(maya: Investor) -> dict[str, Decimal]:
    rows = maya.world.table("books")[maya.account]["realized"]
    return {
        term: sum((row["gain"] for row in rows if row["term"] == term), D(0))
        for term in ("short", "long")
    }


@pytest.mark.parametrize(
    ("frequency", "day"),
    [
        ("monthly", "2026-04-10"),
        ("quarterly", "2026-06-10"),
        ("semi_annually", "2026-09-10"),
        ("annually", "2027-03-10"),
        ("as_needed", None),
    ],
)
def test_the_next_review_follows_the_policys_frequency(frequency, day):
    maya = Investor()
    accept(maya, frequency=frequency)
    assert status(maya)["next_scheduled"] == day


def test_a_review_on_a_closed_day_moves_to_the_next_session_and_a_passed_one_to_the_next_period():
    maya = Investor()
    accept(maya, frequency="monthly")
    maya.wait(days=65)  # 14 May; 10 May is a Sunday and has passed
    assert status(maya)["next_scheduled"] == "2026-06-10"
    maya.wait(days=32)  # 15 June; 10 July is a Friday
    assert status(maya)["next_scheduled"] == "2026-07-10"


def test_without_being_told_the_sandbox_never_rebalances_by_itself():
    maya = Investor()
    accept(maya, frequency="monthly")
    maya.invest("20000.00")
    shock(maya, "equities", 1.5)
    maya.wait(days=60)
    assert len(maya.world.table("rebalances")) == 1
    assert status(maya)["needs_rebalancing"] is True


def test_a_broken_band_is_mended_at_the_next_opening_and_then_a_week_is_waited():
    maya = Investor(auto_rebalance=True)
    accept(maya, frequency="as_needed")
    maya.invest("20000.00")
    maya.wait(days=8)
    shock(maya, "equities", 1.5)
    assert status(maya)["needs_rebalancing"] is True
    maya.wait(days=1)
    assert status(maya)["needs_rebalancing"] is False
    rows = list(maya.world.table("rebalances").values())
    assert [row["trigger"] for row in rows] == ["request", "bands"]
    shock(maya, "equities", 1.5)
    maya.wait(days=5)
    assert status(maya)["needs_rebalancing"] is True
    maya.wait(days=4)
    assert status(maya)["needs_rebalancing"] is False
    assert len(maya.world.table("rebalances")) == 3


def test_the_calendar_rebalances_once_a_period_even_inside_the_bands():
    maya = Investor(auto_rebalance=True)
    accept(maya, frequency="quarterly", threshold_percent="40.00")
    maya.invest("20000.00")
    maya.wait(days=60)
    assert len(maya.world.table("rebalances")) == 1
    assert status(maya)["next_scheduled"] == "2026-06-10"
    maya.wait(days=33)  # 11 June
    [_, second] = maya.world.table("rebalances").values()
    assert (second["trigger"], second["status"]) == ("calendar", "completed")
    assert second["created_at"].date() == date(2026, 6, 10)
    assert status(maya)["next_scheduled"] == "2026-09-10"
    maya.wait(days=360)
    triggers = [row["trigger"] for row in maya.world.table("rebalances").values()]
    assert triggers.count("calendar") == 4


def test_every_trade_says_why_in_numbers():
    maya = Investor()
    accept(maya)
    maya.invest("20000.00")
    shock(maya, "us_equity", 1.4)
    found = analysis(maya)
    sale = found["recommended_trades"][0]
    assert (sale["action"], sale["symbol"]) == ("sell", "VTI")
    actual = D(maya.holdings()["VTI"]) / sum(maya.holdings().values()) * 100
    assert sale["reason"] == (
        f"US stocks are {actual:.1f} % of the portfolio, the policy wants 36.0 %."
    )


def test_excluded_positions_are_left_alone():
    maya = Investor()
    accept(maya)
    maya.invest("20000.00")
    shock(maya, "us_equity", 1.4)
    rows = maya.get(f"{maya.portfolio}/holdings")["holdings"]
    before = {row["symbol"]: row["quantity"] for row in rows}
    [vti] = [row["position_id"] for row in rows if row["symbol"] == "VTI"]
    maya.rebalance({"exclude_positions": [vti]})
    maya.wait(10)
    after = {r["symbol"]: r["quantity"] for r in maya.get(f"{maya.portfolio}/holdings")["holdings"]}
    assert after["VTI"] == before["VTI"]


def two_lots(maya: Investor, later: timedelta = timedelta(days=41)) -> None:
    """1,000 USD of KO, then the price rises by a quarter, and 1,000 USD again."""
    maya.pay_in("4000.00")
    maya.put(f"{maya.portfolio}/drip", {"enabled": False})
    custom(maya, trade("buy", "KO", "1000.00"))
    shock(maya, "KO", 1.25)
    maya.wait(later.total_seconds())
    custom(maya, trade("buy", "KO", "1000.00"))


@pytest.mark.parametrize("aware", [True, False])
def test_a_tax_aware_policy_sells_the_dearest_lot_and_any_other_the_oldest(aware):
    maya = Investor()
    accept(maya, tax_aware=aware)
    two_lots(maya)
    path = f"{maya.portfolio}/holdings"
    old, new = maya.get(path, include_lots="true")["holdings"][0]["lots"]
    assert D(old["cost_basis"]) == D(new["cost_basis"]) == 1000
    assert old["holding_period"] == "short_term"
    custom(maya, trade("sell", "KO", quantity=new["quantity"]))
    gain = realised(maya)["short"]
    if aware:
        assert abs(gain) < 1
        [left] = maya.get(path, include_lots="true")["holdings"][0]["lots"]
        assert left == {**old, **{k: left[k] for k in ("market_value", "unrealized_pl")}}
    else:
        assert gain > 100


def test_a_request_decides_about_its_own_lots():
    maya = Investor()
    accept(maya, tax_aware=False)
    two_lots(maya)
    custom(maya, trade("sell", "KO", "500.00"), tax_aware=True)
    assert abs(realised(maya)["short"]) < 1
    custom(maya, trade("sell", "KO", "500.00"))
    assert realised(maya)["short"] > 50


def test_the_tax_impact_is_what_the_sale_then_realises():
    maya = Investor()
    accept(maya, tax_aware=False)
    two_lots(maya, later=timedelta(days=366 + 20))
    shock(maya, "KO", 1.5)
    found = analysis(maya)["tax_impact"]
    assert D(found["estimated_long_term_gains"]) > 0
    assert D(found["estimated_short_term_gains"]) > 0
    maya.rebalance()
    maya.wait(10)
    told = realised(maya)
    for term in ("short", "long"):
        assert abs(D(found[f"estimated_{term}_term_gains"]) - told[term]) < 5


def test_a_loss_on_what_was_bought_lately_is_marked_as_a_wash_sale():
    maya = Investor()
    accept(maya)
    maya.pay_in("2000.00")
    custom(maya, trade("buy", "KO", "1000.00"))
    shock(maya, "KO", 0.8)
    found = analysis(maya)["tax_impact"]
    assert (found["wash_sale_risk"], found["wash_sale_symbols"]) == (True, ["KO"])
    assert found["tax_loss_harvesting_available"] is True
    assert D("190") < D(found["harvestable_losses"]) < D("210")
    maya.wait(days=31)
    assert analysis(maya)["tax_impact"]["wash_sale_risk"] is False


def test_money_is_raised_from_the_most_overweight_and_can_then_be_withdrawn():
    maya = Investor()
    accept(maya)
    maya.invest("20000.00")
    shock(maya, "us_equity", 1.2)
    body = {"amount": "900.00", "method": "ach", "funding_source_id": maya.bank}
    refused = maya.api.post(f"/accounts/{maya.account}/withdrawals", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, "BLUM-422-001")
    trades = analysis(maya, raise_cash="900.00")["recommended_trades"]
    assert {row["action"] for row in trades} == {"sell"}
    assert sum(D(row["notional"]) for row in trades) == 900
    assert trades[0]["symbol"] == "VTI"
    assert D(trades[0]["notional"]) > 800
    custom(maya, *[trade("sell", r["symbol"], quantity=r["quantity"]) for r in trades])
    made = maya.api.post(f"/accounts/{maya.account}/withdrawals", json=body)
    assert made.status_code == 201, made.text
    assert analysis(maya, raise_cash="much")["recommended_trades"]  # as if not asked


def test_what_the_policy_wants_in_cash_stays_cash():
    maya = Investor()
    accept(maya, allocation=ONE_HALF, liquidity="4.00")
    maya.invest("10000.00")
    assert abs(D(maya.wallet(maya.account)["balance"]) - 400) < 1
    assert maya.post("/investment-policy/validate").json()["is_compliant"] is True
    own = {**ONE_HALF, "cash": {"target_percent": "10.00"}}
    own["equities"] = {"target_percent": "40.00"}
    accept(maya, allocation=own)
    maya.rebalance()
    maya.wait(10)
    cash = analysis(maya)["current_allocation"]["cash"]
    assert cash["target"] == "10.00"
    assert abs(D(cash["drift"])) < D("0.10")


def test_the_contracts_own_policy_is_accepted_and_becomes_a_portfolio():
    maya = Investor()
    paths = contract.load().document["paths"]
    operation = paths["/wealth/accounts/{account_id}/investment-policy"]["put"]
    example = operation["requestBody"]["content"]["application/json"]["example"]
    answer = maya.put("/investment-policy", example)
    assert answer.status_code == 200, answer.text
    assert answer.json()["target_allocation"] == example["target_allocation"]
    maya.invest("10000.00")
    by_class: dict[str, Decimal] = {}
    for symbol, value in maya.holdings().items():
        name = assets()[symbol].ips_class
        by_class[name] = by_class.get(name, D(0)) + value
    assert {name: round(value) for name, value in by_class.items()} == {
        "equities": 6200,
        "fixed_income": 2400,
        "treasury": 900,
        "alternatives": 500,
    }
    assert "ESGV" in maya.holdings()
    assert maya.post("/investment-policy/validate").json()["is_compliant"] is True
    assert status(maya)["next_scheduled"] == "2026-10-06"


def test_older_names_of_classes_and_unknown_parts_make_a_portfolio_too():
    maya = Investor()
    allocation = {
        "stocks": {"target_percent": "70", "sub_allocations": {"my_ideas": "70"}},
        "bonds": {"target_percent": "30"},
    }
    accept(maya, allocation=allocation)
    maya.invest("10000.00")
    assert {s: round(v) for s, v in maya.holdings().items()} == {
        "VTI": 4200,
        "VEA": 2100,
        "VWO": 700,
        "BND": 1650,
        "BNDX": 900,
        "VTIP": 450,
    }
    assert set(analysis(maya)["current_allocation"]) == {"stocks", "bonds", "cash"}


def test_excluded_sectors_and_securities_are_not_bought():
    maya = Investor()
    allocation = {"equities": {"target_percent": "90"}, "alternatives": {"target_percent": "10"}}
    restrictions = {"excluded_sectors": ["real estate"], "excluded_securities": ["vti"]}
    maya.accept_policy(target_allocation=allocation, constraints={"restrictions": restrictions})
    maya.invest("1000.00")
    held = maya.holdings()
    assert "VTI" not in held
    assert {assets()[symbol].sector for symbol in held}.isdisjoint({"Real estate"})
    assert maya.post("/investment-policy/validate").json()["is_compliant"] is True


def test_a_rebalance_says_which_version_of_the_policy_it_followed():
    maya = Investor()
    accept(maya)
    assert maya.get(f"{maya.portfolio}/summary")["strategy_application"] is None
    maya.invest("1000.00")
    applied = maya.get(f"{maya.portfolio}/summary")["strategy_application"]
    assert applied["status"] == "applied"
    maya.wait(60)
    accept(maya)
    assert maya.get(f"{maya.portfolio}/summary")["strategy_application"]["status"] == "outdated"


# As pure numbers

dollars = st.integers(0, 40_000_00).map(lambda cents: D(cents) / 100)
SYMBOLS = ["VTI", "VEA", "VWO", "BND", "BNDX", "VTIP", "SGOV", "KO"]


@given(st.lists(dollars, min_size=8, max_size=8), dollars, st.sampled_from(["0.00", "5.00"]))
def test_no_class_is_bought_and_sold_in_one_run(amounts, cash, reserve):
    values = {s: value for s, value in zip(SYMBOLS, amounts, strict=True) if value}
    quantities = {s: (value / 10).quantize(D("0.000000001")) for s, value in values.items()}
    ips = {**POLICY, "constraints": {"liquidity_requirements": {"minimum_cash_percent": reserve}}}
    trades = strategy.rebalance(ips, values, quantities, cash, lambda symbol: D(10))
    model = {target.symbol: target.asset_class for target in strategy.model(ips)}
    sold = {model[t.symbol] for t in trades if t.action == "sell" and t.symbol in model}
    bought = {model[t.symbol] for t in trades if t.action == "buy"}
    assert not sold & bought
    spent = sum((t.notional for t in trades if t.action == "buy"), D(0))
    got = sum((t.notional for t in trades if t.action == "sell"), D(0))
    assert spent <= cash + got
    for t in trades:
        assert t.notional >= strategy.SMALLEST_TRADE
        assert t.action == "buy" or t.quantity <= quantities[t.symbol]


@given(st.lists(dollars, min_size=8, max_size=8), dollars)
def test_raising_cash_sells_exactly_that_and_never_more_than_there_is(amounts, wanted):
    values = {s: value for s, value in zip(SYMBOLS, amounts, strict=True) if value}
    quantities = {s: (value / 10).quantize(D("0.000000001")) for s, value in values.items()}
    targets = strategy.model(POLICY)
    trades = strategy.raise_cash(targets, values, quantities, wanted, lambda symbol: D(10))
    total = sum(values.values(), D(0))
    assert sum((t.notional for t in trades), D(0)) == min(wanted, total)
    left = {**values}
    for t in trades:
        assert 0 < t.quantity <= quantities[t.symbol]
        left[t.symbol] -= t.notional
        assert left[t.symbol] >= 0
    rest = total - min(wanted, total)
    percents = {target.symbol: target.percent for target in targets}
    whole = sum((percents.get(s, D(0)) for s in values), D(0))
    if not whole:
        return
    over = {s: left[s] - rest * percents.get(s, D(0)) / whole for s in values}
    sold = {t.symbol for t in trades}
    for s in sold:  # nothing that was left alone is further above its target than what was sold
        for other in set(values) - sold:
            assert over[other] <= over[s] + D("0.03")
