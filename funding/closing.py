"""Closing the account: what it means in figures, the words that are signed, asking and stopping."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import sign, tell
from funding import calendar, holds
from funding.limits import KEPT_YEARS
from funding.models import BankAccount, Closing, Deposit, Schedule, Withdrawal
from funding.preview import means_of
from funding.services import NotPossible, pause_schedule
from portfolios.models import Holding, Investment
from portfolios.rebalancing import lots_of
from robo import audit, partner
from robo.ui import words

CENT = Decimal("0.01")
ORDERED = (Investment.Status.PENDING, Investment.Status.IN_PROGRESS)
ZERO = Decimal(0)
SALE_OPENS = time(10, 0)
"""New York. Half an hour after the opening, when prices have settled down."""
STATEMENT = "I have read this and ask for my account to be closed."


def closing_of(account: Account) -> Closing | None:
    """The one in motion or done; a stopped one is none."""
    rows: list[Closing] = [*account.closings.all()]
    return next((row for row in rows if row.status != Closing.Status.STOPPED), None)


def while_open(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page that moves money or changes what will: not while the account is being closed."""

    @wraps(view)
    def guarded(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        found = None
        if request.user.is_authenticated:
            mine = Closing.objects.filter(account__user=request.user)
            found = mine.exclude(status=Closing.Status.STOPPED).first()
        if found is None:
            return view(request, *args, **kwargs)
        done = found.status == Closing.Status.CLOSED
        messages.info(
            request,
            "Your account is closed. You can still read everything."
            if done
            else "Your account is being closed, so nothing else can be moved.",
        )
        return redirect("funding:closing-status")

    return guarded


# Before signing -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Gains:
    """What a sale of everything takes, dollars, by how long each lot was held."""

    short: Decimal
    long: Decimal
    unknown: bool
    """Some lots have no cost or no day: the figures aren't whole."""

    @property
    def total(self) -> Decimal:
        return self.short + self.long


@dataclass(frozen=True, slots=True)
class Days:
    """If nothing goes wrong. Days are New York's."""

    sells_at: datetime
    settled: date
    earliest: date
    latest: date
    closed: date


@dataclass(frozen=True, slots=True)
class Ahead:
    """What closing would do, as the pages show it before anything is signed."""

    holdings: list[Holding]
    invested: Decimal
    cash: Decimal | None
    as_of: datetime | None
    gains: Gains
    days: Days

    @property
    def together(self) -> Decimal:
        return self.invested + (self.cash or ZERO)

    def told(self) -> dict[str, Any]:
        return {
            "invested": str(self.invested),
            "cash": None if self.cash is None else str(self.cash),
            "short": str(self.gains.short),
            "long": str(self.gains.long),
            "unknown": self.gains.unknown,
            "latest": self.days.latest.isoformat(),
        }


def ahead(account: Account) -> Ahead:
    means = means_of(account)
    holdings = list(Holding.objects.filter(portfolio__account=account, quantity__gt=0))
    return Ahead(
        holdings, means.invested, means.cash, means.invested_as_of, gains_of(holdings),
        days(timezone.now(), sells=bool(holdings)),
    )  # fmt: skip


def gains_of(holdings: list[Holding]) -> Gains:
    """Lot by lot at the price we have."""
    today = timezone.localdate()
    short, long, unknown = ZERO, ZERO, False
    for holding in holdings:
        lots = lots_of(holding, today)
        unknown = unknown or not lots
        for lot in lots:
            if lot.gain is None or not lot.term:
                unknown = True
            elif lot.term == "long":
                long += lot.gain
            else:
                short += lot.gain
    return Gains(short.quantize(CENT), long.quantize(CENT), unknown)


def days(now: datetime, *, sells: bool = True) -> Days:
    """From the next market day on: a night to change one's mind, then sale, settlement, bank."""
    first = calendar.next_market_day(now.astimezone(calendar.NEW_YORK).date())
    return days_from(datetime.combine(first, SALE_OPENS, calendar.NEW_YORK), sells=sells)


def days_from(sells_at: datetime, *, sells: bool = True) -> Days:
    """The days after a sale that begins then."""
    way = calendar.way_out(sells_at, sells=sells)
    return Days(
        sells_at=sells_at,
        settled=way.settled or sells_at.astimezone(calendar.NEW_YORK).date(),
        earliest=way.earliest,
        latest=way.latest,
        closed=calendar.next_bank_day(way.latest),
    )


@dataclass(frozen=True, slots=True)
class Pending:
    """Something that has to end before the sale."""

    title: str
    text: str
    url: str = ""


def pending(account: Account) -> list[Pending]:
    """What must end first, by itself or by us."""
    found = []
    if (hold := holds.holding(account)) is not None:
        found.append(Pending("A security hold", hold.sentence))
    if not account.is_advised:
        found.append(
            Pending("What you hold", "Sell it first, as you like; we wait until nothing is held.")
        )
    for deposit in Deposit.objects.moving().filter(account=account):
        found.append(
            Pending(
                f"{words.money(deposit.amount)} on its way here",
                "We wait until it has arrived, or cancel it first.",
                reverse("funding:deposit-status", args=[deposit.pk]),
            )
        )
    for withdrawal in Withdrawal.objects.moving().filter(account=account):
        found.append(
            Pending(
                f"{words.money(withdrawal.amount)} on its way to your bank",
                "We wait until it has arrived.",
                reverse("funding:withdrawal-status", args=[withdrawal.pk]),
            )
        )
    if Investment.objects.filter(account=account, status__in=ORDERED).exists():
        found.append(Pending("Money being invested", "We wait until the orders are done."))
    for schedule in Schedule.objects.filter(account=account).going():
        found.append(
            Pending(
                f"Auto-invest of {words.money(schedule.amount)}",
                "Paused when you sign, ended when the sale begins.",
                reverse("funding:schedule", args=[schedule.pk]),
            )
        )
    return found


def text_for(account: Account, bank: BankAccount, found: Ahead, key: UUID) -> str:
    """The exact words that are signed."""
    us = partner.current()
    sale, today = words.long_moment(found.days.sells_at), words.long_day(timezone.localdate())
    sells = (
        f"Everything I hold is sold at market prices from {sale} on. "
        f"On {today} it was worth about {words.money(found.invested)}; "
        "what it brings depends on the prices of that day. A sale can take gains that are taxed."
        if found.holdings
        else "I hold no investments, so nothing is sold."
    )
    return "\n\n".join(
        [
            f"I ask {us.legal_name} to close my account.",
            f"Auto-invest is paused now and ended with the sale. {sells}",
            f"All cash is then sent to {bank}, and nowhere else. Later dividends or corrections "
            "go there too.",
            f"Until {sale} I can stop this, and my account goes on "
            "as it was; auto-invest stays paused until I resume it.",
            "Once it is closed, nothing can be moved any more. I can sign in and read statements, "
            f"tax papers and what I signed for {KEPT_YEARS} years.",
            f"The advisory agreement with {us.legal_name} ends on the day the account is closed. "
            f"Reference {Closing(key=key).reference}.",
        ]
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


# Asking and stopping ------------------------------------------------------------------------------


@transaction.atomic
def request_closing(
    *, account: Account, bank: BankAccount, key: UUID, ip: str, user_agent: str, request: Any = None
) -> Closing:
    """Sign the words and write the wish down; auto-invest pauses at once. The same key is the same
    wish. Raises NotPossible during a security hold and for a bank that can't be used."""
    locked = Account.objects.select_for_update().get(pk=account.pk)
    if made := closing_of(locked):
        return made
    if (held := holds.holding(locked)) is not None:
        raise NotPossible(held.sentence)
    if bank.account_id != locked.pk or not bank.is_usable:
        raise NotPossible("This bank account can’t be used at the moment. Choose another.")
    found = ahead(locked)
    signature = sign(
        account=locked,
        slug="closing",
        version=f"{timezone.localdate():%Y-%m-%d}",
        title="Closing the account",
        body=text_for(locked, bank, found, key),
        kind="closing",
        statement=STATEMENT,
        ip=ip,
        user_agent=user_agent,
    )
    made = Closing.objects.create(
        account=locked,
        bank=bank,
        key=key,
        signature=signature,
        told=found.told(),
        sells_at=found.days.sells_at,
        expected_on=found.days.latest,
    )
    for schedule in Schedule.objects.filter(account=locked).going():
        pause_schedule(schedule=schedule)
    made.enqueue()
    audit.record("ask to close account", target=made, account=locked, request=request)
    tell(
        account=locked,
        key=f"closing:{made.pk}:asked",
        title="You asked us to close your account",
        body=f"The sale begins on {words.moment(made.sells_at)}; until then you can stop it. "
        "If it wasn’t you, stop it and call us now.",
        url=reverse("funding:closing-status"),
        topic=Topic.ACCOUNT,
    )
    return made


@transaction.atomic
def stop_closing(*, closing: Closing, request: Any = None) -> Closing:
    """Take it back, until the sale begins. Raises NotPossible."""
    found: Closing = Closing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    if found.status == Closing.Status.STOPPED:
        return found
    if not found.can_be_stopped:
        raise NotPossible("It’s too late to stop: the sale has begun. Please call us.")
    found.status, found.stopped_at = Closing.Status.STOPPED, timezone.now()
    found.save(update_fields=["status", "stopped_at"])
    audit.record("stop closing", target=found, account=found.account, request=request)
    tell(
        account=found.account,
        key=f"closing:{found.pk}:stopped",
        title="Your account stays open",
        body="Nothing was sold. Auto-invest is still paused: resume it whenever you like.",
        url=reverse("funding:schedules"),
        topic=Topic.ACCOUNT,
    )
    return found


@transaction.atomic
def go_on(*, closing: Closing, request: Any = None) -> None:
    """Operations has mended what held it up: from the money on if all is sold, else the sale."""
    found = Closing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    if found.status != Closing.Status.HELD:
        return
    found.status = Closing.Status.PAYING if found.paying_at else Closing.Status.SELLING
    found.held_rounds, found.problem, found.sales = found.rounds, "", []
    found.save(update_fields=["status", "held_rounds", "problem", "sales"])
    found.poke()
    audit.record("go on closing", target=found, account=found.account, request=request)


@transaction.atomic
def mark_ended(*, closing: Closing, request: Any = None) -> None:
    """Operations has had the account ended at the custodian."""
    found = Closing.objects.select_for_update(of=("self",)).get(pk=closing.pk)
    found.reviewed_at = timezone.now()
    found.save(update_fields=["reviewed_at"])
    audit.record("end account at custodian", target=found, account=found.account, request=request)


def why_no_sales(account: Account) -> str:
    """While an account is being closed nobody asks for a rebalance: all of it is sold anyway."""
    if closing_of(account) is None:
        return ""
    return "Your account is being closed: everything is sold for that, and nothing bought any more."


def claimed(account: Account) -> Decimal:
    """All of its cash, while an account is being closed: nobody may invest it."""
    return Decimal(10) ** 12 if closing_of(account) else ZERO
