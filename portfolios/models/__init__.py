"""Goals, the policy that was accepted, the portfolio that follows it, and documents about it."""

from portfolios.models.assistant import Exchange
from portfolios.models.goals import FinancialPlan, Goal, LifeEvent, Projection
from portfolios.models.insights import Insight, InsightFeed, Visit
from portfolios.models.policy import Policy
from portfolios.models.portfolio import (
    Holding,
    Investment,
    MarketLevel,
    Portfolio,
    TradingHalt,
    Valuation,
)
from portfolios.models.reports import Report

__all__ = [
    "Exchange",
    "FinancialPlan",
    "Goal",
    "Holding",
    "Insight",
    "InsightFeed",
    "Investment",
    "LifeEvent",
    "MarketLevel",
    "Policy",
    "Portfolio",
    "Projection",
    "Report",
    "TradingHalt",
    "Valuation",
    "Visit",
]
