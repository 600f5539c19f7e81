"""Goals, life events, accounts held elsewhere, and the financial plan that joins them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    UNSET,
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Page,
    Plans,
    Resource,
    Unset,
    changed,
    money,
    money_or_none,
    money_or_unset,
    path,
    present,
)


class GoalStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class Goal(Model):
    """Money in `currency`, `progress_percent` in percent. `priority` 1 is the first.

    The guides' names (type, date, current_savings) are read too.

    `on_track` and `projected_completion_date` come with `include_projections`.
    """

    goal_id: str = Field(validation_alias=AliasChoices("goal_id", "goalId", "id"))
    name: str
    goal_type: str | None = Field(None, validation_alias=AliasChoices("goal_type", "type"))
    account_id: str | None = None
    target_amount: Decimal | None = None
    target_date: Day | None = Field(None, validation_alias=AliasChoices("target_date", "date"))
    currency: str | None = None
    priority: int | None = None
    initial_amount: Decimal | None = None
    current_amount: Decimal | None = Field(
        None, validation_alias=AliasChoices("current_amount", "current_savings")
    )
    progress_percent: Decimal | None = None
    amount_remaining: Decimal | None = None
    monthly_contribution: Decimal | None = None
    projected_completion_date: Day | None = None
    on_track: bool | None = None
    portfolio_id: str | None = None
    status: Lower | None = None
    metadata: dict[str, Any] | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class LifeEvent(Model):
    event_id: str = Field(validation_alias=AliasChoices("event_id", "eventId", "id"))
    name: str
    event_type: str | None = Field(None, validation_alias=AliasChoices("event_type", "type"))
    account_id: str | None = None
    expected_date: Day | None = Field(None, validation_alias=AliasChoices("expected_date", "date"))
    estimated_cost: Decimal | None = None
    currency: str | None = None
    recurring: bool | None = None
    linked_goal_id: str | None = None
    notes: str | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class ExternalAccount(Model):
    """An asset or a debt held elsewhere. `balance` is positive for both.

    `interest_rate` is a fraction: 0.065 is 6.5 percent.
    """

    external_account_id: str = Field(
        validation_alias=AliasChoices("external_account_id", "externalAccountId", "id")
    )
    name: str
    account_type: str | None = None
    is_asset: bool | None = None
    balance: Decimal | None = None
    account_id: str | None = None
    currency: str | None = None
    institution: str | None = None
    interest_rate: Decimal | None = None
    interest_rate_type: str | None = None
    minimum_payment: Decimal | None = None
    payment_due_day: int | None = None
    maturity_date: Day | None = None
    original_loan_amount: Decimal | None = None
    credit_limit: Decimal | None = None
    property_value: Decimal | None = None
    appreciation_rate: Decimal | None = None
    contribution_limit: Decimal | None = None
    employer_match: str | None = None
    vesting_schedule: dict[str, Any] | None = None
    notes: str | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class CashFlowItem(Model):
    name: str
    type: str | None = None
    amount: Decimal | None = None
    frequency: str | None = None
    is_essential: bool | None = None


class PlanIncome(Model):
    total_monthly_income: Decimal | None = None
    sources: tuple[CashFlowItem, ...] = ()


class PlanExpenses(Model):
    total_monthly_expenses: Decimal | None = None
    categories: tuple[CashFlowItem, ...] = ()


class InvestmentOutlook(Model):
    """Rates in percent: 7.00 is 7 percent a year."""

    expected_return_rate: Decimal | None = None
    inflation_assumption: Decimal | None = None
    risk_capacity: str | None = None
    tax_bracket: str | None = None


class FinancialPlan(Model):
    financial_plan_id: str = Field(
        validation_alias=AliasChoices("financial_plan_id", "financialPlanId", "id")
    )
    account_id: str | None = None
    version: int | None = None
    goals: tuple[Goal, ...] = ()
    life_events: tuple[LifeEvent, ...] = ()
    external_accounts: tuple[ExternalAccount, ...] = ()
    income: PlanIncome | None = None
    expenses: PlanExpenses | None = None
    investment_outlook: InvestmentOutlook | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None


class FinancialPlanSummary(Model):
    """Money in `currency`; `total_goal_progress` and `savings_rate` in percent."""

    total_net_worth: Decimal
    total_assets: Decimal
    total_liabilities: Decimal
    financial_plan_id: str | None = None
    currency: str | None = None
    total_goal_progress: Decimal | None = None
    goals_on_track: int | None = None
    goals_at_risk: int | None = None
    monthly_cash_flow: Decimal | None = None
    savings_rate: Decimal | None = None
    investment_portfolio_value: Decimal | None = None
    generated_at: Instant | None = None


class Goals(Plans[Goal]):
    kind, segment = Goal, "goals"
    named, many = "goal", "goals"

    def create(
        self,
        account_id: str,
        *,
        name: str,
        goal_type: str,
        target_amount: Decimal,
        idempotency_key: Key,
        target_date: date | None = None,
        priority: int | None = None,
        initial_amount: Decimal | None = None,
        current_amount: Decimal | None = None,
        monthly_contribution: Decimal | None = None,
        portfolio_id: str | None = None,
        currency: str = "USD",
        metadata: Mapping[str, object] | None = None,
    ) -> Goal:
        """Set a goal. Types: retirement, education, emergency, wealth_growth, home_purchase,
        custom."""
        body = present(
            name=name,
            goal_type=goal_type,
            target_amount=money(target_amount),
            target_date=target_date,
            currency=currency,
            priority=priority,
            initial_amount=money_or_none(initial_amount),
            current_amount=money_or_none(current_amount),
            monthly_contribution=money_or_none(monthly_contribution),
            portfolio_id=portfolio_id,
            metadata=metadata,
        )
        return self._create(account_id, body, idempotency_key)

    def retrieve(self, account_id: str, goal_id: str, *, include_projections: bool = True) -> Goal:
        route = self._route(account_id, goal_id)
        params = {"include_projections": include_projections}
        return self._one(Goal, "GET", route, self.named, params=params)

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        goal_type: str | None = None,
        include_projections: bool = True,
    ) -> Page[Goal]:
        return self._list(
            account_id, status=status, goal_type=goal_type, include_projections=include_projections
        )

    def update(
        self,
        account_id: str,
        goal_id: str,
        *,
        name: str | Unset = UNSET,
        goal_type: str | Unset = UNSET,
        target_amount: Decimal | Unset = UNSET,
        target_date: date | Unset = UNSET,
        priority: int | Unset = UNSET,
        initial_amount: Decimal | Unset = UNSET,
        current_amount: Decimal | Unset = UNSET,
        monthly_contribution: Decimal | Unset = UNSET,
        currency: str | Unset = UNSET,
        portfolio_id: str | Unset | None = UNSET,
        metadata: Mapping[str, object] | Unset = UNSET,
        status: str | Unset = UNSET,
        idempotency_key: Key | None = None,
    ) -> Goal:
        """Change what is given. `portfolio_id=None` unlinks the portfolio."""
        body = changed(
            name=name,
            goal_type=goal_type,
            target_amount=money_or_unset(target_amount),
            target_date=target_date,
            priority=priority,
            initial_amount=money_or_unset(initial_amount),
            current_amount=money_or_unset(current_amount),
            monthly_contribution=money_or_unset(monthly_contribution),
            currency=currency,
            portfolio_id=portfolio_id,
            metadata=metadata,
            status=status,
        )
        return self._update(account_id, goal_id, body, idempotency_key)


class LifeEvents(Plans[LifeEvent]):
    kind, segment = LifeEvent, "life-events"
    named, many = "life_event", "life_events"

    def create(
        self,
        account_id: str,
        *,
        name: str,
        event_type: str,
        idempotency_key: Key,
        expected_date: date | None = None,
        estimated_cost: Decimal | None = None,
        currency: str = "USD",
        recurring: bool | None = None,
        linked_goal_id: str | None = None,
        notes: str | None = None,
    ) -> LifeEvent:
        """Types: college, wedding, home_purchase, retirement, major_purchase, career_change,
        custom."""
        body = present(
            name=name,
            event_type=event_type,
            expected_date=expected_date,
            estimated_cost=money_or_none(estimated_cost),
            currency=currency,
            recurring=recurring,
            linked_goal_id=linked_goal_id,
            notes=notes,
        )
        return self._create(account_id, body, idempotency_key)

    def list(
        self, account_id: str, *, status: str | None = None, event_type: str | None = None
    ) -> Page[LifeEvent]:
        return self._list(account_id, status=status, event_type=event_type)

    def update(
        self,
        account_id: str,
        event_id: str,
        *,
        idempotency_key: Key | None = None,
        **fields: object,
    ) -> LifeEvent:
        """Change Bluum's fields given by name; `linked_goal_id=None` unlinks the goal."""
        return self._update(account_id, event_id, changed(**fields), idempotency_key)


