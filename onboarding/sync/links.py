"""Where banks and brokers elsewhere are read through Plaid. Reading only: nothing can be moved.

A link is connecting until its public token is traded for access, then active; broken while the
bank wants the person to sign in again, and active once they have. It is read once a day and
whenever Plaid's webhook or the person says so.
"""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid5

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from accounts.services import tell
from onboarding.elsewhere import DEBT_TYPES, bluum_type
from onboarding.models import ExternalAccount, ExternalLink
from robo import agenda, clients, plaid, seal

Status = ExternalLink.Status

DAILY = timedelta(days=1)
LOOK_AGAIN = timedelta(minutes=2)
"""While someone is at Plaid's page; their return brings it forward."""
GIVE_UP = timedelta(minutes=45)
"""A hosted page lives half an hour."""
MOST_TRIES = 6
"""A bank that is down is left alone until tomorrow; the figures only get older."""
NO_BANK = "Nothing was connected. You can try again whenever you like."
TOO_LATE = "The connection took too long to finish. Please connect it again; nothing was taken."
GONE = ("ITEM_NOT_FOUND", "INVALID_ACCESS_TOKEN", "USER_PERMISSION_REVOKED", "ACCESS_NOT_GRANTED")


def external_links_offered() -> bool:
    return bool(settings.PLAID_BASE_URL)


def make_external_link_token(
    account: Account, link: ExternalLink | None = None, *, return_to: str
) -> plaid.LinkToken:
    """What opens Plaid, hosted or in the page; for a `link` in update mode. A person waits for it.

    Raises robo.plaid.PlaidError.
    """
    shared: dict[str, Any] = {
        "client_user_id": f"account-{account.pk}",
        "webhook": settings.SITE_URL + reverse("plaid_webhook"),
        "hosted": True,
        "return_to": return_to,
    }
    if link and link.sealed_access_token:
        shared["access_token"] = _access(link)
    else:
        shared |= {"products": ["identity"], "optional": ["investments", "liabilities"]}
    return clients.plaid().create_link_token(**shared)


def advance_external_link(link: ExternalLink) -> timedelta | None:
    """One step: trade the token, read the bank, see whether it is mended, or give access back."""
    if not external_links_offered():
        return DAILY if link.status == Status.ACTIVE else None
    match link.status:
        case Status.CONNECTING:
            return _connect(link)
        case Status.ACTIVE | Status.BROKEN:
            return _read(link)
        case Status.REMOVED if link.sealed_access_token:
            clients.plaid().remove(_access(link))
            ExternalLink.objects.filter(pk=link.pk).update(sealed_access_token=None)
    return None


def _connect(link: ExternalLink) -> timedelta | None:
    api = clients.plaid()
    if link.sealed_public_token:
        token = seal.unseal(link.sealed_public_token).decode()
    else:
        found = api.link_results(link.link_token)
        if not found:
            if link.returned_at or link.created_at < timezone.now() - GIVE_UP:
                return apply_refusal(link.pk, NO_BANK)
            return LOOK_AGAIN
        token = found[-1]
    try:
        access = api.exchange(token)
    except plaid.Refused:
        # Old, or used by a try of ours that never heard the answer: no one can use it again.
        return apply_refusal(link.pk, TOO_LATE)
    return apply_access(link.pk, access)


@transaction.atomic
def apply_refusal(pk: int, sentence: str) -> None:
    ExternalLink.objects.filter(pk=pk, status=Status.CONNECTING).update(
        status=Status.REFUSED, refusal=sentence, link_token="", sealed_public_token=None
    )


@transaction.atomic
def apply_access(pk: int, access: plaid.Access) -> timedelta:
    """Keep the access, sealed. A link removed meanwhile gives it back in its next step."""
    link = ExternalLink.objects.select_for_update().get(pk=pk)
    link.sealed_access_token = seal.seal(access.token.encode())
    link.item_id = access.item_id
    link.link_token, link.sealed_public_token = "", None
    if link.status == Status.CONNECTING:
        link.status = Status.ACTIVE
    link.save(
        update_fields=[
            "sealed_access_token", "item_id", "link_token", "sealed_public_token", "status",
        ]
    )  # fmt: skip
    return timedelta()


def _access(link: ExternalLink) -> str:
    assert link.sealed_access_token
    return seal.unseal(link.sealed_access_token).decode()


def _read(link: ExternalLink) -> timedelta | None:
    """Read the bank as it is now."""
    if not link.sealed_access_token:
        return None
    api, token = clients.plaid(), _access(link)
    try:
        item = api.item(token)
        if item.error:
            return apply_broken(link.pk, item)
        accounts = api.accounts(token, fresh=True)
        kinds = {account.kind for account in accounts}
        holdings = _if_offered(api.holdings, token) if kinds & {"investment", "brokerage"} else []
        owed = _if_offered(api.liabilities, token) if kinds & {"credit", "loan"} else []
    except plaid.SignInNeeded:
        return apply_broken(link.pk, None)
    except plaid.Refused as problem:
        if problem.code in GONE:
            return apply_gone(link.pk)
        raise
    except plaid.Unavailable:
        if link.attempts < MOST_TRIES:
            raise
        return DAILY
    return apply_bank(link.pk, item, accounts, holdings, owed)


def balances_now(link: ExternalLink) -> dict[str, Decimal | None]:
    """What the link's accounts hold at this moment, by Plaid's account id; dollars that can be
    spent, None where the bank doesn't say. Asks the bank itself. Raises PlaidError."""
    if not link.sealed_access_token:
        return {}
    found = clients.plaid().accounts(_access(link), fresh=True)
    return {
        one.account_id: one.current if one.available is None else one.available for one in found
    }


