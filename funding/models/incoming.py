"""Banks, deposits, the wallet, and what was authorized for them."""

import base64
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, OfAccountQuerySet
from funding import reasons
from onboarding.models import dollars
from robo.work import Work, due_indexes

MANUAL, WIRE = "manual_bank_transfer", "wire"
BY_HAND = (MANUAL, WIRE)
"""Bluum's words for deposits that the person sends from their own bank."""


LINK_FAILED = {"failed", "rejected", "canceled", "cancelled", "cancel_requested", "none"}
LINK_STANDS = {"approved", "active", "complete"}
"""What Bluum may say of the custodian's link for transfers (Alpaca's words for an ACH
relationship); anything else is on its way."""


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
    repairs = models.ForeignKey(
        "BankAccount",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="repairs",
        help_text="The bank that the person set out to sign in at again.",
    )
    outcome = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Ids of the banks that are new, were linked already, or work again.",
    )
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


class BankAccountQuerySet(OfAccountQuerySet):
    def usable(self) -> Self:
        """Money can come from these."""
        return self.filter(status=BankAccount.Status.ACTIVE, unlink_asked_at=None, stopped_at=None)

    def shown(self) -> Self:
        """All but those that were unlinked."""
        return self.exclude(status=BankAccount.Status.DISCONNECTED)


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
    stopped_at = models.DateTimeField(
        null=True, blank=True, help_text="A return forbids to pull from it until it's mended."
    )
    stopped_code = models.CharField(
        max_length=8, blank=True, db_default="", help_text="R02 and the like, or LINK."
    )
    ach_status = models.CharField(
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text="How the custodian's link for transfers stands, if Bluum says.",
    )
    probe_until = models.DateTimeField(
        null=True, blank=True, help_text="So long after linking we keep asking about that."
    )
    extra_ids = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Other sources at Bluum for the very same bank account; disconnected there.",
    )
    paused_schedules = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Auto-invest paused by us when the bank was stopped; goes on once it's mended.",
    )
    mended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = models.Manager.from_queryset(BankAccountQuerySet)()
    work_task = "funding.tasks.advance_bank_account"
    also: "list[BankAccount]"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "bluum_id", "plaid_account_id"], name="bank_once"
            )
        ]
        indexes = due_indexes("bank")

    def __str__(self) -> str:
        name = self.name or self.institution or "Bank account"
        return f"{name} ••{self.mask}" if self.mask else name

    @property
    def is_usable(self) -> bool:
        return (
            self.status == self.Status.ACTIVE
            and self.unlink_asked_at is None
            and self.stopped_at is None
        )

    @property
    def why_stopped(self) -> str:
        """Why nothing is pulled from it, and what mends it; empty if nothing is wrong."""
        if self.stopped_at is None:
            return ""
        reason = reasons.of_stop(self.stopped_code)
        return f"{reason.sentence} {reason.next_step}"

    @property
    def mended_by_linking(self) -> bool:
        """Linking it again lifts what stops it; else somebody has to call."""
        return reasons.RULES.get(self.stopped_code) != reasons.Rule.STOP

    @property
    def awaits_link(self) -> bool:
        """The custodian's link for transfers is still being made, and we keep asking."""
        settled = not self.ach_status or self.ach_status in LINK_FAILED | LINK_STANDS
        return not settled and bool(self.probe_until and self.probe_until > timezone.now())

    @property
    def resumes_by_itself(self) -> bool:
        """Auto-invest that was paused for it goes on once it's mended, without being asked."""
        return reasons.RULES.get(self.stopped_code) != reasons.Rule.NEVER

    @property
    def needs_repair(self) -> bool:
        """The person has to do something before money can come from it again."""
        return self.unlink_asked_at is None and (
            self.status == self.Status.ERROR
            or (self.status == self.Status.ACTIVE and self.stopped_at is not None)
        )


def to_mend(banks: Iterable[BankAccount]) -> list[BankAccount]:
    """Those that need their owner, one for each sign-in: `also` names the others of it."""
    first: dict[str, BankAccount] = {}
    for bank in banks:
        if not bank.needs_repair:
            continue
        login = f"item {bank.item_id}" if bank.item_id and not bank.stopped_at else f"row {bank.pk}"
        if login in first:
            first[login].also.append(bank)
        else:
            bank.also = []
            first[login] = bank
    return [*first.values()]


