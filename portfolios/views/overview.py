"""Home: am I on track, what changed, what happens next, what should I do."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, Subquery, Value, Window
from django.db.models.functions import Coalesce, RowNumber
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.guards import Request
from accounts.models import AccountStatus
from portfolios import insights, outlook, visits
from portfolios.forms import offered_types
from portfolios.insights import link as link
from portfolios.models import Goal, Portfolio, Valuation
from portfolios.projecting import latest_before
from portfolios.snapshot import Snapshot, snapshot
from portfolios.starters import Known, known_of, starter
from robo import agenda
from robo.ui import charts, words

PERIODS: dict[str, tuple[str, str, int | None]] = {
    "1m": ("1M", "Past month", 31),
    "3m": ("3M", "Past three months", 92),
    "1y": ("1Y", "Past year", 366),
    "all": ("All", "Since you started", None),
}
"""Name to label, words, and days back."""
LATE_AFTER = timedelta(hours=1)
DRAWN = 260
"""Days a chart has room for."""
LATELY = timedelta(days=31)
TOLD_ON_HOME = 2
FIRST_MONEY = {"deposit", "transfer"}
NEW_YORK = ZoneInfo("America/New_York")


ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class GoalRow:
    goal: Goal
    found: outlook.Outlook | None
    value: Decimal | None
    """Its part of the portfolio, dollars; None without one."""


@dataclass(frozen=True, slots=True)
class Gain:
    """A change between two moments, split so that the parts add up to the cent. Dollars."""

    since: date
    put_in: Decimal
    markets: Decimal
    start: Decimal = ZERO
    """The value at the beginning."""

    @property
    def total(self) -> Decimal:
        return self.put_in + self.markets


@dataclass(frozen=True, slots=True)
class FirstStep:
    """A line of the first week."""

    when: str
    title: str
    detail: str
    url: str
    state: str
    """done, now, or empty for later."""


@require_safe
def home(request: Request) -> HttpResponse:
    """The overview, of an account read by `accounts_with_everything`. For someone new it teaches,
    and offers the one next step."""
    known = snapshot(request.account)
    portfolio = known.portfolio
    period = request.GET.get("period", "")
    period = period if period in PERIODS else "1y"
    points = period_points(portfolio, period)
    if request.htmx and request.htmx.target == "value":
        return render(request, "portfolios/_value.html", value_context(portfolio, points, period))
    rows = goal_rows(known)
    todo = agenda.things_to_do(request.account)
    if closed := next((item for item in todo if item.kind == "closed"), None):
        return redirect(closed.url)
    upcoming = agenda.things_to_come(request.account)
    steps = first_steps(known, todo, upcoming)
    if not steps:
        todo = agenda.in_order([*todo, *next_repair(rows, todo)])
    told = readings(known, todo)
    life = known_of(request.account) if steps and not rows else None
    context = {
        "account": request.account,
        "portfolio": portfolio,
        "is_late": is_late(portfolio),
        "unpriced": unpriced(portfolio),
        "is_funded": bool(portfolio and portfolio.value),
        "headline": headline(rows),
        "rows": rows,
        "change": what_changed(request, known, points),
        "todo": todo,
        "upcoming": upcoming,
        "comes_next": comes_next(upcoming),
        "next_check": next_look(portfolio),
        "readings": told[:TOLD_ON_HOME],
        "more_readings": len(told) - TOLD_ON_HOME,
        "activity": agenda.things_that_happened(request.account, limit=5),
        "steps": steps,
        "starters": starters(life)[:3] if life else [],
        "starters_are_own": bool(life and (life.income or life.expenses)),
        "next_step": next((s for s in steps if s.state == "now"), None),
        "besides": [i for i in todo if i.urgent and i.url not in {s.url for s in steps}],
        "first_deposit": next((i for i in upcoming if i.kind in FIRST_MONEY), None),
        "is_being_verified": request.account.status
        in {AccountStatus.SUBMITTED, AccountStatus.PENDING},
        **value_context(portfolio, points, period),
    }
    return render(request, "portfolios/home.html", context)


def starters(known: Known) -> list[dict[str, object]]:
    """What the partner offers to save for, each priced from what is known of the person."""
    today = timezone.localdate()
    return [
        {"kind": kind, "name": name, "line": line, "starter": starter(kind, known, today)}
        for kind, name, line in offered_types()
    ]


def what_changed(
    request: Request, known: Snapshot, points: list[charts.ValuePoint]
) -> visits.Change | None:
    """What changed since the visit before this one; since a week ago where there was none. Looking
    is remembered, unless the browser only fetches ahead."""
    if not known.goals and known.portfolio is None:
        return None
    chances = {pk: found.in_100 for pk, found in known.outlooks.items()}
    shown = visits.figures(known.portfolio, chances)
    visit = known.visit
    if request.method == "GET" and "prefetch" not in request.headers.get("Sec-Purpose", ""):
        visit = visits.look(request.account, visit, shown)
    if visit and visit.before_at:
        found = visits.between(visit.before, shown, known.goals, visit.before_at)
        if found:
            return found
    return change_of_week(known, points, shown)


def change_of_week(
    known: Snapshot, points: list[charts.ValuePoint], shown: dict[str, object]
) -> visits.Change | None:
    """From the close a week ago, or from nothing before the first day."""
    if not points:
        return None
    start = points[-1].day - timedelta(days=7)
    first = next((p for p in reversed(points) if p.day <= start), None)
    first = first or charts.ValuePoint(points[0].day - timedelta(days=1), ZERO, ZERO)
    earlier = latest_before(known.goals, visits.close_of(first.day))
    chances = {pk: int(found.outputs["percent"]) for pk, found in earlier.items()}
    before, since = visits.at_close(first, chances)
    return visits.between(before, shown, known.goals, since, is_visit=False)


def readings(known: Snapshot, todo: list[agenda.Item]) -> list[insights.Reading]:
    """What Bluum notices and is not said on this page already. Nothing before a signed policy."""
    if known.signed is None:
        return []
    said = {item.url for item in todo}
    found = insights.board(known.insights, known.known).readings
    return [reading for reading in found if reading.url not in said]


def unpriced(row: Portfolio | None) -> list[str]:
    """The funds without a price, by name where we know it, that keep the total from being whole."""
    return list(row.unpriced) if row else []


def next_look(row: Portfolio | None) -> datetime | None:
    """When the portfolio is held against its targets next: as the loop has it."""
    return row.due_at if row and row.value and row.due_at and not row.stuck_at else None


def is_late(portfolio: Portfolio | None) -> bool:
    """Whether the figures are older than they should be."""
    if portfolio is None or portfolio.refreshed_at is None or portfolio.unpriced:
        return False  # a price that is missing isn't an answer that is missing
    return timezone.now() - portfolio.refreshed_at > LATE_AFTER


def goal_rows(known: Snapshot) -> list[GoalRow]:
    """Each active goal with its kept projection and its part of the portfolio."""
    goals, value = known.goals, known.footing.value
    parts: list[Decimal | None] = [None for _ in goals]
    if value:
        parts = list(outlook.split(value, [g.share for g in goals]))
    return [
        GoalRow(goal, known.outlooks.get(goal.pk), part)
        for goal, part in zip(goals, parts, strict=True)
    ]


def headline(rows: list[GoalRow]) -> str:
    """Am I on track, in a sentence."""
    seen = [row.found for row in rows if row.found]
    if not rows:
        return "What is the money for?"
    if not seen:
        return "Your goals are set. A few questions about risk, and you’ll see your odds."
    good = sum(found.is_on_track for found in seen)
    if len(seen) == 1:
        row = next(row for row in rows if row.found)
        return {
            "on_track": f"{row.goal.name} is on track.",
            "close": f"{row.goal.name} is close to on track.",
            "needs_change": f"{row.goal.name} needs a change to be on track.",
        }[seen[0].status]
    if good == len(seen):
        return f"All {words.number(good)} goals are on track."
    if good == 0:
        return f"None of your {words.number(len(seen))} goals is on track yet."
    return (
        f"{words.number(good).capitalize()} of your {words.number(len(seen))} goals "
        f"{'is' if good == 1 else 'are'} on track."
    )


def next_repair(rows: list[GoalRow], todo: list[agenda.Item]) -> list[agenda.Item]:
    """The goal furthest below its bar, where nothing else has to be done first."""
    behind = [(row.goal, row.found) for row in rows if row.found and not row.found.is_on_track]
    if not behind or not all(item.anytime for item in todo):
        return []
    goal, found = min(behind, key=lambda pair: pair[1].in_100 - pair[1].bar_in_100)
    return [
        agenda.Item(
            f"Bring {goal.name} on track",
            detail=f"It is at {found.in_100} in 100; on track is {found.bar_in_100}. "
            "See what would be exactly enough.",
            url=reverse("portfolios:goal", args=[goal.pk]),
            kind="goal",
        )
    ]


def value_points(portfolio: Portfolio | None) -> list[charts.ValuePoint]:
    """Daily values, oldest first, the last one being the present total."""
    if portfolio is None:
        return []
    rows = Valuation.objects.filter(portfolio=portfolio)
    return _points(portfolio, rows.values_list("day", "value", "contributed"))


def period_points(portfolio: Portfolio | None, period: str) -> list[charts.ValuePoint]:
    """As `value_points`, but only what a period's chart draws: its days, or for everything there
    is about as many as it has room for, the last month whole."""
    if portfolio is None or portfolio.value is None or portfolio.as_of is None:
        return []
    today = ny_day(portfolio.as_of)
    rows = Valuation.objects.filter(portfolio=portfolio, day__lt=today)
    days = PERIODS[period][2]
    if days is None:
        rows = rows.annotate(
            number=Window(RowNumber(), order_by="day"), count=Window(Count("pk"))
        ).filter(
            Q(number__lte=1)
            | Q(day__gt=today - LATELY)
            | Q(count__lte=DRAWN)
            | Q(number=F("number") / (F("count") / DRAWN + 1) * (F("count") / DRAWN + 1))
        )
    else:
        start = today - timedelta(days=days)
        before = Valuation.objects.filter(portfolio=portfolio, day__lte=start)
        first = before.order_by("-day").values("day")[:1]
        # The close that the period starts from, or the first there is.
        rows = rows.filter(day__gte=Coalesce(Subquery(first), Value(start)))
    return _points(portfolio, rows.order_by("day").values_list("day", "value", "contributed"))


def _points(
    portfolio: Portfolio, rows: Iterable[tuple[date, Decimal, Decimal | None]]
) -> list[charts.ValuePoint]:
    """Kept days with the present total as the last one."""
    if portfolio.value is None or portfolio.as_of is None:
        return []
    last = charts.ValuePoint(ny_day(portfolio.as_of), portfolio.value, portfolio.contributed)
    points = [charts.ValuePoint(*row) for row in rows if row[0] < last.day]
    # Before the first deposit there is nothing to draw.
    while points and not points[0].value and not points[0].put_in:
        points.pop(0)
    return [*points, last] if portfolio.value or points else []


def ny_day(moment: datetime) -> date:
    """The trading day a moment belongs to."""
    return moment.astimezone(NEW_YORK).date()


def gain(points: list[charts.ValuePoint], *, days: int | None) -> Gain | None:
    """What changed since so many days ago, or since the beginning. None when it isn't known."""
    if not points or points[-1].put_in is None:
        return None
    last = points[-1]
    start = last.day - timedelta(days=days) if days is not None else date.min
    first = next((p for p in reversed(points) if p.day <= start), None)
    if first:
        if first.put_in is None:
            return None
        put_in = (last.put_in or ZERO) - first.put_in
        return Gain(first.day, put_in, last.value - first.value - put_in, first.value)
    put_in = last.put_in or ZERO
    return Gain(points[0].day, put_in, last.value - put_in)


