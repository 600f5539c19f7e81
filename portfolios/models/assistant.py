"""What was asked of Bluum's assistant, and what it answered: a record, kept as it was."""

import uuid

import pgtrigger
from django.db import models
from django.utils import timezone

from accounts.models import Account, OfAccountManager
from robo.work import Work, due_indexes

LONGEST = 2000
"""Characters of a question, as Bluum takes them."""


ANSWER_CHANGES = "OLD.answered_at IS NOT NULL AND ({})".format(
    " OR ".join(
        f"OLD.{name} IS DISTINCT FROM NEW.{name}"
        for name in ("status", "answer", "answered_at", "context_used", "suggestions", "outside")
    )
)


class Exchange(Work):
    """A question and its answer. The database keeps both as they were written first.

    Exchanges are records of advice (17 CFR 275.204-2): they can't be deleted, and what was asked,
    shown beside it and answered can't be changed.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"  # ours: not answered yet
        ANSWERED = "answered", "Answered"  # ours
        WITHDRAWN = "withdrawn", "Taken back"  # ours: by the person, before there was an answer
        REFUSED = "refused", "Not answered"  # ours: Bluum refused the question

    account = models.ForeignKey(Account, models.PROTECT, related_name="exchanges")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    question = models.CharField(max_length=LONGEST)
    disclaimer = models.TextField(help_text="The words that stood beside the question.")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    asked_at = models.DateTimeField(default=timezone.now)
    answer = models.TextField(blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    bluum_id = models.CharField(max_length=64, blank=True)
    context_used = models.JSONField(default=list, help_text="What Bluum says it looked at.")
    suggestions = models.JSONField(default=list, help_text="Bluum's, with its addresses.")
    outside = models.JSONField(
        default=list, help_text="Symbols it recommends that aren't in the portfolio."
    )
    refusal = models.CharField(max_length=300, blank=True)

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_exchange"

    class Meta:
        verbose_name = "assistant exchange"
        ordering = ["-asked_at", "-pk"]
        constraints = [models.UniqueConstraint(fields=["account", "key"], name="exchange_once")]
        indexes = [
            *due_indexes("exchange"),
            models.Index(fields=["account", "-asked_at"], name="exchange_by_account"),
        ]
        triggers = [
            pgtrigger.Protect(name="kept", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="question_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("account", "question", "disclaimer", "asked_at"),
            ),
            pgtrigger.Protect(
                name="answer_stays",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(ANSWER_CHANGES),
            ),
        ]

    def __str__(self) -> str:
        return f"Exchange {self.pk}"
