"""Auto-invest schedules."""

import uuid
from decimal import Decimal
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountQuerySet
from funding.models.incoming import BankAccount
from onboarding.models import dollars
from robo.work import Work, due_indexes


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
    start_date = models.DateField()
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
        return self.name

    @property
    def has_ended(self) -> bool:
        return self.status in {self.Status.COMPLETED, self.Status.CANCELLED, self.Status.REFUSED}

    @property
    def is_settled(self) -> bool:
        """Bluum has what the person asked for."""
        return self.has_ended or (
            self.status == self.wanted and self.sent_revision == self.revision
        )
