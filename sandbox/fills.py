"""Executions: what an order takes from wallet and position when it fills, whole or in part.

Prices are dollars, quantities shares with up to nine decimals, amounts dollars and cents. Money for
a buy is held while the order is open (`order["hold_id"]`) and taken when it fills.
"""

from decimal import ROUND_DOWN, Decimal

from sandbox import book, ledger
from sandbox.errors import ApiError
from sandbox.world import Row, World

QUANTITY = Decimal("0.000000001")
AVERAGE = Decimal("0.0001")
NOTHING = Decimal(0)
ZERO = Decimal("0.00")
GAP = Decimal("1.03")  # held for buys whose price is not sure yet: a gap of three percent


def wanted(order: Row, price: Decimal) -> Decimal:
    """Shares that are still to be traded, at this price if the order goes by amount."""
    if order["qty"] is not None:
        return Decimal(order["qty"] - order["filled_qty"])
    left = order["notional"] - order["filled_amount"]
    return Decimal(left / price).quantize(QUANTITY, rounding=ROUND_DOWN)


def hold(world: World, order: Row, price: Decimal, *, sure: bool) -> None:
    """Hold what the rest of a buy may cost. Raises ApiError 422-001 if the money isn't there.

    Limits hold limit times quantity; stops where they would trigger now, and market orders that
    wait the last price, each with `GAP` on top.
    """
    cost = _cost(order, price, sure=sure)
    order["hold_id"] = ledger.reserve(world, order["account_id"], cost, order["id"])


def _cost(order: Row, price: Decimal, *, sure: bool) -> Decimal:
    shares = wanted(order, price)
    if order["notional"] is not None:
        amount = Decimal(order["notional"] - order["filled_amount"])
    elif order["limit_price"] is not None and order["type"] in ("limit", "stop_limit"):
        amount = book.value_of(shares, order["limit_price"])
    elif order["type"] == "market":
        amount = book.value_of(shares * (1 if sure else GAP), price)
    else:
        amount = book.value_of(shares * GAP, max(_stop(order, price), price))
    return amount + commission(order, amount, shares)


def _stop(order: Row, price: Decimal) -> Decimal:
    """Where a stop or trailing stop would turn into a market order now."""
    if order["type"] == "stop":
        return Decimal(order["stop_price"])
    percent = order["trail_percent"] or NOTHING
    return Decimal(price + (order["trail_price"] or price * percent / 100))


def commission(order: Row, amount: Decimal, quantity: Decimal) -> Decimal:
    """Dollars for trading so much: once an order, by the share, or in basis points."""
    rate, kind = order["commission"], order["commission_type"]
    if not rate:
        return ZERO
    if kind == "qty":
        return book.value_of(quantity, rate)
    if kind == "bps":
        return book.value_of(amount, rate / 10_000)
    return ZERO if order["fills"] else Decimal(ledger.cents(rate))


def execute(world: World, order: Row, price: Decimal, quantity: Decimal | None = None) -> str:
    """Trade so many shares (all that are left) at this price.

    Returns why it can't be: `insufficient_funds` or `insufficient_position`, without any effect;
    or nothing. The order's status is `filled` or `partially_filled` afterwards.
    """
    rest = wanted(order, price)
    shares = rest if quantity is None else min(quantity, rest)
    amount = book.value_of(shares, price)
    if order["notional"] is not None and shares == rest:
        amount = Decimal(order["notional"] - order["filled_amount"])
    fee = commission(order, amount, shares)
    trade = _buy if order["side"] == "buy" else _sell
    problem, shares = trade(world, order, shares, amount, fee)
    if problem:
        return problem
    _note(world, order, shares, price, amount, fee)
    if order["status"] == "partially_filled" and order["side"] == "buy":
        try:
            hold(world, order, price, sure=False)
        except ApiError:
            # The price has run away from the money: what there is stays held.
            left = ledger.available(world, order["account_id"])
            order["hold_id"] = ledger.reserve(world, order["account_id"], left, order["id"])
    return ""


def _buy(
    world: World, order: Row, shares: Decimal, amount: Decimal, fee: Decimal
) -> tuple[str, Decimal]:
    account_id, held = order["account_id"], world.table("holds")[order["hold_id"]]
    there = held["amount"] + ledger.available(world, account_id)
    if amount + fee > there or not shares or not amount:
        return "insufficient_funds", shares
    ledger.capture(world, order["hold_id"], "buy", amount)
    if fee:
        ledger.post(world, account_id, "fee", -fee, order["id"])
    book.add(world, account_id, order["symbol"], shares, amount)
    return "", shares


def _sell(
    world: World, order: Row, shares: Decimal, amount: Decimal, fee: Decimal
) -> tuple[str, Decimal]:
    account_id, symbol = order["account_id"], order["symbol"]
    owned = book.position(world, account_id, symbol)["quantity"]
    if order["notional"] is not None:
        shares = all_but_dust(shares, owned, amount)
    if shares > owned or not shares or not amount:
        return "insufficient_position", shares
    book.remove(world, account_id, symbol, shares, amount)
    ledger.sale(world, account_id, amount, fee, order["id"])
    return "", shares


def all_but_dust(shares: Decimal, owned: Decimal, amount: Decimal) -> Decimal:
    """The whole position for a sale by amount that exceeds it by less than a cent's worth: a
    position's value is rounded to cents, its quantity is not.
    """
    dust = shares * book.CENT / amount if amount else NOTHING
    return owned if owned < shares <= owned + dust else shares


def _note(
    world: World, order: Row, shares: Decimal, price: Decimal, amount: Decimal, fee: Decimal
) -> None:
    now = world.clock.now()
    order["fills"].append(
        {"at": now, "quantity": shares, "price": price, "amount": amount, "fee": fee}
    )
    order["filled_qty"] += shares
    order["filled_amount"] += amount
    turnover = sum((each["quantity"] * each["price"] for each in order["fills"]), NOTHING)
    one = len(order["fills"]) == 1
    average = price if one else (turnover / order["filled_qty"]).quantize(AVERAGE)
    whole = (
        order["filled_qty"] >= order["qty"]
        if order["qty"] is not None
        else order["filled_amount"] >= order["notional"]
    )
    order["average_price"] = average
    order["status"] = "filled" if whole else "partially_filled"
    if whole:
        order["filled_at"] = now
