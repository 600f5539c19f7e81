"""What Bluum's events bring forward. Their payload is only a hint; the steps ask for the truth."""

from accounts.models import Account, AccountStatus, ManagementType
from robo.webhooks.inbox import on
from trading.models import Desk, Order
from trading.services import desk_of


@on("order.*")
def order_changed(hint: dict[str, str]) -> None:
    """The order it names, and the account it belongs to, which adopts the rest."""
    found = Order.objects.filter(bluum_id=hint.get("order_id") or hint.get("id") or "").poke()
    if not found or "account_id" in hint:
        Desk.objects.filter(account__bluum_id=hint.get("account_id") or "").poke()


@on("account.*")
def account_changed(hint: dict[str, str]) -> None:
    """A self-directed account that is open has a desk."""
    bluum_id = hint.get("account_id") or hint.get("id") or ""
    for account in Account.objects.filter(
        bluum_id=bluum_id,
        status=AccountStatus.ACTIVE,
        management_type=ManagementType.SELF_DIRECTED,
    ):
        desk_of(account).poke()
