"""Charts: from figures to a drawing, without a browser.

Every chart is drawn in a square of 0 to 100 by 0 to 100 that stretches to its place; y grows
downwards, as in SVG. Shapes go into the SVG; every word is HTML, placed by percent. Each chart
brings its sentence, its crosshair's words and its table. Money is Decimal dollars.

Templates: `charts/_value.html`, `_fan.html`, `_mini.html`, `_bars.html`, `_stackbar.html`, each
`with chart=…`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from math import ceil, floor, log10
from typing import NamedTuple

from django.utils import timezone

from robo.ui import words

SERIES = {
    "us_stocks": 1,
    "foreign_stocks": 2,
    "emerging_stocks": 3,
    "us_bonds": 4,
    "foreign_bonds": 5,
    "cash": 6,
}
"""Stocks are series 1 to 3, bonds 4 and 5, cash 6, on every screen."""


DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Tick(NamedTuple):
    at: str
    """Percent along its axis."""
    label: str
    kind: str = ""
    """`first`, `last`, or `opt` for one that a narrow screen leaves out."""


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
    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class ValuePoint(NamedTuple):
    """A day's close: what the account was worth and what had been put in until then, dollars."""

    day: date
    value: Decimal
    put_in: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """Value over time, with what was put in below it."""

    name: str
    line: str
    put_in: str
    """Stepped line; empty when nothing is known of contributions."""
    gain: str
    """The area between the two."""
    end_y: str
    y_ticks: tuple[Tick, ...]
    x_ticks: tuple[Tick, ...]
    ends: tuple[End, ...]
    points: tuple[Read, ...]
    table: Table


class Band(NamedTuple):
    """One moment of a projection: months from now, and five percentiles in dollars."""

    month: int
    p10: Decimal
    p25: Decimal
    p50: Decimal
    p75: Decimal
    p90: Decimal


@dataclass(frozen=True)
class Fan:
    """The futures: 10 to 90 in 100 outside, 25 to 75 inside, the middle one as a line.

    Each part is worked out when it is asked for: a small drawing has no words and no table.
    """

    name: str
    bands: tuple[Band, ...]
    """From month 0 on, two at least."""
    aim: Decimal | None
    """The goal's amount, dollars."""
    kept: tuple[tuple[int, Decimal], ...] = ()
    """Another plan's middle to compare with: months from now, dollars."""

    @cached_property
    def _months(self) -> int:
        return max(self.bands[-1].month - self.bands[0].month, 1)

    @cached_property
    def _xs(self) -> list[float]:
        return [100 * (b.month - self.bands[0].month) / self._months for b in self.bands]

    @cached_property
    def _scale(self) -> "tuple[Scale, float, float]":
        amounts = [amount for b in self.bands for amount in b[1:]]
        amounts += [amount for _, amount in self._ghost]
        return _scale([*amounts, *([] if self.aim is None else [self.aim]), Decimal(0)], zero=True)

    def _line(self, amounts: Iterable[Decimal]) -> list[tuple[float, float]]:
        scale = self._scale[0]
        return [(x, scale(amount)) for x, amount in zip(self._xs, amounts, strict=True)]

    @cached_property
    def outer(self) -> str:
        top, bottom = (b.p90 for b in self.bands), (b.p10 for b in self.bands)
        return path([*self._line(top), *reversed(self._line(bottom))], closed=True)

    @cached_property
    def inner(self) -> str:
        top, bottom = (b.p75 for b in self.bands), (b.p25 for b in self.bands)
        return path([*self._line(top), *reversed(self._line(bottom))], closed=True)

    @cached_property
    def middle(self) -> str:
        return path(self._line(b.p50 for b in self.bands))

    @cached_property
    def _ghost(self) -> list[tuple[float, Decimal]]:
        """(x, dollars), as far as this fan reaches."""
        last = self.bands[-1].month
        return [
            (100 * month / self._months, amount) for month, amount in self.kept if month <= last
        ]

    @property
    def ghost(self) -> str:
        """The compared plan's middle as a line; empty without one."""
        return path((x, self._scale[0](amount)) for x, amount in self._ghost)

    @property
    def target_y(self) -> str:
        """Where the goal's amount is; empty without one."""
        return _n(self._scale[0](self.aim)) if self.aim is not None else ""

    @property
    def target(self) -> str:
        return words.dollars(self.aim) if self.aim is not None else ""

    @property
    def y_ticks(self) -> tuple[Tick, ...]:
        return _money_ticks(*self._scale)

    @property
    def x_ticks(self) -> tuple[Tick, ...]:
        return _month_ticks(self._months)

    @property
    def ends(self) -> tuple[End, ...]:
        scale, end = self._scale[0], self.bands[-1]
        return _ends(
            [
                (scale(end.p90), words.about(end.p90), "1 in 10 reach"),
                (scale(end.p50), words.about(end.p50), "half reach"),
                (scale(end.p10), words.about(end.p10), "9 in 10 reach"),
            ]
        )

    @cached_property
    def points(self) -> tuple[Read, ...]:
        scale = self._scale[0]
        return tuple(
            Read(
                round(self._xs[i], 1),
                round(scale(self.bands[i].p50), 1),
                f"{when(self.bands[i].month)}: middle {words.about(self.bands[i].p50)}, "
                f"8 in 10 between {words.short(_three(self.bands[i].p10))} "
                f"and {words.short(_three(self.bands[i].p90))}",
            )
            for i in _thin(len(self.bands), 120)
        )

    @cached_property
    def table(self) -> Table:
        rows = [b for b in self.bands if b.month % 12 == 0 or self._months < 24]
        return Table(
            caption=self.name,
            heads=(
                "When",
                "1 in 10 below",
                "1 in 4 below",
                "Middle",
                "1 in 4 above",
                "1 in 10 above",
            ),
            rows=tuple(
                (when(rows[i].month), *(words.about(amount) for amount in rows[i][1:]))
                for i in _thin(len(rows), 14)
            ),
        )


