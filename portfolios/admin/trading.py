"""Trading for advisors: a rebalance they decide on, and halts of our trading."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import admin, messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import action, display

from accounts.models import Account
from portfolios import services
from portfolios.models import Holding, Investment, Portfolio, TradingHalt
from portfolios.planning import taxes
from portfolios.rebalancing import Preview, preview, shown, stopped
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability, can
from robo.backoffice.rows import ClientRows, QueueFilter, WorkRows
from robo.ui import words

SALT = "portfolios.admin.rebalance"
SHOWN_FOR = 30 * 60


def may_decide(user: Any) -> bool:
    """Whoever sees advice and may act decides on sales. Not an auditor, not operations."""
    return can(user, Ability.ADVICE) and can(user, Ability.ACT)


def may_halt(user: Any, account: Account | None) -> bool:
    """One client's trading: whoever may act for the client. Everyone's: who sees every client."""
    if not can(user, Ability.ACT):
        return False
    if account is None:
        return bool(user.is_superuser or user.sees_every_client)
    return Account.objects.visible_to(user).filter(pk=account.pk).exists()


class ReasonForm(forms.Form):
    """Why, in a sentence that the client reads."""

    reason = forms.CharField(
        label="Reason, which clients read", max_length=300, widget=forms.Textarea({"rows": 3})
    )


@admin.register(Portfolio)
class PortfolioAdmin(ClientRows):
    list_display = ("client", "worth", "cash_held", "drift", "needs_rebalancing", "as_of", "motion")
    list_filter = (QueueFilter, "needs_rebalancing", "status")
    fields = (
        "client",
        "name",
        "status",
        "worth",
        "cash_held",
        "drift",
        "needs_rebalancing",
        "rebalance_link",
        "as_of",
        "unpriced",
        "refreshed_at",
        "bluum_id",
        "motion_in_words",
        "error_in_words",
    )

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<int:pk>/rebalance/", wrap(self.rebalance), name="portfolio_rebalance"),
            *super().get_urls(),
        ]

    @display(description="Value", ordering="value")  # type: ignore[untyped-decorator]
    def worth(self, row: Portfolio) -> str:
        return words.money(row.value, row.currency)

    @display(description="Cash", ordering="cash")  # type: ignore[untyped-decorator]
    def cash_held(self, row: Portfolio) -> str:
        return words.money(row.cash, row.currency)

    @display(description="Rebalance")  # type: ignore[untyped-decorator]
    def rebalance_link(self, row: Portfolio) -> str:
        url = reverse("admin:portfolio_rebalance", args=[row.pk])
        return format_html('<a href="{}">See the trades and decide</a>', url)

    def rebalance(self, request: HttpRequest, pk: int) -> HttpResponse:
        """The trades Bluum would make and their tax; a yes has them made, with the reason told."""
        if not self.has_view_permission(request) or not may_decide(request.user):
            raise Http404
        rows = self.get_queryset(request).select_related("account")
        row: Portfolio = get_object_or_404(rows, pk=pk)
        found = self._preview(row)
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if self._agree(request, row, form.cleaned_data["reason"]):
                return redirect("admin:accounts_account_change", row.account_id)
            return redirect("admin:portfolio_rebalance", pk)
        stops = [o.text for o in found.obstacles if o.stops] if found else []
        context = {
            **self.admin_site.each_context(request),
            "title": f"Rebalance {row.account}",
            "account": row.account,
            "portfolio": row,
            "preview": found,
            "stops": stops,
            "form": form,
            "key": uuid4(),
            "shown": signing.dumps(shown(found, row.account_id), salt=SALT, compress=True)
            if found and found.may_be_asked
            else "",
            "is_fullwidth": "1",
        }
        status = 422 if form.errors else 200
        return render(request, "admin/backoffice/rebalance.html", context, status=status)

    def _preview(self, row: Portfolio) -> Preview | None:
        rules: dict[str, Any] = {}
        policy = row.account.policies.filter(status="active").first()
        if policy:
            rules = policy.content.get("constraints", {}).get("rebalancing_policy", {})
        threshold = rules.get("threshold_percent")
        return preview(
            row,
            row.analysis,
            list(Holding.objects.filter(portfolio=row)),
            runs=Investment.objects.filter(account=row.account).order_by("-created_at")[:50],
            halts=TradingHalt.objects.of(row.account),
            rates=taxes.HIGHEST,
            threshold=Decimal(threshold) / 100 if threshold is not None else None,
            now=timezone.now(),
            stop=stopped(row.account),
        )

    def _agree(self, request: HttpRequest, row: Portfolio, reason: str) -> bool:
        try:
            told = signing.loads(request.POST.get("shown", ""), salt=SALT, max_age=SHOWN_FOR)
            key = UUID(request.POST.get("key", ""))
            if told.pop("account") != row.account_id:
                raise ValueError
            services.request_rebalance(
                account=row.account,
                by=request.user,  # type: ignore[arg-type]
                key=key,
                shown=told,
                reason=reason,
            )
        except (signing.BadSignature, ValueError):
            messages.warning(request, "Prices have moved since. Here is how it looks now.")
            return False
        except services.CannotRebalance as problem:
            messages.error(request, str(problem))
            return False
        messages.success(request, "The orders follow now. The client is told, with your reason.")
        return True


@admin.register(TradingHalt)
class TradingHaltAdmin(WorkRows):
    """Every halt there was: who, why, for whom, from when to when."""

    actions_list: Any = ("stop_all",)
    list_display = ("started_at", "scope", "reason", "started_by", "ended_at", "ended_by", "motion")
    list_select_related = ("account", "started_by", "ended_by")
    list_filter = (QueueFilter,)
    fields = (
        "scope",
        "reason",
        "started_by",
        "started_at",
        "ended_by",
        "ended_at",
        "end_link",
        "motion_in_words",
        "error_in_words",
    )

    @action(description="Stop all trading", url_path="stop-all", permissions=["halt"])  # type: ignore[untyped-decorator]
    def stop_all(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:trading_halt_start")

    def has_halt_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return may_halt(request.user, None)

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("start/", wrap(self.start), name="trading_halt_start"),
            path("<int:pk>/end/", wrap(self.end), name="trading_halt_end"),
            *super().get_urls(),
        ]

    def get_fields(self, request: HttpRequest, obj: TradingHalt | None = None) -> Any:
        """The way to end it only for who may."""
        every = super().get_fields(request, obj)
        if obj and may_halt(request.user, obj.account):
            return every
        return [name for name in every if name != "end_link"]

    @display(description="For")  # type: ignore[untyped-decorator]
    def scope(self, halt: TradingHalt) -> str:
        return str(halt.account) if halt.account_id else "Everyone"

    @display(description="End it")  # type: ignore[untyped-decorator]
    def end_link(self, halt: TradingHalt) -> str:
        if halt.ended_at:
            return "It is over"
        url = reverse("admin:trading_halt_end", args=[halt.pk])
        return format_html('<a href="{}">Let trading go on</a>', url)

    def start(self, request: HttpRequest) -> HttpResponse:
        """Stop our trading for one client (`?account=`), or for everyone."""
        account = None
        if wanted := request.GET.get("account"):
            account = get_object_or_404(Account.objects.visible_to(request.user), pk=wanted)
        if not may_halt(request.user, account):
            raise Http404
        form = ReasonForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            services.start_halt(
                by=request.user,  # type: ignore[arg-type]
                reason=form.cleaned_data["reason"],
                account=account,
            )
            messages.success(request, "Trading is stopped. The clients are being told.")
            return redirect("admin:portfolios_tradinghalt_changelist")
        return self._ask(
            request,
            account,
            f"Stop our trading for {account or 'everyone'}?",
            "Nothing is invested or rebalanced by us until someone lets it go on. Deposits and "
            "withdrawals go on, and so do auto-invest schedules, which Bluum runs. "
            "Clients are told within the hour, with your reason and no name.",
            "Stop trading",
            form,
        )

    def end(self, request: HttpRequest, pk: int) -> HttpResponse:
        halt = get_object_or_404(TradingHalt.objects.visible_to(request.user), pk=pk)
        if not may_halt(request.user, halt.account):
            raise Http404
        if request.method == "POST":
            services.end_halt(halt=halt, by=request.user)  # type: ignore[arg-type]
            messages.success(request, "Trading goes on. The clients are being told.")
            return redirect("admin:portfolios_tradinghalt_changelist")
        return self._ask(
            request,
            halt.account,
            f"Let trading go on for {halt.account or 'everyone'}?",
            "What waited is invested now, and clients are told.",
            "Let trading go on",
            None,
        )

    def _ask(
        self,
        request: HttpRequest,
        account: Account | None,
        question: str,
        consequence: str,
        button: str,
        form: ReasonForm | None,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": question,
            "account": account,
            "question": question,
            "consequence": consequence,
            "button": button,
            "form": form,
        }
        status = 422 if form and form.errors else 200
        return render(request, "admin/backoffice/halt.html", context, status=status)


@client.section(
    "halts",
    "Trading halts",
    order=51,
    rows=lambda account: {"stops": Some(TradingHalt.objects.of(account))},
)
def halts(account: Account, user: Any, stops: list[TradingHalt]) -> dict[str, Any]:
    return {"halts": stops, "may_halt": can(user, Ability.ACT)}


queues.announce(
    queues.Queue(
        "halted",
        "Trading halts",
        TradingHalt,
        lambda rows: rows.filter(ended_at=None),
        since="started_at",
        order=33,
        help="Someone stopped our trading, and it hasn’t gone on",
    )
)
