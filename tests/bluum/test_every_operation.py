"""All 113 operations, asked of the sandbox by the client: the story of two accounts."""

from collections.abc import Generator, Iterator
from datetime import date, timedelta
from decimal import Decimal
from uuid import uuid4

import httpx

from robo.bluum import Bluum
from sandbox.api.funding import make_public_token
from sandbox.app import create_app
from sandbox.world import World
from tests.bluum.conftest import open_account
from tests.bluum.contract import OPERATIONS

Told = Iterator[str]
"""A story yields the operation that comes next; between two yields there is one call."""


class Witness(httpx.BaseTransport):
    """Remembers what went over the wire."""

    def __init__(self, behind: httpx.BaseTransport) -> None:
        self.behind = behind
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self.behind.handle_request(request)


def test_every_operation_is_answered(world: World) -> None:
    wire = Witness(httpx.WSGITransport(app=create_app(world, rate=0)))
    asked: set[str] = set()
    with Bluum("http://b.test/v1", "sandbox-key", "sandbox-secret", transport=wire) as bluum:
        for story in (verification(bluum, world), market(bluum), life(bluum, world)):
            told = iter(story)
            name = next(told, None)
            while name is not None:
                wire.requests.clear()
                following = next(told, None)
                (request,) = wire.requests
                assert OPERATIONS[name].matches(request.method, request.url.path), name
                asked.add(name)
                name = following
    assert asked == OPERATIONS.keys()


def verification(bluum: Bluum, world: World) -> Told:
    yield "createAccount"
    account = open_account(bluum, "rej@example.com", last_name="Reject")
    yield "getCompliance"
    assert bluum.compliance.retrieve(account.id).checks
    workflow_id = account.compliance_checks[0].workflow_id or ""
    yield "submitComplianceCheck"
    bluum.compliance.submit(
        account.id,
        workflow_id=workflow_id,
        check_type="identity_verification",
        provider_payload={"status": "failed"},
    )
    yield "getComplianceWorkflow"
    assert bluum.compliance.workflow(account.id, workflow_id).id == workflow_id
    world.clock.advance(timedelta(days=1))
    yield "restartCompliance"
    assert bluum.compliance.restart(account.id).checks


def market(bluum: Bluum) -> Told:
    yield "listAssets"
    assert len(bluum.assets.list()) > 10
    yield "listAssetsAlias"
    assert len(bluum.assets.page(limit=5)) == 5
    yield "searchAssets"
    assert bluum.assets.search("total")
    yield "getAsset"
    assert bluum.assets.retrieve("VTI").price
    yield "getChart"
    assert bluum.assets.chart("VTI").bars
    yield "getMarketBars"
    assert bluum.assets.bars("VTI", limit=3).bars
    yield "listAssetQuotes"
    assert len(bluum.assets.quotes("VTI", "BND", "NOSUCH")) == 2
    yield "getQuote"
    assert bluum.assets.quote("VTI").price
    yield "getSnapshot"
    assert bluum.assets.snapshot("VTI").daily_bar
    yield "listMarkets"
    assert bluum.markets.list()
    yield "getMarket"
    assert bluum.markets.retrieve("XNYS").timezone == "America/New_York"
    yield "getMarketStatus"
    bluum.markets.status("XNYS")
    yield "getMarketCalendar"
    assert bluum.markets.calendar("XNYS", year=2026).holidays
    yield "listNigerianBanks"
    assert bluum.funding_sources.nigerian_banks()
    yield "listEventTypes"
    assert bluum.webhooks.event_types()
    yield "createWebhook"
    hook = bluum.webhooks.create(name="us", url="https://us.test/h", event_types=["order.*"])
    yield "updateWebhook"
    assert bluum.webhooks.update(hook.id, description="ours").description == "ours"
    yield "listWebhooks"
    assert [one.id for one in bluum.webhooks.list()] == [hook.id]
    yield "deleteWebhook"
    bluum.webhooks.delete(hook.id)


