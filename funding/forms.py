"""What people should be told kindly about money they want to move."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from accounts.models import Account
from funding import calendar, limits, rhythm
from funding.models import MANUAL, WIRE, BankAccount, Schedule
from portfolios.planning.months import months_later
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
        self.rooms = limits.rooms_in(account)
        self.fields["amount"] = MoneyField(
            label="Amount",
            least=limits.least_deposit(),
            most=min(limits.most_deposit(), limits.tightest(self.rooms).left),
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


class Rules(forms.Form):
    """What a schedule keeps to: the bank's buffer, and a raise over time."""

    buffer = MoneyField(
        label="Always leave in the bank account",
        required=False,
        least=Decimal(0),
        most=Decimal(1_000_000),
        initial=Decimal(100),
    )
    raise_by = forms.DecimalField(
        label="Raise it by",
        required=False,
        min_value=Decimal("0.01"),
        max_digits=8,
        decimal_places=2,
        localize=False,
        widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={"invalid": "Enter a number, like 1 or 10."},
    )
    raise_unit = forms.ChoiceField(
        label="Percent or dollars",
        choices=[("percent", "percent"), ("dollars", "dollars")],
        required=False,
        initial="percent",
    )
    raise_months = forms.TypedChoiceField(
        label="How often it rises",
        choices=[(3, "Every three months"), (6, "Every six months"), (12, "Every year")],
        coerce=int,
        empty_value=None,
        required=False,
        initial=12,
    )
    raise_most = MoneyField(label="But never above", required=False)

    def keep_rules(self, data: dict[str, Any]) -> None:
        """The rules as a schedule keeps them; a raise that makes no sense is told."""
        data["buffer"] = data.get("buffer") or Decimal(0)
        by, amount = data.get("raise_by"), data.get("amount")
        if not by:
            data |= {"raise_by": None, "raise_unit": "", "raise_months": None, "raise_most": None}
            return
        data["raise_unit"] = data.get("raise_unit") or "percent"
        data["raise_months"] = data.get("raise_months") or 12
        if data["raise_unit"] == "percent" and by > MOST_RAISE:
            self.add_error("raise_by", f"Raise by {MOST_RAISE} percent or less at a time.")
        elif data["raise_unit"] == "dollars" and amount and by > amount:
            self.add_error("raise_by", "Raise by no more than the amount itself.")
        most = data.get("raise_most")
        if most and amount and most <= amount:
            self.add_error("raise_most", "Enter more than the amount it starts with.")


class ScheduleForm(Keyed, Rules):
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
    timing = forms.ChoiceField(
        label="Which day",
        choices=[
            ("payday", Choice("The day after payday", hint="Before it can be spent.")),
            ("on_day", Choice("A day you choose", hint="Any day of the month or week.")),
        ],
        widget=forms.RadioSelect,
        initial="on_day",
        error_messages={
            "required": "Choose which day.",
            "invalid_choice": "Choose which day.",
        },
    )
    paid_on = DateField(label="Your next payday")
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
        if data is not None and "timing" not in data:  # as before there was a choice
            self.fields["timing"].required = False
        self.by_payday = data is not None and data.get("timing") == "payday"
        self.fields["start_date" if self.by_payday else "paid_on"].required = False

    def clean_start_date(self) -> date | None:
        return None if self.by_payday else _soon(self.cleaned_data["start_date"])

    def clean_paid_on(self) -> date | None:
        paid: date | None = self.cleaned_data["paid_on"] if self.by_payday else None
        if paid and paid < today():
            raise forms.ValidationError("Enter a payday that is still to come.")
        if paid:
            _soon(paid + timedelta(days=1))
        return paid

    def clean(self) -> dict[str, Any]:
        super().clean()
        data, frequency = self.cleaned_data, self.cleaned_data.get("frequency")
        self.keep_rules(data)
        if self.by_payday:
            if paid := data.get("paid_on"):
                data |= after_payday(paid, frequency)
            return data
        return one_day(self, data, frequency)

    def wish(self) -> dict[str, Any]:
        """What was asked for, as a schedule keeps it, once the form is valid."""
        names = ("bank", "amount", "frequency", "start_date", *DAYS, *RULES)
        return {name: self.cleaned_data.get(name) for name in names} | {"payday": self.by_payday}

    def planned(self) -> list[rhythm.Coming]:
        """The next dates as we expect them, as far as the form can say."""
        if not self.is_bound:
            days = {name: self.get_initial_for_field(self.fields[name], name) for name in DAYS}
            start = self.get_initial_for_field(self.fields["start_date"], "start_date")
            return planned(frequency="monthly", start_date=start, amount=Decimal(0), **days)
        given = self.wish()
        if not given["frequency"] or not given["start_date"] or set(DAYS) & set(self.errors):
            return []
        given.pop("bank")
        return planned(**given | {"amount": given["amount"] or Decimal(0)})


