"""How much may stand in stocks, given the time left."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from portfolios.planning.assumptions import CURRENT, load
from portfolios.planning.models import models

Points = Sequence[tuple[float, float]]

# Years left, most stocks in percent. The ends of the first are Betterment's published range for a
# goal with a date; the points between are ours. Open-ended: Betterment's 56 to 90.
DATED: Points = (
    (0, 0),
    (1, 10),
    (2, 20),
    (3, 30),
    (5, 45),
    (7, 55),
    (10, 65),
    (15, 75),
    (20, 80),
    (33, 90),
)
OPEN_ENDED: Points = ((0, 56), (20, 90))
RETIREMENT_INCOME: Points = ((0, 30), (24, 56))

GOAL_TYPES = ("retirement", "education", "emergency", "wealth_growth", "home_purchase", "custom")
"""Bluum's goal types. `retirement_income` is ours, for someone who already draws on it."""


def stocks_cap(years: float, goal_type: str = "custom") -> float:
    """The most that may stand in stocks, as a fraction, linear between the known points.

    Retirement and wealth growth have no single date on which all is spent, so they keep more.
    An emergency fund holds the safest mix that is expected to match inflation.
    """
    if goal_type == "emergency":
        return emergency_stocks()
    if goal_type in ("retirement", "wealth_growth"):
        points = OPEN_ENDED
    elif goal_type == "retirement_income":
        points = RETIREMENT_INCOME
    else:
        points = DATED
    return _between(points, max(0.0, years)) / 100


def emergency_stocks(version: str = CURRENT) -> float:
    """Stocks of the safest model whose compound return after fees is at least inflation."""
    assumed = load(version)
    for candidate in models(version=version):
        if candidate.geometric - assumed.fee >= assumed.inflation:
            return candidate.stocks
    return models(version=version)[0].stocks


def level_for_stocks(cap: float, version: str = CURRENT) -> int:
    """The boldest level with no more stocks than the cap.

    Level 1 where even that is too much: it is the calmest portfolio there is.
    """
    fitting = [mix.level for mix in load(version).levels if mix.stocks_percent <= cap * 100 + 1e-9]
    return max(fitting, default=1)


def _between(points: Points, x: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(points):
        if x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return points[-1][1]
