"""Which days banks and markets work, and what that means for a deposit or an auto-invest run.

Days are New York days. Bank days follow the Federal Reserve's holidays, market days the NYSE's.
Bluum says only "1 to 3 business days" for ACH; the cut-off and the day-by-day plan within that
are our assumptions and are told as such.
"""

import calendar as months
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

NEW_YORK = ZoneInfo("America/New_York")

# Our assumption: Bluum names no cut-off. What is asked for later starts on the next bank day.
CUT_OFF = time(16, 0)
# Bluum names no time zone for an auto-invest `time`; the examples only fit UTC. 15:00 UTC is
# mid-morning in New York, so a run's UTC day is its New York day, summer and winter.
RUNS_AT = time(15, 0)
MARKET_CLOSES = time(16, 0)
MARKET_CLOSES_EARLY = time(13, 0)
ONE_DAY = timedelta(days=1)


@cache
def _bank_holidays(year: int) -> dict[date, str]:
    """Federal Reserve holidays: one on a Sunday moves to Monday, one on a Saturday doesn't move."""
    found = holidays.country_holidays("US", years=year, observed=False)
    return {day + ONE_DAY if day.weekday() == 6 else day: name for day, name in found.items()}


@cache
def _market_holidays(year: int) -> dict[date, str]:
    return dict(holidays.financial_holidays("NYSE", years=year).items())


@cache
def _early_closes(year: int) -> frozenset[date]:
    found = holidays.financial_holidays("NYSE", years=year, categories=("half_day",))
    return frozenset(found)


def is_bank_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _bank_holidays(day.year)


def is_market_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _market_holidays(day.year)


def why_markets_are_closed(day: date) -> str:
    """`New Year’s Day` or `a weekend`; empty for a market day."""
    name = _market_holidays(day.year).get(day, "").replace("'", "’")
    return name or ("a weekend" if day.weekday() > 4 else "")


def next_bank_day(day: date) -> date:
    """The first bank day after `day`."""
    day += ONE_DAY
    while not is_bank_day(day):
        day += ONE_DAY
    return day


def bank_days_after(day: date, count: int) -> date:
    """So many bank days after `day`; `day` itself for none."""
    for _ in range(count):
        day = next_bank_day(day)
    return day


def next_market_day(day: date) -> date:
    """The first market day after `day`."""
    return market_day_from(day + ONE_DAY)


def market_day_from(day: date) -> date:
    """`day` itself if markets are open on it, else the first one after."""
    while not is_market_day(day):
        day += ONE_DAY
    return day


def closes_at(day: date) -> time:
    """When the market closes on this day, New York time."""
    return MARKET_CLOSES_EARLY if day in _early_closes(day.year) else MARKET_CLOSES


@dataclass(frozen=True, slots=True)
class Closed:
    """A weekday on which money rests."""

    day: date
    name: str
    banks: bool
    markets: bool

    @property
    def sentence(self) -> str:
        if self.banks and self.markets:
            return "Banks and markets are closed."
        return "Banks are closed." if self.banks else "Markets are closed."


def closed_between(first: date, last: date) -> Iterator[Closed]:
    """Holidays on weekdays, both ends included."""
    day = first
    while day <= last:
        bank = _bank_holidays(day.year).get(day)
        market = _market_holidays(day.year).get(day)
        if day.weekday() < 5 and (bank or market):
            yield Closed(day, bank or market or "", banks=bool(bank), markets=bool(market))
        day += ONE_DAY


@dataclass(frozen=True, slots=True)
class Plan:
    """The days of an ACH deposit asked for at a moment, if nothing goes wrong."""

    starts: date
    cancel_until: datetime
    leaves: date
    arrives: date
    invested: date


def plan(asked_at: datetime) -> Plan:
    """Into the bank run of the day (by the cut-off), out of the bank on the next bank day, with us
    on the one after, invested on the market day after that. `cancel_until` is aware."""
    local = asked_at.astimezone(NEW_YORK)
    starts = local.date()
    if not is_bank_day(starts) or local.time() >= CUT_OFF:
        starts = next_bank_day(starts)
    leaves = next_bank_day(starts)
    arrives = next_bank_day(leaves)
    return Plan(
        starts=starts,
        cancel_until=datetime.combine(starts, CUT_OFF, NEW_YORK),
        leaves=leaves,
        arrives=arrives,
        invested=next_market_day(arrives),
    )


@dataclass(frozen=True, slots=True)
class WayOut:
    """The days of an ACH withdrawal asked for at a moment, if nothing goes wrong.

    `sold` and `settled` are None when cash covers it.
    """

    sold: date | None
    settled: date | None
    starts: date
    cancel_until: datetime
    earliest: date
    latest: date


def way_out(asked_at: datetime, *, sells: bool, wire: bool = False) -> WayOut:
    """Sold on the first market day, settled on the market day after it (T+1, since May 2024),
    into the bank run of that day, and at the bank 1 to 3 bank days later, as Bluum says of ACH. Of
    a wire it says nothing: ours is that it is there the day it is sent, or the bank day after."""
    local = asked_at.astimezone(NEW_YORK)
    starts, sold, settled = local.date(), None, None
    if sells:
        sold = market_day_from(starts)
        if sold == starts and local.time() >= closes_at(starts):
            sold = next_market_day(starts)
        starts = settled = next_market_day(sold)
    if not is_bank_day(starts) or (starts == local.date() and local.time() >= CUT_OFF):
        starts = next_bank_day(starts)
    earliest = starts if wire else next_bank_day(starts)
    return WayOut(
        sold=sold,
        settled=settled,
        starts=starts,
        cancel_until=datetime.combine(starts, CUT_OFF, NEW_YORK),
        earliest=earliest,
        latest=bank_days_after(earliest, 1 if wire else 2),
    )


@dataclass(frozen=True, slots=True)
class Run:
    """A planned auto-invest run: the day the schedule names, and the market day it happens on."""

    named: date
    day: date

    @property
    def moved(self) -> bool:
        return self.named != self.day

    @property
    def why_moved(self) -> str:
        return why_markets_are_closed(self.named)


def runs(
    frequency: str, start: date, *, day_of_week: int | None, day_of_month: int | None
) -> Iterator[Run]:
    """Runs from `start` on, without end. `day_of_week` 0 is Sunday, as Bluum counts.

    Short months run on their last day, closed days on the next market day; the schedule keeps its
    own day. Bluum does not document either; these are planned dates, not promised ones.
    """
    if frequency in {"weekly", "biweekly"}:
        if day_of_week is None:
            raise ValueError("A weekly schedule needs a day of the week")
        ahead = (day_of_week - start.isoweekday()) % 7
        named = start + timedelta(days=ahead)
        while True:
            yield Run(named, market_day_from(named))
            named += timedelta(days=7 if frequency == "weekly" else 14)
    if day_of_month is None:
        raise ValueError("A monthly schedule needs a day of the month")
    year, month = start.year, start.month
    step = 3 if frequency == "quarterly" else 1
    if _in_month(year, month, day_of_month) < start:
        year, month = _later(year, month, 1)
    while True:
        named = _in_month(year, month, day_of_month)
        yield Run(named, market_day_from(named))
        year, month = _later(year, month, step)


def _in_month(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, months.monthrange(year, month)[1]))


def _later(year: int, month: int, by: int) -> tuple[int, int]:
    years, month = divmod(month - 1 + by, 12)
    return year + years, month + 1
