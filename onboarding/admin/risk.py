"""What advisors see of the answers: the risk history with reasons, and what waits for them."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.decorators import display

from accounts.models import Account
from onboarding import services
from onboarding.models import RiskAssessment
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import LABELS, ClientRows, QueueFilter

EXPIRES_SOON = timedelta(days=30)


class SettleForm(forms.Form):
    note = forms.CharField(
        label="What was talked over, and why the answers stand",
        min_length=10,
        max_length=400,
        widget=forms.Textarea({"rows": 4}),
    )


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
    list_filter = (QueueFilter, "status", "review", "level")
    fields = (
        "client",
        "does_not_fit",
        "review",
        "reviewed_by",
        "reviewed_at",
        "review_note",
        "questionnaire_id",
        "questionnaire_version",
        "level",
        "our_level",
        "bluum_score",
        "bluum_tolerance",
        "need_level",
        "chosen_level",
        "chosen_reason",
        "chosen_at",
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

    @display(description="Does not go together")  # type: ignore[untyped-decorator]
    def does_not_fit(self, row: RiskAssessment) -> SafeString | str:
        if not row.conflicts:
            return "Nothing"
        lines = format_html_join(
            "", "<p>{} ({})</p>", ((c["text"] or c["id"], standing(c)) for c in row.conflicts)
        )
        if row.review != RiskAssessment.Review.WAITING:
            return lines
        url = reverse("admin:risk_settle", args=[row.pk])
        return format_html('{}<p><a href="{}">Look at both sides and decide</a></p>', lines, url)

    # Settling ---------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/settle/", wrap(self.settle), name="risk_settle"),
            *super().get_urls(),
        ]

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Both sides of what doesn't go together, and the decision with its note."""
        if not (can(request.user, Ability.ADVICE) and can(request.user, Ability.ACT)):
            raise Http404
        row = get_object_or_404(self.get_queryset(request), pk=pk)
        back = redirect("admin:onboarding_riskassessment_change", pk)
        if row.review != RiskAssessment.Review.WAITING:
            messages.info(request, "These answers don’t wait for anybody any more.")
            return back
        form = SettleForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                services.settle(
                    row,
                    by=request.user,  # type: ignore[arg-type]
                    note=form.cleaned_data["note"],
                    request=request,
                )
            except services.CannotSettle as problem:
                messages.error(request, str(problem))
            else:
                messages.success(request, "Settled. The client has been told.")
            return back
        context = {
            **self.admin_site.each_context(request),
            "title": "Answers to look at",
            "row": row,
            "account": row.account,
            "conflicts": services.open_conflicts(row),
            "answers": _plain(row.answers),
            "reasons": reasons_of(row),
            "form": form,
        }
        status = 422 if form.errors else 200
        return render(request, "admin/backoffice/settle.html", context, status=status)


def standing(conflict: dict[str, Any]) -> str:
    return {"you": "the client confirmed it", "adviser": "settled by an adviser"}.get(
        conflict["settled"], "open"
    )


def reasons_of(row: RiskAssessment) -> list[str]:
    """Our sentences on why the level is what it is, the deciding one first."""
    return [str(line) for line in row.result.get("reasons", [])]


def _plain(answers: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (k.replace("_", " ").capitalize(), str(v).replace("_", " ")) for k, v in answers.items()
    ]


@client.section(
    "risk",
    "Risk",
    order=30,
    seen_by=Ability.ADVICE,
    kind="advised",
    rows=lambda account: {"rows": Some(RiskAssessment.objects.filter(account=account)[:20])},
)
def risk(account: Account, user: Any, rows: list[RiskAssessment]) -> dict[str, Any]:
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
    }


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
queues.announce(
    queues.Queue(
        "answers",
        "Answers to look at",
        RiskAssessment,
        lambda rows: rows.filter(
            review=RiskAssessment.Review.WAITING,
            status__in=[RiskAssessment.Status.SUBMITTED, RiskAssessment.Status.ACTIVE],
        ),
        since="created_at",
        order=15,
        help="Two things a client told don’t go together; no money goes in until they do",
    )
)
