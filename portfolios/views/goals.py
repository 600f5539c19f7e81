"""Goals: the list, a new one, one goal with its futures, and changes that are first only tried."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import Request, investor_required
from accounts.models import Account
from portfolios import outlook, services
from portfolios.forms import GoalForm, SharesForm, WhatIfForm, offered_types
from portfolios.models import Goal
from portfolios.planning import projection
from portfolios.snapshot import snapshot
from portfolios.views.overview import gain, goal_rows, link, value_points
from robo.ui import words

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Lever:
    """A slider with its number twin. `most` and `least` are the slider's ends, not limits."""

    name: str
    label: str
    value: str
    least: int
    most: int
    step: int
    at: int
    is_money: bool
    error: str


@dataclass(frozen=True, slots=True)
class Repair:
    """One way to the bar, exactly enough alone."""

    title: str
    detail: str
    change: str
    """What its button sends: the lever and its new value."""


def visible(request: Request) -> QuerySet[Goal]:
    return Goal.objects.visible_to(request.user).select_related("account")


@investor_required
@require_safe
def goals(request: Request) -> HttpResponse:
    """All goals, and how they share the portfolio."""
    known = snapshot(request.account)
    past = [g for g in known.every_goal if g.status != Goal.Status.ACTIVE]
    context = {"rows": goal_rows(known), "past": past, "base": known.footing}
    return render(request, "portfolios/goals.html", context)


@investor_required
@require_http_methods(["GET", "POST"])
def goal_new(request: Request) -> HttpResponse:
    """First what it is for, then the amount and the day."""
    kind = request.GET.get("type", "")
    if request.method == "GET" and kind not in {offered for offered, _, _ in offered_types()}:
        return render(request, "portfolios/goal_types.html", {"types": offered_types()})
    form = GoalForm(request.POST or None, type=kind)
    if request.method == "POST" and form.is_valid():
        made = services.add_goal(account=request.account, **form.cleaned_data)
        return redirect("portfolios:goal", made.pk)
    return render(
        request,
        "portfolios/goal_form.html",
        {"form": form, "title": "A new goal"},
        status=422 if form.errors else 200,
    )


@investor_required
@require_http_methods(["GET", "POST"])
def goal_edit(request: Request, pk: int) -> HttpResponse:
    """Change name, amounts and date."""
    found = get_object_or_404(visible(request), pk=pk, status=Goal.Status.ACTIVE)
    form = GoalForm(request.POST or None, goal=found)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.change_goal(found, **{k: v for k, v in data.items() if k not in {"key", "type"}})
        messages.success(request, "Saved. Your odds are up to date.")
        return redirect("portfolios:goal", found.pk)
    return render(
        request,
        "portfolios/goal_form.html",
        {"form": form, "goal": found, "title": found.name},
        status=422 if form.errors else 200,
    )


@investor_required
@require_safe
def goal(request: Request, pk: int) -> HttpResponse:
    """The goal's futures; with a change in the query, the futures if that were so."""
    found = get_object_or_404(visible(request), pk=pk)
    request.account.__dict__.pop("_portfolios", None)
    form = WhatIfForm(request.GET, goal=found)
    valid = form.is_valid()
    context = goal_context(request.account, found, form)
    template = "portfolios/_goal_outlook.html" if request.htmx else "portfolios/goal.html"
    return render(request, template, context, status=200 if valid else 422)


def goal_context(account: Account, found: Goal, form: WhatIfForm) -> dict[str, Any]:
    """Everything the page and its fragment show."""
    known, today = snapshot(account), timezone.localdate()
    base = known.footing
    context: dict[str, Any] = {"goal": found, "form": form, "base": base, "result": None}
    rows = [row for row in goal_rows(known) if row.goal.pk == found.pk]
    context["value"] = rows[0].value if rows else None
    context["others"] = len(known.goals) - 1
    if base.level is None or found.target_date <= today:
        return context | {"needs_risk": base.level is None, "risk_url": link("onboarding:risk")}
    saved = outlook.wish_of(found, base)
    tried = saved
    now = ZERO
    if form.is_valid():
        data = form.cleaned_data
        now = data["now"] or ZERO
        tried = replace(
            saved,
            target=data["target"],
            monthly=data["monthly"],
            by=data["by"],
            start=saved.start + now,
        )
    plan = outlook.plan_of(tried, base.level, today)
    result = outlook.Outlook(outlook.project(plan), found.name, tried.by)
    is_tried = tried != saved
    before = outlook.look(saved, base.level, today, found.name) if is_tried else result
    context |= {
        "result": result,
        "before": before,
        "tried": tried,
        "now": now,
        "is_tried": is_tried,
        "fan": result.fan,
        "repairs": repairs_of(tried, plan, result, now),
        "levers": levers(form, saved, tried, today.year),
        "assumptions": outlook.assumptions_in_words(result, base),
        "changes": changes_in_words(saved, tried, now),
        "deposit_url": deposit_link(now) if now and base.is_funded else "",
        "so_far": gain(value_points(known.portfolio), days=None) if base.is_funded else None,
    }
    return context


def deposit_link(amount: Decimal) -> str:
    url = link("funding:deposit")
    return f"{url}?{urlencode({'amount': f'{amount:.2f}'})}" if url else ""


def changes_in_words(saved: outlook.Wish, tried: outlook.Wish, now: Decimal) -> str:
    """with $325.00 a month, by June 2036."""
    parts = []
    if tried.monthly != saved.monthly:
        parts.append(f"with {words.money(tried.monthly)} a month")
    if tried.target != saved.target:
        parts.append(f"for {words.money(tried.target)}")
    if tried.by != saved.by:
        parts.append(f"by {words.month(tried.by)}")
    if now:
        parts.append(f"with {words.money(now)} more now")
    return ", ".join(parts)


