"""Orders: what is accepted, when it fills and at what price, what it holds, how it ends."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.calendar import nyse
from sandbox.clock import parse
from sandbox.market import Market
from tests.sandbox.investor import TUESDAY, Investor
from tests.sandbox.person import Integrator

D = Decimal
TAPE = Market(1, [])
"""What the sandbox's market will do: the same seed as its own."""


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
        ({"type": "limit", "qty": "1", "limit_price": "0"}, "BLUM-400-005"),
        ({"notional": "0.50"}, "BLUM-400-005"),
        ({"qty": "0"}, "BLUM-400-006"),
        ({"qty": "1.0000000001"}, "BLUM-400-006"),
        ({"qty": "9" * 40}, "BLUM-400-006"),
        ({"notional": "9" * 40}, "BLUM-400-005"),
        ({"qty": "1", "commission": "9" * 15}, "BLUM-400-005"),
        ({"symbol": "TWTR", "qty": "1"}, "BLUM-422-003"),
        ({"type": "trailing_stop", "qty": "1", "trail_percent": "100"}, "BLUM-400-005"),
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


def test_a_limit_fills_at_the_one_trade_that_reaches_it_though_nobody_looks(maya):
    moments, cents = TAPE.trades("VTI", TUESDAY + timedelta(minutes=5))
    lowest = int(cents.argmin())
    price = D(int(cents[lowest])) / 100
    waiting = order(maya, type="limit", limit_price=str(price), qty="2").json()
    maya.wait(hours=7)
    filled = read(maya, waiting)
    assert filled["status"] == "filled"
    assert parse(filled["filled_at"]).timestamp() == moments[lowest]
    assert D(filled["average_price"]) == price
    asked = {"timeframe": "1Min", "start": filled["filled_at"][:17] + "00Z", "limit": 1}
    [bar] = maya.api.get("/market-data/assets/VTI/bars", params=asked).json()["data"]["bars"]
    assert D(str(bar["low"])) == price


def test_a_cent_below_the_lowest_trade_is_never_reached(maya):
    _, cents = TAPE.trades("VTI", TUESDAY)
    missed = D(int(cents.min()) - 1) / 100
    waiting = order(maya, type="limit", limit_price=str(missed), qty="2").json()
    maya.wait(hours=7)
    assert read(maya, waiting)["status"] == "canceled"


def test_a_stop_fills_at_the_first_trade_at_or_beyond_it(maya):
    order(maya, qty="4")
    moments, cents = TAPE.trades("VTI", TUESDAY + timedelta(minutes=5))
    stop = D(int(cents[:200].min())) / 100
    first = next(i for i, each in enumerate(cents) if D(int(each)) / 100 <= stop)
    selling = order(maya, side="sell", type="stop", stop_price=str(stop), qty="4").json()
    assert selling["status"] == "accepted"
    maya.wait(hours=7)
    sold = read(maya, selling)
    assert parse(sold["filled_at"]).timestamp() == moments[first]
    assert D(sold["average_price"]) == D(int(cents[first])) / 100


def test_a_stop_limit_waits_for_its_limit_once_its_stop_is_reached(maya):
    moments, cents = TAPE.trades("VTI", TUESDAY + timedelta(minutes=5))
    prices = [D(int(each)) / 100 for each in cents]
    top = max(range(1000), key=lambda i: prices[i])
    stop, limit = prices[top], prices[top] - D("0.30")
    reached = next(i for i in range(top, len(prices)) if prices[i] <= limit)
    asked = {"type": "stop_limit", "stop_price": str(stop), "limit_price": str(limit), "qty": "1"}
    waiting = order(maya, **asked).json()
    maya.wait(hours=7)
    filled = read(maya, waiting)
    assert parse(filled["filled_at"]).timestamp() == moments[reached]
    assert D(filled["average_price"]) <= limit


@pytest.mark.parametrize("trail", [{"trail_price": "1.20"}, {"trail_percent": "0.35"}])
def test_a_trailing_stop_follows_the_best_price_and_sells_when_it_has_fallen_enough(maya, trail):
    start = D(order(maya, qty="4").json()["average_price"])
    asked = {"side": "sell", "type": "trailing_stop", "time_in_force": "gtc", "qty": "4"}
    waiting = order(maya, **asked, **trail).json()
    maya.wait(days=3)
    sold = read(maya, waiting)
    best, at = start, TUESDAY + timedelta(seconds=15)
    while True:
        price = TAPE.price("VTI", at)
        best = max(best, price)
        back = D(trail.get("trail_price") or best * D(trail.get("trail_percent", "0")) / 100)
        if price <= best - back:
            break
        at += timedelta(seconds=15)
    assert sold["status"] == "filled"
    assert D(sold["average_price"]) == price
    assert timedelta(0) <= at - parse(sold["filled_at"]) < timedelta(seconds=15)


