"""From answers to a risk level, with every reason on the way.

Willingness is what someone wants to see, capacity what their dates and means can bear. The more
cautious of the two weighs three times as much, contradictions cost more than in proportion, and
capacity and horizon are hard limits (the principle is Wealthfront's; the weights are ours).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Literal

from portfolios.planning.assumptions import CURRENT as CURRENT_ASSUMPTIONS
from portfolios.planning.assumptions import load
from portfolios.planning.horizon import level_for_stocks, stocks_cap
from portfolios.planning.questionnaire import (
    CURRENT,
    Answers,
    BadAnswer,
    Pair,
    Questionnaire,
    load_questionnaire,
)

Binds = Literal["willingness", "capacity", "contradictions", "capacity_limit", "horizon"]

ENGINE_VERSION = "risk-1"
LOWER_WEIGHT = 0.75
CONTRADICTION_COST = 40
UNKNOWN_SCORE = 50.0
FULL_HORIZON_YEARS = 20
FULL_EMERGENCY_MONTHS = 6
MANY_DEPENDANTS = 4
HORIZON_ANSWERS = {"5_years": 5.0, "10_years": 10.0, "20_years": 20.0, "30_years": 30.0}
OPEN_ENDED_ANSWER = "30_years"

RISK_TOLERANCES = (
    "conservative",
    "moderately_conservative",
    "moderate",
    "moderately_aggressive",
    "aggressive",
)

MISSING_TEXTS = {
    "income_stability": "how steady your income is",
    "emergency_fund": "how many months of expenses you have set aside",
    "net_worth_share": "what part of all you own this money is",
    "dependants": "how many people depend on your income",
}


@dataclass(frozen=True)
class Circumstances:
    """What is known from elsewhere: the goal and the investor profile. None is unknown.

    `net_worth_share` is the fraction of all the person owns that this money makes up.
    """

    horizon_years: float | None = None
    goal_type: str = "custom"
    emergency_fund_months: float | None = None
    net_worth_share: float | None = None
    dependants: int | None = None


@dataclass(frozen=True)
class Part:
    """One input and what it says alone: a score from 0 to 100, and the level of that score."""

    id: str
    side: Literal["willingness", "capacity"]
    question_id: str | None
    """None when it came from the circumstances, not from an answer."""
    score: float
    points_to: int


@dataclass(frozen=True)
class Contradiction:
    id: str
    question_ids: tuple[str, str]
    text: str
    counts: bool


@dataclass(frozen=True)
class RiskResult:
    """The level, and everything that led to it. Scores run from 0 to 100, levels from 1 to 10."""

    questionnaire_id: str
    questionnaire_version: int
    assumptions_version: str
    level: int
    level_name: str
    willingness: float
    capacity: float
    score: float
    """After contradictions."""
    penalty: float
    """What contradictions took off."""
    level_by_score: int
    level_by_capacity: int
    """The hard limit: one level above what capacity alone gives."""
    level_by_horizon: int
    horizon_years: float
    stocks_cap: float
    """Most stocks that the horizon allows, as a fraction."""
    binds: Binds
    reasons: tuple[str, ...]
    """Plain sentences, the one that decides first."""
    parts: tuple[Part, ...]
    contradictions: tuple[Contradiction, ...]
    missing: tuple[str, ...]
    """Capacity inputs that nobody gave; each counted half. Keys of MISSING_TEXTS."""
    risk_tolerance: str
    volatility_tolerance: str


def assess(
    answers: Answers,
    circumstances: Circumstances | None = None,
    questionnaire_id: str = CURRENT,
    assumptions_version: str = CURRENT_ASSUMPTIONS,
) -> RiskResult:
    """Score the answers. Raises BadAnswer for one that is missing, unknown or unreadable.

    R = 0.75 min(W, C) + 0.25 max(W, C) - 40 k², k the share of contradictory pairs; then level
    1 + floor(R / 10), at most one above the capacity's own, at most the horizon's.
    Contradictions never take the score below what the same person gets with calmer answers, so
    that a more cautious answer can't raise the level.
    """
    asked = load_questionnaire(questionnaire_id)
    given = {key: value for key, value in answers.items() if value}
    for question in asked.unanswered(given):
        raise BadAnswer(question.id, "Please answer this question.")
    known = circumstances or Circumstances()
    values = {key: asked.question(key).value(given[key]) for key in given}

    willing_parts = _willingness_parts(asked, given)
    horizon, horizon_from = _horizon(given, known)
    able_parts, missing = _capacity_parts(asked, given, known, horizon, horizon_from)
    willing = _mean(willing_parts, asked.willingness)
    able = _capacity(able_parts, asked.capacity)

    plain = _combine(willing, able)
    found = _contradictions(asked, values)
    score = _after_contradictions(asked, given, values, able)

    cap = stocks_cap(horizon, known.goal_type)
    by_score = level_of(score)
    by_capacity = min(10, level_of(able) + 1)
    by_horizon = level_for_stocks(cap, assumptions_version)
    level = min(by_score, by_capacity, by_horizon)
    binds: Binds
    if level == by_horizon < by_score and by_horizon <= by_capacity:
        binds = "horizon"
    elif level == by_capacity < by_score:
        binds = "capacity_limit"
    elif by_score < level_of(plain):
        binds = "contradictions"
    else:
        binds = "willingness" if willing <= able else "capacity"
    calmest_stocks = load(assumptions_version).level(1).stocks_percent / 100
    return RiskResult(
        questionnaire_id=asked.id,
        questionnaire_version=asked.version,
        assumptions_version=assumptions_version,
        level=level,
        level_name=load(assumptions_version).level(level).name,
        willingness=willing,
        capacity=able,
        score=score,
        penalty=plain - score,
        level_by_score=by_score,
        level_by_capacity=by_capacity,
        level_by_horizon=by_horizon,
        horizon_years=horizon,
        stocks_cap=cap,
        binds=binds,
        reasons=_reasons(
            binds, willing, able, horizon, cap, by_horizon, missing, known, calmest_stocks
        ),
        parts=(*willing_parts, *able_parts),
        contradictions=found,
        missing=missing,
        risk_tolerance=risk_tolerance(level),
        volatility_tolerance=volatility_tolerance(level),
    )


def level_of(score: float) -> int:
    """Level 1 + floor(score / 10), from 1 to 10."""
    return min(10, 1 + int(max(score, 0.0) + 1e-9) // 10)


def risk_tolerance(level: int) -> str:
    """Bluum's word: two levels to each of its five."""
    return RISK_TOLERANCES[(level - 1) // 2]


def volatility_tolerance(level: int) -> str:
    """Bluum's word: low to level 3, medium to 7, then high."""
    if level <= 3:
        return "low"
    return "medium" if level <= 7 else "high"


def _combine(willing: float, able: float) -> float:
    return LOWER_WEIGHT * min(willing, able) + (1 - LOWER_WEIGHT) * max(willing, able)


def _willingness_parts(asked: Questionnaire, given: Answers) -> tuple[Part, ...]:
    return tuple(
        _part(key, "willingness", key, asked.question(key).score(given[key]))
        for key in asked.willingness
        if key in given
    )


def _part(
    id: str, side: Literal["willingness", "capacity"], question_id: str | None, score: float
) -> Part:
    return Part(id, side, question_id, score, level_of(score))


def _horizon(given: Answers, known: Circumstances) -> tuple[float, str | None]:
    """The shortest of all horizons given, in years, and the question it came from.

    "Thirty years or later" is open at its end: it doesn't shorten a longer exact date.
    """
    horizons: list[tuple[float, str | None]] = []
    if "time_horizon_years" in given:
        horizons.append((float(given["time_horizon_years"]), "time_horizon_years"))
    if known.horizon_years is not None:
        horizons.append((max(0.0, known.horizon_years), None))
    if not horizons or given["time_horizon"] != OPEN_ENDED_ANSWER:
        horizons.append((HORIZON_ANSWERS[given["time_horizon"]], "time_horizon"))
    return min(horizons, key=lambda pair: pair[0])


def _capacity_parts(
    asked: Questionnaire,
    given: Answers,
    known: Circumstances,
    horizon: float,
    horizon_from: str | None,
) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The capacity inputs at hand, and the ids of those nobody gave."""
    parts = [
        _part("horizon", "capacity", horizon_from, 100 * min(horizon / FULL_HORIZON_YEARS, 1.0)),
        *(
            _part(key, "capacity", key, asked.question(key).score(given[key]))
            for key in ("income_needs", "income_stability", "emergency_fund")
            if key in given
        ),
    ]
    from_profile = {
        "emergency_fund": None
        if known.emergency_fund_months is None
        else min(known.emergency_fund_months / FULL_EMERGENCY_MONTHS, 1.0),
        "net_worth_share": None
        if known.net_worth_share is None
        else 1 - min(max(known.net_worth_share, 0.0), 1.0),
        "dependants": None
        if known.dependants is None
        else 1 - min(known.dependants / MANY_DEPENDANTS, 1.0),
    }
    for key, share in from_profile.items():
        if share is None:
            continue
        fresh = _part(key, "capacity", None, 100 * max(share, 0.0))
        answered = next((part for part in parts if part.id == key), None)
        if answered is None:
            parts.append(fresh)
        elif fresh.score < answered.score:
            parts[parts.index(answered)] = fresh
    have = {part.id for part in parts}
    return tuple(parts), tuple(key for key in asked.capacity if key not in have)


def _mean(parts: tuple[Part, ...], weights: Mapping[str, float]) -> float:
    total = sum(weights[part.id] for part in parts)
    return sum(weights[part.id] * part.score for part in parts) / total


def _capacity(parts: tuple[Part, ...], weights: Mapping[str, float]) -> float:
    """The weighted mean over all inputs; one that nobody gave counts half."""
    scores = {part.id: part.score for part in parts}
    total = sum(weights.values())
    return sum(w * scores.get(key, UNKNOWN_SCORE) for key, w in weights.items()) / total


def _fires(pair: Pair, values: Mapping[str, float]) -> bool:
    bold, cautious = values.get(pair.bold_question), values.get(pair.cautious_question)
    if bold is None or cautious is None:
        return False
    return bold >= pair.at_least and cautious <= pair.at_most


def _contradictions(asked: Questionnaire, values: Mapping[str, float]) -> tuple[Contradiction, ...]:
    return tuple(
        Contradiction(pair.id, pair.question_ids, pair.text, pair.counts)
        for pair in asked.pairs
        if _fires(pair, values)
    )


def _after_contradictions(
    asked: Questionnaire, given: Answers, values: Mapping[str, float], able: float
) -> float:
    """The best score among these answers and every calmer version of their bold sides.

    Without this, someone whose bold answers contradict each other could gain by one cautious
    answer, because the contradiction goes away.
    """
    counted = [pair for pair in asked.pairs if pair.counts]
    bold = sorted({pair.bold_question for pair in counted if _fires(pair, values)})
    scores = {
        key: asked.question(key).score(given[key]) for key in asked.willingness if key in given
    }
    best = 0.0
    for ranks in product(*(range(int(values[key]) + 1) for key in bold)):
        calmer = {**values, **{key: float(rank) for key, rank in zip(bold, ranks, strict=True)}}
        for key, rank in zip(bold, ranks, strict=True):
            scores[key] = 100 * rank / (len(asked.question(key).answers) - 1)
        weight = sum(asked.willingness[key] for key in scores)
        willing = sum(asked.willingness[key] * scores[key] for key in scores) / weight
        share = sum(_fires(pair, calmer) for pair in counted) / len(counted)
        best = max(best, _combine(willing, able) - CONTRADICTION_COST * share**2)
    return best


def _reasons(
    binds: Binds,
    willing: float,
    able: float,
    horizon: float,
    cap: float,
    by_horizon: int,
    missing: tuple[str, ...],
    known: Circumstances,
    calmest_stocks: float,
) -> tuple[str, ...]:
    years = f"{round(horizon, 1):g} {'year' if round(horizon, 1) == 1 else 'years'}"
    limit = (
        f"With {years} to go, at most {int(cap * 100 + 1e-9)}% may stand in stocks. "
        f"That allows up to level {by_horizon}."
    )
    if known.goal_type == "emergency":
        limit = "Money for emergencies stays in the safest mix that should keep up with prices."
    elif cap < calmest_stocks:
        limit = (
            f"With {years} to go, the money should hardly be in stocks at all. Level 1, our "
            f"calmest, still holds {calmest_stocks:.0%}; a savings account may suit it better."
        )
    deciding = {
        "willingness": "What you are willing to see is the more cautious side, so it weighs most.",
        "capacity": "What your dates and means can bear is the more cautious side, "
        "so it weighs most.",
        "contradictions": "Some of your answers do not go together, so we stay on the careful "
        "side until you look at them again.",
        "capacity_limit": "You would accept more, but we go at most one level above what your "
        "dates and means can bear.",
        "horizon": limit,
    }
    reasons = [
        deciding[binds],
        f"Willingness {willing:.0f} of 100, ability {able:.0f} of 100; "
        "the lower one weighs three times as much.",
    ]
    if binds != "horizon":
        reasons.append(limit)
    if missing:
        names = [MISSING_TEXTS[key] for key in missing if key in MISSING_TEXTS]
        reasons.append(f"We do not know yet {_listed(names)}. What is missing counts half.")
    return tuple(reasons)


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
