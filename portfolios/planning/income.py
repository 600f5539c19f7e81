"""Living off savings: does every planned payment come, in ten thousand futures, to the last age?

Money is saved until a month, then paid out. Wishes are in today's dollars and grow with prices;
pensions and Social Security pay first, savings pay the rest at the start of each month. With
guardrails the person spends a tenth less when the payout has become a fifth more of the savings
than it was at first, and takes it back when it has become a fifth less (after Guyton and Klinger,
"Decision Rules and Maximum Initial Withdrawal Rates", 2006; the steps are ours).
Values are nominal dollars after fees, before tax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil, floor, sqrt

import numpy as np

from portfolios.planning.assumptions import CURRENT, load
from portfolios.planning.horizon import level_for_stocks, stocks_cap
from portfolios.planning.projection import (
    PERCENTILES,
    Floats,
    Mode,
    PathKey,
    Status,
    status_for,
    steps,
)

RAIL = 0.2
CUT = 0.1
BAR = 0.85
"""An income is a must: see `projection.BARS`."""
MOST_MONTHS = 840


@dataclass(frozen=True)
class Pension:
    """Money that comes anyway: a pension, Social Security, rent. Dollars of today a month."""

    name: str
    monthly: float
    from_month: int
    """Months from today; 0 is the first."""
    follows_prices: bool = True


@dataclass(frozen=True)
class IncomePlan:
    """Dollars; spending and pensions in today's. `fee` is a fraction a year, None the assumed."""

    level: int
    start: float
    spending: float
    """A month, from `saving_months` on."""
    months: int
    """From today to the last payment."""
    saving_months: int = 0
    saving: float = 0.0
    """Put in at the end of each month until payments begin."""
    pensions: tuple[Pension, ...] = ()
    guardrails: bool = False
    glide: bool = True
    """Whether stocks follow the published path for retirement as the years pass."""
    fee: float | None = None
    mode: Mode = "student_t"
    set_name: str = "middle"
    version: str = CURRENT
    seed: int = 1
    paths: int = 10_000

    def __post_init__(self) -> None:
        if not 1 <= self.months <= MOST_MONTHS:
            raise ValueError(f"An income needs between 1 and {MOST_MONTHS} months.")
        if not 0 <= self.saving_months < self.months:
            raise ValueError("Payments must begin before the last month.")
        if not all(
            0 <= amount < float("inf") for amount in (self.start, self.spending, self.saving)
        ):
            raise ValueError("Amounts can't be negative.")
        if self.paths < 2 or self.paths % 2:
            raise ValueError("The number of futures must be even.")

    @property
    def yearly_fee(self) -> float:
        return load(self.version).fee if self.fee is None else self.fee


@dataclass(frozen=True)
class Year:
    """One year of one future, in nominal dollars."""

    year: int
    paid_in: float
    pensions: float
    spent: float
    """All that was there to live on, pensions included."""
    left: float


@dataclass(frozen=True)
class Income:
    """What the futures say. `chance` is the fraction in which every payment is made: each planned
    one in full, with guardrails each as they set it; `lowest_share` says how far they cut."""

    plan: IncomePlan
    chance: float
    percent: int
    standard_error: float
    status: Status
    bar: float
    mean_months_missing: float
    """In the futures that fail, how many months of payments are missing on average."""
    grid_months: tuple[int, ...]
    bands: dict[int, tuple[float, ...]]
    lowest_share: dict[int, float]
    """Percentile of futures to the smallest share of the planned spending that was ever paid."""


def project(plan: IncomePlan, grid_months: int = 12) -> Income:
    """Walk every future. Memory is a few rows per future, whatever the length."""
    grid = tuple(sorted({*range(0, plan.months, grid_months), plan.months}))
    wanted = {month: row for row, month in enumerate(grid)}
    kept = np.empty((len(grid), plan.paths), dtype=np.float32)
    missing, lowest = _walk(plan, kept, wanted)
    chance = float((missing == 0).mean())
    failed = missing[missing > 0]
    table = np.array([np.percentile(row, PERCENTILES) for row in kept]).T
    return Income(
        plan=plan,
        chance=chance,
        percent=floor(chance * 100 + 1e-9),
        standard_error=sqrt(chance * (1 - chance) / plan.paths),
        status=status_for(chance, BAR),
        bar=BAR,
        mean_months_missing=float(failed.mean()) if len(failed) else 0.0,
        grid_months=grid,
        bands={
            name: tuple(float(value) for value in row)
            for name, row in zip(PERCENTILES, table, strict=True)
        },
        lowest_share={
            name: float(value)
            for name, value in zip(PERCENTILES, np.percentile(lowest, PERCENTILES), strict=True)
        },
    )


def chance(plan: IncomePlan) -> float:
    """As `project` has it, without the bands."""
    missing, _ = _walk(plan)
    return float((missing == 0).mean())


