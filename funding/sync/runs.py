"""A schedule's next run: written down, told the day before, guarded, followed; raises as agreed.

The balance is read through our own Plaid link to the same bank account, where the person has one;
without it nothing is known of the balance, and that is said.
"""

from datetime import datetime, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from accounts.models import Topic
from accounts.services import tell
from funding import rhythm
from funding.leaving_out import NothingComes, TooLate, leave_next_out
from funding.models import BankAccount, Deposit, Schedule, ScheduledRun, Wallet
from onboarding.models import ExternalAccount
from onboarding.sync.links import balances_now
from portfolios.planning.months import months_later
from robo.plaid import PlaidError
from robo.ui import words

log = structlog.get_logger("funding.runs")

TOLD_BEFORE = timedelta(hours=25)
"""The day before: an hour earlier than the run's own time, so that there is a day to answer."""
SETTLES = timedelta(minutes=5)
AROUND = timedelta(hours=1)
"""Clocks differ: so much earlier than its moment something may be of a run."""
LOOK_AGAIN = timedelta(minutes=15)
GIVE_UP = timedelta(hours=12)
RAISE_TOLD_BEFORE = timedelta(days=14)
"""A new amount is told two weeks ahead, so that a late worker still keeps the ten days."""
Status = ScheduledRun.Status


# Expecting --------------------------------------------------------------------------------------


def expect(schedule: Schedule) -> None:
    """Write down the run that Bluum has named next. Within the caller's transaction."""
    if not schedule.is_settled or schedule.next_execution is None:
        return
    first = next(iter(rhythm.coming(schedule, 1)), None)
    if first is None:
        return
    run, new = ScheduledRun.objects.get_or_create(
        schedule=schedule,
        named=first.named,
        defaults={
            "account_id": schedule.account_id,
            "day": first.day,
            "amount": first.amount,
            "due_at": first.moment - TOLD_BEFORE,
        },
    )
    if not new and run.status in {Status.PLANNED, Status.DROPPED}:
        back = run.status == Status.DROPPED
        ScheduledRun.objects.filter(pk=run.pk).update(
            day=first.day, amount=first.amount, status=Status.PLANNED
        )
        if back or run.due_at is None:
            ScheduledRun.objects.filter(pk=run.pk).poke()
    # Days that lie ahead and aren't the next any more were moved: nothing is missing on them.
    schedule.runs.filter(status=Status.PLANNED, day__gt=rhythm.today()).exclude(pk=run.pk).update(
        status=Status.DROPPED
    )


def care(schedule: Schedule) -> timedelta | None:
    """Tell the next raise two weeks ahead, make it once the run before has passed. How long until
    this wants looking at again; None without a raise."""
    coming = rhythm.next_raise(schedule)
    if coming is None or schedule.wanted != "active":
        return None
    now = timezone.now()
    if schedule.raise_told_at is None:
        wait = coming.moment - RAISE_TOLD_BEFORE - now
        if wait > timedelta():
            return min(wait, timedelta(days=1))
        return _tell_raise(schedule)
    return _raise(schedule.pk)


@transaction.atomic
def _tell_raise(schedule: Schedule) -> timedelta:
    """Ten days ahead at least; told too late, the raise begins with a later run."""
    found = Schedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
    coming = rhythm.next_raise(found)
    if coming is None:
        return timedelta()
    earliest = rhythm.today() + rhythm.NOTICE
    if coming.day < earliest:
        found.raise_on = earliest
        coming = rhythm.next_raise(found)
    if coming is None:
        return timedelta()
    found.raise_told_at = timezone.now()
    found.save(update_fields=["raise_on", "raise_told_at"])
    tell(
        account=found.account,
        key=f"auto-invest-raise:{found.pk}:{coming.named}:{coming.amount}",
        title=f"Auto-invest rises to {words.money(coming.amount)} on {words.day(coming.day)}",
        body=f"From then on {words.money(coming.amount)} comes from {found.bank} each time, up "
        f"from {words.money(found.amount)}, as you agreed. You can change or stop it until then.",
        url=reverse("funding:schedule", args=[found.pk]),
        topic=Topic.AUTO_INVEST,
    )
    return timedelta(hours=1)


