"""The front page and its projection."""

import pytest
from django.urls import reverse

from robo import partner


def test_the_front_page_shows_the_futures_of_an_example(client, db):
    page = client.get(reverse("landing")).content.decode()
    assert "In 9 of 10 futures" in page
    assert partner.current().words.landing_title in page


def test_ones_own_numbers_change_the_picture(client, db):
    page = client.get(reverse("landing"), {"start": "5,000", "monthly": "0", "years": "20"})
    assert "you’d have put in $5,000" in page.content.decode()


@pytest.mark.parametrize(
    "typed",
    [
        {"start": "abc", "monthly": "500", "years": "10"},
        {"start": "-5", "monthly": "500", "years": "10"},
        {"start": "1e9", "monthly": "500", "years": "10"},
        {"start": "100", "monthly": "500", "years": "0"},
        {"start": "100", "monthly": "500", "years": "100"},
        {"start": "0", "monthly": "0", "years": "10"},
        {"start": "", "monthly": "", "years": ""},
    ],
)
def test_numbers_that_make_no_sense_get_a_sentence_and_no_picture(client, db, typed):
    response = client.get(reverse("landing"), typed)
    assert response.status_code == 200
    assert response.context["teaser"]["form"].errors
    assert "futures you’d have" not in response.content.decode()


def test_the_same_numbers_show_the_same_futures(client, db):
    numbers = {"start": "5000", "monthly": "100", "years": "7"}
    first = client.get(reverse("landing"), numbers).context["teaser"]["middle"]
    assert client.get(reverse("landing"), numbers).context["teaser"]["middle"] == first
