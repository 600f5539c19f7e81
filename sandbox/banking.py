"""Banking days and times of the US Federal Reserve, for transfers at real pace."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import holidays

NEW_YORK = ZoneInfo("America/New_York")
CUT_OFF = time(17, 0)
"""What is asked for later starts on the next banking day. Our choice."""


def is_banking_day(day: date) -> bool:
    """Whether banks settle: no weekends, no federal holidays.

    A holiday on a Sunday moves to Monday, one on a Saturday does not move to Friday (Federal
    Reserve's rule).
    """
    if day.weekday() >= 5:
        return False
    name = holidays.country_holidays("US", years=day.year).get(day)
    return name is None or (day.weekday() == 4 and "(observed)" in name)


def banking_moment(after: datetime, days: int) -> datetime:
    """10:00 in New York, that many banking days after a moment; past the cut-off one more."""
    local = after.astimezone(NEW_YORK)
    day = local.date()
    if local.time() >= CUT_OFF or not is_banking_day(day):
        days += 1
    for _ in range(days):
        day += timedelta(days=1)
        while not is_banking_day(day):
            day += timedelta(days=1)
    if days == 0:
        return after + timedelta(minutes=30)
    return datetime.combine(day, time(10, 0), NEW_YORK).astimezone(UTC)
