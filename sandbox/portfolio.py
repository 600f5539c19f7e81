"""An advised account's portfolio: made with the account, its policy, and the orders given for it.

Money is dollars with two decimals, percents are percent units. Rebalancing, dividends and fees are
in modules of their own; `days` tells when they happen.
"""

from collections.abc import Mapping
from decimal import ROUND_UP, Decimal

from sandbox import book, ledger, orders, strategy
from sandbox.errors import ApiError, not_found, wrong_state
from sandbox.strategy import ClassDrift, Trade
from sandbox.world import Row, World, job

ZERO = Decimal("0.00")
FIRST_NAME = "Core"


def open_first(world: World, account: Row) -> None:
    """Give a new account its book and, if it is advised, its portfolio."""
    book.of(world, account["id"])
    if account["management_type"] == "advised":
        _make(world, account["id"], FIRST_NAME)["named"] = False


def create(world: World, account_id: str, name: str) -> Row:
    """An active portfolio of this name: the account's first one, as long as nobody has named it.

    Raises 409-003 if the account has an active portfolio that was asked for.
    """
    found = active(world, account_id)
    if found is None:
        return _make(world, account_id, name)
    if found.get("named", True):
        raise wrong_state("The account has an active portfolio.")
    found.update(name=name, named=True, updated_at=world.clock.now())
    return found


def _make(world: World, account_id: str, name: str) -> Row:
    now, portfolio_id = world.clock.now(), world.new_id()
    row: Row = {
        "portfolio_id": portfolio_id,
        "account_id": account_id,
        "name": name,
        "currency": "USD",
        "status": "active",
        "created_at": now,
        "updated_at": now,
        "named": True,
        "last_rebalanced_at": None,
        "reviewed_on": None,
        "drip": {
            "drip_id": world.new_id(),
            "portfolio_id": portfolio_id,
            "enabled": True,
            "reinvestment_rule": "same_security",
            "custom_allocation": {},
            "minimum_amount": "1.00",
            "cash_sweep_enabled": False,
            "cash_sweep_threshold": "0.00",
            "status": "active",
            "created_at": now,
            "updated_at": now,
        },
    }
    world.table("portfolios")[portfolio_id] = row
    return row


def of_account(world: World, account_id: str) -> list[Row]:
    """The account's portfolios."""
    return world.table("portfolios").of(account_id)


def active(world: World, account_id: str) -> Row | None:
    """The account's active portfolio; a self-directed account has none."""
    found = [row for row in of_account(world, account_id) if row["status"] == "active"]
    return found[0] if found else None


def policy(world: World, account_id: str) -> Row | None:
    """The account's active investment policy."""
    versions = world.table("policies").get(account_id, {"versions": []})["versions"]
    return versions[-1] if versions else None


def required_policy(world: World, account_id: str) -> Row:
    """The active policy. Raises 404-001 if the account has none."""
    found = policy(world, account_id)
    if found is None:
        raise not_found("The account has no investment policy.")
    return found


def drifts(world: World, account_id: str) -> list[ClassDrift]:
    """Where each class stands. Raises 404-001 without a policy."""
    ips = required_policy(world, account_id)
    return strategy.drifts(ips, book.values(world, account_id), ledger.balance(world, account_id))


# Trades


def trades_to_target(
    world: World, account_id: str, exclude: frozenset[str] = frozenset()
) -> list[Trade]:
    """What takes the portfolio to target now; `exclude` are symbols left alone."""
    price = book.prices_at(world)
    return strategy.rebalance(
        required_policy(world, account_id),
        book.values(world, account_id, price=price),
        _quantities(world, account_id),
        ledger.available(world, account_id),
        price,
        exclude,
    )


def trades_for_cash(world: World, account_id: str, amount: Decimal) -> list[Trade]:
    """Sells worth `amount` (or all there is): from the most overweight, then by their targets.

    Without a policy each position gives its share.
    """
    price = book.prices_at(world)
    values = book.values(world, account_id, price=price)
    ips = policy(world, account_id)
    targets = strategy.model(ips) if ips else []
    return strategy.raise_cash(targets, values, _quantities(world, account_id), amount, price)


