"""How the portfolio has done: by the values we keep, with Bluum's own figures beside them."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from math import ceil, prod
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_required
from portfolios import benchmark, returns_of
from portfolios.models import Portfolio
from portfolios.planning.models import model
from portfolios.planning.returns import Rate
from portfolios.snapshot import snapshot
from portfolios.views.overview import is_late, value_points
from robo.ui import charts, words
from robo.ui.charts.axes import MONTHS

PERIODS = {
    "1m": ("1M", "Past month"),
    "3m": ("3M", "Past three months"),
    "ytd": ("YTD", "This year so far"),
    "1y": ("1Y", "Past year"),
    "5y": ("5Y", "Past five years"),
    "all": ("All", "Since you started"),
}
"""Name to label, and words."""
CUSTOM = "custom"
ZERO = Decimal(0)
DRAWN = 200
TOLD_STRETCHES = 8
SAME = Decimal("0.0001")
"""Two returns that differ by less are the same: Bluum rounds to a hundredth of a percent."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Period:
    """The days a page is about."""

    key: str
    name: str
    points: list[charts.ValuePoint]
    problem: str = ""

    @property
    def query(self) -> str:
        """As an address names it."""
        if self.key != CUSTOM:
            return urlencode({"period": self.key})
        ends = {"from": self.points[0].day, "to": self.points[-1].day} if self.points else {}
        return urlencode({"period": CUSTOM, **ends})


def period_of(request: Request, row: Portfolio | None, points: list[charts.ValuePoint]) -> Period:
    """The period that is asked for; all there is where that makes no sense."""
    told = row.performance if row else {}
    asked = request.GET.get("period", "")
    everything = Period("all", PERIODS["all"][1], returns_of.of_period(points, "all"))
    if not points or (asked not in PERIODS and asked != CUSTOM):
        return everything
    if asked != CUSTOM:
        return Period(
            asked, PERIODS[asked][1], returns_of.of_period(points, asked, told.get(asked))
        )
    try:
        start, end = (date.fromisoformat(request.GET.get(name, "")) for name in ("from", "to"))
    except ValueError:
        return replace(everything, problem="Choose a first and a last day.")
    found = returns_of.between(points, start, end)
    if start >= end or len(found) < 2:
        return replace(everything, problem="There are not two days to compare between these.")
    return Period(CUSTOM, "The days you chose", found)


@investor_required
@require_safe
def performance(request: Request) -> HttpResponse:
    """Value and return by period, who moved it, and how sure each figure is."""
    row = snapshot(request.account).portfolio
    points = value_points(row)
    period = period_of(request, row, points)
    context: dict[str, Any] = {
        "portfolio": row,
        "is_late": is_late(row),
        "period": period.key,
        "period_name": period.name,
        "problem": period.problem,
        "periods": periods(points, period.key),
    }
    if row is not None and points:
        row.account = request.account
        context |= {
            "first_day": points[0].day,
            "last_day": points[-1].day,
            "csv_url": f"{reverse('portfolios:performance-csv')}?{period.query}",
            "month_names": MONTHS,
        }
        context |= period_context(row, period)
    fragment = request.htmx and request.htmx.target == "performance"
    name = "portfolios/_performance_page.html" if fragment else "portfolios/performance.html"
    return render(request, name, context)


def periods(points: list[charts.ValuePoint], shown: str) -> list[tuple[str, str]]:
    """The periods to choose from: those that are shorter than all there is."""
    found = []
    for key, (label, _) in PERIODS.items():
        start = returns_of.since(key, points[-1].day) if points else None
        if start is None or start > points[0].day or key == shown:
            found.append((key, label))
    return found


