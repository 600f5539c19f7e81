"""Money under way: deposits and withdrawals that haven't ended, or aren't booked yet."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding import calendar
from funding.agenda import money_of
from funding.models import Deposit, Ledger, Movement, Withdrawal
from robo.ui import words

NEW_YORK = ZoneInfo("America/New_York")


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
    known = money_of(account)
    arrived = [
        d.pk
        for d in known.deposits
        if d.status == Deposit.Status.COMPLETED
        and d.completed_at
        and d.completed_at >= max(read_at or fresh, fresh)
    ]
    booked: set[int | None] = set()
    if arrived:
        booked = {*Movement.objects.filter(deposit__in=arrived).values_list("deposit", flat=True)}
    for d in known.deposits:
        if d.status not in Deposit.OPEN and (d.pk not in arrived or d.pk in booked):
            continue
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
    for w in known.withdrawals:
        if w.status not in Withdrawal.OPEN:
            continue
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
