"""Every example answer of Bluum's contract reads into a result that keeps what was documented."""

import json
from collections.abc import Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from robo.bluum import Bluum

CONTRACT = yaml.safe_load(
    (Path(__file__).parents[2] / "sandbox" / "contract" / "openapi.yaml").read_text()
)
KEY = uuid4()
USD = Decimal("300.00")
BLOCKS = {"contact": {}, "identity": {}, "disclosures": {}, "agreements": []}
POLICY = {
    "risk_profile": {},
    "time_horizon": {},
    "investment_objectives": {},
    "target_allocation": {},
}

CALLS: dict[str, Callable[[Bluum], object]] = {
    "listAccounts": lambda b: b.accounts.list(),
    "createAccount": lambda b: b.accounts.create(**BLOCKS, idempotency_key=KEY),
    "getAccount": lambda b: b.accounts.retrieve("acc"),
    "listWallets": lambda b: b.wallets.list("acc"),
    "listTransactions": lambda b: b.wallets.transactions("acc"),
    "getCompliance": lambda b: b.compliance.retrieve("acc"),
    "submitComplianceCheck": lambda b: b.compliance.submit(
        "acc", workflow_id="w", check_type="screening", provider_payload={}
    ),
    "restartCompliance": lambda b: b.compliance.restart("acc"),
    "getComplianceWorkflow": lambda b: b.compliance.workflow("acc", "w"),
    "uploadDocument": lambda b: b.documents.upload(
        "acc",
        document_type="w9_form",
        filename="w9.pdf",
        content=b"%PDF",
        content_type="application/pdf",
    ),
    "listDocuments": lambda b: b.documents.list("acc"),
    "getDocument": lambda b: b.documents.retrieve("doc"),
    "deleteDocument": lambda b: b.documents.delete("doc"),
    "createPlaidLinkToken": lambda b: b.funding_sources.create_link_token("acc"),
    "disconnectFundingSource": lambda b: b.funding_sources.disconnect("acc", "src"),
    "createDeposit": lambda b: b.deposits.create(
        "acc", amount=USD, funding_source_id="src", idempotency_key=KEY
    ),
    "listDeposits": lambda b: b.deposits.list("acc"),
    "getDeposit": lambda b: b.deposits.retrieve("acc", "dep"),
    "cancelDeposit": lambda b: b.deposits.cancel("acc", "dep"),
    "createWithdrawal": lambda b: b.withdrawals.create(
        "acc", amount=USD, funding_source_id="src", idempotency_key=KEY
    ),
    "listWithdrawals": lambda b: b.withdrawals.list("acc"),
    "getWithdrawal": lambda b: b.withdrawals.retrieve("acc", "wd"),
    "cancelWithdrawal": lambda b: b.withdrawals.cancel("acc", "wd"),
    "placeOrder": lambda b: b.orders.create(
        "acc", symbol="VTI", side="buy", notional=USD, idempotency_key=KEY
    ),
    "listOrders": lambda b: b.orders.list("acc"),
    "getOrder": lambda b: b.orders.retrieve("ord"),
    "cancelOrder": lambda b: b.orders.cancel("acc", "ord"),
    "listPositions": lambda b: b.positions.list("acc"),
    "getPosition": lambda b: b.positions.retrieve("acc", "pos"),
    "searchAssets": lambda b: b.assets.search("total"),
    "listAssets": lambda b: b.assets.list(),
    "getChart": lambda b: b.assets.chart("VTI"),
    "getAsset": lambda b: b.assets.retrieve("VTI"),
    "listAssetQuotes": lambda b: b.assets.quotes("VTI", "BND"),
    "getMarketBars": lambda b: b.assets.bars("VTI"),
    "getQuote": lambda b: b.assets.quote("VTI"),
    "listMarkets": lambda b: b.markets.list(),
    "getMarketStatus": lambda b: b.markets.status("XNYS"),
    "getMarketCalendar": lambda b: b.markets.calendar("XNYS"),
    "listEventTypes": lambda b: b.webhooks.event_types(),
    "listWebhooks": lambda b: b.webhooks.list(),
    "createWebhook": lambda b: b.webhooks.create(
        name="us", url="https://us.test/", event_types=["order.*"]
    ),
    "updateWebhook": lambda b: b.webhooks.update("wh", status="INACTIVE"),
    "deleteWebhook": lambda b: b.webhooks.delete("wh"),
    "getProfile": lambda b: b.profile.retrieve("acc"),
    "updateProfile": lambda b: b.profile.update("acc", tax={"filing_status": "single"}),
    "listProfileSnapshots": lambda b: b.profile.snapshots("acc"),
    "createProfileSnapshot": lambda b: b.profile.create_snapshot("acc"),
    "getProfileSnapshot": lambda b: b.profile.snapshot("acc", "snap"),
    "createDependent": lambda b: b.dependents.create(
        "acc", first_name="A", relationship="child", idempotency_key=KEY
    ),
    "listDependents": lambda b: b.dependents.list("acc"),
    "getDependent": lambda b: b.dependents.retrieve("acc", "dep"),
    "updateDependent": lambda b: b.dependents.update("acc", "dep", linked_goal_id=None),
    "deleteDependent": lambda b: b.dependents.delete("acc", "dep"),
    "createGoal": lambda b: b.goals.create(
        "acc", name="Home", goal_type="home_purchase", target_amount=USD, idempotency_key=KEY
    ),
    "listGoals": lambda b: b.goals.list("acc"),
    "getGoal": lambda b: b.goals.retrieve("acc", "goal"),
    "updateGoal": lambda b: b.goals.update("acc", "goal", name="House"),
    "deleteGoal": lambda b: b.goals.delete("acc", "goal"),
    "createLifeEvent": lambda b: b.life_events.create(
        "acc", name="Wedding", event_type="wedding", idempotency_key=KEY
    ),
    "listLifeEvents": lambda b: b.life_events.list("acc"),
    "getLifeEvent": lambda b: b.life_events.retrieve("acc", "ev"),
    "updateLifeEvent": lambda b: b.life_events.update("acc", "ev", name="Party"),
    "deleteLifeEvent": lambda b: b.life_events.delete("acc", "ev"),
    "createExternalAccount": lambda b: b.external_accounts.create(
        "acc",
        name="House",
        account_type="mortgage",
        is_asset=False,
        balance=USD,
        idempotency_key=KEY,
    ),
    "listExternalAccounts": lambda b: b.external_accounts.list("acc"),
    "getExternalAccount": lambda b: b.external_accounts.retrieve("acc", "ext"),
    "updateExternalAccount": lambda b: b.external_accounts.update("acc", "ext", name="Flat"),
    "deleteExternalAccount": lambda b: b.external_accounts.delete("acc", "ext"),
    "submitRiskAssessment": lambda b: b.risk_assessments.submit(
        "acc", questionnaire_id="q", responses=[], idempotency_key=KEY
    ),
    "listRiskAssessments": lambda b: b.risk_assessments.list("acc"),
    "getCurrentRiskAssessment": lambda b: b.risk_assessments.current("acc"),
    "getRiskSummary": lambda b: b.risk_assessments.summary("acc"),
    "getRiskAssessment": lambda b: b.risk_assessments.retrieve("acc", "ra"),
    "putFinancialPlan": lambda b: b.financial_plan.put("acc"),
    "getFinancialPlan": lambda b: b.financial_plan.retrieve("acc"),
    "getFinancialPlanSummary": lambda b: b.financial_plan.summary("acc"),
    "putInvestmentPolicy": lambda b: b.investment_policy.put("acc", **POLICY),
    "getInvestmentPolicy": lambda b: b.investment_policy.retrieve("acc"),
    "validateInvestmentPolicy": lambda b: b.investment_policy.validate("acc", portfolio_id="p"),
    "listPortfolios": lambda b: b.portfolios.list("acc"),
    "createPortfolio": lambda b: b.portfolios.create("acc", name="Main", idempotency_key=KEY),
    "getPortfolioSummary": lambda b: b.portfolios.summary("acc", "p"),
    "getPortfolioHoldings": lambda b: b.portfolios.holdings("acc", "p"),
    "getPortfolioPerformance": lambda b: b.portfolios.performance("acc", "p"),
    "getRebalancing": lambda b: b.portfolios.rebalancing("acc", "p"),
    "executeRebalancing": lambda b: b.portfolios.rebalance("acc", "p", idempotency_key=KEY),
    "getDrip": lambda b: b.portfolios.drip("acc", "p"),
    "putDrip": lambda b: b.portfolios.set_drip("acc", "p", enabled=True),
    "createAutoInvest": lambda b: b.auto_invest.create(
        "acc",
        name="Monthly",
        portfolio_id="p",
        funding_source_id="src",
        amount=USD,
        frequency="monthly",
        idempotency_key=KEY,
    ),
    "listAutoInvest": lambda b: b.auto_invest.list("acc"),
    "getAutoInvest": lambda b: b.auto_invest.retrieve("acc", "ai"),
    "updateAutoInvest": lambda b: b.auto_invest.update("acc", "ai", amount=USD),
    "deleteAutoInvest": lambda b: b.auto_invest.delete("acc", "ai"),
    "pauseAutoInvest": lambda b: b.auto_invest.pause("acc", "ai"),
    "resumeAutoInvest": lambda b: b.auto_invest.resume("acc", "ai"),
    "getInsights": lambda b: b.advice.insights("acc"),
    "getStatement": lambda b: b.reports.statement("acc"),
    "getPnl": lambda b: b.reports.pnl("acc"),
    "getBenchmarkReport": lambda b: b.reports.benchmark("acc", benchmarks=["SPY"]),
}

