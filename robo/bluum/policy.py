"""The investment policy statement (IPS): what a portfolio should hold, and why."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import Day, Instant, Key, Lower, Model, Named, Resource, path, present


class RiskProfile(Model):
    risk_tolerance: Lower | None = None
    risk_score: int | None = None
    volatility_tolerance: Lower | None = None


class TimeHorizon(Model):
    years: int | None = None
    category: str | None = None


class Objectives(Model):
    """`target_annual_return` in percent."""

    primary: str | None = None
    secondary: tuple[str, ...] = ()
    target_annual_return: Decimal | None = None


class Band(Model):
    """One asset class's share of the portfolio, all in percent."""

    target_percent: Decimal
    min_percent: Decimal | None = None
    max_percent: Decimal | None = None
    sub_allocations: Named[Decimal] = {}


class Liquidity(Model):
    minimum_cash_percent: Decimal | None = None
    emergency_fund_months: int | None = None


class TaxConsiderations(Model):
    tax_loss_harvesting: bool | None = None
    tax_bracket: str | None = None
    prefer_tax_advantaged: bool | None = None


class Restrictions(Model):
    excluded_sectors: tuple[str, ...] = ()
    excluded_securities: tuple[str, ...] = ()
    no_individual_stocks: bool | None = None
    esg_screening: bool | None = None
    esg_criteria: tuple[str, ...] = ()


class RebalancingPolicy(Model):
    frequency: str | None = None
    threshold_percent: Decimal | None = None
    tax_aware: bool | None = None


class Constraints(Model):
    liquidity_requirements: Liquidity | None = None
    tax_considerations: TaxConsiderations | None = None
    restrictions: Restrictions | None = None
    rebalancing_policy: RebalancingPolicy | None = None


class PolicyVersion(Model):
    version: int
    effective_date: Day | None = None
    updated_at: Instant | None = None


class InvestmentPolicy(Model):
    """`target_allocation` maps asset class (equities, fixed_income, ...) to its band."""

    ips_id: str = Field(validation_alias=AliasChoices("ips_id", "ipsId", "id"))
    version: int
    account_id: str | None = None
    risk_profile: RiskProfile | None = None
    time_horizon: TimeHorizon | None = None
    investment_objectives: Objectives | None = None
    target_allocation: Named[Band] = {}
    constraints: Constraints | None = None
    effective_date: Day | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    version_history: tuple[PolicyVersion, ...] = ()


class Deviation(Model):
    """Percent; `deviation` is current minus target."""

    asset_class: str
    target_percent: Decimal | None = None
    current_percent: Decimal | None = None
    deviation: Decimal | None = None
    within_bands: bool | None = None


class AllocationCompliance(Model):
    compliant: bool
    deviations: tuple[Deviation, ...] = ()


class RestrictionCompliance(Model):
    compliant: bool
    violations: tuple[dict[str, Any], ...] = ()


class LiquidityCompliance(Model):
    compliant: bool
    current_cash_percent: Decimal | None = None
    required_cash_percent: Decimal | None = None


class ValidationResults(Model):
    allocation_compliance: AllocationCompliance | None = None
    restriction_compliance: RestrictionCompliance | None = None
    liquidity_compliance: LiquidityCompliance | None = None


class RecommendedAction(Model):
    action_type: str
    description: str | None = None
    priority: str | None = None


class PolicyValidation(Model):
    is_compliant: bool
    validation_results: ValidationResults | None = None
    recommended_actions: tuple[RecommendedAction, ...] = ()
    validated_at: Instant | None = None


class InvestmentPolicies(Resource):
    def put(
        self,
        account_id: str,
        *,
        risk_profile: Mapping[str, object],
        time_horizon: Mapping[str, object],
        investment_objectives: Mapping[str, object],
        target_allocation: Mapping[str, Mapping[str, object]],
        constraints: Mapping[str, object] | None = None,
        effective_date: date | None = None,
        idempotency_key: Key | None = None,
    ) -> InvestmentPolicy:
        """Write a new version; the one before becomes superseded.

        Blocks use Bluum's field names; percentages as Decimal in percent. Targets must add up to
        100, else Refused (400).
        """
        body = present(
            risk_profile=risk_profile,
            time_horizon=time_horizon,
            investment_objectives=investment_objectives,
            target_allocation=target_allocation,
            constraints=constraints,
            effective_date=effective_date,
        )
        return self._write("PUT", account_id, body, idempotency_key)

    def create(
        self, account_id: str, *, idempotency_key: Key | None = None, **blocks: object
    ) -> InvestmentPolicy:
        """As `put`, with the same arguments, at the POST that the guides name."""
        return self._write("POST", account_id, present(**blocks), idempotency_key)

    def _write(
        self, method: str, account_id: str, body: Mapping[str, object], key: Key | None
    ) -> InvestmentPolicy:
        return self._one(
            InvestmentPolicy,
            method,
            path("wealth", "accounts", account_id, "investment-policy"),
            "ips",
            "investment_policy",
            json=body,
            key=key,
        )

    def retrieve(
        self, account_id: str, *, version: int | None = None, include_history: bool = False
    ) -> InvestmentPolicy:
        """The active version, or the one named. Raises NotFound if there is none."""
        return self._one(
            InvestmentPolicy,
            "GET",
            path("wealth", "accounts", account_id, "investment-policy"),
            "ips",
            "investment_policy",
            params={"version": version, "include_history": include_history or None},
        )

    def validate(self, account_id: str, *, portfolio_id: str) -> PolicyValidation:
        """Compare a portfolio with the policy."""
        return self._one(
            PolicyValidation,
            "POST",
            path("wealth", "accounts", account_id, "investment-policy", "validate"),
            json={"portfolio_id": portfolio_id},
        )
