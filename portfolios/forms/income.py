"""The years after work: what someone wants to spend, and what comes in anyway."""

from decimal import Decimal
from typing import Any

from django import forms

from portfolios.forms.goals import MOST_MONTHLY
from portfolios.retirement import Answers
from portfolios.starters import Known
from robo.ui.forms import MoneyField

OLDEST = 110
USUAL_SPENDING = Decimal("0.7")


class AgeField(forms.IntegerField):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=18,
            max_value=OLDEST,
            widget=forms.TextInput({"inputmode": "numeric", "class": "short"}),
            error_messages={
                "required": "Enter an age in years.",
                "invalid": "Enter an age in years, like 67.",
                "min_value": "Enter 18 or more.",
                "max_value": f"Enter {OLDEST} or less.",
            },
            **kwargs,
        )


def _money(label: str, hint: str, *, required: bool = False) -> MoneyField:
    return MoneyField(
        label=label,
        help_text=hint,
        least=Decimal(0),
        most=MOST_MONTHLY,
        required=required,
        error_messages={"required": "Enter a monthly amount; a guess will do."},
    )


class IncomeForm(forms.Form):
    """All amounts are dollars a month at today's prices."""

    age = AgeField(label="How old are you?")
    spending = _money(
        "What do you want to spend each month?", "At today’s prices, taxes included.", required=True
    )
    social_security = _money(
        "Social Security a month", "From your statement at ssa.gov, at today’s prices."
    )
    social_security_age = AgeField(label="From which age?", required=False)
    pension = _money("Other pensions a month", "Fixed: we let prices eat into it.")
    pension_age = AgeField(label="From which age, for the pension?", required=False)
    until_age = AgeField(
        label="Plan until which age?",
        help_text="One in three 65-year-olds today reaches 90; 95 is the careful side.",
    )
    guardrails = forms.BooleanField(
        label="Spend a tenth less after bad years, and more again after good ones",
        required=False,
        help_text="Guardrails: it makes the money last longer for small cuts.",
    )

    def __init__(
        self, *args: Any, answers: Answers | None = None, known: Known | None = None, **kwargs: Any
    ) -> None:
        if answers:
            kwargs["initial"] = {
                "age": answers.age,
                "spending": answers.spending,
                "social_security": answers.social_security or None,
                "social_security_age": answers.social_security_age,
                "pension": answers.pension or None,
                "pension_age": answers.pension_age,
                "until_age": answers.until_age,
                "guardrails": answers.guardrails,
            }
        elif known:
            usual = known.income * USUAL_SPENDING / 12 if known.income else None
            kwargs["initial"] = {
                "age": known.age,
                "spending": known.expenses or (usual and usual.quantize(Decimal(100))),
                "social_security": known.social_security,
                "social_security_age": known.social_security_age or 67,
                "pension": known.pension,
                "pension_age": known.pension_age or 65,
                "until_age": 95,
            }
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        age, until = data.get("age"), data.get("until_age")
        if age and until and until <= age:
            self.add_error("until_age", "That is not later than your age today.")
        return data

    @property
    def answers(self) -> Answers:
        """What was told; of a valid form only."""
        data = self.cleaned_data
        return Answers(
            age=data["age"],
            until_age=data["until_age"],
            spending=data["spending"],
            social_security=data["social_security"] or Decimal(0),
            social_security_age=data["social_security_age"] or 67,
            pension=data["pension"] or Decimal(0),
            pension_age=data["pension_age"] or 65,
            guardrails=data["guardrails"],
        )
