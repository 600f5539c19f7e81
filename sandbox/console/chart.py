"""Small charts: a line in a square that stretches, its words beside it as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

MOST_POINTS = 260


@dataclass(frozen=True)
class Chart:
    """Paths in a square of 100 by 100, y downwards, and the rows behind them.

    `rows` are (day, value, second value or None), at most one a month, for the table.
    """

    line: str
    second: str
    lowest: Decimal
    highest: Decimal
    first_day: date
    last_day: date
    last: Decimal
    rows: list[tuple[date, Decimal, Decimal | None]]


def line(
    days: Sequence[date], values: Sequence[Decimal], second: Sequence[Decimal] | None = None
) -> Chart | None:
    """A chart of values by day, `second` beside them in the same scale; None for under two."""
    if len(days) < 2:
        return None
    picked = _picked(len(days))
    both = [*values, *(second or [])]
    lowest, highest = min(both), max(both)
    room = (highest - lowest) or Decimal(1)
    start, width = days[0], max((days[-1] - days[0]).days, 1)

    def path(of: Sequence[Decimal]) -> str:
        points = (
            f"{(days[n] - start).days / width * 100:.2f} "
            f"{96 - float((of[n] - lowest) / room) * 92:.2f}"
            for n in picked
        )
        return "M" + "L".join(points)

    months = {(each.year, each.month): n for n, each in enumerate(days)}
    ends = sorted({0, *months.values()}) if len(months) > 2 else picked
    return Chart(
        line=path(values),
        second=path(second) if second else "",
        lowest=lowest,
        highest=highest,
        first_day=days[0],
        last_day=days[-1],
        last=values[-1],
        rows=[(days[n], values[n], second[n] if second else None) for n in reversed(ends)],
    )


def _picked(count: int) -> list[int]:
    """At most `MOST_POINTS` indexes, evenly, the first and the last among them."""
    if count <= MOST_POINTS:
        return list(range(count))
    step = (count - 1) / (MOST_POINTS - 1)
    return [round(number * step) for number in range(MOST_POINTS)]
