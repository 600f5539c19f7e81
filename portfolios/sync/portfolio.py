"""The portfolio as Bluum reports it: value, holdings, performance, drift, what was put in."""

import json
import zoneinfo
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from portfolios import checks
from portfolios.models import Holding, Investment, Policy, Portfolio, Valuation
from portfolios.projecting import refresh_projections
from portfolios.sync.common import bluum_portfolio
from portfolios.sync.falls import tell_of_falls
from portfolios.sync.insights import expect_insights
from portfolios.sync.reports import expect_reports
from robo import bluum, clients
from robo.bluum.funding import Transaction
from robo.bluum.portfolios import Holding as Held
from robo.bluum.portfolios import Holdings, Performance, PortfolioSummary, RebalancingAnalysis

PERIODS = ("1m", "3m", "ytd", "1y", "all")
NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
CLOSE = time(16)
USUALLY = timedelta(minutes=15)
IN_MOTION = timedelta(seconds=5)
NOT_OPEN = timedelta(minutes=5)
PAGE = 100
CENT = Decimal("0.01")
PERCENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Report:
    """Everything Bluum said on one round."""

    summary: PortfolioSummary
    holdings: Holdings
    analysis: RebalancingAnalysis | None
    """None as long as there is no policy to compare with."""
    performance: Mapping[str, Performance]
    flows: tuple[tuple[date, Decimal], ...]
    """(New York day, dollars): deposits plus, withdrawals minus, once they are completed."""


def advance_portfolio(row: Portfolio) -> timedelta | None:
    """Read the portfolio anew: every 15 minutes, every 5 seconds while money is being invested."""
    account = row.account
    if wait := account.wait_until_open():
        return max(wait, NOT_OPEN)
    portfolio_id, account_id = bluum_portfolio(account), str(account.bluum_id)
    api = clients.bluum()
    report = Report(
        summary=api.portfolios.summary(account_id, portfolio_id),
        holdings=api.portfolios.holdings(account_id, portfolio_id, include_lots=True),
        analysis=_analysis(account_id, portfolio_id),
        performance={
            period: api.portfolios.performance(account_id, portfolio_id, period=period)
            for period in PERIODS
        },
        flows=tuple(flows(_transactions(account_id))),
    )
    unpriced = [h.symbol for h in report.holdings.holdings if not is_priced(h)]
    if unpriced:
        # Without every price there is no total: the last complete one stays, with its date.
        Portfolio.objects.filter(pk=row.pk).update(unpriced=unpriced)
    else:
        apply_portfolio(row.pk, report)
        refresh_projections(account)
        expect_reports(account)
        expect_insights(account)
        tell_of_falls(account)
    moving = Investment.objects.filter(
        account=account,
        status__in=[Investment.Status.PENDING, Investment.Status.IN_PROGRESS],
    )
    return IN_MOTION if moving.exists() else USUALLY


def is_priced(held: Held) -> bool:
    """Bluum must give a value; that the price behind it is away, it says beside."""
    away = "UNAVAILABLE"
    return held.market_value is not None and away not in (held.price_confidence, held.price_source)


def _analysis(account_id: str, portfolio_id: str) -> RebalancingAnalysis | None:
    try:
        return clients.bluum().portfolios.rebalancing(account_id, portfolio_id)
    except bluum.NotFound:
        return None


def _transactions(account_id: str) -> list[Transaction]:
    """All movements of money in and out, page after page."""
    found: dict[str, Transaction] = {}
    wallets = clients.bluum().wallets
    while True:
        page = wallets.transactions(account_id, limit=PAGE, offset=len(found))
        new = {t.id: t for t in page if t.id not in found}
        found |= new
        if len(page) < PAGE or not new:
            return list(found.values())


def flows(movements: Iterable[Transaction]) -> Iterable[tuple[date, Decimal]]:
    """What came in and went out for good, by the New York day whose close has it."""
    signs = {"deposit": 1, "withdrawal": -1}
    for t in movements:
        at = t.completed_at or t.created_at
        if t.status == "completed" and t.type in signs and at:
            there = at.astimezone(NEW_YORK)
            day = there.date() + timedelta(days=there.time() >= CLOSE)
            yield day, signs[t.type] * t.amount


