"""Why a chance moved: the change between two plans for one goal, split by cause.

The plan is run again and again, each time with one more thing as it is now: first the time that has
passed, then deposits, markets, the wishes the person changed, what we assume, and the profile that
sets the level. The steps add up to the whole change exactly, whatever their size. The order is
ours; another order would split the same change a little differently.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from portfolios.planning.models import model
from portfolios.planning.projection import Plan, chance

Cause = Literal["time", "deposits", "market", "wishes", "assumptions", "profile"]
ORDER: tuple[Cause, ...] = ("time", "deposits", "market", "wishes", "assumptions", "profile")


@dataclass(frozen=True)
class Change:
    """`before`, `after` and the steps are fractions; the steps add up to after - before."""

    before: float
    after: float
    steps: dict[Cause, float]

    @property
    def points(self) -> dict[Cause, int]:
        """Whole percentage points that add up to the change of the rounded percents.

        What rounding leaves over goes to the largest step.
        """
        whole = round(self.after * 100) - round(self.before * 100)
        rounded = {cause: round(step * 100) for cause, step in self.steps.items()}
        rest = whole - sum(rounded.values())
        if rest:
            largest = max(self.steps, key=lambda cause: abs(self.steps[cause]))
            rounded[largest] += rest
        return rounded


def attribute(before: Plan, after: Plan, months_passed: int, paid_in: float) -> Change:
    """Split the change of chance. `paid_in` are dollars put in since (less what was taken out).

    Time passes as planned: the plan's own deposits are made and the level's middle future comes.
    More or less paid in than that is `deposits`; what then still differs from today's value is
    `market`. Raises ValueError if more months passed than the old plan had.
    """
    if not 0 <= months_passed < before.months:
        raise ValueError("The old plan must still have been running.")
    seen = replace(before, seed=after.seed, paths=after.paths)
    held = model(before.level, before.set_name, before.version)
    growth = (1 + held.geometric) * (1 - before.yearly_fee / 12) ** 12
    value, planned = before.start, 0.0
    for month in range(months_passed):
        deposit = before.monthly * (1 + before.raise_yearly) ** (month // 12)
        value = value * growth ** (1 / 12) + deposit
        planned += deposit
    runs = [seen]
    runs.append(replace(seen, months=before.months - months_passed, start=value))
    runs.append(replace(runs[-1], start=max(0.0, value + paid_in - planned)))
    runs.append(replace(runs[-1], start=after.start))
    runs.append(
        replace(
            runs[-1],
            monthly=after.monthly,
            raise_yearly=after.raise_yearly,
            months=after.months,
            target=after.target,
            target_in_todays_dollars=after.target_in_todays_dollars,
            importance=after.importance,
        )
    )
    runs.append(
        replace(
            runs[-1],
            fee=after.fee,
            set_name=after.set_name,
            version=after.version,
            mode=after.mode,
            uncertain_prices=after.uncertain_prices,
        )
    )
    runs.append(after)
    chances = [chance(run) for run in runs]
    differences = [later - earlier for earlier, later in pairwise(chances)]
    return Change(
        before=chances[0], after=chances[-1], steps=dict(zip(ORDER, differences, strict=True))
    )
