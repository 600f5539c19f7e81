"""Banks and brokers read through Plaid: connect, come back, mend, disconnect."""

from uuid import UUID, uuid4

from csp.decorators import csp_update
from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, investor_required
from onboarding import services
from onboarding.forms.picture import RemoveLinkForm
from onboarding.models import ExternalLink
from onboarding.sync.links import external_links_offered, make_external_link_token
from robo.plaid import PlaidError

Status = ExternalLink.Status


@never_cache
@investor_required  # type: ignore[arg-type]
@require_http_methods(["GET", "POST"])
@csp_update(settings.CSP_FOR_PLAID)  # type: ignore[arg-type]
def connect(request: Request) -> HttpResponse:
    """Off to Plaid with a new bank: its hosted page, or Link in this page where the script can."""
    if not external_links_offered():
        raise Http404
    return _off_to_plaid(request, None)


@never_cache
@investor_required  # type: ignore[arg-type]
@require_http_methods(["GET", "POST"])
@csp_update(settings.CSP_FOR_PLAID)  # type: ignore[arg-type]
def mend(request: Request, key: UUID) -> HttpResponse:
    """Sign in again at a bank that asks for it: Plaid's update mode, at once."""
    found = _link(request, key)
    if found.status != Status.BROKEN or not external_links_offered():
        return redirect("picture:link", found.key)
    return _off_to_plaid(request, found)


def _off_to_plaid(request: Request, link: ExternalLink | None) -> HttpResponse:
    context = {"script": settings.PLAID_LINK_SCRIPT, "link": link}
    template = "onboarding/picture/connect.html"
    if request.method == "GET":
        return render(request, template, context)
    in_page = request.headers.get("Accept") == "application/json"
    key = link.key if link else uuid4()
    back = settings.SITE_URL + reverse("picture:link-back", args=[key])
    try:
        token = make_external_link_token(request.account, link, return_to=back)
    except PlaidError:
        if in_page:
            return JsonResponse({"problem": "unreachable"}, status=503)
        return render(request, template, {**context, "unreachable": True}, status=503)
    if link is None:
        services.start_external_link(account=request.account, key=key, link_token=token.token)
    if in_page:
        return JsonResponse({"link_token": token.token, "return_url": back})
    if not token.hosted_url:
        return render(request, template, {**context, "needs_script": True}, status=503)
    return redirect(token.hosted_url)


@never_cache
@investor_required
@require_http_methods(["GET", "POST"])
def link_back(request: Request, key: UUID) -> HttpResponse:
    """Back from Plaid. Only for the one who set out; what came of it, the step finds out."""
    found = get_object_or_404(ExternalLink, key=key, account__user=request.user)
    services.return_from_plaid(found, public_token=request.POST.get("public_token", "")[:200])
    return redirect("picture:link", found.key)


@investor_required
@require_GET
def link(request: Request, key: UUID) -> HttpResponse:
    """How a connection stands, and what is read through it."""
    found = _link(request, key)
    rows = list(found.accounts.filter(status="active"))
    waiting = bool(
        found.status == Status.CONNECTING
        or (found.status == Status.ACTIVE and found.refreshed_at is None)
        or (found.status == Status.BROKEN and _just_back(found))
    )
    context = {"link": found, "rows": rows, "waiting": waiting}
    part = "onboarding/picture/_link.html"
    return render(request, part if request.htmx else "onboarding/picture/link.html", context)


def _just_back(link: ExternalLink) -> bool:
    """Back from signing in again, and the step hasn't looked yet."""
    return bool(link.returned_at and link.due_at and link.due_at <= timezone.now())


@investor_required
@require_http_methods(["GET", "POST"])
def disconnect(request: Request, key: UUID) -> HttpResponse:
    """Stop reading a bank, and say what becomes of its balances."""
    found = _link(request, key)
    if found.status in {Status.REMOVED, Status.REFUSED}:
        return redirect("picture:overview")
    rows = list(found.accounts.filter(status="active"))
    form = RemoveLinkForm(
        request.POST if request.method == "POST" else None, initial={"keep": "keep"}
    )
    if request.method == "POST" and (form.is_valid() or not rows):
        keep = bool(rows) and form.cleaned_data["keep"]
        services.remove_external_link(found, keep=keep, request=request)
        messages.success(
            request, f"{found.institution or 'The bank'} is disconnected, and our access is ended."
        )
        return redirect("picture:overview")
    context = {"form": form, "link": found, "rows": rows}
    status = 422 if form.errors else 200
    return render(request, "onboarding/picture/disconnect.html", context, status=status)


def _link(request: Request, key: UUID) -> ExternalLink:
    found: ExternalLink = get_object_or_404(ExternalLink.objects.visible_to(request.user), key=key)
    return found
