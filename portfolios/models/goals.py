"""What the money is for, what may change it, and the plan as a document."""

import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, Kept, OfAccountManager
from onboarding.models import dollars
from robo.work import Work, due_indexes


class Goal(Work):
    """What the money is for. Amounts in `currency`; the monthly contribution is only a plan."""

    class Type(models.TextChoices):
        RETIREMENT = "retirement", "Retirement"
        HOME = "home_purchase", "A home"
        EDUCATION = "education", "Education"
        EMERGENCY = "emergency", "Emergency fund"
        GROWTH = "wealth_growth", "Growing wealth"
        CUSTOM = "custom", "Something else"

    class Importance(models.TextChoices):
        """How sure it should be: the bar of `planning.projection`."""

        MUST_HAVE = "must_have", "A must"
        NORMAL = "normal", "Important"
        WISH = "wish", "A wish"

    class Status(models.TextChoices):
        REFUSED = "refused", "Refused"  # ours
        ACTIVE = "active", "Active"
        COMPLETED = "completed", "Completed"
        ARCHIVED = "archived", "Archived"

    account = models.ForeignKey(Account, models.CASCADE, related_name="goals")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    type = models.CharField(max_length=20, choices=Type.choices)
    name = models.CharField(max_length=100)
    target_amount = dollars()
    target_date = models.DateField()
    initial_amount = dollars(default=Decimal(0))
    monthly_contribution = dollars(default=Decimal(0))
    currency = models.CharField(max_length=3, default="USD")
    priority = models.PositiveSmallIntegerField(default=1)
    importance = models.CharField(
        max_length=10,
        choices=Importance.choices,
        default=Importance.NORMAL,
        db_default="normal",
    )
    in_todays_dollars = models.BooleanField(
        default=False, db_default=False, help_text="Whether the target grows with prices."
    )
    raise_yearly = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        default=Decimal(0),
        db_default=Decimal(0),
        help_text="Fraction by which the monthly amount grows each year.",
    )
    details = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="What its type asks beyond amount and date, such as a retirement's income.",
    )
    share = models.DecimalField(
        max_digits=5, decimal_places=2, default=Decimal(100), help_text="Percent of the portfolio."
    )
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    revision = models.PositiveIntegerField(default=1)
    sent_revision = models.PositiveIntegerField(default=0)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    progress_percent = models.DecimalField(max_digits=7, decimal_places=2, null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    refusal = models.CharField(max_length=300, blank=True)

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_goal"

    class Meta:
        ordering = ["priority", "target_date"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="goal_wish_once"),
            models.CheckConstraint(
                condition=Q(
                    target_amount__gt=0, initial_amount__gte=0, monthly_contribution__gte=0
                ),
                name="goal_amounts_make_sense",
            ),
            models.CheckConstraint(condition=Q(share__range=(0, 100)), name="goal_share_percent"),
        ]
        indexes = due_indexes("goal")

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        """Still being saved for."""
        return self.status == self.Status.ACTIVE


class Projection(models.Model):
    """One calculation for a goal, with all it takes to repeat it."""

    goal = models.ForeignKey(Goal, models.CASCADE, related_name="projections")
    made_at = models.DateTimeField(default=timezone.now)
    inputs = models.JSONField()
    assumptions = models.CharField(max_length=40)
    engine = models.CharField(max_length=40)
    outputs = models.JSONField()
    chance = models.DecimalField(max_digits=5, decimal_places=4, help_text="Fraction of futures.")

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"{self.goal} {self.made_at:%Y-%m-%d}"


class LifeEvent(Kept):
    """Something that will change the picture: a child, a wedding, a new job, a large purchase."""

    class Type(models.TextChoices):
        CHILD = "child", "A child"
        WEDDING = "wedding", "A wedding"
        HOME = "home_purchase", "Buying a home"
        EDUCATION = "education", "College or training"
        CAREER = "career_change", "A change of job"
        RETIREMENT = "retirement", "Retirement"
        PURCHASE = "major_purchase", "A large purchase"
        INHERITANCE = "inheritance", "An inheritance"
        CUSTOM = "custom", "Something else"

    account = models.ForeignKey(Account, models.CASCADE, related_name="life_events")
    goal = models.ForeignKey(
        Goal, models.SET_NULL, null=True, blank=True, related_name="life_events"
    )
    event_type = models.CharField(max_length=20, choices=Type.choices)
    name = models.CharField(max_length=100)
    expected_date = models.DateField()
    estimated_cost = dollars(default=Decimal(0))
    monthly_change = dollars(
        default=Decimal(0), help_text="What it adds to (or takes from) the money left each month."
    )
    currency = models.CharField(max_length=3, default="USD")
    recurring = models.BooleanField(default=False)
    notes = models.CharField(max_length=300, blank=True)
    effects = models.JSONField(default=list, help_text="What was shown before it was saved.")

    work_task = "portfolios.tasks.advance_life_event"

    class Meta:
        ordering = ["expected_date"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="life_event_wish_once")
        ]
        indexes = due_indexes("life_event")

    def __str__(self) -> str:
        return self.name


class FinancialPlan(Work):
    """A version of the plan as a document. Never changed; made again from `inputs` at any time."""

    class Status(models.TextChoices):
        SENDING = "sending", "Being sent"  # ours
        REFUSED = "refused", "Refused by Bluum"  # ours
        ACTIVE = "active", "Active"
        SUPERSEDED = "superseded", "Superseded"

    account = models.ForeignKey(Account, models.CASCADE, related_name="plans")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    version = models.PositiveIntegerField()
    inputs = models.JSONField(help_text="Everything the document is made from.")
    assumptions = models.CharField(max_length=40)
    engine = models.CharField(max_length=40)
    sha256 = models.CharField(max_length=64, help_text="Of the PDF's bytes.")
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.SENDING)
    bluum_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    bluum_version = models.PositiveIntegerField(null=True, blank=True)
    refusal = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_plan"

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.UniqueConstraint(fields=["account", "version"], name="plan_version_once")
        ]
        indexes = due_indexes("plan")

    def __str__(self) -> str:
        return f"Plan {self.version} of {self.account}"
