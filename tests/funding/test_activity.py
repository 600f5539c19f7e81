"""One ledger: newest first, filtered by address, as a file, and at a steady cost."""

import csv
import io
import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding import entries
from funding.models import BankAccount, Deposit, Movement, Schedule, TransferEvent
from funding.views.activity import _harmless
from portfolios.models import Portfolio, Valuation
from robo import agenda, partner
from robo.ui.words import money, percent

PAGE = "/money/activity/"


def many(account: Account, bank: BankAccount, count: int) -> None:
    schedule = Schedule.objects.create(
        account=account,
        bank=bank,
        name="Every month",
        amount=600,
        frequency="monthly",
        day_of_month=15,
        start_date=timezone.localdate(),
        status="active",
        sent_revision=1,
        next_execution=timezone.now() + timedelta(days=20),
        due_at=None,
    )
    for number in range(count):
        at = timezone.now() - timedelta(days=number)
        deposit = Deposit.objects.create(
            account=account,
            bank=bank,
            schedule=schedule if number % 2 else None,
            amount=Decimal(number + 1),
            status="completed",
            created_at=at,
            completed_at=at,
            due_at=None,
        )
        TransferEvent.objects.create(deposit=deposit, status="completed", at=at)


def booked(account: Account) -> None:
    """What `many` made, as lines of the ledger."""
    deposits = Deposit.objects.filter(account=account).order_by("created_at")
    balance = Decimal(0)
    for deposit in deposits:
        balance += deposit.amount
        day = deposit.created_at.date()
        Movement.objects.create(
            account=account, key=str(deposit.pk), kind="deposit", amount=deposit.amount,
            balance=balance, day=day, month=day.replace(day=1), deposit=deposit,
        )  # fmt: skip


def test_the_ledger_is_newest_first_with_its_day(
    web: Client, account: Account, bank: BankAccount
) -> None:
    many(account, bank, 3)
    booked(account)
    page = web.get(PAGE).content.decode()
    assert page.index("+$1.00") < page.index("+$2.00") < page.index("+$3.00")
    assert "$6.00" in page  # the cash after the newest
    assert "You linked Checking ••3168" in page
    assert "Account opened" in page
    assert 'Your next <span class="private">$600.00</span> comes on' in page
    assert "Account opened" not in web.get(PAGE, {"only": "money"}).content.decode()


def test_a_filter_has_an_address(web: Client, account: Account, bank: BankAccount) -> None:
    many(account, bank, 4)
    booked(account)
    page = web.get(PAGE, {"kind": "auto_invest"}).content.decode()
    assert "+$2.00" in page
    assert "+$1.00" not in page
    assert '<option value="auto_invest" selected>' in page
    assert "2 lines of cash, together" in page
    assert "+$6.00" in page
    found = web.get(PAGE, {"q": "over 3"}).content.decode()
    assert "+$4.00" in found
    assert "+$2.00" not in found
    assert "Understood as $3.00 or more." in found
    nothing = web.get(PAGE, {"kind": "<script>", "q": "<script>alert(1)</script>"})
    assert nothing.status_code == 200
    assert "<script>alert" not in nothing.content.decode()
    for odd in ({"before": "x"}, {"first": "31/31/1"}, {"least": "many"}, {"q": "\x00" * 9}):
        assert web.get(PAGE, odd).status_code == 200


def test_a_deposit_that_failed_is_found_and_counts_nothing(
    web: Client, account: Account, bank: BankAccount
) -> None:
    many(account, bank, 1)
    Deposit.objects.update(
        status="failed", completed_at=None, failure_reason="R01", amount=Decimal(640)
    )
    page = web.get(PAGE, {"q": f"failed deposits {timezone.localdate().year}"}).content.decode()
    assert "$640.00</span> deposit didn’t go through" in page
    assert "+$640.00" not in page
    assert "didn’t go through" not in web.get(PAGE, {"q": "VTI"}).content.decode()


def test_what_is_under_way_stands_on_top_with_its_day_and_whether_it_can_be_stopped(
    web: Client, account: Account, bank: BankAccount
) -> None:
    asked = Deposit.objects.create(account=account, bank=bank, amount=250, status="pending")
    page = web.get(PAGE).content.decode()
    assert "On its way from Checking ••3168" in page
    assert reverse("funding:deposit-cancel", args=[asked.pk]) in page
    assert page.index("On its way from") < page.index("Search your activity")
    Deposit.objects.update(status="processing")
    page = web.get(PAGE).content.decode()
    assert "Can’t be canceled any more." in page
    assert reverse("funding:deposit-cancel", args=[asked.pk]) not in page


