"""Ten thousand possible futures for one goal: chance, fan chart, repairs.

Every future is a chain of monthly returns, so a balance is linear in what is put in:
`value = start × growth + monthly × annuity`. Both factors are computed once per future and kept
for a moment, so a moved slider answers at once and sees the very same futures (common random
numbers). Many futures are walked block by block, so memory doesn't grow with their number. Values
are nominal dollars after fees, before tax.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from hashlib import sha256
from math import ceil, exp, floor, isfinite, log, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from portfolios.planning.assumptions import CURRENT, load
from portfolios.planning.horizon import level_for_stocks, stocks_cap
from portfolios.planning.models import NORMAL, model

Floats = NDArray[np.floating]
Mode = Literal["student_t", "lognormal"]
Status = Literal["on_track", "close", "needs_change"]
Importance = Literal["must_have", "normal", "wish"]

ENGINE_VERSION = "2"
PERCENTILES = (5, 10, 25, 50, 75, 90, 95)
BARS: dict[Importance, float] = {"must_have": 0.85, "normal": 0.75, "wish": 0.60}
LAST_STRETCH_BAR = 0.90
LAST_STRETCH_MONTHS = 24
CLOSE_BELOW_BAR = 0.15
DEGREES_OF_FREEDOM = 5
MAX_MONTHS = 600
BLOCK = 20_000
"""Most futures walked at once."""


@dataclass(frozen=True)
class Plan:
    """What is projected. Dollars; `fee` is a fraction per year, None takes the assumed fees."""

    level: int
    start: float
    monthly: float
    months: int
    target: float = 0.0
    target_in_todays_dollars: bool = False
    raise_yearly: float = 0.0
    """By what fraction the monthly amount grows each year, from the thirteenth month on."""
    uncertain_prices: bool = False
    """Whether prices rise by chance, too; only matters for a target in today's dollars."""
    fee: float | None = None
    importance: Importance = "normal"
    glide: bool = False
    """Whether stocks shrink as the date nears, by the horizon cap of `goal_type`."""
    goal_type: str = "custom"
    mode: Mode = "student_t"
    set_name: str = "middle"
    version: str = CURRENT
    seed: int = 1
    paths: int = 10_000

    def __post_init__(self) -> None:
        for name in ("start", "monthly", "target"):
            amount = float(getattr(self, name))  # forms hand over Decimal
            if not isfinite(amount):
                raise ValueError("Amounts must be numbers.")
            object.__setattr__(self, name, amount)
        if not 1 <= self.months <= MAX_MONTHS:
            raise ValueError(f"A projection needs between 1 and {MAX_MONTHS} months.")
        if min(self.start, self.monthly, self.target) < 0:
            raise ValueError("Amounts can't be negative.")
        if not -0.5 <= self.raise_yearly <= 0.5:
            raise ValueError("A yearly raise must lie between -50 and 50 percent.")
        if self.paths < 2 or self.paths % 2:
            raise ValueError("The number of futures must be even.")
        if self.mode not in ("student_t", "lognormal"):
            raise ValueError(f"There is no mode {self.mode}.")
        if self.importance not in BARS:
            raise ValueError(f"There is no importance {self.importance}.")

    @property
    def yearly_fee(self) -> float:
        return load(self.version).fee if self.fee is None else self.fee

    @property
    def bar(self) -> float:
        """The chance this plan should reach."""
        return bar_for(self.importance, self.months)

    @property
    def nominal_target(self) -> float:
        """The target in dollars of its date."""
        if not self.target_in_todays_dollars:
            return self.target
        return float(self.target * (1 + load(self.version).inflation) ** (self.months / 12))

    @property
    def paid_in(self) -> float:
        years, rest = divmod(self.months, 12)
        grown = [(1 + self.raise_yearly) ** year for year in range(years + 1)]
        return self.start + self.monthly * (12 * sum(grown[:years]) + rest * grown[years])


