"""Drift in words: how much sits in the wrong place, when we act, and which deposit mends it."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from portfolios.models import Portfolio
from portfolios.planning import drift as drifting
from robo.agenda import Item
from robo.ui import words

CENT = Decimal("0.01")
NEARLY = Decimal("0.001")
"""Drift, as a fraction, that nobody needs to hear of: L2's 0.1 %."""
COMING = {"deposit", "auto_invest"}


@dataclass(frozen=True, slots=True)
class Mending:
    """Dollars. `clearing` is the deposit that mends everything without a sale."""

    sentence: str
    clearing: Decimal | None


def mending(row: Portfolio, act_at: Decimal | None, upcoming: Iterable[Item]) -> Mending | None:
    """None where there is no drift to speak of, or nothing to compare with. `act_at` is the
    fraction at which the policy acts."""
    if not row.allocation or not row.value:
        return None
    targets = {n: Decimal(found["target"]) / 100 for n, found in row.allocation.items()}
    actual = {n: Decimal(found["actual"]) / 100 for n, found in row.allocation.items()}
    if sum(targets.values()) != 1:
        return None
    values = {n: (part * row.value).quantize(CENT, ROUND_HALF_EVEN) for n, part in actual.items()}
    now = drifting.drift(actual, targets)
    if now < NEARLY:
        return None
    told = f"{words.dollars(now * row.value)} sits in the wrong place"
    if act_at is not None:
        told += f"; we act at {words.percent(act_at)}"
    coming = next((i for i in upcoming if i.kind in COMING and i.amount and i.day), None)
    if coming and coming.amount and coming.day:
        spread = drifting.spread_deposit(values, targets, coming.amount.quantize(CENT))
        after = drifting.weights_of({n: values[n] + spread[n] for n in values})
        left = drifting.drift(after, targets)
        what = f"your {words.dollars(coming.amount)} on {words.day(coming.day)}"
        told += (
            f"; {what} fixes it"
            if left < NEARLY
            else f"; {what} brings it to {words.dollars(left * (row.value + coming.amount))}"
        )
    return Mending(f"{told}.", drifting.clearing_deposit(values, targets))
