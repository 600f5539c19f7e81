"""The ledger as people read it: lines of cash, and what happened without any, chosen and in words.

Lines of cash come from `Movement`, by the database, a page at a time. What moved nothing (a failed
deposit, a signed policy) is few and is told by the apps. Pages are cut between days, so the address
of a page says a day, and a day is never torn.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding import calendar, reasons
from funding.models import Deposit, Ledger, Movement, MovementQuerySet, Withdrawal
from funding.search import Asked, understand
from portfolios.models import Investment, Report
from robo import agenda
from robo.ui import words
from robo.ui.forms import MoneyField, MoneyInput

NEW_YORK = ZoneInfo("America/New_York")
PER_PAGE = 50
K = Movement.Kind
MONEY = {
    "deposit": "Deposits",
    "auto_invest": "Auto-invest",
    "withdrawal": "Withdrawals",
    "buy": "Purchases",
    "sell": "Sales",
    "dividend": "Dividends",
    "interest": "Interest",
    "fee": "Fees",
    "return": "Returned transfers",
}
OTHER = {
    "order": "Orders",
    "policy": "Policy",
    "goal": "Goals",
    "bank": "Banks",
    "risk": "Risk answers",
    "account": "Account",
    "document": "Documents",
}
STATES = {"completed": "Completed", "failed": "Failed", "canceled": "Canceled"}
TOLD_BY_CASH = {"deposit", "withdrawal", "auto_invest", "investment", "dividend", "fee"}
"""Kinds of the apps' activity that the lines of cash tell already."""
NEVER = {
    "failed": ("failed", "refused"),
    "canceled": ("canceled", "expired"),
}
CAUSES = {
    "deposit": "A deposit had arrived.",
    "auto_invest": "Auto-invest had brought money in.",
    "withdrawal": "Money was needed for a withdrawal.",
    "drift": "A class was too far from its target.",
    "rebalance": "A class was too far from its target.",
    "dividend": "Dividends had come together.",
}


class ActivityForm(forms.Form):
    """What the address asks for. Every field may be left out."""

    q = forms.CharField(
        max_length=200,
        required=False,
        label="Search your activity",
        widget=forms.TextInput(
            {"type": "search", "class": "input", "aria-describedby": "id_q_hint"}
        ),
    )
    kind = forms.ChoiceField(
        choices=[
            ("", "Everything"),
            *MONEY.items(),
            ("trade", "Purchases and sales"),
            *OTHER.items(),
        ],
        required=False,
        label="Kind",
        widget=forms.Select({"class": "input"}),
    )
    status = forms.ChoiceField(
        choices=[("", "Any"), *STATES.items()],
        required=False,
        label="Status",
        widget=forms.Select({"class": "input"}),
    )
    first = forms.DateField(
        required=False, label="From", widget=forms.DateInput({"type": "date", "class": "input"})
    )
    last = forms.DateField(
        required=False, label="To", widget=forms.DateInput({"type": "date", "class": "input"})
    )
    least = MoneyField(required=False, label="At least", widget=MoneyInput({"class": "input"}))
    most = MoneyField(required=False, label="At most", widget=MoneyInput({"class": "input"}))
    only = forms.ChoiceField(
        choices=[("", ""), ("money", "Money only")], required=False, label="Only"
    )


@dataclass(frozen=True, slots=True)
class Entry:
    """A line. `amount` counts in the cash, `balance` is the cash after; None where none moved."""

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


@dataclass(slots=True)
class Choice:
    """The lines an address asks for."""

    account: Account
    asked: Asked
    given: dict[str, str]
    """The address's own parts, without those that are empty."""
    only_money: bool = False
    errors: dict[str, str] = field(default_factory=dict)

    @property
    def is_narrowed(self) -> bool:
        return not self.asked.is_empty or self.only_money

    def address(self, **more: str) -> str:
        """`?…` with these parts changed; an empty one goes."""
        parts = {k: v for k, v in {**self.given, **more}.items() if v}
        return f"?{urlencode(parts)}" if parts else ""


