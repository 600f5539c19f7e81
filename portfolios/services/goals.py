"""Goals: set, changed, archived, and how they share the portfolio."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from accounts.models import Account
from portfolios.models import Goal
from portfolios.projecting import footing_of, keep_projection, keep_projections, latest
from robo import agenda

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
MOST_PRIORITY = 10
"""Bluum knows 1 to 10; 1 comes first."""


@transaction.atomic
def add_goal(
    *,
    account: Account,
    key: UUID,
    type: str,
    name: str,
    target_amount: Decimal,
    target_date: date,
    monthly_contribution: Decimal = Decimal(0),
    initial_amount: Decimal = Decimal(0),
    importance: str = Goal.Importance.NORMAL,
    in_todays_dollars: bool = False,
    raise_yearly: Decimal = Decimal(0),
) -> Goal:
    """Set a goal; the same key is the same goal. It takes its share of the portfolio in proportion
    to what is planned each month, and the others make room."""
    Account.objects.select_for_update().get(pk=account.pk)
    existing: Goal | None = Goal.objects.filter(account=account, key=key).first()
    if existing:
        return existing
    others = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    goal: Goal = Goal.objects.create(
        account=account,
        key=key,
        type=type,
        name=name,
        target_amount=target_amount,
        target_date=target_date,
        monthly_contribution=monthly_contribution,
        initial_amount=initial_amount,
        importance=importance,
        in_todays_dollars=in_todays_dollars,
        raise_yearly=raise_yearly,
        share=Decimal(0) if others else HUNDRED,
        priority=min(len(others) + 1, MOST_PRIORITY),
    )
    if others:
        _make_room(goal, others)
    goal.enqueue()
    keep_projections(account)
    agenda.advice_changed(account)
    return goal


def _make_room(goal: Goal, others: Sequence[Goal]) -> None:
    monthly = sum((g.monthly_contribution for g in others), goal.monthly_contribution)
    part = goal.monthly_contribution / monthly if monthly else Decimal(1) / (len(others) + 1)
    wanted = {g.pk: g.share * (1 - part) for g in others}
    goal.share = HUNDRED * part
    _store_shares([*others, goal], wanted | {goal.pk: goal.share})


def _store_shares(goals: Sequence[Goal], wanted: Mapping[int, Decimal]) -> None:
    """Round to hundredths of a percent so that they add up to 100 exactly."""
    total = sum(wanted.values(), Decimal(0))
    rounded = {
        pk: (HUNDRED * part / total if total else HUNDRED / len(goals)).quantize(CENT)
        for pk, part in wanted.items()
    }
    if rounded:
        largest = max(rounded, key=lambda pk: rounded[pk])
        rounded[largest] += HUNDRED - sum(rounded.values(), Decimal(0))
    for goal in goals:
        if goal.pk in rounded:
            Goal.objects.filter(pk=goal.pk).update(share=rounded[goal.pk])
            goal.share = rounded[goal.pk]


@transaction.atomic
def set_shares(account: Account, shares: Mapping[int, Decimal]) -> None:
    """Divide the portfolio among the active goals; percent by goal pk. Raises ValueError unless
    every active goal has one and they add up to 100."""
    Account.objects.select_for_update().get(pk=account.pk)
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    if {g.pk for g in goals} != set(shares) or sum(shares.values(), Decimal(0)) != HUNDRED:
        raise ValueError("The shares of all goals add up to 100.")
    _store_shares(goals, shares)
    keep_projections(account)
    agenda.advice_changed(account)


def shares_by_plan(goals: Sequence[Goal]) -> dict[int, Decimal]:
    """Percent by goal pk, in proportion to what is planned each month; equal when nothing is."""
    monthly = {g.pk: g.monthly_contribution for g in goals}
    total = sum(monthly.values(), Decimal(0))
    found = {
        pk: (HUNDRED * amount / total if total else HUNDRED / len(goals)).quantize(CENT)
        for pk, amount in monthly.items()
    }
    if found:
        largest = max(found, key=lambda pk: found[pk])
        found[largest] += HUNDRED - sum(found.values(), Decimal(0))
    return found


Value = str | date | Decimal | bool | int | dict[str, Any]


@transaction.atomic
def change_goal(goal: Goal, **changes: Value) -> Goal:
    """Change name, amounts or date. Bluum hears of it, and a fresh projection is kept."""
    goal = Goal.objects.select_for_update().get(pk=goal.pk)
    if _write(goal, changes):
        keep_projection(goal)
        agenda.advice_changed(goal.account)
    return goal


@transaction.atomic
def change_goals(account: Account, changes: Mapping[int, Mapping[str, Value]]) -> list[Goal]:
    """Change several goals at once, by goal pk: all of it, or, where one can't be, nothing.
    Raises Goal.DoesNotExist for a goal that isn't open or isn't this account's."""
    Account.objects.select_for_update().get(pk=account.pk)
    open_goals = Goal.objects.filter(account=account, status=Goal.Status.ACTIVE)
    goals = {goal.pk: goal for goal in open_goals.select_for_update()}
    if not set(changes) <= set(goals):
        raise Goal.DoesNotExist
    changed = [goals[pk] for pk, values in changes.items() if _write(goals[pk], values)]
    if changed:
        base, kept = footing_of(account), latest(changed)
        for goal in changed:
            keep_projection(goal, base, kept.get(goal.pk))
        agenda.advice_changed(account)
    return changed


@transaction.atomic
def share_budget(account: Account, monthly: Mapping[int, Decimal], order: Sequence[int]) -> None:
    """Set what every goal gets each month, and who is served first; all at once."""
    change_goals(
        account,
        {
            pk: {"monthly_contribution": monthly[pk], "priority": min(place, MOST_PRIORITY)}
            for place, pk in enumerate(order, 1)
        },
    )


def _write(goal: Goal, changes: Mapping[str, Value]) -> bool:
    """Store what differs and have it sent; whether anything did."""
    different = {name: value for name, value in changes.items() if getattr(goal, name) != value}
    if not different or not goal.is_open:
        return False
    for name, value in different.items():
        setattr(goal, name, value)
    goal.revision += 1
    goal.save(update_fields=[*different, "revision"])
    goal.poke()
    return True


@transaction.atomic
def archive_goal(goal: Goal) -> Goal:
    """Stop saving for it. Its share of the portfolio goes to the other goals."""
    Account.objects.select_for_update().get(pk=goal.account_id)
    goal = Goal.objects.select_for_update().get(pk=goal.pk)
    if not goal.is_open:
        return goal
    goal.status = Goal.Status.ARCHIVED
    goal.share = Decimal(0)
    goal.revision += 1
    goal.save(update_fields=["status", "share", "revision"])
    others = list(Goal.objects.filter(account_id=goal.account_id, status=Goal.Status.ACTIVE))
    if others:
        _store_shares(others, {g.pk: g.share for g in others})
    goal.poke()
    keep_projections(goal.account)
    agenda.advice_changed(goal.account)
    return goal
