"""Insights about an account, and the reports that look back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import Day, Instant, Lower, Model, Resource, one, path, read, unreadable, wire
from robo.bluum.portfolios import Holding, Period


class InsightAction(Model):
    type: str
    description: str | None = None
    cta_label: str | None = None


class Insight(Model):
    insight_id: str = Field(validation_alias=AliasChoices("insight_id", "insightId", "id"))
    title: str
    category: Lower | None = None
    priority: Lower | None = None
    summary: str | None = None
    impact_estimate: str | None = None
    action: InsightAction | None = None
    details: dict[str, Any] | None = None
    expires_at: Instant | None = None
    status: Lower | None = None


class InsightCounts(Model):
    total_insights: int | None = None
    high_priority: int | None = None
    actionable: int | None = None


class Insights(Model):
    insights: tuple[Insight, ...]
    account_id: str | None = None
    generated_at: Instant | None = None
    summary: InsightCounts | None = None


class StatementSummary(Model):
    """Money, but `net_change_percent` in percent."""

    beginning_value: Decimal | None = None
    ending_value: Decimal | None = None
    net_change: Decimal | None = None
    net_change_percent: Decimal | None = None
    contributions: Decimal | None = None
    withdrawals: Decimal | None = None
    investment_returns: Decimal | None = None
    fees: Decimal | None = None


class Activity(Model):
    """Items have no documented fields: they stay as they came."""

    deposits: tuple[dict[str, Any], ...] = ()
    withdrawals: tuple[dict[str, Any], ...] = ()
    trades: tuple[dict[str, Any], ...] = ()
    dividends: tuple[dict[str, Any], ...] = ()
    fees: tuple[dict[str, Any], ...] = ()


class Statement(Model):
    statement_id: str = Field(validation_alias=AliasChoices("statement_id", "statementId", "id"))
    period: Period
    summary: StatementSummary
    account_id: str | None = None
    activity: Activity | None = None
    holdings_end_of_period: tuple[Holding, ...] = ()
    generated_at: Instant | None = None


class PnlSummary(Model):
    total_pnl: Decimal | None = None
    realized_pnl: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    dividend_income: Decimal | None = None
    interest_income: Decimal | None = None
    fees_paid: Decimal | None = None


class RealizedGains(Model):
    short_term_gains: Decimal | None = None
    short_term_losses: Decimal | None = None
    long_term_gains: Decimal | None = None
    long_term_losses: Decimal | None = None
    net_realized: Decimal | None = None


class PositionPnl(Model):
    symbol: str
    realized_pnl: Decimal | None = None
    unrealized_pnl: Decimal | None = None
    dividend_income: Decimal | None = None


class ClassPnl(Model):
    asset_class: str
    pnl: Decimal | None = None
    pnl_percent: Decimal | None = None


class PnlReport(Model):
    period: Period
    summary: PnlSummary
    account_id: str | None = None
    realized_gains_losses: RealizedGains | None = None
    by_position: tuple[PositionPnl, ...] = ()
    by_asset_class: tuple[ClassPnl, ...] = ()


class Comparison(Model):
    """Returns in percent. `return_` is the benchmark's own."""

    benchmark: str
    name: str | None = None
    return_: Decimal | None = Field(None, validation_alias=AliasChoices("return", "return_"))
    alpha: Decimal | None = None
    correlation: Decimal | None = None
    beta: Decimal | None = None
    tracking_error: Decimal | None = None


class ChartData(Model):
    dates: tuple[Day, ...] = ()
    portfolio: tuple[Decimal, ...] = ()
    benchmarks: dict[str, tuple[Decimal, ...]] = {}


class BenchmarkReport(Model):
    period: str
    comparisons: tuple[Comparison, ...]
    account_id: str | None = None
    portfolio_return: Decimal | None = None
    chart_data: ChartData | None = None


class Reports(Resource):
    def insights(
        self, account_id: str, *, category: str | None = None, limit: int | None = None
    ) -> Insights:
        data = self._client.request(
            "GET",
            path("wealth", "accounts", account_id, "insights"),
            params={"category": category, "limit": limit},
        )
        return read(Insights, one(data))

    def statement(
        self,
        account_id: str,
        *,
        period: str = "monthly",
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> Statement:
        """monthly, quarterly, annual or custom; without dates the last finished one."""
        params = {
            "period": period,
            "start_date": wire(start_date),
            "end_date": wire(end_date),
            "format": "json",
        }
        route = path("wealth", "accounts", account_id, "statements")
        return read(Statement, one(self._client.request("GET", route, params=params)))

    def statement_pdf(
        self,
        account_id: str,
        *,
        period: str = "monthly",
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> bytes:
        params = {
            "period": period,
            "start_date": wire(start_date),
            "end_date": wire(end_date),
            "format": "pdf",
        }
        route = path("wealth", "accounts", account_id, "statements")
        found = self._client.request("GET", route, params=params)
        if not isinstance(found, bytes):
            raise unreadable("not a PDF")
        return found

    def pnl(
        self,
        account_id: str,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        realized_only: bool | None = None,
    ) -> PnlReport:
        params = {
            "start_date": wire(start_date),
            "end_date": wire(end_date),
            "realized_only": realized_only,
        }
        route = path("wealth", "accounts", account_id, "reports", "pnl")
        return read(PnlReport, one(self._client.request("GET", route, params=params)))

    def benchmark(
        self, account_id: str, *, benchmarks: Sequence[str], period: str | None = None
    ) -> BenchmarkReport:
        params = {"benchmarks": ",".join(benchmarks), "period": period}
        route = path("wealth", "accounts", account_id, "reports", "benchmark")
        return read(BenchmarkReport, one(self._client.request("GET", route, params=params)))
