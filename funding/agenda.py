"""What money tells home: what to do, what comes, what happened."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from django.db.models import Exists, OuterRef, prefetch_related_objects
from django.urls import reverse

from accounts.models import Account
from funding import calendar, rhythm
from funding.closing import closing_of
from funding.models import (
    BankAccount,
    Closing,
    Deposit,
    Movement,
    Schedule,
    Withdrawal,
    to_mend,
)
from robo import agenda
from robo.agenda import Item
from robo.ui import words

NEWEST = 50
"""Transfers that home and its agenda look at; what is open is always among them."""


@dataclass(frozen=True, slots=True)
class Money:
    """An account's banks, newest transfers (newest first) and schedules (oldest first)."""

    banks: list[BankAccount]
    deposits: list[Deposit]
    withdrawals: list[Withdrawal]
    schedules: list[Schedule]

    @property
    def going(self) -> list[Schedule]:
        """As `Schedule.objects.going()`: not ended, and not asked to end."""
        return [s for s in self.schedules if not s.has_ended and s.wanted != "cancelled"]


def money_of(account: Account) -> Money:
    """Each kind read once for this account object, so once for a page."""
    if not getattr(account, "has_closings", True):
        kept: dict[str, Any] = account.__dict__.setdefault("_prefetched_objects_cache", {})
        kept.setdefault("closings", Closing.objects.none())
    prefetch_related_objects([account], "banks", "schedules", "closings")
    found = Money(
        [*account.banks.all()],
        _newest(account, Deposit),
        _newest(account, Withdrawal) if getattr(account, "has_withdrawals", True) else [],
        [*account.schedules.all()],
    )
    banks = {bank.pk: bank for bank in found.banks}
    rows: list[Deposit | Withdrawal | Schedule] = [
        *found.deposits,
        *found.withdrawals,
        *found.schedules,
    ]
    for row in rows:
        if row.bank_id in banks:
            row.bank = banks[row.bank_id]
    return found


def _newest(account: Account, model: Any) -> list[Any]:
    """The newest transfers, kept where Django keeps what it prefetched: with the object, until it
    is read anew."""
    kept: dict[str, Any] = account.__dict__.setdefault("_prefetched_objects_cache", {})
    name = f"newest {model._meta.model_name}s"
    if name not in kept:
        kept[name] = [*model._default_manager.filter(account=account)[:NEWEST]]
    return [*kept[name]]


@agenda.beside
def rarely_any() -> dict[str, Any]:
    mine = {"account": OuterRef("pk")}
    return {
        "has_closings": Exists(Closing.objects.filter(**mine)),
        "has_withdrawals": Exists(Withdrawal.objects.filter(**mine)),
        "has_paid": Exists(Movement.objects.filter(**mine, kind__in=PAID)),
    }


@agenda.todo
def money_to_do(account: Account) -> Iterator[Item]:
    """Repair a bank, link one, make a first deposit, set up auto-invest: the next one of these."""
    if not account.is_active:
        return
    known = money_of(account)
    if closing := closing_of(account):
        closed = closing.status == Closing.Status.CLOSED
        yield Item(
            "Your account is closed" if closed else "Your account is being closed",
            detail="Your letter and all papers are here." if closed else "See how it stands.",
            url=reverse("funding:closing-status"),
            kind="closed" if closed else "closing",
            urgent=closing.status == Closing.Status.HELD,
        )
        return
    banks = [bank for bank in known.banks if bank.status != BankAccount.Status.DISCONNECTED]
    for bank in to_mend(banks):
        if bank.stopped_at:
            yield Item(
                f"We don’t pull from {bank} for now",
                detail=bank.why_stopped,
                url=reverse("funding:bank-repair", args=[bank.pk]),
                kind="bank",
                urgent=True,
            )
        else:
            waits = next(
                (said for one in (bank, *bank.also) if (said := _what_waits(one, known))), ""
            )
            yield Item(
                f"Reconnect {bank.institution or bank}",
                detail=f"Your bank asks you to sign in again.{waits}",
                url=reverse("funding:bank-repair", args=[bank.pk]),
                kind="bank",
                urgent=True,
            )
    newest = next(iter(known.withdrawals), None)
    if newest and newest.status in {Withdrawal.Status.FAILED, Withdrawal.Status.REFUSED}:
        yield Item(
            f"Your {words.money(newest.amount)} withdrawal "
            + ("came back" if newest.was_returned else "didn’t go through"),
            detail="What was sold for it stays in your account as cash. See why, and what to do."
            if newest.status == Withdrawal.Status.REFUSED and newest.sold_at
            else "The money is in your account. See why, and what to do.",
            url=reverse("funding:withdrawal-status", args=[newest.pk]),
            kind="failed",
            urgent=True,
        )
    if not any(bank.is_usable for bank in banks):
        if not any(bank.needs_repair for bank in banks):
            yield Item(
                "Link your bank",
                detail="Takes about two minutes. We never see your bank password.",
                url=reverse("funding:link"),
                kind="bank",
            )
        return
    last = next(iter(known.deposits), None)
    if last and last.status == Deposit.Status.FAILED:
        yield Item(
            f"Your {words.money(last.amount)} deposit "
            + ("came back" if last.was_returned else "didn’t go through"),
            detail="See why, and what to do.",
            url=reverse("funding:deposit-status", args=[last.pk]),
            kind="failed",
            urgent=True,
        )
    elif all(deposit.status in NEVER_CAME for deposit in known.deposits):
        yield Item(
            "Make your first deposit",
            detail="You see the arrival date before you confirm.",
            url=reverse("funding:deposit"),
            kind="deposit",
        )
    elif not known.going and account.is_advised:
        yield Item(
            "Set up auto-invest",
            detail="The same amount on the same day, until you say stop.",
            url=reverse("funding:schedule-new"),
            kind="auto_invest",
        )


