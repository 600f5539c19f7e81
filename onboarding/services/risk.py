"""Risk: answers kept, scored, written down, and looked at again."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account
from onboarding import advice
from onboarding.models import Advice, InvestorProfile, RiskAssessment, RiskDraft
from onboarding.services import first_answers
from onboarding.services.picture import share_of_what_is_owned
from portfolios.planning.assumptions import CURRENT as CURRENT_ASSUMPTIONS
from portfolios.planning.consistency import CONFIRMABLE, fires
from portfolios.planning.questionnaire import CURRENT, Questionnaire, load_questionnaire
from portfolios.planning.risk import ENGINE_VERSION, Circumstances, RiskResult, assess
from robo import agenda, audit

Status = RiskAssessment.Status

CHECK_EVERY = timedelta(days=365)
AMOUNT = "amount"
"""The draft's key for the dollars used in the questions' examples."""


def draft_of(account: Account) -> RiskDraft:
    """The answers so far; of another version of the questionnaire nothing is kept. Someone who has
    answered nothing yet begins with what their first plan answered."""
    version = load_questionnaire().version
    draft, _ = RiskDraft.objects.get_or_create(
        account=account, defaults={"questionnaire_version": version}
    )
    if draft.questionnaire_version != version:
        draft.questionnaire_version, draft.answers = version, {}
        draft.save()
    if not draft.answers and (known := first_answers.for_risk(account)):
        amount = first_answers.example_amount_for(account)
        draft.answers = known | ({AMOUNT: amount} if amount else {})
        draft.save()
        first_answers.mark_used(account, first_answers.RISK)
    return draft


def save_risk_answer(account: Account, question_id: str, answer: str) -> RiskDraft:
    """Keep one answer; an empty one says that the question was seen and skipped."""
    return save_risk_answers(account, {question_id: answer})


@transaction.atomic
def save_risk_answers(account: Account, answers: Mapping[str, str]) -> RiskDraft:
    """Keep answers by question id; an empty one says that the question was seen and skipped."""
    draft_of(account)
    draft: RiskDraft = RiskDraft.objects.select_for_update().get(account=account)
    draft.answers = draft.answers | answers
    if draft.answers.get("experienced_major_decline", "yes") != "yes":
        draft.answers.pop("action_during_decline", None)
    draft.save()
    return draft


LONGEST_SECONDS = 600.0


@transaction.atomic
def note_shown(account: Account, question_id: str) -> None:
    """A question has come on screen: from now on its seconds count."""
    draft = RiskDraft.objects.select_for_update().get(account=account)
    draft.shown = {"question": question_id, "at": timezone.now().isoformat()}
    draft.save(update_fields=["shown"])


@transaction.atomic
def note_answered(account: Account, question_id: str) -> None:
    """It was answered: keep how long it took, the longest time if it was seen more than once."""
    draft = RiskDraft.objects.select_for_update().get(account=account)
    if draft.shown.get("question") != question_id:
        return
    took = (timezone.now() - datetime.fromisoformat(draft.shown["at"])).total_seconds()
    took = max(round(min(took, LONGEST_SECONDS), 1), draft.seconds.get(question_id, 0.0))
    draft.seconds, draft.shown = draft.seconds | {question_id: took}, {}
    draft.save(update_fields=["seconds", "shown"])


def answered(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers to the questionnaire's own questions, without what was skipped."""
    known = {question.id for question in load_questionnaire().questions}
    return {key: value for key, value in answers.items() if value and key in known}


def score(account: Account, answers: Mapping[str, str]) -> RiskResult:
    """What the answers come to, with what the profile knows. Raises BadAnswer."""
    return assess(answered(answers), _circumstances(account))


def cautious(answers: Mapping[str, str]) -> dict[str, str]:
    """The answers with each contradiction settled on its cautious side.

    The bold answer of a pair steps down to the boldest one that goes with the other. An answer
    only ever moves towards caution, so this ends.
    """
    asked = load_questionnaire()
    settled = answered(answers)
    while firing := [pair for pair in asked.pairs if pair.counts and fires(pair, asked, settled)]:
        question = asked.question(firing[0].bold_question)
        settled[question.id] = question.answers[int(firing[0].at_least) - 1].id
    return settled


def _circumstances(account: Account) -> Circumstances:
    profile = InvestorProfile.objects.filter(account=account).first()
    sections = profile.sections if profile else {}
    dependants = sections.get("demographics", {}).get("number_of_dependents")
    months = sections.get("cash_flow", {}).get("emergency_fund_months")
    return Circumstances(
        dependants=dependants,
        emergency_fund_months=months,
        net_worth_share=share_of_what_is_owned(account),
    )