def _if_offered(ask: Any, token: str) -> Any:
    """What a bank doesn't have, or isn't ready with, is left out."""
    try:
        return ask(token)
    except plaid.SignInNeeded:
        raise
    except plaid.Refused as problem:
        if problem.code in GONE:
            raise
        return []


@transaction.atomic
def apply_broken(pk: int, item: plaid.Item | None) -> timedelta:
    """The bank wants the person again. What was read stays, and gets older."""
    link = ExternalLink.objects.select_for_update().select_related("account").get(pk=pk)
    if item and item.institution_name:
        link.institution = item.institution_name[:120]
    if link.status == Status.ACTIVE:
        link.status = Status.BROKEN
        tell(
            account=link.account,
            key=f"external-link-broken:{link.pk}:{timezone.now():%Y%m%d%H%M}",
            title=f"{link.institution or 'A bank of yours'} asks you to sign in again",
            body="We can’t read its balances until you do, so those in your picture get older. "
            "No money of yours is affected.",
            topic="money",
            url=reverse("picture:mend", args=[link.key]),
        )
    link.save(update_fields=["status", "institution"])
    return DAILY


@transaction.atomic
def apply_gone(pk: int) -> None:
    """The person ended the access at the bank or at Plaid: what was read stays as typed in."""
    link = ExternalLink.objects.select_for_update().select_related("account").get(pk=pk)
    if link.status == Status.REMOVED:
        return
    link.status, link.sealed_access_token = Status.REMOVED, None
    link.save(update_fields=["status", "sealed_access_token"])
    link.accounts.update(link=None)
    tell(
        account=link.account,
        key=f"external-link-gone:{link.pk}",
        title=f"{link.institution or 'A bank'} is no longer connected",
        body="The access was ended outside our site. The balances we had stay in your picture as "
        "if you had typed them in.",
        topic="money",
        url=reverse("picture:overview"),
    )


@transaction.atomic
def apply_bank(
    pk: int,
    item: plaid.Item,
    accounts: Iterable[plaid.Account],
    holdings: Iterable[plaid.Holding],
    owed: Iterable[plaid.Liability],
) -> timedelta | None:
    """Write what the bank says. What the person took out of the picture stays out."""
    link = ExternalLink.objects.select_for_update().select_related("account").get(pk=pk)
    if link.status == Status.REMOVED:
        return timedelta()
    now = timezone.now()
    link.status, link.refreshed_at = Status.ACTIVE, now
    link.institution = (item.institution_name or link.institution or "Your bank")[:100]
    link.save(update_fields=["status", "refreshed_at", "institution"])
    rates = {one.account_id: one for one in owed}
    held: dict[str, list[dict[str, str]]] = {}
    for one in holdings:
        held.setdefault(one.account_id, []).append(
            {
                "symbol": one.symbol or "",
                "name": one.name or "",
                "quantity": str(one.quantity),
                "value": str(one.value),
            }
        )
    known: dict[str, ExternalAccount] = {}
    for row in ExternalAccount.objects.select_for_update().filter(link=link):
        if row.plaid_account_id not in known or row.status == "active":
            known[row.plaid_account_id] = row
    changed, seen = False, set()
    for account in accounts:
        if account.current is None:
            continue  # the bank doesn't say
        seen.add(account.account_id)
        told = _told(link, account, rates.get(account.account_id))
        told |= {"holdings": held.get(account.account_id, [])}
        changed |= _write(link, account, told, known.get(account.account_id))
    for row in known.values():
        if row.status == "active" and row.plaid_account_id not in seen:
            _set(row, {"status": "archived"})
            changed = True
    if changed:
        agenda.advice_changed(link.account)
    return DAILY


def _told(
    link: ExternalLink, account: plaid.Account, liability: plaid.Liability | None
) -> dict[str, Any]:
    """An account at the bank in our fields."""
    balance = (account.current or Decimal(0)).quantize(Decimal("0.01"))
    kind = bluum_type(account.kind, account.subtype)
    owns = kind not in DEBT_TYPES
    rate = liability.rate if liability else None
    return {
        "name": account.name[:100],
        "account_type": kind,
        # Overdrawn is owed, overpaid is owned.
        "is_asset": owns if balance >= 0 else not owns,
        "balance": abs(balance),
        "currency": account.currency or "USD",
        "institution": link.institution,
        "mask": (account.mask or "")[:8],
        "interest_rate": None if rate is None else (rate / 100).quantize(Decimal("0.00001")),
        "minimum_payment": liability.minimum_payment if liability else None,
    }


def _write(
    link: ExternalLink, account: plaid.Account, told: dict[str, Any], row: ExternalAccount | None
) -> bool:
    """Make or change one account; says whether anything is other than it was."""
    now = timezone.now()
    if row is None:
        made = ExternalAccount.objects.create(
            account=link.account,
            link=link,
            key=uuid5(link.key, account.account_id),
            plaid_account_id=account.account_id,
            balance_at=now,
            **told,
        )
        made.enqueue()
        return True
    if row.status != "active":
        return False
    ExternalAccount.objects.filter(pk=row.pk).update(balance_at=now)
    new = {name: value for name, value in told.items() if getattr(row, name) != value}
    if new:
        _set(row, new)
    return bool(new)


def _set(row: ExternalAccount, new: dict[str, Any]) -> None:
    for name, value in new.items():
        setattr(row, name, value)
    row.revision += 1
    row.updated_at = timezone.now()
    row.save(update_fields=[*new, "revision", "updated_at"])
    row.poke()
