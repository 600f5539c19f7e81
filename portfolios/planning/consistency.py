"""What a person told that doesn't go together: answers with answers, and answers with facts.

The SEC's guidance on robo-advisers (IM 2017-02) asks for this: notice inconsistent answers, ask
about them, have a person look at what stays open. Nothing here scores; see `risk.assess`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import fmean

from portfolios.planning.questionnaire import (
    CURRENT,
    Answers,
    Pair,
    Questionnaire,
    load_questionnaire,
)

MOST_OF_INCOME = 0.40
"""The fraction of yearly income above which regular deposits are asked about."""
SHORT_MONTHS = 36
FEWEST_SECONDS = 2.0
"""Mean seconds for a question below which nobody can have read it."""
FEWEST_ITEMS = 6
"""Timed or chosen answers needed before the manner of answering says anything."""
OLDEST_AT_RETIREMENT = 100
HIGH_LEVEL = 5
HOME_LOANS = ("mortgage", "home_equity_loan", "home_equity_loc")

CONFIRMABLE = ("all_the_same", "very_quick")
"""About the manner, not the matter: a person who has looked may simply say that it's right."""

MANNERS = {
    "all_the_same": "You chose the {place} answer every time. That can be right; it is also what "
    "happens when one is in a hurry. Please read your answers once more.",
    "very_quick": "You took under two seconds for each question. Please read your answers once "
    "more; they decide how your money is invested.",
}


@dataclass(frozen=True)
class GoalFact:
    """`start` and `monthly` as the person planned them, in dollars."""

    id: int
    type: str
    name: str
    months: int
    """Until its date, negative once that has passed."""
    target: float
    start: float = 0.0
    monthly: float = 0.0


@dataclass(frozen=True)
class Facts:
    """What is known beside the answers. None is unknown; money in dollars."""

    age: int | None = None
    retirement_age: int | None = None
    life_expectancy: int | None = None
    yearly_income: float | None = None
    is_retired: bool | None = None
    paid_by_salary: bool | None = None
    """Whether a salary was named as where the money comes from."""
    emergency_fund_months: float | None = None
    net_worth: float | None = None
    liquid_net_worth: float | None = None
    holds_home_loan_without_home: bool = False
    monthly_deposits: float | None = None
    """What is pulled regularly, by the month."""
    first_deposit_months: int | None = None
    """Months until the first money arrives."""
    goals: tuple[GoalFact, ...] = ()
    level: int | None = None
    """The level that would be held: the one chosen, else the one that comes of the answers."""
    seconds: Mapping[str, float] = field(default_factory=dict)
    """Question id to how long it took."""


@dataclass(frozen=True)
class Side:
    """One of two things told. `place` says where it can be changed: `question:ID`,
    `profile:SECTION`, `goal:ID`, `deposits`, `application:STEP`, `level`."""

    place: str
    says: str


@dataclass(frozen=True)
class Conflict:
    """Two things that don't go together, and a kind question about them."""

    id: str
    text: str
    sides: tuple[Side, ...]

    @property
    def is_confirmable(self) -> bool:
        return self.id in CONFIRMABLE


def find(answers: Answers, facts: Facts, questionnaire_id: str = CURRENT) -> tuple[Conflict, ...]:
    """Everything that doesn't go together; the questionnaire's own pairs first."""
    asked = load_questionnaire(questionnaire_id)
    given = {key: value for key, value in answers.items() if value}
    return (
        *_pairs(asked, given),
        *_answers_and_facts(given, facts),
        *_life_and_work(facts),
        *_money(facts),
        *_manner(asked, given, facts),
    )


def fires(pair: Pair, asked: Questionnaire, answers: Answers) -> bool:
    bold, calm = answers.get(pair.bold_question), answers.get(pair.cautious_question)
    if not bold or not calm:
        return False
    return (
        asked.question(pair.bold_question).value(bold) >= pair.at_least
        and asked.question(pair.cautious_question).value(calm) <= pair.at_most
    )


