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
from portfolios.models import Holding, Investment, TradingHalt
from portfolios.planning import drift as drifting
from portfolios.snapshot import snapshot
from portfolios.views.portfolio import drift_of, most_off, threshold_of
from robo.ui import words

PAGE = 25


@dataclass(frozen=True, slots=True)
class Run:
    """Trades given together, and what they were for. Dollars."""

    pk: int
    at: datetime
    amount: Decimal
    status: str
    reason: str
    trades: tuple[dict[str, Any], ...]
    before: Decimal | None
    """What sat in the wrong place before, as a fraction; None where nobody noted it."""
    after: Decimal | None
    short: Decimal | None
    long: Decimal | None
    """Gains less losses taken, by term; None where not known or nothing was sold."""
    prevented_by: str
    asked_by: str
    signature: int | None
    """Of the words that were said yes to."""
    moves: bool


@investor_required
@require_safe
def rebalancing(request: Request) -> HttpResponse:
    """Every run of orders: its reason, its trades, how it ended. `run` opens the page it is on."""
    rows = Investment.objects.filter(account=request.account).order_by("-created_at", "-pk")
    # What the custodian had invested by itself, as it does for auto-invest, was no run of ours.
    rows = rows.exclude(status=Investment.Status.NOT_NEEDED, trades=[])
    number: Any = request.GET.get("page")
    if (wanted := request.GET.get("run", "")).isdecimal() and (
        row := rows.filter(pk=wanted[:18]).first()
    ):
        number = 1 + rows.filter(created_at__gt=row.created_at).count() // PAGE
    page = Paginator(rows, PAGE).get_page(number)
    known = snapshot(request.account)
    row = known.portfolio
    drift, wrong = drift_of(row) if row else (None, None)
    context = {
        "page": page,
        "runs": [run_of(investment, request.user) for investment in page],
        "portfolio": row,
        "halts": list(TradingHalt.objects.of(request.account)),
        "held": set(
            Holding.objects.filter(portfolio__account=request.account).values_list(
                "symbol", flat=True
            )
        ),
        "moves": any(investment.status in Investment.IN_MOTION for investment in page),
        "drift": drift,
        "wrong": wrong,
        "threshold": threshold_of(known.active.content) if known.active else None,
        "most_off": most_off(row) if row else [],
    }
    return render(request, "portfolios/rebalancing.html", context)


def run_of(row: Investment, own: Any = None) -> Run:
    """`own` is the person whose account it is."""
    counted = "sell" if row.is_rebalance else "buy"
    spent = sum(
        (Decimal(t["notional"]) for t in row.trades if t.get("action", "buy") == counted),
        Decimal(0),
    )
    asked = ""
    if row.asked_by_id:
        asked = "You said yes" if row.asked_by_id == getattr(own, "pk", None) else "Your adviser"
    return Run(
        pk=row.pk,
        at=row.completed_at or row.sent_at or row.created_at,
        amount=spent or row.amount,
        status=row.get_status_display(),
        reason=row.why,
        trades=tuple(
            {**t, "amount": Decimal(t["notional"]), "side": t.get("action", "buy")}
            for t in sorted(row.trades, key=lambda t: t.get("action", "buy"), reverse=True)
        ),
        before=_off(row.before),
        after=_off(row.after),
        short=_gain(row.realized, "short"),
        long=_gain(row.realized, "long"),
        prevented_by=row.prevented_by,
        asked_by=asked,
        signature=row.signature_id,
        moves=row.status in Investment.IN_MOTION,
    )


def _off(noted: dict[str, Any]) -> Decimal | None:
    """What was in the wrong place; None where nobody noted it, or nothing was held yet."""
    allocation = noted.get("allocation")
    if not allocation or not any(Decimal(found["actual"]) for found in allocation.values()):
        return None
    return (
        drifting.drift(
            {name: Decimal(found["actual"]) for name, found in allocation.items()},
            {name: Decimal(found["target"]) for name, found in allocation.items()},
        )
        / 100
    )


def _gain(realized: dict[str, str], term: str) -> Decimal | None:
    return Decimal(realized[term]) if term in realized else None


def trades_of(rows: list[Investment], symbol: str) -> list[dict[str, Any]]:
    """The newest runs' trades in one fund, for its page."""
    return [
        {
            "when": run.at,
            "title": f"{trade['side'].capitalize()} {words.money(trade['amount'])}",
            "detail": f"{words.said(trade.get('reason') or run.reason)} {run.status}.",
        }
        for run in map(run_of, rows)
        for trade in run.trades
        if trade["symbol"] == symbol
    ]
