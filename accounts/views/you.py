"""Settings: who one is, whom we may call, how the product looks."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts import contact, security, services
from accounts.forms import FORMS, PreferencesForm, TrustedForm
from accounts.guards import Request, investor_required
from accounts.models import ContactChange, TrustedContact
from robo.ui import undo


@investor_required
@require_GET
def settings(request: Request) -> HttpResponse:
    """The way to everything, each with how it stands."""
    account = request.account
    context = {
        "account": account,
        "standing": security.standing(request.user),
        "unread": account.notices.unread().count(),
        "asked": account.contact_changes.filter(status=ContactChange.Status.REQUESTED).count(),
        "trusted": TrustedContact.objects.filter(account=account).first(),
        "closing": _address("funding:closing") if account.is_advised else "",
        "papers": _address("portfolios:documents"),
    }
    return render(request, "accounts/settings.html", context)


def _address(name: str) -> str:
    """Empty where a deployment has no such page."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


@investor_required
@require_GET
def you(request: Request) -> HttpResponse:
    account = request.account
    changes = [
        {"row": row, "asked": told(row)} for row in account.contact_changes.defer("sealed_file")[:6]
    ]
    known = contact.trusted(account)
    context = {
        "account": account,
        "changes": changes,
        "open_kinds": {c["row"].kind for c in changes if c["row"].is_open},
        "trusted": known,
        "trusted_phone": contact.in_words(known["phone"]) if known else "",
        "trusted_asked": TrustedContact.objects.filter(account=account).exists(),
    }
    return render(request, "accounts/you.html", context)


def told(row: ContactChange) -> str:
    """What was asked, in a line, while it is open; its owner may read it."""
    asked = contact.read(row)
    match row.kind:
        case ContactChange.Kind.NAME:
            parts = [f"{asked.get('first_name', '')} {asked.get('last_name', '')}"]
        case ContactChange.Kind.ADDRESS:
            state = f"{asked.get('state', '')} {asked.get('postal_code', '')}"
            parts = [asked.get("street", ""), asked.get("unit", ""), asked.get("city", ""), state]
        case ContactChange.Kind.PHONE:
            parts = [contact.in_words(asked.get("phone_number", ""))]
        case _:
            parts = list(asked.values())
    return ", ".join(part.strip() for part in parts if part.strip())


SAID: dict[str, dict[str, str]] = {
    ContactChange.Kind.NAME: {
        "heading": "Change your name",
        "lead": "Marriage, divorce or a court order: send a document that shows it.",
        "button": "Ask for the new name",
    },
    ContactChange.Kind.ADDRESS: {
        "heading": "Change your address",
        "lead": "Where you live now. Statements and tax forms will carry it.",
        "button": "Ask for the new address",
    },
    ContactChange.Kind.PHONE: {
        "heading": "Change your phone number",
        "lead": "We call it when something about your account looks wrong.",
        "button": "Ask for the new number",
    },
}


@investor_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def change(request: Request, kind: str) -> HttpResponse:
    """Ask for a change that people carry to the custodian."""
    account = request.account
    if kind not in FORMS:
        raise Http404
    if account.bluum_id is None:
        messages.info(request, "You can still correct this in your application.")
        return redirect("onboarding:start" if account.may_be_edited else "accounts:status")
    user = request.user
    known = {"first_name": user.first_name, "last_name": user.last_name}
    form = FORMS[kind](request.POST or None, request.FILES or None, initial=known)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            contact.ask(
                account,
                kind=kind,
                asked=form.asked,
                key=data["key"],
                content=data.get("content"),
                content_type=data.get("content_type", ""),
                request=request,
            )
        except contact.AlreadyAsked as problem:
            messages.info(request, problem.safe_message)
        else:
            messages.success(request, "We have it. You’ll hear from us when it’s done.")
        return redirect("accounts:you")
    context = {"form": form, "kind": kind, **SAID[kind]}
    return render(request, "accounts/change.html", context, status=422 if form.errors else 200)


@investor_required
@require_POST
def take_back(request: Request, pk: int) -> HttpResponse:
    rows = ContactChange.objects.visible_to(request.user).exclude(kind=ContactChange.Kind.EMAIL)
    row = get_object_or_404(rows, pk=pk)
    try:
        contact.take_back(row, request=request)
    except contact.AlreadyDecided as problem:
        messages.info(request, problem.safe_message)
    else:
        messages.success(request, "Taken back. Nothing is changed.")
    return redirect("accounts:you")


@investor_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_http_methods(["GET", "POST"])
def trusted(request: Request) -> HttpResponse:
    """Name someone we may call, or nobody."""
    account = request.account
    known: dict[str, Any] | None = contact.trusted(account)
    nobody = request.method == "POST" and "nobody" in request.POST
    if nobody:
        contact.trust(account, None, request=request)
        messages.success(request, "Noted: nobody. You can name someone at any time.")
        return redirect("accounts:you")
    form = TrustedForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        contact.trust(account, form.cleaned_data, request=request)
        messages.success(request, f"We may call {form.cleaned_data['name']} if we can’t reach you.")
        return redirect("accounts:you")
    context = {"form": form, "known": known}
    return render(request, "accounts/trusted.html", context, status=422 if form.errors else 200)


@investor_required
@require_http_methods(["GET", "POST"])
def preferences(request: Request) -> HttpResponse:
    user = request.user
    names = ("time_zone", "appearance", "hides_amounts")
    form = PreferencesForm(
        request.POST or None, initial={name: getattr(user, name) for name in names}
    )
    if request.method == "POST" and form.is_valid():
        services.save_settings(user, **form.cleaned_data)
        undo.saved(request, form)
        return redirect("accounts:preferences")
    context = {"form": form, "undo": undo.offered(request)}
    return render(request, "accounts/preferences.html", context, status=422 if form.errors else 200)
