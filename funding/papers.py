"""What this app has on paper: the authorizations to pull from a bank."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding.models import Authorization
from portfolios.services.documents import AUTHORIZATIONS, Paper, announce
from portfolios.signed import signed_pdf
from robo import agenda
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
