"""What a portfolio did in a period, from the values we keep: no page's figure comes from elsewhere.

A day's row says what there was at its close and what had been put in by then. Money that came in
on a day counts from its start, money that went out counts to its end (each day's movements net of
each other), so neither is ever a profit or a loss.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from math import prod, sqrt
from statistics import stdev
from typing import Any

from portfolios.planning import returns
from portfolios.planning.months import months_later
from portfolios.planning.returns import Rate
from robo.ui.charts import ValuePoint

ZERO = Decimal(0)
YEAR = 365
APART = 4
"""Days by which two may mean the same period's start: month ends, and a weekend."""


@dataclass(frozen=True, slots=True)
class Fall:
    """The deepest fall of the return index, as a positive fraction; `back` None if not yet."""

    depth: float
    peak: date
    low: date
    back: date | None


@dataclass(frozen=True, slots=True)
class Part:
    """A step of the way from the first value to the last. Dollars."""

    name: str
    amount: Decimal
    kind: str
    """put_in, markets, dividends or fees."""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """From the value at the start to the value at the end; the parts sum to the change exactly."""

    since: date
    until: date
    start: Decimal
    end: Decimal
    parts: tuple[Part, ...]

    @property
    def change(self) -> Decimal:
        return self.end - self.start


def since(period: str, last: date) -> date | None:
    """The day whose close a period starts from; None for everything there is."""
    if period == "ytd":
        return date(last.year - 1, 12, 31)
    months = {"1m": 1, "3m": 3, "1y": 12, "5y": 60}.get(period)
    return months_later(last, -months) if months else None


def of_period(
    points: Sequence[ValuePoint], period: str, theirs: Mapping[str, Any] | None = None
) -> list[ValuePoint]:
    """The days of the period, the close it starts from first.

    Bluum's answer for the period, if there is one, says on which day it starts: a month before the
    31st has more than one answer, and every page should give the same. Where the portfolio is
    younger than the period, a day of nothing stands before its first.
    """
    if not points:
        return []
    start = since(period, points[-1].day)
    told = ((theirs or {}).get("period") or {}).get("start_date")
    if start is not None and told:
        day = date.fromisoformat(told[:10])
        # On the portfolio's very first day there was nothing before.
        if abs((day - start).days) <= APART and day > points[0].day:
            start = day
    return between(points, start)


def between(
    points: Sequence[ValuePoint], start: date | None, end: date | None = None
) -> list[ValuePoint]:
    """The days from the last close on or before `start` to the last one on or before `end`; all
    there are before or after where one is None."""
    points = [p for p in points if end is None or p.day <= end]
    if not points:
        return []
    if start is not None:
        before = [n for n, p in enumerate(points) if p.day <= start]
        if before:
            return list(points[before[-1] :])
    first = points[0]
    if first.put_in:
        return [ValuePoint(first.day - timedelta(days=1), ZERO, ZERO), *points]
    return list(points)


def flows(points: Sequence[ValuePoint]) -> list[Decimal] | None:
    """What came in (+) or went out (-) on each day after the first; None when it isn't known."""
    if any(p.put_in is None for p in points):
        return None
    return [(b.put_in or ZERO) - (a.put_in or ZERO) for a, b in pairwise(points)]


def time_weighted(points: Sequence[ValuePoint]) -> Rate:
    """The return of a dollar that was in all along, as a fraction; the chain breaks where nothing
    was invested."""
    found = _stretches(points)
    return found if isinstance(found, Rate) else returns.time_weighted(found)


def money_weighted(points: Sequence[ValuePoint]) -> Rate:
    """What the money put in made, over the period as a whole; `annualised` from a year on.

    A yearly rate (XIRR) over less than a year would be a promise nobody made, so it is told for
    the days that have passed: (1 + rate)^(days / 365) - 1.
    """
    moves = flows(points)
    if moves is None:
        return Rate(None, "What had been put in isn’t known for every day.")
    if len(points) < 2:
        return Rate(None, "There are not two days to compare yet.")
    first, last = points[0], points[-1]
    start = first
    if not first.value and moves[0] > 0:  # it began with that day's deposit
        start = ValuePoint(points[1].day, ZERO, None)
    opening = moves[0] if start is not first else ZERO
    days = list(zip(points[1:], moves, strict=True))
    if start is not first:
        days = days[1:]
    # What moved on the last day stands on both sides of the equation, and cancels.
    ending = last.value - (moves[-1] if days else ZERO)
    if start.day >= last.day:
        return Rate(None, "There are not two days to compare yet.")
    history = [
        returns.Valuation(start.day, start.value, opening),
        *(returns.Valuation(p.day, None, flow) for p, flow in days[:-1] if flow),
        returns.Valuation(last.day, ending),
    ]
    if ending < 0:
        return Rate(None, "More came in on the last day than is there.")
    yearly = returns.money_weighted(history)
    if yearly.value is None:
        return yearly
    length = (last.day - start.day).days
    return Rate((1 + yearly.value) ** (length / YEAR) - 1, annualised=yearly.annualised)


