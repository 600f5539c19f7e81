"""Every example of the contract is sent, and every answer has what the contract's example has.

The contract's examples are those of Bluum's documentation. Ids in them are replaced by those of an
investor with a bit of history; nothing else is changed. Answers are checked against their schemas
too (`validate_responses`).
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import httpx
import pytest

from sandbox import contract
from tests.sandbox.investor import Investor

DOCUMENT = contract.load().document
METHODS = ("get", "post", "put", "patch", "delete")
numbers = count(1)


def resolve(node: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in node:
        pointer, node = node["$ref"], DOCUMENT
        for part in pointer.removeprefix("#/").split("/"):
            node = node[part]
    return node


def examples(content: dict[str, Any]) -> dict[str, Any]:
    """The examples of a body by name; one without a name is called `example`."""
    named = {key: resolve(each)["value"] for key, each in content.get("examples", {}).items()}
    return {"example": content["example"]} if "example" in content else named


def operations() -> list[Any]:
    """(operation's id, name of the request's example, method, path), one for each request."""
    found = []
    for path, item in DOCUMENT["paths"].items():
        for method in METHODS:
            if method in item:
                body = item[method].get("requestBody", {}).get("content", {})
                names = list(examples(body.get("application/json", {}))) or [""]
                found += [(item[method]["operationId"], name, method, path) for name in names]
    return [pytest.param(*each, id="-".join(filter(None, each[:2]))) for each in found]


class Prepared(Investor):
    """An investor with history; `one_of` makes or finds the object that an id stands for."""

    def __init__(self) -> None:
        super().__init__(at=datetime(2025, 8, 12, 15, 0, tzinfo=UTC))
        self.send("putInvestmentPolicy", "put", f"{self.wealth}/investment-policy")
        self.invest("10000.00")
        known = answered("getProfile")
        sections = {key: value for key, value in known.items() if isinstance(value, dict)}
        assert self.put("/profile", sections).status_code == 200
        self.make("/auto-invest", "createAutoInvest")
        goal = self.make("/goals", "createGoal")
        self.make("/life-events", "createLifeEvent", linked_goal_id=goal["goal_id"])
        self.make("/dependents", "createDependent")
        self.make("/external-accounts", "createExternalAccount")
        self.make("/risk-assessments", "submitRiskAssessment")
        self.send("putFinancialPlan", "put", f"{self.wealth}/financial-plan")
        self.post("/profile/snapshots", example_of("createProfileSnapshot"))
        self.wait(days=210)
        self.home.post(f"/_sandbox/accounts/{self.account}/cash", json={"amount": "20000.00"})
        self.world.clock.set(datetime(2026, 4, 2, 15, 0, tzinfo=UTC))
        order = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day"}
        self.api.post(f"/trading/accounts/{self.account}/orders", json={**order, "qty": "5"})
        self.wait(5)

    def make(self, path: str, operation: str, **changes: Any) -> dict[str, Any]:
        answer = self.post(path, self.fitted({**example_of(operation), **changes}))
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def send(self, operation: str, method: str, path: str) -> httpx.Response:
        answer = self.api.request(method, path, json=self.fitted(example_of(operation)))
        assert answer.is_success, answer.text
        return answer

    def fitted(self, value: Any) -> Any:
        """The example with the ids of this investor's objects."""
        if isinstance(value, list):
            return [self.fitted(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {
            key: self.one_of(key) if key in FACTORIES and each else self.fitted(each)
            for key, each in value.items()
        }

    def one_of(self, name: str) -> str:
        return FACTORIES[name](self)


def example_of(operation: str) -> dict[str, Any]:
    for item in DOCUMENT["paths"].values():
        for method in METHODS:
            if item.get(method, {}).get("operationId") == operation:
                content = item[method]["requestBody"]["content"]["application/json"]
                return dict(next(iter(examples(content).values())))
    raise LookupError(operation)


def answered(operation: str) -> dict[str, Any]:
    """The contract's example of an operation's first answer."""
    for item in DOCUMENT["paths"].values():
        for method in METHODS:
            if item.get(method, {}).get("operationId") == operation:
                answer = next(iter(item[method]["responses"].values()))
                return dict(answer["content"]["application/json"]["example"])
    raise LookupError(operation)


def fresh_account(us: Prepared) -> dict[str, Any]:
    """A new account, still being verified."""
    body = us.apply(email=f"person{next(numbers)}@mail.test")
    return dict(us.api.post("/accounts", json=body).json())


def fresh_deposit(us: Prepared, method: str = "ach") -> str:
    body = {"amount": "25.00", "method": method, "funding_source_id": us.bank}
    if method != "ach":
        del body["funding_source_id"]
    return str(us.api.post(f"/accounts/{us.account}/deposits", json=body).json()["deposit_id"])


def fresh_withdrawal(us: Prepared) -> str:
    body = {"amount": "25.00", "method": "ach", "funding_source_id": us.bank}
    made = us.api.post(f"/accounts/{us.account}/withdrawals", json=body).json()
    return str(made["withdrawal_id"])


def fresh_order(us: Prepared) -> str:
    body = {
        "symbol": "VTI",
        "side": "buy",
        "type": "limit",
        "qty": "1",
        "limit_price": "1.00",
        "time_in_force": "gtc",
    }
    made = us.api.post(f"/trading/accounts/{us.account}/orders", json=body)
    return str(made.json()["id"])


def fresh_document(us: Prepared) -> str:
    png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
    made = us.api.post(
        f"/documents/accounts/{us.account}/upload",
        data={"document_type": "w9_form"},
        files={"file": ("form.png", png, "image/png")},
    )
    return str(made.json()["document_id"])


def fresh_webhook(us: Prepared) -> str:
    made = us.api.post("/webhooks", json=example_of("createWebhook"))
    return str(made.json()["data"]["webhook"]["id"])


def fresh_source(us: Prepared) -> str:
    body = example_of("connectFundingSource") | {"public_token": public_token(us)}
    made = us.api.post(f"/accounts/{us.account}/funding-sources/connect", json=body).json()
    return str(made["data"]["funding_sources"][0]["id"])


def public_token(us: Prepared) -> str:
    return str(us.home.post("/sandbox/public_token/create", json={}).json()["public_token"])


def the_workflow(us: Prepared) -> str:
    table = us.world.table("workflows")
    return next(key for key, row in table.items() if row["account_id"] == us.account)


def first(path: str, name: str, key: str) -> Callable[[Prepared], str]:
    return lambda us: str(us.get(path)[name][0][key])


FACTORIES: dict[str, Callable[[Prepared], str]] = {
    "workflow_id": the_workflow,
    "document_id": fresh_document,
    "funding_source_id": lambda us: us.bank,
    "public_token": public_token,
    "deposit_id": fresh_deposit,
    "withdrawal_id": fresh_withdrawal,
    "order_id": fresh_order,
    "position_id": lambda us: us.api.get(f"/trading/accounts/{us.account}/positions").json()[0][
        "id"
    ],
    "webhook_id": fresh_webhook,
    "snapshot_id": lambda us: us.api.get(f"{us.wealth}/profile/snapshots").json()[0]["snapshot_id"],
    "dependent_id": lambda us: us.make("/dependents", "createDependent")["dependent_id"],
    "goal_id": lambda us: us.make("/goals", "createGoal")["goal_id"],
    "linked_goal_id": first("/goals", "goals", "goal_id"),
    "event_id": lambda us: us.make("/life-events", "createLifeEvent")["event_id"],
    "external_account_id": lambda us: us.make("/external-accounts", "createExternalAccount")[
        "external_account_id"
    ],
    "assessment_id": first("/risk-assessments", "assessments", "assessment_id"),
    "portfolio_id": lambda us: us.portfolio.rsplit("/", 1)[1],
    "schedule_id": lambda us: us.make("/auto-invest", "createAutoInvest")["auto_invest_id"],
}
"""What to put where an id is asked for, in a path or in a body."""

PLACES: dict[str, str] = {"symbol": "VTI", "code": "XNYS"}

QUERIES: dict[str, dict[str, str]] = {
    "getChart": {"symbol": "VTI", "timeframe": "1Day"},
    "listAssetQuotes": {"symbols": "VTI,BND"},
    "getMarketBars": {"timeframe": "1Day"},
    "getInvestmentPolicy": {"include_history": "true"},
    "getPosition": {"refresh_prices": "true"},
    "listPositions": {"refresh_prices": "true"},
    "getPortfolioPerformance": {"benchmark": "SPY"},
}


def ahead(us: Prepared, operation: str) -> dict[str, str]:
    """Ids that differ from the usual ones, because the call asks for a state first."""
    if operation == "getDepositWireDetails":
        return {"deposit_id": fresh_deposit(us, "manual_bank_transfer")}
    if operation == "disconnectFundingSource":
        return {"funding_source_id": fresh_source(us)}
    if operation == "submitComplianceCheck":
        made = fresh_account(us)
        workflow = made["compliance_checks"][0]["workflow_id"]
        return {"account_id": made["id"], "workflow_id": workflow}
    if operation == "restartCompliance":
        us.home.post(f"/_sandbox/accounts/{us.account}/compliance", json={"decision": "expire"})
    if operation == "resumeAutoInvest":
        schedule = us.one_of("schedule_id")
        us.post(f"/auto-invest/{schedule}/pause")
        return {"schedule_id": schedule}
    if operation == "createPortfolio":
        fresh = us.active_account(
            management_type="advised", email=f"person{next(numbers)}@mail.test"
        )
        us.world.table("portfolios").pop(
            next(
                key
                for key, row in us.world.table("portfolios").items()
                if row["account_id"] == fresh
            )
        )
        return {"account_id": fresh}
    return {}


@pytest.fixture(scope="module")
def us() -> Prepared:
    return Prepared()


@pytest.mark.parametrize(("operation", "name", "method", "path"), operations())
def test_the_documented_request_is_answered_as_documented(us, operation, name, method, path):
    spec = DOCUMENT["paths"][path][method]
    ids = {"account_id": us.account, **PLACES, **ahead(us, operation)}
    for part in [part for part in path.split("/") if part.startswith("{")]:
        key = part.strip("{}")
        path = path.replace(part, ids.get(key) or us.one_of(key))
    request: dict[str, Any] = {"params": QUERIES.get(operation)}
    content = spec.get("requestBody", {}).get("content", {})
    if "multipart/form-data" in content:
        png = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
        request["data"] = {"document_type": "proof_of_address"}
        request["files"] = {"file": ("bill.png", png, "image/png")}
    elif content:
        body = us.fitted(examples(content["application/json"])[name])
        request["json"] = {**body, **{key: ids[key] for key in body if key in ids}}
    request["headers"] = {"Idempotency-Key": f"{operation}-{next(numbers)}"}

    answer = us.api.request(method, path, **request)

    status = str(answer.status_code)
    assert answer.is_success, f"{status} {answer.text}"
    if operation == "restartCompliance":
        us.wait(5)
    documented = resolve(spec["responses"][status]).get("content", {})
    if not documented:
        assert answer.content == b""
    for kind, shown in documented.items():
        if answer.headers["Content-Type"].startswith(kind) and kind == "application/json":
            for example in examples(shown).values():
                like = example if name in ("", "example", "ach") else without_details(example)
                compare(like, answer.json(), "answer")
                break


def without_details(example: dict[str, Any]) -> dict[str, Any]:
    """The one example of an answer is about `ach`; details of other methods differ."""
    return {key: value for key, value in example.items() if key != "method_details"}


def compare(example: Any, answer: Any, place: str) -> None:
    """Every field of the example is there, with its type. What is null on a side is not compared.

    Lists are compared by their first entries.
    """
    if example is None or answer is None:
        return
    if isinstance(example, dict):
        assert isinstance(answer, dict), place
        for key, value in example.items():
            if place.rsplit(".", 1)[-1] in OPEN:
                continue
            assert key in answer, f"{place}.{key} is missing"
            compare(value, answer[key], f"{place}.{key}")
    elif isinstance(example, list):
        assert isinstance(answer, list), place
        if example and answer:
            compare(example[0], answer[0], f"{place}[]")
    elif isinstance(example, bool | str):
        assert isinstance(answer, type(example)), place
    elif isinstance(example, date):
        assert isinstance(answer, str), place
    else:
        assert isinstance(answer, int | float), place
        assert not isinstance(answer, bool), place


OPEN = ("sub_allocations", "metadata", "custom_allocations", "custom_allocation")
"""Objects whose keys are data."""
