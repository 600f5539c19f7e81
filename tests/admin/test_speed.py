"""Lists and pages ask as many questions for twenty clients as for one, and never count a table."""

from datetime import date

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from funding.models import Deposit, TransferEvent, Withdrawal
from portfolios.models import Holding, Report

LISTS = [m for m in admin.site._registry if m._meta.label not in {"accounts.User", "auth.Group"}]


def asked(desk, url):
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert desk.get(url).status_code == 200
    return [query["sql"] for query in queries]


@pytest.fixture
def twenty(person, furnish):
    def make(advisor):
        for number in range(19):
            account = furnish(person(f"p{number}@example.com", first_name=f"P{number}"))
            account.advisor = advisor
            account.save(update_fields=["advisor"])

    return make


def test_every_list_asks_the_same_for_one_and_for_twenty(
    supervisor, maya, furnish, twenty, event, at_desk
):
    lists = {
        m._meta.label: reverse(f"admin:{m._meta.app_label}_{m._meta.model_name}_changelist")
        for m in LISTS
    }
    furnish(maya)
    desk = at_desk(supervisor)
    one = {name: asked(desk, url) for name, url in lists.items()}
    twenty(None)
    many = {name: asked(desk, url) for name, url in lists.items()}
    grows = {name: many[name] for name in lists if len(many[name]) != len(one[name])}
    assert not grows
    assert not [name for name in lists if len(one[name]) >= 20]
    assert not [name for name in lists if any("COUNT(" in sql for sql in many[name])]


def test_the_front_page_and_the_stuck_work_ask_the_same_for_one_and_for_twenty(
    supervisor, maya, furnish, twenty, at_desk
):
    furnish(maya)
    desk = at_desk(supervisor)
    urls = [reverse("admin:index"), reverse("admin:work")]
    Deposit.objects.update(stuck_at="2026-11-01T00:00Z", error="x")
    one = [len(asked(desk, url)) for url in urls]
    twenty(None)
    Deposit.objects.update(stuck_at="2026-11-01T00:00Z", error="x")
    assert [len(asked(desk, url)) for url in urls] == one
    assert max(one) < 20


def test_a_clients_page_asks_the_same_for_one_and_for_fifty_of_everything(
    iris, maya, furnish, at_desk
):
    account = furnish(maya)
    url = reverse("admin:accounts_account_change", args=[account.pk])
    desk = at_desk(iris)

    def add(number):
        Holding.objects.create(
            portfolio=account.portfolio, symbol=f"H{number}", quantity=1, value=number, price=1
        )
        deposit = Deposit.objects.create(
            account=account, bank=account.banks.get(), amount=5, stuck_at="2026-11-01T00:00Z"
        )
        TransferEvent.objects.create(deposit=deposit, status="pending")
        Withdrawal.objects.create(account=account, bank=account.banks.get(), amount=5)
        Report.objects.create(
            account=account, kind="statement", span="monthly", title="June", status="ready",
            first_day=date(1970 + number, 6, 1), last_day=date(1970 + number, 6, 30),
        )  # fmt: skip

    add(0)
    one = asked(desk, url)
    for number in range(1, 50):
        add(number)
    many = desk.get(url).content.decode()
    assert "H49" in many
    assert many.count(">Deposit<small>") == 50  # each is stuck
    assert "50 settled" in many
    assert len(asked(desk, url)) == len(one) < 45


def test_people_are_not_counted_either(colleague, at_desk):
    desk = at_desk(colleague("root@example.com", is_superuser=True))
    url = reverse("admin:accounts_user_changelist")
    one = asked(desk, url)
    User.objects.bulk_create(User(email=f"u{n}@example.com") for n in range(20))
    assert len(asked(desk, url)) == len(one)