def most_spending(plan: IncomePlan, bar: float = BAR) -> int:
    """The most whole dollars a month, in today's, that reach the bar; 0 if none do.

    By bisection on the same futures: more spending never raises the chance without guardrails.
    """
    enough, too_much = 0, max(1, ceil(plan.start + plan.saving * plan.months))
    for pension in plan.pensions:
        too_much += ceil(pension.monthly)
    while too_much - enough > 1:
        middle = (enough + too_much) // 2
        if chance(replace(plan, spending=float(middle))) >= bar:
            enough = middle
        else:
            too_much = middle
    return enough


def future(plan: IncomePlan, percentile: int = 10) -> tuple[Year, ...]:
    """One future year by year: the one that stands at this percentile by how long the money
    lasts, then by what is left."""
    ends = np.empty((1, plan.paths), dtype=np.float32)
    missing, _ = _walk(plan, ends, {plan.months: 0})
    order = np.lexsort((ends[0], -missing))
    place = int(order[min(plan.paths - 1, plan.paths * percentile // 100)])
    rows: list[tuple[float, float, float, float]] = []
    _walk(plan, follow=place, rows=rows)
    years = []
    for begin in range(0, plan.months, 12):
        months = rows[begin : begin + 12]
        years.append(
            Year(
                year=begin // 12 + 1,
                paid_in=sum(month[0] for month in months),
                pensions=sum(month[1] for month in months),
                spent=sum(month[2] for month in months),
                left=months[-1][3],
            )
        )
    return tuple(years)


def pension_at(plan: IncomePlan, month: int, price: float) -> float:
    """All pensions of a month (0 is the first), in dollars of that month."""
    return sum(
        pension.monthly * (price if pension.follows_prices else 1.0)
        for pension in plan.pensions
        if month >= pension.from_month
    )


def held_levels(plan: IncomePlan) -> list[int]:
    """The level of each month: the published path for saving toward retirement, then the one for
    living off it; never bolder than the plan's own level."""
    if not plan.glide:
        return [plan.level] * plan.months
    caps = [
        stocks_cap((plan.saving_months - month) / 12, "retirement")
        if month < plan.saving_months
        else stocks_cap((plan.months - month) / 12, "retirement_income")
        for month in range(plan.months)
    ]
    return [min(plan.level, level_for_stocks(cap, plan.version)) for cap in caps]


def _walk(
    plan: IncomePlan,
    kept: Floats | None = None,
    wanted: dict[int, int] | None = None,
    follow: int | None = None,
    rows: list[tuple[float, float, float, float]] | None = None,
) -> tuple[Floats, Floats]:
    """Per future: months of payments missing (fractions count), and the lowest share paid."""
    key = PathKey(
        level=plan.level,
        raise_yearly=0.0,
        fee=plan.yearly_fee,
        glide="",
        mode=plan.mode,
        set_name=plan.set_name,
        version=plan.version,
        seed=plan.seed,
        paths=plan.paths,
    )
    monthly_rise = (1 + load(plan.version).inflation) ** (1 / 12)
    balance = np.full(plan.paths, plan.start, dtype=np.float64)
    missing = np.zeros(plan.paths)
    lowest = np.ones(plan.paths)
    share = np.ones(plan.paths)
    first_rate: Floats | None = None
    if kept is not None and wanted is not None and 0 in wanted:
        kept[wanted[0]] = balance
    for month, step in enumerate(steps(key, held_levels(plan), plan.paths)):
        price = monthly_rise**month
        pays = month >= plan.saving_months
        pensions = pension_at(plan, month, price) if pays else 0.0
        paid_out = np.zeros(plan.paths)
        if pays:
            wish = plan.spending * price
            if plan.guardrails and (month - plan.saving_months) % 12 == 0:
                rate = _rate(wish * share - pensions, balance)
                if first_rate is None:
                    first_rate = rate
                else:
                    share = np.where(rate > first_rate * (1 + RAIL), share * (1 - CUT), share)
                    eased = np.minimum(share / (1 - CUT), 1.0)
                    share = np.where(rate < first_rate * (1 - RAIL), eased, share)
            needed = np.maximum(wish * share - pensions, 0.0)
            paid_out = np.minimum(needed, balance)
            balance -= paid_out
            gap = needed - paid_out
            if wish > 0:
                short = gap > 1e-6 * wish
                missing += np.where(short, gap / wish, 0.0)
                lowest = np.minimum(lowest, np.where(short, share - gap / wish, share))
        balance *= step
        paid_in = plan.saving if not pays else 0.0
        balance += paid_in
        if kept is not None and wanted is not None and month + 1 in wanted:
            kept[wanted[month + 1]] = balance
        if follow is not None and rows is not None:
            spent = float(paid_out[follow]) + pensions
            rows.append((paid_in, pensions, spent if pays else 0.0, float(balance[follow])))
    return missing, lowest


def _rate(payment: Floats, balance: Floats) -> Floats:
    """A year's payments as a share of the savings; infinite when nothing is left."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate: Floats = np.where(balance > 0, 12 * np.maximum(payment, 0) / balance, np.inf)
    return rate
