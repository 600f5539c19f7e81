"""What an account owns beside cash: positions with lots, gains taken, dividends, daily values.

`world.table("books")[account_id]` holds it all. Money is dollars with two decimals, quantities have
nine. A position's cost is what its lots cost together; the average shown is that over the quantity.
A sale takes its gain from the very lots it uses up: the oldest first, or those that cost the least
tax, if the policy is tax-aware.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any
from weakref import WeakKeyDictionary

from sandbox import ledger
from sandbox.calendar import nyse
from sandbox.market import Asset, Market, assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
NOTHING = Decimal(0)
LONG_TERM = timedelta(days=365)
WASH_SALE = timedelta(days=30)
TAX_RATES = {"short": Decimal("0.24"), "long": Decimal("0.15")}
"""Assumed tax on a gain by how long it took; only decides which lots are the cheapest to sell."""


def market(world: World) -> Market:
    """The world's market, with the shocks kept in its state."""
    shocks = world.table("market").setdefault("shocks", {"items": []})["items"]
    hours: Any = world.market
    known = _markets.get(world)
    if known is None or known.shocks is not shocks or known.seed != world.seed:
        known = _markets[world] = Market(world.seed, shocks, hours)
    return known


_markets: WeakKeyDictionary[World, Market] = WeakKeyDictionary()


def shock(
    world: World,
    scope: str,
    factor: float,
    at: datetime | None = None,
    recovery_days: float | None = None,
) -> None:
    """Let prices of a symbol, a class or `all` be times `factor` from `at` (now) on: for good, or
    fading over `recovery_days`. Orders that wait see it at once.
    """
    when = at or world.clock.now()
    move: Row = {"scope": scope, "at": when.isoformat(), "factor": factor}
    if recovery_days:
        move["recovery_days"] = recovery_days
    market(world).shocks.append(move)
    world.tell("market.moved", move)


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
            "tax_aware": False,
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


def unpriced(world: World) -> list[str]:
    """Symbols whose price was taken away: holdings say UNAVAILABLE, and keep their last value."""
    found: list[str] = world.table("market").get("unpriced", {}).get("symbols", [])
    return found


def leave_unpriced(world: World, symbols: list[str]) -> None:
    """From now on just these symbols are without a price."""
    world.table("market")["unpriced"] = {"symbols": symbols}
    world.tell("market.moved", {})


def prices_at(world: World, at: datetime | None = None) -> Callable[[str], Decimal]:
    """Prices of one moment (now), each looked up once."""
    prices, when, known = market(world), at or world.clock.now(), dict[str, Decimal]()

    def price(symbol: str) -> Decimal:
        if symbol not in known:
            known[symbol] = prices.price(symbol, when)
        return known[symbol]

    return price


def values(
    world: World,
    account_id: str,
    at: datetime | None = None,
    price: Callable[[str], Decimal] | None = None,
) -> dict[str, Decimal]:
    """Market value by symbol, now unless told. `price` is for whoever has looked them up."""
    price = price or prices_at(world, at)
    return {
        row["symbol"]: value_of(row["quantity"], price(row["symbol"]))
        for row in held(world, account_id)
    }


def total(world: World, account_id: str) -> Decimal:
    """Everything: positions and wallet, in dollars."""
    return sum(values(world, account_id).values(), ZERO) + ledger.balance(world, account_id)


def add(world: World, account_id: str, symbol: str, quantity: Decimal, cost: Decimal) -> None:
    """Put bought shares into the position, as a lot of their own."""
    row, now = position(world, account_id, symbol), world.clock.now()
    row["quantity"] += quantity
    row["cost"] += cost
    row["lots"].append(
        {"id": f"lot-{world.sequence()}", "quantity": quantity, "cost": cost, "acquired_at": now}
    )
    row["updated_at"] = row["last_transaction_at"] = now


def remove(
    world: World, account_id: str, symbol: str, quantity: Decimal, proceeds: Decimal
) -> Decimal:
    """Take sold shares out of their lots and note the gains. Returns the gain in dollars.

    The caller has made sure that the position is large enough.
    """
    book, now = of(world, account_id), world.clock.now()
    row = position(world, account_id, symbol)
    gain, terms = ZERO, dict[str, Row]()
    for part in parts_of_sale(row, quantity, proceeds, now, tax_aware=book.get("tax_aware", False)):
        part["lot"]["quantity"] -= part["quantity"]
        part["lot"]["cost"] -= part["cost"]
        row["quantity"] -= part["quantity"]
        row["cost"] -= part["cost"]
        gain += part["gain"]
        noted = terms.setdefault(
            part["term"],
            {"at": now, "symbol": symbol, "term": part["term"]}
            | {"gain": ZERO, "quantity": NOTHING, "cost": ZERO},
        )
        for name in ("gain", "quantity", "cost"):
            noted[name] += part[name]
    row["lots"] = [lot for lot in row["lots"] if lot["quantity"]]
    row["updated_at"] = row["last_transaction_at"] = now
    book["realized"].extend(terms.values())
    return gain


def parts_of_sale(
    row: Row, quantity: Decimal, proceeds: Decimal, now: datetime, *, tax_aware: bool
) -> list[Row]:
    """What a sale takes from each lot: `lot`, `quantity`, `cost`, `gain`, `term` (short or long).

    Changes nothing. Costs and proceeds are split by quantity to the cent; the last part of a lot
    takes the lot's last cent, the last part of the sale the sale's.
    """
    price = proceeds / quantity
    lots = sorted(row["lots"], key=lambda lot: lot["acquired_at"])
    if tax_aware:
        lots.sort(key=lambda lot: _tax_a_share(lot, price, now))
    parts: list[Row] = []
    left, money = quantity, proceeds
    for lot in lots:
        taken = min(left, lot["quantity"])
        if not taken:
            break
        whole = taken == lot["quantity"]
        cost = lot["cost"] if whole else _cents(lot["cost"] * taken / lot["quantity"])
        got = money if taken == left else _cents(money * taken / left)
        left, money = left - taken, money - got
        part = {"lot": lot, "quantity": taken, "cost": cost, "gain": got - cost}
        parts.append({**part, "term": term(lot, now)})
    return parts


def term(lot: Row, now: datetime) -> str:
    """`long` for what has been held for more than a year, else `short`."""
    return "long" if lot["acquired_at"] < now - LONG_TERM else "short"


def _tax_a_share(lot: Row, price: Decimal, now: datetime) -> Decimal:
    """Tax on selling one share of a lot; less than nothing where it stands at a loss."""
    return Decimal(price - lot["cost"] / lot["quantity"]) * TAX_RATES[term(lot, now)]


def bought_lately(row: Row, now: datetime) -> bool:
    """Whether a loss taken now would be a wash sale: bought within 30 days before."""
    return any(lot["acquired_at"] >= now - WASH_SALE for lot in row["lots"])


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


def keep_value(world: World, account_id: str, price: Callable[[str], Decimal]) -> Decimal:
    """Note today's value at these prices, once there has been money. Returns it.

    Called at each close.
    """
    book, now = of(world, account_id), world.clock.now()
    worth = sum(values(world, account_id, price=price).values(), ZERO)
    worth += ledger.balance(world, account_id)
    if worth or book["values"]:
        day = nyse().days[nyse().last_closed(now)]
        book["values"].append({"date": day, "at": now, "value": worth})
    return worth


def asset_of(symbol: str) -> Asset:
    """The asset behind a position's symbol."""
    return assets()[symbol]


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)
