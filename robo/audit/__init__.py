"""The audit trail. `record(...)` is all that others need."""

from typing import Any

import structlog


def record(
    action: str,
    *,
    actor: Any = None,
    target: Any = None,
    account: Any = None,
    request: Any = None,
    **details: Any,
) -> None:
    """Write one line into the trail, in the caller's transaction.

    `action` is a verb with an object (`retry work`); `details` hold ids and states, never a
    person's data or a secret.
    """
    from robo.audit.models import Entry

    if actor is None and request is not None:
        actor = request.user
    Entry.objects.create(
        action=action,
        actor=actor if getattr(actor, "is_authenticated", False) else None,
        object_type=target._meta.label if target is not None else "",
        object_id=str(target.pk) if target is not None else "",
        account_id=getattr(account, "pk", None),
        ip=getattr(request, "client_ip", "") or None,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
        details=details,
    )
