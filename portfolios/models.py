"""Goals, the policy that was accepted, and the portfolio that follows it, as Bluum reports it."""

import hashlib
import uuid
from decimal import Decimal

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, Kept, OfAccountManager, Signature, User
from onboarding.models import RiskAssessment, dollars
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


class Portfolio(Work):
    """The managed portfolio as Bluum last reported it. In `currency`, None when unknown."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="portfolio")
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    name = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20, blank=True)
    currency = models.CharField(max_length=3, default="USD")
    value = dollars(null=True, blank=True)
    cash = dollars(null=True, blank=True)
    invested = dollars(null=True, blank=True, help_text="Value of all positions.")
    unrealized = dollars(null=True, blank=True)
    contributed = dollars(null=True, blank=True, help_text="Deposits less withdrawals, all time.")
    as_of = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    needs_rebalancing = models.BooleanField(default=False)
    drift = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, blank=True, help_text="Largest, in points."
    )
    allocation = models.JSONField(
        default=dict,
        help_text="Class to target, actual and drift, in percent, as Bluum analysed it.",
    )
    performance = models.JSONField(
        default=dict, help_text="Period to Bluum's performance answer, history left out."
    )

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_portfolio"
    work_background = True

    class Meta:
        indexes = due_indexes("portfolio")

    def __str__(self) -> str:
        return f"Portfolio of {self.account}"


class Holding(models.Model):
    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="holdings")
    symbol = models.CharField(max_length=20)
    name = models.CharField(max_length=120, blank=True)
    asset_class = models.CharField(max_length=40, blank=True)
    sector = models.CharField(max_length=60, blank=True)
    quantity = models.DecimalField(max_digits=24, decimal_places=9)
    price = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    value = dollars()
    cost_basis = dollars(null=True)
    unrealized = dollars(null=True)
    weight = models.DecimalField(max_digits=6, decimal_places=2, null=True, help_text="Percent.")
    price_source = models.CharField(max_length=60, blank=True, db_default="")
    price_at = models.DateTimeField(null=True, blank=True)
    lots = models.JSONField(default=list, db_default=[], blank=True, help_text="As Bluum has them.")

    class Meta:
        ordering = ["-value"]
        constraints = [models.UniqueConstraint(fields=["portfolio", "symbol"], name="holding_once")]

    def __str__(self) -> str:
        return self.symbol


class Valuation(models.Model):
    """What the portfolio was worth at the end of a New York day, and what had been put in."""

    portfolio = models.ForeignKey(Portfolio, models.CASCADE, related_name="valuations")
    day = models.DateField()
    value = dollars()
    contributed = dollars(null=True)

    class Meta:
        ordering = ["day"]
        constraints = [models.UniqueConstraint(fields=["portfolio", "day"], name="valuation_once")]

    def __str__(self) -> str:
        return f"{self.day}"


class Investment(Work):
    """A wish to invest cash that came in: Bluum is asked to buy toward the policy's targets."""

    class Status(models.TextChoices):
        WAITING = "waiting", "Waiting"  # ours: no accepted policy, or nothing to invest yet
        NOT_NEEDED = "not_needed", "Already invested"  # ours
        PENDING = "pending", "Pending"
        IN_PROGRESS = "in_progress", "In progress"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    account = models.ForeignKey(Account, models.CASCADE, related_name="investments")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    cause = models.CharField(max_length=60, help_text="What brought the cash, such as deposit:12.")
    amount = dollars()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.WAITING)
    trades = models.JSONField(default=list)
    bluum_id = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001
    created_at = models.DateTimeField(default=timezone.now)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When Bluum took it.")
    completed_at = models.DateTimeField(null=True, blank=True)

    IN_MOTION = (Status.WAITING, Status.PENDING, Status.IN_PROGRESS)

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_investment"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "cause"], name="investment_once_per_cause")
        ]
        indexes = due_indexes("investment")

    def __str__(self) -> str:
        return f"Investment for {self.cause}"


class Report(Work):
    """A document of Bluum's about the account: a statement, gains and losses, the market beside it.

    Fetched by its step and kept with its hash; a page only ever shows what is kept. The days are
    New York's, both included.
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
    opened_at = models.DateTimeField(null=True, blank=True, help_text="First by its investor.")

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_report"
    work_background = True

    class Meta:
        ordering = ["-last_day", "-first_day", "kind"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "span", "first_day"], name="report_once"
            )
        ]
        indexes = due_indexes("report")

    def __str__(self) -> str:
        return self.title

    @property
    def is_final(self) -> bool:
        """Whether its period was over when it was fetched: then it never changes."""
        return self.fetched_at is not None and self.last_day < self.fetched_at.date()