def period_context(row: Portfolio, period: Period) -> dict[str, Any]:
    """Every figure of a period."""
    points = period.points
    theirs = row.performance.get(period.key) or {}
    same = returns_of.of_same_days(points, theirs)
    # Dividends and fees count only where Bluum tells them of the same days.
    breakdown = theirs.get("period_breakdown") if same or not theirs.get("period") else None
    time, money = returns_of.time_weighted(points), returns_of.money_weighted(points)
    way = returns_of.way(points, breakdown)
    fees = next((-p.amount for p in way.parts if p.kind == "fees"), None) if way else None
    line = returns_of.index(points)
    fall = returns_of.deepest_fall(line)
    years = returns_of.calendar(line)
    beside = benchmark.beside(row.account, points, line, fees)
    # The day of nothing before the first deposit counts, but has no place in a drawing of value.
    shown = points if points[0].value or len(points) < 3 else points[1:]
    name = period.name.lower()
    return {
        "time_weighted": time,
        "money_weighted": money,
        "before_fees": returns_of.before_fees(time, points, fees),
        "fees": fees,
        "timing": returns_of.timing(points, time) if money.available else None,
        **gap_of(time, money),
        "stretches": told_stretches(returns_of.stretches(points)),
        "moved": moved(points),
        "way": way,
        "waterfall": way_chart(way) if way else None,
        "since": points[0].day,
        "until": points[-1].day,
        "fall": fall,
        "fall_chart": charts.fall_chart(
            thinned(returns_of.fallen(line), keep=fall.low if fall else None), name=f"Falls, {name}"
        )
        if fall and fall.depth >= 0.00005
        else None,
        "years": years,
        "years_chart": charts.columns(
            [charts.Column(str(y.year), y.made, part_of(y)) for y in years], name="Return by year"
        ),
        **usual_of(row, returns_of.volatility(line)),
        "months_up": [m for y in years for m in y.months if m is not None and m > 0],
        "months_known": [m for y in years for m in y.months if m is not None],
        "value_chart": charts.value_chart(thinned(shown), name=f"Value, {name}"),
        "return_chart": charts.return_chart(
            thinned(line), name=f"Return, {name}",
            beside=beside.line if beside else (), beside_name="same mix",
        ),
        "theirs": theirs_of(theirs, time, points) if same else None,
        "benchmark": beside,
        "ahead": standing(beside),
        "no_benchmark": "" if beside else why_none(row),
        "return_sentence": return_sentence(period, time, beside),
        "restart": restart(points) if not time.available else None,
        "total": points[-1].value,
    }  # fmt: skip


def gap_of(time: Rate, money: Rate) -> dict[str, Any]:
    """How far the two returns are apart; nothing while one is missing."""
    if time.value is None or money.value is None:
        return {"gap": None}
    gap = money.value - time.value
    return {"gap": gap, "gap_size": abs(gap), "gap_is_small": abs(gap) < 0.0005}


def usual_of(row: Portfolio, volatility: float | None) -> dict[str, Any]:
    """How far years end from their average, and where that leads from the average we plan with for
    the policy's level. Fractions."""
    active = snapshot(row.account).active
    if volatility is None or active is None:
        return {"volatility": volatility, "usual": None}
    average = model(active.level).arithmetic
    usual = {"average": average, "low": average - volatility, "high": average + volatility}
    return {"volatility": volatility, "usual": usual}


def standing(found: benchmark.Beside | None) -> str:
    """Which way the comparison goes, as it is told: two digits of a percent."""
    if found is None or found.ahead is None:
        return ""
    return "level" if abs(found.ahead) < 0.00005 else "ahead" if found.ahead > 0 else "behind"


def why_none(row: Portfolio) -> str:
    """Why there is no comparison with the market, in a sentence."""
    if not benchmark.mixes_of(row.account):
        return "There was no policy in force whose mix could be followed."
    return (
        "Our custodian hasn’t told what the market did on these days yet. We ask each day, and "
        "show nothing until we know."
    )


def return_sentence(period: Period, time: Rate, beside: benchmark.Beside | None) -> str:
    """What the drawing of the return says."""
    if time.value is None:
        return ""
    told = f"{period.name}: {words.percent_signed(time.value, 1)}"
    if beside is None:
        return f"{told}."
    return f"{told}; the same mix in the market {words.percent_signed(beside.made, 1)}, dashed."