def test_an_order_of_yesterday_fills_at_the_opening_price(maya):
    maya.wait(hours=8)
    opening = nyse().open_at(nyse().at_or_after(maya.world.clock.now()))
    price = TAPE.price("VTI", opening)
    better = order(
        maya, type="limit", time_in_force="gtc", limit_price=str(price + 5), qty="1"
    ).json()
    maya.wait(hours=15)
    filled = read(maya, better)
    assert parse(filled["filled_at"]) == opening
    assert D(filled["average_price"]) == price


def test_orders_for_the_opening_and_for_the_close_fill_there(maya):
    session = nyse().at_or_after(TUESDAY)
    closing = order(maya, time_in_force="cls", qty="1").json()
    opening = order(maya, time_in_force="opg", qty="1").json()
    low = str(TAPE.price("VTI", TUESDAY) / 2)
    hopeless = order(
        maya, time_in_force="cls", type="limit", limit_price=f"{D(low):.2f}", qty="1"
    ).json()
    assert [closing["status"], opening["status"]] == ["accepted", "accepted"]
    maya.wait(hours=6)
    assert D(read(maya, closing)["average_price"]) == TAPE.close("VTI", session)
    assert read(maya, hopeless)["status"] == "canceled"
    assert read(maya, opening)["status"] == "accepted"
    maya.wait(hours=18)
    opened = nyse().open_at(session + 1)
    assert D(read(maya, opening)["average_price"]) == TAPE.price("VTI", opened)


def test_what_is_due_at_once_fills_or_ends(maya):
    price = TAPE.price("VTI", TUESDAY)
    far = {"type": "limit", "limit_price": str(price - 50), "qty": "1"}
    assert order(maya, **far, time_in_force="ioc").json()["status"] == "canceled"
    assert order(maya, qty="1", time_in_force="fok").json()["status"] == "filled"
    half = order(maya, qty="4", time_in_force="ioc", client_order_id="partial-1").json()
    assert (half["status"], half["filled_qty"], half["remaining_qty"]) == ("canceled", "2", "2")
    none = order(maya, qty="4", time_in_force="fok", client_order_id="partial-2").json()
    assert (none["status"], none["filled_qty"]) == ("canceled", "0")
    assert maya.wallet(maya.account)["reserved_balance"] == "0.00"
    maya.wait(hours=8)
    assert order(maya, qty="1", time_in_force="ioc").json()["code"] == "BLUM-422-002"


def test_a_limit_buy_holds_limit_times_quantity_and_its_commission(maya):
    asked = {"type": "limit", "time_in_force": "gtc", "limit_price": "100.00", "qty": "7.5"}
    held = order(maya, **asked, commission="1.50").json()
    assert maya.wallet(maya.account)["reserved_balance"] == "751.50"
    assert order(maya, notional="4248.51").json()["code"] == "BLUM-422-001"
    cancel(maya, held)
    assert maya.wallet(maya.account)["reserved_balance"] == "0.00"


def test_shares_that_are_for_sale_are_not_sold_twice(maya):
    order(maya, qty="4")
    order(maya, side="sell", type="limit", limit_price="9999.00", time_in_force="gtc", qty="3")
    assert order(maya, side="sell", qty="1.5").json()["code"] == "BLUM-422-004"
    assert order(maya, side="sell", qty="1").json()["status"] == "filled"


def test_an_order_fills_in_parts_and_says_so(maya):
    maya.subscribe("order.*")
    first = order(maya, qty="4", client_order_id="partial-a").json()
    assert (first["status"], first["filled_qty"], first["filled_at"]) == (
        "partially_filled",
        "2",
        None,
    )
    assert first["remaining_qty"] == "2"
    start = D(first["average_price"])
    path = f"/_sandbox/orders/{first['id']}/fill"
    second = maya.home.post(path, json={"qty": "1", "price": str(start + 3)}).json()
    assert (second["status"], second["filled_qty"]) == ("partially_filled", "3")
    assert D(second["average_price"]) == start + 1
    assert maya.home.post(path, json={"qty": "2"}).json()["code"] == "BLUM-400-006"
    last = maya.home.post(path, json={"price": str(start)}).json()
    assert (last["status"], last["filled_qty"], last["remaining_qty"]) == ("filled", "4", "0")
    assert D(last["average_price"]) == start + D("0.75")
    assert maya.deliver() == [
        "order.accepted",
        "order.partially_filled",
        "order.partially_filled",
        "order.filled",
    ]
    assert [event["data"]["filled_qty"] for event, _, _ in maya.received] == ["0", "2", "3", "4"]
    assert maya.wallet(maya.account)["reserved_balance"] == "0.00"
    assert D(maya.wallet(maya.account)["balance"]) == 5000 - (start * 4 + 3)
    assert maya.home.post(path, json={}).json()["code"] == "BLUM-409-003"


