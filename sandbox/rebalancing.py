"""Bringing a portfolio back to its targets: on request, or by itself if the world is told to.

Money is dollars with two decimals. A full rebalance works its trades out at the prices it meets; a
custom one does what was asked. Sells go first. Whether gains are saved by choosing the lots that
cost the least tax is up to the request, else to the policy.
"""

from datetime import date, timedelta
from decimal import Decimal

from sandbox import book, ledger, orders, portfolio, strategy
from sandbox.calendar import NEW_YORK
from sandbox.errors import ApiError, invalid, wrong_state
from sandbox.market import assets
from sandbox.world import Row, World, job

ZERO = Decimal("0.00")
RUNNING = ("pending", "in_progress")
OPEN_ORDERS = ("accepted", "partially_filled")
START_SECONDS, FINISH_SECONDS = 2, 3
LOOK_AGAIN_SECONDS = 60
COOLDOWN = timedelta(days=7)
"""The pause after a rebalance before another one starts by itself."""


def start(world: World, found: Row, asked: Row, trigger: str = "request") -> Row:
    """Accept a rebalance; it starts in seconds, or at the next opening.

    Raises 404-001 (no policy), 409-003 (one runs), 400 (custom without trades), 404-003 (unknown
    symbol), 422-001 (custom buys beyond cash and proceeds), 422-004 (custom sells beyond shares).
    """
    account_id = found["account_id"]
    portfolio.required_policy(world, account_id)
    if running(world, found) is not None:
        raise wrong_state("A rebalance of this portfolio is running.")
    kind = asked.get("execution_type", "full")
    exclude = _symbols(world, account_id, asked.get("exclude_positions", []))
    if kind == "custom":
        trades = _custom(world, account_id, asked.get("custom_trades") or [])
    else:
        trades = _full(world, account_id, exclude)
    now = world.clock.now()
    at = max(book.market(world).next_open(now), now) + timedelta(seconds=START_SECONDS)
    row: Row = {
        "rebalance_id": world.new_id(),
        "portfolio_id": found["portfolio_id"],
        "status": "pending",
        "execution_type": kind,
        "trade_plan_id": None,
        "estimated_trades": len(trades),
        "estimated_completion": at + timedelta(seconds=FINISH_SECONDS),
        "created_at": now,
        "account_id": account_id,
        "trades": trades,
        "exclude": sorted(exclude),
        "tax_aware": asked.get("tax_aware", policy_is_tax_aware(world, account_id)),
        "trigger": trigger,
        "orders": [],
    }
    world.table("rebalances")[row["rebalance_id"]] = row
    world.schedule(at, "rebalance.start", rebalance_id=row["rebalance_id"])
    return row


def running(world: World, found: Row) -> Row | None:
    """The portfolio's rebalance that has not ended yet."""
    for row in reversed(world.table("rebalances").of(found["account_id"])):
        if row["portfolio_id"] == found["portfolio_id"] and row["status"] in RUNNING:
            return row
    return None


def policy_is_tax_aware(world: World, account_id: str) -> bool:
    """Whether the policy asks to sell the lots that cost the least tax."""
    ips = portfolio.policy(world, account_id) or {}
    rules = ips.get("constraints", {}).get("rebalancing_policy", {})
    return bool(rules.get("tax_aware", False))


def _full(world: World, account_id: str, exclude: frozenset[str]) -> list[Row]:
    return [dict(vars(trade)) for trade in portfolio.trades_to_target(world, account_id, exclude)]


def _symbols(world: World, account_id: str, position_ids: list[str]) -> frozenset[str]:
    rows = book.held(world, account_id)
    return frozenset(row["symbol"] for row in rows if row["id"] in position_ids)


