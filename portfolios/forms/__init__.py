"""What people type about their goals, their life and their policy, checked kindly."""

from portfolios.forms.budget import BudgetForm
from portfolios.forms.events import EventForm
from portfolios.forms.goals import (
    QUESTIONS,
    TYPES,
    GoalForm,
    SharesForm,
    WhatIfForm,
    check_day,
    offered_types,
)
from portfolios.forms.income import IncomeForm
from portfolios.forms.policy import AcceptForm

__all__ = [
    "QUESTIONS",
    "TYPES",
    "AcceptForm",
    "BudgetForm",
    "EventForm",
    "GoalForm",
    "IncomeForm",
    "SharesForm",
    "WhatIfForm",
    "check_day",
    "offered_types",
]
