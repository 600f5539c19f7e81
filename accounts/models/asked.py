"""What people ask of us: changes of contact, a trusted contact, their data, help."""

import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.people import Account, OfAccountManager, OfAccountQuerySet, User
from robo.work import Work, due_indexes


class ContactChange(models.Model):
    """A change that Bluum takes from people only: operations carry it there and say how it went.

    What it says lies sealed, until it is decided.
    """

    class Kind(models.TextChoices):
        NAME = "name", "Name"
        ADDRESS = "address", "Address"
        PHONE = "phone", "Phone number"
        EMAIL = "email", "E-mail address"

    class Status(models.TextChoices):
        REQUESTED = "requested", "Requested"
        DONE = "done", "Done"
        DECLINED = "declined", "Not possible"
        CANCELED = "canceled", "Taken back"

    account = models.ForeignKey(Account, models.PROTECT, related_name="contact_changes")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.REQUESTED)
    sealed = models.BinaryField(null=True, editable=False)
    sealed_file = models.BinaryField(null=True, editable=False)
    file_type = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=300, blank=True, help_text="Why it wasn’t possible.")
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="contact_change_wish_once"),
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(status="requested"),
                name="contact_change_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.account}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.REQUESTED


class TrustedContact(models.Model):
    """Someone we may call when the person can't be reached or may be exploited. Sealed.

    Without `sealed`: asked, and the person would rather name nobody.
    """

    account = models.OneToOneField(Account, models.CASCADE, related_name="trusted_contact")
    sealed = models.BinaryField(null=True, editable=False)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    def __str__(self) -> str:
        return f"Trusted contact of {self.account_id}"


class DataExport(Work):
    """Everything we hold of a person, as one sealed file, for some days."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="exports")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    ready_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    downloaded_at = models.DateTimeField(null=True, blank=True)
    size = models.PositiveIntegerField(null=True, blank=True, help_text="Bytes.")
    sealed_file = models.BinaryField(null=True, editable=False)

    objects = OfAccountManager()
    work_task = "accounts.tasks.advance_export"
    work_background = True

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="export_wish_once"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(ready_at=None), name="export_one_being_made"
            ),
        ]
        indexes = due_indexes("export")

    def __str__(self) -> str:
        return f"Export of {self.account}"

    @property
    def status(self) -> str:
        if self.ready_at is None:
            return "being made"
        return "ready" if self.expires_at and self.expires_at > timezone.now() else "expired"

    @property
    def is_ready(self) -> bool:
        return self.status == "ready"


class Case(models.Model):
    """Something a person reported that somebody of ours must look into."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="cases")
    about = models.CharField(max_length=120)
    details = models.CharField(max_length=400, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    outcome = models.CharField(max_length=300, blank=True)

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        ordering = ["-opened_at"]

    def __str__(self) -> str:
        return f"{self.about}: {self.account}"


class MessageQuerySet(OfAccountQuerySet):
    def from_us(self) -> Self:
        """Those that one of us began."""
        return self.exclude(written_by=None)


class Message(models.Model):
    """What an investor wrote to their adviser, and the page it was written on; or what one of us
    wrote to the investor."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="messages")
    key = models.UUIDField(
        unique=True, editable=False, help_text="Of the form, so it is sent once."
    )
    written_by = models.ForeignKey(
        User,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who of us wrote it; else it is the client’s.",
    )
    body = models.TextField(max_length=2000)
    page = models.CharField(max_length=200, blank=True, help_text="Path it was written on.")
    page_title = models.CharField(max_length=60, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(max_length=400, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="answers"
    )

    objects = models.Manager.from_queryset(MessageQuerySet)()

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Message {'to' if self.written_by_id else 'of'} {self.account}"
