"""A rebalance before anyone says yes: its trades, tax and effect, and what is in the way.

Dollars, and fractions of the portfolio. Nothing here calls out.
"""

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from accounts.models import Account
from portfolios import market
from portfolios.models import Holding, Investment, Portfolio, TradingHalt
from portfolios.planning import drift as drifting
from portfolios.planning import taxes
from robo import partner
from robo.ui import words

ZERO = Decimal(0)
CENT = Decimal("0.01")
COOLDOWN = timedelta(days=7)
"""Ours: so long after a rebalance with sales no other begins."""
SMALLEST = Decimal("1.00")
LEEWAY = Decimal("1.10")
"""Gains up to a tenth and ten dollars above what was shown are what prices do in the meantime."""
LEEWAY_DOLLARS = Decimal(10)
TERMS = (
    ("estimated_short_term_gains", "held a year or less"),
    ("estimated_long_term_gains", "held over a year"),
)

stops: list[Callable[[Account], str]] = []
"""Functions of an account: why nobody may ask for sales now, in words; empty while they may. A
later app, such as the one that closes accounts, announces its own when it is ready."""


def stopped(account: Account) -> str:
    """The first reason, empty if there is none."""
    return next((why for stop in stops if (why := stop(account))), "")


@dataclass(frozen=True, slots=True)
class Lot:
    """Shares bought together. Dollars. `term` is long or short, empty when not known."""

    bought: date | None
    quantity: Decimal | None
    cost: Decimal | None
    gain: Decimal | None
    term: str
    long_from: date | None
    """The first day on which a sale counts as long term; None once it does."""

    days_to_long: int | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    symbol: str
    name: str
    action: str
    amount: Decimal
    reason: str
    lots: tuple[Lot, ...] = ()


@dataclass(frozen=True, slots=True)
class Tax:
    """Gains less losses by term, and about what tax they mean; None where not known."""

    short: Decimal | None
    long: Decimal | None
    rates: taxes.Rates

    @property
    def gains(self) -> Decimal | None:
        return None if self.short is None or self.long is None else self.short + self.long

    @property
    def about(self) -> Decimal | None:
        """Tax, or the most it can be, rounded to the dollar; nothing for a loss."""
        if self.short is None or self.long is None:
            return None
        at = self.rates
        found = taxes.tax_on(self.short, self.long, at_short=at.short, at_long=at.long)
        return found.quantize(Decimal(1))


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What is in the way; `stops` when nothing can be asked for until it is gone."""

    text: str
    stops: bool


@dataclass(frozen=True, slots=True)
class Preview:
    at: datetime
    trades: tuple[Trade, ...]
    tax: Tax
    before: Decimal
    after: Decimal
    obstacles: tuple[Obstacle, ...]

    @property
    def sales(self) -> tuple[Trade, ...]:
        return tuple(t for t in self.trades if t.action == "sell")

    @property
    def purchases(self) -> tuple[Trade, ...]:
        return tuple(t for t in self.trades if t.action == "buy")

    @property
    def sold(self) -> Decimal:
        return sum((t.amount for t in self.sales), ZERO)

    @property
    def may_be_asked(self) -> bool:
        return bool(self.sales) and not any(o.stops for o in self.obstacles)


def preview(
    row: Portfolio,
    analysis: Mapping[str, Any],
    holdings: Sequence[Holding],
    *,
    runs: Iterable[Investment],
    halts: Iterable[TradingHalt],
    rates: taxes.Rates,
    threshold: Decimal | None,
    now: datetime,
    stop: str = "",
) -> Preview | None:
    """None where Bluum has never said what it would trade. `threshold` is a
    fraction; `stop` is what forbids it altogether."""
    if not analysis or not row.value or not row.allocation:
        return None
    held = {h.symbol: h for h in holdings}
    today = words.local(now).date()
    trades = tuple(
        Trade(
            symbol=t["symbol"],
            name=held[t["symbol"]].name if t["symbol"] in held else "",
            action=t["action"],
            amount=Decimal(str(t.get("notional") or 0)),
            reason=t.get("reason") or "",
            lots=tuple(lots_of(held[t["symbol"]], today))
            if t["action"] == "sell" and t["symbol"] in held
            else (),
        )
        for t in analysis.get("trades", ())
    )
    tax = analysis.get("tax_impact") or {}
    allocation = analysis.get("allocation") or row.allocation
    before, after = _effect(row.value, allocation, analysis.get("trades", ()))
    return Preview(
        at=datetime.fromisoformat(analysis["at"]),
        trades=trades,
        tax=Tax(
            _decimal(tax.get("estimated_short_term_gains")),
            _decimal(tax.get("estimated_long_term_gains")),
            rates,
        ),
        before=before,
        after=after,
        obstacles=(
            *((Obstacle(stop, stops=True),) if stop else ()),
            *_obstacles(row, analysis, trades, runs, halts, threshold, now),
        ),
    )


@dataclass(frozen=True, slots=True)
class Move:
    """What a new mix would have sold of a class. Dollars; `gain` at average cost, None where a
    cost isn't known."""

    asset_class: str
    sold: Decimal
    gain: Decimal | None


