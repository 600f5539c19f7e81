"""Every event of the contract is sent when its time comes, with what the contract's example has."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox import contract
from tests.sandbox.person import Integrator
from tests.sandbox.test_documented_examples import compare

DOCUMENT = contract.load().document
EVENTS = DOCUMENT["webhooks"]


@pytest.fixture(scope="module")
def told() -> dict[str, dict[str, Any]]:
    """The first event of each name in an eventful hour."""
    us = Integrator()
    us.subscribe("account.*", "order.*", "transfer.*", "document.*")
    account, bank = us.account_with_bank()
    for amount in ("5000.00", "50.01"):
        us.deposit(account, amount, bank)
    us.wait(30)
    for amount in ("25.00", "25.01"):
        body = {"amount": amount, "method": "ach", "funding_source_id": bank}
        us.api.post(f"/accounts/{account}/withdrawals", json=body)
    us.wait(30)
    for name in ("bill.png", "blurry.png"):
        us.api.post(
            f"/documents/accounts/{account}/upload",
            data={"document_type": "proof_of_address"},
            files={"file": (name, b"\x89PNG\r\n\x1a\n", "image/png")},
        )
    orders = f"/trading/accounts/{account}/orders"
    order = {"symbol": "VTI", "side": "buy", "time_in_force": "gtc"}
    us.api.post(orders, json={**order, "type": "market", "qty": "1"})
    limit = {**order, "type": "limit", "qty": "2", "limit_price": "1.00"}
    first, second = (us.api.post(orders, json=limit).json()["id"] for _ in range(2))
    us.home.post(f"/_sandbox/orders/{first}/fill", json={"qty": "1", "price": "1.00"})
    us.api.post(f"/trading/accounts/{account}/orders/{first}/cancel")
    us.home.post(f"/_sandbox/orders/{second}/reject", json={})
    us.wait(30)
    us.deliver()
    found: dict[str, dict[str, Any]] = {}
    for event, _, _ in us.received:
        found.setdefault(event["event"], event)
    return found


@pytest.mark.parametrize("name", list(EVENTS))
def test_the_documented_event_is_sent(told, name):
    content = EVENTS[name]["post"]["requestBody"]["content"]["application/json"]
    assert name in told
    event = told[name]
    compare(content["example"], event, name)
    schema = {**content["schema"], "components": DOCUMENT["components"]}
    Draft202012Validator(schema).validate(event)
    assert event["data"]["account_id"]


def test_the_catalogue_lists_exactly_the_documented_events():
    us = Integrator()
    listed = us.api.get("/webhooks/event-types").json()["data"]["eventTypes"]
    assert {each["name"] for each in listed} == set(EVENTS)
