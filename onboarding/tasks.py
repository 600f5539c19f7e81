from celery import shared_task

from onboarding import sync
from onboarding.models import InvestorProfile, RiskAssessment
from robo import work


@shared_task
def advance_profile(pk: int) -> None:
    work.take(InvestorProfile, pk, sync.advance_profile)


@shared_task
def advance_risk_assessment(pk: int) -> None:
    work.take(RiskAssessment, pk, sync.advance_risk_assessment)
