"""Receive: keep an event once. Handlers: bring forward the rows it speaks of."""

from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Any

from django.db import transaction

from robo.webhooks.models import Event

Handler = Callable[[dict[str, Any]], object]
_handlers: list[tuple[str, Handler]] = []

# What a hint may hold. The rest of a payload can be about a person and is not kept.
HINTS = {"id", "account_id", "order_id", "deposit_id", "withdrawal_id", "document_id", "status"}


def on(pattern: str) -> Callable[[Handler], Handler]:
    """Register a handler for the kinds that match, such as `transfer.deposit.*`."""

    def register(handler: Handler) -> Handler:
        _handlers.append((pattern, handler))
        return handler

    return register


@transaction.atomic
def receive(source: str, event_id: str, kind: str, data: dict[str, Any]) -> bool:
    """Keep the event unless we have it. Says whether it was new."""
    hint = {key: value for key, value in data.items() if key in HINTS and isinstance(value, str)}
    event, new = Event.objects.get_or_create(
        source=source, event_id=event_id, defaults={"kind": kind[:80], "hint": hint}
    )
    if new:
        event.enqueue()
    return new


def handle(event: Event) -> None:
    """Let every matching handler bring its rows forward."""
    for pattern, handler in _handlers:
        if fnmatchcase(event.kind, pattern):
            handler(event.hint)
