"""Requests: who really asks, from where, in which time zone; and the middleware that knows it."""

import ipaddress
import zoneinfo
from collections.abc import Callable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

if TYPE_CHECKING:
    from accounts.models import User

GetResponse = Callable[[HttpRequest], HttpResponse]


class Request(HttpRequest):
    """What a view behind `login_required` really gets."""

    user: "User"
    htmx: HtmxDetails
    client_ip: str


def health(get_response: GetResponse) -> GetResponse:
    """`/healthz`: the process lives. `/readyz`: database, broker and migrations are there."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        if request.path == "/readyz":
            problems = list(_unready())
            return JsonResponse(
                {"ready": not problems, "problems": problems}, status=503 if problems else 200
            )
        return get_response(request)

    return middleware


def _unready() -> list[str]:
    from redis import Redis
    from redis.exceptions import RedisError

    problems = []
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            problems.append("migrations are missing")
    except DatabaseError:
        problems.append("database is away")
    try:
        Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1).ping()
    except RedisError:
        problems.append("broker is away")
    return problems


def client_ip(remote: str, forwarded: str, proxies: int) -> str:
    """The peer's address, or behind `proxies` of ours the one that the outermost of them saw.

    Everything further left in X-Forwarded-For was written by the client and proves nothing.
    """
    if proxies:
        hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
        if len(hops) >= proxies:
            remote = hops[-proxies]
    try:
        return str(ipaddress.ip_address(remote))
    except ValueError:
        return ""


def true_client(get_response: GetResponse) -> GetResponse:
    """Put the true client's address on the request as `client_ip` (empty if unknown)."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.client_ip = client_ip(  # type: ignore[attr-defined]
            request.META.get("REMOTE_ADDR", ""),
            request.META.get("HTTP_X_FORWARDED_FOR", ""),
            settings.TRUSTED_PROXIES,
        )
        return get_response(request)

    return middleware


def local_time(get_response: GetResponse) -> GetResponse:
    """Show times in the signed-in person's zone."""

    def middleware(request: HttpRequest) -> HttpResponse:
        name = getattr(request.user, "time_zone", "") or "America/New_York"
        with timezone.override(zoneinfo.ZoneInfo(name)):
            return get_response(request)

    return middleware


def sign_in_returns(get_response: GetResponse) -> GetResponse:
    """Signing in leads back to the page a person was on when their visit had ended.

    Not to a part of it that htmx asked for, which would also swap the sign-in page into it; nor to
    an address that only takes a form.
    """

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        htmx: HtmxDetails = request.htmx  # type: ignore[attr-defined]
        sign_in = f"{resolve_url(settings.LOGIN_URL)}?next="
        if not answer.headers.get("Location", "").startswith(sign_in):
            return answer
        if not htmx and request.method in {"GET", "HEAD"}:
            return answer
        back = redirect_to_login(_page_of(request))
        return HttpResponseClientRedirect(back.url) if htmx else back

    return middleware


def _page_of(request: HttpRequest) -> str:
    """Where the person is who sent this: the page their browser says, if it's one of ours."""
    page = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure()):
        return resolve_url("home")
    parts = urlsplit(page)
    return urlunsplit(("", "", parts.path, parts.query, ""))


def forms_only(get_response: GetResponse) -> GetResponse:
    """Who opens by hand an address that only takes a form gets a page, not the browser's own."""

    def middleware(request: HttpRequest) -> HttpResponse:
        answer = get_response(request)
        if request.method != "GET" or not isinstance(answer, HttpResponseNotAllowed):
            return answer
        page = render(request, "405.html", status=405)
        page.headers["Allow"] = answer.headers["Allow"]
        return page

    return middleware


def own_path(wished: str) -> str:
    """`wished` if it is a path of ours, short enough to be one; else nothing."""
    safe = wished.startswith("/") and url_has_allowed_host_and_scheme(wished, allowed_hosts=None)
    return wished if safe and len(wished) <= 200 else ""


def staff_have_mfa(get_response: GetResponse) -> GetResponse:
    """Nobody enters the admin with one factor."""

    def middleware(request: HttpRequest) -> HttpResponse:
        if (
            request.path.startswith("/admin/")
            and request.user.is_authenticated
            and request.user.is_staff
        ):
            from allauth.mfa.utils import is_mfa_enabled

            if not is_mfa_enabled(request.user):
                return redirect("mfa_index")
        return get_response(request)

    return middleware


def permissions_policy(get_response: GetResponse) -> GetResponse:
    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response.headers.setdefault(
            "Permissions-Policy",
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), "
            "publickey-credentials-get=(self), publickey-credentials-create=(self)",
        )
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response

    return middleware
