"""Requests per second and key pair. Known: 10 in the sandbox. Our choice: a bucket of one second.

It runs on real time, for it protects a real program; the sandbox's clock may jump.
"""

import threading
import time
from collections.abc import Callable


class RateLimit:
    """A token bucket for each key."""

    def __init__(self, rate: float, timer: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self._timer = timer
        self._lock = threading.Lock()
        self._buckets: dict[str, tuple[float, float]] = {}

    def take(self, key: str) -> tuple[bool, int, float]:
        """Use up one request. Returns (allowed, requests left, seconds until one more is there)."""
        if self.rate <= 0:
            return True, 0, 0.0
        with self._lock:
            now = self._timer()
            size = max(1.0, self.rate)
            tokens, before = self._buckets.get(key, (size, now))
            tokens = min(size, tokens + (now - before) * self.rate)
            allowed = tokens >= 1
            if allowed:
                tokens -= 1
            self._buckets[key] = (tokens, now)
        return allowed, int(tokens), max(0.0, (1 - tokens) / self.rate)
