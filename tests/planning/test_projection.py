"""A goal's chance, its fan chart and its repairs."""

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.planning.months import months_later, months_until
from portfolios.planning.projection import (
    Plan,
    bar_for,
    chance,
    glide_levels,
    lump_sum_chance,
    needed_level,
    project,
    repairs,
    seed_for,
    status_for,
)

ROOT = Path(__file__).resolve().parents[2]
SAVER = Plan(
    level=6, start=10_000, monthly=500, months=120, target=100_000, fee=0.0032, mode="lognormal"
)
SAVER_VALUES = (69_493, 74_587, 84_048, 96_181, 110_487, 125_346, 135_436)
LUMP = replace(SAVER, start=100_000, monthly=0, target=150_000)
LUMP_VALUES = (102_534, 114_509, 137_888, 169_353, 208_108, 250_224, 278_795)


@pytest.mark.parametrize(
    ("plan", "expected", "values"),
    [
        (SAVER, 0.424, SAVER_VALUES),
        (replace(SAVER, target=80_000), 0.822, SAVER_VALUES),
        (LUMP, 0.654, LUMP_VALUES),
    ],
)
def test_published_projections_come_out_again(plan, expected, values):
    found = project(replace(plan, paths=200_000))

    assert found.chance == pytest.approx(expected, abs=0.005)
    for ours, theirs in zip(found.final.values(), values, strict=True):
        assert ours == pytest.approx(theirs, rel=0.01)


def test_a_lump_sum_agrees_with_the_closed_form():
    assert lump_sum_chance(LUMP) == pytest.approx(0.6560, abs=0.0001)
    for level in (1, 5, 10):
        for target in (90_000, 120_000, 200_000):
            plan = replace(LUMP, level=level, target=target, paths=100_000, seed=7)
            assert chance(plan) == pytest.approx(lump_sum_chance(plan), abs=0.005)


def test_fat_tails_make_short_goals_stranger_but_leave_the_middle_alone():
    calm, fat = project(SAVER), project(replace(SAVER, mode="student_t"))

    assert fat.final[50] == pytest.approx(calm.final[50], rel=0.02)
    assert fat.final != calm.final


def test_without_risk_or_return_money_is_what_was_paid_in():
    # The fee that just eats a 4.65 % compound return leaves the middle future at its deposits.
    plan = Plan(level=1, start=1_000, monthly=0, months=12, fee=0.0, mode="lognormal")
    assert project(plan).final[50] == pytest.approx(1_046.5, rel=0.005)


def test_the_first_column_is_today_and_deposits_come_at_month_end():
    found = project(replace(SAVER, months=1), grid_months=1)

    assert found.grid_months == (0, 1)
    assert all(band[0] == 10_000 for band in found.bands.values())
    assert found.bands[50][1] == pytest.approx(10_000 * 1.0044 + 500, rel=0.002)


def test_a_fan_chart_has_ordered_bands_on_one_grid():
    found = project(replace(SAVER, months=125), grid_months=12)

    assert found.grid_months[0] == 0
    assert found.grid_months[-1] == 125
    for low, high in pairwise(found.bands.values()):
        assert len(low) == len(found.grid_months)
        assert all(a <= b for a, b in zip(low, high, strict=True))


def test_the_same_plan_always_sees_the_same_futures():
    plan = replace(SAVER, seed=seed_for("goal-1"))

    assert project(plan) == project(plan)
    assert seed_for("goal-1") == seed_for("goal-1") != seed_for("goal-2")
    assert seed_for("goal-1", "2026") != seed_for("goal-1", "2027")


def test_a_longer_date_keeps_the_futures_it_shares_with_a_shorter_one():
    short, long = project(SAVER), project(replace(SAVER, months=360))
    for name, band in short.bands.items():
        assert long.bands[name][:11] == pytest.approx(band)


@settings(max_examples=60, deadline=None)
@given(
    level=st.integers(1, 10),
    start=st.integers(0, 200_000),
    monthly=st.integers(0, 3_000),
    months=st.integers(1, 240),
    target=st.integers(1, 1_000_000),
    more=st.integers(1, 5_000),
    mode=st.sampled_from(["lognormal", "student_t"]),
)
def test_more_money_never_lowers_the_chance(level, start, monthly, months, target, more, mode):
    plan = Plan(
        level=level,
        start=start,
        monthly=monthly,
        months=months,
        target=target,
        mode=mode,
        paths=1_000,
    )
    before = chance(plan)
    assert chance(replace(plan, start=start + more)) >= before
    assert chance(replace(plan, monthly=monthly + more)) >= before
    assert chance(replace(plan, target=target + more)) <= before
    assert chance(replace(plan, fee=0.02)) <= before


