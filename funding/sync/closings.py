"""Closing an account, step by step: wait, sell all, pay out by withdrawals, then it is closed.

Each step is safe to repeat. The sale is written down before it is sent and repeated with its own
key; each payment is a withdrawal with the key of its round, so a crash in between asks for the very
same one. Nothing is closed while anything still moves.
"""

import uuid
from datetime import timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from funding import authorizations, holds, limits
from funding.models import Closing, Deposit, Schedule, Withdrawal, WithdrawalEvent
from portfolios.models import Investment, Portfolio, TradingHalt
from portfolios.sync.common import bluum_portfolio, patience
from portfolios.sync.investing import open_orders
from robo import clients
from robo.bluum import Conflict, Refused
from robo.ui import words

log = structlog.get_logger("funding.closings")

KEY_IS_TRUSTED_FOR = timedelta(hours=20)
SALE_TAKES = timedelta(minutes=10)
CALM = timedelta(minutes=15)
DAILY = timedelta(days=1)
LOOKED_AFTER = timedelta(days=90)
"""So long after closing we look for dividends and corrections that came late, and send them on."""
ZERO = Decimal(0)
ORDERED = (Investment.Status.PENDING, Investment.Status.IN_PROGRESS)
S = Closing.Status


def advance_closing(closing: Closing) -> timedelta | None:
    """One step toward closed; None once it was stopped or nothing can come any more."""
    account = closing.account
    if closing.status == S.STOPPED:
        return None
    if account.wait_until_open():
        return CALM
    if closing.status == S.ASKED:
        return _before_the_sale(closing)
    if closing.status == S.SELLING:
        return _sell(closing)
    if closing.status == S.HELD:
        return DAILY  # a person mends it: see `go_on`
    return _pay(closing)


def _before_the_sale(closing: Closing) -> timedelta:
    """The night to change one's mind; then what still moves has to end by itself."""
    account, now = closing.account, timezone.now()
    if now < closing.sells_at:
        return min(closing.sells_at - now, DAILY)
    if (
        holds.holding(account)
        or TradingHalt.objects.of(account).exists()
        or Deposit.objects.moving().filter(account=account).exists()
        or Withdrawal.objects.moving().filter(account=account).exists()
        or Investment.objects.filter(account=account, status__in=ORDERED).exists()
        or open_orders(account.bluum_id or "")
        or (not account.is_advised and _holds_something(account))
    ):
        return CALM
    _begin_selling(closing.pk)
    return timedelta()


def _holds_something(account: Account) -> bool:
    """Of those who trade themselves: they sell themselves, too."""
    return bool(clients.bluum().positions.list(account.bluum_id or "", non_zero_only=True))


@transaction.atomic
def _begin_selling(pk: int) -> None:
    """From here on it can't be stopped. Auto-invest ends; what waited to be invested doesn't."""
    found = Closing.objects.select_for_update(of=("self",)).get(pk=pk)
    if found.status != S.ASKED:
        return
    found.status, found.selling_at = S.SELLING, timezone.now()
    found.save(update_fields=["status", "selling_at"])
    for schedule in Schedule.objects.filter(account=found.account).going():
        authorizations.end(schedule)
        Schedule.objects.filter(pk=schedule.pk).update(wanted="cancelled")
        schedule.poke()
    Investment.objects.filter(account=found.account, status=Investment.Status.WAITING).update(
        status=Investment.Status.NOT_NEEDED, due_at=None
    )
    _tell(found, "selling", "Your investments are being sold", "It can’t be stopped any more. "
          "We write to you when the money is on its way.")  # fmt: skip


# The sale ---------------------------------------------------------------------------------------


def _sell(closing: Closing) -> timedelta:
    """Sell all there is. Planned anew only when no order is open and no sale is unanswered."""
    account, now = closing.account, timezone.now()
    account_id = account.bluum_id or ""
    if not account.is_advised:
        _begin_paying(closing.pk)
        return timedelta()
    began, taken = closing.sale_sent_at, closing.sold_at
    unanswered = bool(began and closing.sales and (taken is None or taken < began))
    if not (unanswered and began and now - began < KEY_IS_TRUSTED_FOR):
        if open_orders(account_id):
            return timedelta(minutes=1)
        api, portfolio_id = clients.bluum().portfolios, bluum_portfolio(account)
        held = [h for h in api.holdings(account_id, portfolio_id).holdings if h.quantity > 0]
        if not held:
            _begin_paying(closing.pk)
            return timedelta()
        if taken and now - taken < SALE_TAKES:
            return timedelta(minutes=1)
        # What would come of dividends and idle cash must not buy again what is sold.
        api.set_drip(account_id, portfolio_id, enabled=False, cash_sweep_enabled=False)
        _write_sale(
            closing,
            [{"action": "sell", "symbol": h.symbol, "quantity": f"{h.quantity:f}"} for h in held],
        )
    try:
        clients.bluum().portfolios.rebalance(
            account_id,
            bluum_portfolio(account),
            idempotency_key=closing.sale_key,
            execution_type="custom",
            custom_trades=closing.sales,
        )
    except Refused as problem:
        log.info("sale not taken", error=str(problem), row=closing.pk)
        Closing.objects.filter(pk=closing.pk).update(sales=[], sale_sent_at=None)
        if not isinstance(problem, Conflict) and now - (closing.selling_at or now) > DAILY:
            _hold(closing.pk, "What you hold couldn’t be sold.")
            return DAILY
        return patience(closing.selling_at or now, most=900)
    Closing.objects.filter(pk=closing.pk).update(sold_at=timezone.now())
    Portfolio.objects.filter(account=account).poke()
    return timedelta(seconds=5)


