"""One asset: price, how fresh it is, how it went, and what the person has of it."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from accounts.guards import Request, investor_required
from accounts.models import Account
from funding import calendar
from robo.ui import charts
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
    context = {
        "asset": asset,
        "quote": row,
        "period": period,
        "hours": hours(Market.objects.filter(code=asset.market).first()),
        **chart_context(row, period),
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


def chart_context(row: Quote, period: str) -> dict[str, Any]:
    _, name, reach, days = PERIODS[period]
    points = points_of(row, reach, days)
    change = points[-1].close - points[0].close if len(points) > 1 else None
    return {
        "period_name": name,
        "periods": [(key, label) for key, (label, *_) in PERIODS.items()],
        "chart": charts.price_chart(points, name=f"{row.asset_id}, {name.lower()}"),
        "period_change": change,
        "period_share": change / points[0].close if change is not None else None,
    }


def points_of(row: Quote, reach: str, days: int) -> list[charts.PricePoint]:
    """Kept prices back to so many days ago; 0 days is the newest market day alone."""
    kept: list[list[str]] = row.bars.get(reach) or []
    moments = [(datetime.fromisoformat(at), Decimal(price)) for at, price in kept]
    if not moments:
        return []
    if days:
        start = moments[-1][0] - timedelta(days=days)
        moments = [one for one in moments if one[0] >= start]
    else:
        last = moments[-1][0].astimezone(calendar.NEW_YORK).date()
        moments = [one for one in moments if one[0].astimezone(calendar.NEW_YORK).date() == last]
    if reach == "day":
        return [charts.PricePoint(at, price) for at, price in moments]
    in_days = [(at.astimezone(calendar.NEW_YORK).date(), price) for at, price in moments]
    return [charts.PricePoint(day, price) for day, price in in_days]