@dataclass(frozen=True)
class Projection:
    """What the futures say. Values are dollars; `chance` is a fraction, `percent` its whole
    percent rounded down, so that it never shows a bar that isn't reached."""

    plan: Plan
    chance: float
    percent: int
    standard_error: float
    status: Status
    bar: float
    nominal_target: float
    mean_shortfall: float
    """How much is missing on average in the futures that miss the target; 0 if none does."""
    paid_in: float
    grid_months: tuple[int, ...]
    bands: dict[int, tuple[float, ...]]
    """Percentile to one value per month of the grid."""
    final: dict[int, float]
    """Percentile to the value on the target date."""


@dataclass(frozen=True)
class Repairs:
    """Three ways to the bar, each alone. None where there is none within reach.

    `monthly` and `lump_sum` are whole dollars, rounded up: the new monthly amount, and the extra
    sum today. `months` is the new number of months until the target date.
    """

    bar: float
    monthly: int | None
    lump_sum: int | None
    months: int | None


def seed_for(plan_id: str, version: str = CURRENT) -> int:
    """The same plan under the same assumptions always sees the same futures."""
    return int.from_bytes(sha256(f"{plan_id}:{version}".encode()).digest()[:8], "big")


def bar_for(importance: Importance, months_left: int) -> float:
    """The bar by importance; 0.90 for the last two years of any goal."""
    return LAST_STRETCH_BAR if months_left <= LAST_STRETCH_MONTHS else BARS[importance]


def status_for(chance: float, bar: float) -> Status:
    """on_track from the bar, close up to 15 points below it, otherwise needs_change."""
    if chance >= bar:
        return "on_track"
    return "close" if chance >= bar - CLOSE_BELOW_BAR else "needs_change"


def project(plan: Plan, grid_months: int = 12) -> Projection:
    """The chance and the fan chart, one column every `grid_months` and one at the end."""
    grid = tuple(sorted({*range(0, plan.months, grid_months), plan.months}))
    growth, annuity = _factors(_path_key(plan), plan.months, grid)
    start, monthly = np.float32(plan.start), np.float32(plan.monthly)
    values = (g * start + a * monthly for g, a in zip(growth, annuity, strict=True))
    table = np.array([np.percentile(row, PERCENTILES) for row in values]).T
    ends = (growth[-1] * start + annuity[-1] * monthly).astype(np.float64)
    bands = {
        name: tuple(float(value) for value in row)
        for name, row in zip(PERCENTILES, table, strict=True)
    }
    targets = _targets(plan)
    short = (targets - ends)[ends < targets]
    chance = 1 - len(short) / plan.paths
    return Projection(
        plan=plan,
        chance=chance,
        percent=floor(chance * 100 + 1e-9),
        standard_error=sqrt(chance * (1 - chance) / plan.paths),
        status=status_for(chance, plan.bar),
        bar=plan.bar,
        nominal_target=plan.nominal_target,
        mean_shortfall=float(short.mean()) if len(short) else 0.0,
        paid_in=plan.paid_in,
        grid_months=grid,
        bands=bands,
        final={name: row[-1] for name, row in bands.items()},
    )


def chance(plan: Plan) -> float:
    """Share of futures worth at least the target on its date."""
    growth, annuity = _end_factors(plan)
    return float(np.mean(growth * plan.start + annuity * plan.monthly >= _targets(plan)))


def repairs(plan: Plan) -> Repairs:
    """What would bring the chance to the bar, on the very same futures.

    Each future says which monthly amount (or lump sum) it alone would need. The smallest amount
    that satisfies a `bar` share of them is an order statistic, exact where others bisect. The
    date is bisected by whole months.
    """
    growth, annuity = _end_factors(plan)
    target = _targets(plan)
    monthly = _smallest((target - plan.start * growth) / annuity, plan.bar)
    lump = _smallest((target - plan.monthly * annuity) / growth - plan.start, plan.bar)
    return Repairs(bar=plan.bar, monthly=monthly, lump_sum=lump, months=_months_needed(plan))


def needed_monthly(plan: Plan) -> int | None:
    """The monthly amount alone of `repairs`: whole dollars that reach the bar."""
    growth, annuity = _end_factors(plan)
    return _smallest((_targets(plan) - plan.start * growth) / annuity, plan.bar)


