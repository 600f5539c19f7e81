"""Why a goal's chance moved: the difference to an earlier projection, split by cause.

A difference under a point says nothing and is kept quiet: later ones are measured against the same
earlier projection, so that many small steps are told once they add up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from math import floor
from typing import Any

from portfolios.models import Projection
from portfolios.planning import projection
from portfolios.planning.attribution import ORDER, attribute
from robo.ui import words

QUIET_BELOW = 1
"""Percentage points."""
CAUSES: dict[str, tuple[str, str]] = {
    "time": ("time passing", "time passing"),
    "deposits": ("your extra deposits", "less paid in than planned"),
    "market": ("market", "market"),
    "wishes": ("your changes", "your changes"),
    "assumptions": ("our assumptions and fees", "our assumptions and fees"),
    "profile": ("your risk level", "your risk level"),
}
"""Cause to its words when it helped, and when it didn't."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A told change: percents as shown, and points that add up to their difference exactly."""

    before: int
    after: int
    points: Mapping[str, int]
    since: date
    on: date

    @property
    def parts(self) -> list[tuple[int, str]]:
        """Points and words, the largest first; causes of no point are left out."""
        found = [
            (points, CAUSES[cause][points < 0]) for cause, points in self.points.items() if points
        ]
        return sorted(found, key=lambda part: -abs(part[0]))

    @property
    def in_words(self) -> str:
        """77 → 73: −6 market, +2 your extra deposits."""
        told = ", ".join(
            f"{'+' if points > 0 else words.MINUS}{abs(points)} {cause}"
            for points, cause in self.parts
        )
        return f"{self.before} → {self.after}: {told}"


def moved_of(outputs: Mapping[str, Any]) -> Moved | None:
    """The last told change that was kept with a projection."""
    kept = outputs.get("moved")
    if not kept:
        return None
    return Moved(
        kept["before"],
        kept["after"],
        kept["points"],
        date.fromisoformat(kept["since"]),
        date.fromisoformat(kept["on"]),
    )


def explain(
    earlier: Projection, plan: projection.Plan, outputs: Mapping[str, Any], today: date
) -> dict[str, Any] | None:
    """The change since an earlier projection, for keeping. None when it is too small to tell, or
    when the two can't be compared: another engine, or a plan that has ended meanwhile."""
    if abs(outputs["percent"] - earlier.outputs["percent"]) < QUIET_BELOW:
        return None
    if earlier.engine != projection.ENGINE_VERSION or "put_in" not in earlier.outputs:
        return None
    given = dict(earlier.inputs)
    since = date.fromisoformat(given.pop("on"))
    before = projection.Plan(**given)
    passed = max(
        (today.year - since.year) * 12 + today.month - since.month - (today.day < since.day), 0
    )
    if passed >= before.months:
        return None
    found = attribute(before, plan, passed, outputs["put_in"] - earlier.outputs["put_in"])
    return {
        "before": earlier.outputs["percent"],
        "after": outputs["percent"],
        "points": whole_points(found.steps, outputs["percent"] - earlier.outputs["percent"]),
        "since": since.isoformat(),
        "on": today.isoformat(),
    }


def whole_points(steps: Mapping[Any, float], total: int) -> dict[str, int]:
    """Whole points per cause that add up to `total`; what rounding leaves goes, point by point, to
    the steps that lost most by it."""
    exact = {str(cause): steps[cause] * 100 for cause in ORDER}
    whole = {cause: floor(value) for cause, value in exact.items()}
    rest = total - sum(whole.values())
    moved = [cause for cause in exact if abs(exact[cause]) > 1e-9] or list(exact)
    by_loss = sorted(moved, key=lambda cause: whole[cause] - exact[cause])
    for turn in range(abs(rest)):
        place = turn % len(by_loss)
        cause = by_loss[place] if rest > 0 else by_loss[-1 - place]
        whole[cause] += 1 if rest > 0 else -1
    return whole
