"""Goals, life events, external accounts and the financial plan over them.

Money is dollars. Our choice: a goal's projection grows what is there and what is put in monthly at
the plan's expected return (5 % a year without one), compounding monthly; on track means the
projected date is not after the target date. A plan's PUT matches by name and type and deletes
nothing.
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from flask import Blueprint
from flask.typing import ResponseReturnValue

from sandbox import book, ledger, web
from sandbox.api import kept, wealth_profile
from sandbox.errors import invalid, not_found
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
DEFAULT_RETURN = "5.00"
LONGEST_MONTHS = 1200


GOALS = kept.Kept(
    path="goals",
    table="goals",
    id_name="goal_id",
    list_name="goals",
    name="Goal",
    defaults={
        "target_date": None,
        "currency": "USD",
        "priority": None,
        "initial_amount": None,
        "monthly_contribution": None,
        "portfolio_id": None,
        "metadata": {},
    },
    filters=("goal_type",),
    check=kept.check_links,
    view=lambda world, row: goal_view(world, row),
)
LIFE_EVENTS = kept.Kept(
    path="life-events",
    table="life_events",
    id_name="event_id",
    list_name="life_events",
    name="Life event",
    defaults={
        "expected_date": None,
        "estimated_cost": None,
        "currency": "USD",
        "recurring": False,
        "linked_goal_id": None,
        "notes": None,
    },
    filters=("event_type",),
    check=kept.check_links,
)
EXTERNAL_ACCOUNTS = kept.Kept(
    path="external-accounts",
    table="external_accounts",
    id_name="external_account_id",
    list_name="external_accounts",
    name="External account",
    defaults={"currency": "USD", "institution": None, "notes": None},
    filters=("is_asset", "account_type"),
)
PARTS = (
    ("goals", GOALS, "goal_type"),
    ("life_events", LIFE_EVENTS, "event_type"),
    ("external_accounts", EXTERNAL_ACCOUNTS, "account_type"),
)


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    for kind in (GOALS, LIFE_EVENTS, EXTERNAL_ACCOUNTS):
        kept.routes(api, world, kind)
    base = "/wealth/accounts/<account_id>/financial-plan"

    @api.put(base)
    def put_plan(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        given = web.body()
        for name, kind, type_name in PARTS:
            for item in given.get(name, []):
                _merge(world, account_id, kind, type_name, item)
        now, plans = world.clock.now(), world.table("plans")
        plan = plans.setdefault(
            account_id,
            {
                "financial_plan_id": world.new_id(),
                "account_id": account_id,
                "version": 0,
                "status": "active",
                "created_at": now,
            },
        )
        sections = ("income", "expenses", "investment_outlook")
        plan.update({name: given[name] for name in sections if name in given})
        plan.update(version=plan["version"] + 1, updated_at=now)
        wealth_profile.snapshot(world, account_id, "financial_plan", plan["financial_plan_id"])
        return _plan_view(world, plan)

    @api.get(base)
    def get_plan(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        plan = world.table("plans").get(account_id)
        if plan is None:
            raise not_found("The account has no financial plan.")
        return _plan_view(world, plan)

    @api.get(f"{base}/summary")
    def plan_summary(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        return _summary(world, account_id)


def _merge(world: World, account_id: str, kind: kept.Kept, type_name: str, item: Row) -> None:
    for row in kept.living(world, kind, account_id):
        same_name = row["name"] == item.get("name", row["name"])
        if same_name and row[type_name] == item.get(type_name, row[type_name]):
            kept.update(world, kind, row, item)
            return
    if "name" not in item or type_name not in item:
        raise invalid(kind.list_name, "name and type are needed for a new one", "BLUM-400-002")
    kept.create(world, kind, account_id, item)


def _plan_view(world: World, plan: Row) -> Row:
    rows = {
        name: [kind.view(world, row) for row in kept.living(world, kind, plan["account_id"])]
        for name, kind, _ in PARTS
    }
    return {**plan, **rows}


def goal_view(world: World, row: Row) -> Row:
    """The goal with progress and projection."""
    current, target = _current(row), Decimal(row["target_amount"])
    done = target > 0 and current >= target
    progress = (current / target * 100).quantize(CENT) if target else Decimal("100.00")
    projected = _projected(world, row, current, target)
    wanted = date.fromisoformat(str(row["target_date"])) if row["target_date"] else None
    on_track: bool | None = None
    if wanted is not None:
        on_track = done or (projected is not None and projected <= wanted)
    return {
        **row,
        "current_amount": current.quantize(CENT),
        "progress_percent": progress,
        "amount_remaining": max(target - current, ZERO).quantize(CENT),
        "projected_completion_date": projected,
        "on_track": on_track,
    }


def _current(row: Row) -> Decimal:
    return Decimal(row.get("current_amount") or row["initial_amount"] or "0.00")


def _projected(world: World, row: Row, current: Decimal, target: Decimal) -> date | None:
    """The month in which the goal is reached; None if not within a hundred years."""
    today = world.clock.now().date()
    outlook = world.table("plans").get(row["account_id"], {}).get("investment_outlook", {})
    yearly = float(outlook.get("expected_return_rate", DEFAULT_RETURN)) / 100
    growth = (1 + yearly) ** (1 / 12)
    value, monthly = float(current), float(row["monthly_contribution"] or 0)
    months = 0
    while value < float(target):
        if months >= LONGEST_MONTHS:
            return None
        value = value * growth + monthly
        months += 1
    zero = today.month - 1 + months
    return date(today.year + zero // 12, zero % 12 + 1, min(today.day, 28))


def _summary(world: World, account_id: str) -> Row:
    plan = world.table("plans").get(account_id, {})
    external = kept.living(world, EXTERNAL_ACCOUNTS, account_id)
    assets = sum((Decimal(r["balance"]) for r in external if r["is_asset"]), ZERO)
    debts = sum((Decimal(r["balance"]) for r in external if not r["is_asset"]), ZERO)
    cash = ledger.balance(world, account_id)
    invested = sum(book.values(world, account_id).values(), ZERO)
    assets += cash + invested
    goals = [goal_view(world, row) for row in kept.living(world, GOALS, account_id)]
    wanted = sum((Decimal(goal["target_amount"]) for goal in goals), ZERO)
    saved = sum((min(g["current_amount"], Decimal(g["target_amount"])) for g in goals), ZERO)
    income = Decimal(plan.get("income", {}).get("total_monthly_income", "0.00"))
    expenses = Decimal(plan.get("expenses", {}).get("total_monthly_expenses", "0.00"))
    summary = {
        "currency": "USD",
        "total_net_worth": assets - debts,
        "total_assets": assets,
        "total_liabilities": debts,
        "total_goal_progress": _percent(saved, wanted),
        "goals_on_track": sum(1 for goal in goals if goal["on_track"]),
        "goals_at_risk": sum(1 for goal in goals if goal["on_track"] is False),
        "monthly_cash_flow": income - expenses,
        "savings_rate": _percent(income - expenses, income),
        "investment_portfolio_value": invested + cash,
        "generated_at": world.clock.now(),
    }
    if plan:
        summary["financial_plan_id"] = plan["financial_plan_id"]
    return summary


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole * 100).quantize(CENT, rounding=ROUND_HALF_EVEN) if whole else ZERO
