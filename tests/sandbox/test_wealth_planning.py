"""Profile, dependents, goals, plan, risk, insights, statements: what a client writes and reads."""

import pytest

from sandbox import contract
from tests.sandbox.investor import POLICY, Investor


@pytest.fixture
def maya() -> Investor:
    return Investor()


def test_the_profile_is_there_from_the_start_and_grows_section_by_section(maya):
    assert maya.get("/profile")["completeness_score"] == 0
    maya.put("/profile", {"tax": {"filing_status": "single"}})
    found = maya.put("/profile", {"tax": {"federal_tax_bracket": 0.24}}).json()
    assert found["tax"] == {"filing_status": "single", "federal_tax_bracket": 0.24}
    assert 0 < found["completeness_score"] < 100
    manual = maya.post("/profile/snapshots", {"trigger": "manual"}).json()
    maya.put("/profile", {"tax": {"filing_status": "married_filing_jointly"}})
    kept = maya.get(f"/profile/snapshots/{manual['snapshot_id']}")
    assert kept["data"]["tax_profile"]["filing_status"] == "single"
    maya.accept_policy()
    assert [row["trigger"] for row in maya.get("/profile/snapshots")] == ["ips", "manual"]


def test_goals_show_progress_and_whether_they_will_be_reached(maya):
    goal = {
        "name": "House",
        "goal_type": "home_purchase",
        "target_amount": "60000.00",
        "target_date": "2036-03-01",
        "initial_amount": "15000.00",
        "monthly_contribution": "300.00",
    }
    made = maya.post("/goals", goal)
    assert made.status_code == 201
    found = made.json()
    assert (found["progress_percent"], found["amount_remaining"]) == ("25.00", "45000.00")
    assert found["on_track"] is True
    path = f"/goals/{found['goal_id']}"
    changed = maya.put(path, {"monthly_contribution": "10.00"}).json()
    assert (changed["on_track"], changed["name"]) == (False, "House")
    assert "risk" in [row["category"] for row in maya.get("/insights")["insights"]]
    assert maya.api.delete(maya.wealth + path).status_code == 204
    assert maya.get("/goals") == {"goals": [], "total_count": 0}
    assert maya.get("/goals", status="archived")["total_count"] == 1


