"""How far a portfolio is from its targets, and how deposits bring it back without selling."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_FLOOR, ROUND_UP, Decimal

CENT = Decimal("0.01")
ZERO = Decimal(0)


def drift(weights: Mapping[str, Decimal], targets: Mapping[str, Decimal]) -> Decimal:
    """Half the sum of |w - t| over all classes (Betterment's measure), in the unit given.

    It is the share of the portfolio that would have to move. A class in only one of the two
    counts as zero in the other.
    """
    keys = weights.keys() | targets.keys()
    return sum((abs(weights.get(k, ZERO) - targets.get(k, ZERO)) for k in keys), ZERO) / 2


def weights_of(values: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """Values in dollars to fractions of the whole; all zero for an empty portfolio."""
    total = sum(values.values(), ZERO)
    return {key: value / total if total else ZERO for key, value in values.items()}


def spread_deposit(
    values: Mapping[str, Decimal], targets: Mapping[str, Decimal], deposit: Decimal
) -> dict[str, Decimal]:
    """Spread a deposit over the most underweight classes, to the cent.

    Minimises the squared distance from target after the deposit: every class that gets something
    ends equally far below its target, like water finding its level. Returns every class, with
    zero where nothing goes; the amounts add up to the deposit. `targets` are fractions that add
    up to 1. Raises ValueError for a negative or uneven deposit, or targets that don't add up.
    """
    if deposit < 0 or deposit != deposit.quantize(CENT):
        raise ValueError("A deposit is a whole number of cents and not negative.")
    if any(t < 0 for t in targets.values()) or sum(targets.values(), ZERO) != 1:
        raise ValueError("The targets must add up to 1.")
    total = sum(values.values(), ZERO) + deposit
    gaps = {
        key: targets.get(key, ZERO) * total - values.get(key, ZERO)
        for key in sorted(values.keys() | targets.keys())
    }
    level = _water_level(sorted(gaps.values(), reverse=True), deposit)
    exact = {key: max(ZERO, gap - level) for key, gap in gaps.items()}
    cents = {key: amount.quantize(CENT, ROUND_FLOOR) for key, amount in exact.items()}
    left = int((deposit - sum(cents.values(), ZERO)) / CENT)
    # Whole cents that flooring left over go where most was cut off.
    neediest = sorted(exact, key=lambda key: (cents[key] - exact[key], -gaps[key], key))
    for key in neediest[:left]:
        cents[key] += CENT
    return cents


def spread_withdrawal(
    values: Mapping[str, Decimal], targets: Mapping[str, Decimal], amount: Decimal
) -> dict[str, Decimal]:
    """What to sell of each class to raise `amount`, to the cent: the mirror of `spread_deposit`.

    From the most overweight down until all stand equally far above their target, and in
    proportion to the targets where none stands out. Nothing is sold beyond what is held. Raises
    ValueError for an amount that isn't there, and as `spread_deposit` does.
    """
    total = sum(values.values(), ZERO)
    if amount < 0 or amount != amount.quantize(CENT) or amount > total:
        raise ValueError("The amount is a whole number of cents, and no more than is held.")
    if any(t < 0 for t in targets.values()) or sum(targets.values(), ZERO) != 1:
        raise ValueError("The targets must add up to 1.")
    sold = dict.fromkeys(values, ZERO)
    open_ = {key for key, value in values.items() if value > 0}
    left = amount
    while left > 0 and open_:
        gaps = {
            key: values[key] - sold[key] - targets.get(key, ZERO) * (total - amount)
            for key in open_
        }
        level = _water_level(sorted(gaps.values(), reverse=True), left)
        for key in sorted(open_):
            most = (values[key] - sold[key]).quantize(CENT, ROUND_FLOOR)
            part = min(max(ZERO, gaps[key] - level).quantize(CENT, ROUND_FLOOR), most)
            sold[key] += part
            left -= part
            if part == most:
                open_.discard(key)
        if left < CENT * len(open_):  # flooring left whole cents over
            for key in sorted(open_, key=lambda key: -gaps[key]):
                part = min(left, values[key] - sold[key], CENT)
                sold[key] += part
                left -= part
    return sold


def _water_level(gaps: list[Decimal], deposit: Decimal) -> Decimal:
    """The level with sum(max(0, gap - level)) = deposit; `gaps` from the largest."""
    level, filled = gaps[0] - deposit, ZERO
    for count, gap in enumerate(gaps, start=1):
        if gap <= level:
            break
        filled += gap
        level = (filled - deposit) / count
    return level


def clearing_deposit(
    values: Mapping[str, Decimal], targets: Mapping[str, Decimal]
) -> Decimal | None:
    """The deposit that clears all drift without a sale, rounded up to the cent.

    The portfolio must grow until the worst overweight class is at target: the largest of
    value / target - total. None if something is held that has no target at all.
    """
    total = sum(values.values(), ZERO)
    needed = ZERO
    for key, value in values.items():
        target = targets.get(key, ZERO)
        if value > 0 and not target:
            return None
        if target:
            needed = max(needed, value / target - total)
    return needed.quantize(CENT, ROUND_UP)
