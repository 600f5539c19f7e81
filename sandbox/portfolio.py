"""An advised account's portfolio: made with the account, rebalanced on request, fed by dividends.

Money is dollars with two decimals, percents are percent units.
"""

from dataclasses import asdict
from datetime import timedelta
from decimal import ROUND_UP, Decimal

from sandbox import book, ledger, orders, strategy
from sandbox.calendar import nyse
from sandbox.errors import ApiError, invalid, not_found, wrong_state
from sandbox.market import assets
from sandbox.strategy import ClassDrift, Trade
from sandbox.world import Row, World, job

ZERO = Decimal("0.00")
RUNNING = ("pending", "in_progress")
START_SECONDS, FINISH_SECONDS = 2, 3


def begin(world: World) -> None:
    """Let the days of the market pass: called when a fresh state begins."""
    now = world.clock.now()
    world.schedule(nyse().next_open(now), "market.opens")
    world.schedule(nyse().next_close(now), "market.closes")


@job("market.opens")
def market_opens(world: World) -> None:
    """Fill what waited, pay dividends, sweep idle cash."""
    now = world.clock.now()
    world.schedule(nyse().next_open(now), "market.opens")
    orders.market_opens(world)
    session = nyse().at_or_after(now)
    for account_id in list(world.table("books")):
        paid = _dividends(world, account_id, session)
        found = _of_account(world, account_id)
        if found is not None:
            _reinvest(world, found, paid)
            _sweep(world, found)


@job("market.closes")
def market_closes(world: World) -> None:
    """Let day orders lapse and note what everyone has."""
    world.schedule(nyse().next_close(world.clock.now()), "market.closes")
    orders.market_closes(world)
    for account_id in list(world.table("books")):
        book.keep_value(world, account_id)


def open_first(world: World, account: Row) -> None:
    """Give a new account its book and, if it is advised, its portfolio."""
    book.of(world, account["id"])
    if account["management_type"] == "advised":
        create(world, account["id"], "Core")


def create(world: World, account_id: str, name: str) -> Row:
    """A new active portfolio. Raises 409-003 while the account has one."""
    if _of_account(world, account_id) is not None:
        raise wrong_state("The account has an active portfolio.")
    now, portfolio_id = world.clock.now(), world.new_id()
    world.table("portfolios")[portfolio_id] = {
        "portfolio_id": portfolio_id,
        "account_id": account_id,
        "name": name,
        "currency": "USD",
        "status": "active",
        "created_at": now,
        "updated_at": now,
        "last_rebalanced_at": None,
        "drip": {
            "drip_id": world.new_id(),
            "portfolio_id": portfolio_id,
            "enabled": True,
            "reinvestment_rule": "same_security",
            "minimum_amount": "1.00",
            "cash_sweep_enabled": False,
            "status": "active",
            "created_at": now,
            "updated_at": now,
        },
    }
    return world.table("portfolios")[portfolio_id]


def of_account(world: World, account_id: str) -> list[Row]:
    """The account's portfolios."""
    found = world.table("portfolios").values()
    return [row for row in found if row["account_id"] == account_id]


def _of_account(world: World, account_id: str) -> Row | None:
    active = [row for row in of_account(world, account_id) if row["status"] == "active"]
    return active[0] if active else None


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


# Rebalancing


def drifts(world: World, account_id: str) -> list[ClassDrift]:
    """Where each class stands. Raises 404-001 without a policy."""
    ips = required_policy(world, account_id)
    return strategy.drifts(ips, book.values(world, account_id), ledger.balance(world, account_id))


def trades_to_target(
    world: World, account_id: str, exclude: frozenset[str] = frozenset()
) -> list[Trade]:
    """What takes the portfolio to target now; `exclude` are symbols left alone."""
    now, prices = world.clock.now(), book.market(world)
    return strategy.rebalance(
        required_policy(world, account_id),
        book.values(world, account_id),
        {row["symbol"]: row["quantity"] for row in book.held(world, account_id)},
        ledger.available(world, account_id),
        lambda symbol: prices.price(symbol, now),
        exclude,
    )


