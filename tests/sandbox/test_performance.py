"""Returns: deposits are never profit, withdrawals never a loss, and no rate is made up."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.performance import (
    BrokenChain,
    Point,
    drawdown,
    modified_dietz,
    money_weighted,
    period_money_weighted,
    time_weighted,
)
from tests.sandbox.investor import Investor

D = Decimal
START = date(2025, 1, 1)
amounts = st.decimals(min_value=-5_000, max_value=5_000, places=2)
moves = st.floats(min_value=0.8, max_value=1.25)


def day(number: int) -> date:
    return START + timedelta(days=number)


def test_the_known_example_comes_out_to_the_last_digit():
    end, middle = date(2026, 1, 1), date(2025, 7, 2)
    points = [
        Point(START, D(100_000), D(0)),
        Point(date(2025, 7, 1), D(110_000), D(0)),
        Point(end, D(152_000), D(50_000)),
    ]
    assert f"{time_weighted(points) * 100:.4f}" == "4.5000"
    flows = [(START, D(100_000)), (middle, D(50_000))]
    rate = money_weighted(flows, end, D(152_000))
    assert f"{rate * 100:.5f}" == "1.60039"
    dietz = modified_dietz(D(100_000), D(152_000), [(middle, D(50_000))], START, end)
    assert f"{dietz * 100:.5f}" == "1.59912"


@given(st.lists(st.tuples(moves, amounts), min_size=1, max_size=30))
def test_whatever_comes_and_goes_the_return_is_that_of_the_prices(path):
    value, index, points = D(10_000), 1.0, [Point(START, D(10_000), D(0))]
    for number, (move, wish) in enumerate(path, start=1):
        growth = D(repr(move))
        index *= float(growth)
        comes = max(wish, D(0))
        value = (value + comes) * growth
        goes = min(max(-wish, D(0)), value / 2)
        value -= goes
        points.append(Point(day(number), value, comes - goes))
    assert time_weighted(points) == pytest.approx(index - 1, rel=1e-9, abs=1e-9)


@given(st.lists(amounts, min_size=1, max_size=30))
def test_money_that_only_comes_and_goes_earns_nothing(wishes):
    value, points, flows = D(0), [Point(START, D(0), D(0))], []
    for number, wish in enumerate(wishes, start=1):
        flow = max(wish, -value)
        value += flow
        points.append(Point(day(number), value, flow))
        flows.append((day(number), flow))
    assert time_weighted(points) == 0
    rate = period_money_weighted(flows, points[-1].day, value)
    assert rate is None or rate == pytest.approx(0, abs=1e-6)
    assert drawdown(points) == (0, None)


def test_two_rates_that_both_fit_are_no_answer():
    flows = [(date(2023, 1, 1), D(100)), (date(2024, 1, 1), D(-230)), (date(2024, 12, 31), D(132))]
    assert money_weighted(flows, date(2024, 12, 31), D(0)) is None


def test_money_out_of_nowhere_breaks_the_chain():
    points = [Point(START, D(0), D(0)), Point(day(1), D(10), D(0))]
    with pytest.raises(BrokenChain):
        time_weighted(points)


def test_the_deepest_fall_is_that_of_the_index_not_of_the_balance():
    points = [
        Point(START, D(1000), D(0)),
        Point(day(1), D(100), D(-900)),
        Point(day(2), D(95), D(0)),
        Point(day(3), D(2095), D(2000)),
    ]
    assert drawdown(points) == (pytest.approx(-0.05), day(2))


def test_an_account_that_was_only_paid_into_shows_no_gain():
    maya = Investor()
    for amount, days in (("1000.00", 2), ("2500.00", 7), ("40.00", 20)):
        maya.pay_in(amount)
        maya.wait(days=days)
    source = {"amount": "500.00", "method": "ach", "funding_source_id": maya.bank}
    assert maya.api.post(f"/accounts/{maya.account}/withdrawals", json=source).status_code == 201
    maya.wait(days=5)
    found = maya.get(f"{maya.portfolio}/performance", period="all")
    assert found["returns"] == {
        "time_weighted_return": "0.00",
        "money_weighted_return": "0.00",
        "total_return": "0.00",
        "annualized_return": "0.00",
    }
    assert found["period_breakdown"]["net_contributions"] == "3540.00"
    assert found["period_breakdown"]["net_withdrawals"] == "500.00"
    assert found["period_breakdown"]["investment_gains"] == "0.00"
    assert found["risk_metrics"]["max_drawdown"] == "0.00"


def test_a_return_is_made_yearly_only_after_a_year():
    maya = Investor()
    maya.accept_policy()
    maya.invest("10000.00")
    maya.wait(days=200)
    young = maya.get(f"{maya.portfolio}/performance", period="all")["returns"]
    assert young["annualized_return"] == young["time_weighted_return"] != "0.00"
    maya.wait(days=530)
    old = maya.get(f"{maya.portfolio}/performance", period="all")["returns"]
    whole, days = 1 + float(old["time_weighted_return"]) / 100, 730
    assert float(old["annualized_return"]) == pytest.approx(
        (whole ** (365 / days) - 1) * 100, abs=0.02
    )


def test_dates_win_over_the_period_and_a_benchmark_comes_only_when_asked_for():
    maya = Investor()
    maya.accept_policy()
    maya.invest("5000.00")
    maya.wait(days=60)
    path, dates = f"{maya.portfolio}/performance", {"start_date": "2026-03-20"}
    found = maya.get(path, period="5y", end_date="2026-04-17", **dates)
    assert found["period"] == {
        "start_date": "2026-03-20",
        "end_date": "2026-04-17",
        "label": "custom",
    }
    assert found["benchmark_comparison"] is None
    days = [row["date"] for row in found["value_history"]]
    assert (days[0], days[-1]) == ("2026-03-20", "2026-04-17")
    assert found["balance_history"]["dates"] == days
    beside = maya.get(path, benchmark="spy", **dates)["benchmark_comparison"]
    assert beside["benchmark_symbol"] == "SPY"
    backwards = {"start_date": "2026-04-01", "end_date": "2026-03-01"}
    answer = maya.api.get(maya.wealth + path, params=backwards)
    assert answer.json()["code"] == "BLUM-400-007"
