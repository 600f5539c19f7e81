"""One asset: price, how fresh it is, how it went, and what the person has of it."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.guards import Request, investor_required
from accounts.models import Account
from funding import calendar
from robo.ui import charts, words
from trading import services
from trading.agenda import orders_of
from trading.holdings import rows_of
from trading.hours import hours
from trading.models import Asset, Market, Quote

PERIODS: dict[str, tuple[str, str, str, int]] = {
    "1d": ("1D", "The last market day", "day", 0),
    "1w": ("1W", "The past week", "day", 7),
    "1m": ("1M", "The past month", "year", 31),
    "3m": ("3M", "The past three months", "year", 92),
    "1y": ("1Y", "The past year", "year", 366),
    "5y": ("5Y", "The past five years", "years", 1827),
}
"""Name to label, words, which kept prices, days back."""
SHAPES = ("line", "candles")


def asset_named(symbol: str) -> Asset:
    asset = Asset.objects.filter(symbol=symbol.upper()).first()
    if asset is None:
        raise Http404
    return asset


@investor_required
@require_GET
def quote(request: Request, symbol: str) -> HttpResponse:
    """Our own row of the price; while somebody looks, work reads it anew."""
    asset = asset_named(symbol)
    if symbol != asset.symbol:
        return redirect("trading:quote", asset.symbol, permanent=False)
    row = services.quote_of(asset)
    services.look_at(row)
    period = request.GET.get("period", "1d")
    if period not in PERIODS:
        period = "1d"
    shape = request.GET.get("shape", "line")
    if shape not in SHAPES:
        shape = "line"
    context = {
        "asset": asset,
        "quote": row,
        "period": period,
        "hours": hours(Market.objects.filter(code=asset.market).first()),
        "ranges": ranges_of(row),
        **chart_context(row, period, shape),
        **own_context(request.account, asset),
    }
    part = request.GET.get("part") if request.htmx else ""
    template = {"price": "trading/_price.html", "chart": "trading/_chart.html"}.get(
        part or "", "trading/quote.html"
    )
    return render(request, template, context)


def own_context(account: Account, asset: Asset) -> dict[str, Any]:
    mine = [row for row in rows_of(account) if row.position.symbol == asset.symbol]
    orders = [order for order in orders_of(account) if order.symbol == asset.symbol]
    return {
        "row": mine[0] if mine else None,
        "open_orders": [order for order in orders if not order.is_settled],
        "past_orders": [order for order in orders if order.is_settled][:8],
    }


def chart_context(row: Quote, period: str, shape: str) -> dict[str, Any]:
    _, name, reach, days = PERIODS[period]
    points = points_of(row, reach, days)
    change = points[-1].close - points[0].close if len(points) > 1 else None
    if shape == "candles":
        drawn, each = as_candles(points)
    else:
        drawn, each = [charts.PricePoint(one.at, one.close) for one in points], 1
    return {
        "period_name": name,
        "periods": [(key, label) for key, (label, *_) in PERIODS.items()],
        "shape": shape,
        "other": "line" if shape == "candles" else "candles",
        "has_candles": bool(points) and all(None not in one for one in points),
        "each": in_words(reach, each) if each > 1 else "",
        "chart": charts.price_chart(drawn, name=f"{row.asset_id}, {name.lower()}"),
        "period_change": change,
        "period_share": change / points[0].close if change is not None else None,
    }


def ranges_of(row: Quote) -> list[tuple[str, Decimal, Decimal]]:
    """Lowest and highest trade of the newest market day and of a year, of what is kept."""
    found = []
    for reach, days in (("day", 0), ("year", 365)):
        points = points_of(row, reach, days)
        lows = [one.low for one in points if one.low is not None]
        highs = [one.high for one in points if one.high is not None]
        if lows and highs:
            name = "52 weeks" if days else words.day(points[-1].at)
            found.append((name, min(lows), max(highs)))
    return found


def in_words(reach: str, each: int) -> str:
    """How long so many kept bars are together."""
    if reach == "day":
        return f"{5 * each} minutes"
    return f"{each} {'market days' if reach == 'year' else 'weeks'}"


def as_candles(points: list[charts.PricePoint]) -> tuple[list[charts.PricePoint], int]:
    """Few enough to tell apart: so many bars in a row as one, with the first's open, the last's
    close and the highest and lowest between; and how many that is. Counted from the newest."""
    each = -(-len(points) // charts.CANDLES)
    ends = range(len(points), 0, -each) if each else ()
    groups = [points[max(0, end - each) : end] for end in ends]
    return [
        charts.PricePoint(
            at=group[-1].at,
            close=group[-1].close,
            open=group[0].open,
            high=max((one.high for one in group if one.high is not None), default=None),
            low=min((one.low for one in group if one.low is not None), default=None),
        )
        for group in reversed(groups)
    ], each


def points_of(row: Quote, reach: str, days: int) -> list[charts.PricePoint]:
    """Kept bars back to so many days ago; 0 days is the newest market day alone. Rows kept before
    bars were kept whole have their close alone."""
    kept: list[list[str]] = row.bars.get(reach) or []
    points = [
        charts.PricePoint(datetime.fromisoformat(at), *map(Decimal, prices)) for at, *prices in kept
    ]
    if not points:
        return []
    if days:
        start = points[-1].at - timedelta(days=days)
        points = [one for one in points if one.at >= start]
    else:
        last = _day(points[-1].at)
        points = [one for one in points if _day(one.at) == last]
    if reach == "day":
        return points
    return [one._replace(at=_day(one.at)) for one in points]


def _day(at: date | datetime) -> date:
    """New York's."""
    return at.astimezone(calendar.NEW_YORK).date() if isinstance(at, datetime) else at
