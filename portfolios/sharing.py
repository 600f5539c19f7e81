"""One monthly budget, shared by the goals in their order: what each needs, gets, and what then.

Writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from portfolios import outlook
from portfolios.models import Goal
from portfolios.planning import projection
from portfolios.planning.budget import Claim, share


@dataclass(frozen=True, slots=True)
class Part:
    """What one goal gets of the budget. Dollars a month, chances in 100."""

    goal: Goal
    place: int
    """1 is served first."""
    needed: Decimal | None
    """What reaches its bar; None where no amount does."""
    gets: Decimal
    before: int | None
    """As it is now."""
    after: int | None
    bar: int
    grown: bool = False

    @property
    def more(self) -> Decimal:
        planned: Decimal = self.goal.monthly_contribution
        return self.gets - planned


def share_out(
    goals: Sequence[Goal],
    budget: Decimal,
    base: outlook.Footing,
    today: date,
    targets: Mapping[int, Decimal] | None = None,
) -> list[Part]:
    """The parts of a budget, `goals` in the order they are served. `targets` tries other amounts,
    by goal pk. Without a level nothing can be said of needs, and the present amounts count."""
    wishes = {goal.pk: outlook.wish_of(goal, base) for goal in goals}
    tried = {
        goal.pk: replace(wishes[goal.pk], target=(targets or {}).get(goal.pk, goal.target_amount))
        for goal in goals
    }
    needed = {goal.pk: _needed(tried[goal.pk], goal, base, today) for goal in goals}
    given = share(
        budget,
        [Claim(str(goal.pk), place, needed[goal.pk]) for place, goal in enumerate(goals, 1)],
    )
    return [
        Part(
            goal=goal,
            place=place,
            needed=needed[goal.pk],
            gets=given[str(goal.pk)],
            before=chance(wishes[goal.pk], base, today),
            after=chance(
                replace(tried[goal.pk], monthly=given[str(goal.pk)]), base, today
            ),
            bar=round(100 * _bar(tried[goal.pk], base, today)),
            grown=goal.pk in (targets or {}),
        )
        for place, goal in enumerate(goals, 1)
    ]  # fmt: skip


def chance(wish: outlook.Wish, base: outlook.Footing, today: date) -> int | None:
    """In 100, as pages show it; None without a level, or when the day has come."""
    if base.level is None or wish.by <= today:
        return None
    return int(projection.chance(outlook.plan_of(wish, base.level, today)) * 100 + 1e-9)


def _needed(wish: outlook.Wish, goal: Goal, base: outlook.Footing, today: date) -> Decimal | None:
    if base.level is None or wish.by <= today:
        return Decimal(goal.monthly_contribution)
    found = projection.needed_monthly(outlook.plan_of(wish, base.level, today))
    return None if found is None else Decimal(found)


def _bar(wish: outlook.Wish, base: outlook.Footing, today: date) -> float:
    return outlook.plan_of(wish, base.level or 1, today).bar
