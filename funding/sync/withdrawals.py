"""Withdrawals: what is missing is sold first, then sent once, then followed until it settles.

A sale is only planned anew while cash is short, no order is open and Bluum runs no other
rebalance, so a lost answer can't sell twice. The withdrawal itself is sent as deposits are: the
moment before the first request is written down, and an old key makes us look before we send.
"""

import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from funding import reasons, selling
from funding.models import Wallet, Withdrawal, WithdrawalEvent
from portfolios.models import Portfolio
from portfolios.services import being_invested, request_investment
from portfolios.sync.common import bluum_portfolio, patience
from portfolios.sync.investing import open_orders
from robo import clients
from robo.bluum import Conflict, InsufficientFunds, KeyInUse, Refused
from robo.bluum.funding import Withdrawal as Remote
from robo.ui import words

log = structlog.get_logger("funding.withdrawals")

# Bluum remembers an idempotency key for 24 hours; we stop relying on it well before.
KEY_IS_TRUSTED_FOR = timedelta(hours=20)
SALE_TAKES = timedelta(minutes=10)
"""So long after a sale began cash may still be on its way before we think of selling more."""
GIVE_UP = timedelta(days=7)
PAGE = 100
S = Withdrawal.Status


def advance_withdrawal(withdrawal: Withdrawal) -> timedelta | None:
    """Sell what is missing, send it if Bluum doesn't have it, else see how far it has come."""
    account = withdrawal.account
    if withdrawal.is_settled and not withdrawal.bluum_id:
        return None
    if not account.bluum_id or not account.is_active:
        if withdrawal.cancel_asked_at and not withdrawal.sent_at and not withdrawal.bluum_id:
            _never_send(withdrawal)
            return None
        return patience(withdrawal.created_at, most=300)
    if withdrawal.bluum_id:
        remote = clients.bluum().withdrawals.retrieve(account.bluum_id, withdrawal.bluum_id)
    else:
        if withdrawal.sent_at is None:
            if withdrawal.cancel_asked_at:
                _never_send(withdrawal)
                return None
            wait = _raise_cash(withdrawal)
            if wait is not None or Withdrawal.objects.filter(pk=withdrawal.pk).exclude(
                status__in=Withdrawal.UNSENT
            ):
                return wait
        sent = _send(withdrawal)
        if not isinstance(sent, Remote):
            return sent
        remote = sent
    if withdrawal.cancel_asked_at and remote.status == S.PENDING:
        remote = _cancel(account.bluum_id, remote)
    applied = apply_withdrawal(withdrawal.pk, remote)
    return None if applied.is_settled else _next_look(applied)


# The cash ---------------------------------------------------------------------------------------


def _raise_cash(withdrawal: Withdrawal) -> timedelta | None:
    """None when the cash is there, or when it can't be had and the wish is settled."""
    account = withdrawal.account
    account_id = account.bluum_id or ""
    wallets = clients.bluum().wallets.list(account_id)
    wallet = next((one for one in wallets if one.currency == "USD"), None)
    if wallet is None:
        return patience(withdrawal.created_at, most=300)
    missing = withdrawal.amount - wallet.available_balance
    investing = being_invested(account)
    if investing is not None:
        # What Bluum is about to buy with may still be there, and would be missing at the orders.
        reserved = wallet.reserved_balance or Decimal(0)
        if missing + max(investing - reserved, Decimal(0)) > 0:
            return patience(withdrawal.created_at)
    if missing <= 0:
        return None
    if not withdrawal.may_sell:
        _refuse(withdrawal, "The cash was needed for something else in the meantime.")
        return None
    if timezone.now() - withdrawal.created_at > GIVE_UP:
        _refuse(withdrawal, "The sale didn’t bring in enough within a week.")
        return None
    if open_orders(account_id):
        return patience(withdrawal.created_at, most=300)
    return _sell(withdrawal, missing)


