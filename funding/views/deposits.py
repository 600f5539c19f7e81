"""Deposits: asked for, confirmed in words, followed, canceled."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Sum
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account
from accounts.models import Account
from funding import calendar, limits, services
from funding.forms import DepositForm
from funding.models import Deposit, to_mend
from funding.progress import investment_of, progress
from funding.services import NotPossible
from portfolios.models import Goal, Investment
from robo import partner
from robo.ui.forms import MoneyField


@active_account
@require_http_methods(["GET", "POST"])
def deposit(request: Request) -> HttpResponse:
    """The form, then the same wish in words, then the wish itself. One key all along.

    The wish in words has an address of its own, so that going back and reloading work.
    """
    account = request.account
    form = DepositForm(
        given(request),
        account=account,
        initial=suggested(request),
    )
    if request.method == "POST":
        made = Deposit.objects.filter(account=account, key=form.data["key"]).first()
        if made:
            messages.info(request, "You’ve already asked for this deposit. Here it is.")
            return redirect("funding:deposit-status", made.pk)
        if form.is_valid():
            if "confirmed" in request.POST:
                try:
                    made = services.request_deposit(account=account, request=request, **form.wish())
                except services.AnswersOpen as problem:
                    messages.warning(request, str(problem))
                    return redirect("onboarding:risk-result")
                except NotPossible as problem:
                    messages.warning(request, str(problem))
                    return redirect("funding:deposit")
                return redirect("funding:deposit-status", made.pk)
            return redirect(carrying_on(request))
    elif "check" in request.GET and form.is_valid():
        return render(request, "funding/deposit_confirm.html", _days() | form.wish())
    context = _days() | {
        "form": form,
        "rooms": form.rooms,
        "tightest": limits.tightest(form.rooms),
        "banks": account.banks.usable().exists(),
        "broken": to_mend(account.banks.shown()),
        "suggestions": _suggestions(account),
        "least": limits.least_deposit(),
        "most": limits.most_deposit(),
    }
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "funding/deposit.html", context, status=status)


@login_required
@require_GET
def deposit_status(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Deposit.objects.visible_to(request.user)
        .select_related("bank", "account")
        .prefetch_related("events"),
        pk=pk,
    )
    investment = investment_of(found) if found.status == Deposit.Status.COMPLETED else None
    moving = not found.is_settled or (
        investment is not None and investment.status in Investment.IN_MOTION
    )
    template = "funding/_deposit_status.html" if request.htmx else "funding/deposit_status.html"
    context = {
        "deposit": found,
        "progress": progress(found, investment),
        "moving": moving,
        "cancel_until": _cancel_until(found),
    }
    return render(request, template, context)


def _cancel_until(deposit: Deposit) -> datetime | None:
    """The cut-off that is still to come, for a countdown; None when there is none."""
    if not deposit.can_be_canceled or deposit.is_by_hand or deposit.is_held:
        return None
    until = calendar.plan(deposit.days_from).cancel_until
    return until if until > timezone.now() else None


@active_account
@require_http_methods(["GET", "POST"])
def deposit_cancel(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Deposit.objects.visible_to(request.user).select_related("bank"), pk=pk
    )
    if request.method == "POST":
        try:
            services.cancel_deposit(deposit=found, request=request)
        except NotPossible as problem:
            messages.warning(request, str(problem))
        return redirect("funding:deposit-status", found.pk)
    if not found.can_be_canceled:
        messages.info(request, "It is too late to cancel this deposit. Here is how it stands.")
        return redirect("funding:deposit-status", found.pk)
    return render(request, "funding/deposit_cancel.html", {"deposit": found})


def given(request: Request) -> QueryDict | None:
    """What was filled in: sent, or carried in the address to be checked or changed."""
    if request.method == "POST":
        return request.POST
    return request.GET if request.GET.keys() & {"check", "change"} else None


def carrying_on(request: Request) -> str:
    """The address where what was sent is checked in words, or changed."""
    wish = request.POST.copy()
    wish.pop("csrfmiddlewaretoken", None)
    to = "change" if wish.pop("edit", None) else "check"
    return f"{request.path}?{to}=1&{wish.urlencode()}"


def _days() -> dict[str, Any]:
    plan = calendar.plan(timezone.now())
    days = partner.current().limits.deposit_days
    return {"plan": plan, "free_on": calendar.bank_days_after(plan.arrives, days), "held": days}


def suggested(request: Request) -> dict[str, Any]:
    """An amount in the address fills the field, if it is one."""
    try:
        amount = MoneyField(required=False).clean(request.GET.get("amount", ""))
    except Exception:  # whatever it is, it is no amount
        return {}
    return {"amount": amount} if amount else {}


def _suggestions(account: Account) -> list[tuple[str, Decimal]]:
    """Amounts that come from the person's own plan and past, with where they come from."""
    least, most = limits.least_deposit(), limits.most_deposit()
    goals = Goal.objects.filter(account=account, status=Goal.Status.ACTIVE).aggregate(
        initial=Sum("initial_amount"), monthly=Sum("monthly_contribution")
    )
    last = Deposit.objects.filter(account=account, schedule=None).first()
    found: dict[Decimal, str] = {}
    for label, amount in (
        ("As last time", last.amount if last else None),
        ("Your goals’ start", None if last else goals["initial"]),
        ("A month of your plan", goals["monthly"]),
    ):
        if amount and least <= amount <= most:
            found.setdefault(amount, label)
    return [(label, amount) for amount, label in found.items()]
