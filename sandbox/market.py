"""A market whose every price follows from (seed, symbol, instant), so that a day can be replayed.

A price is that of the last trade; `sandbox.paths` says when trades happen and at what price. Bars
(`sandbox.bars`) are made of the same trades, so a bar holds every price seen in its time, and short
bars add up to long ones. Shocks are the only thing that can be added, and are kept in the state.

Prices are US dollars and cents, as `Decimal`; instants are aware UTC.
"""

import math
import operator
from bisect import bisect_right
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import Any, Literal, NotRequired, TypedDict

import numpy as np

from sandbox import paths
from sandbox.calendar import nyse
from sandbox.paths import NIGHT_TICK, TICK, Floats, Integers
from sandbox.universe import CORRELATION, FACTORS, IPS_CLASS, Asset, assets

__all__ = ["CORRELATION", "FACTORS", "IPS_CLASS", "SCOPES", "Asset", "Market", "Shock", "assets"]

MarketHours = Literal["xnys", "always"]

SCOPES = ("all", *IPS_CLASS, *dict.fromkeys(IPS_CLASS.values()))
"""What a shock may be about, beside a symbol."""

DAY = 86_400


class Shock(TypedDict):
    """A move: from `at` (UTC, ISO 8601) on, prices of `scope` are times `factor`.

    scope: a symbol, an asset class, a policy class, or `all`. With `recovery_days` the move fades
    evenly and is gone after so many days; without, it stays.
    """

    scope: str
    at: str
    factor: float
    recovery_days: NotRequired[float | None]


