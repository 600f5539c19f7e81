"""Orders, positions, assets with their prices, and market hours."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Resource,
    keyed,
    money_or_none,
    one,
    path,
    present,
    read,
    read_all,
    wire,
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
    price: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    previous_close: Decimal | None = None
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None


class Bar(Model):
    timestamp: Instant
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None = None
    trade_count: Decimal | None = None
    vwap: Decimal | None = Field(
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
    price: Decimal | None = None
    market: str | None = None
    market_name: str | None = None
    currency: str | None = None
    bid_price: Decimal | None = None
    ask_price: Decimal | None = None
    previous_close: Decimal | None = None
    change: Decimal | None = None
    change_percent: Decimal | None = None
    timestamp: Instant | None = None
    source: str | None = None
    confidence: str | None = None


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
        client_order_id: str | None = None,
    ) -> Order:
        """Place an order for a quantity, or (market orders) for an amount of money."""
        body = present(
            symbol=symbol,
            side=side,
            type=type,
            time_in_force=time_in_force,
            qty=qty,
            notional=money_or_none(notional),
            limit_price=limit_price,
            client_order_id=client_order_id,
        )
        data = self._client.request(
            "POST",
            path("trading", "accounts", account_id, "orders"),
            json=body,
            headers=keyed(idempotency_key),
        )
        return read(Order, one(data, "order"))

    def retrieve(self, order_id: str) -> Order:
        data = self._client.request("GET", path("trading", "orders", order_id))
        return read(Order, one(data, "order"))

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        symbol: str | None = None,
        side: str | None = None,
        limit: int = 100,
        offset: int = 0,
    ) -> tuple[Order, ...]:
        """One page."""
        params = {
            "status": status,
            "symbol": symbol,
            "side": side,
            "limit": limit,
            "offset": offset,
        }
        route = path("trading", "accounts", account_id, "orders")
        return read_all(Order, self._client.request("GET", route, params=params), "orders")

    def cancel(self, account_id: str, order_id: str) -> Order:
        route = path("trading", "accounts", account_id, "orders", order_id, "cancel")
        return read(Order, one(self._client.request("POST", route), "order"))


class Positions(Resource):
    def list(
        self, account_id: str, *, symbol: str | None = None, refresh_prices: bool = False
    ) -> tuple[Position, ...]:
        data = self._client.request(
            "GET",
            path("trading", "accounts", account_id, "positions"),
            params={"symbol": symbol, "refresh_prices": refresh_prices},
        )
        return read_all(Position, data, "positions")

    def retrieve(
        self, account_id: str, position_id: str, *, refresh_prices: bool = False
    ) -> Position:
        data = self._client.request(
            "GET",
            path("trading", "accounts", account_id, "positions", position_id),
            params={"refresh_prices": refresh_prices},
        )
        return read(Position, one(data, "position"))


class Assets(Resource):
    def retrieve(self, symbol: str) -> Asset:
        """Raises NotFound for an unknown symbol."""
        return read(Asset, one(self._client.request("GET", path("assets", symbol)), "asset"))

    def list(
        self,
        *,
        status: str | None = None,
        asset_class: str | None = None,
        tradable: bool | None = None,
        limit: int | None = None,
    ) -> tuple[Asset, ...]:
        params = {
            "status": status,
            "asset_class": asset_class,
            "tradable": tradable,
            "limit": limit,
        }
        data = self._client.request("GET", "/assets/list", params=params)
        return read_all(Asset, data, "assets")

    def search(self, query: str, *, limit: int | None = None) -> tuple[Asset, ...]:
        data = self._client.request("GET", "/assets/search", params={"q": query, "limit": limit})
        return read_all(Asset, data, "assets")

    def chart(
        self,
        symbol: str,
        *,
        timeframe: str = "1Day",
        start: date | None = None,
        end: date | None = None,
        limit: int | None = None,
    ) -> Chart:
        params = {
            "symbol": symbol,
            "timeframe": timeframe,
            "start": wire(start),
            "end": wire(end),
            "limit": limit,
        }
        return read(Chart, one(self._client.request("GET", "/assets/chart", params=params)))

    def bars(
        self,
        symbol: str,
        *,
        timeframe: str = "1Day",
        start: date | None = None,
        end: date | None = None,
        limit: int | None = None,
    ) -> Chart:
        params = {
            "timeframe": timeframe,
            "start": wire(start),
            "end": wire(end),
            "limit": limit,
        }
        route = path("market-data", "assets", symbol, "bars")
        return read(Chart, one(self._client.request("GET", route, params=params)))

    def quote(self, symbol: str) -> Quote:
        route = path("market-data", "assets", symbol, "quote")
        return read(Quote, one(self._client.request("GET", route)))

    def quotes(self, *symbols: str) -> tuple[Quote, ...]:
        """Prices of several symbols; unknown ones are left out."""
        data = self._client.request(
            "GET", "/market-data/assets", params={"symbols": ",".join(symbols)}
        )
        return read_all(Quote, data, "quotes")


class Markets(Resource):
    """Codes are XNYS, XNAS."""

    def list(self) -> tuple[Market, ...]:
        return read_all(Market, self._client.request("GET", "/market-data/markets"), "markets")

    def status(self, code: str) -> MarketStatus:
        route = path("market-data", "markets", code, "status")
        return read(MarketStatus, one(self._client.request("GET", route)))

    def calendar(self, code: str, *, year: int | None = None) -> MarketCalendar:
        route = path("market-data", "markets", code, "calendar")
        return read(MarketCalendar, one(self._client.request("GET", route, params={"year": year})))
