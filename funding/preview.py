"""What a withdrawal would do, said before the button: sales, gains, days, goals. Reads only."""

from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from django.utils import timezone

from accounts.models import Account
from funding import calendar, limits, lots, selling, services
from onboarding.models import InvestorProfile
from portfolios import outlook
from portfolios.models import Goal, Holding, Policy, Portfolio
from portfolios.planning import taxes
from portfolios.projecting import footing_of

CENT = Decimal("0.01")
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Means:
    """What could leave. Dollars; `cash` is None as long as it was never seen."""

    cash: Decimal | None
    cash_as_of: datetime | None
    invested: Decimal
    invested_as_of: datetime | None
    claimed: Decimal
    """Asked for by earlier withdrawals that Bluum hasn't taken yet."""
    investing: Decimal
    """Still cash, and about to be bought with: it can be sold again once it's invested."""
    held: limits.Held
    """Deposits that came lately and can't leave yet."""
    room: limits.Room
    """What may be asked for today or this week, whichever is less."""

    @property
    def free_cash(self) -> Decimal:
        return max((self.cash or ZERO) - self.claimed - self.investing, ZERO)

    @property
    def there(self) -> Decimal:
        """All that is there and may leave, whatever the limits."""
        return max(self.free_cash + self.by_selling - self.held.amount, ZERO)

    @property
    def by_selling(self) -> Decimal:
        """What can be asked of what is invested: prices move until it is sold."""
        return (self.invested * limits.SELLABLE).quantize(CENT, ROUND_FLOOR)

    @property
    def most(self) -> Decimal:
        return min(self.there, limits.most_withdrawal(), self.room.left)

    @property
    def capped(self) -> bool:
        """A limit, not what is there, says how much may leave now."""
        return self.most < self.there


@dataclass(frozen=True, slots=True)
class Effect:
    """A goal's chance before and after, in 100 futures."""

    goal: Goal
    before: int
    after: int

    @property
    def lost(self) -> int:
        return self.before - self.after


@dataclass(frozen=True, slots=True)
class Preview:
    amount: Decimal
    from_cash: Decimal
    missing: Decimal
    sales: list[selling.Sale]
    gain: Decimal | None
    gains: lots.Gains | None
    """By term, where the lots are known."""
    rates: taxes.Rates
    effects: list[Effect]
    way: calendar.WayOut

    @property
    def sold(self) -> Decimal:
        return sum((sale.amount for sale in self.sales), ZERO)

    @property
    def tax(self) -> Decimal | None:
        """About so many dollars, or at most so many where no bracket is told; None without lots."""
        return None if self.gains is None else lots.tax_on(self.gains, self.rates)

    @property
    def left_over(self) -> Decimal:
        return max(self.sold - self.missing, ZERO)

    def told(self) -> dict[str, Any]:
        """What is kept of it with the wish."""
        return {
            "sales": [
                {
                    "symbol": s.symbol,
                    "amount": str(s.amount),
                    "gain": None if s.gain is None else str(s.gain),
                }
                for s in self.sales
            ],
            "gain": _text(self.gain),
            "short": _text(self.gains.short if self.gains else None),
            "long": _text(self.gains.long if self.gains else None),
            "tax": _text(self.tax),
            "goals": [
                {"goal": e.goal.pk, "before": e.before, "after": e.after} for e in self.effects
            ],
            "earliest": self.way.earliest.isoformat(),
            "latest": self.way.latest.isoformat(),
        }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)


def means_of(account: Account) -> Means:
    cash, as_of = services.cash_of(account)
    row = Portfolio.objects.filter(account=account).first()
    return Means(
        cash=cash,
        cash_as_of=as_of,
        invested=(row.invested or ZERO) if row else ZERO,
        invested_as_of=row.as_of if row else None,
        claimed=services.claimed_cash(account),
        investing=services.cash_being_invested(account),
        held=limits.held(account),
        room=limits.tightest(limits.rooms_out(account)),
    )


def preview(account: Account, amount: Decimal, method: str = "ach") -> Preview:
    """What taking out this amount, dollars, would sell, cost, last and change."""
    means = means_of(account)
    missing = max(amount - means.free_cash, ZERO)
    sales = _sales(account, missing) if missing else []
    return Preview(
        amount=amount,
        from_cash=amount - missing,
        missing=missing,
        sales=sales,
        gain=selling.gain_of(sales),
        gains=selling.gains_of(sales),
        rates=rates_of(account),
        effects=_effects(account, amount),
        way=calendar.way_out(timezone.now(), sells=bool(missing), wire=method == "wire"),
    )


def _sales(account: Account, missing: Decimal) -> list[selling.Sale]:
    row = Portfolio.objects.filter(account=account).first()
    if row is None:
        return []
    held = [
        selling.Held(
            h.symbol, h.asset_class, h.value, h.quantity, h.name, h.unrealized, lots.read(h.lots)
        )
        for h in Holding.objects.filter(portfolio=row).order_by("symbol")
    ]
    return selling.sales_for(
        held, targets_of(row), missing, at=timezone.now(), tax_aware=_tax_aware(account)
    )


def _tax_aware(account: Account) -> bool:
    """Whether the signed policy has the lots sold first that cost the least tax."""
    policy = Policy.objects.filter(account=account, status=Policy.Status.ACTIVE).first()
    rules = policy.content.get("constraints", {}).get("rebalancing_policy", {}) if policy else {}
    return bool(rules.get("tax_aware"))


def rates_of(account: Account) -> taxes.Rates:
    """What the person told of their brackets; without the federal one, the highest there are."""
    profile = InvestorProfile.objects.filter(account=account).first()
    told = profile.sections.get("tax", {}) if profile else {}
    return taxes.rates_of(told.get("federal_tax_bracket"), told.get("state_tax_rate"))


def targets_of(row: Portfolio) -> dict[str, Decimal]:
    """Class to target, percent, as Bluum last analysed it."""
    return {name: Decimal(found["target"]) for name, found in row.allocation.items()}


def _effects(account: Account, amount: Decimal) -> list[Effect]:
    """Goals as they stand and with so much less in the portfolio, on the same futures."""
    base = footing_of(account)
    if base.level is None or not base.value:
        return []
    after = outlook.Footing(
        base.level, base.from_policy, max(base.value - amount, CENT), base.contributed
    )
    today = timezone.localdate()
    found = []
    for goal in Goal.objects.filter(account=account, status=Goal.Status.ACTIVE):
        if goal.target_date <= today:
            continue
        one, other = (
            outlook.look(outlook.wish_of(goal, footing), base.level, today, goal.name).in_100
            for footing in (base, after)
        )
        found.append(Effect(goal, one, other))
    return found
