"""Returns and investing as pure numbers."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.performance import Point, drawdown, money_weighted, time_weighted
from sandbox.strategy import shares_of, water_fill

D = Decimal
amounts = st.decimals(min_value=0, max_value=100_000, places=2)


def test_returns_of_the_known_example():
    points = [
        Point(date(2025, 1, 1), D(100_000), D(0)),
        Point(date(2025, 7, 1), D(110_000), D(0)),
        Point(date(2026, 1, 1), D(152_000), D(50_000)),
    ]
    assert time_weighted(points) == pytest.approx(0.045, abs=1e-9)
    flows = [(date(2025, 1, 1), D(100_000)), (date(2025, 7, 2), D(50_000))]
    rate = money_weighted(flows, date(2026, 1, 1), D(152_000))
    assert rate == pytest.approx(0.0160039, abs=1e-6)


def test_a_withdrawal_is_no_loss():
    points = [
        Point(date(2025, 1, 1), D(1000), D(0)),
        Point(date(2025, 1, 2), D(500), D(-500)),
        Point(date(2025, 1, 3), D(450), D(0)),
        Point(date(2025, 1, 6), D(495), D(0)),
    ]
    assert time_weighted(points) == pytest.approx(-0.01)
    worst, day = drawdown(points)
    assert (worst, day) == (pytest.approx(-0.1), date(2025, 1, 3))


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=9), amounts)
def test_water_fills_the_deepest_gaps_first_and_spends_everything(pairs, cash):
    values, wanted = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    parts = water_fill(values, wanted, cash)
    assert sum(parts) == cash
    assert min(parts) >= 0
    left = [want - value - part for want, value, part in zip(wanted, values, parts, strict=True)]
    filled = [gap for gap, part in zip(left, parts, strict=True) if part]
    if filled:
        assert max(left) - min(filled) <= D("0.05")


cents = st.integers(0, 60)


@given(st.lists(st.tuples(cents, cents), min_size=1, max_size=5), st.integers(0, 120))
def test_no_other_split_to_the_cent_leaves_smaller_squared_gaps(pairs, cash):
    values = [D(have) / 100 for have, _ in pairs]
    wanted = [D(want) / 100 for _, want in pairs]
    parts = water_fill(values, wanted, D(cash) / 100)
    gaps = [want - have for have, want in pairs]
    best = [0] * len(gaps)
    for _ in range(cash):  # each cent where it helps most
        i = max(range(len(gaps)), key=lambda i: gaps[i] - best[i])
        best[i] += 1

    def squares(split):
        return sum((gap - part) ** 2 for gap, part in zip(gaps, split, strict=True))

    assert squares([int(part * 100) for part in parts]) == squares(best)


@given(amounts, st.lists(st.decimals(min_value=1, max_value=100, places=2), min_size=1, max_size=9))
def test_splitting_loses_no_cent(amount, percents):
    assert sum(shares_of(amount, percents)) == amount
