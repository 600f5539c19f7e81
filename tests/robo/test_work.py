"""What the loop promises, on PostgreSQL, with threads where threads are claimed."""

import os
import subprocess
import sys
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from robo import work
from robo.webhooks.models import Event


@pytest.fixture
def row(db: None) -> Event:
    return Event.objects.create(source="test", event_id="1", kind="nothing.at_all")


def settled(_: Event) -> None:
    return None


def failing(_: Event) -> None:
    raise RuntimeError("tax id 536-22-1234 is wrong")


def test_a_settled_row_is_not_looked_at_again(row: Event) -> None:
    assert work.take(Event, row.pk, settled)
    row.refresh_from_db()
    assert row.due_at is None
    assert not work.take(Event, row.pk, settled)


def test_a_step_says_when_to_look_again(row: Event) -> None:
    work.take(Event, row.pk, lambda _: timedelta(hours=1))
    row.refresh_from_db()
    assert timedelta(minutes=59) < row.due_at - timezone.now() <= timedelta(hours=1)
    assert not Event.objects.due().exists()


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_one_row_take_one_step() -> None:
    row = Event.objects.create(source="test", event_id="1", kind="nothing.at_all")
    steps: list[int] = []
    start = threading.Barrier(8)

    def worker() -> None:
        start.wait()
        work.take(Event, row.pk, lambda event: steps.append(event.pk))  # type: ignore[func-returns-value]
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert steps == [row.pk]


def test_a_poke_during_a_step_is_not_lost(row: Event) -> None:
    work.take(Event, row.pk, lambda event: event.poke())
    row.refresh_from_db()
    assert Event.objects.due().get() == row


def test_a_row_held_by_a_dead_worker_comes_free(row: Event) -> None:
    Event.objects.filter(pk=row.pk).update(held_until=timezone.now() + settings.WORK_HOLD)
    assert not work.take(Event, row.pk, settled)
    Event.objects.filter(pk=row.pk).update(held_until=timezone.now() - timedelta(seconds=1))
    assert work.take(Event, row.pk, settled)


def test_a_late_worker_does_not_free_what_another_holds(row: Event) -> None:
    anothers = timezone.now() + timedelta(hours=1)

    def slow(event: Event) -> timedelta:
        Event.objects.filter(pk=event.pk).update(held_until=anothers)
        return timedelta(minutes=5)

    work.take(Event, row.pk, slow)
    row.refresh_from_db()
    assert row.held_until == anothers


def test_failures_back_off_and_end_as_stuck_where_a_person_sees_them(row: Event) -> None:
    waits = []
    for _ in range(settings.WORK_ATTEMPTS):
        Event.objects.update(due_at=timezone.now())
        work.take(Event, row.pk, failing)
        row.refresh_from_db()
        waits.append(row.due_at - timezone.now())
    assert waits[0] < timedelta(seconds=7)
    assert waits[-1] > timedelta(minutes=40)
    assert list(Event.objects.stuck()) == [row]
    assert not work.take(Event, row.pk, settled)


def test_an_advisor_revives_a_stuck_row(row: Event) -> None:
    Event.objects.update(stuck_at=timezone.now(), attempts=12)
    Event.objects.stuck().poke()
    assert work.take(Event, row.pk, settled)


def test_what_went_wrong_is_told_without_anybodys_data(row: Event) -> None:
    work.take(Event, row.pk, failing)
    row.refresh_from_db()
    assert row.error.startswith("RuntimeError at ")
    assert "536-22" not in row.error


def test_twelve_attempts_take_about_four_hours() -> None:
    total = sum((work.backoff(n) for n in range(1, 13)), timedelta())
    assert timedelta(hours=2) < total < timedelta(hours=5)


def test_a_wait_that_bluum_asks_for_is_kept() -> None:
    assert work.backoff(1, at_least=120) >= timedelta(seconds=120)


def test_the_sweep_finds_what_an_emptied_broker_forgot(
    row: Event, django_capture_on_commit_callbacks: Any
) -> None:
    from redis import Redis

    redis = Redis.from_url(settings.REDIS_URL)
    redis.flushdb()
    assert work.sweep() == 1
    assert redis.llen("interactive") == 1
    redis.flushdb()


def test_a_broker_that_is_away_costs_nobody_an_error() -> None:
    """In a process of its own, whose broker isn't there: a wish is written down all the same."""
    program = (
        "import django; django.setup();"
        "from robo import work; from robo.webhooks.models import Event;"
        "work.send(Event, 1); print('went on')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ
        | {"REDIS_URL": "redis://127.0.0.1:1/0", "DJANGO_SETTINGS_MODULE": "robo.settings"},
        capture_output=True,
        text=True,
    )
    assert "went on" in done.stdout, done.stderr[-500:]
    assert "broker is away" in done.stdout
