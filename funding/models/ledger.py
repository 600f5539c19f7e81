"""The ledger: every movement of cash at Bluum, kept, so that pages and files need not ask."""

import uuid
from typing import Self

from django.db import models

from accounts.models import Account, OfAccountManager, OfAccountQuerySet
from funding.models.incoming import Deposit
from funding.models.outgoing import Withdrawal
from onboarding.models import dollars
from portfolios.models import Investment
from robo.work import Work, due_indexes


class Ledger(Work):
    """How far an account's movements have been read, and whether they add up to its cash."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="ledger")
    balance = dollars(null=True, blank=True, help_text="Cash as Bluum told on the same look.")
    read_at = models.DateTimeField(null=True, blank=True)
    read_all_at = models.DateTimeField(
        null=True, blank=True, help_text="When every month was last read anew."
    )
    off_since = models.DateTimeField(
        null=True, blank=True, help_text="Since when the movements don't add up to the cash."
    )

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_ledger"
    work_background = True

    class Meta:
        indexes = due_indexes("ledger")

    def __str__(self) -> str:
        return f"Ledger of {self.account}"


class MovementQuerySet(OfAccountQuerySet):
    def in_order(self) -> Self:
        """Oldest first, as the running balance counts."""
        return self.order_by("day", "place", "pk")

    def newest_first(self) -> Self:
        return self.order_by("-day", "-place", "-pk")


class Movement(models.Model):
    """A line of the ledger: cash that came or went, by the New York day on which Bluum booked it.

    Written by the ledger's step alone. `month` is the first day of the statement month that holds
    it; the lines of a month are replaced together, so a correction at Bluum is one here.
    """

    class Kind(models.TextChoices):
        DEPOSIT = "deposit", "Deposit"
        WITHDRAWAL = "withdrawal", "Withdrawal"
        DEPOSIT_RETURN = "deposit_return", "Deposit taken back"
        WITHDRAWAL_RETURN = "withdrawal_return", "Withdrawal sent back"
        BUY = "buy", "Purchase"
        SELL = "sell", "Sale"
        DIVIDEND = "dividend", "Dividend"
        INTEREST = "interest", "Interest"
        FEE = "fee", "Fee"

    account = models.ForeignKey(Account, models.CASCADE, related_name="movements")
    key = models.CharField(max_length=120, help_text="What tells it from the account's others.")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    month = models.DateField()
    day = models.DateField()
    place = models.PositiveIntegerField(default=0, help_text="Its turn within the day.")
    amount = dollars(help_text="Plus is money in, minus is money out.")
    balance = dollars(help_text="Cash after it: the sum of all amounts up to it.")
    symbol = models.CharField(max_length=20, blank=True)
    quantity = models.DecimalField(max_digits=24, decimal_places=9, null=True, blank=True)
    price = models.DecimalField(max_digits=18, decimal_places=6, null=True, blank=True)
    order_id = models.CharField(max_length=64, blank=True)
    words = models.CharField(max_length=200, blank=True, help_text="Bluum's own.")
    deposit = models.ForeignKey(
        Deposit, models.SET_NULL, null=True, blank=True, related_name="movements"
    )
    withdrawal = models.ForeignKey(
        Withdrawal, models.SET_NULL, null=True, blank=True, related_name="movements"
    )
    run = models.ForeignKey(
        Investment, models.SET_NULL, null=True, blank=True, related_name="movements"
    )
    corrected_at = models.DateTimeField(
        null=True, blank=True, help_text="When Bluum told it differently from before."
    )

    objects = models.Manager.from_queryset(MovementQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "key"], name="movement_once"),
        ]
        indexes = [
            models.Index(fields=["account", "day", "place", "id"], name="movement_by_day"),
            models.Index(fields=["account", "month"], name="movement_by_month"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.day}"

    @property
    def fitid(self) -> str:
        """Its name in a file for other programs: the same in every download."""
        return str(uuid.uuid5(self.account.key, self.key))
