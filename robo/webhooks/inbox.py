"""Receive: keep an event once. Handlers: bring forward the rows it speaks of."""

from collections.abc import Callable
from fnmatch import fnmatchcase

from django.db import transaction

from robo.webhooks.models import Event

Handler = Callable[[dict[str, str]], object]
_handlers: list[tuple[str, Handler]] = []


def on(pattern: str) -> Callable[[Handler], Handler]:
    """Register a handler for the kinds that match, such as `transfer.deposit.*`."""

    def register(handler: Handler) -> Handler:
        _handlers.append((pattern, handler))
        return handler

    return register


@transaction.atomic
def receive(source: str, event_id: str, kind: str, hint: dict[str, str]) -> bool:
    """Keep the event unless we have it. `hint` holds ids only. Says whether it was new."""
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
