"""Tax of a year: gains realised, losses that could still be taken, gains that soon cost less.

Estimates, in dollars. Rates are the profile's (`federal_tax_bracket` and `state_tax_rate`), else
the financial plan's `tax_bracket`, else an assumption; each idea says in words what it reckons
with. Long-term federal rates by bracket: 0 % up to 12 %, 15 % up to 35 %, else 20 % (roughly the
thresholds of US federal law; the sandbox knows no income). A loss counts at its full rate: it is
set against gains, or up to 3,000 dollars a year against income.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox import book, history, pnl, strategy
from sandbox.calendar import NEW_YORK
from sandbox.market import Asset, assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
NONE = Decimal(0)
ASSUMED = Decimal("0.24")
LONG_TERM_RATES = ((Decimal("0.12"), NONE), (Decimal("0.35"), Decimal("0.15")))
HIGHEST_LONG_TERM = Decimal("0.20")
WAIT = timedelta(days=60)
"""Gains that turn long-term within this time are worth waiting for."""


@dataclass(frozen=True)
class Rates:
    """Tax on a gain, as fractions, and where they are from, in words."""

    short: Decimal
    long: Decimal
    source: str

    def of(self, term: str) -> Decimal:
        """The rate for `short` or `long`."""
        return self.short if term == "short" else self.long


@dataclass(frozen=True)
class Part:
    """The lots of one position and term that stand at a loss (or at a gain)."""

    position: Row
    term: str
    lots: list[Row]
    gain: Decimal


def report(world: World, account_id: str, year: int) -> Row:
    """The answer for a year. Ideas are only given for the present one."""
    realized = [
        row
        for row in book.of(world, account_id)["realized"]
        if row["at"].astimezone(NEW_YORK).year == year
    ]
    sums = pnl.gains_and_losses(realized)
    present = year == history.today(world).year
    losses = harvestable(world, account_id) if present else []
    ideas: list[Row] = []
    if present:
        rates = rates_of(world, account_id)
        ideas = [_loss_idea(world, account_id, part, rates) for part in losses]
        ideas += _wait_ideas(world, account_id, rates)
    return {
        "account_id": account_id,
        "tax_year": year,
        "generated_at": world.clock.now(),
        "tax_summary": {
            "estimated_short_term_gains": sums["short_term_gains"],
            "estimated_long_term_gains": sums["long_term_gains"],
            "realized_losses_ytd": sums["short_term_losses"] + sums["long_term_losses"],
            "harvestable_losses": -sum((part.gain for part in losses), ZERO),
        },
        "opportunities": ideas,
    }


# Rates


def rates_of(world: World, account_id: str) -> Rates:
    """The account's tax rates and what they rest on."""
    tax = world.table("profiles").get(account_id, {}).get("sections", {}).get("tax", {})
    plan = world.table("plans").get(account_id, {}).get("investment_outlook", {})
    federal, source = fraction(tax.get("federal_tax_bracket")), "the profile's tax rates"
    if federal is None:
        federal, source = fraction(plan.get("tax_bracket")), "the financial plan's tax bracket"
    if federal is None:
        federal, source = ASSUMED, "an assumed rate, as the profile gives none"
    state = fraction(tax.get("state_tax_rate")) or NONE
    long = next((rate for upto, rate in LONG_TERM_RATES if federal <= upto), HIGHEST_LONG_TERM)
    words = f"{in_percent(federal)} % federal"
    words += f" and {in_percent(state)} % state tax" if state else " tax, no state tax"
    return Rates(federal + state, long + state, f"{source} ({words})")


def fraction(value: object) -> Decimal | None:
    """A rate as a fraction, also from percent units as guides send them: 0.24, "24", "24.00"."""
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value).strip().rstrip("%"))
    except ArithmeticError:
        return None
    if not number.is_finite() or not 0 <= number <= 100:
        return None
    return number / 100 if number > 1 else number


def in_percent(rate: Decimal) -> str:
    """A fraction in percent without needless zeros."""
    return f"{(rate * 100).normalize():f}"


# Ideas


def harvestable(world: World, account_id: str) -> list[Part]:
    """Lots that stand at a loss, by position and term; the largest loss first."""
    found = [part for part in _parts(world, account_id, sign=-1) if part.gain <= -CENT]
    return sorted(found, key=lambda part: part.gain)


def _parts(world: World, account_id: str, sign: int) -> list[Part]:
    now, price = world.clock.now(), book.prices_at(world)
    found = []
    for row in book.held(world, account_id):
        terms: dict[str, list[Row]] = {}
        gains: dict[str, Decimal] = {}
        for lot in row["lots"]:
            gain = book.value_of(lot["quantity"], price(row["symbol"])) - lot["cost"]
            if gain * sign > 0:
                name = book.term(lot, now)
                terms.setdefault(name, []).append(lot)
                gains[name] = gains.get(name, ZERO) + gain
        found += [Part(row, name, lots, gains[name]) for name, lots in terms.items()]
    return found


