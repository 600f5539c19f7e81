"""Opening the account, screen by screen."""

import hashlib
import logging
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, SealedIdentity, Signature
from accounts.services import read_identity
from onboarding.models import InvestorProfile
from robo import partner
from tests.onboarding.conftest import ANSWERS, boxes, url


def test_the_answers_of_every_screen_reach_bluum(walk, sandbox, settle, maya):
    client = walk()

    response = client.post(url("review"))

    assert response.url == reverse("accounts:status")
    settle()
    account = Account.objects.get()
    assert account.status == "ACTIVE"
    assert account.name == "Maya Chen"
    [made] = sandbox.table("accounts").values()
    assert made["contact"]["phone_number"] == "+15035550123"
    assert made["contact"]["street_address"] == ["12 Elm Street", "Apt 3"]
    assert made["contact"]["email_address"] == maya.email
    assert made["identity"]["date_of_birth"] == "1990-04-02"
    assert made["identity"]["country_of_birth"] == "DE"
    assert made["disclosures"]["immediate_family_exposed"] is True
    assert made["management_type"] == "advised"
    assert {a["agreement"] for a in made["agreements"]} >= {
        "account_agreement",
        "customer_agreement",
    }


def test_identity_is_gone_from_our_database_once_bluum_has_it(walk, settle):
    client = walk()
    assert read_identity(Account.objects.get())["tax_id"] == "536221234"

    client.post(url("review"))
    settle()

    assert not SealedIdentity.objects.exists()
    assert read_identity(Account.objects.get()) == {}


def test_work_and_income_reach_the_profile_at_bluum(walk, sandbox, settle):
    walk().post(url("review"))
    settle()

    profile = InvestorProfile.objects.get()
    assert profile.sent_revision == profile.revision
    assert profile.sections["employment"]["annual_gross_income"] == "85000.00"
    assert profile.sections["demographics"]["state_of_residence"] == "OR"
    assert profile.completeness_score is not None


def test_the_tax_id_is_in_no_page_log_task_or_mail(walk, settle, caplog, sandbox, monkeypatch):
    from robo import work

    sent = []
    monkeypatch.setattr(work.current_app, "send_task", lambda *args, **kw: sent.append((args, kw)))
    caplog.set_level(logging.DEBUG)
    client = walk()
    pages = [client.get(url(slug)).content.decode() for slug in [*ANSWERS, "agreements", "review"]]
    wrong = client.post(url("tax"), ANSWERS["tax"] | {"tax_id": "000-12-3456"})
    client.post(url("review"))
    settle()
    pages += [client.get(reverse("accounts:status")).content.decode(), wrong.content.decode()]

    assert "1234" in pages[2]
    assert "•••-••-1234" in pages[6]
    for text in [*pages, caplog.text, repr(sent)]:
        for number in ("536-22-1234", "536221234", "000-12-3456", "000123456"):
            assert number not in text


@pytest.mark.parametrize(
    ("kind", "number", "told"),
    [
        ("SSN", "000-12-3456", "No such Social Security number"),
        ("SSN", "666-12-3456", "No such Social Security number"),
        ("SSN", "536-00-1234", "No such Social Security number"),
        ("SSN", "536-22-0000", "No such Social Security number"),
        ("SSN", "078-05-1120", "No such Social Security number"),
        ("SSN", "912-70-1234", "choose ITIN"),
        ("SSN", "536-22-123", "nine digits"),
        ("SSN", "abc", "nine digits"),
        ("SSN", "", "nine digits"),
        ("ITIN", "536-22-1234", "This can’t be an ITIN"),
        ("ITIN", "912-93-1234", "This can’t be an ITIN"),
    ],
)
def test_an_impossible_tax_id_is_told_apart(walk, kind, number, told):
    client = walk(until="tax")

    response = client.post(url("tax"), ANSWERS["tax"] | {"tax_id_type": kind, "tax_id": number})

    assert response.status_code == 422
    assert told in response.content.decode()
    assert "tax_id" not in read_identity(Account.objects.get())


