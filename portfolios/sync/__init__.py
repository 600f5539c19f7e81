"""Where portfolios meet Bluum: one step each for goals, policies, portfolios and investments."""

from portfolios.sync.goals import advance_goal
from portfolios.sync.investing import advance_investment
from portfolios.sync.policy import advance_policy
from portfolios.sync.portfolio import advance_portfolio

__all__ = ["advance_goal", "advance_investment", "advance_policy", "advance_portfolio"]
