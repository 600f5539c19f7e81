"""One fund: why it is here, what it costs, what it is worth, what was traded in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.guards import Request, investor_required
from portfolios.models import Holding, Policy
from portfolios.planning import funds
from portfolios.planning import policy as statement
from portfolios.rebalancing import lots_of, terms_of
from portfolios.snapshot import snapshot
from portfolios.views.ledger import trades_of
from portfolios.views.overview import is_late
from portfolios.views.policy import BANDS
from robo import partner
from robo.ui import words

ROLES = {
    "equities": "Growth: it moves most, and over long times it has made the most.",
    "fixed_income": "Steadiness: it pays interest and falls less when shares fall.",
    "treasury": "Safety: short loans to the government that hardly move.",
    "alternatives": "Variety: it doesn’t move in step with shares and bonds.",
    "cash": "Ready money.",
}
CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Band:
    """Where the policy wants the fund's class. Fractions of the portfolio."""

    label: str
    actual: Decimal | None
    target: Decimal
    low: Decimal | None
    high: Decimal | None

    @property
    def off(self) -> Decimal | None:
        return None if self.actual is None else self.actual - self.target

    @property
    def is_inside(self) -> bool:
        return self.actual is None or (
            (self.low is None or self.actual >= self.low)
            and (self.high is None or self.actual <= self.high)
        )


@investor_required
@require_safe
def holding(request: Request, symbol: str) -> HttpResponse:
    """The fund's facts, each with its source; 404 for what isn't held."""
    found = get_object_or_404(
        Holding.objects.select_related("portfolio"),
        portfolio__account=request.account,
        symbol=symbol,
    )
    known = snapshot(request.account)
    fees = partner.current().fees
    fund = funds.fund(symbol)
    expense = fund.expense if fund else None
    others = list(
        Holding.objects.filter(portfolio=found.portfolio).values_list("symbol", flat=True)
    )
    label, series = BANDS.get(found.asset_class, ("Other", 3))
    lots = lots_of(found, timezone.localdate())
    average = found.cost_basis / found.quantity if found.cost_basis and found.quantity else None
    context = {
        "holding": found,
        "portfolio": found.portfolio,
        "is_late": is_late(found.portfolio),
        "label": label,
        "series": series,
        "role": ROLES.get(found.asset_class, ""),
        "confidence": found.price_confidence.replace("_", " ").lower(),
        "band": band_of(known.active, found),
        "policy": known.active,
        "average": average,
        "gain_share": found.unrealized / found.cost_basis
        if found.unrealized is not None and found.cost_basis
        else None,
        "own_fee": (found.value * fees.advisory).quantize(CENT),
        "fund_fee": (found.value * (expense or fees.fund_expense_max)).quantize(CENT),
        "fees": fees,
        "fund": fund,
        "part": funds.part_of(symbol),
        "replaced": replaced_by(known.active, symbol),
        "overlaps": funds.overlapping(symbol, others),
        "lots": lots,
        "terms": terms_of(lots),
        "next_long": next((lot for lot in lots if lot.long_from), None),
        "trades": trades_of(known.investments, symbol),
    }
    return render(request, "portfolios/holding.html", context)


def band_of(policy: Policy | None, found: Holding) -> Band | None:
    """The class's target and band in the policy in force; None without one."""
    if policy is None:
        return None
    targets: Mapping[str, Any] = policy.content.get("target_allocation", {})
    band = targets.get(found.asset_class)
    if not band:
        return None
    at = found.portfolio.allocation.get(found.asset_class, {}).get("actual")
    return Band(
        BANDS.get(found.asset_class, (found.asset_class, 3))[0],
        _part(at),
        words.decimal(band["target_percent"]) / 100,
        _part(band.get("min_percent")),
        _part(band.get("max_percent")),
    )


def replaced_by(policy: Policy | None, symbol: str) -> str:
    """The fund of the model whose place this one took because the policy excludes it; empty if it
    took none."""
    limits = (policy.content if policy else {}).get("constraints", {}).get("restrictions", {})
    taken = statement.substitutes(limits.get("excluded_securities", ()))
    return next((out for out, into in taken.items() if into == symbol), "")


def _part(percent: Any) -> Decimal | None:
    return None if percent is None else words.decimal(percent) / 100
