"""What all charts share: numbers along the sides, labels at the line's end, the crosshair's words
and the table that says the same."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from math import ceil, floor, log10
from typing import NamedTuple
from urllib.parse import quote

from robo.ui import words

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
READS = 260
"""Moments a crosshair stops at: more than a phone has points to touch."""
ROWS = 14
"""Rows of a table that stands behind a chart."""
LABEL_WIDTH, LABEL_HEIGHT = 16.0, 9.0
"""The room a number beside a gridline needs on a phone, percent of the plot."""

Point = tuple[float, float]
Scale = Callable[[Decimal], float]


class Tick(NamedTuple):
    at: str
    """Percent along its axis."""
    label: str
    kind: str = ""
    """`first`, `last`, `opt` for one that a narrow screen leaves out, `below` for a number that
    stands under its gridline."""


class End(NamedTuple):
    """A label at the right end of a line."""

    at: str
    figure: str
    words: str


class Read(NamedTuple):
    """What the crosshair says at one point."""

    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Table:
    """The chart's twin: `rows` in words, `data` the same in plain figures for a spreadsheet."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    data: tuple[tuple[object, ...], ...] = ()

    @property
    def csv(self) -> str:
        """The rows as an address that holds its own file; empty without plain figures."""
        if not self.data:
            return ""
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(self.heads)
        writer.writerows(self.data)
        return "data:text/csv;charset=utf-8," + quote(out.getvalue(), safe=" :,.-")

    @property
    def file(self) -> str:
        """The file's name."""
        kept = "".join(c if c.isalnum() else "-" for c in self.caption.lower())
        return "-".join(filter(None, kept.split("-"))) + ".csv"


def path(points: Iterable[Point], *, closed: bool = False) -> str:
    """An SVG path through the points; empty without any."""
    return joined(texts(points), closed=closed)


def texts(points: Iterable[Point]) -> list[str]:
    """A tenth of a percent is less than a pixel, and a third shorter than a hundredth."""
    return [f"{round(x, 1):g},{round(y, 1):g}" for x, y in points]


def joined(points: Sequence[str], *, closed: bool = False) -> str:
    return f"M{'L'.join(points)}{'Z' if closed else ''}" if points else ""


def n(number: float) -> str:
    """Two digits are a hundredth of a pixel on a thousand."""
    return f"{number:.2f}".rstrip("0").rstrip(".") if number else "0"


def day_name(day: date, this_year: int) -> str:
    """As `words.day` tells it, at a tenth of the cost: a crosshair has hundreds of days."""
    named = f"{DAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day}"
    return named if day.year == this_year else f"{named}, {day.year}"


