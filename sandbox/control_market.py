"""The control API's market: shocks, and orders filled or rejected by hand. Nothing is Bluum's."""

import math
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import Flask, request
from flask.typing import ResponseReturnValue

from sandbox import book, clock, fills, orders
from sandbox.errors import invalid, not_found, wrong_state
from sandbox.market import SCOPES, assets
from sandbox.world import Row, World

ROOT = "/_sandbox"
LOWEST, HIGHEST = 0.001, 1000.0
LONGEST = 3650


def routes(app: Flask, world: World) -> None:
    """Register the endpoints."""

    @app.get(f"{ROOT}/market/shocks")
    def list_shocks() -> ResponseReturnValue:
        """What has moved prices beside chance."""
        with world.lock:
            return {"shocks": list(book.market(world).shocks)}

    @app.post(f"{ROOT}/market/shocks")
    def add_shock() -> ResponseReturnValue:
        """{"scope": "equities", "factor": 0.8, "at": instant, "recovery_days": 30}: move prices of
        a symbol, a class or all, now unless told; for good, or fading over so many days.
        """
        given = _given()
        scope = str(given.get("scope", "all"))
        scope = scope if scope in SCOPES else scope.upper()
        if scope not in SCOPES and scope not in assets():
            raise invalid("scope", "must be a symbol or one of " + ", ".join(SCOPES))
        factor = _number(given, "factor", LOWEST, HIGHEST)
        days = _number(given, "recovery_days", 0.01, LONGEST) if "recovery_days" in given else None
        with world.lock:
            book.shock(world, scope, factor, _moment(world, given), days)
            return dict(book.market(world).shocks[-1]), 201

    @app.delete(f"{ROOT}/market/shocks")
    def clear_shocks() -> ResponseReturnValue:
        """Prices are again what chance alone makes them."""
        with world.lock:
            world.table("market").pop("shocks", None)
            world.tell("market.moved", {})
        return "", 204

    @app.post(f"{ROOT}/market/unpriced")
    def leave_unpriced() -> ResponseReturnValue:
        """{"symbols": ["BND"]}: from now on just these are held without a price; [] for none."""
        symbols = [str(symbol).upper() for symbol in _given().get("symbols", [])]
        if unknown := [symbol for symbol in symbols if symbol not in assets()]:
            raise invalid("symbols", f"nobody trades {', '.join(unknown)} here")
        with world.lock:
            book.leave_unpriced(world, symbols)
        return {"symbols": symbols}

    @app.post(f"{ROOT}/orders/<order_id>/fill")
    def fill_order(order_id: str) -> ResponseReturnValue:
        """{"qty": "1.5", "price": "330.00"}: execute an open order or a part of it, at any hour;
        all of it, and at the last price, unless told.
        """
        given = _given()
        with world.lock:
            order = _order(world, order_id)
            orders.fill_by_hand(world, order, _decimal(given, "qty"), _decimal(given, "price"))
            return orders.answer(order)

    @app.post(f"{ROOT}/orders/<order_id>/reject")
    def reject_order(order_id: str) -> ResponseReturnValue:
        """{"reason": "rejected_by_exchange"}: end an open order as rejected."""
        with world.lock:
            order = _order(world, order_id)
            if order["status"] not in orders.OPEN:
                raise wrong_state(f"The order is {order['status']}.")
            orders.reject(world, order, str(_given().get("reason", "rejected_by_exchange")))
            return orders.answer(order)


def _order(world: World, order_id: str) -> Row:
    found = world.table("orders").get(order_id)
    if found is None:
        raise not_found("Order not found.")
    return found


def _given() -> Row:
    found = request.get_json(force=True, silent=True) if request.get_data() else {}
    if not isinstance(found, dict):
        raise invalid("body", "must be a JSON object", "BLUM-400-003")
    return found


def _number(given: Row, name: str, least: float, most: float) -> float:
    try:
        value = float(given[name])
    except (KeyError, TypeError, ValueError):
        raise invalid(name, "must be a number", "BLUM-400-003") from None
    if not math.isfinite(value) or not least <= value <= most:
        raise invalid(name, f"must be from {least:g} to {most:g}")
    return value


def _decimal(given: dict[str, Any], name: str) -> Decimal | None:
    if given.get(name) is None:
        return None
    try:
        value = Decimal(str(given[name]))
    except InvalidOperation:
        raise invalid(name, "must be a number in a string", "BLUM-400-003") from None
    step = fills.QUANTITY if name == "qty" else book.CENT
    if not value.is_finite() or not 0 < value <= orders.HIGHEST_PRICE or value % step:
        raise invalid(name, "must be more than zero and not finer than it is traded")
    return value


def _moment(world: World, given: Row) -> datetime | None:
    if given.get("at") is None:
        return None
    try:
        return max(clock.parse(str(given["at"])), world.clock.now())
    except (ValueError, OverflowError):
        raise invalid("at", "must be an instant", "BLUM-400-003") from None
