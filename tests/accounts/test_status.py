"""What becomes of an application: the status page, documents, rejection, restart."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import services
from accounts.models import Account, Document, Notice, SealedIdentity
from robo import agenda
from sandbox import faults
from sandbox.api import compliance

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20


def status_page(client: Any) -> str:
    return str(client.get(reverse("accounts:status")).content.decode())


def upload(client: Any, name: str = "id.jpg", content: bytes = JPEG, **changed: Any) -> Any:
    file = SimpleUploadedFile(name, content, content_type="image/jpeg")
    data = {"type": "id_verification", "file": file, "key": str(uuid.uuid4())} | changed
    return client.post(reverse("accounts:documents"), data)


def test_the_page_follows_along_until_the_account_is_open(client, maya, apply_for, settle):
    apply_for(maya)
    client.force_login(maya)
    assert "We have your application" in status_page(client)
    assert "hx-trigger" in status_page(client)

    settle()

    page = status_page(client)
    assert "Your account is open" in page
    assert 'hx-trigger="every' not in page


def test_the_trail_tells_who_applied_and_signed(maya, apply_for):
    from robo.audit.models import Entry

    account = apply_for(maya)
    entries = Entry.objects.filter(account_id=account.pk, actor=maya)
    assert entries.filter(action="submit application").count() == 1
    assert entries.filter(action="sign").count() == account.signatures.count()
    assert "536221234" not in repr(list(entries.values()))


def test_a_fragment_answers_htmx(client, maya, apply_for):
    apply_for(maya)
    client.force_login(maya)
    page = client.get(reverse("accounts:status"), headers={"HX-Request": "true"})
    assert "<html" not in page.content.decode()
    assert 'id="account-status"' in page.content.decode()


def test_opening_is_told_once_in_the_app_and_by_mail(client, maya, open_account):
    account = open_account(maya)
    account.poke()
    assert Notice.objects.filter(account=account, title="Your account is open").count() == 1


def test_a_lost_answer_makes_one_account(maya, apply_for, sandbox, settle):
    faults.add(
        sandbox,
        {"kind": "timeout_after", "route": "/v1/accounts", "method": "POST", "count": 1,
         "seconds": 0},
    )  # fmt: skip
    account = apply_for(maya)
    settle()

    account.refresh_from_db()
    assert account.status == "ACTIVE"
    assert len(sandbox.table("accounts")) == 1
    assert not SealedIdentity.objects.exists()


def test_an_answer_lost_for_longer_than_keys_live_makes_one_account(
    maya, apply_for, sandbox, settle, pass_time
):
    """The answer is lost, then Bluum is away for two days: we look before we send again."""
    lost = {"kind": "timeout_after", "route": "/v1/accounts", "method": "POST", "seconds": 0}
    faults.add(sandbox, lost | {"count": 1})
    away = faults.add(sandbox, {"kind": "status", "route": "*", "status": 503})
    account = apply_for(maya)
    from robo import work

    work.run_due(Account)
    assert len(sandbox.table("accounts")) == 1
    pass_time(timedelta(days=2))
    Account.objects.update(first_tried_at=account.created_at - timedelta(days=2))
    del sandbox.table("faults")[away["id"]]
    settle()

    account.refresh_from_db()
    assert account.status == "ACTIVE"
    assert len(sandbox.table("accounts")) == 1


def test_someone_elses_account_is_never_adopted(maya, omar, open_account, apply_for, settle):
    """Omar takes over the address Maya had: Bluum's account under it stays hers."""
    theirs = open_account(maya)
    maya.email = "maya.new@example.com"
    maya.save()
    omar.email = "maya@example.com"
    omar.save()

    account = apply_for(omar, last_name="Haddad")
    settle()

    account.refresh_from_db()
    assert account.status == "REFUSED"
    assert account.bluum_id is None
    assert theirs.bluum_id
    assert "call us" in account.refusal


def test_an_hour_without_bluum_only_costs_time(
    client, maya, apply_for, sandbox, settle, a_minute_later, pass_time
):
    away = faults.add(sandbox, {"kind": "status", "route": "*", "status": 503})
    account = apply_for(maya)
    a_minute_later()
    client.force_login(maya)
    assert "nothing is lost" in status_page(client)

    del sandbox.table("faults")[away["id"]]
    pass_time(timedelta(hours=1))
    settle()
    account.refresh_from_db()
    assert account.status == "ACTIVE"
    assert len(sandbox.table("accounts")) == 1


def test_a_person_may_look_at_it(
    client, maya, apply_for, sandbox, settle, a_minute_later, pass_time
):
    account = apply_for(maya, last_name="Review")
    a_minute_later()
    client.force_login(maya)
    assert "A person is looking at your application" in status_page(client)

    account.refresh_from_db()
    compliance.decide(sandbox, account.bluum_id, "approve")
    pass_time(timedelta(minutes=20))
    settle()
    assert "Your account is open" in status_page(client)


def test_a_rejection_is_told_and_the_checks_can_run_again(client, maya, apply_for, settle, sandbox):
    account = apply_for(maya, last_name="Reject")
    settle()
    client.force_login(maya)
    assert "couldn’t approve" in status_page(client)
    assert Notice.objects.filter(title="Your account wasn’t approved").exists()
    todo = agenda.things_to_do(Account.objects.get())
    assert todo[0].title == "Your account wasn’t approved"

    for _ in range(2):
        assert client.post(reverse("accounts:restart")).url == reverse("accounts:status")
    assert "hx-trigger" in status_page(client)
    settle()

    account.refresh_from_db()
    assert account.status == "ACTIVE"
    assert len(sandbox.table("workflows")) == 2