def test_the_rest_of_a_partly_filled_order_can_be_canceled(maya):
    part = order(maya, notional="1000.00", client_order_id="partial-b").json()
    assert part["status"] == "partially_filled"
    ended = cancel(maya, part)
    assert (ended["status"], ended["filled_qty"]) == ("canceled", part["filled_qty"])
    wallet = maya.wallet(maya.account)
    assert D(wallet["balance"]) == pytest.approx(D(4500), abs=D("0.02"))
    assert wallet["reserved_balance"] == "0.00"
    assert cancel(maya, part)["code"] == "BLUM-409-003"


def test_an_order_is_rejected_with_its_reason(maya):
    maya.subscribe("order.*")
    refused = order(maya, qty="1", client_order_id="reject-me").json()
    assert (refused["status"], refused["reject_reason"]) == ("rejected", "rejected_by_exchange")
    assert maya.deliver() == ["order.accepted", "order.rejected"]
    waiting = order(maya, type="limit", limit_price="1.00", qty="1").json()
    path = f"/_sandbox/orders/{waiting['id']}/reject"
    assert maya.home.post(path, json={"reason": "halted"}).json()["reject_reason"] == "halted"
    assert maya.wallet(maya.account)["available_balance"] == "5000.00"


def test_an_opening_gap_that_nobody_can_pay_rejects_the_order(maya):
    maya.wait(hours=8)
    price = TAPE.price("VTI", maya.world.clock.now())
    shares = (D(5000) / (price * D("1.03"))).quantize(D("0.001")) - D("0.001")
    waiting = order(maya, qty=str(shares)).json()
    assert waiting["status"] == "accepted"
    shock(maya, scope="VTI", factor=1.2)
    maya.wait(hours=15)
    found = read(maya, waiting)
    assert (found["status"], found["reject_reason"]) == ("rejected", "insufficient_funds")
    assert maya.wallet(maya.account)["available_balance"] == "5000.00"


@pytest.mark.parametrize(
    ("kind", "rate", "fee"),
    [("notional", "2.50", "2.50"), ("qty", "0.10", "0.40"), ("bps", "5", None)],
)
def test_commission_goes_by_order_by_share_or_by_basis_points(maya, kind, rate, fee):
    bought = order(maya, qty="4", commission=rate, commission_type=kind).json()
    cost = D(bought["average_price"]) * 4
    paid = D(fee) if fee else (cost * 5 / 10_000).quantize(D("0.01"))
    assert D(maya.wallet(maya.account)["balance"]) == 5000 - cost - paid
    order(maya, side="sell", qty="4", commission=rate, commission_type=kind)
    assert D(maya.wallet(maya.account)["balance"]) == 5000 - 2 * paid


def test_a_client_order_id_guards_against_sending_twice(maya):
    once = order(maya, qty="2", client_order_id="mine-1")
    again = order(maya, qty="2", client_order_id="mine-1")
    assert (again.status_code, again.json()["id"]) == (201, once.json()["id"])
    assert len(maya.api.get(f"/trading/accounts/{maya.account}/orders").json()) == 1
    other = order(maya, qty="3", client_order_id="mine-1")
    assert other.json()["code"] == "BLUM-409-001"


def test_a_shock_fills_orders_that_waited_for_such_a_price(maya):
    price = TAPE.price("VTI", TUESDAY)
    waiting = order(maya, type="limit", limit_price=f"{price * D('0.9'):.2f}", qty="1").json()
    shock(maya, scope="equities", factor=0.85, recovery_days=20)
    filled = read(maya, waiting)
    assert filled["status"] == "filled"
    assert D(filled["average_price"]) == pytest.approx(price * D("0.85"), abs=D("0.02"))
    wrong = maya.home.post("/_sandbox/market/shocks", json={"scope": "moon", "factor": 0.8})
    assert wrong.status_code == 400
    assert maya.home.get("/_sandbox/market/shocks").json()["shocks"][0]["recovery_days"] == 20
    maya.home.delete("/_sandbox/market/shocks")
    assert maya.api.get("/assets/VTI").json()["data"]["price"] == float(price)