def _loss_idea(world: World, account_id: str, part: Part, rates: Rates) -> Row:
    symbol, loss, now = part.position["symbol"], -part.gain, world.clock.now()
    quantity = sum((lot["quantity"] for lot in part.lots), NONE)
    words = (
        f"{len(part.lots)} {'lot' if len(part.lots) == 1 else 'lots'} of {symbol}, held "
        f"{_held(part.term)}, stand {loss} USD below cost ({quantity.normalize():f} shares). "
        f"The saving reckons with {rates.source}: {in_percent(rates.of(part.term))} % on "
        f"{part.term}-term results."
    )
    warning = wash_sale(world, account_id, part, now)
    return {
        "opportunity_id": f"loss-{part.position['id']}-{part.term}",
        "type": "tax_loss_harvest",
        "title": f"Take a {part.term}-term loss in {symbol}",
        "description": f"{words} {warning}" if warning else words,
        "estimated_tax_savings": (loss * rates.of(part.term)).quantize(CENT),
        "positions": [_position(world, part, warning is not None)],
    }


def _position(world: World, part: Part, wash: bool) -> Row:
    symbol = part.position["symbol"]
    row: Row = {
        "position_id": part.position["id"],
        "symbol": symbol,
        "unrealized_gain_loss": part.gain,
        "holding_period": f"{part.term}_term",
        "wash_sale_risk": wash,
        "replacement_options": replacements(symbol),
    }
    if part.term == "short":
        row["days_until_long_term"] = min(_days_left(world, lot) for lot in part.lots)
    return row


def _held(term: str) -> str:
    return "for more than a year" if term == "long" else "for a year or less"


def _days_left(world: World, lot: Row) -> int:
    """Days until a lot counts as long-term."""
    acquired: datetime = lot["acquired_at"]
    return max((acquired + book.LONG_TERM - world.clock.now()).days + 1, 0)


def wash_sale(world: World, account_id: str, part: Part, now: datetime) -> str | None:
    """Why the loss might be disallowed: a purchase 30 days before or after. None if clear."""
    symbol = part.position["symbol"]
    if book.bought_lately(part.position, now):
        last = max(lot["acquired_at"] for lot in part.position["lots"])
        clear = _date(last + book.WASH_SALE) + timedelta(days=1)
        return (
            f"{symbol} was bought on {_date(last)}: the loss of a sale before {clear} may be "
            f"disallowed as a wash sale."
        )
    ahead = _next_purchase(world, account_id, now)
    if ahead is not None:
        return (
            f"Auto-invest may buy {symbol} again on {ahead}: within 30 days of the sale that is a "
            f"wash sale."
        )
    return None


def _next_purchase(world: World, account_id: str, now: datetime) -> date | None:
    """The next auto-invest run within the window after a sale."""
    runs = [
        row["next_execution"]
        for row in world.table("schedules").of(account_id)
        if row["status"] == "active" and row["next_execution"] is not None
    ]
    soon = [at for at in runs if at <= now + book.WASH_SALE]
    return min(soon).astimezone(NEW_YORK).date() if soon else None


def _date(at: datetime) -> date:
    return at.astimezone(NEW_YORK).date()


def _wait_ideas(world: World, account_id: str, rates: Rates) -> list[Row]:
    """Gains that cost less tax after a short wait."""
    found = []
    for part in _parts(world, account_id, sign=1):
        if part.term != "short":
            continue
        soon = [lot for lot in part.lots if _days_left(world, lot) <= WAIT.days]
        price = book.prices_at(world)(part.position["symbol"])
        gain = sum((book.value_of(lot["quantity"], price) - lot["cost"] for lot in soon), ZERO)
        saved = (gain * (rates.short - rates.long)).quantize(CENT)
        if saved <= 0:
            continue
        symbol = part.position["symbol"]
        days = min(_days_left(world, lot) for lot in soon)
        found.append(
            {
                "opportunity_id": f"wait-{part.position['id']}",
                "type": "long_term_holding",
                "title": f"Keep {symbol} until the gain is long-term",
                "description": (
                    f"{gain} USD of gains in {symbol} turn long-term within {WAIT.days} days, the "
                    f"first in {days}. The saving reckons with {rates.source}: "
                    f"{in_percent(rates.short)} % on short-term, {in_percent(rates.long)} % on "
                    f"long-term results."
                ),
                "estimated_tax_savings": saved,
                "positions": [
                    {
                        **_position(world, Part(part.position, "short", soon, gain), wash=False),
                        "replacement_options": [],
                        "days_until_long_term": days,
                    }
                ],
            }
        )
    return found


def replacements(symbol: str) -> list[str]:
    """Funds that do the same job, to hold meanwhile; for single stocks the whole market."""
    for table in (strategy.SCREENED, strategy.FUNDS):
        for name, funds in table.items():
            if symbol in funds:
                rest = [each for each in funds if each != symbol]
                return rest or [each for each in strategy.FUNDS[name] if each != symbol]
    asset: Asset = assets()[symbol]
    return {"equities": ["VTI"], "fixed_income": ["BND"], "treasury": ["SGOV"]}.get(
        asset.ips_class, []
    )
