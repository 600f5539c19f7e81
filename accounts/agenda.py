"""What this app tells home about an account: what to do, what happened."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef
from django.urls import reverse

from accounts.models import Account, AccountStatus, Document, TrustedContact
from robo import agenda
from robo.agenda import Item


@agenda.beside
def rarely_any() -> dict[str, Any]:
    return {"has_documents": Exists(Document.objects.filter(account=OuterRef("pk")))}


@agenda.todo
def open_the_account(account: Account) -> Iterator[Item]:
    if account.status == AccountStatus.OPENING:
        yield Item(
            "Finish opening your account",
            detail="Your answers are kept. You carry on where you left off.",
            url=reverse("onboarding:start"),
            urgent=True,
        )
    elif account.status == AccountStatus.REFUSED:
        yield Item(
            "Correct your application",
            detail=account.refusal,
            url=reverse("onboarding:start"),
            urgent=True,
        )
    elif account.status == AccountStatus.REJECTED:
        yield Item(
            "Your account wasn’t approved",
            detail="See why, and what you can do.",
            url=reverse("accounts:status"),
            urgent=True,
        )
    for kind in account.documents_needed():
        yield Item(
            f"Send your {DOCUMENT_NAMES[kind]}",
            detail="Verification waits for it.",
            url=reverse("accounts:documents"),
            urgent=True,
        )


@agenda.todo
def name_someone(account: Account) -> Iterator[Item]:
    """Once: whom we may call. Naming nobody is an answer, too."""
    read = account._state.fields_cache  # with the account, where a page did so
    if "trusted_contact" in read:
        was_asked = read["trusted_contact"] is not None
    else:
        was_asked = TrustedContact.objects.filter(account=account).exists()
    if account.is_active and not was_asked:
        yield Item(
            "Name someone you trust",
            detail="Whom we may call if we can’t reach you. Or say that you’d rather not.",
            url=reverse("accounts:trusted"),
            kind="trusted",
            anytime=True,
        )


@agenda.paper
def signed_texts(account: Account) -> Iterator[tuple[str, bytes]]:
    """What was signed, to the byte."""
    for signature in account.signatures.select_related("text"):
        text = signature.text
        yield f"agreements/{text.slug}-{text.version}-{signature.pk}.md", text.body.encode()


DOCUMENT_NAMES = {
    "id_verification": "photo ID",
    "proof_of_address": "proof of address",
    "w9_form": "Form W-9",
}


@agenda.activity
def what_happened(account: Account) -> Iterator[Item]:
    if account.submitted_at:
        yield Item("You applied for your account", at=account.submitted_at, kind="account")
    if account.opened_at:
        yield Item("Account opened", at=account.opened_at, kind="account")
    for document in account.documents.all() if getattr(account, "has_documents", True) else ():
        yield Item(
            f"You sent your {DOCUMENT_NAMES[document.type]}",
            at=document.created_at,
            detail=document.get_status_display(),
            url=reverse("accounts:documents"),
            kind="document",
            status=document.status,
        )
