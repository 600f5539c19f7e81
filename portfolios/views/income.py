"""The years after work: does every payment come, how much is safe, what a bad future looks like."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.guards import Request, investor_required
from portfolios import outlook, retirement, services
from portfolios.forms import IncomeForm
from portfolios.models import Goal
from portfolios.snapshot import snapshot
from portfolios.starters import known_of
from portfolios.views.goals import visible
from portfolios.views.undoing import remember

FUTURES = {"10": "A bad one", "50": "A middle one", "90": "A good one"}
"""Percentile to its words."""


@investor_required
@require_http_methods(["GET", "POST"])
def goal_income(request: Request, pk: int) -> HttpResponse:
    """Asks once, keeps the answers with the goal, and shows what they come to."""
    found = get_object_or_404(
        visible(request), pk=pk, type=Goal.Type.RETIREMENT, status=Goal.Status.ACTIVE
    )
    answers = retirement.answers_of(found)
    if request.method == "POST":
        form = IncomeForm(request.POST)
        if form.is_valid():
            details = found.details | {retirement.KEY: form.answers.as_json()}
            changed = services.change_goal(found, details=details)
            remember(request, found, changed, ["details"])
            messages.success(request, "Saved. Here is what it comes to.")
            return redirect("portfolios:goal-income", found.pk)
    else:
        form = IncomeForm(
            answers=answers, known=None if answers else known_of(request.account)
        )  # fmt: skip
    context: dict[str, Any] = {"goal": found, "form": form, "answers": answers}
    context |= _result(request, found, answers)
    if request.htmx and request.htmx.target == "most":
        return render(request, "portfolios/_goal_income_most.html", context)
    return render(
        request, "portfolios/goal_income.html", context, status=422 if form.errors else 200
    )


def _result(request: Request, found: Goal, answers: retirement.Answers | None) -> dict[str, Any]:
    base, today = snapshot(request.account).footing, timezone.localdate()
    if answers is None or base.level is None or found.target_date <= today:
        return {"needs_risk": base.level is None}
    wish = outlook.wish_of(found, base)
    plan = retirement.plan_of(answers, wish, base.level, today)
    if plan is None:
        return {"is_over": True}
    result = retirement.project(plan)
    percentile = request.GET.get("future", "10")
    percentile = percentile if percentile in FUTURES else "10"
    years = retirement.future(plan, int(percentile))
    return {
        "result": result,
        "others": 100 - result.percent,
        "bar": round(result.bar * 100),
        "status_words": outlook.STATUS_WORDS[result.status],
        "years_missing": round(result.mean_months_missing / 12, 1),
        "lowest": round(result.lowest_share[10] * 100),
        "percentile": percentile,
        "futures": list(FUTURES.items()),
        "years": [
            (today.year + year.year - 1, answers.age + year.year - 1, year) for year in years
        ],
        "most": retirement.most_spending(plan) if "most" in request.GET else None,
        "by_itself": answers.social_security + answers.pension,
    }