def chosen(account: Account, given: Mapping[str, Any]) -> Choice:
    """What an address asks for: the box's words, then the fields, which win."""
    form = ActivityForm(given)
    form.is_valid()
    told = {name: form.cleaned_data.get(name) for name in form.fields}
    known = Movement.objects.filter(account=account).exclude(symbol="")
    q = str(told["q"] or "")
    symbols = set(known.order_by().values_list("symbol", flat=True).distinct()) if q else set()
    asked = understand(q, timezone.now().astimezone(NEW_YORK).date(), symbols)
    if told["kind"]:
        asked.kinds = {told["kind"]}
    if told["status"]:
        asked.states = {told["status"]}
    for name in ("first", "last", "least", "most"):
        if told[name] is not None:
            setattr(asked, name, told[name])
    kept = {
        name: str(given.get(name) or "").strip()
        for name in form.fields
        if name not in form.errors and given.get(name)
    }
    return Choice(
        account, asked, kept, told["only"] == "money",
        {name: str(found[0]) for name, found in form.errors.items()},
    )  # fmt: skip


# Lines of cash --------------------------------------------------------------------------------


def movements(choice: Choice) -> MovementQuerySet:
    """The lines of cash that are asked for, in no order yet."""
    asked = choice.asked
    rows: MovementQuerySet = Movement.objects.filter(account=choice.account)
    if asked.states and "completed" not in asked.states:
        return rows.none()
    if asked.kinds:
        rows = rows.filter(_of_kinds(asked.kinds))
    if asked.first:
        rows = rows.filter(day__gte=asked.first)
    if asked.last:
        rows = rows.filter(day__lte=asked.last)
    if asked.least is not None or asked.most is not None:
        rows = rows.alias(size=Abs("amount"))
        if asked.least is not None:
            rows = rows.filter(size__gte=asked.least)
        if asked.most is not None:
            rows = rows.filter(size__lte=asked.most)
    if asked.symbols:
        rows = rows.filter(symbol__in=asked.symbols)
    for word in asked.words:
        rows = rows.filter(
            Q(words__icontains=word)
            | Q(symbol__iexact=word)
            | Q(deposit__bank__institution__icontains=word)
            | Q(deposit__bank__name__icontains=word)
            | Q(deposit__bank__mask=word)
            | Q(withdrawal__bank__institution__icontains=word)
            | Q(withdrawal__bank__name__icontains=word)
            | Q(withdrawal__bank__mask=word)
        )
    return rows


def _of_kinds(kinds: set[str]) -> Q:
    own = {
        "deposit": Q(kind__in=[K.DEPOSIT, K.DEPOSIT_RETURN]),
        "withdrawal": Q(kind__in=[K.WITHDRAWAL, K.WITHDRAWAL_RETURN]),
        "auto_invest": Q(kind=K.DEPOSIT, deposit__schedule__isnull=False),
        "trade": Q(kind__in=[K.BUY, K.SELL]),
        "return": Q(kind__in=[K.DEPOSIT_RETURN, K.WITHDRAWAL_RETURN]),
    }
    if "return" in kinds and (of := kinds & {"deposit", "withdrawal"}):
        return Q(kind__in=[f"{name}_return" for name in of])
    found = Q(pk__in=[])
    for kind in kinds:
        found |= own.get(kind, Q(kind=kind))
    return found


@dataclass(frozen=True, slots=True)
class Total:
    """How many lines of cash are asked for, and what they come to."""

    count: int
    amount: Decimal


def total(choice: Choice) -> Total:
    found = movements(choice).aggregate(count=Count("pk"), amount=Sum("amount"))
    return Total(found["count"], found["amount"] or Decimal(0))


# Lines of no cash ----------------------------------------------------------------------------


def without_cash(choice: Choice) -> list[Entry]:
    """Transfers that never moved anything, and what the apps tell; asked for, newest first."""
    found = [*_never_moved(choice)]
    if not choice.only_money:
        found += _told(choice)
    return sorted(found, key=lambda entry: entry.day, reverse=True)


def _never_moved(choice: Choice) -> Iterator[Entry]:
    asked = choice.asked
    states = {s for s in NEVER if not asked.states or s in asked.states}
    statuses = [status for state in states for status in NEVER[state]]
    wanted = asked.kinds or {"deposit", "withdrawal", "auto_invest"}
    models: tuple[tuple[type[Deposit] | type[Withdrawal], set[str]], ...] = (
        (Deposit, {"deposit", "auto_invest"}),
        (Withdrawal, {"withdrawal"}),
    )
    for model, kinds in models:
        if asked.symbols or not kinds & wanted or not statuses or "return" in asked.kinds:
            continue
        rows = model._default_manager.filter(account=choice.account, status__in=statuses)
        rows = rows.filter(completed_at=None).select_related("bank").order_by("-created_at")
        if asked.least is not None:
            rows = rows.filter(amount__gte=asked.least)
        if asked.most is not None:
            rows = rows.filter(amount__lte=asked.most)
        for row in rows[:500]:
            if kinds & wanted == {"auto_invest"} and not row.schedule_id:
                continue
            entry = _attempt(row)
            if _fits(entry, asked, f"{row.bank} {row.bank.institution if row.bank else ''}"):
                yield entry


