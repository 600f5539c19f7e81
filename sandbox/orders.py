"""Orders: accepted, then filled, canceled or rejected. Whole fills at the last price, no spread.

Prices are dollars, quantities shares with up to nine decimals. Money for a buy is held while the
order is open, taken when it fills.
"""

from datetime import timedelta
from decimal import ROUND_DOWN, Decimal

from sandbox import book, ledger
from sandbox.errors import ApiError, invalid
from sandbox.market import assets
from sandbox.world import Row, World, job

QUANTITY = Decimal("0.000000001")
NOTHING = Decimal(0)
ZERO = Decimal("0.00")
GAP = Decimal("1.03")  # held for orders by shares that wait for an opening
LOOK_AGAIN = timedelta(minutes=30)
NEEDS = {
    "limit": ("limit_price",),
    "stop": ("stop_price",),
    "stop_limit": ("stop_price", "limit_price"),
}


def place(world: World, account_id: str, asked: Row, source: str = "client") -> Row:
    """Accept an order, and fill it if it can be filled now. Returns the order's row.

    `asked` has the fields of the contract's OrderCreate. Raises ApiError 404-003 (no such asset),
    400-001, 400-002 and 400-006 (fields that do not fit together), 409-001 (client_order_id used),
    422-001 (not enough money), 422-004 (not enough shares).
    """
    order = _order(world, account_id, asked, source)
    _check(world, account_id, order)
    now = world.clock.now()
    prices = book.market(world)
    if order["side"] == "sell":
        if _wanted(world, order) > sellable(world, account_id, order["symbol"]):
            raise ApiError(422, "BLUM-422-004")
    else:
        order["hold_id"] = ledger.reserve(world, account_id, _cost(world, order), order["id"])
    world.table("orders")[order["id"]] = order
    _tell(world, "order.accepted", order)
    if prices.is_open(now):
        attempt(world, order)
        if order["status"] == "accepted" and order["time_in_force"] in ("ioc", "fok"):
            cancel(world, order)
    if order["status"] == "accepted":
        world.schedule(prices.next_open(now) + LOOK_AGAIN, "orders.look", order_id=order["id"])
    return order


def _order(world: World, account_id: str, asked: Row, source: str) -> Row:
    money = {
        name: Decimal(asked[name]) if asked.get(name) else None
        for name in ("qty", "notional", "limit_price", "stop_price", "trail_percent", "trail_price")
    }
    return {
        "id": world.new_id(),
        "sequence": world.sequence(),
        "account_id": account_id,
        "symbol": asked["symbol"].upper(),
        "currency": "USD",
        "side": asked["side"],
        "type": asked["type"],
        "time_in_force": asked["time_in_force"],
        **money,
        "extended_hours": asked.get("extended_hours", False),
        "client_order_id": asked.get("client_order_id"),
        "status": "accepted",
        "filled_qty": NOTHING,
        "average_price": NOTHING,
        "commission": Decimal(asked["commission"]) if asked.get("commission") else None,
        "commission_type": asked.get("commission_type"),
        "submitted_at": world.clock.now(),
        "filled_at": None,
        "canceled_at": None,
        "reject_reason": None,
        "hold_id": None,
        "peak": None,
        "source": source,
        "reason": asked.get("reason"),
    }


def _check(world: World, account_id: str, order: Row) -> None:
    asset = assets().get(order["symbol"])
    if asset is None:
        raise ApiError(404, "BLUM-404-003")
    qty, notional = order["qty"], order["notional"]
    if (qty is None) == (notional is None):
        raise invalid("qty", "Give either qty or notional.")
    if notional is not None and order["type"] != "market":
        raise invalid("notional", "Only market orders go by amount.")
    if notional is not None and notional < 1:
        raise invalid("notional", "At least 1.00.", "BLUM-400-005")
    fractional = notional is not None or qty != qty.to_integral_value()
    if fractional and not asset.fractionable:
        raise invalid("qty", "This asset trades in whole shares.", "BLUM-400-006")
    if qty is not None and (qty <= 0 or -int(qty.as_tuple().exponent) > 9):
        raise invalid("qty", "More than zero, up to nine decimals.", "BLUM-400-006")
    for name in NEEDS.get(order["type"], ()):
        if order[name] is None:
            raise invalid(name, f"A {order['type']} order needs it.", "BLUM-400-002")
    if order["type"] == "trailing_stop" and not (order["trail_percent"] or order["trail_price"]):
        raise invalid("trail_percent", "A trailing stop needs a trail.", "BLUM-400-002")
    reference = order["client_order_id"]
    if reference is not None and any(
        other["client_order_id"] == reference for other in of(world, account_id)
    ):
        raise ApiError(409, "BLUM-409-001", "This client_order_id has been used.")


def of(world: World, account_id: str) -> list[Row]:
    """The account's orders, oldest first."""
    return [row for row in world.table("orders").values() if row["account_id"] == account_id]


def open_orders(world: World, account_id: str) -> list[Row]:
    """Orders that wait to be filled."""
    return [row for row in of(world, account_id) if row["status"] == "accepted"]


def sellable(world: World, account_id: str, symbol: str) -> Decimal:
    """Shares that no open sell order has claimed."""
    positions = book.of(world, account_id)["positions"]
    quantity = positions[symbol]["quantity"] if symbol in positions else NOTHING
    claimed = sum(
        (
            _wanted(world, row)
            for row in open_orders(world, account_id)
            if row["symbol"] == symbol and row["side"] == "sell"
        ),
        NOTHING,
    )
    return Decimal(quantity - claimed)


