"""What advisors see of the answers: the picture, the risk history, and what waits for them."""

from onboarding.admin import advice as advice
from onboarding.admin import picture as picture
from onboarding.admin import risk as risk
