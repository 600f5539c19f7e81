"""Statements, P&L, taxes, insights and recommendations: every figure from the same books."""

import random
from decimal import Decimal
from itertools import pairwise

import pytest

from sandbox import contract
from tests.sandbox.investor import POLICY, Investor

D = Decimal
SYMBOLS = ("VTI", "BND", "AAPL", "SGOV")


@pytest.fixture
def maya() -> Investor:
    return Investor()


def order(maya: Investor, symbol: str, side: str, **more: str) -> dict[str, object]:
    body = {"symbol": symbol, "side": side, "type": "market", "time_in_force": "day", **more}
    answer = maya.api.post(f"/trading/accounts/{maya.account}/orders", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def withdraw(maya: Investor, amount: str) -> None:
    body = {"amount": amount, "method": "ach", "funding_source_id": maya.bank}
    answer = maya.api.post(f"/accounts/{maya.account}/withdrawals", json=body)
    assert answer.status_code == 201, answer.text


def live(maya: Investor, seed: int, weeks: int = 16) -> None:
    """Some months of deposits, purchases, sales, withdrawals and commissions, by chance."""
    chance = random.Random(seed)
    maya.pay_in("8000.00")
    for _ in range(weeks):
        what = chance.choice(["pay_in", "buy", "buy", "sell", "withdraw", "nothing"])
        cash = D(maya.wallet(maya.account)["available_balance"])
        if what == "pay_in":
            maya.pay_in(f"{chance.randrange(200, 900)}.50")
        elif what == "buy" and cash > 200:
            part = f"{cash / 3:.2f}"
            fee = {"commission": "1.25", "commission_type": "notional"}
            order(maya, chance.choice(SYMBOLS), "buy", notional=part, **fee)
        elif what == "sell" and maya.holdings():
            symbol = chance.choice(sorted(maya.holdings()))
            order(maya, symbol, "sell", qty=_half(maya, symbol))
        elif what == "withdraw" and cash > 100:
            withdraw(maya, f"{int(cash / 4)}.50")
        maya.wait(days=7)


def _half(maya: Investor, symbol: str) -> str:
    rows = maya.get(f"{maya.portfolio}/holdings")["holdings"]
    held = next(D(row["quantity"]) for row in rows if row["symbol"] == symbol)
    return f"{held / 2:.6f}"


def adds_up(summary: dict[str, str]) -> bool:
    end = D(summary["beginning_value"]) + D(summary["contributions"]) - D(summary["withdrawals"])
    return end + D(summary["investment_returns"]) - D(summary["fees"]) == D(summary["ending_value"])


@pytest.mark.parametrize("seed", [1, 2])
def test_every_report_tells_the_same_story_to_the_cent(maya, seed):
    live(maya, seed)
    months = [
        maya.get("/statements", period="monthly", start_date=f"2026-{month:02}-01")
        for month in range(3, 7)
    ]
    for before, after in pairwise(months):
        assert after["summary"]["beginning_value"] == before["summary"]["ending_value"]
    quarter = maya.get("/statements", period="quarterly", start_date="2026-04-01")
    assert quarter["period"]["label"] == "Q2 2026"
    for name in ("contributions", "withdrawals", "investment_returns", "fees"):
        assert D(quarter["summary"][name]) == sum(D(m["summary"][name]) for m in months[1:])
    for found in [*months, quarter]:
        summary, activity = found["summary"], found["activity"]
        assert adds_up(summary), summary
        for name, kind in (("contributions", "deposits"), ("fees", "fees")):
            assert D(summary[name]) == sum(D(row["amount"]) for row in activity[kind])
        assert D(summary["withdrawals"]) == sum(D(r["amount"]) for r in activity["withdrawals"])
        dates = {
            "start_date": found["period"]["start_date"],
            "end_date": found["period"]["end_date"],
        }
        pnl = maya.get("/reports/pnl", **dates)
        check_pnl(pnl)
        assert pnl["summary"]["total_pnl"] == summary["investment_returns"]
        assert pnl["summary"]["fees_paid"] == summary["fees"]
    check_holdings_and_cash(maya)
    whole = maya.get(f"{maya.portfolio}/performance", period="all")
    pnl = maya.get("/reports/pnl", start_date="2026-03-10")
    assert pnl["summary"]["total_pnl"] == whole["period_breakdown"]["investment_gains"]
    year = maya.get("/tax-optimization")["tax_summary"]
    realized = pnl["realized_gains_losses"]
    assert year["estimated_short_term_gains"] == realized["short_term_gains"]
    assert D(year["realized_losses_ytd"]) == D(realized["short_term_losses"])


def check_pnl(pnl: dict[str, object]) -> None:
    total = pnl["summary"]
    for name, part in (
        ("realized_pnl", "realized_pnl"),
        ("unrealized_pnl", "unrealized_pnl"),
        ("dividend_income", "dividend_income"),
    ):
        assert D(total[name]) == sum(D(row[part]) for row in pnl["by_position"])
    parts = ("realized_pnl", "unrealized_pnl", "dividend_income", "interest_income")
    assert D(total["total_pnl"]) == sum(D(total[name]) for name in parts)
    assert D(total["total_pnl"]) == sum(D(row["pnl"]) for row in pnl["by_asset_class"])
    taken = pnl["realized_gains_losses"]
    net = sum(
        D(taken[f"{term}_term_gains"]) - D(taken[f"{term}_term_losses"])
        for term in ("short", "long")
    )
    assert D(taken["net_realized"]) == net == D(total["realized_pnl"])


def check_holdings_and_cash(maya: Investor) -> None:
    """A statement up to today shows what the portfolio shows, and cash is the rest."""
    today = maya.world.clock.now().date().isoformat()
    found = maya.get("/statements", period="custom", start_date="2026-03-10", end_date=today)
    rows = found["holdings_end_of_period"]
    worth = {row["symbol"]: D(row["market_value"]) for row in rows}
    assert worth == maya.holdings()
    cash = D(maya.wallet(maya.account)["balance"])
    assert sum(worth.values()) + cash == D(found["summary"]["ending_value"])
    here = {row["symbol"]: row for row in maya.get(f"{maya.portfolio}/holdings")["holdings"]}
    for row in rows:
        assert row["total_cost_basis"] == here[row["symbol"]]["total_cost_basis"]


def test_a_finished_period_never_changes_again(maya):
    maya.accept_policy()
    maya.invest("9000.00")
    maya.wait(days=30)
    dates = {"period": "custom", "start_date": "2026-03-01", "end_date": "2026-03-31"}
    before = maya.get("/statements", **dates)
    maya.home.post("/_sandbox/scenarios/crash", json={})
    maya.pay_in("700.00")
    order(maya, "VTI", "sell", qty=_half(maya, "VTI"))
    maya.wait(days=10)
    after = maya.get("/statements", **dates)
    assert {**after, "generated_at": ""} == {**before, "generated_at": ""}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"period": "monthly"}, ("2026-02-01", "2026-02-28", "February 2026")),
        ({"period": "quarterly"}, ("2025-10-01", "2025-12-31", "Q4 2025")),
        ({"period": "annual"}, ("2025-01-01", "2025-12-31", "2025")),
        (
            {"period": "monthly", "start_date": "2026-03-05"},
            ("2026-03-01", "2026-03-31", "March 2026"),
        ),
        (
            {"period": "custom", "start_date": "2026-03-02", "end_date": "2026-03-09"},
            ("2026-03-02", "2026-03-09", "2 March 2026 to 9 March 2026"),
        ),
    ],
)
def test_a_statement_names_its_period(maya, asked, expected):
    period = maya.get("/statements", **asked)["period"]
    assert (period["start_date"], period["end_date"], period["label"]) == expected


