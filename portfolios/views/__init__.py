from portfolios.views.budget import budget
from portfolios.views.events import event_archive, event_edit, event_new, events
from portfolios.views.goals import (
    goal_archive,
    goal_edit,
    goal_new,
    goal_planned,
    goal_split,
    goals,
)
from portfolios.views.income import goal_income
from portfolios.views.insights import insight_dismiss, insight_restore, insights
from portfolios.views.overview import home
from portfolios.views.policy import (
    policy,
    policy_accept,
    policy_check,
    policy_propose,
    policy_version,
    policy_versions,
)
from portfolios.views.portfolio import portfolio
from portfolios.views.undoing import goal_undo
from portfolios.views.what_if import goal, goal_futures, goal_keep

__all__ = [
    "budget",
    "event_archive",
    "event_edit",
    "event_new",
    "events",
    "goal",
    "goal_archive",
    "goal_edit",
    "goal_futures",
    "goal_income",
    "goal_keep",
    "goal_new",
    "goal_planned",
    "goal_split",
    "goal_undo",
    "goals",
    "home",
    "insight_dismiss",
    "insight_restore",
    "insights",
    "policy",
    "policy_accept",
    "policy_check",
    "policy_propose",
    "policy_version",
    "policy_versions",
    "portfolio",
]
