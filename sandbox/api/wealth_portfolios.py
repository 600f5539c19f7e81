"""Portfolios: list, summary, holdings, performance, rebalancing, dividend settings.

`total_return` is an amount in dollars, other returns are percent. Choices: `sandbox/choices.py`.
"""

from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import autoinvest, book, days, ledger, portfolio, rebalancing, strategy, web
from sandbox.api import wealth_performance
from sandbox.api.assets import asset_id, find
from sandbox.api.trading import percent, price_fields, priced_position
from sandbox.errors import invalid
from sandbox.market import assets
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HIDDEN = (
    *("account_id", "drip", "last_rebalanced_at", "named", "reviewed_on"),
    *("trades", "orders", "exclude", "tax_aware", "trigger"),
)
DRIP_FIELDS = (
    "enabled",
    "reinvestment_rule",
    "custom_allocation",
    "minimum_amount",
    "cash_sweep_enabled",
    "cash_sweep_threshold",
)


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints, and what the strategy engine listens to."""
    world.on("world.started", lambda row: days.begin(world))
    world.on("account.created", lambda row: portfolio.open_first(world, row))
    world.on("deposit.completed", lambda row: autoinvest.deposit_completed(world, row))
    for event in ("deposit.failed", "deposit.canceled", "deposit.returned"):
        world.on(event, lambda row: autoinvest.deposit_failed(world, row))
    world.on("deposit.returned", lambda row: portfolio.deposit_returned(world, row))
    base = "/wealth/accounts/<account_id>/portfolios"

    def found(account_id: str, portfolio_id: str) -> Row:
        web.advised_account(world, account_id)
        return web.owned(world, "portfolios", account_id, portfolio_id, "Portfolio")

    @api.get(base)
    def list_portfolios(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        return {"portfolios": [_shown(row) for row in portfolio.of_account(world, account_id)]}

    @api.post(base)
    def create_portfolio(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        made = portfolio.create(world, account_id, web.body()["name"])
        goal = world.table("goals").get(str(web.body().get("goal_id")))
        if goal is not None and goal["account_id"] == account_id:
            goal["portfolio_id"] = made["portfolio_id"]
        return _shown(made), 201

    @api.get(f"{base}/<portfolio_id>/summary")
    def summary(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        return _summary(world, found(account_id, portfolio_id))

    @api.get(f"{base}/<portfolio_id>/holdings")
    def get_holdings(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        row = found(account_id, portfolio_id)
        return _holdings(world, row)

    @api.get(f"{base}/<portfolio_id>/performance")
    def get_performance(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        row = found(account_id, portfolio_id)
        return wealth_performance.report(world, row)

    @api.get(f"{base}/<portfolio_id>/rebalancing")
    def analysis(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        return _analysis(world, found(account_id, portfolio_id))

    @api.post(f"{base}/<portfolio_id>/rebalancing")
    def rebalance(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        if not request.headers.get("Idempotency-Key"):
            raise invalid("Idempotency-Key", "required", "BLUM-400-002")
        row = found(account_id, portfolio_id)
        web.approved_account(world, account_id, advised=True)
        asked = (request.get_json(force=True, silent=True) or {}) if request.data else {}
        return _shown(rebalancing.start(world, row, asked)), 202

    @api.get(f"{base}/<portfolio_id>/drip")
    def get_drip(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        drip: Row = found(account_id, portfolio_id)["drip"]
        return drip

    @api.put(f"{base}/<portfolio_id>/drip")
    def put_drip(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        drip: Row = found(account_id, portfolio_id)["drip"]
        given = {name: value for name, value in web.body().items() if name in DRIP_FIELDS}
        changed = {**drip, **given}
        if changed["reinvestment_rule"] == "custom" and not changed["custom_allocation"]:
            raise invalid("custom_allocation", "The custom rule needs it.", "BLUM-400-002")
        check_weights(changed["custom_allocation"])
        drip.update(changed, updated_at=world.clock.now())
        drip["status"] = "active" if drip["enabled"] else "paused"
        return drip


def check_weights(weights: Row) -> None:
    """Raise ApiError 404-003 for an unknown symbol, 400-001 unless percents add up to 100."""
    for symbol, percent_of in weights.items():
        find(symbol)
        if Decimal(percent_of) < 0:
            raise invalid("custom_allocation", "Percents are not below zero.")
    if weights and abs(sum(map(Decimal, weights.values()), -Decimal(100))) > CENT:
        raise invalid("custom_allocation", "Percents must add up to 100.")


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in HIDDEN}


def _summary(world: World, row: Row) -> Row:
    account_id, now = row["account_id"], world.clock.now()
    values, cash = book.values(world, account_id), ledger.balance(world, account_id)
    invested = sum(values.values(), ZERO)
    total = invested + cash
    cost = sum((r["cost"] for r in book.held(world, account_id)), ZERO)
    goals = [g for g in world.table("goals").of(account_id) if g["status"] != "archived"]
    return {
        **_shown(row),
        "account_id": account_id,
        "valuation": {
            "total_value": total,
            "cash_value": cash,
            "positions_value": invested,
            "unrealized_gain_loss": invested - cost,
            "unrealized_gain_loss_percent": percent(invested - cost, cost),
            "as_of": now,
        },
        "allocation": {
            "by_asset_class": _shares(values, cash, "asset_class"),
            "by_sector": _shares(values, cash, "sector"),
        },
        "rebalancing_status": _status(world, row),
        "strategy_application": _applied(world, row),
        "linked_goals": [
            {"goal_id": g["goal_id"], "name": g["name"]}
            for g in goals
            if g["portfolio_id"] == row["portfolio_id"]
        ],
    }


def _status(world: World, row: Row) -> Row:
    account_id = row["account_id"]
    ips = portfolio.policy(world, account_id)
    drifts = portfolio.drifts(world, account_id) if ips else []
    worst = max((abs(entry.drift) for entry in drifts), default=ZERO)
    empty = all(entry.actual == 0 for entry in drifts)
    return {
        "needs_rebalancing": bool(ips and strategy.reason_to_rebalance(ips, drifts)),
        "last_rebalanced_at": row["last_rebalanced_at"],
        "next_scheduled": rebalancing.next_scheduled(world, row),
        "max_deviation_percent": ZERO if empty else worst.quantize(CENT),
    }


def _applied(world: World, row: Row) -> Row | None:
    """Which version of the policy the portfolio was last brought to."""
    ips, at = portfolio.policy(world, row["account_id"]), row["last_rebalanced_at"]
    if ips is None or at is None:
        return None
    return {
        "strategy_id": ips["ips_id"],
        "strategy_version_id": f"{ips['ips_id']}-v{ips['version']}",
        "applied_at": at,
        "status": "applied" if ips["created_at"] <= at else "outdated",
    }


def _shares(values: dict[str, Decimal], cash: Decimal, by: str) -> list[Row]:
    total = sum(values.values(), ZERO) + cash
    groups: dict[str, Decimal] = {}
    for symbol, value in values.items():
        asset = assets()[symbol]
        name = asset.ips_class if by == "asset_class" else asset.sector
        groups[name] = groups.get(name, ZERO) + value
    if cash:
        groups["cash"] = cash
    shares = strategy.shares_of(Decimal("100.00"), list(groups.values())) if total > 0 else []
    return [
        {by: name, "value": value, "percent": share}
        for (name, value), share in zip(groups.items(), shares, strict=False)
    ]


def holding(world: World, row: Row, total: Decimal) -> Row:
    """A position as a holding; `asset_class` is the policy's key."""
    asset, priced = assets()[row["symbol"]], priced_position(world, row)
    return {
        "position_id": row["id"],
        "asset_id": asset_id(asset.symbol),
        "symbol": asset.symbol,
        "name": asset.name,
        "currency": "USD",
        "asset_class": asset.ips_class,
        "sector": asset.sector,
        **priced,
        "weight_percent": percent(priced["market_value"], total),
    }


