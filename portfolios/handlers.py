"""What Bluum's events bring forward. Their payload is only a hint; the steps ask for the truth."""

from typing import Any

from portfolios.models import Goal, InsightFeed, Investment, Policy, Portfolio
from robo.webhooks.inbox import on


@on("order.*")
def order_changed(data: dict[str, Any]) -> None:
    """An order moved: the investment that gave it, and the portfolio, have news."""
    _poke_moving(data)
    Portfolio.objects.filter(account__bluum_id=data.get("account_id") or "").poke()


@on("transfer.*")
def money_moved(data: dict[str, Any]) -> None:
    """Cash changed: the portfolio's value and what was put in did too, and what is noticed."""
    _poke_moving(data)
    of_account = {"account__bluum_id": data.get("account_id") or ""}
    Portfolio.objects.filter(**of_account).poke()
    InsightFeed.objects.filter(**of_account).poke()


@on("account.*")
def account_changed(data: dict[str, Any]) -> None:
    """An account may have been opened: everything that waited for it can go on."""
    of_account = {"account__bluum_id": data.get("account_id") or data.get("id") or ""}
    Goal.objects.filter(due_at__isnull=False, **of_account).poke()
    Policy.objects.filter(due_at__isnull=False, **of_account).poke()
    Portfolio.objects.filter(**of_account).poke()


def _poke_moving(data: dict[str, Any]) -> None:
    Investment.objects.filter(
        account__bluum_id=data.get("account_id") or "", status__in=Investment.IN_MOTION
    ).poke()
