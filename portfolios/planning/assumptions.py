"""What we assume about markets, as versioned data read from `data/assumptions-<version>.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
CURRENT = "2026"


@dataclass(frozen=True)
class AssetClass:
    """One building block. `share` is its fraction of its sleeve (equities, fixed_income,
    treasury)."""

    id: str
    name: str
    sleeve: str
    share: float
    funds: tuple[str, ...] = ()
    """The fund for it and those that may take its place, first choice first."""


@dataclass(frozen=True)
class AssumptionSet:
    """One view of the future; tuples follow the order of `Assumptions.classes`.

    `returns` are compound and `volatilities` annual, both fractions before fees.
    """

    name: str
    title: str
    note: str
    returns: tuple[float, ...]
    volatilities: tuple[float, ...]
    correlations: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Level:
    """A model portfolio's split in whole percent."""

    level: int
    name: str
    stocks_percent: int
    cash_percent: int

    @property
    def bonds_percent(self) -> int:
        return 100 - self.stocks_percent - self.cash_percent


@dataclass(frozen=True)
class Assumptions:
    """One approved version. Fees and inflation are fractions per year."""

    version: str
    approved_by: str
    approved_on: date
    sources: tuple[str, ...]
    inflation: float
    inflation_volatility: float
    """Standard deviation of a year's log price rise, a fraction."""
    advisory_fee: float
    fund_fee: float
    classes: tuple[AssetClass, ...]
    sets: Mapping[str, AssumptionSet]
    levels: tuple[Level, ...]

    @property
    def fee(self) -> float:
        """Advisory and fund fees together, fraction per year."""
        return self.advisory_fee + self.fund_fee

    def level(self, number: int) -> Level:
        """The model portfolio 1 to 10. Raises ValueError for any other number."""
        for level in self.levels:
            if level.level == number:
                return level
        raise ValueError(f"There is no risk level {number}.")


@lru_cache(maxsize=8)
def load(version: str = CURRENT) -> Assumptions:
    """Read one version. Raises ValueError if it doesn't exist or doesn't add up."""
    path = DATA / f"assumptions-{version}.toml"
    if not version.isalnum() or not path.is_file():
        raise ValueError(f"There are no assumptions with version {version}.")
    raw = tomllib.loads(path.read_text("utf-8"))
    classes = tuple(
        AssetClass(
            row["id"], row["name"], row["sleeve"], row["share"] / 100, tuple(row.get("funds", ()))
        )
        for row in raw["class"]
    )
    for sleeve in {c.sleeve for c in classes}:
        if abs(sum(c.share for c in classes if c.sleeve == sleeve) - 1) > 1e-9:
            raise ValueError(f"The shares of {sleeve} do not add up to 100.")
    ids = [c.id for c in classes]
    matrices = {name: _matrix(ids, rows) for name, rows in raw["correlations"].items()}
    return Assumptions(
        version=raw["version"],
        approved_by=raw["approved_by"],
        approved_on=raw["approved_on"],
        sources=tuple(raw["sources"]),
        inflation=raw["inflation"] / 100,
        inflation_volatility=raw["inflation_volatility"] / 100,
        advisory_fee=raw["advisory_fee"] / 100,
        fund_fee=raw["fund_fee"] / 100,
        classes=classes,
        sets={name: _set(name, row, matrices, len(ids)) for name, row in raw["set"].items()},
        levels=tuple(
            Level(row["level"], row["name"], row["stocks"], row["cash"]) for row in raw["level"]
        ),
    )


def _set(
    name: str,
    row: Mapping[str, Any],
    matrices: Mapping[str, tuple[tuple[float, ...], ...]],
    size: int,
) -> AssumptionSet:
    if not len(row["returns"]) == len(row["volatilities"]) == size:
        raise ValueError(f"The set {name} does not cover every class.")
    return AssumptionSet(
        name=name,
        title=row["title"],
        note=row["note"],
        returns=tuple(value / 100 for value in row["returns"]),
        volatilities=tuple(value / 100 for value in row["volatilities"]),
        correlations=matrices[row["correlations"]],
    )


def _matrix(ids: list[str], rows: Mapping[str, list[float]]) -> tuple[tuple[float, ...], ...]:
    """The full symmetric matrix from the upper triangle in the file."""
    full = [[1.0] * len(ids) for _ in ids]
    for i, name in enumerate(ids[:-1]):
        for j, value in enumerate(rows[name], start=i + 1):
            full[i][j] = full[j][i] = value
    return tuple(tuple(row) for row in full)
