"""The policy that was signed."""

import hashlib
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, Signature, User
from onboarding.models import RiskAssessment
from robo.work import Work, due_indexes


class Policy(Work):
    """A version of the investment policy statement (IPS). Never changed once accepted."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", "Proposed"  # ours
        ACCEPTED = "accepted", "Accepted"  # ours: signed, on its way to Bluum
        REFUSED = "refused", "Refused by Bluum"  # ours
        WITHDRAWN = "withdrawn", "Withdrawn"  # ours: replaced before it was signed
        ACTIVE = "active", "Active"
        SUPERSEDED = "superseded", "Superseded"

    account = models.ForeignKey(Account, models.CASCADE, related_name="policies")
    assessment = models.ForeignKey(RiskAssessment, models.PROTECT, related_name="policies")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField()
    level = models.PositiveSmallIntegerField()
    content = models.JSONField(help_text="In the shape of Bluum.")
    evidence = models.JSONField(default=dict)
    text = models.TextField(help_text="The exact words that are signed.")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.PROPOSED)
    refusal = models.CharField(max_length=300, blank=True)
    bluum_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    bluum_version = models.PositiveIntegerField(null=True, blank=True)
    validation = models.JSONField(default=dict)
    checked_at = models.DateTimeField(null=True, blank=True, help_text="When Bluum validated it.")
    signature = models.OneToOneField(Signature, models.PROTECT, null=True, blank=True)
    needs_approval = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Whether an adviser looks at it before it can be signed.",
    )
    approved_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="approved_policies"
    )
    approved_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    accepted_at = models.DateTimeField(null=True, blank=True)

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_policy"

    class Meta:
        verbose_name = "investment policy"
        verbose_name_plural = "investment policies"
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="policy_version_once"),
            models.UniqueConstraint(
                fields=["account"], condition=Q(status="active"), name="one_active_policy"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["accepted", "active", "superseded"])
                | Q(signature__isnull=False, accepted_at__isnull=False),
                name="policy_acts_only_when_signed",
            ),
        ]
        indexes = due_indexes("policy")

    def __str__(self) -> str:
        return f"Policy {self.version} of {self.account}"

    @property
    def text_sha256(self) -> str:
        """Hash of the words' UTF-8. The form carries it, so that a stale page is noticed."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def sections(self) -> list[tuple[str, list[str]]]:
        """The very words of `text` by section: its first line, and the lines under it."""
        blocks = [block.splitlines() for block in self.text.strip().split("\n\n")]
        return [(lines[0], lines[1:]) for lines in blocks]
