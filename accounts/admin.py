"""Clients, their verification, documents, signatures and notices."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.html import format_html
from django.utils.text import capfirst
from django.views.decorators.http import require_GET
from unfold.decorators import display

from accounts import asked_admin, people_admin, services, told_admin  # noqa: F401 (they register more)
from accounts.filters import (
    AdvisorFilter,
    DriftFilter,
    FundedFilter,
    LastSeenFilter,
    RiskFilter,
    VerificationFilter,
)
from accounts.models import (
    Account,
    AccountStatus,
    Document,
    DocumentStatus,
    Message,
    Notice,
    Signature,
    User,
)
from robo import audit
from robo.backoffice import client, motion, queues
from robo.backoffice.client import Some
from robo.backoffice.roles import ADVISOR, Ability, can
from robo.backoffice.rows import (
    LABELS,
    ClientRows,
    OfClient,
    QueueFilter,
    WorkRows,
    labelled,
)
from robo.ui import words

# Bluum's words for a check, in ours.
CHECK_NAMES = {
    "identity_verification": "Identity",
    "tax_id_verification": "Tax ID",
    "watchlist_screening": "Watchlists",
}


def in_words(word: str) -> str:
    """`review_required` as `Review required`."""
    return word.replace("_", " ").capitalize()


class AssignForm(forms.Form):
    advisor = forms.ModelChoiceField(
        User.objects.none(), required=False, empty_label="Nobody", label="Advisor"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["advisor"].queryset = advisors()  # type: ignore[attr-defined]


def advisors() -> QuerySet[User]:
    """Staff to whom a client can be given."""
    return User.objects.filter(is_active=True, is_staff=True, groups__name=ADVISOR).order_by(
        "first_name", "email"
    )


@admin.register(Account)
class AccountAdmin(WorkRows):
    list_display = ("client", "state", "kyc", "level", "value", "drift", "cash", "seen", "advisor")
    list_filter = (
        "status",
        QueueFilter,
        VerificationFilter,
        RiskFilter,
        DriftFilter,
        FundedFilter,
        LastSeenFilter,
        AdvisorFilter,
    )
    search_fields = ("name__istartswith", "user__email__istartswith")
    search_help_text = "Start of a name or an e-mail address"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        return (
            super()
            .get_queryset(request)
            .select_related("user", "advisor", "portfolio", "wallet")
            .prefetch_related(RiskFilter.prefetch())
        )

    def get_list_display(self, request: HttpRequest) -> list[str]:
        columns = list(super().get_list_display(request))
        if not can(request.user, Ability.ADVICE):
            columns.remove("level")
        return columns

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        filters = list(super().get_list_filter(request))
        if not can(request.user, Ability.ADVICE):
            filters.remove(RiskFilter)
        if not request.user.sees_every_client:  # type: ignore[union-attr]
            filters.remove(AdvisorFilter)
        return filters

    @display(description="Client", ordering="name")  # type: ignore[untyped-decorator]
    def client(self, account: Account) -> str:
        return account.name or account.user.email

    @display(description="State", ordering="status", label=LABELS)  # type: ignore[untyped-decorator]
    def state(self, account: Account) -> tuple[str, str]:
        return labelled(account)

    @display(description="KYC")  # type: ignore[untyped-decorator]
    def kyc(self, account: Account) -> str:
        return in_words(account.compliance_status) or "Not begun"

    @display(description="Risk")  # type: ignore[untyped-decorator]
    def level(self, account: Any) -> str:
        return str(account.risk_now[0].level) if account.risk_now else "None"

    @display(description="Portfolio", ordering="portfolio__value")  # type: ignore[untyped-decorator]
    def value(self, account: Any) -> str:
        if not account.is_advised:
            return "Trades alone"
        portfolio = getattr(account, "portfolio", None)
        return words.money(portfolio.value) if portfolio else "None"

    @display(description="Drift")  # type: ignore[untyped-decorator]
    def drift(self, account: Any) -> str:
        portfolio = getattr(account, "portfolio", None)
        if not account.is_advised:
            return "None"
        if portfolio is None or portfolio.drift is None:
            return "Not known"
        return f"{portfolio.drift} pts"

    @display(description="Cash")  # type: ignore[untyped-decorator]
    def cash(self, account: Any) -> str:
        wallet = getattr(account, "wallet", None)
        return words.money(wallet.available) if wallet else "None"

    @display(description="Last seen", ordering="user__last_login")  # type: ignore[untyped-decorator]
    def seen(self, account: Account) -> str:
        at = account.user.last_login
        return capfirst(words.ago(at)) if at else "Never"

    # The client's page ----------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/look-again/", wrap(self.look_again_now), name="client_look_again"),
            path("<int:pk>/restart/", wrap(self.restart), name="client_restart"),
            path("<int:pk>/assign/", wrap(self.assign), name="client_assign"),
            *super().get_urls(),
        ]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Everything about a client on one page; sections come from the apps."""
        return require_GET(self.client_page)(request, object_id)

    def client_page(self, request: HttpRequest, object_id: str) -> HttpResponse:
        account = self._client(request, object_id)
        context = {
            **self._context(request, account),
            "sections": list(client.shown(account, request.user)),
            "can_act": can(request.user, Ability.ACT),
            "can_assign": can(request.user, Ability.ASSIGN),
            "can_restart": account.status == AccountStatus.REJECTED
            and not account.restart_asked_at,
            "state": labelled(account),
            "tone": LABELS.get(account.status.lower(), ""),
        }
        return render(request, "admin/backoffice/client.html", context)

    def _client(self, request: HttpRequest, pk: Any, ability: Ability = Ability.CLIENTS) -> Any:
        if not can(request.user, ability) or not str(pk).isdecimal():
            raise Http404
        return get_object_or_404(self.get_queryset(request).prefetch_related(None), pk=pk)

    def _context(self, request: HttpRequest, account: Account) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "title": str(account.name or account.user.email),
            "account": account,
            "is_fullwidth": "1",
        }

    def look_again_now(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Bring forward the account, its portfolio and wallet, and all that is in motion."""
        account = self._client(request, pk, Ability.ACT)
        if request.method != "POST":
            return redirect("admin:accounts_account_change", pk)
        rows = [account] if account.bluum_id else []
        rows += [row for name in ("portfolio", "wallet") if (row := getattr(account, name, None))]
        with transaction.atomic():
            for row in rows:
                row.poke()
            audit.record("look again at Bluum", request=request, target=account, account=account)
        if rows:
            messages.success(request, "Bluum is being asked again. Reload in a few seconds.")
        else:
            messages.warning(request, "Bluum doesn’t know this client yet.")
        return redirect("admin:accounts_account_change", pk)

    def restart(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, then have verification begin again."""
        account = self._client(request, pk, Ability.ACT)
        if request.method == "POST":
            try:
                with transaction.atomic():
                    services.restart_verification(account, actor=request.user)
            except services.NotRestartable as problem:
                messages.error(request, problem.safe_message)
            else:
                messages.success(request, "Verification begins again. The client will be told.")
            return redirect("admin:accounts_account_change", pk)
        return render(
            request,
            "admin/backoffice/confirm.html",
            {
                **self._context(request, account),
                "question": f"Begin verification of {account} again?",
                "consequence": "Bluum runs every check once more with what the client gave, and "
                "may ask the client for documents.",
                "button": "Restart verification",
            },
        )

    def assign(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose the advisor in whose book the client is."""
        account = self._client(request, pk, Ability.ASSIGN)
        form = AssignForm(request.POST or None, initial={"advisor": account.advisor_id})
        if request.method == "POST" and form.is_valid():
            chosen = form.cleaned_data["advisor"]
            with transaction.atomic():
                before = account.advisor_id
                Account.objects.filter(pk=account.pk).update(advisor=chosen)
                audit.record(
                    "assign advisor",
                    request=request,
                    target=account,
                    account=account,
                    before=before,
                    after=chosen.pk if chosen else None,
                )
            messages.success(request, f"{account} is with {chosen or 'nobody'} now.")
            return redirect("admin:accounts_account_change", pk)
        return render(
            request,
            "admin/backoffice/confirm.html",
            {
                **self._context(request, account),
                "question": f"Who looks after {account}?",
                "consequence": "Only this advisor, supervisors, operations and auditors will see "
                "the client from then on.",
                "form": form,
                "button": "Assign",
            },
            status=422 if form.errors else 200,
        )


@admin.register(Document)
class DocumentAdmin(ClientRows):
    list_display = ("created_at", "client", "type", "state", "rejection_reason", "motion")
    list_filter = (QueueFilter, "status", "type")
    fields = (
        "client",
        "type",
        "file_name",
        "content_type",
        "size",
        "sha256",
        "status",
        "rejection_reason",
        "created_at",
        "bluum_id",
        "motion_in_words",
        "error_in_words",
    )


@admin.register(Signature)
class SignatureAdmin(OfClient):
    list_display = ("signed_at", "client", "text", "kind", "ip")
    list_filter = ("kind",)
    list_select_related = ("account", "text")
    fields = (
        "client",
        "title",
        "kind",
        "statement",
        "signed_at",
        "ip",
        "user_agent",
        "sha256",
        "exact_text",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).defer("text__body")

    @display(description="Document")  # type: ignore[untyped-decorator]
    def title(self, signature: Signature) -> str:
        return str(signature.text)

    @display(description="SHA-256 of the text")  # type: ignore[untyped-decorator]
    def sha256(self, signature: Signature) -> str:
        return signature.text.sha256

    @display(description="Exact text signed")  # type: ignore[untyped-decorator]
    def exact_text(self, signature: Signature) -> str:
        return format_html('<pre class="exact">{}</pre>', signature.text.body)


# The client's page, and the queues ----------------------------------------------------------


@client.section("overview", "Overview", order=10)
def overview(account: Account, user: Any) -> dict[str, Any]:
    return {"account": account}


@client.section(
    "verification",
    "Verification",
    order=20,
    rows=lambda account: {"documents": Some(account.documents.order_by("-created_at")[:20])},
)
def verification(account: Account, user: Any, documents: list[Document]) -> dict[str, Any]:
    checks = [
        {
            "name": CHECK_NAMES.get(check.get("type", ""), in_words(check.get("type", ""))),
            "status": in_words(check.get("status", "")),
            "tone": LABELS.get(check.get("status", ""), ""),
            "reason": check.get("reason") or check.get("message") or "",
        }
        for check in account.compliance_checks
    ]
    return {
        "account": account,
        "kyc": in_words(account.compliance_status),
        "checks": checks,
        "documents": documents,
    }


@client.section(
    "agreements",
    "Agreements",
    order=80,
    rows=lambda account: {
        "signatures": Some(account.signatures.all(), beside=("text",), without=("text__body",))
    },
)
def agreements(account: Account, user: Any, signatures: list[Signature]) -> dict[str, Any]:
    return {"signatures": signatures}


@client.section(
    "messages",
    "Messages",
    order=85,
    rows=lambda account: {
        "newest": Some(account.messages.all()[:8], beside=("written_by", "answered_by"))
    },
)
def client_messages(account: Account, user: Any, newest: list[Message]) -> dict[str, Any]:
    return {"messages": newest, "may_write": can(user, Ability.ACT)}


@client.section(
    "notices",
    "Told to the client",
    order=90,
    rows=lambda account: {"told": Some(account.notices.all()[:12], beside=("letter",))},
)
def notices(account: Account, user: Any, told: list[Notice]) -> dict[str, Any]:
    return {"notices": told}


@client.section("work", "Work with Bluum", order=95)
def work_in_motion(account: Account, user: Any) -> dict[str, Any]:
    return {"work": motion.of_account(account, user)}


queues.announce(
    queues.Queue(
        "verification",
        "Being verified",
        Account,
        lambda rows: rows.filter(status=AccountStatus.PENDING),
        since="submitted_at",
        order=10,
        help="Bluum has not decided yet",
    )
)
queues.announce(
    queues.Queue(
        "not-approved",
        "Not approved",
        Account,
        lambda rows: rows.filter(
            Q(status=AccountStatus.REJECTED) | Q(status=AccountStatus.REFUSED)
        ),
        since="submitted_at",
        order=11,
        help="Bluum rejected the person or refused the application",
    )
)
queues.announce(
    queues.Queue(
        "rejected-documents",
        "Rejected documents",
        Document,
        lambda rows: rows.filter(status__in=[DocumentStatus.REJECTED, DocumentStatus.REFUSED]),
        since="created_at",
        order=12,
        help="The client has to send another",
    )
)
queues.announce(
    queues.Queue(
        "to-answer",
        "Messages to answer",
        Message,
        lambda rows: rows.filter(written_by=None, answered_at=None),
        since="created_at",
        order=12,
        help="Clients wrote to their adviser",
    )
)
