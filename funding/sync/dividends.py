"""Dividend settings: what the person wants is brought to Bluum, and Bluum's brought back."""

from datetime import timedelta
from decimal import Decimal

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import Topic
from accounts.services import tell
from funding import reasons
from funding.models import Dividends
from portfolios.sync.common import bluum_portfolio
from robo import clients
from robo.bluum import Conflict, Refused
from robo.bluum.portfolios import Drip

USUALLY = timedelta(days=1)
NOT_OPEN = timedelta(minutes=10)


def advance_dividends(row: Dividends) -> timedelta | None:
    """Send a change, or read how it stands: once a day, since it may be changed elsewhere."""
    account = row.account
    if wait := account.wait_until_open():
        return max(wait, NOT_OPEN)
    account_id, portfolio_id = account.bluum_id or "", bluum_portfolio(account)
    api = clients.bluum().portfolios
    if row.is_settled:
        apply_drip(row.pk, row.revision, api.drip(account_id, portfolio_id))
        return USUALLY
    wanted = row.wanted
    try:
        drip = api.set_drip(
            account_id,
            portfolio_id,
            enabled=wanted["enabled"],
            reinvestment_rule=wanted["rule"] or None,
            minimum_amount=_money(wanted["minimum"]),
            cash_sweep_enabled=wanted["sweep"],
            cash_sweep_threshold=_money(wanted["keep_cash"]),
            idempotency_key=f"{row.key}:{row.revision}",
        )
    except Conflict:  # the portfolio isn't ready for it yet: again, later
        raise
    except Refused as problem:
        _refuse(row, reasons.of_refusal(problem))
        return timedelta()
    apply_drip(row.pk, row.revision, drip)
    return USUALLY


def _money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


@transaction.atomic
def apply_drip(pk: int, revision: int, drip: Drip) -> None:
    """Write what Bluum says. An answer to an older wish says nothing of a newer one."""
    row = Dividends.objects.select_for_update(of=("self",)).get(pk=pk)
    row.enabled = drip.enabled
    row.rule = drip.reinvestment_rule or row.rule
    row.minimum = drip.minimum_amount
    row.sweep = drip.cash_sweep_enabled
    row.keep_cash = drip.cash_sweep_threshold
    row.sent_revision = max(row.sent_revision, revision)
    if row.is_settled:
        row.wanted = {}
    row.refreshed_at = timezone.now()
    row.save(update_fields=[*Dividends.SETTINGS, "sent_revision", "wanted", "refreshed_at"])


@transaction.atomic
def _refuse(row: Dividends, sentence: str) -> None:
    """It stays as it was, and the person is told."""
    Dividends.objects.filter(pk=row.pk, revision=row.revision).update(
        sent_revision=row.revision, wanted={}, before={}, refusal=sentence
    )
    tell(
        account=row.account,
        key=f"dividends:{row.pk}:{row.revision}",
        title="Your change to dividends wasn’t accepted",
        body=f"{sentence} It stays as it was.",
        url=reverse("funding:dividends"),
        topic=Topic.PORTFOLIO,
    )
