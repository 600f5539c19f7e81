"""When to trade back to target: rules compared on a portfolio of the model, before one is chosen.

`python -m portfolios.planning.bands --level 6` follows one level through many made-up decades of
daily returns under each rule and prints how far it strayed and how much was traded.

Rules: by the calendar; `absolute`, a class so many points away; `relative`, a class so large a part
of its own target away (Daryanani, 2008: 20 percent, looked at often, traded back half of the way);
`hybrid`, whichever of the two comes first; and a threshold with a destination (target-date funds
of Vanguard: 200 basis points away, back to 175). Returns are joint normal by day, without trends:
what is compared are the rules, not markets.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from portfolios.planning.assumptions import CURRENT, load

DAYS, YEARS = 252, 10
MONTH = 21
Weights = NDArray[np.float64]
Breached = Callable[[Weights, Weights], NDArray[np.bool_]]


@dataclass(frozen=True, slots=True)
class Rule:
    """`breached` says of weights (paths, classes) which paths trade; they go `back` of the way to
    target (1 is all of it). `every` is days between looks."""

    name: str
    breached: Breached
    back: Callable[[Weights, Weights], NDArray[np.float64]]
    every: int = 1


@dataclass(frozen=True, slots=True)
class Outcome:
    """Means over all paths. `drift` of all days and `worst`, the furthest any class ever stood from
    its target, are fractions; `turnover` a year, as a fraction of the portfolio, one way; `trades`
    a year."""

    rule: str
    drift: float
    worst: float
    turnover: float
    trades: float


def _all(weights: Weights, targets: Weights) -> NDArray[np.float64]:
    return np.ones(len(weights))


def _half(weights: Weights, targets: Weights) -> NDArray[np.float64]:
    return np.full(len(weights), 0.5)


def always(weights: Weights, targets: Weights) -> NDArray[np.bool_]:
    return np.ones(len(weights), dtype=bool)


def beyond(width: Callable[[Weights], Weights]) -> Breached:
    """A class is further from its target than the width that its target gives it."""

    def breached(weights: Weights, targets: Weights) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = np.any(np.abs(weights - targets) > width(targets), axis=1)
        return found

    return breached


def absolute(points: float) -> Breached:
    """So much (a fraction of the whole) for every class."""
    return beyond(lambda targets: np.full_like(targets, points))


def relative(part: float) -> Breached:
    """So large a part of its own target for each class."""
    return beyond(lambda targets: part * targets)


def either(points: float, part: float) -> Breached:
    """Whichever comes first, class by class."""
    return beyond(lambda targets: np.minimum(points, part * targets))


def down_to(points: float) -> Callable[[Weights, Weights], NDArray[np.float64]]:
    """As much of the way as leaves the furthest class so far from its target."""

    def part(weights: Weights, targets: Weights) -> NDArray[np.float64]:
        worst = np.abs(weights - targets).max(axis=1)
        way: Weights = np.clip(1 - points / np.maximum(worst, 1e-12), 0, 1)
        return way

    return part


RULES = (
    Rule("monthly", always, _all, every=MONTH),
    Rule("quarterly", always, _all, every=3 * MONTH),
    Rule("yearly", always, _all, every=DAYS),
    Rule("absolute, 5 points", absolute(0.05), _all),
    Rule("relative, a fifth, half way back", relative(0.20), _half),
    Rule("hybrid, 5 points or a quarter", either(0.05, 0.25), _all),
    Rule("200 basis points, back to 175", absolute(0.02), down_to(0.0175)),
)


def simulate(
    level: int, *, paths: int = 200, seed: int = 7, version: str = CURRENT
) -> list[Outcome]:
    """Each rule over the same made-up decades of one level."""
    assumed = load(version)
    mix, chosen = assumed.level(level), assumed.sets["middle"]
    sleeve = {
        "equities": mix.stocks_percent,
        "fixed_income": mix.bonds_percent,
        "treasury": mix.cash_percent,
    }
    targets = np.array([sleeve[c.sleeve] / 100 * c.share for c in assumed.classes])
    vols = np.array(chosen.volatilities) / np.sqrt(DAYS)
    drift = np.log1p(np.array(chosen.returns)) / DAYS
    factor = np.linalg.cholesky(np.array(chosen.correlations))
    groups = np.array([[c.sleeve == name for c in assumed.classes] for name in sleeve], dtype=float)
    found = []
    for rule in RULES:
        draw = np.random.default_rng(seed)
        weights = np.tile(targets, (paths, 1))
        goal = groups @ targets
        strayed = turned = traded = 0.0
        furthest = np.zeros(paths)
        for day in range(DAYS * YEARS):
            weights = weights * np.exp(
                drift + draw.standard_normal(weights.shape) @ factor.T * vols
            )
            weights /= weights.sum(axis=1, keepdims=True)
            classes = weights @ groups.T
            away = np.abs(classes - goal)
            strayed += float(away.sum(axis=1).mean()) / 2
            furthest = np.maximum(furthest, away.max(axis=1))
            if day % rule.every:
                continue
            moving = rule.breached(classes, goal)
            part = np.where(moving, rule.back(classes, goal), 0.0)[:, None]
            move = (targets - weights) * part
            turned += float(np.abs(move).sum(axis=1).mean()) / 2
            traded += float(moving.mean())
            weights = weights + move
        days = DAYS * YEARS
        worst = float(furthest.mean())
        found.append(Outcome(rule.name, strayed / days, worst, turned / YEARS, traded / YEARS))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--level", type=int, default=6)
    parser.add_argument("--paths", type=int, default=200)
    given = parser.parse_args()
    lines = [f"{'rule':34} {'drift':>7} {'worst':>7} {'turnover':>9} {'trades':>7}"]
    lines += [
        f"{o.rule:34} {o.drift:7.2%} {o.worst:7.2%} {o.turnover:9.1%} {o.trades:7.1f}"
        for o in simulate(given.level, paths=given.paths)
    ]
    sys.stdout.write("\n".join([*lines, "Turnover and trades are of a year.", ""]))


if __name__ == "__main__":
    main()
