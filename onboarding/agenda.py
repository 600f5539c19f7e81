"""What this app tells home: the questions that are still to be answered, and those that were."""

from collections.abc import Iterator
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.guards import DISCLOSURES
from accounts.models import Account
from onboarding.services import current_assessment, next_check
from robo import agenda
from robo.agenda import Item

REMIND_BEFORE = timedelta(days=30)


@agenda.todo
def risk_questions(account: Account) -> Iterator[Item]:
    if account.may_be_edited or not accounts.has_signed(account, DISCLOSURES):
        return
    current = current_assessment(account)
    if current is None:
        yield Item(
            "Answer the risk questions",
            detail="About five minutes. They decide how much goes into stocks.",
            url=reverse("onboarding:risk"),
            urgent=True,
        )
    elif next_check(current) - timezone.now() < REMIND_BEFORE:
        yield Item(
            "Check your risk answers again",
            day=timezone.localdate(next_check(current)),
            detail="Once a year we ask whether they still fit.",
            url=reverse("onboarding:risk"),
        )


@agenda.activity
def risk_answers(account: Account) -> Iterator[Item]:
    for assessment in account.risk_assessments.all():
        yield Item(
            "You answered the risk questions",
            at=assessment.created_at,
            detail=f"Level {assessment.level} of 10",
            url=reverse("onboarding:risk-result"),
            kind="risk",
        )
