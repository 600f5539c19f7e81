"""An account with a past, so that questions reach more than objects that don't exist.

Plays two years on a sandbox over HTTP, adds one of everything, and tells Schemathesis the names.
"""

from typing import Any

import httpx

from sandbox import contract

Names = dict[str, str]

OFTEN = 0.8
"""How often a named object is asked for; otherwise a made-up one is."""


def example(operation: str) -> Any:
    """The body that the contract shows for an operation."""
    for item in contract.load().document["paths"].values():
        for method in item.values():
            if isinstance(method, dict) and method.get("operationId") == operation:
                content = method["requestBody"]["content"]["application/json"]
                if "example" in content:
                    return content["example"]
                return next(iter(content["examples"].values()))["value"]
    raise LookupError(operation)


def live(address: str) -> Names:
    """Let two years pass. Returns an object of each kind, by the name of its path parameter."""
    home = httpx.Client(base_url=address, timeout=120)
    api = httpx.Client(
        base_url=f"{address}/v1", auth=("sandbox-key", "sandbox-secret"), timeout=120
    )

    def send(method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = api.request(method, path, json=body, headers=headers)
        assert answer.is_success, f"{method} {path}: {answer.text}"
        return answer.json()

    played = home.post("/_sandbox/scenarios/two_years", json={"accounts": 1})
    played.raise_for_status()
    account = played.json()["account_ids"][0]
    home.post(f"/_sandbox/accounts/{account}/cash", json={"amount": "50000.00"}).raise_for_status()
    money, wealth = f"/accounts/{account}", f"/wealth/accounts/{account}"
    trading = f"/trading/accounts/{account}"
    portfolio = send("GET", f"{wealth}/portfolios")["portfolios"][0]["portfolio_id"]
    source = send("GET", f"{money}/funding-sources")["data"]["funding_sources"][0]["id"]
    transfer = {"amount": "250.00", "method": "ach", "funding_source_id": source}
    order = {"symbol": "VTI", "side": "buy", "type": "limit", "time_in_force": "gtc", "qty": "1"}
    upload = api.post(
        f"/documents/accounts/{account}/upload",
        data={"document_type": "id_verification"},
        files={"file": ("passport.png", b"\x89PNG\r\n\x1a\n", "image/png")},
    )
    goal = send("POST", f"{wealth}/goals", example("createGoal"))["goal_id"]
    dependent = {**example("createDependent"), "linked_goal_id": goal}
    plan = {**example("createAutoInvest"), "portfolio_id": portfolio, "funding_source_id": source}
    del plan["start_date"]
    found = {
        "account_id": account,
        "portfolio_id": portfolio,
        "funding_source_id": source,
        "symbol": "VTI",
        "code": "XNYS",
        "goal_id": goal,
        "deposit_id": send("POST", f"{money}/deposits", transfer)["deposit_id"],
        "withdrawal_id": send("POST", f"{money}/withdrawals", {**transfer, "amount": "5.00"})[
            "withdrawal_id"
        ],
        "order_id": send("POST", f"{trading}/orders", {**order, "limit_price": "20.00"})["id"],
        "position_id": send("GET", f"{trading}/positions")[0]["id"],
        "workflow_id": send("POST", "/accounts", example("createAccount"))["compliance_checks"][0][
            "workflow_id"
        ],
        "document_id": upload.json()["document_id"],
        "webhook_id": send("POST", "/webhooks", example("createWebhook"))["data"]["webhook"]["id"],
        "snapshot_id": send(
            "POST", f"{wealth}/profile/snapshots", example("createProfileSnapshot")
        )["snapshot_id"],
        "dependent_id": send("POST", f"{wealth}/dependents", dependent)["dependent_id"],
        "event_id": send("POST", f"{wealth}/life-events", example("createLifeEvent"))["event_id"],
        "external_account_id": send(
            "POST", f"{wealth}/external-accounts", example("createExternalAccount")
        )["external_account_id"],
        "assessment_id": send(
            "POST", f"{wealth}/risk-assessments", example("submitRiskAssessment")
        )["assessment_id"],
        "schedule_id": send("POST", f"{wealth}/auto-invest", plan)["auto_invest_id"],
    }
    send("PUT", f"{wealth}/financial-plan", example("putFinancialPlan"))
    return {name: str(value) for name, value in found.items()}


def settings(names: Names) -> str:
    """The part of Schemathesis's settings that speaks of these objects."""
    lines = []
    for name, value in names.items():
        lines += [f"[dictionaries.{name}]", f'values = ["{value}"]']
    lines.append("[parameters]")
    use = 'dictionary = "{}", probability = {}'
    for name in names:
        lines.append(f'"path.{name}" = {{ {use.format(name, OFTEN)} }}')
        if name in ("portfolio_id", "funding_source_id", "symbol"):
            lines.append(f'"body.{name}" = {{ {use.format(name, OFTEN)} }}')
    return "\n".join(lines) + "\n"
