"""Insights, recommendations, tax ideas, the assistant, statements and reports.

Everything is worked out from the account's own ledger and book, thin but true. Money is dollars,
percents are percent units. Our choice: a statement without dates covers the last finished period.
"""

import math
import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from sandbox import assistant, book, history, insights, orders, pdf, performance, web
from sandbox.api.assets import find
from sandbox.api.trading import percent, priced_position
from sandbox.api.wealth_performance import as_percent, period_start
from sandbox.api.wealth_portfolios import holding
from sandbox.errors import ApiError
from sandbox.history import Stretch
from sandbox.market import assets
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
DEFAULT_BENCHMARKS = "VTI,AGG"


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    base = "/wealth/accounts/<account_id>"

    @api.get(f"{base}/insights")
    def get_insights(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        wanted = request.args.get("category", "all")
        found = [
            row
            for row in insights.insights(world, account_id)
            if wanted in ("all", row["category"])
        ]
        found = found[: int(request.args.get("limit", 10))]
        return {
            "account_id": account_id,
            "generated_at": world.clock.now(),
            "insights": found,
            "summary": {
                "total_insights": len(found),
                "high_priority": sum(1 for row in found if row["priority"] == "high"),
                "actionable": sum(1 for row in found if "action" in row),
            },
        }

    @api.get(f"{base}/recommendations")
    def get_recommendations(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        wanted = request.args.get("type", "all")
        return {
            "account_id": account_id,
            "generated_at": world.clock.now(),
            "recommendations": [
                row
                for row in insights.recommendations(world, account_id)
                if wanted in ("all", row["type"])
            ],
        }

    @api.get(f"{base}/tax-optimization")
    def get_tax(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        year = int(request.args.get("tax_year", history.today(world).year))
        return insights.tax(world, account_id, year)

    @api.post(f"{base}/assistant/chat")
    def chat(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        message, used = assistant.reply(world, account_id, web.body()["message"])
        return {
            "response_id": world.new_id(),
            "message": message,
            "suggestions": [],
            "context_used": used,
            "created_at": world.clock.now(),
        }

    @api.get(f"{base}/statements")
    def get_statement(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        start, end, label = _statement_period(world)
        found = _statement(world, account_id, start, end, label)
        if request.args.get("format") == "pdf":
            return Response(pdf.one_page(_lines(found)), mimetype="application/pdf")
        return found

    @api.get(f"{base}/reports/pnl")
    def get_pnl(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        now = history.today(world)
        start = _date("start_date") or date(now.year, 1, 1)
        end = _date("end_date") or now
        if end < start:
            raise ApiError(400, "BLUM-400-007")
        return _pnl(world, account_id, start, end)

    @api.get(f"{base}/reports/benchmark")
    def get_benchmark(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        label = request.args.get("period", "1y")
        symbols = request.args.get("benchmarks", DEFAULT_BENCHMARKS).split(",")
        return _benchmark(world, account_id, label, [symbol.strip() for symbol in symbols])


def _date(name: str) -> date | None:
    text = request.args.get(name)
    return date.fromisoformat(text[:10]) if text else None


# Statements


def _statement_period(world: World) -> tuple[date, date, str]:
    """First day, last day, label. Raises ApiError 400-007, and 400-002 for custom without dates."""
    kind, now = request.args.get("period", "monthly"), history.today(world)
    start, end = _date("start_date"), _date("end_date")
    if start and end:
        if end < start:
            raise ApiError(400, "BLUM-400-007")
        return start, end, f"{start:%B %Y}" if kind == "monthly" else f"{start} to {end}"
    if kind == "custom":
        raise ApiError(400, "BLUM-400-002", field="start_date", reason="required")
    months = {"monthly": 1, "quarterly": 3, "annual": 12}[kind]
    this = date(now.year, (now.month - 1) // months * months + 1, 1)
    end = this - timedelta(days=1)
    start = date(end.year, (end.month - 1) // months * months + 1, 1)
    names = {1: f"{start:%B %Y}", 3: f"Q{(start.month + 2) // 3} {start.year}", 12: str(start.year)}
    return start, end, names[months]


def _statement(world: World, account_id: str, start: date, end: date, label: str) -> Row:
    found = history.stretch(world, account_id, start, end)
    change = found.ending - found.starting
    key = f"{account_id}/{start}/{end}"
    return {
        "statement_id": str(uuid.uuid5(uuid.NAMESPACE_URL, key)),
        "account_id": account_id,
        "period": {"start_date": start, "end_date": end, "label": label},
        "summary": {
            "beginning_value": found.starting,
            "ending_value": found.ending,
            "net_change": change,
            "net_change_percent": percent(change, found.starting),
            "contributions": found.contributions,
            "withdrawals": found.withdrawals,
            "investment_returns": found.gains,
            "fees": found.fees,
        },
        "activity": {
            "deposits": _money(found, "Deposit", "deposit", "withdrawal_return"),
            "withdrawals": _money(found, "Withdrawal", "withdrawal", "deposit_return"),
            "trades": _trades(world, account_id, found),
            "dividends": _money(found, "Dividend", "dividend"),
            "fees": _money(found, "Fee", "fee"),
        },
        "holdings_end_of_period": _holdings_at(world, account_id, end),
        "generated_at": world.clock.now(),
    }


def _money(found: Stretch, words: str, *kinds: str) -> list[Row]:
    rows = []
    for move in found.of_kind(*kinds):
        symbol = move["reference"] if move["reference"] in assets() else None
        row = {
            "date": move["at"].date(),
            "amount": abs(move["amount"]),
            "currency": "USD",
            "description": f"{words} {symbol}" if symbol else words,
        }
        rows.append({**row, "symbol": symbol} if symbol else row)
    return rows


def _trades(world: World, account_id: str, found: Stretch) -> list[Row]:
    return [
        {
            "date": order["filled_at"].date(),
            "symbol": order["symbol"],
            "side": order["side"],
            "quantity": order["filled_qty"],
            "price": order["average_price"],
            "amount": order["filled_amount"],
            "currency": "USD",
            "description": f"{order['side'].capitalize()} {order['symbol']}",
        }
        for order in orders.of(world, account_id)
        if order["status"] == "filled" and found.since < order["filled_at"] <= found.until
    ]


def _holdings_at(world: World, account_id: str, end: date) -> list[Row]:
    """Holdings as of now; for a past day, what orders since then leave, at that day's close."""
    if end >= history.today(world):
        total = book.total(world, account_id)
        return [holding(world, row, total) for row in book.held(world, account_id)]
    return insights.holdings_on(world, account_id, end)


def _lines(statement: Row) -> list[str]:
    summary = statement["summary"]
    return [
        f"Statement {statement['period']['label']}",
        f"Value at the beginning: {summary['beginning_value']} USD",
        f"Contributions: {summary['contributions']} USD",
        f"Withdrawals: {summary['withdrawals']} USD",
        f"Investment returns: {summary['investment_returns']} USD",
        f"Fees: {summary['fees']} USD",
        f"Value at the end: {summary['ending_value']} USD",
        "",
        *(
            f"{row['symbol']}  {row['quantity']:f} shares  {row['market_value']} USD"
            for row in statement["holdings_end_of_period"]
        ),
    ]


# Profit and loss


def _pnl(world: World, account_id: str, start: date, end: date) -> Row:
    found = history.stretch(world, account_id, start, end)
    inside = [
        row
        for row in book.of(world, account_id)["realized"]
        if found.since < row["at"] <= found.until
    ]
    paid = [
        row
        for row in book.of(world, account_id)["dividends"]
        if found.since < row["at"] <= found.until
    ]
    realized = sum((row["gain"] for row in inside), ZERO)
    only = request.args.get("realized_only") == "true"
    unrealized = ZERO if only else found.gains - found.dividends - realized
    by_symbol: dict[str, dict[str, Decimal]] = {}
    for row in book.of(world, account_id)["positions"].values():
        gain = priced_position(world, row)["unrealized_pl"]
        by_symbol[row["symbol"]] = {"realized": ZERO, "unrealized": gain, "dividend": ZERO}
    for row in inside:
        by_symbol[row["symbol"]]["realized"] += row["gain"]
    for row in paid:
        by_symbol[row["symbol"]]["dividend"] += row["amount"]
    return {
        "account_id": account_id,
        "period": {"start_date": start, "end_date": end},
        "summary": {
            "total_pnl": realized + unrealized + found.dividends,
            "realized_pnl": realized,
            "unrealized_pnl": unrealized,
            "dividend_income": found.dividends,
            "interest_income": ZERO,
            "fees_paid": found.fees,
        },
        "realized_gains_losses": {
            "short_term_gains": _taken(inside, "short", 1),
            "short_term_losses": _taken(inside, "short", -1),
            "long_term_gains": _taken(inside, "long", 1),
            "long_term_losses": _taken(inside, "long", -1),
            "net_realized": realized,
        },
        "by_position": [
            {
                "symbol": symbol,
                "realized_pnl": parts["realized"],
                "unrealized_pnl": ZERO if only else parts["unrealized"],
                "dividend_income": parts["dividend"],
            }
            for symbol, parts in by_symbol.items()
        ],
        "by_asset_class": _by_class(world, account_id, by_symbol),
    }


def _taken(rows: list[Row], term: str, sign: int) -> Decimal:
    gains = (row["gain"] for row in rows if row["term"] == term and row["gain"] * sign > 0)
    total: Decimal = sum(gains, ZERO)
    return abs(total)


def _by_class(world: World, account_id: str, by_symbol: dict[str, Any]) -> list[Row]:
    positions = book.of(world, account_id)["positions"]
    gains: dict[str, Decimal] = {}
    costs: dict[str, Decimal] = {}
    for symbol, parts in by_symbol.items():
        name = assets()[symbol].ips_class
        gains[name] = gains.get(name, ZERO) + sum(parts.values(), ZERO)
        costs[name] = costs.get(name, ZERO) + positions[symbol]["cost"]
    return [
        {"asset_class": name, "pnl": gain, "pnl_percent": percent(gain, costs[name])}
        for name, gain in gains.items()
    ]


# Benchmarks


def _benchmark(world: World, account_id: str, label: str, symbols: list[str]) -> Row:
    end = history.today(world)
    start = period_start(world, account_id, label, end)
    points = history.between_closes(world, account_id, start, end).points
    own = performance.growth(points)
    total = math.prod(own) - 1
    comparisons, charts = [], {}
    for symbol in symbols:
        asset = find(symbol)
        other = history.benchmark_growth(world, asset.symbol, points)
        theirs = math.prod(other) - 1
        own_returns, other_returns = [f - 1 for f in own], [f - 1 for f in other]
        beta, correlation = performance.beta_and_correlation(own_returns, other_returns)
        error = performance.tracking_error(own_returns, other_returns)
        comparisons.append(
            {
                "benchmark": asset.symbol,
                "name": asset.name,
                "return": as_percent(theirs),
                "alpha": as_percent(total - theirs),
                "correlation": _decimal(correlation),
                "beta": _decimal(beta),
                "tracking_error": None if error is None else as_percent(error),
            }
        )
        charts[asset.symbol] = _index(other)
    return {
        "account_id": account_id,
        "period": label,
        "portfolio_return": as_percent(total),
        "comparisons": comparisons,
        "chart_data": {
            "dates": [point.day for point in points],
            "portfolio": _index(own),
            "benchmarks": charts,
        },
    }


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else Decimal(repr(number)).quantize(CENT)


def _index(factors: list[float]) -> list[float]:
    level, found = 100.0, [100.0]
    for factor in factors:
        level *= factor
        found.append(round(level, 2))
    return found
