"""A life event, as people tell it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portfolios import outlook
from portfolios.forms.goals import MOST, MOST_MONTHLY
from portfolios.models import Goal, LifeEvent
from portfolios.planning.months import months_later
from portfolios.services.events import Happening, happening_of
from robo.ui.forms import Choice, DateField, MoneyField

PAID_BY = [
    ("elsewhere", Choice("Money I have elsewhere", "No goal changes by it.")),
    ("goal", Choice("One of my goals", "That goal’s amount grows by it. Choose it below.")),
    ("new", Choice("A goal of its own", "We make one, and share the monthly money with it.")),
]
NAMES = {
    LifeEvent.Type.CHILD: "A child",
    LifeEvent.Type.WEDDING: "Wedding",
    LifeEvent.Type.CAREER: "New job",
}


class EventForm(forms.Form):
    """What will happen, when, and what it costs or brings. Everything but name and day may stay
    empty."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    event_type = forms.ChoiceField(
        label="What will happen?", choices=LifeEvent.Type.choices, widget=forms.Select
    )
    name = forms.CharField(
        label="What do you call it?",
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Give it a name, so you recognise it later."},
    )
    expected_date = DateField(label="When, about?", help_text="An estimate will do.")
    estimated_cost = MoneyField(
        label="What will it cost, or bring?",
        help_text="For an inheritance: what comes in. Leave it empty if you can’t say.",
        least=Decimal(0),
        most=MOST,
        required=False,
    )
    recurring = forms.BooleanField(
        label="It comes back each year",
        required=False,
        help_text="Then a twelfth of it counts each month.",
    )
    monthly_change = MoneyField(
        label="How will it change what is left each month?",
        help_text="With a minus for less, such as −900 for child care; 400 for a better job.",
        least=-MOST_MONTHLY,
        most=MOST_MONTHLY,
        required=False,
    )
    paid_by = forms.ChoiceField(
        label="What pays for a single cost?",
        choices=PAID_BY,
        widget=forms.RadioSelect,
        required=False,
    )
    goal = forms.ChoiceField(label="Which goal is it for?", required=False)
    notes = forms.CharField(
        label="Anything else",
        max_length=300,
        required=False,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(
        self, *args: Any, goals: Sequence[Goal], event: LifeEvent | None = None, **kwargs: Any
    ) -> None:
        if event:
            told = happening_of(event)
            kwargs["initial"] = {
                "key": event.key,
                "event_type": told.event_type,
                "name": told.name,
                "expected_date": told.on,
                "estimated_cost": told.cost or None,
                "recurring": told.recurring,
                "monthly_change": told.monthly or None,
                "paid_by": told.paid_by,
                "goal": told.goal or "",
                "notes": told.notes,
            }
        else:
            kwargs["initial"] = {
                "key": uuid4(),
                "paid_by": "elsewhere",
                **kwargs.get("initial", {}),
            }
        super().__init__(*args, **kwargs)
        self.event = event
        choices = [("", "None"), *((str(goal.pk), goal.name) for goal in goals)]
        self.fields["goal"] = forms.ChoiceField(
            label="Which goal is it for?", required=False, choices=choices, widget=forms.Select
        )
        if event:
            self.fields["paid_by"].help_text = "Only what differs from before changes your goals."

    def clean_expected_date(self) -> Any:
        day = self.cleaned_data["expected_date"]
        today = timezone.localdate()
        if self.event and day == self.event.expected_date:
            return day
        if day <= today:
            raise ValidationError("That day has passed. Choose one in the future.", code="past")
        if day > outlook.latest_day(today):
            raise ValidationError("Choose a day within the next 50 years.", code="late")
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("paid_by") == "goal" and data.get("estimated_cost") and not data.get("goal"):
            self.add_error("goal", "Choose the goal that pays for it.")
        day = data.get("expected_date")
        if data.get("paid_by") == "new" and day and not self.errors:
            soon = day < months_later(timezone.localdate(), 1)
            if soon and not self.event:
                self.add_error("expected_date", "A goal needs a month at least.")
        return data

    @property
    def happening(self) -> Happening:
        """What was told; of a valid form only."""
        data = self.cleaned_data
        return Happening(
            event_type=data["event_type"],
            name=data["name"],
            on=data["expected_date"],
            cost=data["estimated_cost"] or Decimal(0),
            monthly=data["monthly_change"] or Decimal(0),
            recurring=data["recurring"],
            paid_by=data["paid_by"] or "elsewhere",
            goal=int(data["goal"]) if data["goal"] else None,
            notes=data["notes"],
        )
