"""The market in the policy's mix, beside the portfolio on the same days: from what we keep."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

from django.db.models import FloatField
from django.db.models.functions import Cast

from accounts.models import Account
from portfolios import returns_of
from portfolios.models import MarketLevel, Policy
from portfolios.planning import markets
from portfolios.snapshot import snapshot
from robo.ui import words
from robo.ui.charts import ValuePoint

NEW_YORK = ZoneInfo("America/New_York")
IN_FORCE = {Policy.Status.ACTIVE, Policy.Status.SUPERSEDED}


@dataclass(frozen=True, slots=True)
class Beside:
    """What the mix made and what the portfolio made, from the close of `since` to that of
    `until`. Fractions."""

    since: date
    until: date
    made: float
    """After a fee like the portfolio's, so that both paid the same."""
    before_fee: float
    ours: float | None
    named: str
    """The mix of today: 76% in US stocks (VTI) and 24% in US bonds (BND)."""
    changes: int
    """How often the mix changed between."""
    line: list[tuple[date, float]]

    @property
    def ahead(self) -> float | None:
        return None if self.ours is None else self.ours - self.made


def beside(
    account: Account,
    points: Sequence[ValuePoint],
    own: Sequence[tuple[date, float]],
    fees: Decimal | None,
) -> Beside | None:
    """The comparison for these days; None where no policy was in force, or where closes of the
    market aren't known for two of them. `own` is the portfolio's return index, empty if its chain
    broke; `fees`, dollars, are those of these days."""
    mixes = mixes_of(account)
    if not mixes or len(points) < 2:
        return None
    levels = levels_of({s for _, mix in mixes for s in mix}, points[0].day, points[-1].day)
    days = [p.day for p in points]
    line = markets.mix_line(days, mixes, levels, returns_of.costs(points, fees))
    if len(line) < 2:
        return None
    since, until = line[0][0], line[-1][0]
    made = dict(own)
    return Beside(
        since=since,
        until=until,
        made=line[-1][1],
        before_fee=markets.mix_line(days, mixes, levels)[-1][1] if fees else line[-1][1],
        ours=(1 + made[until]) / (1 + made[since]) - 1 if made else None,
        named=named(mixes[-1][1]),
        changes=sum(a[1] != b[1] and since < b[0] <= until for a, b in pairwise(mixes)),
        line=line,
    )


def named(mix: markets.Mix) -> str:
    """A mix in words, the largest part first."""
    parts = [
        f"{words.percent(share, 0)} in {markets.NAMES[symbol]} ({symbol})"
        for symbol, share in sorted(mix.items(), key=lambda part: -part[1])
    ]
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))


def mixes_of(account: Account) -> list[tuple[date, markets.Mix]]:
    """Each policy's mix with the day it was signed, oldest first: the glide path as it was."""
    signed = sorted(
        (p for p in snapshot(account).policies if p.status in IN_FORCE and p.accepted_at),
        key=lambda p: p.version,
    )
    found = [
        (
            p.accepted_at.astimezone(NEW_YORK).date(),
            markets.mix_of(p.content.get("target_allocation", {})),
        )
        for p in signed
        if p.accepted_at
    ]
    return [(day, mix) for day, mix in found if mix]


def levels_of(symbols: set[str], first: date, last: date) -> dict[str, dict[date, float]]:
    """Closes of these days, and of the few before that may stand for the first."""
    found: dict[str, dict[date, float]] = {symbol: {} for symbol in symbols}
    rows = MarketLevel.objects.filter(
        symbol__in=symbols, day__range=(first - markets.STALE, last)
    ).order_by()
    for symbol, day, level in rows.values_list("symbol", "day", Cast("level", FloatField())):
        found[symbol][day] = level
    return found
