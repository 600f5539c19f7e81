"""Whether markets are open and when that changes: as Bluum said, and where it hasn't, by the
calendar of the New York Stock Exchange (9:30 to 16:00 there, holidays and half days counted in)."""

from datetime import datetime, time, timedelta

from django.utils import timezone

from funding import calendar
from trading.models import Hours, Market

OPENS = time(9, 30)
BELIEVED_FOR = timedelta(hours=6)
"""How long Bluum's word counts when its next change has not come yet."""


def hours(market: Market | None, now: datetime | None = None) -> Hours:
    """Open or closed at this moment, and until when."""
    now = now or timezone.now()
    if market and market.is_open is not None and market.refreshed_at:
        changes = market.next_close if market.is_open else market.next_open
        if changes and now < changes and now - market.refreshed_at < BELIEVED_FOR:
            return Hours(market.is_open, changes, known=True)
    return by_calendar(now)


def by_calendar(now: datetime) -> Hours:
    local = now.astimezone(calendar.NEW_YORK)
    today = local.date()
    if calendar.is_market_day(today):
        opens = datetime.combine(today, OPENS, calendar.NEW_YORK)
        closes = datetime.combine(today, calendar.closes_at(today), calendar.NEW_YORK)
        if local < opens:
            return Hours(is_open=False, changes_at=opens, known=False)
        if local < closes:
            return Hours(is_open=True, changes_at=closes, known=False)
    following = calendar.next_market_day(today)
    opens = datetime.combine(following, OPENS, calendar.NEW_YORK)
    return Hours(is_open=False, changes_at=opens, known=False)
