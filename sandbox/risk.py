"""The scoring of risk questionnaires: one table, to be edited by whoever is responsible for it.

Known: both scales and the answers of `default-risk-v1`. Our choice: everything else. An answer
counts by its rank among its question's answers, from 0 to 100; the score is the mean. An answer
that is not in the table counts by the `score` the client sent, taken as 1 to 10 points; for answers
in the table the client's score is ignored. Questions that are asked for the record only
(experienced_major_decline, largest_acceptable_loss_percent, time_horizon_years) do not count.
"""

from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from sandbox.world import Row

ANSWERS = {
    "investment_goal": ("preservation", "income", "balanced", "growth", "aggressive_growth"),
    "time_horizon": ("5_years", "10_years", "20_years", "30_years"),
    "risk_tolerance": ("conservative", "moderate", "aggressive"),
    "reaction_to_loss": ("sell_immediately", "wait_and_see", "hold_and_wait", "buy_more"),
    "income_needs": ("significant", "some", "none"),
    "investment_knowledge": ("beginner", "intermediate", "advanced"),
    "action_during_decline": ("sold_everything", "sold_some", "held_positions", "bought_more"),
}
"""Answers by question, from low to high."""

FOR_THE_RECORD = (
    "experienced_major_decline",
    "largest_acceptable_loss_percent",
    "time_horizon_years",
)


@dataclass(frozen=True)
class Band:
    """A stretch of the scale 0 to 100 and what it is called on both scales. Stocks in percent."""

    lowest: int
    highest: int
    tolerance: str
    category: str
    least_stocks: int
    most_stocks: int


BANDS = (
    Band(0, 25, "conservative", "conservative", 20, 30),
    Band(26, 40, "moderately_conservative", "moderate_conservative", 30, 45),
    Band(41, 55, "moderate", "moderate", 45, 60),
    Band(56, 70, "moderately_aggressive", "moderate_growth", 60, 75),
    Band(71, 100, "aggressive", "aggressive_growth", 75, 90),
)
VOLATILITY = ((4, "low"), (7, "medium"), (10, "high"))
"""Volatility tolerance by the score of 1 to 10."""

VALID_FOR = timedelta(days=365)
REMIND = timedelta(days=30)
"""A new assessment is asked for from this time before expiry."""


def mean_score(responses: list[Row]) -> Decimal | None:
    """0 to 100; None if no answer counts."""
    scores = [score for score in map(_score, responses) if score is not None]
    return sum(scores, Decimal(0)) / len(scores) if scores else None


def _score(response: Row) -> Decimal | None:
    question, answer = response["question_id"], response["answer_id"]
    ranks = ANSWERS.get(question, ())
    if answer in ranks:
        return Decimal(100 * ranks.index(answer)) / (len(ranks) - 1)
    points = response.get("score")
    if points is None or question in FOR_THE_RECORD:
        return None
    points = min(max(Decimal(str(points)), Decimal(1)), Decimal(10))
    return (points - 1) / 9 * 100


def scored(responses: list[Row]) -> Row:
    """What an assessment says: the reference's fields, and the guide's beside them."""
    mean = mean_score(responses)
    if mean is None:
        names = ("computed_risk_score", "risk_tolerance", "volatility_tolerance")
        return dict.fromkeys(
            (*names, "risk_score", "risk_category", "recommended_equity_allocation")
        )
    whole, score = _round(mean), 1 + _round(mean * 9 / 100)
    band = next(band for band in BANDS if whole <= band.highest)
    part = Decimal(whole - band.lowest) / (band.highest - band.lowest)
    return {
        "computed_risk_score": score,
        "risk_tolerance": band.tolerance,
        "volatility_tolerance": next(name for upto, name in VOLATILITY if score <= upto),
        "risk_score": whole,
        "risk_category": band.category,
        "recommended_equity_allocation": _round(
            band.least_stocks + part * (band.most_stocks - band.least_stocks)
        ),
    }


def _round(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), rounding=ROUND_HALF_UP))
