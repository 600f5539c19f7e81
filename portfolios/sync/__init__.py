"""Where portfolios meet Bluum: one step for each kind of row."""

from portfolios.sync.assistant import advance_exchange
from portfolios.sync.events import advance_life_event
from portfolios.sync.goals import advance_goal
from portfolios.sync.halts import advance_halt
from portfolios.sync.insights import advance_insights
from portfolios.sync.plan import advance_plan
from portfolios.sync.policy import advance_policy
from portfolios.sync.portfolio import advance_portfolio
from portfolios.sync.rebalancing import advance_run
from portfolios.sync.reports import advance_report

__all__ = [
    "advance_exchange",
    "advance_goal",
    "advance_halt",
    "advance_insights",
    "advance_life_event",
    "advance_plan",
    "advance_policy",
    "advance_portfolio",
    "advance_report",
    "advance_run",
]
