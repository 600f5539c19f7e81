"""Someone who integrates with the sandbox: an API client, a browser, a receiver of webhooks."""

import copy
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from sandbox import contract, deliveries
from sandbox.app import create_app
from sandbox.world import World

START = datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in New York."""

PATHS = contract.load().document["paths"]
APPLICATION: dict[str, Any] = PATHS["/accounts"]["post"]["requestBody"]["content"][
    "application/json"
]["example"]


class Integrator:
    """Talks to one sandbox the way a program outside would, only in process."""

    def __init__(self, *, rate: float = 0, **options: Any) -> None:
        self.world = World(
            **{
                "at": START,
                "frozen": True,
                "market": "always",
                "validate_responses": True,
                **options,
            }
        )
        self.app = create_app(self.world, rate=rate)
        transport = httpx.WSGITransport(app=self.app, raise_app_exceptions=True)
        self.api = httpx.Client(
            transport=transport,
            base_url="http://bluum.test/v1",
            auth=("sandbox-key", "sandbox-secret"),
        )
        self.stranger = httpx.Client(transport=transport, base_url="http://bluum.test/v1")
        self.home = httpx.Client(transport=transport, base_url="http://bluum.test")
        self.received: list[tuple[dict[str, Any], httpx.Headers, bytes]] = []
        self.receiver_answers = 200

    def wait(self, seconds: float = 0, **more: float) -> None:
        self.world.clock.advance(timedelta(seconds=seconds, **more))

    def apply(self, **changes: Any) -> dict[str, Any]:
        body = copy.deepcopy(APPLICATION)
        body["contact"]["email_address"] = changes.pop("email", "maya@mail.test")
        for key in ("last_name", "date_of_birth", "tax_id"):
            if key in changes:
                body["identity"][key] = changes.pop(key)
        return {**body, **changes}

    def open_account(self, **changes: Any) -> str:
        answer = self.api.post("/accounts", json=self.apply(**changes))
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def active_account(self, **changes: Any) -> str:
        account = self.open_account(**changes)
        self.wait(4)
        return account

    def account_with_bank(self, **changes: Any) -> tuple[str, str]:
        """An active account and the `funding_source_id` of its bank account."""
        account = self.active_account(**changes)
        token = self.home.post("/sandbox/public_token/create", json={}).json()["public_token"]
        item = self.api.post(
            f"/accounts/{account}/funding-sources/plaid/connect", json={"public_token": token}
        ).json()["data"]["item"]
        return account, item["accounts"][0]["id"]

    def deposit(self, account: str, amount: str, source: str, **more: Any) -> httpx.Response:
        body = {"amount": amount, "method": "ach", "funding_source_id": source, **more}
        return self.api.post(f"/accounts/{account}/deposits", json=body)

    def wallet(self, account: str) -> dict[str, Any]:
        wallets = self.api.get(f"/accounts/{account}/wallets").json()["wallets"]
        return next(wallet for wallet in wallets if wallet["currency"] == "USD")

    def status(self, account: str, kind: str, transfer: str) -> str:
        return str(self.api.get(f"/accounts/{account}/{kind}s/{transfer}").json()["status"])

    def subscribe(self, *events: str) -> str:
        """Register a webhook; returns its secret."""
        answer = self.api.post(
            "/webhooks",
            json={"name": "Us", "url": "http://us.test/hook", "eventTypeNames": list(events)},
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["data"]["webhook"]["secret"])

    def deliver(self) -> list[str]:
        """Let the sandbox send what is due; returns the events that arrived now."""
        before = len(self.received)
        deliveries.send_due(self.world, self._receive)
        return [event["event"] for event, _, _ in self.received[before:]]

    def _receive(self, url: str, body: bytes, headers: dict[str, str]) -> int:
        if self.receiver_answers == 0:
            raise httpx.ConnectError("nobody there")
        self.received.append((json.loads(body), httpx.Headers(headers), body))
        return self.receiver_answers


def signature_holds(secret: str, headers: httpx.Headers, body: bytes) -> bool:
    """What a receiver checks."""
    parts = dict(part.split("=", 1) for part in headers["X-Bluum-Signature"].split(","))
    right = hmac.new(secret.encode(), f"{parts['t']}.".encode() + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(parts["v1"], right)