def test_the_file_holds_what_the_page_shows(
    web: Client, account: Account, bank: BankAccount
) -> None:
    bank.institution, bank.name = "Lakeside", '=HYPERLINK("x")'
    bank.save()
    many(account, bank, 3)
    booked(account)
    today = timezone.localdate()
    Movement.objects.create(
        account=account, key="fee", kind="fee", amount=Decimal("-1.50"), balance=Decimal("4.50"),
        day=today, month=today.replace(day=1), place=9, words="=1+1",
    )  # fmt: skip
    answer = web.get(reverse("funding:activity-csv"))
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    choice = entries.chosen(account, {})
    assert len(rows) == len(list(entries.every_entry(choice)))
    deposits = [row for row in rows if row["kind"] in {"deposit", "auto_invest"}]
    assert sorted(r["amount_usd"] for r in deposits if r["amount_usd"]) == ["1.00", "2.00", "3.00"]
    assert deposits[0]["cash_after_usd"] == "6.00"
    fee = next(row for row in rows if row["kind"] == "fee")
    assert (fee["amount_usd"], fee["cash_after_usd"]) == ("-1.50", "4.50")
    assert _harmless("=1+1") == "'=1+1"
    assert _harmless(" =1+1") == "' =1+1"
    assert _harmless("-1+cmd|' /C calc'!A0") == "'-1+cmd|' /C calc'!A0"
    assert [_harmless(text) for text in ("-1.50", "-cmd", "@x")] == ["-1.50", "'-cmd", "'@x"]
    assert not any(value.startswith("=") for row in rows for value in row.values())
    few = web.get(reverse("funding:activity-csv"), {"q": "under 2", "only": "money"})
    assert len(few.content.decode().splitlines()) == 4


def test_an_advisory_fee_says_for_which_month_it_is_and_what_was_agreed(
    web: Client, account: Account
) -> None:
    portfolio = Portfolio.objects.create(account=account)
    for day, value in ((date(2026, 10, 1), 20_000), (date(2026, 10, 30), 24_000)):
        Valuation.objects.create(portfolio=portfolio, day=day, value=value)
    Movement.objects.create(
        account=account, key="fee", kind="fee", amount=Decimal("-4.66"), balance=Decimal("4.50"),
        day=date(2026, 11, 2), month=date(2026, 11, 1), place=1, words="Advisory fee",
    )  # fmt: skip
    share = partner.current().fees.advisory
    page = " ".join(re.sub(r"<[^>]+>", " ", web.get(PAGE).content.decode()).split())
    assert "Advisory fee For October 2026" in page
    assert f"Agreed {percent(share)} a year of what your account is worth, day by day" in page
    about = money(Decimal(22_000) * share * 31 / 365)
    assert f"On $22,000.00, the average of the month’s closes: about {about}" in page


def test_before_anything_happened_the_page_says_that_is_right(
    web: Client, account: Account
) -> None:
    page = web.get(PAGE, {"kind": "deposit"}).content.decode()
    assert "Nothing of this kind yet" in page


def test_what_to_do_next_follows_the_journey(
    account: Account, bank: BankAccount, web: Client
) -> None:
    def titles() -> list[str]:
        account.refresh_from_db()
        return [item.title for item in agenda.things_to_do(account)]

    assert "Make your first deposit" in titles()
    many(account, bank, 1)
    assert not {"Link your bank", "Make your first deposit", "Set up auto-invest"} & set(titles())
    Schedule.objects.update(wanted="cancelled", status="cancelled")
    assert "Set up auto-invest" in titles()
    # Why one failed comes before anything else about deposits.
    Deposit.objects.update(status="failed", completed_at=None)
    assert "Your $1.00 deposit didn’t go through" in titles()
    assert not {"Make your first deposit", "Set up auto-invest"} & set(titles())
    BankAccount.objects.update(status="error")
    assert "Reconnect Lakeside Bank" in titles()
    BankAccount.objects.update(status="disconnected")
    assert "Link your bank" in titles()


PAGES = {
    PAGE: 18,
    "/money/banks/": 8,
    "/money/deposit/": 12,
    "/money/auto-invest/": 8,
    "/money/auto-invest/new/": 9,
}


@pytest.mark.parametrize("count", [1, 20])
@pytest.mark.parametrize("url", PAGES)
def test_a_page_costs_no_more_queries_with_twenty_rows(
    web: Client,
    account: Account,
    bank: BankAccount,
    django_assert_max_num_queries: Callable[..., Any],
    url: str,
    count: int,
) -> None:
    many(account, bank, count)
    web.get(url)
    with django_assert_max_num_queries(PAGES[url]):
        assert web.get(url).status_code == 200


@pytest.mark.parametrize("count", [1, 20])
def test_the_status_pages_cost_the_same_too(
    web: Client,
    account: Account,
    bank: BankAccount,
    django_assert_max_num_queries: Callable[..., Any],
    count: int,
) -> None:
    many(account, bank, count)
    for name, row in (
        ("deposit-status", Deposit.objects.latest("pk")),
        ("schedule", Schedule.objects.latest("pk")),
    ):
        url = reverse(f"funding:{name}", args=[row.pk])
        with django_assert_max_num_queries(12):
            assert web.get(url).status_code == 200