def thin(count: int, most: int) -> list[int]:
    """At most `most` indexes, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(i * (count - 1) / (most - 1)) for i in range(most)})


def steps_of(low: float, high: float, most: int = 3) -> list[float]:
    """Round numbers between low and high, `most` at the most: multiples of 1, 2, 2.5 or 5 × 10ⁿ."""
    if high <= low:
        return []
    size = 10 ** floor(log10((high - low) / most)) if high > low else 1
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = size * factor
        found = [step * i for i in range(ceil(low / step), floor(high / step) + 1)]
        if len(found) <= most:
            return found
    return []


def scale_of(amounts: Sequence[Decimal], *, zero: bool) -> tuple[Scale, float, float]:
    """Amount → y, with some air above (and below, when zero isn't the floor)."""
    low, high = float(min(amounts)), float(max(amounts))
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    high += air
    if not zero:
        low = max(low - air, 0.0) if low >= 0 else low - air
    return (lambda amount: 100 * (high - float(amount)) / (high - low)), low, high


def ticks_of(
    scale: Scale, low: float, high: float, say: Callable[[float], str], *lines: Sequence[Point]
) -> tuple[Tick, ...]:
    """A gridline for each round number that has room for its figure: above the gridline at the
    left, below it where one of the `lines` passes there, or not at all."""
    found = []
    for step in steps_of(low, high, 4):
        y = scale(Decimal(str(step)))
        kind = _room(y, lines)
        if kind is not None:
            found.append(Tick(n(y), say(round(step, 8)), kind))
    return tuple(found)


def _room(y: float, lines: Sequence[Sequence[Point]]) -> str | None:
    if 9 <= y <= 94 and not any(_passes(line, y - LABEL_HEIGHT, y) for line in lines):
        return ""
    if 3 <= y <= 88 and lines and not any(_passes(line, y, y + LABEL_HEIGHT) for line in lines):
        return "below"
    return None


def _passes(line: Sequence[Point], top: float, bottom: float) -> bool:
    """Whether a line crosses the place of a number at the left."""
    if line and line[0][0] <= LABEL_WIDTH and top < line[0][1] < bottom:
        return True
    for (x0, y0), (x1, y1) in pairwise(line):
        if x0 > LABEL_WIDTH:
            return False
        if x1 > LABEL_WIDTH:
            y1 = y0 + (y1 - y0) * (LABEL_WIDTH - x0) / (x1 - x0)
        if min(y0, y1) < bottom and max(y0, y1) > top:
            return True
    return False


def money_tick(amount: float) -> str:
    """`$20k`; with all digits where two would be lost, so that no two ticks say the same."""
    size = 10_000 if abs(amount) >= 1e6 else 10 if abs(amount) >= 1e3 else 1
    if amount % size == 0:
        return words.short(amount)
    return words.dollars(amount) if amount % 1 == 0 else words.money(amount)


def money_ticks(scale: Scale, low: float, high: float, *lines: Sequence[Point]) -> tuple[Tick, ...]:
    return ticks_of(scale, low, high, money_tick, *lines)


def day_ticks(first: date, last: date) -> tuple[Tick, ...]:
    span = (last - first).days
    if span <= 8:
        days = [first + timedelta(days=i) for i in range(0, span + 1, 2)]
    elif span <= 62:
        start = first + timedelta(days=(7 - first.weekday()) % 7)
        days = [start + timedelta(weeks=i) for i in range((last - start).days // 7 + 1)]
    else:
        months = [
            date(year, month, 1)
            for year in range(first.year, last.year + 1)
            for month in range(1, 13)
            if first <= date(year, month, 1) <= last
        ]
        januaries = [day for day in months if day.month == 1]
        if len(januaries) >= 4:
            days = januaries[:: max(ceil(len(januaries) / 5), 1)]
        else:
            days = months[:: max(ceil(len(months) / 5), 1)]
    kept = [d for d in days if 6 <= 100 * (d - first).days / max(span, 1) <= 96]
    only_years = len(kept) > 1 and span > 62 and all(d.month == 1 for d in kept)
    several_years = span > 400 and first.year != last.year

    def named(day: date) -> str:
        if only_years:
            return str(day.year)
        if several_years:
            return f"{day:%b} {day.year}"
        return f"{day:%b}" if span > 62 else f"{day:%b} {day.day}"

    return tuple(
        Tick(
            n(100 * (d - first).days / span),
            named(d),
            "" if (len(kept) - 1 - i) % 2 == 0 else "opt",
        )
        for i, d in enumerate(kept)
    )


def moment_ticks(moments: Sequence[date | datetime]) -> tuple[Tick, ...]:
    """For moments that stand evenly side by side, whatever time lies between: trading hours and
    days. A label where a new hour, day, month or year begins."""
    moments = [words.local(m) if isinstance(m, datetime) else m for m in moments]
    last = len(moments) - 1
    first, final = moments[0], moments[-1]
    span = final.toordinal() - first.toordinal()
    if isinstance(first, datetime) and span < 1:
        key, say = _hour, "{0:%-I} {0:%p}"
    elif span <= 62:
        key, say = _week if span > 8 else _date, "{0:%b} {0.day}"
    elif span <= 800:
        key, say = _month, "{0:%b}" if first.year == final.year else "{0:%b} {0.year}"
    else:
        key, say = _year, "{0.year}"
    begins = [i for i in range(1, last + 1) if key(moments[i]) != key(moments[i - 1])]
    begins = begins[:: max(ceil(len(begins) / 5), 1)]
    kept = [i for i in begins if 6 <= 100 * i / last <= 96]
    return tuple(
        Tick(
            n(100 * i / last),
            say.format(moments[i]).replace("AM", "am").replace("PM", "pm"),
            "" if (len(kept) - 1 - at) % 2 == 0 else "opt",
        )
        for at, i in enumerate(kept)
    )


def _hour(moment: date) -> object:
    return moment.hour if isinstance(moment, datetime) else 0


def _date(moment: date) -> object:
    return (moment.year, moment.month, moment.day)


def _week(moment: date) -> object:
    return moment.isocalendar()[:2]


def _month(moment: date) -> object:
    return (moment.year, moment.month)


def _year(moment: date) -> object:
    return moment.year


def ends_of(labels: Sequence[tuple[float, str, str]], gap: float = 16.0) -> tuple[End, ...]:
    """Labels at the line's end, moved apart so that none covers another."""
    order = sorted(range(len(labels)), key=lambda i: labels[i][0])
    at = [labels[i][0] for i in order]
    for i in range(1, len(at)):
        at[i] = max(at[i], at[i - 1] + gap)
    overflow = max(at[-1] - 96, 0.0) if at else 0.0
    if overflow:
        at[-1] -= overflow
        for i in range(len(at) - 2, -1, -1):
            at[i] = min(at[i], at[i + 1] - gap)
    return tuple(End(n(y), labels[i][1], labels[i][2]) for y, i in zip(at, order, strict=True))
