"""Assets and market data. Prices are JSON numbers here, in US dollars; source is always DATABASE.

Known: paths, envelopes, camelCase. Our choice: markets XNYS and XNAS with the same hours; a chart
without `start` ends now.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from itertools import groupby

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import book, web
from sandbox.calendar import NEW_YORK, nyse
from sandbox.clock import parse
from sandbox.errors import ApiError, invalid, not_found
from sandbox.market import Asset, Bar, assets
from sandbox.world import Row, World

NAMES = {"XNYS": "New York Stock Exchange", "XNAS": "NASDAQ Stock Market"}
MINUTES = {"1Min": 1, "5Min": 5, "15Min": 15, "30Min": 30, "1Hour": 60}
HOURS = {"open": "09:30", "close": "16:00"}
SPREAD = 0.0002


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""

    @api.get("/assets/search")
    def search_assets() -> ResponseReturnValue:
        words = request.args.get("q", "").casefold()
        found = [
            asset
            for asset in _filtered()
            if words in asset.symbol.casefold() or words in asset.name.casefold()
        ]
        found.sort(key=lambda asset: (not asset.symbol.casefold().startswith(words), asset.symbol))
        return _list(world, list(web.page(found)))

    @api.get("/assets/list")
    def list_assets() -> ResponseReturnValue:
        return _list(world, list(web.page(_filtered(), default=100)))

    @api.get("/assets")
    def list_assets_alias() -> ResponseReturnValue:
        return _list(world, list(web.page(_filtered())))

    @api.get("/assets/chart")
    def chart() -> ResponseReturnValue:
        asset = find(request.args["symbol"])
        bars = [
            {
                "timestamp": bar["start"],
                **{name: bar[name] for name in ("open", "high", "low", "close", "volume")},
                "tradeCount": bar["volume"] // 100,
                "volumeWeightedAveragePrice": _middle(bar),
            }
            for bar in _bars(world, asset)
        ]
        return web.success({"symbol": asset.symbol, "bars": bars, "nextPageToken": None})

    @api.get("/assets/<symbol>")
    def get_asset(symbol: str) -> ResponseReturnValue:
        return web.success(_asset(world, find(symbol)))

    @api.get("/market-data/assets")
    def quotes() -> ResponseReturnValue:
        asked = [part.strip().upper() for part in request.args["symbols"].split(",")]
        known = [assets()[symbol] for symbol in asked if symbol in assets()]
        return web.success(
            [{"symbol": a.symbol, "name": a.name, **_prices(world, a)} for a in known]
        )

    @api.get("/market-data/assets/<symbol>/bars")
    def market_bars(symbol: str) -> ResponseReturnValue:
        asset = find(symbol)
        bars = [
            {
                "timestamp": bar["start"],
                **{name: bar[name] for name in ("open", "high", "low", "close", "volume")},
                "vwap": _middle(bar),
                "tradeCount": bar["volume"] // 100,
            }
            for bar in _bars(world, asset)
        ]
        return web.success(
            {
                "symbol": asset.symbol,
                "market": asset.market,
                "currency": "USD",
                "timeframe": request.args["timeframe"],
                "bars": bars,
                "dataQuality": {"provider": "DATABASE", "limitations": ["Invented prices."]},
            }
        )

    @api.get("/market-data/assets/<symbol>/quote")
    def quote(symbol: str) -> ResponseReturnValue:
        asset, now = find(symbol), world.clock.now()
        prices = _prices(world, asset)
        return web.success(
            {
                "symbol": asset.symbol,
                "market": asset.market,
                "marketName": NAMES[asset.market],
                "currency": "USD",
                **{name: prices[name] for name in ("price", "bidPrice", "askPrice")},
                "timestamp": now,
                "source": "DATABASE",
                "confidence": confidence(world),
            }
        )

    @api.get("/market-data/assets/<symbol>/snapshot")
    def snapshot(symbol: str) -> ResponseReturnValue:
        asset, now = find(symbol), world.clock.now()
        prices, calendar = _prices(world, asset), nyse()
        today = max(calendar.last_closed(now), 1)
        if calendar.opens[min(today + 1, len(calendar.days) - 1)] <= now.timestamp():
            today += 1
        before, this = book.market(world).daily_bars(asset.symbol, [today - 1, today], now)
        return web.success(
            {
                "symbol": asset.symbol,
                "market": asset.market,
                "currency": "USD",
                "timestamp": now,
                "latestTrade": {"price": prices["price"], "size": 100, "timestamp": now},
                "latestQuote": {n: prices[n] for n in ("bidPrice", "askPrice")},
                "dailyBar": {**this, "timestamp": this["start"]},
                "prevDailyBar": {**before, "timestamp": before["start"]},
                "change": prices["change"],
                "changePercent": prices["changePercent"],
            }
        )

    @api.get("/market-data/markets")
    def markets() -> ResponseReturnValue:
        return web.success([_market(world, code) for code in NAMES])

    @api.get("/market-data/markets/<code>")
    def market(code: str) -> ResponseReturnValue:
        return web.success(_market(world, _code(code)))

    @api.get("/market-data/markets/<code>/status")
    def market_status(code: str) -> ResponseReturnValue:
        now, calendar = world.clock.now(), nyse()
        return web.success(
            {
                "code": _code(code),
                "isOpen": book.market(world).is_open(now),
                "timezone": "America/New_York",
                "commonCode": None,
                "nextOpen": calendar.next_open(now),
                "nextClose": calendar.next_close(now),
            }
        )

    @api.get("/market-data/markets/<code>/calendar")
    def market_calendar(code: str) -> ResponseReturnValue:
        calendar = nyse()
        year = int(request.args.get("year", world.clock.now().year))
        first = _day("start") or date(year, 1, 1)
        last = _day("end") or date(year, 12, 31)
        if last < first:
            raise ApiError(400, "BLUM-400-007")
        closed = [
            {"date": day, "name": name, "type": "FULL", "earlyClose": None}
            for day, name in calendar.holidays.items()
            if first <= day <= last
        ]
        short = [
            {
                "date": day,
                "name": "Early close",
                "type": "PARTIAL",
                "earlyClose": at.isoformat("minutes"),
            }
            for day, at in calendar.early_closes.items()
            if first <= day <= last
        ]
        return web.success(
            {
                "code": _code(code),
                "commonCode": None,
                "year": year,
                "tradingHours": HOURS,
                "holidays": sorted(closed + short, key=lambda row: str(row["date"])),
            }
        )


def find(symbol: str) -> Asset:
    """The asset of a symbol in any case. Raises ApiError 404-003."""
    asset = assets().get(symbol.upper())
    if asset is None:
        raise ApiError(404, "BLUM-404-003")
    return asset


def asset_id(symbol: str) -> str:
    """The same id for a symbol, always."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{symbol}.asset.sandbox"))


