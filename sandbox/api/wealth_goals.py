"""Goals, life events, external accounts and the financial plan over them.

Money is dollars. Our choice: a goal's projection grows what is there and what is put in monthly at
the plan's expected return (5 % a year without one), compounding monthly; on track means the
projected date is not after the target date. A plan's PUT matches by name and type and deletes
nothing.
"""

import math
from datetime import date
from decimal import ROUND_HALF_EVEN, ROUND_UP, Decimal

from flask import Blueprint, has_request_context, request
from flask.typing import ResponseReturnValue

from sandbox import book, ledger, spellings, strategy, web
from sandbox.api import kept, wealth_profile
from sandbox.errors import invalid, not_found
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
DEFAULT_RETURN = "5.00"
LONGEST_MONTHS = 1200
HIGHEST_GROWTH = 11.0  # a year; 1000 % is more than anyone means
MOST_SHOWN = 1e20
MONTHLY = (
    ("income", "total_monthly_income", "sources"),
    ("expenses", "total_monthly_expenses", "categories"),
)
TIMES_A_YEAR = {
    "weekly": 52,
    "biweekly": 26,
    "semi_monthly": 24,
    "monthly": 12,
    "quarterly": 4,
    "annual": 1,
    "annually": 1,
    "yearly": 1,
}


