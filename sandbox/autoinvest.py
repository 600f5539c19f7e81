"""Auto-invest schedules: when they run, and what a run does. Days and times are UTC.

A run makes one deposit and invests it when it has come. `last_execution.status` is `processing`
until then, `completed` once something was bought, `failed` if the money did not come, went back, or
bought nothing; `executed_at` is when that became known.
"""

import calendar as months
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from sandbox import book, ledger, portfolio, strategy, transfers
from sandbox.calendar import nyse
from sandbox.errors import ApiError
from sandbox.world import Row, World, job

DEFAULT_TIME = "15:00"


def nominal_day(schedule: Row, after: date) -> date:
    """The schedule's first own day after `after`, trading or not.

    Without a day of its own it takes that of its start.
    """
    start: date = max(schedule["start_date"], after + timedelta(days=1))
    asked = schedule["schedule"]
    if schedule["frequency"] in ("weekly", "biweekly"):
        own_day = (schedule["start_date"].weekday() + 1) % 7
        wanted = (asked.get("day_of_week", own_day) - 1) % 7  # 0 is Sunday there, Monday here
        first = _weekday_from(schedule["start_date"], wanted)
        step = 7 if schedule["frequency"] == "weekly" else 14
        missing = max((start - first).days, 0)
        return first + timedelta(days=-(-missing // step) * step)
    day = asked.get("day_of_month", schedule["start_date"].day)
    step = 1 if schedule["frequency"] == "monthly" else 3
    found = _month_day(schedule["start_date"].year, schedule["start_date"].month, day)
    month = 0 if found >= schedule["start_date"] else 1
    while True:
        zero = schedule["start_date"].month - 1 + month
        found = _month_day(schedule["start_date"].year + zero // 12, zero % 12 + 1, day)
        if found >= start:
            return found
        month += step


def _weekday_from(day: date, weekday: int) -> date:
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def _month_day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, months.monthrange(year, month)[1]))


def plan_next(world: World, schedule: Row) -> None:
    """Set `next_execution` to the first run after now; `completed` when the end has passed."""
    now = world.clock.now()
    at = time.fromisoformat(schedule["schedule"].get("time", DEFAULT_TIME))
    day = schedule["last_nominal"] or now.date() - timedelta(days=1)
    while True:
        day = nominal_day(schedule, day)
        run_day = nyse().session_on_or_after(day)
        moment = datetime.combine(run_day, at, UTC)
        if moment > now:
            break
    ends = schedule["end_date"]
    if schedule["job"] is not None:
        world.cancel(schedule["job"])
        schedule["job"] = None
    if ends is not None and day > ends:
        schedule.update(status="completed", next_execution=None)
        return
    schedule["next_execution"], schedule["next_nominal"] = moment, day
    schedule["job"] = world.schedule(
        moment, "autoinvest.run", schedule_id=schedule["auto_invest_id"]
    )


def stop(world: World, schedule: Row, status: str) -> None:
    """Take back the next run and set the status (paused or cancelled)."""
    if schedule["job"] is not None:
        world.cancel(schedule["job"])
    schedule.update(status=status, next_execution=None, job=None, updated_at=world.clock.now())


@job("autoinvest.run")
def run(world: World, schedule_id: str) -> None:
    """Pull the money. A refusal is noted as failed; the schedule goes on with its next date."""
    schedule = world.table("schedules")[schedule_id]
    if schedule["status"] != "active":
        return
    schedule["job"], schedule["last_nominal"] = None, schedule["next_nominal"]
    plan_next(world, schedule)
    try:
        deposit = transfers.start_deposit(
            world,
            schedule["account_id"],
            amount=Decimal(schedule["amount"]),
            method="ach",
            funding_source_id=schedule["funding_source_id"],
            description=f"Auto-invest: {schedule['name']}",
        )
    except ApiError:
        _note(world, schedule, "failed", "0.00")
        return
    world.table("autoinvest_deposits")[deposit["deposit_id"]] = {"schedule_id": schedule_id}
    _note(world, schedule, "processing", "0.00")


def deposit_completed(world: World, deposit: Row) -> None:
    """Invest a run's own deposit at the first open market."""
    if deposit["deposit_id"] in world.table("autoinvest_deposits"):
        at = book.market(world).next_open(world.clock.now())
        world.schedule(at, "autoinvest.invest", deposit_id=deposit["deposit_id"])


def deposit_failed(world: World, deposit: Row) -> None:
    """Note that a run's deposit did not come, or went back."""
    found = world.table("autoinvest_deposits").get(deposit["deposit_id"])
    if found is not None:
        _note(world, world.table("schedules")[found["schedule_id"]], "failed", "0.00")


@job("autoinvest.invest")
def invest(world: World, deposit_id: str) -> None:
    """Buy with the deposit, no more than what is left of it."""
    deposit = world.table("deposits")[deposit_id]
    if deposit["status"] != "completed":
        return
    found = world.table("autoinvest_deposits")[deposit_id]
    schedule = world.table("schedules")[found["schedule_id"]]
    amount = min(deposit["amount"], ledger.available(world, schedule["account_id"]))
    try:
        given = _buy(world, schedule, amount)
    except ApiError:
        given = []
    bought = portfolio.spent_on(given)
    _note(world, schedule, "completed" if bought else "failed", str(bought))


def _buy(world: World, schedule: Row, amount: Decimal) -> list[Row]:
    """Give the orders of a run by its rule. Raises ApiError where the rule can't be followed."""
    account_id, rule = schedule["account_id"], schedule["allocation_rule"]
    if rule == "ips_target":
        return portfolio.invest(world, account_id, amount, "auto_invest")
    if rule == "custom":
        given = schedule["custom_allocation"].items()
        weights = {symbol.upper(): Decimal(percent) for symbol, percent in given}
    else:
        held = [row["symbol"] for row in book.held(world, account_id)]
        weights = {symbol: Decimal(1) for symbol in held or _model(world, account_id)}
    return portfolio.spread(world, account_id, amount, weights, "auto_invest")


def _model(world: World, account_id: str) -> list[str]:
    ips = portfolio.required_policy(world, account_id)
    return [target.symbol for target in strategy.model(ips)]


def _note(world: World, schedule: Row, status: str, amount: str) -> None:
    schedule["last_execution"] = {
        "executed_at": world.clock.now(),
        "status": status,
        "amount_invested": amount,
    }
    schedule["updated_at"] = world.clock.now()
