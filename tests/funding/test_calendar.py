"""Bank days, market days and the dates a person is told."""

from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from funding import calendar

NEW_YORK = ZoneInfo("America/New_York")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=NEW_YORK).astimezone(UTC)


def test_a_deposit_before_thanksgiving_counts_the_holiday_in() -> None:
    plan = calendar.plan(at(23, 14, 10))
    assert plan.starts == date(2026, 11, 23)
    assert plan.leaves == date(2026, 11, 24)
    assert plan.arrives == date(2026, 11, 25)
    assert plan.invested == date(2026, 11, 27)
    closed = list(calendar.closed_between(plan.arrives, plan.invested))
    assert [(c.day, c.sentence) for c in closed] == [
        (date(2026, 11, 26), "Banks and markets are closed.")
    ]
    assert calendar.closes_at(plan.invested).hour == 13


@pytest.mark.parametrize("asked", [at(20, 16), at(21, 9), at(22, 23, 59)])
def test_after_the_cut_off_or_on_a_weekend_it_starts_on_monday(asked: datetime) -> None:
    assert calendar.plan(asked).starts == date(2026, 11, 23)


def test_the_cut_off_is_new_yorks_whatever_the_clock_of_the_server() -> None:
    assert calendar.plan(at(20, 15, 59)).starts == date(2026, 11, 20)


def test_a_holiday_on_saturday_closes_no_bank_on_friday_but_the_market_keeps_its_own() -> None:
    friday = date(2026, 7, 3)  # July 4, 2026 is a Saturday
    assert calendar.is_bank_day(friday)
    assert not calendar.is_market_day(friday)


def test_a_holiday_on_sunday_closes_banks_on_monday() -> None:
    assert not calendar.is_bank_day(date(2027, 7, 5))  # July 4, 2027 is a Sunday


def test_good_friday_closes_markets_only() -> None:
    assert calendar.is_bank_day(date(2026, 4, 3))
    assert not calendar.is_market_day(date(2026, 4, 3))


def runs(frequency: str, start: date, **days: int | None) -> list[calendar.Run]:
    both = {"day_of_week": None, "day_of_month": None, **days}
    return list(islice(calendar.runs(frequency, start, **both), 3))


def test_a_month_without_a_31st_runs_on_its_last_day() -> None:
    found = runs("monthly", date(2027, 1, 15), day_of_month=31)
    assert [run.named for run in found] == [
        date(2027, 1, 31),
        date(2027, 2, 28),
        date(2027, 3, 31),
    ]
    assert found[0].day == date(2027, 2, 1)  # January 31 is a Sunday
    assert found[0].moved


def test_weeks_count_from_sunday_as_bluum_does() -> None:
    found = runs("biweekly", date(2026, 11, 24), day_of_week=1)
    assert [run.named for run in found] == [
        date(2026, 11, 30),
        date(2026, 12, 14),
        date(2026, 12, 28),
    ]


def test_quarters_begin_with_the_first_day_that_comes() -> None:
    found = runs("quarterly", date(2026, 11, 24), day_of_month=1)
    assert [run.named for run in found] == [
        date(2026, 12, 1),
        date(2027, 3, 1),
        date(2027, 6, 1),
    ]
