"""Changes of name, address, phone and e-mail: asked here, carried to Bluum by operations.

Bluum has no call for them. What is asked lies sealed until it is decided.
"""

import re
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts import notices
from accounts.models import Account, ContactChange, TrustedContact, User
from robo import audit, seal

Kind, Status = ContactChange.Kind, ContactChange.Status


class AlreadyAsked(Exception):
    """One change of a kind at a time: the earlier one is still with operations."""

    safe_message = "You’ve asked for this already. It’s still being looked at."


class AlreadyDecided(Exception):
    """The change was decided or taken back meanwhile."""

    safe_message = "This was decided or taken back meanwhile."


@transaction.atomic
def ask(
    account: Account,
    *,
    kind: str,
    asked: dict[str, Any],
    key: UUID,
    content: bytes | None = None,
    content_type: str = "",
    request: Any = None,
) -> ContactChange:
    """Write the wish down and tell its owner; the same key is the same wish.

    Raises AlreadyAsked.
    """
    Account.objects.select_for_update().get(pk=account.pk)
    found: ContactChange | None = ContactChange.objects.filter(account=account, key=key).first()
    if found is not None:
        return found
    if ContactChange.objects.filter(account=account, kind=kind, status=Status.REQUESTED).exists():
        raise AlreadyAsked
    change = ContactChange.objects.create(
        account=account,
        key=key,
        kind=kind,
        sealed=seal.seal_json(asked),
        sealed_file=seal.seal(content) if content else None,
        file_type=content_type,
    )
    audit.record(
        "ask for a contact change",
        actor=account.user,
        target=change,
        account=account,
        request=request,
        kind=kind,
    )
    notices.contact_change_asked(change)
    return change


@transaction.atomic
def carry_email(account: Account, email: str) -> None:
    """The new e-mail address is confirmed and ours already; operations tell Bluum."""
    waiting = ContactChange.objects.filter(
        account=account, kind=Kind.EMAIL, status=Status.REQUESTED
    )
    if not waiting.update(sealed=seal.seal_json({"email_address": email})):
        ContactChange.objects.create(
            account=account,
            key=uuid4(),
            kind=Kind.EMAIL,
            sealed=seal.seal_json({"email_address": email}),
        )


@transaction.atomic
def take_back(change: ContactChange, *, request: Any = None) -> None:
    """The person no longer wants it. Raises AlreadyDecided."""
    row = _open(change)
    _settle(row, Status.CANCELED)
    audit.record(
        "take back a contact change",
        actor=row.account.user,
        target=row,
        account=row.account,
        request=request,
    )


@transaction.atomic
def decide(change: ContactChange, *, actor: User, reason: str = "", request: Any = None) -> None:
    """Operations say that Bluum has it, or with a `reason` why not. Raises AlreadyDecided."""
    row = _open(change)
    asked = read(row)
    _settle(row, Status.DECLINED if reason else Status.DONE, actor, reason)
    if row.status == Status.DONE and row.kind == Kind.NAME:
        first, last = str(asked["first_name"]), str(asked["last_name"])
        Account.objects.filter(pk=row.account_id).update(name=f"{first} {last}"[:120])
        User.objects.filter(pk=row.account.user_id).update(
            first_name=first[:150], last_name=last[:150]
        )
    audit.record(
        "decline contact change" if reason else "complete contact change",
        actor=actor,
        target=row,
        account=row.account,
        request=request,
        kind=row.kind,
    )
    notices.contact_change_decided(row)


def read(change: ContactChange) -> dict[str, Any]:
    """What is asked; empty once it is decided."""
    return dict(seal.unseal_json(change.sealed)) if change.sealed else {}


def _open(change: ContactChange) -> ContactChange:
    rows = ContactChange.objects.select_for_update(of=["self"]).select_related("account__user")
    row: ContactChange = rows.get(pk=change.pk)
    if not row.is_open:
        raise AlreadyDecided
    return row


def _settle(
    row: ContactChange, status: ContactChange.Status, actor: User | None = None, reason: str = ""
) -> None:
    row.status, row.decided_at, row.decided_by = status, timezone.now(), actor
    row.reason, row.sealed, row.sealed_file = reason, None, None
    row.save(
        update_fields=["status", "decided_at", "decided_by", "reason", "sealed", "sealed_file"]
    )


# The trusted contact ------------------------------------------------------------------------


@transaction.atomic
def trust(account: Account, named: dict[str, str] | None, *, request: Any = None) -> None:
    """Keep whom we may call, sealed; None when the person would rather name nobody."""
    TrustedContact.objects.update_or_create(
        account=account,
        defaults={
            "sealed": seal.seal_json(named) if named else None,
            "updated_at": timezone.now(),
        },
    )
    audit.record(
        "name a trusted contact" if named else "name no trusted contact",
        actor=account.user,
        target=account,
        account=account,
        request=request,
    )


def trusted(account: Account) -> dict[str, str] | None:
    """Whom we may call: name, relation, phone, email. None when nobody is named."""
    row = TrustedContact.objects.filter(account=account).first()
    return dict(seal.unseal_json(row.sealed)) if row and row.sealed else None


def in_words(number: str) -> str:
    """An American phone number as people write it, (503) 555-0123; others as they are."""
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number
