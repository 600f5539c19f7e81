"""Portfolios: what they hold, how they did, rebalancing, dividends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Named,
    Number,
    Page,
    Resource,
    money_or_none,
    path,
    present,
)


class RebalanceStatus(StrEnum):
    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"


PORTFOLIO_ID = AliasChoices("portfolio_id", "portfolioId", "id")


class Portfolio(Model):
    portfolio_id: str = Field(validation_alias=PORTFOLIO_ID)
    name: str | None = None
    currency: str | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Valuation(Model):
    """Money in the portfolio's currency; `unrealized_gain_loss_percent` in percent."""

    total_value: Decimal
    cash_value: Decimal | None = None
    positions_value: Decimal | None = None
    unrealized_gain_loss: Decimal | None = None
    unrealized_gain_loss_percent: Decimal | None = None
    as_of: Instant | None = None


class Share(Model):
    """A part of the portfolio by `asset_class` or by `sector`; `percent` in percent."""

    asset_class: str | None = None
    sector: str | None = None
    value: Decimal | None = None
    percent: Decimal | None = None


class Allocation(Model):
    by_asset_class: tuple[Share, ...] = ()
    by_sector: tuple[Share, ...] = ()


class RebalancingState(Model):
    needs_rebalancing: bool
    last_rebalanced_at: Instant | None = None
    next_scheduled: Day | None = None
    max_deviation_percent: Decimal | None = None


class StrategyApplication(Model):
    strategy_id: str | None = None
    strategy_version_id: str | None = None
    applied_at: Instant | None = None
    status: Lower | None = None


class GoalRef(Model):
    goal_id: str
    name: str | None = None


class PortfolioSummary(Model):
    portfolio_id: str = Field(validation_alias=PORTFOLIO_ID)
    currency: str
    valuation: Valuation
    account_id: str | None = None
    name: str | None = None
    allocation: Allocation | None = None
    rebalancing_status: RebalancingState | None = None
    strategy_application: StrategyApplication | None = None
    linked_goals: tuple[GoalRef, ...] = ()
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Holding(Model):
    """Money in `currency`; percentages in percent. No price known: None, never 0."""

    symbol: str
    quantity: Decimal
    market_value: Decimal | None = None
    position_id: str | None = None
    asset_id: str | None = None
    name: str | None = None
    currency: str | None = None
    asset_class: str | None = None
    sector: str | None = None
    average_cost_basis: Decimal | None = None
    total_cost_basis: Decimal | None = None
    current_price: Decimal | None = None
    unrealized_pl: Decimal | None = None
    unrealized_pl_percent: Decimal | None = None
    weight_percent: Decimal | None = None
    price_source: str | None = None
    price_confidence: str | None = None
    price_timestamp: Instant | None = None
    lots: tuple[dict[str, object], ...] = ()


class Cash(Model):
    balance: Decimal
    available: Decimal | None = None
    reserved: Decimal | None = None


class HoldingTotals(Model):
    total_value: Decimal
    total_cost_basis: Decimal | None = None
    total_unrealized_pl: Decimal | None = None
    total_unrealized_pl_percent: Decimal | None = None


class Holdings(Model):
    portfolio_id: str = Field(validation_alias=PORTFOLIO_ID)
    holdings: tuple[Holding, ...]
    totals: HoldingTotals
    currency: str | None = None
    as_of: Instant | None = None
    cash: Cash | None = None


class Period(Model):
    start_date: Day | None = None
    end_date: Day | None = None
    label: str | None = None


class Returns(Model):
    """`total_return` is an amount of money, the others are percent."""

    time_weighted_return: Decimal | None = None
    money_weighted_return: Decimal | None = None
    total_return: Decimal | None = None
    annualized_return: Decimal | None = None


class BenchmarkComparison(Model):
    benchmark_symbol: str | None = None
    benchmark_name: str | None = None
    benchmark_return: Decimal | None = None
    alpha: Decimal | None = None
    tracking_error: Decimal | None = None


class RiskMetrics(Model):
    """`volatility` and `max_drawdown` in percent, the ratios plain."""

    volatility: Decimal | None = None
    sharpe_ratio: Decimal | None = None
    max_drawdown: Decimal | None = None
    max_drawdown_date: Day | None = None
    beta: Decimal | None = None


class PeriodBreakdown(Model):
    starting_value: Decimal | None = None
    ending_value: Decimal | None = None
    net_contributions: Decimal | None = None
    net_withdrawals: Decimal | None = None
    investment_gains: Decimal | None = None
    dividends_received: Decimal | None = None
    fees_paid: Decimal | None = None


class ValuePoint(Model):
    date: Day
    value: Decimal


class BalanceHistory(Model):
    dates: tuple[Day, ...] = ()
    values: tuple[Number, ...] = ()


class Performance(Model):
    portfolio_id: str = Field(validation_alias=PORTFOLIO_ID)
    period: Period
    returns: Returns
    benchmark_comparison: BenchmarkComparison | None = None
    risk_metrics: RiskMetrics | None = None
    period_breakdown: PeriodBreakdown | None = None
    value_history: tuple[ValuePoint, ...] = ()
    balance_history: BalanceHistory | None = None


class Drift(Model):
    """Percent; `drift` is actual minus target."""

    target: Decimal
    actual: Decimal
    drift: Decimal


class RecommendedTrade(Model):
    action: Lower
    symbol: str
    asset_class: str | None = None
    quantity: Decimal | None = None
    notional: Decimal | None = None
    reason: str | None = None


class TaxImpact(Model):
    estimated_short_term_gains: Decimal | None = None
    estimated_long_term_gains: Decimal | None = None
    tax_loss_harvesting_available: bool | None = None
    harvestable_losses: Decimal | None = None


