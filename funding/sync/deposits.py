"""Deposits: sent once, followed until they settle, adopted when they began elsewhere."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from funding import calendar, limits, reasons
from funding.models import MANUAL, Authorization, BankAccount, Deposit, TransferEvent, Wallet
from funding.sync import returns
from funding.sync.banks import refresh_banks
from portfolios.models import Portfolio
from portfolios.services import request_investment
from robo import clients
from robo.bluum import BluumError, KeyInUse, Refused
from robo.bluum.funding import Deposit as Remote
from robo.ui import words

log = structlog.get_logger("funding.deposits")

# Bluum remembers an idempotency key for 24 hours; we stop relying on it well before.
KEY_IS_TRUSTED_FOR = timedelta(hours=20)
PAGE = 100


def advance_deposit(deposit: Deposit) -> timedelta | None:
    """Send the deposit if Bluum doesn't have it yet; otherwise see how far it has come."""
    account = deposit.account
    if deposit.is_settled and not deposit.bluum_id:
        return None
    if not account.bluum_id or not account.is_active:
        if deposit.cancel_asked_at and not deposit.sent_at and not deposit.bluum_id:
            _never_send(deposit)
            return None
        return _waiting(deposit)
    if deposit.bluum_id:
        remote = clients.bluum().deposits.retrieve(account.bluum_id, deposit.bluum_id)
    else:
        if (wait := _held(deposit)) is not None:
            return wait
        sent = _send(deposit)
        if not isinstance(sent, Remote):
            return sent
        remote = sent
    stoppable = {Deposit.Status.PENDING}
    if deposit.is_by_hand:
        stoppable.add(Deposit.Status.PROCESSING)
    if deposit.cancel_asked_at and remote.status in stoppable:
        remote = _cancel(account.bluum_id, remote)
    applied = apply_deposit(deposit.pk, remote)
    _keep_pdf(applied)
    return None if applied.is_settled else _next_look(applied)


def _keep_pdf(deposit: Deposit) -> None:
    """The instructions as Bluum's PDF, once; it has one for bank transfers, none for wires."""
    if deposit.method != MANUAL or deposit.is_settled or deposit.instructions_pdf:
        return
    account_id = deposit.account.bluum_id or ""
    try:
        pdf = clients.bluum().deposits.wire_details(account_id, deposit.bluum_id or "")
    except BluumError:  # the same stands in the page; the next look tries again
        log.info("no transfer instructions as PDF", row=deposit.pk)
        return
    Deposit.objects.filter(pk=deposit.pk).update(instructions_pdf=pdf)


def _held(deposit: Deposit) -> timedelta | None:
    """How long to wait for a broken bank to be mended before anything is sent; None to go on.

    What waited counts its days anew, and its owner is told both times.
    """
    bank = deposit.bank
    if bank is None or deposit.sent_at or deposit.cancel_asked_at:
        return None
    bank.refresh_from_db()
    forbidden = bank.stopped_at and reasons.RULES.get(bank.stopped_code) != reasons.Rule.MEND
    if forbidden:
        _refuse(deposit, reasons.of_stop(bank.stopped_code).sentence)
        return timedelta(0)
    if bank.needs_repair:
        if timezone.now() - deposit.created_at > limits.WAITS_FOR_BANK:
            _refuse(deposit, f"{bank} wasn’t mended within two weeks.")
            return timedelta(0)
        _hold(deposit, bank)
        return timedelta(hours=1)
    if deposit.is_held:
        now = timezone.now()
        plan = calendar.plan(now)
        fresh = Deposit.objects.filter(pk=deposit.pk, counted_from=None).update(
            counted_from=now, expected_on=plan.arrives
        )
        deposit.refresh_from_db()
        if fresh:
            body = (
                f"It arrives by {words.day(plan.arrives)}, invested by {words.day(plan.invested)}."
            )
            _tell(deposit, "resumed", f"Your deposit of {_amount(deposit)} goes on", body)
    return None


