"""The portfolio: total, allocation against target, holdings, how it has done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_with
from onboarding.models import RiskAssessment
from portfolios import returns_of
from portfolios.checks import checks
from portfolios.mending import mending
from portfolios.models import Goal, Holding, Investment, Portfolio, TradingHalt, Valuation
from portfolios.planning import drift as drifting
from portfolios.planning import funds
from portfolios.planning.assumptions import AssetClass
from portfolios.planning.returns import Rate
from portfolios.snapshot import Snapshot, accounts_with_everything, snapshot
from portfolios.views.overview import PERIODS, is_late, link, value_context, value_points
from portfolios.views.policy import BANDS, band_rows, class_order
from robo import agenda, partner
from robo.ui import charts, words

ZERO = Decimal(0)
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Group:
    """Holdings of one class. Dollars; share as a fraction."""

    name: str
    series: int
    value: Decimal
    share: Decimal
    lines: tuple["Line", ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A fund, or a goal's part of it. Dollars."""

    holding: Holding
    value: Decimal
    gain: Decimal | None
    part: AssetClass | None
    fund: funds.Fund | None


@dataclass(frozen=True, slots=True)
class Costs:
    """Dollars a year inside the funds; `unknown` counts those where only the bound is known."""

    yearly: Decimal
    unknown: int


@dataclass(frozen=True, slots=True)
class BandRow:
    """Fractions of the portfolio; `scale` is what fills the chart."""

    label: str
    series: int
    actual: Decimal
    target: Decimal
    low: Decimal | None
    high: Decimal | None
    scale: Decimal = Decimal(1)

    def _at(self, value: Decimal) -> str:
        return f"{max(value, ZERO) / self.scale * 100:.2f}"

    @property
    def end(self) -> str:
        return self._at(self.actual)

    @property
    def mark(self) -> str:
        return self._at(self.target)

    @property
    def start_of_band(self) -> str:
        return "" if self.low is None else self._at(self.low)

    @property
    def end_of_band(self) -> str:
        return "" if self.high is None else self._at(self.high)

    @property
    def is_inside(self) -> bool:
        return (self.low is None or self.low <= self.actual) and (
            self.high is None or self.actual <= self.high
        )


@dataclass(frozen=True, slots=True)
class Returns:
    """A period's figures, the very ones of the performance page."""

    time_weighted: Rate
    money_weighted: Rate
    fall: returns_of.Fall | None


@investor_with(accounts_with_everything)
@require_safe
def portfolio(request: Request) -> HttpResponse:
    """What is held, against what should be, and what it did."""
    known = snapshot(request.account)
    row = known.portfolio
    period = request.GET.get("period", "")
    period = period if period in PERIODS else "1y"
    if row is None or not row.value:
        return render(request, "portfolios/portfolio_empty.html", empty_context(request))
    points = value_points(row)
    context: dict[str, Any] = {
        "returns": returns_in(row, points, period),
        "total": row.value,
        **value_context(row, points, period),
    }
    if request.htmx and request.htmx.target == "performance":
        return render(request, "portfolios/_performance.html", context)
    drift, wrong = drift_of(row)
    content = known.active.content if known.active else {}
    threshold = threshold_of(content) if known.active else None
    holdings = list(Holding.objects.filter(portfolio=row))
    held_against = checks(row, known.active, holdings, expiry(known.assessment))
    goal = chosen_goal(request, known)
    context |= {
        "portfolio": row,
        "mending": mending(
            row, threshold, agenda.things_to_come(request.account), holdings, content
        ),
        "halts": list(TradingHalt.objects.of(request.account)),
        "bands": band_chart(row, content),
        "checks": held_against,
        "checks_open": [check for check in held_against if not check.holds],
        "checks_held": [check for check in held_against if check.holds],
        "goal": goal,
        "goals": known.goals,
        "goal_value": row.value * goal.share / 100 if goal else None,
        "goal_cash": (row.cash or ZERO) * goal.share / 100 if goal else None,
        "costs": costs_of(holdings),
        "sectors": sectors_of(row),
        "deposit_url": link("funding:deposit"),
        "is_late": is_late(row),
        "moving": [i for i in known.investments if i.status in Investment.IN_MOTION],
        "drift": drift,
        "wrong": wrong,
        "threshold": threshold,
        "policy": known.active,
        "most_off": most_off(row),
        "groups": groups_of(row, holdings, goal.share / 100 if goal else Decimal(1)),
        "headline": headline(row, drift, wrong),
    }
    return render(request, "portfolios/portfolio.html", context)


def empty_context(request: Request) -> dict[str, Any]:
    """Before the first purchase: what the money will become; after the last sale: what it was."""
    known = snapshot(request.account)
    policy = known.signed or known.proposed
    targets = policy.content.get("target_allocation", {}) if policy else {}
    bars = charts.bars(
        [
            charts.Bar(
                BANDS.get(name, (name, 3))[0],
                words.decimal(band["target_percent"]) / 100,
                None,
                BANDS.get(name, ("", 3))[1],
            )
            for name, band in sorted(targets.items(), key=lambda pair: class_order(pair[0]))
        ]
    )
    return {
        "policy": policy,
        "bars": bars if targets else None,
        "in_words": ", ".join(
            f"{row['target']} {row['label'].lower()}" for row in band_rows(policy)
        )
        if policy
        else "",
        "was_invested": Valuation.objects.filter(portfolio=known.portfolio, value__gt=0).exists(),
        "moving": [i for i in known.investments if i.status in Investment.IN_MOTION],
        "deposit_url": link("funding:deposit"),
        "activity_url": link("funding:activity"),
        "policy_url": link("portfolios:policy"),
    }


