"""What the sandbox notices about an account: insights, recommendations, taxes, past holdings."""

from datetime import date
from decimal import Decimal

from sandbox import book, ledger, orders, portfolio, strategy
from sandbox.api import kept, wealth_goals
from sandbox.api.assets import asset_id
from sandbox.api.trading import percent, priced_position
from sandbox.calendar import nyse
from sandbox.market import assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
CONCENTRATED = Decimal(25)
TAX_RATE = Decimal("0.24")
TWINS = {"VTI": ["SCHB", "ITOT"], "VEA": ["IEFA", "SCHF"], "VWO": ["IEMG", "SCHE"]}
TWINS |= {"BND": ["AGG", "SCHZ"], "BNDX": ["IAGG"], "VTIP": ["STIP", "SCHP"]}


def insights(world: World, account_id: str) -> list[Row]:
    """Most pressing first. Ids stay the same while the cause does."""
    found = [
        *_drift(world, account_id),
        *_goals(world, account_id),
        *_idle_cash(world, account_id),
        *_concentration(world, account_id),
        *_losses(world, account_id),
    ]
    ranks = ("high", "medium", "low", "informational")
    return sorted(found, key=lambda row: ranks.index(row["priority"]))


def _insight(
    key: str, category: str, priority: str, title: str, summary: str, action: Row | None = None
) -> Row:
    row: Row = {
        "insight_id": key,
        "category": category,
        "title": title,
        "summary": summary,
        "priority": priority,
        "impact_estimate": None,
        "details": None,
        "expires_at": None,
        "status": "active",
    }
    return {**row, "action": action} if action else row


def _drift(world: World, account_id: str) -> list[Row]:
    ips = portfolio.policy(world, account_id)
    if ips is None:
        return []
    found = portfolio.drifts(world, account_id)
    if strategy.reason_to_rebalance(ips, found) is None:
        return []
    worst = max(found, key=lambda entry: abs(entry.drift))
    words = (
        f"{worst.name.replace('_', ' ').capitalize()} make up {worst.actual} % of the portfolio, "
        f"the policy wants {worst.target.quantize(CENT)} %."
    )
    action = {
        "type": "rebalance",
        "description": "Bring the portfolio back to its targets.",
        "cta_label": "See the trades",
    }
    key = f"drift-{account_id}"
    return [_insight(key, "rebalancing", "high", "The portfolio has drifted", words, action)]


def _goals(world: World, account_id: str) -> list[Row]:
    found = []
    for row in kept.living(world, wealth_goals.GOALS, account_id):
        view = wealth_goals.goal_view(world, row)
        if view["on_track"] is False:
            words = f"At the present pace {row['name']} is reached after its date."
            key = f"goal-{row['goal_id']}"
            found.append(_insight(key, "risk", "medium", "A goal is behind", words))
    return found


def _idle_cash(world: World, account_id: str) -> list[Row]:
    cash = ledger.available(world, account_id)
    total = book.total(world, account_id)
    if total <= 0 or cash / total * 100 <= 5:
        return []
    words = f"{cash} USD wait in the wallet, {percent(cash, total)} % of everything."
    return [_insight(f"cash-{account_id}", "opportunity", "medium", "Cash is waiting", words)]


def _concentration(world: World, account_id: str) -> list[Row]:
    total, found = book.total(world, account_id), []
    for symbol, value in book.values(world, account_id).items():
        single = symbol not in {name for names in strategy.FUNDS.values() for name in names}
        if single and value / total * 100 > CONCENTRATED:
            words = f"{symbol} alone is {percent(value, total)} % of the portfolio."
            key = f"concentration-{account_id}-{symbol}"
            found.append(_insight(key, "risk", "medium", "Much in one security", words))
    return found


def _losses(world: World, account_id: str) -> list[Row]:
    losses = _harvestable(world, account_id)
    if losses < 100:
        return []
    words = f"Positions stand {losses} USD below their cost. Selling them would realise the loss."
    action = {
        "type": "tax_loss_harvest",
        "description": "See which positions these are.",
        "cta_label": "See positions",
    }
    return [_insight(f"tax-{account_id}", "tax", "low", "Losses could be taken", words, action)]


def _harvestable(world: World, account_id: str) -> Decimal:
    gains = [priced_position(world, row)["unrealized_pl"] for row in book.held(world, account_id)]
    return sum((-gain for gain in gains if gain < 0), ZERO)


def recommendations(world: World, account_id: str) -> list[Row]:
    """The rebalance that is due, if one is."""
    ips = portfolio.policy(world, account_id)
    if ips is None:
        return []
    if strategy.reason_to_rebalance(ips, portfolio.drifts(world, account_id)) is None:
        return []
    total, values = book.total(world, account_id), book.values(world, account_id)
    targets = {target.symbol: target.percent for target in strategy.model(ips)}
    return [
        {
            "recommendation_id": f"allocation-{account_id}",
            "type": "allocation",
            "title": "Return to the policy's targets",
            "rationale": "The portfolio is further from its targets than the policy allows.",
            "confidence": "high",
            "suggested_actions": [
                {
                    "action": trade.action,
                    "symbol": trade.symbol,
                    "name": assets()[trade.symbol].name,
                    "target_allocation": targets.get(trade.symbol, ZERO).quantize(CENT),
                    "current_allocation": percent(values.get(trade.symbol, ZERO), total),
                }
                for trade in portfolio.trades_to_target(world, account_id)
            ],
        }
    ]
