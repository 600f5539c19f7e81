"""Returns from dated values and flows. Pure; percents in percent units, money in dollars.

Flow timing: what comes in on a day counts from its start, what goes out at its end (the day's flows
net of each other), so a deposit is never a profit and a withdrawal never a loss.
Time-weighted (TWR): the product of each day's growth. A day that ends with money though nothing was
there and nothing came in breaks the chain: there is no return then.
Money-weighted (XIRR): the yearly rate, actual days over 365, at which all flows and the last value
add up to nothing. Annualised only from 365 days on. Drawdown is that of the time-weighted index.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

YEAR = 365
NOTHING = Decimal(0)
LOWEST, HIGHEST = -0.9999, 10.0
GRID = 600


class BrokenChain(ValueError):
    """The daily values do not hang together: no time-weighted return can be given."""


@dataclass(frozen=True)
class Point:
    """A day's closing value and the money in (+) or out (-) since the last one."""

    day: date
    value: Decimal
    flow: Decimal


def growth(points: Sequence[Point]) -> list[float]:
    """Each day's growth factor, one less than there are points.

    A day on which nothing is invested counts as no change. Raises BrokenChain.
    """
    found = []
    for before, point in pairwise(points):
        start = before.value + max(point.flow, NOTHING)
        end = point.value - min(point.flow, NOTHING)
        if start <= 0 < end:
            raise BrokenChain(f"nothing was invested on {point.day}, yet {end} was there")
        found.append(float(end / start) if start > 0 else 1.0)
    return found


def time_weighted(points: Sequence[Point]) -> float:
    """Time-weighted return of the whole stretch, as a fraction. Raises BrokenChain."""
    return math.prod(growth(points)) - 1


def modified_dietz(
    starting: Decimal,
    ending: Decimal,
    flows: Sequence[tuple[date, Decimal]],
    start: date,
    end: date,
) -> float | None:
    """Return over gain and time-weighted capital, as a fraction: (V1 - V0 - F) / (V0 + sum w F).

    `flows` are money put in (+) and taken out (-) after `start`; w is the part of the time that
    was left. None if no capital was at work.
    """
    days = (end - start).days
    if days <= 0:
        return None
    capital = starting + sum(
        (amount * (end - day).days / days for day, amount in flows), start=NOTHING
    )
    gain = ending - starting - sum((amount for _, amount in flows), start=NOTHING)
    return float(gain / capital) if capital > 0 else None


def annualised(total: float, days: int) -> float:
    """A yearly rate from a return over at least a year; shorter stretches stay as they are."""
    if days < YEAR or total <= -1:
        return total
    return math.pow(1 + total, YEAR / days) - 1


def money_weighted(
    flows: Sequence[tuple[date, Decimal]], end: date, value: Decimal
) -> float | None:
    """XIRR as a yearly fraction. `flows` are money put in (+) and taken out (-).

    None if no rate between -99.99 % and 1000 % a year fits, or more than one does.
    """
    return _rate(flows, end, value, YEAR)


def period_money_weighted(
    flows: Sequence[tuple[date, Decimal]], end: date, value: Decimal
) -> float | None:
    """XIRR over the days of the whole stretch, to stand beside its time-weighted return."""
    days = (end - min((day for day, _ in flows), default=end)).days
    return _rate(flows, end, value, max(days, 1))


def _rate(
    flows: Sequence[tuple[date, Decimal]], end: date, value: Decimal, unit: int
) -> float | None:
    """The one rate per `unit` days at which the flows grow to `value`."""
    paid = [(float(amount), (end - day).days / unit) for day, amount in sorted(flows) if amount]
    if not paid:
        return None
    if all(time == 0 for _, time in paid):
        capital = sum(amount for amount, _ in paid)
        return float(value) / capital - 1 if capital > 0 else None

    def left_over(rate: float) -> float:
        return sum(amount * math.pow(1 + rate, time) for amount, time in paid) - float(value)

    signs = [amount > 0 for amount, _ in paid] + ([False] if value > 0 else [])
    turns = sum(1 for one, other in pairwise(signs) if one != other)
    steps = 1 if turns <= 1 else GRID
    ratio = math.log((1 + HIGHEST) / (1 + LOWEST)) / steps
    grid = [(1 + LOWEST) * math.exp(ratio * step) - 1 for step in range(steps + 1)]
    found = [
        _bisect(left_over, low, high)
        for low, high in pairwise(grid)
        if (left_over(low) > 0) != (left_over(high) > 0)
    ]
    return found[0] if len(found) == 1 else None


def _bisect(function: Callable[[float], float], low: float, high: float) -> float:
    rising = function(high) > 0
    for _ in range(200):
        middle = (low + high) / 2
        if (function(middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def volatility(factors: Sequence[float], periods: int = 252) -> float:
    """Annualised standard deviation of daily returns, as a fraction."""
    if len(factors) < 2:
        return 0.0
    returns = [factor - 1 for factor in factors]
    mean = sum(returns) / len(returns)
    variance = sum((each - mean) ** 2 for each in returns) / (len(returns) - 1)
    return math.sqrt(variance * periods)


def sharpe(factors: Sequence[float], cash_rate: float, periods: int = 252) -> float | None:
    """Mean yearly return above cash (both fractions) over the deviation; None without deviation."""
    deviation = volatility(factors, periods)
    if not deviation:
        return None
    mean = sum(factor - 1 for factor in factors) / len(factors) * periods
    return (mean - cash_rate) / deviation


def drawdown(points: Sequence[Point]) -> tuple[float, date | None]:
    """The deepest fall from a peak, as a fraction at most zero, and its day."""
    level = peak = 1.0
    worst, day = 0.0, None
    for point, factor in zip(points[1:], growth(points), strict=True):
        level *= factor
        peak = max(peak, level)
        if level / peak - 1 < worst:
            worst, day = level / peak - 1, point.day
    return worst, day


def beta_and_correlation(
    own: Sequence[float], other: Sequence[float]
) -> tuple[float | None, float | None]:
    """Slope and correlation of daily returns against a benchmark; None while there are too few."""
    if len(own) < 20 or len(own) != len(other):
        return None, None
    own_mean, other_mean = sum(own) / len(own), sum(other) / len(other)
    both = sum((a - own_mean) * (b - other_mean) for a, b in zip(own, other, strict=True))
    own_square = sum((a - own_mean) ** 2 for a in own)
    other_square = sum((b - other_mean) ** 2 for b in other)
    if not own_square or not other_square:
        return None, None
    return both / other_square, both / math.sqrt(own_square * other_square)


def tracking_error(own: Sequence[float], other: Sequence[float]) -> float | None:
    """Annualised deviation of the difference of daily returns, as a fraction."""
    if len(own) < 20 or len(own) != len(other):
        return None
    return volatility([1 + a - b for a, b in zip(own, other, strict=True)])
