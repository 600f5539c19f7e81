"""The risk questions on one page, for who comes with a plan that has answered some."""

from decimal import Decimal
from typing import Any

from django import forms

from onboarding.forms.first_plan import choice_field
from onboarding.models import RiskDraft
from portfolios.planning.questionnaire import BadAnswer, filled, load_questionnaire


class RestForm(forms.Form):
    """Every question; those the plan has answered, the `known` ones, with its answers."""

    def __init__(
        self, *args: Any, draft: RiskDraft, amount: Decimal, known: set[str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.known = known
        for question in load_questionnaire().questions:
            title = filled(question.text, amount)
            if question.kind == "choice":
                field: forms.Field = choice_field(
                    question, amount, label=title, required=question.required
                )
                if question.id == "action_during_decline":
                    field.help_text = "If you have. Otherwise leave it open."
            else:
                field = forms.CharField(
                    label=title,
                    help_text=filled(question.help, amount),
                    required=question.required,
                    max_length=10,
                    widget=forms.TextInput(
                        {"inputmode": "decimal", "autocomplete": "off", "class": "short"}
                    ),
                )
            field.initial = draft.answers.get(question.id)
            self.fields[question.id] = field

    def planned(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name in self.known]

    def still_open(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name not in self.known]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for question in load_questionnaire().questions:
            given = str(data.get(question.id) or "").strip().rstrip("%").strip()
            if question.kind == "number" and given:
                try:
                    question.value(given)
                except BadAnswer as problem:
                    self.add_error(question.id, str(problem))
            data[question.id] = given
        return data
