"""Queues: what waits for a person. Each app announces its own from its `admin.py`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Count, DateTimeField, Min, Model, QuerySet, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.timesince import timesince


@dataclass(frozen=True, slots=True)
class Queue:
    """Rows of `model` that `narrow` leaves. `since` names the field their age is told from."""

    slug: str
    title: str
    model: type[Model]
    narrow: Callable[[QuerySet[Any]], QuerySet[Any]]
    since: str = ""
    order: int = 50
    help: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a queue stands for somebody."""

    title: str
    help: str
    url: str
    count: int
    oldest: datetime | None

    @property
    def age(self) -> str:
        """How long the oldest row has waited."""
        if self.oldest is None:
            return "Not known"
        if timezone.now() - self.oldest < timedelta(minutes=1):
            return "Under a minute"
        return timesince(self.oldest, depth=1)


_queues: list[Queue] = []


def announce(queue: Queue) -> Queue:
    _queues.append(queue)
    _queues.sort(key=lambda q: q.order)
    return queue


def of(model: type[Model]) -> list[Queue]:
    return [queue for queue in _queues if queue.model is model]


def standings(request: HttpRequest) -> Iterable[Standing]:
    """Every queue that this person may see, counted over whom they may see: one query for all."""
    registry = admin.site._registry
    mine = [queue for queue in _queues if registry[queue.model].has_view_permission(request)]
    sums = [
        queue.narrow(registry[queue.model].get_queryset(request))
        .order_by()
        .select_related(None)
        .prefetch_related(None)
        .annotate(place=Value(place))
        .values("place")
        .annotate(waiting=Count("pk"), oldest=_oldest(queue))
        .values_list("place", "waiting", "oldest")
        for place, queue in enumerate(mine)
    ]
    found = {place: rest for place, *rest in (sums[0].union(*sums[1:], all=True) if sums else ())}
    for place, queue in enumerate(mine):
        meta = queue.model._meta
        url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
        yield Standing(
            queue.title, queue.help, f"{url}?queue={queue.slug}", *found.get(place, (0, None))
        )


def _oldest(queue: Queue) -> Any:
    if queue.since:
        return Min(queue.since)
    return Min(Cast(Value(None), DateTimeField()))  # unions want columns of one type
