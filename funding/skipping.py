"""Skip one, rest until a day, take either back, answer a run that was missed: written down here.

Bluum knows neither. What moves is the schedule's start date, to the next day of its own rhythm, so
Bluum leaves the runs out and goes on by itself even if nobody here is awake on that day.
"""

from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from funding import calendar, rhythm
from funding.leaving_out import NothingComes, TooLate, leave_next_out, left_out, next_two, start_on
from funding.models import Deposit, Schedule, ScheduledRun
from funding.services import NotPossible, change_schedule, going_schedule, may_fund

Status = ScheduledRun.Status
NOTHING = "Nothing is coming up: this auto-invest is paused."


@transaction.atomic
def skip_next(*, schedule: Schedule) -> ScheduledRun:
    """Leave the next run out. Raises NotPossible when it is too late or nothing comes."""
    found = going_schedule(schedule)
    try:
        return leave_next_out(found, Status.SKIPPED)
    except TooLate:
        raise NotPossible(
            "It’s too late to skip this one: it runs within the half hour. When it shows under "
            "“Runs so far”, you can still cancel the deposit."
        ) from None
    except NothingComes:
        raise NotPossible(NOTHING) from None


@transaction.atomic
def undo_skip(*, run: ScheduledRun) -> ScheduledRun:
    """Take a skip back while its day is still to come. The newest first."""
    found = going_schedule(run.schedule)
    kept: ScheduledRun = ScheduledRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    newest = ScheduledRun.objects.filter(schedule=found, status__in=ScheduledRun.OFF).first()
    lost = found.is_resting or newest != kept
    if lost or not kept.can_be_undone or kept.start_before is None:
        raise NotPossible("This can’t be taken back any more. Your other dates stay as they are.")
    start_on(found, kept.start_before)
    kept.status, kept.start_before = Status.PLANNED, None
    kept.due_at = timezone.now()
    kept.save(update_fields=["status", "start_before", "due_at"])
    kept.enqueue()
    return kept


@transaction.atomic
def rest_until(*, schedule: Schedule, day: date) -> Schedule:
    """Pull nothing before this day, then go on by itself. Raises NotPossible."""
    found = going_schedule(schedule)
    try:
        first, _ = next_two(found)
    except TooLate:
        raise NotPossible(
            "The next run is within the half hour. Try again when it has begun."
        ) from None
    except NothingComes:
        raise NotPossible(NOTHING) from None
    runs = calendar.runs(found.frequency, found.start_date, **found.days)
    after = next(run for run in runs if run.named >= day)
    if after.named > first.named:
        left_out(found, first, Status.SKIPPED)
    found.undo_start = found.undo_start or found.start_date
    found.paused_until = day
    start_on(found, after.named)
    return found


@transaction.atomic
def end_rest(*, schedule: Schedule) -> Schedule:
    """Go on now with the dates there were before."""
    found = going_schedule(schedule)
    if found.undo_start is None:
        return found
    start, found.undo_start, found.paused_until = found.undo_start, None, None
    start_on(found, start)
    # Its dates are back: what was left out only for the rest is planned again.
    ScheduledRun.objects.filter(
        schedule=found, status__in=ScheduledRun.OFF, named__gte=start, day__gt=rhythm.today()
    ).update(status=Status.PLANNED, start_before=None, due_at=timezone.now())
    return found


def answer_missed(*, run: ScheduledRun, answer: str, request: Any = None) -> None:
    """What the person wants in place of a run that was missed. Raises NotPossible, AnswersOpen."""
    if answer == ScheduledRun.Answer.RAISE:
        schedule = run.schedule
        change_schedule(
            schedule=schedule,
            amount=schedule.amount + rhythm.spread(run.amount),
            day_of_week=schedule.day_of_week,
            day_of_month=schedule.day_of_month,
            request=request,
        )
    elif answer == ScheduledRun.Answer.DEPOSIT:
        may_fund(run.account)
    ScheduledRun.objects.filter(pk=run.pk, answer="").update(answer=answer)


def missed_of(schedule: Schedule) -> ScheduledRun | None:
    """The newest run of the past six weeks that brought nothing and wasn't answered."""
    since = rhythm.today() - timedelta(days=42)
    for run in ScheduledRun.objects.filter(
        schedule=schedule, named__gte=since, answer=""
    ).select_related("deposit", "schedule", "account"):
        failed = run.deposit is not None and run.deposit.status == Deposit.Status.FAILED
        low = run.status == Status.LOW and not run.can_be_undone
        if run.status == Status.MISSED or low or (run.status == Status.RAN and failed):
            newest: ScheduledRun = run
            return newest
    return None
