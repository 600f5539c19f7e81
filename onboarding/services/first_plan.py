"""The plan before there is an account: kept in the session, then for the account, and what it says.

What was answered here is not asked again: the risk questions and the first goal begin with it.
"""

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction

from accounts import services as accounts
from accounts.models import User
from onboarding.models import FirstPlan
from onboarding.services.first_answers import MOST_YEARS, Answers, read, risk_answers
from onboarding.services.risk import answered, cautious
from portfolios.planning import projection
from portfolios.planning.months import months_later, months_until
from portfolios.planning.questionnaire import load_questionnaire
from portfolios.planning.risk import Circumstances, Contradiction, RiskResult, assess
from robo import partner

SESSION = "first_plan"
MOST_MONTHS = MOST_YEARS * 12


# Keeping ------------------------------------------------------------------------------------


def of_visitor(session: Mapping[str, Any], user: Any) -> Answers:
    """The plan in the session; without one, the plan kept for who is signed in."""
    if SESSION in session or not user.is_authenticated or user.is_staff:
        return read(session.get(SESSION))
    row = FirstPlan.objects.filter(account__user=user).first()
    return read(row.answers if row else None)


def keep(session: MutableMapping[str, Any], user: Any, answers: Answers) -> None:
    """Keep the answers: for an account where there is one, else in the session."""
    session[SESSION] = answers.as_json()
    if user.is_authenticated and not user.is_staff:
        take_over(session, user)


@transaction.atomic
def take_over(session: MutableMapping[str, Any], user: User) -> None:
    """Keep the session's plan for the account of who has just signed in.

    A plan of which something has been taken over already stays as it was: what came of it can be
    changed where it is now.
    """
    if SESSION not in session:
        return
    answers = read(session.pop(SESSION))
    if user.is_staff or answers.is_blank:
        return
    account = accounts.account_of(user)
    row, _ = FirstPlan.objects.select_for_update().get_or_create(account=account)
    if not row.used:
        row.answers = answers.as_json()
        row.save(update_fields=["answers"])


# What comes of it ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Indication:
    """A level before all questions are answered, and how far the other answers can move it."""

    result: RiskResult
    least: int
    most: int
    contradictions: tuple[Contradiction, ...]

    @property
    def level(self) -> int:
        return self.result.level


def indicate(answers: Answers, today: date) -> Indication:
    """What the answers point to; a required question not asked yet counts as its middle answer.

    Answers that contradict each other count on their cautious side. Needs a date and both answers.
    """
    assert answers.by is not None
    given = risk_answers(answers, today)
    known = Circumstances(
        horizon_years=months_until(answers.by, today) / 12, goal_type=answers.type or "custom"
    )
    middle = given | {
        question.id: question.answers[(len(question.answers) - 1) // 2].id
        for question in load_questionnaire().required
        if question.id not in given
    }
    found = assess(cautious(middle), known)
    ends = [assess(cautious(given | _others(given, end)), known).level for end in (0, -1)]
    return Indication(
        found,
        least=min(*ends, found.level),
        most=max(*ends, found.level),
        contradictions=assess(answered(middle), known).contradictions,
    )


def _others(given: Mapping[str, str], end: int) -> dict[str, str]:
    """All other choices at their most cautious (0) or boldest (-1) answer."""
    return {
        question.id: question.answers[end].id
        for question in load_questionnaire().questions
        if question.kind == "choice"
        and question.id not in given
        and question.id not in ("experienced_major_decline", "action_during_decline")
    }


def plan_of(answers: Answers, level: int, today: date) -> projection.Plan:
    """What planning is asked. Needs all numbers."""
    numbers = answers.numbers
    assert numbers is not None
    fees = partner.current().fees
    return projection.Plan(
        level=level,
        start=float(numbers.start),
        monthly=float(numbers.monthly),
        months=months_until(numbers.by, today),
        target=float(numbers.target),
        fee=float(fees.advisory + fees.fund_expense_max),
        goal_type=answers.type,
        seed=projection.seed_for(str(answers.key)),
    )


def months_to_bar(
    answers: Answers, plan: projection.Plan, months: int | None, today: date
) -> int | None:
    """How many months are enough, given how many are at the plan's own level: a later date may
    change the level, too. None if none within reach is, or none more is needed."""
    by = answers.by
    assert by is not None
    while months is not None and months > plan.months:
        later = replace(answers, by=months_later(by, months - plan.months))
        tried = replace(plan, level=indicate(later, today).level, months=months)
        if projection.chance(tried) >= plan.bar:
            return months
        months = projection.repairs(replace(tried, months=min(months + 1, MOST_MONTHS))).months
        if months == MOST_MONTHS:
            return None
    return None


def fees_until_then(plan: projection.Plan) -> Decimal:
    """What the middle future lacks on the plan's day because of all fees, in dollars."""
    free = projection.project(replace(plan, fee=0.0), grid_months=plan.months)
    paid = projection.project(plan, grid_months=plan.months)
    return Decimal(str(round(free.final[50] - paid.final[50], 2)))
