"""Charts: from figures to a drawing, without a browser.

Every chart is drawn in a square of 0 to 100 by 0 to 100 that stretches to its place; y grows
downwards, as in SVG. Shapes go into the SVG; every word is HTML, placed by percent. Each chart
brings its sentence, its crosshair's words and its table, which can be had as CSV. Money is Decimal
dollars.

Templates, each `with chart=…`: `charts/_line.html` for value_chart, return_chart, fall_chart and
price_chart, `_fan.html` and `_mini.html` for fan_chart, `_bars.html` and `_stackbar.html` for bars,
`_waterfall.html` for waterfall, `_columns.html` for columns.
"""

from robo.ui.charts.axes import (
    End,
    Read,
    Table,
    Tick,
    path,
    steps_of,
)
from robo.ui.charts.bars import (
    SERIES,
    Bar,
    BarRow,
    Bars,
    Column,
    Columns,
    Step,
    Waterfall,
    bars,
    columns,
    waterfall,
)
from robo.ui.charts.fan import Band, Fan, fan_chart, when
from robo.ui.charts.lines import (
    CANDLES,
    Lines,
    PricePoint,
    ValuePoint,
    fall_chart,
    price_chart,
    return_chart,
    value_chart,
)

__all__ = [
    "CANDLES", "SERIES", "Band", "Bar", "BarRow", "Bars", "Column", "Columns", "End", "Fan",
    "Lines", "PricePoint", "Read", "Step", "Table", "Tick", "ValuePoint", "Waterfall", "bars",
    "columns", "fall_chart", "fan_chart", "path", "price_chart", "return_chart", "steps_of",
    "value_chart", "waterfall", "when",
]  # fmt: skip
