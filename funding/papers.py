"""What this app has on paper: the authorizations to pull from a bank."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding.models import Authorization
from portfolios.services.documents import AUTHORIZATIONS, Paper, announce
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
            f"{url}?as=text",
            ended,
            "Text",
        )
