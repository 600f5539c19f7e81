"""Home of a self-directed account, and the search for what to trade."""

from datetime import timedelta

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_safe

from accounts.guards import Request, investor_required, investor_with
from portfolios.snapshot import accounts_with_everything
from portfolios.views import home as managed_home
from robo import agenda
from trading import services
from trading.holdings import rows_of, worth_of
from trading.hours import hours
from trading.models import Asset, Market

LATE_AFTER = timedelta(hours=1)


@investor_with(accounts_with_everything)
@require_safe
def home(request: Request) -> HttpResponse:
    """The home of the kind of account that this is."""
    if request.account.is_advised:
        return managed_home(request)
    account = request.account
    desk = services.desk_of(account) if account.is_active else None
    if desk:
        services.look_at(desk)
    rows = rows_of(account)
    free, _ = services.buying_power(account)
    todo = agenda.things_to_do(account)
    context = {
        "account": account,
        "desk": desk,
        "rows": rows,
        "worth": worth_of(account, rows, free),
        "hours": hours(Market.objects.filter(code__in=services.MARKETS).first()),
        "todo": todo,
        "upcoming": agenda.things_to_come(account),
        "activity": agenda.things_that_happened(account, limit=5),
        "is_late": bool(
            desk and desk.refreshed_at and timezone.now() - desk.refreshed_at > LATE_AFTER
        ),
    }
    fragment = request.htmx and request.GET.get("part") == "worth"
    return render(request, "trading/_desk.html" if fragment else "trading/desk.html", context)


@investor_required
@require_GET
def search(request: Request) -> HttpResponse:
    """By symbol or name, in our own list; without JavaScript by the button."""
    text = request.GET.get("q", "").strip()[:60]
    found = list(services.search(text).select_related("quote"))
    if not Asset.objects.exists():
        services.markets()
    context = {
        "text": text,
        "found": found,
        "listed": Asset.objects.filter(is_tradable=True).count(),
        "rows": rows_of(request.account) if not request.htmx else [],
        "hours": hours(Market.objects.filter(code__in=services.MARKETS).first()),
    }
    fragment = request.htmx and request.htmx.target == "found"
    return render(request, "trading/_found.html" if fragment else "trading/search.html", context)