def test_omar_never_finds_what_is_mayas(maya):
    omar = maya.active_account(email="omar@mail.test", management_type="advised")
    goal = {"name": "Rainy day", "goal_type": "emergency", "target_amount": "5000.00"}
    goal_id = maya.post("/goals", goal).json()["goal_id"]
    portfolio = maya.portfolio
    for path in (f"/goals/{goal_id}", f"{portfolio}/summary", f"{portfolio}/holdings"):
        answer = maya.api.get(f"/wealth/accounts/{omar}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "BLUM-404-001")


def test_dependents_and_life_events_link_to_a_goal(maya):
    goal = {"name": "College", "goal_type": "education", "target_amount": "80000.00"}
    goal_id = maya.post("/goals", goal).json()["goal_id"]
    child = {"first_name": "Noor", "relationship": "child", "linked_goal_id": goal_id}
    made = maya.post("/dependents", child).json()
    assert made["linked_goal"]["name"] == "College"
    event = {"name": "College", "event_type": "college", "linked_goal_id": goal_id}
    event_id = maya.post("/life-events", event).json()["event_id"]
    assert maya.put(f"/life-events/{event_id}", {"linked_goal_id": None}).status_code == 200
    wrong = maya.post("/dependents", {**child, "linked_goal_id": "nobodys"})
    assert wrong.json()["details"]["field"] == "linked_goal_id"
    assert maya.get("/dependents", relationship="child")["total_count"] == 1


def test_the_plan_merges_by_name_and_sums_up_what_is_owned_and_owed(maya):
    assert maya.api.get(maya.wealth + "/financial-plan").status_code == 404
    plan = {
        "goals": [{"name": "House", "goal_type": "home_purchase", "target_amount": "60000.00"}],
        "external_accounts": [
            {"name": "Savings", "account_type": "savings", "is_asset": True, "balance": "9000.00"},
            {"name": "Car", "account_type": "auto_loan", "is_asset": False, "balance": "4000.00"},
        ],
        "income": {"total_monthly_income": "6000.00"},
        "expenses": {"total_monthly_expenses": "4500.00"},
        "investment_outlook": {"expected_return_rate": "6.00"},
    }
    assert maya.put("/financial-plan", plan).json()["version"] == 1
    again = maya.put("/financial-plan", plan).json()
    assert (again["version"], len(again["goals"]), len(again["external_accounts"])) == (2, 1, 2)
    maya.pay_in("1000.00")
    found = maya.get("/financial-plan/summary")
    assert found["total_net_worth"] == "6000.00"
    assert found["savings_rate"] == "25.00"
    assert found["investment_portfolio_value"] == "1000.00"
    assert maya.get("/external-accounts", is_asset="false")["total_count"] == 1


def test_risk_is_scored_by_rank_and_lasts_a_year(maya):
    current = maya.api.get(maya.wealth + "/risk-assessments/current")
    assert (current.status_code, current.content) == (204, b"")
    assert maya.get("/risk-assessments/summary")["needs_reassessment"] is True
    bold = {
        "investment_goal": "aggressive_growth",
        "time_horizon": "30_years",
        "risk_tolerance": "aggressive",
        "reaction_to_loss": "buy_more",
        "income_needs": "none",
        "investment_knowledge": "advanced",
    }
    assert _assess(maya, bold)["computed_risk_score"] == 10
    middle = _assess(maya, {**bold, "reaction_to_loss": "sell_immediately", "income_needs": "some"})
    assert (middle["computed_risk_score"], middle["risk_tolerance"]) == (8, "aggressive")
    statuses = [row["status"] for row in maya.get("/risk-assessments")["assessments"]]
    assert statuses == ["active", "superseded"]
    maya.wait(days=340)
    assert maya.get("/risk-assessments/summary")["needs_reassessment"] is True
    maya.wait(days=30)
    assert maya.get("/risk-assessments/summary")["has_valid_assessment"] is False


def _assess(maya, answers):
    responses = [{"question_id": q, "answer_id": a, "score": 1} for q, a in answers.items()]
    body = {"questionnaire_id": "default-risk-v1", "responses": responses}
    made = maya.post("/risk-assessments", body)
    assert made.status_code == 201, made.text
    return made.json()


def test_statements_and_reports_speak_of_the_same_money(maya):
    maya.accept_policy()
    maya.invest("10000.00")
    maya.home.post("/_sandbox/scenarios/crash", json={})
    maya.wait(days=30)
    statement = maya.get("/statements")
    assert statement["period"] == {
        "start_date": "2026-03-01",
        "end_date": "2026-03-31",
        "label": "March 2026",
    }
    assert statement["summary"]["contributions"] == "10000.00"
    held = sum(float(row["market_value"]) for row in statement["holdings_end_of_period"])
    assert held == pytest.approx(float(statement["summary"]["ending_value"]), abs=25)
    assert len(statement["activity"]["trades"]) >= 7
    document = maya.api.get(maya.wealth + "/statements", params={"format": "pdf"})
    assert document.content.startswith(b"%PDF")
    pnl = maya.get("/reports/pnl")["summary"]
    parts = maya.get(f"{maya.portfolio}/performance", period="all")["period_breakdown"]
    assert pnl["total_pnl"] == parts["investment_gains"]
    assert float(pnl["total_pnl"]) < 0
    taxes = maya.get("/tax-optimization")
    assert float(taxes["tax_summary"]["harvestable_losses"]) > 0
    assert taxes["opportunities"][0]["positions"][0]["replacement_options"]
    assert maya.get("/recommendations")["recommendations"] is not None


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("What is my portfolio worth?", "1,000.00 USD"),
        ("What does my policy say?", "60.00 % equities"),
        ("Do I hold any funds?", "no securities yet"),
        ("Who wins the World Cup?", "I can't answer that"),
    ],
)
def test_the_assistant_answers_from_own_data_or_says_it_cannot(maya, question, part):
    maya.accept_policy()
    maya.pay_in("1000.00")
    answer = maya.post("/assistant/chat", {"message": question}).json()
    assert part in answer["message"]
    assert bool(answer["context_used"]) is ("World Cup" not in question)


def test_an_unknown_portfolio_is_not_validated(maya):
    maya.put("/investment-policy", POLICY)
    answer = maya.post("/investment-policy/validate", {"portfolio_id": "nobodys"})
    assert answer.status_code == 404


