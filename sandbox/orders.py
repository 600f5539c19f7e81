"""Orders from acceptance to their end: filled, canceled or rejected.

What can fill fills at the last price, without spread. An order that waits is looked at again at the
very trade that brings its price (the market's trades are known ahead, see `sandbox.triggers`), at
each opening, and whenever a shock changes what lies ahead. Prices are dollars, quantities shares.
"""

from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal

import numpy as np

from sandbox import book, fills, ledger, triggers
from sandbox.errors import ApiError, invalid, wrong_state
from sandbox.fills import NOTHING, QUANTITY, ZERO
from sandbox.market import assets
from sandbox.world import Row, World, job

__all__ = ["QUANTITY", "place"]

OPEN = ("accepted", "partially_filled")
MOST_SHARES = MOST_DOLLARS = Decimal(1_000_000_000)
HIGHEST_PRICE = Decimal(10_000_000)
PRICES = ("limit_price", "stop_price", "trail_percent", "trail_price")
NEEDS = {
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("stop_price", "limit_price"),
}
PARTIAL, REJECT = "partial-", "reject-"
"""Beginnings of a client_order_id that ask for half a fill, or for a rejection."""

REPEATED = ("symbol", "side", "type", "time_in_force", "qty", "notional", *PRICES)
HIDDEN = (
    *("sequence", "hold_id", "source", "reason", "filled_amount", "fills"),
    *("triggered", "best", "seen_at", "look", "waits"),
)


def place(world: World, account_id: str, asked: Row, source: str = "client") -> Row:
    """Accept an order, and fill it if it can be filled now. Returns the order's row.

    `asked` has the fields of the contract's OrderCreate. A client_order_id that the account has
    used for the same order answers that order and does nothing. Raises ApiError 404-003 (no such
    asset), 400-001, 400-002, 400-005 and 400-006 (fields that do not fit together), 409-001
    (client_order_id used for another order), 422-001 (not enough money), 422-002 (ioc and fok
    while the market is shut), 422-003 (not tradable), 422-004 (not enough shares).
    """
    order = _order(world, account_id, asked, source)
    before = _same(world, order)
    if before is not None:
        return before
    _check(order)
    now, prices = world.clock.now(), book.market(world)
    is_open = prices.is_open(now)
    if not is_open and order["time_in_force"] in ("ioc", "fok"):
        raise ApiError(422, "BLUM-422-002", "Orders that are due at once need an open market.")
    price = prices.price(order["symbol"], now)
    order["id"] = world.new_id()
    if order["side"] == "sell":
        _check_shares(world, order, price)
    else:
        fills.hold(world, order, price, sure=is_open and order["time_in_force"] not in AUCTIONS)
    order["sequence"] = world.sequence()
    world.table("orders")[order["id"]] = order
    world.table("open_orders")[order["id"]] = {"account_id": account_id}
    _tell(world, "order.accepted", order)
    if str(order["client_order_id"] or "").startswith(REJECT):
        reject(world, order, "rejected_by_exchange")
    elif is_open and order["time_in_force"] not in AUCTIONS:
        attempt(world, order)
        if order["status"] in OPEN and order["time_in_force"] in ("ioc", "fok"):
            cancel(world, order)
        plan(world, order)
    return order


AUCTIONS = ("opg", "cls")
"""Times in force that wait for the opening or the close."""


def _order(world: World, account_id: str, asked: Row, source: str) -> Row:
    money = {
        name: Decimal(asked[name]) if asked.get(name) is not None else None
        for name in ("qty", "notional", *PRICES)
    }
    rate = asked.get("commission")
    now = world.clock.now()
    return {
        "id": "",
        "account_id": account_id,
        "symbol": asked["symbol"].upper(),
        "currency": "USD",
        "side": asked["side"],
        "type": asked["type"],
        "time_in_force": asked["time_in_force"],
        **money,
        "extended_hours": bool(asked.get("extended_hours", False)),
        "client_order_id": asked.get("client_order_id"),
        "status": "accepted",
        "filled_qty": NOTHING,
        "average_price": ZERO,
        "commission": None if rate is None else Decimal(rate),
        "commission_type": asked.get("commission_type") or (rate and "notional"),
        "submitted_at": now,
        "filled_at": None,
        "canceled_at": None,
        "reject_reason": None,
        "hold_id": None,
        "source": source,
        "reason": asked.get("reason"),
        "filled_amount": ZERO,
        "fills": [],
        "triggered": False,
        "best": None,
        "seen_at": now,
        "look": None,
        "waits": False,
    }


def _same(world: World, order: Row) -> Row | None:
    """The order that has this client_order_id. Raises ApiError 409-001 if it is another one."""
    reference = order["client_order_id"]
    if reference is None:
        return None
    for other in reversed(of(world, order["account_id"])):
        if other["client_order_id"] == reference:
            if any(other[name] != order[name] for name in REPEATED):
                words = "This client_order_id has been used for another order."
                raise ApiError(409, "BLUM-409-001", words)
            return other
    return None


