"""After a change by which someone could have taken over, money can't leave for a while."""

from typing import Any

from allauth.account.signals import email_changed, password_changed, password_reset
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.db import transaction
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone

from accounts.disputes import disputed
from accounts.models import Account
from accounts.services import tell
from funding import limits
from funding.models import SecurityHold
from robo import audit
from robo.ui import words


@receiver([password_changed, password_reset], dispatch_uid="funding-hold-password")
def password(sender: Any, user: Any, **_: Any) -> None:
    hold(user, "Your password was changed")


@receiver(email_changed, dispatch_uid="funding-hold-email")
def email(sender: Any, user: Any, **_: Any) -> None:
    hold(user, "Your e-mail address was changed")


@receiver([authenticator_removed, authenticator_reset], dispatch_uid="funding-hold-removed")
def factor_removed(sender: Any, user: Any, **_: Any) -> None:
    hold(user, "A way to sign in was removed")


@receiver(authenticator_added, dispatch_uid="funding-hold-added")
def factor_added(sender: Any, user: Any, **_: Any) -> None:
    hold(user, "A way to sign in was added")


@receiver(disputed, dispatch_uid="funding-hold-disputed")
def told_it_was_not_them(sender: Any, account: Account, **_: Any) -> None:
    hold(account.user, "You told us that something wasn’t you")


@transaction.atomic
def hold(user: Any, cause: str) -> None:
    """Keep money in for a while, and tell its owner. Accounts that aren't open need none."""
    for account in Account.objects.filter(user=user):
        if not account.is_active:
            continue
        found = SecurityHold.objects.create(
            account=account, cause=cause, until=timezone.now() + limits.SECURITY_HOLD
        )
        audit.record("hold withdrawals", actor=user, target=found, account=account)
        tell(
            account=account,
            key=f"security-hold:{found.pk}",
            topic="security",
            title="Withdrawals are paused for now",
            body=f"{cause}. To be safe, money can’t be withdrawn until "
            f"{words.moment(found.until)}. If that was you, there is nothing to do.",
            url=reverse("funding:money"),
        )


def holding(account: Account) -> SecurityHold | None:
    """What holds withdrawals back at this moment: the hold that lasts longest."""
    found: SecurityHold | None = SecurityHold.objects.filter(
        account=account, until__gt=timezone.now()
    ).first()
    return found
