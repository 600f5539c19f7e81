"""What someone asks for: written down here and now, carried out by the loop."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from funding import authorizations, calendar, holds, limits, told
from funding.models import (
    BY_HAND,
    MANUAL,
    Authorization,
    BankAccount,
    BankLink,
    Deposit,
    Schedule,
    TransferEvent,
    Wallet,
    Withdrawal,
    WithdrawalEvent,
)
from funding.sync import returns
from onboarding.services import why_no_money
from portfolios.planning.months import months_later
from portfolios.services import being_invested
from robo import audit, seal
from robo.ui import words

LONGEST_TOKEN = 400


class NotPossible(Exception):
    """What was asked for can't be done any more; the text says why, for the person."""


def wallet_of(account: Account) -> Wallet:
    """The account's wallet row; the first call has it looked at."""
    wallet, created = Wallet.objects.get_or_create(account=account)
    if created:
        wallet.enqueue()
    return wallet


# Banks ----------------------------------------------------------------------------------------


@transaction.atomic
def start_bank_link(
    *, account: Account, next_url: str = "", repairs: BankAccount | None = None
) -> BankLink:
    """Someone sets out to Plaid. Nothing happens until they come back."""
    wallet_of(account)
    return BankLink.objects.create(
        account=account, next_url=next_url[:200], repairs=repairs, due_at=None
    )


@transaction.atomic
def finish_bank_link(*, link: BankLink, public_token: str, request: Any = None) -> BankLink:
    """They came back with a public token: keep it sealed until Bluum has taken it.

    Coming back twice changes nothing. Raises NotPossible for a token that can't be one.
    """
    if not public_token or len(public_token) > LONGEST_TOKEN or not public_token.isascii():
        raise NotPossible("Your bank’s answer didn’t arrive whole. Please link it again.")
    found: BankLink = BankLink.objects.select_for_update().get(pk=link.pk)
    if found.status in {BankLink.Status.STARTED, BankLink.Status.CANCELED}:
        found.sealed_token = seal.seal(public_token.encode())
        found.status = BankLink.Status.RETURNED
        found.due_at = timezone.now()
        found.save(update_fields=["sealed_token", "status", "due_at"])
        found.enqueue()
        audit.record("link bank", target=found, account=found.account, request=request)
    return found


def cancel_bank_link(*, link: BankLink) -> None:
    """They came back without a bank."""
    BankLink.objects.filter(pk=link.pk, status=BankLink.Status.STARTED).update(
        status=BankLink.Status.CANCELED
    )


@transaction.atomic
def unlink_bank(*, bank: BankAccount, request: Any = None) -> None:
    """Stop using this bank. Schedules that pull from it are paused; money on its way arrives."""
    found = BankAccount.objects.select_for_update().get(pk=bank.pk)
    if found.status == BankAccount.Status.DISCONNECTED or found.unlink_asked_at:
        return
    found.unlink_asked_at = timezone.now()
    found.save(update_fields=["unlink_asked_at"])
    for schedule in Schedule.objects.going().filter(bank=found):
        pause_schedule(schedule=schedule)
    found.poke()
    audit.record("unlink bank", target=found, account=found.account, request=request)


@transaction.atomic
def lift_stop(*, bank: BankAccount, request: Any = None) -> None:
    """Someone of the staff has heard from the bank that money may be pulled from it again."""
    returns.mend([bank.pk], by_staff=True)
    audit.record("lift bank stop", target=bank, account=bank.account, request=request)


class AnswersOpen(NotPossible):
    """Risk answers that don't go together keep money from going in."""


def may_fund(account: Account, **more: Any) -> None:
    """Raises AnswersOpen while what the person told doesn't go together. `more` are facts about
    to come true. Outside of a transaction, so that what was found stays written down."""
    if problem := why_no_money(account, **more):
        raise AnswersOpen(problem)


# Deposits -------------------------------------------------------------------------------------


def request_deposit(
    *, account: Account, bank: BankAccount, amount: Decimal, key: UUID, request: Any = None
) -> Deposit:
    """Write down that the client wants this deposit, and what they authorized by it.

    The same key always means the same one. Raises AnswersOpen, and NotPossible beyond what may be
    pulled in a day or a week.
    """
    may_fund(account)
    return _write_deposit(account, bank, amount, key, "ach", request)


