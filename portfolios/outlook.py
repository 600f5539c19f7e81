"""From a goal to its futures: the level it is projected at, the plan, the figures, the drawing.

Nothing here writes. Planning works in floats; what comes out is rounded where it is shown.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, cast

from onboarding.models import RiskAssessment
from portfolios.models import Goal, Policy, Portfolio, Projection
from portfolios.planning import horizon, projection
from portfolios.planning.assumptions import load
from portfolios.planning.models import Model, model
from portfolios.planning.months import months_later, months_until
from robo import partner
from robo.ui import charts, words

CENT = Decimal("0.01")
HUNDRED = Decimal(100)
MOST_YEARS = 50
GRID = ((24, 1), (72, 3), (144, 6))
"""Up to so many months, a column of the fan every so many; beyond, one a year."""
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
    contributed: Decimal | None = None
    """Deposits less withdrawals, dollars, all time; None when it isn't known."""

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
    importance: str = Goal.Importance.NORMAL
    in_todays_dollars: bool = False
    """Whether the target, and what is shown, is in dollars of today."""
    raise_yearly: Decimal = Decimal(0)
    """Fraction by which the monthly amount grows each year."""

    @property
    def raised(self) -> str:
        """The yearly raise in percent, as a field takes it."""
        return f"{(self.raise_yearly * 100).normalize():f}"


@dataclass(frozen=True, slots=True)
class GlideStep:
    """From this day on, so much stands in stocks."""

    day: date
    month: int
    """Months from the projection's day."""
    level: int
    stocks: int
    """Percent."""


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
    def in_todays_dollars(self) -> bool:
        return bool(self.outputs.get("in_todays_dollars"))

    def shown(self, amount: float, month: int | None = None) -> Decimal:
        """An amount of that month as this outlook shows it: in today's dollars if it does so."""
        if self.in_todays_dollars:
            months = int(self.outputs["months"]) if month is None else month
            amount /= (1 + float(self.outputs["inflation"])) ** (months / 12)
        return Decimal(str(round(amount, 2)))

    @property
    def shortfall(self) -> Decimal:
        """How much is missing on average where the target is missed, as shown."""
        return self.shown(self.outputs["mean_shortfall"])

    @property
    def short_by(self) -> str:
        """The shortfall to two figures: an average of futures isn't known better."""
        return roughly(self.shortfall)

    @property
    def target(self) -> Decimal:
        return self.shown(self.outputs["nominal_target"])

    @property
    def nominal_target(self) -> Decimal:
        """In dollars of the target date."""
        return Decimal(str(self.outputs["nominal_target"]))

    @property
    def start(self) -> Decimal:
        return Decimal(str(self.outputs["start"]))

    @property
    def level(self) -> int:
        """Held at first; the path leads to calmer ones."""
        return int(self.outputs["level"])

    def final(self, percentile: int) -> Decimal:
        return self.shown(self.outputs["final"][str(percentile)])

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
    def bands(self) -> list[charts.Band]:
        found = self.outputs["bands"]
        rows = zip(
            self.outputs["grid_months"], *(found[str(p)] for p in (10, 25, 50, 75, 90)), strict=True
        )
        return [
            charts.Band(month, *(self.shown(value, month) for value in values))
            for month, *values in rows
        ]

    @property
    def fan(self) -> charts.Fan | None:
        return self.fan_beside(None)

    def fan_beside(self, before: "Outlook | None") -> charts.Fan | None:
        """The fan, with the middle of another outlook as a ghost line."""
        kept = before.outputs["bands"]["50"] if before else []
        return charts.fan_chart(
            self.bands,
            target=self.target,
            name=f"{self.name}, projected value",
            ghost=[
                (month, self.shown(value, month))
                for month, value in zip(before.outputs["grid_months"], kept, strict=True)
            ]
            if before
            else (),
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
        contributed=portfolio.contributed if portfolio and portfolio.value else None,
    )


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
        importance=goal.importance,
        in_todays_dollars=goal.in_todays_dollars,
        raise_yearly=goal.raise_yearly,
    )


def level_for(level: int, goal_type: str, by: date, today: date) -> int:
    """The account's level, capped by how much the goal's horizon lets stand in stocks today."""
    years = months_until(by, today) / 12
    return min(level, horizon.level_for_stocks(horizon.stocks_cap(years, goal_type)))


def plan_of(wish: Wish, level: int, today: date, view: str = "middle") -> projection.Plan:
    """What planning is asked: the account's level, getting calmer on the published path of the
    goal's type. `view` names an assumption set. Raises ValueError for a date beyond its reach."""
    fees = partner.current().fees
    return projection.Plan(
        level=level,
        start=float(wish.start),
        monthly=float(wish.monthly),
        months=months_until(wish.by, today),
        target=float(wish.target),
        target_in_todays_dollars=wish.in_todays_dollars,
        raise_yearly=float(wish.raise_yearly),
        fee=float(fees.advisory + fees.fund_expense_max),
        importance=cast(projection.Importance, str(wish.importance)),
        glide=True,
        goal_type=wish.type,
        set_name=view,
        seed=projection.seed_for(wish.key),
    )