def needed_level(plan: Plan) -> int | None:
    """The lowest level whose chance reaches the bar. Reported, never used to raise a level."""
    for mix in load(plan.version).levels:
        if chance(replace(plan, level=mix.level)) >= plan.bar:
            return mix.level
    return None


def lump_sum_chance(plan: Plan) -> float:
    """Closed form for a lump sum in lognormal mode: Phi((ln(start/target) + mu T) / (sigma √T)).

    The check on the simulation. Raises ValueError for plans with deposits or a glide path.
    """
    if plan.monthly or plan.glide or plan.start <= 0 or plan.nominal_target <= 0:
        raise ValueError("The closed form knows only a lump sum at one level.")
    held = model(plan.level, plan.set_name, plan.version)
    years = plan.months / 12
    drift = held.log_mean + 12 * log(1 - plan.yearly_fee / 12)
    distance = log(plan.start / plan.nominal_target) + drift * years
    return NORMAL.cdf(distance / (held.log_volatility * sqrt(years)))


def glide_levels(level: int, months: int, goal_type: str, version: str = CURRENT) -> list[int]:
    """The level held in each month: never bolder than the horizon cap of the time left."""
    return [
        min(level, level_for_stocks(stocks_cap((months - month) / 12, goal_type), version))
        for month in range(months)
    ]


def _smallest(needed: Floats, bar: float) -> int | None:
    """The smallest whole dollar amount, from 0, that is enough in a `bar` share of futures."""
    rank = ceil(bar * len(needed) - 1e-9) - 1
    amount = float(np.partition(needed, rank)[rank])
    return max(0, ceil(amount - 1e-9)) if np.isfinite(amount) else None


def _months_needed(plan: Plan) -> int | None:
    """The first month from the plan's own date on that reaches the bar.

    Ever longer steps find a date that is enough, bisection finds the first one; most repairs are
    near, and near dates are cheap. The bar stays the plan's own: a later date must not lower what
    counts as enough.
    """

    def enough(months: int) -> bool:
        return chance(replace(plan, months=months)) >= plan.bar

    if enough(plan.months):
        return plan.months
    missed, step = plan.months, 12
    while True:
        if missed >= MAX_MONTHS:
            return None
        reached = min(missed + step, MAX_MONTHS)
        if enough(reached):
            break
        missed, step = reached, step * 2
    while reached - missed > 1:
        middle = (missed + reached) // 2
        if enough(middle):
            reached = middle
        else:
            missed = middle
    return reached


def _targets(plan: Plan) -> Floats:
    """The target in each future, in dollars of its date: one for all while prices are certain."""
    if not (plan.target_in_todays_dollars and plan.uncertain_prices):
        return np.array([plan.nominal_target])
    return plan.target * prices(plan.seed, plan.months, plan.paths, plan.version)