def test_tax_ideas_come_from_the_lots_and_say_which_rates_they_use(maya):
    maya.put(f"{maya.portfolio}/drip", {"enabled": False, "reinvestment_rule": "same_security"})
    maya.pay_in("9000.00")
    order(maya, "VTI", "buy", notional="4000.00")
    maya.wait(days=1)
    maya.home.post("/_sandbox/scenarios/crash", json={})
    [idea] = maya.get("/tax-optimization")["opportunities"]
    [position] = idea["positions"]
    loss = -D(position["unrealized_gain_loss"])
    assert loss > 500
    assert "assumed" in idea["description"]
    assert D(idea["estimated_tax_savings"]) == (loss * D("0.24")).quantize(D("0.01"))
    assert (position["holding_period"], position["wash_sale_risk"]) == ("short_term", True)
    assert position["replacement_options"] == ["SCHB", "ITOT"]
    maya.put("/profile", {"tax": {"federal_tax_bracket": 0.32, "state_tax_rate": 0.05}})
    maya.wait(days=40)
    found = maya.get("/tax-optimization")
    [idea] = [row for row in found["opportunities"] if row["type"] == "tax_loss_harvest"]
    loss = -D(idea["positions"][0]["unrealized_gain_loss"])
    assert D(found["tax_summary"]["harvestable_losses"]) == loss
    assert D(idea["estimated_tax_savings"]) == (loss * D("0.37")).quantize(D("0.01"))
    assert "32 % federal and 5 % state" in idea["description"]
    assert idea["positions"][0]["wash_sale_risk"] is False
    maya.wait(days=340)
    held = maya.get("/tax-optimization")["opportunities"]
    terms = [row["positions"][0]["holding_period"] for row in held]
    assert "long_term" in terms
    assert maya.get("/tax-optimization", tax_year=2024)["opportunities"] == []


