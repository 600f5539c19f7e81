"""A self-directed account at Bluum: what it holds, and orders we don't know of."""

from collections.abc import Iterable
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Account
from robo import clients
from robo.bluum.trading import Position as RemotePosition
from robo.bluum.trading import Quote as RemoteQuote
from trading.models import Asset, Desk, Position, Quote
from trading.sync.market import LOOKED
from trading.sync.orders import adopt_orders

NOT_OPEN = timedelta(minutes=5)
USUALLY = timedelta(minutes=15)
WATCHED = timedelta(seconds=15)


def advance_desk(desk: Desk) -> timedelta | None:
    """Positions with their prices, and what was given elsewhere: every 15 minutes, every 15
    seconds while somebody looks."""
    account = desk.account
    if wait := account.wait_until_open():
        return max(wait, NOT_OPEN)
    api = clients.bluum()
    adopt_orders(account, history=desk.refreshed_at is None)
    found = api.positions.list(account.bluum_id or "", non_zero_only=True, refresh_prices=True)
    held = [one for one in found if one.quantity]
    prices = api.assets.quotes(*(one.symbol for one in held)) if held else ()
    apply_desk(desk.pk, held)
    apply_closes(prices)
    seen = Desk.objects.values_list("looked_at", flat=True).get(pk=desk.pk)
    return WATCHED if seen and timezone.now() - seen < LOOKED else USUALLY


@transaction.atomic
def apply_desk(pk: int, held: Iterable[RemotePosition]) -> None:
    """Write the positions; what is no longer held goes."""
    desk = Desk.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    account: Account = desk.account
    seen = []
    for one in held:
        seen.append(one.symbol)
        Position.objects.update_or_create(
            account=account,
            symbol=one.symbol,
            defaults={
                "quantity": one.quantity,
                "average_cost": one.average_cost_basis,
                "cost_basis": one.total_cost_basis,
                "price": one.current_price,
                "value": one.market_value,
                "unrealized": one.unrealized_pl,
                "source": (one.price_source or "")[:60],
                "confidence": (one.price_confidence or "")[:20],
                "price_at": one.price_timestamp,
            },
        )
    Position.objects.filter(account=account).exclude(symbol__in=seen).delete()
    desk.refreshed_at = timezone.now()
    desk.save(update_fields=["refreshed_at"])


@transaction.atomic
def apply_closes(prices: Iterable[RemoteQuote]) -> None:
    """The close before, which the day's gain is counted from."""
    known = set(
        Asset.objects.filter(symbol__in=[one.symbol for one in prices]).values_list(
            "symbol", flat=True
        )
    )
    for one in prices:
        if one.symbol in known and one.previous_close is not None:
            Quote.objects.update_or_create(
                asset_id=one.symbol,
                defaults={"previous_close": one.previous_close},
                create_defaults={"previous_close": one.previous_close, "due_at": None},
            )
