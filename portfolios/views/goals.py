"""Goals: the list, a new one, changes by form, put away, and how they share the portfolio."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.guards import DISCLOSURES, Request, investor_required
from accounts.services import has_signed
from onboarding.services import first_answers
from portfolios import services
from portfolios.forms import GoalForm, SharesForm, offered_types
from portfolios.forms.goals import QUESTIONS, check_day
from portfolios.models import Goal, Policy
from portfolios.snapshot import snapshot
from portfolios.starters import ADVANTAGE, known_of, starter
from portfolios.views.overview import goal_rows, starters
from portfolios.views.undoing import remember

PLANNED = (
    "key",
    "type",
    "target_amount",
    "target_date",
    "initial_amount",
    "monthly_contribution",
)
"""What a plan made before sign-up says of its goal."""


def visible(request: Request) -> QuerySet[Goal]:
    return Goal.objects.visible_to(request.user).select_related("account")


@investor_required
@require_safe
def goals(request: Request) -> HttpResponse:
    """All goals, and how they share the portfolio."""
    known = snapshot(request.account)
    past = [g for g in known.every_goal if g.status != Goal.Status.ACTIVE]
    rows = goal_rows(known)
    context = {
        "rows": rows,
        "past": past,
        "base": known.footing,
        "monthly": sum(row.goal.monthly_contribution for row in rows),
        "starters": [] if rows else starters(known_of(request.account))[:3],
    }
    return render(request, "portfolios/goals.html", context)


@investor_required
@require_http_methods(["GET", "POST"])
def goal_new(request: Request) -> HttpResponse:
    """First what it is for, then the amount and the day."""
    planned = {} if "other" in request.GET else first_answers.goal_answers(request.account)
    kind = request.GET.get("type") or planned.get("type", "")
    if kind != planned.get("type"):
        planned = {}
    if request.method == "GET" and kind not in {offered for offered, _, _ in offered_types()}:
        return render(
            request, "portfolios/goal_types.html", {"types": starters(known_of(request.account))}
        )
    form = (
        GoalForm(request.POST, type=kind)
        if request.method == "POST"
        else GoalForm(
            type=kind,
            starter=None
            if planned
            else starter(kind, known_of(request.account), timezone.localdate()),
            initial=planned,
        )
    )
    if request.method == "POST" and form.is_valid():
        made = services.add_goal(account=request.account, **form.cleaned_data)
        return goes_on(request, made, is_planned=made.key == planned.get("key"))
    return render(
        request,
        "portfolios/goal_form.html",
        {
            "form": form,
            "title": "A new goal",
            "advantage": ADVANTAGE.get(kind, ""),
            "planned": planned,
        },
        status=422 if form.errors else 200,
    )


@investor_required
@require_POST
def goal_planned(request: Request) -> HttpResponse:
    """Set the goal of the plan made before sign-up as it stands; pressed twice it is one goal."""
    planned = first_answers.goal_answers(request.account)
    if not planned:
        return redirect("portfolios:goals")
    try:
        check_day(planned["target_date"])
    except ValidationError:  # the plan is old; the form says what to change
        return redirect("portfolios:goal-new")
    made = services.add_goal(
        account=request.account,
        name=planned.get("name", QUESTIONS[planned["type"]][0]),
        **{name: planned[name] for name in PLANNED},
    )
    return goes_on(request, made, is_planned=True)


def goes_on(request: Request, made: Goal, *, is_planned: bool) -> HttpResponse:
    """To its odds; who planned it has seen them, and reads the policy drafted from it."""
    if is_planned:
        first_answers.mark_used(request.account, first_answers.GOAL)
        if drafts_first_policy(request):
            return redirect("portfolios:policy")
    return redirect("portfolios:goal", made.pk)


def drafts_first_policy(request: Request) -> bool:
    """Whether a first policy could be drafted at once, for who has just set the goal of their plan:
    its odds they have seen, what comes next is to read the rules."""
    account = request.account
    if not has_signed(account, DISCLOSURES) or Policy.objects.filter(account=account).exists():
        return False
    try:
        services.propose_policy(account)
    except services.CannotPropose:
        return False
    messages.success(request, "Your goal is set, and your policy is drafted from it.")
    return True


@investor_required
@require_http_methods(["GET", "POST"])
def goal_edit(request: Request, pk: int) -> HttpResponse:
    """Change name, amounts and date."""
    found = get_object_or_404(visible(request), pk=pk, status=Goal.Status.ACTIVE)
    form = GoalForm(request.POST or None, goal=found)
    if request.method == "POST" and form.is_valid():
        data = {k: v for k, v in form.cleaned_data.items() if k not in {"key", "type"}}
        remember(request, found, services.change_goal(found, **data), data)
        messages.success(request, "Saved. Your odds are up to date.")
        return redirect("portfolios:goal", found.pk)
    return render(
        request,
        "portfolios/goal_form.html",
        {"form": form, "goal": found, "title": found.name},
        status=422 if form.errors else 200,
    )


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
