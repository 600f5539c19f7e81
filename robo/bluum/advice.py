"""What Bluum has to say about an account: insights, recommendations, tax ideas, an assistant."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import Instant, Lower, Model, Personal, Resource, path, present


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


class ExpectedImpact(Model):
    risk_adjusted_return_improvement: Decimal | None = None
    diversification_score_improvement: Decimal | None = None


class SuggestedAction(Model):
    """Allocations in percent."""

    action: Lower
    symbol: str | None = None
    name: str | None = None
    target_allocation: Decimal | None = None
    current_allocation: Decimal | None = None


class Recommendation(Model):
    recommendation_id: str = Field(
        validation_alias=AliasChoices("recommendation_id", "recommendationId", "id")
    )
    title: str
    type: Lower | None = None
    rationale: str | None = None
    confidence: Lower | None = None
    expected_impact: ExpectedImpact | None = None
    suggested_actions: tuple[SuggestedAction, ...] = ()


class Recommendations(Model):
    recommendations: tuple[Recommendation, ...]
    account_id: str | None = None
    generated_at: Instant | None = None


class TaxSummary(Model):
    estimated_short_term_gains: Decimal | None = None
    estimated_long_term_gains: Decimal | None = None
    realized_losses_ytd: Decimal | None = None
    harvestable_losses: Decimal | None = None


class TaxPosition(Model):
    symbol: str
    position_id: str | None = None
    unrealized_gain_loss: Decimal | None = None
    holding_period: Lower | None = None
    wash_sale_risk: bool | None = None
    replacement_options: tuple[str, ...] = ()
    days_until_long_term: int | None = None


class TaxOpportunity(Model):
    title: str
    opportunity_id: str | None = Field(
        None, validation_alias=AliasChoices("opportunity_id", "opportunityId", "id")
    )
    type: str | None = None
    description: str | None = None
    estimated_tax_savings: Decimal | None = None
    positions: tuple[TaxPosition, ...] = ()


class TaxOptimization(Model):
    """Money in the account's currency."""

    tax_year: int
    opportunities: tuple[TaxOpportunity, ...]
    account_id: str | None = None
    generated_at: Instant | None = None
    tax_summary: TaxSummary | None = None


class Suggestion(Model):
    label: str
    type: str | None = None
    action_url: str | None = None


class Reply(Personal):
    """The assistant's answer, and which of the account's data it looked at."""

    message: str
    response_id: str | None = Field(
        None, validation_alias=AliasChoices("response_id", "responseId", "id")
    )
    suggestions: tuple[Suggestion, ...] = ()
    context_used: tuple[str, ...] = ()
    created_at: Instant | None = None


class Advice(Resource):
    def insights(
        self, account_id: str, *, category: str | None = None, limit: int | None = None
    ) -> Insights:
        """`category` opportunity, risk, tax or rebalancing."""
        params = {"category": category, "limit": limit}
        return self._one(Insights, "GET", _route(account_id, "insights"), params=params)

    def recommendations(
        self, account_id: str, *, type: str | None = None, goal_id: str | None = None
    ) -> Recommendations:
        """`type` allocation, security, strategy or all."""
        params = {"type": type, "goal_id": goal_id}
        route = _route(account_id, "recommendations")
        return self._one(Recommendations, "GET", route, params=params)

    def tax_optimization(self, account_id: str, *, tax_year: int | None = None) -> TaxOptimization:
        route = _route(account_id, "tax-optimization")
        return self._one(TaxOptimization, "GET", route, params={"tax_year": tax_year})

    def chat(
        self,
        account_id: str,
        message: str,
        *,
        portfolio_id: str | None = None,
        include_positions: bool | None = None,
    ) -> Reply:
        """Ask the assistant, in up to 2000 characters. It remembers nothing between questions."""
        context = present(portfolio_id=portfolio_id, include_positions=include_positions)
        body = present(message=message, context=context or None)
        return self._one(Reply, "POST", _route(account_id, "assistant", "chat"), json=body)


def _route(account_id: str, *what: str) -> str:
    return path("wealth", "accounts", account_id, *what)
