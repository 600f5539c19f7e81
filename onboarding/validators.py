"""Reading what people write about themselves: phone numbers, ZIP codes, tax IDs, birth dates."""

import re
from datetime import date

from django.core.exceptions import ValidationError
from django.utils import timezone

ADULT = 18
OLDEST = 120

# Sold as samples or used in advertisements; the Social Security Administration voided both.
VOID_SSNS = {"078051120", "219099999"}

# The fourth and fifth digit of an ITIN (Internal Revenue Service; 93 is for adoptions).
ITIN_GROUPS = {*range(50, 66), *range(70, 89), *range(90, 93), *range(94, 100)}


def phone(text: str) -> str:
    """The number in E.164, such as +15035550123. American ones need no country code."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+") and not digits.startswith("1"):
        if re.fullmatch(r"[2-9]\d{6,14}", digits):
            return f"+{digits}"
        raise ValidationError("Write the number with its country code, like +44 20 7946 0000.")
    digits = digits.removeprefix("1") if len(digits) == 11 else digits
    if re.search(r"[A-Za-z]", text) or not re.fullmatch(r"[2-9]\d{2}[2-9]\d{6}", digits):
        raise ValidationError("Write a phone number with area code, like (503) 555-0123.")
    return f"+1{digits}"


def phone_words(number: str) -> str:
    """An American number as people write it, (503) 555-0123; others as they are."""
    found = re.fullmatch(r"\+1(\d{3})(\d{3})(\d{4})", number)
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number


def zip_code(text: str) -> str:
    """Five digits, or nine as 97201-1234."""
    found = re.fullmatch(r"(\d{5})(?:[- ]?(\d{4}))?", text.strip())
    if not found:
        raise ValidationError("Write the ZIP code with five digits, like 97201.")
    return "-".join(part for part in found.groups() if part)


def street(text: str) -> str:
    """The law wants the address where someone lives."""
    if re.search(r"\bp\.?\s*o\.?\s*box\b", text, re.IGNORECASE):
        raise ValidationError(
            "The law asks for the address where you live, so a P.O. box won’t do here."
        )
    if len(text) < 3 or not re.search(r"\w", text):
        raise ValidationError("Write the street with its house number.")
    return text


def tax_id(text: str, kind: str) -> str:
    """Nine digits that can be a Social Security number or an ITIN. Never repeats what was typed."""
    digits = re.sub(r"[\s-]", "", text)
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise ValidationError("A tax ID has nine digits. Please type all of them.")
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    if kind == "ITIN":
        if area[0] != "9" or int(group) not in ITIN_GROUPS:
            raise ValidationError(
                "This can’t be an ITIN. An ITIN starts with 9. Please check it, or choose Social "
                "Security number."
            )
        return digits
    if area[0] == "9":
        raise ValidationError(
            "No Social Security number starts with 9. If yours is an ITIN, choose ITIN."
        )
    if area in {"000", "666"} or group == "00" or serial == "0000" or digits in VOID_SSNS:
        raise ValidationError(
            "No such Social Security number has been given to anyone. Please check each digit."
        )
    return digits


def birth_date(day: date, today: date | None = None) -> date:
    """Someone who is alive and of age. `today` is the reader's day."""
    now = today or timezone.localdate()
    if day > now:
        raise ValidationError("This date is still to come. Please check the year.")
    age = now.year - day.year - ((now.month, now.day) < (day.month, day.day))
    if age > OLDEST:
        raise ValidationError(f"That would make you {age}. Please check the year.")
    if age < ADULT:
        until = coming_of_age(day)
        raise ValidationError(
            f"You need to be 18 to open an account. You will be on {until:%B} {until.day}, "
            f"{until.year}, and you’re welcome from that day."
        )
    return day


def coming_of_age(born: date) -> date:
    """The eighteenth birthday; born on February 29, it is March 1 in other years."""
    try:
        return born.replace(year=born.year + ADULT)
    except ValueError:
        return date(born.year + ADULT, 3, 1)
