"""E-mails that carry notices: when each goes, what it says, how to have fewer of them.

What is mandatory goes at once. The rest follows the person's choices: at once unless it is quiet,
or gathered into a daily or weekly digest. A letter that waits is a row with a due date; it is
handed to the outbox in the transaction that marks it sent.
"""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core import signing
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone

from accounts import disputes
from accounts.models import (
    MANDATORY,
    Account,
    Choices,
    Letter,
    Notice,
    Rhythm,
    Topic,
    User,
)
from robo import partner
from robo.ui import words

FEWER = "accounts.fewer-mails"
"""The signing salt of links that stop e-mails."""


# When ---------------------------------------------------------------------------------------


def choices_of(account: Account) -> Choices:
    """What the person chose; the defaults where nothing was."""
    return Choices.objects.filter(account=account).first() or Choices(account=account)


def zone_of(user: User) -> ZoneInfo:
    return ZoneInfo(user.time_zone or settings.TIME_ZONE)


def quiet_for(choices: Choices, zone: ZoneInfo, now: datetime) -> timedelta | None:
    """How long quiet hours still last at this moment; None outside them."""
    start, end = choices.quiet_from, choices.quiet_until
    if start is None or end is None or start == end:
        return None
    here = now.astimezone(zone)
    over_night = start > end
    clock = here.time()
    is_quiet = (clock >= start or clock < end) if over_night else start <= clock < end
    if not is_quiet:
        return None
    day = here.date() + timedelta(days=1 if over_night and clock >= start else 0)
    return datetime.combine(day, end, tzinfo=zone) - now


def next_digest(at: time, zone: ZoneInfo, now: datetime, *, weekly: bool) -> datetime:
    """The next time of day `at`, and for a weekly digest the next Monday's."""
    here = now.astimezone(zone)
    due = datetime.combine(here.date(), at, tzinfo=zone)
    while due <= now or (weekly and due.weekday() != 0):
        due = datetime.combine(due.date() + timedelta(days=1), at, tzinfo=zone)
    return due


def write(notice: Notice) -> None:
    """Have the notice go by e-mail, now or with the letter that waits for its hour.

    Call it in the transaction that makes the notice.
    """
    account, now = notice.account, timezone.now()
    choices, zone = choices_of(account), zone_of(account.user)
    match choices.rhythm(notice.topic):
        case Rhythm.OFF:
            return
        case Rhythm.DAILY:
            kind = Letter.Kind.DAILY
            due = next_digest(choices.digest_at, zone, now, weekly=False)
        case Rhythm.WEEKLY:
            kind = Letter.Kind.WEEKLY
            due = next_digest(choices.digest_at, zone, now, weekly=True)
        case _:
            wait = None if notice.topic in MANDATORY else quiet_for(choices, zone, now)
            if wait is None:
                letter = Letter.objects.create(account=account, due_at=None)
                _attach(notice, letter)
                _hand_over(letter, [notice])
                return
            kind, due = Letter.Kind.MORNING, now + wait
    _attach(notice, _waiting(account, kind, due))


def _waiting(account: Account, kind: Letter.Kind, due: datetime) -> Letter:
    """The letter of this kind that still waits, locked so that it can't leave meanwhile."""
    mine = Letter.objects.select_for_update()
    found: Letter | None = mine.filter(account=account, kind=kind, sent_at=None).first()
    if found is None:
        made, _ = Letter.objects.get_or_create(
            account=account, kind=kind, sent_at=None, defaults={"due_at": due}
        )
        found = mine.get(pk=made.pk)
    return found


def _attach(notice: Notice, letter: Letter) -> None:
    notice.letter = letter
    notice.save(update_fields=["letter"])


# Sending ------------------------------------------------------------------------------------


@transaction.atomic
def advance(letter: Letter) -> timedelta | None:
    """Hand a letter to the outbox, unless it is quiet. Says how long to wait yet."""
    locked = Letter.objects.select_for_update(of=["self"]).select_related("account__user")
    row: Letter = locked.get(pk=letter.pk)
    if row.sent_at:
        return None
    choices, zone = choices_of(row.account), zone_of(row.account.user)
    if wait := quiet_for(choices, zone, timezone.now()):
        return wait
    notices = [n for n in row.notices.order_by("pk") if choices.rhythm(n.topic) != Rhythm.OFF]
    _hand_over(row, notices)
    return None


def _hand_over(letter: Letter, notices: list[Notice]) -> None:
    """Into the outbox, once. A letter whose notices nobody wants any more is settled unsent."""
    letter.sent_at = timezone.now()
    letter.save(update_fields=["sent_at"])
    if notices:
        message_of(letter, notices).send()


