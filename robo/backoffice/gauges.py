"""Gauges: shares with a limit, which the front page shows. Each app announces its own from its
`admin.py`. They are of all clients together, so only those see them who see more than a book."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from robo.backoffice.roles import Ability, can


@dataclass(frozen=True, slots=True)
class Gauge:
    """A share of something, as fractions; `alarm` is where somebody has to look."""

    title: str
    help: str
    count: int
    of: int
    alarm: Decimal
    limit: Decimal
    url: str = ""

    @property
    def share(self) -> Decimal | None:
        """None while there is nothing to measure."""
        return Decimal(self.count) / self.of if self.of else None

    @property
    def state(self) -> str:
        """Empty when all is well, else warn or bad."""
        share = self.share
        if share is None or share < self.alarm:
            return ""
        return "bad" if share >= self.limit else "warn"


_announced: list[Callable[[], Iterable[Gauge]]] = []


def announce(measure: Callable[[], Iterable[Gauge]]) -> Callable[[], Iterable[Gauge]]:
    _announced.append(measure)
    return measure


def readings(user: Any) -> list[Gauge]:
    """Every gauge, for those who may see what belongs to no single client."""
    if not can(user, Ability.INBOX):
        return []
    return [gauge for measure in _announced for gauge in measure()]
