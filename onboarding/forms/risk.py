"""What the risk pages ask: an amount for the examples, one question at a time, another level."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from portfolios.planning.questionnaire import BadAnswer, Question, filled
from robo.ui.forms import Choice, MoneyField


class AmountForm(forms.Form):
    amount = MoneyField(
        label="The amount",
        least=Decimal(100),
        most=Decimal(100_000_000),
        error_messages={"required": "Write an amount in dollars; a guess is fine."},
    )


class QuestionForm(forms.Form):
    """One question of the questionnaire, with the person's own dollars in its words."""

    def __init__(self, *args: Any, question: Question, amount: Decimal, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        title = filled(question.text, amount)
        if question.kind == "choice":
            self.fields["answer"] = forms.ChoiceField(
                label=title,
                required=question.required,
                choices=[
                    (a.id, Choice(filled(a.text, amount), filled(a.help, amount)))
                    for a in question.answers
                ],
                widget=forms.RadioSelect,
                error_messages={
                    "required": "Choose the answer that fits best.",
                    "invalid_choice": "Choose one of the answers.",
                },
            )
        else:
            self.fields["answer"] = forms.CharField(
                label="Years until you need most of it" if question.unit == "years" else "Percent",
                required=question.required,
                max_length=10,
                widget=forms.TextInput(
                    {"inputmode": "decimal", "autocomplete": "off", "class": "short"}
                ),
            )

    def clean_answer(self) -> str:
        given = str(self.cleaned_data["answer"]).strip().rstrip("%").strip()
        if given:
            try:
                self.question.value(given)
            except BadAnswer as problem:
                raise ValidationError(str(problem)) from None
        return given


class LevelForm(forms.Form):
    """Another level than the advised one, with a reason and a yes to the warning."""

    reason = forms.CharField(
        label="Why this level fits you better",
        min_length=10,
        max_length=400,
        widget=forms.Textarea({"rows": 3}),
        help_text="In your own words. We show it to you when we ask again in a year, and to your "
        "adviser.",
        error_messages={
            "required": "Say in a few words why.",
            "min_length": "Say it in a few more words.",
        },
    )
    understood = forms.BooleanField(
        label="I have read what this level means, and I choose it myself",
        error_messages={"required": "Tick this to go on, or keep the advised level."},
    )
