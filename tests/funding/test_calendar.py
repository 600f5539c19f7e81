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
    assert found[0].why_moved == "a weekend"
    assert runs("monthly", date(2027, 1, 1), day_of_month=1)[0].why_moved == "New Year’s Day"


def test_weeks_count_from_sunday_as_bluum_does() -> None:
    found = runs("biweekly", date(2026, 11, 24), day_of_week=1)
    assert [run.named for run in found] == [
        date(2026, 11, 30),
        date(2026, 12, 14),
        date(2026, 12, 28),
    ]


def test_a_week_whose_day_is_a_holiday_runs_a_day_later_and_keeps_its_day_afterwards() -> None:
    found = runs("weekly", date(2027, 1, 12), day_of_week=1)
    assert [run.named for run in found] == [
        date(2027, 1, 18),  # Martin Luther King Jr. Day
        date(2027, 1, 25),
        date(2027, 2, 1),
    ]
    assert [run.day for run in found] == [date(2027, 1, 19), date(2027, 1, 25), date(2027, 2, 1)]


def test_quarters_begin_with_the_first_day_that_comes() -> None:
    found = runs("quarterly", date(2026, 11, 24), day_of_month=1)
    assert [run.named for run in found] == [
        date(2026, 12, 1),
        date(2027, 3, 1),
        date(2027, 6, 1),
    ]


# Asked at (New York), into the bank run, out of the bank, with us, invested. Worked out by hand
# from the Federal Reserve's and the NYSE's published holidays.
DEPOSITS = [
    ("2026-01-01 10:00", "01-02", "01-05", "01-06", "01-07"),  # New Year's Day
    ("2026-01-15 15:59", "01-15", "01-16", "01-20", "01-21"),  # over Martin Luther King Jr. Day
    ("2026-01-15 16:00", "01-16", "01-20", "01-21", "01-22"),
    ("2026-01-19 09:00", "01-20", "01-21", "01-22", "01-23"),  # on it
    ("2026-02-12 12:00", "02-12", "02-13", "02-17", "02-18"),  # over Presidents' Day
    ("2026-02-16 12:00", "02-17", "02-18", "02-19", "02-20"),
    ("2026-03-06 17:30", "03-09", "03-10", "03-11", "03-12"),  # Friday evening, clocks change
    ("2026-03-08 03:30", "03-09", "03-10", "03-11", "03-12"),
    ("2026-04-01 10:00", "04-01", "04-02", "04-03", "04-06"),  # Good Friday: banks open
    ("2026-04-02 10:00", "04-02", "04-03", "04-06", "04-07"),
    ("2026-04-03 10:00", "04-03", "04-06", "04-07", "04-08"),
    ("2026-05-21 10:00", "05-21", "05-22", "05-26", "05-27"),  # over Memorial Day
    ("2026-05-25 10:00", "05-26", "05-27", "05-28", "05-29"),
    ("2026-06-17 10:00", "06-17", "06-18", "06-22", "06-23"),  # over Juneteenth
    ("2026-06-18 16:30", "06-22", "06-23", "06-24", "06-25"),
    ("2026-06-19 10:00", "06-22", "06-23", "06-24", "06-25"),
    ("2026-06-30 10:00", "06-30", "07-01", "07-02", "07-06"),  # July 3: markets shut, banks open
    ("2026-07-01 10:00", "07-01", "07-02", "07-03", "07-06"),
    ("2026-07-02 10:00", "07-02", "07-03", "07-06", "07-07"),
    ("2026-07-04 10:00", "07-06", "07-07", "07-08", "07-09"),
    ("2026-09-03 10:00", "09-03", "09-04", "09-08", "09-09"),  # over Labor Day
    ("2026-09-07 10:00", "09-08", "09-09", "09-10", "09-11"),
    ("2026-10-08 10:00", "10-08", "10-09", "10-13", "10-14"),  # Columbus Day: markets open
    ("2026-10-09 10:00", "10-09", "10-13", "10-14", "10-15"),
    ("2026-10-12 10:00", "10-13", "10-14", "10-15", "10-16"),
    ("2026-11-01 01:30", "11-02", "11-03", "11-04", "11-05"),  # clocks change back
    ("2026-11-09 10:00", "11-09", "11-10", "11-12", "11-13"),  # over Veterans Day
    ("2026-11-10 10:00", "11-10", "11-12", "11-13", "11-16"),
    ("2026-11-11 10:00", "11-12", "11-13", "11-16", "11-17"),
    ("2026-11-24 10:00", "11-24", "11-25", "11-27", "11-30"),  # over Thanksgiving
    ("2026-11-25 10:00", "11-25", "11-27", "11-30", "12-01"),
    ("2026-11-26 10:00", "11-27", "11-30", "12-01", "12-02"),
    ("2026-12-22 10:00", "12-22", "12-23", "12-24", "12-28"),  # over Christmas
    ("2026-12-23 10:00", "12-23", "12-24", "12-28", "12-29"),
    ("2026-12-24 15:00", "12-24", "12-28", "12-29", "12-30"),
    ("2026-12-25 10:00", "12-28", "12-29", "12-30", "12-31"),
    ("2026-12-29 10:00", "12-29", "12-30", "12-31", "01-04"),  # over New Year
    ("2026-12-30 10:00", "12-30", "12-31", "01-04", "01-05"),
    ("2026-12-31 18:00", "01-04", "01-05", "01-06", "01-07"),
    ("2027-07-02 10:00", "07-02", "07-06", "07-07", "07-08"),  # July 4 on a Sunday
]


@pytest.mark.parametrize(("asked", "starts", "leaves", "arrives", "invested"), DEPOSITS)
def test_forty_deposits_by_the_bank_and_the_market_calendar(
    asked: str, starts: str, leaves: str, arrives: str, invested: str
) -> None:
    at = datetime.fromisoformat(asked).replace(tzinfo=NEW_YORK)
    plan = calendar.plan(at.astimezone(UTC))
    found = [plan.starts, plan.leaves, plan.arrives, plan.invested]
    assert [f"{day:%m-%d}" for day in found] == [starts, leaves, arrives, invested]
    assert plan.starts >= at.date()
    assert all(calendar.is_bank_day(day) for day in found[:3])
    assert calendar.is_market_day(plan.invested)


def test_there_are_forty() -> None:
    assert len(DEPOSITS) == 40


def test_a_wire_is_there_the_day_it_is_sent_or_the_next() -> None:
    friday = datetime(2026, 11, 20, 10, tzinfo=NEW_YORK)
    wire = calendar.way_out(friday, sells=False, wire=True)
    assert (wire.earliest, wire.latest) == (date(2026, 11, 20), date(2026, 11, 23))
    late = calendar.way_out(friday.replace(hour=16), sells=False, wire=True)
    assert (late.earliest, late.latest) == (date(2026, 11, 23), date(2026, 11, 24))


def test_bank_days_after_a_day_leave_out_weekends_and_holidays() -> None:
    assert calendar.bank_days_after(date(2026, 11, 25), 3) == date(2026, 12, 1)
    assert calendar.bank_days_after(date(2026, 11, 25), 0) == date(2026, 11, 25)
