"""Closing an account: a wish that ends what moves, sells, pays out, and is followed to its end."""

import base64
import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Account, OfAccountManager, Signature
from funding.models.incoming import BankAccount
from onboarding.models import dollars
from robo.work import Work, due_indexes


class Closing(Work):
    """Someone asked for their account to be closed. Bluum knows no such thing: the end is ours.

    What leaves does so as withdrawals, one key for each round, so nothing can leave twice.
    """

    class Status(models.TextChoices):
        ASKED = "asked", "Waiting for the sale"
        SELLING = "selling", "Being sold"
        PAYING = "paying", "On its way to the bank"
        HELD = "held", "Needs a person"
        CLOSED = "closed", "Closed"
        STOPPED = "stopped", "Stopped"

    account = models.ForeignKey(Account, models.PROTECT, related_name="closings")
    bank = models.ForeignKey(BankAccount, models.PROTECT, related_name="closings")
    signature = models.ForeignKey(Signature, models.PROTECT, related_name="closings")
    key = models.UUIDField(default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.ASKED)
    told = models.JSONField(
        default=dict, help_text="What the person was shown before signing; money as text."
    )
    sells_at = models.DateTimeField(help_text="The sale begins then, not before.")
    expected_on = models.DateField(help_text="Day by which the person was told to have the money.")
    sales = models.JSONField(default=list, blank=True, help_text="Written down before sent.")
    sale_key = models.UUIDField(default=uuid.uuid4, editable=False)
    sale_sent_at = models.DateTimeField(null=True, blank=True)
    sold_at = models.DateTimeField(null=True, blank=True, help_text="Bluum took the last sale.")
    rounds = models.PositiveSmallIntegerField(default=0, help_text="Withdrawals asked for so far.")
    held_rounds = models.PositiveSmallIntegerField(
        default=0, help_text="Rounds whose failure somebody has looked into."
    )
    paid = dollars(default=0, help_text="Sum of those that arrived, when it was closed.")
    problem = models.CharField(max_length=300, blank=True)
    reviewed_at = models.DateTimeField(
        null=True, blank=True, help_text="Operations has ended the account at the custodian."
    )
    created_at = models.DateTimeField(default=timezone.now)
    selling_at = models.DateTimeField(null=True, blank=True)
    paying_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)

    objects = OfAccountManager()
    work_task = "funding.tasks.advance_closing"

    IN_MOTION = (Status.ASKED, Status.SELLING, Status.PAYING, Status.HELD)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"], condition=~Q(status="stopped"), name="closing_once"
            ),
            models.UniqueConstraint(fields=["account", "key"], name="closing_wish_once"),
        ]
        indexes = due_indexes("closing")

    def __str__(self) -> str:
        return f"Closing of {self.account}"

    @property
    def is_settled(self) -> bool:
        return self.status not in self.IN_MOTION

    @property
    def can_be_stopped(self) -> bool:
        """Until the sale begins."""
        return self.status == self.Status.ASKED

    @property
    def reference(self) -> str:
        """What support asks for, such as C-7KQ2-4M6P."""
        text = base64.b32encode(self.key.bytes).decode()
        return f"C-{text[:4]}-{text[4:8]}"

    def round_key(self, number: int) -> uuid.UUID:
        """The key of one withdrawal of this closing: the same number is the same wish."""
        return uuid.uuid5(self.key, f"round:{number}")