GOALS = kept.Kept(
    path="goals",
    table="goals",
    id_name="goal_id",
    list_name="goals",
    name="Goal",
    required=("name", "goal_type", "target_amount"),
    defaults={
        "target_date": None,
        "currency": "USD",
        "priority": None,
        "initial_amount": None,
        "current_amount": None,
        "monthly_contribution": None,
        "portfolio_id": None,
        "metadata": {},
    },
    money=("target_amount", "initial_amount", "current_amount", "monthly_contribution"),
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
    required=("name", "event_type"),
    money=("estimated_cost",),
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
    required=("name", "account_type", "is_asset", "balance"),
    defaults={
        "currency": "USD",
        "institution": None,
        "interest_rate": None,
        "interest_rate_type": None,
        "minimum_payment": None,
        "payment_due_day": None,
        "maturity_date": None,
        "original_loan_amount": None,
        "credit_limit": None,
        "property_value": None,
        "appreciation_rate": None,
        "contribution_limit": None,
        "employer_match": None,
        "vesting_schedule": None,
        "notes": None,
    },
    statuses=("active", "archived"),
    money=(
        "balance",
        "minimum_payment",
        "original_loan_amount",
        "credit_limit",
        "property_value",
        "contribution_limit",
    ),
    filters=("is_asset", "account_type"),
)
PARTS = (
    ("goals", GOALS, "goal_type"),
    ("life_events", LIFE_EVENTS, "event_type"),
    ("external_accounts", EXTERNAL_ACCOUNTS, "account_type"),
)


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    spellings.routes(api)
    for kind in (GOALS, LIFE_EVENTS, EXTERNAL_ACCOUNTS):
        kept.routes(api, world, kind)
    base = "/wealth/accounts/<account_id>/financial-plan"

    @api.put(base)
    def put_plan(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        given = web.body()
        items = [
            (kind, type_name, item)
            for name, kind, type_name in PARTS
            for item in given.get(name) or []
        ]
        for part, total, parts in MONTHLY:
            kept.check_amount(f"{part}.{total}", given.get(part, {}).get(total))
            for each in given.get(part, {}).get(parts) or []:
                kept.check_amount(f"{part}.{parts}.amount", each["amount"])
        for kind, type_name, item in items:
            _check(world, account_id, kind, type_name, item)
        for kind, type_name, item in items:
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
        return summary(world, account_id)


def _match(world: World, account_id: str, kind: kept.Kept, type_name: str, item: Row) -> Row | None:
    """The kept one that a plan's item means: by id, else by name and, if it has one, type."""
    for row in kept.living(world, kind, account_id):
        if row[kind.id_name] == item.get(kind.id_name):
            return row
        same_type = row[type_name] == item.get(type_name, row[type_name])
        if kind.id_name not in item and same_type and row["name"] == item.get("name"):
            return row
    return None


def _check(world: World, account_id: str, kind: kept.Kept, type_name: str, item: Row) -> None:
    """Raise ApiError for what `_merge` could not do, before anything is changed."""
    kept.check(world, kind, account_id, item)
    missing = [name for name in kind.required if name not in item]
    if missing and _match(world, account_id, kind, type_name, item) is None:
        raise invalid(f"{kind.list_name}.{missing[0]}", "needed for a new one", "BLUM-400-002")


def _merge(world: World, account_id: str, kind: kept.Kept, type_name: str, item: Row) -> None:
    row = _match(world, account_id, kind, type_name, item)
    if row is not None:
        kept.update(world, kind, row, item)
    elif all(name in item for name in kind.required):
        kept.create(world, kind, account_id, item)


def _plan_view(world: World, plan: Row) -> Row:
    rows = {
        name: [kind.view(world, row) for row in kept.living(world, kind, plan["account_id"])]
        for name, kind, _ in PARTS
    }
    empty: Row = {"income": {}, "expenses": {}, "investment_outlook": {}}
    return {**empty, **plan, **rows}


# Goals


def goal_view(world: World, row: Row) -> Row:
    """The goal with progress and projection; more of it with `include_projections`."""
    current, target = current_amount(world, row), Decimal(row["target_amount"])
    progress = (current / target * 100).quantize(CENT) if target else Decimal("100.00")
    projected = _projected(world, row, current, target)
    wanted = _target_date(row)
    on_track = None if wanted is None else projected is not None and projected <= wanted
    if current >= target:
        on_track, projected = True, projected or world.clock.now().date()
    view = {
        **row,
        "current_amount": current.quantize(CENT),
        "progress_percent": progress,
        "amount_remaining": max(target - current, ZERO).quantize(CENT),
        "projected_completion_date": projected,
        "on_track": on_track,
    }
    if has_request_context() and request.args.get("include_projections") == "true":
        view["projections"] = _projections(world, row, current, target)
    return view


def current_amount(world: World, row: Row) -> Decimal:
    """What is there for a goal, in dollars.

    What the client said; without that its share of the linked portfolio, divided among the goals
    that live on it by their targets; without a portfolio the initial amount.
    """
    if row.get("current_amount") is not None:
        return Decimal(row["current_amount"])
    if row["portfolio_id"] is None:
        return Decimal(row["initial_amount"] or ZERO)
    sharers = [
        other
        for other in kept.living(world, GOALS, row["account_id"])
        if other["portfolio_id"] == row["portfolio_id"] and other.get("current_amount") is None
    ]
    total = book.total(world, row["account_id"])
    targets = [Decimal(other["target_amount"]) for other in sharers]
    parts: dict[str, Decimal] = dict(
        zip(
            [other["goal_id"] for other in sharers],
            strategy.shares_of(total, targets),
            strict=True,
        )
    )
    return parts.get(row["goal_id"], ZERO)


def _target_date(row: Row) -> date | None:
    return date.fromisoformat(str(row["target_date"])[:10]) if row["target_date"] else None


def _monthly_growth(world: World, account_id: str) -> float:
    """A month's growth factor at the plan's expected return, 5 % a year without one."""
    outlook = world.table("plans").get(account_id, {}).get("investment_outlook", {})
    yearly = float(outlook.get("expected_return_rate") or DEFAULT_RETURN) / 100
    return float(min(max(1 + yearly, 0.0), HIGHEST_GROWTH) ** (1 / 12))


def _compounded(growth: float, months: int) -> tuple[float, float]:
    """What a dollar of today, and a dollar a month, come to; infinite when beyond counting."""
    try:
        factor = growth**months
    except OverflowError:
        return math.inf, math.inf
    return factor, float(months) if growth == 1 else (factor - 1) / (growth - 1)


def _projected(world: World, row: Row, current: Decimal, target: Decimal) -> date | None:
    """The day in the month in which the goal is reached; None if not within a hundred years."""
    growth = _monthly_growth(world, row["account_id"])
    value, monthly = float(current), float(row["monthly_contribution"] or 0)
    months = 0
    while value < float(target):
        if months >= LONGEST_MONTHS:
            return None
        value = value * growth + monthly
        months += 1
    today = world.clock.now().date()
    zero = today.month - 1 + months
    if today.year + zero // 12 > date.max.year:
        return None
    return date(today.year + zero // 12, zero % 12 + 1, min(today.day, 28))


def _months_left(world: World, row: Row) -> int | None:
    """Whole months until the target date; None without one, zero when it has passed."""
    wanted, today = _target_date(row), world.clock.now().date()
    if wanted is None:
        return None
    months = (wanted.year - today.year) * 12 + wanted.month - today.month
    return max(months - (min(today.day, 28) > wanted.day), 0)


def needed_monthly(world: World, row: Row) -> Decimal | None:
    """Dollars a month that reach the goal on its date, to the cent upward.

    None without a date, or with less than a month left.
    """
    months = _months_left(world, row)
    if not months:
        return None
    growth = _monthly_growth(world, row["account_id"])
    current, target = current_amount(world, row), Decimal(row["target_amount"])
    factor, each = _compounded(growth, months)
    grown = float(current) * factor
    if not math.isfinite(grown):
        return ZERO
    missing = float(target) - grown
    return max(Decimal(repr(missing / each)).quantize(CENT, rounding=ROUND_UP), ZERO)


def _projections(world: World, row: Row, current: Decimal, target: Decimal) -> Row:
    """Our own addition: what the projection reckons with, and where it leads on the target date."""
    growth, months = _monthly_growth(world, row["account_id"]), _months_left(world, row)
    found: Row = {
        "expected_return_rate": Decimal(repr((growth**12 - 1) * 100)).quantize(CENT),
        "months_remaining": months,
        "projected_value": None,
        "projected_shortfall": None,
        "required_monthly_contribution": needed_monthly(world, row),
    }
    if months is not None:
        monthly = float(row["monthly_contribution"] or 0)
        factor, each = _compounded(growth, months)
        value = float(current) * factor + monthly * each
        if value < MOST_SHOWN:
            found["projected_value"] = Decimal(repr(value)).quantize(CENT)
            found["projected_shortfall"] = max(target - found["projected_value"], ZERO)
    return found


# Summary


def summary(world: World, account_id: str) -> Row:
    plan = world.table("plans").get(account_id, {})
    external = kept.living(world, EXTERNAL_ACCOUNTS, account_id)
    assets = sum((Decimal(r["balance"]) for r in external if r["is_asset"]), ZERO)
    debts = sum((Decimal(r["balance"]) for r in external if not r["is_asset"]), ZERO)
    cash = ledger.balance(world, account_id)
    invested = sum(book.values(world, account_id).values(), ZERO)
    assets += cash + invested
    living = [row for row in kept.living(world, GOALS, account_id) if row["status"] == "active"]
    goals = [goal_view(world, row) for row in living]
    wanted = sum((Decimal(goal["target_amount"]) for goal in goals), ZERO)
    saved = sum((min(g["current_amount"], Decimal(g["target_amount"])) for g in goals), ZERO)
    income, expenses = (
        monthly_total(plan.get(part, {}), total, items) for part, total, items in MONTHLY
    )
    found = {
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
        found["financial_plan_id"] = plan["financial_plan_id"]
    return found


def monthly_total(part: Row, total: str, items: str) -> Decimal:
    """A month's dollars: the total that was given, else the sum of the items by their frequency."""
    if part.get(total) is not None:
        return Decimal(part[total])
    amounts = (
        Decimal(item["amount"]) * TIMES_A_YEAR.get(item.get("frequency", "monthly"), 12) / 12
        for item in part.get(items) or []
    )
    return sum(amounts, ZERO).quantize(CENT)


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return (part / whole * 100).quantize(CENT, rounding=ROUND_HALF_EVEN) if whole else ZERO
