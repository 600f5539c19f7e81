"""The loop: a row in motion carries a due date.

Someone's wish becomes a row, due now. A task takes the row, does one step with it (send it, or
ask Bluum how it stands) and says when to look again; `None` means settled. Outbox, retry,
backoff, crash recovery, reconciliation and polling are all this. The broker only makes things
quick: it may be emptied at any moment, and `sweep` finds what is due.

Rules for a step: safe to repeat; HTTP outside transactions; settle only what you know; an
exception means "again, later"; after `settings.WORK_ATTEMPTS` the row is stuck and a person
sees it.
"""

import logging
import random
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import cache
from typing import Any, ClassVar, Self, TypeVar

import structlog
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from robo.bluum import BluumError

log = structlog.get_logger("robo.work")

# True while a background refresh runs; the rate limiter lets people's wishes go first.
in_background: ContextVar[bool] = ContextVar("in_background", default=False)

Step = Callable[[Any], timedelta | None]
W = TypeVar("W", bound="Work")


class WorkQuerySet(models.QuerySet[W]):
    def due(self) -> Self:
        """Rows whose time has come and that nobody holds."""
        now = timezone.now()
        return self.filter(due_at__lte=now, stuck_at=None).filter(free(now))

    def stuck(self) -> Self:
        return self.exclude(stuck_at=None)

    def poke(self) -> int:
        """Bring the rows forward to now, settled and stuck ones too. Returns how many."""
        keys = list(self.values_list("pk", flat=True))
        if not keys:
            return 0
        count = self.model._base_manager.filter(pk__in=keys).update(
            due_at=timezone.now(), stuck_at=None, attempts=0
        )
        for pk in keys:
            _send_on_commit(self.model, pk)
        return count


WorkManager = models.Manager.from_queryset(WorkQuerySet)


def free(now: datetime) -> Q:
    return Q(held_until=None) | Q(held_until__lt=now)


class Work(models.Model):
    """A row that something still has to happen to. Times are UTC."""

    due_at = models.DateTimeField(null=True, blank=True, default=timezone.now, editable=False)
    held_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    first_tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    stuck_at = models.DateTimeField(null=True, blank=True, editable=False)
    error = models.CharField(max_length=300, blank=True, editable=False)

    work_task: ClassVar[str]
    """The Celery task that takes a row of this kind, such as `funding.tasks.advance_deposit`."""
    work_background: ClassVar[bool] = False
    """True for refreshes nobody waits for."""

    class Meta:
        abstract = True

    def enqueue(self) -> None:
        """Have a worker look at this row as soon as the transaction commits."""
        _send_on_commit(type(self), self.pk)

    def poke(self) -> None:
        """Bring this row forward to now."""
        type(self)._base_manager.filter(pk=self.pk).update(
            due_at=timezone.now(), stuck_at=None, attempts=0
        )
        self.enqueue()


def due_indexes(name: str) -> list[models.Index]:
    """The index the sweep reads: few rows are due, most are settled."""
    return [
        models.Index(
            fields=["due_at"],
            name=f"{name}_due",
            condition=Q(due_at__isnull=False, stuck_at__isnull=True),
        )
    ]


def take(model: type[W], pk: int, step: Callable[[W], timedelta | None]) -> bool:
    """Do one step with the row, if it is due and free. Says whether this call was the one.

    The claim is a conditional UPDATE whose row count is the lock: no transaction stays open
    while the step talks to Bluum. A process that dies keeps its hold until it lapses.
    """
    now = timezone.now()
    hold = now + settings.WORK_HOLD
    rows = model._base_manager.filter(pk=pk)
    claimed = rows.filter(free(now), due_at__lte=now, stuck_at=None).update(
        held_until=hold,
        attempts=F("attempts") + 1,
        first_tried_at=models.functions.Coalesce("first_tried_at", now),
    )
    if not claimed:
        return False
    row = rows.get()
    claimed_due = row.due_at
    background = in_background.set(model.work_background)
    try:
        with structlog.contextvars.bound_contextvars(work=model._meta.label, row=pk):
            try:
                wait = step(row)
            except Exception as problem:
                _again(rows, row, hold, problem)
            else:
                _next(rows, row.pk, hold, claimed_due, wait)
    finally:
        in_background.reset(background)
    return True


