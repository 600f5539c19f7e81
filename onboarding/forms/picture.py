"""Forms of the wider picture: profile sections, people, accounts elsewhere, the yearly check."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from onboarding.elsewhere import ASSETS, DEBT_TYPES, DEBTS, TYPE_WORDS
from onboarding.forms.application import STATES
from onboarding.models import Dependent, ExternalAccount
from onboarding.picture import PREFERENCES, SECTORS, Question, Section, shown, stored
from portfolios.planning.assumptions import load
from portfolios.planning.policy import substitutes
from robo.ui.forms import DateField, MoneyField

EMPTY = ("", "Not answered")


class RoughMoneyField(MoneyField):
    """Dollars as people say them: `about 3,500`, `85k`, or a range, of which the middle counts."""

    def to_python(self, value: Any) -> Decimal | None:
        if not isinstance(value, str):
            return super().to_python(value)
        text = re.sub(r"^\s*(about|around|ca\.?|roughly|~)\s*", "", value.strip(), flags=re.I)
        parts = re.split(r"(?<=[\dk])\s*(?:-|\N{EN DASH}|to)\s*(?=[$\d])", text, flags=re.I)
        if len(parts) == 2:
            low, high = self._one(parts[0]), self._one(parts[1])
            if low is not None and high is not None:
                return ((low + high) / 2).quantize(Decimal("0.01"))
        return self._one(text)

    def _one(self, text: str) -> Decimal | None:
        text = text.strip()
        times = {"k": 1_000, "m": 1_000_000}.get(text[-1:].lower())
        found = super().to_python(text[:-1] if times else text)
        return found if found is None or times is None else found * times


class PercentField(forms.DecimalField):
    """Percent as typed, `22` or `22%`; the value is percent."""

    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]
        text = value.strip().removesuffix("%").strip() if isinstance(value, str) else value
        return super().to_python(text)


def short_text(**attributes: Any) -> forms.TextInput:
    return forms.TextInput({"autocomplete": "off", **attributes})


def field_for(question: Question, label: str = "") -> forms.Field:
    """A field for a question of the profile; never required."""
    given: dict[str, Any] = {
        "label": label or question.label,
        "help_text": question.help,
        "required": False,
    }
    match question.kind:
        case "money":
            return RoughMoneyField(least=Decimal(question.least), most=Decimal(question.most),
                                   **given)  # fmt: skip
        case "whole":
            attributes = {"inputmode": "numeric", "class": "short"}
            return forms.IntegerField(
                min_value=question.least,
                max_value=question.most,
                widget=short_text(**attributes),
                error_messages={"invalid": "Use a whole number."},
                **given,
            )
        case "percent":
            return PercentField(
                min_value=question.least,
                max_value=question.most,
                max_digits=6,
                decimal_places=3,
                widget=short_text(inputmode="decimal", **{"class": "short"}),
                error_messages={"invalid": "Use a number of percent, like 3.5."},
                **given,
            )
        case "yes_no":
            return forms.TypedChoiceField(
                choices=[EMPTY, ("yes", "Yes"), ("no", "No")],
                coerce=lambda value: value == "yes",
                empty_value=None,
                **given,
            )
        case "choice":
            return forms.ChoiceField(choices=[EMPTY, *question.choices], **given)
        case "state":
            return forms.ChoiceField(choices=[EMPTY, *STATES], **given)
    return forms.CharField(max_length=100, widget=short_text(), **given)


class SectionForm(forms.Form):
    """One section of the profile. `given` is what was told before."""

    def __init__(
        self, *args: Any, section: Section, given: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial.update({q.name: shown(q, given.get(q.name)) for q in section.questions})
        self.section = section
        for question in section.questions:
            self.fields[question.name] = field_for(question)

    def answers(self) -> dict[str, Any]:
        """Every question of the section as it is kept; None where nothing was answered."""
        return {q.name: stored(q, self.cleaned_data.get(q.name)) for q in self.section.questions}


class PreferencesForm(SectionForm):
    """How someone likes to invest: a section of the profile, and wishes for the policy."""

    minimum_cash_percent = PercentField(
        label="Cash to keep at all times, percent",
        help_text="Of your portfolio. More cash means calmer and, over years, usually less.",
        required=False,
        min_value=0,
        max_value=20,
        max_digits=4,
        decimal_places=1,
        widget=short_text(inputmode="decimal", **{"class": "short"}),
        error_messages={"max_value": "Up to 20 percent. For more, a lower risk level fits better."},
    )
    excluded_sectors = forms.MultipleChoiceField(
        label="Lines of business to leave out",
        help_text="Funds that are made of it aren’t bought. Broad funds hold a little of "
        "everything; if that isn’t enough for you, tell your adviser.",
        choices=SECTORS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    excluded_securities = forms.MultipleChoiceField(
        label="Funds to leave out",
        help_text="Another fund of the same kind takes its place.",
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self, *args: Any, given: Mapping[str, Any], wishes: Mapping[str, Any], **kwargs: Any
    ) -> None:
        super().__init__(*args, section=PREFERENCES, given=given, **kwargs)
        cash = Decimal(str(wishes.get("minimum_cash_percent") or 0))
        self.initial.update(
            {
                "minimum_cash_percent": f"{cash.normalize():f}" if cash else None,
                "excluded_sectors": wishes.get("excluded_sectors", []),
                "excluded_securities": wishes.get("excluded_securities", []),
            }
        )
        self.order_fields(
            ["esg_screening", "shariah_compliant", "minimum_cash_percent", "excluded_securities"]
        )
        funds: Any = self.fields["excluded_securities"]
        funds.choices = funds_to_exclude(wishes.get("excluded_securities", []))
        self.fields["esg_screening"].help_text = "Screened funds are used where there are such."
        self.fields["shariah_compliant"].help_text = (
            "We have no ready-made portfolio for this. An adviser goes through the funds with you "
            "before anything is invested."
        )

    def clean_excluded_securities(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["excluded_securities"]
        gone = [fund for fund, other in substitutes(chosen).items() if other is None]
        if gone:
            raise ValidationError(
                f"With {gone[0]} and everything like it left out, nothing remains for that part. "
                "Keep one of them."
            )
        return chosen

    def wishes(self) -> dict[str, Any]:
        """For the policy, as `InvestorProfile.wishes` keeps it."""
        data = self.cleaned_data
        return {
            "excluded_securities": sorted(data["excluded_securities"]),
            "excluded_sectors": sorted(data["excluded_sectors"]),
            "minimum_cash_percent": str(data.get("minimum_cash_percent") or 0),
        }


def funds_to_exclude(excluded: Iterable[str]) -> list[tuple[str, str]]:
    """The funds in use, and those that would come instead of what is left out already."""
    gone, found = set(excluded), []
    for held in load().classes:
        for place, fund in enumerate(held.funds):
            after = held.funds[place + 1] if place + 1 < len(held.funds) else None
            instead = f"; {after} instead" if after else "; nothing else like it"
            found.append((fund, f"{fund}, {held.name}{instead}"))
            if fund not in gone:
                break
    return found


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    """Someone who depends on the investor's income."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    first_name = forms.CharField(
        label="First name", max_length=60, widget=short_text(),
        error_messages={"required": "A first name, or what you call them."},
    )  # fmt: skip
    relationship = forms.ChoiceField(
        label="Who they are to you",
        choices=[("", "Choose"), *Dependent.Relationship.choices],
        error_messages={"required": "Choose who they are to you."},
    )
    date_of_birth = DateField(label="Born", required=False)
    financial_support_until = DateField(
        label="You expect to support them until",
        required=False,
        help_text="For a child perhaps the year they finish school.",
    )
    has_education_plans = forms.BooleanField(label="College or training is planned", required=False)
    estimated_education_cost = RoughMoneyField(
        label="About what that costs in all",
        required=False,
        least=Decimal(0),
        most=Decimal(10_000_000),
        help_text="In today’s dollars. It isn’t a goal yet; you can make one of it.",
    )

    class Meta:
        model = Dependent
        fields = (
            "first_name",
            "relationship",
            "date_of_birth",
            "financial_support_until",
            "has_education_plans",
            "estimated_education_cost",
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        born, until = data.get("date_of_birth"), data.get("financial_support_until")
        if born and born > timezone.localdate():
            self.add_error("date_of_birth", "That day is still to come.")
        if born and until and until <= born:
            self.add_error("financial_support_until", "This is before they were born.")
        return data

    def told(self) -> dict[str, Any]:
        """The fields of a dependent."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class HoldingForm(forms.ModelForm):  # type: ignore[type-arg]
    """Money or debt held elsewhere, typed in."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid4)
    account_type = forms.ChoiceField(
        label="What it is",
        choices=[
            ("", "Choose"),
            *[(f"You own: {group}", kinds) for group, kinds in ASSETS],
            *[(f"You owe: {group}", kinds) for group, kinds in DEBTS],
        ],
        error_messages={"required": "Choose what it is."},
    )
    name = forms.CharField(
        label="What you call it", max_length=100, required=False, widget=short_text()
    )
    balance = RoughMoneyField(
        label="What it’s worth, or what you owe",
        least=Decimal(0),
        most=Decimal(1_000_000_000),
        help_text="Today, rounded. For a debt, what is left to pay.",
        error_messages={"required": "Write an amount; a guess is fine."},
    )
    institution = forms.CharField(
        label="Where it’s held", max_length=100, required=False, widget=short_text()
    )
    interest_rate = PercentField(
        label="Interest, percent a year",
        required=False,
        min_value=0,
        max_value=100,
        max_digits=6,
        decimal_places=3,
        help_text="A dear debt is often better paid off before investing.",
        widget=short_text(inputmode="decimal", **{"class": "short"}),
    )
    minimum_payment = RoughMoneyField(
        label="What you pay on it each month", required=False, least=Decimal(0),
        help_text="For debts.",
    )  # fmt: skip

    class Meta:
        model = ExternalAccount
        fields = (
            "account_type",
            "name",
            "balance",
            "institution",
            "interest_rate",
            "minimum_payment",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk and self.instance.interest_rate is not None:
            rate = self.instance.interest_rate * 100
            self.initial["interest_rate"] = f"{rate.normalize():f}"

    def told(self) -> dict[str, Any]:
        """The fields of an account elsewhere; interest as a fraction."""
        data = {name: self.cleaned_data[name] for name in self._meta.fields or ()}
        if data["interest_rate"] is not None:
            data["interest_rate"] /= 100
        data["is_asset"] = data["account_type"] not in DEBT_TYPES
        data["name"] = data["name"] or TYPE_WORDS[data["account_type"]]
        return data


class RemoveLinkForm(forms.Form):
    """What becomes of the balances of a bank that is disconnected."""

    keep = forms.TypedChoiceField(
        label="The balances you see now",
        choices=[
            ("keep", "Keep them, as if I had typed them in"),
            ("drop", "Take them out of my picture"),
        ],
        coerce=lambda value: value == "keep",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what becomes of the balances."},
    )


class CheckForm(forms.Form):
    """Only what is stale: answers that change with time, and balances typed in long ago."""

    def __init__(
        self,
        *args: Any,
        questions: list[tuple[Section, Question, Any]],
        accounts: list[ExternalAccount],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.accounts = questions, accounts
        for section, question, kept in questions:
            name = f"{section.key}.{question.name}"
            self.fields[name] = field_for(question)
            self.initial[name] = shown(question, kept)
        for account in accounts:
            name = f"account.{account.pk}"
            self.fields[name] = RoughMoneyField(
                label=account.name,
                help_text=account.institution,
                least=Decimal(0),
                most=Decimal(1_000_000_000),
                error_messages={"required": "Write an amount; 0 if it is gone."},
            )
            self.initial[name] = account.balance

    def changed_sections(self) -> dict[str, dict[str, Any]]:
        """The answers that are not what they were, by section."""
        found: dict[str, dict[str, Any]] = {}
        for section, question, kept in self.questions:
            value = stored(question, self.cleaned_data.get(f"{section.key}.{question.name}"))
            if value != kept:
                found.setdefault(section.key, {})[question.name] = value
        return found

    def changed_balances(self) -> dict[int, Decimal]:
        """Account to balance, where another one was typed."""
        return {
            account.pk: value
            for account in self.accounts
            if (value := self.cleaned_data[f"account.{account.pk}"]) != account.balance
        }
