"""Orders: what is accepted, when it fills and at what price, what it holds, how it ends."""

from decimal import Decimal

import pytest

from tests.sandbox.investor import Investor
from tests.sandbox.person import Integrator

D = Decimal


@pytest.fixture
def us() -> Integrator:
    return Integrator(market="xnys")


@pytest.fixture
def maya() -> Investor:
    found = Investor()
    found.pay_in("5000.00")
    return found


def test_a_market_order_fills_at_once_and_makes_a_position(maya):
    maya.subscribe("order.*")
    filled = order(maya, notional="1000.00").json()
    assert filled["status"] == "filled"
    [position] = maya.api.get(f"/trading/accounts/{maya.account}/positions").json()
    assert position["total_cost_basis"] == "1000.00"
    assert D(position["quantity"]) * D(filled["average_price"]) == pytest.approx(
        D(1000), abs=D("0.01")
    )
    assert maya.wallet(maya.account)["balance"] == "4000.00"
    assert maya.deliver() == ["order.accepted", "order.filled"]
    sold = order(maya, side="sell", qty=position["quantity"]).json()
    assert sold["status"] == "filled"
    listed = maya.api.get(
        f"/trading/accounts/{maya.account}/positions", params={"non_zero_only": "true"}
    )
    assert listed.json() == []


def test_after_hours_an_order_waits_holds_its_money_and_can_be_canceled(maya):
    maya.wait(hours=8)
    waiting = order(maya, notional="1000.00").json()
    assert waiting["status"] == "accepted"
    assert maya.wallet(maya.account)["available_balance"] == "4000.00"
    path = f"/trading/accounts/{maya.account}/orders/{waiting['id']}/cancel"
    assert maya.api.post(path).json()["status"] == "canceled"
    assert maya.api.post(path).json()["code"] == "BLUM-409-003"
    assert maya.wallet(maya.account)["available_balance"] == "5000.00"
    second = order(maya, qty="2").json()
    maya.wait(hours=15)
    assert maya.api.get(f"/trading/orders/{second['id']}").json()["status"] == "filled"


def test_a_limit_under_the_market_waits_until_the_price_comes(maya):
    price = D(str(maya.api.get("/assets/VTI").json()["data"]["price"]))
    limit = f"{price * D('0.9'):.2f}"
    body = {"type": "limit", "time_in_force": "gtc", "limit_price": limit, "qty": "3"}
    waiting = order(maya, **body).json()
    daily = order(maya, **{**body, "time_in_force": "day"}).json()
    maya.wait(hours=7)
    assert maya.api.get(f"/trading/orders/{waiting['id']}").json()["status"] == "accepted"
    assert maya.api.get(f"/trading/orders/{daily['id']}").json()["status"] == "canceled"
    maya.home.post("/_sandbox/scenarios/crash", json={})
    maya.wait(hours=17)
    filled = maya.api.get(f"/trading/orders/{waiting['id']}").json()
    assert filled["status"] == "filled"
    assert D(filled["average_price"]) <= D(limit)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"symbol": "NOPE", "qty": "1"}, "BLUM-404-003"),
        ({"notional": "6000.00"}, "BLUM-422-001"),
        ({"side": "sell", "qty": "1"}, "BLUM-422-004"),
        ({"qty": "1", "notional": "10.00"}, "BLUM-400-001"),
        ({"symbol": "BA", "qty": "0.5"}, "BLUM-400-006"),
        ({"type": "limit", "qty": "1"}, "BLUM-400-002"),
    ],
)
def test_an_order_that_cannot_be_is_refused(maya, changes, code):
    answer = order(maya, **changes)
    assert answer.json()["code"] == code
    assert maya.wallet(maya.account)["available_balance"] == "5000.00"


def test_nobody_trades_before_approval(us):
    account = us.open_account()
    answer = us.api.post(
        f"/trading/accounts/{account}/orders",
        json={
            "symbol": "VTI",
            "side": "buy",
            "type": "market",
            "time_in_force": "day",
            "notional": "10.00",
        },
    )
    assert answer.json()["code"] == "BLUM-403-002"


def order(us, **changes):
    body = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day", **changes}
    return us.api.post(f"/trading/accounts/{us.account}/orders", json=body)
