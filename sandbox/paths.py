"""The paths prices take: a close and an opening for each session, and trades every 15 seconds.

All follow from (seed, symbol, session) alone, so they are the same in whatever order they are asked
for, in any process. Nothing here knows of shocks.

Daily moves are a class's move (drawn together, correlated as the house matrix says) times the
symbol's beta, plus a little of its own. Three tenths of a day's variance happen before the
opening; between opening and close the price runs along a Brownian bridge. On an ex-date the price
opens lower by the dividend. Paths are anchored to the levels of the first session of 2026.

The past is tamed: what chance alone would have piled up between the first session and the anchor
is taken out evenly, all of a class's and half of a symbol's own, so that every seed looks back on
an ordinary decade.
"""

import math
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from sandbox.calendar import nyse
from sandbox.universe import (
    COMPOUND_RETURN,
    CORRELATION,
    FACTORS,
    PAYS,
    VOLATILITY,
    Asset,
    assets,
)

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ANCHOR = date(2026, 1, 2)
SESSIONS_A_YEAR = 252
OVERNIGHT = 0.3  # share of a day's variance that happens before the opening bell
TICK = 15  # seconds between two trades of a session
NIGHT_TICK = 60  # seconds between two trades of a night, for a market that never closes
OWN_KEPT = 0.5  # share of a symbol's own luck before the anchor that stays
DICE = 2022  # of many throws, one whose seed 1 makes an ordinary market


@dataclass(frozen=True)
class Daily:
    """A symbol's sessions: logarithms of openings and closes, closes in dollars, volumes.

    `dividends` are fractions of the close before, on ex-dates; zero on all other days.
    `daily_vol` is the standard deviation of a day's logarithmic move.
    """

    opens: list[float]
    closes: list[float]
    dollars: list[float]
    dividends: list[float]
    volumes: list[int]
    daily_vol: float


def number(text: str) -> int:
    """A number for a text, always the same."""
    return int.from_bytes(sha256(text.encode()).digest()[:4], "big")


@lru_cache(maxsize=8)
def _factor_moves(seed: int) -> Floats:
    """Standardised daily moves of the classes, sessions by classes, correlated by the matrix."""
    rng = np.random.default_rng([seed, DICE])
    independent = rng.standard_normal((len(nyse().days), len(FACTORS)))
    moves = np.asarray(independent @ np.linalg.cholesky(np.array(CORRELATION)).T)
    return _tamed(moves, 0.0)


def _tamed(moves: Floats, kept: float) -> Floats:
    """Moves of which the mean before the anchor is `kept` of what chance made it."""
    anchor = nyse().index_on_or_after(ANCHOR)
    calm = moves.copy()
    calm[1 : anchor + 1] -= (1 - kept) * moves[1 : anchor + 1].mean(axis=0)
    return calm


@lru_cache(maxsize=256)
def daily(seed: int, symbol: str) -> Daily:
    """The symbol's sessions from 2014 to 2037. Raises KeyError for a symbol nobody knows."""
    asset, count = assets()[symbol], len(nyse().days)
    class_vol = VOLATILITY[asset.factor] / 100 * asset.beta
    own_vol = asset.own_vol / 100
    daily_vol = math.hypot(class_vol, own_vol) / math.sqrt(SESSIONS_A_YEAR)
    own = _tamed(_normal(seed, symbol, count), OWN_KEPT)
    # A stock's own risk is not paid for; the class's is, up to what its beta carries.
    drift = math.log1p(COMPOUND_RETURN[asset.factor] / 100) / SESSIONS_A_YEAR
    noise = class_vol * _factor_moves(seed)[:, asset.factor] + own_vol * own
    moves = drift + noise / math.sqrt(SESSIONS_A_YEAR)
    paid = _dividends(asset)
    path = np.cumsum(moves + np.log1p(-paid))
    path += math.log(asset.price) - path[nyse().index_on_or_after(ANCHOR)]
    gap = math.sqrt(OVERNIGHT * (1 - OVERNIGHT)) * daily_vol * _normal(seed, symbol, count, 3)
    opens = np.roll(path, 1) + OVERNIGHT * moves + gap + np.log1p(-paid)
    opens[0] = path[0]
    busy = np.abs(moves) / daily_vol
    volumes = asset.volume * np.exp(0.25 * _normal(seed, symbol, count, 5) + 0.2 * (busy - 0.8))
    return Daily(
        opens=opens.tolist(),
        closes=path.tolist(),
        dollars=np.exp(path).tolist(),
        dividends=paid.tolist(),
        volumes=volumes.astype(np.int64).tolist(),
        daily_vol=daily_vol,
    )