def life(bluum: Bluum, world: World) -> Told:
    yield "createAccount"
    acc = open_account(bluum).id
    world.clock.advance(timedelta(days=1))
    yield "getAccount"
    assert bluum.accounts.retrieve(acc).status == "ACTIVE"
    yield "listAccounts"
    assert len(bluum.accounts.list()) == 2
    yield from documents(bluum, acc)
    bank = yield from banks(bluum, world, acc)
    yield from money(bluum, world, acc, bank)
    yield from person(bluum, acc)
    yield from plans(bluum, acc)
    yield "putInvestmentPolicy"
    bluum.investment_policy.put(acc, **POLICY)
    yield "createInvestmentPolicy"
    assert bluum.investment_policy.create(acc, **POLICY).version == 2
    yield "getInvestmentPolicy"
    assert bluum.investment_policy.retrieve(acc, include_history=True).version_history
    yield "createPortfolio"
    bluum.portfolios.create(acc, name="Second", idempotency_key=uuid4())
    yield "listPortfolios"
    portfolio = bluum.portfolios.list(acc)[0].portfolio_id
    yield from investing(bluum, world, acc, portfolio)
    yield from trading(bluum, acc)
    yield from schedules(bluum, acc, portfolio, bank)
    yield from reports(bluum, acc)
    yield "disconnectFundingSource"
    bluum.funding_sources.disconnect(acc, bank)


def documents(bluum: Bluum, acc: str) -> Told:
    yield "uploadDocument"
    made = bluum.documents.upload(
        acc,
        document_type="w9_form",
        filename="w9.pdf",
        content=b"%PDF-1.4\n%%EOF",
        content_type="application/pdf",
    )
    yield "listDocuments"
    assert len(bluum.documents.list(acc)) == 1
    yield "getDocument"
    assert bluum.documents.retrieve(made.document_id).document_type == "w9_form"
    yield "deleteDocument"
    bluum.documents.delete(made.document_id)


def banks(bluum: Bluum, world: World, acc: str) -> Generator[str, None, str]:
    yield "createPlaidLinkToken"
    assert bluum.funding_sources.create_link_token(acc, hosted=True).hosted_link_url
    token = make_public_token(
        world,
        acc,
        {"id": "ins_1", "name": "First Platypus Bank"},
        [{"name": "Checking", "subtype": "checking", "mask": "0000"}],
    )
    yield "connectPlaid"
    (source,) = bluum.funding_sources.connect(acc, public_token=token)
    yield "connectFundingSource"
    (manual,) = bluum.funding_sources.connect_manual(
        acc,
        bank_name="Harbour Bank",
        account_holder_name="Maya Lin",
        account_number="0123459012",
        bank_account_type="SAVINGS",
        currency="NGN",
        country="NG",
        bank_code="901",
    )
    assert manual.type == "manual"
    yield "listFundingSources"
    assert len(bluum.funding_sources.list(acc)) == 2
    yield "getFundingSource"
    assert bluum.funding_sources.retrieve(acc, source.id).mask == "0000"
    return source.id


def money(bluum: Bluum, world: World, acc: str, bank: str) -> Told:
    yield "createDeposit"
    bluum.deposits.create(
        acc, amount=Decimal("5000"), funding_source_id=bank, idempotency_key=uuid4()
    )
    world.clock.advance(timedelta(days=1))
    yield "createDeposit"
    announced = bluum.deposits.create_manual(acc, amount=Decimal("70"), idempotency_key=uuid4())
    yield "getDepositWireDetails"
    assert bluum.deposits.wire_details(acc, announced.id).startswith(b"%PDF-")
    yield "cancelDeposit"
    assert bluum.deposits.cancel(acc, announced.id).status == "canceled"
    yield "getDeposit"
    assert bluum.deposits.retrieve(acc, announced.id).amount == Decimal("70")
    yield "listDeposits"
    assert bluum.deposits.list(acc, status="completed").total == 1
    yield "createWithdrawal"
    paid = bluum.withdrawals.create(
        acc, amount=Decimal("50"), funding_source_id=bank, idempotency_key=uuid4()
    )
    yield "cancelWithdrawal"
    assert bluum.withdrawals.cancel(acc, paid.id).status == "canceled"
    yield "getWithdrawal"
    assert bluum.withdrawals.retrieve(acc, paid.id).id == paid.id
    yield "listWithdrawals"
    assert bluum.withdrawals.list(acc).total == 1
    yield "listWallets"
    assert bluum.wallets.list(acc)
    yield "listTransactions"
    assert bluum.wallets.transactions(acc, currency="USD")


