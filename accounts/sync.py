"""Where accounts, documents and mail meet the world outside."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django.core.mail.backends.smtp import EmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts import notices
from accounts.mail import unpack
from accounts.models import (
    Account,
    AccountStatus,
    Document,
    DocumentStatus,
    Mail,
    ManagementType,
    SealedIdentity,
)
from robo import bluum, clients, seal, work
from robo.bluum import accounts as remote
from robo.bluum.accounts import CheckHandoff, ComplianceStatus

SENT_TO_BLUUM = ("account_agreement", "customer_agreement", "privacy_policy")
"""The agreements Bluum knows by name; the others are between the partner and the person."""

CONTACT = (
    "email_address",
    "phone_number",
    "street_address",
    "city",
    "state",
    "postal_code",
    "country",
)
IDENTITY = (
    "first_name",
    "last_name",
    "date_of_birth",
    "tax_id",
    "tax_id_type",
    "country_of_citizenship",
    "country_of_birth",
    "country_of_tax_residence",
    "funding_source",
)
DISCLOSURES = (
    "is_control_person",
    "is_affiliated_exchange_or_finra",
    "is_politically_exposed",
    "immediate_family_exposed",
)

LOOK_FIRST_AFTER = timedelta(hours=1)
"""Bluum remembers a key for a day; long before that we look before sending again."""


# The account --------------------------------------------------------------------------------


def advance_account(account: Account) -> timedelta | None:
    """Open the account at Bluum if it isn't; otherwise see how verification stands."""
    if account.may_be_edited:
        return None
    if not account.bluum_id:
        return open_account(account)
    if account.restart_asked_at:
        restart(account)
    api, account_id = clients.bluum(), account.bluum_id
    found = api.accounts.retrieve(account_id)
    checks = api.compliance.retrieve(account_id)
    return apply_account(account.pk, found, checks)


def open_account(account: Account) -> timedelta | None:
    """Send the application, sealed until this moment. Bluum's no settles it as refused."""
    given = seal.unseal_json(account.sealed_identity.sealed)
    first = account.first_tried_at
    if first and timezone.now() - first > LOOK_FIRST_AFTER and (found := own(given)):
        return apply_opened(account.pk, found)
    try:
        made = clients.bluum().accounts.create(
            contact={name: given[name] for name in CONTACT},
            identity={name: given[name] for name in IDENTITY},
            disclosures={name: given[name] for name in DISCLOSURES},
            agreements=agreements(account),
            management_type=account.management_type,
            idempotency_key=account.key,
        )
    except bluum.Conflict as problem:
        if problem.code == "BLUM-409-001" and (found := own(given)):
            return apply_opened(account.pk, found)
        return apply_refusal(account.pk, problem)
    except bluum.Refused as problem:
        return apply_refusal(account.pk, problem)
    return apply_opened(account.pk, made)


def agreements(account: Account) -> list[dict[str, object]]:
    """The newest signature of each agreement that Bluum asks for."""
    newest = {
        signature.kind: signature
        for signature in account.signatures.filter(kind__in=SENT_TO_BLUUM).order_by("signed_at")
    }
    return [
        {
            "agreement": kind,
            "agreed": True,
            "signed_at": newest[kind].signed_at,
            "ip_address": newest[kind].ip,
        }
        for kind in SENT_TO_BLUUM
        if kind in newest
    ]


def own(given: dict[str, Any]) -> remote.Account | None:
    """The account a lost answer left behind: same e-mail, same person, and no other row’s."""
    found = clients.bluum().accounts.find_by_email(given["email_address"])
    if found is None or found.identity is None:
        return None
    person = found.identity
    same = (
        (person.first_name or "").casefold() == given["first_name"].casefold()
        and (person.last_name or "").casefold() == given["last_name"].casefold()
        and person.date_of_birth is not None
        and person.date_of_birth.isoformat() == given["date_of_birth"]
    )
    return found if same and not Account.objects.filter(bluum_id=found.id).exists() else None


def restart(account: Account) -> None:
    """Have verification begin again. A conflict means that it has: the answer was lost."""
    assert account.bluum_id
    handoffs: Sequence[CheckHandoff] = ()
    with suppress(bluum.Conflict):
        handoffs = clients.bluum().compliance.restart(account.bluum_id).checks
    apply_restart(account.pk, handoffs)


@transaction.atomic
def apply_opened(pk: int, found: remote.Account) -> timedelta | None:
    """Bluum has the account: note its id, and forget who the person is."""
    account = Account.objects.select_for_update().get(pk=pk)
    account.bluum_id = found.id
    account.verification_url = handoff_url(found.compliance_checks)
    account.save(update_fields=["bluum_id", "verification_url"])
    SealedIdentity.objects.filter(account=account).delete()
    return apply_account(pk, found, None)


@transaction.atomic
def apply_refusal(pk: int, problem: bluum.Refused) -> None:
    """Bluum won't take the application as it is. The answers stay, sealed, to be corrected."""
    account = Account.objects.select_for_update().get(pk=pk)
    field, message = notices.refusal(problem)
    account.status = AccountStatus.REFUSED
    account.refusal, account.refusal_field = message, field
    account.save(update_fields=["status", "refusal", "refusal_field"])
    notices.application_refused(account)


@transaction.atomic
def apply_restart(pk: int, handoffs: Sequence[CheckHandoff]) -> None:
    account = Account.objects.select_for_update().get(pk=pk)
    account.restart_asked_at, account.restarted_at = None, timezone.now()
    account.verification_url = handoff_url(handoffs)
    account.save(update_fields=["restart_asked_at", "restarted_at", "verification_url"])


