"""Money, shares and days in words a person reads. Pure: no templates, no requests.

Money is Decimal dollars, shares are fractions (0.25 is 25 percent), times are aware and shown in
the current time zone, which the middleware sets to the reader's.
"""

import re
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_EVEN, Decimal

from babel.dates import format_date
from babel.numbers import format_currency, format_decimal
from django.utils import timezone

LOCALE = "en_US"
MINUS = "\N{MINUS SIGN}"
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
UNKNOWN = "not known"

Number = Decimal | int | float | str


def decimal(value: Number) -> Decimal:
    """The exact decimal of a figure; floats by their shortest form."""
    return value if isinstance(value, Decimal) else Decimal(str(value))


def money(value: Number | None, currency: str = "USD") -> str:
    """`$1,234.50`, with a minus sign when negative; "not known" for None, never a zero."""
    if value is None:
        return UNKNOWN
    amount = decimal(value).quantize(Decimal("0.01"), ROUND_HALF_EVEN) + 0
    if currency == "USD":  # the same text in a tenth of the time; a chart has hundreds
        return _minus(f"-${-amount:,.2f}" if amount < 0 else f"${amount:,.2f}")
    return _minus(format_currency(amount, currency, locale=LOCALE))


def money_signed(value: Number | None, currency: str = "USD") -> str:
    """`+$1,234.50` or `−$8.39`; no sign on zero."""
    return _plus(value, money(value, currency))


def dollars(value: Number | None, currency: str = "USD") -> str:
    """Whole dollars, `$39,358`."""
    if value is None:
        return UNKNOWN
    amount = decimal(value).quantize(Decimal(1), ROUND_HALF_EVEN) + 0
    if currency == "USD":
        return _minus(f"-${-amount:,f}" if amount < 0 else f"${amount:,f}")
    return _minus(
        format_currency(amount, currency, format="¤#,##0", locale=LOCALE, currency_digits=False)
    )


def about(value: Number | None, currency: str = "USD") -> str:
    """Rounded to three figures, for what is an estimate: 74,689 is `$74,700`."""
    if value is None:
        return UNKNOWN
    amount = decimal(value)
    if not amount:
        return dollars(amount, currency)
    step = Decimal(1).scaleb(max(amount.adjusted() - 2, 0))
    return dollars((amount / step).quantize(Decimal(1), ROUND_HALF_EVEN) * step, currency)


def short(value: Number) -> str:
    """For a chart's tick: `$850`, `$50k`, `$1.5m`."""
    amount = decimal(value)
    for size, letter in ((Decimal(1_000_000), "m"), (Decimal(1_000), "k")):
        if abs(amount) >= size:
            digits = format_decimal(amount / size, format="0.##", locale=LOCALE)
            return _minus(f"-${digits[1:]}{letter}" if amount < 0 else f"${digits}{letter}")
    return dollars(amount)


def percent(value: Number | None, digits: int | None = None) -> str:
    """A fraction as `0.25%`: two digits at most unless `digits` fixes them."""
    if value is None:
        return UNKNOWN
    amount = decimal(value) * 100
    if digits is not None:
        return _minus(f"{amount:,.{digits}f}%")
    return _minus(f"{amount:,.2f}".rstrip("0").rstrip(".") + "%")


def percent_signed(value: Number | None, digits: int | None = None) -> str:
    return _plus(value, percent(value, digits))


def in_100(value: Number) -> int:
    """A chance as people count: 0.634 is 63 in 100. Never 0 or 100 for what isn't certain."""
    chance = decimal(value)
    whole = int((chance * 100).quantize(Decimal(1), ROUND_HALF_EVEN))
    if 0 < chance < 1:
        return min(max(whole, 1), 99)
    return whole


def number(count: int) -> str:
    """Small numbers as words: `three`, then `10`."""
    names = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return names[count] if count < len(names) else str(count)