def test_orders_are_listed_newest_first_and_by_status_symbol_and_side(maya):
    for symbol in ("VTI", "BND", "VEA"):
        order(maya, symbol=symbol, notional="100.00")
    order(maya, symbol="BND", side="sell", notional="50.00")
    order(maya, type="limit", limit_price="1.00", qty="1")
    path = f"/trading/accounts/{maya.account}/orders"

    def symbols(**params: Any) -> list[str]:
        return [row["symbol"] for row in maya.api.get(path, params=params).json()]

    assert symbols() == ["VTI", "BND", "VEA", "BND", "VTI"]
    assert symbols(status="accepted") == ["VTI"]
    assert symbols(side="sell") == ["BND"]
    assert symbols(symbol="bnd") == ["BND", "BND"]
    assert symbols(limit=2, offset=1) == ["BND", "VEA"]
    assert symbols(symbol="NOPE") == []


def test_a_whole_position_can_be_sold_by_its_value(maya):
    order(maya, notional="1000.00")
    for _ in range(20):
        maya.wait(minutes=3)
        order(maya, notional="11.11")
        [position] = maya.api.get(f"/trading/accounts/{maya.account}/positions").json()
        sold = order(maya, side="sell", notional=position["market_value"]).json()
        assert sold["status"] == "filled"
        left = maya.api.get(f"/trading/accounts/{maya.account}/positions").json()[0]
        assert D(left["market_value"]) == 0
        order(maya, notional="1000.00")


def test_a_self_directed_account_pays_in_buys_sells_and_pays_out():
    us = Integrator(market="xnys")
    account, bank = us.account_with_bank()
    us.account = account
    us.deposit(account, "2000.00", bank)
    us.wait(30)
    assert order(us, symbol="AAPL", qty="3").json()["status"] == "filled"
    us.wait(days=30)
    path = f"/trading/accounts/{account}/positions"
    [held] = us.api.get(path, params={"refresh_prices": "true"}).json()
    assert (held["quantity"], held["price_source"]) == ("3", "DATABASE")
    value, cost = D(held["market_value"]), D(held["total_cost_basis"])
    assert value == D(held["current_price"]) * 3
    assert D(held["unrealized_pl"]) == value - cost
    assert D(held["unrealized_pl_percent"]) == ((value / cost - 1) * 100).quantize(D("0.01"))
    assert D(held["average_cost_basis"]) * 3 == cost
    one = us.api.get(f"{path}/{held['id']}").json()
    assert "price_source" not in one
    us.wait(hours=3)
    order(us, symbol="AAPL", side="sell", qty="3")
    us.wait(days=1)
    assert us.api.get(path, params={"non_zero_only": "true"}).json() == []
    rest = us.wallet(account)["available_balance"]
    body = {"amount": rest, "method": "ach", "funding_source_id": bank}
    assert us.api.post(f"/accounts/{account}/withdrawals", json=body).status_code == 201
    us.wait(60)
    assert us.wallet(account)["balance"] == "0.00"


def test_a_waiting_order_survives_a_restart(maya):
    moments, cents = TAPE.trades("VTI", TUESDAY + timedelta(minutes=5))
    lowest = int(cents.argmin())
    price = str(D(int(cents[lowest])) / 100)
    waiting = order(maya, type="limit", limit_price=price, qty="2").json()
    state = maya.world.dump()
    maya.world.restore(state)
    maya.wait(hours=7)
    filled = read(maya, waiting)
    assert parse(filled["filled_at"]) == datetime.fromtimestamp(int(moments[lowest]), UTC)


def read(us, order):
    return us.api.get(f"/trading/orders/{order['id']}").json()


def cancel(us, order):
    return us.api.post(f"/trading/accounts/{us.account}/orders/{order['id']}/cancel").json()


def shock(us, **move):
    answer = us.home.post("/_sandbox/market/shocks", json=move)
    assert answer.status_code == 201, answer.text


def order(us, **changes):
    body = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day", **changes}
    return us.api.post(f"/trading/accounts/{us.account}/orders", json=body)


def test_a_price_that_was_taken_away_is_unavailable_where_it_is_held(maya):
    order(maya, notional="100.00")
    take = maya.home.post("/_sandbox/market/unpriced", json={"symbols": ["VTI"]})
    assert take.status_code == 200
    held = f"/trading/accounts/{maya.account}/positions?refresh_prices=true"
    assert "UNAVAILABLE" in maya.api.get(held).text
    maya.home.post("/_sandbox/market/unpriced", json={"symbols": []})
    assert "UNAVAILABLE" not in maya.api.get(held).text
    unknown = maya.home.post("/_sandbox/market/unpriced", json={"symbols": ["MOON"]})
    assert unknown.status_code == 400