@transaction.atomic
def apply_account(
    pk: int, found: remote.Account, verification: ComplianceStatus | None
) -> timedelta | None:
    """Write what Bluum says, act on what changed, and say when to look again."""
    account = Account.objects.select_for_update().get(pk=pk)
    was, asked_before = account.status, set(account.documents_needed())
    if found.status in AccountStatus.values:
        account.status = AccountStatus(found.status)
    account.account_number = found.account_number or account.account_number
    if found.management_type in ManagementType.values:
        account.management_type = ManagementType(found.management_type)
    if verification is not None:
        account.compliance_status = verification.workflow_status
        account.compliance_checks = [
            {"type": check.check_type, "status": check.status} for check in verification.checks
        ]
    account.refreshed_at = timezone.now()
    if account.is_active and not account.opened_at:
        account.opened_at = timezone.now()
    account.save(
        update_fields=[
            "status",
            "account_number",
            "management_type",
            "compliance_status",
            "compliance_checks",
            "refreshed_at",
            "opened_at",
        ]
    )
    if account.status != was:
        status_changed(account)
    if set(account.documents_needed()) - asked_before:
        notices.document_needed(account)
    return next_look(account)


def status_changed(account: Account) -> None:
    match account.status:
        case AccountStatus.ACTIVE:
            notices.account_opened(account)
            poke_waiting(account)
        case AccountStatus.REJECTED:
            notices.account_rejected(account)
        case AccountStatus.SUSPENDED:
            notices.account_suspended(account)


def poke_waiting(account: Account) -> None:
    """Whatever waits for an open account, in whichever app, needn't wait any longer."""
    for model in work.kinds():
        if any(field.name == "account" for field in model._meta.fields):
            rows: QuerySet[Any] = model._base_manager.filter(due_at__isnull=False)
            for row in rows.filter(account=account).only("pk"):
                row.poke()


def next_look(account: Account) -> timedelta | None:
    """Every 3 s at first, more slowly as verification takes longer; once a day when it's open."""
    if account.status == AccountStatus.PENDING:
        return min(max(account.age / 10, timedelta(seconds=3)), timedelta(minutes=15))
    return None if account.status == AccountStatus.REJECTED else timedelta(days=1)


def handoff_url(checks: Sequence[CheckHandoff]) -> str:
    """Where the person is to go on with verification, if anywhere."""
    urls = (c.verification_url for c in checks if c.status == "pending" and c.verification_url)
    return next((url for url in urls if url.startswith("https://")), "")[:500]


# Documents ----------------------------------------------------------------------------------


def advance_document(document: Document) -> timedelta | None:
    """Send the file if Bluum doesn't have it; otherwise see what became of it.

    Uploads take no idempotency key, so we look before sending: a document of this kind that no
    row of ours knows is the one whose answer was lost.
    """
    account = document.account
    if document.status == DocumentStatus.REFUSED:
        return None
    if not account.bluum_id:
        return account.wait_until_open()
    api = clients.bluum().documents
    if document.bluum_id:
        return apply_document(document.pk, api.retrieve(document.bluum_id))
    known = set(account.documents.exclude(bluum_id=None).values_list("bluum_id", flat=True))
    for found in api.list(account.bluum_id, document_type=document.type):
        if found.document_id not in known:
            return apply_document(document.pk, found)
    assert document.sealed_file is not None
    try:
        sent = api.upload(
            account.bluum_id,
            document_type=document.type,
            filename=document.file_name,
            content=seal.unseal(document.sealed_file),
            content_type=document.content_type,
        )
    except bluum.Refused as problem:
        return apply_upload_refusal(document.pk, problem)
    return apply_document(document.pk, sent)


@transaction.atomic
def apply_document(pk: int, found: remote.Document) -> timedelta | None:
    """Write what Bluum says of the document; its bytes are needed no more."""
    document = Document.objects.select_for_update().select_related("account").get(pk=pk)
    was = document.status
    document.bluum_id, document.sealed_file = found.document_id, None
    if found.upload_status in DocumentStatus.values:
        document.status = found.upload_status
    document.rejection_reason = (found.rejection_reason or "")[:300]
    document.save(update_fields=["bluum_id", "sealed_file", "status", "rejection_reason"])
    if document.status != was and document.is_settled:
        if document.status == DocumentStatus.REJECTED:
            notices.document_rejected(document)
        document.account.poke()
    if document.is_settled:
        return None
    age: timedelta = timezone.now() - document.created_at
    return min(max(age / 10, timedelta(seconds=3)), timedelta(minutes=15))


@transaction.atomic
def apply_upload_refusal(pk: int, problem: bluum.Refused) -> None:
    document = Document.objects.select_for_update().select_related("account").get(pk=pk)
    document.status, document.sealed_file = DocumentStatus.REFUSED, None
    document.rejection_reason = notices.upload_refusal(problem)
    document.save(update_fields=["status", "sealed_file", "rejection_reason"])
    notices.document_rejected(document)


# Mail ---------------------------------------------------------------------------------------


def send_mail(mail: Mail) -> None:
    """Hand the message to the mail server and keep nothing of it. It raises what SMTP raises."""
    if mail.sealed is None:
        return
    backend = EmailBackend(fail_silently=False)
    message = unpack(seal.unseal_json(mail.sealed))
    backend.send_messages([message])
    Mail.objects.filter(pk=mail.pk).update(sealed=None, sent_at=timezone.now())