def request_transfer(
    *, account: Account, amount: Decimal, key: UUID, method: str = MANUAL
) -> Deposit:
    """Write down that the client will send money from their own bank; Bluum says where to.

    `method` is one of BY_HAND. The same key always means the same one. Raises AnswersOpen.
    """
    if method not in BY_HAND:
        raise ValueError(method)
    may_fund(account)
    return _write_deposit(account, None, amount, key, method)


@transaction.atomic
def _write_deposit(
    account: Account,
    bank: BankAccount | None,
    amount: Decimal,
    key: UUID,
    method: str,
    request: Any = None,
) -> Deposit:
    # Two wishes at once are looked at one after the other, so that both can't use the same room.
    Account.objects.select_for_update().get(pk=account.pk)
    deposit: Deposit
    if bank and not Deposit.objects.filter(account=account, key=key).exists():
        room = limits.tightest(limits.rooms_in(account))
        if amount > room.left:
            raise NotPossible(
                f"{words.money(amount)} is more than can still be pulled {room.span}: "
                f"{words.money(room.left)}. Nothing was moved."
            )
    deposit, created = Deposit.objects.get_or_create(
        account=account,
        key=key,
        defaults={
            "bank": bank,
            "amount": amount,
            "method": method,
            "expected_on": calendar.plan(timezone.now()).arrives if bank else None,
        },
    )
    if created:
        authorizations.keep(deposit, request)
        TransferEvent.objects.create(deposit=deposit, status=deposit.status, at=deposit.created_at)
        deposit.enqueue()
        wallet_of(account)
    return deposit


@transaction.atomic
def cancel_deposit(*, deposit: Deposit, request: Any = None) -> Deposit:
    """Ask for the deposit to be stopped. Whether it still can be, the step finds out."""
    found: Deposit = Deposit.objects.select_for_update(of=("self",)).get(pk=deposit.pk)
    if found.cancel_asked_at or found.status == Deposit.Status.CANCELED:
        return found
    if not found.can_be_canceled:
        raise NotPossible(
            "It’s too late to cancel: the bank has started this deposit. When it has arrived, "
            "the money is yours to keep as cash or send back."
        )
    _ask_to_stop(found, "cancel deposit", request)
    return found


def _ask_to_stop(row: Deposit | Withdrawal, action: str, request: Any) -> None:
    row.cancel_asked_at = timezone.now()
    row.save(update_fields=["cancel_asked_at"])
    row.poke()
    audit.record(action, target=row, account=row.account, request=request)


# Withdrawals ------------------------------------------------------------------------------------


@transaction.atomic
def request_withdrawal(
    *,
    account: Account,
    bank: BankAccount,
    amount: Decimal,
    key: UUID,
    method: str = "ach",
    may_sell: bool = False,
    told: dict[str, Any] | None = None,
    expected_on: date | None = None,
    request: Any = None,
) -> Withdrawal:
    """Write down that the client wants this money out. The same key always means the same wish.

    `method` is ach or wire. `may_sell` says that they agreed to the sales in `told`. Raises
    NotPossible while a security change holds money back, for a bank that can't be used or was
    linked too lately, and for an amount outside the limits.
    """
    # Two wishes at once are looked at one after the other, so that a hold can't slip between.
    Account.objects.select_for_update().get(pk=account.pk)
    made: Withdrawal | None = Withdrawal.objects.filter(account=account, key=key).first()
    if made:
        return made
    if (held := holds.holding(account)) is not None:
        raise NotPossible(held.sentence)
    if not account.banks.usable().filter(pk=bank.pk).exists():  # it may have broken meanwhile
        raise NotPossible("This bank account can’t be used at the moment. Choose another.")
    if not limits.least_withdrawal() <= amount <= limits.most_withdrawal():
        raise NotPossible("The amount is outside what can be moved in one transfer.")
    room = limits.tightest(limits.rooms_out(account))
    if amount > room.left:
        raise NotPossible(
            f"{words.money(amount)} is more than can still be withdrawn {room.span}: "
            f"{words.money(room.left)}. Nothing was moved."
        )
    if first := limits.takes_money_from(bank):
        raise NotPossible(f"Money can be sent to {bank} from {words.day(first)} on.")
    made = Withdrawal.objects.create(
        method=method,
        account=account,
        key=key,
        bank=bank,
        amount=amount,
        may_sell=may_sell,
        told=told or {},
        expected_on=expected_on,
    )
    WithdrawalEvent.objects.create(withdrawal=made, status=made.status, at=made.created_at)
    wallet_of(account)
    made.enqueue()
    audit.record("withdraw", target=made, account=account, request=request)
    _tell_asked(made)
    return made


