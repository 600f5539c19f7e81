"""What becomes of dividends and idle cash: paid on the pay date, reinvested as the settings say.

Money is dollars with two decimals. A dividend below the minimum stays in cash. The sweep invests
what lies above its threshold toward the policy.
"""

from decimal import Decimal

from sandbox import book, ledger, portfolio, strategy
from sandbox.world import Row, World

ZERO = Decimal("0.00")


def pay(world: World, account_id: str, session: int) -> dict[str, Decimal]:
    """Credit what is due in this session. Returns dollars by symbol."""
    prices, paid = book.market(world), {}
    for row in book.held(world, account_id):
        per_share = prices.dividend(row["symbol"], session)
        if per_share:
            paid[row["symbol"]] = book.pay_dividend(world, account_id, row["symbol"], per_share)
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