def test_an_itin_is_welcome(walk):
    client = walk(until="tax")
    answers = ANSWERS["tax"] | {"tax_id_type": "ITIN", "tax_id": "912 70 1234"}
    assert client.post(url("tax"), answers).status_code == 302


def birth(day: date) -> dict[str, str]:
    return ANSWERS["name"] | {
        "date_of_birth_0": str(day.month),
        "date_of_birth_1": str(day.day),
        "date_of_birth_2": str(day.year),
    }


def test_a_17_year_old_is_told_kindly_from_when_they_are_welcome(walk):
    client = walk(until="name")
    today = timezone.localdate()
    birthday = today + timedelta(days=30)

    response = client.post(url("name"), birth(birthday.replace(year=birthday.year - 18)))

    assert response.status_code == 422
    page = response.content.decode()
    assert f"You will be on {birthday:%B} {birthday.day}, {birthday.year}" in page
    assert 'value="Chen"' in page


def test_on_the_eighteenth_birthday_one_may_open_an_account(walk):
    client = walk(until="name")
    today = timezone.localdate()
    if (today.month, today.day) == (2, 29):
        today += timedelta(days=1)
    day = today.replace(year=today.year - 18)
    assert client.post(url("name"), birth(day)).status_code == 302


@pytest.mark.parametrize(
    ("month", "day", "year", "told"),
    [
        ("2", "30", "1990", "no such day"),
        ("13", "1", "1990", "from 1 to 12"),
        ("4", "2", "90", "four digits"),
        ("4", "2", "2999", "still to come"),
        ("4", "2", "1870", "check the year"),
        ("4", "", "1990", "month, day and year"),
        ("x", "2", "1990", "Use numbers"),
    ],
)
def test_an_impossible_birth_date_gets_its_own_sentence(walk, month, day, year, told):
    client = walk(until="name")
    answers = {"date_of_birth_0": month, "date_of_birth_1": day, "date_of_birth_2": year}

    response = client.post(url("name"), ANSWERS["name"] | answers)

    assert response.status_code == 422
    assert told in response.content.decode()


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("street", "P.O. Box 12", "where you live"),
        ("postal_code", "9720", "five digits"),
        ("state", "ZZ", "from the list"),
        ("phone_number", "12345", "area code"),
        ("phone_number", "(103) 555-0123", "area code"),
        ("city", "", "Write your city"),
    ],
)
def test_a_wrong_address_keeps_what_was_typed(walk, field, typed, told):
    client = walk(until="address")

    response = client.post(url("address"), ANSWERS["address"] | {field: typed})

    page = response.content.decode()
    assert response.status_code == 422
    assert told in page
    assert field == "street" or 'value="12 Elm Street"' in page


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("503 555 0123", "+15035550123"),
        ("+1 503-555-0123", "+15035550123"),
        ("1.503.555.0123", "+15035550123"),
        ("+44 20 7946 0000", "+442079460000"),
    ],
)
def test_a_phone_number_may_be_written_as_people_do(walk, typed, kept):
    client = walk(until="address")
    client.post(url("address"), ANSWERS["address"] | {"phone_number": typed})
    assert read_identity(Account.objects.get())["phone_number"] == kept


def test_answers_are_kept_and_the_way_goes_on_where_one_left_off(walk, maya):
    walk(until="work")
    elsewhere = Client()
    elsewhere.force_login(maya)

    response = elsewhere.get(reverse("onboarding:start"))

    assert response.url == url("work")
    assert 'value="12 Elm Street"' in elsewhere.get(url("address")).content.decode()
    assert 'value="1990"' in elsewhere.get(url("name")).content.decode()


