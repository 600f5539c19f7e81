"""Auto-invest: set up, seen, changed, paused, ended."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.guards import Request, active_account, investor_required
from funding import authorizations, forms, limits, rhythm, services, skipping
from funding.catching_up import catch_up
from funding.forms import RestForm, ScheduleChangeForm, ScheduleForm
from funding.models import Schedule, ScheduledRun
from funding.services import NotPossible
from funding.views.deposits import carrying_on, given
from portfolios.models import Policy
from portfolios.planning.months import months_later
from robo.ui import words


@investor_required
@require_GET
def schedules(request: Request) -> HttpResponse:
    found = list(
        Schedule.objects.visible_to(request.user).select_related("bank").order_by("-created_at")
    )
    going = [one for one in found if not one.has_ended]
    context = {
        "going": [(one, rhythm.coming(one, 3)) for one in going],
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
                key = form.cleaned_data["key"]
                try:
                    made = services.request_schedule(
                        account=account, key=key, request=request, **form.wish()
                    )
                except services.AnswersOpen as problem:
                    messages.warning(request, str(problem))
                    return redirect("onboarding:risk-result")
                return redirect("funding:schedule", made.pk)
            return redirect(carrying_on(request))
    elif "check" in request.GET and form.is_valid():
        return render(request, "funding/schedule_confirm.html", _wish_in_words(request, form))
    context: dict[str, Any] = {
        "form": form,
        "runs": form.planned(),
        "banks": account.banks.usable().exists(),
        "least": limits.least_deposit(),
        "most": limits.most_deposit(),
    }
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, "funding/schedule_new.html", context, status=status)


def _wish_in_words(request: Request, form: ScheduleForm) -> dict[str, Any]:
    """The wish before it is one: what leaves the bank, when, and the words that allow it."""
    wish = form.wish()
    draft = Schedule(account=request.account, **wish)
    if draft.raise_by and draft.raise_months:
        draft.raise_on = months_later(draft.start_date, draft.raise_months)
    return {
        "wish": wish,
        "runs": form.planned(),
        "often": draft.get_frequency_display().lower(),
        "raised": rhythm.raise_words(draft),
        "raises": rhythm.raises(draft),
        "text": authorizations.text_for(draft),
        "sent": [
            (name, value)
            for name, values in request.GET.lists()
            for value in values
            if name not in {"check", "change"}
        ],
    }


@active_account
@require_GET
def schedule_preview(request: Request) -> HttpResponse:
    """The next dates, for the form as it stands."""
    form = ScheduleForm(request.GET, account=request.account)
    form.is_valid()
    context = {"runs": form.planned(), "wish": form.cleaned_data}
    return render(request, "funding/_schedule_dates.html", context)


@login_required
@require_http_methods(["GET", "POST"])
def schedule(request: Request, pk: int) -> HttpResponse:
    found = _found(request, pk)
    if request.method == "GET" and request.htmx:
        return render(request, "funding/_schedule.html", _shown(request, found))
    form = ScheduleChangeForm(request.POST if request.method == "POST" else None, schedule=found)
    if request.method == "POST" and request.user == found.account.user and form.is_valid():
        wish = {"day_of_week": None, "day_of_month": None, **form.cleaned_data}
        try:
            services.change_schedule(schedule=found, request=request, **wish)
        except NotPossible as problem:
            messages.warning(request, str(problem))
        else:
            messages.success(request, "Changed. It counts from the next run on.")
        return redirect("funding:schedule", found.pk)
    missed = skipping.missed_of(found) if not found.has_ended else None
    context = _shown(request, found) | {
        "form": form,
        "past": past_runs(found),
        "catch_up": catch_up(missed) if missed else None,
    }
    status = 422 if form.errors else 200
    return render(request, "funding/schedule.html", context, status=status)


@active_account
@require_http_methods(["GET", "POST"])
def schedule_skip(request: Request, pk: int) -> HttpResponse:
    """One press on the schedule's page; the page of its own is where a message leads."""
    found = _found(request, pk)
    if request.method == "POST":
        return _do(request, found, skipping.skip_next, "Skipped. The rest stays as it is.")
    runs = rhythm.coming(found, 2)
    if len(runs) < 2:
        return redirect("funding:schedule", found.pk)
    context = {"schedule": found, "run": runs[0], "following": runs[1]}
    return render(request, "funding/schedule_skip.html", context)


