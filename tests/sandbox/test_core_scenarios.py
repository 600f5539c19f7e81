"""Ready-made situations by name, as whoever asks for them finds them through the API."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.sandbox.person import START, Integrator

D = Decimal


@pytest.fixture
def us() -> Integrator:
    return Integrator(market="xnys")


def play(us: Integrator, name: str, **args: Any) -> dict[str, Any]:
    answer = us.home.post(f"/_sandbox/scenarios/{name}", json=args)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def get(us: Integrator, path: str, **params: Any) -> Any:
    answer = us.api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def core(us: Integrator, account: str) -> str:
    """The path of an account's portfolio."""
    [found] = get(us, f"/wealth/accounts/{account}/portfolios")["portfolios"]
    return f"/wealth/accounts/{account}/portfolios/{found['portfolio_id']}"


def test_scenarios_are_listed_with_a_line_each_and_each_can_be_played():
    names = [
        row["name"]
        for row in Integrator().home.get("/_sandbox/scenarios").json()["scenarios"]
        if row["description"]
    ]
    assert {
        "empty", "one_investor", "two_years", "pending_decisions", "transfers_in_every_state",
        "broken_bank", "drifted", "crash", "retiree", "self_directed",
    } <= set(names)  # fmt: skip
    for name in names:
        play(Integrator(market="xnys"), name)


def test_in_an_empty_sandbox_history_lies_in_the_past_and_nobody_is_told_of_it(us):
    us.subscribe("*")
    made = play(us, "one_investor", amount="4000.00")
    assert datetime.fromisoformat(made["now"]) == START
    account = get(us, f"/accounts/{made['account_id']}")
    assert datetime.fromisoformat(account["created_at"]) == START - timedelta(days=30)
    assert us.deliver() == []
    rows = get(us, core(us, made["account_id"]) + "/holdings")["holdings"]
    assert sum(D(row["market_value"]) for row in rows) > 3000


def test_in_a_sandbox_with_people_the_clock_moves_on(us):
    us.open_account()
    made = play(us, "one_investor")
    assert datetime.fromisoformat(made["now"]) == START + timedelta(days=30)


def test_two_years_of_history_for_as_many_accounts_as_asked(us):
    made = play(us, "two_years", accounts=4, monthly="250.00")
    assert len(made["account_ids"]) == 4
    for account in made["account_ids"]:
        found = get(us, f"{core(us, account)}/performance", period="all")
        assert len(found["value_history"]) > 480
        assert found["period_breakdown"]["net_contributions"] == "16000.00"


def test_decisions_wait_in_each_outcome_of_verification(us):
    made = play(us, "pending_decisions")
    status = {
        name: get(us, f"/accounts/{account}/compliance")["data"]["workflow_status"]
        for name, account in made["accounts"].items()
    }
    assert status["approved"] == "approved"
    assert status["rejected"] == "rejected"
    assert status["review"] == "pending_review"
    for document in made["document_ids"]:
        assert get(us, f"/documents/{document}")["upload_status"] == "processing"
    us.wait(days=1)
    waiting = made["document_ids"][0]
    assert get(us, f"/documents/{waiting}")["upload_status"] == "processing"
    us.home.post(f"/_sandbox/documents/{waiting}", json={"decision": "approve"})
    done = get(us, f"/accounts/{made['accounts']['document']}/compliance")["data"]
    assert done["workflow_status"] == "approved"


def test_a_transfer_stands_in_every_state_and_stays_there(us):
    made = play(us, "transfers_in_every_state")
    us.wait(hours=1)
    shown = {"returned": "failed", "manual": "pending"}
    for kind in ("deposits", "withdrawals"):
        assert len(made[kind]) >= 7
        for state, number in made[kind].items():
            row = get(us, f"/accounts/{made['account_id']}/{kind}/{number}")
            assert row["status"] == shown.get(state, state), (kind, state)


def test_a_broken_bank_takes_no_deposit_and_fails_the_schedule(us):
    made = play(us, "broken_bank")
    account = made["account_id"]
    [row] = [
        row
        for row in get(us, f"/accounts/{account}/funding-sources", type="all")["data"][
            "funding_sources"
        ]
        if row["id"] == made["funding_source_id"]
    ]
    assert row["status"] == "error"
    refused = us.deposit(account, "20.00", made["funding_source_id"])
    assert refused.status_code in (400, 409)
    us.wait(days=35)
    [schedule] = get(us, f"/wealth/accounts/{account}/auto-invest")["schedules"]
    assert schedule["last_execution"]["status"] == "failed"


def test_a_drifted_portfolio_asks_to_be_rebalanced(us):
    made = play(us, "drifted")
    analysis = get(us, core(us, made["account_id"]) + "/rebalancing")
    assert analysis["needs_rebalancing"] is True


def test_a_crash_takes_a_fifth_from_stocks(us):
    account = play(us, "one_investor")["account_id"]
    before = get(us, core(us, account) + "/holdings")["holdings"]
    play(us, "crash")
    after = get(us, core(us, account) + "/holdings")["holdings"]
    value = [{row["symbol"]: D(row["market_value"]) for row in rows} for rows in (before, after)]
    assert value[1]["VTI"] / value[0]["VTI"] == pytest.approx(D("0.8"), abs=D("0.001"))
    assert value[1]["SGOV"] == value[0]["SGOV"]


def test_a_retiree_has_lived_on_monthly_withdrawals(us):
    account = play(us, "retiree")["account_id"]
    rows = get(us, f"/accounts/{account}/withdrawals")["withdrawals"]
    assert [row["status"] for row in rows] == ["completed"] * 11
    assert {row["amount"] for row in rows} == {"1200.00"}


def test_a_self_directed_account_has_positions_and_orders_in_several_states(us):
    account = play(us, "self_directed")["account_id"]
    assert get(us, f"/accounts/{account}")["management_type"] == "self_directed"
    orders = get(us, f"/trading/accounts/{account}/orders")
    assert {row["status"] for row in orders} == {"filled", "accepted", "canceled"}
    positions = {row["symbol"]: D(row["quantity"]) for row in _positions(us, account)}
    assert positions["AAPL"] == 6
    assert us.api.get(f"/wealth/accounts/{account}/portfolios").status_code == 403


def _positions(us: Integrator, account: str) -> list[dict[str, Any]]:
    return list(get(us, f"/trading/accounts/{account}/positions"))


@pytest.mark.parametrize(
    ("name", "args", "words"),
    [
        ("gremlins", {}, "No scenario gremlins"),
        ("two_years", {"accounts": 0}, "accounts"),
        ("two_years", {"accounts": "many"}, "accounts"),
        ("two_years", {"amount": "lots"}, "amount"),
        ("two_years", {"account_id": "nobody"}, "Account not found"),
        ("two_years", {"account_id": []}, "Account not found"),
        ("one_investor", {"size": 1}, "unknown to one_investor"),
        ("shock", {"factor": 0}, "factor"),
        ("shock", {"factor": "NaN"}, "factor"),
        ("drift", {"days": -1}, "days"),
        ("drift", {"equities": "x"}, "equities"),
    ],
)
def test_a_scenario_that_makes_no_sense_is_refused_in_words(us, name, args, words):
    answer = us.home.post(f"/_sandbox/scenarios/{name}", json=args)
    assert answer.status_code in (400, 404)
    assert words in answer.json()["message"]
    assert us.home.get("/_sandbox/clock").json()["now"].startswith("2026-03-10T15:00")
    assert us.api.get("/accounts").json() == []