def test_what_belongs_together_is_asked_on_one_page_and_kept_together(client, maya):
    client.force_login(maya)
    page = client.get(url("name"))
    assert 'name="also" value="address"' in page.content.decode()
    assert "Where do you live?" in page.content.decode()

    both = ANSWERS["name"] | ANSWERS["address"] | {"also": "address"}
    wrong = client.post(url("name"), both | {"city": "", "first_name": ""})
    assert wrong.status_code == 422
    assert "Write your city." in wrong.content.decode()
    assert "Write your first name." in wrong.content.decode()
    assert 'value="Chen"' in wrong.content.decode()

    assert client.post(url("name"), both).url == url("tax")
    assert client.post(url("tax"), ANSWERS["tax"]).url == url("work")
    both = ANSWERS["work"] | ANSWERS["position"] | {"also": "position"}
    assert client.post(url("work"), both).url == url("agreements")


def test_a_last_look_and_the_signature_are_one_page_that_sends(walk, settle, sandbox, maya):
    client = walk(until="agreements")
    page = client.get(url("agreements")).content.decode()
    assert "Elm Street" in page
    assert "•••-••-1234" in page
    missing = boxes(client) | {"also": "review"}
    missing.pop(next(name for name in missing if name.startswith("agree_")))
    refused = client.post(url("agreements"), missing)
    assert refused.status_code == 422
    assert "Elm Street" in refused.content.decode()
    assert not sandbox.table("accounts")

    sent = client.post(url("agreements"), boxes(client) | {"also": "review"})
    settle()
    assert sent.url == reverse("accounts:status")
    assert len(sandbox.table("accounts")) == 1
    assert Signature.objects.count() == len(partner.current().to_sign)


def test_a_page_with_two_parts_is_corrected_one_part_at_a_time(walk):
    client = walk(until="agreements")
    assert "also" not in client.get(url("name")).context
    assert client.post(url("address"), ANSWERS["address"] | {"city": "Salem"}).status_code == 302


def test_a_screen_further_on_waits_for_those_before(walk):
    client = walk(until="tax")
    assert client.get(url("review")).url == reverse("onboarding:start")
    assert client.post(url("review")).url == reverse("onboarding:start")
    assert Account.objects.get().status == "OPENING"


def test_an_empty_tax_id_keeps_the_one_we_have(walk):
    client = walk()
    response = client.post(url("tax"), ANSWERS["tax"] | {"tax_id": "", "country_of_birth": "FR"})
    assert response.url == url("review")
    known = read_identity(Account.objects.get())
    assert (known["tax_id"], known["country_of_birth"]) == ("536221234", "FR")


def test_two_clicks_on_send_make_one_account(walk, sandbox, settle):
    client = walk()

    first, second = client.post(url("review")), client.post(url("review"))
    settle()
    third = client.post(url("review"))

    assert {first.url, second.url, third.url} == {reverse("accounts:status")}
    assert len(sandbox.table("accounts")) == 1


def test_the_back_button_after_sending_changes_nothing(walk, settle, sandbox):
    client = walk()
    client.post(url("review"))

    response = client.post(url("name"), ANSWERS["name"] | {"last_name": "Other"})
    settle()

    assert response.url == reverse("accounts:status")
    [made] = sandbox.table("accounts").values()
    assert made["identity"]["last_name"] == "Chen"


# Agreements ---------------------------------------------------------------------------------


def test_what_is_signed_is_what_was_served_to_the_byte(walk, maya):
    client = walk(until="agreements")
    client.post(url("agreements"), boxes(client), REMOTE_ADDR="198.51.100.24")

    assert Signature.objects.count() == len(partner.current().to_sign)
    for signature in Signature.objects.all():
        served = client.get(reverse("accounts:agreement", args=[signature.pk]), {"as": "text"})
        assert hashlib.sha256(served.content).hexdigest() == signature.text_id
        agreement = partner.current().agreement(signature.text.slug)
        assert served.content.decode() == agreement.text
        assert signature.text.version == agreement.version
        assert signature.ip == "198.51.100.24"
        assert agreement.title in signature.statement


def test_a_forged_forwarded_address_is_not_the_signers(walk):
    client = walk(until="agreements")
    client.post(
        url("agreements"),
        boxes(client),
        REMOTE_ADDR="198.51.100.24",
        headers={"X-Forwarded-For": "203.0.113.9"},
    )
    assert {s.ip for s in Signature.objects.all()} == {"198.51.100.24"}


