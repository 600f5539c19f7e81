"""When a waiting order's price comes: limits, stops and trails over a run of trades. Pure.

Everything is seen from the side of the order: `x` is the price of a buy and minus the price of a
sell, so lower is better and a stop is reached from below. Prices are cents.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.paths import Integers

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """What a run of trades did to an order.

    `index` is the trade at which it can fill, `triggered` whether its stop has been reached, `best`
    the best price for a trailing stop to follow, in cents.
    """

    index: int | None
    triggered: bool
    best: float | None


def scan(order: dict[str, Any], cents: Integers) -> Seen:
    """Follow an order through trades, oldest first, from the state it keeps in its row.

    Uses `type`, `side`, the prices asked for (dollars), and `triggered` and `best` of a scan
    before. A stop becomes a market order at the trade that reaches it; a stop limit waits on for
    its limit from there.
    """
    sign = 1 if order["side"] == "buy" else -1
    x = sign * cents.astype(np.float64)
    triggered, best = bool(order["triggered"]), order["best"]
    kind = order["type"]
    if kind == "limit":
        return Seen(_first(x <= _cents(order["limit_price"], sign)), triggered, best)
    if kind in ("stop", "stop_limit"):
        reached = 0 if triggered else _first(x >= _cents(order["stop_price"], sign))
        if reached is None or kind == "stop":
            return Seen(reached, reached is not None, best)
        found = _first(x[reached:] <= _cents(order["limit_price"], sign))
        return Seen(None if found is None else reached + found, True, best)
    if kind == "trailing_stop":
        followed = np.minimum.accumulate(x if best is None else np.append(sign * best, x))
        followed = followed[-len(x) :] if len(x) else followed
        reached = _first(x >= followed + _trail(order, followed)) if len(x) else None
        end = reached if reached is not None else -1
        return Seen(
            reached, reached is not None, sign * float(followed[end]) if len(followed) else best
        )
    return Seen(0 if len(x) else None, triggered, best)


def _trail(order: dict[str, Any], followed: Floats) -> Floats | float:
    if order["trail_price"] is not None:
        return float(order["trail_price"] * 100)
    return np.asarray(np.abs(followed) * float(order["trail_percent"]) / 100)


def _cents(price: Decimal, sign: int) -> float:
    return sign * float(price * 100)


def _first(holds: NDArray[np.bool_]) -> int | None:
    found = np.flatnonzero(holds)
    return int(found[0]) if len(found) else None
