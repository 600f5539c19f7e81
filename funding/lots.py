"""What a sale would take from which lots, and the tax on it by term. Pure; dollars are Decimal.

Which lots a custodian uses isn't documented by Bluum: the oldest first, or those that cost the
least tax if the policy says so. An estimate until the sale.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from funding.calendar import NEW_YORK
from portfolios.planning import taxes

CENT = Decimal("0.01")
ZERO = Decimal(0)
TYPICAL = {"short": Decimal("0.24"), "long": Decimal("0.15")}
"""Rates by which lots are put in order, where the person's own aren't needed."""


@dataclass(frozen=True, slots=True)
class Lot:
    quantity: Decimal
    cost: Decimal
    acquired_at: datetime

    def term(self, at: datetime) -> str:
        """`long` or `short`, by New York's days."""
        bought, sold = (moment.astimezone(NEW_YORK).date() for moment in (self.acquired_at, at))
        return "long" if taxes.is_long(bought, sold) else "short"


@dataclass(frozen=True, slots=True)
class Gains:
    """Gains less losses of one sale or several, dollars, by how long what is sold was held."""

    short: Decimal
    long: Decimal
    washed: bool = False
    """A part of it is sold at a loss though the same was bought within 30 days."""

    @property
    def total(self) -> Decimal:
        return self.short + self.long

    def __add__(self, other: "Gains") -> "Gains":
        return Gains(self.short + other.short, self.long + other.long, self.washed or other.washed)


def read(rows: Iterable[Mapping[str, Any]]) -> tuple[Lot, ...]:
    """Lots as Bluum lists them; none at all if one can't be read."""
    try:
        return tuple(
            Lot(
                Decimal(str(row["quantity"])),
                Decimal(str(row["cost_basis"])),
                datetime.fromisoformat(str(row["acquired_at"])),
            )
            for row in rows
        )
    except (KeyError, ValueError, ArithmeticError):
        return ()


def gains_of(
    lots: Iterable[Lot],
    *,
    quantity: Decimal,
    value: Decimal,
    amount: Decimal,
    at: datetime,
    tax_aware: bool,
) -> Gains | None:
    """What selling `amount` dollars of a position worth `value` takes; None where the lots don't
    make up its `quantity`."""
    known = sorted(lots, key=lambda lot: lot.acquired_at)
    held = sum((lot.quantity for lot in known), ZERO)
    if not known or value <= 0 or abs(held - quantity) > Decimal("0.0001"):
        return None
    price = value / quantity
    if tax_aware:
        known.sort(key=lambda lot: (price - lot.cost / lot.quantity) * TYPICAL[lot.term(at)])
    left = min(amount / price, quantity)
    sums = {"short": ZERO, "long": ZERO}
    washed = False
    lately = any(at - lot.acquired_at <= taxes.WASH_SALE for lot in known)
    for lot in known:
        taken = min(left, lot.quantity)
        if taken <= 0:
            break
        gain = taken * (price - lot.cost / lot.quantity)
        sums[lot.term(at)] += gain
        washed = washed or (gain < -CENT / 2 and lately)
        left -= taken
    return Gains(sums["short"].quantize(CENT), sums["long"].quantize(CENT), washed)


def tax_on(gains: Gains, rates: taxes.Rates) -> Decimal:
    """Dollars, never less than nothing."""
    return taxes.tax_on(gains.short, gains.long, at_short=rates.short, at_long=rates.long)