def _what_waits(bank: BankAccount, known: Money) -> str:
    """What goes on once the bank is connected again; empty if nothing waits."""
    waiting = [words.money(one.amount) for one in known.deposits
               if one.bank_id == bank.pk and one.is_held]  # fmt: skip
    if waiting:
        return f" Your deposit of {waiting[0]} waits for it."
    going = any(one.bank_id == bank.pk and one.wanted == "active" for one in known.going)
    return " Auto-invest waits for it." if going else ""


NEVER_CAME = (
    Deposit.Status.REFUSED,
    Deposit.Status.CANCELED,
    Deposit.Status.FAILED,
    Deposit.Status.EXPIRED,
)


@agenda.upcoming
def money_to_come(account: Account) -> Iterator[Item]:
    known = money_of(account)
    if (closing := closing_of(account)) and closing.status == Closing.Status.ASKED:
        yield Item(
            "Your investments are sold",
            day=words.local(closing.sells_at).date(),
            at=closing.sells_at,
            detail="You can stop it until then",
            url=reverse("funding:closing-status"),
            kind="closing",
        )
    for deposit in known.deposits:
        if deposit.status not in Deposit.OPEN:
            continue
        if deposit.cancel_asked_at and deposit.status in {"requested", "pending"}:
            continue  # on its way to being canceled
        if deposit.is_by_hand:
            yield _by_hand(deposit)
            continue
        if deposit.is_held:
            continue  # told as something to do: its bank has to be connected again
        plan = calendar.plan(deposit.days_from)
        yield Item(
            f"{words.money(deposit.amount)} is {'invested' if account.is_advised else 'here'}",
            day=plan.invested if account.is_advised else plan.arrives,
            detail=f"On its way from {deposit.bank or 'your bank'}",
            url=reverse("funding:deposit-status", args=[deposit.pk]),
            amount=deposit.amount,
            status=deposit.status,
            kind="deposit",
        )
    for withdrawal in known.withdrawals:
        if withdrawal.is_settled or withdrawal.cancel_asked_at:
            continue
        sells = withdrawal.may_sell
        wire = withdrawal.is_wire
        arrival = calendar.way_out(withdrawal.created_at, sells=sells, wire=wire).latest
        yield Item(
            f"{words.money(withdrawal.amount)} is at {withdrawal.bank or 'your bank'}",
            day=withdrawal.expected_on or arrival,
            detail="After a sale" if sells else "From your cash",
            url=reverse("funding:withdrawal-status", args=[withdrawal.pk]),
            amount=-withdrawal.amount,
            status=withdrawal.status,
            kind="withdrawal",
        )
    for schedule in known.going:
        if schedule.wanted != "active" or schedule.next_execution is None:
            continue
        for run in rhythm.coming(schedule, 1):
            yield Item(
                f"Auto-invest, {words.money(run.amount)}",
                day=run.day,
                at=run.moment,
                detail=f"From {schedule.bank}",
                url=reverse("funding:schedule", args=[schedule.pk]),
                amount=run.amount,
                kind="auto_invest",
            )


def _by_hand(deposit: Deposit) -> Item:
    """A transfer that the person sends: the day by which it has to be here. Until it has been seen
    it is a `transfer` to send, nothing to count on."""
    amount = words.money(deposit.amount)
    waits = _waits_for_person(deposit)
    return Item(
        f"Send {amount} from your bank" if waits else f"{amount} is being cleared",
        day=words.local(deposit.expires_at).date() if waits and deposit.expires_at else None,
        detail="Last day it can arrive" if waits else "Your bank transfer has been seen",
        url=reverse("funding:deposit-status", args=[deposit.pk]),
        amount=deposit.amount,
        status=deposit.status,
        kind="transfer" if waits else "deposit",
    )


