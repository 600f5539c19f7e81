"""A return over time as a line: the same drawing as a value, with percent beside it."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.utils import timezone

from robo.ui import charts, words


def return_chart(line: Sequence[tuple[date, float]], *, name: str) -> charts.Value | None:
    """Draw a return since the start, fractions by day, oldest first. None for fewer than two
    days."""
    if len(line) < 2:
        return None
    first, last = line[0][0], line[-1][0]
    span = max((last - first).days, 1)
    amounts = [Decimal(str(round(value, 8))) for _, value in line]
    scale, low, high = charts._scale([*amounts, Decimal(0)], zero=False)
    if min(amounts) >= 0:  # the scale leaves no air below nothing
        low = min(low, 0.0)
    xs = [100 * (day - first).days / span for day, _ in line]
    drawn = [(x, scale(amount)) for x, amount in zip(xs, amounts, strict=True)]
    this_year = timezone.localdate().year
    ticks = [(scale(Decimal(str(step))), step) for step in charts.steps_of(low, high)]
    return charts.Value(
        name=name,
        line=charts.path(drawn),
        put_in="",
        gain="",
        end_y=charts._n(drawn[-1][1]),
        y_ticks=tuple(
            charts.Tick(charts._n(y), words.percent(round(step, 8))) for y, step in ticks
            if 9 <= y <= 94
        ),
        x_ticks=charts._day_ticks(first, last),
        ends=charts._ends([(drawn[-1][1], words.percent_signed(amounts[-1], 1), "time-weighted")]),
        points=tuple(
            charts.Read(
                round(xs[i], 1), round(drawn[i][1], 1),
                f"{charts._day(line[i][0], this_year)}: {words.percent_signed(amounts[i], 2)}",
            )
            for i in charts._thin(len(line), 260)
        ),
        table=charts.Table(
            caption=name,
            heads=("Day", "Return since the start"),
            rows=tuple(
                (charts._day(line[i][0], this_year), words.percent_signed(amounts[i], 2))
                for i in charts._thin(len(line), 14)
            ),
        ),
    )  # fmt: skip