def person(bluum: Bluum, acc: str) -> Told:
    yield "updateProfile"
    bluum.profile.update(acc, tax={"federal_tax_bracket": Decimal("0.24")})
    yield "getProfile"
    assert bluum.profile.retrieve(acc).tax is not None
    yield "createProfileSnapshot"
    made = bluum.profile.create_snapshot(acc)
    yield "listProfileSnapshots"
    assert made.snapshot_id in [one.snapshot_id for one in bluum.profile.snapshots(acc)]
    yield "getProfileSnapshot"
    sections = bluum.profile.snapshot(acc, made.snapshot_id).data
    assert sections is not None
    assert sections.tax_profile is not None
    yield "createDependent"
    child = bluum.dependents.create(
        acc, first_name="Ada", relationship="child", idempotency_key=uuid4()
    )
    yield "updateDependent"
    bluum.dependents.update(acc, child.dependent_id, has_education_plans=True)
    yield "getDependent"
    assert bluum.dependents.retrieve(acc, child.dependent_id).has_education_plans
    yield "listDependents"
    assert bluum.dependents.list(acc).total == 1
    yield "deleteDependent"
    bluum.dependents.delete(acc, child.dependent_id)
    yield "submitRiskAssessment"
    found = bluum.risk_assessments.submit(
        acc,
        questionnaire_id="default-risk-v1",
        responses=[{"question_id": "investment_goal", "answer_id": "growth"}],
        idempotency_key=uuid4(),
    )
    yield "getRiskAssessment"
    assert bluum.risk_assessments.retrieve(acc, found.assessment_id).responses
    yield "getCurrentRiskAssessment"
    assert bluum.risk_assessments.current(acc)
    yield "getRiskSummary"
    assert bluum.risk_assessments.summary(acc).has_valid_assessment
    yield "listRiskAssessments"
    assert bluum.risk_assessments.list(acc).total == 1


def plans(bluum: Bluum, acc: str) -> Told:
    yield "createGoal"
    goal = bluum.goals.create(
        acc,
        name="Home",
        goal_type="home_purchase",
        target_amount=Decimal("60000"),
        target_date=date(2033, 6, 1),
        idempotency_key=uuid4(),
    ).goal_id
    yield "updateGoal"
    assert bluum.goals.update(acc, goal, priority=1).priority == 1
    yield "getGoal"
    assert bluum.goals.retrieve(acc, goal).target_date == date(2033, 6, 1)
    yield "listGoals"
    assert bluum.goals.list(acc).total == 1
    yield "createLifeEvent"
    event = bluum.life_events.create(
        acc, name="Wedding", event_type="wedding", linked_goal_id=goal, idempotency_key=uuid4()
    ).event_id
    yield "updateLifeEvent"
    assert bluum.life_events.update(acc, event, linked_goal_id=None).linked_goal_id is None
    yield "getLifeEvent"
    assert bluum.life_events.retrieve(acc, event).name == "Wedding"
    yield "listLifeEvents"
    assert bluum.life_events.list(acc).total == 1
    yield "createExternalAccount"
    held = bluum.external_accounts.create(
        acc,
        name="House",
        account_type="mortgage",
        is_asset=False,
        balance=Decimal("200000"),
        interest_rate=Decimal("0.065"),
        idempotency_key=uuid4(),
    ).external_account_id
    yield "updateExternalAccount"
    bluum.external_accounts.update(acc, held, balance=Decimal("199000.00"))
    yield "getExternalAccount"
    assert bluum.external_accounts.retrieve(acc, held).interest_rate == Decimal("0.065")
    yield "listExternalAccounts"
    assert bluum.external_accounts.list(acc, is_asset=False).total == 1
    yield "putFinancialPlan"
    bluum.financial_plan.put(acc, income={"total_monthly_income": Decimal("6000.00")})
    yield "getFinancialPlan"
    assert bluum.financial_plan.retrieve(acc).version == 1
    yield "getFinancialPlanSummary"
    assert bluum.financial_plan.summary(acc).total_liabilities == Decimal("199000")
    yield "deleteExternalAccount"
    bluum.external_accounts.delete(acc, held)
    yield "deleteLifeEvent"
    bluum.life_events.delete(acc, event)
    yield "deleteGoal"
    bluum.goals.delete(acc, goal)


