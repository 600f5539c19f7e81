"""What a self-directed account was worth at each close of the past year."""

from bisect import bisect_right
from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from accounts.models import Account
from funding import calendar
from funding.models import Ledger, Movement
from robo.ui.charts import ValuePoint
from trading.agenda import orders_of
from trading.models import ZERO, Position, Quote

K = Movement.Kind
PUT_IN = {K.DEPOSIT, K.DEPOSIT_RETURN, K.WITHDRAWAL, K.WITHDRAWAL_RETURN}


def worth_by_day(account: Account, positions: list[Position]) -> list[ValuePoint]:
    """Cash of the ledger and its shares at each close that is known for all of them, dollars,
    oldest first. A day on which a price is missing is left out; nothing is told at all while the
    ledger doesn't add up to Bluum's cash, or its shares to the positions: after a split, or where
    shares came in from elsewhere."""
    ledger = Ledger.objects.filter(account=account, off_since=None).exclude(read_at=None).first()
    rows = list(Movement.objects.filter(account=account).in_order())
    if ledger is None or ledger.read_at is None or not rows:
        return []
    closes = closes_of({row.symbol for row in rows if row.quantity})
    days = sorted({day for found in closes.values() for day in found})
    days = days[: bisect_right(days, _day(ledger.read_at) - timedelta(days=1))]
    points, put_in, cash, shares = [], ZERO, ZERO, defaultdict[str, Decimal](Decimal)
    at = 0
    for day in [*days, date.max]:
        for row in rows[at:]:
            if row.day > day:
                break
            at += 1
            cash = row.balance
            put_in += row.amount if row.kind in PUT_IN else ZERO
            if row.quantity and row.kind in {K.BUY, K.SELL}:
                shares[row.symbol] += row.quantity if row.kind == K.BUY else -row.quantity
        held = {symbol: quantity for symbol, quantity in shares.items() if quantity}
        if at and day != date.max and all(day in closes.get(symbol, ()) for symbol in held):
            worth = sum((quantity * closes[s][day] for s, quantity in held.items()), cash)
            points.append(ValuePoint(day, worth.quantize(Decimal("0.01")), put_in))
    traded = {
        order.symbol for order in orders_of(account)
        if not order.is_settled or (order.settled_at and order.settled_at > ledger.read_at)
    }  # fmt: skip
    now = {row.symbol: row.quantity for row in positions}
    same = all(held.get(s) == now.get(s) for s in {*held, *now} - traded)
    return points if same else []


def closes_of(symbols: set[str]) -> dict[str, dict[date, Decimal]]:
    """Symbol to New York day to close, of the bars that are kept of the past year."""
    kept = Quote.objects.filter(asset_id__in=symbols).values_list("asset_id", "bars__year")
    return {
        symbol: {_day(datetime.fromisoformat(at)): Decimal(close) for at, close, *_ in bars or ()}
        for symbol, bars in kept
    }


def _day(at: datetime) -> date:
    return at.astimezone(calendar.NEW_YORK).date()
