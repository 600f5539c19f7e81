"""From a goal to its futures: the level it is projected at, the plan, the figures, the drawing.

Nothing here writes. Planning works in floats; what comes out is rounded where it is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from onboarding.models import RiskAssessment
from portfolios.models import Goal, Policy, Portfolio, Projection
from portfolios.planning import horizon, projection
from portfolios.planning.assumptions import load
from portfolios.planning.models import Model, model
from robo import partner
from robo.ui import charts, words

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
MOST_YEARS = 50
STATUS_WORDS = {
    "on_track": ("On track", "good"),
    "close": ("Close", "warn"),
    "needs_change": ("Needs a change", "bad"),
}


@dataclass(frozen=True, slots=True)
class Footing:
    """What every projection of an account stands on: its level, and its portfolio's value."""

    level: int | None
    from_policy: bool
    value: Decimal | None
    """Dollars; None as long as Bluum has told no value."""

    @property
    def is_funded(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Wish:
    """A goal, or a change of it that is only tried: what a projection is made from. Dollars."""

    key: str
    type: str
    target: Decimal
    by: date
    monthly: Decimal
    start: Decimal


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the futures say about a wish, as pages show it. `outputs` is what is kept."""

    outputs: Mapping[str, Any]
    name: str
    by: date

    @property
    def in_100(self) -> int:
        return int(self.outputs["percent"])

    @property
    def others(self) -> int:
        return 100 - self.in_100

    @property
    def bar_in_100(self) -> int:
        return round(float(self.outputs["bar"]) * 100)

    @property
    def status(self) -> str:
        return str(self.outputs["status"])

    @property
    def status_words(self) -> str:
        return STATUS_WORDS[self.status][0]

    @property
    def tone(self) -> str:
        return STATUS_WORDS[self.status][1]

    @property
    def is_on_track(self) -> bool:
        return self.status == "on_track"

    @property
    def shortfall(self) -> Decimal:
        return Decimal(str(self.outputs["mean_shortfall"]))

    @property
    def target(self) -> Decimal:
        return Decimal(str(self.outputs["nominal_target"]))

    @property
    def start(self) -> Decimal:
        return Decimal(str(self.outputs["start"]))

    @property
    def level(self) -> int:
        return int(self.outputs["level"])

    def final(self, percentile: int) -> Decimal:
        return Decimal(str(self.outputs["final"][str(percentile)]))

    @property
    def middle(self) -> Decimal:
        return self.final(50)

    @property
    def low(self) -> Decimal:
        return self.final(10)

    @property
    def high(self) -> Decimal:
        return self.final(90)

    @property
    def fan(self) -> charts.Fan | None:
        bands = self.outputs["bands"]
        rows = zip(
            self.outputs["grid_months"], *(bands[str(p)] for p in (10, 25, 50, 75, 90)), strict=True
        )
        return charts.fan_chart(
            [charts.Band(month, *(Decimal(str(v)) for v in values)) for month, *values in rows],
            target=self.target,
            name=f"{self.name}, projected value",
        )


def footing(
    policy: Policy | None, assessment: RiskAssessment | None, portfolio: Portfolio | None
) -> Footing:
    """The level of the accepted policy, else of the current risk assessment, else none."""
    level = policy.level if policy else assessment.level if assessment else None
    return Footing(
        level=level,
        from_policy=policy is not None,
        value=portfolio.value if portfolio and portfolio.value else None,
    )


def months_until(by: date, today: date) -> int:
    """Whole months from today to the date; at least 1, so that there is something to project."""
    months = (by.year - today.year) * 12 + by.month - today.month - (by.day < today.day)
    return max(months, 1)


def months_later(day: date, months: int) -> date:
    """The same day of the month, so many months later; the last day where there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))


def latest_day(today: date) -> date:
    """The furthest day a projection can reach."""
    return months_later(today, MOST_YEARS * 12)


def share_of(value: Decimal, share: Decimal) -> Decimal:
    """A goal's part of the portfolio, dollars and cents; `share` in percent."""
    return (value * share / HUNDRED).quantize(CENT)


def split(value: Decimal, shares: Sequence[Decimal]) -> list[Decimal]:
    """Parts of a value that add up to what their shares add up to, to the cent.

    The odd cents go to the largest parts.
    """
    parts = [share_of(value, share) for share in shares]
    whole = share_of(value, sum(shares, Decimal(0)))
    odd = int((whole - sum(parts, Decimal(0))) / CENT)
    step = CENT if odd > 0 else -CENT
    for i in sorted(range(len(parts)), key=lambda i: -parts[i])[: abs(odd)]:
        parts[i] += step
    return parts


