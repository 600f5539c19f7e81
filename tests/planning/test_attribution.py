"""Why a chance moved."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.planning.attribution import attribute
from portfolios.planning.projection import Plan, chance

BEFORE = Plan(level=6, start=10_000, monthly=500, months=120, target=90_000, paths=2_000)


def test_only_what_changed_is_to_blame():
    after = replace(BEFORE, target=95_000)
    change = attribute(BEFORE, after, 0, 0)
    assert change.steps["wishes"] == change.after - change.before < 0
    assert sum(abs(step) for step in change.steps.values()) == -change.steps["wishes"]


def test_a_fall_of_the_market_is_the_markets_and_an_extra_deposit_is_yours():
    later = replace(BEFORE, months=108, start=14_000)
    fell = attribute(BEFORE, later, 12, 6_000)
    assert fell.steps["market"] < 0
    assert fell.steps["deposits"] == 0
    paid = attribute(BEFORE, replace(later, start=16_000), 12, 8_000)
    assert paid.steps["deposits"] > 0


def test_a_bolder_profile_and_a_cautious_view_are_told_apart():
    change = attribute(BEFORE, replace(BEFORE, level=3, set_name="cautious"), 0, 0)
    assert change.steps["assumptions"] < 0
    assert change.steps["profile"] != 0
    assert change.steps["market"] == change.steps["time"] == 0


@settings(max_examples=30, deadline=None)
@given(
    months=st.integers(0, 100),
    start=st.integers(0, 60_000),
    monthly=st.integers(0, 1_500),
    level=st.integers(1, 10),
    paid=st.integers(-5_000, 30_000),
)
def test_the_parts_always_add_up_to_the_change(months, start, monthly, level, paid):
    after = replace(
        BEFORE, months=120 - months, start=start, monthly=monthly, level=level, set_name="hopeful"
    )
    change = attribute(BEFORE, after, months, paid)
    assert change.after == chance(after)
    assert sum(change.steps.values()) == pytest.approx(change.after - change.before)
    assert sum(change.points.values()) == round(change.after * 100) - round(change.before * 100)


def test_a_plan_that_has_ended_has_no_change_to_explain():
    with pytest.raises(ValueError, match="running"):
        attribute(BEFORE, BEFORE, 120, 0)
