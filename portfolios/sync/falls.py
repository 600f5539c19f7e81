"""A market fall is told only to those whose goals it moved: by their chance, never by an index."""

from datetime import date, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.models import Account, Topic
from portfolios import moved
from portfolios.models import Goal, InsightFeed, Projection
from portfolios.planning import projection
from portfolios.projecting import latest, latest_before

MORE_THAN = 5
"""Percentage points of a goal's chance, within"""
WITHIN = timedelta(days=7)
"""; and once in so long at most."""


@transaction.atomic
def tell_of_falls(account: Account) -> None:
    """Tell which goal's chance fell by more than five points in a week, most of it by markets."""
    feed = InsightFeed.objects.select_for_update().filter(account=account).first()
    now = timezone.now()
    if feed is None or (feed.fall_told_at and now - feed.fall_told_at < WITHIN):
        return
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    present = latest(goals)
    earlier = latest_before(goals, now - WITHIN)
    fallen = [
        (goal, earlier[goal.pk], present[goal.pk])
        for goal in goals
        if goal.pk in present
        and goal.pk in earlier
        and _percent(earlier[goal.pk]) - _percent(present[goal.pk]) > MORE_THAN
        and by_markets(earlier[goal.pk], present[goal.pk])
    ]
    if not fallen:
        return
    goal, before, after = max(fallen, key=lambda row: _percent(row[1]) - _percent(row[2]))
    others = len(fallen) - 1
    more = f" {others} other goal{'' if others == 1 else 's'} moved, too." if others else ""
    accounts.tell(
        account=account,
        key=f"goals-fell-{now:%Y%m%d}",
        title=f"{goal.name}: {_percent(after)} in 100, from {_percent(before)}"[:120],
        body="Markets moved it. Your plan counts on years like this, so nothing has to be decided "
        f"now.{more} The goal’s page shows how it stands, and what would be enough.",
        url=reverse("portfolios:goal", args=[goal.pk]),
        topic=Topic.INSIGHTS,
    )
    InsightFeed.objects.filter(pk=feed.pk).update(fall_told_at=now)


def by_markets(before: Projection, after: Projection) -> bool:
    """Whether markets took more from the chance than anything else did."""
    given = {name: value for name, value in after.inputs.items() if name != "on"}
    today = date.fromisoformat(after.inputs["on"])
    told = moved.explain(before, projection.Plan(**given), after.outputs, today)
    if told is None:
        return False
    points: dict[str, int] = told["points"]
    return points["market"] < 0 and points["market"] == min(points.values())


def _percent(row: Projection) -> int:
    return int(row.outputs["percent"])
