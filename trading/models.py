"""What can be traded, at what price and when; orders, and what a self-directed account holds.

Prices are dollars a share, quantities shares with up to nine decimals, `None` is not known.
"""

import base64
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, OfAccountQuerySet
from onboarding.models import dollars
from robo.work import Work, WorkManager, due_indexes

ZERO = Decimal(0)


def a_share(**options: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=18, decimal_places=4, null=True, blank=True, **options)


def shares(**options: Any) -> "models.DecimalField[Any, Any]":
    return models.DecimalField(max_digits=24, decimal_places=9, **options)


# What there is to trade -------------------------------------------------------------------------


class Market(Work):
    """A market's hours, and the daily look at what is traded there."""

    code = models.CharField(max_length=10, unique=True, help_text="XNYS, XNAS.")
    name = models.CharField(max_length=80, blank=True)
    is_open = models.BooleanField(null=True)
    next_open = models.DateTimeField(null=True, blank=True)
    next_close = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)
    assets_at = models.DateTimeField(null=True, blank=True, help_text="When its list was read.")

    objects = WorkManager["Market"]()
    work_task = "trading.tasks.advance_market"
    work_background = True

    class Meta:
        indexes = due_indexes("market")

    def __str__(self) -> str:
        return self.name or self.code


class Asset(models.Model):
    """Something Bluum lists. Kept by us, so that a search asks nobody."""

    symbol = models.CharField(max_length=20, primary_key=True)
    name = models.CharField(max_length=200, blank=True)
    market = models.CharField(max_length=10, blank=True)
    asset_class = models.CharField(max_length=40, blank=True)
    is_tradable = models.BooleanField(default=False)
    is_fractionable = models.BooleanField(default=False)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["symbol"]

    def __str__(self) -> str:
        return self.symbol


class Quote(Work):
    """The last price of an asset and its past ones, read anew while somebody looks."""

    class Confidence(models.TextChoices):
        REAL_TIME = "REAL_TIME", "Live price"
        DELAYED = "DELAYED", "Delayed price"
        END_OF_DAY = "END_OF_DAY", "Price of the last close"
        STALE = "STALE", "Old price"
        UNAVAILABLE = "UNAVAILABLE", "No price at the moment"

    KEPT_FOR: ClassVar[dict[str, timedelta]] = {
        Confidence.REAL_TIME: timedelta(minutes=15),
        Confidence.DELAYED: timedelta(hours=1),
        Confidence.END_OF_DAY: timedelta(days=5),
    }
    """How long a price is called so; a close holds over the longest weekend of the exchange."""

    asset = models.OneToOneField(Asset, models.CASCADE, related_name="quote")
    price = a_share()
    bid = a_share()
    ask = a_share()
    previous_close = a_share()
    source = models.CharField(max_length=60, blank=True)
    confidence = models.CharField(max_length=20, choices=Confidence.choices, blank=True)
    at = models.DateTimeField(null=True, blank=True, help_text="The price is of then.")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When somebody last looked.")
    bars = models.JSONField(
        default=dict,
        help_text="Reach to [[instant, close, open, high, low], …], oldest first.",
    )
    bars_at = models.JSONField(default=dict, help_text="Reach to when it was read.")

    objects = WorkManager["Quote"]()
    work_task = "trading.tasks.advance_quote"
    work_background = True

    class Meta:
        indexes = due_indexes("quote")

    def __str__(self) -> str:
        return f"Quote of {self.asset_id}"

    @property
    def freshness(self) -> str:
        """What Bluum said of the price's age, unless it said so long ago: then it's an old one."""
        kept = self.KEPT_FOR.get(self.confidence)
        if kept and self.refreshed_at and timezone.now() - self.refreshed_at > kept:
            return str(self.Confidence.STALE)
        return self.confidence

    @property
    def change(self) -> Decimal | None:
        """Dollars since the close before; None where the price is old."""
        if self.price is None or self.previous_close is None:
            return None
        if self.freshness == self.Confidence.STALE:
            return None
        return Decimal(self.price - self.previous_close)

    @property
    def change_share(self) -> Decimal | None:
        """The same as a fraction of that close."""
        if self.change is None or not self.previous_close:
            return None
        return Decimal(self.change / self.previous_close)


# Orders -----------------------------------------------------------------------------------------


class OrderQuerySet(OfAccountQuerySet):
    def open(self) -> Self:
        return self.filter(status__in=Order.OPEN)


