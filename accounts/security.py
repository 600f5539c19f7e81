"""Who signs in, with what, from where: noted in the trail, told to the person."""

from datetime import timedelta
from typing import Any, NamedTuple

from allauth.account.signals import (
    email_changed,
    password_changed,
    password_reset,
    password_set,
    user_logged_in,
)
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.signals import user_logged_in as django_user_logged_in
from django.db import transaction
from django.db.models import QuerySet
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone

from accounts import contact
from accounts.models import Account, Topic, User
from accounts.notices import tell
from robo import audit
from robo.audit.models import Entry
from robo.ui import words

EVENTS = {
    "sign in": "Signed in",
    "change password": "Password changed",
    "change e-mail": "E-mail address changed",
    "add a way to sign in": "A way to sign in was added",
    "remove a way to sign in": "A way to sign in was removed",
    "renew recovery codes": "New recovery codes made",
    "end a session": "A device was signed out",
    "end other sessions": "All other devices were signed out",
    "dispute": "You told us something wasn’t you",
    "ask for a contact change": "You asked for a change of your details",
    "ask for data": "You asked for your data",
    "download data": "Your data was downloaded",
}
"""Actions of the trail that a person sees among the events of their security, in their words."""

SEEN_EVERY = timedelta(minutes=5)
"""How fresh a device's “last seen” is kept."""


class Event(NamedTuple):
    title: str
    at: Any
    ip: str | None
    device: str


def events(user: User, limit: int = 12) -> list[Event]:
    """What happened to the person's security lately, the newest first."""
    rows = Entry.objects.filter(actor=user, action__in=EVENTS).order_by("-at")[:limit]
    return [Event(EVENTS[r.action], r.at, r.ip, str(r.details.get("device", ""))) for r in rows]


# What allauth says --------------------------------------------------------------------------


@transaction.atomic
def note(user: User, action: str, title: str, request: Any, body: str = "") -> None:
    """Into the trail and into the app. The e-mail about it is allauth's."""
    account = Account.objects.filter(user=user).first()
    audit.record(action, actor=user, target=user, account=account, request=request)
    if account is not None:
        entry = timezone.now()
        tell(
            account=account,
            key=f"security:{action}:{entry:%Y%m%d%H%M%S%f}",
            topic=Topic.SECURITY,
            title=title,
            body=body or "If that was you, there is nothing to do. If not, tell us at once.",
            url=reverse("accounts:security"),
            mail=False,
        )


@receiver(
    [password_changed, password_set, password_reset], dispatch_uid="accounts-security-password"
)
def password(sender: Any, request: Any, user: User, **_: Any) -> None:
    User.objects.filter(pk=user.pk).update(password_changed_at=timezone.now())
    note(user, "change password", "Your password was changed", request)


@receiver(email_changed, dispatch_uid="accounts-security-email")
def email(sender: Any, request: Any, user: User, **_: Any) -> None:
    note(
        user,
        "change e-mail",
        "Your e-mail address was changed",
        request,
        "We wrote to the old and the new address. If that wasn’t you, tell us at once.",
    )
    account = Account.objects.filter(user=user).exclude(bluum_id=None).first()
    if account is not None:
        user.refresh_from_db(fields=["email"])
        contact.carry_email(account, user.email)


