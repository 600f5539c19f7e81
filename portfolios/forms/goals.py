"""What people type about their goals, checked kindly."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portfolios import outlook
from portfolios.models import Goal
from portfolios.planning.months import months_later
from portfolios.planning.projection import BARS
from portfolios.starters import Starter, is_far
from robo import partner
from robo.ui import words
from robo.ui.forms import Choice, DateField, MoneyField

LEAST = Decimal(1)
MOST = Decimal(100_000_000)
MOST_MONTHLY = Decimal(1_000_000)
HUNDRED = Decimal(100)

TYPES: dict[str, str] = {
    "home": Goal.Type.HOME,
    "retirement": Goal.Type.RETIREMENT,
    "education": Goal.Type.EDUCATION,
    "emergency": Goal.Type.EMERGENCY,
    "wealth": Goal.Type.GROWTH,
    "custom": Goal.Type.CUSTOM,
}
"""A partner's word for a goal type to Bluum's."""

QUESTIONS: dict[str, tuple[str, str, str]] = {
    Goal.Type.HOME: ("A home", "A first home, or the next one", "What will the down payment be?"),
    Goal.Type.RETIREMENT: ("Retirement", "Money for after work", "How much do you want to have?"),
    Goal.Type.EDUCATION: ("Education", "A child’s or your own", "What will it cost?"),
    Goal.Type.EMERGENCY: (
        "Emergency fund",
        "For a job lost or a roof",
        "How much do you want at hand?",
    ),
    Goal.Type.GROWTH: (
        "Growing wealth",
        "No date in mind, just more later",
        "What would you like it to become?",
    ),
    Goal.Type.CUSTOM: ("Something else", "You name it", "How much do you need?"),
}
"""Bluum's type to its name, a line about it, and the question about the amount."""


IMPORTANCE = [
    (
        Goal.Importance.MUST_HAVE,
        Choice("A must", f"We call it on track at {BARS['must_have'] * 100:.0f} in 100 futures."),
    ),
    (Goal.Importance.NORMAL, Choice("Important", f"On track at {BARS['normal'] * 100:.0f}.")),
    (Goal.Importance.WISH, Choice("A wish", f"On track at {BARS['wish'] * 100:.0f}.")),
]
PRICES = [
    (
        "today",
        Choice("Today’s prices", "The goal grows with prices, 2.4% a year as we assume."),
    ),
    ("then", Choice("Dollars of that day", "You name the very amount you’ll need then.")),
]
MOST_RAISE = Decimal(20)


def offered_types() -> list[tuple[str, str, str]]:
    """(type, name, line) of what the partner offers, in its order."""
    return [
        (TYPES[name], QUESTIONS[TYPES[name]][0], QUESTIONS[TYPES[name]][1])
        for name in partner.current().goal_types
    ]


def check_day(day: date | None) -> date | None:
    """A day a goal can have. Raises ValidationError for the past and beyond 50 years."""
    if day is None:
        return None
    today = timezone.localdate()
    if day <= today:
        raise ValidationError("That day has passed. Choose one in the future.", code="past")
    if day < months_later(today, 1):
        raise ValidationError("Choose a day at least a month from now.", code="soon")
    if day > outlook.latest_day(today):
        raise ValidationError("Choose a day within the next 50 years.", code="late")
    return day


