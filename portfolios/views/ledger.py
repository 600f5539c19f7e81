"""What was traded, when and why."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_required
from portfolios.models import Investment
from portfolios.snapshot import snapshot
from portfolios.views.portfolio import drift_of, most_off, threshold_of
from robo.ui import words

PAGE = 25
CAUSES = {
    "deposit": "A deposit arrived.",
    "auto_invest": "Auto-invest brought money in.",
    "withdrawal": "Money was needed for a withdrawal.",
    "drift": "A class was too far from its target.",
    "rebalance": "A class was too far from its target.",
    "dividend": "Dividends had come together.",
}


@dataclass(frozen=True, slots=True)
class Run:
    """Trades given together, and what they were for. Dollars."""

    at: datetime
    amount: Decimal
    status: str
    reason: str
    trades: tuple[dict[str, Any], ...]


@investor_required
@require_safe
def rebalancing(request: Request) -> HttpResponse:
    """Every run of orders: its reason, its trades, how it ended."""
    rows = Investment.objects.filter(account=request.account).order_by("-created_at", "-pk")
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    known = snapshot(request.account)
    row = known.portfolio
    drift, wrong = drift_of(row) if row else (None, None)
    context = {
        "page": page,
        "runs": [run_of(investment) for investment in page],
        "portfolio": row,
        "drift": drift,
        "wrong": wrong,
        "threshold": threshold_of(known.active.content) if known.active else None,
        "most_off": most_off(row) if row else [],
    }
    return render(request, "portfolios/rebalancing.html", context)


def run_of(row: Investment) -> Run:
    spent = sum((Decimal(t["notional"]) for t in row.trades), Decimal(0))
    return Run(
        at=row.completed_at or row.sent_at or row.created_at,
        amount=spent or row.amount,
        status=row.get_status_display(),
        reason=CAUSES.get(row.cause.partition(":")[0], "Cash was waiting to be invested."),
        trades=tuple(
            {**t, "amount": Decimal(t["notional"]), "side": t.get("action", "buy")}
            for t in row.trades
        ),
    )


def trades_of(rows: list[Investment], symbol: str) -> list[dict[str, Any]]:
    """The newest runs' trades in one fund, for its page."""
    return [
        {
            "when": run.at,
            "title": f"{trade['side'].capitalize()} {words.money(trade['amount'])}",
            "detail": f"{trade.get('reason') or run.reason} {run.status}.",
        }
        for run in map(run_of, rows)
        for trade in run.trades
        if trade["symbol"] == symbol
    ]
