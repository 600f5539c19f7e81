"""What we told people: notices in the app, letters by e-mail, and how each wants to hear."""

from datetime import time
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.people import Account, OfAccountManager, OfAccountQuerySet
from robo.work import Work, WorkManager, due_indexes


class Topic(models.TextChoices):
    """What a notice is about, for choosing how one hears of it."""

    MONEY = "money", "Money in and out"
    AUTO_INVEST = "auto_invest", "Auto-invest"
    PORTFOLIO = "portfolio", "Your portfolio"
    GOALS = "goals", "Goals"
    INSIGHTS = "insights", "Insights"
    DOCUMENTS = "documents", "Statements and papers"
    ACCOUNT = "account", "Your account"
    SECURITY = "security", "Security"


MANDATORY = frozenset({Topic.ACCOUNT, Topic.SECURITY})
"""Told at once by e-mail and in the app, whatever was chosen."""


class Rhythm(models.TextChoices):
    """When e-mails about a topic go out."""

    NOW = "now", "At once"
    DAILY = "daily", "Once a day"
    WEEKLY = "weekly", "Once a week"
    OFF = "off", "Never"


class Choices(models.Model):
    """How a person wants to hear of what isn't mandatory. No row: the defaults."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="notice_choices")
    email = models.JSONField(default=dict, blank=True, help_text="Topic to rhythm.")
    silent = models.JSONField(
        default=list, blank=True, help_text="Topics not shown among the messages in the app."
    )
    quiet_from = models.TimeField(null=True, blank=True, help_text="In the person’s time zone.")
    quiet_until = models.TimeField(null=True, blank=True)
    digest_at = models.TimeField(default=time(8), help_text="In the person’s time zone.")

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        verbose_name_plural = "choices"

    def __str__(self) -> str:
        return f"Choices of {self.account_id}"

    def rhythm(self, topic: str) -> Rhythm:
        """When e-mails about this topic go to this person."""
        if topic in MANDATORY:
            return Rhythm.NOW
        chosen = self.email.get(topic)
        if chosen in Rhythm.values:
            return Rhythm(chosen)
        return Rhythm.WEEKLY if topic == Topic.INSIGHTS else Rhythm.NOW

    def is_shown(self, topic: str) -> bool:
        """Whether notices about this topic are among the messages in the app."""
        return topic in MANDATORY or topic not in self.silent


class Letter(Work):
    """An e-mail with one notice or more. Until its time it waits here; `sent_at` is when it was
    handed to the outbox, in one transaction, so that it goes once."""

    class Kind(models.TextChoices):
        NOW = "now", "At once"
        MORNING = "morning", "After quiet hours"
        DAILY = "daily", "Daily digest"
        WEEKLY = "weekly", "Weekly digest"

    account = models.ForeignKey(Account, models.CASCADE, related_name="letters")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.NOW)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = OfAccountManager()
    work_task = "accounts.tasks.advance_letter"

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind"],
                condition=Q(sent_at=None) & ~Q(kind="now"),
                name="letter_waits_once",
            )
        ]
        indexes = due_indexes("letter")

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: letter {self.pk}"

    @property
    def status(self) -> str:
        return "sent" if self.sent_at else "waiting"


class NoticeQuerySet(OfAccountQuerySet):
    def shown(self) -> Any:
        """Those that are among the person's messages in the app."""
        return self.filter(is_shown=True)

    def unread(self) -> Any:
        return self.shown().filter(read_at=None)


class Notice(models.Model):
    """Something we told the investor, in the app and by e-mail."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="notices")
    key = models.CharField(max_length=80, help_text="Names the occasion, so that it is told once.")
    topic = models.CharField(
        max_length=20,
        choices=Topic.choices,
        default=Topic.ACCOUNT,
        db_default=Topic.ACCOUNT,
    )
    title = models.CharField(max_length=120)
    body = models.CharField(max_length=400)
    url = models.CharField(max_length=200, blank=True)
    is_shown = models.BooleanField(
        default=True, db_default=True, help_text="Among the messages in the app."
    )
    letter = models.ForeignKey(
        Letter,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="notices",
        help_text="The e-mail that carries it, if one does.",
    )
    created_at = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(NoticeQuerySet)()

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="notice_once")]
        indexes = [
            models.Index(
                fields=["account"],
                name="notice_unread",
                condition=Q(read_at=None, is_shown=True),
            )
        ]

    def __str__(self) -> str:
        return self.title


class Mail(Work):
    """An e-mail on its way to the mail server. Sealed, and emptied once it is out."""

    sealed = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = WorkManager["Mail"]()
    work_task = "accounts.tasks.send_mail"

    class Meta:
        indexes = due_indexes("mail")

    def __str__(self) -> str:
        return f"Mail {self.pk}"
