"""Gains by term, and the tax on them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal as D

import pytest

from funding.lots import Lot
from portfolios.planning import taxes
from portfolios.sync.rebalancing import is_long


@pytest.mark.parametrize(
    ("bought", "first"),
    [
        (date(2025, 11, 30), date(2026, 12, 1)),
        (date(2023, 3, 15), date(2024, 3, 16)),  # 366 days hold a year, and aren't more than one
        (date(2024, 2, 29), date(2025, 3, 1)),
        (date(2025, 12, 31), date(2027, 1, 1)),
    ],
)
def test_exactly_a_year_is_short_and_a_day_more_is_long(bought: date, first: date) -> None:
    """On every page: of lots before a withdrawal, before a closing, and after a rebalance."""
    eve = first - timedelta(days=1)
    lot = Lot(D(1), D(1), datetime(bought.year, bought.month, bought.day, 17, tzinfo=UTC))
    for day, term in ((eve, "short"), (first, "long")):
        assert taxes.is_long(bought, day) is (term == "long")
        assert lot.term(datetime(day.year, day.month, day.day, 17, tzinfo=UTC)) == term
        assert is_long({"acquired_at": bought.isoformat()}, day) is (term == "long")


@pytest.mark.parametrize(
    ("short", "long", "tax"),
    [
        ("100", "100", "39.00"),
        ("-40", "100", "9.00"),
        ("100", "-40", "14.40"),
        ("-100", "40", "0.00"),
        ("-10", "-10", "0.00"),
    ],
)
def test_a_loss_of_one_term_lowers_a_gain_of_the_other(short: str, long: str, tax: str) -> None:
    found = taxes.tax_on(D(short), D(long), at_short=D("0.24"), at_long=D("0.15"))
    assert found == D(tax)


@pytest.mark.parametrize(
    ("bracket", "rate"), [("0.12", "0"), ("0.22", "0.15"), ("0.35", "0.15"), ("0.37", "0.20")]
)
def test_the_long_rate_follows_the_bracket(bracket: str, rate: str) -> None:
    assert taxes.long_rate(D(bracket)) == D(rate)
