"""Auto-invest: set up, seen, changed, paused, ended."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import Request, active_account, investor_required
from funding import forms, limits, services
from funding.forms import ScheduleChangeForm, ScheduleForm
from funding.models import Deposit, Schedule
from funding.services import NotPossible
from funding.views.deposits import carrying_on, given
from portfolios.models import Policy


@investor_required
@require_GET
def schedules(request: Request) -> HttpResponse:
    found = list(
        Schedule.objects.visible_to(request.user).select_related("bank").order_by("-created_at")
    )
    context = {
        "going": [one for one in found if not one.has_ended],
        "ended": [one for one in found if one.has_ended],
    }
    return render(request, "funding/schedules.html", context)


@active_account
@require_http_methods(["GET", "POST"])
def schedule_new(request: Request) -> HttpResponse:
    account = request.account
    form = ScheduleForm(given(request), account=account)
    if request.method == "POST":
        made = Schedule.objects.filter(account=account, key=form.data["key"]).first()
        if made:
            messages.info(request, "You’ve already set this up. Here it is.")
            return redirect("funding:schedule", made.pk)
        if form.is_valid():
            if "confirmed" in request.POST:
                try:
                    made = services.request_schedule(account=account, **form.cleaned_data)
                except services.AnswersOpen as problem:
                    messages.warning(request, str(problem))
                    return redirect("onboarding:risk-result")
                return redirect("funding:schedule", made.pk)
            return redirect(carrying_on(request))
    elif "check" in request.GET and form.is_valid():
        often = Schedule.Frequency(form.cleaned_data["frequency"]).label.lower()
        shown = {"wish": form.cleaned_data, "runs": form.planned(), "often": often}
        return render(request, "funding/schedule_confirm.html", shown)
    context: dict[str, Any] = {
        "form": form,
        "runs": form.planned(),
        "banks": account.banks.usable().exists(),
        "least": limits.least_deposit(),
        "most": limits.most_deposit(),
    }
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "funding/schedule_new.html", context, status=status)


@active_account
@require_GET
def schedule_preview(request: Request) -> HttpResponse:
    """The three dates, for the form as it stands."""
    form = ScheduleForm(request.GET, account=request.account)
    form.is_valid()
    return render(request, "funding/_schedule_dates.html", {"runs": form.planned()})


@login_required
@require_http_methods(["GET", "POST"])
def schedule(request: Request, pk: int) -> HttpResponse:
    found = _found(request, pk)
    if request.method == "GET" and request.htmx:
        return render(request, "funding/_schedule.html", _shown(found))
    form = ScheduleChangeForm(request.POST if request.method == "POST" else None, schedule=found)
    if request.method == "POST" and request.user == found.account.user and form.is_valid():
        wish = {"day_of_week": None, "day_of_month": None, **form.cleaned_data}
        try:
            services.change_schedule(schedule=found, **wish)
        except NotPossible as problem:
            messages.warning(request, str(problem))
        else:
            messages.success(request, "Changed. It counts from the next run on.")
        return redirect("funding:schedule", found.pk)
    context = _shown(found) | {
        "form": form,
        "deposits": Deposit.objects.filter(schedule=found).order_by("-created_at")[:12],
    }
    status = 422 if form.errors else 200
    return render(request, "funding/schedule.html", context, status=status)


@active_account
@require_POST
def schedule_pause(request: Request, pk: int) -> HttpResponse:
    found = _found(request, pk)
    return _do(request, found, services.pause_schedule, "Paused. Resume whenever you like.")


@active_account
@require_POST
def schedule_resume(request: Request, pk: int) -> HttpResponse:
    found = _found(request, pk)
    said = "Going on with the next date. Missed runs aren’t caught up."
    return _do(request, found, services.resume_schedule, said)


@active_account
@require_http_methods(["GET", "POST"])
def schedule_end(request: Request, pk: int) -> HttpResponse:
    found = _found(request, pk)
    if request.method == "POST":
        return _do(request, found, services.end_schedule, "Ended. Nothing more is pulled.")
    return render(request, "funding/schedule_end.html", {"schedule": found})


def _found(request: Request, pk: int) -> Schedule:
    rows = Schedule.objects.visible_to(request.user).select_related("bank", "account__user")
    found: Schedule = get_object_or_404(rows, pk=pk)
    return found


def _do(request: Request, found: Schedule, wish: Any, said: str) -> HttpResponse:
    try:
        wish(schedule=found)
    except NotPossible as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, said)
    return redirect("funding:schedule", found.pk)


def _shown(found: Schedule) -> dict[str, Any]:
    """What the page says of a schedule. Dates are planned ones until Bluum has named the next."""
    waits = found.status == Schedule.Status.REQUESTED
    signed = Policy.objects.filter(account_id=found.account_id, status=Policy.Status.ACTIVE)
    days = {name: getattr(found, name) for name in forms.DAYS}
    return {
        "schedule": found,
        "planned": forms.planned(found.frequency, found.start_date, **days) if waits else [],
        "policy_missing": waits and not signed.exists(),
        "last_run": _last_run(found),
        "weekday": dict(forms.WEEKDAYS).get(found.day_of_week or -1, ""),
    }


def _last_run(found: Schedule) -> dict[str, Any] | None:
    """What Bluum last said of a run; None before the first."""
    said = found.last_execution
    at = parse_datetime(str(said.get("executed_at", "")))
    if at is None:
        return None
    return {
        "at": at,
        "failed": said.get("status") == "failed",
        "amount": said.get("amount_invested"),
    }