def _write_sale(closing: Closing, sales: list[dict[str, str]]) -> None:
    closing.sales, closing.sale_key, closing.sale_sent_at = sales, uuid.uuid4(), timezone.now()
    closing.save(update_fields=["sales", "sale_key", "sale_sent_at"])


@transaction.atomic
def _begin_paying(pk: int) -> None:
    found = Closing.objects.select_for_update(of=("self",)).get(pk=pk)
    if found.status == S.SELLING:
        found.status, found.paying_at = S.PAYING, timezone.now()
        found.save(update_fields=["status", "paying_at"])


# The money --------------------------------------------------------------------------------------


def rounds_of(closing: Closing) -> list[Withdrawal]:
    """The withdrawals of this closing, in order."""
    keys = [closing.round_key(number) for number in range(closing.rounds)]
    rows = {w.key: w for w in Withdrawal.objects.filter(account=closing.account, key__in=keys)}
    return [rows[key] for key in keys if key in rows]


def _pay(closing: Closing) -> timedelta | None:
    """Ask for what is free to be sent; closed once nothing is left and nothing moves."""
    account = closing.account
    made = rounds_of(closing)
    fresh = made[closing.held_rounds :]
    last = fresh[-1] if fresh else None
    if last and last.status in {Withdrawal.Status.FAILED, Withdrawal.Status.CANCELED}:
        _hold(closing.pk, f"{closing.bank} didn’t take the money.")
        return DAILY
    wallets = clients.bluum().wallets.list(account.bluum_id or "")
    wallet = next((w for w in wallets if w.currency == "USD"), None)
    if wallet is None:
        return CALM
    free = wallet.available_balance - _claimed(closing)
    if free >= limits.least_withdrawal():
        if sum(one.status == Withdrawal.Status.REFUSED for one in fresh[-3:]) == 3:
            _hold(closing.pk, "The money couldn’t be sent.")
            return DAILY
        return _ask(closing, free)
    if any(not one.is_settled for one in made) or wallet.balance >= limits.least_withdrawal():
        return timedelta(minutes=1) if _is_new(last) else CALM
    if closing.status == S.PAYING:
        _close(closing.pk)
        return DAILY
    done = closing.closed_at or timezone.now()
    return DAILY if timezone.now() - done < LOOKED_AFTER else None


def _claimed(closing: Closing) -> Decimal:
    """Asked for already, but not yet set aside at Bluum."""
    waiting = Withdrawal.objects.unclaimed().filter(account=closing.account)
    return waiting.aggregate(sum=Sum("amount"))["sum"] or ZERO


def _is_new(last: Withdrawal | None) -> bool:
    return last is not None and timezone.now() - last.created_at < timedelta(hours=1)


@transaction.atomic
def _ask(closing: Closing, free: Decimal) -> timedelta:
    """One more withdrawal, at most what one transfer may be, and never leaving too little for
    another. The round's key and its number are written together."""
    found = Closing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    if found.status not in {S.PAYING, S.CLOSED} or found.rounds != closing.rounds:
        return timedelta()
    most, least = limits.most_withdrawal(), limits.least_withdrawal()
    amount = min(free, most)
    if ZERO < free - amount < least:
        amount -= least
    if holds.holding(found.account):
        return CALM
    if not found.bank.is_usable:
        _hold(found.pk, f"{found.bank} can’t be used at the moment.")
        return DAILY
    made, new = Withdrawal.objects.get_or_create(
        account=found.account,
        key=found.round_key(found.rounds),
        defaults={
            "bank": found.bank,
            "amount": amount,
            "may_sell": True,
            "expected_on": found.expected_on,
        },
    )
    if new:
        WithdrawalEvent.objects.create(withdrawal=made, status=made.status, at=made.created_at)
        made.enqueue()
    found.rounds += 1
    found.save(update_fields=["rounds"])
    _tell(
        found,
        f"round:{found.rounds}",
        f"{words.money(amount)} is on its way to {found.bank}",
        f"It’s there by {words.day(made.expected_on or found.expected_on)}, as far as we can say. "
        "Your account is closed once nothing is left.",
    )
    return timedelta(seconds=5)


@transaction.atomic
def _close(pk: int) -> None:
    found = Closing.objects.select_for_update(of=("self",)).get(pk=pk)
    if found.status != S.PAYING:
        return
    arrived = Withdrawal.objects.filter(
        account=found.account,
        key__in=[found.round_key(number) for number in range(found.rounds)],
        status=Withdrawal.Status.COMPLETED,
    )
    found.paid = arrived.aggregate(sum=Sum("amount"))["sum"] or ZERO
    found.status, found.closed_at, found.problem = S.CLOSED, timezone.now(), ""
    found.save(update_fields=["status", "closed_at", "paid", "problem"])
    _tell(found, "closed", "Your account is closed",
          f"{words.money(found.paid)} went to {found.bank}. Your letter and all papers stay "
          f"readable for {limits.KEPT_YEARS} years.")  # fmt: skip


@transaction.atomic
def _hold(pk: int, problem: str) -> None:
    """A person has to look: operations sees it in their queue."""
    found = Closing.objects.select_for_update(of=("self",)).get(pk=pk)
    if found.status == S.HELD:
        return
    found.status, found.problem = S.HELD, problem[:300]
    found.save(update_fields=["status", "problem"])
    _tell(found, f"held:{found.rounds}", "Closing your account needs a hand",
          f"{problem} Your money is in your account. We look into it.")  # fmt: skip


def _tell(closing: Closing, what: str, title: str, body: str) -> None:
    tell(
        account=closing.account,
        key=f"closing:{closing.pk}:{what}",
        title=title,
        body=body,
        url=reverse("funding:closing-status"),
        topic=Topic.ACCOUNT,
    )
