"""Bars: shares against their targets, steps from one amount to another, gains by year."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from robo.ui import words
from robo.ui.charts.axes import Table, n

SERIES = {
    "us_stocks": 1,
    "foreign_stocks": 2,
    "emerging_stocks": 3,
    "us_bonds": 4,
    "foreign_bonds": 5,
    "cash": 6,
}
"""Stocks are series 1 to 3, bonds 4 and 5, cash 6, on every screen."""


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
                end=n(float(100 * max(row.share, Decimal(0)) / longest)),
                mark=n(float(100 * row.target / longest)) if row.target is not None else "",
                series=row.series,
            )
            for row in found
        )
    )


class Step(NamedTuple):
    """A step of a waterfall: what it adds, dollars; a `total` stands on the ground instead."""

    label: str
    amount: Decimal
    kind: str = ""
    """A class of its colour: `put_in`, `gain`, `loss`; by its sign if empty."""
    note: str = ""
    total: bool = False


class StepRow(NamedTuple):
    label: str
    note: str
    amount: Decimal
    total: bool
    a: str
    b: str
    """Where its bar begins and ends, percent."""
    kind: str


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From one amount to another, step by step; `zero` is where nothing is, percent."""

    name: str
    rows: tuple[StepRow, ...]
    zero: str
    table: Table

    @property
    def mail(self) -> "list[MailRow]":
        return _mail(self.rows, self.table)


def waterfall(steps: Sequence[Step], *, name: str) -> Waterfall | None:
    """Draw steps, totals among them. None where nothing moves."""
    level, spans = Decimal(0), []
    for step in steps:
        start = Decimal(0) if step.total else level
        level = start + step.amount
        spans.append((start, level))
    low = min((min(s) for s in spans), default=Decimal(0))
    high = max((max(s) for s in spans), default=Decimal(0))
    low, high = min(low, Decimal(0)), max(high, Decimal(0))
    if high == low:
        return None

    def at(amount: Decimal) -> float:
        return float(100 * (amount - low) / (high - low))

    return Waterfall(
        name=name,
        rows=tuple(
            StepRow(
                step.label, step.note, step.amount, step.total, n(at(min(span))), n(at(max(span))),
                "total" if step.total else step.kind or ("loss" if step.amount < 0 else "gain"),
            )
            for step, span in zip(steps, spans, strict=True)
        ),
        zero=n(at(Decimal(0))),
        table=Table(
            caption=name,
            heads=("Step", "Dollars"),
            rows=tuple((step.label, words.money_signed(step.amount)) for step in steps),
            data=tuple((step.label, step.amount) for step in steps),
        ),
    )  # fmt: skip


class Column(NamedTuple):
    """A year's or a month's gain as a fraction; None where it isn't known."""

    label: str
    share: float | None
    note: str = ""


class ColumnRow(NamedTuple):
    label: str
    share: str
    note: str
    a: str
    b: str
    kind: str


@dataclass(frozen=True, slots=True)
class Columns:
    """Gains to the right of nothing and losses to the left of it; `zero` in percent."""

    name: str
    rows: tuple[ColumnRow, ...]
    zero: str
    table: Table

    @property
    def mail(self) -> "list[MailRow]":
        return _mail(self.rows, self.table)


def columns(found: Sequence[Column], *, name: str, digits: int = 1) -> Columns | None:
    """Draw gains and losses side by side. None without any."""
    known = [c.share for c in found if c.share is not None]
    if not known:
        return None
    low, high = min(0.0, *known), max(0.0, *known)
    span = high - low or 1.0
    told = [
        words.percent_signed(c.share, digits) if c.share is not None else words.UNKNOWN
        for c in found
    ]
    return Columns(
        name=name,
        rows=tuple(
            ColumnRow(
                c.label, words_, c.note,
                n(100 * (min(c.share or 0.0, 0.0) - low) / span),
                n(100 * (max(c.share or 0.0, 0.0) - low) / span),
                "loss" if (c.share or 0) < 0 else "gain",
            )
            for c, words_ in zip(found, told, strict=True)
        ),
        zero=n(100 * -low / span),
        table=Table(
            caption=name,
            heads=("When", "Return"),
            rows=tuple((c.label, words_) for c, words_ in zip(found, told, strict=True)),
            data=tuple((c.label, "" if c.share is None else f"{c.share:.6f}") for c in found),
        ),
    )  # fmt: skip


class MailRow(NamedTuple):
    """A bar as cells of a table: empty, filled and empty again, whole percents that sum to 100."""

    row: StepRow | ColumnRow
    before: int
    filled: int
    after: int
    figure: str


def _mail(rows: Sequence[StepRow | ColumnRow], table: Table) -> list[MailRow]:
    found = []
    for row, told in zip(rows, table.rows, strict=True):
        a, b = round(float(row.a)), round(float(row.b))
        found.append(MailRow(row, a, b - a, 100 - b, told[1]))
    return found
