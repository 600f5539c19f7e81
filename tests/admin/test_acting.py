"""What staff do from the admin: it happens, it is written down, and asking twice is harmless."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding.models import Deposit
from robo.audit.models import Entry
from robo.webhooks.models import Event


@pytest.fixture
def stuck(maya, furnish):
    deposit = furnish(maya).deposits.get()
    Deposit.objects.update(
        due_at=timezone.now(), stuck_at=timezone.now(), attempts=12, error="Bluum did not answer."
    )
    deposit.refresh_from_db()
    return deposit


def test_stuck_work_is_found_from_the_front_page_and_retried(iris, stuck, at_desk):
    desk = at_desk(iris)
    front = desk.get(reverse("admin:index"))
    queue = next(q for q in front.context["queues"] if q.title == "Stuck work")
    assert queue.count == 1
    page = desk.get(queue.url).content.decode()
    assert "Bluum did not answer." in page
    assert f'value="funding.Deposit:{stuck.pk}"' in page
    desk.post(reverse("admin:work_retry"), {"row": f"funding.Deposit:{stuck.pk}"})
    stuck.refresh_from_db()
    assert stuck.stuck_at is None
    assert stuck.due_at <= timezone.now()
    assert stuck.attempts == 0
    entry = Entry.objects.get(action="retry work")
    assert (entry.actor, entry.object_type, entry.object_id) == (
        iris,
        "funding.Deposit",
        str(stuck.pk),
    )
    assert entry.account_id == stuck.account_id


def test_retry_is_on_the_clients_page_and_leads_back_there(iris, stuck, at_desk):
    desk = at_desk(iris)
    url = reverse("admin:accounts_account_change", args=[stuck.account_id])
    page = desk.get(url).content.decode()
    assert f'value="funding.Deposit:{stuck.pk}"' in page
    answer = desk.post(
        reverse("admin:work_retry"), {"row": f"funding.Deposit:{stuck.pk}", "next": url}
    )
    assert answer.url == url
    answer = desk.post(
        reverse("admin:work_retry"),
        {"row": f"funding.Deposit:{stuck.pk}", "next": "https://elsewhere.example/"},
    )
    assert answer.url == reverse("admin:work")


def test_retry_of_what_has_moved_on_does_nothing(iris, stuck, at_desk):
    Deposit.objects.update(due_at=None, stuck_at=None, error="")
    at_desk(iris).post(reverse("admin:work_retry"), {"row": f"funding.Deposit:{stuck.pk}"})
    stuck.refresh_from_db()
    assert stuck.due_at is None
    assert not Entry.objects.filter(action="retry work").exists()


@pytest.mark.parametrize("row", ["", "nonsense", "funding.Deposit:x", "accounts.User:1"])
def test_a_retry_of_no_row_is_not_found(row, iris, at_desk):
    assert at_desk(iris).post(reverse("admin:work_retry"), {"row": row}).status_code == 404


def test_nothing_is_done_by_a_get(iris, stuck, at_desk):
    desk = at_desk(iris)
    assert desk.get(reverse("admin:work_retry")).status_code == 405
    for name in ("client_look_again", "client_restart"):
        desk.get(reverse(f"admin:{name}", args=[stuck.account_id]))
    assert not Entry.objects.filter(actor=iris).exists()


def test_the_list_offers_retry_too(supervisor, stuck, at_desk):
    at_desk(supervisor).post(
        reverse("admin:funding_deposit_changelist"),
        {"action": "retry", "_selected_action": [stuck.pk]},
    )
    stuck.refresh_from_db()
    assert stuck.stuck_at is None
    assert Entry.objects.get(action="retry work").actor == supervisor


def test_looking_again_brings_the_account_and_its_figures_forward(iris, maya, furnish, at_desk):
    account = furnish(maya)
    at_desk(iris).post(reverse("admin:client_look_again", args=[account.pk]))
    account.refresh_from_db()
    for row in (account, account.portfolio, account.wallet):
        assert row.due_at <= timezone.now()
    assert Entry.objects.get(action="look again at Bluum").account_id == account.pk


def test_verification_is_restarted_after_a_confirmation(iris, maya, furnish, at_desk):
    account = furnish(maya)
    Account.objects.filter(pk=account.pk).update(status="REJECTED")
    desk = at_desk(iris)
    url = reverse("admin:client_restart", args=[account.pk])
    client_page = desk.get(reverse("admin:accounts_account_change", args=[account.pk]))
    assert url in client_page.content.decode()
    assert desk.get(url).status_code == 200
    account.refresh_from_db()
    assert account.restart_asked_at is None
    desk.post(url)
    account.refresh_from_db()
    assert account.restart_asked_at is not None
    assert Entry.objects.get(action="restart verification").actor == iris


def test_an_active_account_is_not_verified_again(iris, maya, furnish, at_desk):
    account = furnish(maya)
    Account.objects.filter(pk=account.pk).update(status="ACTIVE")
    at_desk(iris).post(reverse("admin:client_restart", args=[account.pk]))
    account.refresh_from_db()
    assert account.restart_asked_at is None
    assert not Entry.objects.filter(action__startswith="restart").exists()


def test_a_supervisor_gives_a_client_to_an_advisor(supervisor, iris, omar, furnish, at_desk):
    account = furnish(omar)
    url = reverse("admin:client_assign", args=[account.pk])
    desk = at_desk(supervisor)
    assert "Iris" in desk.get(url).content.decode()
    desk.post(url, {"advisor": iris.pk})
    account.refresh_from_db()
    assert account.advisor == iris
    entry = Entry.objects.get(action="assign advisor")
    assert entry.details == {"before": None, "after": iris.pk}
    assert desk.post(url, {"advisor": omar.pk}).status_code == 422
    page = at_desk(iris).get(reverse("admin:accounts_account_changelist"))
    assert "Omar Example" in page.content.decode()


def test_an_advisor_assigns_nobody(iris, maya, furnish, at_desk):
    account = furnish(maya)
    url = reverse("admin:client_assign", args=[account.pk])
    assert at_desk(iris).post(url, {"advisor": ""}).status_code == 404
    account.refresh_from_db()
    assert account.advisor == iris


def test_a_webhook_event_is_handled_again(supervisor, event, at_desk):
    at_desk(supervisor).post(
        reverse("admin:webhooks_event_changelist"),
        {"action": "replay", "_selected_action": [event.pk]},
    )
    assert Event.objects.get().due_at <= timezone.now()
    assert Entry.objects.get(action="replay webhook").object_id == str(event.pk)
