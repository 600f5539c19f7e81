"""Maya as an investor: an advised account with bank and policy, and short words for its pages."""

from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import Any

import httpx

from tests.sandbox.person import Integrator

TUESDAY = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
POLICY: dict[str, Any] = {
    "risk_profile": {"risk_tolerance": "moderate", "volatility_tolerance": "medium"},
    "time_horizon": {"years": 15, "category": "long_term"},
    "investment_objectives": {"primary": "capital_appreciation"},
    "target_allocation": {
        "equities": {"target_percent": "60.00", "min_percent": "55.00", "max_percent": "65.00"},
        "fixed_income": {"target_percent": "38.00", "min_percent": "33.00", "max_percent": "43.00"},
        "treasury": {"target_percent": "2.00", "min_percent": "0.00", "max_percent": "7.00"},
    },
    "constraints": {"rebalancing_policy": {"threshold_percent": "5.00"}},
}
keys = count(1)


class Investor(Integrator):
    """One advised account on a sandbox of its own."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"market": "xnys", **options})
        self.account, self.bank = self.account_with_bank(management_type="advised")
        self.wealth = f"/wealth/accounts/{self.account}"

    def get(self, path: str, **params: Any) -> Any:
        answer = self.api.get(self.wealth + path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return self.api.post(self.wealth + path, json=body, headers=headers)

    def put(self, path: str, body: Any) -> httpx.Response:
        return self.api.put(self.wealth + path, json=body)

    def accept_policy(self, **changes: Any) -> dict[str, Any]:
        answer = self.put("/investment-policy", {**POLICY, **changes})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    @property
    def portfolio(self) -> str:
        [found] = self.get("/portfolios")["portfolios"]
        return f"/portfolios/{found['portfolio_id']}"

    def pay_in(self, amount: str) -> None:
        made = self.deposit(self.account, amount, self.bank).json()
        while self.status(self.account, "deposit", made["deposit_id"]) != "completed":
            self.wait(1)

    def rebalance(self, body: Any = None) -> httpx.Response:
        key = {"Idempotency-Key": f"wish-{next(keys)}"}
        return self.api.post(
            f"{self.wealth}{self.portfolio}/rebalancing", json=body or {}, headers=key
        )

    def invest(self, amount: str) -> None:
        self.pay_in(amount)
        assert self.rebalance().status_code == 202
        self.wait(10)

    def schedule(self, **changes: Any) -> httpx.Response:
        body = {
            "name": "Every month",
            "portfolio_id": self.portfolio.rsplit("/", 1)[1],
            "funding_source_id": self.bank,
            "amount": "500.00",
            "frequency": "monthly",
            "schedule": {"day_of_month": 31, "time": "15:30"},
            "allocation_rule": "ips_target",
            **changes,
        }
        return self.post("/auto-invest", body)

    def holdings(self) -> dict[str, Decimal]:
        rows = self.get(f"{self.portfolio}/holdings")["holdings"]
        return {row["symbol"]: Decimal(row["market_value"]) for row in rows}
