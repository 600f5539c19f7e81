"""The portfolio that follows the policy, as Bluum reports it, and money being invested in it."""

import uuid
from typing import Any, ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, Signature
from onboarding.models import dollars
from robo.work import Work, WorkQuerySet, due_indexes


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
    unpriced = models.JSONField(
        default=list,
        db_default=[],
        blank=True,
        help_text="Symbols without a price when Bluum was last asked. While there are any, value, "
        "cash and holdings stay those of `as_of`, the last moment that had every price.",
    )
    analysis = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Bluum's last rebalancing analysis: at, trades, tax, reason, last_rebalanced_at.",
    )
    sectors = models.JSONField(
        default=list, db_default=[], blank=True, help_text="Bluum's sectors, in percent."
    )
    checks = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Clause of the policy to whether it holds, and since when.",
    )

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_portfolio"
    work_background = True

    class Meta:
        indexes = due_indexes("portfolio")

    def __str__(self) -> str:
        return f"Portfolio of {self.account}"

    @property
    def incomplete(self) -> str:
        """Why there is no total of now: "incomplete (1 fund unpriced)"; empty if there is one."""
        count = len(self.unpriced)
        return f"incomplete ({count} fund{'' if count == 1 else 's'} unpriced)" if count else ""


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
    price_confidence = models.CharField(max_length=20, blank=True, db_default="")
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


class MarketLevel(models.Model):
    """What a fund that stands for a market was worth at a New York day's close, dividends put back
    in: only ratios of two days of a symbol mean anything. Everybody's, told by Bluum's reports."""

    symbol = models.CharField(max_length=20)
    day = models.DateField()
    level = models.DecimalField(max_digits=18, decimal_places=6)

    class Meta:
        ordering = ["symbol", "day"]
        constraints = [
            models.UniqueConstraint(fields=["symbol", "day"], name="market_level_once"),
            models.CheckConstraint(condition=models.Q(level__gt=0), name="market_level_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} on {self.day}"


class Investment(Work):
    """A run of trades: cash that came in is invested, or, where someone said yes to sales, the
    whole portfolio is brought back to its targets (`rebalance:` begins the cause)."""

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
    before = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Class to percent before the trades."
    )
    after = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="Class to percent after them."
    )
    realized = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="Gains less losses taken by sales, dollars: short and long. Empty: not known.",
    )
    prevented_by = models.CharField(
        max_length=200, blank=True, db_default="", help_text="What keeps or kept it, in words."
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Who said yes to a rebalance.",
    )
    agreed = models.JSONField(
        default=dict,
        db_default={},
        blank=True,
        help_text="What was shown when the yes was given: trades, tax, at; an adviser's reason.",
    )
    signature = models.OneToOneField(
        Signature,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Of the words its investor said yes to; an adviser's yes has a reason instead.",
    )

    IN_MOTION = (Status.WAITING, Status.PENDING, Status.IN_PROGRESS)
    CAUSES: ClassVar[dict[str, str]] = {
        "deposit": "A deposit arrived.",
        "auto_invest": "Auto-invest brought money in.",
        "withdrawal": "Money was needed for a withdrawal.",
        "drift": "A class was too far from its target.",
        "rebalance": "A class was too far from its target.",
        "withdrawal-canceled": "A withdrawal was canceled.",
        "dividend": "Dividends had come together.",
    }

    objects = OfAccountManager()
    work_task = "portfolios.tasks.advance_investment"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "cause"], name="investment_once_per_cause")
        ]
        indexes = due_indexes("investment")

    def __str__(self) -> str:
        return f"Investment {self.pk}"

    @property
    def why(self) -> str:
        """What it was for, in a sentence; an adviser's own where one said yes for a reason."""
        kind = self.cause.partition(":")[0]
        said = self.agreed.get("reason") if self.is_rebalance else ""
        return said or self.CAUSES.get(kind, "Cash was waiting to be invested.")

    @property
    def is_rebalance(self) -> bool:
        return self.cause.startswith("rebalance:")


class TradingHaltQuerySet(WorkQuerySet["TradingHalt"]):
    def of(self, account: Account) -> Self:
        """The halts that keep us from trading for this account now."""
        return self.filter(Q(account=account) | Q(account=None), ended_at=None)

    def visible_to(self, user: Any) -> Self:
        """A halt of everyone's trading concerns all staff; one client's, who sees the client."""
        if not user.is_authenticated or not user.is_active or not user.is_staff:
            return self.none()
        if user.sees_every_client:
            return self
        return self.filter(Q(account=None) | Q(account__advisor=user))


class TradingHalt(Work):
    """Someone of the staff stopped our trading: for everyone, or for one account. Clients are told
    within the hour, when it begins and when it ends."""

    account = models.ForeignKey(
        Account, models.CASCADE, null=True, blank=True, related_name="halts", help_text="Or all."
    )
    reason = models.CharField(max_length=300, help_text="Clients read it.")
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    started_at = models.DateTimeField(default=timezone.now)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    told_up_to = models.BigIntegerField(
        default=0, help_text="The last account that was told of the present state."
    )

    objects = models.Manager.from_queryset(TradingHaltQuerySet)()
    work_task = "portfolios.tasks.advance_halt"

    class Meta:
        indexes = due_indexes("trading_halt")

    def __str__(self) -> str:
        return f"Trading halt for {self.account or 'everyone'}"
