"""Who may do what. Nobody writes what Bluum or the trail says."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts import roles as groups
from accounts.models import Account, User
from robo.audit.models import Entry
from robo.backoffice import roles

REGISTERED = list(admin.site._registry)
EDITED_BY_SUPERUSERS = {User, Group}


def changelist(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_the_groups_that_exist_are_the_ones_that_may():
    named = {name for names in roles.WHO.values() for name in names}
    assert named == set(groups.ALL)


def test_staff_without_a_second_factor_are_sent_to_set_one_up(person, client):
    user = person("new@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name="advisor"))
    client.force_login(user)
    for url in (reverse("admin:index"), changelist(Account), reverse("admin:work")):
        answer = client.get(url)
        assert answer.status_code == 302
        assert answer.url == reverse("mfa_index")


def test_an_investor_does_not_get_in(maya, at_desk):
    answer = at_desk(maya).get(reverse("admin:index"))
    assert answer.status_code in {302, 403}
    answer = at_desk(maya).get(changelist(Account))
    assert answer.status_code in {302, 403}


def test_staff_in_no_group_see_nothing(colleague, maya, furnish, at_desk):
    furnish(maya)
    desk = at_desk(colleague("new@example.com"))
    assert "Maya" not in desk.get(reverse("admin:index")).content.decode()
    for model in REGISTERED:
        assert desk.get(changelist(model)).status_code == 403, model


@pytest.mark.parametrize("model", REGISTERED, ids=lambda m: m._meta.label)
def test_every_page_renders_for_a_superuser(model, colleague, maya, furnish, event, at_desk):
    furnish(maya)
    desk = at_desk(colleague("root@example.com", is_superuser=True))
    page = desk.get(changelist(model))
    assert page.status_code == 200
    row = model._default_manager.order_by("pk").first()
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    assert desk.get(url).status_code == 200


@pytest.mark.parametrize(
    "model", [m for m in REGISTERED if m not in EDITED_BY_SUPERUSERS], ids=lambda m: m._meta.label
)
def test_every_page_renders_for_a_supervisor(model, supervisor, maya, furnish, event, at_desk):
    furnish(maya)
    desk = at_desk(supervisor)
    rows = admin.site._registry[model]
    page = desk.get(changelist(model))
    assert page.status_code == 200
    offered = page.content.decode()
    for action in rows.actions:
        assert f'value="{action}"' in offered, f"{action} is not offered"
    row = model._default_manager.first()
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk])
    assert desk.get(url).status_code == 200
    for name, filter_ in enumerate(page.context["cl"].filter_specs):
        for choice in list(filter_.choices(page.context["cl"]))[:4]:
            assert desk.get(changelist(model) + choice["query_string"]).status_code == 200, name


@pytest.mark.parametrize(
    "model", [m for m in REGISTERED if m not in EDITED_BY_SUPERUSERS], ids=lambda m: m._meta.label
)
def test_nobody_adds_changes_or_deletes_a_mirrored_row(
    model, colleague, maya, furnish, event, at_desk
):
    furnish(maya)
    desk = at_desk(colleague("root@example.com", is_superuser=True))
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    row = model._default_manager.first()
    before = model._default_manager.count()
    assert desk.get(reverse(f"{name}_add")).status_code == 403
    assert desk.post(reverse(f"{name}_add"), {}).status_code == 403
    assert desk.post(reverse(f"{name}_delete", args=[row.pk]), {"post": "yes"}).status_code == 403
    changed = desk.post(reverse(f"{name}_change", args=[row.pk]), {"status": "x"})
    assert changed.status_code in {403, 405}
    desk.post(
        changelist(model),
        {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"},
    )
    assert model._default_manager.count() == before


def test_only_a_superuser_sees_people(supervisor, colleague, at_desk):
    assert at_desk(supervisor).get(changelist(User)).status_code == 403
    root = colleague("root@example.com", is_superuser=True)
    assert at_desk(root).get(changelist(User)).status_code == 200


def test_making_someone_a_supervisor_is_in_the_trail(colleague, at_desk):
    desk = at_desk(colleague("root@example.com", is_superuser=True))
    someone = colleague("new@example.com")
    url = reverse("admin:accounts_user_change", args=[someone.pk])
    group = Group.objects.get(name="supervisor")
    fields = {"email": someone.email, "time_zone": "UTC", "is_active": "on", "is_staff": "on"}
    answer = desk.post(url, {**fields, "groups": [group.pk]})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    assert someone.groups.get() == group
    entry = Entry.objects.get(action="change user")
    assert entry.object_id == str(someone.pk)
    assert "Groups" in entry.details["fields"]


def test_operations_see_queues_but_no_advice(colleague, maya, furnish, at_desk):
    account = furnish(maya)
    desk = at_desk(colleague("olga@example.com", "operations"))
    assert desk.get(reverse("admin:portfolios_policy_changelist")).status_code == 403
    assert desk.get(reverse("admin:onboarding_riskassessment_changelist")).status_code == 403
    assert desk.get(reverse("admin:funding_deposit_changelist")).status_code == 200
    page = desk.get(reverse("admin:accounts_account_change", args=[account.pk]))
    assert {section.slug for section in page.context["sections"]}.isdisjoint({"risk", "goals"})
    assert "Level 6" not in desk.get(changelist(Account)).content.decode()


def test_an_auditor_reads_everything_and_does_nothing(colleague, maya, furnish, event, at_desk):
    account = furnish(maya)
    desk = at_desk(colleague("ada@example.com", "auditor"))
    for model in REGISTERED:
        if model not in EDITED_BY_SUPERUSERS:
            page = desk.get(changelist(model))
            assert page.status_code == 200
            assert 'name="action"' not in page.content.decode()
    assert desk.post(reverse("admin:client_look_again", args=[account.pk])).status_code == 404
    assert desk.post(reverse("admin:client_assign", args=[account.pk])).status_code == 404
    desk.post(changelist(Account), {"action": "look_again", "_selected_action": [account.pk]})
    account.refresh_from_db()
    assert account.due_at is None


def test_an_advisor_does_not_read_the_whole_trail_nor_the_inbox(iris, event, at_desk):
    desk = at_desk(iris)
    assert desk.get(changelist(Entry)).status_code == 403
    assert desk.get(reverse("admin:webhooks_event_changelist")).status_code == 403


@pytest.mark.parametrize("how", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_trail_can_not_be_changed_even_by_sql(how, maya, furnish):
    furnish(maya)
    before = list(Entry.objects.values())
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(how)
    assert list(Entry.objects.values()) == before


def test_pages_carry_the_admins_own_policy_for_browsers(iris, maya, furnish, at_desk):
    furnish(maya)
    policy = at_desk(iris).get(reverse("admin:index")).headers["Content-Security-Policy"]
    assert "'unsafe-eval'" in policy
    assert "frame-ancestors 'none'" in policy
    scripts = next(part for part in policy.split(";") if part.strip().startswith("script-src "))
    assert "unsafe-inline" not in scripts


def test_the_partner_is_on_every_page(iris, at_desk, settings):
    from robo import partner

    for slug in partner.slugs():
        settings.PARTNER = slug
        page = at_desk(iris).get(reverse("admin:index")).content.decode()
        assert partner.load(slug).name in page
        red, green, blue = bytes.fromhex(partner.load(slug).colours.brand[0][1:])
        assert f"--color-primary-600: rgb({red}, {green}, {blue})" in page
