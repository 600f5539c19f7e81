"""What people ask of their account. Nothing here calls out."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import time, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import (
    MANDATORY,
    Account,
    AccountStatus,
    Choices,
    Document,
    DocumentStatus,
    ManagementType,
    Message,
    Notice,
    Rhythm,
    SealedIdentity,
    Signature,
    SignedText,
    Topic,
    User,
)
from accounts.notices import tell as tell
from robo import audit, seal


class AlreadySubmitted(Exception):
    """The application is on its way to Bluum or there already: its answers are fixed."""

    safe_message = "The application has been sent and can't be changed here."


class NotRestartable(Exception):
    """Verification isn't in a state from which it can begin again."""

    safe_message = "Verification can't be restarted now."


def account_of(user: User, accounts: Callable[[], QuerySet[Account]] | None = None) -> Account:
    """The person's account, looked up among `accounts`; the first time, one that is still being
    opened."""
    rows = accounts() if accounts else Account.objects.all()
    account, _ = rows.get_or_create(user=user, defaults={"due_at": None})
    return account


# The application ----------------------------------------------------------------------------


@transaction.atomic
def choose_kind(account: Account, kind: ManagementType) -> None:
    """Managed for the person or traded by them; fixed once it's sent. Raises AlreadySubmitted."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if not locked.may_be_edited:
        raise AlreadySubmitted
    locked.management_type = account.management_type = kind
    locked.save(update_fields=["management_type"])


@transaction.atomic
def save_identity(account: Account, **parts: Any) -> None:
    """Merge these answers into the sealed ones. Values must be JSON. Raises AlreadySubmitted."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if not locked.may_be_edited:
        raise AlreadySubmitted
    merged = read_identity(locked) | parts
    SealedIdentity.objects.update_or_create(
        account=locked, defaults={"sealed": seal.seal_json(merged)}
    )


def read_identity(account: Account) -> dict[str, Any]:
    """The sealed answers; empty before the first one and once Bluum has them."""
    row = SealedIdentity.objects.filter(account=account).first()
    return dict(seal.unseal_json(row.sealed)) if row else {}


@transaction.atomic
def submit(account: Account) -> None:
    """Write down that the person applies. Again is harmless while the application is on its way.

    A corrected application is a new wish with a new key: the old key's answer was a refusal.
    The e-mail address is fixed here, so that every try sends the very same application.
    """
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if not locked.may_be_edited:
        return
    save_identity(locked, email_address=locked.user.email)
    identity = read_identity(locked)
    if locked.status == AccountStatus.REFUSED:
        locked.key = uuid4()
    locked.name = f"{identity.get('first_name', '')} {identity.get('last_name', '')}".strip()[:120]
    locked.status = AccountStatus.SUBMITTED
    locked.refusal = locked.refusal_field = ""
    locked.submitted_at = timezone.now()
    locked.save(update_fields=["key", "name", "status", "refusal", "refusal_field", "submitted_at"])
    User.objects.filter(pk=locked.user_id).update(
        first_name=str(identity.get("first_name", ""))[:150],
        last_name=str(identity.get("last_name", ""))[:150],
    )
    audit.record("submit application", actor=locked.user, target=locked, account=locked)
    locked.poke()


@transaction.atomic
def restart_verification(account: Account, *, actor: Any = None) -> None:
    """Ask for verification to begin again after a rejection. Again is harmless.

    `actor` is who asks, the investor unless it is said.

    Raises NotRestartable in any other state.
    """
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if locked.restart_asked_at:
        return
    if locked.status != AccountStatus.REJECTED:
        raise NotRestartable
    locked.restart_asked_at = timezone.now()
    locked.save(update_fields=["restart_asked_at"])
    audit.record("restart verification", actor=actor or locked.user, target=locked, account=locked)
    locked.poke()


# Signatures ---------------------------------------------------------------------------------


@transaction.atomic
def sign(
    *,
    account: Account,
    slug: str,
    version: str,
    title: str,
    body: str,
    kind: str,
    statement: str,
    ip: str,
    user_agent: str,
) -> Signature:
    """Keep who signed what: the exact text, its hash, the words beside the button, time and place.

    The same text is signed once; again gives back the first signature. Raises ValueError without
    a true IP address.
    """
    if not ip:
        raise ValueError("A signature needs the address it came from.")
    digest = hashlib.sha256(body.encode()).hexdigest()
    text, _ = SignedText.objects.get_or_create(
        sha256=digest,
        defaults={"slug": slug, "version": version, "title": title, "body": body},
    )
    signature, new = Signature.objects.get_or_create(
        account=account,
        text=text,
        defaults={
            "kind": kind,
            "statement": statement,
            "ip": ip,
            "user_agent": user_agent[:300],
        },
    )
    if new:
        audit.record(
            "sign",
            actor=account.user,
            target=signature,
            account=account,
            slug=slug,
            version=version,
        )
    return signature


