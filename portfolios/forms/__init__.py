"""What people type about their goals, their life and their policy, checked kindly."""

from portfolios.forms.goals import (
    QUESTIONS,
    TYPES,
    GoalForm,
    SharesForm,
    WhatIfForm,
    check_day,
    offered_types,
)
from portfolios.forms.policy import AcceptForm

__all__ = [
    "QUESTIONS",
    "TYPES",
    "AcceptForm",
    "GoalForm",
    "SharesForm",
    "WhatIfForm",
    "check_day",
    "offered_types",
]