def confidence(world: World) -> str:
    """How fresh a price is: of this moment, or of the last close."""
    now = world.clock.now()
    return "REAL_TIME" if book.market(world).is_open(now) else "END_OF_DAY"


def _filtered() -> list[Asset]:
    args = request.args
    if args.get("status", "active") != "active" or args.get("tradable") == "false":
        return []
    if args.get("asset_class", "us_equity") != "us_equity":
        return []
    wanted = args.get("market")
    return [a for a in assets().values() if wanted is None or a.market == wanted.upper()]


def _list(world: World, found: list[Asset]) -> Row:
    rows = [_asset(world, asset) for asset in found]
    return {"status": "success", "data": rows, "count": len(rows)}


def _asset(world: World, asset: Asset) -> Row:
    return {
        "id": asset_id(asset.symbol),
        "class": "us_equity",
        "market": asset.market,
        "symbol": asset.symbol,
        "name": asset.name,
        "status": "active",
        "tradable": True,
        "marginable": True,
        "shortable": False,
        "easy_to_borrow": False,
        "fractionable": asset.fractionable,
        **_prices(world, asset),
    }


def _prices(world: World, asset: Asset) -> Row:
    now, prices = world.clock.now(), book.market(world)
    price = float(prices.price(asset.symbol, now))
    before = float(prices.previous_close(asset.symbol, now))
    return {
        "currency": "USD",
        "price": price,
        "change": round(price - before, 2),
        "changePercent": round((price / before - 1) * 100, 2),
        "previousClose": before,
        "bidPrice": round(price * (1 - SPREAD), 2),
        "askPrice": round(price * (1 + SPREAD), 2),
    }