@transaction.atomic
def _raise(pk: int) -> timedelta:
    """The next run has the amount that was told; as long as another comes before it, none."""
    found = Schedule.objects.select_for_update(of=("self",)).get(pk=pk)
    coming = rhythm.next_raise(found)
    if coming is None or found.raise_told_at is None or found.raise_on is None:
        return timedelta()
    if rhythm.coming(found, 1)[0].named != coming.named:
        return timedelta(hours=1)
    found.amount = coming.amount
    while found.raise_on <= coming.named:
        found.raise_on = months_later(found.raise_on, found.raise_months or 12)
    found.raise_told_at = None
    found.revision += 1
    found.save(update_fields=["amount", "raise_on", "raise_told_at", "revision"])
    return timedelta()


# One run ------------------------------------------------------------------------------------------


def advance_run(run: ScheduledRun) -> timedelta | None:
    """Tell it the day before, or leave it out if the bank has too little; then see what it did."""
    if run.status in ScheduledRun.DONE:
        return None
    now = timezone.now()
    if run.status == Status.PLANNED and now < run.moment:
        if not _still_comes(run):
            _end(run.pk, Status.DROPPED)
            return None
        if run.told_at is None:
            wait = run.moment - TOLD_BEFORE - now
            return wait if wait > timedelta() else _tell_tomorrow(run)
    if now < run.moment + SETTLES:
        return run.moment + SETTLES - now
    return _see(run, now)


def _still_comes(run: ScheduledRun, schedule: Schedule | None = None) -> bool:
    first = next(iter(rhythm.coming(schedule or run.schedule, 1)), None)
    return first is not None and first.named == run.named


def _tell_tomorrow(run: ScheduledRun) -> timedelta:
    """The notice a day ahead, or that it is left out because the bank has too little."""
    schedule = run.schedule
    balance, at = balance_of(schedule.bank)
    low = balance is not None and balance - run.amount < schedule.buffer
    with transaction.atomic():
        ScheduledRun.objects.filter(pk=run.pk).update(
            told_at=timezone.now(), balance=balance, balance_at=at
        )
        if low and balance is not None:
            locked = Schedule.objects.select_for_update(of=("self",)).get(pk=schedule.pk)
            if not _still_comes(run, locked):
                return timedelta()  # changed at this moment: look again
            try:
                leave_next_out(locked, Status.LOW)
            except (TooLate, NothingComes) as problem:
                log.info("too late to guard", row=run.pk, why=type(problem).__name__)
            else:
                _say_low(run, balance)
                return timedelta()
        _say_tomorrow(run, balance)
    return timedelta()


def _say_tomorrow(run: ScheduledRun, balance: Decimal | None) -> None:
    bank = run.schedule.bank
    known = (
        f"It holds {words.money(balance)} as of now."
        if balance is not None
        else "We can’t see its balance, so please make sure it’s enough."
    )
    until = run.moment - run.SKIP_UNTIL
    in_time = timezone.now() < until
    way_out = (
        f"You can skip this one until {words.moment(until)}."
        if in_time
        else "It’s too late to skip this one; you can still cancel the deposit while it’s pending."
    )
    page = "funding:schedule-skip" if in_time else "funding:schedule"
    tell(
        account=run.account,
        key=f"run:{run.pk}:tomorrow",
        title=f"{words.money(run.amount)} comes from {bank} on {words.day(run.day)}",
        body=f"{known} {way_out}",
        url=reverse(page, args=[run.schedule_id]),
        topic=Topic.AUTO_INVEST,
    )


def _say_low(run: ScheduledRun, balance: Decimal) -> None:
    schedule = run.schedule
    kept = f" and you keep {words.money(schedule.buffer)} there" if schedule.buffer else ""
    tell(
        account=run.account,
        key=f"run:{run.pk}:low",
        title=f"We skip {words.money(run.amount)} on {words.day(run.day)}",
        body=f"{schedule.bank} holds {words.money(balance)}{kept}, so nothing is pulled this time. "
        "If money is on its way there, you can have it pulled anyway.",
        url=reverse("funding:schedule", args=[run.schedule_id]),
        topic=Topic.AUTO_INVEST,
    )


