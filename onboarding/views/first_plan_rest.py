"""Risk for who comes with a plan: its answers as they stand, and all that is still open below."""

import uuid

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from accounts.guards import Request, disclosed
from onboarding import services
from onboarding.forms.first_plan_rest import RestForm
from onboarding.services import first_answers
from onboarding.views.risk import answer_text
from portfolios.planning.questionnaire import load_questionnaire


@disclosed
@require_http_methods(["GET", "POST"])
def rest(request: Request) -> HttpResponse:
    """The questions a plan left open, on one page. What doesn't go together is asked about next;
    otherwise the answers count."""
    account = request.account
    draft = services.draft_of(account)
    planned = {name for name in first_answers.for_risk(account) if draft.answers.get(name)}
    if not planned:
        return redirect("onboarding:risk")
    amount = services.example_amount(draft.answers)
    form = RestForm(request.POST or None, draft=draft, amount=amount, known=planned)
    if request.method == "POST" and form.is_valid():
        draft = services.save_risk_answers(account, form.cleaned_data)
        if services.conflicts_in(account, draft.answers):
            return redirect("onboarding:risk-check")
        services.submit_risk(account=account, answers=draft.answers, key=_key(request))
        return redirect("onboarding:risk-result")
    context = {
        "form": form,
        "rows": [
            (
                bound,
                answer_text(
                    load_questionnaire().question(bound.name), draft.answers[bound.name], amount
                ),
            )
            for bound in form.planned()
        ],
        "amount": amount,
        "key": _key(request),
        "one_by_one": reverse("onboarding:risk") + "?one=1",
    }
    status = 422 if form.is_bound else 200
    return render(request, "onboarding/first_plan_rest.html", context, status=status)


def _key(request: Request) -> uuid.UUID:
    """Of the wish to have these answers count: two presses are one."""
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()
