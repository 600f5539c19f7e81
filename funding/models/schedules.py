"""Auto-invest schedules."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountQuerySet
from funding.calendar import NEW_YORK, RUNS_AT
from funding.models.incoming import BankAccount, Deposit
from onboarding.models import dollars
from robo.ui import words
from robo.work import Work, due_indexes

WEEKDAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
"""As Bluum counts them."""


class ScheduleQuerySet(OfAccountQuerySet):
    def going(self) -> Self:
        """Not ended, and not asked to end."""
        ended = (Schedule.Status.COMPLETED, Schedule.Status.CANCELLED, Schedule.Status.REFUSED)
        return self.exclude(status__in=ended).exclude(wanted="cancelled")


class Schedule(Work):
    """An auto-invest schedule. `wanted` is what the person asked for; `status` what Bluum says."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Being set up"  # ours
        REFUSED = "refused", "Refused"  # ours
        ACTIVE = "active", "Active"
        PAUSED = "paused", "Paused"
        COMPLETED = "completed", "Ended"
        CANCELLED = "cancelled", "Ended"

    class Frequency(models.TextChoices):
        WEEKLY = "weekly", "Every week"
        BIWEEKLY = "biweekly", "Every two weeks"
        MONTHLY = "monthly", "Every month"
        QUARTERLY = "quarterly", "Every three months"

    account = models.ForeignKey(Account, models.PROTECT, related_name="schedules")
    bank = models.ForeignKey(BankAccount, models.PROTECT, related_name="schedules")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    amount = dollars()
    currency = models.CharField(max_length=3, default="USD")
    frequency = models.CharField(max_length=12, choices=Frequency.choices)
    day_of_month = models.PositiveSmallIntegerField(null=True, blank=True)
    day_of_week = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="0 is Sunday, as Bluum counts."
    )
    start_date = models.DateField(
        help_text="Bluum’s start. Skipping moves it to the next named day, so the rhythm stays."
    )
    payday = models.BooleanField(
        default=False, db_default=False, help_text="Set up as the day after payday."
    )
    paused_until = models.DateField(
        null=True, blank=True, help_text="Asked to rest until then; it goes on by itself."
    )
    undo_start = models.DateField(
        null=True, blank=True, help_text="The start before the last skip or rest, to take it back."
    )
    held_back_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="Bluum kept its old dates, so it is paused there until what is left out passed.",
    )
    buffer = dollars(default=0, db_default=0, help_text="Never pull the bank’s balance below this.")
    raise_by = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True, help_text="In raise_unit."
    )
    raise_unit = models.CharField(
        max_length=8,
        choices=[("percent", "percent"), ("dollars", "dollars")],
        blank=True,
        db_default="",
    )
    raise_months = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Months from one raise to the next."
    )
    raise_most = dollars(null=True, blank=True, help_text="Never raised above this.")
    raise_on = models.DateField(
        null=True, blank=True, help_text="The first run on or after this day has the next amount."
    )
    raise_told_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next raise was told, ten days ahead."
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    wanted = models.CharField(
        max_length=20,
        choices=[("active", "Active"), ("paused", "Paused"), ("cancelled", "Ended")],
        default="active",
    )
    revision = models.PositiveIntegerField(default=1)
    sent_revision = models.PositiveIntegerField(default=0)
    refusal = models.CharField(max_length=300, blank=True)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="First sent then; before, nothing can be at Bluum."
    )
    next_execution = models.DateTimeField(null=True, blank=True)
    last_execution = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = models.Manager.from_queryset(ScheduleQuerySet)()
    work_task = "funding.tasks.advance_schedule"

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="schedule_wish_once"),
            models.CheckConstraint(condition=Q(amount__gt=Decimal(0)), name="schedule_is_positive"),
        ]
        indexes = due_indexes("schedule")

    def __str__(self) -> str:
        return self.rhythm

    @property
    def rhythm(self) -> str:
        """Such as "$250.00 every month, on the 15th". `name` is what it is called at Bluum."""
        often = f"{words.money(self.amount)} {self.get_frequency_display().lower()}"
        if self.frequency in {self.Frequency.WEEKLY, self.Frequency.BIWEEKLY}:
            return (
                often if self.day_of_week is None else f"{often}, on {WEEKDAYS[self.day_of_week]}s"
            )
        if self.day_of_month is None:
            return often
        return f"{often}, on the {words.ordinal(self.day_of_month)}"

    @property
    def in_words(self) -> str:
        """The same with the bank it comes from."""
        return f"{self.rhythm}, from {self.bank}"

    @property
    def days(self) -> dict[str, int | None]:
        return {"day_of_week": self.day_of_week, "day_of_month": self.day_of_month}

    @property
    def is_resting(self) -> bool:
        """Asked to pause until a day that is still to come."""
        return (
            self.paused_until is not None
            and self.paused_until > timezone.now().astimezone(NEW_YORK).date()
        )

    @property
    def has_ended(self) -> bool:
        return self.status in {self.Status.COMPLETED, self.Status.CANCELLED, self.Status.REFUSED}

    @property
    def is_settled(self) -> bool:
        """Bluum has what the person asked for."""
        stands = self.status == self.wanted or (
            self.is_held_back and (self.status, self.wanted) == (self.Status.PAUSED, "active")
        )
        return self.has_ended or (stands and self.sent_revision == self.revision)

    @property
    def is_held_back(self) -> bool:
        """Paused at Bluum by us, since its dates didn't move; nothing is to run before then."""
        return self.held_back_until is not None and self.held_back_until > timezone.now()


