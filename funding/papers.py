"""What this app has on paper: the authorizations to pull from a bank, the letter that an account is
closed."""

from collections.abc import Iterator
from datetime import date

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding import limits
from funding.models import Authorization, Closing
from funding.sync.closings import rounds_of
from portfolios.plan import pdf
from portfolios.services.documents import AGREEMENTS, AUTHORIZATIONS, Paper, announce
from portfolios.signed import signed_pdf
from robo import agenda, partner
from robo.ui import words


@announce
def authorizations(account: Account) -> Iterator[Paper]:
    """Each in the exact words that were agreed to."""
    rows = Authorization.objects.filter(account=account).select_related("bank").defer("text")
    for row in rows:
        url = reverse("funding:authorization", args=[row.pk])
        ended = f"Ended on {words.day(row.ended_at)}" if row.ended_at else ""
        yield Paper(
            AUTHORIZATIONS,
            timezone.localdate(row.agreed_at),
            f"{row.get_kind_display()} of {words.money(row.amount)} from {row.bank}",
            url,
            f"{url}?as=pdf",
            ended,
            "PDF",
        )


def authorization_pdf(found: Authorization) -> bytes:
    """An authorization with the exact words agreed to; read together with its bank and account."""
    return signed_pdf(
        account=found.account, title=f"Authorization: {found.get_kind_display().lower()}",
        body=found.text, sha256=found.sha256, version="", said="", at=found.agreed_at, ip=found.ip,
        name=f"authorization-{found.pk}.txt", is_markdown=False, ended=found.ended_at,
    )  # fmt: skip


@agenda.paper
def authorizations_taken_along(account: Account) -> Iterator[tuple[str, bytes]]:
    rows = Authorization.objects.filter(account=account).select_related("account__user")
    for row in rows.iterator(50):
        yield f"authorizations/{row.agreed_at:%Y-%m-%d}-{row.pk}.pdf", authorization_pdf(row)


@announce
def closing_letters(account: Account) -> Iterator[Paper]:
    """The confirmation, once the account is closed."""
    for row in closed(account):
        yield Paper(
            AGREEMENTS,
            closing_day(row),
            "Your account is closed",
            reverse("funding:closing-status"),
            reverse("funding:closing-letter"),
            f"Reference {row.reference}",
            "PDF",
        )


@agenda.paper
def closing_letters_taken_along(account: Account) -> Iterator[tuple[str, bytes]]:
    for row in closed(account):
        yield f"agreements/{row.closed_at:%Y-%m-%d}-account-closed.pdf", closing_pdf(row)


def closed(account: Account) -> QuerySet[Closing]:
    rows = Closing.objects.filter(account=account, status=Closing.Status.CLOSED)
    return rows.select_related("account__user", "bank", "signature")


def closing_day(found: Closing) -> date:
    return words.local(found.closed_at or found.created_at).date()


def closing_pdf(found: Closing) -> bytes:
    """The confirmation that an account is closed: the same closing, the same bytes."""
    day = closing_day(found)
    data = {
        "kind": "policy",
        "title": "Your account is closed",
        "subtitle": f"For {found.account}. Reference {found.reference}.",
        "running": f"Confirmation of {words.long_day(day)}",
        "clauses": [{"title": title, "lines": lines} for title, lines in letter(found)],
        "signed": f"You asked for it on {words.long_moment(found.signature.signed_at)}, signed "
        f"from {found.signature.ip}.",
        "hash": found.signature.text_id,
        "hash_of": "the words you signed",
    }
    return pdf.compile_pdf(data, pdf.brand_of(partner.current()), day)


def letter(found: Closing) -> list[tuple[str, list[str]]]:
    """What the confirmation says: dates, payments, what stays. Every figure from the rows."""
    us = partner.current()
    paid = [
        f"{words.money(one.amount)} to {one.bank}, {words.long_day(one.completed_at)}, "
        f"reference {one.reference}."
        for one in rounds_of(found)
        if one.completed_at
    ]
    number = found.account.account_number[-4:]
    return [
        (
            "What was done",
            [
                f"At your request we closed your account{f' ••{number}' if number else ''} with "
                f"{us.legal_name} on {words.long_day(found.closed_at or found.created_at)}.",
                "Auto-invest has ended and nothing is pulled from your bank any more. The advisory "
                "agreement between us has ended.",
            ],
        ),
        ("What was paid out", paid or ["There was no money to pay out."]),
        (
            "What comes still",
            [
                "Tax papers for this year come after its end, as for every year. Dividends or "
                f"corrections that arrive late are sent to {found.bank}.",
                f"You can sign in and read your papers for {limits.KEPT_YEARS} years. "
                f"Questions: {us.support.phone}, {us.support.email}.",
            ],
        ),
    ]
