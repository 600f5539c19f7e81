"""What people should be told kindly about money they want to move."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from accounts.models import Account
from funding import calendar, limits
from funding.models import MANUAL, WIRE, BankAccount, Schedule
from robo.ui import words
from robo.ui.forms import Choice, DateField, MoneyField

WEEKDAYS = [
    (1, "Monday"),
    (2, "Tuesday"),
    (3, "Wednesday"),
    (4, "Thursday"),
    (5, "Friday"),
]
LATEST_START = timedelta(days=366)


class BankField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the account's linked banks, as cards."""

    widget = forms.RadioSelect

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=BankAccount.objects.none(), empty_label=None, **kwargs)
        wrong = "Choose one of your linked banks."
        self.error_messages |= {"required": wrong, "invalid_choice": wrong}

    def label_from_instance(self, bank: Any) -> str:
        return Choice(str(bank), hint=bank.institution)


class Keyed(forms.Form):
    """A form with the wish's key: however often it is sent, it is one wish."""

    key = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        self.expired = False
        if data is not None and _uuid(data.get("key")) is None:
            data = data.copy()
            data["key"] = str(uuid4())
            self.expired = True
        kwargs["initial"] = {"key": str(uuid4()), **(kwargs.get("initial") or {})}
        super().__init__(data, **kwargs)

    def clean_key(self) -> UUID | None:
        return _uuid(self.cleaned_data["key"])

    def clean(self) -> dict[str, Any]:
        if self.expired:
            raise forms.ValidationError(
                "This page had become too old to send. Nothing was moved. "
                "Check it and press the button again."
            )
        return self.cleaned_data


