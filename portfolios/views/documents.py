"""Documents: one list of everything, each with its words and its file."""

from decimal import Decimal
from typing import Any

from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_required
from portfolios.models import Report
from portfolios.services import documents as papers
from portfolios.sync.reports import as_json
from robo import partner

OPENING = (
    ("beginning_value", "At the start"),
    ("contributions", "You put in"),
    ("withdrawals", "You took out"),
    ("investment_returns", "Markets and dividends"),
    ("fees", "Fees"),
)
PNL = (
    ("realized_pnl", "Realized gains and losses"),
    ("unrealized_pnl", "Gains and losses on what is still held"),
    ("dividend_income", "Dividends"),
    ("interest_income", "Interest"),
    ("fees_paid", "Fees"),
    ("total_pnl", "Altogether"),
)
REALIZED = (
    ("short_term_gains", "Gains, held a year or less"),
    ("short_term_losses", "Losses, held a year or less"),
    ("long_term_gains", "Gains, held longer"),
    ("long_term_losses", "Losses, held longer"),
    ("net_realized", "Net"),
)
LISTED = {
    "deposits": "Deposits",
    "withdrawals": "Withdrawals",
    "trades": "Trades",
    "dividends": "Dividends",
    "fees": "Fees",
}


def visible(request: Request) -> QuerySet[Report]:
    """The investor's own reports."""
    return Report.objects.visible_to(request.user).filter(account=request.account)


@investor_required
@require_safe
def documents(request: Request) -> HttpResponse:
    """Everything on paper, by kind; `?kind=` shows one kind."""
    found = papers.papers(request.account)
    kind = request.GET.get("kind", "")
    kind = kind if kind in papers.GROUPS else ""
    groups = [
        (key, title, rows)
        for key, title in papers.GROUPS.items()
        if (rows := [p for p in found if p.group == key]) and kind in ("", key)
    ]
    context = {
        "groups": groups,
        "kind": kind,
        "kinds": [("", "All"), *papers.GROUPS.items()],
        "count": len(found),
    }
    return render(request, "portfolios/documents.html", context)


@investor_required
@require_safe
def report(request: Request, pk: int) -> HttpResponse:
    """A statement or report as a page: the same figures as its file."""
    found = get_object_or_404(visible(request).defer("pdf"), pk=pk)
    if found.status == Report.Status.READY:
        papers.opened(found)
    return render(request, "portfolios/report.html", report_context(found))


@investor_required
@require_safe
def report_status(request: Request, pk: int) -> HttpResponse:
    """The fragment that asks again until the document is there."""
    found = get_object_or_404(visible(request).defer("pdf"), pk=pk)
    return render(request, "portfolios/_report.html", report_context(found))


def report_context(found: Report) -> dict[str, Any]:
    """The figures of a report, as tables."""
    data, summary = found.data, found.data.get("summary") or {}
    context: dict[str, Any] = {"report": found, "data": data}
    if found.kind == Report.Kind.STATEMENT:
        activity = data.get("activity") or {}
        context |= {
            "rows": [(label, signed(key, summary.get(key))) for key, label in OPENING],
            "ending": summary.get("ending_value"),
            "listed": [(t, activity.get(key) or []) for key, t in LISTED.items()],
            "held": data.get("holdings_end_of_period") or [],
        }
    elif found.kind == Report.Kind.PNL:
        realized = data.get("realized_gains_losses") or {}
        context |= {
            "rows": [(label, signed(key, summary.get(key))) for key, label in PNL],
            "realized": [(label, realized.get(key)) for key, label in REALIZED],
            "by_position": data.get("by_position") or [],
        }
    else:
        context |= {
            "own": as_fraction(data.get("portfolio_return")),
            "comparisons": [
                {**c, "made": as_fraction(c.get("return_")), "ahead": as_fraction(c.get("alpha"))}
                for c in data.get("comparisons") or []
            ],
        }
    return context


def signed(key: str, amount: str | None) -> Decimal | None:
    """Outgoing amounts with their minus."""
    if amount is None:
        return None
    found = Decimal(amount)
    return -abs(found) if key in {"withdrawals", "fees", "fees_paid"} and found else found


def as_fraction(percent: str | None) -> Decimal | None:
    return None if percent is None else Decimal(percent) / 100


@investor_required
@require_safe
def report_file(request: Request, pk: int) -> HttpResponse:
    """The document as it was kept, to the byte: the PDF, or with `?as=json` the data."""
    found = get_object_or_404(visible(request), pk=pk)
    if found.status != Report.Status.READY:
        raise Http404
    papers.opened(found)
    name = slugify(f"{partner.current().name} {found.title}")
    if found.pdf is not None and request.GET.get("as") != "json":
        body, kind, end = bytes(found.pdf), "application/pdf", "pdf"
    else:
        body, kind, end = as_json(found.data), "application/json", "json"
    return HttpResponse(
        body,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{end}"',
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