POLICY: dict[str, dict[str, object]] = {
    "risk_profile": {"risk_tolerance": "moderate", "volatility_tolerance": "medium"},
    "time_horizon": {"years": 7},
    "investment_objectives": {"primary": "capital_appreciation"},
    "target_allocation": {
        "equities": {"target_percent": Decimal("60")},
        "fixed_income": {"target_percent": Decimal("40")},
    },
}


def investing(bluum: Bluum, world: World, acc: str, portfolio: str) -> Told:
    yield "getRebalancing"
    assert bluum.portfolios.rebalancing(acc, portfolio).recommended_trades
    yield "executeRebalancing"
    bluum.portfolios.rebalance(acc, portfolio, idempotency_key=uuid4())
    world.clock.advance(timedelta(days=3))
    yield "getPortfolioSummary"
    assert bluum.portfolios.summary(acc, portfolio).valuation.total_value > 0
    yield "getPortfolioHoldings"
    assert bluum.portfolios.holdings(acc, portfolio, include_lots=True).holdings
    yield "getPortfolioPerformance"
    assert bluum.portfolios.performance(acc, portfolio, period="1m").value_history
    yield "validateInvestmentPolicy"
    bluum.investment_policy.validate(acc, portfolio_id=portfolio)
    yield "putDrip"
    bluum.portfolios.set_drip(acc, portfolio, enabled=True, reinvestment_rule="same_security")
    yield "getDrip"
    assert bluum.portfolios.drip(acc, portfolio).enabled


def trading(bluum: Bluum, acc: str) -> Told:
    yield "placeOrder"
    order = bluum.orders.create(
        acc,
        symbol="VTI",
        side="sell",
        type="limit",
        time_in_force="gtc",
        qty=Decimal("0.5"),
        limit_price=Decimal("9999.00"),
        idempotency_key=uuid4(),
    )
    yield "getOrder"
    assert bluum.orders.retrieve(order.id).status == "accepted"
    yield "cancelOrder"
    assert bluum.orders.cancel(acc, order.id).status == "canceled"
    yield "listOrders"
    assert bluum.orders.list(acc, status="canceled")
    yield "listPositions"
    positions = bluum.positions.list(acc, non_zero_only=True)
    yield "getPosition"
    assert bluum.positions.retrieve(acc, positions[0].id).quantity > 0


def schedules(bluum: Bluum, acc: str, portfolio: str, bank: str) -> Told:
    yield "createAutoInvest"
    made = bluum.auto_invest.create(
        acc,
        name="Monthly",
        portfolio_id=portfolio,
        funding_source_id=bank,
        amount=Decimal("100"),
        frequency="monthly",
        day_of_month=31,
        idempotency_key=uuid4(),
    ).auto_invest_id
    yield "updateAutoInvest"
    assert bluum.auto_invest.update(acc, made, amount=Decimal("120")).amount == Decimal("120")
    yield "getAutoInvest"
    assert bluum.auto_invest.retrieve(acc, made).frequency == "monthly"
    yield "pauseAutoInvest"
    assert bluum.auto_invest.pause(acc, made).status == "paused"
    yield "resumeAutoInvest"
    assert bluum.auto_invest.resume(acc, made).status == "active"
    yield "listAutoInvest"
    assert bluum.auto_invest.list(acc).total == 1
    yield "deleteAutoInvest"
    bluum.auto_invest.delete(acc, made)


def reports(bluum: Bluum, acc: str) -> Told:
    yield "getInsights"
    assert bluum.advice.insights(acc).account_id == acc
    yield "getRecommendations"
    assert bluum.advice.recommendations(acc).account_id == acc
    yield "getTaxOptimization"
    assert bluum.advice.tax_optimization(acc, tax_year=2026).tax_year == 2026
    yield "assistantChat"
    assert bluum.advice.chat(acc, "How much do I have?").message
    span = {"period": "custom", "start_date": date(2026, 11, 1), "end_date": date(2026, 11, 21)}
    yield "getStatement"
    assert bluum.reports.statement(acc, **span).period.end_date == date(2026, 11, 21)
    yield "getStatement"
    assert bluum.reports.statement_pdf(acc, **span).startswith(b"%PDF-")
    yield "getPnl"
    assert bluum.reports.pnl(acc).summary.total_pnl is not None
    yield "getBenchmarkReport"
    assert bluum.reports.benchmark(acc, benchmarks=["VTI"]).comparisons