def _next(
    rows: models.QuerySet[Any],
    pk: int,
    hold: datetime,
    claimed_due: datetime | None,
    wait: timedelta | None,
) -> None:
    """Write the next date, unless someone poked the row meanwhile: then look again at once."""
    mine = rows.filter(held_until=hold)
    calm: dict[str, Any] = {"held_until": None, "attempts": 0, "error": ""}
    following = None if wait is None else timezone.now() + wait
    if mine.filter(due_at=claimed_due).update(due_at=following, **calm):
        if wait is not None:
            send(rows.model, pk, wait)
    elif mine.update(**calm):
        send(rows.model, pk)


def _again(rows: models.QuerySet[Any], row: Work, hold: datetime, problem: Exception) -> None:
    wait = backoff(row.attempts, getattr(problem, "retry_after", None))
    stuck = row.attempts >= settings.WORK_ATTEMPTS
    error = describe(problem)
    log.warning("step failed", error=error, attempts=row.attempts, stuck=stuck)
    now = timezone.now()
    rows.filter(held_until=hold).update(
        held_until=None,
        error=error[:300],
        stuck_at=now if stuck else None,
        due_at=now + wait,
    )
    if not stuck:
        send(rows.model, row.pk, wait)


def backoff(attempts: int, at_least: float | None = None) -> timedelta:
    """5 s, 10 s, 20 s … up to an hour, each ±25 %; about four hours over twelve attempts."""
    seconds = min(5 * 2 ** (attempts - 1), 3600) * random.uniform(0.75, 1.25)
    return timedelta(seconds=max(seconds, at_least or 0))


def describe(problem: BaseException) -> str:
    """What went wrong, without anybody's data: Bluum's code, or the name and place of an error."""
    if isinstance(problem, BluumError):
        return str(problem)
    place, frame = "", problem.__traceback__
    while frame:
        name = frame.tb_frame.f_code.co_filename
        if name.startswith(OURS) and "/.venv/" not in name:
            place = f" at {name.removeprefix(OURS)}:{frame.tb_lineno}"
        frame = frame.tb_next
    return f"{type(problem).__name__}{place}"


OURS = f"{settings.BASE_DIR}/"


# Sending: a nudge to the workers, never the truth ---------------------------------------------

SOON = timedelta(minutes=2)


def _send_on_commit(model: type[Work], pk: int) -> None:
    transaction.on_commit(lambda: send(model, pk))


def send(model: type[Work], pk: int, wait: timedelta = timedelta()) -> None:
    """Tell the workers that a row is or will soon be due. If the broker is away, the sweep will."""
    if wait > SOON:
        return
    try:
        current_app.send_task(
            model.work_task,
            args=[pk],
            countdown=max(wait.total_seconds(), 0) or None,
            queue="background" if model.work_background else "interactive",
        )
    except (OperationalError, RedisError, OSError) as problem:
        logging.getLogger("robo.work").warning("broker is away: %s", type(problem).__name__)


def kinds() -> Iterator[type[Work]]:
    """Every kind of work there is."""
    return (m for m in apps.get_models() if issubclass(m, Work) and not m._meta.proxy)


def kinds_due(until: datetime) -> set[type[Work]]:
    """The kinds with a row due by then, held or not. One question to the database."""
    every = tuple(kinds())
    with connection.cursor() as cursor:
        cursor.execute(_which_are_due(every), [until] * len(every))
        return {every[number] for (number,) in cursor.fetchall()}


@cache
def _which_are_due(every: tuple[type[Work], ...]) -> str:
    quote = connection.ops.quote_name
    return " UNION ALL ".join(
        f"(SELECT {number} FROM {quote(model._meta.db_table)}"  # noqa: S608 (our own names)
        " WHERE due_at <= %s AND stuck_at IS NULL LIMIT 1)"
        for number, model in enumerate(every)
    )


def sweep(limit: int = 500) -> int:
    """Tell the workers about everything that is due. Returns how many rows that was."""
    count = 0
    for model in kinds_due(timezone.now()):
        for pk in (
            model._base_manager.filter(
                free(timezone.now()), due_at__lte=timezone.now(), stuck_at=None
            )
            .order_by("due_at")
            .values_list("pk", flat=True)[:limit]
        ):
            send(model, pk)
            count += 1
    return count


def run_due(*models_: type[Work]) -> int:
    """Take every due row here and now, without a worker. For commands and tests.

    What a step makes due is taken too, if its kind comes after.
    """
    count, due = 0, kinds_due(timezone.now())
    for model in models_ or tuple(kinds()):
        if model not in due:
            continue
        now = timezone.now()
        rows = model._base_manager.filter(free(now), due_at__lte=now, stuck_at=None)
        for pk in list(rows.order_by("due_at").values_list("pk", flat=True)):
            current_app.tasks[model.work_task](pk)
            count += 1
        due = kinds_due(timezone.now())
    return count
