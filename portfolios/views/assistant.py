"""The assistant: a conversation that is kept. Pages show the record; a worker asks Bluum."""

import re
import uuid
from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import Request, disclosed
from portfolios.models import Exchange
from portfolios.models.assistant import LONGEST
from portfolios.services import assistant
from portfolios.snapshot import snapshot
from robo import partner

SHOWN = 20
SLOW = 20
"""Seconds after which a waiting question says so."""
PLACES = (
    ("/performance", "portfolios:performance"),
    ("/rebalancing", "portfolios:portfolio-rebalancing"),
    ("/holdings", "portfolios:portfolio"),
    ("/summary", "portfolios:portfolio"),
    ("/recommendations", "portfolios:portfolio"),
    ("/insights", "home"),
    ("/goals", "portfolios:goals"),
    ("/financial-plan", "portfolios:plan"),
    ("/auto-invest", "funding:schedules"),
    ("/investment-policy", "portfolios:policy"),
    ("/risk-assessments", "onboarding:risk-result"),
    ("/tax-optimization", "portfolios:documents"),
    ("/statements", "portfolios:documents"),
    ("/reports", "portfolios:documents"),
    ("/deposits", "funding:deposit"),
    ("/withdrawals", "funding:withdraw"),
    ("/transactions", "funding:activity"),
    ("/orders", "funding:activity"),
)
"""Part of an API address to our own page about the same; a rebalance isn't begun by a link."""
SOURCES: dict[str, tuple[str, ...]] = {
    "portfolio_summary": ("Your portfolio", "portfolios:portfolio"),
    "positions": ("Your holdings", "portfolios:portfolio"),
    "ips": ("Your policy", "portfolios:policy"),
    "wallet": ("Your cash", "funding:activity"),
    "transfers": ("Your transfers", "funding:activity", "?q=deposits+and+withdrawals#activity"),
    "fees": ("Fees in your activity", "funding:activity", "?kind=fee#activity"),
    "dividends": ("Dividends in your activity", "funding:activity", "?kind=dividend#activity"),
    "performance": ("Your performance", "portfolios:performance"),
    "goals": ("Your goals", "portfolios:goals"),
    "auto_invest": ("Auto-invest", "funding:schedules"),
    "risk_assessment": ("Your risk answers", "onboarding:risk-result"),
    "tax": ("Your documents", "portfolios:documents"),
    "financial_plan": ("Your plan", "portfolios:plan"),
    "insights": ("Home", "home"),
}
"""What Bluum says it looked at, to our page with the same figures."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange as the page shows it."""

    row: Exchange
    blocks: list[tuple[str, list[str]]]
    """A paragraph (`p`) or list (`ul`) and its lines."""
    links: list[tuple[str, str]]
    sources: list[tuple[str, str]]
    is_slow: bool
    is_fresh: bool


def visible(request: Request) -> QuerySet[Exchange]:
    """The investor's own conversation."""
    return Exchange.objects.visible_to(request.user).filter(account=request.account)


def offered(request: Request) -> bool:
    return partner.current().features.assistant and request.account.is_active


@disclosed
@require_safe
def conversation(request: Request) -> HttpResponse:
    """The newest questions and answers, oldest first, and the box for the next one."""
    return _page(request)


def _page(request: Request, text: str = "", problem: str = "", status: int = 200) -> HttpResponse:
    rows = list(visible(request)[: SHOWN + 1])
    whole = request.GET.get("all") == "1"
    if whole:
        rows = list(visible(request))
    context = {
        "offered": offered(request),
        "exchanges": [shown(row) for row in reversed(rows if whole else rows[:SHOWN])],
        "is_more": not whole and len(rows) > SHOWN,
        "questions": assistant.first_questions(snapshot(request.account)),
        "disclaimer": assistant.disclaimer(),
        "longest": LONGEST,
        "text": text or request.GET.get("q", "")[:LONGEST],
        "problem": problem,
        "key": uuid.uuid4(),
    }
    return render(request, "portfolios/assistant.html", context, status=status)


@disclosed
@require_POST
def ask(request: Request) -> HttpResponse:
    """Keep a question; what can't be taken comes back with what was typed."""
    if not offered(request):
        raise Http404
    text = request.POST.get("question", "")
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        key = uuid.uuid4()
    try:
        made = assistant.ask(request.account, text, key)
    except assistant.NotAsked as problem:
        kept = "" if assistant.has_secret(text) else text
        return _page(request, kept or _without_numbers(text), str(problem), 422)
    return redirect(f"{reverse('portfolios:assistant')}#q{made.pk}")


def _without_numbers(text: str) -> str:
    """What was typed, its digits left out: a secret isn't sent back either."""
    return re.sub(r"\d", "", text)


@disclosed
@require_safe
def exchange(request: Request, pk: int) -> HttpResponse:
    """One question and its answer: the part that asks again until the answer is there."""
    found = get_object_or_404(visible(request), pk=pk)
    return render(request, "portfolios/_exchange.html", {"one": shown(found, fresh=True)})


@disclosed
@require_POST
def take_back(request: Request, pk: int) -> HttpResponse:
    """Withdraw a question that has no answer yet."""
    found = get_object_or_404(visible(request), pk=pk)
    assistant.take_back(found)
    return redirect(f"{reverse('portfolios:assistant')}#q{found.pk}")


def shown(row: Exchange, *, fresh: bool = False) -> Shown:
    links: dict[str, str] = {}
    for suggestion in row.suggestions:
        if url := place_of(suggestion.get("url", "")):
            links.setdefault(url, suggestion["label"])
    sources = {
        label: reverse(page) + "".join(more)
        for label, page, *more in (SOURCES[name] for name in row.context_used if name in SOURCES)
    }
    waited = (timezone.now() - row.asked_at).total_seconds()
    return Shown(
        row=row,
        blocks=blocks(row.answer),
        links=[(label, url) for url, label in links.items()],
        sources=list(sources.items()),
        is_slow=waited > SLOW,
        is_fresh=fresh,
    )


def place_of(address: str) -> str:
    """Our page for an address of the API; empty where we have none. Never the address itself."""
    path = address.partition("?")[0].rstrip("/")
    return next((reverse(name) for part, name in PLACES if part in path), "")


def blocks(text: str) -> list[tuple[str, list[str]]]:
    """Paragraphs and lists of an answer, which may hold Markdown lists and line breaks. Nothing of
    it is read as markup beyond that."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        item = re.match(r"\s*(?:[-*•]|\d+[.)])\s+(.*)", line)
        kind, said = ("ul", item[1]) if item else ("p", line.strip())
        said = said.replace("**", "")
        if not said:
            continue
        if kind == "ul" and found and found[-1][0] == "ul":
            found[-1][1].append(said)
        else:
            found.append((kind, [said]))
    return found
