"""The portfolio that follows the policy, as Bluum reports it, and money being invested in it."""

import uuid

from django.db import models
from django.utils import timezone

from accounts.models import Account, OfAccountManager
from onboarding.models import dollars
from robo.work import Work, due_indexes


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
