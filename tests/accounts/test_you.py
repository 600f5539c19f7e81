"""Changes of name, address and phone; the trusted contact; one's data."""

import io
import json
import re
import uuid
import zipfile
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts import contact, export, services
from accounts.models import Account, ContactChange, DataExport, Mail, Notice, TrustedContact
from robo import work
from robo.audit.models import Entry

ADDRESS = {
    "street": "9 Oak Avenue",
    "unit": "",
    "city": "Salem",
    "state": "or",
    "postal_code": "97301",
}


@pytest.fixture
def confirmed(client: Any) -> Any:
    """Sign in freshly, so that nothing asks who it is."""

    def go(user: Any) -> Any:
        client.force_login(user)
        answer = client.post(
            reverse("account_reauthenticate"), {"password": "correct horse battery", "next": "/"}
        )
        assert answer.status_code == 302
        return client

    return go


@pytest.fixture
def account(maya: Any, apply_for: Any) -> Any:
    found = apply_for(maya)
    Account.objects.filter(pk=found.pk).update(bluum_id="acc_1", status="ACTIVE", due_at=None)
    found.refresh_from_db()
    return found


def ask(browser: Any, kind: str = "address", **given: Any) -> Any:
    url = reverse("accounts:change", args=[kind])
    return browser.post(url, {"key": uuid.uuid4(), **(given or ADDRESS)})


def test_a_new_address_waits_sealed_for_operations(confirmed, maya, omar, account):
    browser = confirmed(maya)
    assert ask(browser).url == reverse("accounts:you")
    [change] = ContactChange.objects.all()
    assert b"Oak" not in bytes(change.sealed)
    assert contact.read(change)["state"] == "OR"
    page = browser.get(reverse("accounts:you")).content.decode()
    assert "9 Oak Avenue, Salem, OR 97301" in page
    assert "Requested" in page
    assert Mail.objects.count() == 1
    assert "Oak" not in str(list(Notice.objects.values()))
    assert Entry.objects.filter(action="ask for a contact change").count() == 1

    ask(browser)  # one at a time
    assert ContactChange.objects.count() == 1
    confirmed(omar)
    url = reverse("accounts:take-back", args=[change.pk])
    assert browser.post(url).status_code == 404
    assert "Oak" not in browser.get(reverse("accounts:you")).content.decode()
    confirmed(maya).post(url)
    change.refresh_from_db()
    assert (change.status, change.sealed) == ("canceled", None)


def test_the_same_form_sent_twice_is_one_wish(confirmed, maya, account):
    browser, key = confirmed(maya), uuid.uuid4()
    for _ in range(2):
        ask(browser, key=key, **ADDRESS)
    [made] = ContactChange.objects.all()
    again = contact.ask(account, kind="address", asked={}, key=key)
    assert again == made


def test_a_name_that_was_declined_stays_as_it_was(account, maya, iris):
    asked = {"first_name": "Mia", "last_name": "Ruiz"}
    wish = {"kind": "name", "asked": asked}
    for reason, name in (("The paper can’t be read.", "Maya"), ("", "Mia")):
        change = contact.ask(account, **wish, key=uuid.uuid4())
        contact.decide(change, actor=iris, reason=reason)
        maya.refresh_from_db()
        assert maya.first_name == name
        with pytest.raises(contact.AlreadyDecided):
            contact.decide(change, actor=iris)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("address", ADDRESS | {"street": "P.O. Box 9"}),
        ("address", ADDRESS | {"postal_code": "9730"}),
        ("phone", {"phone_number": "12"}),
        ("name", {"first_name": "Maya", "last_name": "Ruiz"}),
    ],
)
def test_what_cannot_be_is_said_beside_its_field(confirmed, maya, account, kind, given):
    answer = ask(confirmed(maya), kind, **given)
    assert answer.status_code == 422
    assert answer.context["form"].errors
    assert not ContactChange.objects.exists()


