"""What we tell investors about their account, and the words for it. In the app and by e-mail."""

import re

from django.db import transaction
from django.urls import reverse

from accounts import letters
from accounts.models import Account, ContactChange, Document, Notice, Topic
from robo.bluum import Refused


@transaction.atomic
def tell(
    *,
    account: Account,
    key: str,
    title: str,
    body: str,
    url: str = "",
    topic: str = Topic.ACCOUNT,
    mail: bool = True,
) -> None:
    """Tell the investor something, once per key: a notice in the app, and an e-mail.

    `topic` is one of `Topic`, anything else is a ValueError; the person's choices for it decide
    when an e-mail goes and whether the notice is among the messages. Without `mail` none is sent,
    because another one says it. Never put identity, tax ids or account numbers in the sentence.
    """
    topic = Topic(topic)
    notice, new = Notice.objects.get_or_create(
        account=account,
        key=key,
        defaults={
            "title": without_numbers(title),
            "body": without_numbers(body),
            "url": url,
            "topic": topic,
            "is_shown": letters.choices_of(account).is_shown(topic),
        },
    )
    if new and mail:
        letters.write(notice)


def without_numbers(text: str) -> str:
    """A last guard: of what looks like an account number or tax ID only the end is told."""
    text = re.sub(r"\b\d{3}-\d{2}-(\d{4})\b", r"••\1", text)
    return re.sub(r"(?<![\d,.$])\d{4,}(\d{4})(?!\d)", r"••\1", text)


# What was refused, in words -----------------------------------------------------------------

REFUSALS = {
    "contact.email_address": "There is already an account with your e-mail address that isn’t "
    "this one. Please write or call us; we’ll sort it out with you.",
    "contact.phone_number": "The phone number wasn’t accepted. Please check it.",
    "contact": "The address wasn’t accepted. Please check it line by line.",
    "identity.date_of_birth": "The birth date wasn’t accepted. Please check day, month and year.",
    "identity.tax_id": "The tax ID wasn’t accepted. Please check each digit.",
    "identity": "Something about you wasn’t accepted. Please check your name and birth date.",
    "disclosures": "The four questions about your position weren’t accepted. Please answer them "
    "again.",
    "agreements": "The signatures weren’t accepted. Please look at the agreements again.",
}
GENERAL = "The application wasn’t accepted as it is. Please check your answers, or call us."


def refusal(problem: Refused) -> tuple[str, str]:
    """Bluum's field, and a sentence of ours: Bluum's own may name the person."""
    field = str(problem.details.get("field") or "")[:80]
    if problem.code == "BLUM-409-001":
        field = "contact.email_address"
    place = field
    while place:
        if place in REFUSALS:
            return field, REFUSALS[place]
        place = place.rpartition(".")[0]
    return field, GENERAL


def upload_refusal(problem: Refused) -> str:
    if problem.code == "BLUM-400-008":
        return "The file was too large. Send one of at most 10 MB."
    if problem.code in {"BLUM-400-003", "BLUM-400-004"}:
        return "The file couldn’t be read. Send a JPEG, PNG or PDF."
    return "The file wasn’t accepted. Please try another one, or call us."


# Occasions ----------------------------------------------------------------------------------


def _round(account: Account) -> str:
    """Names this run of verification, so that a second rejection is told too."""
    since = account.restarted_at or account.submitted_at or account.created_at
    return f"{since:%Y%m%d%H%M%S}"


def account_opened(account: Account) -> None:
    tell(
        account=account,
        key="account-opened",
        title="Your account is open",
        body="We’ve confirmed who you are. You can link your bank and make your first deposit.",
        url=reverse("home"),
    )


def account_rejected(account: Account) -> None:
    tell(
        account=account,
        key=f"account-rejected-{_round(account)}",
        title="Your account wasn’t approved",
        body="We couldn’t confirm who you are. Nothing was charged and no money moved. "
        "The status page says what you can do.",
        url=reverse("accounts:status"),
    )


def account_suspended(account: Account) -> None:
    tell(
        account=account,
        key=f"account-suspended-{_round(account)}",
        title="Your account is on hold",
        body="Your money stays yours and stays where it is. Please call us to find out why.",
        url=reverse("accounts:status"),
    )


def application_refused(account: Account) -> None:
    tell(
        account=account,
        key=f"application-refused-{_round(account)}",
        title="Your application needs a correction",
        body=account.refusal,
        url=reverse("accounts:status"),
    )


def document_needed(account: Account) -> None:
    tell(
        account=account,
        key=f"document-needed-{_round(account)}",
        title="We need one more document",
        body="To confirm who you are we need a document from you. The page says which one and why.",
        url=reverse("accounts:documents"),
    )


def document_rejected(document: Document) -> None:
    tell(
        account=document.account,
        key=f"document-rejected-{document.pk}",
        title="Your document wasn’t accepted",
        body=document.rejection_reason or "Please send it again.",
        url=reverse("accounts:documents"),
    )


def contact_change_asked(change: ContactChange) -> None:
    what = change.get_kind_display().lower()
    tell(
        account=change.account,
        key=f"contact-change-asked-{change.pk}",
        topic=Topic.SECURITY,
        title=f"You asked to change your {what}",
        body="People check it and carry it to the custodian, within two business days. "
        "The page shows how far it is.",
        url=reverse("accounts:you"),
    )


def contact_change_decided(change: ContactChange) -> None:
    what = change.get_kind_display().lower()
    done = change.status == ContactChange.Status.DONE
    tell(
        account=change.account,
        key=f"contact-change-decided-{change.pk}",
        topic=Topic.SECURITY,
        title=f"Your {what} was changed" if done else f"Your {what} couldn’t be changed",
        body="The custodian has it now." if done else change.reason,
        url=reverse("accounts:you"),
    )


def export_ready(account: Account, pk: int, days: int) -> None:
    tell(
        account=account,
        key=f"export-ready-{pk}",
        title="Your data is ready to download",
        body=f"One file with everything we keep of you. It’s there for {days} days, then our "
        "copy is deleted.",
        url=reverse("accounts:export"),
    )
