"""What a visitor fills in before there is an account: six questions, no name, no address."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from onboarding.services.first_answers import (
    LEAST_TARGET,
    MOST,
    MOST_MONTHLY,
    MOST_YEARS,
    Answers,
    Numbers,
    latest_day,
)
from portfolios.planning.months import months_later
from portfolios.planning.questionnaire import Question, filled
from robo import partner
from robo.ui import words
from robo.ui.forms import Choice, MoneyField


@dataclass(frozen=True, slots=True)
class Purpose:
    """A goal to begin with: its words, and an example to change. Dollars and years."""

    type: str
    """Bluum's goal type."""
    name: str
    line: str
    target: int
    years: int
    start: int
    monthly: int


PURPOSES = {
    "home": Purpose(
        "home_purchase", "A home", "A first home, or the next one", 60_000, 7, 10_000, 500
    ),
    "retirement": Purpose(
        "retirement", "Retirement", "Money for after work", 800_000, 30, 20_000, 800
    ),
    "education": Purpose("education", "Education", "A child’s or your own", 80_000, 15, 5_000, 250),
    "emergency": Purpose(
        "emergency", "Emergency fund", "For a job lost or a roof", 15_000, 3, 3_000, 350
    ),
    "wealth": Purpose(
        "wealth_growth",
        "Growing wealth",
        "No date in mind, just more later",
        150_000,
        12,
        10_000,
        600,
    ),
    "custom": Purpose("custom", "Something else", "You name it", 20_000, 5, 3_000, 250),
}
"""By the partner's word for the type. The examples are round figures of ours."""

OF_TYPE = {purpose.type: purpose for purpose in PURPOSES.values()}


def offered() -> list[Purpose]:
    """What the partner offers, in its order."""
    return [PURPOSES[name] for name in partner.current().goal_types]


def target_field(**kwargs: Any) -> MoneyField:
    return MoneyField(
        least=LEAST_TARGET,
        most=MOST,
        error_messages={"required": "Write an amount in dollars; a guess is fine."},
        **kwargs,
    )


def monthly_field(**kwargs: Any) -> MoneyField:
    return MoneyField(
        least=Decimal(0),
        most=MOST_MONTHLY,
        error_messages={"required": "Write what you’d add each month; 0 is fine."},
        **kwargs,
    )


def start_field(**kwargs: Any) -> MoneyField:
    return MoneyField(
        least=Decimal(0),
        most=MOST,
        error_messages={"required": "Write what you’d start with; 0 is fine."},
        **kwargs,
    )


class YearField(forms.IntegerField):
    """A year within reach, of four digits."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs["widget"] = forms.TextInput(
            {"inputmode": "numeric", "autocomplete": "off", "maxlength": 4, "class": "short"}
        )
        message = "Write a year with four digits, like 2035."
        super().__init__(error_messages={"required": message, "invalid": message}, **kwargs)

    def validate(self, value: Any) -> None:
        super().validate(value)
        this_year = timezone.localdate().year
        if not this_year < value <= this_year + MOST_YEARS:
            raise ValidationError(
                f"Choose a year from {this_year + 1} to {this_year + MOST_YEARS}."
            )


class PurposeForm(forms.Form):
    type = forms.ChoiceField(
        choices=[(purpose.type, purpose.name) for purpose in PURPOSES.values()],
        error_messages={
            "required": "Choose what the money is for.",
            "invalid_choice": "Choose what the money is for.",
        },
    )

    def clean_type(self) -> str:
        kind = str(self.cleaned_data["type"])
        if kind not in {purpose.type for purpose in offered()}:
            raise ValidationError("Choose what the money is for.")
        return kind


class NumbersForm(forms.Form):
    """How much, by when, from what, and what comes each month: one sentence."""

    target = target_field(label="How much")
    year = YearField(label="By the year")
    start = start_field(label="Start with")
    monthly = monthly_field(label="Add each month")

    def __init__(self, *args: Any, answers: Answers, **kwargs: Any) -> None:
        today = timezone.localdate()
        purpose = OF_TYPE.get(answers.type, PURPOSES["custom"])
        super().__init__(*args, **kwargs)
        self.answers = answers
        known = {
            "target": answers.target,
            "year": answers.by.year if answers.by else None,
            "start": answers.start,
            "monthly": answers.monthly,
        }
        examples = {
            "target": Decimal(purpose.target),
            "year": today.year + purpose.years,
            "start": Decimal(purpose.start),
            "monthly": Decimal(purpose.monthly),
        }
        self.initial = examples | {
            name: value for name, value in known.items() if value is not None
        }

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if year := data.get("year"):
            data["by"] = in_year(year, self.answers.by)
        _more_than_start(self, data.get("target"), data.get("start"))
        _something(self, data)
        return data


class ChoicesForm(forms.Form):
    """Questions of the risk questionnaire, with the visitor's own dollars in their words."""

    def __init__(
        self, *args: Any, questions: Sequence[Question], amount: Decimal, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for question in questions:
            self.fields[question.id] = choice_field(question, amount)


def choice_field(
    question: Question, amount: Decimal, *, label: str = "", required: bool = True
) -> forms.ChoiceField:
    """Its answers, one to choose."""
    return forms.ChoiceField(
        label=label or filled(question.text, amount),
        required=required,
        choices=[
            (answer.id, Choice(filled(answer.text, amount), filled(answer.help, amount)))
            for answer in question.answers
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the answer that fits best.",
            "invalid_choice": "Choose one of the answers.",
        },
    )


class TryForm(forms.Form):
    """Other numbers, tried on the result. Empty fields mean: as it is."""

    target = target_field(label="Amount")
    monthly = monthly_field(label="Each month")
    year = YearField(label="By the year")
    start = start_field(label="Start with")
    by = forms.DateField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any, *, numbers: Numbers) -> None:
        given: dict[str, Any] = {
            "target": numbers.target,
            "monthly": numbers.monthly,
            "start": numbers.start,
            "year": numbers.by.year,
            "by": numbers.by.isoformat(),
        }
        given |= {name: data[name] for name in given if (data.get(name) or "").strip()}
        # A repair's button says one thing that changes: "monthly:341" or "by:2035-10-15".
        name, _, value = (data.get("change") or "").partition(":")
        if name in ("monthly", "start", "by") and value:
            given[name] = value
            if name == "by":
                given["year"] = value[:4]
        super().__init__(given)
        self.numbers = numbers

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        day = data.get("by") or self.numbers.by
        if year := data.get("year"):
            data["by"] = in_year(year, day)
        _more_than_start(self, data.get("target"), data.get("start"))
        _something(self, data)
        return data

    def tried(self) -> Numbers:
        """After `is_valid`."""
        data = self.cleaned_data
        return Numbers(data["target"], data["by"], data["start"], data["monthly"])


def in_year(year: int, day: date | None) -> date:
    """The same day in that year; today's day where none is known yet. At least a month from now,
    at most as far as projections reach."""
    today = timezone.localdate()
    day = day or today
    found = months_later(day, 12 * (year - day.year))
    return min(max(found, months_later(today, 1)), latest_day(today))


def _more_than_start(form: forms.Form, target: Decimal | None, start: Decimal | None) -> None:
    if target and start and start >= target:
        form.add_error(
            "target",
            f"With {words.money(start)} to start, {words.money(target)} is reached already. "
            "Change one of the two.",
        )


def _something(form: forms.Form, data: dict[str, Any]) -> None:
    if data.get("start") == 0 and data.get("monthly") == 0:
        form.add_error(
            None, "With nothing to start and nothing to add there’s nothing to plan with."
        )
