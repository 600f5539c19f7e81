"""Auto-invest: on which days it runs, that a run is one deposit, and what it buys."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.investor import Investor

D = Decimal


@pytest.fixture
def maya() -> Investor:
    """A Tuesday, 10 March 2026, 15:00 UTC."""
    maya = Investor()
    maya.accept_policy()
    return maya


def begin(maya: Investor, **changes: Any) -> str:
    made = maya.schedule(**changes)
    assert made.status_code == 201, made.text
    return f"/auto-invest/{made.json()['auto_invest_id']}"


def deposits(maya: Investor) -> list[dict[str, Any]]:
    path = f"/accounts/{maya.account}/deposits"
    rows = maya.api.get(path, params={"limit": 100}).json()["deposits"]
    return list(reversed(rows))


def days(maya: Investor) -> list[str]:
    return [row["initiated_at"][:10] for row in deposits(maya)]


@pytest.mark.parametrize(
    ("frequency", "schedule", "wanted"),
    [
        ("weekly", {"day_of_week": 5}, ["2026-03-13", "2026-03-20", "2026-03-27", "2026-04-06"]),
        ("weekly", {"day_of_week": 0}, ["2026-03-16", "2026-03-23", "2026-03-30", "2026-04-06"]),
        ("biweekly", {"day_of_week": 3}, ["2026-03-11", "2026-03-25", "2026-04-08", "2026-04-22"]),
        ("monthly", {"day_of_month": 31}, ["2026-03-31", "2026-04-30", "2026-06-01"]),
        ("monthly", {"day_of_month": 10}, ["2026-03-10", "2026-04-10", "2026-05-11"]),
        ("monthly", {"day_of_month": 3}, ["2026-04-06", "2026-05-04", "2026-06-03"]),
        ("quarterly", {"day_of_month": 15}, ["2026-03-16", "2026-06-15", "2026-09-15"]),
        ("weekly", {}, ["2026-03-10", "2026-03-17", "2026-03-24"]),
        ("monthly", {}, ["2026-03-10", "2026-04-10"]),
    ],
)
def test_runs_fall_on_their_days_or_the_next_session(maya, frequency, schedule, wanted):
    """Good Friday is 3 April 2026; 31 May and 10 May are Sundays."""
    begin(maya, frequency=frequency, schedule={"time": "15:30", **schedule})
    maya.wait(days=200)
    assert days(maya)[: len(wanted)] == wanted
    assert {row["initiated_at"][11:16] for row in deposits(maya)} == {"15:30"}


def test_however_the_clock_jumps_a_run_is_one_deposit():
    told = []
    for step in (timedelta(days=90), timedelta(hours=5), timedelta(days=1)):
        maya = Investor()
        maya.accept_policy()
        path = begin(maya, frequency="weekly", schedule={"day_of_week": 2, "time": "16:00"})
        end = maya.world.clock.now() + timedelta(days=90)
        while maya.world.clock.now() < end:
            maya.world.clock.set(min(maya.world.clock.now() + step, end))
            maya.get(path)
        told.append([(r["initiated_at"], r["amount"], r["status"]) for r in deposits(maya)])
        assert len(days(maya)) == len(set(days(maya))) == 13
    assert told[0] == told[1] == told[2]


def test_a_saved_schedule_neither_misses_nor_repeats_a_run(maya):
    begin(maya, frequency="weekly", schedule={"day_of_week": 2})
    maya.wait(days=10)
    text = maya.world.dump()
    maya.wait(days=20)
    expected = days(maya)
    maya.world.restore(text)
    maya.wait(days=20)
    assert days(maya) == expected


def test_it_starts_and_ends_when_told(maya):
    path = begin(
        maya,
        frequency="weekly",
        schedule={"day_of_week": 1},
        start_date="2026-04-14",
        end_date="2026-05-04",
    )
    assert maya.get(path)["next_execution"].startswith("2026-04-20T15:00")
    maya.wait(days=100)
    assert days(maya) == ["2026-04-20", "2026-04-27", "2026-05-04"]
    row = maya.get(path)
    assert (row["status"], row["next_execution"]) == ("completed", None)
    assert row["last_execution"]["status"] == "completed"
    for change in ("pause", "resume"):
        assert maya.post(f"{path}/{change}").json()["code"] == "BLUM-409-003"
    assert maya.api.patch(maya.wealth + path, json={"amount": "5.00"}).status_code == 409


def test_a_pause_over_a_run_leaves_it_out(maya):
    path = begin(maya, frequency="weekly", schedule={"day_of_week": 5})
    maya.wait(days=4)
    paused = maya.post(f"{path}/pause").json()
    assert (paused["status"], paused["next_execution"]) == ("paused", None)
    maya.wait(days=14)
    assert maya.post(f"{path}/resume").json()["next_execution"].startswith("2026-04-06")
    maya.wait(days=10)
    assert days(maya) == ["2026-03-13", "2026-04-06"]


@pytest.mark.parametrize(
    ("change", "following"),
    [
        ({"name": "Other"}, "2026-03-20T15:30"),
        ({"amount": "12.50"}, "2026-03-20T15:30"),
        ({"schedule": {"day_of_week": 1, "time": "18:00"}}, "2026-03-16T18:00"),
        ({"schedule": {"day_of_week": 1}}, "2026-03-16T15:00"),
        ({"frequency": "monthly", "schedule": {"day_of_month": 2}}, "2026-04-02T15:00"),
        ({"frequency": "biweekly"}, "2026-03-27T15:30"),
        ({"start_date": "2026-04-01"}, "2026-04-06T15:30"),
        ({"end_date": "2026-12-31"}, "2026-03-20T15:30"),
        ({"notifications": {"on_failure": True}}, "2026-03-20T15:30"),
        ({"allocation_rule": "equal_weight"}, "2026-03-20T15:30"),
        ({"allocation_rule": "custom", "custom_allocation": {"KO": "100"}}, "2026-03-20T15:30"),
    ],
)
def test_each_field_can_be_changed_after_a_run(maya, change, following):
    path = begin(maya, frequency="weekly", schedule={"day_of_week": 5, "time": "15:30"})
    maya.wait(days=3, hours=1)  # Friday's run is over
    changed = maya.api.patch(maya.wealth + path, json=change).json()
    for name, value in change.items():
        shown = changed[name]
        assert shown == value or {**shown, **value} == shown
    assert changed["next_execution"].startswith(following)
    assert days(maya) == ["2026-03-13"]


def test_what_a_client_may_not_set_is_left_as_it_is(maya):
    path = begin(maya)
    before = maya.get(path)
    odd = {"name": "Mine", "status": "completed", "auto_invest_id": "x", "next_nominal": "y"}
    after = maya.api.patch(maya.wealth + path, json=odd).json()
    assert after == {**before, "name": "Mine", "updated_at": after["updated_at"]}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount": "0.50"}, 400, "BLUM-400-005"),
        ({"currency": "EUR"}, 400, "BLUM-400-004"),
        ({"end_date": "2026-01-01"}, 400, "BLUM-400-007"),
        ({"allocation_rule": "custom"}, 400, "BLUM-400-002"),
        ({"allocation_rule": "custom", "custom_allocation": {"KO": "99"}}, 400, "BLUM-400-001"),
        ({"allocation_rule": "custom", "custom_allocation": {"ZZZZ": "100"}}, 404, "BLUM-404-003"),
        ({"portfolio_id": "nobodys"}, 404, "BLUM-404-001"),
        ({"frequency": "daily"}, 400, "BLUM-400-004"),
        ({"schedule": {"day_of_month": 32}}, 400, "BLUM-400-001"),
    ],
)
def test_a_schedule_that_can_not_run_is_refused(maya, change, status, code):
    refused = maya.schedule(**change)
    assert (refused.status_code, refused.json()["code"]) == (status, code)
    assert maya.get("/auto-invest") == {"schedules": [], "total_count": 0}


def test_without_a_policy_only_an_own_split_is_possible():
    maya = Investor()
    assert maya.schedule().json()["code"] == "BLUM-409-003"
    assert maya.schedule(allocation_rule="equal_weight").json()["code"] == "BLUM-409-003"
    begin(maya, allocation_rule="custom", custom_allocation={"KO": "40", "vti": "60"})
    maya.wait(days=30)
    assert {symbol: round(value / 50) for symbol, value in maya.holdings().items()} == {
        "KO": 4,
        "VTI": 6,
    }


def test_equal_weight_gives_each_holding_the_same(maya):
    begin(maya, allocation_rule="equal_weight", amount="700.00")
    maya.wait(days=30)
    bought = [row["notional"] for row in maya.world.table("orders").values()]
    assert [str(amount) for amount in bought[:7]] == ["100.00"] * 7


def test_by_policy_a_run_buys_what_is_missing_most_and_sells_nothing(maya):
    maya.invest("10000.00")
    maya.home.post("/_sandbox/scenarios/shock", json={"scope": "fixed_income", "factor": 0.9})
    begin(maya, amount="200.00", schedule={"day_of_month": 11})
    maya.wait(days=1, hours=2)
    rows = [r for r in maya.world.table("orders").values() if r["source"] == "auto_invest"]
    assert sum(row["notional"] for row in rows) == 200
    assert {row["side"] for row in rows} == {"buy"}
    assert {row["symbol"] for row in rows} <= {"BND", "BNDX", "VTIP"}
    assert all("the policy wants" in row["reason"] for row in rows)


@pytest.mark.parametrize("how", ["01", "02", "disconnected", "canceled"])
def test_a_run_whose_money_does_not_come_or_goes_back_has_failed_and_the_next_one_comes(maya, how):
    cents = how if how in ("01", "02") else "00"
    path = begin(maya, amount=f"300.{cents}", schedule={"day_of_month": 11})
    if how == "disconnected":
        sources = f"/accounts/{maya.account}/funding-sources"
        answer = maya.api.delete(f"{sources}/{maya.bank}", params={"type": "plaid"})
        assert answer.status_code in (200, 204), answer.text
    if how == "canceled":
        maya.world.clock.set(datetime(2026, 3, 11, 15, 0, 1, tzinfo=UTC))
        [row] = deposits(maya)
        path_of = f"/accounts/{maya.account}/deposits/{row['deposit_id']}/cancel"
        assert maya.api.post(path_of).status_code == 200
    maya.wait(days=2)
    row = maya.get(path)
    assert row["last_execution"]["status"] == "failed"
    assert row["last_execution"]["amount_invested"] == "0.00"
    assert (row["status"], row["next_execution"][:10]) == ("active", "2026-04-13")
    assert len(deposits(maya)) == (0 if how == "disconnected" else 1)


def test_the_money_a_policy_keeps_in_cash_is_not_invested(maya):
    allocation = {"equities": {"target_percent": "100.00"}}
    rules = {"liquidity_requirements": {"minimum_cash_percent": "10.00"}}
    maya.accept_policy(target_allocation=allocation, constraints=rules)
    begin(maya, amount="1000.00", schedule={"day_of_month": 11})
    maya.wait(days=1, hours=2)
    assert D(maya.wallet(maya.account)["balance"]) == 100
