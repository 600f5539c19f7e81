from typing import Any

from accounts.models import Account, Document
from robo.webhooks.inbox import on


@on("account.*")
def account_changed(hint: dict[str, Any]) -> None:
    Account.objects.filter(bluum_id=hint.get("account_id") or hint.get("id")).poke()


@on("document.*")
def document_changed(hint: dict[str, Any]) -> None:
    Document.objects.filter(bluum_id=hint.get("document_id") or hint.get("id")).poke()
