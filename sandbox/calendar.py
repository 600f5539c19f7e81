"""When the New York Stock Exchange is open: sessions, holidays and shortened days, 2014 to 2037.

Days and hours come from `data/xnys.json`, which is written from exchange_calendars
(`python -m sandbox.data.make_xnys`). All instants are aware UTC; days are the exchange's own.
"""

import json
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

NEW_YORK = ZoneInfo("America/New_York")
OPENS, CLOSES = time(9, 30), time(16, 0)


@dataclass(frozen=True)
class Calendar:
    """The exchange's sessions in order; `opens` and `closes` are Unix seconds, same index."""

    days: tuple[date, ...]
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    holidays: dict[date, str]
    early_closes: dict[date, time]

    def is_open(self, at: datetime) -> bool:
        """Whether the exchange trades at this instant."""
        found = self.at_or_after(at)
        return self.opens[found] <= at.timestamp() < self.closes[found]

    def at_or_after(self, at: datetime) -> int:
        """Index of the session that is running at `at` or comes next."""
        return min(bisect_right(self.closes, at.timestamp()), len(self.days) - 1)

    def last_closed(self, at: datetime) -> int:
        """Index of the last session that had closed by `at`; -1 before the first."""
        return bisect_right(self.closes, at.timestamp()) - 1

    def open_at(self, index: int) -> datetime:
        """The opening instant of a session."""
        return datetime.fromtimestamp(self.opens[index], UTC)

    def close_at(self, index: int) -> datetime:
        """The closing instant of a session."""
        return datetime.fromtimestamp(self.closes[index], UTC)

    def next_open(self, at: datetime) -> datetime:
        """The first opening after `at`."""
        return self.open_at(min(bisect_right(self.opens, at.timestamp()), len(self.days) - 1))

    def next_close(self, at: datetime) -> datetime:
        """The first closing after `at`."""
        return self.close_at(self.at_or_after(at))

    def is_session(self, day: date) -> bool:
        """Whether the exchange trades on this day."""
        found = self.index_on_or_after(day)
        return self.days[found] == day

    def index_on_or_after(self, day: date) -> int:
        """Index of the first session that is not before `day`."""
        return min(bisect_left(self.days, day), len(self.days) - 1)

    def index_on_or_before(self, day: date) -> int:
        """Index of the last session that is not after `day`; -1 before the first."""
        return bisect_right(self.days, day) - 1

    def session_on_or_after(self, day: date) -> date:
        """The first trading day that is not before `day`."""
        return self.days[self.index_on_or_after(day)]


@lru_cache(maxsize=1)
def nyse() -> Calendar:
    """The calendar of the New York Stock Exchange (code XNYS)."""
    raw: dict[str, Any] = json.loads(
        Path(__file__).with_name("data").joinpath("xnys.json").read_text()
    )
    holidays = {date.fromisoformat(day): name for day, name in raw["holidays"].items()}
    early = {date.fromisoformat(d): time.fromisoformat(t) for d, t in raw["early_closes"].items()}
    days, opens, closes = [], [], []
    day, last = date.fromisoformat(raw["first"]), date.fromisoformat(raw["last"])
    while day <= last:
        if day.weekday() < 5 and day not in holidays:
            days.append(day)
            opens.append(_unix(day, OPENS))
            closes.append(_unix(day, early.get(day, CLOSES)))
        day += timedelta(days=1)
    return Calendar(tuple(days), tuple(opens), tuple(closes), holidays, early)


def _unix(day: date, at: time) -> int:
    return int(datetime.combine(day, at, NEW_YORK).timestamp())
