"""Something over time as a line: a value, a return, a fall, a price."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.utils import timezone

from robo.ui import words
from robo.ui.charts.axes import (
    READS,
    ROWS,
    End,
    Point,
    Read,
    Table,
    Tick,
    day_name,
    day_ticks,
    ends_of,
    joined,
    moment_ticks,
    money_ticks,
    n,
    path,
    scale_of,
    texts,
    thin,
    ticks_of,
)

ZERO = Decimal(0)
CANDLES = 70
"""More than these would stand closer than a phone can show: then a line says it."""


class ValuePoint(NamedTuple):
    """A day's close: what the account was worth and what had been put in until then, dollars."""

    day: date
    value: Decimal
    put_in: Decimal | None = None


class PricePoint(NamedTuple):
    """A bar: its day or moment and its prices, dollars. Without open, high and low only a line."""

    at: date | datetime
    close: Decimal
    open: Decimal | None = None
    high: Decimal | None = None
    low: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Lines:
    """A line over time, perhaps with another beside it. Paths are empty where there is nothing."""

    name: str
    line: str
    end_y: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    ends: tuple[End, ...]
    points: tuple[Read, ...]
    table: Table
    put_in: str = ""
    """Stepped: what had been put in."""
    gain: str = ""
    """The area between the line and `put_in`, or nothing."""
    second: str = ""
    """What the line is compared with, dashed."""
    zero_y: str = ""
    """Where nothing is, if it is not the floor."""
    rose: str = ""
    """Bodies of the bars that closed higher than they opened, hollow."""
    fell: str = ""
    """Of those that closed lower, filled."""
    wicks: str = ""


def value_chart(points: Sequence[ValuePoint], *, name: str = "Value over time") -> Lines | None:
    """Draw daily values, oldest first. None for fewer than two days: there is no line yet."""
    if len(points) < 2:
        return None
    first, last = points[0].day, points[-1].day
    amounts = [p.value for p in points] + [p.put_in for p in points if p.put_in is not None]
    scale, low, high = scale_of(amounts, zero=False)
    xs = _across([p.day for p in points])
    line = [(x, scale(p.value)) for x, p in zip(xs, points, strict=True)]
    steps: list[Point] = []
    known = all(p.put_in is not None for p in points)
    if known:
        steps = _stepped([(x, scale(p.put_in or ZERO)) for x, p in zip(xs, points, strict=True)])
    labels = [(line[-1][1], words.dollars(points[-1].value), "value")]
    if known:
        labels.append((steps[-1][1], words.dollars(points[-1].put_in), "put in"))
    this_year = timezone.localdate().year
    put_in = {amount: words.money(amount) for amount in {p.put_in for p in points}}
    up, down = texts(line), texts(steps)
    rows = [points[i] for i in thin(len(points), ROWS)]
    return Lines(
        name=name,
        line=joined(up),
        put_in=joined(down),
        gain=joined([*up, *reversed(down)], closed=True) if known else "",
        end_y=n(line[-1][1]),
        y_ticks=money_ticks(scale, low, high, line, steps),
        x_ticks=day_ticks(first, last),
        ends=ends_of(labels),
        points=_reads(
            line,
            lambda i: (
                f"{day_name(points[i].day, this_year)}: {words.money(points[i].value)}"
                + (f", put in {put_in[points[i].put_in]}" if known else "")
            ),
        ),
        table=Table(
            caption=name,
            heads=("Day", "Value", "Put in") if known else ("Day", "Value"),
            rows=tuple(
                (
                    day_name(p.day, this_year),
                    words.money(p.value),
                    *((put_in[p.put_in],) if known else ()),
                )
                for p in rows
            ),
            data=tuple((p.day, p.value, *((p.put_in,) if known else ())) for p in rows),
        ),
    )


