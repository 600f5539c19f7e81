"""Asking the assistant: what is refused before it is kept, what is kept, and what may be asked."""

import re
import unicodedata
import uuid
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Account
from portfolios.models import Exchange
from portfolios.models.assistant import LONGEST
from portfolios.snapshot import Snapshot
from robo import partner

LIMITS = ((timedelta(minutes=10), 10), (timedelta(days=1), 60))
"""So many questions within so long."""
NINE = re.compile(r"(?<!\d)(?<!\d[-.\s])(?<![$,])\d(?:[-.\s]?\d){8}(?![-.\s]?\d)(?!,\d)")
LONG = re.compile(r"(?<!\d)\d(?:[-.\s]?\d){12,18}(?![-.\s]?\d)")


class NotAsked(ValueError):
    """Why a question isn't taken, as the person reads it. Nothing of it was kept."""


def ask(account: Account, text: str, key: uuid.UUID) -> Exchange:
    """Write a question down, due now; the same key is the same question.

    Raises NotAsked for an empty or long one, one with a number like a tax ID or a card's in it, or
    too many of them.
    """
    text = text.replace("\r\n", "\n").replace("\x00", "").strip()
    kept: Exchange | None = Exchange.objects.filter(account=account, key=key).first()
    if kept:
        return kept
    if not text:
        raise NotAsked("Write your question first.")
    if len(text) > LONGEST:
        more = len(text) - LONGEST
        raise NotAsked(f"That is {more:,} characters too long. The most is {LONGEST:,}.")
    if has_secret(text):
        raise NotAsked(
            "There is a number in it that looks like a Social Security, card or account number. "
            "Please leave it out: the assistant never needs it. We haven’t kept your question."
        )
    now = timezone.now()
    for span, most in LIMITS:
        lately = Exchange.objects.filter(account=account, asked_at__gt=now - span)
        if lately.count() >= most:
            minutes = int(span.total_seconds() // 60)
            within = f"{minutes} minutes" if minutes < 60 else "a day"
            raise NotAsked(
                f"That is more than {most} questions within {within}. Wait a little, or write to "
                f"us: {partner.current().support.email}."
            )
    try:
        with transaction.atomic():
            made = Exchange.objects.create(
                account=account, key=key, question=text, disclaimer=disclaimer()
            )
            made.enqueue()
            return made
    except IntegrityError:  # two clicks at once
        return Exchange.objects.get(account=account, key=key)


def take_back(exchange: Exchange) -> bool:
    """The person doesn't want the answer any more. False when it is there already."""
    waiting = Exchange.objects.filter(pk=exchange.pk, status=Exchange.Status.WAITING)
    return bool(waiting.update(status=Exchange.Status.WITHDRAWN, due_at=None, stuck_at=None))


def has_secret(text: str) -> bool:
    """Whether a number in it could be a tax ID (nine digits) or a card's (with its check digit)."""
    plain = unicodedata.normalize("NFKC", text)
    if NINE.search(plain):
        return True
    return any(_is_card(re.sub(r"\D", "", found)) for found in LONG.findall(plain))


def _is_card(digits: str) -> bool:
    """Luhn's check (ISO/IEC 7812-1)."""
    doubled = [int(d) * (2 if n % 2 else 1) for n, d in enumerate(reversed(digits))]
    return sum(d - 9 if d > 9 else d for d in doubled) % 10 == 0


def disclaimer() -> str:
    """What stands before and beside every question, in the partner's words."""
    return partner.current().words.assistant_note


def first_questions(known: Snapshot) -> list[str]:
    """Questions that fit this person's situation, the nearest first."""
    found = []
    portfolio = known.portfolio
    if portfolio and portfolio.value:
        found += ["How has my portfolio done?", "Am I inside my bands?"]
    if known.goals:
        found.append("Are my goals on track?")
    if portfolio and portfolio.cash:
        found.append("Why is there cash in my account?")
    if portfolio and portfolio.value:
        found += ["What have I paid in fees?", "Which dividends did I get?"]
    if known.active:
        found.append("What does my policy say?")
    if known.assessment:
        found.append("What is my risk level?")
    return found[:5] or ["What can you tell me?", "When does auto-invest run next?"]