@lru_cache(maxsize=8)
def prices(seed: int, months: int, paths: int, version: str = CURRENT) -> Floats:
    """What costs a dollar today costs this at the end, per future: yearly log steps around the
    assumed inflation, independent of the markets; futures mirrored in pairs, in their order."""
    assumed = load(version)
    years = months / 12
    drift = years * log(1 + assumed.inflation)
    swing = assumed.inflation_volatility * sqrt(years)
    generator = np.random.default_rng([seed, 1])
    shocks = []
    for block in _blocks(paths):
        draws = generator.standard_normal(block // 2) * swing
        shocks += [draws, -draws]
    grown: Floats = np.exp(drift + np.concatenate(shocks))
    grown.flags.writeable = False
    return grown


@dataclass(frozen=True)
class PathKey:
    """All that shapes a future except what is put in and what is asked of it."""

    level: int
    raise_yearly: float
    fee: float
    glide: str
    mode: Mode
    set_name: str
    version: str
    seed: int
    paths: int


def _path_key(plan: Plan) -> PathKey:
    return PathKey(
        level=plan.level,
        raise_yearly=plan.raise_yearly,
        fee=plan.yearly_fee,
        glide=plan.goal_type if plan.glide else "",
        mode=plan.mode,
        set_name=plan.set_name,
        version=plan.version,
        seed=plan.seed,
        paths=plan.paths,
    )


def _end_factors(plan: Plan) -> tuple[Floats, Floats]:
    growth, annuity = _factors_at_end(_path_key(plan), plan.months)
    return growth[-1].astype(np.float64), annuity[-1].astype(np.float64)


@lru_cache(maxsize=12)
def _factors(key: PathKey, months: int, grid: tuple[int, ...]) -> tuple[Floats, Floats]:
    return _walk(key, months, grid)


@lru_cache(maxsize=256)  # 80 kB each; a moved amount meets the dates that were searched before
def _factors_at_end(key: PathKey, months: int) -> tuple[Floats, Floats]:
    return _walk(key, months, (months,))


def _blocks(paths: int) -> list[int]:
    """The number of futures in each block; all even."""
    whole, rest = divmod(paths, BLOCK)
    return [BLOCK] * whole + [rest] * (rest > 0)


def _walk(key: PathKey, months: int, grid: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Per future, what a dollar today and a dollar a month are worth at each month of the grid.

    Deposits come at the end of the month, after its return and its fee.
    """
    kept = np.empty((2, len(grid), key.paths), dtype=np.float32)
    begin = 0
    for block, paths in enumerate(_blocks(key.paths)):
        _walk_block(key, months, grid, block, kept[:, :, begin : begin + paths])
        begin += paths
    kept.flags.writeable = False
    return kept[0], kept[1]


def _walk_block(key: PathKey, months: int, grid: tuple[int, ...], block: int, kept: Floats) -> None:
    paths = kept.shape[2]
    growth = np.ones(paths, dtype=np.float32)
    annuity = np.zeros(paths, dtype=np.float32)
    wanted = {month: row for row, month in enumerate(grid)}
    if 0 in wanted:
        kept[0, wanted[0]], kept[1, wanted[0]] = growth, annuity
    held = (
        glide_levels(key.level, months, key.glide, key.version)
        if key.glide
        else [key.level] * months
    )
    for month, step in enumerate(steps(key, held, paths, block), start=1):
        growth *= step
        annuity *= step
        annuity += np.float32((1 + key.raise_yearly) ** ((month - 1) // 12))
        if month in wanted:
            kept[0, wanted[month]], kept[1, wanted[month]] = growth, annuity


def steps(key: PathKey, held: Sequence[int], paths: int, block: int = 0) -> Iterator[Floats]:
    """Each month's growth factor after fees, for the futures of one block; `held` is the level of
    each month. The array is used again for the next month."""
    months = len(held)
    draws = _draws(key.seed, -(-months // 120) * 120, paths // 2, key.mode, block)
    keep = log(1 - key.fee / 12)
    factor = np.empty(paths, dtype=np.float32)
    for month, level in enumerate(held):
        current = model(level, key.set_name, key.version)
        centre = np.float32(exp(current.log_mean / 12 + keep))
        swing = np.exp(draws[month] * np.float32(current.log_volatility / sqrt(12)))
        # Antithetic futures: each draw is used once upwards and once downwards.
        np.multiply(swing, centre, out=factor[: paths // 2])
        np.divide(centre, swing, out=factor[paths // 2 :])
        yield factor


def standard_shocks(seed: int, months: int, paths: int, mode: Mode = "student_t") -> Floats:
    """The engine's monthly shocks of mean 0 and variance 1, months by paths, mirrored pairs."""
    draws = _draws(seed, months, paths // 2, mode, 0)
    return np.concatenate((draws, -draws), axis=1)


@lru_cache(maxsize=4)
def _draws(seed: int, months: int, half: int, mode: Mode, block: int) -> Floats:
    """Standardised monthly shocks, a row per month; more months only append rows.

    Student's t is scaled to variance one: t × √((ν − 2) / ν).
    """
    generator = np.random.default_rng([seed, 0, block] if block else seed)
    if mode == "lognormal":
        return generator.standard_normal((months, half), dtype=np.float32)
    scale = np.float32(sqrt((DEGREES_OF_FREEDOM - 2) / DEGREES_OF_FREEDOM))
    shocks = np.empty((months, half), dtype=np.float32)
    for row in shocks:
        row[:] = generator.standard_t(DEGREES_OF_FREEDOM, half)
    shocks *= scale
    return shocks
