"""What this app tells home: the questions that are still to be answered, and those that were."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.guards import DISCLOSURES
from accounts.models import Account
from onboarding.models import ExternalLink, InvestorProfile, RiskAssessment
from onboarding.services import look_again, next_check, pending_of
from robo import agenda
from robo.agenda import Item

agenda.follow(look_again)

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


def profile_of(account: Account) -> InvestorProfile | None:
    """The one read with the account, else asked for."""
    cache = account._state.fields_cache
    if "profile" not in cache:
        cache["profile"] = InvestorProfile.objects.filter(account=account).first()
    found: InvestorProfile | None = cache["profile"]
    return found


@agenda.beside
def rarely_any() -> dict[str, Any]:
    broken = ExternalLink.objects.filter(account=OuterRef("pk"), status=ExternalLink.Status.BROKEN)
    return {"has_broken_link": Exists(broken)}


@agenda.todo
def risk_questions(account: Account) -> Iterator[Item]:
    if account.may_be_edited or not account.is_advised:
        return
    current = current_assessment(account)
    if current and current.review == RiskAssessment.Review.WAITING:
        yield Item(
            "Settle what doesn’t go together",
            detail="Two things you told us. No money goes in before; an adviser looks at it, too.",
            url=reverse("onboarding:risk-result"),
            kind="risk",
            urgent=True,
        )
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


@agenda.todo
def second_yes(account: Account) -> Iterator[Item]:
    """A change of level asked for after a fall, from the day on which it may be confirmed."""
    if not assessments(account):
        return
    read = account._state.fields_cache  # the draft too, where a page asked for it with the account
    if "risk_draft" in read and not (read["risk_draft"] and read["risk_draft"].pending):
        return
    waiting = pending_of(account)
    if waiting and waiting.may_be_confirmed:
        yield Item(
            f"Decide about level {waiting.level}",
            detail="You asked for it after a fall. It counts only if you confirm it.",
            url=reverse("onboarding:risk-result"),
            kind="risk",
        )


@agenda.upcoming
def yearly_check_in(account: Account) -> Iterator[Item]:
    """The day on which the answers, or the picture, are to be looked at again; from the day it
    is something to do, it is told there."""
    if account.may_be_edited or not account.is_advised:
        return
    current, profile = current_assessment(account), profile_of(account)
    if current and next_check(current) - timezone.now() >= REMIND_BEFORE:
        yield Item(
            "Your yearly look at the risk questions",
            day=timezone.localdate(next_check(current)),
            detail="Whether the answers still fit. You can do it earlier, too.",
            url=reverse("onboarding:risk-result"),
            kind="check",
        )
    if profile and profile.check_due_at > timezone.now():
        yield Item(
            "Your yearly check-in",
            day=timezone.localdate(profile.check_due_at),
            detail="About 90 seconds: only what may have changed.",
            url=reverse("picture:overview"),
            kind="check",
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


@agenda.todo
def look_at_the_picture(account: Account) -> Iterator[Item]:
    """Once a year; and a bank that wants to be signed in to again, straight to where that is."""
    if account.may_be_edited or not account.is_advised:
        return
    broken = ExternalLink.objects.filter(account=account, status=ExternalLink.Status.BROKEN)
    profile = profile_of(account)
    for link in broken if getattr(account, "has_broken_link", True) else ():
        yield Item(
            f"Sign in again at {link.institution or 'your bank'}",
            detail="Until then its balances in your picture get older.",
            url=reverse("picture:mend", args=[link.key]),
            kind="picture",
        )
    if profile and profile.check_due_at <= timezone.now():
        yield Item(
            "Is your picture still right?",
            day=timezone.localdate(profile.check_due_at),
            detail="A year has passed. Looking takes about 90 seconds.",
            url=reverse("picture:check"),
            kind="picture",
            anytime=True,
        )
