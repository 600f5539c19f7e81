"""The ledger, read from Bluum's statements: month by month, replaced together, and added up.

Statements are the only place where Bluum tells every movement of cash (dividends, fees and returns
too), and theirs is the day that counts. A month's lines are one answer; each statement begins where
the one before ended, so months side by side have every movement once. What an item's fields are
called isn't documented: what can't be read is left out, and then the sum says that it's missing.
"""

import zoneinfo
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils import timezone

from accounts.models import Account
from funding.models import Deposit, Ledger, Movement, Wallet, Withdrawal
from portfolios.models import Investment
from portfolios.planning.months import months_later
from robo import clients
from robo.bluum.reports import Activity

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
CENT = Decimal("0.01")
ZERO = Decimal("0.00")
DAY = timedelta(days=1)
CALM = timedelta(hours=6)
AGAIN = timedelta(seconds=20)
"""Something moved between two questions: ask once more."""
OFF = timedelta(minutes=30)
LATE = 2
"""Past months that are read again each day: a correction usually comes within them."""
NEAR = timedelta(days=5)
"""A booking's day and our own row's day may lie a weekend apart."""
K = Movement.Kind
OTHER_TYPES = {
    "withdrawal_return": K.WITHDRAWAL_RETURN,
    "deposit_return": K.DEPOSIT_RETURN,
    "debt_repaid": K.DEPOSIT_RETURN,
    "interest": K.INTEREST,
}
IN = {K.DEPOSIT, K.WITHDRAWAL_RETURN, K.SELL, K.DIVIDEND, K.INTEREST}
TURN = (
    K.DEPOSIT, K.WITHDRAWAL_RETURN, K.DIVIDEND, K.INTEREST, K.SELL, K.FEE, K.BUY, K.WITHDRAWAL,
    K.DEPOSIT_RETURN,
)  # fmt: skip
"""Bluum tells days and no times: within a day, what came in stands before what went out."""


@dataclass(frozen=True, slots=True)
class Line:
    """A movement as the statement told it. `amount` with its sign, dollars."""

    kind: str
    day: date
    amount: Decimal
    symbol: str = ""
    quantity: Decimal | None = None
    price: Decimal | None = None
    order_id: str = ""
    words: str = ""
    key: str = ""


def look_after(wallet: Wallet) -> None:
    """Each account with a wallet has a ledger; when the cash differs, it is read now."""
    if not wallet.account.is_advised:
        return
    found, created = Ledger.objects.get_or_create(account_id=wallet.account_id)
    if created or found.balance != wallet.balance:
        found.poke()


def advance_ledger(ledger: Ledger) -> timedelta | None:
    """Read what is new, and see whether it adds up to the cash. Never settled for good."""
    account = ledger.account
    if not account.is_advised:
        return None  # Bluum makes statements of advised accounts only
    if wait := account.wait_until_open():
        return max(wait, timedelta(minutes=1))
    now = timezone.now()
    today = now.astimezone(NEW_YORK).date()
    account_id = str(account.bluum_id)
    every = ledger.read_all_at is None or (
        ledger.off_since is not None and ledger.read_all_at < now - DAY
    )
    read: dict[date, list[Line]] = {}
    for month in months_to_read(ledger, today, every=every):
        last = min(months_later(month, 1) - DAY, today)
        found = clients.bluum().reports.statement(
            account_id, period="custom", start_date=month, end_date=last
        )
        read[month] = list(lines_of(found.activity or Activity()))
    apply_months(account, read)
    wallets = clients.bluum().wallets.list(account_id)
    cash = next((w.balance for w in wallets if w.currency == "USD"), None)
    adds_up = apply_read(ledger.pk, cash, now, every=every)
    return CALM if adds_up else AGAIN if _just_off(ledger.pk, now) else OFF


def months_to_read(ledger: Ledger, today: date, *, every: bool) -> Iterator[date]:
    """First days: all at first, the past two and this one once a day, else this one. Those that
    have passed since it was last read are among them."""
    this = today.replace(day=1)
    began = ledger.account.opened_at or ledger.account.created_at
    if every:
        oldest = Deposit.objects.filter(account=ledger.account).order_by("created_at").first()
        began = min(began, oldest.created_at) if oldest else began
        month = began.astimezone(NEW_YORK).date().replace(day=1)
    elif ledger.read_at and ledger.read_at.astimezone(NEW_YORK).date() == today:
        month = this
    else:
        month = months_later(this, -LATE)
        if ledger.read_at:
            month = min(month, ledger.read_at.astimezone(NEW_YORK).date().replace(day=1))
        month = max(month, began.astimezone(NEW_YORK).date().replace(day=1))
    while month <= this:
        yield month
        month = months_later(month, 1)


