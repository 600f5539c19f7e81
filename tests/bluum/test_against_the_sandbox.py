"""The client and the sandbox share no code: here they meet, over HTTP, for a whole journey."""

from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest

from robo.bluum import Bluum, Conflict, KeyInUse, KeysRejected, NotFound, Refused
from sandbox.app import create_app
from sandbox.world import World
from tests.bluum.conftest import link_bank, open_account


def test_an_account_is_opened_verified_and_found(bluum: Bluum, account_id: str) -> None:
    account = bluum.accounts.retrieve(account_id)
    assert account.status == "ACTIVE"
    assert account.management_type == "advised"
    assert bluum.compliance.retrieve(account_id).workflow_status == "approved"
    found = bluum.accounts.find_by_email("MAYA@example.com")
    assert found is not None
    assert found.id == account_id


def test_a_second_account_for_one_mail_address_is_a_conflict(bluum: Bluum, account_id: str) -> None:
    with pytest.raises(Conflict) as caught:
        open_account(bluum)
    assert caught.value.code == "BLUM-409-001"
    assert caught.value.request_id


def test_a_double_click_makes_one_deposit(bluum: Bluum, world: World, account_id: str) -> None:
    source = link_bank(bluum, world, account_id)
    key = uuid4()
    first, second = (
        bluum.deposits.create(
            account_id, amount=Decimal("300"), funding_source_id=source, idempotency_key=key
        )
        for _ in range(2)
    )
    assert first.id == second.id
    assert len(bluum.deposits.list(account_id)) == 1
    with pytest.raises(KeyInUse):
        bluum.deposits.create(
            account_id, amount=Decimal("301"), funding_source_id=source, idempotency_key=key
        )


def test_money_comes_in_and_goes_out(bluum: Bluum, world: World, account_id: str) -> None:
    source = link_bank(bluum, world, account_id)
    deposit = bluum.deposits.create(
        account_id, amount=Decimal("300"), funding_source_id=source, idempotency_key=uuid4()
    )
    assert deposit.status == "pending"
    world.clock.advance(timedelta(minutes=10))
    assert bluum.deposits.retrieve(account_id, deposit.id).status == "completed"
    dollars = {wallet.currency: wallet for wallet in bluum.wallets.list(account_id)}["USD"]
    assert dollars.available_balance == Decimal("300")
    withdrawal = bluum.withdrawals.create(
        account_id, amount=Decimal("50.50"), funding_source_id=source, idempotency_key=uuid4()
    )
    assert withdrawal.amount == Decimal("50.50")
    with pytest.raises(Refused):
        bluum.withdrawals.create(
            account_id, amount=Decimal("9999"), funding_source_id=source, idempotency_key=uuid4()
        )


def test_an_unlinked_bank_is_seen_as_gone(bluum: Bluum, world: World, account_id: str) -> None:
    source = link_bank(bluum, world, account_id)
    assert bluum.funding_sources.retrieve(account_id, source).institution == "First Platypus Bank"
    bluum.funding_sources.disconnect(account_id, source)
    (left,) = bluum.funding_sources.list(account_id)
    assert (left.id, left.status) == (source, "disconnected")


def test_a_document_is_handed_in(bluum: Bluum, account_id: str) -> None:
    document = bluum.documents.upload(
        account_id,
        document_type="proof_of_address",
        filename="bill.pdf",
        content=b"%PDF-1.4\n%%EOF",
        content_type="application/pdf",
    )
    assert bluum.documents.retrieve(document.document_id).document_type == "proof_of_address"
    assert len(bluum.documents.list(account_id)) == 1


