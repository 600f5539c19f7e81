"""After a return: what the rules forbid is stopped, and the person is told once."""

from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from accounts.models import Topic
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
    stop(bank, reasons.code_of(deposit.failure_reason), occasion=f"{deposit.pk}")


def stop(bank: BankAccount, code: str, *, occasion: str) -> None:
    """Nothing is pulled from it any more; its owner is told why and what mends it.

    In the caller's transaction. Auto-invest from it is paused, and remembered: what a person
    paused themselves stays so later.
    """
    now = timezone.now()
    if not BankAccount.objects.filter(pk=bank.pk, stopped_at=None).update(
        stopped_at=now, stopped_code=code
    ):
        return
    rule = reasons.RULES.get(code)
    waiting = Schedule.objects.going().filter(bank=bank, wanted="active")
    paused = list(waiting)
    waiting.update(wanted="paused")
    for schedule in paused:
        schedule.poke()
    BankAccount.objects.filter(pk=bank.pk).update(paused_schedules=[one.pk for one in paused])
    if rule == reasons.Rule.NEVER:
        Authorization.objects.filter(bank=bank, ended_at=None).update(ended_at=now)
    reason = reasons.of_stop(code)
    body = f"{reason.sentence} {reason.next_step}"
    if paused:
        body += " Auto-invest from it is paused until then."
    tell(
        account=bank.account,
        key=f"bank-stopped:{bank.pk}:{occasion}",
        title=f"We don’t pull from {bank} for now",
        body=body,
        url=reverse("funding:bank-repair", args=[bank.pk]),
        topic=Topic.MONEY,
    )


def tries_of(bank: BankAccount) -> int:
    """Deposits from this bank that came back for want of funds, since the last that arrived."""
    since = timezone.now() - TRY_WITHIN
    good = bank.deposits.filter(status=Deposit.Status.COMPLETED).order_by("-created_at").first()
    failed = bank.deposits.filter(status=Deposit.Status.FAILED, created_at__gte=since)
    if good:
        failed = failed.filter(created_at__gt=good.created_at)
    return sum(reasons.rule_of(one.failure_reason) == reasons.Rule.TRY_AGAIN for one in failed)


def mend(bank_ids: list[int], *, by_staff: bool = False) -> None:
    """Linked anew by the person: money may come from these again, and what waited goes on.

    What only the bank or the law can lift (frozen, an owner's death) stays stopped, unless someone
    of the staff has cleared it. Auto-invest that we paused goes on, except where a new
    authorization is needed. In the caller's transaction.
    """
    for bank in BankAccount.objects.select_for_update().filter(pk__in=bank_ids):
        rule = reasons.RULES.get(bank.stopped_code)
        if bank.stopped_at and rule == reasons.Rule.STOP and not by_staff:
            continue
        resumed = [] if rule == reasons.Rule.NEVER else bank.paused_schedules
        BankAccount.objects.filter(pk=bank.pk).update(
            stopped_at=None, stopped_code="", paused_schedules=[], mended_at=timezone.now()
        )
        for schedule in Schedule.objects.going().filter(pk__in=resumed, wanted="paused"):
            Schedule.objects.filter(pk=schedule.pk).update(wanted="active")
            schedule.poke()
        bank.deposits.filter(status=Deposit.Status.REQUESTED).poke()