class ScheduleChangeForm(Rules):
    """Amount, day and rules of a schedule that is there already."""

    amount = MoneyField(label="Amount each time")
    day_of_month = ScheduleForm.base_fields["day_of_month"]
    day_of_week = ScheduleForm.base_fields["day_of_week"]

    def __init__(self, data: Any = None, *, schedule: Schedule, **kwargs: Any) -> None:
        self.schedule = schedule
        kept = {name: getattr(schedule, name) for name in ("amount", *DAYS, *RULES)}
        kwargs["initial"] = kept | {
            "raise_unit": schedule.raise_unit or "percent",
            "raise_months": schedule.raise_months or 12,
            "raise_by": schedule.raise_by and f"{schedule.raise_by.normalize():f}",
        }
        super().__init__(data, **kwargs)
        self.fields["amount"] = _amount_field("Amount each time")
        unused = DAYS[0] if schedule.frequency in WEEKLY else DAYS[1]
        del self.fields[unused]

    def clean(self) -> dict[str, Any]:
        self.keep_rules(self.cleaned_data)
        return one_day(self, self.cleaned_data, self.schedule.frequency)


class RestForm(forms.Form):
    """Until when nothing is pulled."""

    how_long = forms.ChoiceField(
        label="Until",
        widget=forms.RadioSelect,
        initial="1",
        error_messages={"required": "Choose until when.", "invalid_choice": "Choose until when."},
    )
    until = DateField(label="The day from which it goes on", required=False)

    def __init__(self, data: Any = None, *, schedule: Schedule, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        choices = self.fields["how_long"]
        assert isinstance(choices, forms.ChoiceField)
        self.days = {str(months): months_later(today(), months) for months in (1, 2, 3, 6)}
        choices.choices = [
            (key, Choice(words.day(day), hint=rest_words(schedule, day)))
            for key, day in self.days.items()
        ] + [("date", Choice("A day you choose", hint="Up to a year from now."))]

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("how_long") != "date":
            data["until"] = self.days.get(data.get("how_long", ""))
        elif not data.get("until"):
            if "until" not in self.errors:
                self.add_error("until", "Fill in month, day and year.")
        elif not today() < data["until"] <= today() + LATEST_START:
            self.add_error("until", "Choose a day from tomorrow to a year from now.")
        return data


def rest_words(schedule: Schedule, day: date) -> str:
    """How many runs a rest until this day leaves out, and when it goes on."""
    runs = rhythm.coming(schedule, 60)
    out = sum(run.named < day for run in runs)
    after = next((run for run in runs if run.named >= day), None)
    goes_on = f"goes on {words.day(after.day)}" if after else "goes on after that"
    return f"Leaves out {out or 'no'} {'run' if out == 1 else 'runs'}, {goes_on}."


DAYS = ("day_of_month", "day_of_week")
RULES = ("buffer", "raise_by", "raise_unit", "raise_months", "raise_most")
WEEKLY = {"weekly", "biweekly"}
MOST_RAISE = Decimal(25)


def after_payday(paid: date, frequency: str | None) -> dict[str, Any]:
    """Day and start of a schedule that runs the day after this payday, never on a weekend by
    name; a payday at a month's end runs on the first."""
    start = paid + timedelta(days=1)
    found: dict[str, Any] = {"day_of_month": None, "day_of_week": None}
    if frequency in WEEKLY:
        while start.weekday() > 4:
            start += timedelta(days=1)
        found["day_of_week"] = start.isoweekday()
    else:
        found["day_of_month"] = start.day
    return found | {"start_date": start}


def _soon(start: date) -> date:
    if start <= today():
        raise forms.ValidationError("Start tomorrow or later.")
    if start > today() + LATEST_START:
        raise forms.ValidationError("Start within a year from now.")
    return start


def one_day(form: forms.Form, data: dict[str, Any], frequency: str | None) -> dict[str, Any]:
    """Keep the day that the frequency needs, and ask for it if it is missing."""
    if frequency:
        needed, other = DAYS[::-1] if frequency in WEEKLY else DAYS
        data[other] = None
        if data.get(needed) is None and needed not in form.errors:
            form.add_error(needed, "Choose a day.")
    return data


def planned(**wish: Any) -> list[rhythm.Coming]:
    """The next runs of a schedule that isn't there yet, or none if its day is missing."""
    if wish.get("day_of_week" if wish["frequency"] in WEEKLY else "day_of_month") is None:
        return []
    if wish.get("raise_by"):
        wish["raise_on"] = months_later(wish["start_date"], wish["raise_months"])
    return rhythm.coming(Schedule(**wish))


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
