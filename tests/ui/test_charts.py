"""Charts are drawn from figures alone: the same data, the same lines."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from urllib.parse import unquote

import pytest
from django.template.loader import render_to_string
from hypothesis import given
from hypothesis import strategies as st

from robo.ui import charts
from robo.ui.charts import Band, Bar, ValuePoint

FIRST = date(2026, 1, 1)
amounts = st.decimals(min_value=0, max_value=10**8, places=2, allow_nan=False)


def days(values, put_in=None):
    return [
        ValuePoint(FIRST + timedelta(days=n), Decimal(v), Decimal(put_in) if put_in else None)
        for n, v in enumerate(values)
    ]


def coordinates(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", path)]


def test_a_line_runs_from_edge_to_edge_and_up_when_value_rises():
    chart = charts.value_chart(days([100, 150, 200]))
    (x0, y0), (x1, y1), (x2, y2) = coordinates(chart.line)
    assert (x0, x1, x2) == (0, 50, 100)
    assert y0 > y1 > y2
    assert y0 - y1 == pytest.approx(y1 - y2)


def test_one_day_is_no_line():
    assert charts.value_chart(days([100])) is None
    assert charts.fan_chart([Band(0, *[Decimal(1)] * 5)]) is None


def test_unknown_contributions_are_left_out():
    chart = charts.value_chart(days([100, 150]))
    assert chart.put_in == chart.gain == ""
    assert chart.table.heads == ("Day", "Value")


def test_contributions_step_on_the_day_they_come():
    points = [
        ValuePoint(FIRST + timedelta(days=n), Decimal(100 + n), Decimal(p))
        for n, p in enumerate([50, 50, 90])
    ]
    xs = [x for x, _ in coordinates(charts.value_chart(points).put_in)]
    assert xs == [0, 100, 100]


@given(st.lists(amounts, min_size=2, max_size=60))
def test_every_point_lies_within_the_picture(values):
    chart = charts.value_chart(days(values, put_in="1000"))
    for path in (chart.line, chart.put_in, chart.gain):
        assert all(-0.01 <= c <= 100.01 for point in coordinates(path) for c in point)
    assert all(0 <= float(t.at) <= 100 for t in (*chart.y_ticks, *chart.x_ticks))


@given(
    st.lists(st.lists(amounts, min_size=5, max_size=5).map(sorted), min_size=2, max_size=40),
    amounts,
)
def test_a_fan_keeps_its_order_and_its_place(rows, target):
    chart = charts.fan_chart([Band(n, *row) for n, row in enumerate(rows)], target=target)
    outer, inner, middle = map(coordinates, (chart.outer, chart.inner, chart.middle))
    for n, (_, y) in enumerate(middle):
        upper, lower = inner[n][1], inner[-1 - n][1]
        assert outer[n][1] - 0.01 <= upper <= y + 0.01
        assert y - 0.01 <= lower <= outer[-1 - n][1] + 0.01
    assert 0 <= float(chart.target_y) <= 100


def test_end_labels_never_cover_one_another():
    chart = charts.fan_chart([Band(n, *map(Decimal, (100, 101, 102, 103, 104))) for n in (0, 12)])
    ys = [float(end.at) for end in chart.ends]
    assert all(b - a >= 15.9 for a, b in pairwise(ys))
    assert [end.words for end in chart.ends] == ["1 in 10 reach", "half reach", "9 in 10 reach"]


def test_the_crosshair_and_the_table_say_exact_figures():
    chart = charts.value_chart(days(["100", "150.25"], put_in="90"))
    assert chart.points[-1].words.endswith("$150.25, put in $90.00")
    assert chart.table.rows[-1][1:] == ("$150.25", "$90.00")


def test_a_long_history_keeps_its_first_and_last_day():
    chart = charts.value_chart(days(range(1, 2001)))
    assert len(chart.points) <= 260
    assert (chart.points[0].x, chart.points[-1].x) == (0, 100)
    assert chart.table.rows[-1][1] == "$2,000.00"


def test_bars_start_at_zero_and_the_longest_reaches_the_end():
    rows = charts.bars(
        [Bar("Stocks", Decimal("0.6"), Decimal("0.5")), Bar("Cash", Decimal(0))]
    ).rows
    assert [(row.end, row.mark) for row in rows] == [("100", "83.33"), ("0", "")]
    assert rows[0].share == "60.0%"


@given(st.floats(-1e6, 1e6), st.floats(0.01, 1e6))
def test_ticks_are_few_and_inside(low, span):
    ticks = charts.steps_of(low, low + span)
    assert len(ticks) <= 3
    slack = 1e-6 * span
    assert all(low - slack <= t <= low + span + slack for t in ticks)


def test_no_number_stands_on_a_line_at_the_left():
    """On a phone a tick's number is a sixth of the plot wide."""
    flat = charts.value_chart(days([20_010 + n % 3 for n in range(60)], put_in="19500"))
    for tick in flat.y_ticks:
        y, width = float(tick.at), 16
        top, bottom = (y, y + 9) if tick.kind == "below" else (y - 9, y)
        for drawn in (flat.line, flat.put_in):
            near = [at for x, at in coordinates(drawn) if x <= width]
            assert not any(top < at < bottom for at in near)


def test_close_amounts_have_ticks_that_differ():
    labels = [t.label for t in charts.value_chart(days(["10000", "10001.5", "10004"])).y_ticks]
    assert labels
    assert len(set(labels)) == len(labels)


def test_a_few_bars_are_candles_and_many_are_a_line():
    def bars(count):
        return [
            charts.PricePoint(
                FIRST + timedelta(days=n), Decimal(n % 5 + 10), Decimal(11), Decimal(16), Decimal(9)
            )
            for n in range(count)
        ]

    few, many = charts.price_chart(bars(20)), charts.price_chart(bars(200))
    assert few.rose
    assert few.fell
    assert not few.line
    assert many.line
    assert not many.wicks
    assert few.points[0].words.endswith("$10.00, from $9.00 to $16.00")
    assert few.table.heads == ("When", "Open", "High", "Low", "Close")


def test_a_waterfall_ends_where_its_last_total_stands():
    steps = [
        charts.Step("Start", Decimal(100), total=True),
        charts.Step("Put in", Decimal(50)),
        charts.Step("Fees", Decimal(-10)),
        charts.Step("End", Decimal(140), total=True),
    ]
    rows = charts.waterfall(steps, name="Way").rows
    assert rows[-1].b == rows[2].a
    assert rows[1].a == rows[0].b
    assert [r.kind for r in rows] == ["total", "gain", "loss", "total"]


def test_the_tables_file_has_plain_figures():
    table = charts.value_chart(days(["1000", "1500.25"])).table
    assert unquote(table.csv).splitlines()[1:] == ["2026-01-01,1000", "2026-01-02,1500.25"]
    assert table.file == "value-over-time.csv"


def test_bars_in_mail_are_cells_that_fill_the_line():
    """Mail clients show neither SVG nor our styles."""
    found = charts.columns(
        [charts.Column("2025", 0.12), charts.Column("2026", -0.03)], name="Years"
    )
    assert [(m.before, m.filled, m.after) for m in found.mail] == [(20, 80, 0), (0, 20, 80)]
    html = render_to_string(
        "charts/_mail_bars.html", {"chart": found, "bar": "#0b5", "sentence": ""}
    )
    assert "<svg" not in html
    assert "class=" not in html
    assert "+12.0%" in html
    assert 'width="80%" height="8" bgcolor="#0b5"' in html