def start_rebalance(world: World, portfolio: Row, asked: Row) -> Row:
    """Accept a rebalance; it starts in seconds, or at the next opening.

    Raises 404-001 (no policy), 409-003 (one runs), 400 (custom without trades), 404-003 (unknown
    symbol), 422-001 (custom buys beyond cash and proceeds), 422-004 (custom sells beyond shares).
    """
    account_id = portfolio["account_id"]
    required_policy(world, account_id)
    if running(world, portfolio["portfolio_id"]) is not None:
        raise wrong_state("A rebalance of this portfolio is running.")
    kind = asked.get("execution_type", "full")
    exclude = _symbols(world, account_id, asked.get("exclude_positions", []))
    if kind == "custom":
        trades = _custom(world, account_id, asked.get("custom_trades") or [])
    else:
        trades = [_stored(trade) for trade in trades_to_target(world, account_id, exclude)]
    now = world.clock.now()
    at = book.market(world).next_open(now)
    at = max(at, now) + timedelta(seconds=START_SECONDS)
    row: Row = {
        "rebalance_id": world.new_id(),
        "portfolio_id": portfolio["portfolio_id"],
        "status": "pending",
        "execution_type": kind,
        "trade_plan_id": None,
        "estimated_trades": len(trades),
        "estimated_completion": at + timedelta(seconds=FINISH_SECONDS),
        "created_at": now,
        "account_id": account_id,
        "trades": trades,
        "exclude": sorted(exclude),
    }
    world.table("rebalances")[row["rebalance_id"]] = row
    world.schedule(at, "rebalance.start", rebalance_id=row["rebalance_id"])
    return row


def running(world: World, portfolio_id: str) -> Row | None:
    """The rebalance that has not ended yet."""
    for row in world.table("rebalances").values():
        if row["portfolio_id"] == portfolio_id and row["status"] in RUNNING:
            return row
    return None


def _stored(trade: Trade) -> Row:
    return asdict(trade)


def _symbols(world: World, account_id: str, position_ids: list[str]) -> frozenset[str]:
    rows = book.held(world, account_id)
    return frozenset(row["symbol"] for row in rows if row["id"] in position_ids)


def _custom(world: World, account_id: str, asked: list[Row]) -> list[Row]:
    if not asked:
        raise invalid("custom_trades", "A custom rebalance needs trades.", "BLUM-400-002")
    now, prices = world.clock.now(), book.market(world)
    money, found = ledger.available(world, account_id), []
    for trade in asked:
        symbol = trade["symbol"].upper()
        if symbol not in assets():
            raise ApiError(404, "BLUM-404-003")
        if not trade.get("notional") and not trade.get("quantity"):
            raise invalid("custom_trades", "Give notional or quantity.", "BLUM-400-002")
        price = prices.price(symbol, now)
        quantity = Decimal(trade["quantity"]) if trade.get("quantity") else None
        notional = (
            Decimal(trade["notional"])
            if trade.get("notional")
            else book.value_of(quantity or ZERO, price)
        )
        shares = quantity or (notional / price).quantize(orders.QUANTITY)
        if trade["action"] == "sell":
            if shares > orders.sellable(world, account_id, symbol) + orders.QUANTITY:
                raise ApiError(422, "BLUM-422-004")
            money += notional
        else:
            money -= notional
        found.append(
            {
                "action": trade["action"],
                "symbol": symbol,
                "asset_class": assets()[symbol].ips_class,
                "quantity": shares,
                "notional": notional,
                "reason": "Asked for by the client.",
            }
        )
    if money < 0:
        raise ApiError(422, "BLUM-422-001")
    return sorted(found, key=lambda trade: trade["action"] == "buy")


@job("rebalance.start")
def rebalance_starts(world: World, rebalance_id: str) -> None:
    """Give the orders: the custom list, or what is right at the prices of this moment."""
    row = world.table("rebalances")[rebalance_id]
    account_id = row["account_id"]
    if row["execution_type"] == "full":
        found = trades_to_target(world, account_id, frozenset(row["exclude"]))
        row["trades"] = [_stored(trade) for trade in found]
    row["status"] = "in_progress"
    row["trade_plan_id"] = world.new_id()
    given = [give_order(world, account_id, trade, "rebalance") for trade in row["trades"]]
    row["orders"] = [order["id"] for order in given if order is not None]
    world.schedule(world.soon(FINISH_SECONDS), "rebalance.finish", rebalance_id=rebalance_id)


