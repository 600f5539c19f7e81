"""Where dependents and what is held elsewhere meet Bluum."""

from datetime import timedelta
from typing import Any

from onboarding.models import Dependent, ExternalAccount
from onboarding.sync.kept import advance_kept
from robo import clients


def advance_dependent(dependent: Dependent) -> timedelta | None:
    api, account_id = clients.bluum().dependents, str(dependent.account.bluum_id)
    told: dict[str, Any] = {
        "first_name": dependent.first_name,
        "relationship": dependent.relationship,
        "date_of_birth": dependent.date_of_birth,
        "financial_support_until": dependent.financial_support_until,
        "has_education_plans": dependent.has_education_plans,
        "estimated_education_cost": dependent.estimated_education_cost,
    }
    return advance_kept(
        dependent,
        create=lambda: api.create(account_id, idempotency_key=dependent.key, **told).dependent_id,
        update=lambda bluum_id: api.update(account_id, bluum_id, **told),
        delete=lambda bluum_id: api.delete(account_id, bluum_id),
    )


def advance_external_account(row: ExternalAccount) -> timedelta | None:
    api, account_id = clients.bluum().external_accounts, str(row.account.bluum_id)
    told: dict[str, Any] = {
        "name": row.name,
        "account_type": row.account_type,
        "is_asset": row.is_asset,
        "balance": row.balance,
        "currency": row.currency,
        "institution": row.institution or None,
        "interest_rate": row.interest_rate,
        "minimum_payment": row.minimum_payment,
    }
    return advance_kept(
        row,
        create=lambda: api.create(account_id, idempotency_key=row.key, **told).external_account_id,
        update=lambda bluum_id: api.update(account_id, bluum_id, **told),
        delete=lambda bluum_id: api.delete(account_id, bluum_id),
    )
