"""What becomes of dividends and idle cash: paid on the pay date, reinvested as the settings say.

Money is dollars with two decimals. A dividend below the minimum stays in cash. The sweep invests
what lies above its threshold toward the policy.
"""

from decimal import Decimal

from sandbox import book, ledger, portfolio, strategy
from sandbox.market import assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")


def of_session(world: World, session: int) -> dict[str, Decimal]:
    """Dollars a share that are paid in this session, by symbol."""
    prices = book.market(world)
    found = {symbol: prices.dividend(symbol, session) for symbol in assets()}
    return {symbol: per_share for symbol, per_share in found.items() if per_share}


def pay(world: World, account_id: str, per_share: dict[str, Decimal]) -> dict[str, Decimal]:
    """Credit what the account's holdings get. Returns dollars by symbol."""
    paid = {}
    if per_share:
        for row in book.held(world, account_id):
            symbol = row["symbol"]
            if symbol in per_share:
                paid[symbol] = book.pay_dividend(world, account_id, symbol, per_share[symbol])
    return paid


def reinvest(world: World, found: Row, paid: dict[str, Decimal]) -> None:
    """Buy with dividends that reach the minimum: the same security, by policy, or as given."""
    drip, account_id = found["drip"], found["account_id"]
    least = max(Decimal(drip["minimum_amount"]), ZERO)
    enough = {symbol: amount for symbol, amount in paid.items() if amount >= least}
    amount = min(sum(enough.values(), ZERO), ledger.available(world, account_id))
    if drip["status"] != "active" or amount < strategy.SMALLEST_TRADE:
        return
    rule = drip["reinvestment_rule"]
    if rule == "portfolio_allocation" and portfolio.policy(world, account_id):
        portfolio.invest(world, account_id, amount, "drip")
    elif rule == "custom":
        weights = {s.upper(): Decimal(p) for s, p in drip["custom_allocation"].items()}
        portfolio.spread(world, account_id, amount, weights, "drip")
    else:
        portfolio.spread(world, account_id, amount, enough, "drip")


def sweep(world: World, found: Row) -> None:
    """Invest the cash above the threshold."""
    drip, account_id = found["drip"], found["account_id"]
    wanted = drip["cash_sweep_enabled"] and drip["status"] == "active"
    if not wanted or portfolio.policy(world, account_id) is None:
        return
    idle = ledger.available(world, account_id) - Decimal(drip["cash_sweep_threshold"])
    if idle >= strategy.SMALLEST_TRADE:
        portfolio.invest(world, account_id, idle, "sweep")