class Bar(NamedTuple):
    """A row of an allocation: fractions of the whole, 0 to 1."""

    label: str
    share: Decimal
    target: Decimal | None = None
    series: int = 1


class BarRow(NamedTuple):
    label: str
    share: str
    target: str
    end: str
    """Where the bar ends, percent of the longest."""
    mark: str
    """Where the target is; empty without one."""
    series: int


@dataclass(frozen=True, slots=True)
class Bars:
    rows: tuple[BarRow, ...]


def value_chart(points: Sequence[ValuePoint], *, name: str = "Value over time") -> Value | None:
    """Draw daily values, oldest first. None for fewer than two days: there is no line yet."""
    if len(points) < 2:
        return None
    first, last = points[0].day, points[-1].day
    span = max((last - first).days, 1)
    amounts = [p.value for p in points] + [p.put_in for p in points if p.put_in is not None]
    scale, low, high = _scale(amounts, zero=False)
    xs = [100 * (p.day - first).days / span for p in points]
    line = [(x, scale(p.value)) for x, p in zip(xs, points, strict=True)]
    steps: list[tuple[float, float]] = []
    known = all(p.put_in is not None for p in points)
    if known:
        for x, p in zip(xs, points, strict=True):
            y = scale(p.put_in or Decimal(0))
            if steps and steps[-1][1] != y:
                steps.append((x, steps[-1][1]))
            steps.append((x, y))
        steps = [
            s for i, s in enumerate(steps) if i in (0, len(steps) - 1) or not _between(steps, i)
        ]
    labels = [(line[-1][1], words.dollars(points[-1].value), "value")]
    if known:
        labels.append((steps[-1][1], words.dollars(points[-1].put_in), "put in"))
    reads = _thin(len(points), 260)
    rows = _thin(len(points), 14)
    this_year = timezone.localdate().year
    put_in = {amount: words.money(amount) for amount in {p.put_in for p in points}}
    up, down = _texts(line), _texts(steps)
    heads = ("Day", "Value", "Put in") if known else ("Day", "Value")
    return Value(
        name=name,
        line=_joined(up),
        put_in=_joined(down),
        gain=_joined([*up, *reversed(down)], closed=True) if known else "",
        end_y=_n(line[-1][1]),
        y_ticks=_money_ticks(scale, low, high),
        x_ticks=_day_ticks(first, last),
        ends=_ends(labels),
        points=tuple(
            Read(
                round(xs[i], 1),
                round(line[i][1], 1),
                f"{_day(points[i].day, this_year)}: {words.money(points[i].value)}"
                + (f", put in {put_in[points[i].put_in]}" if known else ""),
            )
            for i in reads
        ),
        table=Table(
            caption=name,
            heads=heads,
            rows=tuple(
                (
                    _day(p.day, this_year),
                    words.money(p.value),
                    *((put_in[p.put_in],) if known else ()),
                )
                for p in (points[i] for i in rows)
            ),
        ),
    )