READS = (
    "/profile",
    "/profile/snapshots",
    "/dependents",
    "/goals?include_projections=true",
    "/life-events",
    "/external-accounts",
    "/risk-assessments",
    "/risk-assessments/summary",
    "/financial-plan/summary",
    "/portfolios",
    "/auto-invest",
    "/insights",
    "/insights?category=tax&limit=1",
    "/recommendations",
    "/tax-optimization?tax_year=2020",
    "/statements?period=annual",
    "/statements?period=quarterly",
    "/statements?period=custom&start_date=2026-03-01&end_date=2026-03-05",
    "/reports/pnl?realized_only=true",
    "/reports/benchmark?benchmarks=SPY&period=1m",
)


@pytest.mark.parametrize("invested", [False, True])
def test_everything_can_be_asked_before_and_after_there_is_money(maya, invested):
    if invested:
        maya.accept_policy()
        maya.invest("2000.00")
        maya.wait(days=3)
    for path in READS:
        assert maya.api.get(maya.wealth + path).status_code == 200, path
    for path in ("/summary", "/holdings?include_lots=true&group_by=sector&refresh_prices=true"):
        assert maya.api.get(maya.wealth + maya.portfolio + path).status_code == 200
    for period in ("1d", "1w", "1m", "3m", "6m", "ytd", "1y", "3y", "5y", "all"):
        found = maya.get(f"{maya.portfolio}/performance", period=period, benchmark="SPY")
        assert found["period"]["label"] == period
        days = [point["date"] for point in found["value_history"]]
        assert days == sorted(set(days))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/statements?period=custom", "BLUM-400-002"),
        ("/reports/pnl?start_date=2026-03-05&end_date=2026-03-01", "BLUM-400-007"),
        ("/reports/benchmark?benchmarks=NOPE", "BLUM-404-003"),
        ("/goals/nobodys", "BLUM-404-001"),
        ("/auto-invest/nobodys", "BLUM-404-001"),
        ("/portfolios/nobodys/performance", "BLUM-404-001"),
        ("/investment-policy?version=3", "BLUM-404-001"),
    ],
)
def test_what_cannot_be_answered_says_why(maya, path, code):
    assert maya.api.get(maya.wealth + path).json()["code"] == code


def test_what_guides_call_otherwise_is_understood(maya):
    goal = {"name": "Rainy day", "type": "emergency_fund", "target_amount": "5000"}
    made = maya.post("/goals", {**goal, "priority": "high", "current_savings": 1250.5}).json()
    assert (made["goal_type"], made["priority"]) == ("emergency", 1)
    assert (made["current_amount"], made["progress_percent"]) == ("1250.50", "25.01")
    event = {"type": "marriage", "date": "2028-06-01", "description": "Our wedding"}
    found = maya.post("/life-events", {**event, "financial_impact": "30000.00"}).json()
    assert (found["event_type"], found["name"]) == ("wedding", "Our wedding")
    assert (found["expected_date"], found["estimated_cost"]) == ("2028-06-01", "30000.00")
    employed = {"status": "employed", "employer": "Acme", "annual_income": "98000.00"}
    told = {"employment": employed, "tax": {"federal_tax_bracket": "24", "state_tax_rate": "5.5%"}}
    profile = maya.put("/profile", told).json()
    assert profile["employment"]["annual_gross_income"] == "98000.00"
    assert profile["tax"] == {"federal_tax_bracket": 0.24, "state_tax_rate": 0.055}


@pytest.mark.parametrize(
    ("path", "field", "schema"),
    [
        ("/goals", "goal_type", "GoalCreate"),
        ("/life-events", "event_type", "LifeEventCreate"),
        ("/external-accounts", "account_type", "ExternalAccountCreate"),
        ("/dependents", "relationship", "DependentCreate"),
    ],
)
def test_every_documented_kind_can_be_kept_listed_and_archived(maya, path, field, schema):
    schemas = contract.load().document["components"]["schemas"]
    part = schemas[schema]["properties"][field]
    kinds = part.get("enum") or schemas[part["$ref"].rsplit("/", 1)[1]]["enum"]
    body = {"name": "A", "first_name": "A", "target_amount": "1.00", "balance": "1.00"}
    for kind in kinds:
        made = maya.post(path, {**body, "is_asset": True, field: kind})
        assert made.status_code == 201, made.text
        assert maya.get(path, **{field: kind})["total_count"] == 1
        own = next(value for name, value in made.json().items() if name.endswith("_id"))
        assert maya.api.delete(f"{maya.wealth}{path}/{own}").status_code == 204
        assert maya.get(f"{path}/{own}")["status"] in ("archived", "inactive")
    assert maya.get(path)["total_count"] == 0


