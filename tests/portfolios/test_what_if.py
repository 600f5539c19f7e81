"""A goal's page as a place to try things: bars, repairs, views, ghost, undo, files, reasons."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from portfolios import moved, outlook, projecting, services
from portfolios.models import Goal, Portfolio, Projection
from portfolios.planning import horizon
from portfolios.planning.models import model
from portfolios.planning.months import months_later
from tests.portfolios.conftest import goal_of, later


def page_of(web: Client, goal: Goal, **asked: str) -> Any:
    return web.get(reverse("portfolios:goal", args=[goal.pk]), asked)


@pytest.mark.parametrize(("importance", "bar"), [("must_have", 85), ("normal", 75), ("wish", 60)])
def test_the_bar_follows_what_the_goal_means_and_stands_beside_the_number(
    web: Client, goal: Goal, importance: str, bar: int
) -> None:
    answer = page_of(web, goal, importance=importance)
    result = answer.context["result"]
    assert result.bar_in_100 == bar
    assert f"{result.in_100} of 100; the bar is {bar}" in answer.content.decode()


def test_a_goal_of_the_last_two_years_has_a_bar_of_90(web: Client, goal: Goal) -> None:
    day = months_later(timezone.localdate(), 20)
    answer = page_of(web, goal, by=day.isoformat(), year=str(day.year), importance="wish")
    assert answer.context["result"].bar_in_100 == 90


def test_every_chance_comes_with_how_much_would_be_missing_to_two_figures(
    web: Client, goal: Goal
) -> None:
    answer = page_of(web, goal)
    result = answer.context["result"]
    assert f"In the other {result.others} you’d be about" in answer.content.decode()
    digits = result.short_by.strip("$").replace(",", "").rstrip("0")
    assert 1 <= len(digits) <= 2


def test_todays_dollars_make_the_target_harder_and_are_explained(web: Client, goal: Goal) -> None:
    then, now = page_of(web, goal, today="0"), page_of(web, goal, today="1")
    assert now.context["result"].in_100 < then.context["result"].in_100
    assert now.context["result"].target == goal.target_amount
    grown = float(goal.target_amount) * 1.024 ** (now.context["plan"].months / 12)
    assert float(now.context["result"].nominal_target) == pytest.approx(grown, rel=1e-6)
    assert "The target grows with prices" in now.content.decode()
    # The fan is in the same dollars as the target, so it ends lower than in dollars of that day.
    assert now.context["result"].middle < then.context["result"].middle


def test_a_yearly_raise_helps(web: Client, goal: Goal) -> None:
    plain, raised = page_of(web, goal), page_of(web, goal, raised="5")
    assert raised.context["result"].in_100 > plain.context["result"].in_100
    assert "raised 5% a year" in raised.content.decode()


@pytest.mark.parametrize("field", ["raised", "importance", "today"])
@pytest.mark.parametrize("nonsense", ["-1", "abc", "1e999", "21"])
def test_nonsense_in_any_lever_is_told_and_breaks_nothing(
    web: Client, goal: Goal, field: str, nonsense: str
) -> None:
    answer = page_of(web, goal, **{field: nonsense})
    assert answer.status_code == 422
    assert "What you typed is kept" in answer.content.decode()


@pytest.mark.parametrize("kind", ["home_purchase", "retirement", "emergency", "wealth_growth"])
def test_stocks_follow_the_published_path_of_the_goals_type(
    web: Client, goal: Goal, account: Account, kind: str
) -> None:
    made = goal_of(account, type=kind, name=kind, target_date=later(15))
    answer = page_of(web, made)
    level, steps = answer.context["base"].level, answer.context["glide"]
    for step in steps:
        cap = horizon.stocks_cap((answer.context["plan"].months - step.month) / 12, kind)
        assert step.level == min(level, horizon.level_for_stocks(cap))
        assert step.stocks == round(model(step.level).stocks * 100)
    assert [s.stocks for s in steps] == sorted((s.stocks for s in steps), reverse=True)
    if len(steps) > 1:
        words = f"stocks go from {steps[0].stocks}% to {steps[1].stocks}%."
        assert words in answer.content.decode()


def test_different_types_of_goal_take_different_paths(account: Account, goal: Goal) -> None:
    today, paths = timezone.localdate(), set()
    for kind in ("home_purchase", "retirement", "emergency"):
        wish = outlook.Wish("x", kind, Decimal(1000), later(12), Decimal(1), Decimal(1))
        outputs = outlook.project(outlook.plan_of(wish, 8, today))
        paths.add(tuple(map(tuple, outputs["glide"])))
    assert len(paths) == 3


def test_a_tried_change_keeps_the_old_plan_as_a_ghost_line(web: Client, goal: Goal) -> None:
    assert not page_of(web, goal).context["fan"].ghost
    tried = page_of(web, goal, monthly="600")
    assert tried.context["fan"].ghost
    assert "Dotted: the plan you kept" in tried.content.decode()


def test_the_address_holds_the_scenario(web: Client, goal: Goal) -> None:
    tried = page_of(web, goal, monthly="612.50", raised="3", importance="wish", today="1")
    again = web.get(reverse("portfolios:goal", args=[goal.pk]) + "?" + tried.context["query"])
    assert again.context["tried"] == tried.context["tried"]
    assert 'hx-replace-url="true"' in tried.content.decode()


def test_the_four_views_are_one_tap_away_and_ordered_by_hope(web: Client, goal: Goal) -> None:
    assert page_of(web, goal).context["views"] is None
    views = page_of(web, goal, views="1").context["views"]
    chances = {view.title: view.in_100 for view in views}
    assert len(chances) == 4
    assert chances["Cautious"] < chances["Middle"] < chances["Hopeful"]
    [ours] = [view for view in views if view.is_ours]
    assert ours.in_100 == page_of(web, goal).context["result"].in_100


def test_a_repair_tells_what_it_does_to_the_other_goals(
    web: Client, goal: Goal, account: Account
) -> None:
    goal_of(account, name="College", type="education", monthly_contribution=Decimal(175))
    goal = services.change_goal(goal, target_amount=Decimal(120_000))
    services.change_goal(goal, importance="must_have")
    monthly = page_of(web, goal).context["repairs"][0]
    whole = int(monthly.change.removeprefix("monthly:")) + 175
    assert f"together you’d save ${whole:,} a month" in monthly.detail


@pytest.mark.parametrize("importance", ["must_have", "normal", "wish"])
def test_each_repair_reaches_whatever_bar_there_is_with_prices_and_raise(
    web: Client, goal: Goal, importance: str
) -> None:
    goal = services.change_goal(
        goal,
        target_amount=Decimal(120_000),
        importance=importance,
        in_todays_dollars=True,
        raise_yearly=Decimal("0.02"),
    )
    first = page_of(web, goal)
    assert len(first.context["repairs"]) == 3
    for way in first.context["repairs"]:
        repaired = page_of(web, goal, change=way.change)
        result = repaired.context["result"]
        assert result.is_on_track, way
        assert result.in_100 <= result.bar_in_100 + 1, way


def test_what_was_kept_can_be_taken_back_until_the_next_change(web: Client, goal: Goal) -> None:
    before = {name: getattr(goal, name) for name in ("monthly_contribution", "importance")}
    keep, undo = (reverse(f"portfolios:goal-{name}", args=[goal.pk]) for name in ("keep", "undo"))
    web.post(keep, {"monthly": "900", "importance": "wish"})
    assert "Undo the last change" in page_of(web, goal).content.decode()
    web.post(undo)
    goal.refresh_from_db()
    assert {name: getattr(goal, name) for name in before} == before
    assert "Undo the last change" not in page_of(web, goal).content.decode()

    web.post(keep, {"monthly": "900"})
    services.change_goal(goal, name="Our first home")
    web.post(undo)
    goal.refresh_from_db()
    assert goal.monthly_contribution == 900


def test_someone_else_neither_sees_nor_changes_nor_takes_back(
    client: Client, goal: Goal, omar: Any
) -> None:
    client.force_login(omar)
    for name in ("goal", "goal-futures", "goal-income", "goal-edit"):
        assert client.get(reverse(f"portfolios:{name}", args=[goal.pk])).status_code == 404
    for name in ("goal-keep", "goal-undo", "goal-archive"):
        assert client.post(reverse(f"portfolios:{name}", args=[goal.pk])).status_code == 404


def test_the_futures_come_as_a_file_of_the_same_scenario(web: Client, goal: Goal) -> None:
    answer = web.get(reverse("portfolios:goal-futures", args=[goal.pk]), {"monthly": "900"})
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    shown = page_of(web, goal, monthly="900").context["result"]
    assert answer["Content-Type"].startswith("text/csv")
    assert Decimal(rows[-1]["p50"]) == shown.middle
    assert rows[0]["date"] == timezone.localdate().isoformat()


def test_why_the_chance_moved_adds_up_to_what_is_shown(web: Client, goal: Goal) -> None:
    before = Projection.objects.filter(goal=goal).latest("made_at")
    services.change_goal(goal, monthly_contribution=Decimal(425))
    kept = Projection.objects.filter(goal=goal).latest("made_at")
    told = moved.moved_of(kept.outputs)
    assert told is not None
    assert (told.before, told.after) == (before.outputs["percent"], kept.outputs["percent"])
    assert sum(told.points.values()) == told.after - told.before
    assert told.points["wishes"] == told.after - told.before
    assert "your changes" in page_of(web, goal).content.decode()


def test_a_fallen_market_and_an_extra_deposit_are_told_apart(
    web: Client, invested: Portfolio, goal: Goal
) -> None:
    services.change_goal(goal, target_amount=Decimal(85_000))
    Projection.objects.filter(goal=goal).delete()
    Portfolio.objects.filter(pk=invested.pk).update(value=30_000, contributed=30_000)
    projecting.keep_projections(goal.account)
    Portfolio.objects.filter(pk=invested.pk).update(value=26_500, contributed=31_000)
    projecting.keep_projections(goal.account)
    told = moved.moved_of(Projection.objects.filter(goal=goal).latest("made_at").outputs)
    assert told is not None
    assert told.points["deposits"] > 0 > told.points["market"]
    assert sum(told.points.values()) == told.after - told.before
    assert told.in_words.startswith(f"{told.before} → {told.after}: −")
    page = page_of(web, goal).content.decode()
    assert "market" in page
    assert "your extra deposits" in page


def test_small_moves_are_quiet_until_they_add_up(goal: Goal, invested: Portfolio) -> None:
    Projection.objects.filter(goal=goal).delete()
    Portfolio.objects.filter(pk=invested.pk).update(value=30_000, contributed=30_000)
    projecting.keep_projections(goal.account)
    first = Projection.objects.filter(goal=goal).latest("made_at")
    told = None
    for value in range(29_950, 28_500, -50):
        Portfolio.objects.filter(pk=invested.pk).update(value=value)
        projecting.keep_projections(goal.account)
        last = Projection.objects.filter(goal=goal).latest("made_at")
        told = moved.moved_of(last.outputs)
        if told:
            break
        assert last.outputs["against"] == first.pk
    assert told is not None
    assert told.before == first.outputs["percent"]
    assert told.points["market"] == told.after - told.before


def test_months_that_passed_as_planned_are_told_as_time(goal: Goal) -> None:
    first = Projection.objects.filter(goal=goal).latest("made_at")
    on = timezone.localdate() - timedelta(days=400)
    first.inputs |= {"on": on.isoformat(), "months": first.inputs["months"] + 13, "start": 12_000}
    first.outputs |= {"percent": 40}
    found = moved.explain(
        first, outlook.plan_of(
            outlook.wish_of(goal, projecting.footing_of(goal.account)),
            projecting.footing_of(goal.account).level or 1,
            timezone.localdate(),
        ), {"percent": 63, "put_in": first.outputs["put_in"]}, timezone.localdate(),
    )  # fmt: skip
    assert found is not None
    assert sum(found["points"].values()) == 23
    assert found["points"]["profile"] == 0


def test_retirement_income_says_in_how_many_futures_every_payment_comes(
    web: Client, account: Account, goal: Goal, settle: Callable[..., int]
) -> None:
    made = goal_of(
        account, type="retirement", name="Retirement", target_date=later(20),
        target_amount=Decimal(900_000), monthly_contribution=Decimal(1500),
        initial_amount=Decimal(150_000),
    )  # fmt: skip
    url = reverse("portfolios:goal-income", args=[made.pk])
    assert "What would Retirement pay you" in web.get(url).content.decode()
    told = {
        "age": "45", "spending": "4,500", "social_security": "2,400", "social_security_age": "67",
        "pension": "", "pension_age": "", "until_age": "92",
    }  # fmt: skip
    answer = web.post(url, told, follow=True)
    result = answer.context["result"]
    page = answer.content.decode()
    assert f"In {result.percent} of 100 futures you can spend $4,500 a month until 92" in page
    years = answer.context["years"]
    assert len(years) == 92 - 45 + 1
    assert years[0][2].paid_in == pytest.approx(12 * 1500)
    assert years[-1][2].pensions > 12 * 2400
    good = web.get(url, {"future": "90"}).context["years"]
    assert good[-1][2].left > years[-1][2].left
    kept = Projection.objects.filter(goal=made).latest("made_at").outputs["income"]
    assert kept["percent"] == result.percent
    assert (
        f"in {result.percent} of 100 futures every payment comes"
        in page_of(web, made).content.decode()
    )
    made.refresh_from_db()
    with_rails = web.post(url, told | {"guardrails": "on"}, follow=True)
    assert with_rails.context["result"].percent >= result.percent
    assert "one future in ten falls to" in with_rails.content.decode()


def test_the_most_one_may_spend_reaches_the_bar_and_a_little_more_does_not(
    web: Client, account: Account, goal: Goal
) -> None:
    from dataclasses import replace

    from portfolios import retirement
    from portfolios.planning import income

    plan = income.IncomePlan(
        level=5, start=400_000, spending=2500, months=240,
        pensions=(income.Pension("Social Security", 1500, 0),), paths=4_000,
    )  # fmt: skip
    most = retirement.most_spending(plan)
    assert income.chance(replace(plan, spending=float(most))) >= income.BAR
    more = float(most + retirement.STEP)
    assert income.chance(replace(plan, spending=more)) < income.BAR


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"age": "x"}, "Enter an age in years"),
        ({"until_age": "40"}, "not later than your age today"),
        ({"spending": ""}, "a guess will do"),
        ({"until_age": "400"}, "Enter 110 or less."),
    ],
)
def test_nonsense_about_the_years_after_work_is_told_kindly(
    web: Client, account: Account, changed: dict[str, str], sentence: str
) -> None:
    made = goal_of(account, type="retirement", name="Retirement", target_date=later(20))
    url = reverse("portfolios:goal-income", args=[made.pk])
    told = {"age": "45", "spending": "4,500", "until_age": "92"} | changed
    answer = web.post(url, told)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    made.refresh_from_db()
    assert made.details == {}