def thinned(days: list[T], *, keep: date | None = None) -> list[T]:
    """At most a few hundred days to draw, evenly spread; the figures are worked out on all. A day
    to `keep` stays: the deepest point of a fall is what the drawing is for."""
    if len(days) <= DRAWN:
        return days
    step = ceil(len(days) / DRAWN)
    kept = {*range(0, len(days) - 1, step), len(days) - 1}
    if keep is not None:
        kept |= {n for n, day in enumerate(days) if day[0] == keep}  # type: ignore[index]
    return [days[n] for n in sorted(kept)]


def way_chart(way: returns_of.Way) -> charts.Waterfall | None:
    """The way as steps. They add up from the first total to the last."""
    colours = {"put_in": "put_in"}
    steps = [
        charts.Step(f"On {words.long_day(way.since)}", way.start, total=True),
        *(charts.Step(p.name, p.amount, colours.get(p.kind, ""), p.note) for p in way.parts),
        charts.Step(f"On {words.long_day(way.until)}", way.end, total=True),
    ]
    return charts.waterfall(steps, name="From the first value to the last")


def told_stretches(found: list[returns_of.Stretch]) -> dict[str, Any]:
    """The factors of the return, the middle ones taken together where there are many."""
    if len(found) <= TOLD_STRETCHES:
        return {"first": found, "count": len(found)}
    first, last = found[:3], found[3 - TOLD_STRETCHES :]
    middle = found[3 : 3 - TOLD_STRETCHES]
    return {
        "first": first, "between": f"{prod(1 + s.made for s in middle):.6f}", 
        "left_out": len(middle), "last": last, "count": len(found),
    }  # fmt: skip


def moved(points: list[charts.ValuePoint]) -> dict[str, Any] | None:
    """How often money came and went, and how much. Dollars."""
    moves = returns_of.flows(points)
    if moves is None:
        return None
    came, gone = [m for m in moves if m > 0], [m for m in moves if m < 0]
    return {
        "came": len(came), "came_sum": sum(came, ZERO),
        "gone": len(gone), "gone_sum": -sum(gone, ZERO),
        "start": points[0].value,
    }  # fmt: skip


def restart(points: list[charts.ValuePoint]) -> str:
    """The address of the days since money came back after nothing was invested; empty if there
    are none."""
    empty = [n for n, p in enumerate(points) if p.value <= 0]
    if not empty or empty[-1] == 0 or len(points) - empty[-1] < 4:
        return ""
    first = points[empty[-1] + 1]
    return urlencode({"period": CUSTOM, "from": first.day, "to": points[-1].day})


def part_of(year: returns_of.Year) -> str:
    """What of a year counts, where it isn't all of it."""
    if year.since and (year.since.month, year.since.day) != (1, 1):
        return f"from {words.day(year.since, today=year.since)}"
    return "" if year.is_over else "so far"


def theirs_of(
    found: dict[str, Any], ours: Rate, points: list[charts.ValuePoint]
) -> dict[str, Any] | None:
    """Bluum's own returns for the same days, as fractions, and how far ours is from it; None where
    it gave none."""
    told = found.get("returns") or {}
    time = fraction(told.get("time_weighted_return"))
    money = fraction(told.get("money_weighted_return"))
    if time is None and money is None:
        return None
    apart = None
    if time is not None and ours.value is not None:
        apart = abs(Decimal(str(ours.value)) - time)
    start = (found.get("period") or {}).get("start_date") or ""
    return {
        "time_weighted": time,
        "money_weighted": money,
        "apart": apart,
        "agrees": apart is not None and apart <= SAME,
        "since": date.fromisoformat(start[:10]) if start else points[0].day,
    }


def fraction(percent: object) -> Decimal | None:
    return None if percent is None else Decimal(str(percent)) / 100


@investor_required
@require_safe
def performance_csv(request: Request) -> HttpResponse:
    """The days of a period: value, put in, return since the start. Dollars and fractions."""
    row = snapshot(request.account).portfolio
    period = period_of(request, row, value_points(row))
    points = period.points
    if not points or period.problem or request.GET.get("period", "all") not in {*PERIODS, CUSTOM}:
        raise Http404
    answer = HttpResponse("".join(_lines(points)), content_type="text/csv; charset=utf-8")
    name = f"performance-{period.key}-{points[-1].day:%Y-%m-%d}.csv"
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
