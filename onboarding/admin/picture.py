"""What advisors see of the wider picture: household, net worth, sources, and who is due a look."""

from typing import Any

from django.contrib import admin
from django.utils import timezone
from unfold.decorators import display

from accounts.models import Account, Kept
from onboarding.models import CHECK_EVERY, Dependent, ExternalLink, InvestorProfile
from onboarding.picture import SECTIONS, completeness, in_words
from onboarding.services import net_worth
from robo.backoffice import client, queues
from robo.backoffice.roles import Ability
from robo.backoffice.rows import LABELS, ClientRows, QueueFilter


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
    def due(self, row: InvestorProfile) -> Any:
        return row.check_due_at


@client.section("picture", "Picture", order=25, seen_by=Ability.ADVICE)
def picture(account: Account, user: Any) -> dict[str, Any]:
    profile = InvestorProfile.objects.filter(account=account).first()
    shown = [ExternalLink.Status.ACTIVE, ExternalLink.Status.BROKEN]
    return {
        "profile": profile,
        "score": profile and (profile.completeness_score or completeness(profile.sections)),
        "due": profile and profile.check_due_at <= timezone.now(),
        "worth": net_worth(account),
        "people": list(Dependent.objects.filter(account=account, status=Kept.Status.ACTIVE)),
        "links": [
            {"row": row, "tone": LABELS.get(row.status, "warning")}
            for row in ExternalLink.objects.filter(account=account, status__in=shown)
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
    limit = timezone.now() - CHECK_EVERY
    return rows.filter(updated_at__lt=limit).exclude(checked_at__gt=limit)


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
