"""Choosing another level than the advised one, and not choosing in fright.

A choice lies within two levels of the advice and never above what dates and means can bear. After
a fall of the portfolio a change of level takes a second yes, a day later at the earliest: nothing
happens by itself, and without the second yes nothing changes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from onboarding import facts
from onboarding.models import MOST_ABOVE, MOST_BELOW, RiskAssessment, RiskDraft
from onboarding.services.risk import current_assessment, draft_of, outcome, submit_risk
from robo import agenda, audit

SECOND_YES_AFTER = timedelta(hours=24)
"""How long to sleep over a change of level after a fall."""
LAPSES_AFTER = timedelta(days=14)
LEAST_REASON = 10
"""Characters."""


class NotAllowed(Exception):
    """This level can't be chosen, or not yet; the text says why, for the person."""


@dataclass(frozen=True)
class Limits:
    """Between which levels someone may choose, and what keeps it from being higher."""

    lowest: int
    highest: int
    advised: int
    why_not_higher: str

    def allows(self, level: int) -> bool:
        return self.lowest <= level <= self.highest


@dataclass(frozen=True)
class Pending:
    """A change of level that waits for its second yes. `fall` is a positive fraction."""

    kind: str
    level: int
    asked_at: datetime
    fall: float
    fall_day: date
    reason: str = ""

    @property
    def confirm_from(self) -> datetime:
        return self.asked_at + SECOND_YES_AFTER

    @property
    def lapses_at(self) -> datetime:
        return self.asked_at + LAPSES_AFTER

    @property
    def may_be_confirmed(self) -> bool:
        return timezone.now() >= self.confirm_from


def limits_of(assessment: RiskAssessment) -> Limits:
    """The advice plus or minus two, under the hard limits of means and dates."""
    advised = assessment.advised_level
    highest = assessment.highest_choice
    found = assessment.result
    if highest >= advised + MOST_ABOVE or highest == 10:
        why = "Further than two levels from our advice takes a talk with an adviser."
    elif found.get("level_by_horizon", 10) <= found.get("level_by_capacity", 10):
        why = f"Above level {highest} is more than your date allows."
    else:
        why = f"Above level {highest} is more than your means can bear."
    return Limits(max(1, advised - MOST_BELOW), highest, advised, why)


def choose_level(
    *, account: Account, level: int, reason: str, request: Any = None
) -> RiskAssessment | Pending:
    """Take this level instead of the advised one; the advised one takes a choice back.

    After a fall it waits for a second yes. Raises NotAllowed.
    """
    reason = reason.strip()
    with transaction.atomic():
        assessment = _locked(account)
        limits = limits_of(assessment)
        if not limits.allows(level):
            raise NotAllowed(limits.why_not_higher if level > limits.highest else FURTHER)
        if level != limits.advised and len(reason) < LEAST_REASON:
            raise NotAllowed("Say in a few words why. It helps you when we ask again in a year.")
        if level == assessment.level:
            return assessment
        if fall := facts.recent_fall(account):
            return _wait(account, fall, kind="level", level=level, reason=reason[:400])
        return _choose(assessment, level, reason, request)


FURTHER = "Further than two levels from our advice takes a talk with an adviser. Please call us."


def _locked(account: Account) -> RiskAssessment:
    current = current_assessment(account)
    if current is None:
        raise NotAllowed("Answer the risk questions first; then you can choose another level.")
    found: RiskAssessment = RiskAssessment.objects.select_for_update().get(pk=current.pk)
    return found


def _choose(
    assessment: RiskAssessment, level: int, reason: str, request: Any = None
) -> RiskAssessment:
    before, account = assessment.level, assessment.account
    is_advice = level == assessment.advised_level
    assessment.chosen_level = None if is_advice else level
    assessment.chosen_reason = "" if is_advice else reason[:400]
    assessment.chosen_at = timezone.now()
    assessment.level = level
    assessment.save(update_fields=["chosen_level", "chosen_reason", "chosen_at", "level"])
    audit.record(
        "choose risk level",
        actor=account.user,
        request=request,
        target=assessment,
        account=account,
        before=before,
        after=level,
        advised=assessment.advised_level,
        reason=assessment.chosen_reason,
    )
    agenda.advice_changed(account)
    return assessment