class ExternalAccounts(Plans[ExternalAccount]):
    kind, segment = ExternalAccount, "external-accounts"
    named, many = "external_account", "external_accounts"

    def create(
        self,
        account_id: str,
        *,
        name: str,
        account_type: str,
        is_asset: bool,
        balance: Decimal,
        idempotency_key: Key,
        currency: str = "USD",
        **fields: object,
    ) -> ExternalAccount:
        """`balance` is positive for debts too. Bluum's further fields go by name."""
        body = present(
            name=name,
            account_type=account_type,
            is_asset=is_asset,
            balance=money(balance),
            currency=currency,
            **fields,
        )
        return self._create(account_id, body, idempotency_key)

    def list(
        self,
        account_id: str,
        *,
        status: str | None = None,
        is_asset: bool | None = None,
        account_type: str | None = None,
    ) -> Page[ExternalAccount]:
        return self._list(account_id, status=status, is_asset=is_asset, account_type=account_type)

    def update(
        self,
        account_id: str,
        external_account_id: str,
        *,
        idempotency_key: Key | None = None,
        **fields: object,
    ) -> ExternalAccount:
        """Change Bluum's fields given by name."""
        return self._update(account_id, external_account_id, changed(**fields), idempotency_key)


class FinancialPlans(Resource):
    def put(
        self,
        account_id: str,
        *,
        idempotency_key: Key | None = None,
        goals: Sequence[Mapping[str, object]] | None = None,
        life_events: Sequence[Mapping[str, object]] | None = None,
        external_accounts: Sequence[Mapping[str, object]] | None = None,
        income: Mapping[str, object] | None = None,
        expenses: Mapping[str, object] | None = None,
        investment_outlook: Mapping[str, object] | None = None,
    ) -> FinancialPlan:
        """Write the plan; its version counts up. Blocks use Bluum's field names."""
        body = present(
            goals=goals,
            life_events=life_events,
            external_accounts=external_accounts,
            income=income,
            expenses=expenses,
            investment_outlook=investment_outlook,
        )
        return self._one(
            FinancialPlan,
            "PUT",
            path("wealth", "accounts", account_id, "financial-plan"),
            "financial_plan",
            json=body,
            key=idempotency_key,
        )

    def retrieve(self, account_id: str, *, include_projections: bool = True) -> FinancialPlan:
        """Raises NotFound if there is none."""
        return self._one(
            FinancialPlan,
            "GET",
            path("wealth", "accounts", account_id, "financial-plan"),
            "financial_plan",
            params={"include_projections": include_projections},
        )

    def summary(self, account_id: str) -> FinancialPlanSummary:
        return self._one(
            FinancialPlanSummary,
            "GET",
            path("wealth", "accounts", account_id, "financial-plan", "summary"),
            "summary",
        )