def _check(order: Row) -> None:
    asset = assets().get(order["symbol"])
    if asset is None:
        raise ApiError(404, "BLUM-404-003")
    if not asset.tradable:
        raise ApiError(422, "BLUM-422-003")
    qty, notional = order["qty"], order["notional"]
    if (qty is None) == (notional is None):
        raise invalid("qty", "Give either qty or notional.")
    if notional is not None and order["type"] != "market":
        raise invalid("notional", "Only market orders go by amount.")
    if notional is not None and not 1 <= notional <= MOST_DOLLARS:
        raise invalid("notional", "From 1.00 to a billion.", "BLUM-400-005")
    fractional = notional is not None or qty != qty.to_integral_value()
    if fractional and not asset.fractionable:
        raise invalid("qty", "This asset trades in whole shares.", "BLUM-400-006")
    if qty is not None and not (0 < qty <= MOST_SHARES and qty == qty.quantize(QUANTITY)):
        words = "More than zero, up to a billion, up to nine decimals."
        raise invalid("qty", words, "BLUM-400-006")
    for name in NEEDS.get(order["type"], ()):
        if order[name] is None:
            raise invalid(name, f"A {order['type']} order needs it.", "BLUM-400-002")
    for name in PRICES:
        if order[name] is not None and not 0 < order[name] <= HIGHEST_PRICE:
            raise invalid(name, "More than zero.", "BLUM-400-005")
    trails = [order[name] for name in ("trail_percent", "trail_price") if order[name] is not None]
    if order["type"] == "trailing_stop" and len(trails) != 1:
        code = "BLUM-400-001" if trails else "BLUM-400-002"
        raise invalid("trail_percent", "A trailing stop needs trail_percent or trail_price.", code)
    if order["trail_percent"] is not None and order["trail_percent"] >= 100:
        raise invalid("trail_percent", "Less than 100.", "BLUM-400-005")
    if order["commission"] is not None and not 0 <= order["commission"] <= HIGHEST_PRICE:
        raise invalid("commission", "Not less than zero.", "BLUM-400-005")


def _check_shares(world: World, order: Row, price: Decimal) -> None:
    """Raise ApiError 422-004 if the shares are not there, or other orders are selling them."""
    free = sellable(world, order["account_id"], order["symbol"])
    shares = fills.wanted(order, price)
    if order["notional"] is not None:
        shares = fills.all_but_dust(shares, free, order["notional"])
    if shares > free or not shares:
        raise ApiError(422, "BLUM-422-004")


def of(world: World, account_id: str) -> list[Row]:
    """The account's orders, oldest first."""
    return world.table("orders").of(account_id)


def open_orders(world: World, account_id: str | None = None) -> list[Row]:
    """Orders that wait to be filled, oldest first: an account's, or everyone's."""
    waiting, rows = world.table("open_orders"), world.table("orders")
    if account_id is None:
        return [rows[order_id] for order_id in waiting]
    if not waiting:
        return []
    return [row for row in of(world, account_id) if row["id"] in waiting]


def sellable(world: World, account_id: str, symbol: str) -> Decimal:
    """Shares that no open sell order has claimed."""
    positions = book.of(world, account_id)["positions"]
    quantity = positions[symbol]["quantity"] if symbol in positions else NOTHING
    claims = [
        row
        for row in open_orders(world, account_id)
        if row["symbol"] == symbol and row["side"] == "sell"
    ]
    if claims:
        price = book.market(world).price(symbol, world.clock.now())
        quantity -= sum((fills.wanted(row, price) for row in claims), NOTHING)
    return max(Decimal(quantity), NOTHING)


# Waiting


def attempt(world: World, order: Row) -> None:
    """Fill the order if a trade since the last look, or the present price, lets it.

    The market must be open, or just be closing.
    """
    now, prices = world.clock.now(), book.market(world)
    last = prices.price(order["symbol"], now)
    cents = np.array([int(last * 100)])
    if order["type"] != "market" and order["time_in_force"] not in AUCTIONS:
        moments, before = prices.trades(order["symbol"], order["seen_at"])
        cents = np.append(before[moments < now.timestamp()], cents)
    seen = triggers.scan(order, cents)
    order.update(triggered=seen.triggered, best=seen.best, seen_at=now)
    if seen.index is not None and not order["waits"]:
        fill(world, order, Decimal(int(cents[seen.index])).scaleb(-2))


def plan(world: World, order: Row) -> None:
    """Look again at the trade that will bring the order's price, if this session has one."""
    if order["look"] is not None:
        world.cancel(order["look"])
        order["look"] = None
    now, prices = world.clock.now(), book.market(world)
    waiting = order["status"] in OPEN and not order["waits"]
    if not waiting or order["time_in_force"] in AUCTIONS or not prices.is_open(now):
        return
    moments, cents = prices.trades(order["symbol"], now)
    found = triggers.scan(order, cents).index
    if found is not None:
        at = datetime.fromtimestamp(int(moments[found]), UTC)
        order["look"] = world.schedule(at, "orders.look", order_id=order["id"])


