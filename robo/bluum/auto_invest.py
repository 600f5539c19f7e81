"""Auto-invest: standing orders that move money in and invest it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import AliasChoices, Field

from robo.bluum.base import (
    UNSET,
    Day,
    Instant,
    Key,
    Lower,
    Model,
    Named,
    Page,
    Resource,
    Unset,
    changed,
    money,
    money_or_unset,
    object_in,
    one,
    path,
    present,
)


class ScheduleStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class Schedule(Model):
    """`day_of_week` 0 is Sunday; `time` is HH:MM, read as UTC."""

    day_of_week: int | None = None
    day_of_month: int | None = None
    time: str | None = None


class Execution(Model):
    executed_at: Instant
    status: Lower | None = None
    amount_invested: Decimal | None = None


class Notifications(Model):
    on_execution: bool | None = None
    on_failure: bool | None = None


class AutoInvest(Model):
    """A standing order. Lists and pause answer a short form: the rest is None."""

    auto_invest_id: str = Field(
        validation_alias=AliasChoices(
            "auto_invest_id", "autoInvestId", "schedule_id", "scheduleId", "id"
        )
    )
    account_id: str | None = None
    name: str | None = None
    portfolio_id: str | None = None
    funding_source_id: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    frequency: Lower | None = None
    schedule: Schedule | None = None
    allocation_rule: str | None = None
    custom_allocation: Named[Decimal] | None = None
    start_date: Day | None = None
    end_date: Day | None = None
    notifications: Notifications | None = None
    next_execution: Instant | None = Field(
        None,
        validation_alias=AliasChoices(
            "next_execution", "nextExecution", "next_execution_date", "nextExecutionDate"
        ),
    )
    last_execution: Execution | None = None
    status: Lower | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    cancelled_at: Instant | None = None


class AutoInvests(Resource):
    def create(
        self,
        account_id: str,
        *,
        name: str,
        portfolio_id: str,
        funding_source_id: str,
        amount: Decimal,
        frequency: str,
        idempotency_key: Key,
        day_of_week: int | None = None,
        day_of_month: int | None = None,
        time: str | None = None,
        allocation_rule: str = "ips_target",
        custom_allocation: Mapping[str, Decimal] | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
        notifications: Mapping[str, bool] | None = None,
        currency: str = "USD",
    ) -> AutoInvest:
        """Set up a standing order: weekly, biweekly, monthly or quarterly. `time` HH:MM UTC."""
        schedule = present(day_of_week=day_of_week, day_of_month=day_of_month, time=time)
        body = present(
            name=name,
            portfolio_id=portfolio_id,
            funding_source_id=funding_source_id,
            amount=money(amount),
            currency=currency,
            frequency=frequency,
            schedule=schedule or None,
            allocation_rule=allocation_rule,
            custom_allocation=custom_allocation,
            start_date=start_date,
            end_date=end_date,
            notifications=notifications,
        )
        return self._one(
            AutoInvest,
            "POST",
            _schedules(account_id),
            "auto_invest",
            json=body,
            key=idempotency_key,
        )

    def list(
        self, account_id: str, *, status: str | None = None, portfolio_id: str | None = None
    ) -> Page[AutoInvest]:
        return self._all(
            AutoInvest,
            _schedules(account_id),
            "schedules",
            "auto_invest",
            params={"status": status, "portfolio_id": portfolio_id},
        )

    def retrieve(self, account_id: str, schedule_id: str) -> AutoInvest:
        return self._one(AutoInvest, "GET", _schedules(account_id, schedule_id), "auto_invest")

    def update(
        self,
        account_id: str,
        schedule_id: str,
        *,
        name: str | Unset = UNSET,
        portfolio_id: str | Unset = UNSET,
        funding_source_id: str | Unset = UNSET,
        amount: Decimal | Unset = UNSET,
        currency: str | Unset = UNSET,
        frequency: str | Unset = UNSET,
        schedule: Mapping[str, object] | Unset = UNSET,
        allocation_rule: str | Unset = UNSET,
        custom_allocation: Mapping[str, Decimal] | Unset = UNSET,
        start_date: date | Unset = UNSET,
        end_date: date | Unset | None = UNSET,
        notifications: Mapping[str, bool] | Unset = UNSET,
        idempotency_key: Key | None = None,
    ) -> AutoInvest:
        """Change what is given. `schedule` has day_of_week, day_of_month, time."""
        body = changed(
            name=name,
            portfolio_id=portfolio_id,
            funding_source_id=funding_source_id,
            amount=money_or_unset(amount),
            currency=currency,
            frequency=frequency,
            schedule=schedule,
            allocation_rule=allocation_rule,
            custom_allocation=custom_allocation,
            start_date=start_date,
            end_date=end_date,
            notifications=notifications,
        )
        return self._one(
            AutoInvest,
            "PATCH",
            _schedules(account_id, schedule_id),
            "auto_invest",
            json=body,
            key=idempotency_key,
        )

    def pause(self, account_id: str, schedule_id: str) -> AutoInvest:
        """Conflict if it is not active."""
        return self._one(
            AutoInvest, "POST", _schedules(account_id, schedule_id, "pause"), "auto_invest"
        )

    def resume(self, account_id: str, schedule_id: str) -> AutoInvest:
        """Go on with the next date; missed runs are not caught up."""
        return self._one(
            AutoInvest, "POST", _schedules(account_id, schedule_id, "resume"), "auto_invest"
        )

    def delete(self, account_id: str, schedule_id: str) -> AutoInvest | None:
        """Cancel it for good. Some servers answer what was cancelled, others nothing."""
        return self._ask(
            lambda answer: (
                object_in(AutoInvest, answer) if one(answer or {}).get("auto_invest_id") else None
            ),
            "DELETE",
            _schedules(account_id, schedule_id),
        )


def _schedules(account_id: str, *more: str) -> str:
    return path("wealth", "accounts", account_id, "auto-invest", *more)
