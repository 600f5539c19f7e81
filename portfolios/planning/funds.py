"""What is known of each fund beside its price: what it holds, what it behaves like, what it costs.

Everything is in `data/funds-2026.toml`, each figure with the place it was read at. What isn't
there isn't known, and pages say so.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

from portfolios.planning.assumptions import AssetClass, load

CURRENT = "2026"


@dataclass(frozen=True, slots=True)
class Fund:
    """`expense` is a fraction a year, read at `source` on `read_on`; None where none was found."""

    symbol: str
    covers: str
    what: str
    like: str
    index: str = ""
    expense: Decimal | None = None
    source: str = ""
    read_on: date | None = None


@cache
def _all(version: str) -> dict[str, Fund]:
    path = Path(__file__).with_name("data") / f"funds-{version}.toml"
    rows = tomllib.loads(path.read_text())["fund"]
    return {row["symbol"]: _fund(row) for row in rows}


def _fund(row: dict[str, object]) -> Fund:
    expense = row.get("expense")
    told = {**row, "expense": Decimal(str(expense)) / 100 if expense is not None else None}
    return Fund(**told)  # type: ignore[arg-type]


def fund(symbol: str, version: str = CURRENT) -> Fund | None:
    """The fund's facts; None for what isn't on our list."""
    return _all(version).get(symbol)


def part_of(symbol: str) -> AssetClass | None:
    """The part of the model that a fund stands for; None for a fund that isn't of the model."""
    return next((part for part in load().classes if symbol in part.funds), None)


def overlapping(symbol: str, held: Iterable[str]) -> list[str]:
    """The other funds held that cover the same market."""
    own = fund(symbol)
    return [
        other
        for other in held
        if own and other != symbol and (found := fund(other)) and found.covers == own.covers
    ]
