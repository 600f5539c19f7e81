"""The investor's financial profile, dependents, and risk assessments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field

from robo.bluum.base import (
    UNSET,
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Number,
    Page,
    Personal,
    Plans,
    Resource,
    Unset,
    changed,
    money_or_none,
    object_in,
    path,
    present,
    wire,
)


def _fraction(value: object) -> object:
    """A rate as a fraction: Bluum's reference has numbers (0.32), a guide percent ("32")."""
    if not isinstance(value, str):
        return value
    try:
        return Decimal(value.strip().removesuffix("%")) / 100
    except ArithmeticError:
        return value


Fraction = Annotated[Number, BeforeValidator(_fraction)]

RATES = ("income_growth_rate", "retirement_account_match", "federal_tax_bracket", "state_tax_rate")
"""Profile fields that Bluum writes as JSON numbers and fractions: 0.32 is 32 percent."""


class AssessmentStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


class Demographics(Personal):
    marital_status: str | None = None
    number_of_dependents: int | None = None
    expected_retirement_age: int | None = None
    life_expectancy: int | None = None
    health_status: str | None = None
    is_us_citizen: bool | None = None
    is_us_resident: bool | None = None
    state_of_residence: str | None = None


class Employment(Personal):
    """Money is dollars a year; `income_growth_rate` and `retirement_account_match` fractions."""

    employment_status: str | None = Field(
        None, validation_alias=AliasChoices("employment_status", "status")
    )
    employer_name: str | None = None
    job_title: str | None = None
    industry: str | None = None
    years_in_current_job: int | None = None
    annual_gross_income: Decimal | None = None
    annual_bonus: Decimal | None = None
    income_growth_rate: Fraction | None = None
    has_stock_options: bool | None = None
    stock_options_value: Decimal | None = None
    retirement_account_match: Fraction | None = None


class RetirementBenefits(Personal):
    has_pension: bool | None = None
    pension_monthly_amount: Decimal | None = None
    pension_start_age: int | None = None
    social_security_estimate: Decimal | None = None
    social_security_start_age: int | None = None
    has_deferred_compensation: bool | None = None
    deferred_comp_value: Decimal | None = None


class Tax(Personal):
    """`federal_tax_bracket` and `state_tax_rate` are fractions: 0.32 is 32 percent."""

    filing_status: str | None = None
    federal_tax_bracket: Fraction | None = None
    state_tax_rate: Fraction | None = None
    has_capital_loss_carryforward: bool | None = None
    capital_loss_carryforward_amount: Decimal | None = None
    tax_loss_harvesting_preference: bool | None = None
    estimated_quarterly_taxes: Decimal | None = None


class Insurance(Personal):
    has_life_insurance: bool | None = None
    life_insurance_coverage: Decimal | None = None
    life_insurance_type: str | None = None
    has_disability_insurance: bool | None = None
    disability_monthly_benefit: Decimal | None = None
    has_long_term_care: bool | None = None
    long_term_care_daily_benefit: Decimal | None = None
    has_umbrella_policy: bool | None = None
    umbrella_coverage_amount: Decimal | None = None


class CashFlow(Personal):
    monthly_expenses: Decimal | None = None
    monthly_savings: Decimal | None = None
    emergency_fund_months: int | None = None


class InvestmentPreferences(Personal):
    investment_style: str | None = None
    esg_screening: bool | None = None
    shariah_compliant: bool | None = None
    rebalancing_preference: str | None = None


class Profile(Personal):
    """`completeness_score` is 0 to 100."""

    profile_id: str = Field(validation_alias=AliasChoices("profile_id", "profileId", "id"))
    account_id: str | None = None
    completeness_score: int | None = None
    last_assessed_at: Instant | None = None
    demographics: Demographics | None = None
    employment: Employment | None = None
    retirement_benefits: RetirementBenefits | None = None
    tax: Tax | None = None
    insurance: Insurance | None = None
    estate_planning: dict[str, Any] | None = None
    cash_flow: CashFlow | None = None
    investment_preferences: InvestmentPreferences | None = None
    partner: dict[str, Any] | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class SnapshotSections(Personal):
    """The profile's sections, under the names that snapshots have for them."""

    demographics_profile: Demographics | None = None
    employment_profile: Employment | None = None
    retirement_benefits: RetirementBenefits | None = None
    tax_profile: Tax | None = None
    insurance_profile: Insurance | None = None


