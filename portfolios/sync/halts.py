"""Clients are told within the hour that trading was stopped, and when it goes on."""

from datetime import timedelta

from accounts.models import Account, ManagementType, Topic
from accounts.services import tell
from portfolios.models import TradingHalt
from robo.ui import words

AT_ONCE = 200
"""Accounts told in one step, so that a step stays short; the next follows at once."""


def advance_halt(halt: TradingHalt) -> timedelta | None:
    """Tell the next accounts of the halt's present state; None when all know."""
    rows = Account.objects.filter(
        pk__gt=halt.told_up_to, management_type=ManagementType.ADVISED
    ).exclude(bluum_id=None)
    if halt.account_id:
        rows = rows.filter(pk=halt.account_id)
    accounts = list(rows.select_related("user").order_by("pk")[:AT_ONCE])
    for account in accounts:
        _tell(halt, account)
    if accounts:
        TradingHalt.objects.filter(pk=halt.pk, ended_at=halt.ended_at).update(
            told_up_to=accounts[-1].pk
        )
    return timedelta() if len(accounts) == AT_ONCE else None


def _tell(halt: TradingHalt, account: Account) -> None:
    if halt.ended_at:
        title = "We are trading again"
        body = (
            f"We had stopped on {words.moment(halt.started_at)}. What waited is invested now; "
            "you don’t need to do anything."
        )
    else:
        title = "We have stopped trading for now"
        body = (
            f"The reason: {halt.reason} Nothing of yours is bought or sold by us until we go on. "
            "You can still move money in and out. Auto-invest is run by our custodian and goes on "
            "unless you pause it. We write again when trading goes on."
        )
    tell(
        account=account,
        key=f"halt:{halt.pk}:{'ended' if halt.ended_at else 'started'}",
        title=title,
        body=body,
        url="/portfolio/",
        topic=Topic.ACCOUNT,
    )
