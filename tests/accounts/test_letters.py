"""How people hear of things: at once, gathered, not at night, not at all; always once."""

import re
from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts import letters, services
from accounts.mail import unpack
from accounts.models import Choices, Letter, Mail, Notice, Topic
from robo import seal, work
from tests import addresses

DENVER = ZoneInfo("America/Denver")


@pytest.fixture
def account(maya: Any) -> Any:
    return services.account_of(maya)


def tell(account: Any, key: str, topic: str = "portfolio", **more: Any) -> None:
    services.tell(
        account=account, key=key, title=f"About {key}", body="A word.", topic=topic, url="/", **more
    )


def mails() -> list[Any]:
    return [unpack(seal.unseal_json(m.sealed)) for m in Mail.objects.order_by("pk")]


def choose(account: Any, **email: str) -> None:
    services.choose_notices(account, email=email, silent=[], quiet_from=None, quiet_until=None)


def always_quiet(account: Any) -> None:
    """Quiet from an hour ago until in two hours, by the person's clock."""
    here = timezone.localtime(timezone=letters.zone_of(account.user))
    services.choose_notices(
        account,
        email={},
        silent=[],
        quiet_from=(here - timedelta(hours=1)).time(),
        quiet_until=(here + timedelta(hours=2)).time(),
    )


def day_breaks(account: Any) -> None:
    """The quiet hours are over, and what waited for that is due."""
    Choices.objects.filter(account=account).update(quiet_from=None, quiet_until=None)
    Letter.objects.filter(sent_at=None).update(due_at=timezone.now())


@pytest.mark.parametrize(
    ("start", "end", "now", "hours"),
    [
        (time(21), time(8), datetime(2026, 11, 20, 5, tzinfo=UTC), 10),  # 10 pm in Denver
        (time(21), time(8), datetime(2026, 11, 20, 14, tzinfo=UTC), 1),  # 7 am
        (time(21), time(8), datetime(2026, 11, 20, 15, tzinfo=UTC), None),  # 8 am sharp
        (time(12), time(14), datetime(2026, 11, 20, 20, tzinfo=UTC), 1),  # 1 pm
        (None, None, datetime(2026, 11, 20, 5, tzinfo=UTC), None),
        # The night clocks go back is an hour longer: 10 pm to 8 am is eleven hours.
        (time(21), time(8), datetime(2026, 11, 1, 4, tzinfo=UTC), 11),
    ],
)
def test_it_is_quiet_by_the_persons_clock(start, end, now, hours):
    choices = Choices(quiet_from=start, quiet_until=end)
    wait = letters.quiet_for(choices, DENVER, now)
    assert wait == (None if hours is None else timedelta(hours=hours))


def test_what_is_told_again_by_the_same_key_is_mailed_once(account):
    for _ in range(2):
        tell(account, "once")
    assert (Notice.objects.count(), len(mails())) == (1, 1)


def test_a_weekly_letter_comes_on_monday_morning():
    friday = datetime(2026, 11, 20, 20, tzinfo=UTC)
    due = letters.next_digest(time(8), DENVER, friday, weekly=True)
    assert due == datetime(2026, 11, 23, 8, tzinfo=DENVER)
    assert letters.next_digest(time(8), DENVER, due, weekly=False) == due + timedelta(days=1)


def test_at_night_the_mail_waits_but_not_a_warning(account):
    always_quiet(account)
    tell(account, "a trade")
    tell(account, "a dividend", "money")
    tell(account, "a new passkey", "security")

    assert [m.subject for m in mails()] == ["About a new passkey"]
    work.run_due(Letter)
    assert Mail.objects.count() == 1

    day_breaks(account)
    work.run_due(Letter)
    work.run_due(Letter)
    [_, morning] = mails()
    assert morning.subject == "2 things while it was quiet"
    assert "About a trade" in morning.body
    assert "About a dividend" in morning.body
    assert Notice.objects.filter(letter__sent_at=None).count() == 0


def test_a_letter_found_due_at_night_waits_on(account):
    choose(account, portfolio="daily")
    tell(account, "a trade")
    always_quiet(account)
    Letter.objects.update(due_at=timezone.now())
    work.run_due(Letter)
    assert not Mail.objects.exists()
    assert Letter.objects.get().due_at > timezone.now() + timedelta(hours=1)


