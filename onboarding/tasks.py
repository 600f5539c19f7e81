from celery import shared_task

from onboarding import sync
from onboarding.models import (
    Dependent,
    ExternalAccount,
    ExternalLink,
    InvestorProfile,
    RiskAssessment,
)
from robo import work


@shared_task
def advance_profile(pk: int) -> None:
    work.take(InvestorProfile, pk, sync.advance_profile)


@shared_task
def advance_risk_assessment(pk: int) -> None:
    work.take(RiskAssessment, pk, sync.advance_risk_assessment)


@shared_task
def advance_dependent(pk: int) -> None:
    work.take(Dependent, pk, sync.advance_dependent)


@shared_task
def advance_external_account(pk: int) -> None:
    work.take(ExternalAccount, pk, sync.advance_external_account)


@shared_task
def advance_external_link(pk: int) -> None:
    work.take(ExternalLink, pk, sync.advance_external_link)
