"""Where the investor profile and the risk answers meet Bluum."""

from datetime import timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Topic
from accounts.services import tell
from onboarding.models import CHECK_EVERY, InvestorProfile, RiskAssessment
from portfolios.planning.questionnaire import load_questionnaire
from portfolios.planning.risk import level_of
from robo import agenda, bluum, clients
from robo.bluum import profile as remote

Status = RiskAssessment.Status


def advance_profile(profile: InvestorProfile) -> timedelta | None:
    """Send the sections if Bluum has an older state of them, which needs an open account; after a
    year without a word ask whether they still hold."""
    account = profile.account
    if not account.is_advised:
        return None  # Bluum keeps an investor profile of advised accounts only
    if profile.sent_revision >= profile.revision:
        return ask_again(profile)
    if wait := account.wait_until_open():
        return wait
    assert account.bluum_id
    revision = profile.revision
    found = clients.bluum().profile.update(account.bluum_id, **profile.sections)
    return apply_profile(profile.pk, revision, found)


@transaction.atomic
def apply_profile(pk: int, revision: int, found: remote.Profile) -> timedelta | None:
    profile: InvestorProfile = InvestorProfile.objects.select_for_update().get(pk=pk)
    profile.sent_revision = max(profile.sent_revision, revision)
    profile.completeness_score = found.completeness_score
    profile.save(update_fields=["sent_revision", "completeness_score"])
    if profile.sent_revision < profile.revision:
        return timedelta()
    return max(profile.check_due_at - timezone.now(), timedelta())


def ask_again(profile: InvestorProfile) -> timedelta:
    """Tell the person, once for each year, that it is time to look; then come back in a year."""
    left = profile.check_due_at - timezone.now()
    if left > timedelta():
        return left
    tell(
        account=profile.account,
        key=f"picture-check:{profile.check_due_at:%Y-%m-%d}",
        title="Is your picture still right?",
        body="A year has passed since you last told us about your life and money. Looking at what "
        "may have changed takes about 90 seconds; if nothing has, one tap is enough.",
        url=reverse("picture:check"),
        topic=Topic.GOALS,
    )
    return CHECK_EVERY


def advance_risk_assessment(assessment: RiskAssessment) -> timedelta | None:
    """Have Bluum score the answers, once; afterwards see whether they still count."""
    account = assessment.account
    if assessment.status not in {Status.SUBMITTED, Status.ACTIVE}:
        return None
    if wait := account.wait_until_open():
        return wait
    assert account.bluum_id
    api = clients.bluum().risk_assessments
    if assessment.bluum_id:
        return apply_assessment(assessment.pk, api.retrieve(account.bluum_id, assessment.bluum_id))
    try:
        found = api.submit(
            account.bluum_id,
            questionnaire_id=assessment.questionnaire_id,
            questionnaire_version=assessment.questionnaire_version,
            responses=responses(assessment),
            idempotency_key=assessment.key,
        )
    except bluum.Refused:
        return apply_refusal(assessment.pk)
    return apply_assessment(assessment.pk, found)


def responses(assessment: RiskAssessment) -> list[dict[str, object]]:
    """The answers to the questions that Bluum's questionnaire has, in its order."""
    asked = load_questionnaire(assessment.questionnaire_id)
    return [
        {"question_id": question.id, "answer_id": assessment.answers[question.id]}
        for question in asked.questions
        if question.sent and assessment.answers.get(question.id)
    ]


@transaction.atomic
def apply_assessment(pk: int, found: remote.RiskAssessment) -> timedelta | None:
    """Write Bluum's score; the more cautious of both is the level."""
    assessment = RiskAssessment.objects.select_for_update().get(pk=pk)
    assessment.bluum_id = found.assessment_id
    assessment.bluum_score = level_by_bluum(found)
    assessment.bluum_tolerance = (found.risk_tolerance or found.risk_category or "")[:40]
    assessment.expires_at = found.expires_at or assessment.expires_at
    before = assessment.level
    # What the person chose stands, but never further above the advice than is allowed.
    chosen = assessment.chosen_level or assessment.advised_level
    assessment.level = min(chosen, assessment.highest_choice)
    if assessment.status != Status.SUPERSEDED:
        known = {Status.SUPERSEDED.value, Status.EXPIRED.value}
        assessment.status = found.status if found.status in known else Status.ACTIVE
    assessment.save(
        update_fields=[
            "bluum_id",
            "bluum_score",
            "bluum_tolerance",
            "expires_at",
            "level",
            "status",
        ]
    )
    if assessment.level != before:
        agenda.advice_changed(assessment.account)
    if assessment.status != Status.ACTIVE:
        return None
    older = RiskAssessment.objects.filter(
        account=assessment.account_id, created_at__lt=assessment.created_at
    )
    older.filter(status__in=[Status.ACTIVE, Status.SUBMITTED]).update(status=Status.SUPERSEDED)
    if assessment.expires_at is None:
        return None
    left: timedelta = assessment.expires_at - timezone.now()
    return max(left, timedelta(days=1))


@transaction.atomic
def apply_refusal(pk: int) -> None:
    RiskAssessment.objects.select_for_update().filter(pk=pk).update(status=Status.REFUSED)


def level_by_bluum(found: remote.RiskAssessment) -> int | None:
    """Bluum's score on the scale of 1 to 10; servers that follow the guide score 0 to 100."""
    if found.computed_risk_score is not None:
        return min(max(found.computed_risk_score, 1), 10)
    return None if found.risk_score is None else level_of(float(found.risk_score))
