"""What is sold so that money can leave: most overweight first. Pure; dollars are Decimal."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, ROUND_UP, Decimal

from funding import limits
from funding.lots import Gains, Lot
from funding.lots import gains_of as gains_of_lots
from portfolios.planning.drift import spread_withdrawal

CENT = Decimal("0.01")
ZERO = Decimal(0)
WHOLE = Decimal("0.97")
"""From this part of a position on, all of it is sold: a sliver would only be left over."""


@dataclass(frozen=True, slots=True)
class Held:
    """A position as it was last seen. `gain` is above or below its cost; None when not known."""

    symbol: str
    asset_class: str
    value: Decimal
    quantity: Decimal
    name: str = ""
    gain: Decimal | None = None
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True)
class Sale:
    """`gain` is the part of the position's gain or loss that this sale takes: of its lots, or at
    average cost where these aren't known."""

    symbol: str
    amount: Decimal
    name: str = ""
    gain: Decimal | None = None
    quantity: Decimal | None = None
    """Shares, when the whole position goes."""
    gains: Gains | None = None
    """The same by term; None where the lots aren't known."""

    @property
    def trade(self) -> dict[str, str]:
        """As a custom rebalance takes it."""
        size = (
            {"notional": f"{self.amount:.2f}"}
            if self.quantity is None
            else {"quantity": f"{self.quantity:f}"}
        )
        return {"action": "sell", "symbol": self.symbol, **size}


def to_raise(missing: Decimal) -> Decimal:
    """What is sold for cash that is missing: a little more, in case prices fall meanwhile."""
    with_margin = (missing * (1 + limits.SALE_MARGIN)).quantize(CENT, ROUND_UP)
    return max(with_margin, limits.SMALLEST_SALE)


def sales_for(
    held: Iterable[Held],
    targets: Mapping[str, Decimal],
    missing: Decimal,
    *,
    at: datetime | None = None,
    tax_aware: bool = False,
) -> list[Sale]:
    """The sales that raise `missing` dollars and the margin, or all there is if that is less.

    Classes from the most overweight down (`spread_withdrawal`), within a class in proportion.
    `targets` are by class, in any unit; without one for what is held, all is in proportion. With
    `at`, gains are told by the lots; `tax_aware` takes those first that cost the least tax.
    """
    positions = [one for one in held if one.value > 0]
    total = sum((one.value for one in positions), ZERO).quantize(CENT, ROUND_FLOOR)
    amount = min(to_raise(missing), total)
    if amount <= 0:
        return []
    classes: dict[str, list[Held]] = {}
    for one in positions:
        classes.setdefault(one.asset_class, []).append(one)
    values = {name: sum((h.value for h in ones), ZERO) for name, ones in classes.items()}
    wanted = spread_withdrawal(values, _fractions(targets, values), amount)
    parts = {
        one.symbol: wanted[name] * one.value / values[name]
        for name, ones in classes.items()
        for one in ones
    }
    cents = {symbol: part.quantize(CENT, ROUND_FLOOR) for symbol, part in parts.items()}
    if cents:
        largest = max(cents, key=lambda symbol: cents[symbol])
        cents[largest] += amount - sum(cents.values(), ZERO)
        for symbol, part in list(cents.items()):  # too small to be an order of its own
            if symbol != largest and part < limits.SMALLEST_SALE:
                cents[largest] += cents.pop(symbol)
    by_symbol = {one.symbol: one for one in positions}
    return [
        _sale(by_symbol[symbol], part, at, tax_aware) for symbol, part in cents.items() if part > 0
    ]


def _sale(held: Held, part: Decimal, at: datetime | None, tax_aware: bool) -> Sale:
    whole = part >= held.value * WHOLE
    amount = held.value.quantize(CENT, ROUND_FLOOR) if whole else part
    gain = None if held.gain is None else (held.gain * amount / held.value).quantize(CENT)
    by_term = at and gains_of_lots(
        held.lots, quantity=held.quantity, value=held.value, amount=amount, at=at,
        tax_aware=tax_aware,
    )  # fmt: skip
    if by_term:
        gain = by_term.total
    shares = held.quantity if whole else None
    return Sale(held.symbol, amount, held.name, gain, shares, by_term or None)


def _fractions(targets: Mapping[str, Decimal], values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Targets of what is held or should be, cash aside, adding up to exactly 1."""
    known = {name: max(t, ZERO) for name, t in targets.items() if name != "cash"}
    if not any(known.get(name) for name in values):
        known = dict(values)
    total = sum(known.values(), ZERO)
    found = {name: (t / total).quantize(Decimal("0.000001")) for name, t in known.items()}
    largest = max(found, key=lambda name: found[name])
    found[largest] += 1 - sum(found.values(), ZERO)
    return found


def gain_of(sales: Sequence[Sale]) -> Decimal | None:
    """Gains less losses; None as soon as one isn't known."""
    known = [sale.gain for sale in sales if sale.gain is not None]
    return sum(known, ZERO) if len(known) == len(sales) else None


def gains_of(sales: Sequence[Sale]) -> Gains | None:
    """Gains less losses by term; None as soon as the lots of one aren't known."""
    known = [sale.gains for sale in sales if sale.gains is not None]
    if not sales or len(known) < len(sales):
        return None
    return sum(known, Gains(ZERO, ZERO))
