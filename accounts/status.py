"""The status page in words: for each state what it means, what comes next, and what one can do."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AccountStatus, Document, DocumentStatus
from robo import agenda

USUAL = timedelta(hours=24)
"""How long verification takes at most, as Bluum says."""

CHECKS = {
    "identity_verification": ("Identity", "Identity confirmed"),
    "tax_id_verification": ("Tax ID", "Tax ID confirmed"),
    "screening": ("Legal checks", "Legal checks done"),
}

ASKED_FOR = {
    Document.Type.ID: "a photo of your passport, driver’s license or state ID",
    Document.Type.ADDRESS: "something that shows your address",
    Document.Type.W9: "a signed Form W-9",
}


@dataclass(frozen=True)
class Story:
    """What the page says. `tone` is good, warn, bad or nothing; `action` is what to press."""

    badge: str
    tone: str
    heading: str
    text: str
    action: str = ""
    url: str = ""
    post: bool = False
    away: bool = False
    """The action leads to another site."""
    steps: list[dict[str, Any]] = field(default_factory=list)


def story(account: Account) -> Story:
    """The page of this account's state."""
    badge, tone, heading, text, *action = _words(account)
    extra: dict[str, Any] = dict(action[0]) if action else {}
    return Story(badge, tone, heading, text, steps=_steps(account), **extra)


def _words(account: Account) -> tuple[Any, ...]:
    match account.status:
        case AccountStatus.SUBMITTED:
            if account.error:
                return (
                    "Sent",
                    "warn",
                    "We have your application.",
                    "We couldn’t reach the people who check it yet. We keep trying by ourselves; "
                    "nothing is lost and there is nothing you need to do.",
                )
            return (
                "Sent",
                "",
                "We have your application.",
                "It’s on its way to be checked. This page follows along by itself.",
            )
        case AccountStatus.REFUSED:
            return (
                "Needs you",
                "warn",
                "Your application needs a correction.",
                f"{account.refusal} Everything else you entered is kept.",
                {"action": "Correct it", "url": reverse("onboarding:start")},
            )
        case AccountStatus.ACTIVE:
            things = agenda.things_to_do(account)
            for end in (item for item in things if item.kind in {"closing", "closed"}):
                action = {"action": "See it", "url": end.url}
                return (end.kind.capitalize(), "", f"{end.title}.", end.detail, action)
            todo = next(iter(things), None)
            return (
                "Open",
                "good",
                "Your account is open.",
                "We’ve confirmed who you are. From here on it’s about your plan."
                if account.is_advised
                else "We’ve confirmed who you are. What you buy and sell is up to you.",
                {
                    "action": todo.title if todo else "Go to your home page",
                    "url": todo.url if todo else reverse("home"),
                },
            )
        case AccountStatus.REJECTED if not account.restart_asked_at:
            return (
                "Not approved",
                "bad",
                "We couldn’t approve your account.",
                "The checks couldn’t confirm who you are. Nothing was charged and no money moved. "
                "If you think it’s a mistake, have the checks run again, or talk to us.",
                {
                    "action": "Run the checks again",
                    "url": reverse("accounts:restart"),
                    "post": True,
                },
            )
        case AccountStatus.SUSPENDED | AccountStatus.INACTIVE:
            return (
                "On hold",
                "bad",
                "Your account is on hold.",
                "Your money stays yours and stays where it is. Nothing can be moved until this is "
                "cleared up. Please call or write to us.",
            )
    return _verifying(account)


def _verifying(account: Account) -> tuple[Any, ...]:
    if needed := account.documents_needed():
        asked = " and ".join(ASKED_FOR[kind] for kind in needed)
        return (
            "Needs you",
            "warn",
            "We need one more document." if len(needed) == 1 else "We need a few documents.",
            f"The records we checked weren’t enough to be sure it’s you. Send us {asked} and we "
            "carry on. Nothing you entered is lost.",
            {"action": "Send it now", "url": reverse("accounts:documents")},
        )
    if account.documents.filter(
        status__in=[DocumentStatus.SENDING, DocumentStatus.PROCESSING]
    ).exists():
        return (
            "Being checked",
            "",
            "Your document is being checked.",
            "Usually that takes minutes. We e-mail you either way.",
        )
    if account.compliance_status == "pending_review":
        return (
            "Being checked",
            "",
            "A person is looking at your application.",
            f"{_by_when(account)} We e-mail you either way; there is nothing you need to do.",
        )
    if account.verification_url:
        return (
            "Needs you",
            "warn",
            "One more check, on another page.",
            "Our partner for identity checks asks you for a few things. It takes about three "
            "minutes. Come back here afterwards.",
            {"action": "Continue the check", "url": account.verification_url, "away": True},
        )
    return (
        "Being checked",
        "",
        "We’re checking that it’s you.",
        f"Most people are approved within minutes. {_by_when(account)} We e-mail you either way; "
        "you can close this page.",
    )


def due_day(account: Account) -> date:
    """The day by which verification should be decided, in the reader's zone."""
    since = account.restarted_at or account.submitted_at or account.created_at
    return timezone.localdate(since + USUAL)


def _by_when(account: Account) -> str:
    day = due_day(account)
    if day < timezone.localdate():
        return "It’s taking longer than the usual day. Call or write to us if you’d like to ask."
    return f"At the latest we expect to know by {day:%A, %B} {day.day}."


def _steps(account: Account) -> list[dict[str, Any]]:
    """The timeline: applied, each check, open."""
    steps: list[dict[str, Any]] = []
    if account.submitted_at:
        steps.append(
            {
                "state": "done",
                "when": timezone.localdate(account.submitted_at),
                "title": "You applied",
                "detail": "Signed and sent.",
            }
        )
    if account.restarted_at:
        steps.append(
            {
                "state": "done",
                "when": timezone.localdate(account.restarted_at),
                "title": "The checks began again",
            }
        )
    for row in sorted(account.compliance_checks, key=lambda row: row.get("status") != "clear"):
        if row.get("type") not in CHECKS:
            continue
        name, done = CHECKS[row["type"]]
        state, title, detail = {
            "clear": ("done", done, ""),
            "failed": ("late", f"{name} not confirmed", "The records didn’t match."),
            "review_required": ("now", f"{name} to confirm", "Not settled by records alone."),
            "error": ("now", f"{name} being checked", "A check has to be repeated."),
        }.get(str(row.get("status")), ("now", f"{name} being checked", ""))
        steps.append({"state": state, "when": "", "title": title, "detail": detail})
    if account.opened_at:
        steps.append(
            {
                "state": "done",
                "when": timezone.localdate(account.opened_at),
                "title": "Account open",
            }
        )
    elif account.status in {AccountStatus.SUBMITTED, AccountStatus.PENDING}:
        steps.append(
            {
                "state": "",
                "when": "After that"
                if account.documents_needed() or due_day(account) < timezone.localdate()
                else due_day(account),
                "title": "Account open",
                "detail": "If nothing else is needed. Then you can link a bank.",
            }
        )
    return steps