def _pairs(asked: Questionnaire, given: Answers) -> Iterator[Conflict]:
    for pair in asked.pairs:
        if fires(pair, asked, given):
            sides = tuple(_answer(asked, name, given) for name in pair.question_ids)
            yield Conflict(pair.id, pair.text, sides)


def _answer(asked: Questionnaire, question_id: str, given: Answers) -> Side:
    question, value = asked.question(question_id), given.get(question_id, "")
    words = next((a.text for a in question.answers if a.id == value), f"{value} {question.unit}")
    return Side(f"question:{question_id}", words.strip())


def _answers_and_facts(given: Answers, facts: Facts) -> Iterator[Conflict]:
    asked = load_questionnaire()
    dated = [goal for goal in facts.goals if goal.type != "emergency"]
    goal_wish = given.get("investment_goal")
    if dated and goal_wish in ("growth", "aggressive_growth"):
        last = max(dated, key=lambda goal: goal.months)
        if 0 <= last.months < SHORT_MONTHS:
            most = "as much growth as possible" if goal_wish == "aggressive_growth" else "growth"
            yield Conflict(
                "growth_but_goal_soon",
                f"You need the money for “{last.name}” in {_span(last.months)} and chose {most}. "
                "Which is right?",
                (_answer(asked, "investment_goal", given), _goal(last, _span(last.months))),
            )
    months = facts.emergency_fund_months
    has_none = given.get("emergency_fund") == "none" or (months is not None and months < 1)
    ties_up = given.get("time_horizon") in ("20_years", "30_years")
    if has_none and ties_up and given.get("income_needs") == "none":
        where = "question:emergency_fund" if "emergency_fund" in given else "profile:cash_flow"
        yield Conflict(
            "no_savings_but_tied_up",
            "You have less than a month of savings, and you say you won’t touch this money for "
            "twenty years or more. If your car broke down, where would the money come from?",
            (_answer(asked, "income_needs", given), Side(where, "Less than a month of savings")),
        )
    if (
        given.get("investment_knowledge") == "beginner"
        and goal_wish == "aggressive_growth"
        and given.get("risk_tolerance") == "aggressive"
    ):
        yield Conflict(
            "new_but_boldest",
            "You are new to investing, and you chose the boldest answers. Have you seen your own "
            "money fall by a third, or is that how you imagine you would feel?",
            (
                _answer(asked, "investment_knowledge", given),
                _answer(asked, "investment_goal", given),
            ),
        )
    loss = given.get("largest_acceptable_loss_percent")
    if loss is not None and float(loss) == 0 and (facts.level or 0) >= HIGH_LEVEL:
        yield Conflict(
            "no_loss_but_high_level",
            f"You could accept no fall at all, and level {facts.level} falls in about one year in "
            "four. Which is right?",
            (
                _answer(asked, "largest_acceptable_loss_percent", given),
                Side("level", f"Level {facts.level}"),
            ),
        )


def _life_and_work(facts: Facts) -> Iterator[Conflict]:
    age, leaves = facts.age, facts.retirement_age
    if leaves is not None and not facts.is_retired:
        if age is not None and leaves < age:
            yield Conflict(
                "retired_already",
                f"You’d like to stop working at {leaves}, and you are {age}. Which is right?",
                (Side("profile:demographics", f"Retiring at {leaves}"),
                 Side("profile:employment", "Still working")),
            )  # fmt: skip
        elif facts.life_expectancy is not None and leaves >= facts.life_expectancy:
            yield Conflict(
                "retires_after_plan_ends",
                f"You’d like to stop working at {leaves}, and your plan reaches age "
                f"{facts.life_expectancy}. One of the two must be a slip.",
                (Side("profile:demographics", f"Retiring at {leaves}"),
                 Side("profile:demographics", f"Planned to {facts.life_expectancy}")),
            )  # fmt: skip
    if age is not None:
        for goal in facts.goals:
            then = age + goal.months // 12
            if goal.type == "retirement" and then > OLDEST_AT_RETIREMENT:
                yield Conflict(
                    "retires_too_old",
                    f"“{goal.name}” begins in {_span(goal.months)}. You would be {then} then. "
                    "Is the date right?",
                    (_goal(goal, _span(goal.months)), Side("application:name", f"Age {age}")),
                )
    if facts.is_retired and facts.paid_by_salary:
        yield Conflict(
            "retired_but_salary",
            "You are retired, and you named a salary as where the money comes from. Which is "
            "right?",
            (Side("profile:employment", "Retired"), Side("application:work", "Paid by a salary")),
        )


