"""What people ask for: goals, a policy, money invested. Local, one transaction, returns at once."""

from portfolios.services.events import archive_event, save_event
from portfolios.services.goals import (
    add_goal,
    archive_goal,
    change_goal,
    change_goals,
    set_shares,
    share_budget,
    shares_by_plan,
)
from portfolios.services.insights import dismiss_insight, restore_insight
from portfolios.services.investing import being_invested, portfolio_of, request_investment
from portfolios.services.policy import (
    CannotAccept,
    CannotPropose,
    accept_policy,
    approve_policy,
    follow_changes,
    propose_policy,
    why_not_acceptable,
)
from portfolios.services.rebalancing import (
    CannotRebalance,
    end_halt,
    request_rebalance,
    start_halt,
)

__all__ = [
    "CannotAccept",
    "CannotPropose",
    "CannotRebalance",
    "accept_policy",
    "add_goal",
    "approve_policy",
    "archive_event",
    "archive_goal",
    "being_invested",
    "change_goal",
    "change_goals",
    "dismiss_insight",
    "end_halt",
    "follow_changes",
    "portfolio_of",
    "propose_policy",
    "request_investment",
    "request_rebalance",
    "restore_insight",
    "save_event",
    "set_shares",
    "share_budget",
    "shares_by_plan",
    "start_halt",
    "why_not_acceptable",
]