@job("rebalance.finish")
def rebalance_finishes(world: World, rebalance_id: str) -> None:
    """Everything that could be has filled by now; failed if there were trades and none could be."""
    row, now = world.table("rebalances")[rebalance_id], world.clock.now()
    portfolio = world.table("portfolios")[row["portfolio_id"]]
    filled = [o for o in row["orders"] if world.table("orders")[o]["status"] == "filled"]
    if row["trades"] and not filled:
        row["status"] = "failed"
        return
    row["status"] = "completed"
    portfolio["last_rebalanced_at"] = portfolio["updated_at"] = now


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


def invest(world: World, account_id: str, amount: Decimal, source: str) -> list[Row]:
    """Buy with `amount` of the wallet toward the policy's targets. Returns the orders."""
    now, prices = world.clock.now(), book.market(world)
    found = strategy.invest(
        strategy.model(required_policy(world, account_id)),
        book.values(world, account_id),
        amount,
        lambda symbol: prices.price(symbol, now),
    )
    given = [give_order(world, account_id, _stored(trade), source) for trade in found]
    return [order for order in given if order is not None]


def spread(
    world: World, account_id: str, amount: Decimal, weights: dict[str, Decimal], source: str
) -> list[Row]:
    """Buy symbols by weight. Returns the orders."""
    amounts = strategy.shares_of(amount, list(weights.values()))
    given = [
        give_order(
            world,
            account_id,
            {"action": "buy", "symbol": symbol, "notional": part, "reason": "Split as asked."},
            source,
        )
        for symbol, part in zip(weights, amounts, strict=True)
    ]
    return [order for order in given if order is not None]


# Debts, dividends and idle cash


def deposit_returned(world: World, deposit: Row) -> None:
    """Plan to sell what the account owes after a returned deposit."""
    if ledger.wallet(world, deposit["account_id"])["owed"] > 0:
        at = book.market(world).next_open(world.clock.now())
        world.schedule(at, "debt.cover", account_id=deposit["account_id"])


@job("debt.cover")
def cover_debt(world: World, account_id: str) -> None:
    """Sell positions by their share until the debt is paid; the ledger takes the proceeds."""
    owed, now, prices = (
        ledger.wallet(world, account_id)["owed"],
        world.clock.now(),
        book.market(world),
    )
    values = book.values(world, account_id)
    parts = strategy.shares_of(min(owed, sum(values.values(), ZERO)), list(values.values()))
    for symbol, part in zip(values, parts, strict=True):
        quantity = (part / prices.price(symbol, now)).quantize(orders.QUANTITY, ROUND_UP)
        trade = {"action": "sell", "symbol": symbol, "quantity": quantity}
        give_order(world, account_id, {**trade, "reason": "A deposit came back."}, "debt")


def _dividends(world: World, account_id: str, session: int) -> dict[str, Decimal]:
    prices = book.market(world)
    paid = {}
    for row in book.held(world, account_id):
        per_share = prices.dividend(row["symbol"], session)
        if per_share:
            paid[row["symbol"]] = book.pay_dividend(world, account_id, row["symbol"], per_share)
    return paid


def _reinvest(world: World, portfolio: Row, paid: dict[str, Decimal]) -> None:
    drip, account_id = portfolio["drip"], portfolio["account_id"]
    least = Decimal(drip.get("minimum_amount", "0.00"))
    enough = {symbol: amount for symbol, amount in paid.items() if amount >= max(least, ZERO)}
    amount = min(sum(enough.values(), ZERO), ledger.available(world, account_id))
    if not drip["enabled"] or drip["status"] != "active" or amount < strategy.SMALLEST_TRADE:
        return
    rule = drip["reinvestment_rule"]
    if rule == "portfolio_allocation" and policy(world, account_id):
        invest(world, account_id, amount, "drip")
    elif rule == "custom" and drip.get("custom_allocation"):
        weights = {s: Decimal(p) for s, p in drip["custom_allocation"].items()}
        spread(world, account_id, amount, weights, "drip")
    else:
        spread(world, account_id, amount, enough, "drip")


def _sweep(world: World, portfolio: Row) -> None:
    drip, account_id = portfolio["drip"], portfolio["account_id"]
    if not drip.get("cash_sweep_enabled") or policy(world, account_id) is None:
        return
    idle = ledger.available(world, account_id) - Decimal(drip.get("cash_sweep_threshold", "0.00"))
    if idle >= strategy.SMALLEST_TRADE:
        invest(world, account_id, idle, "sweep")
