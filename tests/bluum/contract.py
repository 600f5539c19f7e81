"""Bluum's contract as the client's tests see it: its operations, its examples, its types."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_type_hints

import yaml
from pydantic.alias_generators import to_snake

from robo.bluum import Bluum
from robo.bluum.base import Key, Model, Page

DOCUMENT: dict[str, Any] = yaml.safe_load(
    (Path(__file__).parents[2] / "sandbox" / "contract" / "openapi.yaml").read_text()
)

METHODS = {
    "listAccounts": "accounts.list",
    "createAccount": "accounts.create",
    "getAccount": "accounts.retrieve",
    "listWallets": "wallets.list",
    "listTransactions": "wallets.transactions",
    "getCompliance": "compliance.retrieve",
    "submitComplianceCheck": "compliance.submit",
    "restartCompliance": "compliance.restart",
    "getComplianceWorkflow": "compliance.workflow",
    "uploadDocument": "documents.upload",
    "listDocuments": "documents.list",
    "getDocument": "documents.retrieve",
    "deleteDocument": "documents.delete",
    "listFundingSources": "funding_sources.list",
    "createPlaidLinkToken": "funding_sources.create_link_token",
    "connectPlaid": "funding_sources.connect",
    "connectFundingSource": "funding_sources.connect_manual",
    "getFundingSource": "funding_sources.retrieve",
    "disconnectFundingSource": "funding_sources.disconnect",
    "listNigerianBanks": "funding_sources.nigerian_banks",
    "createDeposit": "deposits.create",
    "listDeposits": "deposits.list",
    "getDeposit": "deposits.retrieve",
    "cancelDeposit": "deposits.cancel",
    "getDepositWireDetails": "deposits.wire_details",
    "createWithdrawal": "withdrawals.create",
    "listWithdrawals": "withdrawals.list",
    "getWithdrawal": "withdrawals.retrieve",
    "cancelWithdrawal": "withdrawals.cancel",
    "placeOrder": "orders.create",
    "listOrders": "orders.list",
    "getOrder": "orders.retrieve",
    "cancelOrder": "orders.cancel",
    "listPositions": "positions.list",
    "getPosition": "positions.retrieve",
    "searchAssets": "assets.search",
    "listAssets": "assets.list",
    "listAssetsAlias": "assets.page",
    "getChart": "assets.chart",
    "getAsset": "assets.retrieve",
    "listAssetQuotes": "assets.quotes",
    "getMarketBars": "assets.bars",
    "getQuote": "assets.quote",
    "getSnapshot": "assets.snapshot",
    "listMarkets": "markets.list",
    "getMarket": "markets.retrieve",
    "getMarketStatus": "markets.status",
    "getMarketCalendar": "markets.calendar",
    "listEventTypes": "webhooks.event_types",
    "listWebhooks": "webhooks.list",
    "createWebhook": "webhooks.create",
    "updateWebhook": "webhooks.update",
    "deleteWebhook": "webhooks.delete",
    "getProfile": "profile.retrieve",
    "updateProfile": "profile.update",
    "listProfileSnapshots": "profile.snapshots",
    "createProfileSnapshot": "profile.create_snapshot",
    "getProfileSnapshot": "profile.snapshot",
    "createDependent": "dependents.create",
    "listDependents": "dependents.list",
    "getDependent": "dependents.retrieve",
    "updateDependent": "dependents.update",
    "deleteDependent": "dependents.delete",
    "createGoal": "goals.create",
    "listGoals": "goals.list",
    "getGoal": "goals.retrieve",
    "updateGoal": "goals.update",
    "deleteGoal": "goals.delete",
    "createLifeEvent": "life_events.create",
    "listLifeEvents": "life_events.list",
    "getLifeEvent": "life_events.retrieve",
    "updateLifeEvent": "life_events.update",
    "deleteLifeEvent": "life_events.delete",
    "createExternalAccount": "external_accounts.create",
    "listExternalAccounts": "external_accounts.list",
    "getExternalAccount": "external_accounts.retrieve",
    "updateExternalAccount": "external_accounts.update",
    "deleteExternalAccount": "external_accounts.delete",
    "submitRiskAssessment": "risk_assessments.submit",
    "listRiskAssessments": "risk_assessments.list",
    "getCurrentRiskAssessment": "risk_assessments.current",
    "getRiskSummary": "risk_assessments.summary",
    "getRiskAssessment": "risk_assessments.retrieve",
    "putFinancialPlan": "financial_plan.put",
    "getFinancialPlan": "financial_plan.retrieve",
    "getFinancialPlanSummary": "financial_plan.summary",
    "putInvestmentPolicy": "investment_policy.put",
    "createInvestmentPolicy": "investment_policy.create",
    "getInvestmentPolicy": "investment_policy.retrieve",
    "validateInvestmentPolicy": "investment_policy.validate",
    "listPortfolios": "portfolios.list",
    "createPortfolio": "portfolios.create",
    "getPortfolioSummary": "portfolios.summary",
    "getPortfolioHoldings": "portfolios.holdings",
    "getPortfolioPerformance": "portfolios.performance",
    "getRebalancing": "portfolios.rebalancing",
    "executeRebalancing": "portfolios.rebalance",
    "getDrip": "portfolios.drip",
    "putDrip": "portfolios.set_drip",
    "createAutoInvest": "auto_invest.create",
    "listAutoInvest": "auto_invest.list",
    "getAutoInvest": "auto_invest.retrieve",
    "updateAutoInvest": "auto_invest.update",
    "deleteAutoInvest": "auto_invest.delete",
    "pauseAutoInvest": "auto_invest.pause",
    "resumeAutoInvest": "auto_invest.resume",
    "getInsights": "advice.insights",
    "getRecommendations": "advice.recommendations",
    "getTaxOptimization": "advice.tax_optimization",
    "assistantChat": "advice.chat",
    "getStatement": "reports.statement",
    "getPnl": "reports.pnl",
    "getBenchmarkReport": "reports.benchmark",
}
"""Every operation of the contract, and the method of `Bluum` that asks for it."""

ALWAYS: dict[str, dict[str, Any]] = {
    "uploadDocument": {
        "document_type": "w9_form",
        "filename": "w9.pdf",
        "content": b"%PDF-1.7",
        "content_type": "application/pdf",
    },
    "getBenchmarkReport": {"benchmarks": ["SPY", "AGG"]},
    "validateInvestmentPolicy": {"portfolio_id": "p"},
}
OTHER_ARGUMENTS = {"eventTypeNames": "event_types"}
POSITIONAL = {
    "searchAssets": ["total"],
    "getChart": ["VTI"],
    "listAssetQuotes": ["VTI", "BND"],
}
"""Arguments that a call needs although no example shows them."""


@dataclass(frozen=True)
class Operation:
    name: str
    method: str
    path: str
    spec: dict[str, Any]

    @property
    def segments(self) -> list[str]:
        return self.path.strip("/").split("/")

    def matches(self, method: str, path: str) -> bool:
        asked = path.removeprefix("/v1").strip("/").split("/")
        return (
            method == self.method
            and len(asked) == len(self.segments)
            and all(
                theirs.startswith("{") or theirs == ours
                for theirs, ours in zip(self.segments, asked, strict=True)
            )
        )

    def requests(self) -> list[Any]:
        content = self.spec.get("requestBody", {}).get("content", {}).get("application/json", {})
        return _examples(content)

    def answers(self) -> Iterator[tuple[int, dict[str, Any], Any]]:
        """Status, schema and example of each answer in JSON; schema and example may be empty."""
        for status, response in self.spec["responses"].items():
            if not str(status).startswith("2"):
                continue
            content = response.get("content", {})
            if not content:
                yield int(status), {}, None
            elif "application/json" in content:
                for example in _examples(content["application/json"]):
                    yield int(status), content["application/json"]["schema"], example


def _examples(content: dict[str, Any]) -> list[Any]:
    if "example" in content:
        return [content["example"]]
    return [named["value"] for named in content.get("examples", {}).values()]


OPERATIONS = {
    spec["operationId"]: Operation(spec["operationId"], method.upper(), path, spec)
    for path, item in DOCUMENT["paths"].items()
    for method, spec in item.items()
    if isinstance(spec, dict) and "operationId" in spec
}


def method_of(bluum: Bluum, name: str) -> Callable[..., Any]:
    resource, method = METHODS[name].split(".")
    found: Callable[..., Any] = getattr(getattr(bluum, resource), method)
    return found


def call(bluum: Bluum, operation: Operation, body: Any = None) -> Any:
    """Ask for an operation with an example of its body, in the types that a caller uses."""
    method = method_of(bluum, operation.name)
    ids = [part.strip("{}") for part in operation.segments if part.startswith("{")]
    given = {**ALWAYS.get(operation.name, {}), **(body or {})}
    match operation.name:
        case "connectFundingSource":
            if given.pop("type", "manual") == "plaid":
                method = bluum.funding_sources.connect_plaid
        case "createPlaidLinkToken":
            given = {"hosted": given.pop("enable_hosted_link", False)}
        case "assistantChat":
            given = {"message": given["message"], **given.get("context", {})}
        case "createAutoInvest":
            given |= given.pop("schedule", {})
        case "createWebhook" | "updateWebhook":
            given = {OTHER_ARGUMENTS.get(name, name): value for name, value in given.items()}
    hints = get_type_hints(method)
    if "idempotency_key" in hints:
        given["idempotency_key"] = "wish-1"
    typed = {name: _typed(value, hints.get(name)) for name, value in given.items()}
    return method(*ids, *POSITIONAL.get(operation.name, []), **typed)


def _typed(value: Any, hint: Any) -> Any:
    kinds = {hint, *get_args(hint)}
    if Decimal in kinds and isinstance(value, str) and hint != Key:
        return Decimal(value)
    if date in kinds and isinstance(value, str):
        return date.fromisoformat(value)
    return value


def inner(answer: Any, result: Any) -> Any:
    """The part of an answer that its result stands for: without the envelope."""
    while isinstance(answer, dict):
        if isinstance(answer.get("data"), dict | list) and "snapshot_id" not in answer:
            answer = answer["data"]
            continue
        lists = [value for value in answer.values() if isinstance(value, list)]
        if isinstance(result, tuple):
            assert len(lists) == 1
            return lists[0]
        return answer.get("webhook", answer)
    return answer


def same(told: Any, kept: Any) -> bool:
    """Whether two pieces of JSON mean the same: instants may be spelled in two ways."""
    if isinstance(told, dict) and isinstance(kept, dict):
        return told.keys() == kept.keys() and all(same(told[k], kept[k]) for k in told)
    if isinstance(told, list) and isinstance(kept, list):
        return len(told) == len(kept) and all(map(same, told, kept))
    if isinstance(told, str) and isinstance(kept, str) and told != kept:
        return bool(re.match(r"\d{4}-\d\d-\d\dT", told)) and _instant(told) == _instant(kept)
    return type(told) is type(kept) and bool(told == kept)


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


TYPES: dict[str, type] = {
    "Money": Decimal,
    "MoneyInput": Decimal,
    "MoneyInput2": Decimal,
    "Decimal": Decimal,
    "Percent": Decimal,
    "Date": date,
    "DateTime": datetime,
}
"""What the contract's named scalars are for a caller."""
PLAIN: dict[str, tuple[type, ...]] = {
    "string": (str, Decimal),
    "number": (Decimal,),
    "integer": (int, Decimal),
    "boolean": (bool,),
}


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its references and its `allOf` laid together."""
    if "$ref" in schema:
        return resolved(DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]])
    if "allOf" in schema:
        parts = [resolved(part) for part in schema["allOf"]]
        own = {**schema.get("properties", {})}
        needed = [*schema.get("required", [])]
        for part in parts:
            own |= part.get("properties", {})
            needed += part.get("required", [])
        return {"type": "object", "properties": own, "required": needed}
    return schema


def assert_typed(schema: dict[str, Any], told: Any, kept: Any, where: str) -> None:
    """Each documented field that was told is there under Bluum's name, in its documented type."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if told is None:
        assert kept is None or kept in ((), {}), where
        return
    if name in TYPES:
        assert isinstance(kept, TYPES[name]), f"{where}: {kept!r} for a {name}"
        assert not isinstance(kept, datetime) or kept.utcoffset() is not None, where
        return
    schema = resolved(schema)
    for choice in schema.get("anyOf", []) + schema.get("oneOf", []):
        if choice.get("type") != "null":
            assert_typed(choice, told, kept, where)
            return
    if isinstance(told, list):
        assert isinstance(kept, tuple | list), where
        assert len(kept) == len(told), where
        for number, (one, row) in enumerate(zip(told, kept, strict=True)):
            assert_typed(schema.get("items", {}), one, row, f"{where}[{number}]")
    elif isinstance(told, dict):
        more = schema.get("additionalProperties")
        for field, value in told.items():
            known = schema.get("properties", {}).get(field)
            known = known or (more if isinstance(more, dict) else {})
            assert_typed(known, value, _field(kept, field, where), f"{where}.{field}")
    else:
        given = schema.get("type", [])
        wanted = [given] if isinstance(given, str) else given
        kinds = tuple(kind for one in wanted for kind in PLAIN.get(one, ()))
        assert not kinds or isinstance(kept, kinds), f"{where}: {kept!r} for {wanted}"


def _field(kept: Any, name: str, where: str) -> Any:
    if isinstance(kept, dict):
        return kept[name]
    assert isinstance(kept, Model | Page), where
    assert hasattr(kept, name) or hasattr(kept, to_snake(name)), f"{where}.{name} is lost"
    return getattr(kept, name, None) if hasattr(kept, name) else getattr(kept, to_snake(name))
