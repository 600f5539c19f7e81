"""What this app tells home: the questions that are still to be answered, and those that were."""

from collections.abc import Iterator
from datetime import timedelta

from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.guards import DISCLOSURES
from accounts.models import Account
from onboarding.models import RiskAssessment
from onboarding.services import next_check
from robo import agenda
from robo.agenda import Item

REMIND_BEFORE = timedelta(days=30)


COUNTS = (RiskAssessment.Status.SUBMITTED, RiskAssessment.Status.ACTIVE)


def assessments(account: Account) -> list[RiskAssessment]:
    """Newest first, read once for this account object, so once for a page."""
    prefetch_related_objects([account], "risk_assessments")
    return list(account.risk_assessments.all())


def current_assessment(account: Account) -> RiskAssessment | None:
    """What `services.current_assessment` finds, among those read for the page."""
    now = timezone.now()
    for found in assessments(account):
        if found.status in COUNTS and (found.expires_at is None or found.expires_at > now):
            return found
    return None


@agenda.todo
def risk_questions(account: Account) -> Iterator[Item]:
    if account.may_be_edited:
        return
    current = current_assessment(account)
    if current and next_check(current) - timezone.now() >= REMIND_BEFORE:
        return
    if not accounts.has_signed(account, DISCLOSURES):
        return
    if current is None:
        yield Item(
            "Answer the risk questions",
            detail="About five minutes. They decide how much goes into stocks.",
            url=reverse("onboarding:risk"),
            urgent=True,
        )
    else:
        yield Item(
            "Check your risk answers again",
            day=timezone.localdate(next_check(current)),
            detail="Once a year we ask whether they still fit.",
            url=reverse("onboarding:risk"),
        )


@agenda.activity
def risk_answers(account: Account) -> Iterator[Item]:
    for assessment in assessments(account):
        yield Item(
            "You answered the risk questions",
            at=assessment.created_at,
            detail=f"Level {assessment.level} of 10",
            url=reverse("onboarding:risk-result"),
            kind="risk",
        )