def repairs_of(
    tried: outlook.Wish,
    plan: projection.Plan,
    result: outlook.Outlook,
    now: Decimal,
) -> list[Repair]:
    """Up to three ways to the bar, on the very same futures; none when it is reached."""
    if result.is_on_track:
        return []
    found = projection.repairs(plan)
    ways: list[Repair] = []
    if found.monthly is not None and found.monthly > tried.monthly:
        more = Decimal(found.monthly) - tried.monthly
        ways.append(
            Repair(
                f"+{words.money(more).removesuffix('.00')} a month",
                f"That makes {words.money(found.monthly)} a month. Nothing else changes.",
                f"monthly:{found.monthly}",
            )
        )
    if found.months is not None and found.months > plan.months:
        later = found.months - plan.months
        day = outlook.months_later(tried.by, later)
        ways.append(
            Repair(
                span(later) + " later",
                f"{words.month(day)} instead of {words.month(tried.by)}. Nothing else changes.",
                f"by:{day.isoformat()}",
            )
        )
    if found.lump_sum:
        ways.append(
            Repair(
                f"{words.dollars(found.lump_sum)} now",
                "Added once, today. Nothing else changes.",
                f"now:{now + found.lump_sum}",
            )
        )
    return ways


def span(months: int) -> str:
    """4 months; 1 year; 2 years 3 months."""
    years, rest = divmod(months, 12)
    parts = [f"{years} year{'' if years == 1 else 's'}"] if years else []
    if rest:
        parts.append(f"{rest} month{'' if rest == 1 else 's'}")
    return " ".join(parts)


def levers(form: WhatIfForm, saved: outlook.Wish, tried: outlook.Wish, year: int) -> list[Lever]:
    """Amount, monthly, year. The slider reaches about twice what is planned."""
    errors = form.errors

    def typed(name: str, fallback: str) -> str:
        return str(form.data[name]) if name in errors else fallback

    def error(name: str) -> str:
        return " ".join(str(e) for e in errors.get(name, []))

    most_target = _round_up(max(saved.target, tried.target) * 2)
    step_target = max(most_target // 200, 1)
    most_monthly = _round_up(max(saved.monthly, tried.monthly, saved.target / 240) * 3)
    step_monthly = max(most_monthly // 200, 1)
    last = max(saved.by.year, tried.by.year) + 10
    return [
        Lever(
            "target", "Amount", typed("target", _plain(tried.target)), step_target, most_target,
            step_target, round(tried.target), True, error("target"),
        ),
        Lever(
            "monthly", "Each month", typed("monthly", _plain(tried.monthly)), 0, most_monthly,
            step_monthly, round(tried.monthly), True, error("monthly"),
        ),
        Lever(
            "year", "By the year", typed("year", str(tried.by.year)), year, last, 1,
            tried.by.year, False, error("year"),
        ),
    ]  # fmt: skip


def _plain(amount: Decimal) -> str:
    return f"{amount:,.2f}".removesuffix(".00")


def _round_up(amount: Decimal) -> int:
    """To one round figure: 136,000 is 200,000."""
    whole = max(int(amount), 100)
    size = int(10 ** (len(str(whole)) - 1))
    return -(-whole // size) * size


@investor_required
@require_POST
def goal_keep(request: Request, pk: int) -> HttpResponse:
    """Keep what was tried. A sum added now is kept only while nothing has been deposited yet."""
    found = get_object_or_404(visible(request), pk=pk, status=Goal.Status.ACTIVE)
    form = WhatIfForm(request.POST, goal=found)
    if not form.is_valid():
        return render(
            request, "portfolios/goal.html", goal_context(request.account, found, form), status=422
        )
    data = form.cleaned_data
    changes: dict[str, Any] = {
        "target_amount": data["target"],
        "monthly_contribution": data["monthly"],
        "target_date": data["by"],
    }
    if data["now"] and not snapshot(request.account).footing.is_funded:
        changes["initial_amount"] = found.initial_amount + data["now"]
    services.change_goal(found, **changes)
    messages.success(request, "Kept. This is your plan now.")
    return redirect("portfolios:goal", found.pk)


@investor_required
@require_http_methods(["GET", "POST"])
def goal_archive(request: Request, pk: int) -> HttpResponse:
    """Stop saving for it, after saying what that means."""
    found = get_object_or_404(visible(request), pk=pk, status=Goal.Status.ACTIVE)
    if request.method == "POST":
        services.archive_goal(found)
        messages.success(request, f"“{found.name}” is put away. Nothing was sold.")
        return redirect("portfolios:goals")
    return render(request, "portfolios/goal_archive.html", {"goal": found})


@investor_required
@require_http_methods(["GET", "POST"])
def goal_split(request: Request) -> HttpResponse:
    """How the goals share the portfolio: typed, or in proportion to what is planned."""
    found = list(
        Goal.objects.visible_to(request.user).filter(
            account=request.account, status=Goal.Status.ACTIVE
        )
    )
    if len(found) < 2:
        return redirect("portfolios:goals")
    form = SharesForm(request.POST or None, goals=found)
    if request.method == "POST" and "by_plan" in request.POST:
        services.set_shares(request.account, services.shares_by_plan(found))
        return _split_saved(request)
    if request.method == "POST" and form.is_valid():
        services.set_shares(request.account, form.cleaned_data["shares"])
        return _split_saved(request)
    return render(
        request,
        "portfolios/goal_split.html",
        {"form": form, "goals": found},
        status=422 if form.errors else 200,
    )


def _split_saved(request: Request) -> HttpResponse:
    messages.success(request, "Saved. No money moves; only what counts toward which goal.")
    return redirect(reverse("portfolios:goals"))
