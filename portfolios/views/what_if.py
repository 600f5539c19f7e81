"""One goal with its futures, and changes that are only tried until they are kept."""

import csv
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import Request, investor_required
from accounts.models import Account
from portfolios import outlook, services
from portfolios.forms import WhatIfForm
from portfolios.models import Goal
from portfolios.moved import moved_of
from portfolios.planning import projection
from portfolios.planning.assumptions import load
from portfolios.planning.months import months_later
from portfolios.snapshot import Snapshot, snapshot
from portfolios.views.goals import visible
from portfolios.views.levers import levers
from portfolios.views.overview import gain, goal_rows, link, value_points
from portfolios.views.undoing import can_undo, remember
from robo.ui import words

ZERO = Decimal(0)
VIEWS = ("cautious", "middle", "hopeful", "stress")
KEPT = (
    "target_amount",
    "monthly_contribution",
    "target_date",
    "importance",
    "in_todays_dollars",
    "raise_yearly",
    "initial_amount",
)


@dataclass(frozen=True, slots=True)
class Repair:
    """One way to the bar, exactly enough alone."""

    title: str
    detail: str
    """Its side effects."""
    change: str
    """What its button sends: the lever and its new value."""


@dataclass(frozen=True, slots=True)
class View:
    """The same plan under another set of assumptions."""

    title: str
    note: str
    in_100: int
    is_ours: bool


@investor_required
@require_safe
def goal(request: Request, pk: int) -> HttpResponse:
    """The goal's futures; with a change in the query, the futures if that were so."""
    found = get_object_or_404(visible(request), pk=pk)
    form = WhatIfForm(request.GET, goal=found)
    valid = form.is_valid()
    context = goal_context(request.account, found, form)
    context["views"] = views_of(context) if request.GET.get("views") else None
    context["can_undo"] = can_undo(request, found)
    if request.htmx:
        template = "portfolios/_goal_outlook.html"
    else:
        template = "portfolios/goal.html"
        context["so_far"] = so_far(request.account)
    return render(request, template, context, status=200 if valid else 422)


def so_far(account: Account) -> Any:
    known = snapshot(account)
    return gain(value_points(known.portfolio), days=None) if known.footing.is_funded else None


def goal_context(account: Account, found: Goal, form: WhatIfForm) -> dict[str, Any]:
    """Everything the page and its fragment show."""
    known, today = snapshot(account), timezone.localdate()
    base = known.footing
    context: dict[str, Any] = {"goal": found, "form": form, "base": base, "result": None}
    rows = [row for row in goal_rows(known) if row.goal.pk == found.pk]
    kept = rows[0].found.outputs if rows and rows[0].found else {}
    context["value"] = rows[0].value if rows else None
    context["others"] = len(known.goals) - 1
    if base.level is None or found.target_date <= today:
        return context | {"needs_risk": base.level is None, "risk_url": link("onboarding:risk")}
    saved = outlook.wish_of(found, base)
    tried, now = saved, ZERO
    if form.is_valid():
        tried, now = form.tried(saved), form.cleaned_data["now"] or ZERO
    plan = outlook.plan_of(tried, base.level, today)
    result = outlook.Outlook(outlook.project(plan), found.name, tried.by)
    is_tried = tried != saved
    before = outlook.look(saved, base.level, today, found.name) if is_tried else result
    steps = outlook.glide_of(result, today)
    context |= {
        "result": result,
        "before": before,
        "tried": tried,
        "now": now,
        "may_draft": found.is_open and not known.policies,
        "is_tried": is_tried,
        "fan": result.fan_beside(before if is_tried else None),
        "repairs": repairs_of(tried, plan, result, now, known, found),
        "levers": levers(form, saved, tried, today.year),
        "assumptions": outlook.assumptions_in_words(result, base),
        "changes": changes_in_words(saved, tried, now),
        "deposit_url": deposit_link(now) if now and base.is_funded else "",
        "query": query_of(tried, now),
        "plan": plan,
        "glide": steps,
        "glide_shape": outlook.glide_shape(steps, plan.months) if len(steps) > 1 else "",
        "next_glide": outlook.next_glide(steps),
        "moved": None if is_tried else moved_of(kept),
        "income": kept.get("income"),
        "inflation": load(plan.version).inflation,
    }
    return context


def query_of(tried: outlook.Wish, now: Decimal) -> str:
    """The scenario as a query, for links to the same one."""
    asked = {
        "target": tried.target,
        "monthly": tried.monthly,
        "year": tried.by.year,
        "by": tried.by.isoformat(),
        "raised": tried.raised,
        "importance": tried.importance,
        "today": int(tried.in_todays_dollars),
    }
    return urlencode(asked | ({"now": now} if now else {}))


def views_of(context: dict[str, Any]) -> list[View] | None:
    """The chance under each published set of assumptions, on the same random numbers."""
    plan: projection.Plan | None = context.get("plan")
    if plan is None:
        return None
    sets = load(plan.version).sets
    found = []
    for name in VIEWS:
        asked = outlook.plan_of(
            context["tried"], context["base"].level, timezone.localdate(), view=name
        )
        in_100 = int(projection.chance(asked) * 100 + 1e-9)
        found.append(View(sets[name].title, sets[name].note, in_100, name == plan.set_name))
    return found


def deposit_link(amount: Decimal) -> str:
    url = link("funding:deposit")
    return f"{url}?{urlencode({'amount': f'{amount:.2f}'})}" if url else ""