OTHER_NAMES = {
    "deposit_id": "id",
    "withdrawal_id": "id",
    "wallet_id": "id",
    "transaction_id": "id",
    "type": "check_type",
    "class": "asset_class",
    "compliance_checks": "checks",
    "volume_weighted_average_price": "vwap",
    "return": "return_",
}
"""Where our name is not Bluum's."""


def examples() -> Iterator[Any]:
    for path, item in CONTRACT["paths"].items():
        for method, operation in item.items():
            name = operation.get("operationId") if isinstance(operation, dict) else None
            if name not in CALLS:
                continue
            for status, response in operation["responses"].items():
                if not str(status).startswith("2"):
                    continue
                content = response.get("content", {}).get("application/json")
                if content is None and "content" in response:
                    continue
                body = content["example"] if content else None
                route = (method.upper(), path, int(status))
                yield pytest.param(name, route, body, id=f"{name}-{status}")


def answering(status: int, body: object, seen: list[httpx.Request]) -> httpx.MockTransport:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if body is None:
            return httpx.Response(status)
        return httpx.Response(status, content=json.dumps(body, default=str))

    return httpx.MockTransport(handle)


def assert_kept(told: object, kept: object, where: str) -> None:
    """Whatever the answer told stands in the result, in a fitting type."""
    if told is None:
        return
    if isinstance(told, dict):
        for name, inner in told.items():
            if inner is None:
                continue
            place = f"{where}.{name}"
            if isinstance(kept, dict):
                assert name in kept, place
                assert_kept(inner, kept[name], place)
                continue
            assert isinstance(kept, BaseModel), where
            ours = to_snake(name)
            if ours not in type(kept).model_fields:
                ours = OTHER_NAMES.get(ours, ours)
            assert ours in type(kept).model_fields, f"{place} is lost in {type(kept).__name__}"
            assert_kept(inner, getattr(kept, ours), place)
    elif isinstance(told, list):
        assert len(told) == len(kept), where  # type: ignore[arg-type]
        for number, inner in enumerate(told):
            assert_kept(inner, kept[number], f"{where}[{number}]")  # type: ignore[index]
    elif isinstance(kept, bool) or isinstance(told, bool):
        assert told is kept, where
    elif isinstance(kept, Decimal):
        assert Decimal(str(told)) == kept, where
    elif isinstance(kept, datetime):
        assert kept.tzinfo is not None, where
        assert datetime.fromisoformat(str(told)) == kept, where
    elif isinstance(kept, date):
        assert date.fromisoformat(str(told)) == kept, where
    else:
        assert str(told).lower() == str(kept).lower(), where