def ordinal(count: int) -> str:
    """`1st`, `2nd`, `3rd`, `11th`."""
    if count % 100 in {11, 12, 13}:
        return f"{count}th"
    return f"{count}" + {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")


def local(value: datetime) -> datetime:
    return timezone.localtime(value)


def day(value: date | datetime, *, today: date | None = None) -> str:
    """`Tue, Nov 24`, with the year when it isn't this one. A time is told as the reader's day."""
    found = local(value).date() if isinstance(value, datetime) else value
    this_year = (today or timezone.localdate()).year
    return format_date(
        found, "EEE, MMM d" if found.year == this_year else "EEE, MMM d, y", locale=LOCALE
    )


def long_day(value: date | datetime) -> str:
    """`November 24, 2026`."""
    found = local(value).date() if isinstance(value, datetime) else value
    return format_date(found, "MMMM d, y", locale=LOCALE)


def month(value: date | datetime) -> str:
    """`November 2026`."""
    found = local(value).date() if isinstance(value, datetime) else value
    return format_date(found, "MMMM y", locale=LOCALE)


def clock(value: datetime) -> str:
    """`2:10 pm`."""
    found = local(value)
    return f"{found.hour % 12 or 12}:{found.minute:02d} {'am' if found.hour < 12 else 'pm'}"


def zone(value: tzinfo | None = None) -> str:
    """The reader's time zone in words: `New York time`."""
    name = str(value or timezone.get_current_timezone())
    if name in {"UTC", str(UTC)} or "/" not in name:
        return name
    return name.rsplit("/", 1)[1].replace("_", " ") + " time"


def when(value: date | datetime) -> str:
    """`Tue, Nov 24, 2:10 pm`, where the page says the zone; a plain day without a time."""
    if not isinstance(value, datetime):
        return day(value)
    return f"{day(value)}, {clock(value).replace(' ', NO_BREAK_SPACE)}"


def moment(value: datetime) -> str:
    """`Tue, Nov 24, 2:10 pm New York time`."""
    return f"{day(value)}, {clock(value)} {zone()}"


def long_moment(value: datetime) -> str:
    """`November 24, 2026, 2:10 pm New York time`: for papers, which are read in other years too."""
    return f"{long_day(value)}, {clock(value)} {zone()}"


def ago(value: datetime, *, now: datetime | None = None) -> str:
    """How long since: `just now`, `4 minutes ago`, `2 hours ago`, then the day."""
    seconds = ((now or timezone.now()) - value).total_seconds()
    if seconds < 60:
        return "just now"
    for size, word in ((3600, "minute"), (86400, "hour")):
        if seconds < size:
            count = int(seconds // (size // (60 if word == "minute" else 24)))
            return f"{count} {word}{'' if count == 1 else 's'} ago"
    return "on " + day(value)


def days_away(value: date, *, today: date | None = None) -> str:
    """`today`, `tomorrow`, else the day: `Tue, Nov 24`."""
    start = today or timezone.localdate()
    return {0: "today", 1: "tomorrow"}.get((value - start).days, day(value, today=start))


BROWSERS = (("Edg", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"))
SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"))
DESKTOPS = (("Mac OS X", "Mac"), ("Linux", "Linux"))


def device(user_agent: str) -> str:
    """A browser's long name in words: `Chrome on Windows`; as good as it says of itself."""
    named = (*BROWSERS, ("Chrome", "Chrome"), ("Safari/", "Safari"))
    browser = next((name for mark, name in named if mark in user_agent), "A browser")
    system = next((name for mark, name in (*SYSTEMS, *DESKTOPS) if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def _minus(text: str) -> str:
    return text.replace("-", MINUS)


def _plus(value: Number | None, text: str) -> str:
    return f"+{text}" if value is not None and decimal(value) > 0 and text[:1] != "+" else text


def quoted(text: str) -> str:
    """“In quotation marks”, those within it ‘single’."""
    return f"“{text.replace('“', '‘').replace('”', '’')}”"


def said(text: str) -> str:
    """A sentence of Bluum's, its percent signs set as ours: 41.3%, not 41.3 %."""
    return re.sub(r"(?<=\d) %", "%", text)