ENDINGS = {
    "failed": "didn’t go through",
    "refused": "wasn’t accepted",
    "canceled": "was canceled",
    "expired": "lapsed",
}


def _attempt(row: Any) -> Entry:
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


def _told(choice: Choice) -> Iterator[Entry]:
    """What the apps tell. An account that its owner trades has no lines of cash: Bluum makes no
    statements of it, so here the apps tell of money, too."""
    asked, has_lines = choice.asked, choice.account.is_advised
    if asked.states or asked.symbols or asked.least is not None or asked.most is not None:
        return
    for item in agenda.things_that_happened(choice.account):
        told_elsewhere = has_lines and item.kind in TOLD_BY_CASH and not _is_plain(item)
        if told_elsewhere or (asked.kinds and item.kind not in asked.kinds) or item.at is None:
            continue
        entry = Entry(
            day=item.at.astimezone(NEW_YORK).date(),
            title=item.title,
            kind=item.kind,
            detail=item.detail,
            links=(("See it", item.url),) if item.url else (),
            amount=None if has_lines else item.amount,
        )
        if _fits(entry, asked):
            yield entry


def _is_plain(item: agenda.Item) -> bool:
    """Something about schedules or runs that is no movement: set up, or failed."""
    set_up = item.kind == "auto_invest" and item.amount is None and item.status not in ENDINGS
    return set_up or (item.kind == "investment" and item.status == Investment.Status.FAILED)


def _fits(entry: Entry, asked: Asked, more: str = "") -> bool:
    said = f"{entry.title} {entry.detail} {more}".casefold()
    return (
        (asked.first is None or entry.day >= asked.first)
        and (asked.last is None or entry.day <= asked.last)
        and all(word in said for word in asked.words)
    )


# Together ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Page:
    """Whole days, newest first. `older` is the day before which the next page begins."""

    entries: list[Entry]
    older: date | None


def page_of(choice: Choice, before: date | None, size: int = PER_PAGE) -> Page:
    """About `size` lines before a day: as many whole days as it takes."""
    rows, others = movements(choice), without_cash(choice)
    if before:
        rows = rows.filter(day__lt=before)
        others = [entry for entry in others if entry.day < before]
    days = [*rows.order_by("-day").values_list("day", flat=True)[: size + 1]]
    days = sorted([*days, *(entry.day for entry in others)], reverse=True)
    since = days[size - 1] if len(days) > size else None
    if since:
        rows = rows.filter(day__gte=since)
        others = [entry for entry in others if entry.day >= since]
    found = [*entries_of(rows, choice.account), *others]
    found.sort(key=lambda entry: entry.day, reverse=True)
    is_more = since is not None and days[-1] < since
    if since is not None and not is_more:
        is_more = _any_before(choice, since)
    return Page(found, since if is_more else None)


def _any_before(choice: Choice, day: date) -> bool:
    return movements(choice).filter(day__lt=day).exists()


def every_entry(choice: Choice) -> Iterator[Entry]:
    """All that are asked for, newest first: for a file."""
    others = without_cash(choice)
    for entry in entries_of(movements(choice), choice.account):
        while others and others[0].day > entry.day:
            yield others.pop(0)
        yield entry
    yield from others


def entries_of(rows: MovementQuerySet, account: Account) -> Iterator[Entry]:
    """Lines of cash in words, newest first."""
    known = rows.newest_first().select_related(
        "deposit__bank", "deposit__schedule", "withdrawal__bank", "run"
    )
    monthly = Report.objects.filter(
        account=account, kind=Report.Kind.STATEMENT, span="monthly", status=Report.Status.READY
    )
    statements = dict(monthly.values_list("first_day", "pk"))
    for row in known.iterator(chunk_size=500):
        yield _in_words(row, statements)


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
        facts.append(("Order at Bluum", row.order_id))
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
        links.append(("The run it was part of", reverse("portfolios:portfolio-rebalancing")))
    if row.kind == K.DEPOSIT:
        name = "Auto-invest brought money in" if deposit and deposit.schedule_id else "Deposit"
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
    cause = CAUSES.get(row.run.cause.partition(":")[0], "")
    return str(said or cause or "Cash was waiting to be invested.")


# What is under way ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Coming:
    """Money under way: when it is expected, and whether it can still be stopped."""

    title: str
    amount: Decimal
    url: str
    expected: date | None
    detail: str
    cancel: str
    cancel_url: str = ""


