"""The inbox: what Bluum told us, once each, and where it was told to knock."""

from datetime import timedelta

from django.db import models
from django.utils import timezone

from robo import seal
from robo.work import Work, WorkManager, due_indexes


class Event(Work):
    """A verified delivery. Its payload is a hint: only ids are kept, the truth is asked for."""

    source = models.CharField(max_length=20)
    event_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=80)
    hint = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)

    objects = WorkManager["Event"]()
    work_task = "robo.webhooks.tasks.handle_event"

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "event_id"], name="event_once"),
        ]
        indexes = due_indexes("event")

    def __str__(self) -> str:
        return f"{self.kind} {self.received_at:%Y-%m-%d %H:%M:%S}"


class Endpoint(models.Model):
    """A webhook registered at Bluum, with its sealed secret. An old one lives on while rotating."""

    bluum_id = models.CharField(max_length=64, unique=True)
    url = models.URLField()
    sealed_secret = models.BinaryField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.url

    @property
    def secret(self) -> str:
        return seal.unseal(self.sealed_secret).decode()


KEPT_FOR = timedelta(days=90)