def test_ids_and_unknown_fields_of_a_body_change_nothing(maya):
    sent = {"name": "A", "goal_type": "custom", "target_amount": "10", "goal_id": "mine", "x": 1}
    made = maya.post("/goals", sent).json()
    assert made["goal_id"] != "mine"
    assert "x" not in made
    assert made["target_amount"] == "10.00"


def test_a_plan_with_one_bad_part_changes_nothing(maya):
    good = {"name": "House", "goal_type": "home_purchase", "target_amount": "60000.00"}
    answer = maya.put("/financial-plan", {"goals": [good, {"current_amount": "5.00"}]})
    assert (answer.status_code, answer.json()["code"]) == (400, "BLUM-400-002")
    assert maya.get("/goals")["total_count"] == 0
    assert maya.api.get(maya.wealth + "/financial-plan").status_code == 404


def test_goals_on_one_portfolio_share_its_value(maya):
    portfolio_id = maya.portfolio.rsplit("/", 1)[1]
    for name, target in (("House", "30000.00"), ("Trip", "10000.00")):
        goal = {"name": name, "goal_type": "custom", "target_amount": target}
        maya.post("/goals", {**goal, "portfolio_id": portfolio_id})
    maya.pay_in("4000.00")
    amounts = {row["name"]: row["current_amount"] for row in maya.get("/goals")["goals"]}
    assert amounts == {"House": "3000.00", "Trip": "1000.00"}


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"time_horizon": "20_years", "reaction_to_loss": "wait_and_see"}, (6, "moderate", 50, 55)),
        ({"time_horizon": "5_years"}, (1, "conservative", 0, 20)),
        ({"time_horizon": "30_years"}, (10, "aggressive", 100, 90)),
        ({"income_needs": "some", "time_horizon_years": "30"}, (6, "moderate", 50, 55)),
    ],
)
def test_risk_is_told_on_both_scales(maya, answers, expected):
    found = _assess(maya, answers)
    assert expected == (
        found["computed_risk_score"],
        found["risk_tolerance"],
        found["risk_score"],
        found["recommended_equity_allocation"],
    )


def test_answers_of_another_questionnaire_count_by_their_points(maya):
    responses = [{"question_id": "q1", "answer_id": "c", "score": 8}]
    body = {"questionnaire_id": "house-v2", "responses": responses}
    assert maya.post("/risk-assessments", body).json()["computed_risk_score"] == 8
    del responses[0]["score"]
    assert maya.post("/risk-assessments", body).json()["computed_risk_score"] is None


def test_no_number_is_too_odd_for_a_projection(maya):
    goal = {"name": "A", "goal_type": "custom", "target_amount": "40000.00"}
    path = f"/goals/{maya.post('/goals', goal).json()['goal_id']}"
    for rate in ("0", "-300", "5.00", "99999999999999999999"):
        maya.put("/financial-plan", {"investment_outlook": {"expected_return_rate": rate}})
        for day in ("2026-03-11", "2126-01-01", "9999-12-31"):
            for amount in ("0.00", "999999999999.99"):
                odd = {"target_date": day, "current_amount": amount, "monthly_contribution": amount}
                assert maya.put(path, odd).status_code == 200
                assert maya.get(path, include_projections="true")["projections"] is not None
                assert maya.get("/recommendations")["recommendations"] is not None


def test_more_money_than_there_is_is_refused(maya):
    goal = {"name": "A", "goal_type": "custom", "target_amount": "9" * 40}
    assert maya.post("/goals", goal).status_code == 400
    plan = {"income": {"total_monthly_income": "9" * 40}}
    assert maya.put("/financial-plan", plan).status_code == 400


def test_a_goal_that_grows_beyond_counting_needs_nothing_more():
    maya = Investor()
    maya.put("/financial-plan", {"investment_outlook": {"expected_return_rate": "1000.00"}})
    goal = {"name": "Far", "goal_type": "custom", "target_amount": "5.00"}
    rich = {**goal, "current_amount": "999999999999999.00"}
    for year in range(2295, 2330):
        made = maya.post("/goals", {**rich, "target_date": f"{year}-06-01"}).json()
        shown = maya.get(f"/goals/{made['goal_id']}", include_projections="true")
        assert shown["projections"]["required_monthly_contribution"] == "0.00"
