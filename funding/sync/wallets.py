"""The wallet: balances, and the periodic look at what moves at Bluum by itself."""

import re
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from funding.models import Deposit, Schedule, Wallet, Withdrawal
from funding.sync import banks, deposits, ledger, schedules, withdrawals
from portfolios.models import Investment
from robo import clients
from robo.bluum.funding import Deposit as Remote
from robo.bluum.funding import Wallet as RemoteWallet

CALM = timedelta(minutes=15)
MOVING = timedelta(seconds=5)
RECENT = timedelta(minutes=10)
OURS = re.compile(r"^Deposit ([0-9a-f-]{36})$")


def advance_wallet(wallet: Wallet) -> timedelta | None:
    """Balances, banks, schedules, and transfers that began without us. Never settled for good."""
    account = wallet.account
    if not account.bluum_id or not account.is_active:
        return timedelta(minutes=1)
    remote = next(
        (w for w in clients.bluum().wallets.list(account.bluum_id) if w.currency == "USD"), None
    )
    banks.refresh_banks(account)
    if account.is_advised:
        schedules.refresh_schedules(account)
    _adopt_deposits(wallet)
    withdrawals.adopt_withdrawals(account, history=wallet.refreshed_at is None)
    apply_wallet(wallet.pk, remote)
    return _next_look(wallet)


def _adopt_deposits(wallet: Wallet) -> None:
    """Deposits that Bluum has: those we know are brought forward if they differ, others taken in.

    Only a deposit's own step writes a known deposit, so an older list can't undo a newer answer.
    """
    account = wallet.account
    known = {
        bluum_id: (pk, status)
        for pk, bluum_id, status in Deposit.objects.filter(account=account).values_list(
            "pk", "bluum_id", "status"
        )
        if bluum_id
    }
    going = list(Schedule.objects.filter(account=account).select_related("bank"))
    unknown: list[Remote] = []
    for remote in deposits.all_remote(account.bluum_id or ""):
        if remote.id not in known:
            unknown.append(remote)
        elif known[remote.id][1] != remote.status and remote.status in Deposit.Status.values:
            Deposit.objects.filter(pk=known[remote.id][0]).poke()
    history = wallet.refreshed_at is None
    for remote in reversed(unknown):
        named = OURS.match(remote.description or "")
        if named and Deposit.objects.filter(account=account, key=UUID(named[1])).poke():
            continue  # ours, sent a moment ago: its own step finds it
        schedule = _schedule_of(remote, going)
        deposits.adopt(
            account,
            remote,
            history=history,
            schedule=schedule,
            bank=schedule.bank if schedule else None,
        )


def _schedule_of(remote: Remote, going: list[Schedule]) -> Schedule | None:
    """By the words of the deposit if they name one; else the only schedule with that amount."""
    if named := schedules.belonging(going, remote.description):
        return named
    same = [one for one in going if one.amount == remote.amount and one.bluum_id]
    return same[0] if len(same) == 1 else None


@transaction.atomic
def apply_wallet(pk: int, remote: RemoteWallet | None) -> None:
    """Write the balances; a wallet that Bluum didn't list is not known, which is not zero."""
    wallet = Wallet.objects.select_for_update(of=("self",)).get(pk=pk)
    wallet.balance = remote.balance if remote else None
    wallet.available = remote.available_balance if remote else None
    wallet.reserved = remote.reserved_balance if remote else None
    wallet.refreshed_at = timezone.now()
    wallet.save(update_fields=["balance", "available", "reserved", "refreshed_at"])
    ledger.look_after(wallet)


def _next_look(wallet: Wallet) -> timedelta:
    """Seconds while something moves, else a quarter of an hour, or sooner for the next run."""
    account, now = wallet.account, timezone.now()
    recent = now - RECENT
    investing = (Investment.Status.PENDING, Investment.Status.IN_PROGRESS)
    if (
        Deposit.objects.moving().filter(account=account, created_at__gte=recent).exists()
        or Withdrawal.objects.moving().filter(account=account, created_at__gte=recent).exists()
        or Investment.objects.filter(
            account=account, status__in=investing, created_at__gte=recent
        ).exists()
    ):
        return MOVING
    next_run: datetime | None = (
        Schedule.objects.filter(account=account, next_execution__gt=now)
        .order_by("next_execution")
        .values_list("next_execution", flat=True)
        .first()
    )
    if next_run:
        return min(CALM, max(next_run - now + MOVING, MOVING))
    return CALM
