"""The risk questionnaire as versioned data, read from `data/questionnaire-<id>.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Literal

from portfolios.planning.assumptions import DATA

CURRENT = "default-risk-v1"

Answers = Mapping[str, str]
"""Question id to answer id, or to a number in digits for questions of kind `number`."""


class BadAnswer(ValueError):
    """An answer that can't be read. `question_id` says which; the message is for people."""

    def __init__(self, question_id: str, message: str) -> None:
        super().__init__(message)
        self.question_id = question_id


@dataclass(frozen=True)
class Answer:
    id: str
    text: str
    help: str


@dataclass(frozen=True)
class Question:
    """`text` and `help` may hold {amount}, {down10}, {down20}, {loss20}: see `filled`."""

    id: str
    kind: Literal["choice", "number"]
    required: bool
    sent: bool
    """Whether Bluum's questionnaire has it."""
    text: str
    help: str
    answers: tuple[Answer, ...]
    """From the most cautious to the boldest; empty for numbers."""
    minimum: int
    maximum: int
    unit: str

    def value(self, given: str) -> float:
        """The answer as a number: its rank from 0, or the number itself. Raises BadAnswer."""
        if self.kind == "number":
            return self._number(given)
        for rank, answer in enumerate(self.answers):
            if answer.id == given:
                return float(rank)
        raise BadAnswer(self.id, "Please choose one of the answers.")

    def score(self, given: str) -> float:
        """0 for the most cautious answer, 100 for the boldest, evenly spaced. Raises BadAnswer."""
        value = self.value(given)
        if self.kind == "number":
            return min(value / SCORED_UP_TO.get(self.id, self.maximum), 1.0) * 100
        return 100 * value / (len(self.answers) - 1)

    def _number(self, given: str) -> float:
        try:
            number = Decimal(given)
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or not self.minimum <= number <= self.maximum:
            raise BadAnswer(self.id, f"Please type a number from {self.minimum} to {self.maximum}.")
        return float(number)


# A year that loses 40 % is beyond all ten levels: whoever accepts it scores full marks.
SCORED_UP_TO = {"largest_acceptable_loss_percent": 40}


@dataclass(frozen=True)
class Pair:
    """Two answers that don't go together, with a kind sentence about it."""

    id: str
    counts: bool
    """Whether it lowers the score; if not, it is a matter of fact to clear up."""
    bold_question: str
    at_least: float
    cautious_question: str
    at_most: float
    text: str

    @property
    def question_ids(self) -> tuple[str, str]:
        return (self.bold_question, self.cautious_question)


@dataclass(frozen=True)
class Questionnaire:
    id: str
    version: int
    valid_days: int
    questions: tuple[Question, ...]
    willingness: Mapping[str, float]
    capacity: Mapping[str, float]
    pairs: tuple[Pair, ...]

    def question(self, question_id: str) -> Question:
        """Raises BadAnswer for an unknown id."""
        for question in self.questions:
            if question.id == question_id:
                return question
        raise BadAnswer(question_id, f"There is no question {question_id}.")

    @property
    def required(self) -> tuple[Question, ...]:
        return tuple(q for q in self.questions if q.required)

    def unanswered(self, answers: Answers) -> tuple[Question, ...]:
        """The required questions still open."""
        return tuple(q for q in self.required if not answers.get(q.id))


@lru_cache(maxsize=8)
def load_questionnaire(questionnaire_id: str = CURRENT) -> Questionnaire:
    """Read one version. Raises ValueError if there is none."""
    path = DATA / f"questionnaire-{questionnaire_id}.toml"
    if not re.fullmatch(r"[a-z0-9-]+", questionnaire_id) or not path.is_file():
        raise ValueError(f"There is no questionnaire {questionnaire_id}.")
    raw = tomllib.loads(path.read_text("utf-8"))
    questions = {row["id"]: _question(row) for row in raw["question"]}
    return Questionnaire(
        id=raw["id"],
        version=raw["version"],
        valid_days=raw["valid_days"],
        questions=tuple(questions.values()),
        willingness=raw["willingness"],
        capacity=raw["capacity"],
        pairs=tuple(_pair(row, questions) for row in raw["contradiction"]),
    )


def _question(row: Mapping[str, Any]) -> Question:
    return Question(
        id=row["id"],
        kind=row["kind"],
        required=row["required"],
        sent=row.get("sent", True),
        text=row["text"],
        help=row.get("help", ""),
        answers=tuple(
            Answer(a["id"], a["text"], a.get("help", "")) for a in row.get("answers", ())
        ),
        minimum=row.get("minimum", 0),
        maximum=row.get("maximum", 0),
        unit=row.get("unit", ""),
    )


def _pair(row: Mapping[str, Any], questions: Mapping[str, Question]) -> Pair:
    bold, cautious = row["bold"], row["cautious"]
    return Pair(
        id=row["id"],
        counts=row.get("counts", True),
        bold_question=bold["question"],
        at_least=questions[bold["question"]].value(str(bold["at_least"])),
        cautious_question=cautious["question"],
        at_most=questions[cautious["question"]].value(str(cautious["at_most"])),
        text=row["text"],
    )


def filled(text: str, amount: Decimal) -> str:
    """Put the person's own dollars into a question: whole dollars, as $12,000."""

    def dollars(share: str) -> str:
        return f"${amount * Decimal(share):,.0f}"

    return text.format(
        amount=dollars("1"), down10=dollars("0.9"), down20=dollars("0.8"), loss20=dollars("0.2")
    )
