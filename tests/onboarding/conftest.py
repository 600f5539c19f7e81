"""Answers of someone who opens an account, and the way through its screens."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

ANSWERS: dict[str, dict[str, Any]] = {
    "name": {
        "first_name": "Maya",
        "last_name": "Chen",
        "date_of_birth_0": "4",
        "date_of_birth_1": "2",
        "date_of_birth_2": "1990",
    },
    "address": {
        "street": "12 Elm Street",
        "unit": "Apt 3",
        "city": "Portland",
        "state": "OR",
        "postal_code": "97201",
        "phone_number": "(503) 555-0123",
    },
    "tax": {
        "country_of_citizenship": "US",
        "country_of_birth": "DE",
        "country_of_tax_residence": "US",
        "tax_id_type": "SSN",
        "tax_id": "536-22-1234",
    },
    "work": {
        "employment_status": "employed_full_time",
        "employer_name": "Elm Bakery",
        "job_title": "Baker",
        "annual_gross_income": "85,000",
        "funding_source": ["employment_income", "savings"],
    },
    "position": {
        "is_control_person": "no",
        "is_affiliated_exchange_or_finra": "no",
        "is_politically_exposed": "no",
        "immediate_family_exposed": "yes",
    },
}


def url(slug: str) -> str:
    return reverse("onboarding:step", args=[slug])


def boxes(client: Client) -> dict[str, str]:
    """Every box ticked, with the fingerprints the page carries."""
    form = client.get(url("agreements")).context["form"]
    data = {}
    for row in form.rows():
        data[row["agree"].html_name] = "on"
        data[row["shown"].html_name] = row["shown"].value()
    return data


@pytest.fixture
def walk(client: Client, sandbox: Any, maya: Any) -> Callable[..., Client]:
    """Sign Maya in and answer the screens up to, not including, `until`."""

    def go(until: str = "review", **changed: dict[str, Any]) -> Client:
        client.force_login(maya)
        for slug, answers in ANSWERS.items():
            if slug == until:
                return client
            response = client.post(url(slug), answers | changed.get(slug, {}))
            assert response.status_code == 302, response.context["form"].errors
        if until != "agreements":
            assert client.post(url("agreements"), boxes(client)).status_code == 302
        return client

    return go
