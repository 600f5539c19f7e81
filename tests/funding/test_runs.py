"""A schedule's next dates: kept for a year, skipped, rested, guarded, raised, made up for."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice
from funding import rhythm
from funding.models import BankAccount, Schedule, ScheduledRun
from portfolios.models import Policy
from robo import clients
from sandbox import faults
from sandbox.world import World
from tests.funding.conftest import (
    NEW_SCHEDULE,
    Bluum,
    days,
    page_of,
    press,
    pulled,
    set_up,
    sign_in,
    there,
    wish,
)


@pytest.mark.parametrize(
    ("frequency", "day", "start"),
    [
        ("weekly", 1, date(2026, 11, 30)),
        ("biweekly", 5, date(2026, 11, 30)),
        ("monthly", 31, date(2026, 12, 1)),
        ("quarterly", 30, date(2026, 11, 30)),
    ],
)
def test_for_a_year_the_dates_shown_are_the_dates_that_run(
    sandbox: World, account: Account, bank: BankAccount, policy: Policy,
    frequency: str, day: int, start: date,
) -> None:  # fmt: skip
    on = {"day_of_week": day} if frequency in {"weekly", "biweekly"} else {"day_of_month": day}
    portfolio = clients.bluum().portfolios.list(account.bluum_id)[0].portfolio_id
    clients.bluum().auto_invest.create(
        account.bluum_id, name="A year", portfolio_id=portfolio, funding_source_id=bank.bluum_id,
        amount=Decimal(10), frequency=frequency, idempotency_key="year", time="15:00",
        start_date=start, **on,
    )  # fmt: skip
    row = next(iter(sandbox.table("schedules").values()))
    shown: set[date] = set()
    until = sandbox.clock.now() + timedelta(days=366)
    while row["next_execution"] < until:
        ours = Schedule(
            status="active", wanted="active", sent_revision=1, amount=Decimal(10),
            frequency=frequency, start_date=row["start_date"],
            next_execution=row["next_execution"], **on,
        )  # fmt: skip
        six = [run.day for run in rhythm.coming(ours)]
        assert len(six) == 6
        assert six[0] == row["next_execution"].date()
        shown |= {one for one in six if one < until.date()}
        sandbox.clock.advance(row["next_execution"] - sandbox.clock.now() + timedelta(seconds=1))
    ran = pulled(sandbox)
    assert sorted(shown) == sorted(ran)
    assert len(ran) == len(set(ran)) >= 4


def test_one_is_skipped_and_the_dates_redraw_at_once(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    before = days(monthly, 7)
    press(web, "skip", monthly)
    undo = [monthly.pk, ScheduledRun.objects.get(status="skipped").pk]
    assert web.post(reverse("funding:schedule-undo", args=undo)).status_code == 302
    assert days(monthly) == before[:6]
    assert ScheduledRun.objects.get().status == "planned"
    press(web, "skip", monthly)
    assert days(monthly) == before[1:7]
    page = page_of(web, monthly)
    assert "Skipped" in page
    assert 'comes from your bank next on <time datetime="2027-01-15">' in page
    to_the_moment(datetime(2027, 1, 10, 12, tzinfo=UTC))
    assert pulled(sandbox) == []
    assert ScheduledRun.objects.get(day=before[0]).status == "skipped"
    to_the_moment(datetime(2027, 1, 16, 12, tzinfo=UTC))
    assert pulled(sandbox) == [date(2027, 1, 15)]
    assert ScheduledRun.objects.get(day=date(2027, 1, 15)).status == "ran"


def test_where_bluum_keeps_its_dates_a_skip_pauses_there_until_the_day_has_passed(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    row = next(iter(sandbox.table("schedules").values()))
    row["keeps_start"] = True  # a Bluum that takes a new start date and goes on as before
    before = days(monthly)
    press(web, "skip", monthly)
    to_the_moment(datetime(2026, 12, 10, 12, tzinfo=UTC))
    assert there(sandbox)["status"] == "paused"
    assert days(monthly, 2) == before[1:3]
    assert monthly.is_settled
    sign_in(web, monthly.account.user)
    assert 'next on <time datetime="2027-01-15">' in page_of(web, monthly)
    undo = [monthly.pk, ScheduledRun.objects.get(status="skipped").pk]
    web.post(reverse("funding:schedule-undo", args=undo))
    to_the_moment(datetime(2026, 12, 10, 13, tzinfo=UTC))
    assert there(sandbox)["next_execution"].date() == before[0]
    press(web, "skip", monthly)
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    to_the_moment(datetime(2026, 12, 15, 17, tzinfo=UTC))
    assert there(sandbox)["status"] == "active"
    assert days(monthly, 2) == before[1:3]
    to_the_moment(datetime(2027, 1, 15, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2027, 1, 15)]


def test_a_skip_within_the_half_hour_says_that_it_is_too_late(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 14, 45, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    answer = web.post(reverse("funding:schedule-skip", args=[monthly.pk]), follow=True)
    assert "too late to skip this one" in answer.content.decode()
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]


def test_a_skip_that_bluum_hears_too_late_is_admitted(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    faults.add(sandbox, {"kind": "status", "status": 503, "route": "*", "count": 400})
    press(web, "skip", monthly)
    to_the_moment(datetime(2026, 12, 15, 14, tzinfo=UTC))
    assert there(sandbox)["next_execution"].date() == date(2026, 12, 15)
    assert "on its way" in page_of(web, monthly)
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    faults.clear(sandbox)
    for hour in (17, 18, 19, 23):
        to_the_moment(datetime(2026, 12, 15, hour, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "too_late"
    assert Notice.objects.filter(key__endswith=":too-late").count() == 1
    assert days(monthly, 1) == [date(2027, 1, 15)]


def test_a_worker_that_dies_in_a_skip_neither_loses_nor_repeats_it(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any, bluum: Bluum
) -> None:
    press(web, "skip", monthly)
    faults.add(
        sandbox, {"kind": "malformed", "route": "*/auto-invest/*", "method": "PATCH", "count": 1}
    )
    to_the_moment(sandbox.clock.now() + timedelta(minutes=5))
    to_the_moment(sandbox.clock.now() + timedelta(minutes=5))
    monthly.refresh_from_db()
    assert monthly.is_settled
    assert there(sandbox)["next_execution"].date() == date(2027, 1, 15)


def test_paused_until_a_date_it_goes_on_by_itself_though_nobody_here_is_awake(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    rest = reverse("funding:schedule-rest", args=[monthly.pk])
    assert "Leaves out 3 runs" in web.get(rest).content.decode()
    assert web.post(rest, {"how_long": "date"}).status_code == 422
    assert web.post(rest, {"how_long": "3"}).status_code == 302
    assert "You paused it until" in page_of(web, monthly)
    to_the_moment(sandbox.clock.now() + timedelta(minutes=5))
    assert there(sandbox)["status"] == "active"
    # Our workers sleep from here on; Bluum keeps the date alone.
    sandbox.clock.advance(datetime(2027, 3, 16, tzinfo=UTC) - sandbox.clock.now())
    assert pulled(sandbox) == [date(2027, 3, 15)]
    to_the_moment(datetime(2027, 3, 16, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    page = page_of(web, monthly)
    assert "You paused it until" not in page
    assert 'comes from your bank next on <time datetime="2027-04-15">' in page


def test_while_a_change_is_on_its_way_no_day_that_has_passed_is_shown(
    web: Client, monthly: Schedule, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2027, 1, 10, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    url = reverse("funding:schedule", args=[monthly.pk])
    assert web.post(url, {"amount": "700", "day_of_month": "20"}).status_code == 302
    assert not Schedule.objects.get().is_settled
    assert days(monthly, 2) == [date(2027, 1, 20), date(2027, 2, 22)]


def test_a_rest_is_ended_early(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    before = days(monthly)
    web.post(reverse("funding:schedule-rest", args=[monthly.pk]), {"how_long": "3"})
    press(web, "resume", monthly)
    assert days(monthly) == before
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "ran"


def test_the_day_before_it_is_told_with_amount_bank_and_a_way_to_skip(
    web: Client, monthly: Schedule, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 14, 13, tzinfo=UTC))
    assert not Notice.objects.filter(key__endswith=":tomorrow").exists()
    to_the_moment(datetime(2026, 12, 14, 14, 30, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    told = Notice.objects.get(key__endswith=":tomorrow")
    assert told.title == "$600.00 comes from Checking ••3168 on Tue, Dec 15"
    assert "can’t see its balance" in told.body
    assert told.topic == "auto_invest"
    page = web.get(told.url).content.decode()
    assert "Skip $600.00" in page
    assert web.post(told.url).status_code == 302
    assert days(monthly, 1) == [date(2027, 1, 15)]


def test_the_day_after_payday(web: Client, bank: BankAccount, policy: Policy) -> None:
    friday = timezone.localdate() + timedelta(days=(4 - timezone.localdate().weekday()) % 7 + 7)
    by_pay = {
        "timing": "payday", "frequency": "biweekly",
        "paid_on_0": friday.month, "paid_on_1": friday.day, "paid_on_2": friday.year,
        "start_date_0": "", "start_date_1": "", "start_date_2": "",
    }  # fmt: skip
    made = set_up(web, bank, **by_pay)
    assert (made.payday, made.day_of_week) == (True, 1)
    assert made.start_date == friday + timedelta(days=3)
    assert "the day after payday" in page_of(web, made)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("raise_by", "30", "Raise by 25 percent or less"),
        ("raise_most", "500", "Enter more than the amount it starts with."),
        ("paid_on_1", "", "Fill in month, day and year."),
    ],
)
def test_rules_that_make_no_sense_get_a_sentence(
    web: Client, bank: BankAccount, field: str, value: str, sentence: str
) -> None:
    later = timezone.localdate() + timedelta(days=5)
    given = {
        "raise_by": "1", "timing": "payday" if field.startswith("paid") else "on_day",
        "paid_on_0": later.month, "paid_on_1": later.day, "paid_on_2": later.year,
    }  # fmt: skip
    data = wish(web, bank) | given | {field: value}
    answer = web.post(NEW_SCHEDULE, data)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_omar_can_touch_none_of_it(
    web: Client, monthly: Schedule, omar: Any, open_account: Callable[..., Account]
) -> None:
    open_account(omar, last_name="Haddad")
    press(web, "skip", monthly)
    run = ScheduledRun.objects.get(status="skipped")
    other, nobody = Client(), Client()
    sign_in(other, omar)
    urls = [reverse(f"funding:schedule-{name}", args=[monthly.pk]) for name in ("skip", "rest")]
    urls += [
        reverse(f"funding:schedule-{name}", args=[monthly.pk, run.pk])
        for name in ("undo", "catch-up")
    ]
    for url in urls:
        assert other.post(url).status_code == 404
        assert nobody.post(url).status_code == 302
    assert days(monthly, 1) == [date(2027, 1, 15)]


LATE = datetime(2026, 12, 15, 14, 45, tzinfo=UTC)
"""A quarter of an hour before the run: Bluum may not hear of anything in time."""


def test_within_the_half_hour_nothing_is_rested_or_taken_back(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(LATE)
    sign_in(web, monthly.account.user)
    rest = reverse("funding:schedule-rest", args=[monthly.pk])
    assert "within the half hour" in web.post(rest, {"how_long": "3"}, follow=True).content.decode()
    assert days(monthly, 1) == [date(2026, 12, 15)]
    to_the_moment(datetime(2026, 12, 16, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    press(web, "skip", monthly)
    to_the_moment(LATE + timedelta(days=31))
    sign_in(web, monthly.account.user)
    assert "can’t be taken back" in undo(web, monthly)
    to_the_moment(datetime(2027, 1, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]


def undo(web: Client, schedule: Schedule, newest: bool = True) -> str:
    off = schedule.runs.filter(status="skipped")
    run = off.first() if newest else off.last()
    assert run
    url = reverse("funding:schedule-undo", args=[schedule.pk, run.pk])
    return web.post(url, follow=True).content.decode()


def test_of_several_skips_the_newest_is_taken_back_first(web: Client, monthly: Schedule) -> None:
    before = days(monthly, 3)
    press(web, "skip", monthly)
    press(web, "skip", monthly)
    assert days(monthly, 1) == before[2:]
    assert "can’t be taken back" in undo(web, monthly, newest=False)
    assert days(monthly, 1) == before[2:]
    assert "Back again" in undo(web, monthly)
    assert days(monthly, 2) == before[1:]
    assert "Back again" in undo(web, monthly)
    assert days(monthly, 3) == before


def test_while_it_rests_a_skip_is_not_taken_back_but_comes_back_with_the_rest(
    web: Client, monthly: Schedule, to_the_moment: Any, sandbox: World
) -> None:
    before = days(monthly, 7)
    press(web, "skip", monthly)
    for months in ("3", "6"):  # rested, and then longer
        web.post(reverse("funding:schedule-rest", args=[monthly.pk]), {"how_long": months})
    assert days(monthly, 1) == before[6:]
    assert "can’t be taken back" in undo(web, monthly)
    assert days(monthly, 1) == before[6:]
    press(web, "resume", monthly)
    assert days(monthly, 2) == before[1:3]  # as it was before the rest: with one left out
    to_the_moment(datetime(2027, 1, 16, 12, tzinfo=UTC))
    assert pulled(sandbox) == [date(2027, 1, 15)]


def test_ending_a_rest_brings_back_no_day_that_has_passed(
    web: Client, monthly: Schedule, to_the_moment: Any, sandbox: World
) -> None:
    web.post(reverse("funding:schedule-rest", args=[monthly.pk]), {"how_long": "3"})
    to_the_moment(datetime(2027, 1, 10, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    press(web, "resume", monthly)
    to_the_moment(datetime(2027, 1, 16, 12, tzinfo=UTC))
    assert pulled(sandbox) == [date(2027, 1, 15)]
    kept = dict(monthly.runs.values_list("day", "status"))
    assert (kept[date(2026, 12, 15)], kept[date(2027, 1, 15)]) == ("skipped", "ran")
    assert not Notice.objects.filter(title__contains="didn’t run").exists()


def test_a_rest_that_leaves_nothing_out_skips_nothing(web: Client, monthly: Schedule) -> None:
    before = days(monthly)
    soon = timezone.localdate() + timedelta(days=9)
    until = {"until_0": soon.month, "until_1": soon.day, "until_2": soon.year}
    web.post(reverse("funding:schedule-rest", args=[monthly.pk]), {"how_long": "date", **until})
    assert days(monthly) == before
    assert not monthly.runs.filter(status="skipped").exists()


def test_while_it_is_paused_there_is_nothing_to_skip_or_rest(
    web: Client, monthly: Schedule, to_the_moment: Any, sandbox: World
) -> None:
    press(web, "pause", monthly)
    to_the_moment(sandbox.clock.now() + timedelta(minutes=5))
    page = page_of(web, monthly)
    assert "is paused." in page
    assert "The next dates" not in page
    for name, data in (("skip", {}), ("rest", {"how_long": "3"})):
        url = reverse(f"funding:schedule-{name}", args=[monthly.pk])
        assert "Nothing is coming up" in web.post(url, data, follow=True).content.decode()
    monthly.refresh_from_db()
    assert (monthly.paused_until, monthly.undo_start) == (None, None)


def test_a_pause_that_bluum_hears_too_late_is_admitted(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 14, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    faults.add(sandbox, {"kind": "status", "status": 503, "route": "*", "count": 400})
    press(web, "pause", monthly)
    to_the_moment(datetime(2026, 12, 15, 15, 2, tzinfo=UTC))
    faults.clear(sandbox)
    for hour in (16, 17, 23):
        to_the_moment(datetime(2026, 12, 15, hour, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "too_late"
    told = Notice.objects.get(key__endswith=":too-late")
    assert told.title == "$600.00 was pulled although you had stopped it"


def test_one_that_bluum_has_ended_has_no_more_dates_and_says_so(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    row = next(iter(sandbox.table("schedules").values()))
    row["end_date"] = date(2026, 12, 31)
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    to_the_moment(datetime(2026, 12, 17, 16, tzinfo=UTC))
    assert row["status"] == "completed"
    sign_in(web, monthly.account.user)
    page = page_of(web, monthly)
    assert "This auto-invest has ended." in page
    assert days(monthly) == []
    url = reverse("funding:schedule", args=[monthly.pk])
    answer = web.post(url, {"amount": "700", "day_of_month": "15"}, follow=True)
    assert "This schedule has ended." in answer.content.decode()
    to_the_moment(datetime(2027, 1, 16, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert not Notice.objects.filter(title__contains="didn’t run").exists()
