"""Changes of who and where a person is, and whom we may call."""

import re
import uuid
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from accounts.forms.documents import read_file
from accounts.models import ContactChange


def phone_number(text: str) -> str:
    """An American number as +15035550123, others with their country code."""
    digits = re.sub(r"\D", "", text)
    if text.strip().startswith("+") and not digits.startswith("1"):
        if 7 <= len(digits) <= 15:
            return f"+{digits}"
    elif re.fullmatch(r"1?[2-9]\d{2}[2-9]\d{6}", digits):
        return f"+1{digits[-10:]}"
    raise ValidationError("Write a phone number with area code, like (503) 555-0123.")


def filled(label: str, sentence: str, *, most: int = 80, **kwargs: Any) -> forms.CharField:
    """A text that has to be there, with the sentence that says so."""
    errors = {"required": sentence, "max_length": f"Use {most} characters at most."}
    return forms.CharField(label=label, max_length=most, error_messages=errors, **kwargs)


def named(token: str) -> forms.TextInput:
    return forms.TextInput({"autocomplete": token})


class ContactForm(forms.Form):
    """A change of one kind; `asked` is what operations carry to Bluum."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    @property
    def asked(self) -> dict[str, Any]:
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in {"key", "file", "content", "content_type"}
        }


class NameForm(ContactForm):
    first_name = filled("First name", "Write your first name.", widget=named("given-name"))
    last_name = filled("Last name", "Write your last name.", widget=named("family-name"))
    file = forms.FileField(
        label="A document with the new name",
        help_text="A marriage certificate, a court order or a new photo ID. "
        "JPEG, PNG or PDF, up to 10 MB.",
        allow_empty_file=True,
        widget=forms.FileInput({"accept": ".jpg,.jpeg,.png,.pdf"}),
        error_messages={"required": "Choose a file that shows the new name."},
    )

    def clean_file(self) -> Any:
        content, kind = read_file(self.cleaned_data["file"])
        self.cleaned_data |= {"content": content, "content_type": kind}
        return None


class AddressForm(ContactForm):
    street = filled(
        "Street and number",
        "Write the street and number where you live.",
        widget=named("address-line1"),
    )
    unit = forms.CharField(
        label="Apartment or unit",
        max_length=40,
        required=False,
        widget=named("address-line2"),
    )
    city = filled("City", "Write the city.", widget=named("address-level2"))
    state = filled(
        "State",
        "Write the state with two letters, like OR.",
        most=2,
        widget=forms.TextInput(
            {"autocomplete": "address-level1", "class": "short", "autocapitalize": "characters"}
        ),
    )
    postal_code = filled(
        "ZIP code",
        "Write the ZIP code with five digits, like 97201.",
        most=10,
        widget=forms.TextInput(
            {"autocomplete": "postal-code", "class": "short", "inputmode": "numeric"}
        ),
    )

    def clean_street(self) -> str:
        text: str = self.cleaned_data["street"]
        if re.search(r"\bp\.?\s*o\.?\s*box\b", text, re.IGNORECASE):
            raise ValidationError("The law asks for the address where you live, not a P.O. box.")
        return text

    def clean_state(self) -> str:
        text: str = self.cleaned_data["state"].upper()
        if not re.fullmatch(r"[A-Z]{2}", text):
            raise ValidationError("Write the state with two letters, like OR.")
        return text

    def clean_postal_code(self) -> str:
        text: str = self.cleaned_data["postal_code"].strip()
        if not re.fullmatch(r"\d{5}(-\d{4})?", text):
            raise ValidationError("Write the ZIP code with five digits, like 97201.")
        return text


class PhoneForm(ContactForm):
    phone_number = filled(
        "New phone number",
        "Write a phone number with area code, like (503) 555-0123.",
        most=30,
        widget=forms.TextInput({"autocomplete": "tel", "inputmode": "tel"}),
    )

    def clean_phone_number(self) -> str:
        return phone_number(self.cleaned_data["phone_number"])


FORMS: dict[str, type[ContactForm]] = {
    ContactChange.Kind.NAME: NameForm,
    ContactChange.Kind.ADDRESS: AddressForm,
    ContactChange.Kind.PHONE: PhoneForm,
}


class TrustedForm(forms.Form):
    name = filled("Their name", "Write the name of the person.", most=100)
    relation = filled(
        "Who they are to you", "Write who they are to you, such as sister or friend.", most=60
    )
    phone = forms.CharField(
        label="Their phone number",
        help_text="A phone number or an e-mail address: one of the two is enough.",
        max_length=30,
        required=False,
        widget=forms.TextInput({"inputmode": "tel"}),
    )
    email = forms.EmailField(label="Their e-mail address", max_length=200, required=False)

    def clean_phone(self) -> str:
        text = self.cleaned_data["phone"]
        return phone_number(text) if text else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if not self.errors and not data.get("phone") and not data.get("email"):
            self.add_error("phone", "Give a phone number or an e-mail address, or both.")
        return data
