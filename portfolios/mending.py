"""Drift in words: how much sits in the wrong place, when we act, and which deposit mends it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal
from typing import Any

from portfolios.models import Holding, Portfolio
from portfolios.planning import drift as drifting
from portfolios.planning import funds
from robo.agenda import Item
from robo.ui import words

CENT = Decimal("0.01")
DOLLAR = Decimal(1)
ZERO = Decimal(0)
NEARLY = Decimal("0.001")
"""Drift, as a fraction, that nobody needs to hear of: L2's 0.1 %."""
COMING = {"deposit", "auto_invest"}


@dataclass(frozen=True, slots=True)
class Mending:
    """Dollars. `wrong` sits in the wrong place, `sentence` says what happens about it, and
    `clearing` is the deposit that mends everything without a sale."""

    wrong: Decimal
    sentence: str
    clearing: Decimal | None


def mending(
    row: Portfolio,
    act_at: Decimal | None,
    upcoming: Iterable[Item],
    holdings: Iterable[Holding] = (),
    content: Mapping[str, Any] | None = None,
) -> Mending | None:
    """None where there is no drift to speak of, or nothing to compare with. `act_at` is the
    fraction at which the policy acts; holdings and the policy's content say more exactly which
    deposit is enough, since money is spread over funds, not classes."""
    if not row.allocation or not row.value:
        return None
    targets = {n: Decimal(found["target"]) / 100 for n, found in row.allocation.items()}
    actual = {n: Decimal(found["actual"]) / 100 for n, found in row.allocation.items()}
    now = drifting.drift(actual, targets)
    if now < NEARLY or not sum(targets.values()):
        return None
    wrong = now * row.value
    told = [f"We act at {words.percent(act_at)}."] if act_at is not None else []
    reserve = targets.pop("cash", ZERO)
    if sum(targets.values()) != 1:
        return Mending(wrong, " ".join(told), None)
    idle = (actual.pop("cash", ZERO) * row.value).quantize(CENT, ROUND_HALF_EVEN)
    values = {n: (part * row.value).quantize(CENT, ROUND_HALF_EVEN) for n, part in actual.items()}
    coming = next((i for i in upcoming if i.kind in COMING and i.amount and i.day), None)
    if coming and coming.amount and coming.day:
        spread = drifting.spread_deposit(values, targets, coming.amount.quantize(CENT) + idle)
        after = drifting.weights_of({n: values[n] + spread[n] for n in values})
        left = drifting.drift(after, targets)
        what = f"Your {words.dollars(coming.amount)} on {words.day(coming.day)}"
        told.append(
            f"{what} fixes it without selling."
            if left < NEARLY
            else f"{what} brings it to {words.dollars(left * (row.value + coming.amount))}."
        )
    found = [clearing(values, targets, idle, reserve)]
    if parts := by_part(holdings, content or {}):
        found.append(clearing(*parts, row.cash or ZERO, reserve))
    known = [amount for amount in found if amount is not None]
    enough = max(known) or None if len(known) == len(found) else None
    return Mending(wrong, " ".join(told), enough)


def clearing(
    values: Mapping[str, Decimal], targets: Mapping[str, Decimal], idle: Decimal, reserve: Decimal
) -> Decimal | None:
    """The deposit after which nothing is above its target any more, given that idle cash is
    invested with it and the part `reserve` stays cash. Rounded up to the dollar; None where
    something has no target at all."""
    alone = drifting.clearing_deposit(values, {n: t * (1 - reserve) for n, t in targets.items()})
    if alone is None:
        return None
    return max(alone - idle, ZERO).quantize(DOLLAR, ROUND_UP)


def by_part(
    holdings: Iterable[Holding], content: Mapping[str, Any]
) -> tuple[dict[str, Decimal], dict[str, Decimal]] | None:
    """Dollars and targets by part of the model, such as US stocks. None where a fund held belongs
    to no part, or the policy names none."""
    targets: dict[str, Decimal] = {}
    for band in content.get("target_allocation", {}).values():
        for name, percent in (band.get("sub_allocations") or {}).items():
            targets[name] = targets.get(name, ZERO) + Decimal(percent) / 100
    if sum(targets.values()) != 1:
        return None
    values = dict.fromkeys(targets, ZERO)
    for holding in holdings:
        part = funds.part_of(holding.symbol)
        if part is None or part.id not in values:
            return None
        values[part.id] += holding.value
    return values, targets
