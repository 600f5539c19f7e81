"""Bluum's documents about the account."""

from zoneinfo import ZoneInfo

import pgtrigger
from django.db import models
from django.utils import timezone

from accounts.models import Account, OfAccountManager
from robo.work import Work, due_indexes

NEW_YORK = ZoneInfo("America/New_York")
CUSTOM = "custom"
"""The span of a statement that its investor asked for."""
CONTENT = (
    "account_id", "kind", "span", "first_day", "last_day", "title", "status", "data", "pdf",
    "sha256", "ties", "created_at", "fetched_at", "corrected_at", "replaced_by_id",
)  # fmt: skip
EARLIER_CHANGES = "OLD.replaced_by_id IS NOT NULL AND ({})".format(
    " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in CONTENT)
)
"""What was shown before a correction never changes; when it was opened may still be noted."""


class Report(Work):
    """A document of Bluum's about the account: a statement, gains and losses, the market beside it.

    Fetched by its step and kept with its hash; a page only ever shows what is kept. One that Bluum
    corrects keeps its row; what was kept before becomes a row of its own, which the database keeps
    from being changed or deleted. The days are New York's, both included.
    """

    class Kind(models.TextChoices):
        STATEMENT = "statement", "Statement"
        PNL = "pnl", "Gains, losses and income"
        BENCHMARK = "benchmark", "Compared with the market"

    class Status(models.TextChoices):
        FETCHING = "fetching", "Being fetched"  # ours
        READY = "ready", "Ready"  # ours
        REFUSED = "refused", "Refused by Bluum"  # ours

    account = models.ForeignKey(Account, models.CASCADE, related_name="reports")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    span = models.CharField(
        max_length=10, help_text="monthly, quarterly, annual, or Bluum's name of a period."
    )
    first_day = models.DateField()
    last_day = models.DateField()
    title = models.CharField(max_length=120)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.FETCHING)
    data = models.JSONField(default=dict, help_text="Bluum's answer.")
    pdf = models.BinaryField(null=True, blank=True, editable=False)
    sha256 = models.CharField(
        max_length=64, blank=True, help_text="Of the PDF, or of the data where there is none."
    )
    ties = models.BooleanField(
        null=True, blank=True, help_text="Whether opening plus activity is closing, to the cent."
    )
    refusal = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    fetched_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(
        null=True, blank=True, help_text="When its investor was told that it is there."
    )
    opened_at = models.DateTimeField(null=True, blank=True, help_text="First by its investor.")
    corrected_at = models.DateTimeField(
        null=True, blank=True, help_text="When Bluum was found to have corrected it."
    )
    replaced_by = models.ForeignKey(
        "self",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="earlier",
        help_text="The corrected one; then this is what was shown before.",
    )

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_report"
    work_background = True

    class Meta:
        ordering = ["-last_day", "-first_day", "kind", "replaced_by_id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "span", "first_day", "last_day"],
                condition=models.Q(replaced_by=None),
                name="report_once_current",
            )
        ]
        indexes = due_indexes("report")
        triggers = [
            pgtrigger.Protect(
                name="earlier_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__replaced_by__isnull=False),
            ),
            pgtrigger.Protect(
                name="earlier_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(EARLIER_CHANGES),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_final(self) -> bool:
        """Whether its period was over when it was fetched: then only a correction changes it. A
        comparison's period ends today, every day."""
        if self.fetched_at is None or self.kind == self.Kind.BENCHMARK:
            return False
        return self.last_day < self.fetched_at.astimezone(NEW_YORK).date()