def fan_chart(
    bands: Sequence[Band],
    *,
    target: Decimal | None = None,
    name: str = "Projected value",
    ghost: Sequence[tuple[int, Decimal]] = (),
) -> Fan | None:
    """Draw a projection, `bands` from month 0 on, and the middle of another one as `ghost`. None
    for fewer than two moments."""
    if len(bands) < 2:
        return None
    return Fan(name=name, bands=tuple(bands), aim=target, kept=tuple(ghost))


def bars(rows: Iterable[Bar]) -> Bars:
    """Rows of shares against their targets. The longest of all reaches 100; zero is at the left."""
    found = list(rows)
    longest = max(
        (max(r.share, r.target or Decimal(0)) for r in found), default=Decimal(1)
    ) or Decimal(1)
    return Bars(
        tuple(
            BarRow(
                label=row.label,
                share=words.percent(row.share, 1),
                target=words.percent(row.target, 1) if row.target is not None else "",
                end=_n(float(100 * max(row.share, Decimal(0)) / longest)),
                mark=_n(float(100 * row.target / longest)) if row.target is not None else "",
                series=row.series,
            )
            for row in found
        )
    )


def when(month: int) -> str:
    """`Today`, `Month 18`, `Year 5`."""
    if month == 0:
        return "Today"
    return f"Year {month // 12}" if month % 12 == 0 else f"Month {month}"


def _day(day: date, this_year: int) -> str:
    """As `words.day` tells it, at a tenth of the cost: a crosshair has hundreds of days."""
    named = f"{DAYS[day.weekday()]}, {MONTHS[day.month - 1]} {day.day}"
    return named if day.year == this_year else f"{named}, {day.year}"


def path(points: Iterable[tuple[float, float]], *, closed: bool = False) -> str:
    """An SVG path through the points; empty without any."""
    return _joined(_texts(points), closed=closed)


def _texts(points: Iterable[tuple[float, float]]) -> list[str]:
    return [f"{_n(x)},{_n(y)}" for x, y in points]


def _joined(points: Sequence[str], *, closed: bool = False) -> str:
    return f"M{'L'.join(points)}{'Z' if closed else ''}" if points else ""


def steps_of(low: float, high: float, most: int = 3) -> list[float]:
    """Round numbers between low and high, `most` at the most: multiples of 1, 2, 2.5 or 5 × 10ⁿ."""
    if high <= low:
        return []
    size = 10 ** floor(log10((high - low) / most)) if high > low else 1
    for factor in (1, 2, 2.5, 5, 10, 20):
        step = size * factor
        found = [step * n for n in range(ceil(low / step), floor(high / step) + 1)]
        if len(found) <= most:
            return found
    return []


Scale = Callable[[Decimal], float]


def _scale(amounts: Sequence[Decimal], *, zero: bool) -> tuple[Scale, float, float]:
    """Amount → y, with some air above (and below, when zero isn't the floor)."""
    low, high = float(min(amounts)), float(max(amounts))
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    high += air
    if not zero:
        low = max(low - air, 0.0) if low >= 0 else low - air
    return (lambda amount: 100 * (high - float(amount)) / (high - low)), low, high