def told_in(body: Any, result: object) -> Any:
    """The part of an answer that its result stands for: without the envelope."""
    wants_list = isinstance(result, tuple)
    while True:
        if isinstance(body, list):
            return body
        if isinstance(body.get("data"), dict | list) and "snapshot_id" not in body:
            body = body["data"]
            continue
        inner = [value for value in body.values() if isinstance(value, list)]
        if wants_list:
            assert len(inner) == 1
            return inner[0]
        if set(body) == {"webhook"}:
            return body["webhook"]
        return body


@pytest.mark.parametrize(("name", "route", "body"), list(examples()))
def test_an_answer_from_the_contract_keeps_every_documented_field(
    name: str, route: tuple[str, str, int], body: Any
) -> None:
    method, path, status = route
    seen: list[httpx.Request] = []
    client = Bluum("https://bluum.test/v1", "k", "s", transport=answering(status, body, seen))

    result = CALLS[name](client)

    (request,) = seen
    assert request.method == method
    wanted, asked = path.split("/")[1:], request.url.path.removeprefix("/v1/").split("/")
    assert len(wanted) == len(asked)
    for ours, theirs in zip(asked, wanted, strict=True):
        assert theirs.startswith("{") or ours == theirs
    if result is None:
        assert body is None or method == "DELETE"
    else:
        assert_kept(told_in(body, result), result, name)


def test_the_client_calls_no_operation_the_contract_lacks() -> None:
    known = {
        operation["operationId"]
        for item in CONTRACT["paths"].values()
        for operation in item.values()
        if isinstance(operation, dict) and "operationId" in operation
    }
    assert set(CALLS) <= known
