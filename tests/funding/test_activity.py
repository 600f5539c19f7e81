"""One ledger: newest first, filtered by address, as a file, and at a steady cost."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding.models import BankAccount, Deposit, Schedule, TransferEvent
from robo import agenda

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


def test_the_ledger_is_newest_first_with_its_day(
    web: Client, account: Account, bank: BankAccount
) -> None:
    many(account, bank, 3)
    page = web.get(PAGE).content.decode()
    assert page.index("+$1.00") < page.index("+$2.00") < page.index("+$3.00")
    assert "You linked Checking ••3168" in page
    assert "Account opened" in page
    assert "Your next $600.00 comes on" in page


def test_a_filter_has_an_address(web: Client, account: Account, bank: BankAccount) -> None:
    many(account, bank, 3)
    page = web.get(PAGE, {"kind": "deposit"}).content.decode()
    assert "+$1.00" in page
    assert "+$2.00" not in page
    assert 'href="?kind=deposit" aria-current="page"' in page
    nothing = web.get(PAGE, {"kind": "<script>"})
    assert nothing.status_code == 200
    assert "<script>alert" not in nothing.content.decode()
    assert web.get(PAGE, {"page": "99"}).status_code == 200


def test_the_file_holds_what_the_page_shows(
    web: Client, account: Account, bank: BankAccount
) -> None:
    bank.institution = '=HYPERLINK("x")'
    bank.save()
    many(account, bank, 3)
    answer = web.get(reverse("funding:activity-csv"))
    assert answer["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode())))
    assert len(rows) == len(agenda.things_that_happened(account))
    deposits = [row for row in rows if row["kind"] == "deposit"]
    assert sorted(row["amount_usd"] for row in deposits) == ["1.00", "3.00"]
    assert deposits[0]["time_utc"].endswith("+00:00")
    assert not any(value.startswith("=") for row in rows for value in row.values())


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
    BankAccount.objects.update(status="error")
    assert "Reconnect Lakeside Bank" in titles()
    BankAccount.objects.update(status="disconnected")
    assert "Link your bank" in titles()


PAGES = {
    PAGE: 23,
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
