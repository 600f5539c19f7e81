"""The investor profile: what the person told of their life and money."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from onboarding.models import CHECK_EVERY, InvestorProfile
from onboarding.picture import SECTIONS, Question, Section
from robo import agenda, audit


@transaction.atomic
def update_profile(account: Account, **sections: dict[str, Any]) -> InvestorProfile:
    """Replace these sections of the investor profile and have the whole sent to Bluum."""
    return _write(account, sections, "you")


def _write(account: Account, sections: dict[str, dict[str, Any]], source: str) -> InvestorProfile:
    profile = locked_profile(account)
    merged = profile.sections | sections
    if merged != profile.sections or not profile.revision:
        _note_sources(profile, merged, source)
        profile.sections = merged
        profile.revision += 1
        profile.updated_at = timezone.now()
        profile.save(update_fields=["sections", "provenance", "revision", "updated_at"])
        profile.poke()
        agenda.advice_changed(account)
    return profile


def _note_sources(profile: InvestorProfile, sections: Mapping[str, Any], source: str) -> None:
    """Keep where each changed figure came from, and when (UTC)."""
    now = timezone.now().isoformat()
    known = dict(profile.provenance)
    for section, fields in sections.items():
        before = profile.sections.get(section, {})
        for name, value in fields.items():
            if before.get(name) != value:
                known[f"{section}.{name}"] = {"source": source, "at": now}
    profile.provenance = known


def locked_profile(account: Account) -> InvestorProfile:
    """The profile, for this transaction alone; made if there is none."""
    profile: InvestorProfile
    profile, _ = InvestorProfile.objects.select_for_update().get_or_create(
        account=account, defaults={"revision": 0, "due_at": None}
    )
    return profile


def profile_of(account: Account) -> InvestorProfile:
    """The profile to show; an empty one, not kept, where nothing was told."""
    found = InvestorProfile.objects.filter(account=account).first()
    return found or InvestorProfile(account=account, revision=0)


@transaction.atomic
def save_section(
    account: Account, key: str, answers: Mapping[str, Any], *, source: str = "you"
) -> InvestorProfile:
    """Keep a section's answers; None takes an answer back.

    Bluum merges sections and takes no null, so it keeps what it knew of an answer taken back.
    """
    before = locked_profile(account).sections.get(key, {})
    told = {name: value for name, value in answers.items() if value is not None}
    kept = {name: value for name, value in before.items() if name not in answers} | told
    if kept == before:
        return profile_of(account)
    return _write(account, {key: kept}, source)


@transaction.atomic
def save_preferences(
    account: Account, *, preferences: Mapping[str, Any], wishes: Mapping[str, Any]
) -> InvestorProfile:
    """Keep how someone likes to invest. A policy in force is drafted again where it matters."""
    save_section(account, "investment_preferences", preferences)
    profile = locked_profile(account)
    if dict(wishes) != profile.wishes:
        profile.wishes = dict(wishes)
        profile.updated_at = timezone.now()
        profile.save(update_fields=["wishes", "updated_at"])
        agenda.advice_changed(account)
    return profile


# Once a year --------------------------------------------------------------------------------


def stale_questions(
    profile: InvestorProfile, now: datetime | None = None
) -> list[tuple[Section, Question, Any]]:
    """Answers that change with time and are a year old, with what was told."""
    limit = (now or timezone.now()) - CHECK_EVERY
    if profile.checked_at and profile.checked_at > limit:
        return []
    return [
        (section, question, profile.sections[section.key][question.name])
        for section in SECTIONS
        for question in section.answered(profile.sections.get(section.key, {}))
        if question.changes and (said_at(profile, section, question) or limit) <= limit
    ]


def said_at(profile: InvestorProfile, section: Section, question: Question) -> datetime | None:
    """When an answer was given; None if that wasn't kept."""
    known = profile.provenance.get(f"{section.key}.{question.name}", {})
    return datetime.fromisoformat(known["at"]) if known.get("at") else None


@transaction.atomic
def confirm_picture(account: Account, *, changed: bool, request: Any = None) -> InvestorProfile:
    """The person has looked: all of it holds, as it is now. Kept in the audit trail."""
    profile = locked_profile(account)
    profile.checked_at = timezone.now()
    profile.save(update_fields=["checked_at"])
    audit.record(
        "confirm picture", target=profile, account=account, request=request, changed=changed
    )
    profile.poke()
    return profile