def return_chart(
    line: Sequence[tuple[date, float]],
    *,
    name: str,
    beside: Sequence[tuple[date, float]] = (),
    beside_name: str = "",
) -> Lines | None:
    """Draw a return since the start, fractions by day, oldest first, and another `beside` it, on
    days of its own. None for fewer than two days."""
    if len(line) < 2:
        return None
    first, last = line[0][0], line[-1][0]
    amounts = [Decimal(str(round(value, 8))) for _, value in line]
    others = [Decimal(str(round(value, 8))) for _, value in beside]
    scale, low, high = scale_of([*amounts, *others, ZERO], zero=False)
    if min([*amounts, *others]) >= 0:  # the scale leaves no air below nothing
        low = min(low, 0.0)
    drawn = list(zip(_across([d for d, _ in line]), map(scale, amounts), strict=True))
    span = max((last - first).days, 1)
    second = [
        (100 * (day - first).days / span, scale(amount))
        for (day, _), amount in zip(beside, others, strict=True)
    ]
    labels = [(drawn[-1][1], words.percent_signed(amounts[-1], 1), "yours")]
    if second:
        labels.append((second[-1][1], words.percent_signed(others[-1], 1), beside_name))
    elif labels:
        labels = [(drawn[-1][1], words.percent_signed(amounts[-1], 1), "time-weighted")]
    this_year = timezone.localdate().year
    known = dict(zip((day for day, _ in beside), others, strict=True))

    def said(i: int) -> str:
        day = line[i][0]
        told = f"{day_name(day, this_year)}: {words.percent_signed(amounts[i], 2)}"
        return (
            f"{told}, {beside_name} {words.percent_signed(known[day], 2)}" if day in known else told
        )

    rows = thin(len(line), ROWS)
    heads = ("Day", "Yours", beside_name.capitalize()) if second else ("Day", "Return")
    return Lines(
        name=name,
        line=path(drawn),
        second=path(second),
        end_y=n(drawn[-1][1]),
        zero_y=n(scale(ZERO)) if low < 0 else "",
        y_ticks=ticks_of(scale, low, high, words.percent, drawn, second),
        x_ticks=day_ticks(first, last),
        ends=ends_of(labels),
        points=_reads(drawn, said),
        table=Table(
            caption=name,
            heads=heads,
            rows=tuple(
                (
                    day_name(line[i][0], this_year),
                    words.percent_signed(amounts[i], 2),
                    *((_or_not(known.get(line[i][0])),) if second else ()),
                )
                for i in rows
            ),
            data=tuple(
                (line[i][0], amounts[i], *((known.get(line[i][0], ""),) if second else ()))
                for i in rows
            ),
        ),
    )


def fall_chart(line: Sequence[tuple[date, float]], *, name: str) -> Lines | None:
    """Draw how far below the highest point so far each day was: fractions, zero at the top. None
    for fewer than two days."""
    if len(line) < 2:
        return None
    amounts = [Decimal(str(round(value, 8))) for _, value in line]
    low = float(min(amounts)) * 1.12 or -0.01
    xs = _across([d for d, _ in line])

    def scale(amount: Decimal) -> float:
        return 100 * float(amount) / low

    drawn = list(zip(xs, map(scale, amounts), strict=True))
    deepest = min(range(len(line)), key=lambda i: amounts[i])
    this_year = timezone.localdate().year
    rows = sorted({*thin(len(line), ROWS - 1), deepest})
    labels = [(drawn[-1][1], words.percent(amounts[-1], 1), "now")]
    if abs(drawn[deepest][1] - drawn[-1][1]) >= 16:
        labels.append((drawn[deepest][1], words.percent(amounts[deepest], 1), "deepest"))
    return Lines(
        name=name,
        line=path(drawn),
        gain=path([*drawn, (100, 0), (0, 0)], closed=True),
        end_y=n(drawn[-1][1]),
        y_ticks=ticks_of(scale, low, 0.0, words.percent, drawn),
        x_ticks=day_ticks(line[0][0], line[-1][0]),
        ends=ends_of(labels),
        points=_reads(
            drawn,
            lambda i: (
                f"{day_name(line[i][0], this_year)}: "
                + (f"{words.percent(-amounts[i], 2)} below the top" if amounts[i] else "at the top")
            ),
        ),
        table=Table(
            caption=name,
            heads=("Day", "Below the highest so far"),
            rows=tuple(
                (day_name(line[i][0], this_year), words.percent(amounts[i], 2)) for i in rows
            ),
            data=tuple((line[i][0], amounts[i]) for i in rows),
        ),
    )