def index(points: Sequence[ValuePoint]) -> list[tuple[date, float]]:
    """The return since the start, day by day, as fractions; empty where the chain breaks."""
    found = _stretches(points)
    if isinstance(found, Rate):
        return []
    line, at = [(points[0].day, 0.0)], 1.0
    for (before, after), point in zip(pairwise(found), points[1:], strict=True):
        base = (before.value or ZERO) + before.flow
        if base <= 0:
            return []
        at *= float((after.value or ZERO) / base)
        line.append((point.day, at - 1))
    return line


def deepest_fall(line: Sequence[tuple[date, float]]) -> Fall | None:
    """Measured on the return index, so that taking money out is no fall. None without an index."""
    if not line:
        return None
    peak, peak_at = line[0][1], line[0][0]
    found = Fall(0.0, peak_at, peak_at, None)
    top = peak
    for day, value in line:
        if value >= peak:
            peak, peak_at = value, day
        depth = 1 - (1 + value) / (1 + peak)
        if depth > found.depth + 1e-12:
            found, top = Fall(depth, peak_at, day, None), peak
    back = next((day for day, value in line if day > found.low and value >= top), None)
    return Fall(found.depth, found.peak, found.low, back) if found.depth else found


def way(points: Sequence[ValuePoint], breakdown: Mapping[str, Any] | None) -> Way | None:
    """Who moved the value: you, markets, dividends, fees. Markets are what is left, so the parts
    sum to the change to the cent. Dividends and fees are Bluum's; without them they are in
    markets, and the note says so.
    """
    moves = flows(points)
    if moves is None or len(points) < 2:
        return None
    first, last = points[0], points[-1]
    put_in = sum((m for m in moves if m > 0), ZERO)
    out = sum((m for m in moves if m < 0), ZERO)
    dividends, fees = _amount(breakdown, "dividends_received"), _amount(breakdown, "fees_paid")
    unknown = [n for n, amount in (("dividends", dividends), ("fees", fees)) if amount is None]
    markets = last.value - first.value - put_in - out - (dividends or ZERO) + abs(fees or ZERO)
    parts = [Part("You put in", put_in, "put_in")]
    if out:
        parts.append(Part("You took out", out, "put_in"))
    note = f"with {' and '.join(unknown)} in it" if unknown else ""
    parts.append(Part("Markets", markets, "markets", note))
    if dividends is not None:
        parts.append(Part("Dividends", dividends, "dividends"))
    if fees is not None:
        parts.append(Part("Our fee and commissions", -abs(fees), "fees"))
    return Way(first.day, last.day, first.value, last.value, tuple(parts))


def of_same_days(points: Sequence[ValuePoint], theirs: Mapping[str, Any]) -> bool:
    """Whether Bluum's answer for a period tells of these days: it begins within a day of them, and
    the same amount came in."""
    start = (theirs.get("period") or {}).get("start_date")
    if not points or not start:
        return False
    if abs((date.fromisoformat(start[:10]) - points[0].day).days) > 1:
        return False
    parts = theirs.get("period_breakdown") or {}
    came, gone = _amount(parts, "net_contributions"), _amount(parts, "net_withdrawals")
    moves = flows(points)
    if came is None or moves is None:
        return True
    return came - abs(gone or ZERO) == sum(moves, ZERO)


def costs(points: Sequence[ValuePoint], fees: Decimal | None) -> list[float]:
    """What each day after the first took of the value, as a fraction: `fees`, dollars, spread by
    value and time. Empty where there were none, or none are known."""
    held = float(sum((b.value * (b.day - a.day).days for a, b in pairwise(points)), ZERO))
    if not fees or not held:
        return []
    return [float(abs(fees)) * (b.day - a.day).days / held for a, b in pairwise(points)]


def before_fees(net: Rate, points: Sequence[ValuePoint], fees: Decimal | None) -> float | None:
    """About what it would have been without the fee: each day's cost put back."""
    if net.value is None or fees is None:
        return None
    return (1 + net.value) / prod(1 - cost for cost in costs(points, fees)) - 1


@dataclass(frozen=True, slots=True)
class Timing:
    """What it did that money came when it came. Dollars."""

    evenly: Decimal
    """What the same deposits and withdrawals would have become at the strategy's pace, each day
    alike."""
    actual: Decimal

    @property
    def effect(self) -> Decimal:
        return self.actual - self.evenly


