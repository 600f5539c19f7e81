"""Returns that a person may compare: time-weighted, money-weighted, and their fallback.

External flows are money that enters (+) or leaves (-) the portfolio. Buys, sells, dividends and
fees are not. A deposit counts from the start of its day: it is there before that day's market.

`python -m portfolios.planning.returns FLOWS.csv` reads `date,value,flow` and prints JSON.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LOWEST, HIGHEST = -0.9999, 10.0
YEAR = 365
LARGE_FLOW = Decimal("0.10")


@dataclass(frozen=True)
class Valuation:
    """A day on which the portfolio was valued or money moved. Dollars.

    `value` is before that day's flow; None if nobody knows it.
    """

    day: date
    value: Decimal | None
    flow: Decimal = Decimal(0)


@dataclass(frozen=True)
class Rate:
    """A return as a fraction, or the reason why there is none.

    `annualised` only for a year or longer.
    """

    value: float | None
    reason: str = ""
    annualised: float | None = None

    @property
    def available(self) -> bool:
        return self.value is not None


def time_weighted(history: Sequence[Valuation]) -> Rate:
    """The return of a dollar that was in all along: the product of (1 + r) less 1.

    Each stretch between flows has r = value at its end / (value + flow at its start) - 1 (the
    chain-linking of the GIPS standards). Days must be in order, one row a day. Not available
    when a stretch starts with nothing or a value is missing.
    """
    linked = _linked(history)
    if isinstance(linked, str):
        return Rate(None, linked)
    return _rate(linked[-1] - 1, history)


def modified_dietz(history: Sequence[Valuation]) -> Rate:
    """(V1 - V0 - sum F) / (V0 + sum w F), w the share of the period left (Dietz).

    A fallback where values between the flows are missing. Not available across a flow larger
    than 10 % of the starting value.
    """
    problem = _problem(history)
    if problem:
        return Rate(None, problem)
    first, *between, last = history
    start, end = first.value, last.value
    if start is None or end is None:
        return Rate(None, "The value at the start or at the end is not known.")
    start += first.flow
    days = (last.day - first.day).days
    if start <= 0:
        return Rate(None, "There was nothing invested at the start.")
    middle_known = all(row.value is not None for row in between)
    if not middle_known and any(abs(row.flow) > LARGE_FLOW * start for row in between):
        return Rate(None, "A large amount moved on a day whose value is not known.")
    invested = start + sum(
        row.flow * Decimal((last.day - row.day).days) / Decimal(days) for row in between
    )
    if invested <= 0:
        return Rate(None, "More was taken out than was invested.")
    # A flow on the last day comes after the last value, so it is not part of the gain.
    gain = end - start - sum((row.flow for row in between), Decimal(0))
    return _rate(float(gain / invested), history)


def money_weighted(history: Sequence[Valuation]) -> Rate:
    """The yearly rate at which all flows are worth the end value (XIRR, Actual/365).

    `value` is already per year; for less than a year it still is, so show it with care. Not
    available when no rate, or more than one, fits.
    """
    problem = _problem(history)
    if problem:
        return Rate(None, problem)
    first, last = history[0], history[-1]
    if first.value is None or last.value is None:
        return Rate(None, "The value at the start or at the end is not known.")
    moves = [(first.day, -(first.value + first.flow))]
    moves += [(row.day, -row.flow) for row in history[1:-1] if row.flow]
    moves.append((last.day, last.value))
    moves = [(day, amount) for day, amount in moves if amount]
    if not (any(amount < 0 for _, amount in moves) and any(amount > 0 for _, amount in moves)):
        return Rate(None, "Money went only one way.")
    years = np.array([(day - first.day).days / YEAR for day, _ in moves])
    amounts = np.array([float(amount) for _, amount in moves])
    roots = _roots(years, amounts)
    if not roots:
        return Rate(None, "No yearly rate fits these amounts.")
    if len(roots) > 1:
        return Rate(None, "No unique answer: more than one yearly rate fits these amounts.")
    return Rate(roots[0], annualised=roots[0] if (last.day - first.day).days >= YEAR else None)


def max_drawdown(history: Sequence[Valuation]) -> Rate:
    """The deepest fall from a peak, as a positive fraction.

    Measured on the time-weighted index, not on balances, so that a withdrawal is no loss.
    """
    linked = _linked(history)
    if isinstance(linked, str):
        return Rate(None, linked)
    index = np.array([1.0, *linked])
    return Rate(float(np.max(1 - index / np.maximum.accumulate(index))))


def annualise(value: float, days: int) -> float | None:
    """(1 + r)^(365 / days) - 1; None for less than a year."""
    if days < YEAR or value <= -1:
        return None
    return float((1 + value) ** (YEAR / days) - 1)


def _linked(history: Sequence[Valuation]) -> list[float] | str:
    """The index after each stretch, starting from 1, or the reason why it breaks."""
    problem = _problem(history)
    if problem:
        return problem
    index, linked = Decimal(1), []
    for before, after in pairwise(history):
        if before.value is None or after.value is None:
            return "A value is missing on a day on which money moved."
        base = before.value + before.flow
        if base <= 0:
            return "For a while nothing was invested."
        index *= after.value / base
        linked.append(float(index))
    return linked


def _problem(history: Sequence[Valuation]) -> str:
    if len(history) < 2:
        return "There are not two days to compare yet."
    if any(a.day >= b.day for a, b in pairwise(history)):
        return "The days are not in order."
    if any(row.value is not None and row.value < 0 for row in history):
        return "A value is below zero."
    return ""


def _rate(value: float, history: Sequence[Valuation]) -> Rate:
    return Rate(value, annualised=annualise(value, (history[-1].day - history[0].day).days))


def _present(rate: float, years: NDArray[np.float64], amounts: NDArray[np.float64]) -> float:
    """What all amounts are worth on the first day at this rate."""
    return float(np.sum(amounts * (1 + rate) ** -years))


def _roots(years: NDArray[np.float64], amounts: NDArray[np.float64]) -> list[float]:
    """All rates in (-0.9999, 10) at which the present value is zero.

    A grid in ln(1 + rate) finds where the sign changes; bisection narrows each down.
    """
    grid = np.exp(np.linspace(np.log(1 + LOWEST), np.log(1 + HIGHEST), 2001)) - 1
    with np.errstate(over="ignore", invalid="ignore"):
        values = np.sum(amounts[:, None] * (1 + grid[None, :]) ** -years[:, None], axis=0)
    roots: list[float] = []
    for low, high, left, right in zip(grid, grid[1:], values, values[1:], strict=False):
        if left == 0:
            roots.append(float(low))
        elif left * right < 0:
            roots.append(_bisect(float(low), float(high), years, amounts))
    if values[-1] == 0:
        roots.append(HIGHEST)
    return roots


def _bisect(
    low: float, high: float, years: NDArray[np.float64], amounts: NDArray[np.float64]
) -> float:
    falling = _present(low, years, amounts) > 0
    for _ in range(100):
        middle = (low + high) / 2
        if (_present(middle, years, amounts) > 0) == falling:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def read_csv(lines: Iterable[str]) -> list[Valuation]:
    """Rows of `date,value,flow`; an empty value is unknown, an empty flow is zero.

    Raises ValueError with the line at fault.
    """
    history = []
    for number, row in enumerate(csv.DictReader(lines), start=2):
        try:
            value, flow = (row.get("value") or "").strip(), (row.get("flow") or "").strip()
            amounts = [Decimal(text) for text in (value, flow) if text]
            if not all(amount.is_finite() for amount in amounts):
                raise ValueError
            history.append(
                Valuation(
                    day=date.fromisoformat((row.get("date") or "").strip()),
                    value=Decimal(value) if value else None,
                    flow=Decimal(flow) if flow else Decimal(0),
                )
            )
        except (InvalidOperation, ValueError) as e:
            raise ValueError(f"Line {number} is not a date, a value and a flow.") from e
    return history


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m portfolios.planning.returns")
    parser.add_argument("flows", type=Path, help="CSV with the columns date, value, flow")
    path: Path = parser.parse_args(arguments).flows
    try:
        with path.open(newline="", encoding="utf-8") as lines:
            history = read_csv(lines)
    except (OSError, ValueError) as e:
        sys.stderr.write(f"{e}\n")
        return 2
    rates = {
        "time_weighted": time_weighted(history),
        "money_weighted": money_weighted(history),
        "modified_dietz": modified_dietz(history),
        "max_drawdown": max_drawdown(history),
    }
    answer = {
        name: {
            "percent": None if rate.value is None else round(rate.value * 100, 5),
            "annualised_percent": None
            if rate.annualised is None
            else round(rate.annualised * 100, 5),
            "reason": rate.reason,
        }
        for name, rate in rates.items()
    }
    sys.stdout.write(json.dumps(answer, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
