"""What advisors see of the answers: the profile and the risk history, with reasons."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.utils.html import format_html_join
from unfold.decorators import display

from accounts.models import Account
from onboarding.admin import advice as advice
from onboarding.admin import picture as picture
from onboarding.models import InvestorProfile, RiskAssessment
from robo.backoffice import client, queues
from robo.backoffice.roles import Ability
from robo.backoffice.rows import LABELS, ClientRows, QueueFilter

EXPIRES_SOON = timedelta(days=30)


@admin.register(RiskAssessment)
class RiskAssessmentAdmin(ClientRows):
    seen_by = Ability.ADVICE
    list_display = (
        "created_at",
        "client",
        "level",
        "our_level",
        "bluum_score",
        "state",
        "expires_at",
        "motion",
    )
    list_filter = (QueueFilter, "status", "level")
    fields = (
        "client",
        "questionnaire_id",
        "questionnaire_version",
        "level",
        "our_level",
        "bluum_score",
        "bluum_tolerance",
        "status",
        "created_at",
        "expires_at",
        "reasons",
        "answers_given",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Why this level")  # type: ignore[untyped-decorator]
    def reasons(self, row: RiskAssessment) -> str:
        return format_html_join("", "<p>{}</p>", ((line,) for line in reasons_of(row)))

    @display(description="Answers")  # type: ignore[untyped-decorator]
    def answers_given(self, row: RiskAssessment) -> str:
        return format_html_join("", "<p>{}: {}</p>", _plain(row.answers))


def reasons_of(row: RiskAssessment) -> list[str]:
    """Our sentences on why the level is what it is, the deciding one first."""
    return [str(line) for line in row.result.get("reasons", [])]


def _plain(answers: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (k.replace("_", " ").capitalize(), str(v).replace("_", " ")) for k, v in answers.items()
    ]


@client.section("risk", "Risk", order=30, seen_by=Ability.ADVICE)
def risk(account: Account, user: Any) -> dict[str, Any]:
    rows = list(RiskAssessment.objects.filter(account=account)[:20])
    return {
        "assessments": [
            {
                "row": row,
                "reasons": reasons_of(row),
                "tolerance": row.bluum_tolerance.replace("_", " "),
                "tone": LABELS.get(row.status, ""),
            }
            for row in rows
        ],
        "profile": _profile(account),
    }


def _profile(account: Account) -> list[tuple[str, list[tuple[str, str]]]]:
    """What the person told about life and money, by Bluum's sections."""
    row = InvestorProfile.objects.filter(account=account).first()
    if row is None:
        return []
    return [
        (name.replace("_", " ").capitalize(), _plain(section))
        for name, section in row.sections.items()
        if isinstance(section, dict) and section
    ]


def _answered_again() -> QuerySet[Any]:
    """For a subquery: later answers of the same person."""
    return RiskAssessment.objects.filter(
        account=OuterRef("account"), created_at__gt=OuterRef("created_at")
    ).exclude(status=RiskAssessment.Status.REFUSED)


queues.announce(
    queues.Queue(
        "expiring",
        "Risk answers expiring",
        RiskAssessment,
        lambda rows: rows.filter(
            ~Exists(_answered_again()),
            status__in=[RiskAssessment.Status.ACTIVE, RiskAssessment.Status.EXPIRED],
            expires_at__lt=timezone.now() + EXPIRES_SOON,
        ),
        order=20,
        help="Within 30 days, or expired and not answered again",
    )
)