def has_signed(account: Account, kinds: Iterable[str]) -> bool:
    """Whether some version of every one of these was signed."""
    wanted = set(kinds)
    signed = account.signatures.filter(kind__in=wanted).values_list("kind", flat=True)
    return wanted <= set(signed)


# Documents ----------------------------------------------------------------------------------


@transaction.atomic
def upload_document(
    *, account: Account, type: str, file_name: str, content_type: str, content: bytes, key: UUID
) -> Document:
    """Write down that this file is to be sent. The same key always means the same file."""
    document, created = Document.objects.get_or_create(
        account=account,
        key=key,
        defaults={
            "type": type,
            "file_name": file_name[:120],
            "content_type": content_type,
            "size": len(content),
            "sha256": hashlib.sha256(content).hexdigest(),
            "sealed_file": seal.seal(content),
            "status": DocumentStatus.SENDING,
        },
    )
    if created:
        audit.record(
            "send document", actor=account.user, target=document, account=account, type=type
        )
        document.enqueue()
    return document


# Notices and settings -----------------------------------------------------------------------


def read_notices(account: Account) -> None:
    """Everything there is has been seen."""
    account.notices.filter(read_at=None).update(read_at=timezone.now())


def read_notice(notice: Notice) -> None:
    """Its reader has opened this one."""
    Notice.objects.filter(pk=notice.pk, read_at=None).update(read_at=timezone.now())


@transaction.atomic
def choose_notices(
    account: Account,
    *,
    email: dict[str, str],
    silent: Iterable[str],
    quiet_from: time | None,
    quiet_until: time | None,
) -> None:
    """How the person wants to hear of each topic; what is mandatory can't be chosen away."""
    Choices.objects.update_or_create(
        account=account,
        defaults={
            "email": {topic: Rhythm(rhythm) for topic, rhythm in email.items()},
            "silent": sorted({Topic(topic) for topic in silent} - MANDATORY),
            "quiet_from": quiet_from,
            "quiet_until": quiet_until,
        },
    )


@transaction.atomic
def stop_mails(account: Account, topics: Iterable[str]) -> None:
    """No more e-mails about these topics; the app goes on telling of them. Again is harmless."""
    row, _ = Choices.objects.select_for_update().get_or_create(account=account)
    row.email |= {topic: Rhythm.OFF for topic in topics if topic not in MANDATORY}
    row.save(update_fields=["email"])
    audit.record("stop e-mails", target=row, account=account, topics=list(topics))


def save_settings(user: User, *, time_zone: str, appearance: str, hides_amounts: bool) -> None:
    User.objects.filter(pk=user.pk).update(
        time_zone=time_zone, appearance=appearance, hides_amounts=hides_amounts
    )


# Messages -----------------------------------------------------------------------------------

MESSAGES_A_DAY = 20


class TooManyMessages(Exception):
    """More than anyone answers in a day; nothing was sent."""


@transaction.atomic
def send_message(
    *, account: Account, body: str, key: UUID, page: str = "", page_title: str = ""
) -> Message:
    """Write down a message to the adviser. The same key is the same message. Raises
    TooManyMessages."""
    Account.objects.select_for_update().get(pk=account.pk)
    found: Message | None = Message.objects.filter(key=key, account=account).first()
    if found:
        return found
    since = timezone.now() - timedelta(days=1)
    theirs = Message.objects.filter(account=account, written_by=None, created_at__gt=since)
    if theirs.count() >= MESSAGES_A_DAY:
        raise TooManyMessages
    message = Message.objects.create(
        account=account, key=key, body=body, page=page[:200], page_title=page_title[:60]
    )
    audit.record("write to adviser", actor=account.user, target=message, account=account)
    return message


@transaction.atomic
def answer_message(message: Message, *, answer: str, by: User) -> None:
    """Answer once: the client is told, in the app and by e-mail."""
    locked = Message.objects.select_for_update().get(pk=message.pk)
    if locked.answered_at:
        return
    locked.answer, locked.answered_by, locked.answered_at = answer, by, timezone.now()
    locked.save(update_fields=["answer", "answered_by", "answered_at"])
    tell(
        account=locked.account,
        key=f"message-{locked.pk}",
        title=f"{by} answered you"[:120],
        body=answer,
        url=locked.page,
        topic=Topic.ACCOUNT,
    )
    audit.record("answer a client", actor=by, target=locked, account=locked.account)


@transaction.atomic
def write_to_client(*, account: Account, body: str, key: UUID, by: User) -> Message:
    """Begin a conversation: the client is told, in the app and by e-mail, and can write back. The
    same key is the same message."""
    message, new = Message.objects.get_or_create(
        key=key, account=account, defaults={"body": body, "written_by": by}
    )
    if new:
        tell(
            account=account,
            key=f"message-{message.pk}",
            title=f"{by} wrote to you"[:120],
            body=body,
            url=f"{reverse('accounts:write')}?to={message.pk}",
            topic=Topic.ACCOUNT,
        )
        audit.record("write to a client", actor=by, target=message, account=account)
    return message
