"""The portfolio: total, allocation against target, holdings, how it has done."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_required
from portfolios.mending import mending
from portfolios.models import Holding, Investment, Portfolio
from portfolios.planning import drift as drifting
from portfolios.snapshot import snapshot
from portfolios.views.overview import PERIODS, is_late, link, value_context, value_points
from portfolios.views.policy import BANDS, allocation_bars, band_rows, class_order
from robo import agenda
from robo.ui import charts, words

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Group:
    """Holdings of one class. Dollars; share as a fraction."""

    name: str
    series: int
    value: Decimal
    share: Decimal
    holdings: tuple[Holding, ...]


@dataclass(frozen=True, slots=True)
class Returns:
    """A period's figures as Bluum reported them. Fractions; None where it gave none."""

    time_weighted: Decimal | None
    money_weighted: Decimal | None
    worst_fall: Decimal | None


@investor_required
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
        "returns": returns_of(row, period),
        "total": row.value,
        **value_context(row, points, period),
    }
    if request.htmx and request.htmx.target == "performance":
        return render(request, "portfolios/_performance.html", context)
    drift, wrong = drift_of(row)
    threshold = threshold_of(known.active.content) if known.active else None
    context |= {
        "portfolio": row,
        "mending": mending(row, threshold, agenda.things_to_come(request.account)),
        "deposit_url": link("funding:deposit"),
        "is_late": is_late(row),
        "moving": [i for i in known.investments if i.status in Investment.IN_MOTION],
        "bars": allocation_bars(row.allocation) if row.allocation else None,
        "drift": drift,
        "wrong": wrong,
        "threshold": threshold,
        "policy": known.active,
        "most_off": most_off(row),
        "groups": groups_of(row),
        "headline": headline(row, drift, wrong),
    }
    return render(request, "portfolios/portfolio.html", context)


def empty_context(request: Request) -> dict[str, Any]:
    """Before the first purchase: what the money will become."""
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
        "moving": [i for i in known.investments if i.status in Investment.IN_MOTION],
        "deposit_url": link("funding:deposit"),
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


def groups_of(row: Portfolio) -> list[Group]:
    """Holdings by class, in the order of the policy; cash has a row of its own on the page."""
    by_class: dict[str, list[Holding]] = {}
    for holding in Holding.objects.filter(portfolio=row):
        by_class.setdefault(holding.asset_class, []).append(holding)
    total = row.value or Decimal(1)
    found = []
    for name in sorted(by_class, key=class_order):
        rows = tuple(by_class[name])
        value = sum((h.value for h in rows), ZERO)
        label, series = BANDS.get(name, (name.replace("_", " ").capitalize() or "Other", 3))
        found.append(Group(label, series, value, value / total, rows))
    return found


def returns_of(row: Portfolio, period: str) -> Returns | None:
    """Bluum's figures for the period; None where it gave none."""
    found = row.performance.get(period)
    if not found:
        return None
    returns = found.get("returns") or {}
    return Returns(
        time_weighted=_rate(returns.get("time_weighted_return")),
        money_weighted=_rate(returns.get("money_weighted_return")),
        worst_fall=_rate((found.get("risk_metrics") or {}).get("max_drawdown")),
    )


def _rate(percent: str | None) -> Decimal | None:
    return None if percent is None else Decimal(percent) / 100