class Order(Work):
    """A wish to buy or sell. The same key means the same wish; it is Bluum's client_order_id."""

    class Side(models.TextChoices):
        BUY = "buy", "Buy"
        SELL = "sell", "Sell"

    class Type(models.TextChoices):
        MARKET = "market", "Market"
        LIMIT = "limit", "Limit"
        STOP = "stop", "Stop"
        STOP_LIMIT = "stop_limit", "Stop-limit"
        TRAILING_STOP = "trailing_stop", "Trailing stop"

    class Tif(models.TextChoices):
        DAY = "day", "Until today’s close"
        GTC = "gtc", "Until I cancel it"
        OPG = "opg", "At the opening only"
        CLS = "cls", "At the close only"
        IOC = "ioc", "At once, and what can’t be is canceled"
        FOK = "fok", "At once and whole, or not at all"

    class Status(models.TextChoices):
        REQUESTED = "requested", "Being sent"  # ours: written down, not yet at Bluum
        REFUSED = "refused", "Not accepted"  # ours: Bluum said no
        ACCEPTED = "accepted", "Accepted"
        PARTIALLY_FILLED = "partially_filled", "Partly filled"
        FILLED = "filled", "Filled"
        CANCELED = "canceled", "Canceled"
        REJECTED = "rejected", "Rejected"

    OPEN = (Status.REQUESTED, Status.ACCEPTED, Status.PARTIALLY_FILLED)

    account = models.ForeignKey(Account, models.PROTECT, related_name="orders")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    symbol = models.CharField(max_length=20)
    name = models.CharField(max_length=200, blank=True)
    side = models.CharField(max_length=4, choices=Side.choices)
    type = models.CharField(max_length=20, choices=Type.choices, default=Type.MARKET)
    time_in_force = models.CharField(max_length=3, choices=Tif.choices, default=Tif.DAY)
    quantity = shares(null=True, blank=True)
    notional = dollars(null=True, blank=True, help_text="Dollars, where no quantity was asked for.")
    limit_price = a_share()
    stop_price = a_share()
    trail_percent = a_share()
    trail_price = a_share()
    commission = a_share(help_text="As the kind says.")
    commission_type = models.CharField(max_length=10, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.REQUESTED)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    filled_quantity = shares(default=ZERO)
    average_price = a_share()
    reason = models.CharField(max_length=300, blank=True, help_text="Why it ended, as Bluum said.")
    told = models.JSONField(default=dict, help_text="The estimate that was confirmed.")
    cancel_asked_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(
        null=True, blank=True, help_text="First sent then; before, nothing can be at Bluum."
    )
    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(OrderQuerySet)()
    work_task = "trading.tasks.advance_order"

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="order_wish_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0, notional=None) | Q(quantity=None, notional__gt=0),
                name="order_has_one_size",
            ),
        ]
        indexes = [
            *due_indexes("order"),
            models.Index(fields=["account", "-created_at"], name="order_by_account"),
        ]

    def __str__(self) -> str:
        return f"Order {self.pk}"

    @property
    def is_buy(self) -> bool:
        return self.side == self.Side.BUY

    @property
    def is_settled(self) -> bool:
        return self.status not in self.OPEN

    @property
    def can_be_canceled(self) -> bool:
        return not self.is_settled and not self.cancel_asked_at

    @property
    def remaining(self) -> Decimal | None:
        """Shares still to be traded; None for an order by amount."""
        return None if self.quantity is None else max(self.quantity - self.filled_quantity, ZERO)

    @property
    def filled_amount(self) -> Decimal:
        """Dollars traded so far, before commission."""
        amount: Decimal = self.filled_quantity * (self.average_price or ZERO)
        return amount.quantize(Decimal("0.01"))

    @property
    def reference(self) -> str:
        """What support asks for, such as T-7KQ2-4M6P."""
        text = base64.b32encode(self.key.bytes).decode()
        return f"T-{text[:4]}-{text[4:8]}"


class OrderEvent(models.Model):
    """A state an order was seen in, with what had been filled by then. Only ever added."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    status = models.CharField(max_length=20)
    filled_quantity = shares(default=ZERO)
    average_price = a_share()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.status


# What is held -----------------------------------------------------------------------------------


class Desk(Work):
    """A self-directed account's positions and orders at Bluum, looked at again and again."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="desk")
    refreshed_at = models.DateTimeField(null=True, blank=True)
    looked_at = models.DateTimeField(null=True, blank=True)

    objects = OfAccountManager()
    work_task = "trading.tasks.advance_desk"
    work_background = True

    class Meta:
        indexes = due_indexes("desk")

    def __str__(self) -> str:
        return f"Desk of {self.account}"


class Position(models.Model):
    """What is held of one asset, as Bluum last said."""

    account = models.ForeignKey(Account, models.CASCADE, related_name="positions")
    symbol = models.CharField(max_length=20)
    quantity = shares()
    average_cost = a_share()
    cost_basis = dollars(null=True, blank=True)
    price = a_share()
    value = dollars(null=True, blank=True)
    unrealized = dollars(null=True, blank=True)
    source = models.CharField(max_length=60, blank=True)
    confidence = models.CharField(max_length=20, blank=True)
    price_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(OfAccountQuerySet)()

    class Meta:
        ordering = ["-value", "symbol"]
        constraints = [models.UniqueConstraint(fields=["account", "symbol"], name="position_once")]

    def __str__(self) -> str:
        return self.symbol


@dataclass(frozen=True, slots=True)
class Hours:
    """Whether markets are open, and when that changes. `known` says that Bluum told it."""

    is_open: bool
    changes_at: datetime
    known: bool
