"""A market whose every price follows from (seed, symbol, instant), so that a day can be replayed.

Each symbol has one path of daily closes from 2014 on: cumulative log-returns of its asset class
(drawn together, so classes move with each other as the house matrix says) plus a little of its own.
Between closes the price runs along a Brownian bridge. Paths are anchored so that prices on the
first session of 2026 are near the levels of that time; they are invented all the same.

Vol is annualised percent, yield and return percent a year, prices US dollars.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal, TypedDict

import numpy as np
from numpy.typing import NDArray

from sandbox.calendar import nyse

Floats = NDArray[np.float64]
MarketHours = Literal["xnys", "always"]

ANCHOR = date(2026, 1, 2)
SESSIONS_A_YEAR = 252
OVERNIGHT = 0.3  # share of a day's move that happens before the opening bell
WAVES = 8  # terms of the intraday bridge
DICE = 2022  # of many throws, one whose seed 1 makes an ordinary market
CENT = Decimal("0.01")

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


@dataclass(frozen=True)
class Asset:
    """Something one can trade; `asset_class` is the market's, `ips_class` the policy's."""

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

    @property
    def ips_class(self) -> str:
        """equities, fixed_income, treasury or alternatives."""
        return IPS_CLASS[self.asset_class]


class Shock(TypedDict):
    """A move that stays: from `at` (UTC, ISO 8601) on, prices of `scope` are times `factor`.

    scope: a symbol, an asset class, a policy class, or `all`.
    """

    scope: str
    at: str
    factor: float


class Bar(TypedDict):
    """Open, high, low, close of a stretch of trading, US dollars."""

    start: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int


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
    )


@lru_cache(maxsize=8)
def _factor_moves(seed: int) -> Floats:
    """Standardised daily moves of the classes, sessions by classes, correlated by the matrix."""
    rng = np.random.default_rng([seed, DICE])
    independent = rng.standard_normal((len(nyse().days), len(FACTORS)))
    return np.asarray(independent @ np.linalg.cholesky(np.array(CORRELATION)).T)


@lru_cache(maxsize=512)
def _log_closes(seed: int, symbol: str) -> Floats:
    """Natural logarithm of each session's close, before shocks."""
    asset = assets()[symbol]
    factor = FACTORS.index(asset.asset_class if asset.asset_class in FACTORS else "us_equity")
    class_vol = VOLATILITY[factor] / 100 * asset.beta
    # A stock's own risk is not paid for; the class's is, up to what its beta carries.
    total_return = math.log1p(COMPOUND_RETURN[factor] / 100)
    drift = (total_return - math.log1p(asset.dividend_yield / 100)) / SESSIONS_A_YEAR
    own = np.random.default_rng([seed, _number(symbol)]).standard_normal(len(nyse().days))
    daily = math.sqrt(1 / SESSIONS_A_YEAR)
    moves = drift + daily * (class_vol * _factor_moves(seed)[:, factor] + asset.own_vol / 100 * own)
    path = np.cumsum(moves)
    anchor = nyse().index_on_or_after(ANCHOR)
    return np.asarray(path - path[anchor] + math.log(asset.price))


@lru_cache(maxsize=512)
def _waves(seed: int, symbol: str) -> Floats:
    """Coefficients of each session's bridge, scaled to the symbol's daily volatility."""
    rng = np.random.default_rng([seed, _number(symbol), 7])
    normal = rng.standard_normal((len(nyse().days), WAVES))
    daily = float(np.std(np.diff(_log_closes(seed, symbol))))
    scale = 0.6 * daily * math.sqrt(2) / (math.pi * np.arange(1, WAVES + 1))
    return np.asarray(normal * scale)


def _number(text: str) -> int:
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


