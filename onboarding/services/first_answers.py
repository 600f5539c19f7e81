"""What someone answered before they had an account: read kindly, and used where it is asked again.

Nothing in it says who someone is.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from onboarding.models import FirstPlan
from portfolios.planning.horizon import GOAL_TYPES
from portfolios.planning.months import months_later, months_until
from portfolios.planning.questionnaire import BadAnswer, load_questionnaire

GOAL, RISK = "goal", "risk"
"""What of a plan can be taken over, as `FirstPlan.used` names it."""

LEAST_TARGET, MOST = Decimal(100), Decimal(100_000_000)
MOST_MONTHLY = Decimal(1_000_000)
MOST_YEARS = 50
LEAST_EXAMPLE = Decimal(100)
"""Dollars; below this the risk questions' examples say nothing."""

HORIZONS = ((5, "5_years"), (12, "10_years"), (20, "20_years"))
"""Whole years up to which the questionnaire's rough answer is this one; beyond: thirty or later."""


@dataclass(frozen=True, slots=True)
class Numbers:
    """What a what-if may change. Dollars."""

    target: Decimal
    by: date
    start: Decimal
    monthly: Decimal


@dataclass(frozen=True, slots=True)
class Answers:
    """What a visitor has answered so far; empty is not yet. Dollars."""

    key: UUID
    """Of the plan, and of the goal that may come of it: both see the same futures."""
    type: str = ""
    target: Decimal | None = None
    by: date | None = None
    start: Decimal | None = None
    monthly: Decimal | None = None
    reaction_to_loss: str = ""
    investment_goal: str = ""
    first: Numbers | None = None
    """The numbers as answered, to put back after trying others."""

    @property
    def numbers(self) -> Numbers | None:
        """All four, or None while one is missing."""
        if self.target is None or self.by is None or self.start is None or self.monthly is None:
            return None
        return Numbers(self.target, self.by, self.start, self.monthly)

    @property
    def is_blank(self) -> bool:
        return self == Answers(self.key)

    @property
    def is_complete(self) -> bool:
        return bool(self.type and self.numbers and self.reaction_to_loss and self.investment_goal)

    def as_json(self) -> dict[str, Any]:
        """What `read` reads back. Amounts as text with cents, days as ISO dates."""
        found: dict[str, Any] = {
            name: _text(value) for name, value in asdict(self).items() if value
        }
        for name in ("start", "monthly"):  # nothing is an answer, too
            if (amount := getattr(self, name)) is not None:
                found[name] = _text(amount)
        if self.first:
            found["first"] = {name: _text(value) for name, value in asdict(self.first).items()}
        return found


def _text(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    return value.isoformat() if isinstance(value, date) else str(value)


# Reading what was kept ----------------------------------------------------------------------


def read(kept: Any, today: date | None = None) -> Answers:
    """The answers in what a session or a row kept. Whatever can't be read counts as not answered,
    and so does a day that has passed."""
    today = today or timezone.localdate()
    found = kept if isinstance(kept, Mapping) else {}
    kind = found.get("type")
    first = found.get("first")
    before = _numbers(first, today) if isinstance(first, Mapping) else {}
    return Answers(
        key=_key(found.get("key")),
        type=kind if isinstance(kind, str) and kind in GOAL_TYPES else "",
        **_numbers(found, today),
        reaction_to_loss=_choice("reaction_to_loss", found),
        investment_goal=_choice("investment_goal", found),
        first=Numbers(**before) if None not in before.values() and before else None,
    )


def _numbers(found: Mapping[str, Any], today: date) -> dict[str, Any]:
    return {
        "target": _amount(found.get("target"), LEAST_TARGET, MOST),
        "by": _day(found.get("by"), today),
        "start": _amount(found.get("start"), Decimal(0), MOST),
        "monthly": _amount(found.get("monthly"), Decimal(0), MOST_MONTHLY),
    }


def _key(text: Any) -> UUID:
    try:
        return UUID(str(text))
    except ValueError:
        return uuid4()


def _amount(text: Any, least: Decimal, most: Decimal) -> Decimal | None:
    try:
        amount = Decimal(str(text))
    except InvalidOperation:
        return None
    if not amount.is_finite() or not least <= amount <= most:
        return None
    return amount.quantize(Decimal("0.01"))


def _day(text: Any, today: date) -> date | None:
    try:
        day = date.fromisoformat(str(text))
    except ValueError:
        return None
    return day if months_later(today, 1) <= day <= latest_day(today) else None


def _choice(question_id: str, found: Mapping[str, Any]) -> str:
    given = found.get(question_id)
    try:
        load_questionnaire().question(question_id).value(str(given))
    except BadAnswer:
        return ""
    return str(given)


def latest_day(today: date) -> date:
    """The furthest day a projection can reach."""
    return months_later(today, MOST_YEARS * 12)


# Used where it would be asked again ----------------------------------------------------------


def of_account(account: Account) -> FirstPlan | None:
    found: FirstPlan | None = FirstPlan.objects.filter(account=account).first()
    return found


@transaction.atomic
def mark_used(account: Account, what: str) -> None:
    """This part of the plan has been taken over."""
    row = FirstPlan.objects.select_for_update().filter(account=account).first()
    if row and what not in row.used:
        row.used = [*row.used, what]
        row.save(update_fields=["used"])


def risk_answers(answers: Answers, today: date) -> dict[str, str]:
    """The plan's answers as the risk questionnaire asks for them; only those that were given."""
    found = {
        name: given
        for name in ("investment_goal", "reaction_to_loss")
        if (given := getattr(answers, name))
    }
    if answers.by:
        years = months_until(answers.by, today) // 12
        rough = next((answer for most, answer in HORIZONS if years <= most), "30_years")
        found |= {"time_horizon": rough, "time_horizon_years": str(years)}
    return found


def example_amount_of(answers: Answers) -> str:
    """Dollars for the risk questions' examples: the start, else what a year adds; may be empty."""
    for amount in (answers.start, (answers.monthly or Decimal(0)) * 12):
        if amount and amount >= LEAST_EXAMPLE:
            return f"{amount:.2f}"
    return ""


def for_risk(account: Account) -> dict[str, str]:
    """What the plan answers of the risk questions; empty without a plan."""
    row = of_account(account)
    if row is None:
        return {}
    return risk_answers(read(row.answers), timezone.localdate(row.created_at))


def example_amount_for(account: Account) -> str:
    """Dollars for the risk questions' examples, from the plan; may be empty."""
    row = of_account(account)
    return example_amount_of(read(row.answers)) if row else ""


def goal_answers(account: Account) -> dict[str, Any]:
    """What the first goal's form begins with; empty without a plan, or once there is such a goal.

    `key` makes the goal the plan's: pressed twice it is one goal.
    """
    row = of_account(account)
    if row is None or GOAL in row.used:
        return {}
    answers = read(row.answers)
    if not (answers.type and answers.numbers):
        return {}
    return {
        "key": answers.key,
        "type": answers.type,
        "target_amount": answers.target,
        "target_date": answers.by,
        "initial_amount": answers.start,
        "monthly_contribution": answers.monthly,
        "importance": "normal",
        "prices": "then",
        **({"name": "My goal"} if answers.type == "custom" else {}),
    }
