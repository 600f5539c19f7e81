"""Banks, deposits, the wallet and auto-invest schedules."""

import uuid
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager
from portfolios.models import dollars
from robo.work import Work, due_indexes


class BankLink(Work):
    """Someone came back from Plaid: the public token waits, sealed, until Bluum has taken it."""

    class Status(models.TextChoices):
        STARTED = "started", "Started"
        RETURNED = "returned", "Being connected"
        CONNECTED = "connected", "Connected"
        CANCELED = "canceled", "Canceled"
        REFUSED = "refused", "Not connected"

    account = models.ForeignKey(Account, models.CASCADE, related_name="bank_links")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed_token = models.BinaryField(null=True, blank=True, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.STARTED)
    refusal = models.CharField(max_length=300, blank=True)
    next_url = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_bank_link"

    class Meta:
        indexes = due_indexes("bank_link")

    def __str__(self) -> str:
        return f"Bank link {self.pk}"

    @property
    def is_settled(self) -> bool:
        return self.status not in {self.Status.STARTED, self.Status.RETURNED}


class BankAccount(Work):
    """A bank account linked at Bluum (a funding source). Only its mask is known here."""

    class Status(models.TextChoices):
        ACTIVE = "active", "Linked"
        DISCONNECTED = "disconnected", "Unlinked"
        ERROR = "error", "Needs repair"

    account = models.ForeignKey(Account, models.CASCADE, related_name="banks")
    bluum_id = models.CharField(max_length=64)
    item_id = models.CharField(max_length=64, blank=True)
    plaid_account_id = models.CharField(max_length=64, blank=True)
    institution = models.CharField(max_length=120, blank=True)
    name = models.CharField(max_length=120, blank=True)
    mask = models.CharField(max_length=8, blank=True)
    type = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    unlink_asked_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_bank_account"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "bluum_id", "plaid_account_id"], name="bank_once"
            )
        ]
        indexes = due_indexes("bank")

    def __str__(self) -> str:
        return f"{self.name or self.institution} ••{self.mask}"


class Deposit(Work):
    """Money on its way from a bank into the wallet. `key` is the wish: the same key, the same deposit."""

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"  # ours: written down, not yet at Bluum
        REFUSED = "refused", "Refused"  # ours: Bluum said no
        PENDING = "pending", "Pending"
        PROCESSING = "processing", "Processing"
        RECEIVED = "received", "Received"
        COMPLETED = "completed", "Completed"
        EXPIRED = "expired", "Expired"
        CANCELED = "canceled", "Canceled"
        FAILED = "failed", "Failed"

    OPEN = (Status.REQUESTED, Status.PENDING, Status.PROCESSING, Status.RECEIVED)

    account = models.ForeignKey(Account, models.PROTECT, related_name="deposits")
    bank = models.ForeignKey(
        BankAccount, models.PROTECT, null=True, blank=True, related_name="deposits"
    )
    schedule = models.ForeignKey(
        "Schedule", models.SET_NULL, null=True, blank=True, related_name="deposits"
    )
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    amount = dollars()
    currency = models.CharField(max_length=3, default="USD")
    method = models.CharField(max_length=30, default="ach")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)  # noqa: DJ001
    failure_reason = models.CharField(max_length=300, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    expected_on = models.DateField(null=True, blank=True, help_text="Told to the person on asking.")
    created_at = models.DateTimeField(default=timezone.now)
    initiated_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="Canceled, failed, expired.")

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_deposit"

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="deposit_wish_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="deposit_is_positive"),
        ]
        indexes = [
            *due_indexes("deposit"),
            models.Index(fields=["account", "-created_at"], name="deposit_by_account"),
        ]

    def __str__(self) -> str:
        return f"Deposit {self.pk}"

    @property
    def is_settled(self) -> bool:
        return self.status not in self.OPEN

    @property
    def can_be_canceled(self) -> bool:
        return (
            self.status in {self.Status.REQUESTED, self.Status.PENDING} and not self.cancel_asked_at
        )


class TransferEvent(models.Model):
    """A state a deposit was seen in, and when. Rows are only ever added."""

    deposit = models.ForeignKey(Deposit, models.CASCADE, related_name="events")
    status = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return self.status


class Wallet(Work):
    """Cash at Bluum, and the periodic look at everything that moves money there by itself."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="wallet")
    balance = dollars(null=True, blank=True)
    available = dollars(null=True, blank=True)
    reserved = dollars(null=True, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    refreshed_at = models.DateTimeField(null=True, blank=True)

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_wallet"
    work_background = True

    class Meta:
        indexes = due_indexes("wallet")

    def __str__(self) -> str:
        return f"Wallet of {self.account}"


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
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)  # noqa: DJ001
    next_execution = models.DateTimeField(null=True, blank=True)
    last_execution = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
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