def wish_of(goal: Goal, base: Footing) -> Wish:
    """The goal as it stands. It starts from its share of the portfolio; before the first deposit,
    from what the person said they will start with."""
    start = share_of(base.value, goal.share) if base.value else goal.initial_amount
    return Wish(
        key=str(goal.key),
        type=goal.type,
        target=goal.target_amount,
        by=goal.target_date,
        monthly=goal.monthly_contribution,
        start=start,
    )


def level_for(level: int, goal_type: str, by: date, today: date) -> int:
    """The account's level, capped by how much the goal's horizon lets stand in stocks."""
    years = months_until(by, today) / 12
    return min(level, horizon.level_for_stocks(horizon.stocks_cap(years, goal_type)))


def plan_of(wish: Wish, level: int, today: date) -> projection.Plan:
    """What planning is asked. Raises ValueError for a date beyond its reach."""
    fees = partner.current().fees
    return projection.Plan(
        level=level_for(level, wish.type, wish.by, today),
        start=float(wish.start),
        monthly=float(wish.monthly),
        months=months_until(wish.by, today),
        target=float(wish.target),
        fee=float(fees.advisory + fees.fund_expense_max),
        goal_type=wish.type,
        seed=projection.seed_for(wish.key),
    )


def project(plan: projection.Plan) -> dict[str, Any]:
    """The outputs to keep and to draw; money in dollars, rounded to cents."""
    step = 1 if plan.months <= 24 else 3 if plan.months <= 144 else 12
    found = projection.project(plan, grid_months=step)
    return {
        "percent": found.percent,
        "chance": round(found.chance, 4),
        "status": found.status,
        "bar": found.bar,
        "mean_shortfall": round(found.mean_shortfall, 2),
        "nominal_target": round(found.nominal_target, 2),
        "paid_in": round(found.paid_in, 2),
        "start": plan.start,
        "level": plan.level,
        "months": plan.months,
        "grid_months": list(found.grid_months),
        "bands": {
            str(name): [round(value, 2) for value in row] for name, row in found.bands.items()
        },
        "final": {str(name): round(value, 2) for name, value in found.final.items()},
    }


def look(wish: Wish, level: int, today: date, name: str) -> Outlook:
    """Calculate here and now, for a page."""
    return Outlook(project(plan_of(wish, level, today)), name, wish.by)


def kept(goal: Goal, found: Projection) -> Outlook:
    """What was calculated and kept."""
    return Outlook(found.outputs, goal.name, goal.target_date)


def new_projection(goal: Goal, base: Footing, today: date) -> Projection | None:
    """A projection with all it takes to repeat it, not yet saved. None without a level."""
    if base.level is None or goal.target_date <= today:
        return None
    plan = plan_of(wish_of(goal, base), base.level, today)
    outputs = project(plan)
    return Projection(
        goal=goal,
        inputs=asdict(plan) | {"on": today.isoformat()},
        assumptions=plan.version,
        engine=projection.ENGINE_VERSION,
        outputs=outputs,
        chance=Decimal(str(outputs["chance"])),
    )


def held_model(level: int) -> Model:
    return model(level)


def assumptions_in_words(outlook: Outlook, base: Footing) -> str:
    """The sentence one tap away from every projection."""
    fees = partner.current().fees
    assumed = load()
    held = held_model(outlook.level)
    capped = base.level is not None and outlook.level < base.level
    source = "your policy’s" if base.from_policy else "your risk answers’"
    level = f"Level {outlook.level} of 10, {round(held.stocks * 100)}% stocks"
    level += (
        f": {source} level is {base.level}, but this date lets less stand in stocks."
        if capped
        else f", {source} level."
    )
    start = (
        "It starts from this goal’s share of your portfolio"
        if base.is_funded
        else "It starts from what you said you’ll begin with"
    )
    fee = float(fees.advisory + fees.fund_expense_max) * 100
    return (
        f"{level} {start}, {words.money(outlook.start)}, and adds your monthly amount at "
        f"each month’s end. We assume {held.geometric * 100:.1f}% a year before fees, swings of "
        f"{held.volatility * 100:.1f}%, and fees of {fee:.2f}% a year. 10,000 futures, before tax, "
        f"in dollars of that day; prices may rise about {assumed.inflation * 100:.1f}% a year. "
        f"Assumptions of {assumed.version}, engine {projection.ENGINE_VERSION}. Hypothetical: "
        "none of this is promised."
    )
