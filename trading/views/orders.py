"""Orders: all of them, one of them live, and stopping one."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, investor_required
from trading import services
from trading.hours import hours
from trading.models import Market, Order
from trading.progress import progress
from trading.services import NotPossible

PER_PAGE = 25
SHOWN = {
    "open": ("Open", Order.OPEN),
    "filled": ("Filled", (Order.Status.FILLED,)),
    "ended": (
        "Canceled or not carried out",
        (Order.Status.CANCELED, Order.Status.REJECTED, Order.Status.REFUSED),
    ),
}


@investor_required
@require_GET
def orders(request: Request) -> HttpResponse:
    rows = Order.objects.visible_to(request.user)
    show, symbol = request.GET.get("show", ""), request.GET.get("symbol", "").upper()[:20]
    if show in SHOWN:
        rows = rows.filter(status__in=SHOWN[show][1])
    if symbol:
        rows = rows.filter(symbol=symbol)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    query = "".join(f"{k}={v}&" for k, v in (("show", show), ("symbol", symbol)) if v)
    context = {
        "page": page,
        "show": show,
        "symbol": symbol,
        "shown": [(key, label) for key, (label, _) in SHOWN.items()],
        "symbols": Order.objects.visible_to(request.user)
        .order_by("symbol")
        .values_list("symbol", flat=True)
        .distinct(),
        "query": query,
    }
    return render(request, "trading/orders.html", context)


@investor_required
@require_GET
def order(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(
        Order.objects.visible_to(request.user).select_related("account").prefetch_related("events"),
        pk=pk,
    )
    now = hours(Market.objects.filter(code__in=services.MARKETS).first())
    context: dict[str, Any] = {"order": found, "progress": progress(found, now)}
    name = "trading/_order.html" if request.htmx else "trading/order.html"
    return render(request, name, context)


@investor_required
@require_http_methods(["GET", "POST"])
def order_cancel(request: Request, pk: int) -> HttpResponse:
    found = get_object_or_404(Order.objects.visible_to(request.user), pk=pk)
    if request.method == "POST":
        try:
            services.cancel(order=found, request=request)
        except NotPossible as problem:
            messages.warning(request, str(problem))
        return redirect("trading:order", found.pk)
    if not found.can_be_canceled:
        messages.info(request, "It can’t be canceled any more. This is how it stands.")
        return redirect("trading:order", found.pk)
    return render(request, "trading/cancel.html", {"order": found})
