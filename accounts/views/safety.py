"""Security: what keeps others out, where one is signed in, and “this wasn’t me”."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import disputes
from accounts import security as safety
from accounts.guards import Request, investor_required
from accounts.models import User


@investor_required
@require_GET
def security(request: Request) -> HttpResponse:
    context = {
        "standing": safety.standing(request.user),
        "devices": safety.devices(request.user),
        "here": request.session.session_key,
        "events": safety.events(request.user),
    }
    return render(request, "accounts/security.html", context)


@investor_required
@require_POST
def end_device(request: Request, pk: int) -> HttpResponse:
    mine = UserSession.objects.filter(pk=pk).exclude(session_key=request.session.session_key)
    if safety.end(request.user, mine, action="end a session", request=request):
        messages.success(request, "That device is signed out.")
    return redirect("accounts:security")


@investor_required
@require_POST
def end_others(request: Request) -> HttpResponse:
    others = UserSession.objects.exclude(session_key=request.session.session_key)
    count = safety.end(request.user, others, action="end other sessions", request=request)
    messages.success(
        request,
        "All other devices are signed out." if count else "There was no other device to sign out.",
    )
    return redirect("accounts:security")


@investor_required
@require_http_methods(["GET", "POST"])
def was_not_me(request: Request) -> HttpResponse:
    """Somebody who is signed in saw something that wasn't them."""
    if request.method == "POST":
        disputes.dispute(
            request.user,
            about="Something on the security page",
            request=request,
            keeps=request.session.session_key or "",
        )
        messages.success(
            request,
            "All other devices are signed out, withdrawals are paused, and we’ll call you. "
            "Now choose a new password.",
        )
        return redirect("account_change_password")
    return render(request, "accounts/not_me.html", {"about": "", "signed_in": True})


@require_http_methods(["GET", "POST"])
def not_me(request: HttpRequest, token: str) -> HttpResponse:
    """From an e-mail, whoever is signed in: the token says whose account it is about."""
    try:
        user, about, locks = disputes.read(token)
    except (signing.BadSignature, User.DoesNotExist, KeyError):
        return render(request, "accounts/not_me.html", {"is_old": True}, status=410)
    if request.method == "POST":
        disputes.dispute(user, about=about, request=request, locks=locks)
        context = {"about": about, "done": True, "locks": locks}
        return render(request, "accounts/not_me.html", context)
    return render(request, "accounts/not_me.html", {"about": about, "locks": locks})
