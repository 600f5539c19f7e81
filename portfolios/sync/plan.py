"""The financial plan: its document is made, then put to Bluum over the version before."""

from datetime import timedelta

from django.db import transaction

from portfolios.models import FinancialPlan
from portfolios.plan.written import write_plan
from portfolios.sync.common import sentence
from robo import bluum, clients
from robo.bluum.goals import FinancialPlan as BluumPlan

Status = FinancialPlan.Status


def advance_plan(plan: FinancialPlan) -> timedelta | None:
    """Make the document, then put the newest version to Bluum, once."""
    if plan.status != Status.SENDING:
        return None
    if not plan.sha256:
        write_plan(plan)
    if FinancialPlan.objects.filter(account=plan.account_id, version__gt=plan.version).exists():
        FinancialPlan.objects.filter(pk=plan.pk).update(status=Status.SUPERSEDED)
        return None
    if wait := plan.account.wait_until_open():
        return wait
    api = clients.bluum().financial_plan
    try:
        found = api.put(str(plan.account.bluum_id), **plan.inputs["bluum"])
    except bluum.Refused as problem:
        apply_refusal(plan.pk, sentence(problem))
        return None
    apply_plan(plan.pk, found)
    return None


@transaction.atomic
def apply_plan(pk: int, found: BluumPlan) -> None:
    plan = FinancialPlan.objects.select_for_update().get(pk=pk)
    plan.bluum_id, plan.bluum_version = found.financial_plan_id, found.version
    if plan.status == Status.SENDING:
        plan.status = Status.ACTIVE
    plan.save(update_fields=["bluum_id", "bluum_version", "status"])
    older = FinancialPlan.objects.filter(account=plan.account_id, version__lt=plan.version)
    older.filter(status__in=[Status.SENDING, Status.ACTIVE]).update(status=Status.SUPERSEDED)


def apply_refusal(pk: int, reason: str) -> None:
    FinancialPlan.objects.filter(pk=pk).update(status=Status.REFUSED, refusal=reason)
