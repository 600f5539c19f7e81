"""A policy at Bluum: written and validated, in force once it is signed."""

import json
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from accounts.models import Topic
from accounts.services import tell
from portfolios.models import Investment, Policy, Portfolio
from portfolios.sync.common import bluum_portfolio, sentence
from robo import bluum, clients
from robo.bluum.policy import InvestmentPolicy, PolicyValidation

AT_BLUUM = (
    "risk_profile",
    "time_horizon",
    "investment_objectives",
    "target_allocation",
    "constraints",
)


def advance_policy(policy: Policy) -> timedelta | None:
    """Have Bluum check a first policy before it is signed; put a signed one into force.

    A proposal beside an active policy waits for its signature: Bluum would act on it at once.
    """
    if policy.status not in {Policy.Status.PROPOSED, Policy.Status.ACCEPTED}:
        return None
    account = policy.account
    if policy.status == Policy.Status.PROPOSED and (policy.checked_at or _has_active(policy)):
        return None
    if wait := account.wait_until_open():
        return wait
    api, account_id = clients.bluum().investment_policy, str(account.bluum_id)
    if policy.bluum_id is None:
        try:
            remote = api.put(
                account_id,
                idempotency_key=policy.key,
                **{name: policy.content[name] for name in AT_BLUUM if name in policy.content},
            )
        except bluum.Refused as problem:
            refuse_policy(policy.pk, sentence(problem))
            return None
        record_policy(policy.pk, remote)
    if policy.checked_at is None:
        found = api.validate(account_id, portfolio_id=bluum_portfolio(account))
        apply_validation(policy.pk, found)
    activate_policy(policy.pk)
    return None


def _has_active(policy: Policy) -> bool:
    return Policy.objects.filter(account_id=policy.account_id, status=Policy.Status.ACTIVE).exists()


@transaction.atomic
def record_policy(pk: int, remote: InvestmentPolicy) -> None:
    """Keep which version at Bluum this is."""
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=pk)
    policy.bluum_id, policy.bluum_version = remote.ips_id, remote.version
    policy.save(update_fields=["bluum_id", "bluum_version"])


@transaction.atomic
def apply_validation(pk: int, found: PolicyValidation) -> None:
    """Keep what Bluum's check said. It compares the portfolio with the statement: money that still
    waits to be invested is a finding, not a refusal."""
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=pk)
    policy.validation = json.loads(found.model_dump_json())
    policy.checked_at = timezone.now()
    policy.save(update_fields=["validation", "checked_at"])


@transaction.atomic
def activate_policy(pk: int) -> None:
    """Put a signed and checked policy into force; the one before is superseded."""
    policy = Policy.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    if policy.status != Policy.Status.ACCEPTED or policy.checked_at is None:
        return
    Policy.objects.filter(account_id=policy.account_id, status=Policy.Status.ACTIVE).update(
        status=Policy.Status.SUPERSEDED
    )
    policy.status = Policy.Status.ACTIVE
    policy.save(update_fields=["status"])
    Investment.objects.filter(account_id=policy.account_id, status=Investment.Status.WAITING).poke()
    for portfolio in Portfolio.objects.filter(account_id=policy.account_id):
        portfolio.poke()
    tell(
        account=policy.account,
        key=f"policy:{policy.pk}:active",
        title="Your policy is in force",
        body=f"Version {policy.version} is signed. From now on your money is invested by it.",
        url="/policy/",
        topic=Topic.PORTFOLIO,
    )


@transaction.atomic
def refuse_policy(pk: int, reason: str) -> None:
    """Bluum said no to the statement. A signature that was given stays on record."""
    policy = Policy.objects.select_for_update(of=("self",)).get(pk=pk)
    policy.status, policy.refusal = Policy.Status.REFUSED, reason
    policy.save(update_fields=["status", "refusal"])
