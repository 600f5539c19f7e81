"""Living off savings."""

from dataclasses import replace

import pytest

from portfolios.planning.income import (
    IncomePlan,
    Pension,
    chance,
    future,
    held_levels,
    most_spending,
    project,
)

RETIRED = IncomePlan(
    level=6,
    start=600_000,
    spending=3_500,
    months=360,
    pensions=(Pension("Social Security", 1_800, 24),),
    paths=2_000,
)


def test_a_pension_that_covers_everything_leaves_savings_alone():
    covered = replace(RETIRED, pensions=(Pension("Pension", 3_500, 0),))
    assert project(covered).chance == 1
    assert project(covered).bands == project(replace(covered, spending=0)).bands


def test_a_pension_that_ignores_prices_is_worth_less():
    kept = replace(RETIRED, pensions=(Pension("Pension", 1_800, 24, follows_prices=False),))
    assert chance(kept) < chance(RETIRED)


def test_an_income_without_savings_or_pension_fails_in_every_future():
    broke = replace(RETIRED, start=0, pensions=())
    found = project(broke)
    assert found.chance == 0
    assert found.mean_months_missing == pytest.approx(360)


def test_without_growth_money_lasts_for_its_own_length():
    # Level 1 with a fee that eats its return, no rise in prices to speak of within two months.
    plan = IncomePlan(level=1, start=1_000, spending=500, months=2, pensions=(), fee=0.0)
    assert chance(plan) > 0.5
    assert chance(replace(plan, spending=600)) == 0


def test_spending_more_or_living_longer_never_helps():
    assert chance(replace(RETIRED, spending=4_000)) <= chance(RETIRED)
    assert chance(replace(RETIRED, months=420)) <= chance(RETIRED)
    assert chance(replace(RETIRED, start=650_000)) >= chance(RETIRED)


def test_the_most_one_may_spend_reaches_the_bar_and_a_dollar_more_does_not():
    most = most_spending(RETIRED)
    assert chance(replace(RETIRED, spending=most)) >= 0.85
    assert chance(replace(RETIRED, spending=most + 1)) < 0.85


def test_guardrails_make_money_last_by_cutting_and_say_how_far():
    strict = replace(RETIRED, spending=4_200)
    eased = replace(strict, guardrails=True)
    assert chance(eased) > chance(strict)
    found = project(eased)
    assert found.lowest_share[5] < found.lowest_share[50] <= 1


def test_saving_first_then_spending_follows_both_published_paths():
    plan = replace(RETIRED, level=9, start=100_000, saving=1_500, saving_months=240, months=600)
    levels = held_levels(plan)
    assert levels[0] == 9  # twenty years before retirement: up to 90 % in stocks
    assert levels[239] == 5
    assert levels[-1] == 3
    years = future(plan, 50)
    assert [year.paid_in for year in years[:20]] == [18_000] * 20
    assert years[20].paid_in == 0
    assert years[19].spent == 0


def test_a_future_year_by_year_adds_up():
    years = future(RETIRED, 10)
    assert len(years) == 30
    assert years[0].pensions == 0
    assert years[2].pensions > 0
    for year in years:
        if year.left > 0:
            assert year.spent >= 12 * 3_500


def test_impossible_incomes_are_refused():
    for wrong in ({"months": 0}, {"saving_months": 360}, {"spending": -1}, {"start": float("nan")}):
        with pytest.raises(ValueError, match=r".+"):
            replace(RETIRED, **wrong)