@transaction.atomic
def _hold(deposit: Deposit, bank: BankAccount) -> None:
    """It waits for its bank. Told once."""
    now = timezone.now()
    unheld = Q(held_at=None) | Q(counted_from__isnull=False)
    held = Deposit.objects.filter(unheld, pk=deposit.pk)
    if held.update(held_at=now, counted_from=None, sent_at=None):
        deposit.refresh_from_db()
        title = f"Your deposit of {_amount(deposit)} waits for {bank.institution or 'your bank'}"
        body = f"{bank} has to be connected again. Then it goes on by itself; nothing was taken."
        _tell(deposit, f"held-{int(now.timestamp())}", title, body)


def _broke_meanwhile(deposit: Deposit, problem: Refused) -> bool:
    """Whether Bluum refused it for a bank whose sign-in has just ended: then it waits instead."""
    if deposit.bank is None or "funding_source" not in str(problem.details.get("field", "")):
        return False
    refresh_banks(deposit.account)
    deposit.bank.refresh_from_db()
    if not deposit.bank.needs_repair:
        return False
    _hold(deposit, deposit.bank)
    return True


def _send(deposit: Deposit) -> Remote | timedelta | None:
    """The deposit as Bluum has it, or when to look again, or None if it is settled here: refused,
    or canceled unsent.

    `sent_at` is written before the first request, so that a cancel that comes earlier finds
    nothing at Bluum, and a crash after it makes us look before we send again.
    """
    account_id = deposit.account.bluum_id or ""
    now = timezone.now()
    first = Deposit.objects.filter(pk=deposit.pk, sent_at=None, cancel_asked_at=None).update(
        sent_at=now
    )
    if not first:
        deposit.refresh_from_db(fields=["sent_at", "cancel_asked_at"])
        if deposit.sent_at is None:
            _never_send(deposit)
            return None
        if deposit.cancel_asked_at or now - deposit.sent_at > KEY_IS_TRUSTED_FOR:
            if found := _find(account_id, deposit):
                return found
            if deposit.cancel_asked_at:
                _never_send(deposit)
                return None
    if deposit.bank is None and not deposit.is_by_hand:
        _refuse(deposit, "No bank account was named.")
        return None
    try:
        if deposit.is_by_hand or deposit.bank is None:
            return clients.bluum().deposits.create(
                account_id,
                method=deposit.method,
                amount=deposit.amount,
                idempotency_key=deposit.send_key,
                currency=deposit.currency,
                description=deposit.description,
            )
        return clients.bluum().deposits.create(
            account_id,
            amount=deposit.amount,
            funding_source_id=deposit.bank.bluum_id,
            idempotency_key=deposit.send_key,
            currency=deposit.currency,
            description=deposit.description,
        )
    except KeyInUse:
        if found := _find(account_id, deposit):
            return found
        raise
    except Refused as problem:
        if _broke_meanwhile(deposit, problem):
            return timedelta(hours=1)
        _refuse(deposit, reasons.of_refusal(problem))
        return None


def _cancel(account_id: str, remote: Remote) -> Remote:
    """Canceled at Bluum, or as it stands if the bank run was faster."""
    try:
        return clients.bluum().deposits.cancel(account_id, remote.id)
    except Refused:
        return clients.bluum().deposits.retrieve(account_id, remote.id)


def _find(account_id: str, deposit: Deposit) -> Remote | None:
    """Our deposit among those that Bluum has, by the name we gave it."""
    for remote in all_remote(account_id):
        if remote.description == deposit.description:
            return remote
    return None


def all_remote(account_id: str) -> Iterator[Remote]:
    """Every deposit of the account, a page at a time."""
    offset = 0
    while True:
        page = clients.bluum().deposits.list(account_id, limit=PAGE, offset=offset)
        yield from page
        if len(page) < PAGE:
            return
        offset += PAGE


def _waiting(deposit: Deposit) -> timedelta:
    """For an account that isn't open: seconds at first, then minutes."""
    return min(
        max((timezone.now() - deposit.created_at) / 10, timedelta(seconds=5)), timedelta(minutes=5)
    )


