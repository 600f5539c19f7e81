"""What deposits tell the risk answers: how much is pulled each month, and when the first comes."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Account
from funding.models import Deposit, Schedule
from onboarding import facts

RUNS_A_YEAR = {"weekly": 52, "biweekly": 26, "monthly": 12, "quarterly": 4}


def by_month(amount: Decimal, frequency: str) -> float:
    """Dollars a month, of so many dollars a run."""
    return float(amount) * RUNS_A_YEAR[frequency] / 12


@facts.provider
def deposits(account: Account) -> dict[str, Any]:
    going = [s for s in Schedule.objects.filter(account=account).going() if s.wanted == "active"]
    found: dict[str, Any] = {
        "monthly_deposits": sum(by_month(s.amount, s.frequency) for s in going)
    }
    if going and not Deposit.objects.filter(account=account).exists():
        found["first_deposit_months"] = months_until(min(s.start_date for s in going))
    return found


def with_schedule(
    account: Account, amount: Decimal, frequency: str, start: date | None = None
) -> dict[str, Any]:
    """What would be told if so much more were pulled from then on."""
    known = deposits(account)
    known["monthly_deposits"] += by_month(amount, frequency)
    if start and not Deposit.objects.filter(account=account).exists():
        months = months_until(start)
        known["first_deposit_months"] = min(months, known.get("first_deposit_months", months))
    return known


def months_until(day: date) -> int:
    """Whole months from today, 0 for a day of the past."""
    today = timezone.localdate()
    return max((day.year - today.year) * 12 + day.month - today.month - (day.day < today.day), 0)
