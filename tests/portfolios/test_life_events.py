"""Life events: what they do is seen before anything is saved, and done only when confirmed."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from onboarding.services import update_profile
from portfolios import services
from portfolios.models import Goal, LifeEvent, Policy
from robo import clients
from tests.portfolios.conftest import goal_of, later

Settle = Callable[..., int]
NEW = "portfolios:event-new"


def told(**changes: str) -> dict[str, str]:
    day = later(1)
    return {
        "key": str(uuid4()),
        "event_type": "child",
        "name": "Baby",
        "expected_date_0": str(day.month),
        "expected_date_1": str(day.day),
        "expected_date_2": str(day.year),
        "estimated_cost": "",
        "monthly_change": "-250",
        "paid_by": "elsewhere",
        "goal": "",
        "notes": "",
    } | changes


@pytest.fixture
def wish(account: Account, goal: Goal) -> Goal:
    """Less important than the home: a trip, $100 a month."""
    return goal_of(
        account, name="A trip", type="custom", target_amount=Decimal(9_000), importance="wish",
        target_date=later(4), monthly_contribution=Decimal(100), initial_amount=Decimal(0),
    )  # fmt: skip


def plans() -> dict[str, tuple[Decimal, Decimal]]:
    return {g.name: (g.monthly_contribution, g.target_amount) for g in Goal.objects.all()}


def test_a_baby_is_looked_at_first_and_changes_goals_only_when_confirmed(
    web: Client, account: Account, goal: Goal, wish: Goal, settle: Settle
) -> None:
    before, form = plans(), told()
    shown = web.post(reverse(NEW), form)
    effects = {effect.name: effect for effect in shown.context["shown"].effects}
    page = shown.content.decode()
    assert "Not saved yet" in page
    assert plans() == before
    assert not LifeEvent.objects.exists()
    # The least important goal gives first; the home gives the rest.
    assert effects["A trip"].monthly_after == 0
    assert effects["First home"].monthly_after == 175
    assert effects["First home"].after < effects["First home"].before
    assert f"{effects['First home'].before} → <b>{effects['First home'].after}</b>" in page
    assert shown.context["shown"].room == -250
    assert shown.context["shown"].dependents == 1

    web.post(reverse(NEW), form | {"confirm": "1"})
    assert plans()["A trip"][0] == 0
    assert plans()["First home"][0] == 175
    event = LifeEvent.objects.get()
    kept = {row["name"]: row for row in event.effects if row["kind"] == "goal"}
    assert kept["First home"]["after"] == effects["First home"].after
    settle()
    [remote] = clients.bluum().life_events.list(str(account.bluum_id))
    event.refresh_from_db()
    assert (remote.name, remote.event_id) == ("Baby", event.bluum_id)
    assert not event.refusal
    monthly = {g.name: g.monthly_contribution for g in clients.bluum().goals.list(
        str(account.bluum_id))}  # fmt: skip
    assert monthly == {"First home": 175, "A trip": 0}


def test_what_was_shown_is_what_the_goal_then_says(web: Client, goal: Goal, wish: Goal) -> None:
    form = told()
    shown = web.post(reverse(NEW), form).context["shown"]
    web.post(reverse(NEW), form | {"confirm": "1"})
    for effect in shown.effects:
        page = web.get(reverse("portfolios:goal", args=[effect.goal]))
        assert page.context["result"].in_100 == effect.after


def test_a_double_click_saves_one_event_and_changes_goals_once(
    web: Client, goal: Goal, wish: Goal
) -> None:
    form = told(monthly_change="-50") | {"confirm": "1"}
    web.post(reverse(NEW), form)
    web.post(reverse(NEW), form)
    assert LifeEvent.objects.count() == 1
    assert plans()["A trip"][0] == 50


def test_what_no_goal_can_give_is_said(web: Client, goal: Goal) -> None:
    shown = web.post(reverse(NEW), told(monthly_change="-1,000"))
    assert shown.context["shown"].uncovered == 675
    assert "no goal has it to give" in shown.content.decode()


def test_a_better_job_goes_to_the_first_goal_below_its_bar(
    web: Client, goal: Goal, wish: Goal
) -> None:
    services.change_goal(goal, target_amount=Decimal(80_000))
    shown = web.post(reverse(NEW), told(event_type="career_change", monthly_change="200"))
    effects = {effect.name: effect for effect in shown.context["shown"].effects}
    assert effects["First home"].monthly_after == 525
    assert effects["First home"].after > effects["First home"].before
    assert not effects["A trip"].changes


def test_a_cost_can_grow_a_goal_make_one_or_need_cash(web: Client, goal: Goal, wish: Goal) -> None:
    wedding = {"event_type": "wedding", "monthly_change": "", "estimated_cost": "12,000"}
    cash = web.post(reverse(NEW), told(**wedding)).context["shown"]
    assert cash.cash == 12_000
    assert not any(effect.changes for effect in cash.effects)

    grown = web.post(reverse(NEW), told(**wedding, paid_by="goal", goal=str(goal.pk)))
    [changed] = [e for e in grown.context["shown"].effects if e.changes]
    assert (changed.name, changed.target_after) == ("First home", 80_000)

    form = told(**wedding, paid_by="new", name="Our wedding")
    made = web.post(reverse(NEW), form).context["shown"]
    assert made.new_goal == 12_000
    web.post(reverse(NEW), form | {"confirm": "1"})
    new = Goal.objects.get(name="Our wedding")
    assert (new.target_amount, new.monthly_contribution) == (12_000, made.new_monthly)
    assert LifeEvent.objects.get().goal == new


def test_money_from_others_is_not_counted_before_it_is_here(web: Client, goal: Goal) -> None:
    shown = web.post(
        reverse(NEW),
        told(event_type="inheritance", monthly_change="", estimated_cost="50,000"),
    )
    assert "only once it is here" in shown.content.decode()
    assert not any(effect.changes for effect in shown.context["shown"].effects)


def test_one_more_to_care_for_lowers_what_the_means_can_bear(
    web: Client, account: Account, goal: Goal
) -> None:
    update_profile(
        account, cash_flow={"monthly_expenses": "3000.00", "emergency_fund_months": 6}
    )  # fmt: skip
    shown = web.post(reverse(NEW), told(estimated_cost="15,000")).context["shown"]
    assert shown.capacity_after is not None
    assert shown.capacity_after <= shown.capacity_before


def test_changing_an_event_changes_goals_only_by_the_difference(
    web: Client, goal: Goal, wish: Goal, settle: Settle
) -> None:
    web.post(reverse(NEW), told(monthly_change="-50") | {"confirm": "1"})
    event = LifeEvent.objects.get()
    settle()
    edit = reverse("portfolios:event-edit", args=[event.pk])
    same = web.post(edit, told(monthly_change="-50", name="Twins")).context["shown"]
    assert not any(effect.changes for effect in same.effects)
    web.post(edit, told(monthly_change="-80", name="Twins") | {"confirm": "1"})
    assert plans()["A trip"][0] == 20
    settle()
    event.refresh_from_db()
    assert (event.name, event.refusal) == ("Twins", "")
    assert event.sent_revision == event.revision == 2
    [remote] = clients.bluum().life_events.list(str(event.account.bluum_id))
    assert remote.name == "Twins"


def test_an_event_put_away_can_give_the_money_back(
    web: Client, goal: Goal, wish: Goal, settle: Settle
) -> None:
    before = plans()
    web.post(reverse(NEW), told() | {"confirm": "1"})
    settle()
    event = LifeEvent.objects.get()
    url = reverse("portfolios:event-archive", args=[event.pk])
    assert "Put the monthly amounts back" in web.get(url).content.decode()
    web.post(url, {"give_back": "1"})
    assert plans() == before
    settle()
    event.refresh_from_db()
    assert event.status == "archived"
    assert event.due_at is None
    assert not web.get(reverse("portfolios:events")).context["rows"]


def test_going_back_from_the_preview_keeps_what_was_typed(web: Client, goal: Goal) -> None:
    page = web.post(reverse(NEW), told(name="Ada") | {"change": "1"}).content.decode()
    assert 'value="Ada"' in page
    assert 'value="−250"' in page or 'value="-250"' in page
    assert not LifeEvent.objects.exists()


@pytest.mark.parametrize(
    ("field", "nonsense", "sentence"),
    [
        ("name", "", "Give it a name"),
        ("expected_date_2", "2001", "That day has passed."),
        ("expected_date_2", "2999", "within the next 50 years"),
        ("estimated_cost", "-5", "Enter $0.00 or more."),
        ("monthly_change", "lots", "Enter an amount in dollars"),
        ("event_type", "alien", "Select a valid choice"),
    ],
)
def test_nonsense_gets_a_sentence(
    web: Client, goal: Goal, field: str, nonsense: str, sentence: str
) -> None:
    answer = web.post(reverse(NEW), told(**{field: nonsense}) | {"confirm": "1"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not LifeEvent.objects.exists()


def test_a_goal_of_someone_else_cannot_pay(web: Client, goal: Goal, omar: Any) -> None:
    from accounts.services import account_of

    other = goal_of(account_of(omar), name="Omar’s")
    form = told(paid_by="goal", goal=str(other.pk), estimated_cost="100")
    assert web.post(reverse(NEW), form | {"confirm": "1"}).status_code == 422
    assert not LifeEvent.objects.exists()


def test_someone_else_never_sees_it(client: Client, web: Client, goal: Goal, omar: Any) -> None:
    web.post(reverse(NEW), told() | {"confirm": "1"})
    event = LifeEvent.objects.get()
    client.force_login(omar)
    for name in ("event-edit", "event-archive"):
        assert client.get(reverse(f"portfolios:{name}", args=[event.pk])).status_code == 404
    assert "Baby" not in client.get(reverse("portfolios:events")).content.decode()


def test_a_changed_plan_may_call_for_another_policy(
    web: Client, policy: Policy, goal: Goal, settle: Settle
) -> None:
    form = told(
        event_type="major_purchase", monthly_change="", estimated_cost="90,000", paid_by="new",
        name="A boat",
    )  # fmt: skip
    web.post(reverse(NEW), form | {"confirm": "1"})
    settle()
    assert Policy.objects.filter(status="proposed").exists()


@pytest.mark.parametrize("kind", LifeEvent.Type.values)
def test_bluum_takes_every_kind_of_event(
    web: Client, account: Account, goal: Goal, settle: Settle, kind: str
) -> None:
    web.post(reverse(NEW), told(event_type=kind, monthly_change="") | {"confirm": "1"})
    settle()
    event = LifeEvent.objects.get()
    assert event.bluum_id, event.refusal
