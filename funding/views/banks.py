"""Linking a bank, seeing how the banks stand, unlinking one."""

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
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account, investor_required
from funding import services
from funding.models import BankAccount, BankLink, Schedule
from funding.services import NotPossible
from funding.sync.banks import make_link_token
from robo.bluum import BluumError


@investor_required
@require_GET
def banks(request: Request) -> HttpResponse:
    found = BankAccount.objects.visible_to(request.user).shown().order_by("-created_at", "-pk")
    template = "funding/_banks.html" if request.htmx else "funding/banks.html"
    unlinking = any(bank.unlink_asked_at for bank in found)
    return render(request, template, {"banks": found, "moving": unlinking})


@never_cache
@active_account
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
@csp_update(settings.CSP_FOR_PLAID)  # type: ignore[arg-type]
def link(request: Request) -> HttpResponseBase:
    """Off to Plaid: its hosted page, or Link in this page where the script can."""
    next_url = _safe_next(request)
    context = {"next_url": next_url, "script": settings.PLAID_LINK_SCRIPT}
    if request.method == "GET":
        return render(request, "funding/link.html", context)
    in_page = request.headers.get("Accept") == "application/json"
    try:
        token = make_link_token(request.account)
    except BluumError:
        if in_page:
            return JsonResponse({"problem": "unreachable"}, status=503)
        return render(request, "funding/link.html", {**context, "unreachable": True}, status=503)
    started = services.start_bank_link(account=request.account, next_url=next_url)
    back = settings.SITE_URL + reverse("funding:link-return", args=[started.key])
    if in_page:
        return JsonResponse({"link_token": token.link_token, "return_url": back})
    if not token.hosted_link_url:
        return render(request, "funding/link.html", {**context, "needs_script": True}, status=503)
    joint = "&" if "?" in token.hosted_link_url else "?"
    return redirect(f"{token.hosted_link_url}{joint}{urlencode({'redirect_uri': back})}")


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
    connected = found.status == BankLink.Status.CONNECTED
    bank = found.account.banks.usable().order_by("-pk").first() if connected else None
    return render(request, template, {"link": found, "bank": bank})


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
    wished = request.POST.get("next") or request.GET.get("next") or ""
    safe = wished.startswith("/") and url_has_allowed_host_and_scheme(wished, allowed_hosts=None)
    return wished if safe and len(wished) <= 200 else ""
