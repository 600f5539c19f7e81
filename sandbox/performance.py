"""Returns from dated values and flows. Pure; percents in percent units, money in dollars.

Time-weighted: the product of each day's growth, flows counted at the start of their day.
Money-weighted: XIRR, the yearly rate (actual days over 365) at which all flows and the last value
add up to nothing. Annualised only from a year on. Drawdown is that of the time-weighted index.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise

YEAR = 365


@dataclass(frozen=True)
class Point:
    """A day's closing value and the money in (+) or out (-) since the last one."""

    day: date
    value: Decimal
    flow: Decimal


def growth(points: Sequence[Point]) -> list[float]:
    """Each day's growth factor, one less than there are points.

    A day that begins with nothing, and stays so, counts as no change.
    """
    found = []
    for before, point in pairwise(points):
        start = before.value + point.flow
        found.append(float(point.value / start) if start > 0 else 1.0)
    return found


def time_weighted(points: Sequence[Point]) -> float:
    """Time-weighted return of the whole stretch, as a fraction."""
    return math.prod(growth(points)) - 1


def annualised(total: float, days: int) -> float:
    """A yearly rate from a return over at least a year; shorter stretches stay as they are."""
    if days < YEAR or total <= -1:
        return total
    return math.pow(1 + total, YEAR / days) - 1


def money_weighted(
    flows: Sequence[tuple[date, Decimal]], end: date, value: Decimal
) -> float | None:
    """XIRR as a yearly fraction. `flows` are money put in (+) and taken out (-).

    None if there is no rate between -99.99 % and 1000 % a year that fits.
    """
    paid = [(float(amount), (end - day).days / YEAR) for day, amount in flows if amount]
    if not paid:
        return None

    def left_over(rate: float) -> float:
        return sum(amount * math.pow(1 + rate, years) for amount, years in paid) - float(value)

    low, high = -0.9999, 10.0
    if left_over(low) * left_over(high) > 0:
        return None
    rising = left_over(high) > 0
    for _ in range(200):
        middle = (low + high) / 2
        if (left_over(middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def period_money_weighted(
    flows: Sequence[tuple[date, Decimal]], end: date, value: Decimal
) -> float | None:
    """XIRR over the days of the whole stretch, to stand beside its time-weighted return."""
    rate = money_weighted(flows, end, value)
    days = (end - min((day for day, _ in flows), default=end)).days
    return None if rate is None else math.pow(1 + rate, days / YEAR) - 1


def volatility(factors: Sequence[float], periods: int = 252) -> float:
    """Annualised standard deviation of daily returns, as a fraction."""
    if len(factors) < 2:
        return 0.0
    returns = [factor - 1 for factor in factors]
    mean = sum(returns) / len(returns)
    variance = sum((each - mean) ** 2 for each in returns) / (len(returns) - 1)
    return math.sqrt(variance * periods)


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
