"""What people type about their goals, checked kindly."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from portfolios import outlook
from portfolios.models import Goal
from robo import partner
from robo.ui import words
from robo.ui.forms import DateField, MoneyField

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
    if day < outlook.months_later(today, 1):
        raise ValidationError("Choose a day at least a month from now.", code="soon")
    if day > outlook.latest_day(today):
        raise ValidationError("Choose a day within the next 50 years.", code="late")
    return day


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

    def __init__(self, *args: Any, goal: Goal | None = None, type: str = "", **kwargs: Any) -> None:
        if goal:
            names = (
                "key",
                "type",
                "name",
                "target_amount",
                "target_date",
                "initial_amount",
                "monthly_contribution",
            )
            kwargs["initial"] = {name: getattr(goal, name) for name in names}
        else:
            kwargs["initial"] = {"key": uuid4(), "type": type, **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        self.goal = goal
        kind = goal.type if goal else str(self["type"].value() or type)
        if kind in QUESTIONS:
            self.fields["target_amount"].label = QUESTIONS[kind][2]
            if not goal and kind != Goal.Type.CUSTOM:
                self.initial.setdefault("name", QUESTIONS[kind][0])

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
        return data


class WhatIfForm(forms.Form):
    """A change that is only tried. Empty fields mean: as planned."""

    target = MoneyField(label="Amount", least=LEAST, most=MOST)
    monthly = MoneyField(label="Each month", least=Decimal(0), most=MOST_MONTHLY)
    year = forms.IntegerField(
        label="By the year", error_messages={"invalid": "Enter a year, like 2035."}
    )
    by = forms.DateField(required=False, widget=forms.HiddenInput)
    now = MoneyField(label="Added now", least=Decimal(0), most=MOST, required=False)

    def __init__(self, data: Any, *, goal: Goal) -> None:
        filled = {
            "target": goal.target_amount,
            "monthly": goal.monthly_contribution,
            "year": goal.target_date.year,
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
                day = outlook.months_later(day, 12 * (year - day.year))
            try:
                data["by"] = day if day == self.goal.target_date else check_day(day)
            except ValidationError as problem:
                self.add_error("year", problem)
        return data


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
