"""One monthly budget, several goals: who gets how much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

CENT = Decimal("0.01")


@dataclass(frozen=True)
class Claim:
    """What a goal would take. `needed` is dollars a month to reach its bar, None where no amount
    does; `priority` is Bluum's, 1 comes first."""

    key: str
    priority: int
    needed: Decimal | None


def share(budget: Decimal, claims: Sequence[Claim]) -> dict[str, Decimal]:
    """Dollars a month per goal, to the cent; they add up to the budget.

    Goals are served by priority. Within one priority, money that isn't enough for all is shared in
    proportion to need. What all goals leave over goes to those of the first priority in the same
    proportion (evenly if none needs anything), since more there can only help. A goal that no
    amount saves claims nothing, so it doesn't starve the others. Raises ValueError for a negative
    budget.
    """
    if budget < 0:
        raise ValueError("A budget can't be negative.")
    given = {claim.key: Decimal(0) for claim in claims}
    left = budget
    for priority in sorted({claim.priority for claim in claims}):
        group = [claim for claim in claims if claim.priority == priority]
        needs = [claim.needed or Decimal(0) for claim in group]
        spent = min(left, sum(needs, Decimal(0)))
        for claim, part in zip(group, _parts(spent, needs), strict=True):
            given[claim.key] += part
        left -= spent
    if left and claims:
        first = min(claim.priority for claim in claims)
        group = [claim for claim in claims if claim.priority == first]
        needs = [claim.needed or Decimal(0) for claim in group]
        for claim, part in zip(group, _parts(left, needs), strict=True):
            given[claim.key] += part
    return given


def _parts(amount: Decimal, weights: Sequence[Decimal]) -> list[Decimal]:
    """The amount in proportion to the weights; odd cents go to the first parts."""
    total = sum(weights, Decimal(0))
    if not total:
        weights, total = [Decimal(1)] * len(weights), Decimal(len(weights))
    parts = [(amount * w / total).quantize(CENT, ROUND_DOWN) for w in weights]
    odd = int((amount - sum(parts, Decimal(0))) / CENT)
    for i in range(odd):
        parts[i % len(parts)] += CENT
    return parts
