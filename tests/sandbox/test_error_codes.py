"""Each code of Bluum's catalogue can be met, by doing what it is for."""

from collections.abc import Callable
from functools import cache

import httpx
import pytest

from sandbox.errors import MESSAGES
from tests.sandbox.investor import Investor
from tests.sandbox.person import Integrator

NOBODY = "7c1f0e52-9a34-4c55-8f0b-2d6f1b9c7e10"
Way = Callable[[Investor], httpx.Response]


@cache
def shared() -> Investor:
    """For requests that leave nothing behind."""
    return Investor()


def order(maya: Investor, **changes: object) -> httpx.Response:
    body = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day", **changes}
    return maya.api.post(f"/trading/accounts/{maya.account}/orders", json=body)


def withdraw(maya: Investor, amount: str, **headers: str) -> httpx.Response:
    body = {"amount": amount, "method": "ach", "funding_source_id": maya.bank}
    return maya.api.post(f"/accounts/{maya.account}/withdrawals", json=body, headers=headers)


def deposits(maya: Investor, **asked: str) -> httpx.Response:
    return maya.api.get(f"/accounts/{maya.account}/deposits", params=asked)


def with_key_state(maya: Investor, state: str) -> httpx.Response:
    maya.home.post("/_sandbox/keys", json={"key": "old", "secret": "s", "state": state})
    return maya.stranger.post("/accounts", json={}, auth=("old", "s"))


def with_fault(maya: Investor, status: int, code: str) -> httpx.Response:
    fault = {"kind": "status", "status": status, "code": code, "count": 1}
    assert maya.home.post("/_sandbox/faults", json=fault).status_code == 201
    return maya.api.get("/webhooks")


def before_approval(maya: Investor) -> httpx.Response:
    account = maya.open_account(email="new@mail.test")
    return maya.deposit(account, "5.00", maya.bank)


def self_directed(maya: Investor) -> httpx.Response:
    account = maya.active_account(email="own@mail.test", management_type="self_directed")
    return maya.api.get(f"/wealth/accounts/{account}/goals")


def key_of_another_body(maya: Investor) -> httpx.Response:
    withdraw(maya, "1.00", **{"Idempotency-Key": "k"})
    return withdraw(maya, "2.00", **{"Idempotency-Key": "k"})


def decided_twice(maya: Investor) -> httpx.Response:
    return maya.api.post(f"/accounts/{maya.account}/compliance/restart")


def at_night() -> Investor:
    maya = Investor(market="xnys")
    maya.wait(hours=12)
    return maya


def too_fast(maya: Investor) -> httpx.Response:
    us = Integrator(rate=1)
    return [us.api.get("/webhooks") for _ in range(3)][-1]


WAYS: dict[str, Way] = {
    "BLUM-400-001": lambda maya: deposits(maya, limit="0"),
    "BLUM-400-002": lambda maya: maya.api.post("/webhooks", json={}),
    "BLUM-400-003": lambda maya: deposits(maya, date_from="yesterday"),
    "BLUM-400-004": lambda maya: deposits(maya, status="lost"),
    "BLUM-400-005": lambda maya: maya.deposit(maya.account, "-1", maya.bank),
    "BLUM-400-006": lambda maya: order(maya, qty="none"),
    "BLUM-400-007": lambda maya: deposits(maya, date_from="2026-02-02", date_to="2026-02-01"),
    "BLUM-400-008": lambda maya: maya.api.post("/webhooks", content=b"x" * 13_000_000),
    "BLUM-401-001": lambda maya: maya.stranger.get("/accounts"),
    "BLUM-401-002": lambda maya: maya.stranger.get("/accounts", headers={"Authorization": "x"}),
    "BLUM-401-003": lambda maya: maya.stranger.get("/accounts", auth=("sandbox-key", "guess")),
    "BLUM-401-004": lambda maya: with_key_state(maya, "inactive"),
    "BLUM-401-005": lambda maya: with_key_state(maya, "expired"),
    "BLUM-403-001": lambda maya: with_key_state(maya, "read_only"),
    "BLUM-403-002": before_approval,
    "BLUM-403-003": lambda maya: with_key_state(maya, "unverified"),
    "BLUM-403-004": self_directed,
    "BLUM-404-001": lambda maya: maya.api.get(f"/accounts/{NOBODY}"),
    "BLUM-404-002": lambda maya: maya.api.get("/investors"),
    "BLUM-404-003": lambda maya: maya.api.get("/assets/NOPE"),
    "BLUM-405-001": lambda maya: maya.api.delete("/accounts"),
    "BLUM-409-001": lambda maya: maya.api.post("/accounts", json=maya.apply()),
    "BLUM-409-002": key_of_another_body,
    "BLUM-409-003": decided_twice,
    "BLUM-422-001": lambda maya: withdraw(maya, "1.00"),
    "BLUM-422-002": lambda maya: order(at_night(), qty="1", time_in_force="ioc"),
    "BLUM-422-003": lambda maya: order(maya, symbol="TWTR", qty="1"),
    "BLUM-422-004": lambda maya: order(maya, side="sell", qty="1"),
    "BLUM-422-005": lambda maya: withdraw(maya, "50000.01"),
    "BLUM-429-001": too_fast,
    "BLUM-500-001": lambda maya: with_fault(maya, 500, "BLUM-500-001"),
    "BLUM-500-017": lambda maya: with_fault(maya, 500, "BLUM-500-017"),
}


def test_no_code_of_the_catalogue_is_left_out():
    assert set(WAYS) == set(MESSAGES)


@pytest.mark.parametrize("code", WAYS)
def test_a_code_is_answered_to_what_it_is_for(code):
    answer = WAYS[code](shared())
    assert answer.json()["code"] == code
    assert answer.status_code == int(code.split("-")[1])
    assert answer.json()["message"]
    assert answer.headers["X-Request-Id"]