def _wanted(world: World, order: Row) -> Decimal:
    """Shares the order is about, at the present price if it goes by amount."""
    if order["qty"] is not None:
        return Decimal(order["qty"])
    price = book.market(world).price(order["symbol"], world.clock.now())
    return Decimal(order["notional"] / price).quantize(QUANTITY, rounding=ROUND_DOWN)


def _cost(world: World, order: Row) -> Decimal:
    """Dollars to hold for a buy."""
    now, prices = world.clock.now(), book.market(world)
    if order["notional"] is not None:
        amount = Decimal(order["notional"])
    else:
        price = order["limit_price"] or prices.price(order["symbol"], now)
        sure = prices.is_open(now) and order["type"] in ("market", "limit", "stop_limit")
        amount = book.value_of(order["qty"] * (1 if sure else GAP), price)
    return amount + _commission(order, amount, _wanted(world, order))


def _commission(order: Row, amount: Decimal, quantity: Decimal) -> Decimal:
    rate, kind = order["commission"], order["commission_type"]
    if not rate:
        return ZERO
    if kind == "qty":
        return book.value_of(quantity, rate)
    return book.value_of(amount, rate / 10_000) if kind == "bps" else Decimal(ledger.cents(rate))


def attempt(world: World, order: Row) -> None:
    """Fill the order if its conditions hold at the present price. The market must be open."""
    price = book.market(world).price(order["symbol"], world.clock.now())
    if _triggered(order, price):
        fill(world, order, price)


def _triggered(order: Row, price: Decimal) -> bool:
    sign = 1 if order["side"] == "buy" else -1
    kind = order["type"]
    if kind == "trailing_stop":
        peak = order["peak"] = max(sign * -price, sign * -(order["peak"] or price)) * -sign
        percent = order["trail_percent"] or NOTHING
        stop = peak + sign * (order["trail_price"] or peak * percent / 100)
        return bool(sign * price >= sign * stop)
    if kind in ("stop", "stop_limit") and sign * price < sign * order["stop_price"]:
        return False
    if kind in ("limit", "stop_limit"):
        return bool(sign * price <= sign * order["limit_price"])
    return True


def fill(world: World, order: Row, price: Decimal) -> None:
    """Execute the whole order at this price; reject it if money or shares have gone meanwhile."""
    account_id, symbol = order["account_id"], order["symbol"]
    quantity = _wanted(world, order)
    amount = order["notional"] or book.value_of(quantity, price)
    fee = _commission(order, amount, quantity)
    if order["side"] == "buy":
        hold = world.table("holds")[order["hold_id"]]
        if amount + fee > hold["amount"] + ledger.available(world, account_id) or not quantity:
            reject(world, order, "insufficient_funds")
            return
        ledger.release(world, order["hold_id"])
        ledger.post(world, account_id, "buy", -amount, order["id"])
        book.add(world, account_id, symbol, quantity, amount)
    else:
        if quantity > book.position(world, account_id, symbol)["quantity"] or not quantity:
            reject(world, order, "insufficient_position")
            return
        book.remove(world, account_id, symbol, quantity, amount)
        ledger.post(world, account_id, "sell", amount, order["id"])
    if fee:
        ledger.post(
            world, account_id, "fee", -min(fee, ledger.available(world, account_id)), symbol
        )
    order.update(
        status="filled",
        filled_qty=quantity,
        filled_amount=amount,
        average_price=price,
        filled_at=world.clock.now(),
    )
    _tell(world, "order.filled", order)


def cancel(world: World, order: Row) -> None:
    """End an open order without a fill and free what it held."""
    if order["hold_id"]:
        ledger.release(world, order["hold_id"])
    order.update(status="canceled", canceled_at=world.clock.now())
    _tell(world, "order.canceled", order)


def reject(world: World, order: Row, reason: str) -> None:
    """End an order that turned out to be impossible."""
    if order["hold_id"]:
        ledger.release(world, order["hold_id"])
    order.update(status="rejected", reject_reason=reason)
    _tell(world, "order.rejected", order)


def market_opens(world: World) -> None:
    """Fill what waited for the opening: sells first, then in the order of arrival."""
    waiting = [row for row in world.table("orders").values() if row["status"] == "accepted"]
    for order in sorted(waiting, key=lambda row: (row["side"] == "buy", row["sequence"])):
        attempt(world, order)


def market_closes(world: World) -> None:
    """Let orders lapse that were good for the day."""
    for order in list(world.table("orders").values()):
        if order["status"] == "accepted" and order["time_in_force"] != "gtc":
            cancel(world, order)


@job("orders.look")
def look(world: World, order_id: str) -> None:
    """See every half hour of trading whether an open order can be filled."""
    order = world.table("orders")[order_id]
    if order["status"] != "accepted":
        return
    now, prices = world.clock.now(), book.market(world)
    if prices.is_open(now):
        attempt(world, order)
    if order["status"] == "accepted":
        world.schedule(prices.next_open(now + LOOK_AGAIN), "orders.look", order_id=order_id)


def _tell(world: World, event: str, order: Row) -> None:
    told = ("id", "symbol", "side", "status", "filled_qty", "average_price", "client_order_id")
    world.emit(event, order["account_id"], {name: order[name] for name in told})


def answer(order: Row) -> Row:
    """The order as the API shows it."""
    shown = {name: value for name, value in order.items() if name not in HIDDEN}
    wanted = order["qty"] if order["qty"] is not None else order["filled_qty"] or None
    remaining = None if wanted is None else max(wanted - order["filled_qty"], NOTHING)
    return {**shown, "remaining_qty": remaining}


HIDDEN = ("sequence", "hold_id", "peak", "source", "reason", "filled_amount")
