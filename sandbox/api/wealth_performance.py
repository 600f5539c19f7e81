"""A portfolio's performance over a named period or explicit dates, which win.

`total_return` is dollars, after fees; other returns are percent of the whole period. Only
`annualized_return` is yearly, and only from 365 days on: before, it repeats the period's return.
"""

import math
from contextlib import suppress
from datetime import date, timedelta
from decimal import Decimal

from flask import request

from sandbox import history, performance
from sandbox.api.assets import find
from sandbox.errors import ApiError
from sandbox.history import Stretch
from sandbox.world import Row, World

CENT = Decimal("0.01")
CASH_RATE = 0.032  # house planning value for cash, for the Sharpe ratio
MARKET = "VTI"
MONTHS = {"1m": 1, "3m": 3, "6m": 6, "1y": 12, "3y": 36, "5y": 60}


def report(world: World, row: Row) -> Row:
    """The answer for a portfolio. Raises ApiError 400-007, and 404-003 for the benchmark.

    Returns that can't be given are left out: a time-weighted one after a broken chain, a
    money-weighted one without a unique answer.
    """
    start, end, label = asked_period(world, row["account_id"])
    found = history.between_closes(world, row["account_id"], start, end)
    symbol = request.args.get("benchmark")
    benchmark = find(symbol).symbol if symbol else None
    factors = growth_of(found)
    return {
        "portfolio_id": row["portfolio_id"],
        "period": {"start_date": start, "end_date": end, "label": label},
        "returns": _returns(found, factors, (end - start).days),
        "benchmark_comparison": _comparison(world, found, factors, benchmark)
        if benchmark
        else None,
        "risk_metrics": _risk(world, found, factors) if factors is not None else {},
        "period_breakdown": {
            "starting_value": found.starting,
            "ending_value": found.ending,
            "net_contributions": found.contributions,
            "net_withdrawals": found.withdrawals,
            "investment_gains": found.gains,
            "dividends_received": found.dividends,
            "fees_paid": found.fees,
        },
        **_histories(found, start, end),
    }


def growth_of(found: Stretch) -> list[float] | None:
    """Daily growth factors; None if the chain is broken."""
    with suppress(performance.BrokenChain):
        return performance.growth(found.points)
    return None


def _returns(found: Stretch, factors: list[float] | None, days: int) -> Row:
    returns: Row = {"total_return": found.gains - found.fees}
    if factors is not None:
        weighted = math.prod(factors) - 1
        yearly = performance.annualised(weighted, days)
        returns["time_weighted_return"] = as_percent(weighted)
        returns["annualized_return"] = as_percent(yearly)
    flows = history.dated_flows(found)
    money = performance.period_money_weighted(flows, found.points[-1].day, found.ending)
    if money is not None or not flows:
        returns["money_weighted_return"] = as_percent(money or 0.0)
    return returns


def _histories(found: Stretch, start: date, end: date) -> Row:
    points = found.points if found.starting and start < end else found.points[1:]
    rows = [{"date": max(point.day, start), "value": point.value} for point in points]
    return {
        "value_history": rows,
        "balance_history": {
            "dates": [row["date"] for row in rows],
            "values": [float(point.value) for point in points],
        },
    }


def _comparison(world: World, found: Stretch, own: list[float] | None, symbol: str) -> Row:
    asset = find(symbol)
    other = history.benchmark_growth(world, asset.symbol, found.points)
    theirs = math.prod(other) - 1
    row: Row = {
        "benchmark_symbol": asset.symbol,
        "benchmark_name": asset.name,
        "benchmark_return": as_percent(theirs),
    }
    if own is not None:
        error = performance.tracking_error(changes(own), changes(other))
        row["alpha"] = as_percent(math.prod(own) - 1 - theirs)
        row["tracking_error"] = as_percent(error or 0.0)
    return row


def _risk(world: World, found: Stretch, factors: list[float]) -> Row:
    fall, day = performance.drawdown(found.points)
    market = history.benchmark_growth(world, MARKET, found.points)
    beta, _ = performance.beta_and_correlation(changes(factors), changes(market))
    ratio = performance.sharpe(factors, CASH_RATE)
    return {
        "volatility": as_percent(performance.volatility(factors)),
        "sharpe_ratio": as_decimal(ratio or 0.0),
        "max_drawdown": as_percent(fall),
        "max_drawdown_date": day,
        "beta": None if beta is None else as_decimal(beta),
    }


# Periods


def asked_period(world: World, account_id: str, default: str = "1y") -> tuple[date, date, str]:
    """First day, last day and label from the request. Raises ApiError 400-007."""
    now = history.today(world)
    label = request.args.get("period", default)
    end = asked_date("end_date") or now
    start = asked_date("start_date")
    if start is not None or "end_date" in request.args:
        label = "custom"
    start = start or period_start(world, account_id, request.args.get("period", default), end)
    if end < start:
        raise ApiError(400, "BLUM-400-007")
    return start, min(end, now) if start <= now else end, label


def period_start(world: World, account_id: str, label: str, end: date) -> date:
    """The first day of a named period that ends on `end`; never before the first movement."""
    first = history.first_day(world, account_id) or end
    if label in ("1d", "1w"):
        start = end - timedelta(days=1 if label == "1d" else 7)
    elif label == "ytd":
        start = date(end.year, 1, 1)
    elif label in MONTHS:
        zero = end.year * 12 + end.month - 1 - MONTHS[label]
        start = date(zero // 12, zero % 12 + 1, min(end.day, 28))
    else:
        start = first
    return min(max(start, first), end)


def asked_date(name: str) -> date | None:
    """A date of the query, which was validated before."""
    text = request.args.get(name)
    return date.fromisoformat(text[:10]) if text else None


# Numbers


def changes(factors: list[float]) -> list[float]:
    """Growth factors as returns."""
    return [factor - 1 for factor in factors]


def as_percent(fraction: float) -> Decimal:
    """A fraction as percent units with two decimals."""
    return as_decimal(fraction * 100)


def as_decimal(number: float) -> Decimal:
    """A number with two decimals."""
    return Decimal(repr(number)).quantize(CENT)