def test_a_daily_letter_gathers_the_day_and_goes_once(account):
    choose(account, portfolio="daily", goals="daily")
    for number in range(3):
        tell(account, f"trade {number}")
    tell(account, "the house", "goals")
    assert Letter.objects.count() == 1
    letter = Letter.objects.get()
    assert letter.due_at > timezone.now()

    letter.poke()
    for _ in range(3):
        letters.advance(letter)
    [message] = mails()
    assert message.subject == "Your day in 4 lines"
    assert message.body.count("/account/notices/") == 5  # each, and all of them

    tell(account, "the next day")
    assert Letter.objects.filter(sent_at=None).count() == 1


def test_what_is_switched_off_meanwhile_is_not_sent(account):
    choose(account, portfolio="daily")
    tell(account, "a trade")
    choose(account, portfolio="off")
    letter = Letter.objects.get()
    letters.advance(letter)
    assert not Mail.objects.exists()
    letter.refresh_from_db()
    assert letter.sent_at


def test_nothing_is_lost_when_a_worker_dies_while_sending(account, monkeypatch):
    choose(account, portfolio="daily")
    tell(account, "a trade")
    Letter.objects.update(due_at=timezone.now())
    with monkeypatch.context() as broken:
        broken.setattr(letters, "compose", lambda *_, **__: 1 / 0)
        work.run_due(Letter)
    assert not Mail.objects.exists()
    assert Letter.objects.get().sent_at is None
    Letter.objects.update(due_at=timezone.now())
    work.run_due(Letter)
    assert [m.subject for m in mails()] == ["About a trade"]


def test_choices_are_made_on_a_page_and_what_is_mandatory_stays(client, account, maya, omar):
    client.force_login(maya)
    page = client.get(reverse("accounts:notifications"))
    form = page.context["form"]
    assert "a warning you could switch off would warn nobody" in page.content.decode()
    given = {name: form[name].value() for name in form.fields if name.startswith("email_")}
    given |= {"email_money": "off", "email_security": "off", "quiet": "on"}
    given |= {"quiet_from": "22:00:00", "quiet_until": "07:00:00", "app_goals": "on"}
    assert client.post(reverse("accounts:notifications"), given).status_code == 302
    assert (
        client.post(reverse("accounts:notifications"), given | {"email_money": "x"}).status_code
        == 422
    )

    choices = letters.choices_of(account)
    assert choices.rhythm("money") == "off"
    assert choices.rhythm("security") == "now"
    assert choices.is_shown("goals")
    assert not choices.is_shown("portfolio")
    assert choices.is_shown("account")
    assert (choices.quiet_from, choices.quiet_until) == (time(22), time(7))
    assert letters.choices_of(services.account_of(omar)).rhythm("money") == "now"


@pytest.mark.parametrize(
    ("before", "sent", "kept"),
    [
        (None, {"quiet_from": "22:00:00"}, time(22)),
        (None, {}, None),
        (time(22), {"quiet_from": "22:00:00"}, None),
        (time(22), {"quiet_from": "23:00:00"}, None),
    ],
)
def test_other_quiet_hours_are_wanted_also_without_the_box(
    client, account, maya, before, sent, kept
):
    services.choose_notices(
        account, email={}, silent=[], quiet_from=before, quiet_until=before and time(8)
    )
    client.force_login(maya)
    form = client.get(reverse("accounts:notifications")).context["form"]
    given = {name: form[name].value() for name in form.fields if name.startswith("email_")}
    given |= {"quiet_from": "21:00:00", "quiet_until": "08:00:00"} | sent
    assert client.post(reverse("accounts:notifications"), given).status_code == 302
    assert letters.choices_of(account).quiet_from == kept


def test_a_topic_kept_out_of_the_app_is_on_record_but_not_in_the_list(client, account, maya):
    services.choose_notices(
        account, email={}, silent=["insights"], quiet_from=None, quiet_until=None
    )
    tell(account, "an idea", "insights")
    tell(account, "a trade")
    client.force_login(maya)
    page = client.get(reverse("accounts:notices")).content.decode()
    assert "About a trade" in page
    assert "About an idea" not in page
    assert "Messages, 1 unread" in page
    assert Notice.objects.count() == 2


