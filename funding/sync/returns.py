"""After a return: what the rules forbid is stopped, and the person is told once."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.services import tell
from funding import reasons
from funding.models import Authorization, BankAccount, Deposit, Schedule

TRY_WITHIN = timedelta(days=180)
TRIES = 3
"""The first and two more: Nacha lets an entry returned for want of funds be presented again twice
within 180 days."""


def heed(deposit: Deposit) -> None:
    """Stop the bank and the schedules that pull from it, if the return's code asks for it.

    In the caller's transaction. A deposit whose bank isn't known stops nothing.
    """
    rule = reasons.rule_of(deposit.failure_reason)
    bank = deposit.bank
    if bank is None or rule == reasons.Rule.ASK_AGAIN:
        return
    if rule == reasons.Rule.TRY_AGAIN and tries_of(bank) < TRIES:
        return
    code = reasons.code_of(deposit.failure_reason)
    stopped = BankAccount.objects.filter(pk=bank.pk, stopped_at=None).update(
        stopped_at=timezone.now(), stopped_code=code
    )
    if not stopped:
        return
    waiting = Schedule.objects.going().filter(bank=bank, wanted="active")
    paused = list(waiting)
    waiting.update(wanted="paused")
    for schedule in paused:
        schedule.poke()
    if rule == reasons.Rule.NEVER:
        Authorization.objects.filter(bank=bank, ended_at=None).update(ended_at=timezone.now())
    reason = reasons.of_stop(code)
    body = f"{reason.sentence} {reason.next_step}"
    if paused:
        body += " Auto-invest from it is paused until then."
    tell(
        account=deposit.account,
        key=f"bank-stopped:{bank.pk}:{deposit.pk}",
        title=f"We don’t pull from {bank} for now",
        body=body,
        url=reverse("funding:banks"),
    )


def tries_of(bank: BankAccount) -> int:
    """Deposits from this bank that came back for want of funds, since the last that arrived."""
    since = timezone.now() - TRY_WITHIN
    good = bank.deposits.filter(status=Deposit.Status.COMPLETED).order_by("-created_at").first()
    failed = bank.deposits.filter(status=Deposit.Status.FAILED, created_at__gte=since)
    if good:
        failed = failed.filter(created_at__gt=good.created_at)
    return sum(reasons.rule_of(one.failure_reason) == reasons.Rule.TRY_AGAIN for one in failed)


def mend(bank_ids: list[int]) -> None:
    """Linked anew by the person: money may come from these again."""
    BankAccount.objects.filter(pk__in=bank_ids).exclude(stopped_at=None).update(
        stopped_at=None, stopped_code=""
    )
