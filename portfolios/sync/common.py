"""What the steps share: waiting with patience, and finding the portfolio at Bluum."""

import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import Account
from portfolios.models import Portfolio
from robo import bluum, clients, partner


def patience(since: datetime, *, most: int = 60) -> timedelta:
    """How long to wait before looking again: 5 seconds at first, growing with age to `most`."""
    age = (timezone.now() - since).total_seconds()
    return timedelta(seconds=min(max(age / 10, 5), most))


def bluum_portfolio(account: Account) -> str:
    """The id of the account's portfolio at Bluum: the one we know, the first active of the list,
    or a new one when there is none at all."""
    row, _ = Portfolio.objects.get_or_create(account=account)
    if row.bluum_id:
        return row.bluum_id
    api, account_id = clients.bluum().portfolios, str(account.bluum_id)
    listed = api.list(account_id)
    found = next((p for p in listed if p.status == "active"), listed[0] if listed else None)
    if found is None:
        key = uuid.uuid5(account.key, "portfolio")
        found = api.create(account_id, name=partner.current().name, idempotency_key=key)
    Portfolio.objects.filter(pk=row.pk, bluum_id=None).update(
        bluum_id=found.portfolio_id, name=found.name or "", status=found.status or ""
    )
    return found.portfolio_id


def sentence(problem: bluum.Refused) -> str:
    """Bluum's reason, short enough to keep."""
    return problem.message[:300]
