"""The USD wallet of each account: movements, holds, balance. Never negative.

Amounts are `Decimal` dollars with two decimals. Known of Bluum: balance = available + reserved;
a withdrawal or a buy holds money (ACTIVE), then releases, captures or lets it lapse. Our choice: a
returned deposit takes what is there and keeps the rest as `owed`, paid by the next money that comes
in or gets free.
"""

from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal

from sandbox.errors import ApiError
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
KINDS = (
    "deposit",
    "withdrawal",
    "deposit_return",
    "withdrawal_return",
    "debt_repaid",
    "buy",
    "sell",
    "dividend",
    "fee",
)
"""What can happen to a wallet. The first five cross the border of the account."""


def cents(amount: Decimal) -> Decimal:
    """Round to cents, half to even."""
    return amount.quantize(CENT, rounding=ROUND_HALF_EVEN)


def wallet(world: World, account_id: str) -> Row:
    """The account's USD wallet; made when first asked for."""
    wallets = world.table("wallets")
    if account_id not in wallets:
        wallets[account_id] = {
            "wallet_id": world.new_id(),
            "currency": "USD",
            "balance": ZERO,
            "reserved": ZERO,
            "owed": ZERO,
            "created_at": world.clock.now(),
        }
    return wallets[account_id]


def balance(world: World, account_id: str) -> Decimal:
    """All the money in the wallet, held or not."""
    return Decimal(wallet(world, account_id)["balance"])


def reserved(world: World, account_id: str) -> Decimal:
    """Money held for withdrawals and open orders."""
    return Decimal(wallet(world, account_id)["reserved"])


def available(world: World, account_id: str) -> Decimal:
    """What can be spent or withdrawn: balance less holds."""
    return balance(world, account_id) - reserved(world, account_id)


def post(
    world: World,
    account_id: str,
    kind: str,
    amount: Decimal,
    reference: str,
    at: datetime | None = None,
) -> Row:
    """Book a movement; money in is positive, money out negative. Returns the movement.

    Kinds: those of `KINDS`. `reference` is the id of what caused it: a transfer, an order; for a
    dividend the symbol. Raises ApiError 422-001 if more would go out than is available.
    """
    movement = _book(world, account_id, kind, cents(amount), reference, at)
    _pay_debt(world, account_id, reference, at)
    return movement


def sale(world: World, account_id: str, amount: Decimal, fee: Decimal, reference: str) -> None:
    """Book the proceeds of a sale and its commission, which comes before any debt."""
    _book(world, account_id, "sell", amount, reference)
    fee = min(fee, available(world, account_id))
    if fee:
        _book(world, account_id, "fee", -fee, reference)
    _pay_debt(world, account_id, reference)


def _book(
    world: World,
    account_id: str,
    kind: str,
    amount: Decimal,
    reference: str,
    at: datetime | None = None,
) -> Row:
    if amount < 0 and available(world, account_id) + amount < 0:
        raise ApiError(422, "BLUM-422-001")
    row = wallet(world, account_id)
    row["balance"] += amount
    movement = {
        "id": world.new_id(),
        "sequence": world.sequence(),
        "account_id": account_id,
        "kind": kind,
        "amount": amount,
        "reference": reference,
        "at": at or world.clock.now(),
        "balance_after": row["balance"],
    }
    world.table("movements")[movement["id"]] = movement
    return movement


def _pay_debt(world: World, account_id: str, reference: str, at: datetime | None = None) -> None:
    row = wallet(world, account_id)
    debt = min(row["owed"], available(world, account_id))
    if debt > 0:
        row["owed"] -= debt
        _book(world, account_id, "debt_repaid", -debt, reference, at)


def take_back(world: World, account_id: str, kind: str, amount: Decimal, reference: str) -> Decimal:
    """Book out as much of `amount` as is available, keep the rest as owed. Returns what is owed."""
    taken = min(cents(amount), available(world, account_id))
    if taken > 0:
        post(world, account_id, kind, -taken, reference)
    owed = cents(amount) - taken
    wallet(world, account_id)["owed"] += owed
    return owed


def movements(world: World, account_id: str) -> list[Row]:
    """The account's movements in the order of their moment."""
    own = world.table("movements").of(account_id)
    return sorted(own, key=lambda row: (row["at"], row["sequence"]))


def reserve(world: World, account_id: str, amount: Decimal, reference: str) -> str:
    """Hold money. Returns the hold's id. Raises ApiError 422-001 if it isn't there."""
    amount = cents(amount)
    if amount > available(world, account_id):
        raise ApiError(422, "BLUM-422-001")
    wallet(world, account_id)["reserved"] += amount
    hold_id = world.new_id()
    world.table("holds")[hold_id] = {
        "id": hold_id,
        "account_id": account_id,
        "amount": amount,
        "reference": reference,
        "status": "ACTIVE",
        "created_at": world.clock.now(),
    }
    return hold_id


def release(world: World, hold_id: str) -> None:
    """Free a hold. A hold that has ended stays as it is."""
    if _end(world, hold_id, "RELEASED"):
        hold = world.table("holds")[hold_id]
        _pay_debt(world, hold["account_id"], hold["reference"])


def capture(world: World, hold_id: str, kind: str, amount: Decimal | None = None) -> Row | None:
    """End a hold by spending it: books `amount` (default: all of it) out, frees the rest.

    Returns the movement, or None if the hold had ended before.
    """
    hold = world.table("holds")[hold_id]
    if not _end(world, hold_id, "CAPTURED"):
        return None
    spent = hold["amount"] if amount is None else amount
    return post(world, hold["account_id"], kind, -spent, hold["reference"])


def _end(world: World, hold_id: str, status: str) -> bool:
    hold = world.table("holds")[hold_id]
    if hold["status"] != "ACTIVE":
        return False
    hold["status"] = status
    wallet(world, hold["account_id"])["reserved"] -= hold["amount"]
    return True
