"""What advisors see of the wider picture: household, net worth, sources, and who is due a look."""

from typing import Any

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display

from accounts.models import Account, Kept, ManagementType
from onboarding.models import (
    CHECK_EVERY,
    Dependent,
    ExternalAccount,
    ExternalLink,
    InvestorProfile,
)
from onboarding.picture import SECTIONS, completeness, in_words
from onboarding.services.picture import add_up
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability
from robo.backoffice.rows import LABELS, ClientRows, QueueFilter, when


@admin.register(InvestorProfile)
class InvestorProfileAdmin(ClientRows):
    seen_by = Ability.ADVICE
    list_display = ("client", "complete", "updated_at", "checked_at", "due", "motion")
    list_filter = (QueueFilter,)
    fields = (
        "client",
        "complete",
        "updated_at",
        "checked_at",
        "due",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Complete")  # type: ignore[untyped-decorator]
    def complete(self, row: InvestorProfile) -> str:
        known = row.completeness_score
        return f"{completeness(row.sections) if known is None else known}%"

    @display(description="Look due")  # type: ignore[untyped-decorator]
    def due(self, row: InvestorProfile) -> str:
        return when(row.check_due_at)


def _rows_of_picture(account: Account) -> dict[str, Some]:
    elsewhere = ExternalAccount.objects.filter(account=account, status=Kept.Status.ACTIVE)
    return {
        "profiles": Some(InvestorProfile.objects.filter(account=account)),
        "elsewhere": Some(elsewhere, beside=("link",)),
        "people": Some(Dependent.objects.filter(account=account, status=Kept.Status.ACTIVE)),
        "links": Some(ExternalLink.objects.filter(account=account)),
    }


@client.section("picture", "Picture", order=25, seen_by=Ability.ADVICE, rows=_rows_of_picture)
def picture(
    account: Account,
    user: Any,
    profiles: list[InvestorProfile],
    elsewhere: list[ExternalAccount],
    people: list[Dependent],
    links: list[ExternalLink],
) -> dict[str, Any]:
    profile = next(iter(profiles), None)
    return {
        "profile": profile,
        "score": profile and (profile.completeness_score or completeness(profile.sections)),
        "due": profile and profile.check_due_at <= timezone.now(),
        "worth": add_up(account, elsewhere, unread=[]),
        "people": people,
        "links": [
            {"row": row, "tone": LABELS.get(row.status, "warning")}
            for row in links
            if row.status in {ExternalLink.Status.ACTIVE, ExternalLink.Status.BROKEN}
        ],
        "sections": [
            (
                section.name,
                [
                    (question.label, in_words(question, given[question.name]))
                    for question in section.answered(given)
                ],
            )
            for section in SECTIONS
            if (given := profile.sections.get(section.key, {}) if profile else {})
        ],
        "wishes": _wishes(profile),
    }


def _wishes(profile: InvestorProfile | None) -> list[tuple[str, str]]:
    names = {
        "excluded_securities": "Funds left out",
        "excluded_sectors": "Lines of business left out",
        "minimum_cash_percent": "Cash kept, percent",
    }
    found = []
    for key, value in (profile.wishes if profile else {}).items():
        text = ", ".join(value) if isinstance(value, list) else str(value)
        if text and text != "0":
            found.append((names.get(key, key), text))
    return found


def _due(rows: Any) -> Any:
    """Only of those who are advised: nobody else is asked for a picture."""
    limit = timezone.now() - CHECK_EVERY
    advised = rows.filter(account__management_type=ManagementType.ADVISED)
    return advised.filter(updated_at__lt=limit).exclude(checked_at__gt=limit)


queues.announce(
    queues.Queue(
        "check-in",
        "Yearly check-in due",
        InvestorProfile,
        _due,
        since="updated_at",
        order=25,
        help="Nothing heard of their life and money for a year",
    )
)