@transaction.atomic
def submit_risk(
    *,
    account: Account,
    answers: Mapping[str, str],
    key: UUID,
    seconds: Mapping[str, float] | None = None,
    confirmed: Sequence[str] = (),
) -> RiskAssessment:
    """Write down the answers and what they come to; Bluum scores them, too.

    The same key is the same wish; so are the same answers while they are current and come to the
    same. `seconds` says how long each took; `confirmed` names what the person was asked about the
    manner of answering and said is right. What else doesn't go together, a follower of
    `agenda.advice_changed` writes down. Raises BadAnswer. An older filling-in that Bluum hasn't
    seen yet is not sent any more.
    """
    Account.objects.select_for_update().get(pk=account.pk)
    made: RiskAssessment | None = RiskAssessment.objects.filter(account=account, key=key).first()
    if made:
        return made
    given = {name: value for name, value in answers.items() if value}
    current = current_assessment(account)
    inputs = _inputs(account, given)
    found = advise(inputs)
    if (
        current
        and current.answers == given
        and current.our_level == found["level"]
        and next_check(current) > timezone.now() + RENEW
    ):
        return current
    asked: Questionnaire = load_questionnaire(CURRENT)
    account.risk_assessments.filter(status=Status.SUBMITTED).update(
        status=Status.SUPERSEDED, due_at=None
    )
    assessment = RiskAssessment.objects.create(
        account=account,
        key=key,
        questionnaire_id=asked.id,
        questionnaire_version=asked.version,
        answers=given,
        result=found,
        level=found["level"],
        our_level=found["level"],
        seconds=dict(seconds or {}),
        conflicts=_settled_before(current, confirmed),
    )
    advice.record(
        account,
        kind=Advice.Kind.RISK,
        about=f"assessment:{assessment.pk}",
        engine=ENGINE_VERSION,
        assumptions=CURRENT_ASSUMPTIONS,
        inputs=inputs,
    )
    audit.record("submit risk answers", actor=account.user, target=assessment, account=account)
    assessment.enqueue()
    agenda.advice_changed(account)
    return assessment


def _settled_before(
    current: RiskAssessment | None, confirmed: Sequence[str]
) -> list[dict[str, Any]]:
    """What needs no asking: the person has just confirmed it, or an adviser settled these words."""
    by_adviser = [c for c in (current.conflicts if current else []) if c["settled"] == "adviser"]
    return by_adviser + [
        {"key": name, "id": name, "text": "", "sides": [], "settled": "you"}
        for name in confirmed
        if name in CONFIRMABLE
    ]


def outcome(account: Account, answers: Mapping[str, str]) -> dict[str, Any]:
    """What `submit_risk` would write down. Raises BadAnswer."""
    found: dict[str, Any] = advise(_inputs(account, answers))
    return found


def _inputs(account: Account, answers: Mapping[str, str]) -> dict[str, Any]:
    return {
        "answers": answered(answers),
        "circumstances": asdict(_circumstances(account)),
        "questionnaire": CURRENT,
        "assumptions": CURRENT_ASSUMPTIONS,
    }


@advice.replayer(Advice.Kind.RISK)
def advise(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Answers and circumstances to the level and every reason for it. Pure. Raises BadAnswer.

    Contradicting answers are counted on their cautious side; `contradictions` says which there were
    and `counted_as` what was counted instead.
    """
    given, known = inputs["answers"], Circumstances(**inputs["circumstances"])
    settled = cautious(given)
    as_given = assess(given, known, inputs["questionnaire"], inputs["assumptions"])
    found = assess(settled, known, inputs["questionnaire"], inputs["assumptions"])
    return asdict(found) | {
        "contradictions": [contradiction.text for contradiction in as_given.contradictions],
        "counted_as": {name: answer for name, answer in settled.items() if answer != given[name]},
    }


RENEW = timedelta(days=30)
"""From this long before its end the same answers may be given anew."""


def current_assessment(account: Account) -> RiskAssessment | None:
    """The newest one that counts, None if there is none or it has lapsed."""
    return (
        account.risk_assessments.filter(status__in=[Status.SUBMITTED, Status.ACTIVE])
        .filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()))
        .order_by("-created_at")
        .first()
    )


def next_check(assessment: RiskAssessment) -> datetime:
    """When the answers are to be looked at again: as Bluum says, else after a year."""
    return assessment.expires_at or assessment.created_at + CHECK_EVERY


def example_amount(answers: Mapping[str, str]) -> Decimal:
    """Dollars for the questions' examples: the person's own amount, else $10,000."""
    return Decimal(answers.get(AMOUNT) or "10000")