def _holdings(world: World, row: Row) -> Row:
    account_id = row["account_id"]
    total = book.total(world, account_id)
    rows = []
    for position in book.held(world, account_id):
        view = holding(world, position, total)
        view.update(price_fields(world, view["symbol"]))
        if request.args.get("include_lots") == "true":
            view["lots"] = [_lot(world, view, lot) for lot in position["lots"]]
        rows.append(view)
    key = {"asset_class": "asset_class", "sector": "sector"}.get(request.args.get("group_by", ""))
    rows.sort(key=lambda view: (view[key] if key else "", -view["market_value"]))
    cost = sum((view["total_cost_basis"] for view in rows), ZERO)
    gain = sum((view["unrealized_pl"] for view in rows), ZERO)
    return {
        "portfolio_id": row["portfolio_id"],
        "currency": "USD",
        "as_of": world.clock.now(),
        "cash": {
            "balance": ledger.balance(world, account_id),
            "available": ledger.available(world, account_id),
            "reserved": ledger.reserved(world, account_id),
        },
        "holdings": rows,
        "totals": {
            "total_value": total,
            "total_cost_basis": cost,
            "total_unrealized_pl": gain,
            "total_unrealized_pl_percent": percent(gain, cost),
        },
    }


def _lot(world: World, view: Row, lot: Row) -> Row:
    """A lot of a holding, at the holding's price. Bluum shows no shape for it: this one is ours."""
    value = book.value_of(lot["quantity"], view["current_price"])
    return {
        "lot_id": lot["id"],
        "quantity": lot["quantity"],
        "cost_basis": lot["cost"],
        "market_value": value,
        "unrealized_pl": value - lot["cost"],
        "acquired_at": lot["acquired_at"],
        "holding_period": f"{book.term(lot, world.clock.now())}_term",
    }


