"""Auto-invest schedules. Choices about their days and runs: `sandbox/choices.py`.

Known: statuses active, paused, completed, cancelled; pause and resume take no body. Our choice: a
schedule needs an active portfolio, an active funding source and, unless it says itself what to buy,
a policy.
"""

from datetime import date
from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import autoinvest, book, portfolio, transfers, web
from sandbox.api import funding
from sandbox.api.wealth_portfolios import check_weights
from sandbox.errors import ApiError, invalid, wrong_state
from sandbox.world import Row, World

HIDDEN = ("job", "last_nominal", "next_nominal", "keeps_start")
FIELDS = (
    "name",
    "portfolio_id",
    "funding_source_id",
    "amount",
    "currency",
    "frequency",
    "schedule",
    "allocation_rule",
    "custom_allocation",
    "start_date",
    "end_date",
    "notifications",
)


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    base = "/wealth/accounts/<account_id>/auto-invest"
    item = f"{base}/<schedule_id>"

    def found(account_id: str, schedule_id: str) -> Row:
        web.advised_account(world, account_id)
        return web.owned(world, "schedules", account_id, schedule_id, "Schedule")

    @api.post(base)
    def create_schedule(account_id: str) -> ResponseReturnValue:
        web.approved_account(world, account_id, advised=True)
        given = web.body()
        now = world.clock.now()
        row: Row = {
            "auto_invest_id": world.new_id(),
            "account_id": account_id,
            "currency": "USD",
            "schedule": {"time": autoinvest.DEFAULT_TIME},
            "custom_allocation": {},
            "start_date": now.date(),
            "end_date": None,
            "notifications": {"on_execution": False, "on_failure": False},
            **_read(given),
            "last_execution": None,
            "next_execution": None,
            "status": "active",
            "created_at": now,
            "updated_at": now,
            "job": None,
            "last_nominal": None,
            "next_nominal": None,
        }
        _check(world, account_id, row)
        world.table("schedules")[row["auto_invest_id"]] = row
        autoinvest.plan_next(world, row)
        return _shown(row), 201

    @api.get(base)
    def list_schedules(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        rows = world.table("schedules").of(account_id)
        for name in ("status", "portfolio_id"):
            wanted = request.args.get(name)
            rows = [row for row in rows if wanted in (None, row[name])]
        return {"schedules": [_shown(r) for r in reversed(rows)], "total_count": len(rows)}

    @api.get(item)
    def get_schedule(account_id: str, schedule_id: str) -> ResponseReturnValue:
        return _shown(found(account_id, schedule_id))

    @api.patch(item)
    def change_schedule(account_id: str, schedule_id: str) -> ResponseReturnValue:
        row = found(account_id, schedule_id)
        _must_be(row, "active", "paused")
        changed = {**row, **_read(web.body())}
        _check(world, account_id, changed)
        if row.get("keeps_start"):
            changed["start_date"] = row["start_date"]
        row.update(changed, updated_at=world.clock.now())
        if row["status"] == "active":
            autoinvest.plan_next(world, row)
        return _shown(row)

    @api.delete(item)
    def delete_schedule(account_id: str, schedule_id: str) -> ResponseReturnValue:
        row = found(account_id, schedule_id)
        if row["status"] != "cancelled":
            autoinvest.stop(world, row, "cancelled")
        return "", 204

    @api.post(f"{item}/pause")
    def pause_schedule(account_id: str, schedule_id: str) -> ResponseReturnValue:
        row = found(account_id, schedule_id)
        _must_be(row, "active")
        autoinvest.stop(world, row, "paused")
        return _shown(row)

    @api.post(f"{item}/resume")
    def resume_schedule(account_id: str, schedule_id: str) -> ResponseReturnValue:
        row = found(account_id, schedule_id)
        _must_be(row, "paused")
        row.update(status="active", updated_at=world.clock.now())
        autoinvest.plan_next(world, row)
        return _shown(row)


def _read(given: Row) -> Row:
    """The given fields, dates as dates, with defaults for what they leave open inside."""
    row = {name: value for name, value in given.items() if name in FIELDS}
    for name in ("start_date", "end_date"):
        if row.get(name):
            row[name] = date.fromisoformat(row[name])
    if "schedule" in row:
        row["schedule"] = {"time": autoinvest.DEFAULT_TIME, **row["schedule"]}
    if "notifications" in row:
        row["notifications"] = {"on_execution": False, "on_failure": False, **row["notifications"]}
    return row


def _check(world: World, account_id: str, row: Row) -> None:
    """Raise ApiError unless the schedule could run."""
    found = web.owned(world, "portfolios", account_id, row["portfolio_id"], "Portfolio")
    if found["status"] != "active":
        raise wrong_state("The portfolio is not active.")
    funding.usable(world, account_id, {"funding_source_id": row["funding_source_id"]})
    amount = Decimal(row["amount"])
    if not transfers.SMALLEST <= amount <= transfers.LARGEST:
        raise invalid("amount", "must be within the limits of a deposit", "BLUM-400-005")
    if row["currency"] != "USD":
        raise invalid("currency", "must be USD", "BLUM-400-004")
    if row["end_date"] is not None and row["end_date"] < row["start_date"]:
        raise ApiError(400, "BLUM-400-007")
    rule = row["allocation_rule"]
    weights = row.get("custom_allocation") or {}
    if rule == "custom" and not weights:
        raise invalid("custom_allocation", "required", "BLUM-400-002")
    check_weights(weights)
    says_what = rule == "custom" or (rule == "equal_weight" and book.held(world, account_id))
    if not says_what and portfolio.policy(world, account_id) is None:
        raise wrong_state("Auto-invest needs an investment policy.")


def _must_be(row: Row, *statuses: str) -> None:
    if row["status"] not in statuses:
        raise wrong_state(f"The schedule is {row['status']}.")


def _shown(row: Row) -> Row:
    """The schedule; `id` is what a late version of Bluum's example application reads."""
    shown = {name: value for name, value in row.items() if name not in HIDDEN}
    return {**shown, "id": row["auto_invest_id"]}
