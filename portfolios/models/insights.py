"""What Bluum notices about an account: insights, recommendations, tax ideas; and the last visit."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, OfAccountQuerySet
from robo.work import Work, due_indexes


class InsightFeed(Work):
    """One an account: its step reads everything Bluum has to say, in the background."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="insight_feed")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    tax_year = models.PositiveSmallIntegerField(null=True, blank=True)
    tax = models.JSONField(
        default=dict, help_text="Bluum's tax summary of that year: dollars, its estimates."
    )
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when new ones have been told, or looked over."
    )
    fall_told_at = models.DateTimeField(
        null=True, blank=True, help_text="When a fall of their goals' chances was told last."
    )

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_insights"
    work_background = True

    class Meta:
        indexes = due_indexes("insight_feed")

    def __str__(self) -> str:
        return f"Insights of {self.account}"


class InsightQuerySet(OfAccountQuerySet):
    def open(self) -> Self:
        """Still given by Bluum, not yet over, not put away by the investor."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()), gone_at=None, dismissed_at=None
        )


class Insight(models.Model):
    """Something Bluum gave, as it gave it. What is shown of it is decided in `portfolios.insights`.

    It is the same one as long as Bluum gives it by the same id; one that was put away stays so.
    """

    class Source(models.TextChoices):
        INSIGHT = "insight", "Insight"
        RECOMMENDATION = "recommendation", "Recommendation"
        TAX = "tax", "Tax idea"

    PRIORITIES = ("high", "medium", "low", "informational")
    NEW_AGAIN_AFTER = timedelta(days=7)
    """Away for so long, one that returns is a new occasion: it is shown again."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="insights")
    source = models.CharField(max_length=16, choices=Source.choices)
    bluum_id = models.CharField(max_length=160)
    category = models.CharField(max_length=30, help_text="Bluum's category or type.")
    priority = models.CharField(max_length=16, help_text="Bluum's priority or confidence.")
    title = models.CharField(max_length=300)
    summary = models.TextField(blank=True)
    data = models.JSONField(default=dict, help_text="Bluum's answer.")
    expires_at = models.DateTimeField(null=True, blank=True)
    first_seen_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True, help_text="When Bluum no longer gave it.")
    dismissed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(InsightQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "source", "bluum_id"], name="insight_once_per_account"
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def priority_in_words(self) -> str:
        """Such as Informational, for Bluum's informational."""
        return self.priority.replace("_", " ").capitalize()

    @property
    def rank(self) -> int:
        """0 for what is most pressing."""
        known = self.PRIORITIES
        return known.index(self.priority) if self.priority in known else len(known)


class Visit(models.Model):
    """What home showed last, and what it showed at the end of the visit before this one.

    A visit ends when home hasn't been looked at for `ENDS_AFTER`; so a refresh never counts as one.
    """

    ENDS_AFTER = timedelta(hours=1)
    WRITTEN_EVERY = timedelta(minutes=5)
    """Within a visit and with nothing new to keep, one write in so long is enough."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="visit")
    seen_at = models.DateTimeField(help_text="When home was last looked at.")
    shown = models.JSONField(help_text="The figures then; see portfolios.visits.")
    before_at = models.DateTimeField(null=True, blank=True, help_text="End of the visit before.")
    before = models.JSONField(default=dict, help_text="The figures at its end; empty: none yet.")

    def __str__(self) -> str:
        return f"Visit of {self.account}"
