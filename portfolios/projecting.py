"""Projections that are kept: made when a goal, the level or the portfolio changes."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import Account
from onboarding.models import RiskAssessment
from onboarding.services import current_assessment
from portfolios import moved, outlook, retirement
from portfolios.models import Goal, Policy, Portfolio, Projection
from portfolios.planning import projection

STALE_AFTER = timedelta(hours=20)
STILL_STANDS = timedelta(days=3)
"""They are made daily; an older one says nothing of the moment it is asked for."""
STALE_BY = Decimal("0.005")
"""A fraction of the starting value: less than this isn't worth a new calculation before a day."""


def footing_of(account: Account, assessment: RiskAssessment | None = None) -> outlook.Footing:
    """The level and value that projections of this account stand on. Asks for the assessment when
    it isn't given and no policy is signed."""
    policies = Policy.objects.filter(
        account=account, status__in=[Policy.Status.ACTIVE, Policy.Status.ACCEPTED]
    )
    policy = policies.order_by("status", "-version").first()  # accepted before active
    if policy is None and assessment is None:
        assessment = current_assessment(account)
    portfolio = Portfolio.objects.filter(account=account).first()
    return outlook.footing(policy, assessment, portfolio)


def latest(goals: Iterable[Goal]) -> dict[int, Projection]:
    """The newest kept projection of each goal, by goal pk. One query."""
    newest = Projection.objects.filter(goal=OuterRef("goal")).order_by("-made_at").values("pk")[:1]
    rows = Projection.objects.filter(goal__in=[g.pk for g in goals], pk=Subquery(newest))
    return {row.goal_id: row for row in rows}


def latest_before(goals: Iterable[Goal], moment: datetime) -> dict[int, Projection]:
    """Each goal's projection as it stood at a moment, by goal pk; none that was old by then. One
    query."""
    rows = Projection.objects.filter(
        goal__in=[g.pk for g in goals], made_at__range=(moment - STILL_STANDS, moment)
    )
    newest = rows.order_by("goal_id", "-made_at").distinct("goal_id")
    return {row.goal_id: row for row in newest}


def new_projection(
    goal: Goal, base: outlook.Footing, today: date, previous: Projection | None = None
) -> Projection | None:
    """A projection with all it takes to repeat it, not yet saved, and why its chance moved since
    the one before. None without a level, or when the goal's day has come."""
    if base.level is None or goal.target_date <= today:
        return None
    plan = outlook.plan_of(outlook.wish_of(goal, base), base.level, today)
    outputs = outlook.project(plan) | {"put_in": float(_put_in(goal, base))}
    if income := retirement.income_of(goal, base, today):
        outputs["income"] = retirement.summary(income)
    if previous:
        _compare(previous, plan, outputs, today)
    return Projection(
        goal=goal,
        inputs=asdict(plan) | {"on": today.isoformat()},
        assumptions=plan.version,
        engine=projection.ENGINE_VERSION,
        outputs=outputs,
        chance=Decimal(str(outputs["chance"])),
    )


def _put_in(goal: Goal, base: outlook.Footing) -> Decimal:
    """What has been put in for this goal, dollars; before the first deposit, what was promised."""
    if not base.is_funded or base.contributed is None:
        return Decimal(goal.initial_amount)
    return outlook.share_of(base.contributed, goal.share)


def _compare(
    previous: Projection, plan: projection.Plan, outputs: dict[str, Any], today: date
) -> None:
    """Keep in the outputs why the chance moved. A quiet change leaves what was told before, and
    remembers which projection the next one is measured against."""
    against = previous
    if pk := previous.outputs.get("against"):
        against = Projection.objects.filter(pk=pk).first() or previous
    told = moved.explain(against, plan, outputs, today)
    if told:
        outputs["moved"] = told
        return
    if previous.outputs.get("moved"):
        outputs["moved"] = previous.outputs["moved"]
    if abs(outputs["percent"] - against.outputs["percent"]) < moved.QUIET_BELOW:
        outputs["against"] = against.pk


def keep_projection(
    goal: Goal, base: outlook.Footing | None = None, previous: Projection | None = None
) -> Projection | None:
    """Calculate and keep; None where there is no level to calculate with yet."""
    base = base or footing_of(goal.account)
    previous = previous or latest([goal]).get(goal.pk)
    found = new_projection(goal, base, timezone.localdate(), previous)
    if found:
        found.save()
    return found


def keep_projections(account: Account) -> None:
    """A fresh projection for every active goal of the account."""
    base = footing_of(account)
    if base.level is not None:
        goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
        kept = latest(goals)
        for goal in goals:
            keep_projection(goal, base, kept.get(goal.pk))


def refresh_projections(account: Account) -> None:
    """Calculate anew where the last projection is from another day, level or starting value."""
    base = footing_of(account)
    if base.level is None:
        return
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    kept = latest(goals)
    for goal in goals:
        if _is_stale(goal, kept.get(goal.pk), base):
            keep_projection(goal, base, kept.get(goal.pk))


def _is_stale(goal: Goal, last: Projection | None, base: outlook.Footing) -> bool:
    if last is None or timezone.now() - last.made_at > STALE_AFTER:
        return True
    today = timezone.localdate()
    level = outlook.level_for(base.level or 1, goal.type, goal.target_date, today)
    if level != last.outputs["level"]:
        return True
    start = outlook.wish_of(goal, base).start
    before = Decimal(str(last.outputs["start"]))
    return abs(start - before) > STALE_BY * max(before, Decimal(1))
