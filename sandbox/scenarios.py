"""Ready-made turns of events: `run(world, name, **args)`.

two_years      history for an ACTIVE advised account with policy, portfolio and bank: a first
               deposit, invested, a monthly schedule, and the two years themselves
advance_to_now the clock moves to real now; everything on the way happens in order
drift          stocks rise and bonds fall until portfolios leave their bands (over `days`)
crash          prices fall by a fifth
shock          any move of a symbol, a class or `all`, for good
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sandbox import autoinvest, book, portfolio, rebalancing, transfers
from sandbox.errors import not_found, wrong_state
from sandbox.world import Row, World

TWO_YEARS = timedelta(days=730)


def run(world: World, name: str, **args: Any) -> Row:
    """Play a scenario. Returns what it did. Raises ApiError 404-001 for an unknown name."""
    found = SCENARIOS.get(name)
    if found is None:
        raise not_found(f"No scenario {name}.")
    with world.lock:
        return found(world, **args)


def two_years(
    world: World, account_id: str, amount: str = "10000.00", monthly: str = "500.00"
) -> Row:
    """Invest `amount` now, `monthly` each month (dollars), and let two years pass.

    The clock moves on by two years. Raises 404-001 without a policy, 409-003 without a portfolio
    or bank.
    """
    portfolio.required_policy(world, account_id)
    owned = [p for p in portfolio.of_account(world, account_id) if p["status"] == "active"]
    sources = [
        row
        for row in world.table("funding_sources").values()
        if row["account_id"] == account_id and row["status"].upper() == "ACTIVE"
    ]
    if not owned or not sources:
        raise wrong_state("The account needs an active portfolio and a linked bank.")
    source_id = sources[0]["id"]
    deposit = transfers.start_deposit(
        world, account_id, amount=Decimal(amount), funding_source_id=source_id
    )
    transfers.settle(world, deposit["deposit_id"])
    rebalancing.start(world, owned[0], {})
    now = world.clock.now()
    schedule_id = world.new_id()
    world.table("schedules")[schedule_id] = {
        "auto_invest_id": schedule_id,
        "account_id": account_id,
        "name": "Every month",
        "portfolio_id": owned[0]["portfolio_id"],
        "funding_source_id": source_id,
        "amount": monthly,
        "currency": "USD",
        "frequency": "monthly",
        "schedule": {"day_of_month": 1, "time": autoinvest.DEFAULT_TIME},
        "allocation_rule": "ips_target",
        "start_date": now.date(),
        "end_date": None,
        "notifications": {"on_execution": False, "on_failure": False},
        "last_execution": None,
        "next_execution": None,
        "status": "active",
        "created_at": now,
        "updated_at": now,
        "job": None,
        "last_nominal": None,
        "next_nominal": None,
    }
    autoinvest.plan_next(world, world.table("schedules")[schedule_id])
    world.clock.advance(TWO_YEARS)
    return {"auto_invest_id": schedule_id, "now": world.clock.now()}


def advance_to_now(world: World) -> Row:
    """Move the clock to real now if it is behind; days, runs and dividends happen in order."""
    behind = datetime.now(UTC) - world.clock.now()
    if behind > timedelta(0):
        world.clock.advance(behind)
    return {"now": world.clock.now()}


def shock(world: World, scope: str = "all", factor: float = 0.8) -> Row:
    """Multiply prices of a symbol, an asset class, a policy class or `all`, from now on."""
    book.shock(world, scope, float(factor))
    return {"scope": scope, "factor": float(factor), "at": world.clock.now()}


def crash(world: World) -> Row:
    """Everything but treasuries loses: stocks and alternatives a fifth, bonds a fiftieth."""
    for scope, factor in (("equities", 0.8), ("alternatives", 0.8), ("fixed_income", 0.98)):
        book.shock(world, scope, factor)
    return {"at": world.clock.now()}


def drift(world: World, equities: float = 1.35, fixed_income: float = 0.92, days: int = 0) -> Row:
    """Move stocks and bonds apart, by default far enough to leave most bands.

    At once, or a little each day of the next `days`.
    """
    steps = max(int(days), 1)
    for step in range(steps):
        at = world.clock.now() + timedelta(days=step)
        book.shock(world, "equities", float(equities) ** (1 / steps), at)
        book.shock(world, "fixed_income", float(fixed_income) ** (1 / steps), at)
    return {"at": world.clock.now()}


SCENARIOS: dict[str, Callable[..., Row]] = {
    "two_years": two_years,
    "advance_to_now": advance_to_now,
    "drift": drift,
    "crash": crash,
    "shock": shock,
}
