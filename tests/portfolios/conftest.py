"""Maya on her way from answers to an invested portfolio, step by step, as people go it."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.guards import DISCLOSURES
from accounts.models import Account
from accounts.services import account_of, sign
from onboarding.models import InvestorProfile, RiskAssessment
from onboarding.services import submit_risk
from portfolios import services
from portfolios.models import Goal, Holding, InsightFeed, Policy, Portfolio
from portfolios.planning import policy as statement
from portfolios.planning.months import months_later
from portfolios.projecting import keep_projection
from robo import clients, work
from sandbox.api import funding as sandbox_funding
from sandbox.world import World

ANSWERS = {
    "investment_goal": "growth",
    "time_horizon": "20_years",
    "risk_tolerance": "moderate",
    "reaction_to_loss": "hold_and_wait",
    "income_needs": "none",
    "investment_knowledge": "intermediate",
    "income_stability": "stable",
    "emergency_fund": "six_months",
}
PASSWORD = "correct horse battery"


@pytest.fixture
def account(open_account: Callable[..., Account], maya: Any) -> Account:
    return open_account(maya)


@pytest.fixture
def web(client: Client, maya: Any, account: Account) -> Client:
    """Maya, signed in."""
    client.force_login(maya)
    return client


def assess(account: Account, **changes: str) -> RiskAssessment:
    from portfolios.planning.questionnaire import load_questionnaire

    known = {q.id: [a.id for a in q.answers] for q in load_questionnaire().questions}
    answers = {
        name: value
        for name, value in (ANSWERS | changes).items()
        if name in known and (not known[name] or value in known[name])
    }
    return submit_risk(account=account, answers=answers, key=uuid4())


def later(years: int) -> Any:
    return months_later(timezone.localdate(), 12 * years)


def goal_of(account: Account, **changes: Any) -> Goal:
    """A goal whose key says the how-manyth it is. Its futures are drawn by that key, so that one
    goal in a thousand tests is projected once."""
    wish: dict[str, Any] = {
        "key": UUID(int=Goal.objects.count() + 1),
        "type": "home_purchase",
        "name": "First home",
        "target_amount": Decimal(68_000),
        "target_date": later(9),
        "monthly_contribution": Decimal(325),
        "initial_amount": Decimal(20_000),
    }
    return services.add_goal(account=account, **wish | changes)


@pytest.fixture
def assessed(account: Account, settle: Callable[..., int]) -> RiskAssessment:
    found = assess(account)
    settle()
    found.refresh_from_db()
    return found


@pytest.fixture
def goal(account: Account, assessed: RiskAssessment, settle: Callable[..., int]) -> Goal:
    made = goal_of(account)
    settle()
    made.refresh_from_db()
    return made


@pytest.fixture
def proposal(account: Account, goal: Goal, settle: Callable[..., int]) -> Policy:
    """A policy that Bluum has checked and nobody has signed."""
    made = services.propose_policy(account)
    settle()
    made.refresh_from_db()
    assert made.checked_at, made.error
    return made


@pytest.fixture
def policy(proposal: Policy, settle: Callable[..., int]) -> Policy:
    """A policy in force."""
    services.accept_policy(proposal, ip="203.0.113.7", user_agent="test")
    settle()
    proposal.refresh_from_db()
    assert proposal.status == "active", proposal.error
    return proposal


@pytest.fixture
def money(
    sandbox: World, pass_time: Callable[[timedelta], None]
) -> Callable[[Account, Decimal], None]:
    """Money from a bank arrives in the wallet at Bluum. Nobody has asked to invest it yet."""

    def arrive(account: Account, amount: Decimal) -> None:
        api, account_id = clients.bluum(), str(account.bluum_id)
        sources = api.funding_sources.list(account_id)
        if not sources:
            token = sandbox_funding.make_public_token(
                sandbox,
                account_id,
                {"id": "ins_1", "name": "Lakeside Bank"},
                [{"name": "Checking", "subtype": "checking", "mask": "3168"}],
            )
            sources = api.funding_sources.connect(account_id, public_token=token)
        made = api.deposits.create(
            account_id, amount=amount, funding_source_id=sources[0].id, idempotency_key=uuid4()
        )
        for _ in range(60):
            pass_time(timedelta(seconds=2))
            if api.deposits.retrieve(account_id, made.id).status == "completed":
                return
        raise AssertionError("the deposit did not arrive")

    return arrive


@pytest.fixture
def invested(
    account: Account,
    policy: Policy,
    money: Callable[[Account, Decimal], None],
    settle: Callable[..., int],
) -> Portfolio:
    """$1,000.00 arrived and was invested; the portfolio has been read since."""
    money(account, Decimal("1000.00"))
    services.request_investment(account=account, amount=Decimal("1000.00"), cause="deposit:1")
    settle()
    return refreshed(account)


def refreshed(account: Account) -> Portfolio:
    """The portfolio after one more look at Bluum."""
    services.portfolio_of(account).poke()
    work.run_due(Portfolio)
    row = Portfolio.objects.get(account=account)
    assert row.refreshed_at, row.error
    return row


@pytest.fixture
def fifty_holdings(invested: Portfolio) -> Portfolio:
    """The invested portfolio with fifty more funds, each with two lots."""
    Holding.objects.bulk_create(
        Holding(
            portfolio=invested,
            symbol=f"X{n}",
            asset_class="equities" if n % 2 else "fixed_income",
            quantity=1,
            price=1,
            value=1,
            cost_basis=1,
            unrealized=0,
            lots=[
                {"lot_id": f"{n}-{m}", "quantity": "0.5", "cost_basis": "0.50",
                 "acquired_at": f"202{4 + m}-03-02T15:00:00Z"}
                for m in range(2)
            ],
        )
        for n in range(50)
    )  # fmt: skip
    return invested


@pytest.fixture
def standing(maya: Any) -> Portfolio:
    """Maya as she stands once she is invested, written down at once: for pages and readings, where
    what Bluum was asked on the way doesn't matter."""
    account = account_of(maya)
    mine: dict[str, Any] = {"account": account, "due_at": None}
    now = timezone.now()
    Account.objects.filter(pk=account.pk).update(
        status="ACTIVE", bluum_id="acc-maya", opened_at=now - timedelta(days=90)
    )
    for kind in (*DISCLOSURES, "policy"):
        signature = sign(
            account=account, slug=kind, version="1", title=kind, body=kind, kind=kind,
            statement="I agree", ip="203.0.113.7", user_agent="test",
        )  # fmt: skip
    InvestorProfile.objects.create(**mine)
    assessment = RiskAssessment.objects.create(
        **mine, questionnaire_id="default", questionnaire_version=1, level=6, our_level=6,
        status="active", expires_at=now + timedelta(days=200),
    )  # fmt: skip
    Policy.objects.create(
        **mine, assessment=assessment, version=1, level=6, text="The rules", status="active",
        content=statement.derive(level=6, horizon_years=9), signature=signature,
        accepted_at=now - timedelta(days=80),
    )  # fmt: skip
    portfolio = Portfolio.objects.create(
        account=account, due_at=now + timedelta(minutes=9), bluum_id="p-maya", status="active",
        value=Decimal("1010.00"), cash=Decimal("10.00"), invested=Decimal("1000.00"),
        contributed=Decimal("1000.00"), as_of=now, refreshed_at=now,
    )  # fmt: skip
    for symbol, name in (("VTI", "equities"), ("BND", "fixed_income")):
        Holding.objects.create(
            portfolio=portfolio, symbol=symbol, asset_class=name, quantity=1, value=Decimal(500)
        )
    InsightFeed.objects.create(**mine, refreshed_at=now, tax_year=2026, told_at=now)
    goal = Goal.objects.create(
        **mine, type="home_purchase", name="First home", target_amount=Decimal(68_000),
        target_date=later(9), monthly_contribution=Decimal(400), bluum_id="goal-1",
    )  # fmt: skip
    keep_projection(goal)
    return portfolio
