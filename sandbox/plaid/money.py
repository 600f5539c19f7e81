"""What accounts hold at a moment: pure functions of (seed, account, time), so balances move slowly
and the same question always gets the same answer. Amounts are US dollars.

A salary comes twice a month and is spent until the next one; savings earn and grow; cards fill up
and are paid; loans are paid off month by month; investments follow the sandbox's market.
"""

import random
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from sandbox import book
from sandbox.world import Row, World

START = date(2024, 1, 1)
"""Where loans are part way through; balances before it are those of that day."""
CENT = Decimal("0.01")

PORTFOLIOS: dict[str, tuple[tuple[str, int], ...]] = {
    "brokerage": (("VTI", 42), ("AAPL", 25), ("MSFT", 12), ("BND", 80), ("NVDA", 18)),
    "ira": (("VOO", 30), ("VXUS", 90), ("BND", 120)),
    "roth": (("VOO", 22), ("AVUV", 40)),
    "401k": (("VTI", 110), ("VXUS", 160), ("BND", 140), ("VTIP", 60)),
}
"""Account subtype to (symbol, typical shares)."""
CASH = "CUR:USD"


def rng(world: World, account: Row, *keys: object) -> random.Random:
    """Chance that belongs to one account and never to the moment it is asked."""
    return world.rng("plaid", account["account_id"], *keys)


def current(world: World, account: Row, at: datetime | None = None) -> Decimal:
    """What the bank shows: money held, or for cards and loans money owed."""
    moment = at or world.clock.now()
    if account["type"] == "investment":
        rows = holdings(world, account, moment)
        if not rows:
            return Decimal(account["base"])
        return sum((row["value"] for row in rows), Decimal(0))
    day = moment.astimezone(UTC).date()
    base = Decimal(account["base"])
    if account.get("fixed"):
        return base
    kinds = {"checking": _checking, "credit card": _card, "mortgage": _loan, "student": _loan}
    if account["subtype"] in kinds:
        return kinds[account["subtype"]](world, account, base, day)
    return _savings(base, day)


def available(account: Row, amount: Decimal) -> Decimal | None:
    """What may be spent now: less what is pending on a checking account, the rest of a limit."""
    if account["type"] == "depository":
        held = Decimal("38.50") if account["subtype"] == "checking" else Decimal(0)
        return max(amount - held, Decimal(0)) if not account.get("fixed") else amount
    if account["limit"] is not None:
        return max(Decimal(account["limit"]) - amount, Decimal(0))
    return None


def months_since(day: date, start: date = START) -> int:
    """Whole calendar months from start to day, never below 0."""
    return max((day.year - start.year) * 12 + day.month - start.month, 0)


def _checking(world: World, account: Row, base: Decimal, day: date) -> Decimal:
    payday = day.replace(day=15 if day.day >= 15 else 1)
    pay = base * Decimal("0.55")
    length = 14 if payday.day == 1 else monthrange(day.year, day.month)[1] - 14
    spent = Decimal(0)
    for number in range((day - payday).days):
        chance = rng(world, account, (payday + timedelta(days=number)).isoformat())
        spent += pay / length * Decimal(f"{chance.uniform(0.5, 1.5):.3f}")
    return max(base + pay - spent - base / 4, Decimal(0)).quantize(CENT)


def _savings(base: Decimal, day: date) -> Decimal:
    months = months_since(day)
    put_aside = base * Decimal("0.01") * min(months, 120)
    return (base * Decimal("1.003") ** months + put_aside).quantize(CENT)


def _card(world: World, account: Row, base: Decimal, day: date) -> Decimal:
    """Statement closes on the 20th and is paid on the 10th of the next month, whole."""
    closed = statement_day(day)
    owed = _spent(world, account, base, closed, day)
    if (day - closed).days < 20:
        before = statement_day(closed - timedelta(days=1))
        owed += _spent(world, account, base, before, closed)
    return owed.quantize(CENT)


def statement_day(day: date) -> date:
    """The last 20th of a month up to the day."""
    if day.day >= 20:
        return day.replace(day=20)
    return (day.replace(day=1) - timedelta(days=1)).replace(day=20)


def _spent(world: World, account: Row, base: Decimal, since: date, until: date) -> Decimal:
    spent = Decimal(0)
    for number in range((until - since).days):
        chance = rng(world, account, (since + timedelta(days=number)).isoformat())
        spent += base / 30 * Decimal(f"{chance.uniform(0.2, 1.8):.3f}")
    return spent


def statement_balance(world: World, account: Row, day: date) -> Decimal:
    """What the last statement of a card asked for."""
    closed = statement_day(day)
    before = statement_day(closed - timedelta(days=1))
    return _spent(world, account, Decimal(account["base"]), before, closed).quantize(CENT)


def loan_terms(account: Row) -> tuple[Decimal, int, Decimal]:
    """Yearly interest in percent, months to go at START, and the monthly payment in dollars."""
    rate, months = (
        (Decimal("5.875"), 331) if account["subtype"] == "mortgage" else (Decimal("4.990"), 108)
    )
    monthly = rate / 1200
    growth = (1 + monthly) ** months
    return rate, months, (Decimal(account["base"]) * monthly * growth / (growth - 1)).quantize(CENT)


def _loan(world: World, account: Row, base: Decimal, day: date) -> Decimal:
    """Paid on the 1st of each month; the interest comes off the payment first."""
    rate, months, payment = loan_terms(account)
    paid = min(months_since(day), months)
    growth = (1 + rate / 1200) ** paid
    left = base * growth - payment * (growth - 1) / (rate / 1200)
    return max(left, Decimal(0)).quantize(CENT)


def holdings(world: World, account: Row, at: datetime | None = None) -> list[Row]:
    """Positions of an investment account: symbol, quantity, price, value, cost; cash last.

    Shares grow by a reinvested sliver every quarter.
    """
    if account.get("fixed"):
        return []
    moment = at or world.clock.now()
    quarters = months_since(moment.date()) // 3
    prices = book.market(world)
    rows: list[Row] = []
    for symbol, shares in PORTFOLIOS.get(account["subtype"], PORTFOLIOS["brokerage"]):
        chance = rng(world, account, symbol)
        held = Decimal(shares) * Decimal(f"{chance.uniform(0.6, 1.5):.2f}")
        quantity = (held * Decimal("1.003") ** quarters).quantize(Decimal("0.0001"))
        price = prices.price(symbol, moment)
        bought = prices.price(symbol, datetime(2024, 1, 2, 21, tzinfo=UTC))
        cost = (held * bought * Decimal(f"{chance.uniform(0.75, 1.05):.3f}")).quantize(CENT)
        value = (quantity * price).quantize(CENT)
        rows.append(
            {"symbol": symbol, "quantity": quantity, "price": price, "value": value, "cost": cost}
        )
    idle = Decimal(f"{rng(world, account, CASH).uniform(150, 2400):.2f}")
    rows.append(
        {"symbol": CASH, "quantity": idle, "price": Decimal(1), "value": idle, "cost": idle}
    )
    return rows
