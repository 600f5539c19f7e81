from datetime import timedelta

from celery import shared_task

from robo import work
from robo.webhooks import inbox
from robo.webhooks.models import Event


@shared_task
def handle_event(pk: int) -> None:
    work.take(Event, pk, _handle)


def _handle(event: Event) -> timedelta | None:
    inbox.handle(event)
    return None