def message_of(letter: Letter, notices: list[Notice]) -> EmailMultiAlternatives:
    """One notice as it is; several as a list of days and titles."""
    account = letter.account
    topics = sorted({Topic(n.topic) for n in notices} - MANDATORY, key=list(Topic).index)
    with timezone.override(zone_of(account.user)):
        context = single(notices[0]) if len(notices) == 1 else gathered(letter, notices)
    if any(n.topic == Topic.SECURITY for n in notices):
        context["dispute_url"] = disputes.link(account.user, about=notices[0].title)
    headers = {}
    if topics:
        stop = fewer_link(account, topics)
        context |= {"stop_url": stop, "why": why(letter, topics)}
        headers = {
            "List-Unsubscribe": f"<{stop}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    else:
        context["why"] = MANDATORY_WHY
    return compose(context, to=account.user.email, headers=headers)


def single(notice: Notice) -> dict[str, Any]:
    return {
        "heading": notice.title,
        "paragraphs": [notice.body],
        "action_url": address_of(notice) if notice.url else "",
        "action_text": action_of(notice),
    }


ACTIONS = {
    "accounts:documents": "Open your documents",
    "accounts:export": "Fetch your data",
    "accounts:security": "Check your security",
    "accounts:status": "See where it stands",
    "accounts:write": "Read the answer",
    "accounts:you": "Check your details",
    "funding:activity": "Open your activity",
    "funding:bank-repair": "Repair the bank",
    "funding:banks": "Open your banks",
    "funding:closing-status": "See where it stands",
    "funding:deposit": "Make a deposit",
    "funding:deposit-status": "See the deposit",
    "funding:dividends": "Open dividends",
    "funding:link": "Link a bank",
    "funding:money": "Open your money",
    "funding:schedule": "Open the schedule",
    "funding:schedule-new": "Set up auto-invest",
    "funding:schedule-skip": "Skip this one",
    "funding:schedules": "Open auto-invest",
    "funding:withdrawal-status": "See the withdrawal",
    "home": "Open your account",
    "onboarding:risk-result": "See your result",
    "picture:check": "Check your picture",
    "picture:mend": "Repair the bank",
    "picture:overview": "Open your picture",
    "portfolios:assistant": "Read the answer",
    "portfolios:documents": "Open your documents",
    "portfolios:goal": "Open the goal",
    "portfolios:insights": "Open insights",
    "portfolios:policy": "Open your policy",
    "portfolios:portfolio": "Open your portfolio",
    "portfolios:portfolio-rebalance": "Open rebalancing",
    "portfolios:portfolio-rebalancing": "Read what was done",
    "portfolios:report": "Read the report",
    "trading:order": "See the order",
}
"""What the button of a letter says, by the page it opens."""


def action_of(notice: Notice) -> str:
    """The name of a notice's button: what the person finds behind it."""
    try:
        page = resolve(urlsplit(notice.url).path).view_name
    except Resolver404:
        return "Open it"
    return ACTIONS.get(page, "Open it")


def gathered(letter: Letter, notices: Iterable[Notice]) -> dict[str, Any]:
    rows = [
        {
            "when": words.day(n.created_at),
            "title": n.title,
            "detail": n.body,
            "url": address_of(n) if n.url else "",
        }
        for n in notices
    ]
    headings = {
        Letter.Kind.MORNING: f"{len(rows)} things while it was quiet",
        Letter.Kind.DAILY: f"Your day in {len(rows)} lines",
        Letter.Kind.WEEKLY: f"Your week in {len(rows)} lines",
    }
    return {
        "heading": headings.get(Letter.Kind(letter.kind), "News of your account"),
        "paragraphs": [f"From {partner.current().name}, the earliest first."],
        "rows": rows,
        "action_url": settings.SITE_URL + reverse("accounts:notices"),
        "action_text": "See all messages",
    }


def address_of(notice: Notice) -> str:
    """The address that marks the notice as read and leads on to what it is about."""
    return settings.SITE_URL + reverse("accounts:notice", args=[notice.pk])


def compose(
    context: dict[str, Any], *, to: str, headers: dict[str, str] | None = None
) -> EmailMultiAlternatives:
    """A message in the partner's name, with its plain-text twin."""
    context = {"partner": partner.current(), "site_url": settings.SITE_URL, **context}
    context["choices_url"] = settings.SITE_URL + reverse("accounts:notifications")
    message = EmailMultiAlternatives(
        subject=context["heading"],
        body=render_to_string("mail/message.txt", context).strip(),
        from_email=partner.current().email_from,
        to=[to],
        headers=headers,
    )
    message.attach_alternative(render_to_string("mail/message.html", context), "text/html")
    return message


# Why, and fewer of them ---------------------------------------------------------------------

MANDATORY_WHY = (
    "We send this whatever you chose to hear about, because it concerns your account itself "
    "or its safety."
)


def why(letter: Letter, topics: list[Topic]) -> str:
    rhythm = {
        Letter.Kind.DAILY: "once a day",
        Letter.Kind.WEEKLY: "once a week",
    }.get(Letter.Kind(letter.kind), "at once")
    return f"You get this because you hear about {listed(topics)} {rhythm}."


def listed(topics: Iterable[Topic]) -> str:
    """`“Goals” and “Insights”`."""
    names = [f"“{topic.label}”" for topic in topics]
    if len(names) < 3:
        return " and ".join(names)
    return ", ".join(names[:-1]) + f" and {names[-1]}"


def fewer_link(account: Account, topics: Iterable[Topic]) -> str:
    """A link that stops e-mails about these topics, also for someone who isn't signed in."""
    token = signing.dumps({"account": account.pk, "topics": [t.value for t in topics]}, salt=FEWER)
    return settings.SITE_URL + reverse("accounts:fewer", args=[token])


def read_fewer(token: str) -> tuple[Account, list[Topic]]:
    """Raises signing.BadSignature or Account.DoesNotExist."""
    found = signing.loads(token, salt=FEWER)
    return Account.objects.get(pk=found["account"]), [Topic(t) for t in found["topics"]]