def value_context(
    row: Portfolio | None, points: list[charts.ValuePoint], period: str
) -> dict[str, object]:
    """The chart of one period, and the links to the others."""
    _, name, days = PERIODS[period]
    found = period_gain(row, points, period)
    shown = points
    if points and days is not None:
        start = found.since if found else points[-1].day - timedelta(days=days)
        shown = [p for p in points if p.day >= start]
    return {
        "period": period,
        "period_name": name,
        "periods": [(key, label) for key, (label, _, _) in PERIODS.items()],
        "period_gain": found,
        "chart": charts.value_chart(shown, name=f"Value, {name.lower()}"),
    }


def period_gain(row: Portfolio | None, points: list[charts.ValuePoint], period: str) -> Gain | None:
    """The period's gain by Bluum's start and contributions, up to the present total; by our own
    days where Bluum has given none."""
    found = row.performance.get(period) if row else None
    parts = (found or {}).get("period_breakdown") or {}
    since = ((found or {}).get("period") or {}).get("start_date")
    start, put_in = parts.get("starting_value"), parts.get("net_contributions")
    if row is None or row.value is None or since is None or start is None or put_in is None:
        return gain(points, days=PERIODS[period][2])
    net = Decimal(put_in) - Decimal(parts.get("net_withdrawals") or 0)
    return Gain(date.fromisoformat(since), net, row.value - Decimal(start) - net, Decimal(start))


