"""What becomes of dividends and idle cash: as Bluum has it, and as the person wants it."""

import uuid
from typing import Any

from django.db import models
from django.utils import timezone

from accounts.models import Account, OfAccountManager
from onboarding.models import dollars
from robo.work import Work, due_indexes


class Dividends(Work):
    """The settings of one account. `wanted` is a change that Bluum doesn't have yet."""

    class Rule(models.TextChoices):
        SAME = "same_security", "The same fund again"
        POLICY = "portfolio_allocation", "What your policy’s mix is short of"
        CUSTOM = "custom", "A split of your own"

    account = models.OneToOneField(Account, models.CASCADE, related_name="dividends")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    enabled = models.BooleanField(null=True, blank=True)
    rule = models.CharField(max_length=30, choices=Rule.choices, blank=True)
    minimum = dollars(null=True, blank=True, help_text="Smaller payments stay cash.")
    sweep = models.BooleanField(null=True, blank=True, help_text="Invest idle cash.")
    keep_cash = dollars(null=True, blank=True, help_text="Cash above this is idle.")
    wanted = models.JSONField(default=dict, blank=True, help_text="The change asked for.")
    before = models.JSONField(default=dict, blank=True, help_text="To take the last one back.")
    revision = models.PositiveIntegerField(default=0)
    sent_revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=300, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_dividends"

    SETTINGS = ("enabled", "rule", "minimum", "sweep", "keep_cash")

    class Meta:
        verbose_name_plural = "dividends"
        indexes = due_indexes("dividends")

    def __str__(self) -> str:
        return f"Dividends of {self.account}"

    @property
    def is_settled(self) -> bool:
        """Bluum has what the person asked for."""
        return self.sent_revision == self.revision

    @property
    def is_known(self) -> bool:
        return self.enabled is not None

    def settings(self) -> dict[str, Any]:
        """As they are at Bluum, money as text."""
        return {
            name: str(value) if name in {"minimum", "keep_cash"} and value is not None else value
            for name in self.SETTINGS
            for value in [getattr(self, name)]
        }
