"""Whether what a person told goes together, and what waits until it does.

What doesn't go together is asked about. Left open, it waits for an adviser, and no money goes in
meanwhile. It is looked at whenever answers, profile, goals or deposits change.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Kept, Topic, User
from accounts.notices import tell
from onboarding import facts
from onboarding.models import Application, ExternalAccount, InvestorProfile, RiskAssessment
from onboarding.services.risk import answered, current_assessment
from portfolios.planning.consistency import CONFIRMABLE, HOME_LOANS, Conflict, Facts, find
from robo import audit

Review = RiskAssessment.Review

LIQUID = ("checking", "savings", "brokerage", "investment")
SALARY = "employment_income"


class CannotSettle(Exception):
    """What an adviser decided can't be kept; the text says why."""


def facts_of(account: Account, **more: Any) -> Facts:
    """All that is known beside the answers; `more` goes before what is on record."""
    profile = InvestorProfile.objects.filter(account=account).first()
    sections: dict[str, dict[str, Any]] = profile.sections if profile else {}
    person, work = sections.get("demographics", {}), sections.get("employment", {})
    money = sections.get("cash_flow", {})
    known: dict[str, Any] = {
        "retirement_age": _whole(person.get("expected_retirement_age")),
        "life_expectancy": _whole(person.get("life_expectancy")),
        "yearly_income": _dollars(work.get("annual_gross_income")),
        "emergency_fund_months": _dollars(money.get("emergency_fund_months")),
    }
    if status := work.get("employment_status"):
        known["is_retired"] = status == "retired"
    application = Application.objects.filter(account=account).first()
    if application and application.birth_year:
        known["age"] = timezone.localdate().year - application.birth_year
    if application and application.funding_source:
        known["paid_by_salary"] = SALARY in application.funding_source
    return Facts(**(known | _worth(account) | facts.told(account) | more))


def _worth(account: Account) -> dict[str, Any]:
    rows = list(ExternalAccount.objects.filter(account=account, status=Kept.Status.ACTIVE))
    # A car loan or a card without what it bought is common; a home loan without a home is a gap.
    loan = any(row.account_type in HOME_LOANS for row in rows)
    if not loan or any(row.account_type == "real_estate" for row in rows):
        return {}
    worth = sum((row.balance if row.is_asset else -row.balance for row in rows), Decimal(0))
    liquid = sum((r.balance for r in rows if r.account_type in LIQUID), Decimal(0))
    return {
        "net_worth": float(worth),
        "liquid_net_worth": float(liquid),
        "holds_home_loan_without_home": True,
    }


def _whole(value: Any) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _dollars(value: Any) -> float | None:
    try:
        return None if value in (None, "") else float(value)
    except (TypeError, ValueError):
        return None


def conflicts_in(
    account: Account, answers: dict[str, str], seconds: dict[str, float] | None = None
) -> tuple[Conflict, ...]:
    """What would stand against these answers if they were sent now."""
    return find(answered(answers), facts_of(account, seconds=seconds or {}))


def key_of(conflict: Conflict) -> str:
    """The same conflict between the same two things has the same key."""
    return "|".join([conflict.id, *(side.says for side in conflict.sides)])


def as_json(conflict: Conflict, settled: str = "") -> dict[str, Any]:
    """What is kept of a conflict. `settled`: by whom, `you` or `adviser`; empty while open."""
    return {
        "key": key_of(conflict),
        "id": conflict.id,
        "text": conflict.text,
        "sides": [{"place": side.place, "says": side.says} for side in conflict.sides],
        "settled": settled,
    }


def open_conflicts(assessment: RiskAssessment | None) -> list[dict[str, Any]]:
    return [c for c in assessment.conflicts if not c["settled"]] if assessment else []