def _just_off(pk: int, now: datetime) -> bool:
    since = Ledger.objects.values_list("off_since", flat=True).get(pk=pk)
    return since is not None and since > now - timedelta(minutes=2)


# From a statement to lines ------------------------------------------------------------------


def lines_of(activity: Activity) -> Iterator[Line]:
    """The lines of a statement's lists that can be read."""
    lists: tuple[tuple[Iterable[Mapping[str, Any]], str], ...] = (
        (activity.deposits, K.DEPOSIT),
        (activity.withdrawals, K.WITHDRAWAL),
        (activity.dividends, K.DIVIDEND),
        (activity.fees, K.FEE),
        (activity.trades, ""),
    )
    for items, kind in lists:
        for item in items:
            if line := line_of(item, kind):
                yield line


def line_of(item: Mapping[str, Any], kind: str) -> Line | None:
    """One item; None if its day, its amount or, of a trade, its side isn't there."""
    told = str(item.get("type") or "").lower()
    side = str(item.get("side") or told).lower()
    found = (kind and OTHER_TYPES.get(told, kind)) or {"buy": K.BUY, "sell": K.SELL}.get(side)
    amount, day = _number(item.get("amount")), _day(item.get("date"))
    if not found or amount is None or day is None:
        return None
    amount = abs(amount).quantize(CENT)
    return Line(
        kind=str(found),
        day=day,
        amount=amount if found in IN else -amount,
        symbol=str(item.get("symbol") or "")[:20],
        quantity=_number(item.get("quantity")),
        price=_number(item.get("price")),
        order_id=str(item.get("order_id") or "")[:64],
        words=str(item.get("description") or "")[:200],
    )


def _number(value: object) -> Decimal | None:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None


def named(lines: Iterable[Line]) -> list[Line]:
    """Each with a key that stays the same whenever it is read: an order's fills by their number,
    anything else by its day, symbol and amount, counted where two are alike."""
    seen: Counter[str] = Counter()
    found = []
    for line in lines:
        about = line.order_id or f"{line.day}:{line.symbol}:{abs(line.amount)}"
        key = f"{line.kind}:{about}"
        seen[key] += 1
        found.append(replace(line, key=f"{key}:{seen[key]}"))
    return found


# Writing -------------------------------------------------------------------------------------


@transaction.atomic
def apply_months(account: Account, read: Mapping[date, list[Line]]) -> None:
    """The lines of these months become those: new ones added, changed ones corrected, gone ones
    removed. A line that only moved to another day, or got another amount, keeps its name."""
    Ledger.objects.select_for_update().get(account=account)
    kept = {row.key: row for row in Movement.objects.filter(account=account, month__in=read)}
    lines = [(month, line) for month, found in read.items() for line in named(found)]
    same = {line.key: kept.pop(line.key) for _, line in lines if line.key in kept}
    write: list[Movement] = []
    for month, line in lines:
        row = same.get(line.key) or _moved(line, kept)
        fresh = row is None
        row = row or Movement(account=account, key=line.key, balance=ZERO)
        before = (row.day, row.amount, row.quantity)
        row.kind, row.month, row.day = line.kind, month, line.day
        row.amount, row.symbol, row.words = line.amount, line.symbol, line.words
        row.quantity, row.price, row.order_id = line.quantity, line.price, line.order_id
        row.place = TURN.index(K(line.kind))
        if not fresh and before != (row.day, row.amount, row.quantity):
            row.corrected_at = timezone.now()
        write.append(row)
    Movement.objects.filter(pk__in=[row.pk for row in kept.values()]).delete()
    Movement.objects.bulk_create(
        write,
        update_conflicts=True,
        unique_fields=["account", "key"],
        update_fields=[
            "kind", "month", "day", "place", "amount", "symbol", "quantity", "price", "order_id",
            "words", "corrected_at",
        ],
    )  # fmt: skip
    if read:
        add_up(account, min(read))
    link(account)


def _moved(line: Line, left: dict[str, Movement]) -> Movement | None:
    """Among the rows that no line names: the same movement on another day (Bluum posts what comes
    after a month's last close on the first of the next), or with another amount on the same day."""
    for row in left.values():
        alike = row.kind == line.kind and row.symbol == line.symbol
        near = abs(row.day - line.day) <= NEAR and row.amount == line.amount
        if alike and row.order_id == line.order_id and (near or row.day == line.day):
            return left.pop(row.key)
    return None


