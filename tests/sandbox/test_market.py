"""Prices, dividends, bars, hours: what the market says, however and in whatever order one asks."""

import os
import subprocess
import sys
import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.bars import DAYS, MINUTES, bars, day_bar, session_bars
from sandbox.calendar import nyse
from sandbox.market import CORRELATION, FACTORS, Market, assets
from tests.sandbox.person import Integrator

D = Decimal
NOON = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 11, 3, 0, tzinfo=UTC)
UNIVERSE = """
VTI SCHB ITOT VBR IJS AVUV VEA IEFA SCHF VWO IEMG SCHE BND AGG SCHZ BNDX IAGG VTIP SCHP STIP
VTEB MUB SGOV BIL VGSH VNQ SCHH ESGV VSGX SUSA EAGG
"""


@pytest.fixture
def us() -> Integrator:
    return Integrator(market="xnys")


def session_of(day: date) -> int:
    return nyse().index_on_or_after(day)


def test_our_calendar_is_the_exchanges():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import exchange_calendars

        xnys = exchange_calendars.get_calendar("XNYS", start="2014-01-01", end="2037-12-31")
        closes = [int(each.timestamp()) for each in xnys.closes]
        opens = [int(each.timestamp()) for each in xnys.opens]
    assert list(nyse().opens) == opens
    assert list(nyse().closes) == closes


def test_every_fund_of_the_models_and_their_twins_can_be_bought():
    for symbol in UNIVERSE.split():
        assert assets()[symbol].tradable
        assert assets()[symbol].fractionable
    assert len(assets()) > 60


moments = st.integers(1_391_000_000, 2_140_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))
questions = st.lists(st.tuples(st.sampled_from(sorted(assets())), moments), min_size=2, max_size=8)


@given(asked=questions, seed=st.integers(0, 99), always=st.booleans(), dice=st.randoms())
@settings(max_examples=40, deadline=None)
def test_prices_depend_on_seed_symbol_and_moment_only(asked, seed, always, dice):
    hours = "always" if always else "xnys"
    first = {each: Market(seed, [], hours).price(*each) for each in asked}
    again = list(asked)
    dice.shuffle(again)
    other = Market(seed, [], hours)
    for symbol, at in again:
        session_bars(other, symbol, nyse().at_or_after(at), 5, at)
        assert other.price(symbol, at) == first[symbol, at]


