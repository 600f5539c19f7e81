from celery import shared_task

from portfolios import sync
from portfolios.models import (
    Exchange,
    FinancialPlan,
    Goal,
    InsightFeed,
    Investment,
    LifeEvent,
    Policy,
    Portfolio,
    Report,
    TradingHalt,
)
from robo import work


@shared_task
def advance_goal(pk: int) -> None:
    work.take(Goal, pk, sync.advance_goal)


@shared_task
def advance_policy(pk: int) -> None:
    work.take(Policy, pk, sync.advance_policy)


@shared_task
def advance_portfolio(pk: int) -> None:
    work.take(Portfolio, pk, sync.advance_portfolio)


@shared_task
def advance_investment(pk: int) -> None:
    work.take(Investment, pk, sync.advance_run)


@shared_task
def advance_halt(pk: int) -> None:
    work.take(TradingHalt, pk, sync.advance_halt)


@shared_task
def advance_life_event(pk: int) -> None:
    work.take(LifeEvent, pk, sync.advance_life_event)


@shared_task
def advance_plan(pk: int) -> None:
    work.take(FinancialPlan, pk, sync.advance_plan)


@shared_task
def advance_report(pk: int) -> None:
    work.take(Report, pk, sync.advance_report)


@shared_task
def advance_exchange(pk: int) -> None:
    work.take(Exchange, pk, sync.advance_exchange)


@shared_task
def advance_insights(pk: int) -> None:
    work.take(InsightFeed, pk, sync.advance_insights)