def under_way(account: Account, ledger: Ledger | None) -> list[Coming]:
    """Deposits and withdrawals that haven't ended, and those that have but aren't booked yet."""
    found: list[Coming] = []
    read_at = ledger.read_at if ledger and ledger.read_at else None
    now = timezone.now()
    fresh = now - timedelta(hours=1)
    for d in (
        Deposit.objects.filter(account=account)
        .filter(
            Q(status__in=Deposit.OPEN)
            | Q(status="completed", movements=None, completed_at__gte=max(read_at or fresh, fresh))
        )
        .select_related("bank")
    ):
        bank, url = d.bank or "your bank", reverse("funding:deposit-status", args=[d.pk])
        if d.status == Deposit.Status.COMPLETED:
            found.append(Coming("Arrived", d.amount, url, None, "It is being booked.", ""))
            continue
        if d.is_by_hand:
            waits = d.status in {Deposit.Status.REQUESTED, Deposit.Status.PENDING}
            until = d.expires_at.astimezone(NEW_YORK).date() if waits and d.expires_at else None
            title = "Send it from your bank" if waits else "Seen, being cleared"
            detail = "Last day it can arrive" if until else "Your bank has to confirm it."
            plan_until = None
        else:
            plan = calendar.plan(d.created_at)
            until, title = d.expected_on or plan.arrives, f"On its way from {bank}"
            detail = "Expected with us" if until >= now.astimezone(NEW_YORK).date() else LATER
            plan_until = plan.cancel_until
        found.append(
            Coming(title, d.amount, url, until, detail, *_stop(d, plan_until, now, "deposit"))
        )
    for w in Withdrawal.objects.filter(account=account, status__in=Withdrawal.OPEN).select_related(
        "bank"
    ):
        way = calendar.way_out(w.created_at, sells=w.may_sell)
        url = reverse("funding:withdrawal-status", args=[w.pk])
        until = w.expected_on or way.latest
        selling = w.status == Withdrawal.Status.SELLING
        detail = "Expected there" if until >= now.astimezone(NEW_YORK).date() else LATER
        title = f"{'Being sold for, then' if selling else 'On its way'} to {w.bank or 'your bank'}"
        cancel = _stop(w, way.cancel_until, now, "withdrawal")
        found.append(Coming(title, -w.amount, url, until, detail, *cancel))
    return sorted(found, key=lambda one: one.expected or date.max)


LATER = "Later than usual; we keep asking"


def _stop(
    row: Deposit | Withdrawal, until: datetime | None, now: datetime, name: str
) -> tuple[str, str]:
    """Whether it can be stopped, until when; and where."""
    if row.cancel_asked_at:
        return "Being canceled, if the bank wasn’t faster", ""
    if not row.can_be_canceled:
        return "Can’t be canceled any more", ""
    url = reverse(f"funding:{name}-cancel", args=[row.pk])
    if until and now < until:
        return f"Can be canceled until about {words.clock(until)} on {words.day(until)}", url
    return "Can still be canceled", url


def in_short(asked: Asked) -> list[str]:
    """How the box was understood, in a few words each."""
    names = MONEY | OTHER | {"trade": "Purchases and sales"}
    found = [names.get(kind, kind) for kind in sorted(asked.kinds)]
    found += [STATES.get(state, state.capitalize()) for state in sorted(asked.states)]
    found += sorted(asked.symbols)
    if asked.first and asked.last and asked.first == asked.last:
        found.append(words.long_day(asked.first))
    elif asked.first and asked.last:
        found.append(f"{words.long_day(asked.first)} to {words.long_day(asked.last)}")
    elif asked.first or asked.last:
        edge = asked.first or asked.last
        assert edge
        found.append(f"{'From' if asked.first else 'Up to'} {words.long_day(edge)}")
    if asked.least is not None and asked.least == asked.most:
        found.append(f"Exactly {words.money(asked.least)}")
    elif asked.least is not None and asked.most is not None:
        found.append(f"{words.money(asked.least)} to {words.money(asked.most)}")
    elif asked.least is not None:
        found.append(f"{words.money(asked.least)} or more")
    elif asked.most is not None:
        found.append(f"{words.money(asked.most)} or less")
    return [*found, *(f"“{word}”" for word in asked.words)]


def by_day(entries: Iterable[Entry]) -> list[tuple[date, list[Entry]]]:
    """In order, a group for each day."""
    found: dict[date, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.day, []).append(entry)
    return list(found.items())
