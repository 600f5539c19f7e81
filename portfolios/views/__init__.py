from portfolios.views.goals import (
    goal,
    goal_archive,
    goal_edit,
    goal_keep,
    goal_new,
    goal_split,
    goals,
)
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

__all__ = [
    "goal",
    "goal_archive",
    "goal_edit",
    "goal_keep",
    "goal_new",
    "goal_split",
    "goals",
    "home",
    "policy",
    "policy_accept",
    "policy_check",
    "policy_propose",
    "policy_version",
    "policy_versions",
    "portfolio",
]