def balance_of(bank: BankAccount) -> tuple[Decimal | None, datetime | None]:
    """Dollars in this account now, and when; None, None where we can't see it.

    Money is pulled through Bluum, which tells no balance. The person may have let us read the same
    account for their picture: the same bank, the same last digits, and only one such account.
    """
    if not bank.mask:
        return None, None
    seen = list(
        ExternalAccount.objects.filter(
            account_id=bank.account_id,
            status=ExternalAccount.Status.ACTIVE,
            is_asset=True,
            mask=bank.mask,
            link__status="active",
            link__institution__iexact=bank.institution,
        ).select_related("link")[:2]
    )
    if len(seen) != 1 or seen[0].link is None:
        return None, None
    alike = BankAccount.objects.filter(
        account_id=bank.account_id, institution__iexact=bank.institution, mask=bank.mask
    )
    if alike.exclude(pk=bank.pk).exists() and seen[0].name != bank.name:
        return None, None  # it may be the other one that ends alike
    try:
        now = balances_now(seen[0].link)
    except PlaidError as problem:
        log.info("balance not known", row=bank.pk, error=str(problem))
        return None, None
    found = now.get(seen[0].plaid_account_id)
    return (found, timezone.now()) if found is not None else (None, None)


def _see(run: ScheduledRun, now: datetime) -> timedelta | None:
    """What became of it, by the deposits that Bluum has."""
    wallet = Wallet.objects.filter(account_id=run.account_id).first()
    if wallet is None or wallet.refreshed_at is None or wallet.refreshed_at < run.moment + SETTLES:
        if wallet:
            wallet.poke()
        return timedelta(minutes=1)
    deposit = Deposit.objects.filter(
        schedule=run.schedule,
        created_at__gte=run.moment - AROUND,
        created_at__lt=run.moment + GIVE_UP,
        run=None,
    ).first()
    if deposit:
        return _ran(run, deposit)
    if run.status in ScheduledRun.OFF:
        return None if now > run.moment + GIVE_UP else timedelta(hours=3)
    if run.schedule.wanted != "active" or run.schedule.has_ended:
        _end(run.pk, Status.DROPPED)
        return None
    if not _failed(run) and now < run.moment + GIVE_UP:
        return LOOK_AGAIN
    _missed(run)
    return None


def _failed(run: ScheduledRun) -> bool:
    """Bluum says so of this run, and not of one before it."""
    said = run.schedule.last_execution
    at = parse_datetime(said.get("executed_at") or "")
    return said.get("status") == "failed" and at is not None and at >= run.moment - AROUND


@transaction.atomic
def _ran(run: ScheduledRun, deposit: Deposit) -> None:
    unwanted = run.status in ScheduledRun.OFF or run.schedule.wanted != "active"
    _end(run.pk, Status.TOO_LATE if unwanted else Status.RAN, deposit=deposit)
    if unwanted:
        tell(
            account=run.account,
            key=f"run:{run.pk}:too-late",
            title=f"{words.money(deposit.amount)} was pulled although you had stopped it",
            body="Your wish reached our custodian too late; we’re sorry. You can cancel the "
            "deposit while it shows as pending, or withdraw the money once it’s here.",
            url=reverse("funding:deposit-status", args=[deposit.pk]),
            topic=Topic.AUTO_INVEST,
        )


@transaction.atomic
def _missed(run: ScheduledRun) -> None:
    """No deposit came of it. One that came and failed is told as a deposit."""
    _end(run.pk, Status.MISSED)
    tell(
        account=run.account,
        key=f"run:{run.pk}:missed",
        title=f"Auto-invest of {words.money(run.amount)} didn’t run on {words.day(run.day)}",
        body="No money left your bank. It goes on with the next date; the page shows how to "
        "make up for this one.",
        url=reverse("funding:schedule", args=[run.schedule_id]),
        topic=Topic.AUTO_INVEST,
    )


def _end(pk: int, status: str, **facts: object) -> None:
    ScheduledRun.objects.filter(pk=pk).update(status=status, **facts)
