"""From a policy to a portfolio: investing, rebalancing, dividends, returns."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.investor import POLICY, Investor
from tests.sandbox.person import Integrator

D = Decimal


@pytest.fixture
def maya() -> Investor:
    return Investor()


def test_an_advised_account_gets_one_active_portfolio_by_itself(maya):
    [portfolio] = maya.get("/portfolios")["portfolios"]
    assert portfolio["status"] == "active"
    account = maya.api.get(f"/accounts/{maya.account}").json()
    assert account["portfolios"] == [{"id": portfolio["portfolio_id"], "status": "active"}]


def test_asking_for_a_portfolio_names_the_first_one_and_a_second_is_refused(maya):
    [first] = maya.get("/portfolios")["portfolios"]
    made = maya.post("/portfolios", {"name": "My savings", "currency": "USD"})
    assert made.status_code == 201
    assert made.json()["portfolio_id"] == first["portfolio_id"]
    assert maya.get("/portfolios")["portfolios"][0]["name"] == "My savings"
    assert maya.post("/portfolios", {"name": "Second"}).json()["code"] == "BLUM-409-003"


def test_a_self_directed_account_has_no_wealth():
    us = Integrator()
    account = us.active_account(management_type="self_directed")
    for path in ("profile", "goals", "portfolios", "investment-policy", "insights"):
        answer = us.api.get(f"/wealth/accounts/{account}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (403, "BLUM-403-004")


def test_a_deposit_stays_cash_until_asked_then_reaches_its_targets(maya):
    maya.accept_policy()
    maya.pay_in("10000.00")
    assert maya.holdings() == {}
    analysis = maya.get(f"{maya.portfolio}/rebalancing")
    assert analysis["needs_rebalancing"] is True
    assert analysis["current_allocation"]["cash"]["actual"] == "100.00"
    assert sum(D(trade["notional"]) for trade in analysis["recommended_trades"]) == D("10000.00")
    assert all("policy wants" in trade["reason"] for trade in analysis["recommended_trades"])

    started = maya.rebalance()
    assert (started.status_code, started.json()["status"]) == (202, "pending")
    maya.wait(10)
    values = maya.holdings()
    assert set(values) == {"VTI", "VEA", "VWO", "BND", "BNDX", "VTIP", "SGOV"}
    assert abs(values["VTI"] - D("3600")) < 1
    assert maya.wallet(maya.account)["balance"] == "0.00"
    after = maya.get(f"{maya.portfolio}/rebalancing")
    assert after["needs_rebalancing"] is False
    assert after["last_rebalanced_at"] is not None


def test_sub_allocations_and_screening_choose_the_funds(maya):
    equities = {
        "target_percent": "60.00",
        "sub_allocations": {"us_equity": "40.00", "developed_equity": "20.00"},
    }
    allocation = {
        "equities": equities,
        "fixed_income": {"target_percent": "40.00", "sub_allocations": {"us_bonds": "40.00"}},
    }
    restrictions = {"restrictions": {"esg_screening": True, "excluded_securities": ["VSGX"]}}
    maya.accept_policy(target_allocation=allocation, constraints=restrictions)
    maya.invest("1000.00")
    assert {s: round(v) for s, v in maya.holdings().items()} == {
        "ESGV": 400,
        "VEA": 200,
        "EAGG": 400,
    }


def test_a_market_move_makes_a_rebalance_due_and_the_rebalance_ends_it(maya):
    maya.accept_policy()
    maya.invest("20000.00")
    maya.home.post("/_sandbox/scenarios/drift", json={})
    analysis = maya.get(f"{maya.portfolio}/rebalancing")
    assert analysis["needs_rebalancing"] is True
    assert D(analysis["current_allocation"]["equities"]["drift"]) > 5
    assert analysis["recommended_trades"][0]["action"] == "sell"
    assert D(analysis["tax_impact"]["estimated_short_term_gains"]) > 0
    insights = maya.get("/insights")["insights"]
    assert "rebalancing" in [row["category"] for row in insights]
    validation = maya.post("/investment-policy/validate").json()
    assert validation["is_compliant"] is False
    maya.rebalance()
    assert maya.rebalance().json()["code"] == "BLUM-409-003"
    maya.wait(10)
    assert maya.get(f"{maya.portfolio}/rebalancing")["needs_rebalancing"] is False
    assert maya.post("/investment-policy/validate").json()["is_compliant"] is True
    assert D(maya.get("/reports/pnl")["summary"]["realized_pnl"]) > 0


def test_a_custom_rebalance_does_exactly_what_was_asked(maya):
    maya.accept_policy()
    maya.pay_in("100.00")
    too_much = [{"action": "buy", "symbol": "VTI", "notional": "100.01"}]
    refused = maya.rebalance({"execution_type": "custom", "custom_trades": too_much})
    assert (refused.status_code, refused.json()["code"]) == (422, "BLUM-422-001")
    trades = [
        {"action": "buy", "symbol": "VTI", "notional": "60.10"},
        {"action": "buy", "symbol": "BND", "notional": "30.20"},
    ]
    maya.rebalance({"execution_type": "custom", "custom_trades": trades})
    maya.wait(10)
    orders = maya.api.get(f"/trading/accounts/{maya.account}/orders").json()
    assert {o["symbol"]: o["notional"] for o in orders} == {"VTI": "60.10", "BND": "30.20"}
    assert {o["status"] for o in orders} == {"filled"}
    assert maya.wallet(maya.account)["balance"] == "9.70"


def test_a_rebalance_needs_a_key_and_a_policy_and_a_key_means_one_rebalance(maya):
    path = f"{maya.portfolio}/rebalancing"
    assert maya.post(path, {}).json()["code"] == "BLUM-400-002"
    assert maya.rebalance().status_code == 404
    maya.accept_policy()
    maya.pay_in("500.00")
    first = maya.post(path, {}, **{"Idempotency-Key": "same"})
    again = maya.post(path, {}, **{"Idempotency-Key": "same"})
    assert first.json() == again.json()


def test_outside_hours_a_rebalance_waits_for_the_opening(maya):
    maya.accept_policy()
    maya.pay_in("1000.00")
    maya.wait(hours=8)
    maya.rebalance()
    maya.wait(30)
    assert maya.holdings() == {}
    maya.wait(hours=15)
    assert len(maya.holdings()) == 7


def test_auto_invest_runs_on_short_months_and_closed_days_and_invests_its_own_deposit(maya):
    maya.accept_policy()
    made = maya.schedule(schedule={"day_of_month": 31, "time": "15:30"})
    assert made.status_code == 201, made.text
    schedule = f"/auto-invest/{made.json()['auto_invest_id']}"
    assert made.json()["next_execution"].startswith("2026-03-31T15:30:00")
    maya.pay_in("40.00")
    maya.wait(days=21, hours=20)  # the first dividends come on 1 April
    row = maya.get(schedule)
    assert row["next_execution"].startswith("2026-04-30T15:30:00")
    assert row["last_execution"]["status"] == "completed"
    assert row["last_execution"]["amount_invested"] == "500.00"
    assert 40 <= D(maya.wallet(maya.account)["balance"]) < 42  # and dividends of cents
    maya.wait(days=30)
    assert maya.get(schedule)["next_execution"].startswith("2026-06-01T15:30:00")  # 31 May: Sunday


def test_a_paused_schedule_never_catches_up(maya):
    maya.accept_policy()
    made = maya.schedule().json()
    path = f"/auto-invest/{made['auto_invest_id']}"
    assert maya.post(f"{path}/pause").json()["status"] == "paused"
    maya.wait(days=60)
    resumed = maya.post(f"{path}/resume").json()
    assert resumed["status"] == "active"
    assert resumed["next_execution"].startswith("2026-06-01")
    assert maya.holdings() == {}
    changed = maya.api.patch(maya.wealth + path, json={"schedule": {"day_of_month": 15}})
    assert changed.json()["next_execution"].startswith("2026-05-15T15:00")
    assert maya.api.delete(maya.wealth + path).status_code == 204
    assert maya.get(path)["status"] == "cancelled"


def test_a_failed_run_is_noted_and_the_schedule_goes_on(maya):
    maya.accept_policy()
    made = maya.schedule(amount="500.01").json()
    maya.wait(days=22)
    row = maya.get(f"/auto-invest/{made['auto_invest_id']}")
    assert row["last_execution"]["status"] == "failed"
    assert row["status"] == "active"


def test_dividends_come_and_are_reinvested(maya):
    maya.accept_policy()
    maya.invest("50000.00")
    maya.wait(days=25)
    found = maya.get(f"{maya.portfolio}/performance", period="all")["period_breakdown"]
    assert D(found["dividends_received"]) > 50
    assert maya.wallet(maya.account)["balance"] == "0.00"
    assert maya.put(f"{maya.portfolio}/drip", {"enabled": False}).json()["status"] == "paused"
    maya.wait(days=90)
    assert D(maya.wallet(maya.account)["balance"]) > 50


def test_two_years_pass_and_everything_adds_up(maya):
    maya.accept_policy()
    body = {"account_id": maya.account, "amount": "10000.00", "monthly": "500.00"}
    answer = maya.home.post("/_sandbox/scenarios/two_years", json=body)
    assert answer.status_code == 200, answer.text
    found = maya.get(f"{maya.portfolio}/performance", period="all", benchmark="AGG")
    assert_adds_up(found["period_breakdown"])
    assert found["period_breakdown"]["net_contributions"] == "22000.00"
    assert len(found["value_history"]) > 500
    assert found["benchmark_comparison"]["benchmark_symbol"] == "AGG"
    statement = maya.get("/statements")["summary"]
    assert statement["contributions"] == "500.00"
    assert maya.get("/reports/benchmark")["comparisons"][0]["correlation"] is not None


def assert_adds_up(parts):
    total = D(parts["starting_value"]) + D(parts["net_contributions"])
    total += D(parts["investment_gains"]) - D(parts["net_withdrawals"]) - D(parts["fees_paid"])
    assert total == D(parts["ending_value"])


steps = st.lists(
    st.tuples(
        st.sampled_from(["deposit", "withdraw", "rebalance", "crash", "order", "wait"]),
        st.integers(min_value=1, max_value=4000),
    ),
    min_size=1,
    max_size=8,
)


@settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
@given(steps)
def test_the_balance_is_deposits_less_withdrawals_plus_gains_less_fees_to_the_cent(plan):
    maya = Investor()
    maya.accept_policy()
    maya.pay_in("3000.00")
    for what, size in plan:
        if what == "deposit":
            maya.deposit(maya.account, f"{size}.37", maya.bank)
        elif what == "withdraw":
            body = {"amount": f"{size}.00", "method": "ach", "funding_source_id": maya.bank}
            maya.api.post(f"/accounts/{maya.account}/withdrawals", json=body)
        elif what == "rebalance":
            maya.rebalance()
        elif what == "crash":
            maya.home.post("/_sandbox/scenarios/crash", json={})
        elif what == "order":
            order = {"symbol": "AAPL", "side": "buy", "type": "market", "time_in_force": "day"}
            order |= {"notional": f"{size}.00", "commission": "1.00", "commission_type": "notional"}
            maya.api.post(f"/trading/accounts/{maya.account}/orders", json=order)
        maya.wait(hours=size % 50)
    for period in ("all", "1w", "1d"):
        assert_adds_up(maya.get(f"{maya.portfolio}/performance", period=period)["period_breakdown"])
    summary = maya.get(f"{maya.portfolio}/summary")["valuation"]
    holdings = sum(maya.holdings().values(), D(0))
    assert D(summary["total_value"]) == holdings + D(maya.wallet(maya.account)["balance"])
    assert D(maya.wallet(maya.account)["available_balance"]) >= 0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"treasury": {"target_percent": "2.02"}}, "add up"),
        ({"treasury": {"target_percent": "2.00", "min_percent": "3.00"}}, "out of order"),
        (
            {"treasury": {"target_percent": "2.00", "sub_allocations": {"t_bills": "3"}}},
            "parts add",
        ),
        ({"stocks": {"target_percent": "0.00"}}, "twice"),
        ({"wine": {"target_percent": "0.00"}}, "Unknown class"),
    ],
)
def test_a_policy_that_does_not_add_up_is_refused(maya, changes, words):
    allocation = {**POLICY["target_allocation"], **changes}
    refused = maya.put("/investment-policy", {**POLICY, "target_allocation": allocation})
    error = refused.json()
    assert (refused.status_code, error["code"]) == (400, "BLUM-400-001")
    assert error["details"]["field"] == "target_allocation"
    assert words in error["details"]["reason"]


def test_every_policy_is_a_version_and_the_old_ones_stay_readable(maya):
    assert maya.api.get(maya.wealth + "/investment-policy").status_code == 404
    assert maya.accept_policy()["version"] == 1
    assert maya.accept_policy()["version"] == 2
    found = maya.get("/investment-policy", include_history="true")
    assert [row["version"] for row in found["version_history"]] == [1, 2]
    assert maya.get("/investment-policy", version=1)["status"] == "superseded"
    assert maya.post("/investment-policy", POLICY).json()["version"] == 3


def test_a_returned_deposit_is_sold_for(maya):
    maya.accept_policy()
    made = maya.deposit(maya.account, "750.00", maya.bank).json()
    maya.wait(20)
    maya.rebalance()
    maya.wait(10)
    maya.home.post(f"/_sandbox/transfers/{made['deposit_id']}/return", json={"code": "R01"})
    maya.wait(5)
    valuation = maya.get(f"{maya.portfolio}/summary")["valuation"]
    assert D(valuation["total_value"]) < 2
    assert_adds_up(maya.get(f"{maya.portfolio}/performance", period="all")["period_breakdown"])


def test_a_period_starts_where_its_history_starts(maya):
    maya.accept_policy()
    maya.invest("1000.00")
    maya.wait(days=60)
    found = maya.get(f"{maya.portfolio}/performance", period="1m")
    history = found["value_history"]
    assert history[0]["value"] == found["period_breakdown"]["starting_value"]
    assert history[-1]["value"] == found["period_breakdown"]["ending_value"]
    assert found["period_breakdown"]["net_contributions"] == "0.00"
    whole = maya.get(f"{maya.portfolio}/performance", period="all")
    assert whole["period"]["start_date"] == "2026-03-10"
    assert whole["period_breakdown"]["starting_value"] == "0.00"
    bought = maya.get(
        f"{maya.portfolio}/performance", start_date="2026-04-01", end_date="2026-04-30"
    )
    assert bought["period"]["label"] == "custom"


def test_a_saved_sandbox_goes_on_where_it_was(maya):
    maya.accept_policy()
    maya.invest("1000.00")
    maya.schedule()
    maya.wait(hours=8)
    text = maya.world.dump()
    maya.wait(days=40)
    expected = maya.get(f"{maya.portfolio}/summary")["valuation"]
    maya.world.restore(text)
    maya.wait(days=40)
    assert maya.get(f"{maya.portfolio}/summary")["valuation"] == expected


def test_time_passing_moves_the_value(maya):
    maya.accept_policy()
    maya.invest("1000.00")
    before = maya.holdings()
    maya.wait(timedelta(days=3).total_seconds())
    assert maya.holdings() != before


def test_a_drift_can_come_little_by_little(maya):
    maya.accept_policy()
    maya.invest("1000.00")
    maya.home.post("/_sandbox/scenarios/drift", json={"days": 30})
    assert maya.get(f"{maya.portfolio}/rebalancing")["needs_rebalancing"] is False
    maya.wait(days=30)
    assert maya.get(f"{maya.portfolio}/rebalancing")["needs_rebalancing"] is True


def test_a_rebalance_that_can_do_nothing_fails_and_frees_the_way(maya):
    maya.accept_policy()
    maya.pay_in("100.00")
    trades = [{"action": "buy", "symbol": "BA", "notional": "50.00"}]  # only in whole shares
    maya.rebalance({"execution_type": "custom", "custom_trades": trades})
    maya.wait(10)
    assert maya.holdings() == {}
    assert maya.rebalance().status_code == 202