def project(plan: projection.Plan) -> dict[str, Any]:
    """The outputs to keep and to draw; nominal money in dollars, rounded to cents."""
    return dict(_projected(plan))


@lru_cache(maxsize=64)  # the kept plan is drawn again, as a ghost, with every moved slider
def _projected(plan: projection.Plan) -> Mapping[str, Any]:
    step = next((step for months, step in GRID if plan.months <= months), 12)
    found = projection.project(plan, grid_months=step)
    held = _held(plan)
    return {
        "percent": found.percent,
        "chance": round(found.chance, 4),
        "status": found.status,
        "bar": found.bar,
        "mean_shortfall": round(found.mean_shortfall, 2),
        "nominal_target": round(found.nominal_target, 2),
        "in_todays_dollars": plan.target_in_todays_dollars,
        "inflation": load(plan.version).inflation,
        "paid_in": round(found.paid_in, 2),
        "start": plan.start,
        "level": held[0],
        "glide": [
            [month, level]
            for month, level in enumerate(held)
            if month == 0 or level != held[month - 1]
        ],
        "months": plan.months,
        "grid_months": list(found.grid_months),
        "bands": {
            str(name): [round(value, 2) for value in row] for name, row in found.bands.items()
        },
        "final": {str(name): round(value, 2) for name, value in found.final.items()},
    }


def _held(plan: projection.Plan) -> list[int]:
    """The level of each month."""
    if not plan.glide:
        return [plan.level] * plan.months
    return projection.glide_levels(plan.level, plan.months, plan.goal_type, plan.version)


def glide_of(outlook: Outlook, today: date) -> list[GlideStep]:
    """How stocks shrink until the date; the first step is what is held now."""
    return [
        GlideStep(
            day=months_later(today, month),
            month=month,
            level=level,
            stocks=round(held_model(level).stocks * 100),
        )
        for month, level in outlook.outputs.get("glide", [[0, outlook.level]])
    ]


def glide_shape(steps: Sequence[GlideStep], months: int) -> str:
    """The stocks' part over time as a closed shape in a square of 0 to 100."""
    points: list[tuple[float, float]] = [(0, 100)]
    ends = [step.month for step in steps[1:]] + [months]
    for step, end in zip(steps, ends, strict=True):
        top = 100 - step.stocks
        points += [(100 * step.month / months, top), (100 * end / months, top)]
    return charts.path([*points, (100, 100)], closed=True)


def next_glide(steps: Sequence[GlideStep]) -> str:
    """In March 2028 stocks go from 60% to 55%; empty when the mix stays."""
    if len(steps) < 2:
        return ""
    now, then = steps[0], steps[1]
    return f"In {words.month(then.day)} stocks go from {now.stocks}% to {then.stocks}%."


def roughly(value: Decimal) -> str:
    """Dollars to two figures: 7,934 is `$7,900`."""
    if value < 100:
        return words.dollars(value)
    size = Decimal(1).scaleb(value.adjusted() - 1)
    return words.dollars((value / size).quantize(Decimal(1)) * size)


def look(wish: Wish, level: int, today: date, name: str) -> Outlook:
    """Calculate here and now, for a page."""
    return Outlook(project(plan_of(wish, level, today)), name, wish.by)


def kept(goal: Goal, found: Projection) -> Outlook:
    """What was calculated and kept."""
    return Outlook(found.outputs, goal.name, goal.target_date)


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
    path = (
        " Stocks shrink as the date comes near, by the published path of this kind of goal."
        if len(outlook.outputs.get("glide", [])) > 1
        else ""
    )
    start = (
        "It starts from this goal’s share of your portfolio"
        if base.is_funded
        else "It starts from what you said you’ll begin with"
    )
    money = (
        f"in today’s dollars, with prices rising {assumed.inflation * 100:.1f}% a year"
        if outlook.in_todays_dollars
        else f"in dollars of that day; prices may rise about {assumed.inflation * 100:.1f}% a year"
    )
    fee = float(fees.advisory + fees.fund_expense_max) * 100
    return (
        f"{level}{path} {start}, {words.money(outlook.start)}, and adds your monthly amount at "
        f"each month’s end. We assume {held.geometric * 100:.1f}% a year before fees, swings of "
        f"{held.volatility * 100:.1f}%, and fees of {fee:.2f}% a year. 10,000 futures, before tax, "
        f"{money}. Assumptions of {assumed.version}, engine {projection.ENGINE_VERSION}. "
        "Hypothetical: none of this is promised."
    )
