"""The front page says what came in and went out, what waits, and whether all goes as it should."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding.models import Deposit, Wallet, Withdrawal

NOW = datetime(2026, 11, 25, 17, tzinfo=UTC)  # a Wednesday


@pytest.fixture
def front(iris: Any, at_desk: Any) -> Any:
    def read(user: Any = iris) -> Any:
        page = at_desk(user).get(reverse("admin:index"))
        figures = {figure.title: figure for figure in page.context["figures"]}
        signs = {sign.title: sign for sign in page.context["signs"]}
        return page, figures, signs

    return read


def moved(account: Account, amount: int, at: datetime, kind: Any = Deposit, **fields: Any) -> None:
    row = {"status": "completed", "completed_at": at, "due_at": None, **fields}
    kind.objects.create(account=account, amount=amount, **row)


def test_net_flows_are_deposits_less_withdrawals_of_this_week_and_month(
    front, maya, omar, furnish, time_machine
):
    time_machine.move_to(NOW, tick=False)
    account, other = furnish(maya), furnish(omar)
    day = timedelta(days=1)
    moved(account, 1_500, NOW - day)
    moved(account, 200, NOW - day, Withdrawal)
    moved(account, 40, NOW - 3 * day)  # Sunday: this month, not this week
    moved(account, 7_000, NOW - 30 * day)  # October
    moved(account, 9_000, NOW - day, status="failed")  # it came, and was taken back
    moved(account, 8_000, NOW - day, status="pending")
    moved(other, 6_000, NOW - day)  # in nobody's book
    page, figures, _ = front()
    week, month = figures["Net flow this week"], figures["Net flow this month"]
    assert week.value == "+$1,300.00"
    assert week.note == "$1,500.00 in, $200.00 out since Mon, Nov 23"
    assert month.value == "+$1,340.00"
    assert month.note.endswith("since Sun, Nov 1")
    assert week.value in page.content.decode()


def test_a_day_of_the_flows_is_the_readers(front, iris, maya, furnish, time_machine):
    """Monday, 2 am in Berlin, is Sunday in New York."""
    time_machine.move_to(NOW, tick=False)
    moved(furnish(maya), 10, datetime(2026, 11, 23, 2, tzinfo=ZoneInfo("Europe/Berlin")))

    def week(zone: str) -> str:
        iris.time_zone = zone
        iris.save(update_fields=["time_zone"])
        return str(front()[1]["Net flow this week"].value)

    assert week("America/New_York") == "$0.00"
    assert week("Europe/Berlin") == "+$10.00"


def test_money_that_left_is_told_with_a_minus(front, maya, furnish):
    moved(furnish(maya), 50, timezone.now(), Withdrawal)
    assert front()[1]["Net flow this week"].value == "−$50.00"


def test_health_says_what_waits_and_what_is_stuck(front, maya, furnish):
    furnish(maya)
    sign = front()[2]["Work with Bluum"]
    assert (sign.value, sign.tone) == ("Nothing waits, nothing is stuck", "")
    Deposit.objects.update(due_at=timezone.now() - timedelta(minutes=2))
    assert front()[2]["Work with Bluum"].tone == ""  # soon enough
    Deposit.objects.update(due_at=timezone.now() - timedelta(minutes=20))
    sign = front()[2]["Work with Bluum"]
    assert (sign.value, sign.tone) == ("1 step waits for 20\xa0minutes", "warning")
    Withdrawal.objects.update(stuck_at=timezone.now(), due_at=timezone.now())
    page, _, signs = front()
    sign = signs["Work with Bluum"]
    assert sign.value == "1 step waits for 20\xa0minutes, 1 is stuck"
    assert sign.tone == "danger"
    assert f'href="{reverse("admin:work")}">Work with Bluum' in page.content.decode()


def test_health_says_when_bluum_last_answered(front, maya, omar, furnish):
    furnish(maya), furnish(omar)
    Account.objects.update(status="ACTIVE")
    name = "Last word from Bluum"
    assert front()[2][name].value == "None yet"
    Wallet.objects.update(refreshed_at=timezone.now() - timedelta(minutes=9))
    assert (front()[2][name].value, front()[2][name].tone) == ("9 minutes ago", "")
    hers = Wallet.objects.filter(account__user=maya)
    hers.update(refreshed_at=timezone.now() - timedelta(hours=3))
    assert (front()[2][name].value, front()[2][name].tone) == ("3 hours ago", "danger")
    Account.objects.update(status="SUSPENDED")  # nobody's cash is asked for any more
    assert (front()[2][name].value, front()[2][name].tone) == ("None yet", "")


def test_the_last_webhook_is_for_those_who_see_the_inbox(front, supervisor, event):
    assert front(supervisor)[2]["Last webhook"].value == "Just now"
    assert "Last webhook" not in front()[2]


def test_the_queues_say_how_long_their_oldest_waits(front, maya, furnish):
    furnish(maya)
    queues = {queue.title: queue for queue in front()[0].context["queues"]}
    assert (queues["Being verified"].count, queues["Being verified"].age) == (1, "2\xa0days")
    assert queues["Drifted portfolios"].age == "Not known"
    assert queues["Banks to repair"].count == 0
