"""The Celery application. Tasks are one-line doors into steps; see robo.work."""

import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "robo.settings")

app = Celery("robo")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_logging(**_: object) -> None:
    """Django's LOGGING also serves the workers."""