class ProfileSnapshot(Personal):
    """A frozen copy of the profile. `data` has its sections, where asked for one by id."""

    snapshot_id: str = Field(validation_alias=AliasChoices("snapshot_id", "snapshotId", "id"))
    profile_id: str | None = None
    version: int | None = None
    trigger: str | None = None
    artifact_id: str | None = None
    completeness_score: int | None = None
    data: SnapshotSections | None = None
    created_at: Instant | None = None


class LinkedGoal(Model):
    goal_id: str = Field(validation_alias=AliasChoices("goal_id", "goalId", "id"))
    name: str | None = None
    goal_type: str | None = None
    target_amount: Decimal | None = None


class Dependent(Personal):
    dependent_id: str = Field(validation_alias=AliasChoices("dependent_id", "dependentId", "id"))
    account_id: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    relationship: str | None = None
    date_of_birth: Day | None = None
    financial_support_until: Day | None = None
    has_education_plans: bool | None = None
    estimated_education_cost: Decimal | None = None
    covered_by_health_insurance: bool | None = None
    has_special_needs: bool | None = None
    linked_goal_id: str | None = None
    notes: str | None = None
    metadata: dict[str, Any] | None = None
    linked_goal: LinkedGoal | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class RiskResponse(Model):
    question_id: str
    answer_id: str
    question_text: str | None = None
    answer_text: str | None = None
    score: Number | None = None


class PastMarketBehavior(Model):
    experienced_major_downturn: bool | None = None
    action_during_downturn: str | None = None
    regret_level: str | None = None


class RiskAssessment(Model):
    """What Bluum's questionnaire found.

    `computed_risk_score` is 1 to 10. Servers that follow the guide answer on another scale
    instead: `risk_score` 0 to 100, `risk_category`, `recommended_equity_allocation` in percent.
    """

    assessment_id: str = Field(validation_alias=AliasChoices("assessment_id", "assessmentId", "id"))
    status: Lower | None = None
    account_id: str | None = None
    questionnaire_id: str | None = None
    questionnaire_version: int | None = None
    computed_risk_score: int | None = None
    risk_tolerance: Lower | None = None
    volatility_tolerance: Lower | None = None
    risk_score: Decimal | None = None
    risk_category: Lower | None = None
    recommended_equity_allocation: Decimal | None = None
    investment_experience: str | None = None
    years_investing: int | None = None
    responses: tuple[RiskResponse, ...] = ()
    past_market_behavior: PastMarketBehavior | None = None
    completed_at: Instant | None = None
    expires_at: Instant | None = None
    created_at: Instant | None = None


class RiskSummary(Model):
    has_valid_assessment: bool
    needs_reassessment: bool
    current_risk_score: int | None = None
    current_risk_tolerance: Lower | None = None
    expires_at: Instant | None = None


class Profiles(Resource):
    def retrieve(self, account_id: str) -> Profile:
        return self._one(
            Profile, "GET", path("wealth", "accounts", account_id, "profile"), "profile"
        )

    def update(
        self,
        account_id: str,
        *,
        idempotency_key: Key | None = None,
        **sections: Mapping[str, object] | None,
    ) -> Profile:
        """Change fields; sections and fields left out are kept.

        Sections: demographics, employment, retirement_benefits, tax, insurance, estate_planning,
        cash_flow, investment_preferences, partner. Values may be Decimal, date, bool, int, str;
        the rates (see RATES) are fractions.
        """
        body = {name: _section(given) for name, given in sections.items() if given is not None}
        return self._one(
            Profile,
            "PUT",
            path("wealth", "accounts", account_id, "profile"),
            "profile",
            json=body,
            key=idempotency_key,
        )

    def snapshots(
        self, account_id: str, *, trigger: str | None = None, limit: int | None = None
    ) -> Page[ProfileSnapshot]:
        return self._all(
            ProfileSnapshot,
            path("wealth", "accounts", account_id, "profile", "snapshots"),
            "snapshots",
            params={"trigger": trigger, "limit": limit},
        )

    def create_snapshot(
        self,
        account_id: str,
        *,
        trigger: str = "manual",
        artifact_id: str | None = None,
        idempotency_key: Key | None = None,
    ) -> ProfileSnapshot:
        return self._one(
            ProfileSnapshot,
            "POST",
            path("wealth", "accounts", account_id, "profile", "snapshots"),
            json=present(trigger=trigger, artifact_id=artifact_id),
            key=idempotency_key,
        )

    def snapshot(self, account_id: str, snapshot_id: str) -> ProfileSnapshot:
        return self._one(
            ProfileSnapshot,
            "GET",
            path("wealth", "accounts", account_id, "profile", "snapshots", snapshot_id),
        )