def drift_of(row: Portfolio) -> tuple[Decimal | None, Decimal | None]:
    """The part of the money that would have to move: as a fraction, and in dollars."""
    if not row.allocation or row.value is None:
        return None, None
    percent = drifting.drift(
        {name: Decimal(found["actual"]) for name, found in row.allocation.items()},
        {name: Decimal(found["target"]) for name, found in row.allocation.items()},
    )
    return percent / 100, row.value * percent / 100


def headline(row: Portfolio, drift: Decimal | None, wrong: Decimal | None) -> str:
    """How well it sits, in a sentence."""
    if drift is None:
        return f"Your portfolio is worth {words.money(row.value)}."
    if drift < Decimal("0.0005"):
        return "All of your money sits where it should."
    told = (
        f"{words.percent(drift, 1)} of your money, {words.dollars(wrong)}, sits in the wrong place."
    )
    return told if row.needs_rebalancing else f"{told} That’s normal."


def threshold_of(content: Mapping[str, Any]) -> Decimal | None:
    """The drift at which the policy acts, as a fraction."""
    rules = content.get("constraints", {}).get("rebalancing_policy", {})
    found = rules.get("threshold_percent")
    return Decimal(found) / 100 if found is not None else None


def most_off(row: Portfolio) -> list[tuple[str, str]]:
    """The class furthest above and the one furthest below its target, in words."""
    drifts = {name: Decimal(found["drift"]) for name, found in row.allocation.items()}
    if not drifts:
        return []
    over, under = max(drifts, key=lambda n: drifts[n]), min(drifts, key=lambda n: drifts[n])
    found = []
    for name, word in ((over, "too much"), (under, "short")):
        points = abs(drifts[name])
        if points >= Decimal("0.1"):
            label = BANDS.get(name, (name.replace("_", " ").capitalize(), 3))[0]
            found.append((label, f"{points:.1f} points {word}"))
    return found


def groups_of(row: Portfolio, holdings: Iterable[Holding], part: Decimal) -> list[Group]:
    """Holdings by class, in the order of the policy, and `part` (a fraction) of each: a goal's.
    Cash has a row of its own on the page."""
    by_class: dict[str, list[Line]] = {}
    for holding in holdings:
        gain = None if holding.unrealized is None else holding.unrealized * part
        found = funds.fund(holding.symbol)
        line = Line(holding, holding.value * part, gain, funds.part_of(holding.symbol), found)
        by_class.setdefault(holding.asset_class, []).append(line)
    total = (row.value or Decimal(1)) * part or Decimal(1)
    groups = []
    for name in sorted(by_class, key=class_order):
        lines = tuple(by_class[name])
        value = sum((line.value for line in lines), ZERO)
        label, series = BANDS.get(name, (name.replace("_", " ").capitalize() or "Other", 3))
        groups.append(Group(label, series, value, value / total, lines))
    return groups


def chosen_goal(request: Request, known: Snapshot) -> Goal | None:
    """The goal whose part is asked for, if it is one of theirs."""
    wanted = request.GET.get("goal", "")
    return next((goal for goal in known.goals if str(goal.pk) == wanted), None)


def expiry(assessment: RiskAssessment | None) -> date | None:
    if assessment is None or assessment.expires_at is None:
        return None
    return words.local(assessment.expires_at).date()


def costs_of(holdings: Iterable[Holding]) -> Costs:
    """What the funds cost a year on what is held: known ratios, and the partner's bound for the
    rest."""
    most = partner.current().fees.fund_expense_max
    known, bound, unknown = ZERO, ZERO, 0
    for holding in holdings:
        found = funds.fund(holding.symbol)
        if found and found.expense is not None:
            known += holding.value * found.expense
        else:
            bound += holding.value * most
            unknown += 1
    return Costs((known + bound).quantize(CENT), unknown)


def sectors_of(row: Portfolio) -> charts.Bars | None:
    """Bluum's look through by sector, largest first; None unless it adds up to the whole."""
    shares: dict[str, Decimal] = {s["sector"]: words.decimal(s["percent"]) for s in row.sectors}
    if not shares or abs(sum(shares.values(), ZERO) - 100) > Decimal("0.1"):
        return None
    return charts.bars(
        charts.Bar("Cash" if name == "cash" else name, shares[name] / 100, series=6)
        for name in sorted(shares, key=lambda name: shares[name], reverse=True)
    )


def band_chart(row: Portfolio, content: Mapping[str, Any]) -> list[BandRow]:
    """Each class against its target and its band, in the order of the policy."""
    targets = content.get("target_allocation", {})
    found = []
    for name, at in sorted(row.allocation.items(), key=lambda pair: class_order(pair[0])):
        actual, target = words.decimal(at["actual"]), words.decimal(at["target"])
        if not actual and not target:
            continue
        label, series = BANDS.get(name, (name.replace("_", " ").capitalize(), 3))
        band = targets.get(name, {})
        low, high = band.get("min_percent"), band.get("max_percent")
        found.append(
            BandRow(
                label,
                series,
                actual / 100,
                target / 100,
                words.decimal(low) / 100 if low is not None else None,
                words.decimal(high) / 100 if high is not None else None,
            )
        )
    longest = max((max(r.actual, r.target, r.high or ZERO) for r in found), default=Decimal(1))
    return [replace(row, scale=longest or Decimal(1)) for row in found]


def returns_in(row: Portfolio, points: list[charts.ValuePoint], period: str) -> Returns | None:
    """What was made in the period, by the values we keep; None before there are two."""
    days = returns_of.of_period(points, period, row.performance.get(period))
    if len(days) < 2:
        return None
    return Returns(
        returns_of.time_weighted(days),
        returns_of.money_weighted(days),
        returns_of.deepest_fall(returns_of.index(days)),
    )
