"""The order ticket: filled in, checked with an estimate, confirmed. One key all along."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.guards import Request, active_account
from funding.lots import tax_on
from funding.preview import rates_of
from funding.views.deposits import carrying_on
from robo import partner
from trading import estimate as sums
from trading import services, sync, told
from trading.forms import OrderForm
from trading.holdings import taken_by
from trading.hours import hours
from trading.models import Market, Order
from trading.services import NotPossible
from trading.views.quotes import asset_named


@never_cache
@active_account
@require_http_methods(["GET", "POST"])
def ticket(request: Request, symbol: str) -> HttpResponse:
    """The form, then what it would do, then the wish itself."""
    asset = asset_named(symbol)
    account = request.account
    if services.disclosure_due(account):
        return _disclosure_first(request)
    quote = services.quote_of(asset)
    services.look_at(quote)
    checks = request.method == "GET" and "check" in request.GET
    told_now = sync.quote_now(asset) if checks else True
    if checks:
        quote.refresh_from_db()
    market = Market.objects.filter(code=asset.market).first()
    given = request.POST if request.method == "POST" else request.GET if checks else None
    form = OrderForm(
        given,
        account=account,
        asset=asset,
        quote=quote,
        now=hours(market),
        initial={name: value for name, value in request.GET.items() if name != "key"},
    )
    if "all" in request.GET and not checks:
        form.fill_in_all()
    if request.method == "POST":
        made = Order.objects.filter(account=account, key=form.data["key"]).first()
        if made:
            messages.info(request, "You’ve already given this order. Here it is.")
            return redirect("trading:order", made.pk)
        if "edit" in request.POST:
            return redirect(carrying_on(request))
        if form.is_valid():
            if "confirmed" not in request.POST:
                return redirect(carrying_on(request))
            try:
                made = services.place(account=account, wish=form.order(), request=request)
            except NotPossible as problem:
                messages.warning(request, str(problem))
                return redirect("trading:ticket", asset.symbol)
            return redirect("trading:order", made.pk)
    elif checks and form.is_valid():
        return _check(request, form, told_now=told_now)
    cash, cash_at = services.buying_power(account)
    context = {
        "asset": asset,
        "quote": quote,
        "form": form,
        "hours": form.now,
        "cash": cash,
        "cash_at": cash_at,
        "free": services.sellable(account, asset.symbol, quote.price),
        "stopped": services.why_stopped(account),
    }
    fragment = request.htmx and request.htmx.target == "ticket"
    name = "trading/_ticket.html" if fragment else "trading/ticket.html"
    status = 422 if form.errors and request.method == "POST" else 200
    return render(request, name, context, status=status)


def _check(request: Request, form: OrderForm, *, told_now: bool) -> HttpResponse:
    wish = form.order()
    cash, _ = services.buying_power(request.account)
    held = services.held(request.account, wish.symbol)
    found = sums.estimate(wish, form.quote, cash=cash, held=held)
    taken = None
    if not wish.is_buy and found.quantity and found.price:
        taken = taken_by(request.account, wish.symbol, found.quantity, found.price)
    rates = rates_of(request.account)
    context: dict[str, Any] = {
        "asset": form.asset,
        "wish": wish,
        "estimate": found,
        "fields": form.sent_again(),
        "title": told.title(wish),
        "terms": told.terms(wish),
        "type_sentence": form.type_sentence,
        "tif_sentence": told.TIFS[Order.Tif(wish.time_in_force)],
        "warnings": sums.warnings(wish, form.quote, form.now),
        "hours": form.now,
        "told_now": told_now,
        "quote": form.quote,
        "taken": taken,
        "rates": rates,
        "tax": tax_on(taken.gains, rates) if taken and taken.gains else None,
        "may_wait": wish.type != Order.Type.MARKET or not form.now.is_open,
    }
    return render(request, "trading/check.html", context)


# The disclosure ---------------------------------------------------------------------------------


def _disclosure_first(request: Request) -> HttpResponseRedirect:
    back = request.get_full_path() if request.method == "GET" else request.path
    return redirect(reverse("trading:disclosure", query={"next": back}))


@active_account
@require_http_methods(["GET", "POST"])
def disclosure(request: Request) -> HttpResponse:
    """What trading yourself means: read and signed before the first order."""
    text = partner.current().kind("trading_disclosure")
    back = request.POST.get("next") or request.GET.get("next") or reverse("trading:search")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = reverse("trading:search")
    due = services.disclosure_due(request.account)
    problem = ""
    if request.method == "POST" and due:
        if request.POST.get("text") != text.sha256:
            problem = "The text has changed since you opened it. Nothing was signed; read it again."
        elif "agree" not in request.POST:
            problem = "Tick the box once you have read it."
        elif not request.client_ip:
            problem = "We can’t see where you sign from. Please try again."
        else:
            services.sign_disclosure(
                request.account,
                ip=request.client_ip,
                user_agent=request.headers.get("User-Agent", ""),
            )
            return redirect(back)
    context = {
        "text": text,
        "due": due,
        "back": back,
        "problem": problem,
        "statement": services.STATEMENT.format(title=text.title, version=text.version),
    }
    return render(request, "trading/disclosure.html", context, status=422 if problem else 200)
