"""Bars: open, high, low, close and volume of stretches of trading, made of the trades themselves.

A minute has four trades, the closing trade belongs to the last minute. Longer bars are made of the
same trades, so short bars add up to long ones: first open, highest high, lowest low, last close,
sum of volumes. Intraday bars are stamped with their start, counted from the opening bell; days,
weeks and months with the midnight in New York that begins them, as the documented example shows.
The bar that is running ends at the last trade.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import TypedDict

import numpy as np

from sandbox import paths
from sandbox.calendar import NEW_YORK, nyse
from sandbox.market import Market, assets
from sandbox.paths import TICK

MINUTES = {"1Min": 1, "5Min": 5, "15Min": 15, "30Min": 30, "1Hour": 60}
DAYS = {"1Day": 1, "1Week": 7, "1Month": 31}
SHARES_A_TRADE = 80


class Bar(TypedDict):
    """Prices in US dollars, volume in shares; `vwap` is the volume-weighted average price."""

    start: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int
    vwap: float
    trades: int


def bars(
    market: Market,
    symbol: str,
    timeframe: str,
    end: datetime,
    limit: int,
    start: datetime | None = None,
) -> list[Bar]:
    """At most `limit` bars, oldest first: from `start` on, or else the last ones before `end`.

    `end` must not lie in the future: a bar knows no trade after it.
    """
    calendar = nyse()
    last = min(_session_of(end), len(calendar.days) - 1)
    if start is not None:
        first = calendar.index_on_or_after(start.astimezone(NEW_YORK).date())
        if timeframe in DAYS:
            first = calendar.index_on_or_after(_period(calendar.days[first], timeframe))
    elif timeframe in MINUTES:
        # Shortened days have 210 minutes.
        first = max(last - limit * MINUTES[timeframe] // 210 - 1, 0)
    else:
        first = max(last - limit * {"1Day": 1, "1Week": 5, "1Month": 23}[timeframe] - 23, 0)
        first = calendar.index_on_or_after(_period(calendar.days[first], timeframe))
    found: list[Bar] = []
    if timeframe in MINUTES:
        for session in range(first, last + 1):
            found += _since(session_bars(market, symbol, session, MINUTES[timeframe], end), start)
            if start is not None and len(found) >= limit:
                break
    else:
        sessions = list(range(first, last + 1))
        for day, group in groupby(sessions, lambda each: _period(calendar.days[each], timeframe)):
            days = [day_bar(market, symbol, session, end) for session in group]
            together = _together(_midnight(day), [bar for bar in days if bar is not None])
            found += _since(together, start)
            if start is not None and len(found) >= limit:
                break
    return found[:limit] if start is not None else found[-limit:]


def session_bars(
    market: Market, symbol: str, session: int, minutes: int, end: datetime
) -> list[Bar]:
    """A session's bars of so many minutes, up to the last trade at `end`."""
    calendar, asset = nyse(), assets()[symbol]
    opened, last = calendar.opens[session], int(end.timestamp())
    prices = paths.ticks(market.seed, symbol, session)
    closing = len(prices) - 1
    count = min((last - opened) // TICK, closing) + 1
    if count <= 0:
        return []
    moments = opened + np.arange(count, dtype=np.int64) * TICK
    cents = market.in_cents(asset, moments, prices[:count])
    volumes = paths.tick_volumes(market.seed, symbol, session)[:count]
    starts = np.arange(0, min(count, closing), minutes * 60 // TICK)
    ends = np.append(starts[1:], count) - 1
    shares = np.add.reduceat(volumes, starts)
    turnover = np.add.reduceat(cents[: len(volumes)] * volumes, starts)
    columns = (
        cents[starts],
        np.maximum.reduceat(cents, starts),
        np.minimum.reduceat(cents, starts),
        cents[ends],
        shares,
        np.add.reduceat(volumes // SHARES_A_TRADE + 1, starts),
        turnover / np.maximum(shares, 1),
    )
    return [
        Bar(
            start=datetime.fromtimestamp(int(moment), UTC),
            open=first / 100,
            high=high / 100,
            low=low / 100,
            close=close / 100,
            volume=volume,
            vwap=round(average / 100, 4) if volume else close / 100,
            trades=trades,
        )
        for moment, first, high, low, close, volume, trades, average in zip(
            moments[starts], *(column.tolist() for column in columns), strict=True
        )
    ]


def day_bar(market: Market, symbol: str, session: int, end: datetime) -> Bar | None:
    """A session's bar, up to the last trade at `end`; None if it has not opened by then."""
    closed = nyse().closes[session]
    if closed <= end.timestamp() and not market.shaken(assets()[symbol], closed):
        return _calm_day(market.seed, symbol, session)
    found = session_bars(market, symbol, session, 24 * 60, end)
    return {**found[0], "start": _midnight(nyse().days[session])} if found else None


@lru_cache(maxsize=8192)
def _calm_day(seed: int, symbol: str, session: int) -> Bar:
    """The bar of a session that is over and that no shock has touched."""
    [bar] = session_bars(Market(seed, []), symbol, session, 24 * 60, nyse().close_at(session))
    return {**bar, "start": _midnight(nyse().days[session])}


def without_dividends(market: Market, symbol: str, found: list[Bar], now: datetime) -> list[Bar]:
    """Bars as if dividends that went ex by `now` had been reinvested (adjustment `dividend`):
    earlier prices are lowered by the fraction each of them was of the price.
    """
    calendar, paid = nyse(), paths.daily(market.seed, symbol).dividends
    session, factor, adjusted = _session_of(now), 1.0, []
    for bar in reversed(found):
        own = calendar.index_on_or_after(bar["start"].astimezone(NEW_YORK).date())
        while session > own:
            factor *= 1 - paid[session]
            session -= 1
        adjusted.append(_times(bar, factor))
    return adjusted[::-1]


def _times(bar: Bar, factor: float) -> Bar:
    return Bar(
        start=bar["start"],
        open=round(bar["open"] * factor, 2),
        high=round(bar["high"] * factor, 2),
        low=round(bar["low"] * factor, 2),
        close=round(bar["close"] * factor, 2),
        volume=bar["volume"],
        vwap=round(bar["vwap"] * factor, 4),
        trades=bar["trades"],
    )


def _together(start: datetime, days: list[Bar]) -> list[Bar]:
    if not days:
        return []
    volume = sum(bar["volume"] for bar in days)
    turnover = sum(bar["vwap"] * bar["volume"] for bar in days)
    return [
        Bar(
            start=start,
            open=days[0]["open"],
            high=max(bar["high"] for bar in days),
            low=min(bar["low"] for bar in days),
            close=days[-1]["close"],
            volume=volume,
            vwap=round(turnover / volume, 4) if volume else days[-1]["close"],
            trades=sum(bar["trades"] for bar in days),
        )
    ]


def _since(found: list[Bar], start: datetime | None) -> list[Bar]:
    return found if start is None else [bar for bar in found if bar["start"] >= start]


def _session_of(end: datetime) -> int:
    """The last session that had opened by `end`; the first if none had."""
    calendar = nyse()
    session = calendar.at_or_after(end)
    return session if calendar.opens[session] <= end.timestamp() else max(session - 1, 0)


def _period(day: date, timeframe: str) -> date:
    """The first day of the day's own week (Monday) or month, or the day itself."""
    if timeframe == "1Week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if timeframe == "1Month" else day


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), NEW_YORK).astimezone(UTC)