def _analysis(world: World, row: Row) -> Row:
    account_id = row["account_id"]
    ips = portfolio.required_policy(world, account_id)
    drifts = portfolio.drifts(world, account_id)
    reason = strategy.reason_to_rebalance(ips, drifts)
    needed = _cash_needed()
    if needed is None:
        trades = portfolio.trades_to_target(world, account_id)
    else:
        trades = portfolio.trades_for_cash(world, account_id, needed)
    return {
        "portfolio_id": row["portfolio_id"],
        "currency": "USD",
        "analysis_timestamp": world.clock.now(),
        "needs_rebalancing": reason is not None,
        "rebalancing_reason": reason,
        "current_allocation": {
            entry.name: {
                "target": entry.target.quantize(CENT),
                "actual": entry.actual,
                "drift": entry.drift.quantize(CENT),
            }
            for entry in drifts
        },
        "recommended_trades": [
            {
                "action": trade.action,
                "symbol": trade.symbol,
                "asset_class": trade.asset_class,
                "quantity": trade.quantity,
                "notional": trade.notional,
                "reason": trade.reason,
            }
            for trade in trades
        ],
        "tax_impact": _tax_impact(world, account_id, trades),
        "last_rebalanced_at": row["last_rebalanced_at"],
    }


def _cash_needed() -> Decimal | None:
    """Dollars of the parameter `raise_cash`, which is ours; None without a sensible one."""
    try:
        amount = Decimal(request.args.get("raise_cash", "0"))
    except ArithmeticError:
        return None
    if not amount.is_finite() or not CENT <= amount < 10**12:
        return None
    return ledger.cents(amount)


def _tax_impact(world: World, account_id: str, trades: list[strategy.Trade]) -> Row:
    """Gains less losses of the very lots the sells would use up, and losses that could be taken.

    `wash_sale_symbols` is ours: sold at a loss though bought within the last 30 days.
    """
    now, price = world.clock.now(), book.prices_at(world)
    tax_aware = rebalancing.policy_is_tax_aware(world, account_id)
    sold = {trade.symbol: trade for trade in trades if trade.action == "sell"}
    gains, losses, washed = {"short": ZERO, "long": ZERO}, ZERO, []
    for row in book.held(world, account_id):
        for lot in row["lots"]:
            worth = book.value_of(lot["quantity"], price(row["symbol"]))
            losses += max(lot["cost"] - worth, ZERO)
        trade = sold.get(row["symbol"])
        if trade is None:
            continue
        proceeds = book.value_of(trade.quantity, price(row["symbol"]))
        parts = book.parts_of_sale(row, trade.quantity, proceeds, now, tax_aware=tax_aware)
        for part in parts:
            gains[part["term"]] += part["gain"]
        if any(part["gain"] < 0 for part in parts) and book.bought_lately(row, now):
            washed.append(row["symbol"])
    return {
        "estimated_short_term_gains": gains["short"],
        "estimated_long_term_gains": gains["long"],
        "tax_loss_harvesting_available": losses > 0,
        "harvestable_losses": losses,
        "wash_sale_risk": bool(washed),
        "wash_sale_symbols": washed,
    }
