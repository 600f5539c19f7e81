"""Banks and brokers read through Plaid: set out, come back, mend, remove."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from onboarding.models import ExternalAccount, ExternalLink
from onboarding.services.picture import archive_holding
from robo import agenda, audit, seal

Status = ExternalLink.Status


def start_external_link(*, account: Account, key: UUID, link_token: str) -> ExternalLink:
    """The person sets out for Plaid with this link token."""
    link: ExternalLink
    with transaction.atomic():
        link = ExternalLink.objects.create(account=account, key=key, link_token=link_token)
        link.enqueue()
    return link


@transaction.atomic
def return_from_plaid(link: ExternalLink, *, public_token: str = "") -> ExternalLink:
    """The person is back, with a public token if Link was in our page; else Plaid is asked.

    From update mode nothing is taken over: the bank is simply read again.
    """
    current: ExternalLink = ExternalLink.objects.select_for_update().get(pk=link.pk)
    if current.status in {Status.CONNECTING, Status.ACTIVE, Status.BROKEN}:
        current.returned_at = timezone.now()
        if public_token and current.status == Status.CONNECTING:
            current.sealed_public_token = seal.seal(public_token.encode())
        current.save(update_fields=["returned_at", "sealed_public_token"])
        current.poke()
    return current


@transaction.atomic
def remove_external_link(link: ExternalLink, *, keep: bool, request: Any = None) -> None:
    """Stop reading this bank. `keep`: its balances stay, as if they had been typed in."""
    current: ExternalLink = ExternalLink.objects.select_for_update().get(pk=link.pk)
    if current.status == Status.REMOVED:
        return
    rows = list(ExternalAccount.objects.filter(link=current, status="active"))
    if keep:
        ExternalAccount.objects.filter(pk__in=[row.pk for row in rows]).update(link=None)
    else:
        for row in rows:
            archive_holding(row)
    current.status = Status.REMOVED
    current.link_token, current.sealed_public_token = "", None
    current.save(update_fields=["status", "link_token", "sealed_public_token"])
    current.poke()
    audit.record(
        "disconnect bank", target=current, account=current.account, request=request, kept=keep
    )
    agenda.advice_changed(current.account)