def test_a_change_asks_who_it_is_first(client, maya, account):
    client.force_login(maya)
    assert "reauthenticate" in client.get(reverse("accounts:change", args=["phone"])).url


def test_operations_carry_a_new_name_and_say_so(confirmed, client, maya, iris, account):
    paper = SimpleUploadedFile("paper.pdf", b"%PDF-1.7 a certificate")
    ask(confirmed(maya), "name", first_name="Maya", last_name="Ruiz", file=paper)
    [change] = ContactChange.objects.all()
    assert b"certificate" not in bytes(change.sealed_file)

    client.force_login(iris)
    page = client.get(reverse("admin:contact_change_decide", args=[change.pk]))
    assert "Ruiz" in page.content.decode()
    assert Entry.objects.filter(action="read contact change", actor=iris).exists()
    file = client.get(reverse("admin:contact_change_file", args=[change.pk]))
    assert file.content == b"%PDF-1.7 a certificate"
    client.post(reverse("admin:contact_change_decide", args=[change.pk]), {"outcome": "done"})

    change.refresh_from_db()
    account.refresh_from_db()
    assert (change.status, change.sealed, change.sealed_file) == ("done", None, None)
    assert account.name == "Maya Ruiz"
    assert Notice.objects.filter(title="Your name was changed").exists()


def test_declining_needs_a_reason_that_the_client_reads(confirmed, client, maya, iris, account):
    ask(confirmed(maya), "phone", phone_number="(503) 555-0188")
    [change] = ContactChange.objects.all()
    client.force_login(iris)
    url = reverse("admin:contact_change_decide", args=[change.pk])
    assert client.post(url, {"outcome": "declined"}).status_code == 422
    client.post(url, {"outcome": "declined", "reason": "Call us, please."})
    assert Notice.objects.get(title="Your phone number couldn’t be changed").body == (
        "Call us, please."
    )


def test_a_trusted_contact_is_named_sealed_and_asked_for_once(confirmed, maya, omar, account):
    from robo import agenda

    def asked() -> bool:
        return any("trust" in item.title for item in agenda.things_to_do(account))

    assert asked()
    browser, url = confirmed(maya), reverse("accounts:trusted")
    who = {"name": "Ana Chen", "relation": "Sister"}
    assert browser.post(url, who).status_code == 422  # no way to reach her
    assert browser.post(url, who | {"phone": "503 555 0177"}).status_code == 302
    assert b"Ana" not in bytes(TrustedContact.objects.get().sealed)
    assert contact.trusted(account)["phone"] == "+15035550177"
    assert "Ana Chen" in browser.get(reverse("accounts:you")).content.decode()
    assert not asked()
    confirmed(omar)
    assert "Ana Chen" not in browser.get(reverse("accounts:you")).content.decode()
    confirmed(maya).post(url, {"nobody": "1"})
    assert contact.trusted(account) is None
    assert not asked()


# One's data ---------------------------------------------------------------------------------


def take(browser: Any, row: DataExport) -> Any:
    return browser.get(reverse("accounts:export-file", args=[row.pk]))


def test_all_of_ones_data_comes_as_one_file(confirmed, maya, omar, account):
    browser = confirmed(maya)
    key = uuid.uuid4()
    for _ in range(2):
        browser.post(reverse("accounts:export"), {"key": key})
    [row] = DataExport.objects.all()
    assert take(browser, row).status_code == 404
    assert "Being put together" in browser.get(reverse("accounts:export")).content.decode()

    work.run_due(DataExport)
    work.run_due(DataExport)
    row.refresh_from_db()
    assert row.is_ready
    assert Notice.objects.filter(title="Your data is ready to download").count() == 1
    assert b"acc_1" not in bytes(row.sealed_file)

    assert take(confirmed(omar), row).status_code == 404
    answer = take(confirmed(maya), row)
    file = zipfile.ZipFile(io.BytesIO(answer.content))
    assert {"data.json", "READ-ME.txt"} <= set(file.namelist())
    data = json.loads(file.read("data.json"))
    assert data["format"] == "account-export/1"
    assert data["person"]["email"] == maya.email
    assert data["identity"]["tax_id"] == "•••••1234"
    assert "536221234" not in answer.content.decode("latin-1") + json.dumps(data)
    told = {"accounts.clients", "accounts.signatures", "accounts.notices"}
    assert told <= set(data["records"])
    for name, kind in data["records"].items():
        assert kind["about"], name
        for one in kind["rows"]:
            assert set(one) == set(kind["fields"]), name
            if "account_id" in one:
                assert one["account_id"] == account.pk
    assert Entry.objects.filter(action="download data").count() == 1

    DataExport.objects.update(expires_at=timezone.now(), due_at=timezone.now())
    work.run_due(DataExport)
    row.refresh_from_db()
    assert row.sealed_file is None
    assert take(browser, row).status_code == 404