class RaiseField(forms.DecimalField):
    """A yearly raise in percent, from 0 to 20, to hundredths."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            min_value=Decimal(0),
            max_value=MOST_RAISE,
            decimal_places=2,
            widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
            error_messages={
                "invalid": "Enter a percentage, like 2 or 2.5.",
                "min_value": "Enter 0 or more.",
                "max_value": f"Enter {MOST_RAISE} or less.",
                "max_decimal_places": "Use two digits after the point at most.",
            },
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        return f"{value.normalize():f}" if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        return super().to_python(str(value).strip().removesuffix("%") if value else value)


class GoalForm(forms.Form):
    """A goal, on one calm screen."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    type = forms.ChoiceField(choices=Goal.Type.choices, widget=forms.HiddenInput)
    name = forms.CharField(
        label="What do you call it?",
        max_length=100,
        widget=forms.TextInput({"autocomplete": "off"}),
        error_messages={"required": "Give it a name, so you recognise it later."},
    )
    target_amount = MoneyField(
        label="How much do you need?",
        least=LEAST,
        most=MOST,
        error_messages={"required": "Enter the amount you need."},
    )
    target_date = DateField(label="By when?", help_text="An estimate will do. You can change it.")
    initial_amount = MoneyField(
        label="What do you have for it already?",
        help_text="What you’ll start with here. Leave it empty if you begin from nothing.",
        least=Decimal(0),
        most=MOST,
        required=False,
    )
    monthly_contribution = MoneyField(
        label="What will you add each month?",
        help_text="A plan, not an order. You set up the transfers yourself, later.",
        least=Decimal(0),
        most=MOST_MONTHLY,
        required=False,
    )

    importance = forms.ChoiceField(
        label="How much does it matter?",
        choices=IMPORTANCE,
        widget=forms.RadioSelect,
        required=False,
        help_text="It sets how sure you should be, and who is served first when money is short.",
    )
    prices = forms.ChoiceField(
        label="The amount is in",
        choices=PRICES,
        widget=forms.RadioSelect,
        required=False,
    )
    raise_percent = RaiseField(
        label="Raise it each year by",
        help_text="In percent, such as 2 or 2.5. Leave it empty for no raise.",
        required=False,
    )

    def __init__(
        self,
        *args: Any,
        goal: Goal | None = None,
        type: str = "",
        starter: Starter | None = None,
        **kwargs: Any,
    ) -> None:
        today = timezone.localdate()
        if goal:
            names = (
                "key",
                "type",
                "name",
                "target_amount",
                "target_date",
                "initial_amount",
                "monthly_contribution",
                "importance",
            )
            kwargs["initial"] = {name: getattr(goal, name) for name in names} | {
                "prices": "today" if goal.in_todays_dollars else "then",
                "raise_percent": (goal.raise_yearly * 100).normalize() or None,
            }
        else:
            offered = {"key": uuid4(), "type": type}
            if starter:
                offered |= {
                    "target_amount": starter.amount,
                    "target_date": starter.by,
                    "importance": starter.importance,
                    "prices": "today" if starter.in_todays_dollars(today) else "then",
                }
                if starter.name:
                    offered["name"] = starter.name
            kwargs["initial"] = offered | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.goal = goal
        kind = goal.type if goal else str(self["type"].value() or type)
        if kind in QUESTIONS:
            self.fields["target_amount"].label = QUESTIONS[kind][2]
            if not goal and kind != Goal.Type.CUSTOM:
                self.initial.setdefault("name", QUESTIONS[kind][0])
        if starter and starter.why:
            self.fields["target_amount"].help_text = starter.why

    def clean_target_date(self) -> date | None:
        day: date | None = self.cleaned_data["target_date"]
        if self.goal and day == self.goal.target_date:
            return day
        return check_day(day)

    def clean_type(self) -> str:
        kind = str(self.cleaned_data["type"])
        if self.goal:
            return self.goal.type
        if kind not in {offered for offered, _, _ in offered_types()}:
            raise ValidationError("Choose what the money is for.", code="type")
        return kind

    def clean_importance(self) -> str:
        kept = self.goal.importance if self.goal else Goal.Importance.NORMAL
        return str(self.cleaned_data["importance"] or kept)

    def clean_raise_percent(self) -> Decimal:
        return self.cleaned_data["raise_percent"] or Decimal(0)

    def clean_initial_amount(self) -> Decimal:
        return self.cleaned_data["initial_amount"] or Decimal(0)

    def clean_monthly_contribution(self) -> Decimal:
        return self.cleaned_data["monthly_contribution"] or Decimal(0)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        target, start = data.get("target_amount"), data.get("initial_amount")
        if target and start and start >= target:
            self.add_error(
                "target_amount",
                f"You already have {words.money(start)}, so this goal is reached. "
                "Enter a larger amount.",
            )
        day, prices = data.get("target_date"), data.pop("prices", "")
        if prices or not self.goal:
            far = isinstance(day, date) and is_far(day, timezone.localdate())
            data["in_todays_dollars"] = prices == "today" if prices else far
        data["raise_yearly"] = data.pop("raise_percent", Decimal(0)) / HUNDRED
        return data


