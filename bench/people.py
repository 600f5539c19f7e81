"""Who is measured: an investor of two years, a supervisor, and 2,000 more clients.

Rows only: nothing is due, so nothing is in motion. Amounts are dollars.
"""

from decimal import Decimal

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts import roles
from accounts.models import Account, User
from funding.models import Deposit
from portfolios.models import Portfolio
from tests import lived_in

CLIENTS = 2000


def investor() -> Account:
    """Two years in: 20 deposits, daily values, 8 holdings, 3 goals, a signed policy."""
    user = User.objects.create_user("maya@example.com", "x", first_name="Maya", last_name="Chen")
    return lived_in.account(user, holdings=8, transfers=20, years=2)


def veteran() -> Account:
    """Ten years in, with 50 holdings."""
    user = User.objects.create_user("vera@example.com", "x", first_name="Vera", last_name="Stone")
    return lived_in.account(user, holdings=50, transfers=60, years=10)


def supervisor() -> User:
    """Sees every client; has a second factor."""
    user = User.objects.create_user("sam@example.com", "x", first_name="Sam", is_staff=True)
    user.groups.add(Group.objects.get(name=roles.SUPERVISOR))
    TOTP.activate(user, generate_totp_secret())
    return user


def crowd() -> None:
    """2,000 more clients, each with a portfolio and a deposit."""
    users = User.objects.bulk_create(
        User(email=f"client{number}@example.com", password="!", first_name=f"Client {number}")
        for number in range(CLIENTS)
    )
    now = timezone.now()
    made = Account.objects.bulk_create(
        Account(
            user=user, name=f"Client {number}", status="ACTIVE", bluum_id=f"crowd-{number}",
            compliance_status="approved", due_at=None, opened_at=now, submitted_at=now,
        )
        for number, user in enumerate(users)
    )  # fmt: skip
    Portfolio.objects.bulk_create(
        Portfolio(account=account, value=Decimal(1000), cash=Decimal(10), as_of=now, due_at=None)
        for account in made
    )
    Deposit.objects.bulk_create(
        Deposit(account=account, amount=Decimal(500), status="completed", due_at=None)
        for account in made
    )