def _money_ticks(scale: Scale, low: float, high: float) -> tuple[Tick, ...]:
    ticks = [(scale(Decimal(str(step))), step) for step in steps_of(low, high)]
    # A number stands above its line: without room for it the line is left out.
    return tuple(Tick(_n(y), words.short(round(step, 6))) for y, step in ticks if 9 <= y <= 94)


def _day_ticks(first: date, last: date) -> tuple[Tick, ...]:
    span = (last - first).days
    if span <= 8:
        days = [first + timedelta(days=n) for n in range(0, span + 1, 2)]
    elif span <= 62:
        start = first + timedelta(days=(7 - first.weekday()) % 7)
        days = [start + timedelta(weeks=n) for n in range((last - start).days // 7 + 1)]
    else:
        months = [
            date(year, month, 1)
            for year in range(first.year, last.year + 1)
            for month in range(1, 13)
            if first <= date(year, month, 1) <= last
        ]
        days = months[:: max(ceil(len(months) / 5), 1)]
    kept = [d for d in days if 6 <= 100 * (d - first).days / max(span, 1) <= 96]
    several_years = span > 62 and first.year != last.year and span > 400
    return tuple(
        Tick(
            _n(100 * (d - first).days / span),
            f"{d:%b} {d.year}" if several_years else f"{d:%b}" if span > 62 else f"{d:%b} {d.day}",
            "" if (len(kept) - 1 - n) % 2 == 0 else "opt",
        )
        for n, d in enumerate(kept)
    )


def _month_ticks(months: int) -> tuple[Tick, ...]:
    if months < 24:
        middle = [months // 2] if months >= 6 else []
    else:
        years = months / 12
        step = next(s for s in (1, 2, 5, 10, 20) if years / s <= 5)
        middle = [12 * y for y in range(step, floor(years) + 1, step) if 12 * y <= months * 0.8]
    # On a phone one label fits between the first and the last, if it stands about halfway.
    near = [m for m in middle if 0.36 <= m / months <= 0.52]
    shown = min(near, key=lambda m: abs(m / months - 0.45), default=None)
    ticks = [Tick("0", "Today", "first")]
    ticks += [Tick(_n(100 * m / months), _span(m), "" if m == shown else "opt") for m in middle]
    return (*ticks, Tick("100", _span(months), "last"))


def _span(months: int) -> str:
    if months >= 24:
        years, rest = divmod(months, 12)
        return f"{years} years" if not rest else f"{years} yr {rest} mo"
    return f"{months} month{'' if months == 1 else 's'}"


def _ends(labels: Sequence[tuple[float, str, str]], gap: float = 16.0) -> tuple[End, ...]:
    """Labels at the line's end, moved apart so that none covers another."""
    order = sorted(range(len(labels)), key=lambda i: labels[i][0])
    at = [labels[i][0] for i in order]
    for n in range(1, len(at)):
        at[n] = max(at[n], at[n - 1] + gap)
    overflow = max(at[-1] - 96, 0.0) if at else 0.0
    if overflow:
        at[-1] -= overflow
        for n in range(len(at) - 2, -1, -1):
            at[n] = min(at[n], at[n + 1] - gap)
    return tuple(End(_n(y), labels[i][1], labels[i][2]) for y, i in zip(at, order, strict=True))


def _thin(count: int, most: int) -> list[int]:
    """At most `most` indexes, evenly spread, the first and the last among them."""
    if count <= most:
        return list(range(count))
    return sorted({round(n * (count - 1) / (most - 1)) for n in range(most)})


def _between(steps: Sequence[tuple[float, float]], i: int) -> bool:
    """Whether a point lies on the straight line between its neighbours, for a stepped line."""
    (_, before), (_, here), (_, after) = steps[i - 1 : i + 2]
    return before == here == after


def _three(amount: Decimal) -> Decimal:
    step = Decimal(1).scaleb(max(amount.adjusted() - 2, 0)) if amount else Decimal(1)
    return (amount / step).quantize(Decimal(1)) * step


def _n(number: float) -> str:
    """Two digits are a hundredth of a pixel on a thousand."""
    return f"{number:.2f}".rstrip("0").rstrip(".") if number else "0"