def answer_again(
    *,
    account: Account,
    answers: Mapping[str, str],
    key: UUID,
    seconds: Mapping[str, float] | None = None,
    confirmed: tuple[str, ...] = (),
) -> RiskAssessment | Pending:
    """Submit answers; those that lead to another level after a fall wait for a second yes.

    Raises BadAnswer.
    """
    current = current_assessment(account)
    if current and (fall := facts.recent_fall(account)):
        level = int(outcome(account, answers)["level"])
        if level != current.our_level:
            with transaction.atomic():
                return _wait(
                    account,
                    fall,
                    kind="answers",
                    level=level,
                    answers=dict(answers),
                    seconds=dict(seconds or {}),
                    confirmed=list(confirmed),
                )
    drop_pending(account)
    return submit_risk(
        account=account, answers=answers, key=key, seconds=seconds, confirmed=confirmed
    )


# Sleeping over it ------------------------------------------------------------------------------


def pending_of(account: Account) -> Pending | None:
    """The change that waits for its second yes; one that has lapsed is none."""
    draft = RiskDraft.objects.filter(account=account).first()
    return _pending(draft.pending) if draft else None


def _pending(kept: Mapping[str, Any] | None) -> Pending | None:
    if not kept:
        return None
    found = Pending(
        kind=kept["kind"],
        level=kept["level"],
        asked_at=datetime.fromisoformat(kept["asked_at"]),
        fall=kept["fall"],
        fall_day=date.fromisoformat(kept["fall_day"]),
        reason=kept.get("reason", ""),
    )
    return None if found.lapses_at < timezone.now() else found


def _wait(account: Account, fall: facts.Fall, **wanted: Any) -> Pending:
    """Keep the wish. The same wish again doesn't begin the day anew."""
    draft_of(account)
    draft: RiskDraft = RiskDraft.objects.select_for_update().get(account=account)
    before = _pending(draft.pending)
    same = before and (before.kind, before.level) == (wanted["kind"], wanted["level"])
    asked_at = before.asked_at if before and same else timezone.now()
    draft.pending = {
        **wanted,
        "asked_at": asked_at.isoformat(),
        "fall": round(fall.fraction, 4),
        "fall_day": fall.day.isoformat(),
    }
    draft.save(update_fields=["pending", "updated_at"])
    if not same:
        audit.record(
            "ask for level after a fall",
            actor=account.user,
            account=account,
            kind=wanted["kind"],
            level=wanted["level"],
            fall=draft.pending["fall"],
        )
    found = _pending(draft.pending)
    assert found
    return found


@transaction.atomic
def confirm_pending(*, account: Account, request: Any = None) -> RiskAssessment:
    """The second yes. Raises NotAllowed before its time, or when nothing waits."""
    draft = RiskDraft.objects.select_for_update().filter(account=account).first()
    waiting = _pending(draft.pending) if draft else None
    if draft is None or waiting is None:
        raise NotAllowed("Nothing waits for your answer any more.")
    if not waiting.may_be_confirmed:
        raise NotAllowed("Please sleep over it. You can confirm it from tomorrow on.")
    kept: dict[str, Any] = draft.pending or {}
    draft.pending = None
    draft.save(update_fields=["pending", "updated_at"])
    audit.record(
        "confirm level after a fall",
        actor=account.user,
        request=request,
        account=account,
        kind=waiting.kind,
        level=waiting.level,
    )
    if waiting.kind == "answers":
        return submit_risk(
            account=account,
            answers=kept["answers"],
            key=uuid4(),
            seconds=kept["seconds"],
            confirmed=tuple(kept["confirmed"]),
        )
    assessment = _locked(account)
    limits = limits_of(assessment)
    if not limits.allows(waiting.level):
        raise NotAllowed(limits.why_not_higher)
    return _choose(assessment, waiting.level, waiting.reason, request)


@transaction.atomic
def drop_pending(account: Account) -> None:
    """Leave the level as it is."""
    RiskDraft.objects.filter(account=account).exclude(pending=None).update(pending=None)


# What the goals would need -----------------------------------------------------------------------


def set_need(account: Account, level: int | None, goals: int) -> None:
    """Write down the lowest level that reaches the bar of all these goals; None when none does.
    It is told, and never raises the level."""
    current = current_assessment(account)
    if current and (current.need_level, current.need_goals) != (level, goals):
        RiskAssessment.objects.filter(pk=current.pk).update(need_level=level, need_goals=goals)


def last_choice(account: Account) -> RiskAssessment | None:
    """The assessment before the current one, if the person had chosen another level there: the
    choice is asked about again."""
    rows = account.risk_assessments.exclude(status=RiskAssessment.Status.REFUSED)[:2]
    if len(rows) < 2 or rows[0].chosen_at or rows[1].chosen_level is None:
        return None
    found: RiskAssessment = rows[1]
    return found


def fall_in_dollars(fall: facts.Fall) -> Decimal:
    """What the fall took, from what is left."""
    left = Decimal(str(1 - fall.fraction))
    return fall.value / left - fall.value if left > 0 else fall.value