def _tell_asked(withdrawal: Withdrawal) -> None:
    """At once, so that nobody's money leaves without their hearing of it."""
    tell(
        account=withdrawal.account,
        key=f"withdrawal:{withdrawal.pk}:asked",
        title=f"You asked for {words.money(withdrawal.amount)} to be sent to {withdrawal.bank}",
        body="If that wasn’t you, cancel it and call us now.",
        url=reverse("funding:withdrawal-status", args=[withdrawal.pk]),
        topic=Topic.MONEY,
    )


@transaction.atomic
def cancel_withdrawal(*, withdrawal: Withdrawal, request: Any = None) -> Withdrawal:
    """Ask for it to be stopped. Whether it still can be, the step finds out."""
    found: Withdrawal = Withdrawal.objects.select_for_update(of=("self",)).get(pk=withdrawal.pk)
    if found.cancel_asked_at or found.status == Withdrawal.Status.CANCELED:
        return found
    if not found.can_be_canceled:
        raise NotPossible(
            "It’s too late to cancel: the bank has started it. When it has arrived, you can "
            "deposit it again."
        )
    _ask_to_stop(found, "cancel withdrawal", request)
    return found


@transaction.atomic
def revoke_authorization(*, authorization: Authorization, request: Any = None) -> None:
    """Take back what was allowed. Auto-invest by it is paused; a deposit is canceled if it still
    can be, and the person is told if it can't. The words stay kept.

    Raises NotPossible for a deposit whose bank run has started.
    """
    found = Authorization.objects.select_for_update().get(pk=authorization.pk)
    if found.ended_at:
        return
    if found.deposit_id and found.deposit:
        cancel_deposit(deposit=found.deposit, request=request)
    if found.schedule_id and found.schedule and not found.schedule.has_ended:
        pause_schedule(schedule=found.schedule)
    found.ended_at = timezone.now()
    found.save(update_fields=["ended_at"])
    audit.record("revoke authorization", target=found, account=found.account, request=request)


def claimed_cash(account: Account) -> Decimal:
    """Dollars of the account's cash that withdrawals wait for and Bluum hasn't set aside yet."""
    waiting = Withdrawal.objects.unclaimed().filter(account=account)
    return waiting.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)


def cash_being_invested(account: Account) -> Decimal:
    """Dollars of the account's cash that Bluum is about to buy with, beyond what it holds back for
    orders already."""
    investing = being_invested(account)
    if not investing:
        return Decimal(0)
    wallet = Wallet.objects.filter(account=account).first()
    reserved = (wallet and wallet.reserved) or Decimal(0)
    return max(investing - reserved, Decimal(0))


# Auto-invest ----------------------------------------------------------------------------------


def request_schedule(
    *,
    account: Account,
    bank: BankAccount,
    amount: Decimal,
    frequency: str,
    day_of_week: int | None,
    day_of_month: int | None,
    start_date: date,
    key: UUID,
    request: Any = None,
    **rules: Any,
) -> Schedule:
    """Write down an auto-invest schedule. The same key always means the same one.

    `rules` are its payday, buffer and raise. Raises AnswersOpen, also when it would take more of
    the income than one told can be.
    """
    if not Schedule.objects.filter(account=account, key=key).exists():
        may_fund(account, **told.with_schedule(account, amount, frequency, start_date))
    wish = {
        "bank": bank,
        "amount": amount,
        "frequency": frequency,
        "day_of_week": day_of_week,
        "day_of_month": day_of_month,
        "start_date": start_date,
        **rules,
    }
    if rules.get("raise_by"):
        wish["raise_on"] = months_later(start_date, rules["raise_months"])
    return _write_schedule(account, key, wish, request)


