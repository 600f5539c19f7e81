"""Lots and realized gains from one's own fills, the oldest shares sold first. Pure.

Bluum's trading interface tells neither, and its method isn't documented. What comes out is shown
only where shares and cost that are left agree with the position Bluum reports (`agrees`).
Amounts are dollars before commission.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Fill:
    at: datetime
    is_buy: bool
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Lot:
    bought: datetime
    quantity: Decimal
    cost: Decimal


@dataclass(frozen=True, slots=True)
class Sale:
    """What a sale brought and what the shares in it had cost."""

    at: datetime
    quantity: Decimal
    proceeds: Decimal
    cost: Decimal

    @property
    def gain(self) -> Decimal:
        return self.proceeds - self.cost


@dataclass(frozen=True, slots=True)
class Account:
    lots: tuple[Lot, ...]
    sales: tuple[Sale, ...]
    complete: bool
    """False if more was sold than had been bought: then some fills aren't known."""

    @property
    def realized(self) -> Decimal:
        return sum((sale.gain for sale in self.sales), ZERO)

    def agrees(self, quantity: Decimal, cost: Decimal | None) -> bool:
        """Whether what is left is what the position says, to a cent a lot."""
        if not self.complete or cost is None:
            return False
        left = sum((lot.quantity for lot in self.lots), ZERO)
        spent = sum((lot.cost for lot in self.lots), ZERO)
        return left == quantity and abs(spent - cost) <= CENT * max(len(self.lots), 1)


def keep(fills: Iterable[Fill]) -> Account:
    """Go through the fills in order of time: buys open lots, sales close the oldest ones."""
    lots: list[Lot] = []
    sales: list[Sale] = []
    complete = True
    for fill in sorted(fills, key=lambda one: one.at):
        if fill.is_buy:
            lots.append(Lot(fill.at, fill.quantity, fill.amount))
            continue
        left, cost = fill.quantity, ZERO
        while left and lots:
            lot = lots.pop(0)
            taken = min(left, lot.quantity)
            part = lot.cost if taken == lot.quantity else _cents(lot.cost * taken / lot.quantity)
            if taken < lot.quantity:
                lots.insert(0, Lot(lot.bought, lot.quantity - taken, lot.cost - part))
            left, cost = left - taken, cost + part
        complete = complete and not left
        sales.append(Sale(fill.at, fill.quantity, fill.amount, cost))
    return Account(tuple(lots), tuple(sales), complete)


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT)


def day_gain(
    quantity: Decimal, value: Decimal, previous_close: Decimal, fills: Sequence[Fill]
) -> Decimal:
    """What a position has won since the close before, dollars. `fills` are those of the day:
    shares bought in it count from what they cost."""
    bought = sum((one.quantity for one in fills if one.is_buy), ZERO)
    sold = sum((one.quantity for one in fills if not one.is_buy), ZERO)
    spent = sum((one.amount if one.is_buy else -one.amount for one in fills), ZERO)
    at_open = quantity - bought + sold
    return _cents(value - at_open * previous_close - spent)


def on(fills: Iterable[Fill], day: date, zone: tzinfo) -> list[Fill]:
    """Those of a day there."""
    return [one for one in fills if one.at.astimezone(zone).date() == day]
