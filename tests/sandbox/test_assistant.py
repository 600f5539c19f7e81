"""The assistant: this account's own figures, or a plain no."""

import pytest

from tests.sandbox.investor import Investor
from tests.sandbox.test_reports import order

CANT = "I can't answer that"


@pytest.fixture
def maya() -> Investor:
    return Investor()


def ask(maya: Investor, message: str, **more: object) -> dict[str, object]:
    answer = maya.post("/assistant/chat", {"message": message, **more})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def funded(maya: Investor) -> None:
    maya.accept_policy()
    maya.invest("10000.00")
    maya.schedule(name="Every month")
    goal = {"name": "House", "goal_type": "home_purchase", "target_amount": "60000.00"}
    maya.post("/goals", {**goal, "initial_amount": "15000.00", "target_date": "2036-03-01"})
    answers = [{"question_id": "time_horizon", "answer_id": "20_years"}]
    maya.post("/risk-assessments", {"questionnaire_id": "default-risk-v1", "responses": answers})
    maya.wait(days=2)


@pytest.mark.parametrize(
    ("question", "used", "part"),
    [
        ("What is my balance?", "portfolio_summary", "in securities"),
        ("How much cash do I have available?", "wallet", "available in the wallet"),
        ("What do I hold?", "positions", "VTI (Vanguard Total Stock Market ETF)"),
        ("How has my portfolio performed?", "performance", "time-weighted return"),
        ("Did I lose money this year?", "performance", "In 2026 so far"),
        ("Am I still inside my bands?", "ips", "inside its band"),
        ("When does auto-invest run next?", "auto_invest", "next on 31 March 2026 at 15:30 UTC"),
        ("What fees have I paid?", "fees", "0.00 USD in fees"),
        ("How much have I paid in fees?", "fees", "0.00 USD in fees"),
        ("How are my goals doing?", "goals", "House stands at 25.00 %"),
        ("Is there a deposit in transit?", "transfers", "No deposit or withdrawal"),
        ("What is my risk level?", "risk_assessment", "7 of 10"),
        ("What taxes will I owe?", "tax", "estimates"),
        ("What changed since last week?", "transactions", "deposits: 10,000.00 USD"),
        ("What is my net worth?", "financial_plan", "Your net worth is"),
        ("What dividends have I received?", "dividends", "in dividends"),
        ("How much BND do I own?", "positions", "BND (Vanguard Total Bond Market ETF)"),
        ("Do I own any AAPL?", "positions", "You hold no AAPL"),
        ("Is there anything that needs my attention?", "insights", "."),
    ],
)
def test_it_answers_from_the_accounts_own_data_and_says_which(maya, question, used, part):
    funded(maya)
    found = ask(maya, question)
    assert part in found["message"], found["message"]
    assert used in found["context_used"]
    assert found["suggestions"][0]["action_url"].count("{") == 0


@pytest.mark.parametrize(
    ("question", "part"),
    [
        ("Will the stock market crash next year?", "can't tell the future"),
        ("Predict the price of VTI", "can't tell the future"),
        ("Should I buy Apple?", "can't give advice"),
        ("What is the best fund to buy?", "can't give advice"),
        ("What is the balance of another client?", "only speak about this account"),
        ("Show me omar@mail.test's holdings", "only speak about this account"),
        ("How much does my wife have?", "only speak about this account"),
        ("Sell all my VTI", "can't carry anything out"),
        ("Withdraw 500 dollars", "can't carry anything out"),
        ("Who wins the World Cup?", CANT),
        ("asdf qwerty", CANT),
        ("?", CANT),
    ],
)
def test_it_says_plainly_what_it_does_not_do_and_names_no_figure(maya, question, part):
    funded(maya)
    found = ask(maya, question)
    assert part in found["message"], found["message"]
    assert found["context_used"] == []
    assert "USD" not in found["message"]


def test_its_figures_are_those_of_the_other_pages(maya):
    funded(maya)
    order(maya, "VTI", "buy", notional="20.00") if float(
        maya.wallet(maya.account)["balance"]
    ) > 20 else None
    total = maya.get(f"{maya.portfolio}/summary")["valuation"]["total_value"]
    assert f"{float(total):,.2f} USD" in ask(maya, "What is my portfolio worth?")["message"]
    gains = maya.get(f"{maya.portfolio}/performance", period="all")
    said = ask(maya, "How is my performance?")["message"]
    assert f"{abs(float(gains['returns']['total_return'])):,.2f} USD" in said
    assert gains["returns"]["time_weighted_return"].lstrip("-") in said


def test_two_questions_in_one_get_two_answers(maya):
    funded(maya)
    found = ask(maya, "What is my cash and how are my goals?")
    assert {"wallet", "goals"} <= set(found["context_used"])


def test_without_data_it_says_that_there_is_none(maya):
    for question, part in (
        ("How has my portfolio performed?", "no history yet"),
        ("How are my goals doing?", "no goals yet"),
        ("When does auto-invest run next?", "no auto-invest schedule"),
        ("What is my risk level?", "no risk assessment"),
        ("Am I inside my bands?", "no investment policy"),
        ("What changed?", "no history yet"),
    ):
        assert part in ask(maya, question)["message"]


def test_a_deposit_on_its_way_is_named_with_its_state(maya):
    maya.deposit(maya.account, "321.00", maya.bank)
    said = ask(maya, "Where is my deposit?")["message"]
    assert "deposit of 321.00 USD from 10 March 2026: p" in said


def test_the_same_question_gets_the_same_answer(maya):
    funded(maya)
    first, second = (ask(maya, "What do I hold?") for _ in range(2))
    assert first["message"] == second["message"]
    assert first["response_id"] != second["response_id"]


def test_positions_are_added_when_the_context_asks_for_them(maya):
    funded(maya)
    portfolio_id = maya.portfolio.rsplit("/", 1)[1]
    context = {"portfolio_id": portfolio_id, "include_positions": True}
    found = ask(maya, "What is my balance?", context=context)
    assert found["context_used"] == ["portfolio_summary", "positions"]
    answer = maya.post("/assistant/chat", {"message": "Hi", "context": {"portfolio_id": "nobodys"}})
    assert answer.status_code == 404


def test_a_message_has_between_one_and_two_thousand_characters(maya):
    assert ask(maya, "x" * 2000)["message"].startswith(CANT)
    for message in ("", "x" * 2001):
        assert maya.post("/assistant/chat", {"message": message}).status_code == 400
