"""One of each e-mail that people can get, with made-up content: to look at, and to check."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import disputes, letters
from accounts.models import Account, Letter, Notice, Topic, User
from robo import partner

AT = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
BROWSER = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"

SAID: dict[Topic, tuple[str, str]] = {
    Topic.MONEY: ("$850.00 has arrived", "It’s being invested now."),
    Topic.AUTO_INVEST: ("$300.00 is planned for Mon, Nov 23", "It comes from your checking."),
    Topic.PORTFOLIO: (
        "Your $850.00 is invested",
        "Bought: VTI $510.00, BND $340.00. You were under your target in bonds. Nothing was sold.",
    ),
    Topic.GOALS: ("Your house goal is close to its bar", "71 in 100 now; on track is 75."),
    Topic.INSIGHTS: ("$2,400.00 has lain in cash for a month", "You may want it invested."),
    Topic.DOCUMENTS: ("Your October statement is here", "It ties to the cent."),
    Topic.ACCOUNT: ("Your account is open", "You can link your bank and make your first deposit."),
    Topic.SECURITY: ("Withdrawals are paused for now", "Your password was changed."),
}


class Specimen(NamedTuple):
    name: str
    subject: str
    text: str
    html: str


def specimens() -> Iterator[Specimen]:
    """Every kind: each topic at once, each kind of gathered letter, each of sign-in's own."""
    user = User(pk=1, email="person@mail.test", time_zone="America/Denver")
    account = Account(pk=1, user=user)
    notices = [
        Notice(
            pk=number,
            account=account,
            topic=topic,
            title=title,
            body=body,
            url="/home/",
            created_at=AT + timedelta(hours=number),
        )
        for number, (topic, (title, body)) in enumerate(SAID.items(), 1)
    ]
    for notice in notices:
        letter = Letter(pk=1, account=account, kind=Letter.Kind.NOW)
        yield _of_message(f"notice-{notice.topic}", letters.message_of(letter, [notice]))
    for kind in (Letter.Kind.MORNING, Letter.Kind.DAILY, Letter.Kind.WEEKLY):
        letter = Letter(pk=1, account=account, kind=kind)
        yield _of_message(f"letter-{kind}", letters.message_of(letter, notices[:6]))
    with timezone.override(letters.zone_of(user)):
        yield from of_sign_in(user)


def _of_message(name: str, message: Any) -> Specimen:
    [(html, _)] = message.alternatives
    return Specimen(name, message.subject, str(message.body), str(html))


def of_sign_in(user: User) -> Iterator[Specimen]:
    """What allauth sends, from our templates."""
    for app in ("account", "mfa"):
        folder = Path(settings.BASE_DIR) / "templates" / app / "email"
        for path in sorted(folder.glob("*_message.txt")):
            prefix = path.name.removesuffix("_message.txt")
            base = f"{app}/email/{prefix}"
            context = {
                "partner": partner.current(),
                "site_url": settings.SITE_URL,
                "user": user,
                "email": user.email,
                "code": "WXYZ-PQRS",
                "from_email": "before@mail.test",
                "to_email": user.email,
                "deleted_email": "before@mail.test",
                "password_reset_url": f"{settings.SITE_URL}/sign-in/password/reset/",
                "signup_url": f"{settings.SITE_URL}/sign-in/signup/",
                "user_agent": BROWSER,
                "ip": "203.0.113.7",
                "timestamp": AT,
            }
            if "user_agent" in path.read_text():
                context["dispute_url"] = disputes.link(user, about="A change of how you sign in")
                context["why"] = letters.MANDATORY_WHY
            yield Specimen(
                f"sign-in-{prefix}",
                render_to_string(f"{base}_subject.txt", context).strip(),
                render_to_string(f"{base}_message.txt", context).strip(),
                render_to_string(f"{base}_message.html", context),
            )
