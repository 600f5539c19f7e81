"""Orders, positions, assets with their prices, and market hours."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    PAGE,
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Number,
    Page,
    Resource,
    money_or_none,
    path,
    present,
)


class OrderStatus(StrEnum):
    ACCEPTED = "accepted"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"


class Order(Model):
    id: str = Field(validation_alias=AliasChoices("id", "order_id", "orderId"))
    symbol: str
    side: Lower
    status: Lower
    account_id: str | None = None
    currency: str | None = None
    qty: Decimal | None = None
    notional: Decimal | None = None
    type: str | None = None
    time_in_force: str | None = None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    trail_percent: Decimal | None = None
    trail_price: Decimal | None = None
    extended_hours: bool | None = None
    client_order_id: str | None = None
    filled_qty: Decimal | None = None
    remaining_qty: Decimal | None = None
    average_price: Decimal | None = None
    commission: Decimal | None = None
    commission_type: str | None = None
    submitted_at: Instant | None = None
    filled_at: Instant | None = None
    canceled_at: Instant | None = None
    reject_reason: str | None = None


class Position(Model):
    """`unrealized_pl_percent` in percent."""

    id: str = Field(validation_alias=AliasChoices("id", "position_id", "positionId"))
    symbol: str
    quantity: Decimal
    account_id: str | None = None
    asset_id: str | None = None
    currency: str | None = None
    average_cost_basis: Decimal | None = None
    total_cost_basis: Decimal | None = None
    current_price: Decimal | None = None
    market_value: Decimal | None = None
    unrealized_pl: Decimal | None = None
    unrealized_pl_percent: Decimal | None = None
    price_source: str | None = None
    price_confidence: str | None = None
    price_timestamp: Instant | None = None
    last_transaction_at: Instant | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Asset(Model):
    """`asset_class` is Bluum's `class`; `change_percent` in percent."""

    symbol: str
    id: str | None = None
    name: str | None = None
    asset_class: str | None = Field(
        None, validation_alias=AliasChoices("class", "asset_class", "assetClass")
    )
    market: str | None = None
    status: Lower | None = None
    tradable: bool | None = None
    marginable: bool | None = None
    shortable: bool | None = None
    easy_to_borrow: bool | None = None
    fractionable: bool | None = None
    currency: str | None = None
    price: Number | None = None
    change: Number | None = None
    change_percent: Number | None = None
    previous_close: Number | None = None
    bid_price: Number | None = None
    ask_price: Number | None = None


class Bar(Model):
    timestamp: Instant
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number | None = None
    trade_count: Number | None = None
    vwap: Number | None = Field(
        None,
        validation_alias=AliasChoices(
            "vwap", "volumeWeightedAveragePrice", "volume_weighted_average_price"
        ),
    )


class DataQuality(Model):
    provider: str | None = None
    limitations: tuple[str, ...] = ()


class Chart(Model):
    symbol: str
    bars: tuple[Bar, ...]
    market: str | None = None
    currency: str | None = None
    timeframe: str | None = None
    next_page_token: str | None = None
    data_quality: DataQuality | None = None


class Quote(Model):
    """`confidence` says how fresh the price is: REAL_TIME to UNAVAILABLE."""

    symbol: str
    name: str | None = None
    price: Number | None = None
    market: str | None = None
    market_name: str | None = None
    currency: str | None = None
    bid_price: Number | None = None
    ask_price: Number | None = None
    previous_close: Number | None = None
    change: Number | None = None
    change_percent: Number | None = None
    timestamp: Instant | None = None
    source: str | None = None
    confidence: str | None = None


class LatestTrade(Model):
    price: Number | None = None
    size: Number | None = None
    timestamp: Instant | None = None


class LatestQuote(Model):
    bid_price: Number | None = None
    ask_price: Number | None = None
    bid_size: Number | None = None
    ask_size: Number | None = None
    timestamp: Instant | None = None


class DailyBar(Model):
    timestamp: Instant | None = None
    open: Number | None = None
    high: Number | None = None
    low: Number | None = None
    close: Number | None = None
    volume: Number | None = None


