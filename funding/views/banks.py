"""Linking a bank, seeing how the banks stand, unlinking one."""

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from allauth.account.decorators import reauthentication_required
from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account, investor_required
from funding import calendar, limits, services
from funding.models import BankAccount, BankLink, Deposit, Schedule, to_mend
from funding.services import NotPossible
from funding.sync.banks import make_link_token
from robo import partner
from robo.bluum import BluumError
from robo.http import own_path


@investor_required
@require_GET
def banks(request: Request) -> HttpResponse:
    found = list(
        BankAccount.objects.visible_to(request.user).shown().order_by("-created_at", "-pk")
    )
    going = Schedule.objects.going().visible_to(request.user).select_related("bank")
    for bank in found:
        bank.feeds = [one for one in going if one.bank_id == bank.pk]
        bank.sends_from = limits.takes_money_from(bank)
    template = "funding/_banks.html" if request.htmx else "funding/banks.html"
    unlinking = any(bank.unlink_asked_at for bank in found)
    context = {"banks": found, "broken": to_mend(found), "moving": unlinking}
    return render(request, template, context)


@never_cache
@active_account
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
@csp_update(settings.CSP_FOR_PLAID)  # type: ignore[arg-type]
def link(request: Request) -> HttpResponseBase:
    """Off to Plaid: its hosted page, or Link in this page where the script can."""
    return _link(request, None)


@never_cache
@active_account
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
@csp_update(settings.CSP_FOR_PLAID)  # type: ignore[arg-type]
def bank_repair(request: Request, pk: int) -> HttpResponseBase:
    """Off to Plaid to mend this bank: its update mode where the sign-in has ended."""
    own = BankAccount.objects.visible_to(request.user).filter(account=request.account).shown()
    bank = get_object_or_404(own, pk=pk)
    if not bank.needs_repair or not bank.mended_by_linking:
        if not bank.needs_repair:
            messages.info(request, f"{bank} works. There’s nothing to mend.")
        return redirect("funding:banks")
    return _link(request, bank)


def _link(request: Request, bank: BankAccount | None) -> HttpResponseBase:
    next_url = _safe_next(request)
    context: dict[str, Any] = {
        "next_url": next_url,
        "script": settings.PLAID_LINK_SCRIPT,
        "repairs": bank,
        "new_bank_days": partner.current().limits.new_bank_days,
    }
    if bank:
        context |= _what_waits(bank)
    if request.method == "GET":
        return render(request, "funding/link.html", context)
    in_page = request.headers.get("Accept") == "application/json"
    try:
        token = make_link_token(request.account, bank)
    except BluumError:
        if in_page:
            return JsonResponse({"problem": "unreachable"}, status=503)
        return render(request, "funding/link.html", {**context, "unreachable": True}, status=503)
    started = services.start_bank_link(account=request.account, next_url=next_url, repairs=bank)
    back = settings.SITE_URL + reverse("funding:link-return", args=[started.key])
    if in_page:
        return JsonResponse({"link_token": token.link_token, "return_url": back})
    if not token.hosted_link_url:
        return render(request, "funding/link.html", {**context, "needs_script": True}, status=503)
    joint = "&" if "?" in token.hosted_link_url else "?"
    return redirect(f"{token.hosted_link_url}{joint}{urlencode({'redirect_uri': back})}")


def _what_waits(bank: BankAccount) -> dict[str, Any]:
    """Deposits and auto-invest that go on once this bank is mended."""
    return {
        "waiting": [one for one in bank.deposits.filter(status="requested") if one.is_held],
        "feeds": Schedule.objects.going().filter(bank=bank),
    }


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def link_return(request: Request, key: UUID) -> HttpResponse:
    """Back from Plaid with a public token, or without a bank. Only for the one who set out."""
    found = get_object_or_404(BankLink, key=key, account__user=request.user)
    answer = request.POST if request.method == "POST" else request.GET
    if token := answer.get("public_token"):
        try:
            services.finish_bank_link(link=found, public_token=token, request=request)
        except NotPossible as problem:
            messages.error(request, str(problem))
            return redirect("funding:banks")
        return redirect("funding:link-status", found.key)
    if found.status != BankLink.Status.STARTED:
        return redirect("funding:link-status", found.key)
    services.cancel_bank_link(link=found)
    messages.info(request, "No bank was linked.")
    return redirect(found.next_url or "funding:banks")


@login_required
@require_GET
def link_status(request: Request, key: UUID) -> HttpResponse:
    found = get_object_or_404(BankLink.objects.visible_to(request.user), key=key)
    template = "funding/_link_status.html" if request.htmx else "funding/link_status.html"
    return render(request, template, {"link": found, **_outcome(found)})


def _outcome(link: BankLink) -> dict[str, Any]:
    """The banks it was about, and what goes on with those that work again, with its new dates."""
    ids = [pk for name in ("new", "mended", "twice") for pk in link.outcome.get(name, [])]
    rows = {bank.pk: bank for bank in link.account.banks.filter(pk__in=ids)}
    of = {
        name: [rows[pk] for pk in link.outcome.get(name, []) if pk in rows]
        for name in ("new", "mended", "twice")
    }
    going_on = Deposit.objects.filter(
        bank__in=of["mended"], counted_from__gte=link.created_at
    ).select_related("bank")
    return {
        "of": of,
        "bank": next((b for b in [*of["mended"], *of["new"], *of["twice"]] if b.is_usable), None),
        "wrong": to_mend(rows.values()),
        "probing": any(bank.awaits_link for bank in rows.values()),
        "resumed": [
            {
                "deposit": one,
                "was": calendar.plan(one.created_at).invested,
                "now": calendar.plan(one.days_from).invested,
            }
            for one in going_on
        ],
        "waiting": Deposit.objects.filter(
            bank__in=of["mended"], status="requested", counted_from=None
        ).exclude(held_at=None),
        "schedules": Schedule.objects.going().filter(bank__in=of["mended"]),
        "sends_from": max(
            (day for one in of["new"] if (day := limits.takes_money_from(one))), default=None
        ),
    }


@active_account
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def unlink(request: Request, pk: int) -> HttpResponse:
    bank = get_object_or_404(BankAccount.objects.visible_to(request.user).shown(), pk=pk)
    if request.method == "POST":
        services.unlink_bank(bank=bank, request=request)
        messages.success(
            request, f"{bank} is being unlinked. You can link it again whenever you like."
        )
        return redirect("funding:banks")
    context = {
        "bank": bank,
        "schedules": Schedule.objects.going().filter(bank=bank),
        "moving": bank.deposits.moving().count(),
    }
    return render(request, "funding/unlink.html", context)


def _safe_next(request: Request) -> str:
    """Where to go on afterwards: a path of ours, else nowhere."""
    return own_path(request.POST.get("next") or request.GET.get("next") or "")
