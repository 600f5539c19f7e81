"""A projection: what may become of a plan, in a hundred futures."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import floor
from typing import NamedTuple

from robo.ui import words
from robo.ui.charts.axes import (
    LABEL_WIDTH,
    ROWS,
    End,
    Point,
    Read,
    Scale,
    Table,
    Tick,
    ends_of,
    money_ticks,
    n,
    path,
    scale_of,
    thin,
)


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
    def _scale(self) -> tuple[Scale, float, float]:
        amounts = [amount for b in self.bands for amount in b[1:]]
        amounts += [amount for _, amount in self._ghost]
        return scale_of(
            [*amounts, *([] if self.aim is None else [self.aim]), Decimal(0)], zero=True
        )

    def _line(self, amounts: Iterable[Decimal]) -> list[Point]:
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
        return n(self._scale[0](self.aim)) if self.aim is not None else ""

    @property
    def target(self) -> str:
        return words.dollars(self.aim) if self.aim is not None else ""

    @property
    def y_ticks(self) -> tuple[Tick, ...]:
        y = None if self.aim is None else self._scale[0](self.aim)
        label: list[Point] = [] if y is None else [(0, y - 9.5), (LABEL_WIDTH, y - 0.5)]
        return money_ticks(*self._scale, self._line(b.p50 for b in self.bands), label)

    @property
    def x_ticks(self) -> tuple[Tick, ...]:
        return _month_ticks(self._months)

    @property
    def ends(self) -> tuple[End, ...]:
        scale, end = self._scale[0], self.bands[-1]
        return ends_of(
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
            for i in thin(len(self.bands), 120)
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
                for i in thin(len(rows), ROWS)
            ),
            data=tuple(
                (when(rows[i].month), *(f"{_three(amount):f}" for amount in rows[i][1:]))
                for i in thin(len(rows), ROWS)
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


def when(month: int) -> str:
    """`Today`, `Month 18`, `Year 5`."""
    if month == 0:
        return "Today"
    return f"Year {month // 12}" if month % 12 == 0 else f"Month {month}"


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
    ticks += [Tick(n(100 * m / months), _span(m), "" if m == shown else "opt") for m in middle]
    return (*ticks, Tick("100", _span(months), "last"))


def _span(months: int) -> str:
    if months >= 24:
        years, rest = divmod(months, 12)
        return f"{years} years" if not rest else f"{years} yr {rest} mo"
    return f"{months} month{'' if months == 1 else 's'}"


def _three(amount: Decimal) -> Decimal:
    step = Decimal(1).scaleb(max(amount.adjusted() - 2, 0)) if amount else Decimal(1)
    return (amount / step).quantize(Decimal(1)) * step
