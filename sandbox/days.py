"""What the days of the market bring to every account: at the opening, and at the close."""

from sandbox import advice, book, dividends, orders, portfolio, rebalancing
from sandbox.calendar import nyse
from sandbox.world import World, job


def begin(world: World) -> None:
    """Let the days of the market pass: called when a fresh state begins."""
    now = world.clock.now()
    world.schedule(nyse().next_open(now), "market.opens")
    world.schedule(nyse().next_close(now), "market.closes")


@job("market.opens")
def market_opens(world: World) -> None:
    """Pay dividends to who held the shares overnight, fill what waited; then care for portfolios.

    Dividends are reinvested, fees taken, idle cash swept, and portfolios rebalanced that should be.
    """
    now = world.clock.now()
    world.schedule(nyse().next_open(now), "market.opens")
    session = nyse().at_or_after(now)
    per_share = dividends.of_session(world, session)
    accounts = list(world.table("books"))
    paid = {account_id: dividends.pay(world, account_id, per_share) for account_id in accounts}
    orders.market_opens(world)
    for account_id in accounts:
        found = portfolio.active(world, account_id)
        if found is None:
            continue
        dividends.reinvest(world, found, paid[account_id])
        if world.advisory_fee:
            advice.charge(world, account_id, nyse().days[session])
        dividends.sweep(world, found)
        if world.auto_rebalance:
            rebalancing.look(world, found)


@job("market.closes")
def market_closes(world: World) -> None:
    """Let day orders lapse and note what everyone has."""
    now = world.clock.now()
    world.schedule(nyse().next_close(now), "market.closes")
    orders.market_closes(world)
    price, today = book.prices_at(world), nyse().days[nyse().last_closed(now)]
    for account_id in list(world.table("books")):
        worth = book.keep_value(world, account_id, price)
        if world.advisory_fee and portfolio.active(world, account_id):
            advice.accrue(world, account_id, worth, today)