class Dependents(Plans[Dependent]):
    kind, segment = Dependent, "dependents"
    named, many = "dependent", "dependents"

    def create(
        self,
        account_id: str,
        *,
        first_name: str,
        relationship: str,
        idempotency_key: Key,
        last_name: str | None = None,
        date_of_birth: date | None = None,
        financial_support_until: date | None = None,
        has_education_plans: bool | None = None,
        estimated_education_cost: Decimal | None = None,
        covered_by_health_insurance: bool | None = None,
        has_special_needs: bool | None = None,
        linked_goal_id: str | None = None,
        notes: str | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> Dependent:
        body = present(
            first_name=first_name,
            relationship=relationship,
            last_name=last_name,
            date_of_birth=date_of_birth,
            financial_support_until=financial_support_until,
            has_education_plans=has_education_plans,
            estimated_education_cost=money_or_none(estimated_education_cost),
            covered_by_health_insurance=covered_by_health_insurance,
            has_special_needs=has_special_needs,
            linked_goal_id=linked_goal_id,
            notes=notes,
            metadata=metadata,
        )
        return self._create(account_id, body, idempotency_key)

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        relationship: str | None = None,
        has_education_plans: bool | None = None,
    ) -> Page[Dependent]:
        return self._list(
            account_id,
            status=status,
            relationship=relationship,
            has_education_plans=has_education_plans,
        )

    def update(
        self,
        account_id: str,
        dependent_id: str,
        *,
        linked_goal_id: str | Unset | None = UNSET,
        idempotency_key: Key | None = None,
        **fields: object,
    ) -> Dependent:
        """Change Bluum's fields given by name. `linked_goal_id=None` unlinks the goal."""
        return self._update(
            account_id,
            dependent_id,
            changed(linked_goal_id=linked_goal_id, **fields),
            idempotency_key,
        )


class RiskAssessments(Resource):
    def submit(
        self,
        account_id: str,
        *,
        questionnaire_id: str,
        responses: Sequence[Mapping[str, object]],
        idempotency_key: Key,
        questionnaire_version: int | None = None,
        past_market_behavior: Mapping[str, object] | None = None,
        investment_experience: str | None = None,
        years_investing: int | None = None,
    ) -> RiskAssessment:
        """Send the answers, `{question_id, answer_id}` each; Bluum scores them.

        The assessment that was active becomes superseded.
        """
        body = present(
            questionnaire_id=questionnaire_id,
            questionnaire_version=questionnaire_version,
            responses=responses,
            past_market_behavior=past_market_behavior,
            investment_experience=investment_experience,
            years_investing=years_investing,
        )
        return self._one(
            RiskAssessment,
            "POST",
            path("wealth", "accounts", account_id, "risk-assessments"),
            "assessment",
            json=body,
            key=idempotency_key,
        )

    def current(self, account_id: str) -> RiskAssessment | None:
        """The active assessment, None if there is none."""
        route = path("wealth", "accounts", account_id, "risk-assessments", "current")
        return self._ask(
            lambda answer: None if answer is None else object_in(RiskAssessment, answer),
            "GET",
            route,
        )

    def list(self, account_id: str, *, status: str | None = None) -> Page[RiskAssessment]:
        return self._all(
            RiskAssessment,
            path("wealth", "accounts", account_id, "risk-assessments"),
            "assessments",
            params={"status": status},
        )

    def retrieve(self, account_id: str, assessment_id: str) -> RiskAssessment:
        return self._one(
            RiskAssessment,
            "GET",
            path("wealth", "accounts", account_id, "risk-assessments", assessment_id),
            "assessment",
        )

    def summary(self, account_id: str) -> RiskSummary:
        return self._one(
            RiskSummary,
            "GET",
            path("wealth", "accounts", account_id, "risk-assessments", "summary"),
        )


def _section(given: Mapping[str, object]) -> dict[str, Any]:
    return {
        name: float(value) if name in RATES and isinstance(value, Decimal) else wire(value)
        for name, value in given.items()
    }
