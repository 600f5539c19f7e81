"""Projections that are kept: made when a goal, the level or the portfolio changes."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal

from django.db.models import OuterRef, Subquery
from django.utils import timezone

from accounts.models import Account
from onboarding.models import RiskAssessment
from onboarding.services import current_assessment
from portfolios import outlook
from portfolios.models import Goal, Policy, Portfolio, Projection

STALE_AFTER = timedelta(hours=20)
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


def keep_projection(goal: Goal, base: outlook.Footing | None = None) -> Projection | None:
    """Calculate and keep; None where there is no level to calculate with yet."""
    found = outlook.new_projection(goal, base or footing_of(goal.account), timezone.localdate())
    if found:
        found.save()
    return found


def keep_projections(account: Account) -> None:
    """A fresh projection for every active goal of the account."""
    base = footing_of(account)
    if base.level is not None:
        for goal in Goal.objects.filter(account=account, status=Goal.Status.ACTIVE):
            keep_projection(goal, base)


def refresh_projections(account: Account) -> None:
    """Calculate anew where the last projection is from another day, level or starting value."""
    base = footing_of(account)
    if base.level is None:
        return
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    kept = latest(goals)
    for goal in goals:
        if _is_stale(goal, kept.get(goal.pk), base):
            keep_projection(goal, base)


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
