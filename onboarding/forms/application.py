"""The screens of the application: one thing each, with what people should be told kindly."""

from datetime import date
from decimal import Decimal
from typing import Any

from babel import Locale
from django import forms
from django.core.exceptions import ValidationError

from accounts.models import ManagementType
from onboarding import validators
from onboarding.agreements import fingerprint, statement
from robo.partner import Agreement
from robo.ui.forms import Choice, DateField, MoneyField

STATES = [
    *(("AL", "Alabama"), ("AK", "Alaska"), ("AZ", "Arizona"), ("AR", "Arkansas")),
    *(("CA", "California"), ("CO", "Colorado"), ("CT", "Connecticut"), ("DE", "Delaware")),
    *(("DC", "District of Columbia"), ("FL", "Florida"), ("GA", "Georgia"), ("HI", "Hawaii")),
    *(("ID", "Idaho"), ("IL", "Illinois"), ("IN", "Indiana"), ("IA", "Iowa")),
    *(("KS", "Kansas"), ("KY", "Kentucky"), ("LA", "Louisiana"), ("ME", "Maine")),
    *(("MD", "Maryland"), ("MA", "Massachusetts"), ("MI", "Michigan"), ("MN", "Minnesota")),
    *(("MS", "Mississippi"), ("MO", "Missouri"), ("MT", "Montana"), ("NE", "Nebraska")),
    *(("NV", "Nevada"), ("NH", "New Hampshire"), ("NJ", "New Jersey"), ("NM", "New Mexico")),
    *(("NY", "New York"), ("NC", "North Carolina"), ("ND", "North Dakota"), ("OH", "Ohio")),
    *(("OK", "Oklahoma"), ("OR", "Oregon"), ("PA", "Pennsylvania"), ("RI", "Rhode Island")),
    *(("SC", "South Carolina"), ("SD", "South Dakota"), ("TN", "Tennessee"), ("TX", "Texas")),
    *(("UT", "Utah"), ("VT", "Vermont"), ("VA", "Virginia"), ("WA", "Washington")),
    *(("WV", "West Virginia"), ("WI", "Wisconsin"), ("WY", "Wyoming")),
    *(("AS", "American Samoa"), ("GU", "Guam"), ("MP", "Northern Mariana Islands")),
    *(("PR", "Puerto Rico"), ("VI", "U.S. Virgin Islands")),
]


