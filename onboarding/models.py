"""Answers on the way in: the application, the investor profile, the risk answers, the advice."""

import uuid
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from django.db import models
from django.utils import timezone

from accounts.models import Account, Kept, OfAccountManager, OfAccountQuerySet, User
from onboarding.elsewhere import TYPE_WORDS
from robo.work import Work, due_indexes


class Application(models.Model):
    """How far someone has come with opening the account. Holds nothing that identifies a person."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="application")
    steps_done = models.JSONField(default=list)
    funding_source = models.JSONField(
        default=list, db_default=[], help_text="Where the money comes from, in Bluum's words."
    )
    birth_year = models.PositiveSmallIntegerField(null=True, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Application {self.account_id}"


class FirstPlan(models.Model):
    """The plan someone tried before they had an account; prefills what is asked later."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="first_plan")
    answers = models.JSONField(default=dict)
    used = models.JSONField(
        default=list, help_text="What has been taken over: goal, risk, amounts."
    )
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"First plan {self.account_id}"


CHECK_EVERY = timedelta(days=365)
"""How long what a person told counts as known; then we ask whether it still holds."""


class InvestorProfile(Work):
    """What the person told about their life and money, in Bluum's sections."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="profile")
    sections = models.JSONField(default=dict)
    provenance = models.JSONField(
        default=dict,
        db_default={},
        help_text="Field, as section.field, to where it came from and when: source, at (UTC).",
    )
    wishes = models.JSONField(
        default=dict,
        db_default={},
        help_text="For the policy, beyond Bluum's sections: excluded_securities, excluded_sectors, "
        "minimum_cash_percent.",
    )
    checked_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person last said that all of it still holds."
    )
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

    @property
    def check_due_at(self) -> datetime:
        """When we ask whether all of it still holds: a year after the last word on it."""
        return max(self.updated_at, self.checked_at or self.updated_at) + CHECK_EVERY


MOST_ABOVE = MOST_BELOW = 2
"""How many levels a person may choose above or below the advised one without an adviser."""


class RiskAssessment(Work):
    """One filling-in of the questionnaire: answers as given, our scores, Bluum's, and the level."""

    class Status(models.TextChoices):
        SUBMITTED = "submitted", "Submitted"  # ours: not yet scored by Bluum
        REFUSED = "refused", "Refused"  # ours
        ACTIVE = "active", "Active"
        SUPERSEDED = "superseded", "Superseded"
        EXPIRED = "expired", "Expired"

    class Review(models.TextChoices):
        """Answers that contradict each other wait for a person; until then no money goes in."""

        NONE = "none", "Not needed"
        WAITING = "waiting", "Waiting for an adviser"
        DONE = "done", "Looked at"

    account = models.ForeignKey(Account, models.CASCADE, related_name="risk_assessments")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    questionnaire_id = models.CharField(max_length=60)
    questionnaire_version = models.PositiveSmallIntegerField()
    answers = models.JSONField(default=dict)
    result = models.JSONField(default=dict, help_text="Our scores, the one that binds, and why.")
    level = models.PositiveSmallIntegerField(
        help_text="1 to 10: the more cautious of both scores, or what the person chose instead."
    )
    our_level = models.PositiveSmallIntegerField()
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    bluum_score = models.PositiveSmallIntegerField(null=True, blank=True)
    bluum_tolerance = models.CharField(max_length=40, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.SUBMITTED)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField(null=True, blank=True)

    need_level = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Lowest level that reaches the goals' bar, if any does."
    )
    need_goals = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="How many goals the needed level was looked for."
    )
    chosen_level = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="What the person chose instead of the advised level."
    )
    chosen_reason = models.CharField(max_length=400, blank=True, db_default="")
    chosen_at = models.DateTimeField(null=True, blank=True)
    review = models.CharField(
        max_length=10, choices=Review.choices, default=Review.NONE, db_default="none"
    )
    reviewed_by = models.ForeignKey(
        User, models.SET_NULL, null=True, blank=True, related_name="reviewed_assessments"
    )
    reviewed_at = models.DateTimeField(null=True, blank=True)
    review_note = models.CharField(max_length=400, blank=True, db_default="")
    conflicts = models.JSONField(
        default=list,
        db_default=[],
        help_text="What doesn't go together, in words, with how it was settled.",
    )
    seconds = models.JSONField(
        default=dict, db_default={}, help_text="Question to seconds it took."
    )

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
    def advised_level(self) -> int:
        """The more cautious of our score and Bluum's, whatever the person chose."""
        return int(min(self.our_level, self.bluum_score or self.our_level))

    @property
    def highest_choice(self) -> int:
        """The boldest level a person may choose: two above the advice at most, and never more
        than means and dates can bear."""
        limits = [self.result.get(name) for name in ("level_by_capacity", "level_by_horizon")]
        above = min([10, self.advised_level + MOST_ABOVE, *(n for n in limits if n)])
        return int(max(above, self.advised_level))

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
    seconds = models.JSONField(
        default=dict, db_default={}, help_text="Question to seconds it took."
    )
    shown = models.JSONField(
        default=dict, db_default={}, help_text="The question shown last, and when (UTC)."
    )
    pending = models.JSONField(
        null=True,
        blank=True,
        help_text="A change asked for after a fall, waiting for its second yes.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Risk draft {self.account_id}"


def dollars(**options: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=16, decimal_places=2, **options)


class Dependent(Kept):
    """Someone who depends on the investor's income."""

    class Relationship(models.TextChoices):
        CHILD = "child", "Child"
        SPOUSE = "spouse", "Spouse or partner"
        PARENT = "parent", "Parent"
        SIBLING = "sibling", "Brother or sister"
        OTHER = "other", "Someone else"

    account = models.ForeignKey(Account, models.CASCADE, related_name="dependents")
    first_name = models.CharField(max_length=60)
    relationship = models.CharField(max_length=20, choices=Relationship.choices)
    date_of_birth = models.DateField(null=True, blank=True)
    financial_support_until = models.DateField(null=True, blank=True)
    has_education_plans = models.BooleanField(default=False)
    estimated_education_cost = dollars(null=True, blank=True)

    work_task = "onboarding.tasks.advance_dependent"

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="dependent_wish_once")
        ]
        indexes = due_indexes("dependent")

    def __str__(self) -> str:
        return f"{self.get_relationship_display()} of {self.account}"