def _custom(world: World, account_id: str, asked: list[Row]) -> list[Row]:
    if not asked:
        raise invalid("custom_trades", "A custom rebalance needs trades.", "BLUM-400-002")
    price = book.prices_at(world)
    money, found = ledger.available(world, account_id), []
    sold: dict[str, Decimal] = {}
    for trade in asked:
        symbol = trade["symbol"].upper()
        if symbol not in assets():
            raise ApiError(404, "BLUM-404-003")
        notional, quantity = (Decimal(trade.get(name) or 0) for name in ("notional", "quantity"))
        if notional <= 0 and quantity <= 0:
            raise invalid("custom_trades", "Give notional or quantity.", "BLUM-400-002")
        if notional < 0 or quantity < 0:
            raise invalid("custom_trades", "Amounts are above zero.", "BLUM-400-005")
        notional = ledger.cents(notional) or book.value_of(quantity, price(symbol))
        quantity = quantity or (notional / price(symbol)).quantize(orders.QUANTITY)
        if trade["action"] == "sell":
            sold[symbol] = sold.get(symbol, Decimal(0)) + quantity
            if sold[symbol] > orders.sellable(world, account_id, symbol) + orders.QUANTITY:
                raise ApiError(422, "BLUM-422-004")
            money += notional
        else:
            money -= notional
        found.append(
            {
                "action": trade["action"],
                "symbol": symbol,
                "asset_class": assets()[symbol].ips_class,
                "quantity": quantity,
                "notional": notional,
                "reason": f"{notional} USD of {symbol}, as the client asked.",
            }
        )
    if money < 0:
        raise ApiError(422, "BLUM-422-001")
    return sorted(found, key=lambda trade: trade["action"] == "buy")


@job("rebalance.start")
def starts(world: World, rebalance_id: str) -> None:
    """Give the orders: the custom list, or what is right at the prices of this moment."""
    row = world.table("rebalances")[rebalance_id]
    account_id = row["account_id"]
    if row["execution_type"] == "full":
        row["trades"] = _full(world, account_id, frozenset(row["exclude"]))
    row.update(status="in_progress", trade_plan_id=world.new_id())
    book.of(world, account_id)["tax_aware"] = row["tax_aware"]
    given = [portfolio.give_order(world, account_id, t, "rebalance") for t in row["trades"]]
    row["orders"] = [order["id"] for order in given if order is not None]
    world.schedule(world.soon(FINISH_SECONDS), "rebalance.finish", rebalance_id=rebalance_id)


@job("rebalance.finish")
def finishes(world: World, rebalance_id: str) -> None:
    """End once no order is open; failed if there were trades and none could be done."""
    row, now = world.table("rebalances")[rebalance_id], world.clock.now()
    given = [world.table("orders")[order_id] for order_id in row["orders"]]
    if any(order["status"] in OPEN_ORDERS for order in given):
        at = world.soon(LOOK_AGAIN_SECONDS)
        world.schedule(at, "rebalance.finish", rebalance_id=rebalance_id)
        return
    account_id = row["account_id"]
    book.of(world, account_id)["tax_aware"] = policy_is_tax_aware(world, account_id)
    if row["trades"] and not any(order["filled_qty"] for order in given):
        row["status"] = "failed"
        return
    row["status"] = "completed"
    found = world.table("portfolios")[row["portfolio_id"]]
    found["last_rebalanced_at"] = found["updated_at"] = now


# By itself


def next_scheduled(world: World, found: Row) -> date | None:
    """The day the policy's frequency asks for a rebalance next; None without a frequency."""
    ips = portfolio.policy(world, found["account_id"])
    if ips is None:
        return None
    return strategy.next_review(ips, _reviewed(ips, found), _today(world))


def look(world: World, found: Row) -> None:
    """Start a full rebalance if a band is left, or if the policy's day for one has come.

    Waits out the cooldown after the last one, and never interferes with one that runs.
    """
    account_id, now = found["account_id"], world.clock.now()
    ips = portfolio.policy(world, account_id)
    if ips is None or not book.held(world, account_id) or running(world, found):
        return
    last = found["last_rebalanced_at"]
    if last is not None and now < last + COOLDOWN:
        return
    due = strategy.next_review(ips, _reviewed(ips, found), date.min)
    if due is not None and due <= _today(world):
        found["reviewed_on"] = _today(world)
        _start_by_itself(world, found, "calendar")
    elif strategy.reason_to_rebalance(ips, portfolio.drifts(world, account_id)):
        _start_by_itself(world, found, "bands")


def _start_by_itself(world: World, found: Row, trigger: str) -> None:
    if portfolio.trades_to_target(world, found["account_id"]):
        start(world, found, {}, trigger)


def _reviewed(ips: Row, found: Row) -> date:
    """From when the policy's frequency counts: the last rebalance, or when it came into force."""
    last = found["last_rebalanced_at"]
    days: list[date] = [ips["effective_date"]]
    if last is not None:
        days.append(last.astimezone(NEW_YORK).date())
    if found.get("reviewed_on"):
        days.append(found["reviewed_on"])
    return max(days)


def _today(world: World) -> date:
    return world.clock.now().astimezone(NEW_YORK).date()
