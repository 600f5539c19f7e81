"""Banks: linked with a public token, watched, unlinked."""

from collections.abc import Iterable
from datetime import timedelta

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.services import tell
from funding import reasons
from funding.models import BankAccount, BankLink, Schedule
from funding.sync import returns
from robo import clients, seal
from robo.bluum import NotFound, Refused
from robo.bluum.banks import BankSource, LinkToken

log = structlog.get_logger("funding.banks")

# Plaid's public tokens live half an hour; one that old can't be exchanged by anyone.
TOKEN_LIVES = timedelta(minutes=30)


def make_link_token(account: Account) -> LinkToken:
    """What opens Plaid, hosted or in the page. A person waits for it: one short try.

    Raises Unavailable or Refused.
    """
    return clients.bluum_now().funding_sources.create_link_token(
        account.bluum_id or "", hosted=True
    )


def advance_bank_link(link: BankLink) -> timedelta | None:
    """Hand the public token to Bluum, once; then forget it."""
    if link.status != BankLink.Status.RETURNED or link.sealed_token is None:
        return None
    account_id = link.account.bluum_id
    if not account_id:
        return timedelta(seconds=10)
    token = seal.unseal(link.sealed_token).decode()
    sources = clients.bluum().funding_sources
    try:
        linked = sources.connect(account_id, public_token=token)
    except Refused as problem:
        # An earlier try may have got through although we never heard: then the bank is there.
        new = _unknown(link.account, sources.list(account_id)) if link.attempts > 1 else []
        if not new:
            _refuse_link(link, reasons.of_refusal(problem))
            return None
        linked = tuple(new)
    except Exception:
        if link.created_at < timezone.now() - TOKEN_LIVES * 2:
            _refuse_link(
                link,
                "We couldn’t reach your bank in time. Please link it again; nothing was taken.",
            )
            return None
        raise
    with transaction.atomic():
        apply_banks(link.account, linked)
        ours = link.account.banks.filter(bluum_id__in=[source.id for source in linked])
        returns.mend(list(ours.values_list("pk", flat=True)))
        BankLink.objects.filter(pk=link.pk).update(
            status=BankLink.Status.CONNECTED, sealed_token=None, refusal=""
        )
    return None


def _unknown(account: Account, found: Iterable[BankSource]) -> list[BankSource]:
    known = set(account.banks.values_list("bluum_id", flat=True))
    return [one for one in found if one.status == "active" and one.id not in known]


@transaction.atomic
def _refuse_link(link: BankLink, sentence: str) -> None:
    BankLink.objects.filter(pk=link.pk).update(
        status=BankLink.Status.REFUSED, sealed_token=None, refusal=sentence
    )
    tell(
        account=link.account,
        key=f"bank-link-refused:{link.pk}",
        title="Your bank isn’t linked yet",
        body=sentence,
        url=reverse("funding:banks"),
    )


def advance_bank_account(bank: BankAccount) -> timedelta | None:
    """Unlink at Bluum if that was asked; otherwise see how the bank stands."""
    account_id = bank.account.bluum_id or ""
    sources = clients.bluum().funding_sources
    if bank.unlink_asked_at and bank.status != BankAccount.Status.DISCONNECTED:
        try:
            sources.disconnect(account_id, bank.bluum_id)
        except NotFound:
            log.info("bank was already gone")
        BankAccount.objects.filter(pk=bank.pk).update(status=BankAccount.Status.DISCONNECTED)
        return None
    apply_banks(bank.account, [s for s in sources.list(account_id) if s.id == bank.bluum_id])
    return None


@transaction.atomic
def apply_banks(account: Account, sources: Iterable[BankSource]) -> None:
    """Write what Bluum says about these banks; tell when one stops working."""
    for source in sources:
        facts = {
            "item_id": source.item_id or "",
            "institution": source.institution or "",
            "name": source.name or "",
            "mask": (source.mask or "")[-4:],
            "type": source.subtype or source.account_type or "",
        }
        bank = (
            BankAccount.objects.select_for_update()
            .filter(account=account, bluum_id=source.id)
            .first()
        )
        if bank is None:
            bank = BankAccount.objects.create(
                account=account,
                bluum_id=source.id,
                plaid_account_id=source.account_id or "",
                status=_status(source, BankAccount.Status.ACTIVE),
                created_at=source.created_at or timezone.now(),
                due_at=None,
                **facts,
            )
            continue
        status = _status(source, bank.status)
        if bank.unlink_asked_at and status == BankAccount.Status.ACTIVE:
            continue  # the person's wish to unlink is on its way
        changed = {
            name: value for name, value in facts.items() if value and getattr(bank, name) != value
        }
        broke = status == BankAccount.Status.ERROR and bank.status != status
        if changed or status != bank.status:
            BankAccount.objects.filter(pk=bank.pk).update(status=status, **changed)
        if broke:
            _tell_broken(bank)


def _status(source: BankSource, otherwise: str) -> str:
    return source.status if source.status in BankAccount.Status.values else otherwise


def _tell_broken(bank: BankAccount) -> None:
    waits = Schedule.objects.going().filter(bank=bank, wanted="active").exists()
    tell(
        account=bank.account,
        key=f"bank-error:{bank.pk}:{timezone.now():%Y-%m-%d}",
        title=f"{bank.institution or 'Your bank'} asks you to sign in again",
        body=(
            "The connection ended. Link it again, and auto-invest goes on as planned."
            if waits
            else "The connection ended. Link it again before your next deposit."
        ),
        url=reverse("funding:banks"),
    )


def refresh_banks(account: Account) -> None:
    """All banks of the account, as Bluum has them."""
    apply_banks(account, clients.bluum().funding_sources.list(account.bluum_id or ""))