def _money(facts: Facts) -> Iterator[Conflict]:
    planned = sum(goal.monthly for goal in facts.goals)
    monthly = max(planned, facts.monthly_deposits or 0.0)
    income = facts.yearly_income
    if income and monthly * 12 > MOST_OF_INCOME * income:
        where = Side("deposits", f"${monthly:,.0f} a month")
        if planned >= monthly:
            where = _goal(max(facts.goals, key=lambda g: g.monthly), f"${monthly:,.0f} a month")
        yield Conflict(
            "deposits_above_income",
            f"${monthly:,.0f} a month is {monthly * 12 / income:.0%} of the ${income:,.0f} a year "
            "you told us you earn, before tax. Can you spare that, or is one of the two a slip?",
            (where, Side("profile:employment", f"${income:,.0f} a year")),
        )
    worth, liquid = facts.net_worth, facts.liquid_net_worth
    if worth is not None and liquid is not None and worth < liquid:
        loan = " There is a home loan in it, and no home." * facts.holds_home_loan_without_home
        yield Conflict(
            "net_worth_below_cash",
            f"All you own, less what you owe, comes to ${worth:,.0f}; the part you could spend "
            f"tomorrow alone is ${liquid:,.0f}.{loan} Is something missing?",
            (Side("profile:net_worth", f"${worth:,.0f} in all"),
             Side("profile:net_worth", f"${liquid:,.0f} at hand")),
        )  # fmt: skip
    for goal in facts.goals:
        if goal.start > goal.target:
            yield Conflict(
                "target_below_start",
                f"You start “{goal.name}” with ${goal.start:,.0f}, which is more than its target "
                f"of ${goal.target:,.0f}. Which is right?",
                (_goal(goal, f"Starts with ${goal.start:,.0f}"),
                 _goal(goal, f"Target ${goal.target:,.0f}")),
            )  # fmt: skip
        first = facts.first_deposit_months
        if first is not None and goal.start == 0 and goal.months < first:
            yield Conflict(
                "goal_before_first_deposit",
                f"You need the money for “{goal.name}” before the first deposit for it arrives. "
                "Which of the two dates is right?",
                (_goal(goal, _span(goal.months)), Side("deposits", f"First in {_span(first)}")),
            )


def _manner(asked: Questionnaire, given: Answers, facts: Facts) -> Iterator[Conflict]:
    # Whether one has been through a fall is a fact: it is no place on a scale.
    choices = [
        (question, given[question.id])
        for question in asked.questions
        if question.kind == "choice" and question.id in given and len(question.answers) > 2
    ]
    if len(choices) >= FEWEST_ITEMS:
        from_start = {int(q.value(value)) for q, value in choices}
        from_end = {len(q.answers) - int(q.value(value)) for q, value in choices}
        for place, found in (("first", from_start == {0}), ("last", from_end == {1})):
            if found:
                text = MANNERS["all_the_same"].format(place=place)
                yield Conflict("all_the_same", text, ())
        if len(from_start) == 1 and from_start != {0} and from_end != {1}:
            place = ("first", "second", "third", "fourth", "fifth")[from_start.pop()]
            yield Conflict("all_the_same", MANNERS["all_the_same"].format(place=place), ())
    timed = [facts.seconds[name] for name in given if name in facts.seconds]
    if len(timed) >= FEWEST_ITEMS and fmean(timed) < FEWEST_SECONDS:
        yield Conflict("very_quick", MANNERS["very_quick"], ())


def _goal(goal: GoalFact, says: str) -> Side:
    return Side(f"goal:{goal.id}", says)


def _span(months: int) -> str:
    if months < 24:
        return "a month" if months == 1 else f"{max(months, 0)} months"
    return f"{months // 12} years"