def _sell(withdrawal: Withdrawal, missing: Decimal) -> timedelta | None:
    """Sell for what is missing. The trades are written down before they are sent."""
    now = timezone.now()
    began, taken = withdrawal.sale_sent_at, withdrawal.sold_at
    unanswered = bool(began and withdrawal.sales and (taken is None or taken < began))
    if not (unanswered and began and now - began < KEY_IS_TRUSTED_FOR):
        if taken and now - taken < SALE_TAKES:
            return patience(taken)
        if problem := _no_way_out(withdrawal):
            _refuse(withdrawal, problem)
            return None
        sales = _plan(withdrawal, missing)
        if not sales:
            _refuse(withdrawal, "There isn’t enough invested to raise this amount any more.")
            return None
        if not _begin_sale(withdrawal, sales):
            return timedelta()  # canceled meanwhile: look again at once
    account = withdrawal.account
    try:
        clients.bluum().portfolios.rebalance(
            account.bluum_id or "",
            bluum_portfolio(account),
            idempotency_key=withdrawal.sale_key,
            execution_type="custom",
            custom_trades=withdrawal.sales,
        )
    except Refused as problem:
        # Nothing was sold, and the answer may be remembered with the key: plan anew, with another.
        log.info("sale not taken", error=str(problem), row=withdrawal.pk)
        Withdrawal.objects.filter(pk=withdrawal.pk).update(sales=[], sale_sent_at=None)
        if not isinstance(problem, Conflict):
            if withdrawal.sale_rounds >= 3:
                _refuse(withdrawal, "What you hold couldn’t be sold. Please call us.")
                return None
            Withdrawal.objects.filter(pk=withdrawal.pk).update(sale_rounds=F("sale_rounds") + 1)
        return patience(withdrawal.created_at, most=300)
    _sale_taken(withdrawal.pk)
    return timedelta(seconds=4)


def _no_way_out(withdrawal: Withdrawal) -> str:
    """Why its bank can't take the money, so that nothing is sold for it; empty if it can."""
    bank = withdrawal.bank
    if bank is None:
        return "No bank account was named."
    bank.refresh_from_db()
    if bank.status == bank.Status.ACTIVE and bank.unlink_asked_at is None:
        return ""
    return f"{bank} has to be connected again before money can go there."


def _plan(withdrawal: Withdrawal, missing: Decimal) -> list[dict[str, str]]:
    """The sales at the prices of this moment, as a custom rebalance takes them."""
    account = withdrawal.account
    found = clients.bluum().portfolios.holdings(account.bluum_id or "", bluum_portfolio(account))
    held = [
        selling.Held(h.symbol, h.asset_class or "", h.market_value, h.quantity)
        for h in found.holdings
        if h.market_value
    ]
    row = Portfolio.objects.filter(account=account).first()
    targets = {
        name: Decimal(known["target"]) for name, known in (row.allocation if row else {}).items()
    }
    if sum((one.value for one in held), Decimal(0)) < missing:
        return []
    return [sale.trade for sale in selling.sales_for(held, targets, missing)]


@transaction.atomic
def _begin_sale(withdrawal: Withdrawal, sales: list[dict[str, str]]) -> bool:
    """Write down what is about to be sold. False when someone canceled first."""
    found = Withdrawal.objects.select_for_update(of=("self",)).get(pk=withdrawal.pk)
    if found.cancel_asked_at or found.status not in Withdrawal.UNSENT:
        return False
    if found.status != S.SELLING:
        WithdrawalEvent.objects.create(withdrawal=found, status=S.SELLING)
    found.status, found.sales = S.SELLING, sales
    found.sale_key, found.sale_sent_at = uuid.uuid4(), timezone.now()
    found.save(update_fields=["status", "sales", "sale_key", "sale_sent_at"])
    withdrawal.refresh_from_db()
    return True


@transaction.atomic
def _sale_taken(pk: int) -> None:
    """Bluum has taken the sale; the portfolio changes by it."""
    found = Withdrawal.objects.select_for_update(of=("self",)).get(pk=pk)
    found.sold_at = timezone.now()
    found.save(update_fields=["sold_at"])
    Portfolio.objects.filter(account_id=found.account_id).poke()


# Sending ----------------------------------------------------------------------------------------


def _send(withdrawal: Withdrawal) -> Remote | timedelta | None:
    """The withdrawal as Bluum has it; or how long to wait for its cash; or None when it is
    settled here: refused, or canceled unsent."""
    account_id = withdrawal.account.bluum_id or ""
    now = timezone.now()
    first = Withdrawal.objects.filter(pk=withdrawal.pk, sent_at=None, cancel_asked_at=None).update(
        sent_at=now
    )
    if not first:
        withdrawal.refresh_from_db(fields=["sent_at", "cancel_asked_at"])
        if withdrawal.sent_at is None:
            _never_send(withdrawal)
            return None
        if withdrawal.cancel_asked_at or now - withdrawal.sent_at > KEY_IS_TRUSTED_FOR:
            if found := _find(account_id, withdrawal):
                return found
            if withdrawal.cancel_asked_at:
                _never_send(withdrawal)
                return None
    if withdrawal.bank is None:
        _refuse(withdrawal, "No bank account was named.")
        return None
    try:
        return clients.bluum().withdrawals.create(
            account_id,
            amount=withdrawal.amount,
            funding_source_id=withdrawal.bank.bluum_id,
            idempotency_key=withdrawal.send_key,
            method=withdrawal.method,
            currency=withdrawal.currency,
            description=withdrawal.description,
        )
    except KeyInUse:
        if found := _find(account_id, withdrawal):
            return found
        raise
    except InsufficientFunds:
        if found := _find(account_id, withdrawal):
            return found
        return _not_enough_yet(withdrawal)
    except Refused as problem:
        if found := _find(account_id, withdrawal):
            return found
        _refuse(withdrawal, reasons.of_refusal(problem))
        return None