def countries() -> list[tuple[str, str]]:
    """ISO 3166-1 codes with English names; the United States first."""
    names = {
        code: name
        for code, name in Locale("en", "US").territories.items()
        if len(code) == 2
        and code.isalpha()
        and code not in {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    }
    rest = sorted((name, code) for code, name in names.items() if code != "US")
    return [("US", names["US"]), *((code, name) for name, code in rest)]


def line(label: str, autocomplete: str, **kwargs: Any) -> forms.CharField:
    """One line of text, with the browser's name for what it is."""
    attributes: dict[str, Any] = {"autocomplete": autocomplete} | kwargs.pop("attrs", {})
    missing = kwargs.pop("missing", "This can’t stay empty.")
    return forms.CharField(
        label=label,
        widget=forms.TextInput(attributes),
        error_messages={
            "required": missing,
            "max_length": "Please shorten this to %(limit_value)d characters.",
        },
        **kwargs,
    )


class KindForm(forms.Form):
    kind = forms.ChoiceField(
        label="Which do you want?",
        widget=forms.RadioSelect,
        choices=[
            (
                ManagementType.ADVISED,
                Choice(
                    "Managed for you",
                    hint="You say what the money is for. We propose a mix of funds, you sign it, "
                    "and we keep to it.",
                ),
            ),
            (
                ManagementType.SELF_DIRECTED,
                Choice(
                    "Trade yourself",
                    hint="You pick each security and place each order. Nobody advises you, and "
                    "nobody watches over it.",
                ),
            ),
        ],
        error_messages={
            "required": "Choose one of the two.",
            "invalid_choice": "Choose one of the two.",
        },
    )


class NameForm(forms.Form):
    first_name = line("First name", "given-name", max_length=60, missing="Write your first name.")
    last_name = line("Last name", "family-name", max_length=60, missing="Write your last name.")
    date_of_birth = DateField(label="Birth date", autocomplete="birth")

    def clean_date_of_birth(self) -> date:
        return validators.birth_date(self.cleaned_data["date_of_birth"])

    def answers(self) -> dict[str, Any]:
        data = self.cleaned_data
        return data | {"date_of_birth": data["date_of_birth"].isoformat()}

    @staticmethod
    def initial_from(known: dict[str, Any]) -> dict[str, Any]:
        born = known.get("date_of_birth")
        return known | {"date_of_birth": date.fromisoformat(born) if born else None}


class AddressForm(forms.Form):
    street = line(
        "Street and number", "address-line1", max_length=100, missing="Write your street."
    )
    unit = line("Apartment, unit", "address-line2", max_length=60, required=False)
    city = line("City", "address-level2", max_length=60, missing="Write your city.")
    state = forms.ChoiceField(
        label="State",
        choices=[("", "Choose"), *STATES],
        widget=forms.Select({"autocomplete": "address-level1"}),
        error_messages={
            "required": "Choose your state.",
            "invalid_choice": "Choose a state from the list.",
        },
    )
    postal_code = line(
        "ZIP code",
        "postal-code",
        max_length=10,
        missing="Write your ZIP code.",
        attrs={"inputmode": "numeric", "class": "short"},
    )
    phone_number = line(
        "Phone",
        "tel",
        max_length=30,
        missing="Write your phone number.",
        help_text="We call only about your account.",
        attrs={"type": "tel"},
    )

    def clean_street(self) -> str:
        return validators.street(self.cleaned_data["street"])

    def clean_postal_code(self) -> str:
        return validators.zip_code(self.cleaned_data["postal_code"])

    def clean_phone_number(self) -> str:
        return validators.phone(self.cleaned_data["phone_number"])

    def answers(self) -> dict[str, Any]:
        data = self.cleaned_data
        lines = [text for text in (data["street"], data["unit"]) if text]
        kept = {name: data[name] for name in ("city", "state", "postal_code", "phone_number")}
        return {"street_address": lines, "country": "US", **kept}

    @staticmethod
    def initial_from(known: dict[str, Any]) -> dict[str, Any]:
        lines: list[str] = known.get("street_address") or []
        return known | dict(zip(("street", "unit"), lines, strict=False))


class TaxIdInput(forms.TextInput):
    """Never shows what was typed: the number goes in and doesn't come back."""

    def format_value(self, value: Any) -> None:
        return None


def country(label: str) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=countries,
        error_messages={"invalid_choice": "Choose a country from the list."},
    )


