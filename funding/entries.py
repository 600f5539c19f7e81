"""The ledger as people ask for it: lines of cash, and what happened without any.

Lines of cash come from `Movement`, by the database, a page at a time. What moved nothing (a failed
deposit, a signed policy) is few and is told by the apps. Pages are cut between days, so the address
of a page says a day, and a day is never torn.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django import forms
from django.db.models import Count, Q, Sum
from django.db.models.functions import Abs
from django.utils import timezone

from accounts.models import Account
from funding.lines import ENDINGS, Entry, entries_of, of_attempt, together
from funding.models import Deposit, Movement, MovementQuerySet, Withdrawal
from funding.search import Asked, understand
from portfolios.models import Investment
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
    def takes_runs_apart(self) -> bool:
        """Whether some trades of a run may fit and others not; orders of one's own are no run."""
        asked = self.asked
        sized = asked.least is not None or asked.most is not None
        return bool(sized or asked.symbols or asked.words or not self.account.is_advised)

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
        if model is Withdrawal and not getattr(choice.account, "has_withdrawals", True):
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
            entry = of_attempt(row)
            if _fits(entry, asked, f"{row.bank} {row.bank.institution if row.bank else ''}"):
                yield entry


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
    """Whole days, newest first. `older` is the day before which the next page begins. What was
    traded together is one entry here; a file has every line."""

    entries: list[Entry]
    older: date | None


def page_of(choice: Choice, before: date | None, size: int = PER_PAGE) -> Page:
    """The newest lines before a day, `size` at most: as many whole days as fit, one at least."""
    rows, others = movements(choice), without_cash(choice)
    if before:
        rows = rows.filter(day__lt=before)
        others = [entry for entry in others if entry.day < before]
    lines = [*entries_of(rows, choice.account, size + 1)]
    days = sorted((entry.day for entry in [*lines, *others]), reverse=True)
    older = None
    if len(days) > size:
        cut = days[size]  # the day that doesn't fit any more
        if cut == days[0]:
            lines = [*entries_of(rows.filter(day=cut), choice.account)]
            is_more = days[-1] < cut or rows.filter(day__lt=cut).exists()
            older, since = cut if is_more else None, cut
        else:
            older = since = min(day for day in days if day > cut)
        lines = [entry for entry in lines if entry.day >= since]
        others = [entry for entry in others if entry.day >= since]
    found = [*(lines if choice.takes_runs_apart else together(lines)), *others]
    found.sort(key=lambda entry: entry.day, reverse=True)
    return Page(found, older)


def every_entry(choice: Choice) -> Iterator[Entry]:
    """All that are asked for, newest first: for a file."""
    others = without_cash(choice)
    for entry in entries_of(movements(choice), choice.account):
        while others and others[0].day > entry.day:
            yield others.pop(0)
        yield entry
    yield from others


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