def test_the_file_is_given_to_who_has_just_shown_who_they_are(client, maya, account):
    row = export.ask(account, key=uuid.uuid4())
    work.run_due(DataExport)
    client.force_login(maya)
    assert "reauthenticate" in take(client, row).url


def test_nothing_we_keep_of_a_person_is_forgotten():
    """Every kind of row that leads to an account is in the file, or left out with a reason."""
    found = {model._meta.label for model in export.kinds()}
    for model in apps.get_models():
        points = {f.related_model for f in model._meta.fields if f.related_model is not None}
        if model._meta.app_label in export.OURS and Account in points:
            assert model._meta.label in found
    assert set(export.LEFT_OUT) <= found
    wanted = {
        "portfolios.Goal", "portfolios.Policy", "portfolios.Holding", "portfolios.Report",
        "funding.Deposit", "funding.Withdrawal", "funding.Authorization",
        "onboarding.RiskAssessment", "accounts.Signature", "accounts.Notice",
    }  # fmt: skip
    assert wanted <= found, wanted - found


def test_no_secret_is_among_the_fields():
    for model in export.kinds():
        for field in export.told(model):
            assert not {"sealed", "secret", "token", "password"} & set(field.name.split("_")), (
                model,
                field.name,
            )


def test_asking_while_one_is_made_gives_that_one(account):
    first = export.ask(account, key=uuid.uuid4())
    assert export.ask(account, key=uuid.uuid4()) == first
    assert services.account_of(account.user) == account


def undo_button(page: str) -> dict[str, str] | None:
    """What the button on the page would send."""
    found = re.search(r"<form[^>]*>((?:<input[^>]*>)+)<button[^>]*>Undo</button>", page)
    if not found:
        return None
    fields = re.findall(r'name="(\w+)" value="([^"]*)"', found[1])
    return {name: value for name, value in fields if name != "csrfmiddlewaretoken"}


@pytest.mark.parametrize(
    ("page", "change"),
    [
        ("accounts:preferences", {"time_zone": "Pacific/Honolulu", "hides_amounts": "on"}),
        ("accounts:notifications", {"email_money": "off", "quiet_from": "22:00:00"}),
    ],
)
def test_a_changed_setting_can_be_taken_back_on_the_page_that_follows(
    client, maya, account, page, change
):
    url = reverse(page)
    client.force_login(maya)

    def standing() -> dict[str, Any]:
        form = client.get(reverse(page)).context["form"]
        shown = {bound.html_name: bound.value() for bound in form}
        return {name: str(value) for name, value in shown.items() if value not in (None, False)}

    before = standing()
    assert client.post(url, before | change).status_code == 302
    answer = client.get(url)
    sent = undo_button(answer.content.decode())
    assert sent is not None
    assert standing() != before
    assert undo_button(client.get(url).content.decode()) is None
    assert client.post(url, sent).status_code == 302
    answer = client.get(url)
    assert "It’s as it was." in answer.content.decode()
    assert undo_button(answer.content.decode()) is None
    assert standing() == before
    # Saving without a change has nothing to take back.
    client.post(url, before)
    assert undo_button(client.get(url).content.decode()) is None
