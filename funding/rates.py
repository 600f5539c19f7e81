"""How many of the deposits we pull come back: the three rates that Nacha sets limits for."""

from datetime import timedelta
from decimal import Decimal

from django.db.models import Count, Q
from django.urls import reverse
from django.utils import timezone

from funding import reasons
from funding.models import Deposit
from robo.backoffice.gauges import Gauge, announce

WINDOW = timedelta(days=60)
ALARM = Decimal("0.5")
"""An alarm at half the limit leaves time to act."""
LIMITS = {
    "Unauthorized": (Decimal("0.005"), reasons.UNAUTHORIZED),
    "Administrative": (Decimal("0.03"), reasons.ADMINISTRATIVE),
}
OVERALL = Decimal("0.15")
"""Nacha Operating Rules, return rate levels: 0.5 % unauthorized, 3 % administrative, 15 % in all,
each of the debits sent in the past 60 days."""


@announce
def return_rates() -> list[Gauge]:
    """Returned deposits as a share of those that were sent to banks in the past 60 days."""
    sent = Deposit.objects.filter(
        method="ach", bluum_id__isnull=False, created_at__gte=timezone.now() - WINDOW
    ).exclude(status=Deposit.Status.CANCELED)
    came_back = Q(status=Deposit.Status.FAILED)
    by_code = {title: came_back & _any_of(codes) for title, (_, codes) in LIMITS.items()}
    sums = sent.aggregate(
        sent=Count("pk"),
        overall=Count("pk", filter=came_back & Q(failure_reason__regex=r"^\s*R\d\d")),
        **{title: Count("pk", filter=which) for title, which in by_code.items()},
    )
    url = f"{reverse('admin:funding_deposit_changelist')}?queue=failed"
    limits = {title: limit for title, (limit, _) in LIMITS.items()} | {"overall": OVERALL}
    codes = {title: " ".join(codes) for title, (_, codes) in LIMITS.items()} | {
        "overall": "any code"
    }
    return [
        Gauge(
            "All returns" if title == "overall" else f"{title} returns",
            codes[title],
            sums[title],
            sums["sent"],
            limit * ALARM,
            limit,
            url,
        )
        for title, limit in limits.items()
    ]


def _any_of(codes: tuple[str, ...]) -> Q:
    found = Q(pk=None)
    for code in codes:
        found |= Q(failure_reason__startswith=code)
    return found