def price_chart(points: Sequence[PricePoint], *, name: str = "Price") -> Lines | None:
    """Draw prices, oldest first, evenly spaced whatever time lies between: a market sleeps.

    Bars with all four prices become candles as long as they are few: hollow where the price rose,
    filled where it fell. None for fewer than two.
    """
    if len(points) < 2:
        return None
    full = len(points) <= CANDLES and all(None not in p for p in points)
    ends = [p.close for p in points]
    amounts = [*ends, *(x for p in points for x in (p.high, p.low) if full and x is not None)]
    scale, low, high = scale_of(amounts, zero=False)
    count = len(points)
    # A candle needs half its width at either side.
    room = 50 / count if full else 0.0
    xs = [room + (100 - 2 * room) * i / (count - 1) for i in range(count)]
    drawn = list(zip(xs, map(scale, ends), strict=True))
    rose, fell, wicks = _candles(points, xs, scale, 32 / count) if full else ("", "", "")
    around = [[(x, scale(getattr(p, side))) for x, p in zip(xs, points, strict=True)]
              for side in ("high", "low")] if full else []  # fmt: skip
    this_year = timezone.localdate().year
    rows = [points[i] for i in thin(count, ROWS)]
    four = all(None not in p for p in rows)
    heads = ("When", "Open", "High", "Low", "Close") if four else ("When", "Price")

    def prices(p: PricePoint) -> tuple[Decimal | None, ...]:
        return (p.open, p.high, p.low, p.close) if four else (p.close,)

    return Lines(
        name=name,
        line="" if full else path(drawn),
        rose=rose,
        fell=fell,
        wicks=wicks,
        end_y=n(drawn[-1][1]),
        y_ticks=money_ticks(scale, low, high, drawn, *around),
        x_ticks=moment_ticks([p.at for p in points]),
        ends=ends_of([(drawn[-1][1], words.money(ends[-1]), "last")]),
        points=_reads(
            drawn,
            lambda i: (
                f"{_moment(points[i].at, this_year)}: {words.money(ends[i])}"
                + (
                    f", from {words.money(points[i].low)} to {words.money(points[i].high)}"
                    if full
                    else ""
                )
            ),
        ),
        table=Table(
            caption=name,
            heads=heads,
            rows=tuple(
                (_moment(p.at, this_year), *(words.money(price) for price in prices(p)))
                for p in rows
            ),
            data=tuple((p.at.isoformat(), *prices(p)) for p in rows),
        ),
    )


def _candles(
    points: Sequence[PricePoint],
    xs: Sequence[float],
    scale: Callable[[Decimal], float],
    half: float,
) -> tuple[str, str, str]:
    """Bodies that rose, bodies that fell, and wicks above and below them, as paths."""
    rose: list[str] = []
    fell: list[str] = []
    wicks: list[str] = []
    for x, p in zip(xs, points, strict=True):
        start, end = scale(p.open or p.close), scale(p.close)
        top, bottom = min(start, end), max(start, end)
        bottom = max(bottom, top + 0.4)
        body = path([(x - half, top), (x + half, top), (x + half, bottom), (x - half, bottom)],
                    closed=True)  # fmt: skip
        (rose if end <= start else fell).append(body)
        for a, b in ((scale(p.high or p.close), top), (bottom, scale(p.low or p.close))):
            if b - a > 0.2:
                wicks.append(path([(x, a), (x, b)]))
    return "".join(rose), "".join(fell), "".join(wicks)


def _across(days: Sequence[date]) -> list[float]:
    span = max((days[-1] - days[0]).days, 1)
    return [100 * (day - days[0]).days / span for day in days]


def _stepped(points: Sequence[Point]) -> list[Point]:
    """The same as stairs, without the points in the middle of a step."""
    steps: list[Point] = []
    for x, y in points:
        if steps and steps[-1][1] != y:
            steps.append((x, steps[-1][1]))
        steps.append((x, y))
    last = len(steps) - 1
    return [s for i, s in enumerate(steps) if i in (0, last) or not _between(steps, i)]


def _between(steps: Sequence[Point], i: int) -> bool:
    """Whether a point lies on the straight line between its neighbours, for a stepped line."""
    (_, before), (_, here), (_, after) = steps[i - 1 : i + 2]
    return before == here == after


def _reads(drawn: Sequence[Point], said: Callable[[int], str]) -> tuple[Read, ...]:
    return tuple(
        Read(round(drawn[i][0], 1), round(drawn[i][1], 1), said(i)) for i in thin(len(drawn), READS)
    )


def _moment(at: date | datetime, this_year: int) -> str:
    if isinstance(at, datetime):
        there = words.local(at)
        return f"{day_name(there.date(), this_year)}, {words.clock(at)}"
    return day_name(at, this_year)


def _or_not(amount: Decimal | None) -> str:
    return words.UNKNOWN if amount is None else words.percent_signed(amount, 2)
