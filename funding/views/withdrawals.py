"""Withdrawals: asked for, previewed, confirmed by the person themselves, followed, canceled."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account
from funding import calendar, holds, limits, services
from funding.forms import WithdrawalForm
from funding.leaving import leaving
from funding.models import Withdrawal, to_mend
from funding.preview import means_of, preview
from funding.services import NotPossible
from funding.views.deposits import carrying_on, given

ZERO = Decimal(0)


@never_cache
@active_account
@require_http_methods(["GET", "POST"])
def withdraw(request: Request) -> HttpResponse:
    """The form, then what it would do, then the wish itself. One key all along.

    Before the second the person signs in again; the wish waits in the address meanwhile.
    """
    account = request.account
    means = means_of(account)
    form = WithdrawalForm(given(request), account=account, most=means.most)
    held = holds.holding(account)
    if request.method == "POST":
        made = Withdrawal.objects.filter(account=account, key=form.data["key"]).first()
        if made:
            messages.info(request, "You’ve already asked for this withdrawal. Here it is.")
            return redirect("funding:withdrawal-status", made.pk)
        if form.is_valid() and not held:
            answer: HttpResponse = (
                _confirm(request, form)
                if "confirmed" in request.POST
                else redirect(carrying_on(request))
            )
            return answer
    elif "check" in request.GET and form.is_valid() and not held:
        page: HttpResponse = _check(request, form)
        return page
    context = {
        "form": form,
        "held": held,
        "means": means,
        "banks": account.banks.usable().exists(),
        "broken": to_mend(account.banks.shown()),
        "least": limits.least_withdrawal(),
        "at_once": limits.most_withdrawal(),
        "rooms": limits.rooms_out(account),
        "security_hold_hours": limits.SECURITY_HOLD // timedelta(hours=1),
        "cash_way": calendar.way_out(timezone.now(), sells=False),
        "sale_way": calendar.way_out(timezone.now(), sells=True),
        "wire_way": calendar.way_out(timezone.now(), sells=False, wire=True),
        "sale_wire_way": calendar.way_out(timezone.now(), sells=True, wire=True),
    }
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "funding/withdraw.html", context, status=status)


@reauthentication_required  # type: ignore[untyped-decorator]
def _check(request: Request, form: WithdrawalForm) -> HttpResponse:
    wish = form.cleaned_data
    found = preview(request.account, wish["amount"], wish["method"])
    context = {"wish": wish, "preview": found, "means": means_of(request.account)}
    return render(request, "funding/withdraw_check.html", context)


@reauthentication_required  # type: ignore[untyped-decorator]
def _confirm(request: Request, form: WithdrawalForm) -> HttpResponse:
    """The wish, unless more would be sold than the page had said."""
    wish = form.cleaned_data
    found = preview(request.account, wish["amount"], wish["method"])
    if found.sales and "sells" not in request.POST:
        messages.warning(
            request, "Your cash has changed since you looked: something would be sold. Look again."
        )
        return redirect(carrying_on(request))
    try:
        made = services.request_withdrawal(
            account=request.account,
            bank=wish["bank"],
            amount=wish["amount"],
            method=wish["method"],
            key=wish["key"],
            may_sell="sells" in request.POST,
            told=found.told(),
            expected_on=found.way.latest,
            request=request,
        )
    except NotPossible as problem:
        messages.warning(request, str(problem))
        return redirect("funding:withdraw")
    return redirect("funding:withdrawal-status", made.pk)


@login_required
@require_GET
def withdrawal_status(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Withdrawal.objects.visible_to(request.user)
        .select_related("bank", "account")
        .prefetch_related("events"),
        pk=pk,
    )
    name = "funding/_withdrawal_status.html" if request.htmx else "funding/withdrawal_status.html"
    context: dict[str, Any] = {
        "withdrawal": found,
        "progress": leaving(found),
        "moving": not found.is_settled,
        "cancel_until": _cancel_until(found),
        "sold": sum((Decimal(one["notional"]) for one in found.sales if "notional" in one), ZERO)
        if found.sold_at and all("notional" in one for one in found.sales)
        else None,
    }
    return render(request, name, context)


def _cancel_until(withdrawal: Withdrawal) -> datetime | None:
    """The cut-off that is still to come, for a countdown; None when there is none."""
    sells = withdrawal.may_sell or withdrawal.sold_at is not None
    way = calendar.way_out(withdrawal.created_at, sells=sells, wire=withdrawal.is_wire)
    ahead = way.cancel_until > timezone.now()
    return way.cancel_until if withdrawal.can_be_canceled and ahead else None


@active_account
@require_http_methods(["GET", "POST"])
def withdrawal_cancel(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Withdrawal.objects.visible_to(request.user).select_related("bank"), pk=pk
    )
    if request.method == "POST":
        try:
            services.cancel_withdrawal(withdrawal=found, request=request)
        except NotPossible as problem:
            messages.warning(request, str(problem))
        return redirect("funding:withdrawal-status", found.pk)
    if not found.can_be_canceled:
        messages.info(request, "It is too late to cancel this withdrawal. Here is how it stands.")
        return redirect("funding:withdrawal-status", found.pk)
    return render(request, "funding/withdrawal_cancel.html", {"withdrawal": found})
