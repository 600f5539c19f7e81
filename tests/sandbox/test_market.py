"""Prices, hours, bars, and orders against them."""

import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from sandbox.calendar import nyse
from sandbox.market import CORRELATION, FACTORS, Market, assets
from tests.sandbox.investor import Investor
from tests.sandbox.person import Integrator

D = Decimal
NOON = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)


@pytest.fixture
def us() -> Integrator:
    return Integrator(market="xnys")


@pytest.fixture
def maya() -> Investor:
    found = Investor()
    found.pay_in("5000.00")
    return found


def test_our_calendar_is_the_exchanges():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        xnys = exchange_calendars.get_calendar("XNYS", start="2014-01-01", end="2035-12-31")
        closes = [int(each.timestamp()) for each in xnys.closes]
        opens = [int(each.timestamp()) for each in xnys.opens]
    assert list(nyse().opens) == opens
    assert list(nyse().closes) == closes


def test_the_same_seed_symbol_and_moment_have_one_price():
    for symbol in assets():
        assert Market(3, []).price(symbol, NOON) == Market(3, []).price(symbol, NOON)
    assert Market(3, []).price("VTI", NOON) != Market(4, []).price("VTI", NOON)


def test_prices_are_near_the_levels_of_their_time():
    start = datetime(2026, 1, 2, 21, 0, tzinfo=UTC)
    for seed in (1, 7, 42):
        for symbol, asset in assets().items():
            price = float(Market(seed, []).price(symbol, start))
            assert price == pytest.approx(asset.price, rel=0.001)


def test_classes_move_together_as_the_house_matrix_says():
    symbols = ("VTI", "VEA", "VWO", "BND", "BNDX", "SCHP", "VGSH")
    paths = [[float(p) for p in Market(5, []).closes(s, 0, 5000)] for s in symbols]
    found = np.corrcoef(np.diff(np.log(np.array(paths))))
    assert len(symbols) == len(FACTORS)
    for row in range(5):
        for column in range(5):
            assert found[row][column] == pytest.approx(CORRELATION[row][column], abs=0.12)


def test_the_price_rests_while_the_exchange_is_shut_and_moves_when_it_is_always_open():
    shut, always = Market(1, []), Market(1, [], "always")
    later = NIGHT + timedelta(hours=2)
    assert shut.price("VTI", NIGHT) == shut.price("VTI", later)
    assert shut.price("VTI", NIGHT) == shut.close("VTI", nyse().last_closed(NIGHT))
    assert always.price("VTI", NIGHT) != always.price("VTI", later)
    assert shut.next_open(NIGHT) == datetime(2026, 3, 11, 13, 30, tzinfo=UTC)


def test_the_price_runs_into_the_close():
    session = nyse().index_on_or_after(date(2026, 3, 10))
    before = nyse().close_at(session) - timedelta(seconds=1)
    market = Market(1, [])
    assert market.price("VTI", before) == pytest.approx(market.close("VTI", session), abs=D("0.05"))


def test_a_shock_lasts_and_touches_only_its_class():
    calm = Market(1, [])
    shaken = Market(1, [{"scope": "equities", "at": NOON.isoformat(), "factor": 0.8}])
    later = NOON + timedelta(days=200)
    assert shaken.price("BND", later) == calm.price("BND", later)
    for at, factor in ((NOON - timedelta(hours=1), 1.0), (NOON, 0.8), (later, 0.8)):
        ratio = float(shaken.price("VTI", at) / calm.price("VTI", at))
        assert ratio == pytest.approx(factor, abs=0.001)


def test_a_year_of_dividends_is_the_yield():
    days = nyse().days
    year = [i for i, day in enumerate(days) if day.year == 2025]
    market = Market(1, [])
    paid = [market.dividend("BND", i) for i in year]
    assert sum(1 for each in paid if each) == 4
    assert float(sum(paid)) / float(market.close("BND", year[100])) == pytest.approx(
        0.038, rel=0.15
    )


def test_assets_are_found_by_symbol_and_name_and_known_ones_answered(us):
    found = us.api.get("/assets/search", params={"q": "total stock"}).json()
    assert [row["symbol"] for row in found["data"]] == ["VTI"]
    one = us.api.get("/assets/vti").json()["data"]
    assert isinstance(one["price"], float)
    assert us.api.get("/assets/NOPE").json()["code"] == "BLUM-404-003"
    quotes = us.api.get("/market-data/assets", params={"symbols": "VTI,NOPE,BND"}).json()["data"]
    assert [row["symbol"] for row in quotes] == ["VTI", "BND"]
    assert us.api.get("/assets", params={"limit": 5, "offset": 2}).json()["count"] == 5
    assert us.api.get("/assets/list", params={"asset_class": "crypto"}).json()["data"] == []


@pytest.mark.parametrize("timeframe", ["1Min", "30Min", "1Hour", "1Day", "1Week", "1Month"])
def test_bars_come_in_order_and_end_now(us, timeframe):
    asked = {"timeframe": timeframe, "limit": 20}
    bars = us.api.get("/market-data/assets/VTI/bars", params=asked).json()["data"]["bars"]
    assert len(bars) == 20
    assert [bar["timestamp"] for bar in bars] == sorted(bar["timestamp"] for bar in bars)
    for bar in bars:
        assert bar["low"] <= min(bar["open"], bar["close"]) <= bar["high"]
    price = us.api.get("/market-data/assets/VTI/quote").json()["data"]["price"]
    assert bars[-1]["close"] == pytest.approx(price, rel=0.01)
    chart = {"symbol": "VTI", "timeframe": timeframe}
    chart |= {"start": "2026-01-05T00:00:00Z", "end": "2026-01-20T00:00:00Z"}
    past = us.api.get("/assets/chart", params=chart).json()["data"]["bars"]
    assert past[0]["timestamp"].startswith("2026-01-05T14:30")


def test_status_and_calendar_know_holidays_and_short_days(us):
    status = us.api.get("/market-data/markets/XNYS/status").json()["data"]
    assert status["isOpen"] is True
    us.wait(hours=6)
    status = us.api.get("/market-data/markets/XNYS/status").json()["data"]
    assert status["isOpen"] is False
    assert status["nextOpen"].startswith("2026-03-11T13:30")
    year = us.api.get("/market-data/markets/XNYS/calendar", params={"year": 2026}).json()["data"]
    days = {row["date"]: row for row in year["holidays"]}
    assert days["2026-07-03"]["type"] == "FULL"
    assert days["2026-11-27"]["earlyClose"] == "13:00"
    assert us.api.get("/market-data/markets").json()["data"][0]["code"] == "XNYS"
    assert us.api.get("/market-data/markets/XXXX").status_code == 404
    assert us.api.get("/market-data/assets/VTI/snapshot").json()["data"]["dailyBar"]["close"] > 0


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
