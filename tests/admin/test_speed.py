"""Lists and pages ask as many questions for twenty clients as for one, and never count a table."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User

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
    from funding.models import Deposit

    furnish(maya)
    desk = at_desk(supervisor)
    urls = [reverse("admin:index"), reverse("admin:work")]
    Deposit.objects.update(stuck_at="2026-11-01T00:00Z", error="x")
    one = [len(asked(desk, url)) for url in urls]
    twenty(None)
    Deposit.objects.update(stuck_at="2026-11-01T00:00Z", error="x")
    assert [len(asked(desk, url)) for url in urls] == one
    assert max(one) < 30


def test_a_clients_page_asks_the_same_however_much_is_on_it(iris, maya, furnish, at_desk):
    from decimal import Decimal

    from funding.models import Deposit, TransferEvent

    account = furnish(maya)
    url = reverse("admin:accounts_account_change", args=[account.pk])
    desk = at_desk(iris)

    def stuck(count):
        for _ in range(count):
            deposit = Deposit.objects.create(
                account=account,
                bank=account.banks.get(),
                amount=Decimal(5),
                stuck_at="2026-11-01T00:00Z",
            )
            TransferEvent.objects.create(deposit=deposit, status="pending")

    stuck(1)
    one = asked(desk, url)
    stuck(15)
    assert len(asked(desk, url)) == len(one)
    assert len(one) < 43


def test_people_are_not_counted_either(colleague, at_desk):
    desk = at_desk(colleague("root@example.com", is_superuser=True))
    url = reverse("admin:accounts_user_changelist")
    one = asked(desk, url)
    User.objects.bulk_create(User(email=f"u{n}@example.com") for n in range(20))
    assert len(asked(desk, url)) == len(one)
