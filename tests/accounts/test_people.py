"""Sign-up, mail, settings, notices, and keys that change."""

import re
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.auth.models import Group
from django.core import mail
from django.core.management import call_command
from django.urls import reverse

from accounts import services
from accounts.mail import unpack
from accounts.models import Account, Mail, Notice, User
from robo import partner, seal, work

PASSWORD = "a long walk by the sea"


def code_in(message: Mail) -> str:
    body = unpack(seal.unseal_json(message.sealed)).body
    found = re.search(r"^\s*([A-Z0-9]{3,}[- ]?[A-Z0-9]{3,})\s*$", body, re.MULTILINE)
    assert found, body
    return found[1]


def sign_up(client, email="New.Person@Example.com", password=PASSWORD):
    return client.post(reverse("account_signup"), {"email": email, "password1": password})


def test_signing_up_leads_through_a_code_to_the_first_question(client, db):
    response = sign_up(client)
    assert response.status_code == 302
    [message] = Mail.objects.all()
    assert b"New" not in bytes(message.sealed)

    done = client.post(response.url, {"code": code_in(message)})

    assert done.url == reverse("onboarding:start")
    user = User.objects.get()
    assert user.email == "new.person@example.com"
    assert Account.objects.get(user=user).status == "OPENING"
    assert client.get(done.url, follow=True).status_code == 200


def test_one_address_is_one_person_whatever_its_capitals(client, maya):
    sign_up(client, "MAYA@example.com")
    assert User.objects.count() == 1


@pytest.mark.parametrize("password", ["password123", "1234567890", "short"])
def test_a_common_password_is_refused(client, db, password):
    response = sign_up(client, password=password)
    assert response.status_code in (200, 422)
    assert response.context["form"].errors["password1"]
    assert not User.objects.exists()


def test_mail_is_sealed_then_sent_from_the_partner_then_emptied(db, settings, monkeypatch):
    from accounts import sync

    sent = []
    monkeypatch.setattr(
        sync.EmailBackend, "send_messages", lambda self, messages: sent.extend(messages) or 1
    )
    mail.EmailMultiAlternatives("Your code", "It is WXYZ-PQRS", None, ["maya@example.com"]).send()
    [row] = Mail.objects.all()
    assert b"maya" not in bytes(row.sealed)
    assert b"WXYZ" not in bytes(row.sealed)

    work.run_due(Mail)
    work.run_due(Mail)

    [message] = sent
    assert (message.subject, message.to) == ("Your code", ["maya@example.com"])
    assert message.from_email == partner.current().email_from
    assert message.extra_headers["Message-ID"].endswith(f"@{partner.current().domain}>")
    row.refresh_from_db()
    assert row.sealed is None
    assert row.sent_at
    assert row.due_at is None


def test_mail_waits_while_the_server_is_away(db, settings):
    settings.EMAIL_PORT = 1
    mail.EmailMessage("Your code", "It is WXYZ-PQRS", None, ["maya@example.com"]).send()
    work.run_due(Mail)
    row = Mail.objects.get()
    assert row.sealed
    assert row.due_at
    assert row.attempts == 1
    assert "maya" not in row.error


def test_something_is_told_once(db, maya):
    account = services.account_of(maya)
    for _ in range(2):
        services.tell(account=account, key="hello", title="Hello", body="A word.", url="/home/")
    assert Notice.objects.count() == Mail.objects.count() == 1
    message = unpack(seal.unseal_json(Mail.objects.get().sealed))
    assert message.to == [maya.email]
    assert "A word." in message.body
    [notice] = Notice.objects.all()
    assert reverse("accounts:notice", args=[notice.pk]) in message.body


def test_notices_are_read_by_their_own_reader(client, maya, omar):
    services.tell(account=services.account_of(maya), key="a", title="For Maya", body="Hers.")
    client.force_login(omar)
    assert "For Maya" not in client.get(reverse("accounts:notices")).content.decode()
    client.post(reverse("accounts:notices"))
    assert Notice.objects.get().read_at is None
    client.force_login(maya)
    assert "For Maya" in client.get(reverse("accounts:notices")).content.decode()
    client.post(reverse("accounts:notices"))
    assert Notice.objects.get().read_at


def test_a_time_zone_is_kept_and_nonsense_is_not(client, maya):
    client.force_login(maya)
    page = reverse("accounts:preferences")
    given = {"time_zone": "America/Denver", "appearance": "dark", "hides_amounts": "on"}
    assert client.post(page, given).status_code == 302
    assert client.post(page, given | {"time_zone": "Mars/Olympus"}).status_code == 422
    maya.refresh_from_db()
    assert maya.time_zone == "America/Denver"
    shown = client.get(reverse("accounts:settings")).content.decode()
    assert 'data-theme="dark"' in shown
    assert "data-private" in shown


def test_the_groups_of_staff_exist(db):
    assert set(Group.objects.values_list("name", flat=True)) >= {
        "advisor",
        "supervisor",
        "operations",
        "auditor",
    }


def test_a_second_factor_lies_sealed_and_keys_can_be_rotated(iris, maya, settings):
    from allauth.mfa.adapter import get_adapter

    account = services.account_of(maya)
    services.save_identity(account, first_name="Maya", tax_id="536221234")
    factor = Authenticator.objects.get(user=iris, type="totp")
    secret = get_adapter().decrypt(factor.data["secret"])
    assert secret not in factor.data["secret"]

    old, new = settings.SEAL_KEYS[0], Fernet.generate_key().decode()
    settings.SEAL_KEYS = [new, old]
    seal._fernet.cache_clear()
    call_command("reseal", stdout=StringIO())
    settings.SEAL_KEYS = [new]
    seal._fernet.cache_clear()
    try:
        assert services.read_identity(account)["tax_id"] == "536221234"
        factor.refresh_from_db()
        assert get_adapter().decrypt(factor.data["secret"]) == secret
    finally:
        settings.SEAL_KEYS = [old]
        seal._fernet.cache_clear()


def test_an_investor_sees_their_own_account_and_who_was_locked_out_sees_none(maya, omar):
    mine, theirs = (services.account_of(user) for user in (maya, omar))
    Notice.objects.create(account=mine, key="one", title="One", body="", topic="account")
    assert list(Account.objects.visible_to(omar)) == [theirs]
    assert [one.account for one in Notice.objects.visible_to(maya)] == [mine]
    maya.is_active = False
    for rows in (Account.objects, Notice.objects):
        assert not rows.visible_to(maya).exists()