class DayField(forms.TypedChoiceField):
    """A day of the week or month. Not optional, but only one of the two is asked of a frequency."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(coerce=int, empty_value=None, **kwargs)

    def clean(self, value: Any) -> Any:
        return None if value in self.empty_values else super().clean(value)


class DepositForm(Keyed):
    amount = MoneyField(label="Amount")
    bank = BankField(label="From")

    def wish(self) -> dict[str, Any]:
        """What was asked for, once the form is valid."""
        return {name: self.cleaned_data[name] for name in ("bank", "amount", "key")}

    def __init__(self, data: Any = None, *, account: Account, **kwargs: Any) -> None:
        banks = account.banks.usable().order_by("created_at", "pk")
        first = banks.first()
        kwargs["initial"] = {"bank": first and first.pk, **(kwargs.get("initial") or {})}
        super().__init__(data, **kwargs)
        bank = self.fields["bank"]
        assert isinstance(bank, BankField)
        bank.queryset = banks
        room = limits.tightest(limits.rooms_in(account))
        self.fields["amount"] = MoneyField(
            label="Amount",
            least=limits.least_deposit(),
            most=min(limits.most_deposit(), room.left),
            error_messages={"required": "Enter an amount."},
        )


def or_usual(data: Any, method: str) -> Any:
    """What was sent, with the usual way of sending money where none was named."""
    if data is not None and "method" not in data:
        data = data.copy()
        data["method"] = method
    return data


class TransferForm(Keyed):
    """A bank transfer or a wire that the person sends."""

    amount = MoneyField(label="Amount")
    method = forms.ChoiceField(
        label="How you send it",
        choices=[
            (
                MANUAL,
                Choice("Bank transfer", hint="1 to 5 bank days. Most banks charge nothing."),
            ),
            (
                WIRE,
                Choice("Wire", hint="The bank day you send it, or the next. Banks charge for it."),
            ),
        ],
        widget=forms.RadioSelect,
        initial=MANUAL,
        error_messages={
            "required": "Choose how you send it.",
            "invalid_choice": "Choose how you send it.",
        },
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(or_usual(data, MANUAL), **kwargs)
        self.fields["amount"] = _amount_field()


class WithdrawalForm(Keyed):
    """`most` is what cash and a sale can bring, dollars."""

    amount = MoneyField(label="Amount")
    bank = BankField(label="To")
    method = forms.ChoiceField(
        label="How it is sent",
        choices=[
            ("ach", Choice("Bank transfer", hint="1 to 3 bank days. No fee.")),
            (
                WIRE,
                Choice(
                    "Wire",
                    hint="On the bank day it is sent, or the next. Your bank may charge for it.",
                ),
            ),
        ],
        widget=forms.RadioSelect,
        initial="ach",
        error_messages={
            "required": "Choose how it is sent.",
            "invalid_choice": "Choose how it is sent.",
        },
    )

    def clean_bank(self) -> BankAccount:
        bank: BankAccount = self.cleaned_data["bank"]
        if first := limits.takes_money_from(bank):
            raise forms.ValidationError(
                f"It was linked lately; money can be sent to it from {words.day(first)} on."
            )
        return bank

    def __init__(self, data: Any = None, *, account: Account, most: Decimal, **kwargs: Any) -> None:
        data = or_usual(data, "ach")
        banks = account.banks.usable().order_by("created_at", "pk")
        first = banks.first()
        kwargs["initial"] = {"bank": first and first.pk, **(kwargs.get("initial") or {})}
        super().__init__(data, **kwargs)
        bank = self.fields["bank"]
        assert isinstance(bank, BankField)
        bank.queryset = banks
        self.fields["amount"] = MoneyField(
            label="Amount",
            least=limits.least_withdrawal(),
            most=most,
            error_messages={"required": "Enter an amount."},
        )


class ScheduleForm(Keyed):
    amount = MoneyField(label="Amount each time")
    frequency = forms.ChoiceField(
        label="How often",
        choices=[
            ("monthly", Choice("Every month", hint="Fits a monthly paycheck.")),
            ("biweekly", Choice("Every two weeks", hint="Fits a paycheck every other week.")),
            ("weekly", Choice("Every week", hint="Smaller steps, more often.")),
            ("quarterly", Choice("Every three months", hint="Four times a year.")),
        ],
        widget=forms.RadioSelect,
        initial="monthly",
        error_messages={
            "required": "Choose how often.",
            "invalid_choice": "Choose how often.",
        },
    )
    day_of_month = DayField(
        label="Day of the month",
        choices=[(n, str(n)) for n in range(1, 32)],
        initial=1,
        error_messages={"invalid_choice": "Choose a day from 1 to 31."},
    )
    day_of_week = DayField(
        label="Day of the week",
        choices=WEEKDAYS,
        initial=1,
        error_messages={"invalid_choice": "Choose a day from Monday to Friday."},
    )
    start_date = DateField(label="Start on or after")
    bank = BankField(label="From")

    def __init__(self, data: Any = None, *, account: Account, **kwargs: Any) -> None:
        banks = account.banks.usable().order_by("created_at", "pk")
        first = banks.first()
        kwargs["initial"] = {
            "bank": first and first.pk,
            "start_date": today() + timedelta(days=1),
            **(kwargs.get("initial") or {}),
        }
        super().__init__(data, **kwargs)
        bank = self.fields["bank"]
        assert isinstance(bank, BankField)
        bank.queryset = banks
        self.fields["amount"] = _amount_field("Amount each time")

    def clean_start_date(self) -> date:
        start: date = self.cleaned_data["start_date"]
        if start <= today():
            raise forms.ValidationError("Start tomorrow or later.")
        if start > today() + LATEST_START:
            raise forms.ValidationError("Start within a year from now.")
        return start

    def clean(self) -> dict[str, Any]:
        super().clean()
        return one_day(self, self.cleaned_data, self.cleaned_data.get("frequency"))

    def planned(self) -> list[calendar.Run]:
        """The next three dates as we expect them, as far as the form can say."""
        if not self.is_bound:
            days = {name: self.get_initial_for_field(self.fields[name], name) for name in DAYS}
            start = self.get_initial_for_field(self.fields["start_date"], "start_date")
            return planned("monthly", start, **days)
        known = {"frequency", "start_date", *DAYS} - set(self.errors)
        if not {"frequency", "start_date"} <= known:
            return []
        data = self.cleaned_data
        days = {name: data.get(name) for name in DAYS}
        return planned(data["frequency"], data["start_date"], **days)


class ScheduleChangeForm(forms.Form):
    """Amount and day of a schedule that is there already."""

    amount = MoneyField(label="Amount each time")
    day_of_month = ScheduleForm.base_fields["day_of_month"]
    day_of_week = ScheduleForm.base_fields["day_of_week"]

    def __init__(self, data: Any = None, *, schedule: Schedule, **kwargs: Any) -> None:
        self.schedule = schedule
        kwargs["initial"] = {name: getattr(schedule, name) for name in ("amount", *DAYS)}
        super().__init__(data, **kwargs)
        self.fields["amount"] = _amount_field("Amount each time")
        unused = DAYS[0] if schedule.frequency in WEEKLY else DAYS[1]
        del self.fields[unused]

    def clean(self) -> dict[str, Any]:
        return one_day(self, self.cleaned_data, self.schedule.frequency)


DAYS = ("day_of_month", "day_of_week")
WEEKLY = {"weekly", "biweekly"}


def one_day(form: forms.Form, data: dict[str, Any], frequency: str | None) -> dict[str, Any]:
    """Keep the day that the frequency needs, and ask for it if it is missing."""
    if frequency:
        needed, other = DAYS[::-1] if frequency in WEEKLY else DAYS
        data[other] = None
        if data.get(needed) is None and needed not in form.errors:
            form.add_error(needed, "Choose a day.")
    return data


def planned(frequency: str, start: date, **days: int | None) -> list[calendar.Run]:
    """The next three runs from `start`, or none if the day is missing."""
    if days.get("day_of_week" if frequency in WEEKLY else "day_of_month") is None:
        return []
    runs: Iterator[calendar.Run] = calendar.runs(
        frequency, start, day_of_week=days["day_of_week"], day_of_month=days["day_of_month"]
    )
    return list(islice(runs, 3))


def today() -> date:
    return timezone.now().astimezone(calendar.NEW_YORK).date()


def _amount_field(label: str = "Amount") -> MoneyField:
    """Limits are read when the form is made: a partner sets its own minimum."""
    return MoneyField(
        label=label,
        least=limits.least_deposit(),
        most=limits.most_deposit(),
        error_messages={"required": "Enter an amount."},
    )


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
