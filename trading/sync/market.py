"""Hours, the list of assets, quotes and past prices, as Bluum tells them."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from robo import clients
from robo.bluum import BluumError, NotFound
from robo.bluum.trading import Asset as RemoteAsset
from robo.bluum.trading import Chart, MarketStatus, Snapshot
from robo.bluum.trading import Quote as RemoteQuote
from trading.models import Asset, Market, Quote

LIST_EVERY = timedelta(days=1)
HOURS_EVERY = timedelta(minutes=15)
PAGE = 100

LOOKED = timedelta(seconds=40)
"""A quote is read anew as long as somebody looked at it so recently."""
QUOTE_EVERY = timedelta(seconds=5)

REACHES: dict[str, tuple[str, timedelta, timedelta]] = {
    "day": ("5Min", timedelta(days=6), timedelta(minutes=1)),
    "year": ("1Day", timedelta(days=366), timedelta(hours=1)),
    "years": ("1Week", timedelta(days=5 * 366), timedelta(days=1)),
}
"""What is kept of past prices: Bluum's timeframe, how far back, how often it is read."""


def advance_market(market: Market) -> timedelta:
    """Hours every quarter of an hour and at each opening and close; once a day the list."""
    api = clients.bluum()
    apply_hours(market.pk, api.markets.status(market.code))
    if not market.assets_at or timezone.now() - market.assets_at > LIST_EVERY:
        apply_assets(market.pk, listed(market.code))
    market.refresh_from_db()
    changes = market.next_close if market.is_open else market.next_open
    until = (changes - timezone.now()) + timedelta(seconds=2) if changes else HOURS_EVERY
    return min(max(until, timedelta(seconds=10)), HOURS_EVERY)


def listed(code: str) -> list[RemoteAsset]:
    """Everything of a market that can be traded, page after page."""
    found: dict[str, RemoteAsset] = {}
    while True:
        page = clients.bluum().assets.page(market=code, limit=PAGE, offset=len(found))
        new = {asset.symbol: asset for asset in page if asset.symbol not in found}
        found |= new
        if len(page) < PAGE or not new:
            return list(found.values())


@transaction.atomic
def apply_hours(pk: int, remote: MarketStatus) -> None:
    Market.objects.filter(pk=pk).update(
        is_open=remote.is_open,
        next_open=remote.next_open,
        next_close=remote.next_close,
        refreshed_at=timezone.now(),
    )


@transaction.atomic
def apply_assets(pk: int, found: list[RemoteAsset]) -> None:
    """Write the list; what is no longer on it stays known, but can't be traded."""
    market = Market.objects.select_for_update().get(pk=pk)
    now = timezone.now()
    Asset.objects.bulk_create(
        [
            Asset(
                symbol=one.symbol,
                name=(one.name or "")[:200],
                market=market.code,
                asset_class=one.asset_class or "",
                is_tradable=bool(one.tradable) and one.status in (None, "active"),
                is_fractionable=bool(one.fractionable),
                seen_at=now,
            )
            for one in found
        ],
        update_conflicts=True,
        unique_fields=["symbol"],
        update_fields=[
            "name", "market", "asset_class", "is_tradable", "is_fractionable", "seen_at",
        ],
        batch_size=500,
    )  # fmt: skip
    if found:
        gone = Asset.objects.filter(market=market.code, seen_at__lt=now)
        gone.update(is_tradable=False)
    market.assets_at = now
    market.save(update_fields=["assets_at"])


# Quotes -----------------------------------------------------------------------------------------


def advance_quote(quote: Quote) -> timedelta | None:
    """The price every few seconds while somebody looks, past prices as often as they change."""
    api, now = clients.bluum().assets, timezone.now()
    try:
        remote, snapshot = api.quote(quote.asset_id), api.snapshot(quote.asset_id)
        there = remote.timestamp or now
        bars = {
            reach: api.bars(
                quote.asset_id,
                timeframe=frame,
                start=there - back,
                limit=1000,
                adjustment="split",
            )
            for reach, (frame, back, every) in REACHES.items()
            if _is_old(quote, reach, every)
        }
    except NotFound:  # it isn't traded any more: there is no price to tell
        apply_no_quote(quote.pk)
        return None
    apply_quote(quote.pk, remote, snapshot, bars)
    seen = Quote.objects.values_list("looked_at", flat=True).get(pk=quote.pk)
    return QUOTE_EVERY if seen and timezone.now() - seen < LOOKED else None


def _is_old(quote: Quote, reach: str, every: timedelta) -> bool:
    read = quote.bars_at.get(reach)
    return read is None or timezone.now() - datetime.fromisoformat(read) > every


def quote_now(asset: Asset) -> bool:
    """Read the price while the person waits, in one short try. Says whether that worked."""
    try:
        remote = clients.bluum_now().assets.quote(asset.symbol)
    except BluumError:
        return False
    quote, _ = Quote.objects.get_or_create(asset=asset, defaults={"due_at": None})
    apply_quote(quote.pk, remote, None, {})
    return True


@transaction.atomic
def apply_quote(
    pk: int, remote: RemoteQuote, snapshot: Snapshot | None, bars: dict[str, Chart]
) -> None:
    """Write what Bluum says of the price. An older price never takes the place of a newer one."""
    quote = Quote.objects.select_for_update().get(pk=pk)
    now = timezone.now()
    quote.refreshed_at = now
    if not (quote.at and remote.timestamp and remote.timestamp < quote.at):
        quote.price, quote.at = remote.price, remote.timestamp
        quote.bid, quote.ask = remote.bid_price, remote.ask_price
        quote.source = (remote.source or "")[:60]
        quote.confidence = (remote.confidence or "")[:20]
        quote.previous_close = _previous_close(remote, snapshot) or quote.previous_close
    for reach, chart in bars.items():
        quote.bars[reach] = [
            [bar.timestamp.isoformat(), *map(str, (bar.close, bar.open, bar.high, bar.low))]
            for bar in chart.bars
        ]
        quote.bars_at[reach] = now.isoformat()
    quote.save(
        update_fields=[
            "price", "at", "bid", "ask", "source", "confidence", "previous_close", "refreshed_at",
            "bars", "bars_at",
        ]
    )  # fmt: skip


def _previous_close(remote: RemoteQuote, snapshot: Snapshot | None) -> Decimal | None:
    if remote.previous_close is not None:
        return remote.previous_close
    last = snapshot.latest_trade.price if snapshot and snapshot.latest_trade else None
    if snapshot and snapshot.change is not None and last is not None:
        return last - snapshot.change
    if snapshot and snapshot.prev_daily_bar:
        return snapshot.prev_daily_bar.close
    return None


@transaction.atomic
def apply_no_quote(pk: int) -> None:
    Quote.objects.filter(pk=pk).update(
        price=None,
        bid=None,
        ask=None,
        confidence=Quote.Confidence.UNAVAILABLE,
        refreshed_at=timezone.now(),
    )
