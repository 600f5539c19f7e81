"""Auto-invest: set up, run, changed, paused, resumed, ended."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Notice
from funding.models import BankAccount, Deposit, Schedule, Wallet
from portfolios.models import Investment, Policy
from robo import agenda, work
from sandbox import faults
from sandbox.world import World
from tests.funding.conftest import (
    NEW_SCHEDULE,
    Bluum,
    page_of,
    press,
    set_up,
    sign_in,
    wish,
)

REFUSED_ONCE = {"kind": "status", "route": "*/auto-invest/*", "method": "PATCH", "count": 1}


def test_it_waits_for_the_policy_and_says_so(web: Client, bank: BankAccount, bluum: Bluum) -> None:
    schedule = set_up(web, bank)
    work.run_due(Schedule)
    schedule.refresh_from_db()
    assert schedule.status == "requested"
    assert "once your policy is signed" in page_of(web, schedule)
    assert bluum.requests("POST", "/auto-invest") == []


def test_it_is_set_up_once_and_shows_the_real_next_date(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    bluum: Bluum,
    settle_money: Callable[[], None],
) -> None:
    data = wish(web, bank)
    checked = web.post(NEW_SCHEDULE, data, follow=True).content.decode()
    assert "$600.00</span> leaves Checking ••3168 every month" in checked
    assert checked.count("Planned") == 6
    first = web.post(NEW_SCHEDULE, {**data, "confirmed": "1"})
    second = web.post(NEW_SCHEDULE, {**data, "confirmed": "1"})
    assert first["Location"] == second["Location"]
    settle_money()
    schedule = Schedule.objects.get()
    assert schedule.status == "active"
    assert schedule.next_execution
    there = bluum.world.table("schedules")
    assert len(there) == 1
    page = page_of(web, schedule)
    assert "$600.00</span> comes from your bank next on" in page
    assert page.count("Planned") == 6
    coming = agenda.things_to_come(schedule.account)
    assert "Auto-invest, $600.00" in [item.title for item in coming]


def test_pause_resume_and_end_reach_bluum(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    bluum: Bluum,
    settle_money: Callable[[], None],
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    there = next(iter(bluum.world.table("schedules").values()))
    for what, status, said in (
        ("pause", "paused", "is paused."),
        ("resume", "active", "comes from your bank next on"),
        ("end", "cancelled", "This auto-invest has ended."),
    ):
        press(web, what, schedule)
        settle_money()
        assert there["status"] == status
        assert said in page_of(web, schedule)
    press(web, "resume", schedule)
    assert Schedule.objects.get().wanted == "cancelled"


def test_ending_before_it_was_sent_never_reaches_bluum(
    web: Client, bank: BankAccount, policy: Policy, bluum: Bluum
) -> None:
    schedule = set_up(web, bank)
    press(web, "end", schedule)
    work.run_due(Schedule)
    assert Schedule.objects.get().status == "cancelled"
    assert bluum.requests("POST", "/auto-invest") == []


def test_amount_and_day_can_be_changed(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    bluum: Bluum,
    settle_money: Callable[[], None],
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    url = reverse("funding:schedule", args=[schedule.pk])
    assert web.post(url, {"amount": "-5", "day_of_month": "15"}).status_code == 422
    assert web.post(url, {"amount": "750", "day_of_month": "20"}).status_code == 302
    settle_money()
    there = next(iter(bluum.world.table("schedules").values()))
    assert (str(there["amount"]), there["schedule"]["day_of_month"]) == ("750.00", 20)
    schedule.refresh_from_db()
    assert schedule.is_settled
    assert "$750.00" in page_of(web, schedule)


def test_an_answer_lost_after_creating_makes_one_schedule(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    faults.add(
        sandbox, {"kind": "malformed", "route": "*/auto-invest", "method": "POST", "count": 1}
    )
    set_up(web, bank)
    settle_money()
    # and even when Bluum has forgotten the key
    sandbox.table("idempotency").clear()
    Schedule.objects.update(bluum_id=None, status="requested")
    Schedule.objects.get().poke()
    settle_money()
    assert len(bluum.world.table("schedules")) == 1
    assert Schedule.objects.get().status == "active"


def test_a_run_is_adopted_once_and_its_investment_asked_once(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    work.run_due(Wallet)
    there = next(iter(sandbox.table("schedules").values()))
    pass_time(there["next_execution"] - sandbox.clock.now() + timedelta(seconds=1))
    for _ in range(3):
        Wallet.objects.get().poke()
        work.run_due(Wallet)
        settle_money()
    deposit = Deposit.objects.get()
    assert (deposit.schedule, deposit.bank) == (schedule, bank)
    assert deposit.status == "completed"
    assert Investment.objects.get().cause == f"deposit:{deposit.pk}"
    page = web.get(reverse("funding:activity") + "?kind=auto_invest").content.decode()
    assert "+$600.00" in page
    schedule.refresh_from_db()
    assert schedule.last_execution["executed_at"]
    assert "Last run" in page_of(web, schedule)


def test_a_run_that_fails_is_told(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    set_up(web, bank, amount="600.01")  # the sandbox lets amounts in .01 fail
    settle_money()
    work.run_due(Wallet)
    there = next(iter(sandbox.table("schedules").values()))
    pass_time(there["next_execution"] - sandbox.clock.now() + timedelta(seconds=1))
    for _ in range(3):
        Wallet.objects.get().poke()
        work.run_due(Wallet)
        settle_money()
    assert Deposit.objects.get().status == "failed"
    assert Notice.objects.filter(key__startswith="deposit-failed").count() == 1
    assert Schedule.objects.get().status == "active"


def test_unlinking_a_bank_names_and_pauses_what_uses_it(
    web: Client,
    bank: BankAccount,
    policy: Policy,
    settle_money: Callable[[], None],
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    unlink = reverse("funding:unlink", args=[bank.pk])
    assert "Auto-invest uses this bank" in web.get(unlink).content.decode()
    web.post(unlink)
    settle_money()
    schedule.refresh_from_db()
    assert schedule.status == "paused"
    press(web, "resume", schedule)
    schedule.refresh_from_db()
    assert schedule.wanted == "paused"
    assert "isn’t linked any more" in page_of(web, schedule)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("amount", "abc", "Enter an amount in dollars"),
        ("frequency", "hourly", "Choose how often."),
        ("day_of_month", "32", "Choose a day from 1 to 31."),
        ("day_of_month", "", "Choose a day."),
        ("start_date_2", "2020", "Start tomorrow or later."),
        ("start_date_1", "", "Fill in month, day and year."),
        ("bank", "999999", "Choose one of your linked banks."),
    ],
)
def test_bad_input_gets_a_sentence(
    web: Client, bank: BankAccount, field: str, value: str, sentence: str
) -> None:
    answer = web.post(NEW_SCHEDULE, wish(web, bank) | {field: value, "confirmed": "1"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Schedule.objects.exists()


def test_the_planned_dates_follow_the_form(web: Client, bank: BankAccount) -> None:
    url = reverse("funding:schedule-preview")
    data = wish(web, bank, frequency="weekly", day_of_week="2")
    page = web.get(url, data, headers={"HX-Request": "true"}).content.decode()
    assert page.count("Tue,") == 6
    assert "<html" not in page
    broken = web.get(url, data | {"start_date_1": "x"}).content.decode()
    assert "planned dates appear here" in broken


def test_omar_finds_no_schedule_of_mayas(
    web: Client, bank: BankAccount, omar: Any, open_account: Callable[..., Account]
) -> None:
    open_account(omar, last_name="Haddad")
    schedule = set_up(web, bank)
    other = Client()
    sign_in(other, omar)
    url = reverse("funding:schedule", args=[schedule.pk])
    assert other.get(url).status_code == other.post(url, {"amount": "1"}).status_code == 404
    for what in ("pause", "resume", "end"):
        assert (
            other.post(reverse(f"funding:schedule-{what}", args=[schedule.pk])).status_code == 404
        )


def test_a_schedule_whose_bank_is_broken_says_so_and_leads_to_the_repair(
    web: Client, bank: BankAccount, policy: Policy
) -> None:
    schedule = set_up(web, bank)
    repair = reverse("funding:bank-repair", args=[bank.pk])
    assert repair not in page_of(web, schedule)
    BankAccount.objects.filter(pk=bank.pk).update(status="error")
    page = page_of(web, schedule)
    assert "asks you to sign in again" in page
    assert "nothing comes on these dates" in page
    assert repair in page


def test_one_that_bluum_does_not_accept_is_told_and_has_neither_dates_nor_buttons(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, settle_money: Any
) -> None:
    faults.add(
        sandbox, {"kind": "status", "status": 422, "route": "*/auto-invest", "method": "POST"}
    )
    schedule = set_up(web, bank)
    settle_money()
    page = page_of(web, schedule)
    assert "Auto-invest couldn’t be set up." in page
    assert "The next dates" not in page
    assert Notice.objects.filter(title="Auto-invest couldn’t be set up").count() == 1
    for what in ("pause", "skip"):
        press(web, what, schedule)
        assert "This schedule has ended." in page_of(web, schedule)


def test_a_change_that_bluum_does_not_accept_leaves_it_as_it_was_and_is_told(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, bluum: Bluum, settle_money: Any
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    faults.add(
        sandbox,
        {
            "kind": "status",
            "status": 422,
            "route": "*/auto-invest/*",
            "method": "PATCH",
            "count": 1,
        },
    )
    url = reverse("funding:schedule", args=[schedule.pk])
    assert web.post(url, {"amount": "750", "day_of_month": "20"}).status_code == 302
    settle_money()
    schedule.refresh_from_db()
    assert (schedule.amount, schedule.day_of_month, schedule.is_settled) == (600, 15, True)
    page = page_of(web, schedule)
    assert "Your last change wasn’t accepted" in page
    assert "It goes on as before." in page
    told = Notice.objects.get(title="Your change to auto-invest wasn’t accepted")
    assert told.url == url
    assert len(bluum.requests("PATCH", schedule.bluum_id or "")) == 1


def test_a_change_in_the_moment_it_runs_is_looked_at_again_at_once(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, settle_money: Any
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    faults.add(
        sandbox,
        {
            "kind": "status",
            "status": 409,
            "route": "*/auto-invest/*",
            "method": "PATCH",
            "count": 1,
        },
    )
    url = reverse("funding:schedule", args=[schedule.pk])
    assert web.post(url, {"amount": "750", "day_of_month": "15"}).status_code == 302
    work.run_due(Schedule)
    schedule.refresh_from_db()
    assert (schedule.error, schedule.attempts) == ("", 0)
    settle_money()
    assert next(iter(sandbox.table("schedules").values()))["amount"] == "750.00"


def test_one_that_is_gone_at_bluum_has_ended(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, settle_money: Any
) -> None:
    schedule = set_up(web, bank)
    settle_money()
    sandbox.table("schedules").clear()
    schedule.poke()
    settle_money()
    assert "This auto-invest has ended." in page_of(web, schedule)
