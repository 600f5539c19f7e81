"""Documents for verification, and what was signed."""

import uuid

import pgtrigger
from django.db import models
from django.utils import timezone

from accounts.models.people import Account, OfAccountManager, OfAccountQuerySet
from robo.work import Work, due_indexes


class DocumentStatus(models.TextChoices):
    SENDING = "sending", "Sending"  # ours
    REFUSED = "refused", "Not accepted"  # ours: Bluum refused the upload itself
    PROCESSING = "processing", "Being checked"
    APPROVED = "approved", "Approved"
    REJECTED = "rejected", "Rejected"


class Document(Work):
    """A file for verification. Its bytes lie sealed here only until Bluum has them."""

    class Type(models.TextChoices):
        ID = "id_verification", "Photo ID"
        ADDRESS = "proof_of_address", "Proof of address"
        W9 = "w9_form", "Form W-9"

    account = models.ForeignKey(Account, models.PROTECT, related_name="documents")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=20, choices=Type.choices)
    file_name = models.CharField(max_length=120)
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    sealed_file = models.BinaryField(null=True, blank=True, editable=False)
    status = models.CharField(
        max_length=20, choices=DocumentStatus.choices, default=DocumentStatus.SENDING
    )
    rejection_reason = models.CharField(max_length=300, blank=True)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "accounts.tasks.advance_document"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="document_wish_once")
        ]
        indexes = due_indexes("document")

    def __str__(self) -> str:
        return f"{self.get_type_display()} of {self.account}"

    @property
    def is_settled(self) -> bool:
        return self.status not in {DocumentStatus.SENDING, DocumentStatus.PROCESSING}


# Which document settles a check that did not pass by itself.
DOCUMENT_FOR_CHECK = {
    "identity_verification": Document.Type.ID,
    "tax_id_verification": Document.Type.W9,
}


class SignedText(models.Model):
    """The exact text somebody signed, once per version of its bytes."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    slug = models.SlugField(max_length=60)
    version = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    body = models.TextField(help_text="UTF-8 of this is what the hash is of.")

    class Meta:
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class Signature(models.Model):
    """Who signed which text, when, from where, and by which words."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="signatures")
    text = models.ForeignKey(SignedText, models.PROTECT, related_name="signatures")
    kind = models.CharField(max_length=40, help_text="Bluum's agreement name, or policy.")
    statement = models.CharField(max_length=300, help_text="The words beside the box or button.")
    signed_at = models.DateTimeField(default=timezone.now)
    ip = models.GenericIPAddressField()
    user_agent = models.CharField(max_length=300, blank=True)

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        ordering = ["signed_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "text"], name="signature_once_per_text")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"{self.text_id[:8]} by {self.account_id}"