def _quantities(world: World, account_id: str) -> dict[str, Decimal]:
    return {row["symbol"]: row["quantity"] for row in book.held(world, account_id)}


def give_order(world: World, account_id: str, trade: Row, source: str) -> Row | None:
    """A market order for one trade; buys shrink to the cash that is there.

    None if nothing is there, or if the order is refused (a share that can't be split, for one).
    """
    asked: Row = {
        "symbol": trade["symbol"],
        "side": trade["action"],
        "type": "market",
        "time_in_force": "day",
        "reason": trade["reason"],
    }
    if trade["action"] == "sell":
        left = orders.sellable(world, account_id, trade["symbol"])
        asked["qty"] = min(trade["quantity"], left)
        if asked["qty"] <= 0:
            return None
    else:
        asked["notional"] = min(trade["notional"], ledger.available(world, account_id))
        if asked["notional"] < strategy.SMALLEST_TRADE:
            return None
    try:
        return orders.place(world, account_id, asked, source)
    except ApiError:
        return None


def give_orders(world: World, account_id: str, trades: list[Trade], source: str) -> list[Row]:
    """`give_order` for each; returns the orders that were accepted."""
    given = [give_order(world, account_id, dict(vars(trade)), source) for trade in trades]
    return [order for order in given if order is not None]


def spent_on(given: list[Row]) -> Decimal:
    """Dollars for which these orders have bought so far."""
    bought = (order.get("filled_amount") or ZERO for order in given if order["side"] == "buy")
    return sum(bought, ZERO)


def invest(world: World, account_id: str, amount: Decimal, source: str) -> list[Row]:
    """Buy with `amount` of the wallet toward the policy's targets. Returns the orders.

    Leaves in the wallet what the policy keeps in cash.
    """
    ips, price = required_policy(world, account_id), book.prices_at(world)
    values = book.values(world, account_id, price=price)
    cash = ledger.available(world, account_id)
    kept = strategy.cash_reserve(ips, sum(values.values(), ZERO) + cash)
    amount = max(min(amount, cash - kept), ZERO)
    found = strategy.invest(strategy.model(ips), values, amount, price)
    return give_orders(world, account_id, found, source)


def spread(
    world: World, account_id: str, amount: Decimal, weights: Mapping[str, Decimal], source: str
) -> list[Row]:
    """Buy symbols by weight. Returns the orders."""
    amounts = strategy.shares_of(amount, list(weights.values()))
    given = [
        give_order(
            world,
            account_id,
            {
                "action": "buy",
                "symbol": symbol,
                "notional": part,
                "reason": f"{part} of {amount} USD go to {symbol} as asked.",
            },
            source,
        )
        for symbol, part in zip(weights, amounts, strict=True)
    ]
    return [order for order in given if order is not None]


def sell_for(world: World, account_id: str, amount: Decimal, source: str, why: str) -> None:
    """Sell for `amount` dollars, a cent too much rather than one too few."""
    price = book.prices_at(world)
    for trade in trades_for_cash(world, account_id, amount):
        exact = (trade.notional / price(trade.symbol)).quantize(orders.QUANTITY, ROUND_UP)
        sale = {**dict(vars(trade)), "quantity": max(exact, trade.quantity), "reason": why}
        give_order(world, account_id, sale, source)


# Debts


def deposit_returned(world: World, deposit: Row) -> None:
    """Plan to sell what the account owes after a returned deposit."""
    if ledger.wallet(world, deposit["account_id"])["owed"] > 0:
        at = book.market(world).next_open(world.clock.now())
        world.schedule(at, "debt.cover", account_id=deposit["account_id"])


@job("debt.cover")
def cover_debt(world: World, account_id: str) -> None:
    """Sell until the debt is paid; the ledger takes the proceeds."""
    owed = ledger.wallet(world, account_id)["owed"]
    if owed > 0:
        sell_for(world, account_id, owed, "debt", f"A deposit came back, {owed} USD are owed.")
