"""What someone allows us to pull, in the words they agree to. Kept with when and from where."""

import hashlib
from typing import Any

from django.utils import timezone

from funding import rhythm
from funding.models import Authorization, Deposit, Schedule
from robo import partner
from robo.ui import words


def text_for(wish: Deposit | Schedule) -> str:
    """The authorization as a whole: who, what, when, how often, and how to take it back."""
    us = partner.current()
    amount, bank = words.money(wish.amount, wish.currency), wish.bank
    asked = timezone.now()
    if isinstance(wish, Deposit):
        what = (
            f"I authorize {us.legal_name} and its custodian to make one electronic (ACH) debit of "
            f"{amount} from {bank}, on or after {words.long_day(asked.date())}."
        )
        stop = "I can take this back by canceling the deposit until the bank run starts."
    else:
        often = wish.get_frequency_display().lower()
        what = (
            f"I authorize {us.legal_name} and its custodian to make electronic (ACH) debits of "
            f"{amount} from {bank}, {often}, from {words.long_day(wish.start_date)} on."
        )
        if raised := rhythm.raise_words(wish):
            what += (
                f" The amount rises {raised}. I am told each new amount at least ten days before "
                "it is first debited, and can stop it by then."
            )
        stop = (
            "I can take this back at any time by pausing or ending auto-invest, at the latest "
            "half an hour before a run. Any other amount needs my agreement anew."
        )
    return (
        f"{what} {stop} If a debit is returned for want of funds, it may be tried again no more "
        f"than twice. Questions: {us.support.phone}, {us.support.email}."
    )


def digest(wish: Deposit | Schedule) -> str:
    """What a form sends back, so that only the words that were shown are agreed to."""
    return hashlib.sha256(text_for(wish).encode()).hexdigest()


def is_missing(schedule: Schedule) -> bool:
    """Nothing may be pulled by it before its owner has agreed anew: a bank said that a debit wasn't
    authorized, or it was taken back."""
    return not schedule.authorizations.filter(ended_at=None).exists()


def keep(wish: Deposit | Schedule, request: Any = None) -> Authorization | None:
    """Write down the authorization of a new wish, or of a changed one; an older one ends.

    None for what isn't pulled: a transfer the person sends themselves.
    """
    if wish.bank is None:
        return None
    text = text_for(wish)
    deposit = wish if isinstance(wish, Deposit) else None
    schedule = wish if isinstance(wish, Schedule) else None
    if schedule:
        end(schedule)
    return Authorization.objects.create(
        account_id=wish.account_id,
        bank=wish.bank,
        deposit=deposit,
        schedule=schedule,
        kind=Authorization.Kind.ONCE if deposit else Authorization.Kind.RECURRING,
        text=text,
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        amount=wish.amount,
        ip=getattr(request, "client_ip", None) or None,
        user_agent=(request.headers.get("User-Agent", "") if request else "")[:300],
    )


def end(schedule: Schedule) -> None:
    """Nothing more may be pulled by what was agreed for this schedule."""
    Authorization.objects.filter(schedule=schedule, ended_at=None).update(ended_at=timezone.now())
