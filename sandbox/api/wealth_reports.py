"""Insights, recommendations, tax ideas, the assistant, statements and reports.

Everything is worked out from the account's own ledger and book, thin but true. Money is dollars,
percents are percent units. Our choice: a statement without dates covers the last finished period.
"""

import math
from datetime import date
from decimal import Decimal

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from sandbox import (
    assistant,
    history,
    insights,
    performance,
    pnl,
    recommendations,
    statement_pdf,
    statements,
    taxes,
    web,
)
from sandbox.api.assets import find
from sandbox.api.wealth_performance import (
    as_decimal,
    as_percent,
    asked_date,
    changes,
    growth_of,
    period_start,
)
from sandbox.errors import ApiError
from sandbox.world import Row, World

DEFAULT_BENCHMARKS = "VTI,AGG"


def routes(api: Blueprint, world: World) -> None:
    """Register the endpoints."""
    base = "/wealth/accounts/<account_id>"

    @api.get(f"{base}/insights")
    def get_insights(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        wanted = request.args.get("category", "all")
        every = insights.insights(world, account_id)
        found = [row for row in every if wanted in ("all", row["category"])]
        return {
            "account_id": account_id,
            "generated_at": world.clock.now(),
            "insights": found[: int(request.args.get("limit", 10))],
            "summary": {
                "total_insights": len(found),
                "high_priority": sum(1 for row in found if row["priority"] == "high"),
                "actionable": sum(1 for row in found if row["action"]),
            },
        }

    @api.get(f"{base}/recommendations")
    def get_recommendations(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        found = recommendations.recommendations(
            world, account_id, request.args.get("type", "all"), request.args.get("goal_id")
        )
        return {
            "account_id": account_id,
            "generated_at": world.clock.now(),
            "recommendations": found,
        }

    @api.get(f"{base}/tax-optimization")
    def get_tax(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        year = int(request.args.get("tax_year", history.today(world).year))
        return taxes.report(world, account_id, year)

    @api.post(f"{base}/assistant/chat")
    def chat(account_id: str) -> ResponseReturnValue:
        account, asked = web.advised_account(world, account_id), web.body()
        answer = assistant.reply(world, account, asked["message"], asked.get("context"))
        return {
            "response_id": world.new_id(),
            "message": answer.text,
            "suggestions": answer.suggestions,
            "context_used": answer.used,
            "created_at": world.clock.now(),
        }

    @api.get(f"{base}/statements")
    def get_statement(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        kind, today = request.args.get("period", "monthly"), history.today(world)
        first, last = asked_date("start_date"), asked_date("end_date")
        start, end, label = statements.period(kind, first, last, today)
        found = statements.statement(world, account_id, start, end, label)
        if request.args.get("format") == "pdf":
            document = statement_pdf.document(world, web.get_account(world, account_id), found)
            name = f"statement-{start}-{end}.pdf"
            return Response(
                document,
                mimetype="application/pdf",
                headers={"Content-Disposition": f'inline; filename="{name}"'},
            )
        return found

    @api.get(f"{base}/reports/pnl")
    def get_pnl(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        now = history.today(world)
        end = asked_date("end_date") or now
        start = asked_date("start_date") or date(end.year, 1, 1)
        if end < start:
            raise ApiError(400, "BLUM-400-007")
        only = request.args.get("realized_only") == "true"
        return pnl.report(world, account_id, start, end, realized_only=only)

    @api.get(f"{base}/reports/benchmark")
    def get_benchmark(account_id: str) -> ResponseReturnValue:
        web.advised_account(world, account_id)
        label = request.args.get("period", "1y")
        asked = request.args.get("benchmarks") or DEFAULT_BENCHMARKS
        symbols = dict.fromkeys(part.strip().upper() for part in asked.split(",") if part.strip())
        return _benchmark(world, account_id, label, list(symbols))


# Benchmarks


def _benchmark(world: World, account_id: str, label: str, symbols: list[str]) -> Row:
    end = history.today(world)
    start = period_start(world, account_id, label, end)
    found = history.between_closes(world, account_id, start, end)
    own = growth_of(found)
    total = None if own is None else math.prod(own) - 1
    row: Row = {"account_id": account_id, "period": label}
    if total is not None:
        row["portfolio_return"] = as_percent(total)
    comparisons, charts = [], {}
    for symbol in symbols:
        asset = find(symbol)
        other = history.benchmark_growth(world, asset.symbol, found.points)
        theirs = math.prod(other) - 1
        comparisons.append(
            {
                "benchmark": asset.symbol,
                "name": asset.name,
                "return": as_percent(theirs),
                "alpha": None if total is None else as_percent(total - theirs),
                **_beside(own or [], other),
            }
        )
        charts[asset.symbol] = _index(other)
    row["comparisons"] = comparisons
    row["chart_data"] = {
        "dates": [point.day for point in found.points],
        "portfolio": _index(own) if own is not None else [],
        "benchmarks": charts,
    }
    return row


def _beside(own: list[float], other: list[float]) -> Row:
    """Statistics of daily returns; null while the history is too short."""
    beta, correlation = performance.beta_and_correlation(changes(own), changes(other))
    error = performance.tracking_error(changes(own), changes(other))
    return {
        "correlation": _decimal(correlation),
        "beta": _decimal(beta),
        "tracking_error": None if error is None else as_percent(error),
    }


def _decimal(number: float | None) -> Decimal | None:
    return None if number is None else as_decimal(number)


def _index(factors: list[float]) -> list[float]:
    """An index that begins with 100."""
    level, found = 100.0, [100.0]
    for factor in factors:
        level *= factor
        found.append(round(level, 2))
    return found