def test_another_process_finds_the_same_prices_and_another_seed_finds_others():
    code = (
        "from datetime import datetime, UTC\n"
        "from sandbox.market import Market, assets\n"
        "at = datetime(2026, 3, 10, 16, 0, tzinfo=UTC)\n"
        "for symbol in sorted(assets(), reverse=True):\n"
        "    print(symbol, Market(3, []).price(symbol, at))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "77"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lines = [f"{symbol} {Market(3, []).price(symbol, NOON)}" for symbol in assets()]
    assert sorted(said.split("\n")[:-1]) == sorted(lines)
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
    session = session_of(date(2026, 3, 10))
    before = nyse().close_at(session) - timedelta(seconds=1)
    market = Market(1, [])
    last, closing = market.price("VTI", before), market.close("VTI", session)
    assert last == pytest.approx(closing, rel=D("0.002"))
    assert market.price("VTI", nyse().close_at(session)) == closing


def test_a_shock_lasts_and_touches_only_its_class():
    calm = Market(1, [])
    shaken = Market(1, [{"scope": "equities", "at": NOON.isoformat(), "factor": 0.8}])
    later = NOON + timedelta(days=200)
    assert shaken.price("BND", later) == calm.price("BND", later)
    for at, factor in ((NOON - timedelta(hours=1), 1.0), (NOON, 0.8), (later, 0.8)):
        ratio = float(shaken.price("VTI", at) / calm.price("VTI", at))
        assert ratio == pytest.approx(factor, abs=0.001)


def test_a_shock_with_a_recovery_fades_and_is_gone():
    shock = {"scope": "VTI", "at": NOON.isoformat(), "factor": 0.5, "recovery_days": 10}
    calm, shaken = Market(1, []), Market(1, [shock])
    ratios = [
        float(shaken.price("VTI", at) / calm.price("VTI", at))
        for at in (NOON, NOON + timedelta(days=5), NOON + timedelta(days=11))
    ]
    assert ratios[0] == pytest.approx(0.5, abs=0.001)
    assert ratios[1] == pytest.approx(0.5**0.5, abs=0.01)
    assert ratios[2] == 1


def test_bars_show_a_shock_from_its_moment_on():
    shaken = Market(1, [{"scope": "all", "at": NOON.isoformat(), "factor": 0.8}])
    session = nyse().at_or_after(NOON)
    for symbol in ("VTI", "BND"):
        minutes = session_bars(shaken, symbol, session, 1, nyse().close_at(session))
        [index] = [i for i, bar in enumerate(minutes) if bar["start"] == NOON]
        assert minutes[index]["open"] < minutes[index - 1]["close"] * 0.81
        whole = day_bar(shaken, symbol, session, nyse().close_at(session))
        assert whole["low"] < whole["open"] * 0.85
        before = day_bar(shaken, symbol, session - 1, nyse().close_at(session))
        assert before == day_bar(Market(1, []), symbol, session - 1, nyse().close_at(session))


def test_dividends_of_a_year_are_the_yield_and_come_as_often_as_they_should():
    days = nyse().days
    year = [i for i, day in enumerate(days) if day.year == 2025]
    market = Market(1, [])
    often = {"BND": 12, "SGOV": 12, "VTI": 4, "KO": 4, "AAPL": 4, "IEFA": 2, "GLD": 0, "TSLA": 0}
    for symbol, times in often.items():
        paid = [market.dividend(symbol, i) for i in year]
        assert sum(1 for each in paid if each) == times
        average = sum(market.closes(symbol, year[0], year[-1])) / len(year)
        found = float(sum(paid) / average) * 100
        assert found == pytest.approx(assets()[symbol].dividend_yield, rel=0.2)


def test_the_price_opens_lower_by_the_dividend():
    falls = []
    for seed in range(12):
        market = Market(seed, [])
        for session in range(200, 2700):
            paid = market.dividend("SGOV", session)
            if paid:
                opened = market.price("SGOV", nyse().open_at(session))
                falls.append(float((market.close("SGOV", session - 1) - opened) / paid))
    assert np.mean(falls) == pytest.approx(1, abs=0.15)


@cache
def yearly(seed: int) -> dict[str, list[float]]:
    """Price changes of the calendar years 2015 to 2036, by symbol."""
    ends = [nyse().index_on_or_before(date(year, 12, 31)) for year in range(2014, 2037)]
    found = {}
    for symbol in assets():
        closes = [float(Market(seed, []).close(symbol, end)) for end in ends]
        found[symbol] = list(np.diff(closes) / closes[:-1])
    return found


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_no_year_is_beyond_belief(seed):
    for symbol, years in yearly(seed).items():
        worst = -0.5 if assets()[symbol].own_vol < 15 else -0.8
        assert min(years) > worst, symbol
        assert max(years) < 5, symbol
        if assets()[symbol].asset_class.endswith(("bonds", "treasury")):
            assert min(years) > -0.25
            assert max(years) < 0.3


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_volatility_is_that_of_the_class_and_the_past_decade_is_an_ordinary_one(seed):
    anchor = session_of(date(2026, 1, 2))
    expected = {"VTI": 16, "VEA": 18, "VWO": 23, "BND": 5.5, "VGSH": 2.2, "TSLA": 54}
    for symbol, percent in expected.items():
        closes = [float(each) for each in Market(seed, []).closes(symbol, 0, anchor)]
        moves = np.diff(np.log(closes))
        assert np.std(moves) * 252**0.5 * 100 == pytest.approx(percent, rel=0.15)
    market = Market(seed, [])
    grown = float(market.close("VTI", anchor) / market.close("VTI", anchor - 2520))
    assert 1.1 < grown < 2.5


def test_bid_and_ask_stand_close_around_the_price():
    for symbol, asset in assets().items():
        price = Market(1, []).price(symbol, NOON)
        bid, ask = Market(1, []).quote(symbol, NOON)
        assert bid <= price <= ask
        assert D("0.01") <= ask - bid <= max(D("0.02"), price * D("0.0005")), asset


@pytest.mark.parametrize("symbol", ["VTI", "SGOV", "TSLA"])
@pytest.mark.parametrize("day", [date(2026, 3, 10), date(2026, 11, 27), date(2031, 5, 5)])
def test_short_bars_add_up_to_long_ones(symbol, day):
    market, session = Market(2, []), session_of(day)
    closed = nyse().close_at(session)
    whole = day_bar(market, symbol, session, closed)
    for minutes in MINUTES.values():
        parts = session_bars(market, symbol, session, minutes, closed)
        assert parts[0]["open"] == whole["open"]
        assert max(bar["high"] for bar in parts) == whole["high"]
        assert min(bar["low"] for bar in parts) == whole["low"]
        assert parts[-1]["close"] == whole["close"]
        assert sum(bar["volume"] for bar in parts) == whole["volume"]
        assert sum(bar["trades"] for bar in parts) == whole["trades"]
        assert len(parts) == -(-int((closed - nyse().open_at(session)).seconds / 60) // minutes)
    assert D(str(whole["close"])) == market.close(symbol, session)


@pytest.mark.parametrize("timeframe", ["1Week", "1Month"])
def test_weeks_and_months_are_made_of_days(timeframe):
    market, end = Market(1, []), datetime(2026, 3, 31, 23, 0, tzinfo=UTC)
    start = datetime(2026, 1, 1, 5, 0, tzinfo=UTC) - timedelta(days=10)
    days = bars(market, "VTI", "1Day", end, 500, start)
    for bar in bars(market, "VTI", timeframe, end, 2):
        length = {"1Week": 7, "1Month": 31}[timeframe]
        inside = [day for day in days if 0 <= (day["start"] - bar["start"]).days < length]
        if timeframe == "1Month":
            inside = [day for day in inside if day["start"].month == inside[0]["start"].month]
        assert bar["open"] == inside[0]["open"]
        assert bar["high"] == max(day["high"] for day in inside)
        assert bar["low"] == min(day["low"] for day in inside)
        assert bar["close"] == inside[-1]["close"]
        assert bar["volume"] == sum(day["volume"] for day in inside)


@given(second=st.integers(0, 23_399), seed=st.integers(0, 9))
@settings(max_examples=40, deadline=None)
def test_a_minutes_bar_holds_every_price_of_the_minute(second, seed):
    shocks = [{"scope": "all", "at": NOON.isoformat(), "factor": 0.97, "recovery_days": 3}]
    market, session = Market(seed, shocks), session_of(date(2026, 3, 10))
    at = nyse().open_at(session) + timedelta(seconds=second)
    bar = session_bars(market, "VTI", session, 1, nyse().close_at(session))[second // 60]
    assert bar["low"] <= float(market.price("VTI", at)) <= bar["high"]
    assert bar["low"] - 0.0001 <= bar["vwap"] <= bar["high"] + 0.0001
    running = session_bars(market, "VTI", session, 1, at)[-1]
    assert running["close"] == float(market.price("VTI", at))


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


def test_one_that_has_left_the_exchange_is_shown_but_has_no_price(us):
    assert "TWTR" not in [row["symbol"] for row in us.api.get("/assets/list").json()["data"]]
    gone = us.api.get("/assets", params={"status": "inactive"}).json()["data"]
    assert [(row["symbol"], row["tradable"], row["price"]) for row in gone] == [
        ("TWTR", False, None)
    ]


@pytest.mark.parametrize("timeframe", [*MINUTES, *DAYS])
def test_bars_come_in_order_and_end_now(us, timeframe):
    asked = {"timeframe": timeframe, "limit": 20}
    bars = us.api.get("/market-data/assets/VTI/bars", params=asked).json()["data"]["bars"]
    assert len(bars) == 20
    assert [bar["timestamp"] for bar in bars] == sorted(bar["timestamp"] for bar in bars)
    for bar in bars:
        assert bar["low"] <= min(bar["open"], bar["close"], bar["vwap"]) <= bar["high"]
    price = us.api.get("/market-data/assets/VTI/quote").json()["data"]["price"]
    assert bars[-1]["close"] == price
    chart = {"symbol": "VTI", "timeframe": timeframe}
    chart |= {"start": "2026-01-01T00:00:00Z", "end": "2026-01-20T00:00:00Z"}
    past = us.api.get("/assets/chart", params=chart).json()["data"]["bars"]
    stamps = {"1Day": "2026-01-02T05:00", "1Week": "2026-01-05T05:00", "1Month": "2026-01-01T05:00"}
    assert past[0]["timestamp"].startswith(stamps.get(timeframe, "2026-01-02T14:30"))


def test_ten_years_of_months_are_there_and_a_chart_can_ask_by_period(us):
    asked = {"timeframe": "1Month", "limit": 132}
    months = us.api.get("/market-data/assets/VTI/bars", params=asked).json()["data"]["bars"]
    assert months[0]["timestamp"].startswith("2015-04-01")
    chart = {"symbol": "VTI", "timeframe": "1Day", "period": "1M"}
    found = us.api.get("/assets/chart", params=chart).json()["data"]["bars"]
    assert 19 <= len(found) <= 23
    wrong = {"timeframe": "1Day", "start": "2026-02-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
    answer = us.api.get("/market-data/assets/VTI/bars", params=wrong)
    assert answer.json()["code"] == "BLUM-400-007"


def test_adjusted_bars_lower_the_past_by_the_dividends_since(us):
    asked = {"timeframe": "1Day", "limit": 260}
    raw, adjusted = (
        us.api.get(
            "/market-data/assets/BND/bars", params={**asked, "adjustment": adjustment}
        ).json()["data"]["bars"]
        for adjustment in ("raw", "dividend")
    )
    assert raw[-1] == adjusted[-1]
    assert adjusted[0]["close"] / raw[0]["close"] == pytest.approx(1 - 0.038, abs=0.004)


def test_a_snapshot_agrees_with_the_bars_and_the_quote(us):
    found = us.api.get("/market-data/assets/VTI/snapshot").json()["data"]
    asked = {"timeframe": "1Day", "limit": 2}
    before, this = us.api.get("/market-data/assets/VTI/bars", params=asked).json()["data"]["bars"]
    quote = us.api.get("/market-data/assets/VTI/quote").json()["data"]
    assert found["dailyBar"]["close"] == this["close"] == found["latestTrade"]["price"]
    assert found["prevDailyBar"]["close"] == before["close"]
    assert found["latestQuote"]["bidPrice"] == quote["bidPrice"]
    assert (quote["source"], quote["confidence"]) == ("DATABASE", "REAL_TIME")
    assert found["change"] == pytest.approx(this["close"] - before["close"], abs=0.005)
    us.wait(hours=8)
    quote = us.api.get("/market-data/assets/VTI/quote").json()["data"]
    assert quote["confidence"] == "END_OF_DAY"


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
