"""How well a questionnaire measures: agreement of its items, and how people answered it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median

import numpy as np

from portfolios.planning.consistency import FEWEST_SECONDS, Facts, find
from portfolios.planning.questionnaire import Answers, load_questionnaire

ALPHA_ITEMS = ("investment_goal", "risk_tolerance", "reaction_to_loss", "investment_knowledge")
"""The willingness items that everybody answers."""


@dataclass(frozen=True)
class Reliability:
    """Of one questionnaire version. Shares are fractions; None where there is too little to say."""

    people: int
    alpha: float | None
    median_seconds: float | None
    """Over people, of each one's mean seconds for a question."""
    very_quick: float | None
    """Among those whose times are known."""
    all_the_same: float | None


def cronbach_alpha(scores: Sequence[Sequence[float]]) -> float | None:
    """k / (k - 1) (1 - sum of item variances / variance of totals), Cronbach 1951.

    A row for a person, a column for an item. None with fewer than two people or items, or when
    all totals are the same.
    """
    table = np.array(scores, dtype=float)
    if table.ndim != 2 or min(table.shape) < 2:
        return None
    spread = float(table.sum(axis=1).var(ddof=1))
    if spread == 0:
        return None
    k = table.shape[1]
    return float(k / (k - 1) * (1 - float(table.var(axis=0, ddof=1).sum()) / spread))


def reliability(
    filled: Sequence[tuple[Answers, Mapping[str, float]]], questionnaire_id: str
) -> Reliability:
    """From each person's answers and seconds."""
    asked = load_questionnaire(questionnaire_id)
    scores = [
        [asked.question(name).score(answers[name]) for name in ALPHA_ITEMS]
        for answers, _ in filled
        if all(answers.get(name) for name in ALPHA_ITEMS)
    ]
    paces = [fmean(seconds.values()) for _, seconds in filled if seconds]
    same = [
        any(c.id == "all_the_same" for c in find(answers, Facts(), questionnaire_id))
        for answers, _ in filled
    ]
    return Reliability(
        people=len(filled),
        alpha=cronbach_alpha(scores),
        median_seconds=median(paces) if paces else None,
        very_quick=fmean(pace < FEWEST_SECONDS for pace in paces) if paces else None,
        all_the_same=fmean(same) if same else None,
    )
