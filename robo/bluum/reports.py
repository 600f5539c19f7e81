"""Reports that look back: statements, gains and losses, and how the market did meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import Day, Instant, Model, Named, Number, Resource, path
from robo.bluum.portfolios import Holding, Period


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
    portfolio: tuple[Number, ...] = ()
    benchmarks: Named[tuple[Number, ...]] = {}


class BenchmarkReport(Model):
    period: str
    comparisons: tuple[Comparison, ...]
    account_id: str | None = None
    portfolio_return: Decimal | None = None
    chart_data: ChartData | None = None


class Reports(Resource):
    def statement(
        self,
        account_id: str,
        *,
        period: str = "monthly",
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> Statement:
        """monthly, quarterly, annual or custom; without dates the last finished one."""
        route = path("wealth", "accounts", account_id, "statements")
        params = {"period": period, "start_date": start_date, "end_date": end_date}
        return self._one(Statement, "GET", route, params={**params, "format": "json"})

    def statement_pdf(
        self,
        account_id: str,
        *,
        period: str = "monthly",
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> bytes:
        """The same as a document to print."""
        route = path("wealth", "accounts", account_id, "statements")
        params = {"period": period, "start_date": start_date, "end_date": end_date}
        return self._pdf(route, params={**params, "format": "pdf"})

    def pnl(
        self,
        account_id: str,
        *,
        start_date: date | None = None,
        end_date: date | None = None,
        realized_only: bool | None = None,
    ) -> PnlReport:
        return self._one(
            PnlReport,
            "GET",
            path("wealth", "accounts", account_id, "reports", "pnl"),
            params={"start_date": start_date, "end_date": end_date, "realized_only": realized_only},
        )

    def benchmark(
        self, account_id: str, *, benchmarks: Sequence[str], period: str | None = None
    ) -> BenchmarkReport:
        return self._one(
            BenchmarkReport,
            "GET",
            path("wealth", "accounts", account_id, "reports", "benchmark"),
            params={"benchmarks": ",".join(benchmarks), "period": period},
        )