def _middle(bar: Bar) -> float:
    return round((bar["high"] + bar["low"] + bar["close"]) / 3, 4)


def _day(name: str) -> date | None:
    text = request.args.get(name)
    return date.fromisoformat(text[:10]) if text else None


def _bars(world: World, asset: Asset) -> list[Bar]:
    """The bars that `timeframe`, `start`, `end` and `limit` ask for. Raises ApiError 400-007."""
    now, timeframe = world.clock.now(), request.args["timeframe"]
    limit = int(request.args.get("limit", 100))
    end = min(_instant("end", now, last=True), now)
    calendar, prices = nyse(), book.market(world)
    last = calendar.index_on_or_before(end.astimezone(NEW_YORK).date())
    per_session = 1 if timeframe not in MINUTES else 390 / MINUTES[timeframe]
    wanted = {"1Week": 5, "1Month": 23}.get(timeframe, 1) * limit / per_session
    earliest = calendar.open_at(max(last - int(wanted) - 1, 0))
    given = "start" in request.args
    start = _instant("start", earliest) if given else earliest
    if start > end:
        raise ApiError(400, "BLUM-400-007")
    if timeframe in MINUTES:
        many = prices.bars(asset.symbol, MINUTES[timeframe], start, end, 10**6 if given else 12_000)
    else:
        first = calendar.index_on_or_after(start.astimezone(NEW_YORK).date())
        many = prices.daily_bars(asset.symbol, range(first, last + 1), end)
        many = _grouped(many, timeframe)
    return many[:limit] if given else many[-limit:]


def _grouped(days: list[Bar], timeframe: str) -> list[Bar]:
    if timeframe == "1Day":
        return days

    def period(bar: Bar) -> tuple[int, int]:
        day = bar["start"].date()
        return day.isocalendar()[:2] if timeframe == "1Week" else (day.year, day.month)

    found = []
    for _, group in groupby(days, key=period):
        bars = list(group)
        found.append(
            Bar(
                start=bars[0]["start"],
                open=bars[0]["open"],
                high=max(bar["high"] for bar in bars),
                low=min(bar["low"] for bar in bars),
                close=bars[-1]["close"],
                volume=sum(bar["volume"] for bar in bars),
            )
        )
    return found


def _instant(name: str, default: datetime, *, last: bool = False) -> datetime:
    text = request.args.get(name)
    if not text:
        return default
    try:
        if len(text) == 10:
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return day + timedelta(days=1) if last else day
        return parse(text)
    except ValueError:
        raise invalid(name, "must be a date or an instant", "BLUM-400-003") from None


def _code(code: str) -> str:
    if code.upper() not in NAMES:
        raise not_found("Market not found.")
    return code.upper()


def _market(world: World, code: str) -> Row:
    holiday = world.clock.now().astimezone(NEW_YORK).date() in nyse().holidays
    return {
        "code": code,
        "name": NAMES[code],
        "commonCode": None,
        "country": "US",
        "timezone": "America/New_York",
        "currency": "USD",
        "status": "holiday" if holiday else "active",
        "tradingHours": HOURS,
    }
