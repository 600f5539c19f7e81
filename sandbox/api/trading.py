"""Orders and positions, for advised and self-directed accounts alike."""

from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import book, orders, web
from sandbox.api.assets import asset_id, confidence
from sandbox.errors import not_found, wrong_state
from sandbox.world import Row, World


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    world.on("market.moved", lambda row: orders.market_moved(world))

    @api.post("/trading/accounts/<account_id>/orders")
    def place_order(account_id: str) -> ResponseReturnValue:
        web.approved_account(world, account_id)
        return orders.answer(orders.place(world, account_id, web.body())), 201

    @api.get("/trading/accounts/<account_id>/orders")
    def list_orders(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        found = list(reversed(orders.of(world, account_id)))
        for name in ("status", "symbol", "side"):
            wanted = request.args.get(name)
            if wanted:
                found = [row for row in found if row[name].casefold() == wanted.casefold()]
        return [orders.answer(row) for row in web.page(found)]

    @api.get("/trading/orders/<order_id>")
    def get_order(order_id: str) -> ResponseReturnValue:
        row = world.table("orders").get(order_id)
        if row is None:
            raise not_found("Order not found.")
        return orders.answer(row)

    @api.post("/trading/accounts/<account_id>/orders/<order_id>/cancel")
    def cancel_order(account_id: str, order_id: str) -> ResponseReturnValue:
        row = web.owned(world, "orders", account_id, order_id, "Order")
        if row["status"] not in orders.OPEN:
            raise wrong_state(f"The order is {row['status']}.")
        orders.cancel(world, row)
        return orders.answer(row)

    @api.get("/trading/accounts/<account_id>/positions")
    def list_positions(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        rows = list(book.of(world, account_id)["positions"].values())
        if request.args.get("non_zero_only") == "true":
            rows = [row for row in rows if row["quantity"] > 0]
        symbol = request.args.get("symbol")
        if symbol:
            rows = [row for row in rows if row["symbol"] == symbol.upper()]
        return [position_view(world, account_id, row) for row in rows]

    @api.get("/trading/accounts/<account_id>/positions/<position_id>")
    def get_position(account_id: str, position_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        for row in book.of(world, account_id)["positions"].values():
            if row["id"] == position_id:
                return position_view(world, account_id, row)
        raise not_found("Position not found.")


def position_view(world: World, account_id: str, row: Row) -> Row:
    """The position as the API shows it, at the present price."""
    priced = priced_position(world, row)
    view: Row = {
        "id": row["id"],
        "account_id": account_id,
        "symbol": row["symbol"],
        "asset_id": asset_id(row["symbol"]),
        "currency": "USD",
        **priced,
        "created_at": row["created_at"],
        "updated_at": row["updated_at"],
        "last_transaction_at": row.get("last_transaction_at"),
    }
    if request.args.get("refresh_prices") == "true":
        view.update(price_fields(world, row["symbol"]))
    return view


def priced_position(world: World, row: Row) -> Row:
    """Quantity, cost, value and gain; gains against average cost, in percent units."""
    price = book.market(world).price(row["symbol"], world.clock.now())
    value = book.value_of(row["quantity"], price)
    gain = value - row["cost"]
    average = row["cost"] / row["quantity"] if row["quantity"] else book.ZERO
    return {
        "quantity": row["quantity"],
        "average_cost_basis": average.quantize(book.CENT / 100),
        "total_cost_basis": row["cost"],
        "current_price": price,
        "market_value": value,
        "unrealized_pl": gain,
        "unrealized_pl_percent": percent(gain, row["cost"]),
    }


def price_fields(world: World, symbol: str) -> Row:
    """Where a price is from and how fresh it is; UNAVAILABLE while it was taken away."""
    if symbol in book.unpriced(world):
        away = "UNAVAILABLE"
        return {"price_source": away, "price_confidence": away, "price_timestamp": None}
    return {
        "price_source": "DATABASE",
        "price_confidence": confidence(world),
        "price_timestamp": world.clock.now(),
    }


def percent(part: Decimal, whole: Decimal) -> Decimal:
    """Percent units with two decimals; zero of nothing."""
    return (part / whole * 100).quantize(book.CENT) if whole else book.ZERO
