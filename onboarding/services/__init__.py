"""What people ask for on the way in: apply, tell of their life, know their risk level."""

from onboarding.services.application import (
    Incomplete,
    save_answers,
    sign_agreements,
    steps_done,
    submit_application,
    unsigned,
)
from onboarding.services.profile import update_profile
from onboarding.services.risk import (
    AMOUNT,
    RENEW,
    advise,
    answered,
    cautious,
    current_assessment,
    draft_of,
    example_amount,
    next_check,
    save_risk_answer,
    score,
    submit_risk,
)

__all__ = [
    "AMOUNT",
    "RENEW",
    "Incomplete",
    "advise",
    "answered",
    "cautious",
    "current_assessment",
    "draft_of",
    "example_amount",
    "next_check",
    "save_answers",
    "save_risk_answer",
    "score",
    "sign_agreements",
    "steps_done",
    "submit_application",
    "submit_risk",
    "unsigned",
    "update_profile",
]
