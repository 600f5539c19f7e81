"""When the New York exchange trades: 9:30 to 16:00, to 13:00 before some holidays."""

from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

NEW_YORK = ZoneInfo("America/New_York")
OPENS, CLOSES, CLOSES_EARLY = time(9, 30), time(16), time(13)


@cache
def _closed(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("NYSE", years=year))


@cache
def _short(year: int) -> frozenset[date]:
    return frozenset(holidays.financial_holidays("NYSE", years=year, categories=("half_day",)))


def is_session(day: date) -> bool:
    return day.weekday() < 5 and day not in _closed(day.year)


def next_open(now: datetime) -> datetime | None:
    """When trading begins again; None while the exchange is open."""
    there = now.astimezone(NEW_YORK)
    day = there.date()
    if is_session(day):
        closes = CLOSES_EARLY if day in _short(day.year) else CLOSES
        if OPENS <= there.time() < closes:
            return None
        if there.time() < OPENS:
            return datetime.combine(day, OPENS, NEW_YORK)
    day += timedelta(days=1)
    while not is_session(day):
        day += timedelta(days=1)
    return datetime.combine(day, OPENS, NEW_YORK)
