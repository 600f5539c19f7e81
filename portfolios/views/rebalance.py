"""Before a rebalance: what it would do, and the yes to it."""

import hashlib
from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.guards import Request, investor_required
from portfolios import services
from portfolios.models import Holding, Investment, TradingHalt
from portfolios.planning import taxes
from portfolios.rebalancing import Preview, preview, shown, statement_of, stopped, text_for
from portfolios.snapshot import Snapshot, snapshot
from portfolios.sync.rebalancing import ask_now
from portfolios.views.overview import link
from portfolios.views.portfolio import threshold_of
from robo import agenda, partner

SALT = "portfolios.rebalance"
SHOWN_FOR = 30 * 60
"""Seconds for which what was shown can be agreed to: prices move."""


@investor_required
@require_http_methods(["GET", "POST"])
def rebalance(request: Request) -> HttpResponse:
    """What would be bought and sold, its tax, and what is in the way; a yes asks for it."""
    known = snapshot(request.account)
    if request.method == "POST":
        return agree(request)
    fresh = ask_now(request.account)
    found = look(known, fresh or (known.portfolio.analysis if known.portfolio else {}))
    coming = next(
        (i for i in agenda.things_to_come(request.account) if i.kind in {"deposit", "auto_invest"}),
        None,
    )
    key, told = uuid4(), shown(found, request.account.pk) if found else {}
    may_say_yes = bool(found and found.may_be_asked and partner.current().advice.clients_rebalance)
    text = text_for(told, key) if may_say_yes else ""
    context = {
        "preview": found,
        "is_fresh": fresh is not None,
        "portfolio": known.portfolio,
        "policy": known.active,
        "moving": [i for i in known.investments if i.status in Investment.IN_MOTION],
        "coming": coming if coming and coming.amount and coming.day else None,
        "deposit_url": link("funding:deposit"),
        "key": key,
        "shown": signing.dumps(told | {"words": digest(text)}, salt=SALT, compress=True)
        if may_say_yes
        else "",
        "text": text,
        "says": statement_of(told) if may_say_yes else "",
        "adviser_decides": not partner.current().advice.clients_rebalance,
    }
    return render(request, "portfolios/rebalance.html", context)


def look(known: Snapshot, analysis: dict[str, Any]) -> Preview | None:
    row = known.portfolio
    if row is None:
        return None
    sections = known.profile.sections if known.profile else {}
    told = sections.get("tax", {})
    rates = taxes.rates_of(told.get("federal_tax_bracket"), told.get("state_tax_rate"))
    return preview(
        row,
        analysis,
        list(Holding.objects.filter(portfolio=row)),
        runs=known.investments,
        halts=TradingHalt.objects.of(known.account),
        rates=rates,
        threshold=threshold_of(known.active.content) if known.active else None,
        now=timezone.now(),
        stop=stopped(known.account),
    )


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def agree(request: Request) -> HttpResponse:
    """The yes to exactly what was shown, signed in exactly the words that were."""
    try:
        told = signing.loads(request.POST.get("shown", ""), salt=SALT, max_age=SHOWN_FOR)
        key = UUID(request.POST.get("key", ""))
    except (signing.BadSignature, ValueError):
        messages.info(request, "Prices have moved since. Here is how it looks now.")
        return redirect("portfolios:portfolio-rebalance")
    if told.pop("account") != request.account.pk:
        return redirect("portfolios:portfolio-rebalance")
    if told.pop("words", "") != digest(text_for(told, key)):
        messages.info(request, "The words have changed since. Please read them again.")
        return redirect("portfolios:portfolio-rebalance")
    try:
        services.request_rebalance(
            account=request.account,
            by=request.user,
            key=key,
            shown=told,
            ip=request.client_ip,
            user_agent=request.headers.get("User-Agent", ""),
        )
    except services.CannotRebalance as problem:
        messages.error(request, str(problem))
        return redirect("portfolios:portfolio-rebalance")
    messages.success(request, "We’ve got it. The orders follow now; you see each one here.")
    return redirect("portfolios:portfolio-rebalancing")