@settings(max_examples=40, deadline=None)
@given(
    start=st.integers(0, 100_000),
    monthly=st.integers(0, 2_000),
    months=st.integers(6, 240),
    target=st.integers(1_000, 800_000),
    importance=st.sampled_from(["must_have", "normal", "wish"]),
)
def test_a_repair_reaches_the_bar_and_a_dollar_less_does_not(
    start, monthly, months, target, importance
):
    plan = Plan(
        level=5,
        start=start,
        monthly=monthly,
        months=months,
        target=target,
        importance=importance,
        paths=1_000,
    )
    fixes = repairs(plan)

    assert chance(replace(plan, monthly=fixes.monthly)) >= fixes.bar
    if fixes.monthly > 0:
        assert chance(replace(plan, monthly=fixes.monthly - 1)) < fixes.bar
    assert chance(replace(plan, start=start + fixes.lump_sum)) >= fixes.bar
    if fixes.lump_sum > 0:
        assert chance(replace(plan, start=start + fixes.lump_sum - 1)) < fixes.bar
    if fixes.months is not None and fixes.months > months:
        assert chance(replace(plan, months=fixes.months)) >= fixes.bar
        assert chance(replace(plan, months=fixes.months - 1)) < fixes.bar


def test_a_goal_that_no_date_can_save_gets_no_date():
    assert repairs(Plan(level=1, start=1, monthly=0, months=12, target=1e9)).months is None


def test_the_bar_rises_with_importance_and_near_the_date():
    assert [bar_for(name, 120) for name in ("wish", "normal", "must_have")] == [0.6, 0.75, 0.85]
    assert bar_for("wish", 24) == 0.9
    assert status_for(0.75, 0.75) == "on_track"
    assert status_for(0.7499, 0.75) == "close"
    assert status_for(0.5999, 0.75) == "needs_change"


def test_a_percent_on_screen_never_reaches_a_bar_that_the_chance_does_not():
    found = project(replace(SAVER, target=83_500))
    assert found.percent <= found.chance * 100 < found.percent + 1


def test_what_is_missing_is_counted_only_where_it_is_missing():
    found = project(SAVER)
    assert 0 < found.mean_shortfall < 100_000 - found.final[5]
    assert project(replace(SAVER, target=0)).chance == 1
    assert project(replace(SAVER, target=0)).mean_shortfall == 0


def test_a_target_in_todays_dollars_is_harder():
    real = project(replace(SAVER, target_in_todays_dollars=True))
    assert real.nominal_target == pytest.approx(100_000 * 1.024**10)
    assert real.chance < project(SAVER).chance


def test_a_glide_path_ends_calm_and_narrows_the_futures():
    levels = glide_levels(8, 120, "home_purchase")
    assert levels[0] == 6  # ten years to go allow 65 % in stocks
    assert levels[-1] == 1
    assert all(later <= earlier for earlier, later in pairwise(levels))

    bold = replace(SAVER, level=8, goal_type="home_purchase")
    kept, eased = project(bold).final, project(replace(bold, glide=True)).final
    assert eased[95] - eased[5] < kept[95] - kept[5]


def test_the_needed_level_is_the_lowest_that_reaches_the_bar():
    plan = replace(SAVER, target=84_000, importance="wish")
    level = needed_level(plan)
    assert level is not None
    assert chance(replace(plan, level=level)) >= plan.bar
    assert all(chance(replace(plan, level=below)) < plan.bar for below in range(1, level))
    assert needed_level(replace(SAVER, target=10_000_000)) is None


def test_amounts_may_come_from_a_form():
    assert project(replace(SAVER, start=Decimal("10000.00"))) == project(SAVER)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": float("nan")},
        {"months": 0},
        {"months": 601},
        {"start": -1},
        {"monthly": -5},
        {"paths": 3},
        {"target": -1},
    ],
)
def test_impossible_plans_are_refused(wrong):
    with pytest.raises(ValueError, match=r".+"):
        replace(SAVER, **wrong)


def test_the_command_line_answers_in_json_without_django():
    options = "--level 6 --start 100000 --years 10 --target 150000 --fee 0.32 --mode lognormal"
    command = ["-m", "portfolios.planning", *options.split(" ")]
    done = subprocess.run(
        [sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=True
    )
    answer = json.loads(done.stdout)
    assert answer["chance"] == pytest.approx(0.656, abs=0.015)
    assert answer["percentiles"]["50"] == pytest.approx(169_353, rel=0.02)


def test_the_engine_loads_neither_django_nor_celery():
    probe = (
        "import sys, portfolios.planning.policy, portfolios.planning.projection, "
        "portfolios.planning.returns, portfolios.planning.drift, portfolios.planning.risk; "
        "sys.exit(any(m.split('.')[0] in ('django', 'celery') for m in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=False).returncode == 0


def test_a_month_ends_where_its_last_day_is() -> None:
    """So many months later is so many months away, also where there is no such day."""
    today = date(2026, 11, 29)
    for months in range(1, 400):
        assert months_until(months_later(today, months), today) == months
    assert months_until(date(2027, 2, 27), today) == 2