class Market:
    """Prices for one seed. `shocks` is the caller's list (kept in its state) and may grow."""

    def __init__(self, seed: int, shocks: list[Any], hours: MarketHours = "xnys") -> None:
        self.seed, self.shocks, self.hours = seed, shocks, hours
        self._moves: dict[str, _Moves] = {}

    def is_open(self, at: datetime) -> bool:
        """Whether a market order placed now would fill now."""
        return self.hours == "always" or nyse().is_open(at)

    def next_open(self, at: datetime) -> datetime:
        """`at` itself while the market is open, else the next opening."""
        return at if self.is_open(at) else nyse().next_open(at)

    def price(self, symbol: str, at: datetime) -> Decimal:
        """Last price; the previous close while the market is shut.

        Raises KeyError for a symbol that nobody knows.
        """
        calendar, second = nyse(), at.timestamp()
        session = min(bisect_right(calendar.closes, second), len(calendar.days) - 1)
        opened = calendar.opens[session]
        if second >= opened:
            trades = paths.ticks(self.seed, symbol, session)
            tick = min(int(second - opened) // TICK, len(trades) - 1)
            raw, second = float(trades[tick]), opened + tick * TICK
        elif self.hours == "xnys" or session == 0:
            # A shock shows at once, even while the exchange is shut: people who press the button
            # want to see it.
            raw = paths.daily(self.seed, symbol).dollars[max(session - 1, 0)]
        else:
            closed = calendar.closes[session - 1]
            trades = paths.night(self.seed, symbol, session)
            tick = min(int(second - closed) // NIGHT_TICK, len(trades) - 1)
            raw, second = float(trades[tick]), closed + tick * NIGHT_TICK
        if self.shocks:
            raw *= self._factor(assets()[symbol], second)
        return _cents(raw)

    def close(self, symbol: str, session: int) -> Decimal:
        """A session's closing price."""
        raw = paths.daily(self.seed, symbol).dollars[session]
        if self.shocks:
            raw *= self._factor(assets()[symbol], nyse().closes[session])
        return _cents(raw)

    def closes(self, symbol: str, first: int, last: int) -> list[Decimal]:
        """Closing prices of the sessions `first` to `last`, both included."""
        return [self.close(symbol, session) for session in range(first, last + 1)]

    def previous_close(self, symbol: str, at: datetime) -> Decimal:
        """The close before the session that is running or was last."""
        calendar = nyse()
        session = calendar.at_or_after(at)
        running = calendar.opens[session] <= at.timestamp()
        return self.close(symbol, max(session - (1 if running or self.hours == "always" else 2), 0))

    def quote(self, symbol: str, at: datetime) -> tuple[Decimal, Decimal]:
        """Bid and ask around the last price: a cent apart, or half to three basis points of the
        price, the more the less a symbol is traded.
        """
        price, volume = float(self.price(symbol, at)), assets()[symbol].volume
        points = 0.5 if volume > 10_000_000 else 1.5 if volume > 1_000_000 else 3.0
        cents = max(round(price * points / 100), 1)
        below = cents // 2
        middle = round(price * 100)
        return _exact(max(middle - below, 1)), _exact(max(middle - below, 1) + cents)

    def dividend(self, symbol: str, session: int) -> Decimal:
        """Dollars a share that go ex and are paid in this session; zero on all other days."""
        part = paths.daily(self.seed, symbol).dividends[session]
        if not part:
            return Decimal(0)
        paid = self.close(symbol, session - 1) * Decimal(repr(part))
        return paid.quantize(Decimal("0.0001"))

    def trades(self, symbol: str, since: datetime) -> tuple[Integers, Integers]:
        """Moments (Unix seconds) and prices (cents) of the trades after `since`, until the session
        ends; in a market that never closes, until the session or the night ends.

        Empty while the market is shut. The closing trade belongs to nobody's waiting order, unless
        the market never closes.
        """
        calendar, second = nyse(), since.timestamp()
        session = calendar.at_or_after(since)
        opened, start, step = calendar.opens[session], 0, TICK
        if second >= opened:
            prices, start = paths.ticks(self.seed, symbol, session), opened
            if self.hours == "xnys":
                prices = prices[:-1]
        elif self.hours == "always" and session > 0:
            prices, start = paths.night(self.seed, symbol, session), calendar.closes[session - 1]
            step = NIGHT_TICK
        else:
            return np.empty(0, np.int64), np.empty(0, np.int64)
        first = int(second - start) // step + 1
        moments = start + np.arange(first, max(len(prices), first), dtype=np.int64) * step
        return moments, self.in_cents(assets()[symbol], moments, prices[first:])

    def in_cents(self, asset: Asset, moments: Integers, prices: Floats) -> Integers:
        """Prices of these moments with the shocks in force then, in whole cents."""
        if self.shocks:
            prices = prices * self._factors(asset, moments)
        return np.maximum(np.rint(prices * 100), 1).astype(np.int64)

    def shaken(self, asset: Asset, until: int) -> bool:
        """Whether a shock has touched the asset by a Unix second."""
        first = self._about(asset).first if self.shocks else None
        return first is not None and first <= until

    def _about(self, asset: Asset) -> "_Moves":
        """What moves the asset, worked out anew whenever a shock has been added."""
        known = self._moves.get(asset.symbol)
        if known is None or known.count != len(self.shocks):
            scopes = ("all", asset.symbol, asset.asset_class, asset.ips_class)
            own = [shock for shock in self.shocks if shock["scope"] in scopes]
            known = self._moves[asset.symbol] = _Moves(len(self.shocks), own)
        return known

    def _factor(self, asset: Asset, second: float) -> float:
        moves = self._about(asset)
        factor = moves.levels[bisect_right(moves.starts, second)]
        for start, depth, seconds in moves.fading:
            if start <= second < start + seconds:
                factor *= math.pow(depth, 1 - (second - start) / seconds)
        return factor

    def _factors(self, asset: Asset, moments: Integers) -> Floats:
        """`_factor` of many moments."""
        moves = self._about(asset)
        factors = np.array(moves.levels)[np.searchsorted(moves.starts, moments, side="right")]
        for start, depth, seconds in moves.fading:
            after = moments - start
            left = np.clip(1 - after / seconds, 0.0, 1.0)
            factors = factors * np.where(after >= 0, np.power(depth, left), 1.0)
        return factors


class _Moves:
    """The shocks of one asset: lasting ones as levels between their starts, and fading ones as
    (start, depth, seconds until they are gone). `count` is that of all shocks it knows of.
    """

    def __init__(self, count: int, shocks: list[Any]) -> None:
        self.count = count
        lasting = sorted(
            (_start(each), float(each["factor"])) for each in shocks if not _days(each)
        )
        self.starts = [start for start, _ in lasting]
        self.levels: list[float] = [
            1.0,
            *accumulate((factor for _, factor in lasting), operator.mul),
        ]
        self.fading = [
            (_start(each), float(each["factor"]), _days(each) * DAY)
            for each in shocks
            if _days(each)
        ]
        self.first = min((_start(each) for each in shocks), default=None)


def _days(shock: Any) -> float:
    return float(shock.get("recovery_days") or 0)


def _start(shock: Any) -> int:
    """The trade from which a shock shows: the last one before its moment."""
    return int(_second(shock["at"]) // TICK * TICK)


@lru_cache(maxsize=1024)
def _second(at: str) -> float:
    moment = datetime.fromisoformat(at)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _cents(price: float) -> Decimal:
    return _exact(max(round(price * 100), 1))


def _exact(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)
