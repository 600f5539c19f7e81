"""From answers to a level: cautious, explained, and never talked upwards."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portfolios.planning.horizon import level_for_stocks, stocks_cap
from portfolios.planning.questionnaire import BadAnswer, filled, load_questionnaire
from portfolios.planning.risk import Circumstances, assess, level_of, risk_tolerance

ASKED = load_questionnaire()
MAYA = {
    "investment_goal": "growth",
    "time_horizon": "10_years",
    "risk_tolerance": "moderate",
    "reaction_to_loss": "hold_and_wait",
    "income_needs": "none",
    "investment_knowledge": "intermediate",
}
BOLDEST = {q.id: q.answers[-1].id for q in ASKED.required}
CALMEST = {q.id: q.answers[0].id for q in ASKED.required}
SAFE = Circumstances(emergency_fund_months=12, net_worth_share=0.0, dependants=0)
# Having been through a decline is a fact, neither bold nor cautious.
DIRECTED = [q for q in ASKED.questions if q.id != "experienced_major_decline"]


@st.composite
def answered(draw):
    answers = {}
    for question in ASKED.questions:
        if not question.required and draw(st.booleans()):
            continue
        if question.kind == "number":
            answers[question.id] = str(draw(st.integers(question.minimum, question.maximum)))
        else:
            answers[question.id] = draw(st.sampled_from([a.id for a in question.answers]))
    return answers


circumstances = st.builds(
    Circumstances,
    horizon_years=st.none() | st.floats(0, 50),
    goal_type=st.sampled_from(["custom", "retirement", "emergency", "wealth_growth"]),
    emergency_fund_months=st.none() | st.floats(0, 24),
    net_worth_share=st.none() | st.floats(0, 1),
    dependants=st.none() | st.integers(0, 8),
)


def test_maya_gets_a_level_that_can_be_worked_out_by_hand():
    found = assess(MAYA)

    # 25 x 75 + 30 x 50 + 30 x 66.7 + 15 x 50, and 35 x 50 + 10 x 100 + 55 x 50 for the unknown
    assert found.willingness == pytest.approx(61.25)
    assert found.capacity == pytest.approx(55)
    assert found.score == pytest.approx(0.75 * 55 + 0.25 * 61.25)
    assert (found.level, found.level_name, found.binds) == (6, "balanced", "capacity")
    assert found.contradictions == ()
    assert (found.risk_tolerance, found.volatility_tolerance) == ("moderate", "medium")


def test_what_nobody_gave_is_named_and_not_guessed_boldly():
    found = assess(MAYA)
    known = assess({**MAYA, "emergency_fund": "over_6_months", "income_stability": "steady"})

    assert set(found.missing) == {
        "income_stability",
        "emergency_fund",
        "net_worth_share",
        "dependants",
    }
    assert "months of expenses" in found.reasons[-1]
    assert set(known.missing) == {"net_worth_share", "dependants"}
    assert known.capacity > found.capacity


def test_the_calmest_and_the_boldest_stand_at_the_ends():
    assert assess(CALMEST).level <= 2
    bold = {**BOLDEST, "income_stability": "steady"}
    assert assess(bold, Circumstances(35, "custom", 12, 0.0, 0)).level == 9  # 90 % is the cap
    assert assess(bold, Circumstances(35, "wealth_growth", 12, 0.0, 0)).level == 9


def test_a_near_date_binds_even_the_boldest():
    found = assess({**BOLDEST, "time_horizon_years": "3"}, SAFE)

    assert found.binds == "horizon"
    assert found.level == 3
    assert "3 years" in found.reasons[0]
    assert "30%" in found.reasons[0]


def test_money_needed_at_once_is_told_that_even_the_calmest_level_holds_stocks():
    found = assess(MAYA, Circumstances(horizon_years=0.52))

    assert found.level == 1
    assert "With 0.5 years to go" in found.reasons[0]
    assert "still holds 10%" in found.reasons[0]


def test_bold_words_do_not_outweigh_thin_means():
    poor = Circumstances(emergency_fund_months=0, net_worth_share=1.0, dependants=5)
    found = assess({**BOLDEST, "income_needs": "significant", "time_horizon": "5_years"}, poor)

    assert found.level <= level_of(found.capacity) + 1
    assert found.level <= found.level_by_capacity


def test_contradictions_are_named_with_their_questions_and_cost_something():
    torn = {**MAYA, "risk_tolerance": "aggressive", "reaction_to_loss": "sell_immediately"}
    found = assess(torn)

    assert {c.id for c in found.contradictions} == {"bold_but_would_sell", "growth_but_would_sell"}
    assert found.contradictions[0].question_ids == ("risk_tolerance", "reaction_to_loss")
    assert found.penalty > 0


def test_slips_of_fact_are_asked_about_and_read_cautiously():
    found = assess({**BOLDEST, "time_horizon_years": "8"})

    assert "far_horizon_but_few_years" in {c.id for c in found.contradictions}
    assert found.penalty == 0
    assert found.horizon_years == 8


def test_we_look_for_at_least_a_dozen_contradictions():
    assert len(ASKED.pairs) >= 12
    for pair in ASKED.pairs:
        assert pair.bold_question != pair.cautious_question
        assert pair.text.endswith((".", "?"))


@settings(max_examples=400, deadline=None)
@given(answers=answered(), known=circumstances, data=st.data())
def test_a_more_cautious_answer_never_raises_the_level(answers, known, data):
    before = assess(answers, known)
    question = data.draw(st.sampled_from([q for q in DIRECTED if q.id in answers]))
    rank = question.value(answers[question.id])
    if rank <= question.minimum:
        return
    lower = data.draw(st.integers(question.minimum, int(rank) - 1))
    calmer = str(lower) if question.kind == "number" else question.answers[lower].id
    after = assess({**answers, question.id: calmer}, known)

    assert after.score <= before.score + 1e-9
    assert after.level <= before.level


@settings(max_examples=300, deadline=None)
@given(answers=answered(), known=circumstances)
def test_no_level_goes_beyond_what_means_and_dates_can_bear(answers, known):
    found = assess(answers, known)

    assert 1 <= found.level <= 10
    assert found.level <= level_of(found.capacity) + 1
    assert found.level <= max(1, level_for_stocks(found.stocks_cap))
    assert found.level <= level_of(found.score)
    assert found.penalty >= -1e-9
    assert found.reasons


def test_every_combination_of_required_answers_has_a_level():
    from itertools import product

    seen = set()
    for combination in product(*[[a.id for a in q.answers] for q in ASKED.required]):
        answers = dict(zip([q.id for q in ASKED.required], combination, strict=True))
        seen.add(assess(answers).level)
    assert seen == set(range(1, max(seen) + 1))


def test_answers_that_cannot_be_read_say_which_question():
    for wrong in (
        {"investment_goal": ""},
        {"investment_goal": "riches"},
        {"largest_acceptable_loss_percent": "-5"},
        {"largest_acceptable_loss_percent": "a lot"},
        {"time_horizon_years": "NaN"},
    ):
        with pytest.raises(BadAnswer) as caught:
            assess({**MAYA, **wrong})
        assert caught.value.question_id in wrong
    with pytest.raises(BadAnswer):
        assess({**MAYA, "favourite_colour": "green"})


@pytest.mark.parametrize(
    ("years", "goal", "cap"),
    [
        (0, "custom", 0),
        (1, "home_purchase", 10),
        (4, "education", 37.5),
        (10, "custom", 65),
        (33, "custom", 90),
        (60, "custom", 90),
        (0, "retirement", 56),
        (10, "wealth_growth", 73),
        (20, "retirement", 90),
        (24, "retirement_income", 56),
        (0, "retirement_income", 30),
        (30, "emergency", 10),
    ],
)
def test_the_date_caps_stocks_as_published(years, goal, cap):
    assert stocks_cap(years, goal) * 100 == pytest.approx(cap)


def test_two_levels_share_each_of_bluums_words():
    words = [risk_tolerance(level) for level in range(1, 11)]
    assert words[0] == words[1] == "conservative"
    assert words[4] == words[5] == "moderate"
    assert words[8] == words[9] == "aggressive"
    assert len(set(words)) == 5


def test_questions_speak_in_the_persons_own_dollars():
    amount = Decimal("12000")
    for question in ASKED.questions:
        texts = [question.text, question.help]
        texts += [part for answer in question.answers for part in (answer.text, answer.help)]
        for text in texts:
            assert "{" not in filled(text, amount)
    shown = filled(ASKED.question("reaction_to_loss").text, amount)
    assert "$12,000 is worth $9,600" in shown


def test_bluums_questions_are_all_there_with_their_answers():
    sent = {q.id: [a.id for a in q.answers] for q in ASKED.questions if q.sent and q.required}
    assert sent == {
        "investment_goal": ["preservation", "income", "balanced", "growth", "aggressive_growth"],
        "time_horizon": ["5_years", "10_years", "20_years", "30_years"],
        "risk_tolerance": ["conservative", "moderate", "aggressive"],
        "reaction_to_loss": ["sell_immediately", "wait_and_see", "hold_and_wait", "buy_more"],
        "income_needs": ["significant", "some", "none"],
        "investment_knowledge": ["beginner", "intermediate", "advanced"],
    }
