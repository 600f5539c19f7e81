"""What can be traded, and what the house assumes of each asset class.

Some 60 real funds and stocks from `data/assets.csv`. Volatility and own risk are annualised
percent, yields and returns percent a year, prices US dollars of the first session of 2026. Real
tickers and names, levels near those of that time; everything that happens to them is invented.
"""

import csv
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

FACTORS = (
    "us_equity",
    "developed_equity",
    "emerging_equity",
    "us_bonds",
    "international_bonds",
    "inflation_protected_bonds",
    "short_treasury",
)
COMPOUND_RETURN = (5.3, 6.9, 6.0, 4.6, 4.7, 3.8, 3.5)
VOLATILITY = (16.0, 18.0, 23.0, 5.5, 4.5, 5.5, 1.9)
CORRELATION = (
    (1.00, 0.82, 0.70, 0.20, 0.18, 0.15, 0.05),
    (0.82, 1.00, 0.78, 0.22, 0.15, 0.20, 0.05),
    (0.70, 0.78, 1.00, 0.18, 0.12, 0.20, 0.05),
    (0.20, 0.22, 0.18, 1.00, 0.75, 0.75, 0.05),
    (0.18, 0.15, 0.12, 0.75, 1.00, 0.55, 0.05),
    (0.15, 0.20, 0.20, 0.75, 0.55, 1.00, 0.05),
    (0.05, 0.05, 0.05, 0.05, 0.05, 0.05, 1.00),
)
"""House planning values: return and volatility per class, and how classes move together."""

IPS_CLASS = {
    "us_equity": "equities",
    "developed_equity": "equities",
    "emerging_equity": "equities",
    "us_bonds": "fixed_income",
    "international_bonds": "fixed_income",
    "inflation_protected_bonds": "fixed_income",
    "short_treasury": "treasury",
    "alternatives": "alternatives",
}
"""Asset class to the class of an investment policy's target allocation."""

PAYS = {
    "monthly": (tuple(range(1, 13)), 1),
    "quarterly": ((3, 6, 9, 12), 18),
    "quarterly_jan": ((1, 4, 7, 10), 5),
    "quarterly_feb": ((2, 5, 8, 11), 8),
    "quarterly_mar": ((3, 6, 9, 12), 5),
    "half_yearly": ((6, 12), 14),
    "never": ((), 1),
}
"""Dividend habit to (months, day of the month from which the ex-date is looked for).

Bond funds pay monthly and go ex on the first session, stock funds late in the quarter, stocks in
one of three rounds: so do the real ones.
"""


@dataclass(frozen=True)
class Asset:
    """Something one can trade; `asset_class` is the market's, `ips_class` the policy's.

    `volume` is the shares of a usual day, `pays` a key of `PAYS`. An asset that is not `tradable`
    has left the exchange; it keeps its page and its past.
    """

    symbol: str
    name: str
    market: str
    asset_class: str
    sector: str
    price: float
    beta: float
    own_vol: float
    dividend_yield: float
    fractionable: bool
    volume: int
    pays: str
    tradable: bool

    @property
    def ips_class(self) -> str:
        """equities, fixed_income, treasury or alternatives."""
        return IPS_CLASS[self.asset_class]

    @property
    def factor(self) -> int:
        """Index of the class in `FACTORS` that moves it; alternatives move with US stocks."""
        found = self.asset_class if self.asset_class in FACTORS else "us_equity"
        return FACTORS.index(found)


@lru_cache(maxsize=1)
def assets() -> dict[str, Asset]:
    """Every asset by symbol, from `data/assets.csv`."""
    path = Path(__file__).with_name("data") / "assets.csv"
    with path.open(newline="") as lines:
        return {row["symbol"]: _asset(row) for row in csv.DictReader(lines)}


def _asset(row: dict[str, str]) -> Asset:
    return Asset(
        symbol=row["symbol"],
        name=row["name"],
        market=row["market"],
        asset_class=row["asset_class"],
        sector=row["sector"],
        price=float(row["price"]),
        beta=float(row["beta"]),
        own_vol=float(row["own_vol"]),
        dividend_yield=float(row["yield"]),
        fractionable=row["fractionable"] == "yes",
        volume=int(row["volume"]) * 1000,
        pays=row["pays"],
        tradable=row["tradable"] == "yes",
    )