def test_a_gain_that_soon_turns_long_term_is_worth_waiting_for(maya):
    maya.pay_in("9000.00")
    order(maya, "VTI", "buy", notional="4000.00")
    maya.home.post("/_sandbox/scenarios/shock", json={"scope": "VTI", "factor": 2})
    maya.wait(days=330)
    [idea] = [
        row
        for row in maya.get("/tax-optimization")["opportunities"]
        if row["type"] == "long_term_holding"
    ]
    [position] = idea["positions"]
    assert 0 < position["days_until_long_term"] <= 60
    gain = D(position["unrealized_gain_loss"])
    assert D(idea["estimated_tax_savings"]) == (gain * D("0.09")).quantize(D("0.01"))


def kinds(maya: Investor) -> set[str]:
    return {row["details"]["kind"] for row in maya.get("/insights", limit=50)["insights"]}


def test_each_kind_of_insight_appears_with_its_cause_and_only_then(maya):
    assert kinds(maya) == set()
    maya.pay_in("20000.00")
    assert {"no_policy", "idle_cash"} <= kinds(maya)
    maya.accept_policy()
    assert "no_policy" not in kinds(maya)
    goal = {"name": "House", "goal_type": "home_purchase", "target_amount": "60000.00"}
    goal |= {"target_date": "2027-03-01", "initial_amount": "16000.00"}
    goal_id = maya.post("/goals", {**goal, "monthly_contribution": "200.00"}).json()["goal_id"]
    assert {"goal_behind", "goal_progress"} <= kinds(maya)
    maya.rebalance()
    maya.wait(10)
    assert "idle_cash" not in kinds(maya)
    assert "drift" not in kinds(maya)
    maya.schedule(amount="900.00", schedule={"day_of_month": 12, "time": "15:30"})
    assert "auto_invest_low_balance" in kinds(maya)
    maya.wait(days=40)
    maya.home.post("/_sandbox/scenarios/shock", json={"scope": "equities", "factor": 0.7})
    now = kinds(maya)
    assert {"drift", "outlier", "tax_loss"} <= now
    assert "funding_source" not in now
    maya.home.post("/_sandbox/scenarios/shock", json={"scope": "equities", "factor": 1.42})
    maya.put(f"/goals/{goal_id}", {"monthly_contribution": "5000.00"})
    maya.wait(days=1)
    assert "goal_behind" not in kinds(maya)
    for symbol in ("VTI", "BND"):
        order(maya, symbol, "sell", qty=_half(maya, symbol))
    order(maya, "AAPL", "buy", notional=f"{D(maya.wallet(maya.account)['balance']) - 1:.2f}")
    assert "concentration" in kinds(maya)


def test_an_insight_counts_all_and_shows_as_many_as_asked(maya):
    maya.pay_in("20000.00")
    found = maya.get("/insights", limit=1)
    assert len(found["insights"]) == 1
    assert found["summary"]["total_insights"] == len(maya.get("/insights")["insights"]) > 1
    assert found["insights"][0]["priority"] == "high"


def test_a_contribution_is_missed_after_a_month_without_one(maya):
    goal = {"name": "Trip", "goal_type": "custom", "target_amount": "3000.00"}
    maya.post("/goals", {**goal, "monthly_contribution": "150.00"})
    assert "contribution_reminder" not in kinds(maya)
    maya.wait(days=31)
    [found] = [
        row
        for row in maya.get("/insights")["insights"]
        if row["details"]["kind"] == "contribution_reminder"
    ]
    assert found["details"]["missing"] == "150.00"
    maya.pay_in("150.00")
    assert "contribution_reminder" not in kinds(maya)


