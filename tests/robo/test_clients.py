"""Bluum's limit is kept by all workers together, and people's wishes go before refreshes.

Time is that of Redis, which is what the bucket counts by; nothing is said about our own clock.
"""

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from robo import clients, work
from robo.bluum import Unavailable
from robo.clients import TokenBucket


@pytest.fixture
def redis() -> Iterator[Redis]:
    with Redis.from_url(settings.REDIS_URL) as connection:
        yield connection


@pytest.fixture
def name() -> str:
    return uuid.uuid4().hex


@pytest.fixture
def background() -> Iterator[None]:
    token = work.in_background.set(True)
    yield
    work.in_background.reset(token)


def now(redis: Redis) -> float:
    seconds, millionths = redis.time()  # type: ignore[misc]
    return float(seconds) + millionths / 1e6


def granted(*buckets: TokenBucket) -> int:
    """How many requests pass before one would have to wait; the buckets take turns."""
    count = 0
    try:
        while True:
            buckets[count % len(buckets)]()
            count += 1
    except Unavailable:
        return count


def take_until_told(bucket: TokenBucket) -> None:
    while True:
        bucket()


def test_two_workers_share_one_bucket(redis: Redis, name: str) -> None:
    began = now(redis)
    count = granted(*(TokenBucket(redis, name, rate=6, patience=0) for _ in range(2)))
    refilled = 6 * (now(redis) - began)
    assert 6 <= count <= 6 + refilled


def test_two_workers_that_wait_keep_the_rate_together(redis: Redis, name: str) -> None:
    rate, each = 40.0, 40
    began = now(redis)

    def work_on() -> None:
        bucket = TokenBucket(redis, name, rate=rate)
        for _ in range(each):
            bucket()

    workers = [threading.Thread(target=work_on) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert 2 * each <= rate + rate * (now(redis) - began) + 1e-3


def test_refreshes_leave_a_third_to_people(redis: Redis, name: str, background: None) -> None:
    bucket = TokenBucket(redis, name, rate=9, patience=0)
    began = now(redis)
    refreshes = granted(bucket)
    assert 6 <= refreshes <= 6 + 9 * (now(redis) - began)
    work.in_background.set(False)
    assert granted(bucket) >= 3


def test_each_key_pair_has_its_own_bucket(redis: Redis, name: str) -> None:
    granted(TokenBucket(redis, name, rate=5, patience=0))
    assert granted(TokenBucket(redis, name + "-other", rate=5, patience=0)) >= 5


def test_who_must_wait_too_long_is_told_how_long(redis: Redis, name: str) -> None:
    bucket = TokenBucket(redis, name, rate=1, patience=0)
    with pytest.raises(Unavailable) as problem:
        take_until_told(bucket)
    assert problem.value.retry_after is not None
    assert 0 < problem.value.retry_after <= 1


def test_an_emptied_broker_only_fills_the_bucket(redis: Redis, name: str) -> None:
    bucket = TokenBucket(redis, name, rate=5, patience=0)
    granted(bucket)
    redis.delete(f"bucket:{name}")
    redis.script_flush()
    assert granted(bucket) >= 5


def test_without_the_broker_each_process_paces_itself(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(clients.time, "sleep", waits.append)
    away = Redis(host="127.0.0.1", port=9, retry=Retry(NoBackoff(), 0))
    bucket = TokenBucket(away, name, rate=4)
    bucket()
    bucket()
    assert waits == [0.25, 0.25]


def test_every_call_of_the_product_goes_through_the_bucket(
    sandbox: Any, redis: Redis, settings: Any
) -> None:
    began = now(redis)
    clients.bluum().webhooks.list()
    buckets = list(redis.scan_iter("bucket:*"))
    assert max(float(redis.hget(key, "at") or 0) for key in buckets) >= began  # type: ignore[arg-type]
    assert not any(settings.BLUUM_API_KEY.encode() in key for key in buckets)