class Snapshot(Model):
    """The last trade and quote, today's bar and the one before; `change_percent` in percent."""

    symbol: str
    market: str | None = None
    currency: str | None = None
    timestamp: Instant | None = None
    latest_trade: LatestTrade | None = None
    latest_quote: LatestQuote | None = None
    daily_bar: DailyBar | None = None
    prev_daily_bar: DailyBar | None = None
    change: Number | None = None
    change_percent: Number | None = None


class TradingHours(Model):
    """Times of day HH:MM in the market's time zone."""

    open: str | None = None
    close: str | None = None


class Market(Model):
    code: str
    name: str | None = None
    common_code: str | None = None
    country: str | None = None
    timezone: str | None = None
    currency: str | None = None
    status: Lower | None = None
    trading_hours: TradingHours | None = None


class MarketStatus(Model):
    code: str
    is_open: bool
    timezone: str | None = None
    common_code: str | None = None
    next_open: Instant | None = None
    next_close: Instant | None = None


class Holiday(Model):
    date: Day
    name: str | None = None
    type: str | None = None
    early_close: str | None = None


class MarketCalendar(Model):
    code: str
    year: int | None = None
    common_code: str | None = None
    trading_hours: TradingHours | None = None
    holidays: tuple[Holiday, ...] = ()


class Orders(Resource):
    def create(
        self,
        account_id: str,
        *,
        symbol: str,
        side: str,
        idempotency_key: Key,
        type: str = "market",
        time_in_force: str = "day",
        qty: Decimal | None = None,
        notional: Decimal | None = None,
        limit_price: Decimal | None = None,
        stop_price: Decimal | None = None,
        trail_percent: Decimal | None = None,
        trail_price: Decimal | None = None,
        extended_hours: bool | None = None,
        client_order_id: str | None = None,
        commission: Decimal | None = None,
        commission_type: str | None = None,
    ) -> Order:
        """Place an order for a quantity, or (market orders) for an amount of money.

        `type` market, limit, stop, stop_limit or trailing_stop; `time_in_force` day, gtc, opg,
        cls, ioc or fok; `trail_percent` in percent; `commission` as `commission_type` says:
        money an order (notional), money a share (qty) or basis points (bps).
        """
        body = present(
            symbol=symbol,
            side=side,
            type=type,
            time_in_force=time_in_force,
            qty=qty,
            notional=money_or_none(notional),
            limit_price=limit_price,
            stop_price=stop_price,
            trail_percent=trail_percent,
            trail_price=trail_price,
            extended_hours=extended_hours,
            client_order_id=client_order_id,
            commission=commission,
            commission_type=commission_type,
        )
        return self._one(
            Order,
            "POST",
            path("trading", "accounts", account_id, "orders"),
            "order",
            json=body,
            key=idempotency_key,
        )

    def retrieve(self, order_id: str) -> Order:
        return self._one(Order, "GET", path("trading", "orders", order_id), "order")

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        symbol: str | None = None,
        side: str | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Page[Order]:
        """One page."""
        return self._all(
            Order,
            path("trading", "accounts", account_id, "orders"),
            "orders",
            params={
                "status": status,
                "symbol": symbol,
                "side": side,
                "limit": limit,
                "offset": offset,
            },
        )

    def cancel(self, account_id: str, order_id: str) -> Order:
        return self._one(
            Order,
            "POST",
            path("trading", "accounts", account_id, "orders", order_id, "cancel"),
            "order",
        )


class Positions(Resource):
    def list(
        self,
        account_id: str,
        *,
        symbol: str | None = None,
        non_zero_only: bool | None = None,
        refresh_prices: bool = False,
    ) -> Page[Position]:
        return self._all(
            Position,
            path("trading", "accounts", account_id, "positions"),
            "positions",
            params={
                "symbol": symbol,
                "non_zero_only": non_zero_only,
                "refresh_prices": refresh_prices,
            },
        )

    def retrieve(
        self, account_id: str, position_id: str, *, refresh_prices: bool = False
    ) -> Position:
        return self._one(
            Position,
            "GET",
            path("trading", "accounts", account_id, "positions", position_id),
            "position",
            params={"refresh_prices": refresh_prices},
        )


