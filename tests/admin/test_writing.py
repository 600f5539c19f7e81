"""An advisor begins a conversation; the client reads it in the app or in mail, and writes back."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Message, Notice
from robo.audit.models import Entry


@pytest.fixture
def write(iris: Any, at_desk: Any) -> Any:
    def send(account: Any, by: Any = iris, **changes: Any) -> Any:
        wish = {"body": "Shall we talk about your first home?", "key": uuid4(), **changes}
        return at_desk(by).post(reverse("admin:message_write", args=[account.pk]), wish)

    return send


def test_the_client_is_told_in_the_app_and_by_email_and_can_write_back(
    write, iris, maya, furnish, at_desk, mailoutbox, django_capture_on_commit_callbacks
):
    account = furnish(maya)
    page = at_desk(iris).get(reverse("admin:accounts_account_change", args=[account.pk]))
    url = reverse("admin:message_write", args=[account.pk])
    assert f'href="{url}"' in page.content.decode()
    assert "Write to Maya Example" in at_desk(iris).get(url).content.decode()
    Message.objects.all().delete()
    assert write(account).status_code == 302
    message = Message.objects.get()
    assert message.written_by == iris
    notice = Notice.objects.get(key=f"message-{message.pk}")
    assert (notice.title, notice.body, notice.is_shown) == (
        "Iris wrote to you", "Shall we talk about your first home?", True,
    )  # fmt: skip
    assert notice.letter.sent_at  # at once, whatever was chosen
    entry = Entry.objects.get(action="write to a client")
    assert (entry.actor, entry.account_id) == (iris, account.pk)

    web = Client()
    web.force_login(maya)
    opened = web.get(reverse("accounts:notice", args=[notice.pk]), follow=True)
    assert "Shall we talk about your first home?" in opened.content.decode()
    form = opened.context["form"]
    web.post(
        reverse("accounts:write"),
        {name: form[name].value() for name in ("key", "page", "page_title")} | {"body": "Gladly."},
    )
    shown = at_desk(iris).get(reverse("admin:accounts_account_change", args=[account.pk]))
    section = next(s for s in shown.context["sections"] if s.slug == "messages")
    assert [(m.body, str(m.written_by or "")) for m in section.facts["messages"]] == [
        ("Gladly.", ""),
        ("Shall we talk about your first home?", "Iris"),
    ]


def test_two_presses_are_one_message(write, maya, furnish):
    account, key = furnish(maya), uuid4()
    for _ in range(2):
        write(account, key=key)
    assert Message.objects.from_us().count() == 1
    assert Notice.objects.filter(title="Iris wrote to you").count() == 1


def test_what_one_of_us_wrote_waits_for_no_answer(write, iris, maya, furnish, at_desk):
    account = furnish(maya)
    Message.objects.all().delete()
    write(account)
    message = Message.objects.get()
    page = at_desk(iris).get(reverse("admin:index"))
    queue = next(q for q in page.context["queues"] if q.title == "Messages to answer")
    assert queue.count == 0
    url = reverse("admin:message_answer", args=[message.pk])
    assert at_desk(iris).post(url, {"answer": "To myself"}).status_code == 404


def test_nobody_writes_to_a_client_outside_the_book_nor_reads_anothers_message(
    write, colleague, maya, omar, furnish
):
    hers, his = furnish(maya), furnish(omar)
    assert write(his).status_code == 404
    assert write(hers, by=colleague("ada@example.com", "auditor")).status_code == 404
    assert not Message.objects.from_us().exists()
    write(hers)
    web = Client()
    web.force_login(omar)
    to = Message.objects.from_us().get().pk
    for number in (to, "x", 0):
        page = web.get(reverse("accounts:write"), {"to": number})
        assert page.status_code == 200
        assert "first home" not in page.content.decode()


@pytest.mark.parametrize("body", ["", "x" * 401])
def test_a_message_says_something_and_fits_a_notice(body, write, maya, furnish):
    account = furnish(maya)
    assert write(account, body=body).status_code == 422
    assert not Message.objects.from_us().exists()


def test_a_clients_day_of_messages_is_not_used_up_by_ours(write, maya, furnish, monkeypatch):
    from accounts import services

    monkeypatch.setattr(services, "MESSAGES_A_DAY", 2)
    account = furnish(maya)  # with one of the client's
    write(account), write(account)
    services.send_message(account=account, body="Thanks", key=uuid4())
    with pytest.raises(services.TooManyMessages):
        services.send_message(account=account, body="Again", key=uuid4())