def moves_to(
    content: Mapping[str, Any], row: Portfolio | None, holdings: Sequence[Holding]
) -> list[Move]:
    """The sales that another policy's mix would take, if they were all made today. Classes in
    proportion; a dollar or less doesn't count."""
    if row is None or not row.value:
        return []
    targets = content.get("target_allocation", {})
    found = []
    for name in sorted({h.asset_class for h in holdings}):
        held = [h for h in holdings if h.asset_class == name]
        value = sum((h.value for h in held), ZERO)
        target = Decimal(targets.get(name, {}).get("target_percent", "0")) / 100 * row.value
        sold = (value - target).quantize(CENT)
        if sold <= SMALLEST:
            continue
        gains = [h.unrealized for h in held if h.unrealized is not None]
        gain = (sum(gains, ZERO) * sold / value).quantize(CENT) if len(gains) == len(held) else None
        found.append(Move(name, sold, gain))
    return found


def _decimal(value: Any) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _effect(
    total: Decimal,
    allocation: Mapping[str, Mapping[str, str]],
    trades: Iterable[Mapping[str, Any]],
) -> tuple[Decimal, Decimal]:
    """Drift before and after, as fractions, at the prices of the analysis."""
    targets = {name: Decimal(found["target"]) / 100 for name, found in allocation.items()}
    weights = {name: Decimal(found["actual"]) / 100 for name, found in allocation.items()}
    after = dict(weights)
    for trade in trades:
        part = Decimal(str(trade.get("notional") or 0)) / total
        part = part if trade["action"] == "buy" else -part
        name = trade.get("asset_class") or ""
        after[name] = after.get(name, ZERO) + part
        after["cash"] = after.get("cash", ZERO) - part
    return drifting.drift(weights, targets), drifting.drift(after, targets)


def _obstacles(
    row: Portfolio,
    analysis: Mapping[str, Any],
    trades: Sequence[Trade],
    runs: Iterable[Investment],
    halts: Iterable[TradingHalt],
    threshold: Decimal | None,
    now: datetime,
) -> Iterable[Obstacle]:
    for halt in halts:
        yield Obstacle(f"Trading is stopped: {halt.reason}", stops=True)
    if row.unpriced:
        yield Obstacle(f"{', '.join(row.unpriced)} has no price right now.", stops=True)
    if any(run.status in Investment.IN_MOTION for run in runs):
        yield Obstacle("Something is being traded right now.", stops=True)
    if not analysis.get("needs_rebalancing"):
        acts = f" We act at {words.percent(threshold)}." if threshold is not None else ""
        yield Obstacle(
            f"Your policy doesn’t call for it: every class is near enough to its target.{acts}",
            stops=True,
        )
    ended = [r.completed_at for r in runs if r.is_rebalance and r.status == "completed"]
    last = max((at for at in ended if at), default=None)
    if last and last + COOLDOWN > now:
        yield Obstacle(
            "The last rebalance is too recent: the next one can begin on "
            f"{words.day(last + COOLDOWN)}.",
            stops=True,
        )
    washed = sorted(t.symbol for t in trades if t.action == "sell" and _is_wash(t.lots, now))
    if washed:
        yield Obstacle(
            f"{', '.join(washed)} was bought within the last 30 days and stands at a loss: the "
            "loss may not count for your taxes yet (wash sale).",
            stops=False,
        )
    if small := [t.symbol for t in trades if t.amount < SMALLEST]:
        yield Obstacle(f"Under {words.money(SMALLEST)}, left out: {', '.join(small)}.", stops=False)
    if opens := market.next_open(now):
        yield Obstacle(
            f"Markets are closed. Orders are given when they open, {words.moment(opens)}, at the "
            "prices of then.",
            stops=False,
        )


def _is_wash(lots: Sequence[Lot], now: datetime) -> bool:
    since = words.local(now).date() - taxes.WASH_SALE
    return any(lot.bought and lot.bought >= since for lot in lots) and any(
        lot.gain is not None and lot.gain < 0 for lot in lots
    )


