"""Leaving a run out: the schedule's start moves to the next day of its own rhythm.

Below services, since the guard of a bank's balance does the same as a person's skip.
"""

from datetime import date, timedelta

from django.utils import timezone

from funding import rhythm
from funding.models import Schedule, ScheduledRun
from funding.rhythm import Coming


class TooLate(Exception):
    """The run is so near that Bluum may not hear of it in time."""


class NothingComes(Exception):
    """It is paused or has ended."""


def next_two(schedule: Schedule) -> tuple[Coming, Coming]:
    """The next run, still far enough away, and the one after. Raises TooLate, NothingComes."""
    found = rhythm.coming(schedule, 2)
    if len(found) < 2:
        raise NothingComes
    if timezone.now() >= found[0].moment - ScheduledRun.SKIP_UNTIL:
        raise TooLate
    return found[0], found[1]


def leave_next_out(schedule: Schedule, status: str) -> ScheduledRun:
    """`schedule` is locked. Raises TooLate, NothingComes."""
    first, second = next_two(schedule)
    run = left_out(schedule, first, status)
    start_on(schedule, second.named)
    return run


def left_out(schedule: Schedule, run: Coming, status: str) -> ScheduledRun:
    """The row of a run that shall not happen; looked at again when its moment has passed."""
    kept: ScheduledRun
    kept, _ = ScheduledRun.objects.update_or_create(
        schedule=schedule,
        named=run.named,
        defaults={
            "account_id": schedule.account_id,
            "day": run.day,
            "amount": run.amount,
            "status": status,
            "start_before": schedule.start_date,
            "due_at": run.moment + timedelta(minutes=5),
        },
    )
    return kept


def start_on(schedule: Schedule, day: date) -> None:
    """Bluum shall count from this day on."""
    schedule.start_date = day
    schedule.revision += 1
    schedule.refusal, schedule.held_back_until = "", None
    changed = ["start_date", "revision", "refusal", "held_back_until", "paused_until", "undo_start"]
    schedule.save(update_fields=changed)
    schedule.poke()