def test_recommendations_name_their_trades_their_confidence_and_their_goal(maya):
    goal = {"name": "Trip", "goal_type": "custom", "target_amount": "30000.00"}
    goal |= {"target_date": "2027-03-10", "monthly_contribution": "10.00"}
    goal_id = maya.post("/goals", goal).json()["goal_id"]
    maya.accept_policy()
    maya.pay_in("5000.00")
    order(maya, "AAPL", "buy", notional="2000.00")
    found = maya.get("/recommendations")["recommendations"]
    assert {row["type"] for row in found} == {"allocation", "security", "strategy"}
    [allocation] = [row for row in found if row["type"] == "allocation"]
    actions = {row["symbol"]: row for row in allocation["suggested_actions"]}
    assert actions["AAPL"]["action"] == "sell"
    assert actions["VTI"]["target_allocation"] == "36.00"
    assert sum(D(row["target_allocation"]) for row in actions.values()) == pytest.approx(100, abs=1)
    [about] = maya.get("/recommendations", goal_id=goal_id)["recommendations"]
    assert "Trip" in about["title"]
    wrong = maya.api.get(maya.wealth + "/recommendations", params={"goal_id": "nobodys"})
    assert wrong.status_code == 404


def test_the_needed_amount_of_a_goal_really_reaches_it(maya):
    goal = {"name": "Trip", "goal_type": "custom", "target_amount": "30000.00"}
    goal |= {"target_date": "2030-03-10", "current_amount": "4000.00"}
    found = maya.post("/goals", goal).json()
    path = f"/goals/{found['goal_id']}"
    needed = maya.get(path, include_projections="true")["projections"]
    amount = needed["required_monthly_contribution"]
    assert maya.put(path, {"monthly_contribution": amount}).json()["on_track"] is True
    less = f"{D(amount) - 1:.2f}"
    assert maya.put(path, {"monthly_contribution": less}).json()["on_track"] is False


# Every documented field


def missing(schema: dict[str, object], value: object, where: str = "") -> list[str]:
    """Documented properties that an answer lacks."""
    schemas = contract.load().document["components"]["schemas"]
    if "$ref" in schema:
        return missing(schemas[str(schema["$ref"]).rsplit("/", 1)[1]], value, where)
    if "allOf" in schema:
        return [name for part in schema["allOf"] for name in missing(part, value, where)]
    found: list[str] = []
    if isinstance(value, dict):
        for name, part in schema.get("properties", {}).items():
            if name not in value:
                found.append(f"{where}.{name}")
            elif name not in ECHOES:
                found += missing(part, value[name], f"{where}.{name}")
    if isinstance(value, list):
        for item in value[:3]:
            found += missing(schema.get("items", {}), item, f"{where}[]")
    return found


RARE = {
    "days_until_long_term",
    "replacement_options",
    "lots",
    "risk_adjusted_return_improvement",
    "linked_goal",
}
"""Fields that only some of the rows have."""

ECHOES = set(contract.load().document["components"]["schemas"]["ProfileUpdate"]["properties"])
ECHOES |= {"income", "expenses", "investment_outlook", "responses", "past_market_behavior"}
"""What the client wrote comes back as it was."""

DOCUMENTED = [
    ("/profile", "Profile"),
    ("/insights", "Insights"),
    ("/recommendations", "Recommendations"),
    ("/tax-optimization", "TaxOptimization"),
    ("/statements?period=custom&start_date=2026-03-01&end_date=2026-04-30", "Statement"),
    ("/reports/pnl", "PnlReport"),
    ("/reports/benchmark?benchmarks=SPY,AGG&period=1m", "BenchmarkReport"),
    ("/financial-plan", "FinancialPlan"),
    ("/financial-plan/summary", "FinancialPlanSummary"),
    ("/risk-assessments/current", "RiskAssessmentDetail"),
    ("/risk-assessments/summary", "RiskAssessmentSummary"),
    ("PORTFOLIO/performance?period=all&benchmark=SPY", "Performance"),
]


def test_every_documented_field_is_there_once_there_is_something_to_say(maya):
    plan = {
        "goals": [{"name": "House", "goal_type": "home_purchase", "target_amount": "60000"}],
        "life_events": [{"name": "Wedding", "event_type": "wedding"}],
        "external_accounts": [
            {"name": "Car", "account_type": "auto_loan", "is_asset": False, "balance": "8600.00"}
        ],
    }
    maya.put("/financial-plan", plan)
    answers = [{"question_id": "time_horizon", "answer_id": "20_years"}]
    maya.post("/risk-assessments", {"questionnaire_id": "default-risk-v1", "responses": answers})
    maya.put("/investment-policy", POLICY)
    maya.invest("9000.00")
    order(maya, "VTI", "sell", qty="1")
    maya.wait(days=60)
    maya.home.post("/_sandbox/scenarios/crash", json={})
    lacking = {}
    for path, name in DOCUMENTED:
        found = maya.get(path.replace("PORTFOLIO", maya.portfolio))
        gone = missing({"$ref": f"#/components/schemas/{name}"}, found)
        gone = [field for field in gone if field.rsplit(".", 1)[1] not in RARE]
        if gone:
            lacking[path] = gone
    assert lacking == {}
