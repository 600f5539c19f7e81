"""How the portfolio has done: by the values we keep, with Bluum's own figures beside them."""

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TypeVar

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_required
from portfolios import returns_of
from portfolios.models import Portfolio, Report
from portfolios.planning.returns import Rate
from portfolios.snapshot import snapshot
from portfolios.sync.reports import MARKETS
from portfolios.views.overview import is_late, value_points
from robo.ui import charts, words

PERIODS = {
    "1m": ("1M", "Past month"),
    "3m": ("3M", "Past three months"),
    "ytd": ("YTD", "This year so far"),
    "1y": ("1Y", "Past year"),
    "all": ("All", "Since you started"),
}
"""Name to label, and words."""
ZERO = Decimal(0)
DRAWN = 260
T = TypeVar("T")


@investor_required
@require_safe
def performance(request: Request) -> HttpResponse:
    """Value and return by period, who moved it, and how sure each figure is."""
    row = snapshot(request.account).portfolio
    period = request.GET.get("period", "")
    period = period if period in PERIODS else "all"
    points = value_points(row)
    context: dict[str, Any] = {
        "portfolio": row,
        "is_late": is_late(row),
        "period": period,
        "period_name": PERIODS[period][1],
        "periods": [(key, label) for key, (label, _) in PERIODS.items()],
    }
    if row is not None and points:
        row.account = request.account
        context |= period_context(row, returns_of.of_period(points, period), period)
    fragment = request.htmx and request.htmx.target == "performance"
    name = "portfolios/_performance_page.html" if fragment else "portfolios/performance.html"
    return render(request, name, context)


def period_context(row: Portfolio, points: list[charts.ValuePoint], period: str) -> dict[str, Any]:
    """Every figure of a period."""
    theirs = row.performance.get(period) or {}
    breakdown = theirs.get("period_breakdown")
    time, money = returns_of.time_weighted(points), returns_of.money_weighted(points)
    way = returns_of.way(points, breakdown)
    fees = next((p.amount for p in way.parts if p.kind == "fees"), None) if way else None
    name = PERIODS[period][1]
    # The day of nothing before the first deposit counts, but has no place in a drawing of value.
    shown = points if points[0].value or len(points) < 3 else points[1:]
    return {
        "time_weighted": time,
        "money_weighted": money,
        "before_fees": returns_of.before_fees(time, points, fees),
        "difference": difference(time, money),
        "way": way,
        "since": points[0].day,
        "until": points[-1].day,
        "fall": returns_of.deepest_fall(points),
        "value_chart": charts.value_chart(thinned(shown), name=f"Value, {name.lower()}"),
        "return_chart": charts.return_chart(
            thinned(returns_of.index(points)), name=f"Return, {name.lower()}"
        ),
        "theirs": theirs_of(theirs),
        "benchmark": benchmark_of(theirs, time) or mix_of(row, period, time),
        "total": points[-1].value,
    }


def thinned(days: list[T]) -> list[T]:
    """At most a few hundred days to draw, evenly spread; the figures are worked out on all."""
    step = max(len(days) // DRAWN, 1)
    return days if step == 1 else [*days[:-1:step], days[-1]]


def difference(time: Rate, money: Rate) -> str:
    """Why the two returns differ, in a sentence; empty while one is missing."""
    if time.value is None or money.value is None:
        return ""
    gap = money.value - time.value
    if abs(gap) < 0.0005:
        return "Both are the same here: when you added made no difference."
    told = words.percent(abs(gap), 2)
    if gap > 0:
        return (
            f"Your money grew {told} more than the strategy: more of it was in "
            "when markets did well."
        )
    return (
        f"Your money grew {told} less than the strategy: more of it was in "
        "when markets did badly, or it came late to the good days."
    )


def theirs_of(found: dict[str, Any]) -> dict[str, Any] | None:
    """Bluum's own returns for the period, as fractions; None where it gave none."""
    returns, period = found.get("returns") or {}, found.get("period") or {}
    time = fraction(returns.get("time_weighted_return"))
    money = fraction(returns.get("money_weighted_return"))
    if time is None and money is None:
        return None
    return {"time_weighted": time, "money_weighted": money, "since": period.get("start_date")}


def benchmark_of(found: dict[str, Any], ours: Rate) -> dict[str, Any] | None:
    """Bluum's comparison for the period; None where it gave none."""
    block = found.get("benchmark_comparison") or {}
    made = fraction(block.get("benchmark_return"))
    if made is None:
        return None
    return {
        "name": block.get("benchmark_name") or block.get("benchmark_symbol") or "the market",
        "return": made,
        "ahead": None if ours.value is None else Decimal(str(ours.value)) - made,
    }


def mix_of(row: Portfolio, period: str, ours: Rate) -> dict[str, Any] | None:
    """What the policy's mix would have made in the two markets, held over the period without any
    fee; None where Bluum's report for the period, or a policy, isn't there yet."""
    if period == "all":
        return None  # Bluum compares named periods only
    active = snapshot(row.account).active
    kept = Report.objects.filter(
        account=row.account_id, kind=Report.Kind.BENCHMARK, span=period, status=Report.Status.READY
    )
    data = kept.values_list("data", flat=True).first()
    if active is None or not data:
        return None
    made = {
        c["benchmark"]: found
        for c in data.get("comparisons", ())
        if (found := fraction(c.get("return_"))) is not None
    }
    targets = active.content.get("target_allocation", {})
    parts = {
        MARKETS[name]: words.decimal(band["target_percent"]) / 100
        for name, band in targets.items()
        if name in MARKETS
    }
    share = sum(parts.values(), ZERO)
    if not share or not parts.keys() <= made.keys():
        return None
    mix = sum((part * made[symbol] for symbol, part in parts.items()), ZERO) / share
    named = " and ".join(f"{words.percent(p / share, 0)} {s}" for s, p in parts.items())
    return {
        "name": f"The market in your policy’s mix, {named}",
        "return": mix,
        "ahead": None if ours.value is None else Decimal(str(ours.value)) - mix,
    }


def fraction(percent: object) -> Decimal | None:
    return None if percent is None else Decimal(str(percent)) / 100


@investor_required
@require_safe
def performance_csv(request: Request) -> HttpResponse:
    """The days of a period: value, put in, return since the start. Dollars and fractions."""
    row = snapshot(request.account).portfolio
    period = request.GET.get("period", "all")
    points = returns_of.of_period(value_points(row), period) if period in PERIODS else []
    if not points:
        raise Http404
    answer = HttpResponse("".join(_lines(points)), content_type="text/csv; charset=utf-8")
    name = f"performance-{period}-{points[-1].day:%Y-%m-%d}.csv"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


def _lines(points: list[charts.ValuePoint]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    made = dict(returns_of.index(points))
    yield writer.writerow(["day", "value_usd", "put_in_usd", "time_weighted_return"])
    for p in points:
        at = made.get(p.day)
        yield writer.writerow(
            [
                p.day,
                p.value,
                "" if p.put_in is None else p.put_in,
                "" if at is None else f"{at:.8f}",
            ]
        )
