"""“This wasn’t me”: a signed link in every message about security, and what it does."""

from datetime import timedelta
from typing import Any

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.dispatch import Signal
from django.urls import reverse

from accounts.models import Account, Case, User
from robo import audit

SALT = "accounts.not-me"
LASTS = timedelta(days=30)
"""How long a link works."""

disputed = Signal()
"""Sent in the dispute's transaction with `account`: later apps keep money in for a while."""


def link(user: User, *, about: str) -> str:
    """The address of the page where its reader says that this wasn't them."""
    token = signing.dumps({"user": user.pk, "about": about[:120]}, salt=SALT, compress=True)
    return settings.SITE_URL + reverse("accounts:not-me", args=[token])


def read(token: str) -> tuple[User, str]:
    """Raises signing.BadSignature, also when the link is too old, or User.DoesNotExist."""
    found = signing.loads(token, salt=SALT, max_age=LASTS)
    return User.objects.get(pk=found["user"], is_active=True), str(found["about"])


@transaction.atomic
def dispute(user: User, *, about: str, request: Any = None, keeps: str = "") -> None:
    """End the sessions, take the password away, keep money in, and open a case.

    `keeps` is the session key of someone who is signed in and asks for it themselves: theirs stays
    and so does their password, which the page asks them to change.
    """
    for session in UserSession.objects.filter(user=user).exclude(session_key=keeps):
        session.end()
    if not keeps:
        user.set_unusable_password()  # ends what isn't listed, too
        user.save(update_fields=["password"])
    account = Account.objects.filter(user=user).first()
    audit.record("dispute", actor=user, target=user, account=account, request=request)
    if account is None:
        return
    if not account.cases.filter(closed_at=None, about=about).exists():
        Case.objects.create(
            account=account,
            about=about,
            details="The client says this wasn’t them. "
            + ("Other sessions" if keeps else "All sessions and the password")
            + " were ended, and withdrawals are on hold. Call them.",
        )
    disputed.send(sender=Case, account=account)