def _next_look(deposit: Deposit) -> timedelta:
    """Seconds while someone is watching, minutes for the days an ACH transfer takes."""
    newest = deposit.events.last()
    age = timezone.now() - max(newest.at if newest else deposit.created_at, deposit.created_at)
    if age < timedelta(minutes=10):
        return timedelta(seconds=4)
    return timedelta(minutes=1) if age < timedelta(hours=1) else timedelta(minutes=15)


# Writing down what we learned -----------------------------------------------------------------


@transaction.atomic
def apply_deposit(pk: int, remote: Remote) -> Deposit:
    """Write what Bluum says about this deposit and act on a change of its status."""
    deposit: Deposit = Deposit.objects.select_for_update(of=("self",)).get(pk=pk)
    if deposit.bluum_id not in (None, remote.id):
        raise ValueError("Another deposit's answer")
    before = deposit.status
    deposit.bluum_id = remote.id
    if remote.status in Deposit.Status.values:  # a word we don't know settles nothing
        deposit.status = remote.status
    deposit.failure_reason = (remote.failure_reason or "")[:300] if _bad(remote.status) else ""
    deposit.initiated_at = remote.initiated_at or deposit.initiated_at
    _write_instructions(deposit, remote)
    deposit.received_at = remote.received_at or deposit.received_at
    deposit.completed_at = _completed_at(deposit, remote)
    if deposit.is_settled and remote.status != Deposit.Status.COMPLETED:
        deposit.settled_at = deposit.settled_at or timezone.now()
    deposit.save()
    if deposit.status != before:
        TransferEvent.objects.create(
            deposit=deposit, status=deposit.status, at=_happened_at(remote) or timezone.now()
        )
        _act(deposit, before)
    return deposit


def _write_instructions(deposit: Deposit, remote: Remote) -> None:
    """Where a bank transfer has to go: the custodian's account, nothing of the person's."""
    details = remote.method_details
    deposit.expires_at = remote.expires_at or (details and details.expires_at) or deposit.expires_at
    if details is None or not deposit.is_by_hand:
        return
    to = details.bank_details
    known = {"reference": details.reference_code} | {
        name: getattr(to, name, None)
        for name in (
            "bank_name", "bank_address", "account_name", "account_number", "routing_number",
            "swift_code", "beneficiary_address",
        )
    }  # fmt: skip
    deposit.instructions |= {name: value for name, value in known.items() if value}
    for one in details.funding_details:  # how a wire's details come
        wired = {
            "bank_name": one.bank_name,
            "account_number": one.account_number,
            "routing_number": one.routing_code,
        }
        deposit.instructions |= {name: value for name, value in wired.items() if value}


def _bad(status: str) -> bool:
    return status in {Deposit.Status.FAILED, Deposit.Status.EXPIRED}


def _completed_at(deposit: Deposit, remote: Remote) -> datetime | None:
    """Kept through a return: that it had arrived is what makes a failure a return."""
    if remote.status == Deposit.Status.COMPLETED:
        return remote.completed_at or deposit.completed_at or timezone.now()
    if remote.status == Deposit.Status.FAILED:
        return remote.completed_at or deposit.completed_at
    return None


def _happened_at(remote: Remote) -> datetime | None:
    known = {"received": remote.received_at, "completed": remote.completed_at}
    return known.get(remote.status)


