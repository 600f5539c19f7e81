"""When a schedule runs next, and with how much: the dates that people see are those that run.

Bluum counts from the schedule's start date in its own rhythm. Skipping and resting move that start
to a later named day, so what is computed here from the same start, day and frequency is what Bluum
does; the year-long test against the sandbox holds both together.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_UP, Decimal
from itertools import islice, takewhile

from django.utils import timezone

from funding import calendar, limits
from funding.models import Schedule
from portfolios.planning.months import months_later
from robo.ui import words

CENT = Decimal("0.01")
SHOWN = 6
NOTICE = timedelta(days=10)
"""A changed amount is told at least so long ahead (Nacha and Regulation E, varying amounts)."""
RAISE_UNITS = ("percent", "dollars")


@dataclass(frozen=True, slots=True)
class Coming:
    """A run to come: the day the schedule names, the market day it happens on, dollars."""

    named: date
    day: date
    amount: Decimal
    raised: bool = False

    @property
    def moved(self) -> bool:
        return self.named != self.day

    @property
    def why_moved(self) -> str:
        return calendar.why_markets_are_closed(self.named)

    @property
    def moment(self) -> datetime:
        return datetime.combine(self.day, calendar.RUNS_AT, UTC)


def coming(schedule: Schedule, count: int = SHOWN) -> list[Coming]:
    """The next runs; none while it is paused or has ended."""
    if schedule.has_ended or schedule.wanted != "active":
        return []
    return list(islice(_coming(schedule), count))


def _coming(schedule: Schedule) -> Iterator[Coming]:
    known = schedule.next_execution if schedule.is_settled else None
    now = timezone.now()
    amount, following = schedule.amount, schedule.raise_on
    for run in calendar.runs(schedule.frequency, schedule.start_date, **schedule.days):
        if run.day < known.date() if known else moment_of(run.day) <= now:
            continue
        raised = False
        while following and run.named >= following:
            higher = raised_once(schedule, amount)
            raised = raised or higher != amount
            amount, following = higher, months_later(following, schedule.raise_months or 12)
        yield Coming(run.named, run.day, amount, raised)


def left_out_until(schedule: Schedule) -> datetime | None:
    """When the last of the runs that a skip or a rest leaves out would run; None once it has, or
    while none is left out."""
    skipped = schedule.runs.filter(start_before__lt=schedule.start_date).first()
    start = schedule.undo_start or (skipped and skipped.start_before)
    if start is None:
        return None
    runs = calendar.runs(schedule.frequency, start, **schedule.days)
    off = [run.day for run in takewhile(lambda run: run.named < schedule.start_date, runs)]
    last = moment_of(off[-1]) if off else None
    return last if last and last > timezone.now() else None


def moment_of(day: date) -> datetime:
    return datetime.combine(day, calendar.RUNS_AT, UTC)


def raised_once(schedule: Schedule, amount: Decimal) -> Decimal:
    """The amount after one raise, never above what was agreed as the most."""
    if not schedule.raise_by:
        return amount
    step = (
        amount * schedule.raise_by / 100 if schedule.raise_unit == "percent" else schedule.raise_by
    )
    most = schedule.raise_most or limits.most_deposit()
    return max(amount, min((amount + step).quantize(CENT), most, limits.most_deposit()))


def raises(schedule: Schedule, count: int = 3) -> list[Coming]:
    """The next runs with a higher amount, as far as the next four years of runs show them."""
    if not schedule.raise_by or not schedule.raise_on or schedule.has_ended:
        return []
    higher = (run for run in islice(_coming(schedule), 210) if run.raised)
    return list(islice(higher, count))


def next_raise(schedule: Schedule) -> Coming | None:
    return next(iter(raises(schedule, 1)), None)


def raise_words(schedule: Schedule) -> str:
    """Such as "by 1% every three months, up to $900.00"; empty without a raise."""
    if not schedule.raise_by:
        return ""
    step = (
        f"{schedule.raise_by.normalize():f}%"
        if schedule.raise_unit == "percent"
        else words.money(schedule.raise_by)
    )
    often = {3: "every three months", 6: "every six months", 12: "every year"}
    said = f"by {step} {often.get(schedule.raise_months or 12, 'every year')}"
    return said + (f", up to {words.money(schedule.raise_most)}" if schedule.raise_most else "")


def spread(missed: Decimal, over: int = SHOWN) -> Decimal:
    """What to add to each of so many runs to make up for a missed one, in whole dollars."""
    return (missed / over).quantize(Decimal(1), ROUND_UP)


def today() -> date:
    return timezone.now().astimezone(calendar.NEW_YORK).date()