@active_account
@require_POST
def schedule_undo(request: Request, pk: int, run: int) -> HttpResponse:
    """Take a skip back."""
    found = _found(request, pk)
    kept = get_object_or_404(found.runs.select_related("schedule"), pk=run)

    def undo(schedule: Schedule) -> None:
        skipping.undo_skip(run=kept)

    return _do(request, found, undo, f"Back again: it runs on {words.day(kept.day)}.")


@active_account
@require_http_methods(["GET", "POST"])
def schedule_rest(request: Request, pk: int) -> HttpResponse:
    """Pause until a day, from which it goes on by itself."""
    found = _found(request, pk)
    form = RestForm(request.POST if request.method == "POST" else None, schedule=found)
    if request.method == "POST" and form.is_valid():
        until = form.cleaned_data["until"]

        def rest(schedule: Schedule) -> None:
            skipping.rest_until(schedule=schedule, day=until)

        return _do(request, found, rest, f"Paused. It goes on by itself from {words.day(until)}.")
    status = 422 if form.errors else 200
    return render(
        request, "funding/schedule_rest.html", {"schedule": found, "form": form}, status=status
    )


@active_account
@require_POST
def schedule_catch_up(request: Request, pk: int, run: int) -> HttpResponse:
    """The answer to a run that was missed."""
    found = _found(request, pk)
    missed = get_object_or_404(found.runs.select_related("schedule", "account"), pk=run)
    answer = request.POST.get("answer", "")
    if answer not in ScheduledRun.Answer.values or missed.answer:
        return redirect("funding:schedule", found.pk)
    try:
        skipping.answer_missed(run=missed, answer=answer, request=request)
    except NotPossible as problem:
        messages.warning(request, str(problem))
        return redirect("funding:schedule", found.pk)
    if answer == ScheduledRun.Answer.DEPOSIT:
        return redirect(f"{reverse('funding:deposit')}?amount={missed.amount}")
    said = "Changed. It counts from the next run on."
    messages.success(request, said if answer == "raise" else "All right. It goes on as before.")
    return redirect("funding:schedule", found.pk)


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
    if found.wanted == "active" and found.is_resting:
        return _do(request, found, skipping.end_rest, "Going on with the dates there were before.")
    agreed = request.POST.get("agreed", "")

    def resume(schedule: Schedule) -> None:
        services.resume_schedule(schedule=schedule, agreed=agreed, request=request)

    return _do(request, found, resume, said)


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


def _shown(request: Request, found: Schedule) -> dict[str, Any]:
    """What the page says of a schedule: its next dates, and what was left out of them."""
    waits = found.status == Schedule.Status.REQUESTED
    signed = Policy.objects.filter(account_id=found.account_id, status=Policy.Status.ACTIVE)
    runs = rhythm.coming(found)
    off = found.runs.filter(status__in=ScheduledRun.OFF, day__gte=rhythm.today())
    left_out = [] if found.is_resting else [run for run in off if run.can_be_undone]
    anew = found.wanted == "paused" and found.bank.is_usable and authorizations.is_missing(found)
    return {
        "schedule": found,
        "agreement": authorizations.text_for(found) if anew else "",
        "agreed": authorizations.digest(found) if anew else "",
        "mine": request.user == found.account.user,
        "coming": runs,
        "left_out": left_out,
        "dates": sorted([*left_out, *runs], key=lambda run: run.named)[: rhythm.SHOWN + 1],
        "next": runs[0] if runs else None,
        "undoable": left_out[0] if left_out else None,
        "raised": rhythm.raise_words(found),
        "raises": rhythm.raises(found) if found.wanted == "active" else [],
        "policy_missing": waits and not signed.exists(),
        "last_run": _last_run(found),
        "weekday": dict(forms.WEEKDAYS).get(found.day_of_week or -1, ""),
    }


@dataclass(frozen=True, slots=True)
class Past:
    """One line of what was: a deposit that a run made, or a run that brought none."""

    day: date
    title: str
    url: str
    amount: Decimal | None


def past_runs(found: Schedule) -> list[Past]:
    """The newest twelve, deposits and what was left out."""
    deposits = found.deposits.order_by("-created_at")[:12]
    lines = [
        Past(
            words.local(one.created_at).date(),
            one.get_status_display(),
            reverse("funding:deposit-status", args=[one.pk]),
            one.amount,
        )
        for one in deposits
    ]
    without = (*ScheduledRun.OFF, ScheduledRun.Status.MISSED)
    rows = found.runs.filter(status__in=without, deposit=None, day__lte=rhythm.today())[:12]
    lines += [Past(row.day, row.get_status_display(), "", None) for row in rows]
    return sorted(lines, key=lambda line: line.day, reverse=True)[:12]


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