def test_a_lost_answer_to_a_restart_restarts_once(client, maya, apply_for, settle, sandbox):
    apply_for(maya, last_name="Reject")
    settle()
    faults.add(sandbox, {"kind": "timeout_after", "route": "*/restart", "count": 1, "seconds": 0})
    client.force_login(maya)
    client.post(reverse("accounts:restart"))
    settle()

    assert Account.objects.get().status == "ACTIVE"
    assert len(sandbox.table("workflows")) == 2


def test_an_open_account_cannot_be_restarted(client, maya, open_account):
    open_account(maya)
    client.force_login(maya)
    response = client.post(reverse("accounts:restart"), follow=True)
    assert "can’t be run again" in response.content.decode()


# Documents ----------------------------------------------------------------------------------


@pytest.fixture
def asked(client, maya, apply_for, a_minute_later):
    """Verification waits for a photo ID of Maya's."""
    account = apply_for(maya, last_name="Document")
    a_minute_later()
    client.force_login(maya)
    account.refresh_from_db()
    return account


def test_a_document_is_asked_for_and_opens_the_account(client, asked, settle, sandbox, pass_time):
    assert "We need one more document" in status_page(client)
    [item] = [i for i in agenda.things_to_do(asked) if "photo ID" in i.title]
    assert item.url == reverse("accounts:documents")

    assert upload(client).status_code == 302
    assert "being checked" in status_page(client)
    settle()

    asked.refresh_from_db()
    document = Document.objects.get()
    assert (asked.status, document.status) == ("ACTIVE", "approved")
    assert document.sealed_file is None


def test_a_rejected_document_says_why_and_another_one_may_follow(
    client, asked, settle, a_minute_later
):
    upload(client, "blurry.jpg")
    a_minute_later()
    page = client.get(reverse("accounts:documents")).content.decode()
    assert "not readable" in page
    assert "We need one more document" in status_page(client)
    assert Notice.objects.filter(title="Your document wasn’t accepted").exists()

    upload(client, "sharp.jpg")
    settle()
    asked.refresh_from_db()
    assert asked.status == "ACTIVE"


def test_a_double_click_sends_one_document(client, asked, settle, sandbox):
    key = str(uuid.uuid4())
    for _ in range(2):
        upload(client, key=key)
    settle()
    assert Document.objects.count() == len(sandbox.table("documents")) == 1


def test_a_lost_answer_to_an_upload_sends_one_document(client, asked, settle, sandbox):
    faults.add(
        sandbox,
        {"kind": "timeout_after", "route": "*/upload", "method": "POST", "count": 1, "seconds": 0},
    )
    upload(client)
    settle()
    assert len(sandbox.table("documents")) == 1
    assert Document.objects.get().status == "approved"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("id.jpg", b"GIF89a not a picture we take", "isn’t a JPEG, PNG or PDF"),
        ("id.pdf", b"<html>", "isn’t a JPEG, PNG or PDF"),
        ("id.jpg", b"", "is empty"),
        ("id.jpg", JPEG + b"x" * (10 * 1024 * 1024), "more than 10 MB"),
        ("id.jpg", JPEG + b"x" * (13 * 1024 * 1024), "at most 10 MB"),
    ],
)
def test_a_file_that_will_not_do_is_told_before_it_is_sent(client, asked, name, content, told):
    response = upload(client, name, content)
    assert response.status_code == 422
    assert told in response.content.decode()
    assert not Document.objects.exists()


def test_a_forged_webhook_moves_nothing(maya, apply_for, sandbox, a_minute_later, asked):
    from accounts.handlers import account_changed, document_changed

    account_changed({"id": asked.bluum_id, "status": "ACTIVE"})
    document_changed({"id": "nobody's"})
    a_minute_later()
    asked.refresh_from_db()
    assert asked.status == "PENDING"


def test_a_webhook_brings_the_news_forward(client, asked, sandbox):
    from robo import work
    from robo.webhooks import inbox

    compliance.decide(sandbox, asked.bluum_id, "approve")
    Account.objects.update(due_at=None)
    inbox.receive("bluum", "event-1", "account.updated", {"id": asked.bluum_id})
    for _ in range(3):
        work.run_due()
    asked.refresh_from_db()
    assert asked.status == "ACTIVE"


# Who sees what ------------------------------------------------------------------------------


def test_omar_never_sees_what_is_mayas(client, asked, omar, settle):
    upload(client)
    settle()
    signature = asked.signatures.first()
    services.account_of(omar)
    client.force_login(omar)

    assert client.get(reverse("accounts:agreement", args=[signature.pk])).status_code == 404
    assert client.get(reverse("accounts:status")).url == reverse("onboarding:start")
    assert "id.jpg" not in client.get(reverse("accounts:documents"), follow=True).content.decode()
    for name in ("agreements", "notices", "settings"):
        page = client.get(reverse(f"accounts:{name}"))
        assert page.status_code == 200
        assert "Document" not in page.context.get("account", type("None", (), {"name": ""})).name


def test_her_advisor_may_read_what_maya_signed(client, open_account, maya, iris):
    account = open_account(maya)
    client.force_login(iris)
    signature = account.signatures.first()
    assert client.get(reverse("accounts:agreement", args=[signature.pk])).status_code == 200
