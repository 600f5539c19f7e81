"""What must be true of an account's money at every instant, to the cent; `check` looks.

    cash + positions at cost  = deposits - withdrawals + realised gains + dividends - fees
    cash + positions at value = deposits - withdrawals + all gains      + dividends - fees

Every side is counted from papers of its own: the movements of the wallet, the transfers, the
orders, the lots, the gains noted at each sale. A world with `validate_responses` checks after every
request.
"""

from collections.abc import Iterable
from decimal import Decimal

from sandbox import book, ledger
from sandbox.world import Row, World

ZERO = Decimal("0.00")
WAITING = ("accepted", "partially_filled", "pending", "processing", "submitted")
COMES_IN = ("deposit", "withdrawal_return")
GOES_OUT = ("withdrawal", "deposit_return", "debt_repaid")


class OutOfBalance(AssertionError):
    """Two sides of the books differ."""


def check(world: World, account_id: str) -> None:
    """Raise OutOfBalance unless the account's books are right in every way listed here."""
    moves = ledger.movements(world, account_id)
    _check_wallet(world, account_id, moves)
    _check_holds(world, account_id)
    _check_lots(world, account_id)
    _check_transfers(world, account_id, moves)
    _check_orders(world, account_id, moves)
    _check_identities(world, account_id, moves)


def check_of(world: World, account_id: str | None) -> None:
    """`check`, unless there is no such account."""
    if account_id and account_id in world.table("wallets"):
        check(world, account_id)


def check_all(world: World) -> None:
    """`check` for every account."""
    for account_id in list(world.table("wallets")):
        check(world, account_id)


def _same(what: str, one: Decimal, other: Decimal) -> None:
    if one != other:
        raise OutOfBalance(f"{what}: {one} is not {other}")


def _must(holds: bool, what: str) -> None:
    if not holds:
        raise OutOfBalance(what)


def _sum(rows: Iterable[Row], name: str = "amount") -> Decimal:
    return sum((row[name] for row in rows), ZERO)


def _of_kind(moves: list[Row], *kinds: str) -> Decimal:
    return _sum(row for row in moves if row["kind"] in kinds)


def _check_wallet(world: World, account_id: str, moves: list[Row]) -> None:
    """The movements, replayed, give the balance; it was never below zero."""
    running = ZERO
    for move in sorted(moves, key=lambda move: move["sequence"]):
        _must(move["kind"] in ledger.KINDS, f"a movement of kind {move['kind']}")
        sign = -1 if move["kind"] in (*GOES_OUT, "buy", "fee") else 1
        _must(move["amount"] * sign > 0, f"a {move['kind']} of {move['amount']}")
        _must(move["amount"] == ledger.cents(move["amount"]), "a movement of broken cents")
        running += move["amount"]
        _must(running >= 0, f"the balance was {running} after a {move['kind']}")
        _same("balance after a movement", move["balance_after"], running)
    wallet = ledger.wallet(world, account_id)
    _same("balance and its movements", wallet["balance"], running)
    _must(0 <= wallet["reserved"] <= wallet["balance"], "more is held than there is")
    _must(wallet["owed"] >= 0, "less than nothing is owed")
    free = ledger.available(world, account_id)
    _must(not wallet["owed"] or not free, f"{free} is free while {wallet['owed']} is owed")


def _check_holds(world: World, account_id: str) -> None:
    """What is held is exactly what open orders and withdrawals hold."""
    holds = {row["id"]: row for row in world.table("holds").of(account_id)}
    active = {key for key, row in holds.items() if row["status"] == "ACTIVE"}
    _same(
        "reserved and active holds",
        ledger.reserved(world, account_id),
        _sum(row for key, row in holds.items() if key in active),
    )
    wanted = {
        row["hold_id"]
        for table in ("orders", "withdrawals")
        for row in world.table(table).of(account_id)
        if row["status"] in WAITING and row["hold_id"]
    }
    _must(active == wanted, "a hold without its order or withdrawal, or the other way round")


def _check_lots(world: World, account_id: str) -> None:
    """The lots of a position are the position."""
    for row in book.of(world, account_id)["positions"].values():
        symbol = row["symbol"]
        _same(f"{symbol} and its lots", row["quantity"], _sum(row["lots"], "quantity"))
        _same(f"cost of {symbol} and of its lots", row["cost"], _sum(row["lots"], "cost"))
        for lot in row["lots"]:
            _must(lot["quantity"] > 0 and lot["cost"] >= 0, f"an impossible lot of {symbol}")


def _check_transfers(world: World, account_id: str, moves: list[Row]) -> None:
    """Each transfer moved its amount once when it completed, and back once when it was returned."""
    moved = _by_reference(moves)
    for kind, sign in (("deposit", 1), ("withdrawal", -1)):
        for row in world.table(f"{kind}s").of(account_id):
            reference = row[f"{kind}_id"]
            done = sign * row["amount"] if row["completed_at"] else ZERO
            _same(f"what a {kind} moved", moved.get((kind, reference), ZERO), done)
    returned = [
        row
        for row in world.table("deposits").of(account_id)
        if row["status"] == "failed" and row["completed_at"]
    ]
    taken = -_of_kind(moves, "deposit_return", "debt_repaid")
    owed = ledger.wallet(world, account_id)["owed"]
    _same("returned deposits", taken + owed, _sum(returned))
    back = [
        row
        for row in world.table("withdrawals").of(account_id)
        if row["status"] == "failed" and row["completed_at"]
    ]
    _same("returned withdrawals", _of_kind(moves, "withdrawal_return"), _sum(back))


def _check_orders(world: World, account_id: str, moves: list[Row]) -> None:
    """What orders bought and sold is what was paid, and what is in the positions."""
    moved, shares = _by_reference(moves), dict[str, Decimal]()
    for order in world.table("orders").of(account_id):
        sign = 1 if order["side"] == "buy" else -1
        paid = moved.get((order["side"], order["id"]), ZERO)
        amount = order.get("filled_amount") or ZERO
        _same(f"what a {order['side']} moved", -paid * sign, amount)
        symbol = order["symbol"]
        shares[symbol] = shares.get(symbol, Decimal(0)) + sign * order["filled_qty"]
    for symbol, quantity in shares.items():
        _same(f"{symbol} held and traded", _held(world, account_id, symbol), quantity)
    for row in book.held(world, account_id):
        _must(row["symbol"] in shares, f"{row['symbol']} came from nowhere")


def _held(world: World, account_id: str, symbol: str) -> Decimal:
    found = book.of(world, account_id)["positions"].get(symbol)
    return Decimal(found["quantity"]) if found else Decimal(0)


def _by_reference(moves: list[Row]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for row in moves:
        key = (row["kind"], row["reference"])
        found[key] = found.get(key, ZERO) + row["amount"]
    return found


def _check_identities(world: World, account_id: str, moves: list[Row]) -> None:
    """The two sums that this module begins with."""
    own, cash = book.of(world, account_id), ledger.balance(world, account_id)
    dividends = _sum(own["dividends"])
    _same("dividends noted and credited", dividends, _of_kind(moves, "dividend"))
    given = _of_kind(moves, *COMES_IN, *GOES_OUT)
    kept = given + dividends + _of_kind(moves, "fee")
    realised = _sum(own["realized"], "gain")
    cost = _sum(own["positions"].values(), "cost")
    _same("cash and cost", cash + cost, kept + realised)
    values = book.values(world, account_id)
    unrealised = sum((values[r["symbol"]] - r["cost"] for r in book.held(world, account_id)), ZERO)
    _same("cash and value", cash + sum(values.values(), ZERO), kept + realised + unrealised)
