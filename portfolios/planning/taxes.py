"""Tax on gains: when one counts as long-term, at what rate, and what losses take off it.

Rough and said to be: brackets as a person told them, no surtaxes. Dollars and fractions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from portfolios.planning.months import months_later

ZERO = Decimal(0)
CENT = Decimal("0.01")
WASH_SALE = timedelta(days=30)
"""A loss doesn't count if the same was bought so long before or after (26 USC 1091)."""
LONG_RATES = ((Decimal("0.12"), ZERO), (Decimal("0.35"), Decimal("0.15")))
HIGHEST_LONG = Decimal("0.20")


def long_from(bought: date) -> date:
    """The first day on which a sale is of something held for more than a year (26 USC 1222): the
    day after the anniversary, in leap years too."""
    return months_later(bought, 12) + timedelta(days=1)


def is_long(bought: date, sold: date) -> bool:
    return sold >= long_from(bought)


def long_rate(bracket: Decimal) -> Decimal:
    """The federal rate on long-term gains that goes with most incomes of a bracket: none up to
    12 percent, 15 percent up to 35, else 20 (26 USC 1(h)); the brackets' edges differ a little."""
    return next((rate for most, rate in LONG_RATES if bracket <= most), HIGHEST_LONG)


@dataclass(frozen=True, slots=True)
class Rates:
    """Tax on a gain, as fractions, federal and state together."""

    short: Decimal
    long: Decimal
    federal: Decimal
    state: Decimal
    is_told: bool = True
    """Whether they are the person's own; else they are the highest there are."""


HIGHEST = Rates(Decimal("0.408"), Decimal("0.238"), Decimal("0.37"), ZERO, is_told=False)
"""The highest federal rates: 37 percent on income and 20 on long-term gains (26 USC 1(h), (j)), and
3.8 on investments on top of either (26 USC 1411)."""


def rates_of(federal: Any, state: Any) -> Rates:
    """From the brackets a person told, as fractions; without the federal one, `HIGHEST`."""
    try:
        bracket, local = Decimal(str(federal)), Decimal(str(state or 0))
    except ArithmeticError:
        return HIGHEST
    if not (0 <= bracket < 1 and 0 <= local < 1):
        return HIGHEST
    return Rates(bracket + local, long_rate(bracket) + local, bracket, local)


def tax_on(short: Decimal, long: Decimal, *, at_short: Decimal, at_long: Decimal) -> Decimal:
    """Dollars, never less than nothing: a loss of one term lowers a gain of the other first."""
    if short < 0 < long or long < 0 < short:
        net = max(short + long, ZERO)
        short, long = (net, ZERO) if short > 0 else (ZERO, net)
    return (max(short, ZERO) * at_short + max(long, ZERO) * at_long).quantize(CENT)