def _not_enough_yet(withdrawal: Withdrawal) -> timedelta | None:
    """Bluum says no for want of cash: wait for the sale's money to settle, or give up."""
    if not withdrawal.may_sell:
        _refuse(withdrawal, "The cash was needed for something else in the meantime.")
        return None
    if timezone.now() - withdrawal.created_at > GIVE_UP:
        _refuse(withdrawal, "The sale’s money didn’t arrive within a week.")
        return None
    Withdrawal.objects.filter(pk=withdrawal.pk).update(sent_at=None, send_key=uuid.uuid4())
    return patience(withdrawal.created_at, most=900)


def _cancel(account_id: str, remote: Remote) -> Remote:
    """Canceled at Bluum, or as it stands if the bank run was faster."""
    try:
        return clients.bluum().withdrawals.cancel(account_id, remote.id)
    except Refused:
        return clients.bluum().withdrawals.retrieve(account_id, remote.id)


def _find(account_id: str, withdrawal: Withdrawal) -> Remote | None:
    """Our withdrawal among those that Bluum has, by the name we gave it."""
    return next(
        (one for one in all_remote(account_id) if one.description == withdrawal.description), None
    )


def all_remote(account_id: str) -> Iterator[Remote]:
    """Every withdrawal of the account, a page at a time."""
    offset = 0
    while True:
        page = clients.bluum().withdrawals.list(account_id, limit=PAGE, offset=offset)
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def _next_look(withdrawal: Withdrawal) -> timedelta:
    """Seconds while someone is watching, minutes for the days an ACH transfer takes."""
    newest = withdrawal.events.last()
    age = timezone.now() - (newest.at if newest else withdrawal.created_at)
    if age < timedelta(minutes=10):
        return timedelta(seconds=4)
    return timedelta(minutes=1) if age < timedelta(hours=1) else timedelta(minutes=15)


# Writing down what we learned -------------------------------------------------------------------


@transaction.atomic
def apply_withdrawal(pk: int, remote: Remote) -> Withdrawal:
    """Write what Bluum says about this withdrawal and act on a change of its status."""
    withdrawal: Withdrawal = Withdrawal.objects.select_for_update(of=("self",)).get(pk=pk)
    if withdrawal.bluum_id not in (None, remote.id):
        raise ValueError("Another withdrawal's answer")
    before = withdrawal.status
    withdrawal.bluum_id = remote.id
    if remote.status in Withdrawal.Status.values:  # a word we don't know settles nothing
        withdrawal.status = remote.status
    elif withdrawal.status in Withdrawal.UNSENT:
        withdrawal.status = S.PENDING
    failed = remote.status == S.FAILED
    withdrawal.failure_reason = (remote.failure_reason or "")[:300] if failed else ""
    withdrawal.submitted_at = remote.submitted_at or withdrawal.submitted_at
    if remote.status == S.COMPLETED:
        withdrawal.completed_at = remote.completed_at or withdrawal.completed_at or timezone.now()
    elif failed:  # kept: that it had arrived is what makes a failure a return
        withdrawal.completed_at = remote.completed_at or withdrawal.completed_at
    if withdrawal.is_settled and remote.status != S.COMPLETED:
        withdrawal.settled_at = withdrawal.settled_at or timezone.now()
    withdrawal.save()
    if withdrawal.status != before:
        known = {"submitted": remote.submitted_at, "completed": remote.completed_at}
        WithdrawalEvent.objects.create(
            withdrawal=withdrawal,
            status=withdrawal.status,
            at=known.get(remote.status) or timezone.now(),
        )
        _act(withdrawal, before)
    return withdrawal


