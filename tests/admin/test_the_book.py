"""An advisor sees her book and nothing of anybody else's, wherever she looks."""

import pytest
from django.contrib import admin
from django.urls import reverse

from accounts.models import Account
from onboarding.models import RiskAssessment
from robo.work import kinds

OWNED = [
    model
    for model in admin.site._registry
    if model is Account or any(field.name == "account" for field in model._meta.fields)
]


def changelist(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def change(row):
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


def first_of(model, account):
    return account if model is Account else model._default_manager.filter(account=account)[0]


@pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
def test_an_advisor_sees_her_clients_in_a_list_and_nobody_elses(
    model, iris, maya, omar, furnish, at_desk
):
    furnish(maya), furnish(omar)
    page = at_desk(iris).get(changelist(model))
    assert page.status_code == 200
    text = page.content.decode()
    assert "Maya Example" in text
    assert "Omar" not in text


@pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
def test_an_object_outside_the_book_is_not_found(model, iris, maya, omar, furnish, at_desk):
    hers, others = furnish(maya), furnish(omar)
    desk = at_desk(iris)
    assert desk.get(change(first_of(model, hers))).status_code == 200
    assert desk.get(change(first_of(model, others))).status_code == 404
    assert desk.get(change(first_of(model, others)) + "history/").status_code == 404


@pytest.mark.parametrize("model", OWNED, ids=lambda m: m._meta.label)
def test_searching_finds_nobody_outside_the_book(model, iris, maya, omar, furnish, at_desk):
    furnish(maya), furnish(omar)
    page = at_desk(iris).get(changelist(model), {"q": "Omar"})
    assert page.status_code == 200
    assert "Omar Example" not in page.content.decode()


def test_actions_on_a_client_outside_the_book_are_not_found(iris, omar, furnish, at_desk):
    account = furnish(omar)
    desk = at_desk(iris)
    for name in ("client_look_again", "client_restart", "client_assign"):
        assert desk.post(reverse(f"admin:{name}", args=[account.pk])).status_code == 404


def test_posting_a_list_action_on_foreign_rows_touches_none(iris, maya, omar, furnish, at_desk):
    furnish(maya)
    account = furnish(omar)
    at_desk(iris).post(
        changelist(Account), {"action": "look_again", "_selected_action": [account.pk]}
    )
    account.refresh_from_db()
    assert account.due_at is None


def test_retry_of_a_foreign_row_touches_nothing(iris, omar, furnish, at_desk):
    account = furnish(omar)
    deposit = account.deposits.get()
    type(deposit).objects.update(stuck_at="2026-11-01T00:00Z", error="No answer")
    at_desk(iris).post(reverse("admin:work_retry"), {"row": f"funding.Deposit:{deposit.pk}"})
    deposit.refresh_from_db()
    assert deposit.stuck_at is not None


def test_the_front_page_counts_her_clients_only(iris, maya, omar, furnish, at_desk):
    furnish(maya), furnish(omar)
    page = at_desk(iris).get(reverse("admin:index"))
    assert page.context["clients"] == 1
    assert str(page.context["sums"]["managed"]) == "1000.50"
    counts = {queue.title: queue.count for queue in page.context["queues"]}
    assert counts["Failed deposits"] == 1
    assert counts["Drifted portfolios"] == 1


def test_every_queue_leads_to_the_rows_it_counted(supervisor, maya, omar, furnish, at_desk):
    furnish(maya), furnish(omar)
    desk = at_desk(supervisor)
    for queue in desk.get(reverse("admin:index")).context["queues"]:
        page = desk.get(queue.url)
        assert page.status_code == 200
        if "queue=" in queue.url:
            assert len(page.context["cl"].result_list) == queue.count, queue.title


def test_answers_given_again_are_no_longer_expiring(iris, maya, furnish, at_desk):
    account = furnish(maya)
    RiskAssessment.objects.create(
        account=account, questionnaire_id="default", questionnaire_version=1, level=5,
        our_level=5, status="active", expires_at="2099-01-01T00:00Z",
    )  # fmt: skip
    page = at_desk(iris).get(reverse("admin:index"))
    counts = {queue.title: queue.count for queue in page.context["queues"]}
    assert counts["Risk answers expiring"] == 0


def test_the_tax_id_is_on_no_page(iris, maya, apply_for, at_desk):
    account = apply_for(maya)
    page = at_desk(iris).get(change(account)).content.decode()
    assert "Maya" in page
    assert "536221234" not in page
    assert "536-22" not in page


def test_every_kind_of_work_with_an_account_can_tell_whose_it_is():
    for model in kinds():
        if hasattr(model, "account"):
            assert hasattr(model._default_manager.all(), "visible_to"), model._meta.label


def test_the_clients_page_leads_to_all_rows_of_that_client_only(
    supervisor, maya, omar, furnish, at_desk
):
    account = furnish(maya)
    furnish(omar)
    desk = at_desk(supervisor)
    page = desk.get(change(account)).content.decode()
    for name in ("funding_deposit", "portfolios_investment", "accounts_notice"):
        url = f"{reverse(f'admin:{name}_changelist')}?account__id__exact={account.pk}"
        assert url in page
        text = desk.get(url).content.decode()
        assert "Maya Example" in text
        assert "Omar Example" not in text
