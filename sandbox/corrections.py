"""A statement put right after it was sent: the closing price of one fund restated.

Ours, since Bluum's material doesn't say how it corrects: no cash moves, the value at that one close
changes, and every statement and report that begins or ends there changes with it. So the
month after begins where the corrected one ends.
"""

from datetime import date
from decimal import Decimal

from sandbox import book
from sandbox.errors import invalid, not_found
from sandbox.world import Row, World

TABLE = "corrections"
ZERO = Decimal("0.00")


def of(world: World, account_id: str) -> list[Row]:
    """The account's corrections, oldest first."""
    found: list[Row] = world.table(TABLE).of(account_id)
    return found


def on(world: World, account_id: str, day: date) -> Decimal:
    """By how many dollars the value at this day's close was put right."""
    return sum((row["amount"] for row in of(world, account_id) if row["date"] == day), ZERO)


def by_symbol(world: World, account_id: str, moment: object) -> dict[str, Decimal]:
    """The same by fund, for the close at this moment."""
    found: dict[str, Decimal] = {}
    for row in of(world, account_id):
        if row["at"] == moment:
            found[row["symbol"]] = found.get(row["symbol"], ZERO) + row["amount"]
    return found


def post(world: World, account_id: str, first: date, last: date, amount: Decimal) -> Row:
    """Restate the last close of the days from `first` to `last` by `amount` dollars, on the largest
    holding. Raises ApiError 404-001 without a close in them, 400-005 for an amount that is nothing
    or leaves nothing of the holding."""
    from sandbox import history  # it asks here for what was put right

    closes = [r for r in book.of(world, account_id)["values"] if first <= r["date"] <= last]
    held = history.values_at(world, account_id, closes[-1]["at"]) if closes else {}
    if not closes or not held or history.today(world) <= last:
        raise not_found("There is no finished statement with holdings of this month.")
    symbol, value = max(held.items(), key=lambda item: (item[1], item[0]))
    amount = amount.quantize(book.CENT)
    if not amount or value + amount <= 0:
        reason = f"must be an amount, not zero, that leaves something of {value} {symbol}"
        raise invalid("amount", reason, "BLUM-400-005")
    row: Row = {
        "id": world.new_id(),
        "account_id": account_id,
        "symbol": symbol,
        "date": closes[-1]["date"],
        "at": closes[-1]["at"],
        "amount": amount,
        "corrected_at": world.clock.now(),
    }
    world.table(TABLE)[row["id"]] = row
    return row
