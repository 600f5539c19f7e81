"""Fields people fill in: money as they write it, dates in three parts, choices with a hint."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from robo.ui import words


class Choice(str):
    """A choice's label with a line of help: `("monthly", Choice("Each month", hint="…"))`."""

    hint: str

    def __new__(cls, label: str, hint: str = "") -> "Choice":
        made = super().__new__(cls, label)
        made.hint = hint
        return made


class MoneyInput(forms.TextInput):
    """Shows 1,234.50 for a figure; gives back what was typed when that can't be read."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> str | None:
        if isinstance(value, str) and not re.fullmatch(r"-?\d+(\.\d{1,2})?", value):
            return value
        if value in (None, ""):
            return None
        whole = Decimal(str(value))
        return (
            f"{whole:,.2f}".removesuffix(".00") if whole == whole.to_integral() else f"{whole:,.2f}"
        )


class MoneyField(forms.Field):
    """Dollars and cents as Decimal, from `1234.5`, `1,234.50` or `$1,234`.

    `least` and `most` are in dollars.
    """

    widget = MoneyInput

    def __init__(
        self, *, least: Decimal | None = None, most: Decimal | None = None, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if least is not None:
            text = f"Enter {words.money(least)} or more."
            self.validators.append(MinValueValidator(least, text))
        if most is not None:
            text = f"Enter {words.money(most)} or less."
            self.validators.append(MaxValueValidator(most, text))

    def to_python(self, value: Any) -> Decimal | None:
        if value in self.empty_values:
            return None
        if isinstance(value, Decimal):
            return value
        text = str(value).strip().replace(words.MINUS, "-").removeprefix("$").strip()
        if not re.fullmatch(r"-?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?", text) or not re.search(
            r"\d", text
        ):
            raise ValidationError("Enter an amount in dollars, like 1,234.50.", code="invalid")
        try:
            amount = Decimal(text.replace(",", ""))
        except InvalidOperation:
            raise ValidationError(
                "Enter an amount in dollars, like 1,234.50.", code="invalid"
            ) from None
        if amount != amount.quantize(Decimal("0.01")):
            raise ValidationError("Use two digits for cents at most, like 1,234.50.", code="cents")
        if amount >= Decimal(10) ** 12:
            raise ValidationError("That is more than we can work with.", code="too_large")
        return amount.quantize(Decimal("0.01"))

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True


class ThreeFieldDate(forms.MultiWidget):
    """Month, day, year as three number fields, in the order people here say them."""

    use_fieldset = True
    parts = ("month", "day", "year")

    def __init__(self, attrs: dict[str, Any] | None = None, *, autocomplete: str = "") -> None:
        prefix = {"birth": "bday-"}.get(autocomplete, "")
        widgets = [
            forms.TextInput(
                {
                    "inputmode": "numeric",
                    "maxlength": 4 if part == "year" else 2,
                    "autocomplete": prefix + part if prefix else "off",
                    "class": "input",
                }
            )
            for part in self.parts
        ]
        super().__init__(widgets, attrs)

    def decompress(self, value: Any) -> list[Any]:
        if isinstance(value, date):
            return [value.month, value.day, value.year]
        return list(value) if value else [None, None, None]


class DateField(forms.Field):
    """A date people know, typed in three fields. `autocomplete="birth"` for a birth date."""

    def __init__(self, *, autocomplete: str = "", **kwargs: Any) -> None:
        kwargs.setdefault("widget", ThreeFieldDate(autocomplete=autocomplete))
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> date | None:
        if isinstance(value, date) or value is None:
            return value
        month, day, year = (str(part or "").strip() for part in value)
        if not (month or day or year):
            return None
        if not (month and day and year):
            raise ValidationError("Fill in month, day and year.", code="incomplete")
        if not (month.isdecimal() and day.isdecimal() and year.isdecimal()):
            raise ValidationError("Use numbers, like 7 14 1992.", code="invalid")
        if len(year) != 4:
            raise ValidationError("Write the year with four digits, like 1992.", code="year")
        if not 1 <= int(month) <= 12:
            raise ValidationError("The month is a number from 1 to 12.", code="month")
        try:
            return date(int(year), int(month), int(day))
        except ValueError:
            raise ValidationError("There is no such day in that month.", code="day") from None

    def validate(self, value: Any) -> None:
        if value is None and self.required:
            raise ValidationError("Fill in month, day and year.", code="required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True
