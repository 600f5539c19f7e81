"""The sandbox's own time. All instants are aware UTC."""

import calendar
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

FASTEST = 86_400 * 31
"""Sandbox seconds in a real second, at most: a month."""


def iso(moment: datetime) -> str:
    """Write an instant as the API does: `2026-04-02T13:05:14.210000Z`."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat(timespec="microseconds")
    return text[:-6] + "Z"


def parse(text: str) -> datetime:
    """Read an ISO 8601 instant; one without a zone is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and time so many months on; the last day where a month is too short.

    Raises ValueError or OverflowError beyond the year 9999.
    """
    years, month = divmod(moment.month - 1 + months, 12)
    year = moment.year + years
    if year > 9999:
        raise OverflowError("The year 9999 is the last.")
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


class _Pins(threading.local):
    def __init__(self) -> None:
        self.moments: list[datetime] = []


class Clock:
    """Goes on with real time at a distance, or stands still (`frozen`) and moves only when told.

    `speed` is sandbox seconds in a real second (1). While a job runs, or inside `pinned`, the clock
    shows that moment to the thread that pinned it.
    """

    def __init__(self, at: datetime | None = None, *, frozen: bool = False) -> None:
        self.frozen = frozen
        self.speed = 1.0
        self._pins = _Pins()
        self.after_move: Callable[[], None] = lambda: None
        self.restart_at(at or datetime.now(UTC))

    def now(self) -> datetime:
        """The present moment of the sandbox."""
        if self._pins.moments:
            return self._pins.moments[-1]
        if self.frozen:
            return self._start
        return self._start + (datetime.now(UTC) - self._since) * self.speed

    def advance(self, delta: timedelta) -> datetime:
        """Let time pass. What falls due on the way happens in order, at its own moment.

        Raises ValueError for a step back: what has happened can't be undone.
        """
        if delta < timedelta(0):
            raise ValueError("The clock can't go back.")
        self._start += delta
        self.after_move()
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Move on to a moment. Raises ValueError if it has passed."""
        return self.advance(moment - self.now())

    def restart_at(self, moment: datetime) -> None:
        """Show this moment from now on, without living through the time between."""
        self._start = moment
        self._since = datetime.now(UTC)

    def freeze(self) -> None:
        """Stand still at this moment."""
        self.restart_at(self.now())
        self.frozen = True

    def follow(self, speed: float = 1.0) -> None:
        """Go on from this moment, so many seconds in a real one.

        Raises ValueError unless the speed is above 0 and at most `FASTEST`.
        """
        if not 0 < speed <= FASTEST:
            raise ValueError(f"The speed must be above 0 and at most {FASTEST}.")
        self.restart_at(self.now())
        self.frozen, self.speed = False, speed

    @contextmanager
    def pinned(self, moment: datetime) -> Iterator[None]:
        """Show one moment for a while; for jobs and for writing history. Nests."""
        self._pins.moments.append(moment)
        try:
            yield
        finally:
            self._pins.moments.pop()