def _act(withdrawal: Withdrawal, before: str) -> None:
    """What follows from the change, in the same transaction."""
    amount = words.money(withdrawal.amount, withdrawal.currency)
    bank = withdrawal.bank or "your bank"
    if withdrawal.status == S.COMPLETED:
        _tell(withdrawal, "arrived", f"{amount} is at {bank}", "The withdrawal is complete.")
    elif withdrawal.status == S.FAILED:
        reason = reasons.of_failed_payout(withdrawal.failure_reason)
        said = f"{reason.sentence} The money is back in your account as cash. {reason.next_step}"
        title = (
            f"Your bank sent {amount} back"
            if withdrawal.completed_at
            else f"Your withdrawal of {amount} didn’t go through"
        )
        _tell(withdrawal, "failed", title, said)
    elif withdrawal.status == S.CANCELED:
        said = "Nothing was sent to your bank."
        if _put_back(withdrawal):
            said += " What was sold for it is invested again."
        _tell(withdrawal, "canceled", f"Your withdrawal of {amount} is canceled", said)
    elif withdrawal.cancel_asked_at and withdrawal.status != S.PENDING and before in _STOPPABLE:
        said = "The bank had started it. It arrives as planned; you can deposit it again."
        _tell(withdrawal, "too-late", f"It was too late to cancel {amount}", said)
    if withdrawal.is_settled:
        Wallet.objects.filter(account_id=withdrawal.account_id).poke()
        Portfolio.objects.filter(account_id=withdrawal.account_id).poke()


_STOPPABLE = {*Withdrawal.UNSENT, S.PENDING}


def _put_back(withdrawal: Withdrawal) -> bool:
    """A person who changed their mind after the sale: what was sold is invested again."""
    if withdrawal.sold_at is None and not withdrawal.sales:
        return False
    request_investment(
        account=withdrawal.account,
        amount=withdrawal.amount,
        cause=f"withdrawal-canceled:{withdrawal.pk}",
    )
    return True


def _tell(withdrawal: Withdrawal, what: str, title: str, body: str) -> None:
    tell(
        account=withdrawal.account,
        key=f"withdrawal:{withdrawal.pk}:{what}",
        title=title,
        body=body,
        url=reverse("funding:withdrawal-status", args=[withdrawal.pk]),
        topic=Topic.MONEY,
    )


@transaction.atomic
def _never_send(withdrawal: Withdrawal) -> None:
    """Canceled before anything was asked of Bluum, or found not to be there."""
    found = Withdrawal.objects.select_for_update(of=("self",)).get(pk=withdrawal.pk)
    if found.is_settled or found.bluum_id:
        return
    _settle(found, S.CANCELED)
    _act(found, S.REQUESTED)


@transaction.atomic
def _refuse(withdrawal: Withdrawal, sentence: str) -> None:
    found = Withdrawal.objects.select_for_update(of=("self",)).get(pk=withdrawal.pk)
    if found.is_settled or found.bluum_id:
        return
    found.failure_reason = sentence
    _settle(found, S.REFUSED)
    amount = words.money(found.amount)
    kept = " What was sold for it stays in your account as cash." if found.sold_at else ""
    body = f"{sentence} Nothing was sent to your bank.{kept}"
    _tell(found, "refused", f"Your withdrawal of {amount} wasn’t possible", body)
    Wallet.objects.filter(account_id=found.account_id).poke()


def _settle(found: Withdrawal, status: str) -> None:
    found.status, found.settled_at = status, timezone.now()
    found.save(update_fields=["status", "settled_at", "failure_reason"])
    WithdrawalEvent.objects.create(withdrawal=found, status=status)


# Those that began elsewhere ---------------------------------------------------------------------


def adopt_withdrawals(account: Account, *, history: bool) -> None:
    """Withdrawals that Bluum has: known ones are brought forward if they differ, others taken in.

    `history` is for our first look at an account: nobody is told of what was there already.
    """
    rows = list(Withdrawal.objects.filter(account=account))
    known = {row.bluum_id: row for row in rows if row.bluum_id}
    names = {row.description: row for row in rows if not row.bluum_id}
    for remote in all_remote(account.bluum_id or ""):
        row = known.get(remote.id) or names.get(remote.description or "")
        if row is None:
            _adopt(account, remote, history=history)
        elif row.status != remote.status and remote.status in Withdrawal.Status.values:
            row.poke()


@transaction.atomic
def _adopt(account: Account, remote: Remote, *, history: bool) -> None:
    if remote.currency.upper() != "USD" or remote.amount <= 0:
        return
    begun: datetime = remote.created_at or remote.initiated_at or timezone.now()
    facts: dict[str, Any] = {
        "account": account,
        "amount": remote.amount,
        "method": remote.method or "ach",
        "created_at": begun,
        "sent_at": begun,
        "due_at": None,
    }
    row, created = Withdrawal.objects.get_or_create(bluum_id=remote.id, defaults=facts)
    if not created:
        return
    if history and remote.status in Withdrawal.Status.values:
        row.status = remote.status
        row.completed_at, row.submitted_at = remote.completed_at, remote.submitted_at
        row.save()
        WithdrawalEvent.objects.create(withdrawal=row, status=row.status, at=begun)
    else:
        row = apply_withdrawal(row.pk, remote)
    if not row.is_settled:
        row.poke()