def changes_in_words(saved: outlook.Wish, tried: outlook.Wish, now: Decimal) -> str:
    """with $325.00 a month, by June 2036."""
    parts = []
    if tried.monthly != saved.monthly:
        parts.append(f"with {words.money(tried.monthly)} a month")
    if tried.raise_yearly != saved.raise_yearly:
        parts.append(f"raised {words.percent(tried.raise_yearly)} a year")
    if tried.target != saved.target:
        parts.append(f"for {words.money(tried.target)}")
    if tried.in_todays_dollars != saved.in_todays_dollars:
        parts.append("in today’s prices" if tried.in_todays_dollars else "in dollars of that day")
    if tried.by != saved.by:
        parts.append(f"by {words.month(tried.by)}")
    if tried.importance != saved.importance:
        parts.append(f"as {Goal.Importance(tried.importance).label.lower()}")
    if now:
        parts.append(f"with {words.money(now)} more now")
    return ", ".join(parts)


def repairs_of(
    tried: outlook.Wish,
    plan: projection.Plan,
    result: outlook.Outlook,
    now: Decimal,
    known: Snapshot,
    goal: Goal,
) -> list[Repair]:
    """Up to three ways to the bar, on the very same futures; none when it is reached."""
    if result.is_on_track:
        return []
    found = projection.repairs(plan)
    others = [other for other in known.goals if other.pk != goal.pk]
    nothing = "Your other goals keep theirs." if others else "Nothing else changes."
    ways: list[Repair] = []
    if found.monthly is not None and found.monthly > tried.monthly:
        more = Decimal(found.monthly) - tried.monthly
        ways.append(
            Repair(
                f"+{words.money(more).removesuffix('.00')} a month",
                f"That makes {words.money(found.monthly)} a month. "
                + _room(Decimal(found.monthly), others, known),
                f"monthly:{found.monthly}",
            )
        )
    if found.months is not None and found.months > plan.months:
        later = found.months - plan.months
        day = months_later(tried.by, later)
        ways.append(
            Repair(
                span(later) + " later",
                f"{words.month(day)} instead of {words.month(tried.by)}. {nothing}",
                f"by:{day.isoformat()}",
            )
        )
    if found.lump_sum:
        split = known.footing.is_funded and bool(others)
        ways.append(
            Repair(
                f"{words.dollars(found.lump_sum)} now",
                "Added once, today. "
                + (
                    "Deposits count toward all goals by their shares: give this one its part after."
                    if split
                    else nothing
                ),
                f"now:{now + found.lump_sum}",
            )
        )
    return ways


def _room(monthly: Decimal, others: list[Goal], known: Snapshot) -> str:
    """What a new monthly amount does to everything that is put aside."""
    total = monthly + sum((other.monthly_contribution for other in others), ZERO)
    text = (
        f"Your other goals keep theirs; together you’d save {words.dollars(total)} a month."
        if others
        else "Nothing else changes."
    )
    flow = (known.profile.sections if known.profile else {}).get("cash_flow") or {}
    room = Decimal(str(flow.get("monthly_savings") or 0))
    if room and total > room:
        text += (
            f" That is {words.dollars(total - room)} more than the {words.dollars(room)} you say "
            "you put aside."
        )
    return text


def span(months: int) -> str:
    """4 months; 1 year; 2 years 3 months."""
    years, rest = divmod(months, 12)
    parts = [f"{years} year{'' if years == 1 else 's'}"] if years else []
    if rest:
        parts.append(f"{rest} month{'' if rest == 1 else 's'}")
    return " ".join(parts)


@investor_required
@require_POST
def goal_keep(request: Request, pk: int) -> HttpResponse:
    """Keep what was tried. A sum added now is kept only while nothing has been deposited yet."""
    found = get_object_or_404(visible(request), pk=pk, status=Goal.Status.ACTIVE)
    form = WhatIfForm(request.POST, goal=found)
    if not form.is_valid():
        context = goal_context(request.account, found, form) | {"so_far": so_far(request.account)}
        return render(request, "portfolios/goal.html", context, status=422)
    data = form.cleaned_data
    base = snapshot(request.account).footing
    tried = form.tried(outlook.wish_of(found, base))
    changes: dict[str, Any] = {
        "target_amount": tried.target,
        "monthly_contribution": tried.monthly,
        "target_date": tried.by,
        "importance": tried.importance,
        "in_todays_dollars": tried.in_todays_dollars,
        "raise_yearly": tried.raise_yearly,
    }
    if data["now"] and not base.is_funded:
        changes["initial_amount"] = found.initial_amount + data["now"]
    remember(request, found, services.change_goal(found, **changes), changes)
    messages.success(request, "Kept. This is your plan now.")
    return redirect("portfolios:goal", found.pk)


@investor_required
@require_safe
def goal_futures(request: Request, pk: int) -> HttpResponse:
    """The fan as a file: a row per moment, percentiles in dollars, of the scenario asked for."""
    found = get_object_or_404(visible(request), pk=pk)
    form = WhatIfForm(request.GET, goal=found)
    form.is_valid()
    result = goal_context(request.account, found, form)["result"]
    answer = HttpResponse(content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="goal-{found.pk}-futures.csv"'
    sheet = csv.writer(answer)
    sheet.writerow(["month", "date", "p10", "p25", "p50", "p75", "p90"])
    today = timezone.localdate()
    for band in result.bands if result else []:
        day = months_later(today, band.month)
        sheet.writerow([band.month, day.isoformat(), *(f"{amount:.2f}" for amount in band[1:])])
    return answer