class DepositQuerySet(OfAccountQuerySet):
    def moving(self) -> Self:
        return self.filter(status__in=Deposit.OPEN)


class Deposit(Work):
    """Money on its way from a bank into the wallet. The same key means the same wish."""

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
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    failure_reason = models.CharField(max_length=300, blank=True)
    instructions = models.JSONField(
        default=dict,
        blank=True,
        db_default={},
        help_text="Where a bank transfer has to go, and its reference, as Bluum said.",
    )
    instructions_pdf = models.BinaryField(
        null=True, blank=True, editable=False, help_text="The same as Bluum's PDF."
    )
    expires_at = models.DateTimeField(null=True, blank=True)
    held_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then it waited for its bank to be mended."
    )
    counted_from = models.DateTimeField(
        null=True, blank=True, help_text="Its days count from then: it was held before."
    )
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="First sent then; before, nothing can be at Bluum."
    )
    expected_on = models.DateField(
        null=True, blank=True, help_text="Arrival day that the person was told."
    )
    created_at = models.DateTimeField(default=timezone.now)
    initiated_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True, help_text="Canceled, failed, expired.")

    objects = models.Manager.from_queryset(DepositQuerySet)()
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
            models.Index(
                fields=["completed_at"],
                name="deposit_completed",
                condition=Q(status="completed"),
            ),
        ]

    def __str__(self) -> str:
        return f"Deposit {self.pk}"

    @property
    def is_settled(self) -> bool:
        return self.status not in self.OPEN

    @property
    def can_be_canceled(self) -> bool:
        stoppable = {self.Status.REQUESTED, self.Status.PENDING}
        if self.is_by_hand:
            stoppable.add(self.Status.PROCESSING)
        return self.status in stoppable and not self.cancel_asked_at

    @property
    def is_by_hand(self) -> bool:
        """The person sends the money from their own bank, by transfer or wire."""
        return self.method in BY_HAND

    @property
    def is_held(self) -> bool:
        """It waits for its bank to be mended; nothing was sent."""
        return (
            self.held_at is not None
            and self.counted_from is None
            and self.status == self.Status.REQUESTED
        )

    @property
    def days_from(self) -> datetime:
        """The moment its days count from."""
        return self.counted_from or self.created_at

    @property
    def send_key(self) -> str:
        """The idempotency key: another one after Bluum refused it for a bank that had broken."""
        return f"{self.key}:{int(self.held_at.timestamp())}" if self.held_at else str(self.key)

    @property
    def was_returned(self) -> bool:
        """The bank took the money back after it had arrived."""
        return self.status == self.Status.FAILED and self.completed_at is not None

    @property
    def reference(self) -> str:
        """What support asks for, such as D-7KQ2-4M6P."""
        text = base64.b32encode(self.key.bytes).decode()
        return f"D-{text[:4]}-{text[4:8]}"

    @property
    def description(self) -> str:
        """What the deposit is called at Bluum; by this we find it again there."""
        return f"Deposit {self.key}"


class TransferEvent(models.Model):
    """A state a deposit was seen in, and when. Rows are only ever added."""

    deposit = models.ForeignKey(Deposit, models.CASCADE, related_name="events")
    status = models.CharField(max_length=20)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

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


class Authorization(models.Model):
    """What someone allowed us to pull from a bank, in the exact words they agreed to.

    Kept at least two years after it ended (Nacha's rule for consumer debits). Never changed but
    for `ended_at`.
    """

    class Kind(models.TextChoices):
        ONCE = "once", "One transfer"
        RECURRING = "recurring", "Auto-invest"

    account = models.ForeignKey(Account, models.PROTECT, related_name="authorizations")
    bank = models.ForeignKey(BankAccount, models.PROTECT, related_name="authorizations")
    deposit = models.OneToOneField(
        Deposit, models.PROTECT, null=True, blank=True, related_name="authorization"
    )
    schedule = models.ForeignKey(
        "Schedule", models.PROTECT, null=True, blank=True, related_name="authorizations"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    text = models.TextField()
    sha256 = models.CharField(max_length=64)
    amount = dollars()
    ip = models.GenericIPAddressField(null=True, blank=True)
    user_agent = models.CharField(max_length=300, blank=True)
    agreed_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        ordering = ["-agreed_at", "-pk"]
        indexes = [models.Index(fields=["account", "-agreed_at"], name="authorization_by_account")]

    def __str__(self) -> str:
        return f"Authorization {self.pk}"
