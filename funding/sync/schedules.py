"""Auto-invest: what the person wants is brought to Bluum, and Bluum's dates brought back."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Topic
from accounts.services import tell
from funding import calendar, reasons, rhythm
from funding.models import BankAccount, Schedule, ScheduledRun
from funding.sync import runs
from portfolios.models import Policy, Portfolio
from robo import clients
from robo.bluum import Conflict, NotFound, Refused
from robo.bluum.auto_invest import AutoInvest

RUNS_AT = f"{calendar.RUNS_AT:%H:%M}"
ENDED = {Schedule.Status.COMPLETED, Schedule.Status.CANCELLED}


def advance_schedule(schedule: Schedule) -> timedelta | None:
    """One step from what Bluum has toward what is wanted: create, change, pause, resume, end."""
    if not schedule.bluum_id:
        return _create(schedule)
    account_id = schedule.account.bluum_id or ""
    api = clients.bluum().auto_invest
    remote: AutoInvest | None
    try:
        remote = api.retrieve(account_id, schedule.bluum_id)
    except NotFound:
        _end(schedule)
        return None
    if remote.status not in ENDED:
        try:
            remote = _bring_about(schedule, remote)
        except Conflict:  # it ended or ran meanwhile: see how it stands
            remote = api.retrieve(account_id, schedule.bluum_id)
    if remote is None:
        _end(schedule)
        return None
    return _next_look(apply_schedule(schedule.pk, remote), timedelta(seconds=5))


def _bring_about(schedule: Schedule, remote: AutoInvest) -> AutoInvest | None:
    """The remote schedule as wanted; None once it is deleted."""
    account_id, remote_id = schedule.account.bluum_id or "", schedule.bluum_id or ""
    api = clients.bluum().auto_invest
    if schedule.wanted == "cancelled":
        api.delete(account_id, remote_id)
        return None
    if schedule.sent_revision != schedule.revision:
        try:
            api.update(
                account_id,
                remote_id,
                amount=schedule.amount,
                funding_source_id=schedule.bank.bluum_id,
                schedule=_days(schedule),
                start_date=schedule.start_date,
                idempotency_key=f"{schedule.key}:{schedule.revision}",
            )
        except Conflict:
            raise
        except Refused as problem:
            _refuse_change(schedule, remote, reasons.of_refusal(problem))
            return remote
        Schedule.objects.filter(pk=schedule.pk).update(sent_revision=schedule.revision)
    if schedule.wanted == "paused" and remote.status == Schedule.Status.ACTIVE:
        api.pause(account_id, remote_id)
    elif (
        schedule.wanted == "active"
        and remote.status == Schedule.Status.PAUSED
        and not schedule.is_held_back
    ):
        api.resume(account_id, remote_id)
    remote = api.retrieve(account_id, remote_id)  # pause and resume answer a short form
    if schedule.wanted == "active" and (until := _too_early(schedule, remote)):
        Schedule.objects.filter(pk=schedule.pk).update(held_back_until=until)
        api.pause(account_id, remote_id)
        remote = api.retrieve(account_id, remote_id)
    return remote


def _too_early(schedule: Schedule, remote: AutoInvest) -> datetime | None:
    """Bluum took the new start date, but would still run what is left out (whether it counts from
    a changed start isn't documented): until when it has to be paused there instead."""
    off, runs_next = rhythm.left_out_until(schedule), remote.next_execution
    early = off is not None and runs_next is not None and runs_next <= off
    return off + runs.SETTLES if off and early else None


def _next_look(schedule: Schedule, usual: timedelta) -> timedelta | None:
    if not schedule.is_settled:
        return usual
    if schedule.held_back_until and schedule.is_held_back and schedule.wanted == "active":
        return schedule.held_back_until - timezone.now()
    return runs.care(schedule)


def _create(schedule: Schedule) -> timedelta | None:
    """Set it up at Bluum, once policy, portfolio and bank are there. Waiting is a step."""
    account = schedule.account
    if schedule.wanted == "cancelled" and schedule.sent_at is None:
        _end(schedule)
        return None
    portfolio = Portfolio.objects.filter(account=account).exclude(bluum_id=None).first()
    policy = Policy.objects.filter(account=account, status=Policy.Status.ACTIVE).exists()
    if not (account.is_active and account.bluum_id and portfolio and policy):
        age = timezone.now() - schedule.created_at
        return min(max(age / 10, timedelta(seconds=5)), timedelta(minutes=5))
    now = timezone.now()
    first = Schedule.objects.filter(pk=schedule.pk, sent_at=None).update(sent_at=now)
    remote = None if first else _find(schedule)
    if remote is None:
        if schedule.wanted == "cancelled":
            _end(schedule)
            return None
        try:
            remote = clients.bluum().auto_invest.create(
                account.bluum_id,
                name=schedule.name,
                portfolio_id=portfolio.bluum_id or "",
                funding_source_id=schedule.bank.bluum_id,
                amount=schedule.amount,
                frequency=schedule.frequency,
                idempotency_key=schedule.key,
                day_of_week=schedule.day_of_week,
                day_of_month=schedule.day_of_month,
                time=RUNS_AT,
                allocation_rule="ips_target",
                start_date=schedule.start_date,
                notifications={"on_execution": False, "on_failure": False},
            )
        except Conflict:  # policy or portfolio aren't ready there yet: again, later
            raise
        except Refused as problem:
            _refuse(schedule, reasons.of_refusal(problem))
            return None
        Schedule.objects.filter(pk=schedule.pk).update(sent_revision=schedule.revision)
    return _next_look(apply_schedule(schedule.pk, remote), timedelta(seconds=1))


def _find(schedule: Schedule) -> AutoInvest | None:
    """Ours among those that Bluum has. Lists give a short form, so the whole is fetched."""
    account_id = schedule.account.bluum_id or ""
    api = clients.bluum().auto_invest
    for remote in api.list(account_id):
        if remote.name == schedule.name:
            return api.retrieve(account_id, remote.auto_invest_id)
    return None


def _days(schedule: Schedule) -> dict[str, object]:
    days = {"day_of_week": schedule.day_of_week, "day_of_month": schedule.day_of_month}
    return {"time": RUNS_AT, **{name: value for name, value in days.items() if value is not None}}


@transaction.atomic
def apply_schedule(pk: int, remote: AutoInvest) -> Schedule:
    """Write what Bluum says about this schedule."""
    schedule: Schedule = Schedule.objects.select_for_update(of=("self",)).get(pk=pk)
    schedule.bluum_id = remote.auto_invest_id
    if remote.status in Schedule.Status.values:
        schedule.status = remote.status
    schedule.next_execution = (
        remote.next_execution if schedule.status == Schedule.Status.ACTIVE else None
    )
    if schedule.sent_revision == schedule.revision and remote.amount is not None:
        schedule.amount = remote.amount
        if remote.schedule:
            schedule.day_of_week = remote.schedule.day_of_week
            schedule.day_of_month = remote.schedule.day_of_month
        if not schedule.is_held_back:  # it has the old one, and keeps still instead
            schedule.start_date = remote.start_date or schedule.start_date
    if schedule.has_ended:
        schedule.wanted = "cancelled"
    if remote.last_execution:
        schedule.last_execution = remote.last_execution.model_dump(mode="json")
    schedule.save()
    runs.expect(schedule)
    return schedule


@transaction.atomic
def _end(schedule: Schedule) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(
        status=Schedule.Status.CANCELLED, wanted="cancelled", next_execution=None
    )


@transaction.atomic
def _refuse(schedule: Schedule, sentence: str) -> None:
    Schedule.objects.filter(pk=schedule.pk).update(status=Schedule.Status.REFUSED, refusal=sentence)
    tell(
        account=schedule.account,
        key=f"auto-invest-refused:{schedule.pk}",
        title="Auto-invest couldn’t be set up",
        body=sentence,
        url=reverse("funding:schedule", args=[schedule.pk]),
        topic=Topic.AUTO_INVEST,
    )


@transaction.atomic
def _refuse_change(schedule: Schedule, remote: AutoInvest, sentence: str) -> None:
    """The old amount and day stay in force, and the person is told."""
    Schedule.objects.filter(pk=schedule.pk, revision=schedule.revision).update(
        sent_revision=schedule.revision, refusal=sentence
    )
    tell(
        account=schedule.account,
        key=f"auto-invest-change:{schedule.pk}:{schedule.revision}",
        title="Your change to auto-invest wasn’t accepted",
        body=f"{sentence} It goes on as before.",
        url=reverse("funding:schedule", args=[schedule.pk]),
        topic=Topic.AUTO_INVEST,
    )


# Seen from the wallet ------------------------------------------------------------------------


def refresh_schedules(account: Account) -> None:
    """Bring forward every schedule that differs at Bluum, and adopt those we don't have."""
    remotes = clients.bluum().auto_invest.list(account.bluum_id or "")
    ours = {s.bluum_id: s for s in Schedule.objects.filter(account=account).exclude(bluum_id=None)}
    expected = set(ScheduledRun.objects.filter(account=account).values_list("schedule_id", "day"))
    for remote in remotes:
        known = ours.get(remote.auto_invest_id)
        if known is None:
            _adopt(account, remote)
        elif not known.is_settled or _differs(known, remote) or _unexpected(known, expected):
            known.poke()


def _differs(schedule: Schedule, remote: AutoInvest) -> bool:
    ran = remote.last_execution.model_dump(mode="json") if remote.last_execution else None
    return (
        remote.status not in {None, schedule.status}
        or (remote.next_execution or schedule.next_execution) != schedule.next_execution
        or (ran or schedule.last_execution) != schedule.last_execution
        or bool(schedule.next_execution and schedule.next_execution < timezone.now())
    )


def _unexpected(schedule: Schedule, expected: set[tuple[int, date]]) -> bool:
    """Its next run isn't written down yet."""
    coming = schedule.next_execution
    return bool(coming and schedule.is_settled and (schedule.pk, coming.date()) not in expected)


def _adopt(account: Account, remote: AutoInvest) -> None:
    """A schedule that Bluum has and we don't, unless it is one of ours still being set up."""
    waiting = Schedule.objects.filter(account=account, bluum_id=None).exclude(sent_at=None)
    if remote.name in {schedule.name for schedule in waiting}:
        return
    api = clients.bluum().auto_invest
    remote = api.retrieve(account.bluum_id or "", remote.auto_invest_id)
    bank = BankAccount.objects.filter(
        account=account, bluum_id=remote.funding_source_id or ""
    ).first()
    if bank is None or remote.amount is None or remote.frequency not in Schedule.Frequency.values:
        return
    with transaction.atomic():
        schedule, created = Schedule.objects.get_or_create(
            bluum_id=remote.auto_invest_id,
            defaults={
                "account": account,
                "bank": bank,
                "name": (remote.name or Schedule.Frequency(remote.frequency).label)[:100],
                "amount": remote.amount,
                "frequency": remote.frequency,
                "start_date": remote.start_date or timezone.now().date(),
                "sent_at": timezone.now(),
                "sent_revision": 1,
                "wanted": "paused" if remote.status == Schedule.Status.PAUSED else "active",
                "created_at": remote.created_at or timezone.now(),
                "due_at": None,
            },
        )
        if created:
            apply_schedule(schedule.pk, remote)


def belonging(schedules: Iterable[Schedule], description: str | None) -> Schedule | None:
    """The schedule that a deposit's words name, by id or by name; the most exact one."""
    said = description or ""
    named = [
        (len(name), schedule.pk, schedule)
        for schedule in schedules
        for name in (schedule.bluum_id, schedule.name)
        if name and name in said
    ]
    return max(named)[2] if named else None