class WhatIfForm(forms.Form):
    """A change that is only tried. Empty fields mean: as planned."""

    target = MoneyField(label="Amount", least=LEAST, most=MOST)
    monthly = MoneyField(label="Each month", least=Decimal(0), most=MOST_MONTHLY)
    year = forms.IntegerField(
        label="By the year", error_messages={"invalid": "Enter a year, like 2035."}
    )
    raised = RaiseField(label="Raise a year, %")
    importance = forms.ChoiceField(label="It is", choices=Goal.Importance.choices)
    today = forms.ChoiceField(choices=[("1", "today’s prices"), ("0", "dollars of that day")])
    by = forms.DateField(required=False, widget=forms.HiddenInput)
    now = MoneyField(label="Added now", least=Decimal(0), most=MOST, required=False)

    def __init__(self, data: Any, *, goal: Goal) -> None:
        filled = {
            "target": goal.target_amount,
            "monthly": goal.monthly_contribution,
            "year": goal.target_date.year,
            "raised": f"{(goal.raise_yearly * HUNDRED).normalize():f}",
            "importance": goal.importance,
            "today": "1" if goal.in_todays_dollars else "0",
            "by": goal.target_date.isoformat(),
            "now": Decimal(0),
        }
        for name in filled:
            if (data.get(name) or "").strip():
                filled[name] = data[name]
        # A repair's button says one thing that changes: "monthly:341" or "by:2035-10-15".
        name, _, value = (data.get("change") or "").partition(":")
        if name in ("monthly", "now", "by") and value:
            filled[name] = value
            if name == "by":
                filled["year"] = value[:4]
        super().__init__(filled)
        self.goal = goal

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        day = data.get("by") or self.goal.target_date
        year = data.get("year")
        if year is not None:
            if not date.min.year < year < date.max.year - 60:
                self.add_error("year", "Enter a year, like 2035.")
                return data
            if year != day.year:
                day = months_later(day, 12 * (year - day.year))
            try:
                data["by"] = day if day == self.goal.target_date else check_day(day)
            except ValidationError as problem:
                self.add_error("year", problem)
        return data

    def tried(self, saved: outlook.Wish) -> outlook.Wish:
        """The wish with what was typed; of a valid form only."""
        data = self.cleaned_data
        return replace(
            saved,
            target=data["target"],
            monthly=data["monthly"],
            by=data["by"],
            start=saved.start + (data["now"] or Decimal(0)),
            importance=data["importance"],
            in_todays_dollars=data["today"] == "1",
            raise_yearly=data["raised"] / HUNDRED,
        )


class SharesForm(forms.Form):
    """How the portfolio is divided among the goals, in percent."""

    def __init__(self, *args: Any, goals: Sequence[Goal], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.goals = goals
        for goal in goals:
            self.fields[f"goal_{goal.pk}"] = forms.CharField(
                label=goal.name,
                initial=f"{goal.share.normalize():f}",
                widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        shares: dict[int, Decimal] = {}
        for goal in self.goals:
            name = f"goal_{goal.pk}"
            typed = str(data.get(name, "")).strip().removesuffix("%").strip()
            try:
                share = Decimal(typed)
                if not share.is_finite() or share != share.quantize(Decimal("0.01")):
                    raise InvalidOperation
            except InvalidOperation:
                if name not in self.errors:
                    self.add_error(name, "Enter a percentage, like 40 or 12.5.")
                continue
            if not 0 <= share <= HUNDRED:
                self.add_error(name, "Enter a percentage from 0 to 100.")
                continue
            shares[goal.pk] = share
        total = sum(shares.values(), Decimal(0))
        if len(shares) == len(self.goals) and total != HUNDRED:
            self.add_error(
                None, f"Together that is {total.normalize():f}%. The shares must add up to 100%."
            )
        data["shares"] = shares
        return data
