"""Sliders with their number twins."""

from dataclasses import dataclass
from decimal import Decimal

from portfolios import outlook
from portfolios.forms import WhatIfForm
from robo.ui import words


@dataclass(frozen=True, slots=True)
class Lever:
    """A slider with its number twin. `most` and `least` are the slider's ends, not limits."""

    name: str
    label: str
    value: str
    least: float
    most: float
    step: float
    at: float
    is_money: bool
    low: str
    high: str
    error: str


def levers(form: WhatIfForm, saved: outlook.Wish, tried: outlook.Wish, year: int) -> list[Lever]:
    """Amount, monthly, year, raise. The slider reaches about twice what is planned."""
    errors = form.errors

    def lever(
        name: str, label: str, value: str, span: tuple[float, float], step: float, at: float,
        unit: str,
    ) -> Lever:  # fmt: skip
        def told(amount: float) -> str:
            return words.dollars(amount) if unit == "$" else f"{amount:g}{unit}"

        return Lever(
            name=name,
            label=label,
            value=str(form.data[name]) if name in errors else value,
            least=span[0],
            most=span[1],
            step=step,
            at=at,
            is_money=unit == "$",
            low=told(span[0]),
            high=told(span[1]),
            error=" ".join(str(e) for e in errors.get(name, [])),
        )

    most_target = _round_up(max(saved.target, tried.target) * 2)
    step_target = max(most_target // 200, 1)
    most_monthly = _round_up(max(saved.monthly, tried.monthly, saved.target / 240) * 3)
    step_monthly = max(most_monthly // 200, 1)
    last = max(saved.by.year, tried.by.year) + 10
    raised = tried.raise_yearly * 100
    return [
        lever("target", "Amount", _plain(tried.target), (step_target, most_target), step_target,
              round(tried.target), "$"),
        lever("monthly", "Each month", _plain(tried.monthly), (0, most_monthly), step_monthly,
              round(tried.monthly), "$"),
        lever("year", "By the year", str(tried.by.year), (year, last), 1, tried.by.year, ""),
        lever("raised", "Raise a year, %", tried.raised, (0, 10), 0.5,
              float(raised), "%"),
    ]  # fmt: skip


def _plain(amount: Decimal) -> str:
    return f"{amount:,.2f}".removesuffix(".00")


def _round_up(amount: Decimal) -> int:
    """To one round figure: 136,000 is 200,000."""
    whole = max(int(amount), 100)
    size = int(10 ** (len(str(whole)) - 1))
    return -(-whole // size) * size