@receiver(authenticator_added, dispatch_uid="accounts-security-added")
def factor_added(sender: Any, request: Any, user: User, authenticator: Any, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note(user, "add a way to sign in", f"{_named(authenticator)} was added", request)


@receiver(authenticator_removed, dispatch_uid="accounts-security-removed")
def factor_removed(sender: Any, request: Any, user: User, authenticator: Any, **_: Any) -> None:
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        note(user, "remove a way to sign in", f"{_named(authenticator)} was removed", request)


@receiver(authenticator_reset, dispatch_uid="accounts-security-reset")
def factor_reset(sender: Any, request: Any, user: User, **_: Any) -> None:
    note(user, "renew recovery codes", "Your recovery codes are new", request)


def _named(authenticator: Any) -> str:
    return {
        Authenticator.Type.TOTP: "An authenticator app",
        Authenticator.Type.WEBAUTHN: "A passkey",
    }.get(authenticator.type, "A way to sign in")


@receiver(user_logged_in, dispatch_uid="accounts-security-sign-in")
@transaction.atomic
def signed_in(sender: Any, request: Any, user: User, response: Any = None, **_: Any) -> None:
    """Into the trail; and a warning when somebody who has been here signs in elsewhere."""
    account = Account.objects.filter(user=user).first()
    was_here = Entry.objects.filter(actor=user, action="sign in").exists()
    audit.record("sign in", actor=user, target=user, account=account, request=request)
    known = known_people(request)
    if response is not None and user.pk not in known:
        response.set_signed_cookie(
            KNOWN,
            ".".join(map(str, [*known, user.pk][-5:])),
            salt=KNOWN,
            max_age=365 * 86400,
            secure=settings.SECURE,
            httponly=True,
            samesite="Lax",
        )
    if account is not None and was_here and user.pk not in known:
        device = words.device(request.META.get("HTTP_USER_AGENT", ""))
        tell(
            account=account,
            key=f"security:new-device:{timezone.now():%Y%m%d%H%M%S%f}",
            topic=Topic.SECURITY,
            title="A new device signed in",
            body=f"{device}, from {getattr(request, 'client_ip', '') or 'an unknown address'}. "
            "If that was you, there is nothing to do.",
            url=reverse("accounts:security"),
        )


KNOWN = "known-device"
"""A signed cookie: who has signed in with this browser before."""


def known_people(request: HttpRequest) -> list[int]:
    """The people who have signed in with this browser, the last one last."""
    kept = request.get_signed_cookie(KNOWN, default="", salt=KNOWN)
    return [int(pk) for pk in str(kept or "").split(".") if pk.isdecimal()]


# Devices ------------------------------------------------------------------------------------


@receiver(django_user_logged_in, dispatch_uid="accounts-security-seen")
def begin(sender: Any, request: Any, user: User, **_: Any) -> None:
    if hasattr(request, "session"):
        request.session["seen"] = timezone.now().timestamp()


def last_seen(get_response: Any) -> Any:
    """Middleware: note every few minutes that a session is used, and from where."""

    def middleware(request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        if request.user.is_authenticated and request.session.session_key:
            before = float(request.session.get("seen") or 0)
            if now.timestamp() - before > SEEN_EVERY.total_seconds():
                request.session["seen"] = now.timestamp()
                rows = UserSession.objects.filter(session_key=request.session.session_key)
                rows.update(last_seen_at=now)
        return get_response(request)  # type: ignore[no-any-return]

    return middleware


def devices(user: User) -> list[UserSession]:
    """Where the person is signed in, the one seen last first."""
    found = UserSession.objects.purge_and_list(user)
    return sorted(found, key=lambda s: s.last_seen_at, reverse=True)


@transaction.atomic
def end(user: User, sessions: QuerySet[UserSession], *, action: str, request: Any) -> int:
    """Sign these devices out. Returns how many."""
    mine = list(sessions.filter(user=user))
    for session in mine:
        session.end()
    if mine:
        account = Account.objects.filter(user=user).first()
        audit.record(action, actor=user, target=user, account=account, request=request)
    return len(mine)


# How it stands ------------------------------------------------------------------------------


class Standing(NamedTuple):
    passkeys: int
    has_app: bool
    codes: int | None
    has_password: bool

    @property
    def is_strong(self) -> bool:
        return bool(self.passkeys) or self.has_app


def standing(user: User) -> Standing:
    """What keeps others out: passkeys, an authenticator app, unused recovery codes."""
    kinds: dict[str, list[Authenticator]] = {}
    for row in Authenticator.objects.filter(user=user):
        kinds.setdefault(row.type, []).append(row)
    codes = kinds.get(Authenticator.Type.RECOVERY_CODES)
    return Standing(
        passkeys=len(kinds.get(Authenticator.Type.WEBAUTHN, [])),
        has_app=Authenticator.Type.TOTP in kinds,
        codes=len(codes[0].wrap().get_unused_codes()) if codes else None,
        has_password=user.has_usable_password(),
    )
