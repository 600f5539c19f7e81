"""A form from an old tab: nothing is sent, and nothing typed is lost."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict(maya: Any) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(maya)
    return client


def test_what_was_typed_in_an_old_tab_is_offered_again(strict: Client) -> None:
    typed = {"first_name": "Maya", "last_name": "Chen <b>", "postal_code": "97201"}
    answer = strict.post("/open/name/", typed, headers={"origin": "http://testserver"})
    page = answer.content.decode()
    assert answer.status_code == 403
    assert 'name="first_name" value="Maya"' in page
    assert "Chen &lt;b&gt;" in page
    assert 'value="97201"' in page
    assert "Send it again" in page
    assert 'action="/open/name/"' in page


def test_a_password_or_tax_number_never_goes_back_into_a_page(strict: Client) -> None:
    typed = {"tax_id": "536-22-1234", "password": "correct horse", "name": "x"}
    page = strict.post("/open/tax/", typed, headers={"origin": "http://testserver"}).content
    assert b"536-22" not in page
    assert b"correct horse" not in page


def test_what_another_site_sends_is_not_offered(strict: Client) -> None:
    page = strict.post(
        "/open/name/", {"first_name": "Mallory"}, headers={"origin": "https://evil.example"}
    )
    assert b"Mallory" not in page.content
    assert b"Send it again" not in page.content