class ExternalLink(Work):
    """A bank or broker whose balances may be read through Plaid, by us, for the full picture.

    Nothing can be moved with it. The access token lies sealed here until the link is removed.
    """

    class Status(models.TextChoices):
        CONNECTING = "connecting", "Being connected"
        ACTIVE = "active", "Connected"
        BROKEN = "broken", "Needs you to sign in again"
        REMOVED = "removed", "Removed"
        REFUSED = "refused", "Not connected"

    account = models.ForeignKey(Account, models.CASCADE, related_name="external_links")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    link_token = models.CharField(max_length=120, blank=True)
    sealed_public_token = models.BinaryField(null=True, blank=True, editable=False)
    sealed_access_token = models.BinaryField(null=True, blank=True, editable=False)
    item_id = models.CharField(max_length=80, null=True, blank=True, unique=True)
    institution = models.CharField(max_length=120, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.CONNECTING)
    returned_at = models.DateTimeField(
        null=True, blank=True, help_text="When the person came back from Plaid, with or without."
    )
    refusal = models.CharField(max_length=200, blank=True, db_default="")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "onboarding.tasks.advance_external_link"
    work_background = True

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="external_link_wish_once")
        ]
        indexes = due_indexes("external_link")

    def __str__(self) -> str:
        return f"{self.institution or 'A bank'} of {self.account}"


class ExternalAccount(Kept):
    """Money or debt held elsewhere, typed in or read through Plaid. `balance` is positive in both
    cases, in `currency`; `is_asset` says which."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="external_accounts")
    link = models.ForeignKey(
        ExternalLink, models.SET_NULL, null=True, blank=True, related_name="accounts"
    )
    plaid_account_id = models.CharField(max_length=80, blank=True)
    mask = models.CharField(max_length=8, blank=True, db_default="", help_text="Last digits.")
    name = models.CharField(max_length=100)
    account_type = models.CharField(max_length=40, help_text="In Bluum's words.")
    is_asset = models.BooleanField(default=True)
    balance = dollars()
    currency = models.CharField(max_length=3, default="USD")
    institution = models.CharField(max_length=120, blank=True)
    interest_rate = models.DecimalField(
        max_digits=7, decimal_places=5, null=True, blank=True, help_text="Fraction a year."
    )
    minimum_payment = dollars(null=True, blank=True)
    holdings = models.JSONField(default=list, help_text="As Plaid told: symbol, quantity, value.")
    balance_at = models.DateTimeField(default=timezone.now, help_text="How old the balance is.")

    work_task = "onboarding.tasks.advance_external_account"

    class Meta:
        ordering = ["-is_asset", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="external_account_wish_once"),
            models.UniqueConstraint(
                fields=["link", "plaid_account_id"],
                condition=models.Q(link__isnull=False, status="active"),
                name="plaid_account_once",
            ),
            models.CheckConstraint(
                condition=models.Q(balance__gte=0), name="external_balance_positive"
            ),
        ]
        indexes = due_indexes("external_account")

    def __str__(self) -> str:
        return f"{self.name} of {self.account}"

    @property
    def type_words(self) -> str:
        return TYPE_WORDS.get(self.account_type, "Account")


class Advice(models.Model):
    """One recommendation with all it takes to repeat it. Written once, never changed."""

    class Kind(models.TextChoices):
        RISK = "risk", "Risk level"
        PROJECTION = "projection", "Projection"
        POLICY = "policy", "Investment policy"
        PLAN = "plan", "Financial plan"

    account = models.ForeignKey(Account, models.PROTECT, related_name="advice")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    about = models.CharField(max_length=60, help_text="What it is about, such as policy:12.")
    made_at = models.DateTimeField(default=timezone.now)
    engine = models.CharField(max_length=40, help_text="Version of the algorithm.")
    assumptions = models.CharField(max_length=40)
    seed = models.CharField(max_length=24, blank=True)
    inputs = models.JSONField()
    outputs = models.JSONField()
    sha256 = models.CharField(max_length=64, help_text="Of the outputs as canonical JSON.")

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        verbose_name_plural = "advice"
        ordering = ["-made_at"]
        indexes = [models.Index(fields=["account", "kind", "-made_at"])]
        constraints = [
            models.UniqueConstraint(fields=["kind", "about", "sha256"], name="advice_once")
        ]
        triggers = [
            pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)
        ]

    def __str__(self) -> str:
        return f"Advice {self.pk}: {self.get_kind_display().lower()}"