class ScheduledRun(Work):
    """One date of a schedule: told the day before, skipped by a tap, followed until it has run.

    The next one is written down as soon as Bluum has named it; `named` is the day the schedule
    says, `day` the market day it happens on.
    """

    class Status(models.TextChoices):
        PLANNED = "planned", "Planned"
        SKIPPED = "skipped", "Skipped"
        LOW = "low", "Skipped, low balance"
        RAN = "ran", "Ran"
        TOO_LATE = "too_late", "Ran although skipped"
        MISSED = "missed", "Didn’t run"
        DROPPED = "dropped", "Not needed"

    class Answer(models.TextChoices):
        DEPOSIT = "deposit", "Deposit it once"
        RAISE = "raise", "Raise what follows"
        LET_GO = "let_go", "Let it go"

    account = models.ForeignKey(Account, models.PROTECT, related_name="scheduled_runs")
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="runs")
    deposit = models.OneToOneField(
        Deposit, models.SET_NULL, null=True, blank=True, related_name="run"
    )
    named = models.DateField()
    day = models.DateField()
    amount = dollars()
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PLANNED)
    start_before = models.DateField(
        null=True, blank=True, help_text="The schedule’s start before this run was skipped."
    )
    told_at = models.DateTimeField(null=True, blank=True)
    balance = dollars(null=True, blank=True, help_text="At the bank the day before, if known.")
    balance_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(
        max_length=10,
        choices=Answer.choices,
        blank=True,
        db_default="",
        help_text="What the person wants in place of a run that was missed.",
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = models.Manager.from_queryset(OfAccountQuerySet)()
    work_task = "funding.tasks.advance_run"

    OFF = (Status.SKIPPED, Status.LOW)
    DONE = (Status.RAN, Status.TOO_LATE, Status.MISSED, Status.DROPPED)
    SKIP_UNTIL = timedelta(minutes=30)
    """So long before a run a skip has to be asked for, to reach Bluum in time."""

    class Meta:
        ordering = ["-named"]
        constraints = [models.UniqueConstraint(fields=["schedule", "named"], name="run_once")]
        indexes = due_indexes("scheduled_run")

    def __str__(self) -> str:
        return f"Run of {self.day}"

    @property
    def moment(self) -> datetime:
        """When Bluum runs it."""
        return datetime.combine(self.day, RUNS_AT, UTC)

    @property
    def can_be_undone(self) -> bool:
        """Whether a skip can still be taken back."""
        return (
            self.status in self.OFF
            and self.start_before is not None
            and timezone.now() < self.moment - self.SKIP_UNTIL
        )
