"""The one periodic task."""

from celery import shared_task

from robo import work


@shared_task
def sweep() -> None:
    work.sweep()