def test_the_way_from_profile_to_portfolio(bluum: Bluum, world: World, account_id: str) -> None:
    profile = bluum.profile.update(
        account_id,
        employment={"annual_gross_income": Decimal("90000.00")},
        tax={"filing_status": "single", "federal_tax_bracket": Decimal("0.24")},
    )
    assert profile.tax is not None
    assert profile.tax.federal_tax_bracket == Decimal("0.24")

    assert bluum.risk_assessments.current(account_id) is None
    assessment = bluum.risk_assessments.submit(
        account_id,
        questionnaire_id="default-risk-v1",
        responses=[
            {"question_id": "investment_goal", "answer_id": "growth"},
            {"question_id": "time_horizon", "answer_id": "20_years"},
            {"question_id": "risk_tolerance", "answer_id": "moderate"},
            {"question_id": "reaction_to_loss", "answer_id": "hold_and_wait"},
            {"question_id": "income_needs", "answer_id": "none"},
            {"question_id": "investment_knowledge", "answer_id": "intermediate"},
        ],
        idempotency_key=uuid4(),
    )
    current = bluum.risk_assessments.current(account_id)
    assert current is not None
    assert current.assessment_id == assessment.assessment_id
    assert bluum.risk_assessments.summary(account_id).has_valid_assessment

    goal = bluum.goals.create(
        account_id,
        name="Home",
        goal_type="home_purchase",
        target_amount=Decimal("60000"),
        target_date=date(2033, 6, 1),
        monthly_contribution=Decimal("400"),
        idempotency_key=uuid4(),
    )
    assert bluum.goals.update(account_id, goal.goal_id, name="House").name == "House"
    assert len(bluum.goals.list(account_id)) == 1

    with pytest.raises(NotFound):
        bluum.investment_policy.retrieve(account_id)
    band = {"min_percent": Decimal("30"), "max_percent": Decimal("70")}
    policy = bluum.investment_policy.put(
        account_id,
        risk_profile={"risk_tolerance": "moderate", "volatility_tolerance": "medium"},
        time_horizon={"years": 7, "category": "medium_term"},
        investment_objectives={"primary": "capital_appreciation"},
        target_allocation={
            "equities": {"target_percent": Decimal("60"), **band},
            "fixed_income": {"target_percent": Decimal("40"), **band},
        },
        constraints={"rebalancing_policy": {"threshold_percent": Decimal("5.00")}},
    )
    assert policy.version == 1
    assert policy.target_allocation["equities"].target_percent == Decimal("60")

    portfolios = bluum.portfolios.list(account_id) or (
        bluum.portfolios.create(account_id, name="Main", idempotency_key=uuid4()),
    )
    portfolio_id = portfolios[0].portfolio_id
    source = link_bank(bluum, world, account_id)
    bluum.deposits.create(
        account_id, amount=Decimal("1000"), funding_source_id=source, idempotency_key=uuid4()
    )
    world.clock.advance(timedelta(minutes=10))
    assert bluum.portfolios.rebalancing(account_id, portfolio_id).needs_rebalancing
    started = bluum.portfolios.rebalance(account_id, portfolio_id, idempotency_key=uuid4())
    assert started.portfolio_id == portfolio_id
    world.clock.advance(timedelta(minutes=10))

    holdings = bluum.portfolios.holdings(account_id, portfolio_id)
    assert holdings.holdings
    assert bluum.positions.list(account_id)
    assert bluum.orders.list(account_id)
    summary = bluum.portfolios.summary(account_id, portfolio_id)
    assert summary.valuation.total_value == holdings.totals.total_value
    bluum.portfolios.performance(account_id, portfolio_id, period="1m")
    bluum.investment_policy.validate(account_id, portfolio_id=portfolio_id)

    order = bluum.auto_invest.create(
        account_id,
        name="Monthly",
        portfolio_id=portfolio_id,
        funding_source_id=source,
        amount=Decimal("100"),
        frequency="monthly",
        day_of_month=31,
        idempotency_key=uuid4(),
    )
    assert bluum.auto_invest.pause(account_id, order.auto_invest_id).status == "paused"
    assert bluum.auto_invest.resume(account_id, order.auto_invest_id).status == "active"
    bluum.auto_invest.delete(account_id, order.auto_invest_id)


def test_prices_come_for_what_is_traded(bluum: Bluum) -> None:
    (first, *_) = bluum.assets.list()
    assert bluum.assets.retrieve(first.symbol).symbol == first.symbol
    with pytest.raises(NotFound):
        bluum.assets.retrieve("NOSUCH")


def test_a_webhook_is_registered_and_its_secret_told_once(bluum: Bluum) -> None:
    made = bluum.webhooks.create(
        name="us", url="https://us.test/hooks", event_types=["transfer.*", "account.updated"]
    )
    assert made.secret
    assert [hook.id for hook in bluum.webhooks.list()] == [made.id]
    assert bluum.webhooks.update(made.id, status="INACTIVE").status == "INACTIVE"
    bluum.webhooks.delete(made.id)
    assert bluum.webhooks.list() == ()


def test_wrong_keys_are_our_own_fault(world: World) -> None:
    app = create_app(world, rate=0)
    transport = httpx.WSGITransport(app=app)
    with pytest.raises(KeysRejected):
        Bluum("http://bluum.test/v1", "sandbox-key", "no", transport=transport).accounts.list()