@agenda.activity
def what_happened(account: Account) -> Iterator[Item]:
    known = money_of(account)
    for deposit in known.deposits:
        yield Item(
            _title(deposit),
            at=deposit.created_at,
            detail=_detail(deposit),
            url=reverse("funding:deposit-status", args=[deposit.pk]),
            amount=deposit.amount if _came(deposit) else None,
            status=deposit.status,
            kind="auto_invest" if deposit.schedule_id else "deposit",
        )
        if deposit.was_returned:
            yield Item(
                f"{words.money(deposit.amount)} taken back by your bank",
                at=deposit.settled_at or deposit.completed_at,
                url=reverse("funding:deposit-status", args=[deposit.pk]),
                amount=-deposit.amount,
                status=deposit.status,
                kind="deposit",
            )
    for withdrawal in known.withdrawals:
        yield from _withdrawn(withdrawal)
    yield from _paid(account)
    for bank in known.banks:
        yield Item(
            f"You linked {bank}",
            at=bank.created_at,
            detail=bank.institution,
            url=reverse("funding:banks"),
            kind="bank",
            status=bank.status,
        )
        if bank.unlink_asked_at:
            yield Item(f"You unlinked {bank}", at=bank.unlink_asked_at, kind="bank")
    for schedule in known.schedules:
        yield Item(
            f"You set up auto-invest: {words.money(schedule.amount)}, "
            f"{schedule.get_frequency_display().lower()}",
            at=schedule.created_at,
            detail=f"From {schedule.bank}",
            url=reverse("funding:schedule", args=[schedule.pk]),
            status=schedule.status,
            kind="auto_invest",
        )


PAID = (Movement.Kind.DIVIDEND, Movement.Kind.INTEREST, Movement.Kind.FEE)


def _paid(account: Account) -> Iterator[Item]:
    """The newest dividends, interest and fees. Bluum tells their day; they stand at its noon."""
    if not getattr(account, "has_paid", True):
        return
    rows = Movement.objects.filter(account=account, kind__in=PAID).newest_first()
    for row in rows[:5]:
        about = f" from {row.symbol}" if row.symbol and row.kind == Movement.Kind.DIVIDEND else ""
        yield Item(
            f"{row.get_kind_display()}{about}",
            at=datetime.combine(row.day, time(12), calendar.NEW_YORK),
            url=f"{reverse('funding:activity')}#m{row.pk}",
            amount=row.amount,
            kind=row.kind,
        )


def _withdrawn(withdrawal: Withdrawal) -> Iterator[Item]:
    """The withdrawal, and the day it came back if it did. Those that never left count nothing."""
    status = Withdrawal.Status
    never = {status.REFUSED: "not possible", status.CANCELED: "canceled"}
    if withdrawal.status == status.FAILED and not withdrawal.was_returned:
        never[status.FAILED] = "didn’t go through"
    ending = never.get(status(withdrawal.status))
    url = reverse("funding:withdrawal-status", args=[withdrawal.pk])
    to = f"to {withdrawal.bank or 'your bank'}"
    open_detail = f"On its way {to}" if not withdrawal.is_settled else f"T{to[1:]}"
    yield Item(
        f"Withdrawal, {ending}" if ending else "Withdrawal",
        at=withdrawal.created_at,
        detail=f"{words.money(withdrawal.amount)} {to}" if ending else open_detail,
        url=url,
        amount=None if ending else -withdrawal.amount,
        status=withdrawal.status,
        kind="withdrawal",
    )
    if withdrawal.was_returned:
        yield Item(
            f"{words.money(withdrawal.amount)} sent back by your bank",
            at=withdrawal.settled_at or withdrawal.completed_at,
            url=url,
            amount=withdrawal.amount,
            status=withdrawal.status,
            kind="withdrawal",
        )


ENDINGS = {
    Deposit.Status.REFUSED: ", not accepted",
    Deposit.Status.CANCELED: ", canceled",
    Deposit.Status.FAILED: ", didn’t go through",
    Deposit.Status.EXPIRED: ", lapsed",
}


def _waits_for_person(deposit: Deposit) -> bool:
    """Whether they still have to send it: nothing is on its way that we know of."""
    return deposit.is_by_hand and deposit.status in {
        Deposit.Status.REQUESTED,
        Deposit.Status.PENDING,
    }


def _came(deposit: Deposit) -> bool:
    """Counts in the ledger: here or on its way. A returned one counts, and its return too."""
    if _waits_for_person(deposit):
        return False
    return deposit.status not in NEVER_CAME or deposit.was_returned


def _title(deposit: Deposit) -> str:
    name = "Auto-invest" if deposit.schedule_id else "Deposit"
    if _waits_for_person(deposit):
        return f"{name} announced"
    return name if _came(deposit) else name + ENDINGS[Deposit.Status(deposit.status)]


def _detail(deposit: Deposit) -> str:
    source = f"from {deposit.bank}" if deposit.bank else "from your bank"
    if deposit.status in Deposit.OPEN and not _waits_for_person(deposit):
        return f"On its way {source}"
    if not _came(deposit):
        return f"{words.money(deposit.amount)} {source}"
    return source.capitalize() if not deposit.bank else f"From {deposit.bank}"
