"""The investor profile: what the person told of their life and money."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from onboarding.models import InvestorProfile
from robo import agenda


@transaction.atomic
def update_profile(account: Account, **sections: dict[str, Any]) -> InvestorProfile:
    """Replace these sections of the investor profile and have the whole sent to Bluum."""
    profile: InvestorProfile
    profile, _ = InvestorProfile.objects.select_for_update().get_or_create(
        account=account, defaults={"revision": 0, "due_at": None}
    )
    merged = profile.sections | sections
    if merged != profile.sections or not profile.revision:
        _note_sources(profile, merged)
        profile.sections = merged
        profile.revision += 1
        profile.updated_at = timezone.now()
        profile.save(update_fields=["sections", "provenance", "revision", "updated_at"])
        profile.poke()
        agenda.advice_changed(account)
    return profile


def _note_sources(
    profile: InvestorProfile, sections: Mapping[str, Any], source: str = "you"
) -> None:
    """Keep where each changed figure came from, and when (UTC)."""
    now = timezone.now().isoformat()
    known = dict(profile.provenance)
    for section, fields in sections.items():
        before = profile.sections.get(section, {})
        for name, value in fields.items():
            if before.get(name) != value:
                known[f"{section}.{name}"] = {"source": source, "at": now}
    profile.provenance = known
