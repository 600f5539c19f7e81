"""People, their Bluum account and its verification."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from robo.work import Work, WorkQuerySet, due_indexes

if TYPE_CHECKING:
    from accounts.models.papers import Document


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email__iexact=username)


class Appearance(models.TextChoices):
    SYSTEM = "", "As my device is set"
    LIGHT = "light", "Light"
    DARK = "dark", "Dark"


class User(AbstractUser):
    """Someone who signs in: an investor, or staff in one of the groups of `accounts.roles`."""

    username = None  # type: ignore[assignment]
    email = models.EmailField("e-mail address")
    time_zone = models.CharField(max_length=40, default="America/New_York")
    appearance = models.CharField(
        max_length=10, choices=Appearance.choices, default="", db_default="", blank=True
    )
    hides_amounts = models.BooleanField(
        default=False, db_default=False, help_text="Pages open with amounts blurred."
    )
    password_changed_at = models.DateTimeField(null=True, blank=True, editable=False)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.get_full_name() or self.email

    @property
    def sees_every_client(self) -> bool:
        """Supervisors, operations and auditors; advisors see their own book."""
        if not self.is_active or not self.is_staff:
            return False
        if self.is_superuser:
            return True
        names = {group.name for group in self.groups.all()}
        return bool(names & {"supervisor", "operations", "auditor"})


class AccountQuerySet(WorkQuerySet["Account"]):
    def visible_to(self, user: Any) -> Self:
        """The single rule of who sees whose account."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if not user.is_staff:
            return self.filter(user=user)
        if user.sees_every_client:
            return self
        return self.filter(advisor=user)


class AccountStatus(models.TextChoices):
    OPENING = "OPENING", "Being opened"  # ours: the person is still answering
    SUBMITTED = "SUBMITTED", "Submitted"  # ours: written down, not yet at Bluum
    REFUSED = "REFUSED", "Needs a correction"  # ours: Bluum refused the application as sent
    PENDING = "PENDING", "Being verified"
    ACTIVE = "ACTIVE", "Active"
    INACTIVE = "INACTIVE", "Inactive"
    SUSPENDED = "SUSPENDED", "Suspended"
    REJECTED = "REJECTED", "Not approved"


class ManagementType(models.TextChoices):
    ADVISED = "advised", "Managed for you"
    SELF_DIRECTED = "self_directed", "You trade yourself"


class Account(Work):
    """An investor's account at Bluum, from the first answer to closing."""

    user = models.OneToOneField(User, models.PROTECT, related_name="account")
    advisor = models.ForeignKey(
        User,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="clients",
        limit_choices_to={"is_staff": True},
    )
    name = models.CharField(max_length=120, blank=True, help_text="As the investor is called.")
    status = models.CharField(
        max_length=20, choices=AccountStatus.choices, default=AccountStatus.OPENING
    )
    management_type = models.CharField(
        "kind",
        max_length=20,
        choices=ManagementType.choices,
        default=ManagementType.ADVISED,
        db_default=ManagementType.ADVISED,
    )
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    account_number = models.CharField(max_length=40, blank=True)
    refusal = models.CharField(max_length=300, blank=True)
    refusal_field = models.CharField(
        max_length=80, blank=True, help_text="What it was about, in Bluum's words."
    )

    # Verification (KYC), in Bluum's words.
    compliance_status = models.CharField(max_length=20, blank=True)
    compliance_checks = models.JSONField(default=list, blank=True)
    verification_url = models.URLField(blank=True, max_length=500)
    restart_asked_at = models.DateTimeField(
        null=True, blank=True, help_text="Until Bluum has begun verification again."
    )
    restarted_at = models.DateTimeField(null=True, blank=True)

    created_at = models.DateTimeField(default=timezone.now)
    submitted_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    refreshed_at = models.DateTimeField(null=True, blank=True)

    objects = models.Manager.from_queryset(AccountQuerySet)()
    work_task = "accounts.tasks.advance_account"

    class Meta:
        verbose_name = "client"
        indexes = [
            *due_indexes("account"),
            models.Index(fields=["status", "-created_at"], name="account_by_status"),
        ]

    def __str__(self) -> str:
        return self.name or f"Account {self.pk}"

    @property
    def is_active(self) -> bool:
        return self.status == AccountStatus.ACTIVE

    @property
    def is_advised(self) -> bool:
        """Managed by us; otherwise the person trades, and nothing in it is advice."""
        return self.management_type == ManagementType.ADVISED

    @property
    def is_settled(self) -> bool:
        """Nothing is expected to change soon by itself."""
        if self.restart_asked_at:
            return False
        return self.status not in {AccountStatus.SUBMITTED, AccountStatus.PENDING}

    @property
    def may_be_edited(self) -> bool:
        """The application is still the person's to change."""
        return self.status in {AccountStatus.OPENING, AccountStatus.REFUSED}

    @property
    def age(self) -> timedelta:
        """Since the application was sent or verification began again."""
        since = max(filter(None, [self.submitted_at, self.restarted_at]), default=None)
        return timezone.now() - (since or self.created_at)

    def wait_until_open(self) -> timedelta | None:
        """How long rows that need an open account should wait; None when it is open.

        Opening pokes them, so a wait is only as long as a lost poke may cost.
        """
        if self.bluum_id and self.is_active:
            return None
        if self.is_settled:
            return timedelta(minutes=10)
        return min(max(self.age / 10, timedelta(seconds=5)), timedelta(seconds=60))

    def documents_needed(self) -> list["Document.Type"]:
        """The documents verification waits for that the person has not sent yet."""
        from accounts.models.papers import DOCUMENT_FOR_CHECK, DocumentStatus

        if self.status != AccountStatus.PENDING:
            return []
        asked = [
            kind
            for check, kind in DOCUMENT_FOR_CHECK.items()
            if any(
                row.get("type") == check and row.get("status") in {"review_required", "failed"}
                for row in self.compliance_checks
            )
        ]
        on_the_way = set(
            self.documents.exclude(
                status__in=[DocumentStatus.REJECTED, DocumentStatus.REFUSED]
            ).values_list("type", flat=True)
        )
        return [kind for kind in asked if kind not in on_the_way]


class SealedIdentity(models.Model):
    """Name, birth date, address, phone, citizenship, tax ID, disclosures: sealed, and deleted once
    Bluum has them. Written by `onboarding`, read by the step that opens the account."""

    account = models.OneToOneField(Account, models.CASCADE, related_name="sealed_identity")
    sealed = models.BinaryField(editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"Sealed identity {self.account_id}"


class OfAccountQuerySet(WorkQuerySet[Any]):
    """Rows that belong to an account: the account's rule decides who sees them."""

    def visible_to(self, user: Any) -> Self:
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if not user.is_staff:
            return self.filter(account__user=user)
        if user.sees_every_client:
            return self
        return self.filter(account__advisor=user)


OfAccountManager = models.Manager.from_queryset(OfAccountQuerySet)


class Kept(Work):
    """Something the person told us and Bluum keeps a copy of: made, changed, archived here first.

    `revision` counts changes, `sent_revision` is the newest one that Bluum has.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Active"
        ARCHIVED = "archived", "Archived"

    key = models.UUIDField(default=uuid.uuid4, editable=False)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.ACTIVE)
    revision = models.PositiveIntegerField(default=1)
    sent_revision = models.PositiveIntegerField(default=0)
    bluum_id = models.CharField(max_length=64, null=True, blank=True, unique=True)
    refusal = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = OfAccountManager()

    class Meta:
        abstract = True
