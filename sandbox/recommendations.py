"""What the sandbox would do with an account: allocation, security and strategy recommendations.

Confidence is high where the policy asks for it, medium where a rule of thumb does, low for a hint.
`expected_impact.diversification_score_improvement` is the change of 100 x (1 - sum of squared
weights), cash left out.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

from sandbox import book, insights, ledger, portfolio, strategy
from sandbox.api import kept, wealth_goals
from sandbox.api.trading import percent
from sandbox.errors import not_found
from sandbox.market import assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")


def recommendations(
    world: World, account_id: str, kind: str = "all", goal_id: str | None = None
) -> list[Row]:
    """Those of a type (`all`: every one), or only those about one goal.

    Raises ApiError 404-001 for a goal that is not the account's.
    """
    found = [
        *_allocation(world, account_id),
        *_securities(world, account_id),
        *_strategy(world, account_id),
    ]
    if goal_id is not None:
        goal = world.table("goals").get(goal_id)
        if goal is None or goal["account_id"] != account_id:
            raise not_found("Goal not found.")
        of_portfolio = goal["portfolio_id"] is not None
        found = [
            row
            for row in found
            if row["goal_id"] == goal_id or (of_portfolio and row["type"] != "strategy")
        ]
    return [
        {name: value for name, value in row.items() if name != "goal_id"}
        for row in found
        if kind in ("all", row["type"])
    ]


def _recommendation(
    key: str,
    kind: str,
    confidence: str,
    title: str,
    rationale: str,
    actions: list[Row] | None = None,
    improvement: Decimal = ZERO,
    goal_id: str | None = None,
) -> Row:
    return {
        "recommendation_id": key,
        "type": kind,
        "title": title,
        "rationale": rationale,
        "confidence": confidence,
        "expected_impact": {"diversification_score_improvement": improvement},
        "suggested_actions": actions or [],
        "goal_id": goal_id,
    }


def _allocation(world: World, account_id: str) -> Iterator[Row]:
    ips = portfolio.policy(world, account_id)
    if ips is None:
        return
    drifted = strategy.reason_to_rebalance(ips, portfolio.drifts(world, account_id)) is not None
    idle = any(insights.idle_cash(world, account_id))
    trades = portfolio.trades_to_target(world, account_id)
    if not trades or not (drifted or idle):
        return
    total, values = book.total(world, account_id), book.values(world, account_id)
    after = dict(values)
    for trade in trades:
        sign = 1 if trade.action == "buy" else -1
        after[trade.symbol] = after.get(trade.symbol, ZERO) + sign * trade.notional
    reason = (
        "The portfolio is further from its targets than the policy allows."
        if drifted
        else f"{ledger.available(world, account_id)} USD of cash are not invested."
    )
    yield _recommendation(
        f"allocation-{account_id}",
        "allocation",
        "high" if drifted else "medium",
        "Return to the policy's targets" if drifted else "Invest the cash",
        reason,
        [_action(trade.action, trade.symbol, values, after, total) for trade in trades],
        diversification(after) - diversification(values),
    )


def _action(
    action: str,
    symbol: str,
    before: Mapping[str, Decimal],
    after: Mapping[str, Decimal],
    total: Decimal,
) -> Row:
    return {
        "action": action,
        "symbol": symbol,
        "name": assets()[symbol].name,
        "target_allocation": percent(max(after.get(symbol, ZERO), ZERO), total),
        "current_allocation": percent(before.get(symbol, ZERO), total),
    }


def diversification(values: Mapping[str, Decimal]) -> Decimal:
    """0 (all in one security, or nothing) to just under 100."""
    total = sum(values.values(), ZERO)
    if total <= 0:
        return ZERO
    squares = sum(((value / total) ** 2 for value in values.values()), ZERO)
    return (100 * (1 - squares)).quantize(CENT)


def _securities(world: World, account_id: str) -> Iterator[Row]:
    """Spread what is too much in one security over the policy's fund for its class."""
    total, values = book.total(world, account_id), book.values(world, account_id)
    for symbol, value in values.items():
        share = percent(value, total)
        if insights.is_fund(symbol) or share <= insights.CONCENTRATED:
            continue
        fund = _fund(world, account_id, symbol)
        excess = (value - total * insights.CONCENTRATED / 100).quantize(CENT)
        after = {**values, symbol: value - excess}
        after[fund] = after.get(fund, ZERO) + excess
        yield _recommendation(
            f"security-{account_id}-{symbol}",
            "security",
            "medium",
            f"Hold less of {symbol}",
            f"{symbol} is {share} % of the portfolio. {insights.CONCENTRATED} % in one security "
            f"is as much as we call prudent; {fund} spreads {excess} USD of it.",
            [
                _action("sell", symbol, values, after, total),
                _action("buy", fund, values, after, total),
            ],
            diversification(after) - diversification(values),
        )


def _fund(world: World, account_id: str, symbol: str) -> str:
    """The policy's first fund of the security's class, else a broad one."""
    ips, wanted = portfolio.policy(world, account_id), assets()[symbol].ips_class
    for target in strategy.model(ips) if ips else []:
        if target.ips_class == wanted and target.symbol != symbol:
            return target.symbol
    return "VTI" if wanted != "fixed_income" else "BND"


def _strategy(world: World, account_id: str) -> Iterator[Row]:
    if portfolio.policy(world, account_id) is None:
        yield _recommendation(
            f"policy-{account_id}",
            "strategy",
            "high",
            "Write an investment policy",
            "Without one nothing says how money is to be invested.",
        )
    for row in kept.living(world, wealth_goals.GOALS, account_id):
        view = wealth_goals.goal_view(world, row)
        needed = wealth_goals.needed_monthly(world, row)
        if row["status"] != "active" or view["on_track"] is not False or needed is None:
            continue
        now = Decimal(row["monthly_contribution"] or 0).quantize(CENT)
        yield _recommendation(
            f"goal-{row['goal_id']}",
            "strategy",
            "medium",
            f"Put more into {row['name']}",
            f"At {now} USD a month {row['name']} is reached after {row['target_date']}. {needed} "
            f"USD a month would reach it in time, at the plan's expected return.",
            goal_id=row["goal_id"],
        )
    schedules = world.table("schedules").of(account_id)
    if book.held(world, account_id) and not any(s["status"] == "active" for s in schedules):
        yield _recommendation(
            f"schedule-{account_id}",
            "strategy",
            "low",
            "Invest on a schedule",
            "No auto-invest schedule is active; regular deposits keep drift small without sales.",
        )
