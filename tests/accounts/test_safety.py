"""Who is where, what changed, and “this wasn’t me”."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.account.signals import password_changed
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import disputes, services
from accounts.mail import unpack
from accounts.models import Account, Case, ContactChange, Mail, Notice
from robo import seal
from robo.audit.models import Entry

PASSWORD = "correct horse battery"
HIS = "now it is mine 77"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1"


def signed_in(user: Any, **headers: str) -> Client:
    """A browser in which the person signed in with the password."""
    browser = Client(headers=headers or None)
    answer = browser.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def mails() -> list[Any]:
    return [unpack(seal.unseal_json(m.sealed)) for m in Mail.objects.order_by("pk")]


def is_in(browser: Client) -> bool:
    return browser.get(reverse("accounts:security")).status_code == 200


def test_ending_one_device_signs_it_out_at_its_next_request(maya, omar):
    laptop, phone = signed_in(maya), signed_in(maya, **{"user-agent": PHONE})
    page = laptop.get(reverse("accounts:security")).content.decode()
    assert "Safari on iPhone" in page
    assert page.count("This one") == 1
    assert "Signed in" in page

    [other] = UserSession.objects.filter(user_agent=PHONE)
    url = reverse("accounts:end-device", args=[other.pk])
    signed_in(omar).post(url)
    assert is_in(phone)
    laptop.post(url)
    assert not is_in(phone)
    assert is_in(laptop)
    assert Entry.objects.filter(action="end a session").count() == 1


def test_all_other_devices_can_be_signed_out_at_once(maya):
    laptop, phone, library = signed_in(maya), signed_in(maya), signed_in(maya)
    laptop.post(reverse("accounts:end-others"))
    assert [is_in(b) for b in (laptop, phone, library)] == [True, False, False]


def test_a_device_tells_when_it_was_last_seen(maya):
    laptop = signed_in(maya)
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(days=2))
    assert is_in(laptop)
    assert UserSession.objects.get().last_seen_at < timezone.now() - timedelta(days=1)
    session = laptop.session
    session["seen"] -= 600
    session.save()
    assert is_in(laptop)
    assert UserSession.objects.get().last_seen_at > timezone.now() - timedelta(minutes=1)


def test_a_link_in_a_warning_works_for_thirty_days(client, maya):
    link = disputes.link(maya, about="A change").removeprefix("http://testserver")
    for days, status in ((29, 200), (31, 410)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            assert client.get(link).status_code == status


def test_the_link_in_a_warning_closes_the_account_off(client, maya, open_account):
    account = open_account(maya)
    thief = signed_in(maya)
    thief.post(
        reverse("account_change_password"),
        {
            "oldpassword": PASSWORD,
            "password1": "now it is mine 77",
            "password2": "now it is mine 77",
        },
    )
    [warning] = [m for m in mails() if m.subject == "Your password was changed"]
    link = next(
        word for word in warning.body.split() if word.startswith("http://testserver/account/not-me")
    ).removeprefix("http://testserver")

    assert "A change of the password".lower() in client.get(link).content.decode()
    assert is_in(thief)
    assert not Case.objects.exists()
    for _ in range(2):
        client.post(link)

    assert not is_in(thief)
    maya.refresh_from_db()
    assert not maya.has_usable_password()
    [case] = Case.objects.all()
    assert case.account == account
    assert account.security_holds.filter(cause__contains="wasn’t you").exists()
    assert Entry.objects.filter(action="dispute", account_id=account.pk).exists()
    assert client.get(link[:-9] + "forgery1/").status_code == 410


def test_who_reports_it_while_signed_in_keeps_that_device(maya):
    laptop, phone = signed_in(maya), signed_in(maya)
    services.account_of(maya)
    answer = laptop.post(reverse("accounts:was-not-me"))
    assert answer.url == reverse("account_change_password")
    assert is_in(laptop)
    assert not is_in(phone)
    assert Case.objects.count() == 1


def test_a_new_address_is_told_to_both_and_can_be_undone(client, maya, iris, apply_for):
    account = apply_for(maya)
    Account.objects.filter(pk=account.pk).update(bluum_id="acc_1", due_at=None)
    laptop = signed_in(maya)
    Mail.objects.all().delete()
    laptop.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/"})
    laptop.post(reverse("account_email"), {"email": "new@example.com", "action_add": ""})
    [ask] = mails()
    assert ask.to == ["new@example.com"]
    code = re.search(r"^\s*([A-Z0-9]{3,}[- ]?[A-Z0-9]{3,})\s*$", ask.body, re.MULTILINE)[1]
    confirmed = laptop.post(reverse("account_email_verification_sent"), {"code": code})
    assert confirmed.url == reverse("accounts:you")

    assert EmailAddress.objects.get(user=maya, primary=True).email == "new@example.com"
    told = [m for m in mails() if m.subject == "Your e-mail address was changed"]
    assert {m.to[0] for m in told} == {"maya@example.com", "new@example.com"}
    assert all("/account/not-me/" in m.body for m in told)
    assert Notice.objects.filter(topic="security", title="Your e-mail address was changed").exists()
    change = ContactChange.objects.get(account=account)  # Bluum hears of it through people
    assert change.kind == "email"
    assert b"new@" not in bytes(change.sealed)

    # Whoever changed it may read the new address: nobody gets in until operations have called.
    [warning] = [m for m in told if m.to == ["maya@example.com"]]
    link = re.search(r"http://testserver(/account/not-me/\S+)", warning.body)[1]
    client.post(link)
    maya.refresh_from_db()
    assert not maya.is_active
    assert not is_in(laptop)

    close = reverse("admin:case_close", args=[Case.objects.get().pk])
    client.force_login(iris)  # advisors see it; who may set an address is fewer
    assert client.get(close).status_code == 404
    iris.groups.set([Group.objects.get(name="operations")])
    assert client.post(close, {"outcome": "x", "email": iris.email}).status_code == 422
    client.post(close, {"outcome": "Talked to her.", "email": "maya@example.com"})
    maya.refresh_from_db()
    assert maya.is_active
    assert maya.email == "maya@example.com"
    assert EmailAddress.objects.get(user=maya, primary=True).email == "maya@example.com"


def test_a_changed_password_is_noted_where_its_owner_looks(rf, maya):
    account = services.account_of(maya)
    request = rf.get("/")
    request.user, request.session = maya, SessionStore()
    password_changed.send(sender=type(maya), request=request, user=maya)
    maya.refresh_from_db()
    assert maya.password_changed_at
    assert Entry.objects.filter(action="change password", account_id=account.pk).exists()
    assert Notice.objects.get().title == "Your password was changed"
    assert not Mail.objects.exists()  # allauth's own says it


@pytest.mark.parametrize("name", ["security", "was-not-me", "you", "settings", "notifications"])
def test_settings_are_for_who_is_signed_in(client, name, db):
    assert "/sign-in/" in client.get(reverse(f"accounts:{name}")).url


def test_an_old_link_of_somebody_deactivated_does_nothing(client, maya):
    link = disputes.link(maya, about="A new passkey").removeprefix("http://testserver")
    maya.is_active = False
    maya.save()
    assert client.post(link).status_code == 410


def test_a_sign_in_from_another_device_is_told_and_one_from_the_same_is_not(maya):
    services.account_of(maya)
    laptop = signed_in(maya)
    laptop.post(reverse("account_logout"))
    laptop.post(reverse("account_login"), {"login": maya.email, "password": PASSWORD})
    assert not Notice.objects.exists()

    signed_in(maya, **{"user-agent": PHONE})
    [notice] = Notice.objects.all()
    assert notice.title == "A new device signed in"
    assert notice.body.startswith("Safari on iPhone, from 127.0.0.1.")
    [warning] = mails()
    assert "/account/not-me/" in warning.body

    forged = Client()
    forged.cookies["known-device"] = f"{maya.pk}:forged"
    forged.post(reverse("account_login"), {"login": maya.email, "password": PASSWORD})
    assert Notice.objects.count() == 2