class RebalancingAnalysis(Model):
    needs_rebalancing: bool
    portfolio_id: str | None = None
    currency: str | None = None
    analysis_timestamp: Instant | None = None
    rebalancing_reason: str | None = None
    current_allocation: Named[Drift] = {}
    recommended_trades: tuple[RecommendedTrade, ...] = ()
    tax_impact: TaxImpact | None = None
    last_rebalanced_at: Instant | None = None


class Rebalance(Model):
    rebalance_id: str = Field(validation_alias=AliasChoices("rebalance_id", "rebalanceId", "id"))
    status: Lower
    portfolio_id: str | None = None
    execution_type: str | None = None
    trade_plan_id: str | None = None
    estimated_trades: int | None = None
    estimated_completion: Instant | None = None
    created_at: Instant | None = None


class Drip(Model):
    """What happens with dividends and idle cash. Allocation in percent by symbol."""

    enabled: bool
    drip_id: str | None = Field(None, validation_alias=AliasChoices("drip_id", "dripId", "id"))
    portfolio_id: str | None = None
    reinvestment_rule: str | None = None
    custom_allocation: Named[Decimal] | None = None
    minimum_amount: Decimal | None = None
    cash_sweep_enabled: bool | None = None
    cash_sweep_threshold: Decimal | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class Portfolios(Resource):
    def list(self, account_id: str) -> Page[Portfolio]:
        return self._all(
            Portfolio, path("wealth", "accounts", account_id, "portfolios"), "portfolios"
        )

    def create(
        self,
        account_id: str,
        *,
        name: str,
        idempotency_key: Key,
        currency: str = "USD",
        goal_id: str | None = None,
    ) -> Portfolio:
        """Open a portfolio, only if `list` is empty: Bluum may open one by itself."""
        return self._one(
            Portfolio,
            "POST",
            path("wealth", "accounts", account_id, "portfolios"),
            "portfolio",
            json=present(name=name, currency=currency, goal_id=goal_id),
            key=idempotency_key,
        )

    def summary(
        self, account_id: str, portfolio_id: str, *, refresh_prices: bool = False
    ) -> PortfolioSummary:
        return self._one(
            PortfolioSummary,
            "GET",
            _route(account_id, portfolio_id, "summary"),
            "summary",
            params={"refresh_prices": refresh_prices},
        )

    def holdings(
        self,
        account_id: str,
        portfolio_id: str,
        *,
        refresh_prices: bool = False,
        include_lots: bool | None = None,
        group_by: str | None = None,
    ) -> Holdings:
        """`group_by` none, asset_class or sector."""
        return self._one(
            Holdings,
            "GET",
            _route(account_id, portfolio_id, "holdings"),
            params={
                "refresh_prices": refresh_prices,
                "include_lots": include_lots,
                "group_by": group_by,
            },
        )

    def performance(
        self,
        account_id: str,
        portfolio_id: str,
        *,
        period: str | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
        benchmark: str | None = None,
    ) -> Performance:
        """`period` is 1d to all (Bluum's default 1y); dates win over it."""
        return self._one(
            Performance,
            "GET",
            _route(account_id, portfolio_id, "performance"),
            params={
                "period": period,
                "start_date": start_date,
                "end_date": end_date,
                "benchmark": benchmark,
            },
        )

    def rebalancing(self, account_id: str, portfolio_id: str) -> RebalancingAnalysis:
        """How far the portfolio is from its policy, and the trades that would bring it back."""
        return self._one(
            RebalancingAnalysis, "GET", _route(account_id, portfolio_id, "rebalancing")
        )

    def rebalance(
        self,
        account_id: str,
        portfolio_id: str,
        *,
        idempotency_key: Key,
        execution_type: str = "full",
        tax_aware: bool | None = None,
        exclude_positions: Sequence[str] | None = None,
        custom_trades: Sequence[Mapping[str, object]] | None = None,
    ) -> Rebalance:
        """Trade back to the policy. Conflict while a rebalance runs."""
        body = present(
            execution_type=execution_type,
            tax_aware=tax_aware,
            exclude_positions=exclude_positions,
            custom_trades=custom_trades,
        )
        return self._one(
            Rebalance,
            "POST",
            _route(account_id, portfolio_id, "rebalancing"),
            "rebalance",
            json=body,
            key=idempotency_key,
        )

    def drip(self, account_id: str, portfolio_id: str) -> Drip:
        return self._one(Drip, "GET", _route(account_id, portfolio_id, "drip"))

    def set_drip(
        self,
        account_id: str,
        portfolio_id: str,
        *,
        enabled: bool | None = None,
        reinvestment_rule: str | None = None,
        custom_allocation: Mapping[str, Decimal] | None = None,
        minimum_amount: Decimal | None = None,
        cash_sweep_enabled: bool | None = None,
        cash_sweep_threshold: Decimal | None = None,
        idempotency_key: Key | None = None,
    ) -> Drip:
        """Change what is given. Rules: same_security, portfolio_allocation, custom (percent)."""
        body = present(
            enabled=enabled,
            reinvestment_rule=reinvestment_rule,
            custom_allocation=custom_allocation,
            minimum_amount=money_or_none(minimum_amount),
            cash_sweep_enabled=cash_sweep_enabled,
            cash_sweep_threshold=money_or_none(cash_sweep_threshold),
        )
        return self._one(
            Drip,
            "PUT",
            _route(account_id, portfolio_id, "drip"),
            "drip",
            json=body,
            key=idempotency_key,
        )


def _route(account_id: str, portfolio_id: str, what: str) -> str:
    return path("wealth", "accounts", account_id, "portfolios", portfolio_id, what)