def _normal(seed: int, symbol: str, count: int, *stream: int) -> Floats:
    rng = np.random.default_rng([seed, number(symbol), *stream])
    return np.asarray(rng.standard_normal(count))


def _dividends(asset: Asset) -> Floats:
    """Fraction of the price that goes ex, by session.

    The year's yield in equal parts, each on the first session on or after the day of the month that
    the symbol's habit names; funds and stocks of one habit spread over five sessions.
    """
    months, day = PAYS[asset.pays]
    calendar, paid = nyse(), np.zeros(len(nyse().days))
    if not months or not asset.dividend_yield:
        return paid
    spread = 0 if asset.pays == "monthly" else number(asset.symbol) % 5
    for year in range(calendar.days[0].year, calendar.days[-1].year + 1):
        for month in months:
            session = calendar.index_on_or_after(date(year, month, day)) + spread
            if 0 < session < len(paid):
                paid[session] = asset.dividend_yield / 100 / len(months)
    return paid


@lru_cache(maxsize=512)
def ticks(seed: int, symbol: str, session: int) -> Floats:
    """Dollars at each trade of a session: every `TICK` seconds from opening to close, both in."""
    calendar, days = nyse(), daily(seed, symbol)
    count = (calendar.closes[session] - calendar.opens[session]) // TICK
    spread = days.daily_vol * math.sqrt(1 - OVERNIGHT)
    key = [seed, number(symbol), session, 11]
    return _bridge(key, count, days.opens[session], days.closes[session], spread)


@lru_cache(maxsize=64)
def night(seed: int, symbol: str, session: int) -> Floats:
    """Dollars every `NIGHT_TICK` seconds from the close before a session to its opening."""
    calendar, days = nyse(), daily(seed, symbol)
    count = (calendar.opens[session] - calendar.closes[session - 1]) // NIGHT_TICK
    spread = days.daily_vol * math.sqrt(OVERNIGHT)
    key = [seed, number(symbol), session, 13]
    return _bridge(key, count, days.closes[session - 1], days.opens[session], spread)


def _bridge(key: list[int], count: int, start: float, end: float, spread: float) -> Floats:
    """A random walk from one logarithm to another in `count` steps, as prices."""
    walk = np.zeros(count + 1)
    np.cumsum(np.random.default_rng(key).standard_normal(count), out=walk[1:])
    done = np.linspace(0.0, 1.0, count + 1)
    walk -= done * walk[-1]
    walk *= spread / math.sqrt(count)
    walk += start + done * (end - start)
    return np.asarray(np.exp(walk))


@lru_cache(maxsize=8)
def _shape(count: int) -> Floats:
    """How busy each of `count` stretches of a session is: most at the opening and the close."""
    done = (np.arange(count) + 0.5) / count
    return np.asarray(0.6 + 2.2 * (done - 0.5) ** 2 / 0.25)


def tick_volumes(seed: int, symbol: str, session: int) -> Integers:
    """Shares traded from each tick to the next, the closing trade's with the last; they add up to
    the session's volume. Busier when the price moves.
    """
    prices = ticks(seed, symbol, session)
    moves = np.abs(np.diff(prices))
    weight = _shape(len(moves)) * (0.5 + 0.5 * moves / max(float(moves.mean()), 1e-9))
    total = np.cumsum(weight)
    upto = np.floor(total / total[-1] * daily(seed, symbol).volumes[session]).astype(np.int64)
    return np.asarray(np.diff(upto, prepend=0))