def timing(points: Sequence[ValuePoint], made: Rate) -> Timing | None:
    """The last value beside what it would be had every dollar grown at the time-weighted return,
    spread evenly over the days. None without one."""
    moves = flows(points)
    if moves is None or made.value is None or made.value <= -1 or len(points) < 2:
        return None
    days = (points[-1].day - points[0].day).days
    daily = (1 + made.value) ** (1 / days)
    grown = float(points[0].value) * (1 + made.value)
    for before, point, move in zip(points, points[1:], moves, strict=False):
        if move:  # what comes in has its own day, too
            left = (points[-1].day - (before.day if move > 0 else point.day)).days
            grown += float(move) * daily**left
    return Timing(Decimal(f"{grown:.2f}"), points[-1].value)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch between two movements of money: (1 + made) is one factor of the return. Dollars,
    and a fraction."""

    since: date
    until: date
    base: Decimal
    """The value at its start, with what came in."""
    end: Decimal
    """The value at its end, before what went out that day."""

    @property
    def made(self) -> float:
        return float(self.end / self.base) - 1

    @property
    def factor(self) -> str:
        return f"{self.end / self.base:.6f}"


def stretches(points: Sequence[ValuePoint]) -> list[Stretch]:
    """The factors of the time-weighted return; empty where the chain breaks."""
    found = _stretches(points)
    if isinstance(found, Rate):
        return []
    cut: list[Stretch] = []
    since, base = found[0].day, (found[0].value or ZERO) + found[0].flow
    for n, row in enumerate(found[1:], start=1):
        value = row.value or ZERO
        if base <= 0:
            return []
        if row.flow or n == len(found) - 1:
            cut.append(Stretch(since, row.day, base, value))
            since, base = row.day, value + row.flow
    return cut


@dataclass(frozen=True, slots=True)
class Year:
    """A calendar year's return and its months', fractions; None for a month without a day."""

    year: int
    made: float
    months: tuple[float | None, ...]
    since: date | None
    """The first close it counts from, where it isn't the one before January."""
    is_over: bool


def calendar(line: Sequence[tuple[date, float]]) -> list[Year]:
    """The return by calendar year and month, from the index; newest year first."""
    if len(line) < 2:
        return []
    ends: dict[tuple[int, int], float] = {}
    for day, made in line[1:]:
        ends[day.year, day.month] = 1 + made
    began, last = line[0][0], line[-1][0]
    level = 1 + line[0][1]
    years: dict[int, list[float | None]] = {}
    starts: dict[int, float] = {}
    for (year, month), end in ends.items():
        starts.setdefault(year, level)
        years.setdefault(year, [None] * 12)[month - 1] = end / level - 1
        level = end
    closing = {year: ends[max(k for k in ends if k[0] == year)] for year in years}
    return [
        Year(
            year=year,
            made=closing[year] / starts[year] - 1,
            months=tuple(months),
            since=began if began.year == year else None,
            is_over=year < last.year or (last.month, last.day) == (12, 31),
        )
        for year, months in reversed(years.items())
    ]


def volatility(line: Sequence[tuple[date, float]], least: int = 60) -> float | None:
    """How far a year usually ends from its average: the standard deviation of the days' returns
    times the square root of the days in a year. A fraction; None for fewer than `least` days."""
    if len(line) <= least:
        return None
    changes = [(1 + b) / (1 + a) - 1 for (_, a), (_, b) in pairwise(line)]
    years = (line[-1][0] - line[0][0]).days / YEAR
    return stdev(changes) * sqrt(len(changes) / years)


def fallen(line: Sequence[tuple[date, float]]) -> list[tuple[date, float]]:
    """How far each day was below the highest so far: zero or less, fractions."""
    found, top = [], float("-inf")
    for day, made in line:
        top = max(top, 1 + made)
        found.append((day, (1 + made) / top - 1))
    return found


def _amount(breakdown: Mapping[str, Any] | None, name: str) -> Decimal | None:
    found = (breakdown or {}).get(name)
    return None if found is None else Decimal(str(found))


def _stretches(points: Sequence[ValuePoint]) -> list[returns.Valuation] | Rate:
    """Each close as `planning.returns` wants it: before what went out, with all that moves until
    the next close."""
    moves = flows(points)
    if moves is None:
        return Rate(None, "What had been put in isn’t known for every day.")
    out = [ZERO, *(min(move, ZERO) for move in moves)]
    in_next = [*(max(move, ZERO) for move in moves), ZERO]
    return [
        returns.Valuation(p.day, p.value - gone, gone + coming)
        for p, gone, coming in zip(points, out, in_next, strict=True)
    ]