@transaction.atomic
def _write_schedule(account: Account, key: UUID, wish: dict[str, Any], request: Any) -> Schedule:
    # Unique, so that the schedule is found again at Bluum, and its runs by their words.
    name = f"{Schedule.Frequency(wish['frequency']).label} {str(key)[:8]}"
    schedule: Schedule
    schedule, created = Schedule.objects.get_or_create(
        account=account, key=key, defaults={**wish, "name": name}
    )
    if created:
        authorizations.keep(schedule, request)
        schedule.enqueue()
        wallet_of(account)
    return schedule


def change_schedule(
    *,
    schedule: Schedule,
    amount: Decimal,
    day_of_week: int | None,
    day_of_month: int | None,
    request: Any = None,
    **rules: Any,
) -> Schedule:
    """Change amount, day or rules from the next run on. Raises NotPossible if the schedule has
    ended, or when more shall go in while risk answers are open."""
    if amount > schedule.amount:
        more = amount - schedule.amount
        may_fund(schedule.account, **told.with_schedule(schedule.account, more, schedule.frequency))
    days = {"day_of_week": day_of_week, "day_of_month": day_of_month}
    return _change_schedule(schedule, {"amount": amount, **days, **rules}, request)


@transaction.atomic
def _change_schedule(schedule: Schedule, wish: dict[str, Any], request: Any) -> Schedule:
    found = going_schedule(schedule)
    changed = {name for name, value in wish.items() if getattr(found, name) != value}
    if not changed:
        return found
    for name, value in wish.items():
        setattr(found, name, value)
    if changed & {"raise_by", "raise_unit", "raise_months"}:
        months = found.raise_months if found.raise_by else None
        found.raise_on = months_later(timezone.localdate(), months) if months else None
    if changed - {"buffer"}:
        found.raise_told_at = None  # what was told doesn't hold any more
        authorizations.keep(found, request)
    if changed & {"amount", "day_of_week", "day_of_month"}:
        found.revision += 1
    found.refusal = ""
    found.save(update_fields=[*wish, "revision", "refusal", "raise_on", "raise_told_at"])
    found.poke()
    return found


@transaction.atomic
def pause_schedule(*, schedule: Schedule) -> Schedule:
    return _want(schedule, "paused")


def resume_schedule(*, schedule: Schedule, agreed: str = "", request: Any = None) -> Schedule:
    """Go on with the next date. Missed runs are not caught up. Where no authorization is in force,
    `agreed` is the hash of the words that were agreed to anew. Raises NotPossible."""
    may_fund(schedule.account)
    return _resume_schedule(schedule, agreed, request)


@transaction.atomic
def _resume_schedule(schedule: Schedule, agreed: str, request: Any) -> Schedule:
    found = going_schedule(schedule)
    if not found.bank.is_usable:
        why = found.bank.why_stopped or f"{found.bank} isn’t linked any more. Link a bank first."
        raise NotPossible(why)
    if authorizations.is_missing(found):
        if agreed != authorizations.digest(found):
            raise NotPossible("Resuming needs your agreement anew. Its words are on this page.")
        authorizations.keep(found, request)
    return _want(schedule, "active")


@transaction.atomic
def end_schedule(*, schedule: Schedule) -> Schedule:
    """Nothing more is pulled; what was authorized for it ends."""
    authorizations.end(schedule)
    return _want(schedule, "cancelled")


def going_schedule(schedule: Schedule) -> Schedule:
    """The row, locked. Raises NotPossible once it has ended."""
    found: Schedule = Schedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    if found.has_ended or found.wanted == "cancelled":
        raise NotPossible("This schedule has ended. You can set up a new one.")
    return found


def _want(schedule: Schedule, wanted: str) -> Schedule:
    found = going_schedule(schedule)
    if found.wanted != wanted:
        found.wanted = wanted
        found.save(update_fields=["wanted"])
        found.poke()
    return found


def cash_of(account: Account) -> tuple[Decimal | None, datetime | None]:
    """Cash available in the wallet in dollars, as of when; None if never seen."""
    wallet = Wallet.objects.filter(account=account).first()
    if wallet is None or wallet.refreshed_at is None:
        return None, None
    return wallet.available, wallet.refreshed_at
