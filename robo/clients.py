"""Where Bluum and Plaid are reached from. Only `sync` modules import this."""

import hashlib
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import httpx
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from robo import partner, work
from robo.bluum import Bluum, Unavailable
from robo.plaid import Plaid

# One bucket for all processes: refill by the clock of Redis, take one, or say how long to wait.
# Background refreshes leave a third of the bucket to people's wishes.
_TAKE = """
local rate, burst, floor = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = tonumber(t[1]) + tonumber(t[2]) / 1e6
local seen = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local idle = now - (tonumber(seen[2]) or now)
local tokens = math.min(burst, (tonumber(seen[1]) or burst) + idle * rate)
local wait = 0
if tokens - 1 >= floor then tokens = tokens - 1 else wait = (floor + 1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('EXPIRE', KEYS[1], 60)
return tostring(wait)
"""


class TokenBucket:
    """At most `rate` requests a second over all workers, shared through Redis.

    Without Redis it paces this process alone. Raises Unavailable when the wait would pass
    `patience` seconds: the loop then comes back later.
    """

    def __init__(self, redis: Redis, name: str, rate: float, patience: float = 10) -> None:
        self._redis, self._key, self._rate, self._patience = redis, f"bucket:{name}", rate, patience
        self._take = redis.register_script(_TAKE)

    def __call__(self) -> None:
        deadline = time.monotonic() + self._patience
        burst = max(1.0, self._rate)
        while True:
            floor = burst / 3 if work.in_background.get() else 0
            try:
                wait = float(self._take(keys=[self._key], args=[self._rate, burst, floor]))
            except RedisError:
                time.sleep(1 / self._rate)
                return
            if wait <= 0:
                return
            if time.monotonic() + wait > deadline:
                raise Unavailable("Too many requests of ours are waiting.", retry_after=wait)
            time.sleep(wait)


_mounted: dict[str, Any] = {}


def mount(
    transport: httpx.BaseTransport | None, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Reach Bluum through this transport, `sleep` between a call's tries: tests mount the sandbox
    in process, where nothing comes of waiting."""
    _mounted.clear()
    if transport:
        _mounted.update(transport=transport, sleep=sleep)
    bluum.cache_clear()
    bluum_now.cache_clear()


@cache
def bluum() -> Bluum:
    name = hashlib.sha256(settings.BLUUM_API_KEY.encode()).hexdigest()[:12]
    redis = Redis.from_url(settings.REDIS_URL, socket_connect_timeout=1, socket_timeout=1)
    return Bluum(
        settings.BLUUM_BASE_URL,
        settings.BLUUM_API_KEY,
        settings.BLUUM_API_SECRET,
        limiter=TokenBucket(redis, name, settings.BLUUM_REQUESTS_PER_SECOND),
        budget=settings.BLUUM_CALL_BUDGET.total_seconds(),
        **_mounted,
    )


@cache
def bluum_now() -> Bluum:
    """For the few calls a person waits for: one short try."""
    return Bluum(
        settings.BLUUM_BASE_URL,
        settings.BLUUM_API_KEY,
        settings.BLUUM_API_SECRET,
        timeout=4,
        budget=5,
        **_mounted,
    )


@cache
def plaid() -> Plaid:
    """Plaid, for what is held elsewhere. Only where `settings.PLAID_BASE_URL` is set."""
    return Plaid(
        host=settings.PLAID_BASE_URL,
        client_id=settings.PLAID_CLIENT_ID,
        secret=settings.PLAID_SECRET,
        name=partner.current().short_name,
    )
