"""Answers on the way in: the application, the sealed identity, the profile, the risk answers."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import Account, OfAccountManager
from robo.work import Work, due_indexes


class Application(models.Model):
    """How far someone has come with opening the account. Holds nothing that identifies a person."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="application")
    steps_done = models.JSONField(default=list)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Application {self.account_id}"


class InvestorProfile(Work):
    """What the person told about their life and money, in Bluum's sections."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="profile")
    sections = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    sent_revision = models.PositiveIntegerField(default=0)
    completeness_score = models.PositiveSmallIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "onboarding.tasks.advance_profile"

    class Meta:
        indexes = due_indexes("profile")

    def __str__(self) -> str:
        return f"Profile of {self.account}"


class RiskAssessment(Work):
    """One filling-in of the questionnaire: answers as given, our scores, Bluum's, and the level."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"  # ours: not yet scored by Bluum
        REFUSED = "refused", "Refused"  # ours
        ACTIVE = "active", "Active"
        SUPERSEDED = "superseded", "Superseded"
        EXPIRED = "expired", "Expired"

    account = models.ForeignKey(Account, models.CASCADE, related_name="risk_assessments")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    questionnaire_id = models.CharField(max_length=60)
    questionnaire_version = models.PositiveSmallIntegerField()
    answers = models.JSONField(default=dict)
    result = models.JSONField(default=dict, help_text="Our scores, the one that binds, and why.")
    level = models.PositiveSmallIntegerField(help_text="1 to 10, the more cautious of both scores.")
    our_level = models.PositiveSmallIntegerField()
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    bluum_score = models.PositiveSmallIntegerField(null=True, blank=True)
    bluum_tolerance = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.SUBMITTED)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    objects = OfAccountManager()
    work_task = "onboarding.tasks.advance_risk_assessment"

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="assessment_wish_once"),
            models.CheckConstraint(
                condition=models.Q(level__range=(1, 10), our_level__range=(1, 10)),
                name="levels_one_to_ten",
            ),
        ]
        indexes = due_indexes("assessment")

    def __str__(self) -> str:
        return f"Risk level {self.level} of {self.account}"

    @property
    def is_current(self) -> bool:
        return self.status in {self.Status.SUBMITTED, self.Status.ACTIVE} and (
            self.expires_at is None or self.expires_at > timezone.now()
        )


class RiskDraft(models.Model):
    """Answers not yet submitted, so that nobody has to begin again."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="risk_draft")
    questionnaire_version = models.PositiveSmallIntegerField()
    answers = models.JSONField(default=dict)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Risk draft {self.account_id}"
