"""Portfolios: list, summary, holdings, performance, rebalancing, dividend settings.

`total_return` is an amount in dollars, other returns are percent. Choices: `sandbox/choices.py`.
"""

from decimal import Decimal

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from sandbox import autoinvest, book, ledger, portfolio, strategy, web
from sandbox.api import wealth_performance
from sandbox.api.assets import asset_id, find
from sandbox.api.trading import percent, price_fields, priced_position
from sandbox.errors import invalid
from sandbox.market import assets
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
HIDDEN = ("account_id", "drip", "last_rebalanced_at", "trades", "orders", "exclude")


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints, and what the strategy engine listens to."""
    world.on("world.started", lambda row: portfolio.begin(world))
    world.on("account.created", lambda row: portfolio.open_first(world, row))
    world.on("deposit.completed", lambda row: autoinvest.deposit_completed(world, row))
    for event in ("deposit.failed", "deposit.canceled"):
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
        return _shown(portfolio.start_rebalance(world, row, asked)), 202

    @api.get(f"{base}/<portfolio_id>/drip")
    def get_drip(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        drip: Row = found(account_id, portfolio_id)["drip"]
        return drip

    @api.put(f"{base}/<portfolio_id>/drip")
    def put_drip(account_id: str, portfolio_id: str) -> ResponseReturnValue:
        drip: Row = found(account_id, portfolio_id)["drip"]
        given = web.body()
        check_weights(given.get("custom_allocation") or {})
        drip.update(given, updated_at=world.clock.now())
        drip["status"] = "active" if drip["enabled"] else "paused"
        return drip


def check_weights(weights: Row) -> None:
    """Raise ApiError 404-003 for an unknown symbol, 400-001 unless percents add up to 100."""
    for symbol in weights:
        find(symbol)
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
    goals = [g for g in world.table("goals").values() if g["status"] != "archived"]
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
        "strategy_application": None,
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
        "next_scheduled": None,
        "max_deviation_percent": ZERO if empty else worst.quantize(CENT),
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
        if request.args.get("refresh_prices") == "true":
            view.update(price_fields(world))
        if request.args.get("include_lots") == "true":
            view["lots"] = position["lots"]
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


def _analysis(world: World, row: Row) -> Row:
    account_id = row["account_id"]
    ips = portfolio.required_policy(world, account_id)
    drifts = portfolio.drifts(world, account_id)
    reason = strategy.reason_to_rebalance(ips, drifts)
    trades = portfolio.trades_to_target(world, account_id)
    short, long, losses = _gains(world, account_id, trades)
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
        "tax_impact": {
            "estimated_short_term_gains": short,
            "estimated_long_term_gains": long,
            "tax_loss_harvesting_available": losses > 0,
            "harvestable_losses": losses,
        },
        "last_rebalanced_at": row["last_rebalanced_at"],
    }


def _gains(
    world: World, account_id: str, trades: list[strategy.Trade]
) -> tuple[Decimal, Decimal, Decimal]:
    """Gains the sells would realise, short and long term, and losses that could be taken."""
    short = long = losses = ZERO
    old = world.clock.now() - book.LONG_TERM
    sold = {trade.symbol: trade for trade in trades if trade.action == "sell"}
    for row in book.held(world, account_id):
        gain = priced_position(world, row)["unrealized_pl"]
        losses += max(-gain, ZERO)
        trade = sold.get(row["symbol"])
        if trade is None or gain <= 0:
            continue
        taken = (gain * trade.quantity / row["quantity"]).quantize(CENT)
        if row["lots"] and row["lots"][0]["acquired_at"] < old:
            long += taken
        else:
            short += taken
    return short, long, losses
