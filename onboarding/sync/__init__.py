"""Where the investor profile, the risk answers and the wider picture meet Bluum and Plaid."""

from onboarding.sync.answers import advance_profile, advance_risk_assessment
from onboarding.sync.links import advance_external_link
from onboarding.sync.picture import advance_dependent, advance_external_account

__all__ = [
    "advance_dependent",
    "advance_external_account",
    "advance_external_link",
    "advance_profile",
    "advance_risk_assessment",
]
