"""Who is measured: an investor of two years, a supervisor, and 2,000 more clients.

Rows only: nothing is due, so nothing is in motion. Amounts are dollars.
"""

import uuid
from datetime import date, timedelta
from decimal import Decimal

from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib.auth.models import Group
from django.utils import timezone

import accounts.services
import onboarding.services
import portfolios.services
from accounts import roles
from accounts.models import Account, User
from funding.models import BankAccount, Deposit, Schedule, TransferEvent, Wallet
from onboarding.models import InvestorProfile
from portfolios.models import Holding, Portfolio, Valuation
from robo import partner, work

DEPOSITS, VALUATIONS, CLIENTS = 20, 500, 2000
HOLDINGS = (
    ("VTI", "US stocks", "us_equity", 30),
    ("VXUS", "Foreign stocks", "intl_equity", 18),
    ("VWO", "Emerging markets", "emerging_equity", 6),
    ("VNQ", "Real estate", "real_estate", 6),
    ("BND", "US bonds", "fixed_income", 24),
    ("BNDX", "Foreign bonds", "fixed_income", 8),
    ("VTIP", "Inflation-linked bonds", "fixed_income", 5),
    ("SGOV", "Short bonds", "cash", 3),
)
ANSWERS = {
    "investment_goal": "growth",
    "time_horizon": "10_years",
    "risk_tolerance": "moderate",
    "reaction_to_loss": "hold_and_wait",
    "income_needs": "none",
    "investment_knowledge": "intermediate",
}


def investor() -> Account:
    """Two years in: 20 deposits, 500 days of values, 8 holdings, 3 goals, a signed policy."""
    user = User.objects.create_user("maya@example.com", "x", first_name="Maya", last_name="Chen")
    account = accounts.services.account_of(user)
    now = timezone.now()
    Account.objects.filter(pk=account.pk).update(
        name="Maya Chen", status="ACTIVE", bluum_id="bench-account", account_number="100020002",
        compliance_status="approved", submitted_at=now - timedelta(days=720),
        opened_at=now - timedelta(days=720), refreshed_at=now,
    )  # fmt: skip
    account.refresh_from_db()
    _sign_everything(account)
    _money(account)
    _portfolio(account)
    _plan(account)
    for model in work.kinds():
        model._base_manager.update(due_at=None)
    return account


def _sign_everything(account: Account) -> None:
    for agreement in partner.current().to_sign:
        accounts.services.sign(
            account=account, slug=agreement.slug, version=agreement.version,
            title=agreement.title, body=agreement.text, kind=agreement.kind,
            statement="I agree", ip="203.0.113.7", user_agent="bench",
        )  # fmt: skip


def _money(account: Account) -> None:
    now = timezone.now()
    bank = BankAccount.objects.create(
        account=account, bluum_id="bench-bank", institution="Lakeside Bank", name="Checking",
        mask="3168", type="checking",
    )  # fmt: skip
    Wallet.objects.create(
        account=account, balance=Decimal("312.40"), available=Decimal("312.40"),
        reserved=Decimal(0), refreshed_at=now,
    )  # fmt: skip
    schedule = Schedule.objects.create(
        account=account, bank=bank, name="Every month", amount=Decimal(850), frequency="monthly",
        day_of_month=5, start_date=date(2025, 1, 5), status="active", bluum_id="bench-schedule",
        sent_revision=1, next_execution=now + timedelta(days=12),
    )  # fmt: skip
    for number in range(DEPOSITS):
        at = now - timedelta(days=30 * number + 3)
        deposit = Deposit.objects.create(
            account=account, bank=bank, schedule=schedule, amount=Decimal(850),
            status="completed", bluum_id=f"bench-deposit-{number}", created_at=at, sent_at=at,
            initiated_at=at, received_at=at, completed_at=at, expected_on=at.date(),
        )  # fmt: skip
        for status in ("requested", "pending", "processing", "received", "completed"):
            TransferEvent.objects.create(deposit=deposit, status=status, at=at)


def _portfolio(account: Account) -> None:
    now = timezone.now()
    portfolio = portfolios.services.portfolio_of(account)
    Portfolio.objects.filter(pk=portfolio.pk).update(
        bluum_id="bench-portfolio", status="active", value=Decimal("36274.95"),
        cash=Decimal("312.40"), invested=Decimal("35962.55"), unrealized=Decimal("7062.55"),
        contributed=Decimal(28900), as_of=now, refreshed_at=now, drift=Decimal("2.10"),
    )  # fmt: skip
    Holding.objects.bulk_create(
        Holding(
            portfolio=portfolio, symbol=symbol, name=name, asset_class=kind,
            quantity=Decimal("12.5"), price=Decimal("100.00"), value=Decimal(360 * weight),
            cost_basis=Decimal(300 * weight), unrealized=Decimal(60 * weight), weight=weight,
        )
        for symbol, name, kind, weight in HOLDINGS
    )  # fmt: skip
    Valuation.objects.bulk_create(
        Valuation(
            portfolio=portfolio, day=now.date() - timedelta(days=VALUATIONS - number),
            value=Decimal(12_000 + 48 * number + 400 * (number % 7)),
            contributed=Decimal(11_900 + 850 * (number // 25)),
        )
        for number in range(VALUATIONS)
    )  # fmt: skip


def _plan(account: Account) -> None:
    InvestorProfile.objects.create(
        account=account, sections={"employment": {"annual_gross_income": "118000.00"}}
    )
    onboarding.services.submit_risk(account=account, answers=ANSWERS, key=uuid.uuid4())
    account.risk_assessments.update(status="active", bluum_score=6)
    today = timezone.localdate()
    for type_, name, target, years, monthly in (
        ("home_purchase", "A first home", 90_000, 7, 400),
        ("retirement", "Retirement", 600_000, 29, 350),
        ("emergency", "Six months of rent", 9_000, 3, 100),
    ):
        portfolios.services.add_goal(
            account=account, key=uuid.uuid4(), type=type_, name=name,
            target_amount=Decimal(target), target_date=today + timedelta(days=365 * years),
            monthly_contribution=Decimal(monthly),
        )  # fmt: skip
    account.goals.update(sent_revision=1)
    policy = portfolios.services.propose_policy(account)
    policy.checked_at = timezone.now()
    policy.save(update_fields=["checked_at"])
    policy = portfolios.services.accept_policy(policy, ip="203.0.113.7", user_agent="bench")
    policy.status = "active"
    policy.save(update_fields=["status"])
    targets = policy.content.get("target_allocation", {})
    Portfolio.objects.filter(account=account).update(
        allocation={name: {"target": 25, "actual": 26, "drift": 1} for name in targets}
    )


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