def test_messages_are_found_by_topic_and_reading_one_marks_it(client, account, maya, omar):
    tell(account, "a trade")
    tell(account, "the house", "goals")
    client.force_login(maya)
    page = client.get(reverse("accounts:notices"), {"topic": "goals"}).content.decode()
    assert "About the house" in page
    assert "About a trade" not in page

    notice = Notice.objects.get(topic="goals")
    client.force_login(omar)
    assert client.get(reverse("accounts:notice", args=[notice.pk])).status_code == 404
    client.logout()
    assert "/sign-in/" in client.get(reverse("accounts:notice", args=[notice.pk])).url
    assert Notice.objects.unread().count() == 2
    client.force_login(maya)
    assert client.get(reverse("accounts:notice", args=[notice.pk])).url == "/"
    assert Notice.objects.unread().count() == 1


def test_unsubscribing_takes_one_click_without_signing_in(client, account):
    tell(account, "a trade")
    [message] = mails()
    headers = message.extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = re.fullmatch(r"<http://testserver(.+)>", headers["List-Unsubscribe"])[1]
    assert link in message.body

    shown = client.get(link)  # scanners follow links: nothing happens yet
    assert "Stop e-mails about “Your portfolio”?" in shown.content.decode()
    assert letters.choices_of(account).rhythm("portfolio") == "now"
    for _ in range(2):
        assert client.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert letters.choices_of(account).rhythm("portfolio") == "off"
    tell(account, "another trade")
    assert Mail.objects.count() == 1
    assert client.get(link[:-9] + "forgery1/").status_code == 404


@pytest.mark.parametrize("topic", ["account", "security"])
def test_what_is_mandatory_cannot_be_unsubscribed_from(client, account, topic):
    tell(account, "this", topic)
    [message] = mails()
    assert "List-Unsubscribe" not in message.extra_headers
    forged = letters.fewer_link(account, [Topic(topic)])
    client.post(forged.removeprefix("http://testserver"))
    tell(account, "that", topic)
    assert Mail.objects.count() == 2


def test_an_account_number_never_leaves_in_a_sentence(account):
    services.tell(
        account=account,
        key="leak",
        title="Your bank 123456789",
        body="The tax ID 536-22-1234, $1,234,567.00 by Nov 30, 2026.",
    )
    notice = Notice.objects.get()
    assert notice.title == "Your bank ••6789"
    assert notice.body == "The tax ID ••1234, $1,234,567.00 by Nov 30, 2026."


def test_the_bell_costs_the_same_with_many_messages(
    client, account, maya, django_assert_max_num_queries
):
    client.force_login(maya)
    url = reverse("accounts:notices")
    client.get(url)
    for number in range(25):
        tell(account, f"trade {number}")
    with django_assert_max_num_queries(9):
        client.get(url)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("/money/deposits/7/", "See the deposit"),
        ("/money/auto-invest/7/skip/", "Skip this one"),
        ("/money/activity/?kind=fee#activity", "Open your activity"),
        ("/portfolio/history/", "Read what was done"),
        ("/no-such-page/", "Open it"),
    ],
)
def test_the_button_of_a_letter_names_what_it_opens(account, url, named):
    services.tell(account=account, key="k", title="T", body="B.", topic="portfolio", url=url)
    [notice] = Notice.objects.all()
    mail = letters.message_of(Letter(pk=1, account=account, kind=Letter.Kind.NOW), [notice])
    assert f">{named}</a>" in mail.alternatives[0][0]
    assert f"{named}: http" in mail.body


def test_every_name_of_a_button_belongs_to_a_page_there_is():
    assert letters.ACTIONS.keys() <= dict(addresses.names()).keys()


def test_only_what_touches_sign_in_asks_whether_it_was_you(account):
    topics = {"documents": False, "money": False, "account": False, "security": True}
    for topic, asks in topics.items():
        services.tell(account=account, key=topic, title="T", body="B.", topic=topic, url="/home/")
        notice = Notice.objects.get(key=topic)
        mail = letters.message_of(Letter(pk=1, account=account, kind=Letter.Kind.NOW), [notice])
        assert ("Wasn’t you?" in mail.body) == asks
        assert ("Wasn’t you?" in mail.alternatives[0][0]) == asks
