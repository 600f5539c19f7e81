"""Life events: told, looked at before they are saved, saved when confirmed."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.guards import Request, investor_required
from portfolios import services
from portfolios.forms import EventForm
from portfolios.forms.events import NAMES
from portfolios.models import Goal, LifeEvent
from portfolios.services.events import given_up, preview
from portfolios.snapshot import snapshot


def visible(request: Request) -> QuerySet[LifeEvent]:
    found: QuerySet[LifeEvent] = LifeEvent.objects.visible_to(request.user)
    return found.select_related("account", "goal")


@investor_required
@require_safe
def events(request: Request) -> HttpResponse:
    """What lies ahead, by date, with what it did to the goals."""
    rows = visible(request).filter(account=request.account, status=LifeEvent.Status.ACTIVE)
    return render(
        request,
        "portfolios/events.html",
        {"rows": [(row, _last_effects(row)) for row in rows], "types": LifeEvent.Type.choices},
    )


def _last_effects(event: LifeEvent) -> list[dict[str, object]]:
    """The goals that moved by it, as they were shown."""
    return [
        row
        for row in event.effects
        if row.get("kind") == "goal" and row.get("before") != row.get("after")
    ]


@investor_required
@require_http_methods(["GET", "POST"])
def event_new(request: Request) -> HttpResponse:
    """Tell, look, confirm."""
    kind = request.GET.get("type", "")
    offered = {"event_type": kind, "name": NAMES.get(LifeEvent.Type(kind), "")} if (
        kind in LifeEvent.Type.values
    ) else {}  # fmt: skip
    form = EventForm(
        request.POST if request.method == "POST" else None,
        goals=snapshot(request.account).goals,
        initial=offered,
    )
    return _told(request, form, None)


@investor_required
@require_http_methods(["GET", "POST"])
def event_edit(request: Request, pk: int) -> HttpResponse:
    """Change it: only the difference changes goals, and only when confirmed."""
    found = get_object_or_404(visible(request), pk=pk, status=LifeEvent.Status.ACTIVE)
    form = EventForm(
        request.POST if request.method == "POST" else None,
        goals=snapshot(request.account).goals,
        event=found,
    )
    return _told(request, form, found)


def _told(request: Request, form: EventForm, event: LifeEvent | None) -> HttpResponse:
    context: dict[str, Any] = {"form": form, "event": event}
    if request.method == "POST" and form.is_valid() and "change" not in request.POST:
        told = form.happening
        if "confirm" in request.POST:
            services.save_event(request.account, told, key=form.cleaned_data["key"], event=event)
            messages.success(request, "Saved. Your goals are as you saw them.")
            return redirect("portfolios:events")
        context["shown"] = preview(request.account, told, event)
        context["told"] = told
        context["typed"] = [
            (name, value)
            for name, value in request.POST.items()
            if name in form.fields or name.startswith("expected_date_")
        ]
        return render(request, "portfolios/event_preview.html", context)
    return render(
        request, "portfolios/event_form.html", context, status=422 if form.errors else 200
    )


@investor_required
@require_http_methods(["GET", "POST"])
def event_archive(request: Request, pk: int) -> HttpResponse:
    """Put it away; what it took from the goals each month can be given back."""
    found = get_object_or_404(visible(request), pk=pk, status=LifeEvent.Status.ACTIVE)
    if request.method == "POST":
        services.archive_event(found, give_back=bool(request.POST.get("give_back")))
        messages.success(request, f"“{found.name}” is put away.")
        return redirect("portfolios:events")
    gave = given_up(found)
    goals = Goal.objects.filter(account=request.account, status=Goal.Status.ACTIVE, pk__in=gave)
    context = {"event": found, "gave": [(goal, gave[goal.pk]) for goal in goals]}
    return render(request, "portfolios/event_archive.html", context)