def test_behind_our_proxy_the_address_it_saw_is_the_signers(walk, settings):
    settings.TRUSTED_PROXIES = 1
    client = walk(until="agreements")
    client.post(
        url("agreements"),
        boxes(client),
        REMOTE_ADDR="10.0.0.1",
        headers={"X-Forwarded-For": "203.0.113.9, 198.51.100.24"},
    )
    assert {s.ip for s in Signature.objects.all()} == {"198.51.100.24"}


def test_an_agreement_that_changed_meanwhile_is_not_signed(walk):
    client = walk(until="agreements")
    data = boxes(client)
    slug = partner.current().to_sign[0].slug
    data[f"shown_{slug}"] = "2020-01:" + "0" * 64

    response = client.post(url("agreements"), data)

    page = response.content.decode()
    assert response.status_code == 422
    assert "Nothing was signed" in page
    assert "has changed" in page
    assert not Signature.objects.exists()
    assert client.post(url("agreements"), boxes(client)).status_code == 302


def test_each_document_needs_its_own_tick(walk):
    client = walk(until="agreements")
    data = boxes(client)
    agreement = partner.current().to_sign[1]
    del data[f"agree_{agreement.slug}"]

    response = client.post(url("agreements"), data)

    assert response.status_code == 422
    assert f"Tick the box for “{agreement.title}”" in response.content.decode()
    assert not Signature.objects.exists()


def test_signing_twice_keeps_the_first_signature(walk):
    client = walk(until="agreements")
    data = boxes(client)
    client.post(url("agreements"), data)
    before = set(Signature.objects.values_list("pk", "signed_at"))
    client.post(url("agreements"), data)
    assert set(Signature.objects.values_list("pk", "signed_at")) == before


def test_every_document_stands_in_full_on_the_page(walk):
    page = walk(until="agreements").get(url("agreements")).content.decode()
    for agreement in partner.current().to_sign:
        assert str(agreement.html).strip() in page


# Corrections --------------------------------------------------------------------------------


def test_a_refused_application_can_be_corrected_and_sent_again(walk, sandbox, settle):
    from sandbox import faults

    client = walk()
    faults.add(
        sandbox,
        {"kind": "status", "route": "/v1/accounts", "method": "POST", "status": 400, "count": 1,
         "code": "BLUM-400-003"},
    )  # fmt: skip
    client.post(url("review"))
    settle()
    account = Account.objects.get()
    assert account.status == "REFUSED"
    assert read_identity(account)["tax_id"] == "536221234"
    assert "needs a correction" in client.get(reverse("accounts:status")).content.decode()

    start = client.get(reverse("onboarding:start"))
    assert start.url == url("review")
    client.post(url("address"), ANSWERS["address"] | {"city": "Salem"})
    client.post(url("review"))
    settle()

    account.refresh_from_db()
    assert account.status == "ACTIVE"
    [made] = sandbox.table("accounts").values()
    assert made["contact"]["city"] == "Salem"


def test_a_refused_field_leads_to_its_screen(walk, sandbox, settle):
    from sandbox import faults

    client = walk()
    faults.add(
        sandbox,
        {"kind": "status", "route": "/v1/accounts", "method": "POST", "status": 400, "count": 1,
         "code": "BLUM-400-003", "field": "identity.date_of_birth"},
    )  # fmt: skip
    client.post(url("review"))
    settle()

    account = Account.objects.get()
    assert (account.status, account.refusal_field) == ("REFUSED", "identity.date_of_birth")
    assert client.get(reverse("onboarding:start")).url == url("name")
    assert "birth date wasn’t accepted" in client.get(url("name")).content.decode()


def test_staff_are_sent_to_the_admin(client, iris):
    client.force_login(iris)
    assert client.get(reverse("onboarding:start")).url == reverse("admin:index")


def test_a_stranger_is_asked_to_sign_in(client, db):
    assert reverse("account_login") in client.get(url("name")).url
