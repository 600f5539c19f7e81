"""What changed since the last visit: kept figures beside the present ones, in parts that add up.

The figures of a visit are those that home showed last. Money is dollars, chances are whole percent.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone

from accounts.models import Account
from portfolios.models import Goal, Portfolio, Visit
from robo.ui import words
from robo.ui.charts import ValuePoint

ZERO = Decimal(0)
NEW_YORK = ZoneInfo("America/New_York")


@dataclass(frozen=True, slots=True)
class Move:
    """A goal whose chance is another one now."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Change:
    """From then to now: `total` is what the parts make, to the cent. Fees are positive."""

    since: datetime
    total: Decimal
    put_in: Decimal
    markets: Decimal
    dividends: Decimal | None
    fees: Decimal | None
    """None, as for dividends: not known apart, so it is within `markets`."""
    moves: tuple[Move, ...]
    compared: int
    """Goals whose chances then and now are both known."""
    is_visit: bool

    @property
    def since_words(self) -> str:
        """Since when: the day, or the hour if it was today."""
        then = words.local(self.since)
        if self.is_visit and then.date() == timezone.localdate():
            return words.clock(self.since)
        return words.day(self.since)

    @property
    def fees_taken(self) -> Decimal | None:
        """As a part of the sum: fees make it smaller."""
        return None if self.fees is None else -self.fees

    @property
    def told_moves(self) -> tuple[Move, ...]:
        """The two largest."""
        return self.moves[:2]

    @property
    def other_moves(self) -> int:
        return max(len(self.moves) - 2, 0)

    @property
    def within_markets(self) -> str:
        """What couldn't be told apart from markets; empty when everything could."""
        parts = (("dividends", self.dividends), ("fees", self.fees))
        return " and ".join(name for name, amount in parts if amount is None)


def figures(portfolio: Portfolio | None, chances: Mapping[int, int]) -> dict[str, Any]:
    """What home shows now, as it is kept. Without a total only the chances."""
    kept: dict[str, Any] = {"chances": {str(goal): chance for goal, chance in chances.items()}}
    if portfolio is None or portfolio.value is None:
        return kept
    parts = (portfolio.performance.get("all") or {}).get("period_breakdown") or {}
    return kept | {
        "value": str(portfolio.value),
        "put_in": _text(portfolio.contributed),
        "dividends": _text(parts.get("dividends_received")),
        "fees": _text(parts.get("fees_paid")),
    }


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _amount(figures: Mapping[str, Any], name: str) -> Decimal | None:
    found = figures.get(name)
    return None if found is None else Decimal(found)


def between(
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    goals: Iterable[Goal],
    since: datetime,
    *,
    is_visit: bool = True,
) -> Change | None:
    """The change from kept figures to others; None where a total or what was put in isn't known."""
    then, now = _amount(before, "value"), _amount(after, "value")
    paid_then, paid_now = _amount(before, "put_in"), _amount(after, "put_in")
    if then is None or now is None or paid_then is None or paid_now is None:
        return None
    put_in = paid_now - paid_then
    dividends, fees = (_difference(before, after, name) for name in ("dividends", "fees"))
    markets = now - then - put_in - (dividends or ZERO) + (fees or ZERO)
    chances = before.get("chances", {}), after.get("chances", {})
    names = {str(goal.pk): goal.name for goal in goals}
    both = [pk for pk in names if pk in chances[0] and pk in chances[1]]
    moves = [
        Move(names[pk], chances[0][pk], chances[1][pk])
        for pk in both
        if chances[0][pk] != chances[1][pk]
    ]
    moves.sort(key=lambda move: -abs(move.after - move.before))
    return Change(
        since, now - then, put_in, markets, dividends, fees, tuple(moves), len(both), is_visit
    )


def _difference(before: Mapping[str, Any], after: Mapping[str, Any], name: str) -> Decimal | None:
    then, now = _amount(before, name), _amount(after, name)
    return None if then is None or now is None else abs(now) - abs(then)


def at_close(point: ValuePoint, chances: Mapping[int, int]) -> tuple[dict[str, Any], datetime]:
    """A day's close as kept figures, and its moment."""
    kept = {
        "value": str(point.value),
        "put_in": _text(point.put_in),
        "chances": {str(goal): chance for goal, chance in chances.items()},
    }
    return kept, close_of(point.day)


def close_of(day: date) -> datetime:
    return datetime.combine(day, time(16), NEW_YORK)


def look(account: Account, visit: Visit | None, shown: dict[str, Any]) -> Visit:
    """Remember that home was looked at, and what it showed. Within a visit, and with nothing new,
    it is written down every few minutes only."""
    now = timezone.now()
    if visit is None:
        first = {"seen_at": now, "shown": shown}
        return Visit.objects.get_or_create(account=account, defaults=first)[0]
    if now - visit.seen_at > Visit.ENDS_AFTER:
        visit.before, visit.before_at = visit.shown, visit.seen_at
    elif visit.shown == shown and now - visit.seen_at < Visit.WRITTEN_EVERY:
        return visit
    visit.seen_at, visit.shown = now, shown
    visit.save(update_fields=["seen_at", "shown", "before", "before_at"])
    return visit
