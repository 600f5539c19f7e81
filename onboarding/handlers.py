from typing import Any

from onboarding.models import ExternalLink
from robo.webhooks.inbox import on


@on("plaid.*")
def bank_changed(hint: dict[str, Any]) -> None:
    ExternalLink.objects.filter(item_id=hint.get("item_id") or "-").poke()