class Market:
    """Prices for one seed. `shocks` is the caller's list (kept in its state) and may grow."""

    def __init__(self, seed: int, shocks: list[Any], hours: MarketHours = "xnys") -> None:
        self.seed, self.shocks, self.hours = seed, shocks, hours

    def is_open(self, at: datetime) -> bool:
        """Whether a market order placed now would fill now."""
        return self.hours == "always" or nyse().is_open(at)

    def next_open(self, at: datetime) -> datetime:
        """`at` itself while the market is open, else the next opening."""
        return at if self.is_open(at) else nyse().next_open(at)

    def price(self, symbol: str, at: datetime) -> Decimal:
        """Last price in dollars and cents; the previous close while the market is shut.

        Raises KeyError for a symbol that nobody knows.
        """
        return _cents(self._raw(assets()[symbol], at))

    def close(self, symbol: str, session: int) -> Decimal:
        """A session's closing price in dollars and cents."""
        asset = assets()[symbol]
        raw = math.exp(float(_log_closes(self.seed, symbol)[session]))
        return _cents(raw * self._shocked(asset, nyse().closes[session]))

    def closes(self, symbol: str, first: int, last: int) -> list[Decimal]:
        """Closing prices of the sessions `first` to `last`, both included."""
        return [self.close(symbol, session) for session in range(first, last + 1)]

    def previous_close(self, symbol: str, at: datetime) -> Decimal:
        """The close before the session that is running or was last."""
        calendar = nyse()
        session = calendar.at_or_after(at)
        running = calendar.opens[session] <= at.timestamp()
        return self.close(symbol, max(session - (1 if running or self.hours == "always" else 2), 0))

    def dividend(self, symbol: str, session: int) -> Decimal:
        """Dollars a share that go ex and are paid in this session; zero on all other days.

        A quarter of the yearly yield, in March, June, September and December, each symbol on one
        of the five sessions from the 20th on.
        """
        asset, days = assets()[symbol], nyse().days
        if not asset.dividend_yield or days[session].month % 3:
            return Decimal(0)
        first = nyse().index_on_or_after(days[session].replace(day=20))
        if session != first + _number(symbol) % 5:
            return Decimal(0)
        paid = self.close(symbol, session - 1) * Decimal(str(asset.dividend_yield)) / 400
        return paid.quantize(Decimal("0.0001"))

    def bars(
        self, symbol: str, minutes: int, start: datetime, end: datetime, limit: int
    ) -> list[Bar]:
        """Intraday bars of whole sessions between `start` and `end`, oldest first."""
        found: list[Bar] = []
        calendar, step = nyse(), minutes * 60
        session = calendar.at_or_after(start)
        while session < len(calendar.days) and len(found) < limit:
            at = calendar.opens[session]
            while at < calendar.closes[session] and len(found) < limit:
                until = min(at + step, calendar.closes[session])
                if at > end.timestamp():
                    return found
                if at >= start.timestamp():
                    found.append(self._bar(symbol, at, min(until, int(end.timestamp()))))
                at = until
            session += 1
        return found

    def daily_bars(self, symbol: str, sessions: Iterable[int], now: datetime) -> list[Bar]:
        """One bar a session; the running session's bar ends at `now`."""
        calendar, last = nyse(), int(now.timestamp())
        return [
            self._bar(symbol, calendar.opens[session], min(calendar.closes[session], last))
            for session in sessions
            if calendar.opens[session] <= last
        ]

    def _bar(self, symbol: str, start: int, end: int) -> Bar:
        asset = assets()[symbol]
        points = [start + (end - start) * step / 8 for step in range(9)]
        prices = [round(self._at(asset, point), 2) for point in points]
        volume = 20_000 + _number(f"{symbol}{start}") % 5_000 * max((end - start) // 60, 1)
        return Bar(
            start=datetime.fromtimestamp(start, tz=UTC),
            open=prices[0],
            high=max(prices),
            low=min(prices),
            close=prices[-1],
            volume=volume,
        )

    def _raw(self, asset: Asset, at: datetime) -> float:
        second = at.timestamp()
        if self.hours == "xnys":
            calendar = nyse()
            session = calendar.at_or_after(at)
            if second < calendar.opens[session]:
                last = calendar.closes[session - 1]
                # The shock shows at once, even while the exchange is shut: people who press the
                # button want to see it.
                return (
                    self._at(asset, last)
                    / self._shocked(asset, last)
                    * self._shocked(asset, second)
                )
        return self._at(asset, second)

    def _at(self, asset: Asset, second: float) -> float:
        """The price at a Unix second, as if the market never closed."""
        calendar, symbol = nyse(), asset.symbol
        session = calendar.at_or_after(datetime.fromtimestamp(second, tz=UTC))
        path = _log_closes(self.seed, symbol)
        if session == 0 or second == calendar.closes[session - 1]:
            before = max(session - 1, 0)
            return math.exp(float(path[before])) * self._shocked(asset, second)
        opened, closes = calendar.opens[session], calendar.closes[session]
        last = calendar.closes[session - 1]
        if second < opened:
            done = OVERNIGHT * (second - last) / (opened - last)
        else:
            done = OVERNIGHT + (1 - OVERNIGHT) * (second - opened) / (closes - opened)
        bridge = sum(
            float(wave) * math.sin(math.pi * (k + 1) * done)
            for k, wave in enumerate(_waves(self.seed, symbol)[session])
        )
        log = (1 - done) * float(path[session - 1]) + done * float(path[session]) + bridge
        return math.exp(log) * self._shocked(asset, second)

    def _shocked(self, asset: Asset, second: float) -> float:
        factor = 1.0
        for shock in self.shocks:
            scopes = ("all", asset.symbol, asset.asset_class, asset.ips_class)
            if shock["scope"] in scopes and _second(shock["at"]) <= second:
                factor *= float(shock["factor"])
        return factor


@lru_cache(maxsize=1024)
def _second(at: str) -> float:
    return datetime.fromisoformat(at).timestamp()


def _cents(price: float) -> Decimal:
    return max(Decimal(repr(price)).quantize(CENT), CENT)
