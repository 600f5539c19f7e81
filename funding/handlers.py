"""Webhooks about money only bring rows forward; the steps ask Bluum for the truth."""

from typing import Any

from accounts.models import Account, AccountStatus
from funding.models import Deposit, Wallet, Withdrawal
from funding.services import wallet_of
from robo.webhooks.inbox import on


@on("transfer.*")
def transfer_changed(hint: dict[str, Any]) -> None:
    """The transfer it names, if we have it, and the wallet it belongs to, which adopts the rest."""
    transfer_id = hint.get("deposit_id") or hint.get("withdrawal_id") or hint.get("id") or ""
    found = Deposit.objects.filter(bluum_id=transfer_id).poke()
    found += Withdrawal.objects.filter(bluum_id=transfer_id).poke()
    if not found or "account_id" in hint:
        Wallet.objects.filter(account__bluum_id=hint.get("account_id", "")).poke()


@on("account.*")
def account_changed(hint: dict[str, Any]) -> None:
    """An account that is open has a wallet."""
    bluum_id = hint.get("account_id") or hint.get("id") or ""
    for account in Account.objects.filter(bluum_id=bluum_id, status=AccountStatus.ACTIVE):
        wallet_of(account)
