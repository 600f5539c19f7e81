"""Fields take what people type, say what is wrong beside them and above, and lose nothing."""

from datetime import date
from decimal import Decimal

import pytest
from django import forms
from django.template import Context, Template

from robo.ui.forms import Choice, DateField, MoneyField


class Deposit(forms.Form):
    amount = MoneyField(least=Decimal(1), most=Decimal(25_000), help_text="From Checking ••3168")
    born = DateField(label="Birth date", autocomplete="birth")
    often = forms.ChoiceField(
        choices=[("m", Choice("Each month", hint="Next on Tue, Dec 15"))], widget=forms.RadioSelect
    )


def page(form: forms.Form) -> str:
    text = "{% load ui %}{% errors form %}{% for f in form %}{% field f %}{% endfor %}"
    return Template(text).render(Context({"form": form}))


def typed(**data: str) -> Deposit:
    return Deposit(
        {"amount": "5", "born_0": "7", "born_1": "14", "born_2": "1992", "often": "m"} | data
    )


@pytest.mark.parametrize("text", ["1234.5", "1,234.50", "$1,234.5", " 1234.50 ", "1,234.5"])
def test_money_is_taken_as_people_write_it(text):
    assert MoneyField().clean(text) == Decimal("1234.50")


@pytest.mark.parametrize(
    "text", ["abc", "1,23", "1.234,50", "5.005", "--5", "1e9", "Infinity", "."]
)
def test_what_isnt_an_amount_gets_a_sentence(text):
    with pytest.raises(forms.ValidationError, match=r"like 1,234\.50"):
        MoneyField().clean(text)


@pytest.mark.parametrize(
    ("text", "says"),
    [("0", "$1.00 or more"), ("−5", "$1.00 or more"), ("1000000000", "$25,000.00 or less")],
)
def test_limits_are_said_in_dollars(text, says):
    form = typed(amount=text)
    assert says in form.errors["amount"][0]


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        (("2", "30", "2000"), "no such day"),
        (("13", "1", "2000"), "from 1 to 12"),
        (("1", "1", "92"), "four digits"),
        (("1", "", "1992"), "Fill in"),
        (("a", "1", "1992"), "Use numbers"),
        (("", "", ""), "Fill in"),
    ],
)
def test_a_date_that_cannot_be_is_told_why(parts, says):
    form = typed(**{f"born_{n}": part for n, part in enumerate(parts)})
    assert says in form.errors["born"][0]


def test_a_date_is_a_date():
    form = typed()
    assert form.is_valid()
    assert form.cleaned_data["born"] == date(1992, 7, 14)


def test_what_was_typed_stays_in_the_field():
    html = page(typed(amount="a lot", born_0="13"))
    assert 'value="a lot"' in html
    assert 'value="13"' in html


def test_an_error_stands_beside_its_field_and_above_the_form():
    html = page(typed(amount="abc"))
    assert 'href="#id_amount"' in html
    assert 'aria-describedby="id_amount_hint id_amount_error"' in html
    assert 'id="id_amount_error"' in html
    assert html.count("Enter an amount in dollars") == 2


def test_the_summary_leads_to_the_first_part_of_a_date():
    html = page(typed(born_0=""))
    assert 'href="#id_born_0"' in html
    assert 'id="id_born_0"' in html


def test_a_form_without_mistakes_has_no_summary():
    assert "put right" not in page(Deposit())
    assert "aria-invalid" not in page(Deposit())


def test_a_choice_brings_its_hint():
    assert "Next on Tue, Dec 15" in page(Deposit())


def test_what_people_type_is_escaped():
    assert "<script>" not in page(typed(amount="<script>alert(1)</script>"))
