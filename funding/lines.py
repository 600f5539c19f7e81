"""Lines of the ledger in words: what a movement of cash was, why, and where it leads."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Avg
from django.db.models.functions import TruncMonth
from django.urls import reverse

from accounts.models import Account
from funding import reasons
from funding.models import Deposit, Movement, MovementQuerySet
from portfolios.models import Investment, Report, Valuation
from robo import partner
from robo.ui import words

NEW_YORK = ZoneInfo("America/New_York")
K = Movement.Kind
ZERO = Decimal(0)
SYMBOLS = 8
"""How many a line names before it says “and more”."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. `amount` counts in the cash, `balance` is the cash after; None where none moved.
    A line may hold others: the trades of a run, newest first; its amount is theirs together."""

    day: date
    title: str
    kind: str
    detail: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    amount: Decimal | None = None
    balance: Decimal | None = None
    status: str = ""
    anchor: str = ""
    symbol: str = ""
    run: Investment | None = None
    inside: tuple["Entry", ...] = ()


def entries_of(
    rows: MovementQuerySet, account: Account, most: int | None = None
) -> Iterator[Entry]:
    """Lines of cash in words, newest first, `most` of them."""
    known = rows.newest_first().select_related(
        "deposit__bank", "deposit__schedule", "withdrawal__bank", "run"
    )
    monthly = Report.objects.filter(
        account=account, kind=Report.Kind.STATEMENT, span="monthly", status=Report.Status.READY,
        replaced_by=None,
    )  # fmt: skip
    statements = dict(monthly.values_list("first_day", "pk"))
    averages = cache(lambda: worth_by_month(account))
    for row in known[:most].iterator(chunk_size=500):
        entry = _in_words(row, statements)
        yield _with_formula(entry, row, averages()) if _is_advisory_fee(row) else entry


def worth_by_month(account: Account) -> dict[date, Decimal]:
    """What the account was worth on average at the closes of each month, dollars, by its first
    day."""
    closes = Valuation.objects.filter(portfolio__account=account)
    months = closes.annotate(month=TruncMonth("day")).order_by().values("month")
    return dict(months.annotate(worth=Avg("value")).values_list("month", "worth"))


def _is_advisory_fee(row: Movement) -> bool:
    return row.kind == K.FEE and (not row.words or "advis" in row.words.lower())


def _with_formula(entry: Entry, row: Movement, averages: Mapping[date, Decimal]) -> Entry:
    """An advisory fee with the month it is for and what the agreement makes of that month: the
    yearly share of its average worth, by its days in a year of 365. Ours, so "about": Bluum counts
    each day."""
    last = row.month - timedelta(days=1)
    worth = averages.get(last.replace(day=1))
    share = partner.current().fees.advisory
    agreed = f"{words.percent(share)} a year of what your account is worth, day by day"
    facts = [("For", words.month(last)), ("Agreed", agreed)]
    if worth is not None:
        about = words.money(worth * share * last.day / 365)
        sentence = f"On {words.money(worth)}, the average of the month’s closes: about {about}"
        facts.append(("By that", sentence))
    return replace(
        entry, detail=f"For {words.month(last)}", facts=(entry.facts[0], *facts, *entry.facts[1:])
    )


def _in_words(row: Movement, statements: Mapping[date, int]) -> Entry:
    title, detail, links = _sentence(row)
    facts: list[tuple[str, str]] = [("Booked on", words.long_day(row.day))]
    if row.quantity is not None:
        facts.append(("Shares", f"{row.quantity.normalize():f}"))
    if row.price is not None:
        facts.append(("Price", words.money(row.price)))
    if row.run:
        facts.append(("Why", _why(row)))
    if row.order_id:
        facts.append(("Our custodian’s order", row.order_id))
    transfer = row.deposit or row.withdrawal
    if transfer:
        facts.append(("Asked for", words.moment(transfer.created_at)))
        facts.append(("Reference", transfer.reference))
    if row.words:
        facts.append(("Our custodian’s words", row.words))
    if row.corrected_at:
        facts.append(("Corrected", f"Our custodian changed it on {words.day(row.corrected_at)}."))
    if row.month in statements:
        name = f"Statement of {words.month(row.month)}"
        links.append((name, reverse("portfolios:report", args=[statements[row.month]])))
    kind = {K.DEPOSIT_RETURN: "return", K.WITHDRAWAL_RETURN: "return"}.get(K(row.kind), row.kind)
    if row.kind == K.DEPOSIT and row.deposit and row.deposit.schedule_id:
        kind = "auto_invest"
    return Entry(
        day=row.day,
        title=title,
        kind=str(kind),
        detail=detail,
        facts=tuple(facts),
        links=tuple(links),
        amount=row.amount,
        balance=row.balance,
        status="returned" if kind == "return" else "completed",
        anchor=f"m{row.pk}",
        symbol=row.symbol,
        run=row.run,
    )


def _sentence(row: Movement) -> tuple[str, str, list[tuple[str, str]]]:
    """The line as a sentence, what stands under it, and where it leads."""
    deposit, withdrawal = row.deposit, row.withdrawal
    links: list[tuple[str, str]] = []
    if deposit:
        links.append(("The deposit", reverse("funding:deposit-status", args=[deposit.pk])))
    if withdrawal:
        links.append(("The withdrawal", reverse("funding:withdrawal-status", args=[withdrawal.pk])))
    if row.symbol:
        links.append((row.symbol, reverse("portfolios:portfolio-holding", args=[row.symbol])))
    if row.run:
        links.append(_to_run(row.run))
    if row.kind == K.DEPOSIT:
        name = "Auto-invest deposit" if deposit and deposit.schedule_id else "Deposit"
        return name, f"From {deposit.bank}" if deposit and deposit.bank else "", links
    if row.kind == K.WITHDRAWAL:
        return (
            "Withdrawal",
            f"To {withdrawal.bank}" if withdrawal and withdrawal.bank else "",
            links,
        )
    if row.kind == K.DEPOSIT_RETURN:
        why = reasons.of_failure(deposit.failure_reason).sentence if deposit else row.words
        return "Deposit taken back by your bank", why, links
    if row.kind == K.WITHDRAWAL_RETURN:
        return "Withdrawal sent back by your bank", "", links
    if row.kind in {K.BUY, K.SELL}:
        verb = "Bought" if row.kind == K.BUY else "Sold"
        told = row.quantity is not None and row.price is not None
        shares = f"{_shares(row)} at {words.money(row.price)}" if told else ""
        return f"{verb} {row.symbol}", shares, links
    if row.kind == K.DIVIDEND:
        return f"Dividend from {row.symbol}" if row.symbol else "Dividend", "", links
    if row.kind == K.INTEREST:
        return "Interest on your cash", "", links
    return row.words or "Fee", "", links


def _shares(row: Movement) -> str:
    """Shares, short: three digits after the point at most. The facts have them all."""
    assert row.quantity is not None
    count = row.quantity.quantize(Decimal("0.001")).normalize()
    return f"{count:f} share{'' if count == 1 else 's'}"


def _why(row: Movement) -> str:
    assert row.run
    said = next((t.get("reason") for t in row.run.trades if t["symbol"] == row.symbol), "")
    return str(said or row.run.why)


def _to_run(run: Investment) -> tuple[str, str]:
    """Where the run stands among all, on whatever page that is."""
    page = reverse("portfolios:portfolio-rebalancing")
    return "The run it was part of", f"{page}?run={run.pk}#run-{run.pk}"


# Together ------------------------------------------------------------------------------------


def together(lines: Iterable[Entry]) -> Iterator[Entry]:
    """Whole days, newest first: the purchases or sales of a run on a day as one line, a day's
    dividends, and what was taken back in parts. The cash after each is counted anew, as lines of
    two runs may lie mixed."""
    for (_, kind), found in groupby(lines, lambda line: (line.day, line.kind)):
        stretch = [*found]
        balance = stretch[0].balance
        if kind not in {K.BUY, K.SELL, K.DIVIDEND, "return"} or balance is None:
            yield from stretch
            continue
        by_run: dict[tuple[int | None, str], list[Entry]] = {}
        for line in stretch:
            returned = line.title + line.detail if kind == "return" else ""
            run = line.run.pk if line.run else None
            by_run.setdefault((run, returned), []).append(line)
        for of_run in by_run.values():
            amount = sum((line.amount or ZERO for line in of_run), ZERO)
            first = of_run[0] if len(of_run) == 1 else _as_one(of_run)
            yield replace(first, amount=amount, balance=balance)
            balance -= amount


def _as_one(lines: list[Entry]) -> Entry:
    """Lines of one day, kind and run, as a line that holds them."""
    first = lines[0]
    lines = [replace(line, facts=line.facts[1:]) for line in lines]  # their day is said above
    if first.kind == "return":
        parts = f"In {len(lines)} parts"
        return replace(first, detail=parts, facts=first.facts[:1], anchor="", inside=tuple(lines))
    symbols = sorted({line.symbol for line in lines})
    more = f" and {len(symbols) - SYMBOLS} more" if len(symbols) > SYMBOLS else ""
    what = f"{len(symbols)} funds" if len(symbols) > 1 else symbols[0]
    facts = [("Booked on", words.long_day(first.day))]
    if first.run:
        facts.append(("Why", first.run.why))
    return Entry(
        day=first.day,
        title=_title_of(first, what),
        kind=first.kind,
        detail=", ".join(symbols[:SYMBOLS]) + more,
        facts=tuple(facts),
        links=(_to_run(first.run),) if first.run else (),
        status=first.status,
        inside=tuple(sorted(lines, key=lambda line: (line.symbol, line.anchor))),
    )


def _title_of(line: Entry, what: str) -> str:
    if line.kind == K.DIVIDEND:
        return f"Dividends from {what}"
    verb = "bought" if line.kind == K.BUY else "sold"
    if line.run and line.run.is_rebalance:
        return f"Rebalance: {verb} {what}"
    if line.kind == K.BUY:
        again = line.run and line.run.cause.startswith("withdrawal-canceled")
        return f"Invested{' again' if again else ''} in {what}"
    return f"{verb.capitalize()} {what}"


ENDINGS = {
    "failed": "didn’t go through",
    "refused": "wasn’t accepted",
    "canceled": "was canceled",
    "expired": "lapsed",
}


def of_attempt(row: Any) -> Entry:
    is_deposit = isinstance(row, Deposit)
    name = "withdrawal"
    if is_deposit:
        name = "auto-invest deposit" if row.schedule_id else "deposit"
    amount = words.money(row.amount)
    facts = [("Amount", f"{amount}, nothing moved"), ("Reference", row.reference)]
    if row.failure_reason:
        facts.append(("Why", reasons.of_failure(row.failure_reason).sentence))
    page = "deposit-status" if is_deposit else "withdrawal-status"
    return Entry(
        day=(row.settled_at or row.created_at).astimezone(NEW_YORK).date(),
        title=f"{amount} {name} {ENDINGS[row.status]}",
        kind="auto_invest" if name.startswith("auto") else name,
        detail=f"{'From' if is_deposit else 'To'} {row.bank}" if row.bank else "",
        facts=tuple(facts),
        links=((f"The {name}", reverse(f"funding:{page}", args=[row.pk])),),
        status=row.status,
    )
