"""What goals and the portfolio tell the risk answers: facts, a recent fall, the level needed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone

from accounts.models import Account
from onboarding import facts
from onboarding.services import current_assessment, set_need
from portfolios import outlook
from portfolios.models import Goal, Portfolio, Valuation
from portfolios.planning import projection
from portfolios.planning.consistency import GoalFact
from robo import agenda

FALL_OF = 0.05
"""A fall from the last month's high of more than this fraction calls for a second thought,"""
WITHIN = timedelta(days=7)
"""for so long."""
SINCE_HIGH = timedelta(days=30)
NEED_PATHS = 2_000


def open_goals(account: Account) -> list[Goal]:
    return list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))


@facts.provider
def goals(account: Account) -> dict[str, Any]:
    """The goals as they were planned: a goal that grew past its target contradicts nothing."""
    today = timezone.localdate()
    return {
        "goals": tuple(
            GoalFact(
                id=goal.pk,
                type=goal.type,
                name=goal.name,
                months=_months(goal.target_date, today),
                target=float(goal.target_amount),
                start=float(goal.initial_amount),
                monthly=float(goal.monthly_contribution),
            )
            for goal in open_goals(account)
        )
    }


def _months(by: date, today: date) -> int:
    return (by.year - today.year) * 12 + by.month - today.month - (by.day < today.day)


@facts.fall
def recent_fall(account: Account) -> facts.Fall | None:
    """The deepest close of the last seven days, if it is more than five percent under the high of
    the thirty days before it. Deposits and withdrawals are no gains or losses."""
    today = timezone.localdate()
    rows = list(
        Valuation.objects.filter(
            portfolio__account=account, day__gt=today - WITHIN - SINCE_HIGH, day__lte=today
        ).order_by("day")
    )
    found = None
    index = _index(rows)
    for row, level in zip(rows, index, strict=True):
        if row.day <= today - WITHIN:
            continue
        before = [
            value
            for other, value in zip(rows, index, strict=True)
            if row.day - SINCE_HIGH <= other.day <= row.day
        ]
        fallen = 1 - level / max(before)
        if fallen > FALL_OF and (found is None or fallen > found.fraction):
            found = facts.Fall(fallen, row.day, rows[-1].value)
    return found


def _index(rows: Sequence[Valuation]) -> list[float]:
    """The value with money that moved in or out left out, 1 on the first day."""
    index = [1.0] * min(len(rows), 1)
    for before, after in pairwise(rows):
        moved = (after.contributed or 0) - (before.contributed or 0)
        base = float(before.value) + max(float(moved), 0.0)
        gain = (float(after.value) - min(float(moved), 0.0)) / base if base > 0 else 1.0
        index.append(index[-1] * gain)
    return index


@agenda.follow
def note_need(account: Account) -> None:
    """Have the level that all goals would need written down. The horizon stays each goal's limit:
    a bolder level than its date allows changes nothing."""
    assessment = current_assessment(account)
    if assessment is None:
        return
    today = timezone.localdate()
    portfolio = Portfolio.objects.filter(account=account).first()
    base = outlook.footing(None, assessment, portfolio)
    wanted = [goal for goal in open_goals(account) if goal.target_date > today]
    needed: list[int | None] = []
    for goal in wanted:
        plan = outlook.plan_of(outlook.wish_of(goal, base), assessment.level, today)
        needed.append(projection.needed_level(replace(plan, paths=NEED_PATHS)))
    reached = [level for level in needed if level is not None]
    set_need(account, max(reached) if len(reached) == len(needed) > 0 else None, len(needed))