@transaction.atomic
def apply_portfolio(pk: int, report: Report) -> None:
    """Write what Bluum reported. Value, cash and positions are of one answer, so they add up."""
    row = Portfolio.objects.select_for_update().get(pk=pk)
    held, summary, analysis = report.holdings, report.summary, report.analysis
    row.bluum_id = summary.portfolio_id
    row.name = summary.name or row.name
    row.currency = summary.currency
    row.cash = held.cash.balance if held.cash else summary.valuation.cash_value or Decimal(0)
    row.invested = sum((h.market_value or Decimal(0) for h in held.holdings), Decimal(0))
    row.value = row.invested + row.cash
    row.unrealized = held.totals.total_unrealized_pl
    row.contributed = sum((amount for _, amount in report.flows), Decimal(0))
    row.as_of = held.as_of or summary.valuation.as_of or timezone.now()
    row.refreshed_at = timezone.now()
    classes = analysis.current_allocation if analysis else {}
    row.needs_rebalancing = bool(row.value and analysis and analysis.needs_rebalancing)
    # An empty portfolio is nowhere, and so not in the wrong place.
    drifts = [abs(d.drift) for d in classes.values()] if row.value else []
    row.drift = max(drifts, default=None)
    row.allocation = {
        name: {"target": str(d.target), "actual": str(d.actual), "drift": str(d.drift)}
        for name, d in classes.items()
    }
    row.performance = {
        period: _without_history(found) for period, found in report.performance.items()
    }
    row.status = row.status or "active"
    row.unpriced = []
    row.analysis = kept_analysis(analysis)
    row.sectors = [
        {"sector": share.sector, "percent": str(share.percent)}
        for share in (summary.allocation.by_sector if summary.allocation else ())
        if share.sector and share.percent is not None
    ]
    policy = Policy.objects.filter(account=row.account_id, status=Policy.Status.ACTIVE).first()
    row.checks = checks.remember(row, policy, held.holdings, timezone.localdate())
    row.save(
        update_fields=[
            "bluum_id", "name", "currency", "cash", "invested", "value", "unrealized",
            "contributed", "as_of", "refreshed_at", "needs_rebalancing", "drift", "allocation",
            "performance", "status", "unpriced", "analysis", "sectors", "checks",
        ]
    )  # fmt: skip
    _write_holdings(row, held)
    _write_valuations(row, report)


def kept_analysis(found: RebalancingAnalysis | None) -> dict[str, Any]:
    """Bluum's analysis as it is kept and shown: plain, with the moment it is of."""
    if found is None:
        return {}
    told = found.model_dump(mode="json", exclude={"current_allocation", "portfolio_id"})
    told["at"] = (found.analysis_timestamp or timezone.now()).isoformat()
    told["trades"] = told.pop("recommended_trades")
    return told


def _without_history(found: Performance) -> dict[str, Any]:
    return dict(json.loads(found.model_dump_json(exclude={"value_history", "balance_history"})))


def _write_holdings(row: Portfolio, held: Holdings) -> None:
    kept = {h.symbol: h for h in Holding.objects.filter(portfolio=row)}
    total = row.value or Decimal(0)
    for found in held.holdings:
        value = found.market_value or Decimal(0)
        holding = kept.pop(found.symbol, None) or Holding(portfolio=row, symbol=found.symbol)
        holding.name = found.name or holding.name
        holding.asset_class = found.asset_class or ""
        holding.sector = found.sector or ""
        holding.quantity = found.quantity
        holding.price = found.current_price
        holding.value = value
        holding.cost_basis = found.total_cost_basis
        holding.unrealized = found.unrealized_pl
        holding.weight = (value / total * 100).quantize(PERCENT) if total else None
        holding.price_source = (found.price_source or "")[:60]
        holding.price_confidence = (found.price_confidence or "")[:20]
        holding.price_at = found.price_timestamp
        holding.lots = json.loads(json.dumps(found.lots, default=str))
        holding.save()
    Holding.objects.filter(pk__in=[h.pk for h in kept.values()]).delete()


def _write_valuations(row: Portfolio, report: Report) -> None:
    """A row per day of Bluum's history; only what is new or different is written.

    The newest point may be of this moment: then it has all that came in, after the close, too.
    """
    history = {point.date: point.value for point in report.performance["all"].value_history}
    today = (row.as_of or timezone.now()).astimezone(NEW_YORK).date()
    rows = Valuation.objects.filter(portfolio=row).values_list("day", "value", "contributed")
    before = {day: (value, put_in) for day, value, put_in in rows}
    put_in_by = put_in_on(report.flows, history)
    found = {
        day: (value.quantize(CENT), row.contributed if day >= today else put_in_by[day])
        for day, value in history.items()
    }
    fresh = [
        Valuation(portfolio=row, day=day, value=value, contributed=put_in)
        for day, (value, put_in) in sorted(found.items())
        if before.get(day) != (value, put_in)
    ]
    Valuation.objects.bulk_create(
        fresh,
        update_conflicts=True,
        unique_fields=["portfolio", "day"],
        update_fields=["value", "contributed"],
    )


def put_in_on(
    movements: Iterable[tuple[date, Decimal]], days: Iterable[date]
) -> dict[date, Decimal]:
    """What had been put in, less what was taken out, by the end of each day. One pass, however long
    the history."""
    coming, total, found = sorted(movements), Decimal(0), {}
    at = 0
    for day in sorted(days):
        while at < len(coming) and coming[at][0] <= day:
            total += coming[at][1]
            at += 1
        found[day] = total
    return found
