"""Closing the account: what it means, where the money goes, the words, then followed or stopped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account, investor_required
from accounts.models import Account
from funding import closing as closings
from funding import holds, limits, lots, papers
from funding.forms import BankField, Keyed
from funding.models import Closing
from funding.preview import rates_of
from funding.services import NotPossible
from funding.sync.closings import rounds_of
from robo import partner
from robo.ui import words


class WhereForm(Keyed):
    bank = BankField(label="Where the money goes")

    def __init__(self, data: Any = None, *, account: Account, **kwargs: Any) -> None:
        banks = account.banks.usable().order_by("created_at", "pk")
        first = banks.first()
        kwargs["initial"] = {"bank": first and first.pk}
        super().__init__(data, **kwargs)
        field = self.fields["bank"]
        assert isinstance(field, BankField)
        field.queryset = banks


class SignForm(WhereForm):
    text = forms.CharField(widget=forms.HiddenInput)
    agree = forms.BooleanField(
        label=closings.STATEMENT,
        error_messages={"required": "Tick the box if you want the account closed."},
    )


@active_account
@require_GET
def closing(request: Request) -> HttpResponse:
    """What it means, what has to end first, and what to take along."""
    if closings.closing_of(request.account):
        return redirect("funding:closing-status")
    context = {
        "ahead": closings.ahead(request.account),
        "pending": closings.pending(request.account),
        "held": holds.holding(request.account),
        "banks": request.account.banks.usable().exists(),
        "years": limits.KEPT_YEARS,
        "export": _export(),
    }
    return render(request, "funding/closing.html", context)


@never_cache
@active_account
@require_http_methods(["GET", "POST"])
def closing_money(request: Request) -> HttpResponse:
    """Where the money goes, what is sold, what that means for tax, and when."""
    account = request.account
    if closings.closing_of(account):
        return redirect("funding:closing-status")
    if holds.holding(account):
        return redirect("funding:closing")
    form = WhereForm(request.POST if request.method == "POST" else None, account=account)
    if request.method == "POST" and form.is_valid():
        wish = f"bank={form.cleaned_data['bank'].pk}&key={form.cleaned_data['key']}"
        return redirect(f"{reverse('funding:closing-sign')}?{wish}")
    if not account.banks.usable().exists():
        return redirect("funding:closing")
    ahead, rates = closings.ahead(account), rates_of(account)
    gains = lots.Gains(ahead.gains.short, ahead.gains.long)
    context = {
        "form": form,
        "ahead": ahead,
        "rates": rates,
        "tax": lots.tax_on(gains, rates),
        "most": limits.most_withdrawal(),
    }
    status = 422 if form.errors else 200
    return render(request, "funding/closing_money.html", context, status=status)


@never_cache
@active_account
@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def closing_sign(request: Request) -> HttpResponse:
    """The exact words, signed by the person themselves."""
    account = request.account
    if closings.closing_of(account):
        return redirect("funding:closing-status")
    where = WhereForm(request.POST if request.method == "POST" else request.GET, account=account)
    if not where.is_valid():
        return redirect("funding:closing-money")
    bank, key = where.cleaned_data["bank"], where.cleaned_data["key"]
    text = closings.text_for(account, bank, closings.ahead(account), key)
    form = SignForm(request.POST if request.method == "POST" else None, account=account)
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["text"] == closings.digest(text):
            return _ask(request, bank, key)
        messages.warning(
            request, "The words have changed since you opened them. Please read them again."
        )
        form = SignForm(None, account=account)
    context = {
        "form": form,
        "bank": bank,
        "key": key,
        "text": text,
        "hash": closings.digest(text),
        "days": closings.days(timezone.now()),
    }
    status = 422 if form.errors else 200
    return render(request, "funding/closing_sign.html", context, status=status)


def _ask(request: Request, bank: Any, key: UUID) -> HttpResponse:
    try:
        closings.request_closing(
            account=request.account,
            bank=bank,
            key=key,
            ip=request.client_ip,
            user_agent=request.headers.get("User-Agent", ""),
            request=request,
        )
    except NotPossible as problem:
        messages.warning(request, str(problem))
        return redirect("funding:closing")
    return redirect("funding:closing-status")


@investor_required
@require_GET
def closing_status(request: Request) -> HttpResponse:
    """How far it has come, live."""
    found = _mine(request.account)
    context = {
        "closing": found,
        "steps": steps(found),
        "moving": not found.is_settled,
        "payments": rounds_of(found),
        "waits_for": [] if found.status != Closing.Status.ASKED else _waits(found),
        "years": limits.KEPT_YEARS,
        "export": _export(),
    }
    name = "funding/_closing_status.html" if request.htmx else "funding/closing_status.html"
    return render(request, name, context)


@active_account
@require_http_methods(["GET", "POST"])
def closing_stop(request: Request) -> HttpResponse:
    found = _mine(request.account)
    if request.method == "POST":
        try:
            closings.stop_closing(closing=found, request=request)
        except NotPossible as problem:
            messages.warning(request, str(problem))
            return redirect("funding:closing-status")
        messages.success(request, "Stopped. Your account stays open and nothing was sold.")
        return redirect("home")
    if not found.can_be_stopped:
        return redirect("funding:closing-status")
    return render(request, "funding/closing_stop.html", {"closing": found})


@investor_required
@require_GET
def closing_letter(request: Request) -> HttpResponse:
    """The confirmation as PDF, once it is closed."""
    found = _mine(request.account)
    if found.status != Closing.Status.CLOSED or found.closed_at is None:
        raise Http404
    answer = HttpResponse(papers.closing_pdf(found), content_type="application/pdf")
    name = f"{partner.current().slug}-account-closed.pdf"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def steps(found: Closing) -> list[dict[str, Any]]:
    """Selling, money to the bank, closed: each with the day it was, or is expected."""
    status = Closing.Status
    order = [status.ASKED, status.SELLING, status.PAYING, status.CLOSED]
    held = found.status == status.HELD
    at = (
        order.index(status(found.status))
        if found.status in order
        else (2 if found.selling_at else 0)
    )
    way = closings.days_from(found.sells_at)

    def state(number: int) -> str:
        if at > number or found.status == status.CLOSED:
            return "done"
        return ("late" if held else "now") if at == number else ""

    lines = [
        (found.created_at, "You asked for it", "Signed by you. Auto-invest is paused."),
        (found.selling_at or found.sells_at, "Everything is sold", "At the prices of that day."),
        (
            found.paying_at or way.settled,
            f"The money goes to {found.bank}",
            "It has arrived."
            if found.closed_at
            else f"There by {words.day(found.expected_on)}, as far as we can say.",
        ),
        (
            found.closed_at or way.closed,
            "Closed",
            "Nothing is left here." if found.closed_at else "Your letter is here then.",
        ),
    ]
    return [
        {
            "when": words.local(when).date() if isinstance(when, datetime) else when,
            "title": title,
            "detail": detail,
            "state": "done" if number == 0 else state(number),
        }
        for number, (when, title, detail) in enumerate(lines)
    ]


def _waits(found: Closing) -> list[closings.Pending]:
    return closings.pending(found.account)


def _mine(account: Account) -> Closing:
    found = closings.closing_of(account)
    if found is None:
        raise Http404
    return found


def _export() -> str:
    """Where the person's data can be taken along, if this deployment has the page."""
    try:
        return reverse("accounts:export")
    except NoReverseMatch:
        return ""
