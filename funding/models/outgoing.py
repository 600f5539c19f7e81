"""Withdrawals, and what holds them back."""

import base64
import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, OfAccountQuerySet
from funding.models.incoming import BankAccount
from onboarding.models import dollars
from robo.ui import words
from robo.work import Work, due_indexes


class WithdrawalQuerySet(OfAccountQuerySet):
    def moving(self) -> Self:
        return self.filter(status__in=Withdrawal.OPEN)

    def unclaimed(self) -> Self:
        """Wished for, but the cash isn't reserved at Bluum yet: nobody else may spend it."""
        return self.filter(status__in=Withdrawal.UNSENT, cancel_asked_at=None)


class Withdrawal(Work):
    """Money on its way from the wallet to a bank. The same key means the same wish.

    When cash doesn't cover it, what was named in `told` is sold first. The row's `key` stands in
    the description at Bluum; `send_key` and `sale_key` are the idempotency keys of one request.
    """

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"  # ours: written down, not yet at Bluum
        SELLING = "selling", "Being sold for"  # ours: waits for the sale's money
        REFUSED = "refused", "Refused"  # ours: it could not be sent
        PENDING = "pending", "Pending"
        PROCESSING = "processing", "Processing"
        SUBMITTED = "submitted", "Submitted"
        COMPLETED = "completed", "Completed"
        CANCELED = "canceled", "Canceled"
        FAILED = "failed", "Failed"

    UNSENT = (Status.REQUESTED, Status.SELLING)
    OPEN = (*UNSENT, Status.PENDING, Status.PROCESSING, Status.SUBMITTED)

    account = models.ForeignKey(Account, models.PROTECT, related_name="withdrawals")
    bank = models.ForeignKey(
        BankAccount, models.PROTECT, null=True, blank=True, related_name="withdrawals"
    )
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    send_key = models.UUIDField(default=uuid.uuid4, editable=False)
    amount = dollars()
    currency = models.CharField(max_length=3, default="USD")
    method = models.CharField(max_length=30, default="ach")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    failure_reason = models.CharField(max_length=300, blank=True)
    told = models.JSONField(
        default=dict, help_text="What the person was shown before saying yes; money as text."
    )
    may_sell = models.BooleanField(default=False, help_text="Whether a sale was agreed to.")
    sale_key = models.UUIDField(default=uuid.uuid4, editable=False)
    sales = models.JSONField(
        default=list, help_text="Sales written down before they are sent, newest round."
    )
    sale_rounds = models.PositiveSmallIntegerField(default=0)
    sale_sent_at = models.DateTimeField(null=True, blank=True)
    sold_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="First sent then; before, nothing can be at Bluum."
    )
    expected_on = models.DateField(
        null=True, blank=True, help_text="Arrival day that the person was told."
    )
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="Canceled, failed, refused.")

    objects = models.Manager.from_queryset(WithdrawalQuerySet)()
    work_task = "funding.tasks.advance_withdrawal"

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="withdrawal_wish_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="withdrawal_is_positive"),
        ]
        indexes = [
            *due_indexes("withdrawal"),
            models.Index(fields=["account", "-created_at"], name="withdrawal_by_account"),
            models.Index(
                fields=["completed_at"],
                name="withdrawal_completed",
                condition=Q(status="completed"),
            ),
        ]

    def __str__(self) -> str:
        return f"Withdrawal {self.pk}"

    @property
    def is_settled(self) -> bool:
        return self.status not in self.OPEN

    @property
    def can_be_canceled(self) -> bool:
        return self.status in {*self.UNSENT, self.Status.PENDING} and not self.cancel_asked_at

    @property
    def was_returned(self) -> bool:
        """The bank sent the money back after it had arrived there."""
        return self.status == self.Status.FAILED and self.completed_at is not None

    @property
    def reference(self) -> str:
        """What support asks for, such as W-7KQ2-4M6P."""
        text = base64.b32encode(self.key.bytes).decode()
        return f"W-{text[:4]}-{text[4:8]}"

    @property
    def is_wire(self) -> bool:
        return self.method == "wire"

    @property
    def description(self) -> str:
        """What it is called at Bluum; by this we find it again there."""
        return f"Withdrawal {self.key}"


class WithdrawalEvent(models.Model):
    """A state a withdrawal was seen in, and when. Rows are only ever added."""

    withdrawal = models.ForeignKey(Withdrawal, models.CASCADE, related_name="events")
    status = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.status


class SecurityHold(models.Model):
    """Money can't leave for a while after a change by which someone could have taken over."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="security_holds")
    cause = models.CharField(max_length=100, help_text="What changed, as the person reads it.")
    created_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    objects = OfAccountManager()

    class Meta:
        ordering = ["-until"]
        indexes = [models.Index(fields=["account", "-until"], name="hold_by_account")]

    def __str__(self) -> str:
        return f"Hold {self.pk}"

    @property
    def sentence(self) -> str:
        """Why money can't leave, and until when."""
        return (
            f"{self.cause}, so money can’t be withdrawn until {words.moment(self.until)}. "
            "It’s there to protect you if it wasn’t you who changed it."
        )
