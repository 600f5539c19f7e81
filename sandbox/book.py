"""What an account owns beside cash: positions with lots, gains taken, dividends, daily values.

`world.table("books")[account_id]` holds it all. Money is dollars with two decimals, quantities have
nine, the cost of a share is cost over quantity (average cost).
"""

from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sandbox import ledger
from sandbox.calendar import nyse
from sandbox.market import Asset, Market, assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
NOTHING = Decimal(0)
LONG_TERM = timedelta(days=365)


def market(world: World) -> Market:
    """The world's market, with the shocks kept in its state."""
    shocks = world.table("market").setdefault("shocks", {"items": []})["items"]
    hours: Any = world.market
    return Market(world.seed, shocks, hours)


def shock(world: World, scope: str, factor: float, at: datetime | None = None) -> None:
    """Let prices of a symbol, a class or `all` be times `factor` from `at` (now) on, for good."""
    when = at or world.clock.now()
    market(world).shocks.append({"scope": scope, "at": when.isoformat(), "factor": factor})


def of(world: World, account_id: str) -> Row:
    """The account's book; made when first asked for."""
    books = world.table("books")
    if account_id not in books:
        books[account_id] = {
            "account_id": account_id,
            "positions": {},
            "realized": [],
            "dividends": [],
            "values": [],
        }
    return books[account_id]


def position(world: World, account_id: str, symbol: str) -> Row:
    """The account's position in a symbol; made empty when first asked for."""
    positions: dict[str, Row] = of(world, account_id)["positions"]
    if symbol not in positions:
        now = world.clock.now()
        positions[symbol] = {
            "id": world.new_id(),
            "symbol": symbol,
            "quantity": NOTHING,
            "cost": ZERO,
            "lots": [],
            "created_at": now,
            "updated_at": now,
        }
    return positions[symbol]


def held(world: World, account_id: str) -> list[Row]:
    """Positions with something in them, oldest first."""
    return [row for row in of(world, account_id)["positions"].values() if row["quantity"] > 0]


def value_of(quantity: Decimal, price: Decimal) -> Decimal:
    """Dollars and cents, half to even."""
    return (quantity * price).quantize(CENT, rounding=ROUND_HALF_EVEN)


def values(world: World, account_id: str, at: datetime | None = None) -> dict[str, Decimal]:
    """Market value by symbol, now unless told."""
    prices, when = market(world), at or world.clock.now()
    return {
        row["symbol"]: value_of(row["quantity"], prices.price(row["symbol"], when))
        for row in held(world, account_id)
    }


def total(world: World, account_id: str) -> Decimal:
    """Everything: positions and wallet, in dollars."""
    return sum(values(world, account_id).values(), ZERO) + ledger.balance(world, account_id)


def add(world: World, account_id: str, symbol: str, quantity: Decimal, cost: Decimal) -> None:
    """Put bought shares into the position."""
    row, now = position(world, account_id, symbol), world.clock.now()
    row["quantity"] += quantity
    row["cost"] += cost
    row["lots"].append({"quantity": quantity, "cost": cost, "acquired_at": now})
    row["updated_at"] = row["last_transaction_at"] = now


def remove(
    world: World, account_id: str, symbol: str, quantity: Decimal, proceeds: Decimal
) -> Decimal:
    """Take sold shares out, first lots first, and note the gain. Returns the gain in dollars.

    The caller has made sure that the position is large enough.
    """
    row, now = position(world, account_id, symbol), world.clock.now()
    everything = quantity == row["quantity"]
    cost = row["cost"] if everything else _cents(row["cost"] * quantity / row["quantity"])
    gain = proceeds - cost
    long_quantity = _take_lots(row["lots"], quantity, now - LONG_TERM)
    long_gain = _cents(gain * long_quantity / quantity)
    row["quantity"] -= quantity
    row["cost"] -= cost
    row["updated_at"] = row["last_transaction_at"] = now
    for term, part in (("short", gain - long_gain), ("long", long_gain)):
        if part:
            of(world, account_id)["realized"].append(
                {"at": now, "symbol": symbol, "term": term, "gain": part}
            )
    return gain


def _take_lots(lots: list[Row], quantity: Decimal, long_before: datetime) -> Decimal:
    """Use up lots from the first on. Returns how much of the quantity was held for over a year."""
    left, long_quantity = quantity, NOTHING
    while left > 0 and lots:
        lot = lots[0]
        taken = min(left, lot["quantity"])
        if lot["acquired_at"] < long_before:
            long_quantity += taken
        lot["cost"] -= _cents(lot["cost"] * taken / lot["quantity"])
        lot["quantity"] -= taken
        left -= taken
        if not lot["quantity"]:
            lots.pop(0)
    return long_quantity


def pay_dividend(world: World, account_id: str, symbol: str, per_share: Decimal) -> Decimal:
    """Credit a dividend to the wallet. Returns the dollars paid."""
    row = position(world, account_id, symbol)
    amount = value_of(row["quantity"], per_share)
    if amount > 0:
        ledger.post(world, account_id, "dividend", amount, symbol)
        of(world, account_id)["dividends"].append(
            {
                "at": world.clock.now(),
                "symbol": symbol,
                "quantity": row["quantity"],
                "per_share": per_share,
                "amount": amount,
            }
        )
    return amount


def keep_value(world: World, account_id: str) -> None:
    """Note today's value; called at each close, and only once there has been money."""
    book, now = of(world, account_id), world.clock.now()
    worth = total(world, account_id)
    if worth or book["values"]:
        day = nyse().days[nyse().last_closed(now)]
        book["values"].append({"date": day, "at": now, "value": worth})


def asset_of(symbol: str) -> Asset:
    """The asset behind a position's symbol."""
    return assets()[symbol]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