@transaction.atomic
def look_again(account: Account, **more: Any) -> RiskAssessment | None:
    """See whether the current answers still go with everything else, and write down what doesn't.

    `more` are facts about to come true, such as the deposit somebody just asked for.
    """
    current = current_assessment(account)
    if current is None:
        return None
    assessment: RiskAssessment = RiskAssessment.objects.select_for_update().get(pk=current.pk)
    settled = {c["key"]: c for c in assessment.conflicts if c["settled"]}
    known = facts_of(account, **{"level": assessment.level, "seconds": assessment.seconds} | more)
    found = find(answered(assessment.answers), known, assessment.questionnaire_id)
    still_open = [as_json(c) for c in found if key_of(c) not in settled]
    conflicts = [*settled.values(), *still_open]
    review = _review_of(assessment, still_open)
    if conflicts == assessment.conflicts and review == assessment.review:
        return assessment
    before, assessment.review, assessment.conflicts = assessment.review, review, conflicts
    assessment.save(update_fields=["review", "conflicts"])
    if review != before:
        _say(assessment, before, still_open)
    return assessment


def _review_of(assessment: RiskAssessment, still_open: Sequence[dict[str, Any]]) -> str:
    if still_open:
        return Review.WAITING
    return Review.NONE if assessment.review == Review.WAITING else assessment.review


def _say(assessment: RiskAssessment, before: str, still_open: Sequence[dict[str, Any]]) -> None:
    audit.record(
        "look at answers",
        target=assessment,
        account=assessment.account,
        before=before,
        after=assessment.review,
        conflicts=[c["id"] for c in still_open],
    )
    if assessment.review == Review.WAITING:
        tell(
            account=assessment.account,
            key=f"answers-open:{assessment.pk}:{'-'.join(sorted(c['id'] for c in still_open))}",
            title="Some of what you told us doesn’t go together",
            body=f"{still_open[0]['text']} Put it right when you like, or leave it: an adviser "
            "looks at it then. Until it is settled, no money goes in.",
            url=reverse("onboarding:risk-result"),
            topic=Topic.GOALS,
        )


@transaction.atomic
def confirm_manners(account: Account) -> None:
    """The person has read the answers again and says that they are right: what was asked about
    the manner of answering is settled. What they are about stays open."""
    current = current_assessment(account)
    if current is None:
        return
    row: RiskAssessment = RiskAssessment.objects.select_for_update().get(pk=current.pk)
    row.conflicts = [
        c | {"settled": "you"} if c["id"] in CONFIRMABLE and not c["settled"] else c
        for c in row.conflicts
    ]
    row.save(update_fields=["conflicts"])
    audit.record("confirm risk answers", actor=account.user, target=row, account=account)
    look_again(account)


@transaction.atomic
def settle(assessment: RiskAssessment, *, by: User, note: str, request: Any = None) -> None:
    """An adviser has talked it over and says that the answers stand. Raises CannotSettle."""
    note = note.strip()
    if len(note) < 10:
        raise CannotSettle("Say in a sentence what was talked over and why the answers stand.")
    row: RiskAssessment = (
        RiskAssessment.objects.select_for_update(of=("self",))
        .select_related("account__user")
        .get(pk=assessment.pk)
    )
    if row.review != Review.WAITING:
        raise CannotSettle("These answers don’t wait for anybody any more.")
    opened = open_conflicts(row)
    row.conflicts = [c | {"settled": c["settled"] or "adviser"} for c in row.conflicts]
    row.review, row.reviewed_by, row.reviewed_at = Review.DONE, by, timezone.now()
    row.review_note = note[:400]
    row.save(update_fields=["conflicts", "review", "reviewed_by", "reviewed_at", "review_note"])
    audit.record(
        "settle risk answers",
        actor=by,
        request=request,
        target=row,
        account=row.account,
        conflicts=[c["id"] for c in opened],
        note=row.review_note,
    )
    tell(
        account=row.account,
        key=f"answers-settled:{row.pk}:{row.reviewed_at.isoformat()}",
        title="An adviser has looked at your answers",
        body="They stand as you gave them. You can sign your policy and put money in now.",
        url=reverse("onboarding:risk-result"),
        topic=Topic.GOALS,
    )


def why_no_money(account: Account, **more: Any) -> str:
    """What keeps money from going in, in words, with the way out; empty when nothing does."""
    opened = open_conflicts(look_again(account, **more))
    if not opened:
        return ""
    return (
        f"Money can go in as soon as your answers go together. {opened[0]['text']} Put it right "
        "on the page about your risk level, or wait until an adviser has looked at it."
    )
