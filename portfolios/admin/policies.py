"""Policies and plans for advisors: read, kept as PDF, and the policies that wait for a yes."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from unfold.decorators import display

from onboarding.admin import advice
from portfolios import services
from portfolios.downloads import pdf_answer, policy_pdf
from portfolios.models import FinancialPlan, Policy
from portfolios.plan.pdf import sha256
from portfolios.plan.written import plan_pdf, written
from portfolios.services.policy import reject_policy
from robo.backoffice import queues
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import ClientRows, QueueFilter


def may_decide(user: Any) -> bool:
    """Who may say yes or no to a policy: whoever sees advice and may act. Not an auditor."""
    return can(user, Ability.ADVICE) and can(user, Ability.ACT)


def waits(policy: Policy) -> bool:
    """Whether a policy waits for an adviser."""
    return (
        policy.status == Policy.Status.PROPOSED
        and policy.needs_approval
        and policy.approved_at is None
    )


class DecisionForm(forms.Form):
    """Yes, or no with a note that the client reads."""

    decision = forms.ChoiceField(
        label="Decision", choices=[("approve", "Approve"), ("reject", "Reject")]
    )
    note = forms.CharField(
        label="Note for the client, needed to reject",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("decision") == "reject" and not found.get("note"):
            self.add_error("note", "Say why, so that the client can go on.")
        return found


@admin.register(Policy)
class PolicyAdmin(ClientRows):
    seen_by = Ability.ADVICE
    list_display = ("created_at", "client", "version", "level", "state", "accepted_at", "motion")
    list_filter = (QueueFilter, "status", "level")
    actions = (*ClientRows.actions, "approve")
    fields = (
        "client",
        "version",
        "level",
        "status",
        "decision",
        "refusal",
        "created_at",
        "checked_at",
        "approved_by",
        "approved_at",
        "accepted_at",
        "bluum_version",
        "document",
        "sha256",
        "exact_text",
        "motion_in_words",
        "error_in_words",
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/decide/", wrap(self.decide), name="policy_decide"),
            path("<int:pk>/pdf/", wrap(self.download), name="policy_pdf"),
            *super().get_urls(),
        ]

    @display(description="SHA-256 of the text")  # type: ignore[untyped-decorator]
    def sha256(self, policy: Policy) -> str:
        return policy.text_sha256

    @display(description="Exact text")  # type: ignore[untyped-decorator]
    def exact_text(self, policy: Policy) -> str:
        return format_html('<pre class="exact">{}</pre>', policy.text)

    @display(description="As PDF")  # type: ignore[untyped-decorator]
    def document(self, policy: Policy) -> str:
        return format_html(
            '<a href="{}">Download</a>', reverse("admin:policy_pdf", args=[policy.pk])
        )

    @display(description="Adviser")  # type: ignore[untyped-decorator]
    def decision(self, policy: Policy) -> str:
        if waits(policy):
            url = reverse("admin:policy_decide", args=[policy.pk])
            return format_html('Waits for you. <a href="{}">Decide</a>', url)
        return "Needed one" if policy.needs_approval else "Not needed"

    def has_decide_permission(self, request: HttpRequest) -> bool:
        return may_decide(request.user)

    @admin.action(description="Approve", permissions=["decide"])
    def approve(self, request: HttpRequest, rows: QuerySet[Policy]) -> None:
        count = 0
        for policy in rows.filter(status=Policy.Status.PROPOSED, needs_approval=True):
            if waits(policy):
                services.approve_policy(policy, by=request.user)  # type: ignore[arg-type]
                count += 1
        told = "1 policy" if count == 1 else f"{count} policies"
        self.message_user(
            request,
            f"{told} approved. The clients are told." if count else "None of these waits for it.",
            messages.SUCCESS if count else messages.WARNING,
        )

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Read the words, then say yes or no."""
        policy = self._policy(request, pk)
        if not may_decide(request.user):
            raise Http404
        form = DecisionForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                if form.cleaned_data["decision"] == "approve":
                    services.approve_policy(policy, by=request.user)  # type: ignore[arg-type]
                else:
                    reject_policy(policy, by=request.user, note=form.cleaned_data["note"])  # type: ignore[arg-type]
            except services.CannotAccept as problem:
                messages.error(request, str(problem))
            else:
                messages.success(request, "Done. The client is told.")
            return redirect("admin:accounts_account_change", policy.account_id)
        context = {
            **self.admin_site.each_context(request),
            "title": f"Policy version {policy.version} of {policy.account}",
            "account": policy.account,
            "question": f"May {policy.account} sign policy version {policy.version}?",
            "consequence": policy.text,
            "form": form,
            "button": "Decide",
            "is_fullwidth": "1",
        }
        status = 422 if form.errors else 200
        return render(request, "admin/backoffice/decide_policy.html", context, status=status)

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        policy = self._policy(request, pk)
        return pdf_answer(policy_pdf(policy), f"policy-{policy.pk}-{policy.version}.pdf")

    def _policy(self, request: HttpRequest, pk: int) -> Policy:
        if not self.has_view_permission(request):
            raise Http404
        rows = self.get_queryset(request).select_related("account", "signature")
        found: Policy = get_object_or_404(rows, pk=pk)
        return found


@admin.register(FinancialPlan)
class FinancialPlanAdmin(ClientRows):
    seen_by = Ability.ADVICE
    list_display = ("created_at", "client", "version", "state", "assumptions", "motion")
    list_filter = (QueueFilter, "status")
    fields = (
        "client",
        "version",
        "status",
        "refusal",
        "created_at",
        "assumptions",
        "engine",
        "bluum_version",
        "document",
        "sha256",
        "same_bytes",
        "motion_in_words",
        "error_in_words",
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/pdf/", wrap(self.download), name="plan_pdf"),
            *super().get_urls(),
        ]

    @display(description="As PDF")  # type: ignore[untyped-decorator]
    def document(self, plan: FinancialPlan) -> str:
        if not plan.sha256:
            return "Not written yet"
        return format_html('<a href="{}">Download</a>', reverse("admin:plan_pdf", args=[plan.pk]))

    @display(description="Made again today")  # type: ignore[untyped-decorator]
    def same_bytes(self, plan: FinancialPlan) -> str:
        if not plan.sha256:
            return "Not written yet"
        same = sha256(plan_pdf(plan, written(plan))) == plan.sha256
        return "The same bytes" if same else "Other bytes than then"

    def download(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_view_permission(request):
            raise Http404
        plan: FinancialPlan = get_object_or_404(self.get_queryset(request), pk=pk)
        if not plan.sha256:
            raise Http404("This plan isn’t written yet.")
        return pdf_answer(plan_pdf(plan, written(plan)), f"plan-{plan.pk}-{plan.version}.pdf")


advice.about("policy", Policy.objects.only("version"), lambda row: f"Policy version {row.version}")
advice.about(
    "plan", FinancialPlan.objects.only("version"), lambda row: f"Plan version {row.version}"
)

queues.announce(
    queues.Queue(
        "to-approve",
        "Policies to approve",
        Policy,
        lambda rows: rows.filter(
            status=Policy.Status.PROPOSED, needs_approval=True, approved_at=None
        ),
        since="created_at",
        order=22,
        help="Drafted, and can’t be signed before an adviser has looked",
    )
)
