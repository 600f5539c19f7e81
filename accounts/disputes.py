"""“This wasn’t me”: a signed link in every message about security, and what it does."""

from datetime import timedelta
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core import signing
from django.db import transaction
from django.dispatch import Signal
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Case, User
from robo import audit

SALT = "accounts.not-me"
LASTS = timedelta(days=30)
"""How long a link works."""

disputed = Signal()
"""Sent in the dispute's transaction with `account`: later apps keep money in for a while."""


class Reported(NamedTuple):
    """What a link says: whose account, what it is about, whether sign-in is to be locked."""

    user: User
    about: str
    locks: bool


def link(user: User, *, about: str, locks: bool = False) -> str:
    """The address of the page where its reader says that this wasn't them.

    With `locks` nobody signs in any more until a person of ours has closed the case: for a change
    of the e-mail address, after which codes may go to whoever changed it.
    """
    given = {"user": user.pk, "about": about[:120], "locks": locks}
    token = signing.dumps(given, salt=SALT, compress=True)
    return settings.SITE_URL + reverse("accounts:not-me", args=[token])


def read(token: str) -> Reported:
    """Raises signing.BadSignature, also when the link is too old, or User.DoesNotExist."""
    found = signing.loads(token, salt=SALT, max_age=LASTS)
    user = User.objects.get(pk=found["user"], is_active=True)
    return Reported(user, str(found["about"]), bool(found["locks"]))


@transaction.atomic
def dispute(
    user: User, *, about: str, request: Any = None, keeps: str = "", locks: bool = False
) -> None:
    """End the sessions, take the password away, keep money in, and open a case.

    `keeps` is the session key of someone who is signed in and asks for it themselves: theirs stays
    and so does their password, which the page asks them to change.
    """
    for session in UserSession.objects.filter(user=user).exclude(session_key=keeps):
        session.end()
    if not keeps:
        user.set_unusable_password()  # ends what isn't listed, too
        user.is_active = user.is_active and not locks
        user.save(update_fields=["password", "is_active"])
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
            + " were ended, and withdrawals are on hold. "
            + ("Nobody can sign in until you close this. " if locks else "")
            + "Call them.",
        )
    disputed.send(sender=Case, account=account)


@transaction.atomic
def close(case: Case, *, outcome: str, email: str, actor: User, request: Any = None) -> None:
    """Somebody of ours has talked to the client: note it, and let them sign in again.

    `email` is the address that is theirs: a change that somebody else made is undone.
    """
    row = Case.objects.select_for_update().get(pk=case.pk)
    if row.closed_at:
        return
    row.closed_at, row.closed_by, row.outcome = timezone.now(), actor, outcome
    row.save(update_fields=["closed_at", "closed_by", "outcome"])
    user = User.objects.select_for_update().get(account=row.account_id)
    changed = email.lower() != user.email.lower()
    if changed:
        EmailAddress.objects.filter(user=user).delete()
        EmailAddress.objects.create(user=user, email=email.lower(), verified=True, primary=True)
    user.email, user.is_active = email.lower(), True
    user.save(update_fields=["email", "is_active"])
    audit.record(
        "close case",
        actor=actor,
        target=row,
        account=row.account,
        request=request,
        changes_email=changed,
    )