def comes_next(upcoming: list[agenda.Item]) -> agenda.Item | None:
    """What leads: the first that moves money; papers and yearly looks only if nothing does."""
    moving = (item for item in upcoming if item.amount)
    return next(moving, upcoming[0] if upcoming else None)


def first_steps(
    known: Snapshot, todo: list[agenda.Item], upcoming: list[agenda.Item]
) -> list[FirstStep]:
    """The first week in order: what is done, what is next, what follows. Empty once it's over."""
    account = known.account
    opened, applied = account.is_active, account.status != AccountStatus.OPENING
    if known.portfolio and known.portfolio.value:
        return []
    # What later apps of the journey know, they tell through the agenda.
    no_bank = any(item.kind == "bank" and not item.urgent for item in todo)
    no_deposit = any(item.kind == "deposit" for item in todo)
    coming = {item.kind for item in upcoming}
    wanted = [
        (
            applied, "8 minutes", "Open your account",
            "Who you are, and the agreements to read and sign.", link("onboarding:start"),
        ),
        (
            known.assessment is not None, "4 minutes", "Answer the risk questions",
            "How much up and down fits you, and what a bad year would look like.",
            link("onboarding:risk"),
        ),
        (
            bool(known.goals), "2 minutes", "Set your first goal",
            "An amount and a date. You see your odds at once.", link("portfolios:goal-new"),
        ),
        (
            known.signed is not None, "3 minutes", "Read and sign your policy",
            "The rules we invest by, in plain words and in dollars.", link("portfolios:policy"),
        ),
        (
            opened and not no_bank, "2 minutes", "Link your bank",
            "We never see your bank password." if opened
            else "Possible as soon as your account is open.",
            link("funding:link") if opened else "",
        ),
        (
            opened and not no_bank and not no_deposit, "1 minute", "Make a first deposit",
            "You see the day it arrives before you confirm.",
            link("funding:deposit") if opened else "",
        ),
        (
            "auto_invest" in coming, "1 minute", "Set up auto-invest",
            "A small amount on the same day each month.",
            link("funding:schedule-new") if opened else "",
        ),
    ]  # fmt: skip
    found, offered = [], False
    for done, when, title, detail, url in wanted:
        state = "done" if done else "" if offered else "now"
        offered = offered or state == "now"
        found.append(FirstStep(when, title, detail, url, state))
    return found