class Assets(Resource):
    def retrieve(self, symbol: str, *, market: str | None = None) -> Asset:
        """Raises NotFound for an unknown symbol."""
        return self._one(Asset, "GET", path("assets", symbol), "asset", params={"market": market})

    def list(
        self,
        *,
        status: str | None = None,
        asset_class: str | None = None,
        market: str | None = None,
        tradable: bool | None = None,
        limit: int | None = None,
    ) -> Page[Asset]:
        """All assets, or the first `limit`."""
        params = present(
            status=status, asset_class=asset_class, market=market, tradable=tradable, limit=limit
        )
        return self._all(Asset, "/assets/list", "assets", params=params)

    def page(
        self,
        *,
        status: str | None = None,
        asset_class: str | None = None,
        market: str | None = None,
        tradable: bool | None = None,
        limit: int = PAGE,
        offset: int = 0,
    ) -> Page[Asset]:
        """One page of `list`, from the newer `/assets`."""
        params = present(status=status, asset_class=asset_class, market=market, tradable=tradable)
        return self._all(
            Asset, "/assets", "assets", params={**params, "limit": limit, "offset": offset}
        )

    def search(
        self,
        query: str,
        *,
        status: str | None = None,
        asset_class: str | None = None,
        market: str | None = None,
        limit: int | None = None,
    ) -> Page[Asset]:
        params = present(
            q=query, status=status, asset_class=asset_class, market=market, limit=limit
        )
        return self._all(Asset, "/assets/search", "assets", params=params)

    def chart(
        self,
        symbol: str,
        *,
        timeframe: str = "1Day",
        start: date | None = None,
        end: date | None = None,
        limit: int | None = None,
        adjustment: str | None = None,
        feed: str | None = None,
    ) -> Chart:
        """Bars of 1Min to 1Month. `adjustment` raw, split, dividend, all; `feed` iex, sip, otc."""
        params = present(
            symbol=symbol,
            timeframe=timeframe,
            start=start,
            end=end,
            limit=limit,
            adjustment=adjustment,
            feed=feed,
        )
        return self._one(Chart, "GET", "/assets/chart", params=params)

    def bars(
        self,
        symbol: str,
        *,
        timeframe: str = "1Day",
        market: str | None = None,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int | None = None,
        adjustment: str | None = None,
    ) -> Chart:
        """As `chart`, with the market and the quality of the data told."""
        params = present(
            timeframe=timeframe,
            market=market,
            start=start,
            end=end,
            limit=limit,
            adjustment=adjustment,
        )
        return self._one(Chart, "GET", path("market-data", "assets", symbol, "bars"), params=params)

    def quote(self, symbol: str, *, market: str | None = None) -> Quote:
        route = path("market-data", "assets", symbol, "quote")
        return self._one(Quote, "GET", route, params={"market": market})

    def quotes(self, *symbols: str) -> Page[Quote]:
        """Prices of several symbols; unknown ones are left out."""
        return self._all(
            Quote, "/market-data/assets", "quotes", params={"symbols": ",".join(symbols)}
        )

    def snapshot(self, symbol: str, *, market: str | None = None) -> Snapshot:
        route = path("market-data", "assets", symbol, "snapshot")
        return self._one(Snapshot, "GET", route, params={"market": market})


class Markets(Resource):
    """Codes are XNYS, XNAS."""

    def list(self) -> Page[Market]:
        return self._all(Market, "/market-data/markets", "markets")

    def retrieve(self, code: str) -> Market:
        return self._one(Market, "GET", path("market-data", "markets", code), "market")

    def status(self, code: str) -> MarketStatus:
        return self._one(MarketStatus, "GET", path("market-data", "markets", code, "status"))

    def calendar(
        self,
        code: str,
        *,
        year: int | None = None,
        start: date | None = None,
        end: date | None = None,
    ) -> MarketCalendar:
        """Trading hours and holidays, of a year or between two days."""
        route = path("market-data", "markets", code, "calendar")
        params = {"year": year, "start": start, "end": end}
        return self._one(MarketCalendar, "GET", route, params=params)
