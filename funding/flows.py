"""What came in less what went out, and whether Bluum answers: for the advisors' front page."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Max, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.text import capfirst

from accounts.models import AccountStatus
from funding.models import Deposit, Wallet, Withdrawal
from robo.backoffice.front import Figure, Sign, announce_figures, announce_signs
from robo.ui import words

SILENT_AFTER = timedelta(hours=1)
"""Wallets are asked for every quarter of an hour; an hour without any answer is an outage."""


@announce_figures
def net_flows(user: Any) -> list[Figure]:
    """Completed deposits less completed withdrawals, of the clients this person may see.

    What a bank took back is not completed any more and counts as never come. Weeks begin on
    Monday; days are the reader's.
    """
    today = timezone.localdate()
    starts = {
        "week": _midnight(today - timedelta(days=today.weekday())),
        "month": _midnight(today.replace(day=1)),
    }
    came = _sums(Deposit.objects.visible_to(user), starts)
    went = _sums(Withdrawal.objects.visible_to(user), starts)
    return [
        Figure(
            f"Net flow this {span}",
            words.money_signed(came[span] - went[span]),
            f"{words.money(came[span])} in, {words.money(went[span])} out since {words.day(since)}",
        )
        for span, since in starts.items()
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=timezone.get_current_timezone())


def _sums(rows: QuerySet[Any], starts: dict[str, datetime]) -> dict[str, Decimal]:
    """Dollars completed since each of the starts."""
    found = rows.filter(status="completed", completed_at__gte=min(starts.values())).aggregate(
        **{span: Sum("amount", filter=Q(completed_at__gte=since)) for span, since in starts.items()}
    )
    return {span: total or Decimal(0) for span, total in found.items()}


@announce_signs
def last_word(user: Any) -> list[Sign]:
    """When Bluum last answered about the cash of anyone this person may see."""
    asked = Wallet.objects.visible_to(user).filter(account__status=AccountStatus.ACTIVE)
    newest = asked.aggregate(at=Max("refreshed_at"))["at"]
    silent = newest is not None and timezone.now() - newest > SILENT_AFTER
    return [
        Sign(
            "Last word from Bluum",
            "Clients’ cash is asked for every quarter of an hour",
            capfirst(words.ago(newest)) if newest else "None yet",
            "danger" if silent else "",
        )
    ]
