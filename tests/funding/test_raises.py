"""Amounts that rise as agreed: when, by how much, never above what was agreed, told before."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Notice
from funding import rhythm
from funding.models import Authorization, BankAccount, Schedule
from portfolios.models import Policy
from robo.ui import words
from sandbox.world import World
from tests.funding.conftest import page_of, press, set_up, sign_in


def test_it_rises_as_agreed_and_every_new_amount_is_told_ten_days_ahead(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, to_the_moment: Any
) -> None:
    start = {"start_date_0": 12, "start_date_1": 1, "start_date_2": 2026}
    rises = {"raise_by": "10", "raise_unit": "dollars", "raise_months": "3", "raise_most": "615"}
    made = set_up(web, bank, **start, **rises)
    page = page_of(web, made)
    assert "$610.00</span></small>" in page
    assert "$615.00</span></small>" in page
    allowed = Authorization.objects.get(schedule=made)
    assert "rises by $10.00 every three months, up to $615.00" in allowed.text
    for month in range(12, 20):  # the day each raise has to be told, the day before, after the run
        year, number = 2026 + (month - 1) // 12, (month - 1) % 12 + 1
        for day in (2, 14, 19):
            to_the_moment(datetime(year, number, day, 16, tzinfo=UTC))
    amounts = [(row["created_at"].date(), int(row["amount"]))
               for row in sandbox.table("deposits").values()]  # fmt: skip
    assert [amount for _, amount in amounts] == [600, 600, 600, 610, 610, 610, 615, 615]
    told = Notice.objects.filter(key__startswith="auto-invest-raise").order_by("created_at")
    first = {amount: day for day, amount in reversed(amounts)}
    assert len(told) == 2
    for notice, amount in zip(told, (610, 615), strict=True):
        assert f"rises to ${amount}.00" in notice.title
        ahead = first[amount] - notice.created_at.date()
        assert timedelta(days=10) <= ahead <= timedelta(days=14)
    assert Authorization.objects.get(schedule=made) == allowed
    assert allowed.ended_at is None


def test_a_raise_told_late_begins_later(monthly: Schedule, to_the_moment: Any) -> None:
    Schedule.objects.update(
        raise_by=10, raise_unit="dollars", raise_months=12, raise_on=date(2026, 12, 1)
    )
    Schedule.objects.all().poke()
    to_the_moment(datetime(2026, 12, 10, 12, tzinfo=UTC))
    monthly.refresh_from_db()
    assert [int(run.amount) for run in rhythm.coming(monthly, 3)] == [600, 610, 610]


START = {"start_date_0": 12, "start_date_1": 1, "start_date_2": 2026, "day_of_month": "1"}
TEN_DOLLARS = {"raise_by": "10", "raise_unit": "dollars", "raise_months": "3"}


def shown(schedule: Schedule) -> list[tuple[date, Decimal]]:
    """The raises to come that the page shows."""
    schedule.refresh_from_db()
    return [(run.day, run.amount) for run in rhythm.raises(schedule)]


def told() -> list[str]:
    found = Notice.objects.filter(key__startswith="auto-invest-raise").order_by("created_at")
    return [one.title for one in found]


def test_a_raise_in_percent_is_of_what_it_was_before_and_begins_on_the_very_day(
    web: Client, bank: BankAccount, policy: Policy
) -> None:
    rises = {"raise_by": "10", "raise_unit": "percent", "raise_months": "12"}
    made = set_up(web, bank, **START, **rises)
    assert shown(made) == [
        (date(2027, 12, 1), Decimal("660.00")),
        (date(2028, 12, 1), Decimal("726.00")),
        (date(2029, 12, 3), Decimal("798.60")),  # December 1 is a Saturday
    ]
    page = page_of(web, made)
    assert all(f"${amount}" in page for amount in ("660.00", "726.00", "798.60"))


def test_a_raise_ends_at_the_most_that_may_be_pulled_and_lowers_nothing(
    web: Client, bank: BankAccount, policy: Policy, rules: Callable[..., None]
) -> None:
    rises = {
        "raise_by": "10", "raise_unit": "percent", "raise_months": "12", "raise_most": "5000",
    }  # fmt: skip
    made = set_up(web, bank, **START, **rises)
    rules(deposit=Decimal(650))
    assert [amount for _, amount in shown(made)] == [Decimal(650)]
    rules(deposit=Decimal(500))
    assert shown(made) == []
    assert {run.amount for run in rhythm.coming(made, 40)} == {Decimal(600)}


def test_raises_that_fall_into_a_rest_come_together_with_the_first_run_after_it(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, to_the_moment: Any
) -> None:
    made = set_up(web, bank, **START | {"day_of_month": "15"}, **TEN_DOLLARS)
    to_the_moment(sandbox.clock.now() + timedelta(minutes=1))
    web.post(reverse("funding:schedule-rest", args=[made.pk]), {"how_long": "6"})
    for month, day in ((5, 20), (6, 2), (6, 14), (6, 16), (7, 16)):
        to_the_moment(datetime(2027, month, day, 16, tzinfo=UTC))
    assert [row["amount"] for row in sandbox.table("deposits").values()] == [620, 620]
    assert told() == ["Auto-invest rises to $620.00 on Tue, Jun 15"]
    assert shown(made)[0] == (date(2027, 9, 15), Decimal(630))


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (16, "Auto-invest rises to $110.00 on Mon, Mar 1"),  # still ten days ahead
        (21, "Auto-invest rises to $110.00 on Mon, Mar 8"),
    ],
)
def test_a_raise_whose_amount_has_changed_is_told_anew_ten_days_ahead(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, to_the_moment: Any,
    day: int, said: str,
) -> None:  # fmt: skip
    weekly = {"frequency": "weekly", "day_of_week": "1"}
    made = set_up(web, bank, **START | weekly | TEN_DOLLARS | {"amount": "60"})
    to_the_moment(datetime(2026, 12, 1, 16, tzinfo=UTC))
    for then in (15, day):
        to_the_moment(datetime(2027, 2, then, 16, tzinfo=UTC))
    assert told() == ["Auto-invest rises to $70.00 on Mon, Mar 1"]
    sign_in(web, made.account.user)
    change = {"amount": "100", "day_of_week": "1", **TEN_DOLLARS}
    assert web.post(reverse("funding:schedule", args=[made.pk]), change).status_code == 302
    for month, then in ((2, day), (2, 24), (3, 2), (3, 9)):
        to_the_moment(datetime(2027, month, then, 18, tzinfo=UTC))
    assert told()[1:] == [said]
    began = {int(row["amount"]): row["created_at"].date()
             for row in reversed(list(sandbox.table("deposits").values()))}  # fmt: skip
    assert 70 not in began
    assert words.day(began[110]) in said


def test_other_rules_for_a_raise_count_from_the_day_they_were_made(
    web: Client, monthly: Schedule
) -> None:
    url = reverse("funding:schedule", args=[monthly.pk])
    change = {"amount": "600", "day_of_month": "15", **TEN_DOLLARS}
    assert web.post(url, change).status_code == 302
    assert shown(monthly)[0] == (date(2027, 3, 15), Decimal(610))
    assert web.post(url, change | {"raise_months": "6"}).status_code == 302
    assert shown(monthly)[0] == (date(2027, 6, 15), Decimal(610))
    assert web.post(url, change | {"raise_by": ""}).status_code == 302
    assert shown(monthly) == []


def test_while_it_is_paused_no_raise_is_told(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, to_the_moment: Any
) -> None:
    made = set_up(web, bank, **START, **TEN_DOLLARS)
    to_the_moment(sandbox.clock.now() + timedelta(minutes=1))
    press(web, "pause", made)
    to_the_moment(datetime(2027, 2, 25, 16, tzinfo=UTC))
    made.refresh_from_db()
    assert (made.status, made.error, made.due_at) == ("paused", "", None)
    assert told() == []
