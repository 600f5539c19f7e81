"""Runs that brought nothing: told once, and made up for by one answer."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from accounts.models import Notice
from funding.models import Authorization, BankAccount, Schedule, ScheduledRun
from onboarding.models import RiskAssessment
from onboarding.services import update_profile
from portfolios.models import Goal, Portfolio
from sandbox import faults
from sandbox.api import funding as sandbox_funding
from sandbox.world import World
from tests.funding.conftest import days, page_of, press, pulled, sign_in

MISSING = "One run is missing"


def about_runs() -> list[str]:
    """What was told of runs beside the notice of the day before, and of deposits that failed."""
    told = Notice.objects.filter(topic="auto_invest").exclude(key__endswith=":tomorrow")
    failed = Notice.objects.filter(key__startswith="deposit-failed")
    return [one.title for one in (*told, *failed)]


@pytest.fixture
def delay(sandbox: World) -> Callable[[timedelta | None], None]:
    """Bluum begins the next run so much later than it said, or never."""

    def later(by: timedelta | None) -> None:
        row = next(iter(sandbox.table("schedules").values()))
        sandbox.cancel(row["job"])
        row["job"] = by and sandbox.schedule(
            row["next_execution"] + by, "autoinvest.run", schedule_id=row["auto_invest_id"]
        )

    return later


@pytest.fixture
def missed(monthly: Schedule) -> ScheduledRun:
    """Nothing was pulled in November."""
    return ScheduledRun.objects.create(
        account=monthly.account, schedule=monthly, named=date(2026, 11, 15), day=date(2026, 11, 16),
        amount=600, status="missed", due_at=None,
    )  # fmt: skip


def answer(web: Client, run: ScheduledRun, what: str) -> Any:
    url = reverse("funding:schedule-catch-up", args=[run.schedule_id, run.pk])
    return web.post(url, {"answer": what})


def test_a_run_that_bluum_could_not_begin_is_told_once_and_can_be_made_up_for(
    web: Client, monthly: Schedule, bank: BankAccount, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 14, tzinfo=UTC))
    sandbox_funding.turn(sandbox, bank.bluum_id, "ERROR")
    for hour in (15, 16, 18, 23):
        to_the_moment(datetime(2026, 12, 15, hour, 10, tzinfo=UTC))
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    assert pulled(sandbox) == []
    assert about_runs() == ["Auto-invest of $600.00 didn’t run on Tue, Dec 15"]
    told = Notice.objects.get(title__contains="didn’t run")
    assert told.created_at < datetime(2026, 12, 15, 16, tzinfo=UTC)  # as soon as Bluum says so
    assert told.url == reverse("funding:schedule", args=[monthly.pk])
    sign_in(web, monthly.account.user)
    page = page_of(web, monthly)
    assert MISSING in page
    assert "Nothing was pulled on Tue, Dec 15." in page
    assert "Didn’t run" in page
    assert days(monthly, 1) == [date(2027, 1, 15)]


def test_a_run_of_which_bluum_says_nothing_is_told_once_after_half_a_day(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any, delay: Any
) -> None:
    delay(None)
    to_the_moment(datetime(2026, 12, 16, 2, tzinfo=UTC))
    assert about_runs() == []
    for hour in (4, 5, 12):
        to_the_moment(datetime(2026, 12, 16, hour, tzinfo=UTC))
    assert about_runs() == ["Auto-invest of $600.00 didn’t run on Tue, Dec 15"]
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "missed"


def test_a_run_that_comes_late_after_one_that_failed_is_not_said_to_be_missing(
    monthly: Schedule, bank: BankAccount, sandbox: World, to_the_moment: Any, delay: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 14, tzinfo=UTC))
    sandbox_funding.turn(sandbox, bank.bluum_id, "ERROR")
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    sandbox_funding.turn(sandbox, bank.bluum_id, "ACTIVE")
    to_the_moment(datetime(2027, 1, 15, 14, 30, tzinfo=UTC))
    delay(timedelta(minutes=20))
    for minute in (6, 12, 40):
        to_the_moment(datetime(2027, 1, 15, 15, minute, tzinfo=UTC))
    assert pulled(sandbox) == [date(2027, 1, 15)]
    assert [run.status for run in monthly.runs.order_by("day")][:2] == ["missed", "ran"]
    assert about_runs() == ["Auto-invest of $600.00 didn’t run on Tue, Dec 15"]


def test_while_bluum_is_away_nothing_is_said_of_a_run_that_nobody_could_see(
    monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 14, tzinfo=UTC))
    faults.add(sandbox, {"kind": "status", "status": 503, "route": "*"})
    for day, hour in ((15, 16), (16, 5), (16, 6)):
        to_the_moment(datetime(2026, 12, day, hour, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert about_runs() == []
    faults.clear(sandbox)
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "ran"
    assert about_runs() == []


def test_what_she_paused_in_time_is_not_said_to_be_missing(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    press(web, "pause", monthly)
    for hour in (13, 16):
        to_the_moment(datetime(2026, 12, 15, hour, tzinfo=UTC))
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    assert pulled(sandbox) == about_runs() == []
    assert MISSING not in page_of(web, monthly)
    assert ScheduledRun.objects.get().status == "dropped"


def test_a_run_is_told_once_however_often_it_is_looked_at(
    web: Client, monthly: Schedule, to_the_moment: Any, settle: Callable[..., int]
) -> None:
    for day, hour in ((14, 15), (14, 20), (15, 8), (15, 16), (16, 12)):
        ScheduledRun.objects.all().poke()
        to_the_moment(datetime(2026, 12, day, hour, tzinfo=UTC))
    told = Notice.objects.get(key__startswith="run:")
    assert told.title == "$600.00 comes from Checking ••3168 on Tue, Dec 15"
    assert about_runs() == []
    settle()
    assert [one.subject for one in mail.outbox].count(told.title) == 1


def test_a_day_that_was_moved_is_told_for_its_new_date_only(
    web: Client, monthly: Schedule, to_the_moment: Any
) -> None:
    url = reverse("funding:schedule", args=[monthly.pk])
    assert web.post(url, {"amount": "600", "day_of_month": "21"}).status_code == 302
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    assert not Notice.objects.filter(key__startswith="run:").exists()
    to_the_moment(datetime(2026, 12, 20, 15, tzinfo=UTC))
    assert [one.title for one in Notice.objects.filter(key__startswith="run:")] == [
        "$600.00 comes from Checking ••3168 on Mon, Dec 21"
    ]


def test_what_she_changes_before_the_day_is_what_is_told(
    web: Client, monthly: Schedule, to_the_moment: Any
) -> None:
    url = reverse("funding:schedule", args=[monthly.pk])
    assert web.post(url, {"amount": "450", "day_of_month": "15"}).status_code == 302
    to_the_moment(datetime(2026, 12, 14, 14, 30, tzinfo=UTC))
    assert [one.title for one in Notice.objects.filter(key__startswith="run:")] == [
        "$450.00 comes from Checking ••3168 on Tue, Dec 15"
    ]


def test_what_is_resumed_on_the_last_day_is_told_after_all(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any
) -> None:
    press(web, "pause", monthly)
    to_the_moment(datetime(2026, 12, 14, 15, tzinfo=UTC))
    assert ScheduledRun.objects.get().status == "dropped"
    sign_in(web, monthly.account.user)
    press(web, "resume", monthly)
    to_the_moment(datetime(2026, 12, 14, 16, tzinfo=UTC))
    assert Notice.objects.filter(key__endswith=":tomorrow").count() == 1
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "ran"


def test_what_is_pulled_hours_late_although_it_was_skipped_is_admitted(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any, delay: Any
) -> None:
    to_the_moment(datetime(2026, 12, 15, 12, tzinfo=UTC))
    delay(timedelta(hours=2))
    faults.add(
        sandbox,
        {"kind": "status", "status": 503, "route": "*/auto-invest/*", "method": "PATCH",
         "count": 400},
    )  # fmt: skip
    sign_in(web, monthly.account.user)
    press(web, "skip", monthly)
    to_the_moment(datetime(2026, 12, 15, 15, 10, tzinfo=UTC))
    assert about_runs() == []
    to_the_moment(datetime(2026, 12, 15, 18, 30, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert about_runs() == ["$600.00 was pulled although you had stopped it"]


# Made up for ------------------------------------------------------------------------------------


def test_what_was_missed_is_added_to_what_follows_by_one_answer(
    web: Client, monthly: Schedule, missed: ScheduledRun
) -> None:
    assert MISSING in page_of(web, monthly)
    for _ in range(2):
        assert answer(web, missed, "raise").status_code == 302
    monthly.refresh_from_db()
    assert monthly.amount == 700
    page = page_of(web, monthly)
    assert MISSING not in page
    assert "Changed. It counts from the next run on." in page
    assert Authorization.objects.get(schedule=monthly, ended_at=None).amount == 700


def test_it_can_be_deposited_once(web: Client, monthly: Schedule, missed: ScheduledRun) -> None:
    where = answer(web, missed, "deposit")["Location"]
    assert where.startswith(reverse("funding:deposit"))
    assert 'value="600"' in web.get(where).content.decode()
    monthly.refresh_from_db()
    assert monthly.amount == 600
    assert MISSING not in page_of(web, monthly)


def test_it_can_be_let_go(web: Client, monthly: Schedule, missed: ScheduledRun) -> None:
    answer(web, missed, "let_go")
    page = page_of(web, monthly)
    assert "All right. It goes on as before." in page
    assert MISSING not in page
    monthly.refresh_from_db()
    assert (monthly.amount, monthly.revision) == (600, 1)


def test_an_answer_that_was_not_offered_answers_nothing(
    web: Client, monthly: Schedule, missed: ScheduledRun
) -> None:
    answer(web, missed, "twice")
    assert MISSING in page_of(web, monthly)


@pytest.mark.parametrize("what", ["deposit", "raise"])
def test_while_risk_answers_do_not_go_together_nothing_more_goes_in_and_the_offer_stays(
    web: Client, monthly: Schedule, missed: ScheduledRun, assessed: RiskAssessment, what: str
) -> None:
    # $600 a month is more than can be spared of $7,000 a year
    update_profile(monthly.account, employment={"annual_gross_income": "7000.00"})
    assert answer(web, missed, what)["Location"] == reverse("funding:schedule", args=[monthly.pk])
    assert MISSING in page_of(web, monthly)
    monthly.refresh_from_db()
    assert monthly.amount == 600


def test_the_chances_of_each_way_are_those_of_her_goal(
    web: Client, monthly: Schedule, missed: ScheduledRun, goal: Goal
) -> None:
    assert "in 100 futures" not in page_of(web, monthly)  # nothing is invested yet
    Portfolio.objects.filter(account=monthly.account).update(value=9000)
    ScheduledRun.objects.update(amount=6000)  # so that each way makes a difference
    offers = web.get(reverse("funding:schedule", args=[monthly.pk])).context["catch_up"].offers
    once, more, nothing = (offer.chance for offer in offers)
    assert nothing < once
    assert nothing < more
    assert once != more
    page = page_of(web, monthly)
    assert f"and what each does for {goal.name}" in page
    for chance in (once, more, nothing):
        assert f"{chance} in 100 futures reach it" in page
    Goal.objects.update(target_date=date(2026, 11, 1))  # a goal of the past can’t be reached
    assert "in 100 futures" not in page_of(web, monthly)


def test_what_is_long_past_or_has_ended_is_not_asked_about(
    web: Client, monthly: Schedule, missed: ScheduledRun, to_the_moment: Any, iris: Any
) -> None:
    adviser = Client()
    adviser.force_login(iris)
    assert MISSING not in page_of(adviser, monthly)  # only she can answer
    monthly.runs.update(answer="let_go")
    for named, asked in ((date(2026, 10, 6), True), (date(2026, 10, 5), False)):
        ScheduledRun.objects.filter(pk=missed.pk).update(named=named, answer="")
        assert (MISSING in page_of(web, monthly)) is asked
    ScheduledRun.objects.filter(pk=missed.pk).update(named=date(2026, 11, 15))
    press(web, "end", monthly)
    to_the_moment(datetime(2026, 11, 18, 12, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    page = page_of(web, monthly)
    assert "This auto-invest has ended." in page
    assert MISSING not in page