def add_up(account: Account, month: date) -> None:
    """Write the running balance from a month on."""
    rows = Movement.objects.filter(account=account)
    last = rows.filter(day__lt=month).newest_first().values_list("balance", flat=True).first()
    balance, changed = last or ZERO, []
    for row in rows.filter(day__gte=month).in_order().only("amount", "balance"):
        balance += row.amount
        if row.balance != balance:
            row.balance = balance
            changed.append(row)
    Movement.objects.bulk_update(changed, ["balance"], batch_size=500)


@transaction.atomic
def apply_read(pk: int, cash: Decimal | None, now: datetime, *, every: bool) -> bool:
    """Note the look. Whether all amounts add up to the cash."""
    row = Ledger.objects.select_for_update().get(pk=pk)
    total = Movement.objects.filter(account=row.account_id).aggregate(s=Sum("amount"))["s"] or ZERO
    adds_up = cash is not None and total == cash
    row.balance, row.read_at = cash, now
    row.off_since = None if adds_up else row.off_since or now
    if every:
        row.read_all_at = now
    row.save(update_fields=["balance", "read_at", "read_all_at", "off_since"])
    return adds_up


# What a line belongs to ----------------------------------------------------------------------


def link(account: Account) -> None:
    """Tie lines to the deposit, withdrawal or run of orders that they are of, where one fits."""
    alone = Movement.objects.filter(account=account)
    transfers = alone.filter(
        kind__in=[K.DEPOSIT, K.DEPOSIT_RETURN, K.WITHDRAWAL, K.WITHDRAWAL_RETURN],
        deposit=None,
        withdrawal=None,
    ).in_order()
    changed: list[Movement] = []
    if rows := list(transfers):
        changed += _link_transfers(account, rows)
    trades = alone.filter(kind__in=[K.BUY, K.SELL], run=None).in_order()
    if rows := list(trades):
        changed += _link_runs(account, rows)
    Movement.objects.bulk_update(changed, ["deposit", "withdrawal", "run"], batch_size=500)


def _link_transfers(account: Account, rows: list[Movement]) -> Iterator[Movement]:
    deposits = list(Deposit.objects.filter(account=account).exclude(completed_at=None))
    withdrawals = list(Withdrawal.objects.filter(account=account).exclude(completed_at=None))
    taken = {
        (row.kind, row.deposit_id or row.withdrawal_id)
        for row in Movement.objects.filter(account=account).exclude(deposit=None, withdrawal=None)
    }
    for row in rows:
        is_deposit = row.kind in {K.DEPOSIT, K.DEPOSIT_RETURN}
        back = row.kind in {K.DEPOSIT_RETURN, K.WITHDRAWAL_RETURN}
        fitting: list[tuple[timedelta, int, Deposit | Withdrawal]] = []
        for one in deposits if is_deposit else withdrawals:
            at = one.settled_at if back else one.completed_at
            apart = abs(at.astimezone(NEW_YORK).date() - row.day) if at else NEAR * 2
            same = one.amount == abs(row.amount)
            if same and apart <= NEAR and (row.kind, one.pk) not in taken:
                fitting.append((apart, one.pk, one))
        if fitting:
            found = min(fitting, key=lambda entry: entry[:2])[2]
            taken.add((row.kind, found.pk))
            if isinstance(found, Deposit):
                row.deposit = found
            else:
                row.withdrawal = found
            yield row


def _link_runs(account: Account, rows: list[Movement]) -> Iterator[Movement]:
    """A trade is of a run that asked for this symbol on this side, shortly before, for about as
    much; the nearest in amount if there are several."""
    runs = list(Investment.objects.filter(account=account).exclude(sent_at=None))
    for row in rows:
        fitting = []
        for run in runs:
            assert run.sent_at is not None
            sent = run.sent_at.astimezone(NEW_YORK).date()
            if not sent <= row.day <= sent + NEAR:
                continue
            for trade in run.trades:
                same = trade["symbol"] == row.symbol and trade.get("action", "buy") == row.kind
                asked = Decimal(trade["notional"])
                if same and abs(asked - abs(row.amount)) <= max(asked / 50, CENT * 5):
                    fitting.append((abs(asked - abs(row.amount)), run.pk, run))
        if fitting:
            row.run = min(fitting, key=lambda entry: entry[:2])[2]
            yield row
