"""Staff with their second factor, and clients with something in every table."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import (
    Account,
    Case,
    ContactChange,
    DataExport,
    Document,
    Letter,
    Message,
    Notice,
)
from funding import authorizations
from funding.models import (
    BankAccount,
    Closing,
    Deposit,
    Dividends,
    Ledger,
    Movement,
    Schedule,
    ScheduledRun,
    TransferEvent,
    Wallet,
    Withdrawal,
)
from onboarding.models import Advice, InvestorProfile, RiskAssessment
from portfolios.models import (
    Exchange,
    FinancialPlan,
    Goal,
    Holding,
    Insight,
    InsightFeed,
    Investment,
    MarketLevel,
    Policy,
    Portfolio,
    Projection,
    TradingHalt,
)
from robo import audit
from robo.webhooks.models import Event
from trading.models import Order


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any, tmp_path: Any) -> None:
    """Pages name static files as they lie in the tree; nothing was collected for tests."""
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def colleague(person: Callable[..., Any]) -> Callable[..., Any]:
    """Someone of the staff, in the groups named, with a second factor."""

    def make(email: str, *groups: str, **fields: Any) -> Any:
        from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
        from django.contrib.auth.models import Group

        user = person(email, is_staff=True, **fields)
        for name in groups:
            user.groups.add(Group.objects.get(name=name))
        TOTP.activate(user, generate_totp_secret())
        return user

    return make


@pytest.fixture
def at_desk() -> Callable[[Any], Client]:
    """The browser of somebody who is signed in."""

    def sit(user: Any) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return sit


@pytest.fixture
def supervisor(colleague: Callable[..., Any]) -> Any:
    return colleague("sam@example.com", "supervisor", first_name="Sam")


@pytest.fixture
def furnish() -> Callable[[Any], Account]:
    """An account with a row in every table an advisor can look at. The loop has not run."""
    return _furnish


def _furnish(user: Any) -> Account:
    now = timezone.now()
    account = services.account_of(user)
    Account.objects.filter(pk=account.pk).update(
        name=f"{user.first_name or user.email} Example",
        status="PENDING",
        bluum_id=f"acc-{user.pk}",
        compliance_status="pending_review",
        compliance_checks=[{"type": "identity_verification", "status": "review_required"}],
        submitted_at=now - timedelta(days=2),
    )
    account.refresh_from_db()
    mine: dict[str, Any] = {"account": account, "due_at": None}
    Document.objects.create(
        **mine, type="id_verification", file_name="id.pdf", content_type="application/pdf",
        size=1, sha256="0" * 64, status="rejected", rejection_reason="Too dark",
    )  # fmt: skip
    signature = services.sign(
        account=account, slug="terms", version=str(user.pk), title="Terms",
        body=f"The exact words for {user.pk}", kind="account_agreement", statement="I agree",
        ip="203.0.113.7", user_agent="test",
    )  # fmt: skip
    Message.objects.create(account=account, key=uuid4(), body="Too risky?", page_title="Home")
    ContactChange.objects.create(account=account, kind="address")
    Case.objects.create(account=account, about="A changed e-mail address is disputed")
    Letter.objects.create(**mine)
    DataExport.objects.create(**mine)
    TradingHalt.objects.create(
        **mine, reason="A question about the account", started_by=user, ended_by=user, ended_at=now
    )
    feed: dict[str, Any] = {"refreshed_at": now, "tax_year": 2026, "told_at": now}
    InsightFeed.objects.create(**mine, **feed)
    Insight.objects.create(
        account=account, source="insight", bluum_id="ins_41", category="rebalancing",
        priority="high", title="Equities above their band",
    )  # fmt: skip
    MarketLevel.objects.get_or_create(symbol="VTI", day=date(2026, 1, 2), defaults={"level": 301})
    Exchange.objects.create(**mine, question="How am I doing?", disclaimer="Not advice.")
    Ledger.objects.create(**mine, balance=Decimal("25.00"), read_at=now)
    Movement.objects.create(
        account=account, key="deposit:1", kind="deposit", amount=Decimal("25.00"),
        balance=Decimal("25.00"), day=now.date(), month=now.date().replace(day=1),
    )  # fmt: skip
    Notice.objects.create(account=account, key="hello", title="Welcome", body="You are in.")
    InvestorProfile.objects.create(**mine, sections={"financial": {"income": "50000"}})
    assessment = RiskAssessment.objects.create(
        **mine, questionnaire_id="default", questionnaire_version=1, level=6, our_level=6,
        bluum_score=7, status="active", answers={"horizon": "long"},
        result={"reasons": ["Your answers point to level 6."]},
        expires_at=now + timedelta(days=3),
    )  # fmt: skip
    goal = Goal.objects.create(
        **mine, type="retirement", name="Later", target_amount=Decimal(100_000),
        target_date=date(2050, 1, 1),
    )  # fmt: skip
    Projection.objects.create(
        goal=goal, inputs={}, assumptions="2026", engine="1", outputs={}, chance=Decimal("0.71")
    )
    Policy.objects.create(
        **mine, assessment=assessment, version=1, level=6, content={}, text="What was agreed",
        status="active", signature=signature, accepted_at=now,
    )  # fmt: skip
    FinancialPlan.objects.create(
        **mine, version=1, inputs={}, assumptions="2026", engine="1", status="active"
    )
    Advice.objects.create(
        account=account, kind="policy", about=f"policy:{user.pk}", engine="1", assumptions="2026",
        inputs={}, outputs={}, sha256=f"{user.pk:064d}",
    )  # fmt: skip
    portfolio = Portfolio.objects.create(
        **mine, value=Decimal("1000.50"), cash=Decimal("10.00"), as_of=now, drift=Decimal("6.10"),
        needs_rebalancing=True, bluum_id=f"p-{user.pk}",
    )  # fmt: skip
    Holding.objects.create(
        portfolio=portfolio, symbol="VTI", quantity=Decimal("3.5"), value=Decimal("990.50"),
        price=Decimal("283"), cost_basis=None, unrealized=None, weight=None,
    )  # fmt: skip
    Investment.objects.create(**mine, cause="deposit:1", amount=Decimal(500), status="failed")
    bank = BankAccount.objects.create(**mine, bluum_id="b", name="Checking", mask="3168")
    deposit = Deposit.objects.create(
        **mine, bank=bank, amount=Decimal(500), status="failed", failure_reason="Not enough money"
    )
    TransferEvent.objects.create(deposit=deposit, status="failed")
    authorizations.keep(deposit)
    Withdrawal.objects.create(
        **mine, bank=bank, amount=Decimal(50), status="failed", failure_reason="No such account"
    )
    schedule = Schedule.objects.create(
        **mine, bank=bank, name="Every month", amount=Decimal(100), frequency="monthly",
        day_of_month=1, start_date=date(2026, 12, 1), status="active",
    )  # fmt: skip
    ScheduledRun.objects.create(
        **mine, schedule=schedule, named=now.date(), day=now.date(), amount=100
    )
    Dividends.objects.create(**mine, enabled=True, rule="same_security")
    Closing.objects.create(
        **mine, bank=bank, signature=signature, sells_at=now, expected_on=now.date(),
        status="stopped",
    )  # fmt: skip
    Order.objects.create(**mine, symbol="VTI", side="buy", quantity=Decimal(2), status="rejected")
    Wallet.objects.create(**mine, balance=Decimal(12), available=Decimal(12), reserved=Decimal(0))
    audit.record("open account", target=account, account=account)
    return account


@pytest.fixture
def event(db: None) -> Event:
    return Event.objects.create(
        source="bluum", event_id="e-1", kind="account.updated", hint={"id": "acc-1"}, due_at=None
    )
