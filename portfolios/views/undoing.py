"""Taking back the last change of a goal, until the next one."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.guards import Request, investor_required
from portfolios import services
from portfolios.models import Goal

KEY = "goal_undo"
"""In the session: the goal, the revision that can be taken back, and what was before."""
DATES, AMOUNTS = {"target_date"}, {
    "target_amount",
    "monthly_contribution",
    "initial_amount",
    "raise_yearly",
}  # fmt: skip


def remember(request: Request, before: Goal, after: Goal, names: Iterable[str]) -> None:
    """Keep what a change replaced. `before` still has the old values."""
    if after.revision == before.revision:
        return
    values = {name: getattr(before, name) for name in names}
    request.session[KEY] = {
        "goal": after.pk,
        "revision": after.revision,
        "values": {
            name: value if isinstance(value, bool | dict) else str(value)
            for name, value in values.items()
        },
    }


def can_undo(request: Request, goal: Goal) -> bool:
    kept = request.session.get(KEY)
    return bool(kept and kept["goal"] == goal.pk and kept["revision"] == goal.revision)


@investor_required
@require_POST
def goal_undo(request: Request, pk: int) -> HttpResponse:
    """Put back what the last change replaced; a goal that changed since stays as it is."""
    goals = Goal.objects.visible_to(request.user)
    goal = get_object_or_404(goals, pk=pk, status=Goal.Status.ACTIVE)
    if not can_undo(request, goal):
        messages.info(request, "There is nothing to take back: this goal has changed since.")
        return redirect("portfolios:goal", goal.pk)
    values = request.session.pop(KEY)["values"]
    services.change_goal(goal, **{name: _read(name, value) for name, value in values.items()})
    messages.success(request, "Taken back. Your plan is as it was before.")
    return redirect("portfolios:goal", goal.pk)


def _read(name: str, value: Any) -> Any:
    if name in DATES:
        return date.fromisoformat(value)
    return Decimal(value) if name in AMOUNTS else value