class TaxForm(forms.Form):
    country_of_citizenship = country("Citizen of")
    country_of_birth = country("Born in")
    country_of_tax_residence = country("Where you pay income tax")
    tax_id_type = forms.ChoiceField(
        label="Which number do you have?",
        choices=[
            ("SSN", Choice("Social Security number")),
            ("ITIN", Choice("ITIN", "An individual taxpayer number from the IRS; starts with 9.")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose which number you have."},
    )
    tax_id = forms.CharField(
        label="Your number",
        required=False,
        max_length=20,
        widget=TaxIdInput({"autocomplete": "off", "inputmode": "numeric", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        initial = kwargs.get("initial") or {}
        self.known_type, self.known_id = initial.get("tax_id_type"), initial.get("tax_id")
        kwargs["initial"] = {
            "country_of_citizenship": "US",
            "country_of_birth": "US",
            "country_of_tax_residence": "US",
            "tax_id_type": "SSN",
            **{key: value for key, value in initial.items() if key != "tax_id"},
        }
        super().__init__(*args, **kwargs)
        if self.known_id:
            self.fields["tax_id"].help_text = (
                f"We have the one ending in {self.known_id[-4:]}. "
                "Leave this empty to keep it, or type another one."
            )
        else:
            self.fields["tax_id"].required = True
            self.fields["tax_id"].error_messages["required"] = "Type your nine digits."

    def clean_country_of_tax_residence(self) -> str:
        where = str(self.cleaned_data["country_of_tax_residence"])
        if where != "US":
            raise ValidationError(
                "We can open accounts only for people who pay income tax in the United States."
            )
        return where

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        kind = data.get("tax_id_type", "")
        typed = data.get("tax_id") or (self.known_id or "")
        if kind and typed and "tax_id" not in self.errors:
            try:
                data["tax_id"] = validators.tax_id(typed, kind)
            except ValidationError as problem:
                self.add_error("tax_id", problem)
        return data

    def answers(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    @staticmethod
    def initial_from(known: dict[str, Any]) -> dict[str, Any]:
        return known


SOURCES = [
    ("employment_income", Choice("Pay from work")),
    ("savings", Choice("Savings")),
    ("investments", Choice("Investments")),
    ("business_income", Choice("A business of mine")),
    ("inheritance", Choice("An inheritance")),
    ("family", Choice("Family")),
]
"""Where the money comes from, in Bluum's words."""

EMPLOYED = {"employed_full_time", "employed_part_time"}


class WorkForm(forms.Form):
    employment_status = forms.ChoiceField(
        label="What do you do?",
        choices=[
            ("employed_full_time", Choice("I work full time")),
            ("employed_part_time", Choice("I work part time")),
            ("self_employed", Choice("I work for myself")),
            ("retired", Choice("I’m retired")),
            ("student", Choice("I study")),
            ("not_employed", Choice("I don’t work at the moment")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what fits best."},
    )
    employer_name = line(
        "Employer",
        "organization",
        max_length=100,
        required=False,
        help_text="If you work for someone.",
    )
    job_title = line("Your job", "organization-title", max_length=100, required=False)
    annual_gross_income = MoneyField(
        label="Income a year, before tax",
        help_text="A good guess is enough. Zero is fine.",
        least=Decimal(0),
        most=Decimal(1_000_000_000),
        error_messages={"required": "Write your income a year; 0 if you have none."},
    )
    funding_source = forms.MultipleChoiceField(
        label="Where does the money you’ll invest come from?",
        choices=SOURCES,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one source."},
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("employment_status") in EMPLOYED and not data.get("employer_name"):
            self.add_error("employer_name", "Write who you work for.")
        return data

    def answers(self) -> dict[str, Any]:
        return {"funding_source": self.cleaned_data["funding_source"]}

    def section(self) -> dict[str, Any]:
        """Bluum's profile section `employment`; money as text with cents."""
        data = self.cleaned_data
        section = {
            "employment_status": data["employment_status"],
            "annual_gross_income": f"{data['annual_gross_income']:.2f}",
        }
        if data["employment_status"] in {*EMPLOYED, "self_employed"}:
            section |= {name: data[name] for name in ("employer_name", "job_title") if data[name]}
        return section

    @staticmethod
    def initial_from(known: dict[str, Any]) -> dict[str, Any]:
        return known


def yes_or_no(label: str, hint: str = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        help_text=hint,
        choices=[("no", Choice("No")), ("yes", Choice("Yes"))],
        coerce=lambda value: value == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose yes or no."},
    )


class DisclosuresForm(forms.Form):
    is_control_person = yes_or_no(
        "Are you a director, officer or 10% owner of a company whose shares are traded?"
    )
    is_affiliated_exchange_or_finra = yes_or_no(
        "Do you work for a stock exchange, a broker or FINRA, or does someone you live with?",
        "FINRA is the body that watches over brokers.",
    )
    is_politically_exposed = yes_or_no(
        "Do you hold a high public office, or have you?",
        "For example a minister, judge, general or head of a state-owned company.",
    )
    immediate_family_exposed = yes_or_no("Does someone in your close family?")

    def answers(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    @staticmethod
    def initial_from(known: dict[str, Any]) -> dict[str, Any]:
        words: dict[Any, str] = {True: "yes", False: "no"}
        return {name: words.get(known.get(name)) for name in DisclosuresForm.base_fields}


class AgreementsForm(forms.Form):
    """One box for each document, and with it the fingerprint of what was shown."""

    def __init__(self, *args: Any, agreements: list[Agreement], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.agreements = agreements
        for agreement in agreements:
            self.fields[f"agree_{agreement.slug}"] = forms.BooleanField(
                label=statement(agreement),
                error_messages={"required": f"Tick the box for “{agreement.title}” to agree."},
            )
            self.fields[f"shown_{agreement.slug}"] = forms.CharField(
                widget=forms.HiddenInput, initial=fingerprint(agreement)
            )

    def clean(self) -> dict[str, Any]:
        stale = [
            agreement.title
            for agreement in self.agreements
            if self.cleaned_data.get(f"shown_{agreement.slug}") != fingerprint(agreement)
        ]
        if stale:
            self.stale = True
            raise ValidationError(
                f"The text of “{'”, “'.join(stale)}” has changed since this page was opened. "
                "You see the new one now; please read it and agree again."
            )
        return self.cleaned_data

    stale = False

    def rows(self) -> list[dict[str, Any]]:
        """Each agreement beside its two fields, for the template."""
        return [
            {
                "agreement": agreement,
                "agree": self[f"agree_{agreement.slug}"],
                "shown": self[f"shown_{agreement.slug}"],
            }
            for agreement in self.agreements
        ]