@job("orders.look")
def look(world: World, order_id: str) -> None:
    """The trade that was waited for has come."""
    order = world.table("orders")[order_id]
    order["look"] = None
    if order["status"] in OPEN and book.market(world).is_open(world.clock.now()):
        attempt(world, order)
        plan(world, order)


def market_opens(world: World) -> None:
    """Fill what waited for the opening: sells first, then in the order of arrival."""
    for order in sorted(open_orders(world), key=lambda row: row["side"] == "buy"):
        if order["time_in_force"] == "cls":
            continue
        attempt(world, order)
        if order["status"] in OPEN and order["time_in_force"] == "opg":
            cancel(world, order)
        plan(world, order)


def market_closes(world: World) -> None:
    """Fill what waited for the close; let orders lapse that were good for the day."""
    for order in sorted(open_orders(world), key=lambda row: row["side"] == "buy"):
        if order["time_in_force"] == "cls":
            attempt(world, order)
        if order["status"] in OPEN and order["time_in_force"] in ("day", "cls"):
            cancel(world, order)
        plan(world, order)


def market_moved(world: World) -> None:
    """A shock has changed what lies ahead: look at every open order again."""
    is_open = book.market(world).is_open(world.clock.now())
    for order in open_orders(world):
        if is_open and order["time_in_force"] not in AUCTIONS:
            attempt(world, order)
        plan(world, order)


# Ending


def fill(world: World, order: Row, price: Decimal, quantity: Decimal | None = None) -> None:
    """Execute the order at this price, whole or in part; reject it if money or shares have gone.

    A client_order_id that begins with `partial-` lets half of it fill; the rest waits for a hand.
    """
    if quantity is None and str(order["client_order_id"] or "").startswith(PARTIAL):
        quantity = _half(order, price)
        if quantity < fills.wanted(order, price):
            if order["time_in_force"] == "fok":
                return
            order["waits"] = True
    problem = fills.execute(world, order, price, quantity)
    if problem:
        reject(world, order, problem)
        return
    if order["status"] == "filled":
        _close(world, order)
    _tell(world, f"order.{order['status']}", order)


def _half(order: Row, price: Decimal) -> Decimal:
    """Half of the rest, in whole shares where the order is about whole shares."""
    rest = fills.wanted(order, price)
    step = QUANTITY if rest != rest.to_integral_value() else Decimal(1)
    if rest == 1 and assets()[order["symbol"]].fractionable:
        step = QUANTITY
    return (rest / 2).quantize(step, rounding=ROUND_DOWN) or rest


def fill_by_hand(
    world: World, order: Row, quantity: Decimal | None = None, price: Decimal | None = None
) -> None:
    """Execute an open order, or so many shares of it, whatever it waits for and whatever the hour.

    At the last price unless told. Raises ApiError 409-003 (not open), 400-006 (more than is left).
    """
    if order["status"] not in OPEN:
        raise wrong_state(f"The order is {order['status']}.")
    at = price or book.market(world).price(order["symbol"], world.clock.now())
    rest = fills.wanted(order, at)
    if quantity is not None and not 0 < quantity <= rest:
        raise invalid("qty", f"More than zero, at most {rest:f}.", "BLUM-400-006")
    fill(world, order, at, rest if quantity is None else quantity)
    plan(world, order)


def cancel(world: World, order: Row) -> None:
    """End an open order, keep what has filled, free what it held."""
    order.update(status="canceled", canceled_at=world.clock.now())
    _close(world, order)
    _tell(world, "order.canceled", order)


def reject(world: World, order: Row, reason: str) -> None:
    """End an order that turned out to be impossible."""
    order.update(status="rejected", reject_reason=reason)
    _close(world, order)
    _tell(world, "order.rejected", order)


def _close(world: World, order: Row) -> None:
    world.table("open_orders").pop(order["id"], None)
    if order["hold_id"]:
        ledger.release(world, order["hold_id"])
    if order["look"] is not None:
        world.cancel(order["look"])
        order["look"] = None


def _tell(world: World, event: str, order: Row) -> None:
    told = ("id", "symbol", "side", "status", "filled_qty", "average_price", "client_order_id")
    data = {name: order[name] for name in told}
    if order["reject_reason"]:
        data["reject_reason"] = order["reject_reason"]
    world.emit(event, order["account_id"], data)


def answer(order: Row) -> Row:
    """The order as the API shows it."""
    shown = {name: value for name, value in order.items() if name not in HIDDEN}
    wanted = order["qty"] if order["qty"] is not None else None
    if wanted is None and order["status"] == "filled":
        wanted = order["filled_qty"]
    remaining = None if wanted is None else max(wanted - order["filled_qty"], NOTHING)
    return {**shown, "remaining_qty": remaining}
