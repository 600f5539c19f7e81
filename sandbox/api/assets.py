"""Assets and market data. Prices are JSON numbers here, in US dollars; source is always DATABASE.

Known: paths, envelopes, camelCase. Our choice: markets XNYS and XNAS with the same hours; a chart
without `start` or `period` ends now.
"""

import uuid
from datetime import UTC, date, datetime, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import book, web
from sandbox.bars import Bar, bars, day_bar, without_dividends
from sandbox.calendar import NEW_YORK, nyse
from sandbox.clock import parse
from sandbox.errors import ApiError, invalid, not_found
from sandbox.market import Asset, assets
from sandbox.world import Row, World

NAMES = {"XNYS": "New York Stock Exchange", "XNAS": "NASDAQ Stock Market"}
COMMON = {"XNYS": "NYSE", "XNAS": "NASDAQ"}
HOURS = {"open": "09:30", "close": "16:00"}
PERIODS = {"1D": 1, "1W": 7, "1M": 31, "3M": 92, "6M": 183, "1Y": 366, "5Y": 1827}


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
        found = [
            {
                **_bar(bar),
                "tradeCount": bar["trades"],
                "volumeWeightedAveragePrice": bar["vwap"],
            }
            for bar in _bars(world, asset)
        ]
        return web.success({"symbol": asset.symbol, "bars": found, "nextPageToken": None})

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
        found = [
            {**_bar(bar), "vwap": bar["vwap"], "tradeCount": bar["trades"]}
            for bar in _bars(world, asset)
        ]
        return web.success(
            {
                "symbol": asset.symbol,
                "market": asset.market,
                "currency": "USD",
                "timeframe": request.args["timeframe"],
                "bars": found,
                "dataQuality": {"provider": "DATABASE", "limitations": ["Invented prices."]},
            }
        )

    @api.get("/market-data/assets/<symbol>/quote")
    def quote(symbol: str) -> ResponseReturnValue:
        asset, now = traded(symbol), world.clock.now()
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
        asset, now = traded(symbol), world.clock.now()
        prices, market, calendar = _prices(world, asset), book.market(world), nyse()
        today = calendar.at_or_after(now)
        if calendar.opens[today] > now.timestamp():
            today = max(today - 1, 1)
        this = day_bar(market, asset.symbol, today, now)
        before = day_bar(market, asset.symbol, today - 1, now)
        quoted = {name: prices[name] for name in ("bidPrice", "askPrice")}
        return web.success(
            {
                "symbol": asset.symbol,
                "market": asset.market,
                "currency": "USD",
                "timestamp": now,
                "latestTrade": {
                    "price": prices["price"],
                    "size": 100,
                    "timestamp": now,
                    "exchange": asset.market,
                },
                "latestQuote": {**quoted, "bidSize": 300, "askSize": 300, "timestamp": now},
                "dailyBar": _dated(this, calendar.days[today]),
                "prevDailyBar": _dated(before, calendar.days[today - 1]),
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
                "commonCode": COMMON[_code(code)],
                "nextOpen": calendar.next_open(now),
                "nextClose": calendar.next_close(now),
            }
        )

    @api.get("/market-data/markets/<code>/calendar")
    def market_calendar(code: str) -> ResponseReturnValue:
        calendar = nyse()
        first, last = _day("start"), _day("end")
        some_day = first or last or world.clock.now()
        year = int(request.args.get("year", some_day.year))
        first = first or date(min(year, last.year if last else year), 1, 1)
        last = last or date(max(year, first.year), 12, 31)
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
                "commonCode": COMMON[_code(code)],
                "year": year,
                "tradingHours": HOURS,
                "holidays": sorted(closed + short, key=lambda row: str(row["date"])),
            }
        )


def traded(symbol: str) -> Asset:
    """An asset that has a price today. Raises ApiError 404-003."""
    asset = find(symbol)
    if not asset.tradable:
        raise ApiError(404, "BLUM-404-003", f"{asset.symbol} is not traded any more.")
    return asset


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
    if args.get("asset_class", "us_equity") != "us_equity":
        return []
    found = list(assets().values())
    tradable = args.get("status", "active") == "active"
    found = [asset for asset in found if asset.tradable == tradable]
    if "tradable" in args:
        found = [asset for asset in found if asset.tradable == (args["tradable"] == "true")]
    wanted = args.get("market", "").upper()
    return [asset for asset in found if wanted in ("", asset.market)]


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
        "status": "active" if asset.tradable else "inactive",
        "tradable": asset.tradable,
        "marginable": asset.tradable,
        "shortable": False,
        "easy_to_borrow": False,
        "fractionable": asset.fractionable,
        **_prices(world, asset),
    }


def _prices(world: World, asset: Asset) -> Row:
    """Last price and its neighbours; nulls for what is not traded any more."""
    names = ("price", "change", "changePercent", "previousClose", "bidPrice", "askPrice")
    if not asset.tradable:
        return {"currency": "USD", **dict.fromkeys(names)}
    now, market = world.clock.now(), book.market(world)
    price = float(market.price(asset.symbol, now))
    before = float(market.previous_close(asset.symbol, now))
    bid, ask = market.quote(asset.symbol, now)
    figures = (
        price,
        round(price - before, 2),
        round((price / before - 1) * 100, 2),
        before,
        float(bid),
        float(ask),
    )
    return {"currency": "USD", **dict(zip(names, figures, strict=True))}


def _bar(bar: Bar) -> Row:
    return {
        "timestamp": bar["start"],
        "open": bar["open"],
        "high": bar["high"],
        "low": bar["low"],
        "close": bar["close"],
        "volume": bar["volume"],
    }


def _dated(bar: Bar | None, day: date) -> Row:
    return {} if bar is None else {**_bar(bar), "vwap": bar["vwap"], "date": day}


def _day(name: str) -> date | None:
    text = request.args.get(name)
    return date.fromisoformat(text[:10]) if text else None


def _bars(world: World, asset: Asset) -> list[Bar]:
    """The bars that `timeframe`, `start`, `end`, `period` and `limit` ask for.

    Raises ApiError 400-007 if `start` lies after `end`.
    """
    now, market, args = world.clock.now(), book.market(world), request.args
    end = min(_instant("end", now, last=True), now)
    start: datetime | None = None
    if "start" in args:
        start = _instant("start", end)
    elif args.get("period", "").upper() in PERIODS:
        start = end - timedelta(days=PERIODS[args["period"].upper()])
    if start is not None and start > end:
        raise ApiError(400, "BLUM-400-007")
    limit = int(args.get("limit", 100))
    found = bars(market, asset.symbol, args["timeframe"], end, limit, start)
    if args.get("adjustment") in ("dividend", "all"):
        return without_dividends(market, asset.symbol, found, now)
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
        "commonCode": COMMON[code],
        "country": "US",
        "timezone": "America/New_York",
        "currency": "USD",
        "status": "holiday" if holiday else "active",
        "tradingHours": HOURS,
    }
