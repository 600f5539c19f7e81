"""The sandbox's own time. All instants are aware UTC."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta


def iso(moment: datetime) -> str:
    """Write an instant as the API does: `2026-04-02T13:05:14.210000Z`."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def parse(text: str) -> datetime:
    """Read an ISO 8601 instant; one without a zone is taken as UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Clock:
    """Follows real time at a distance, or stands still (`frozen`) and moves only when told.

    While a job runs, or inside `pinned`, the clock shows that moment.
    """

    def __init__(self, at: datetime | None = None, *, frozen: bool = False) -> None:
        self.frozen = frozen
        self._offset = timedelta(0)
        self._frozen_at = at or datetime.now(UTC)
        self._pins: list[datetime] = []
        self.after_move: Callable[[], None] = lambda: None
        if at is not None:
            self._offset = at - datetime.now(UTC)

    def now(self) -> datetime:
        """The present moment of the sandbox."""
        if self._pins:
            return self._pins[-1]
        return self._frozen_at if self.frozen else datetime.now(UTC) + self._offset

    def advance(self, delta: timedelta) -> datetime:
        """Let time pass. What falls due on the way happens in order, at its own moment.

        Raises ValueError for a step back: what has happened can't be undone.
        """
        if delta < timedelta(0):
            raise ValueError("The clock can't go back.")
        self._frozen_at += delta
        self._offset += delta
        self.after_move()
        return self.now()

    def set(self, moment: datetime) -> datetime:
        """Move on to a moment. Raises ValueError if it has passed."""
        return self.advance(moment - self.now())

    def restart_at(self, moment: datetime) -> None:
        """Show this moment from now on, without living through the time between."""
        self._frozen_at = moment
        self._offset = moment - datetime.now(UTC)

    @contextmanager
    def pinned(self, moment: datetime) -> Iterator[None]:
        """Show one moment for a while; for jobs and for writing history. Nests."""
        self._pins.append(moment)
        try:
            yield
        finally:
            self._pins.pop()