def _act(deposit: Deposit, before: str) -> None:
    """What follows from the change, in the same transaction."""
    account = deposit.account
    if deposit.status == Deposit.Status.COMPLETED:
        said = "It’s in your account as cash."
        if account.is_advised:
            cause = f"deposit:{deposit.pk}"
            request_investment(account=account, amount=deposit.amount, cause=cause)
            said = "It’s being invested now."
        _tell(deposit, "arrived", f"{_amount(deposit)} has arrived", said)
    elif deposit.status == Deposit.Status.FAILED:
        reason = reasons.of_failure(deposit.failure_reason)
        said = f"{reason.sentence} {reason.next_step}"
        returns.heed(deposit)
        if deposit.completed_at:
            title = f"Your bank took {_amount(deposit)} back"
            said = f"The deposit had arrived, but was returned. {said}"
            _tell(deposit, "returned", title, said)
        else:
            title = f"Your deposit of {_amount(deposit)} didn’t go through"
            _tell(deposit, "failed", title, f"{said} No money reached your account.")
    elif deposit.status == Deposit.Status.EXPIRED:
        title = f"Your deposit of {_amount(deposit)} has lapsed"
        _tell(deposit, "expired", title, "No money arrived in time. You can ask for it again.")
    elif deposit.status == Deposit.Status.CANCELED:
        title = f"Your deposit of {_amount(deposit)} is canceled"
        _tell(deposit, "canceled", title, "Nothing was taken from your bank.")
    elif (
        deposit.cancel_asked_at
        and before in {Deposit.Status.PENDING, Deposit.Status.REQUESTED}
        and (deposit.status != Deposit.Status.PENDING)
    ):
        title = f"It was too late to cancel {_amount(deposit)}"
        _tell(deposit, "too-late", title, "The bank had started it. It arrives as planned.")
    if deposit.is_settled:
        Authorization.objects.filter(deposit=deposit, ended_at=None).update(ended_at=timezone.now())
        Wallet.objects.filter(account=account).poke()
        Portfolio.objects.filter(account=account).poke()


def _never_send(deposit: Deposit) -> None:
    """Canceled before anything was sent: Bluum never hears of it."""
    _settle_here(deposit, Deposit.Status.CANCELED, "")


def _refuse(deposit: Deposit, sentence: str) -> None:
    _settle_here(deposit, Deposit.Status.REFUSED, sentence)


@transaction.atomic
def _settle_here(deposit: Deposit, status: Deposit.Status, sentence: str) -> None:
    """End a deposit that Bluum doesn't have."""
    found = Deposit.objects.select_for_update(of=("self",)).get(pk=deposit.pk)
    if found.bluum_id or found.is_settled:
        return
    found.status = status
    found.failure_reason = sentence
    found.settled_at = timezone.now()
    found.save()
    Authorization.objects.filter(deposit=found, ended_at=None).update(ended_at=timezone.now())
    TransferEvent.objects.create(deposit=found, status=status)
    if status == Deposit.Status.REFUSED:
        _tell(found, "refused", f"Your deposit of {_amount(found)} wasn’t accepted", sentence)


def _amount(deposit: Deposit) -> str:
    return words.money(deposit.amount, deposit.currency)


def _tell(deposit: Deposit, occasion: str, title: str, body: str) -> None:
    tell(
        account=deposit.account,
        key=f"deposit-{occasion}:{deposit.pk}",
        title=title,
        body=body,
        url=reverse("funding:deposit-status", args=[deposit.pk]),
        topic=Topic.MONEY,
    )


# Deposits that began elsewhere ----------------------------------------------------------------


def adopt(account: Account, remote: Remote, *, history: bool, **known: Any) -> Deposit | None:
    """Take in a deposit that Bluum has and we don't, such as a run of auto-invest.

    `history` is for what was there at our first look at an account: it is written down, but
    nobody is told and nothing is asked to be invested. Returns None if it is ours after all.
    """
    if remote.currency.upper() != "USD" or remote.amount <= 0:
        return None
    begun = remote.created_at or remote.initiated_at or timezone.now()
    with transaction.atomic():
        deposit, created = Deposit.objects.get_or_create(
            bluum_id=remote.id,
            defaults={
                "account": account,
                "amount": remote.amount,
                "currency": remote.currency,
                "method": remote.method or "ach",
                "created_at": begun,
                "sent_at": begun,
                "due_at": None,
                **known,
            },
        )
        if not created:
            return None
        if history:
            return _write_history(deposit, remote)
        applied = apply_deposit(deposit.pk, remote)
        if not applied.is_settled:
            applied.poke()
        return applied


def _write_history(deposit: Deposit, remote: Remote) -> Deposit:
    deposit.status = remote.status
    deposit.failure_reason = (remote.failure_reason or "")[:300]
    deposit.initiated_at, deposit.received_at = remote.initiated_at, remote.received_at
    deposit.completed_at = remote.completed_at
    deposit.save()
    TransferEvent.objects.create(
        deposit=deposit, status=deposit.status, at=_happened_at(remote) or deposit.created_at
    )
    if not deposit.is_settled:
        deposit.poke()
    return deposit
