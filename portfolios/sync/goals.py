"""A goal at Bluum: created once, updated by revision, archived."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction

from portfolios.models import Goal
from portfolios.sync.common import sentence
from robo import bluum, clients
from robo.bluum.goals import Goal as BluumGoal


def advance_goal(goal: Goal) -> timedelta | None:
    """Tell Bluum what it doesn't know yet about this goal; settled when both say the same."""
    account = goal.account
    if goal.status == Goal.Status.REFUSED:
        return None
    if wait := account.wait_until_open():
        return wait
    goals, account_id = clients.bluum().goals, str(account.bluum_id)
    gone = goal.status == Goal.Status.ARCHIVED
    if goal.bluum_id is None:
        if gone and goal.sent_revision == 0 and goal.first_tried_at is None:
            return None
        try:
            remote = goals.create(
                account_id,
                name=goal.name,
                goal_type=goal.type,
                target_amount=goal.target_amount,
                target_date=goal.target_date,
                priority=goal.priority,
                initial_amount=goal.initial_amount,
                monthly_contribution=goal.monthly_contribution,
                currency=goal.currency,
                idempotency_key=goal.key,
            )
        except bluum.Refused as problem:
            refuse_goal(goal.pk, sentence(problem))
            return None
        # What was sent is the row as taken; a change made meanwhile is sent next.
        apply_goal(goal.pk, remote, revision=goal.revision if not gone else goal.revision - 1)
        return timedelta(0) if gone else None
    if gone:
        with suppress(bluum.NotFound):  # archived before
            goals.delete(account_id, goal.bluum_id)
        Goal.objects.filter(pk=goal.pk).update(sent_revision=goal.revision)
        return None
    if goal.sent_revision < goal.revision:
        remote = goals.update(
            account_id,
            goal.bluum_id,
            name=goal.name,
            target_amount=goal.target_amount,
            target_date=goal.target_date,
            priority=goal.priority,
            initial_amount=goal.initial_amount,
            monthly_contribution=goal.monthly_contribution,
        )
    else:
        remote = goals.retrieve(account_id, goal.bluum_id)
    apply_goal(goal.pk, remote, revision=goal.revision)
    return None


@transaction.atomic
def apply_goal(pk: int, remote: BluumGoal, *, revision: int) -> None:
    """Write what Bluum says of the goal. What people wrote stays theirs."""
    goal = Goal.objects.select_for_update().get(pk=pk)
    goal.bluum_id = remote.goal_id
    goal.sent_revision = max(goal.sent_revision, revision)
    if remote.progress_percent is not None:
        goal.progress_percent = remote.progress_percent
    if remote.status == Goal.Status.COMPLETED and goal.status == Goal.Status.ACTIVE:
        goal.status = Goal.Status.COMPLETED
    goal.save(update_fields=["bluum_id", "sent_revision", "progress_percent", "status"])


@transaction.atomic
def refuse_goal(pk: int, reason: str) -> None:
    """Bluum said no to this goal as it was sent."""
    goal = Goal.objects.select_for_update().get(pk=pk)
    goal.status, goal.refusal = Goal.Status.REFUSED, reason
    goal.save(update_fields=["status", "refusal"])
