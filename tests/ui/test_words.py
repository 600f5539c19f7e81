"""Figures and days as people read them."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from robo.ui import words
from robo.ui.templatetags import ui

cents = st.decimals(min_value=-(10**9), max_value=10**9, places=2, allow_nan=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Decimal("1234.5"), "$1,234.50"),
        (Decimal("-8.39"), "−$8.39"),
        (Decimal("-0.001"), "$0.00"),
        (0, "$0.00"),
        (None, "not known"),
    ],
)
def test_money(value, text):
    assert words.money(value) == text


def test_signed_money_has_a_plus_a_minus_or_nothing():
    assert [words.money_signed(Decimal(n)) for n in ("1182.94", "-8.39", "0")] == [
        "+$1,182.94",
        "−$8.39",
        "$0.00",
    ]


@given(cents)
def test_money_can_be_read_back_to_the_cent(value):
    text = words.money(value).replace("−", "-").replace("$", "").replace(",", "")
    assert Decimal(text) == value


def test_a_gain_is_a_sign_a_colour_and_a_word():
    assert 'class="up' in ui.change(Decimal("5"))
    assert "gain of" in ui.change(Decimal("5"))
    assert "loss of" in ui.change(Decimal("-5"))
    assert "−$5.00" in ui.change(Decimal("-5"))


@pytest.mark.parametrize(
    ("value", "text"), [("74689", "$74,700"), ("1234567", "$1,230,000"), ("0", "$0"), ("7.6", "$8")]
)
def test_estimates_are_rounded_to_three_figures(value, text):
    assert words.about(Decimal(value)) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("850", "$850"), ("50000", "$50k"), ("32500", "$32.5k"), ("-1500000", "−$1.5m")],
)
def test_ticks_are_short(value, text):
    assert words.short(Decimal(value)) == text


def test_percent():
    assert words.percent(Decimal("0.0025")) == "0.25%"
    assert words.percent(Decimal("0.369"), 1) == "36.9%"
    assert words.percent_signed(Decimal("-0.031")) == "−3.1%"
    assert words.percent(None) == "not known"


def test_a_chance_is_certain_only_when_it_is():
    assert [words.in_100(n) for n in ("0", "0.001", "0.634", "0.999", "1")] == [0, 1, 63, 99, 100]


def test_a_day_names_its_year_only_when_it_is_another():
    today = date(2026, 11, 22)
    assert words.day(date(2026, 11, 24), today=today) == "Tue, Nov 24"
    assert words.day(date(2027, 1, 4), today=today) == "Mon, Jan 4, 2027"


def test_a_time_is_told_as_the_readers_day():
    late = datetime(2026, 11, 24, 3, 10, tzinfo=UTC)
    with timezone.override(ZoneInfo("America/New_York")):
        assert words.day(late, today=date(2026, 11, 22)) == "Mon, Nov 23"
        assert words.clock(late) == "10:10 pm"
        assert words.zone() == "New York time"
        assert 'datetime="2026-11-23"' in ui.day(late)


def test_ago():
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    ago = [
        datetime(2026, 11, 24, h, m, s, tzinfo=UTC)
        for h, m, s in ((11, 59, 40), (11, 59, 0), (9, 0, 0))
    ]
    assert [words.ago(then, now=now) for then in ago] == ["just now", "1 minute ago", "3 hours ago"]


def test_a_browser_in_words():
    agent = (
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
    )
    assert words.device(agent) == "Chrome on Windows"
    assert words.device("") == "A browser"
