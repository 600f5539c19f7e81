"""A retirement goal's income: from what the person told (`Goal.details`) to its futures.

Writes nothing. Amounts are dollars a month of today; ages are whole years.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any

from portfolios import outlook
from portfolios.models import Goal
from portfolios.planning import income, projection
from portfolios.planning.months import months_until
from robo import partner

KEY = "income"
"""Where the answers lie in a goal's details."""
FIRST_SEARCH = 2_000
"""Futures that find roughly what can be spent, before all 10,000 say it."""
STEP = 10
"""The most one may spend is told to so many dollars a month."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What was asked about the years after work."""

    age: int
    until_age: int
    spending: Decimal
    social_security: Decimal
    social_security_age: int
    pension: Decimal
    pension_age: int
    guardrails: bool

    def as_json(self) -> dict[str, Any]:
        return {
            "age": self.age,
            "until_age": self.until_age,
            "spending": str(self.spending),
            "social_security": str(self.social_security),
            "social_security_age": self.social_security_age,
            "pension": str(self.pension),
            "pension_age": self.pension_age,
            "guardrails": self.guardrails,
        }


def answers_of(goal: Goal) -> Answers | None:
    """What was told for this goal, with the age it would be today."""
    told: Mapping[str, Any] | None = goal.details.get(KEY)
    if goal.type != Goal.Type.RETIREMENT or not told:
        return None
    return Answers(
        age=int(told["age"]),
        until_age=int(told["until_age"]),
        spending=Decimal(told["spending"]),
        social_security=Decimal(told["social_security"]),
        social_security_age=int(told["social_security_age"]),
        pension=Decimal(told["pension"]),
        pension_age=int(told["pension_age"]),
        guardrails=bool(told["guardrails"]),
    )


def plan_of(
    answers: Answers, wish: outlook.Wish, level: int, today: date
) -> income.IncomePlan | None:
    """What planning is asked; None when nothing is left to be paid, or it lies too far away."""
    saving_months = months_until(wish.by, today)
    months = (answers.until_age - answers.age + 1) * 12
    if not saving_months < months <= income.MOST_MONTHS:
        return None
    fees = partner.current().fees
    return income.IncomePlan(
        level=level,
        start=float(wish.start),
        spending=float(answers.spending),
        months=months,
        saving_months=saving_months,
        saving=float(wish.monthly),
        pensions=tuple(
            income.Pension(name, float(monthly), max(age - answers.age, 0) * 12, follows)
            for name, monthly, age, follows in (
                ("Social Security", answers.social_security, answers.social_security_age, True),
                ("Pension", answers.pension, answers.pension_age, False),
            )
            if monthly
        ),
        guardrails=answers.guardrails,
        fee=float(fees.advisory + fees.fund_expense_max),
        seed=projection.seed_for(wish.key),
    )


def income_of(goal: Goal, base: outlook.Footing, today: date) -> income.IncomePlan | None:
    """The income plan of a goal as it stands; None where none was told."""
    answers = answers_of(goal)
    if answers is None or base.level is None or goal.target_date <= today:
        return None
    return plan_of(answers, outlook.wish_of(goal, base), base.level, today)


@lru_cache(maxsize=32)
def project(plan: income.IncomePlan) -> income.Income:
    return income.project(plan)


@lru_cache(maxsize=32)
def future(plan: income.IncomePlan, percentile: int) -> tuple[income.Year, ...]:
    return income.future(plan, percentile)


def summary(plan: income.IncomePlan) -> dict[str, Any]:
    """The part of the futures that is kept with a projection."""
    found = project(plan)
    return {
        "percent": found.percent,
        "bar": found.bar,
        "status": found.status,
        "spending": plan.spending,
    }


@lru_cache(maxsize=32)
def most_spending(plan: income.IncomePlan) -> int:
    """The most one may spend and still reach the bar, dollars a month of today, down to ten.

    A few futures find the place; all of them decide. Without guardrails, which would make any
    spending look safe.
    """
    plan = replace(plan, guardrails=False)
    few = replace(plan, paths=FIRST_SEARCH)

    def enough(asked: income.IncomePlan, steps: int) -> bool:
        return income.chance(replace(asked, spending=float(steps * STEP))) >= income.BAR

    low, high = 0, max(int(plan.spending // STEP), 10)
    while enough(few, high):
        low, high = high, high * 2
    while high - low > max(low // 50, 1):
        middle = (low + high) // 2
        low, high = (middle, high) if enough(few, middle) else (low, middle)
    reach = max(low // 40, 1)
    while low > 0 and not enough(plan, low):
        low, high = max(low - reach, 0), low
    while enough(plan, high):
        low, high = high, high + reach
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if enough(plan, middle) else (low, middle)
    return low * STEP
