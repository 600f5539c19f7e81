"""A market to stand beside a portfolio: the mix its policy asks for, day by day, held in a broad
fund for each class.

Levels are those of a fund with its dividends put back in; only ratios of two days mean anything.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

MARKETS = {"equities": "VTI", "fixed_income": "BND", "treasury": "SGOV", "cash": "SGOV"}
"""What stands for each of Bluum's classes. Symbols, in the universe of our policies."""
NAMES = {"VTI": "US stocks", "BND": "US bonds", "SGOV": "Treasury bills"}
"""What each of them holds, in words."""
STALE = timedelta(days=5)
"""A close counts this long for days without one: a weekend and its holidays."""
AGREES = Decimal("0.0005")
"""Reports round an index of 100 to cents, so the same close comes out a little different."""
SIX = Decimal("0.000001")

Levels = Mapping[date, float]
Mix = Mapping[str, Decimal]
"""Symbol to its share; the shares sum to 1."""


def joined(
    kept: Mapping[date, Decimal], told: Sequence[tuple[date, Decimal]]
) -> dict[date, Decimal]:
    """What is new or corrected among the levels told, on the scale of those kept.

    The first day both know sets the scale; nothing where there is no such day, but everything
    where nothing is kept.
    """
    if not kept:
        return {day: level.quantize(SIX) for day, level in told}
    shared = next(((day, level) for day, level in told if day in kept), None)
    if shared is None:
        return {}
    scale = kept[shared[0]] / shared[1]
    found = {day: (level * scale).quantize(SIX) for day, level in told}
    return {
        day: level
        for day, level in found.items()
        if day not in kept or abs(level / kept[day] - 1) > AGREES
    }


def mix_of(targets: Mapping[str, Mapping[str, object]]) -> dict[str, Decimal]:
    """A policy's target allocation, in percent by class, as shares of the funds that stand for its
    classes. A class no fund stands for is left out, and the rest takes its place. Empty without
    any."""
    parts: dict[str, Decimal] = {}
    for name, band in targets.items():
        if name in MARKETS:
            percent = Decimal(str(band.get("target_percent") or 0))
            parts[MARKETS[name]] = parts.get(MARKETS[name], Decimal(0)) + percent
    whole = sum(parts.values(), Decimal(0))
    return {symbol: part / whole for symbol, part in parts.items() if part} if whole else {}


def mix_line(
    days: Sequence[date],
    mixes: Sequence[tuple[date, Mix]],
    levels: Mapping[str, Levels],
    costs: Sequence[float] = (),
) -> list[tuple[date, float]]:
    """The return of the mix since the first of `days` that every fund has a close for, as
    fractions, up to the last one they have.

    `mixes` are the policies' mixes with the day each was signed, oldest first: a day's growth is
    that of the mix in force at the close before it, rebalanced each day; before the first policy
    the first counts. `costs` are what a day took, as fractions, one for each of `days` after the
    first. Empty without two days.
    """
    if not mixes or len(days) < 2:
        return []
    wanted = {symbol for _, mix in mixes for symbol in mix}
    closes = {symbol: _Closes(levels.get(symbol, {})) for symbol in wanted}
    found: list[tuple[date, float]] = []
    at = 1.0
    taken = [0.0, *costs] if costs else [0.0] * len(days)
    for n, (before, day) in enumerate(pairwise(days), start=1):
        mix = _in_force(mixes, before)
        growth = 0.0
        for symbol, share in mix.items():
            start, end = closes[symbol].at(before), closes[symbol].at(day)
            if start is None or end is None:
                break
            growth += float(share) * end / start
        else:
            if not found:
                found.append((before, 0.0))
            at *= growth * (1 - taken[n])
            found.append((day, at - 1))
            continue
        if found:
            break
    return found


def _in_force(mixes: Sequence[tuple[date, Mix]], day: date) -> Mix:
    return next((mix for since, mix in reversed(mixes) if since <= day), mixes[0][1])


class _Closes:
    """The last close on or before a day, unless it is stale."""

    def __init__(self, levels: Levels) -> None:
        self.levels = levels
        self.days = sorted(levels)

    def at(self, day: date) -> float | None:
        found = self.levels.get(day)
        if found is not None:
            return found
        n = bisect_right(self.days, day)
        if not n or n == len(self.days) or day - self.days[n - 1] > STALE:
            return None
        return self.levels[self.days[n - 1]]