def lots_of(found: Holding, today: date) -> list[Lot]:
    """Bluum's lots, oldest first, with what each is worth beyond its cost at the price we have."""
    lots = []
    for row in found.lots:
        quantity = _first(row, "quantity")
        cost = _first(row, "total_cost_basis", "cost_basis", "total_cost")
        each = _first(row, "cost_per_share", "price", "unit_cost", "cost_basis_per_share")
        if cost is None and each is not None and quantity is not None:
            cost = each * quantity
        names = ("acquired_date", "acquired_at", "purchase_date", "date")
        said = next((str(row[name])[:10] for name in names if row.get(name)), None)
        bought = date.fromisoformat(said) if said else None
        known = found.price is not None and quantity is not None and cost is not None
        gain = (found.price * quantity - cost).quantize(CENT) if known else None  # type: ignore[operator]
        long_from = taxes.long_from(bought) if bought else None
        lots.append(
            Lot(
                bought,
                quantity,
                cost,
                gain,
                "" if long_from is None else "long" if long_from <= today else "short",
                long_from if long_from and long_from > today else None,
                (long_from - today).days if long_from and long_from > today else None,
            )
        )
    return sorted(lots, key=lambda lot: lot.bought or date.min)


@dataclass(frozen=True, slots=True)
class Term:
    """The lots of one term together. Dollars."""

    name: str
    count: int
    quantity: Decimal
    gain: Decimal | None


def terms_of(lots: Sequence[Lot]) -> list[Term]:
    """Long term, short term, and what can't be told, each with its gain or loss."""
    names = {"long": "Held over a year", "short": "Held a year or less", "": "Term not known"}
    found = []
    for term, name in names.items():
        ones = [lot for lot in lots if lot.term == term]
        gains = [lot.gain for lot in ones if lot.gain is not None]
        if ones:
            shares = sum((lot.quantity or ZERO for lot in ones), ZERO)
            gain = sum(gains, ZERO) if len(gains) == len(ones) else None
            found.append(Term(name, len(ones), shares, gain))
    return found


def _first(row: Mapping[str, Any], *names: str) -> Decimal | None:
    return next((Decimal(str(row[n])) for n in names if row.get(n) is not None), None)


def shown(found: Preview, account: int) -> dict[str, Any]:
    """What is kept of it with a yes."""
    return {
        "account": account,
        "at": found.at.isoformat(),
        "trades": [
            {"action": t.action, "symbol": t.symbol, "notional": f"{t.amount:.2f}"}
            for t in found.trades
        ],
        "tax": {
            "estimated_short_term_gains": None if found.tax.short is None else str(found.tax.short),
            "estimated_long_term_gains": None if found.tax.long is None else str(found.tax.long),
        },
    }


def gains_of(tax: Mapping[str, Any] | None) -> Decimal:
    """Gains less losses of both terms, dollars."""
    return sum((Decimal(str((tax or {}).get(name) or 0)) for name, _ in TERMS), ZERO)


def most_gains(tax: Mapping[str, Any] | None) -> Decimal:
    """Above these gains less losses, dollars, a fresh analysis isn't what was agreed to."""
    return (max(gains_of(tax), ZERO) * LEEWAY + LEEWAY_DOLLARS).quantize(CENT)


def sold_of(told: Mapping[str, Any]) -> Decimal:
    """What the trades that were shown sell, dollars."""
    sales = [Decimal(t["notional"]) for t in told["trades"] if t["action"] == "sell"]
    return sum(sales, ZERO)


def text_for(told: Mapping[str, Any], key: UUID) -> str:
    """The exact words a yes to what was `shown` signs. `key` is the wish's own, so that no two
    wishes have the same words."""
    us = partner.current()
    reference = base64.b32encode(key.bytes).decode()
    tax = told.get("tax") or {}
    gains = " and ".join(
        f"{'not known' if tax.get(name) is None else words.money_signed(Decimal(tax[name]))} "
        f"on what was {term}"
        for name, term in TERMS
    )
    made = words.long_moment(datetime.fromisoformat(told["at"]))
    trades = [
        f"{t['action'].capitalize()} about {words.money(Decimal(t['notional']))} of {t['symbol']}."
        for t in told["trades"]
    ]
    return "\n\n".join(
        [
            f"I ask {us.legal_name} to bring my portfolio back to the targets of my policy by "
            "these trades, at market prices.",
            *trades,
            f"Gains less losses that the sales take: {gains}. Which lots are sold, the custodian "
            "picks so that they cost the least tax.",
            f"All of this is an estimate, made on {made}: prices move until the orders are done. "
            "If by then another fund would have to be "
            f"sold, or more than {words.money(most_gains(tax))} of gains taken, nothing is traded "
            "and I am asked to look again.",
            f"Once the orders are given I can’t take this back. {us.name} charges nothing for it.",
            f"Reference R-{reference[:4]}-{reference[4:8]}.",
        ]
    )


def statement_of(told: Mapping[str, Any]) -> str:
    """The words on the button."""
    return f"Sell {words.money(sold_of(told))} and rebalance"
