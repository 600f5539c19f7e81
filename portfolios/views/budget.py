"""One monthly budget for all goals: tried first, then kept for all of them at once."""

from decimal import Decimal

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.guards import Request, investor_required
from portfolios import services
from portfolios.forms import BudgetForm
from portfolios.sharing import share_out
from portfolios.snapshot import snapshot

ZERO = Decimal(0)
MORE = Decimal("1.10")
"""What is tried when one goal grows."""


@investor_required
@require_http_methods(["GET", "POST"])
def budget(request: Request) -> HttpResponse:
    """What each goal needs, gets, and what then. A GET only tries; a POST keeps."""
    known = snapshot(request.account)
    goals = known.goals
    if not goals:
        return redirect("portfolios:goals")
    planned = sum((goal.monthly_contribution for goal in goals), ZERO)
    form = BudgetForm(
        request.POST if request.method == "POST" else request.GET, goals=goals, budget=planned
    )
    today = timezone.localdate()
    ordered = form.ordered
    amount = form.cleaned_data["budget"] if form.is_valid() else planned
    parts = share_out(ordered, amount, known.footing, today)
    if request.method == "POST" and form.is_valid():
        services.share_budget(
            request.account, {part.goal.pk: part.gets for part in parts}, form.order
        )
        messages.success(request, "Kept for all your goals. Auto-invest isn’t changed.")
        return redirect("portfolios:budget")
    grown = None
    if form.grown:
        target = form.goals[form.grown].target_amount * MORE
        grown = share_out(ordered, amount, known.footing, today, {form.grown: target})
    needed = sum((part.needed or ZERO for part in parts), ZERO)
    context = {
        "form": form,
        "parts": parts,
        "amount": amount,
        "planned": planned,
        "needed": needed,
        "missing": max(needed - amount, ZERO),
        "order": ",".join(str(pk) for pk in form.order),
        "is_tried": any(part.more or part.goal.priority != part.place for part in parts),
        "grown_goal": form.goals[form.grown] if form.grown else None,
        "pairs": list(zip(parts, grown, strict=True)) if grown else [],
        "has_level": known.footing.level is not None,
    }
    return render(
        request, "portfolios/goal_budget.html", context, status=422 if form.errors else 200
    )
