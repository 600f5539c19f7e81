"""Dividends and idle cash: what the person wants, and what came of them lately."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from funding.models import Dividends, Movement
from funding.services import NotPossible
from robo import audit

LATELY = timedelta(days=400)
K = Movement.Kind


def dividends_of(account: Account) -> Dividends:
    """The account's row, made on first asking; it fills itself from Bluum."""
    found, created = Dividends.objects.get_or_create(account=account)
    if created:
        found.enqueue()
    return found


@transaction.atomic
def change_dividends(*, account: Account, wish: dict[str, Any], request: Any = None) -> Dividends:
    """Write down how it shall be. Raises NotPossible as long as Bluum's settings aren't known."""
    found: Dividends = Dividends.objects.select_for_update(of=("self",)).get(account=account)
    if not found.is_known:
        raise NotPossible("We haven’t read your settings yet. Please try again in a minute.")
    kept = {name: _text(value) for name, value in wish.items()}
    current = {**found.settings(), **found.wanted}
    if all(_same(current.get(name), value) for name, value in kept.items()):
        return found
    found.before = current
    found.wanted = {**current, **kept}
    found.revision += 1
    found.refusal, found.changed_at = "", timezone.now()
    found.save(update_fields=["before", "wanted", "revision", "refusal", "changed_at"])
    found.poke()
    audit.record("change dividends", target=found, account=account, request=request)
    return found


def undo_dividends(*, account: Account, request: Any = None) -> Dividends:
    """As it was before the last change. Raises NotPossible."""
    found: Dividends = Dividends.objects.get(account=account)
    if not found.before:
        raise NotPossible("There is nothing to take back.")
    return change_dividends(account=account, wish=found.before, request=request)


def _text(value: Any) -> Any:
    return f"{value:.2f}" if isinstance(value, Decimal) else value


def _same(one: Any, other: Any) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except (ArithmeticError, TypeError, ValueError):
        return bool(one == other)


@dataclass(frozen=True, slots=True)
class Paid:
    """What was paid on a day, dollars by fund, and what was bought on that same day."""

    day: date
    amount: Decimal
    funds: tuple[tuple[str, Decimal], ...]
    bought: tuple[tuple[str, Decimal], ...]


def lately(account: Account, most: int = 12) -> list[Paid]:
    """The newest days with dividends, from the ledger. Bluum doesn't tie a purchase to the
    dividend that paid for it, so what is shown is what was bought that day."""
    since = timezone.localdate() - LATELY
    rows = Movement.objects.filter(account=account, day__gte=since)
    paid: dict[date, dict[str, Decimal]] = {}
    for row in rows.filter(kind=K.DIVIDEND).newest_first():
        if row.day not in paid and len(paid) == most:
            break
        funds = paid.setdefault(row.day, {})
        funds[row.symbol] = funds.get(row.symbol, Decimal(0)) + row.amount
    bought: dict[date, dict[str, Decimal]] = {}
    for row in rows.filter(kind=K.BUY, day__in=list(paid)):
        funds = bought.setdefault(row.day, {})
        funds[row.symbol] = funds.get(row.symbol, Decimal(0)) - row.amount
    return [
        Paid(
            day,
            sum(funds.values(), Decimal(0)),
            tuple(sorted(funds.items())),
            tuple(sorted(bought.get(day, {}).items())),
        )
        for day, funds in paid.items()
    ]


def past_year(account: Account) -> Decimal | None:
    """Dividends of the past 365 days; None as long as the ledger wasn't read."""
    if not Movement.objects.filter(account=account).exists():
        return None
    since = timezone.localdate() - timedelta(days=365)
    rows = Movement.objects.filter(account=account, kind=K.DIVIDEND, day__gt=since)
    return sum((row.amount for row in rows), Decimal(0))
