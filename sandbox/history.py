"""An account's past as numbers: value and flows by day, and what happened in a stretch of time.

Days are the exchange's. External flows are deposits, withdrawals and their returns; everything
else stays inside. ending = starting + contributions - withdrawals + gains - fees, to the cent.
"""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise

from sandbox import book, corrections, ledger, orders
from sandbox.calendar import NEW_YORK, nyse
from sandbox.performance import Point
from sandbox.world import Row, World

ZERO = Decimal("0.00")
EXTERNAL = ("deposit", "withdrawal", "deposit_return", "withdrawal_return", "debt_repaid")


@dataclass(frozen=True)
class Stretch:
    """What happened between two valuations; money in dollars."""

    start: date
    end: date
    since: datetime
    until: datetime
    points: list[Point]
    movements: list[Row]

    @property
    def starting(self) -> Decimal:
        """Value before the first day."""
        return self.points[0].value

    @property
    def ending(self) -> Decimal:
        """Value at the end of the last day."""
        return self.points[-1].value

    @property
    def contributions(self) -> Decimal:
        """Money that came in from outside."""
        return self._sum("deposit", "withdrawal_return")

    @property
    def withdrawals(self) -> Decimal:
        """Money that left, positive."""
        return -self._sum("withdrawal", "deposit_return", "debt_repaid")

    @property
    def dividends(self) -> Decimal:
        """Dividends credited."""
        return self._sum("dividend")

    @property
    def interest(self) -> Decimal:
        """Interest on cash credited."""
        return self._sum("interest")

    @property
    def fees(self) -> Decimal:
        """Fees and commissions, positive."""
        return -self._sum("fee")

    @property
    def gains(self) -> Decimal:
        """What the market brought, dividends included, before fees."""
        grown = self.ending - self.starting - self.contributions + self.withdrawals
        return grown + self.fees

    def of_kind(self, *kinds: str) -> list[Row]:
        """Movements of these kinds, oldest first."""
        return [row for row in self.movements if row["kind"] in kinds]

    def _sum(self, *kinds: str) -> Decimal:
        return sum((row["amount"] for row in self.of_kind(*kinds)), ZERO)


def today(world: World) -> date:
    """The day in New York."""
    return world.clock.now().astimezone(NEW_YORK).date()


def first_day(world: World, account_id: str) -> date | None:
    """The day of the account's first movement."""
    moves = ledger.movements(world, account_id)
    return moves[0]["at"].astimezone(NEW_YORK).date() if moves else None


def stretch(world: World, account_id: str, start: date, end: date) -> Stretch:
    """From the last valuation before `start` to the last of `end`, or to this moment.

    Flows are those between the two valuations, so the parts add up to the cent.
    """
    now, values = world.clock.now(), book.of(world, account_id)["values"]
    before = [row for row in values if row["date"] < start]
    inside = [row for row in values if start <= row["date"] <= end]
    first: Row = before[-1] if before else {"date": start - timedelta(days=1), "value": ZERO}
    since = first.get("at") or _midnight(start)
    moves = ledger.movements(world, account_id)
    if not before and moves:
        since = min(since, moves[0]["at"] - timedelta(seconds=1))
    if end >= today(world):
        live = {"date": min(end, today(world)), "value": book.total(world, account_id), "at": now}
        inside = [row for row in inside if row["date"] != live["date"]] + [live]
    until = inside[-1]["at"] if inside else since
    moves = [row for row in moves if since < row["at"] <= until]

    def worth(row: Row) -> Decimal:
        put_right: Decimal = row["value"] + corrections.on(world, account_id, row["date"])
        return put_right

    points = [Point(first["date"], worth(first), ZERO)]
    moments = [row["at"] for row in moves]
    done = 0
    for row in inside:
        upto = bisect_right(moments, row["at"])
        flow = sum((m["amount"] for m in moves[done:upto] if m["kind"] in EXTERNAL), ZERO)
        points.append(Point(row["date"], worth(row), flow))
        done = upto
    return Stretch(start, end, since, until, points, moves)


def between_closes(world: World, account_id: str, start: date, end: date) -> Stretch:
    """From the close of `start` to that of `end`; from before `start` if it is the first day."""
    first = first_day(world, account_id)
    later = first is not None and first < start < end
    return stretch(world, account_id, start + timedelta(days=1) if later else start, end)


def dated_flows(found: Stretch) -> list[tuple[date, Decimal]]:
    """Money put in (+) and taken out (-), the starting value first; for money-weighted returns."""
    flows = [(found.points[0].day, found.starting)] if found.starting else []
    flows += [(posted(found, row), row["amount"]) for row in found.of_kind(*EXTERNAL)]
    return flows


def posted(found: Stretch, row: Row) -> date:
    """The day a movement counts in a stretch: its own, or the first after the last close before."""
    day: date = row["at"].astimezone(NEW_YORK).date()
    return min(max(day, found.start), found.end)


@dataclass(frozen=True)
class Fill:
    """Shares bought or sold at one moment. `amount` is dollars without commission."""

    at: datetime
    order_id: str
    symbol: str
    side: str
    quantity: Decimal
    price: Decimal
    amount: Decimal


def fills(world: World, account_id: str, until: datetime | None = None) -> list[Fill]:
    """What the account's orders did, oldest first; all of it, or up to a moment."""
    found: list[Fill] = []
    for order in orders.of(world, account_id):
        if order["filled_qty"] > 0:
            found += _fills_of(order)
    return sorted((f for f in found if until is None or f.at <= until), key=lambda fill: fill.at)


def _fills_of(order: Row) -> list[Fill]:
    parts = order.get("fills") or [
        {
            "at": order["filled_at"],
            "quantity": order["filled_qty"],
            "price": order["average_price"],
            "amount": order["filled_amount"],
        }
    ]
    return [
        Fill(
            part["at"],
            order["id"],
            order["symbol"],
            order["side"],
            part["quantity"],
            part["price"],
            part["amount"],
        )
        for part in parts
    ]


def shares_at(world: World, account_id: str, moment: datetime) -> dict[str, Decimal]:
    """Shares held at a past moment, by symbol."""
    held: dict[str, Decimal] = {}
    for fill in fills(world, account_id, moment):
        sign = 1 if fill.side == "buy" else -1
        held[fill.symbol] = held.get(fill.symbol, Decimal(0)) + sign * fill.quantity
    return {symbol: quantity for symbol, quantity in held.items() if quantity}


def values_at(world: World, account_id: str, moment: datetime) -> dict[str, Decimal]:
    """Market value by symbol at a past moment."""
    prices = book.market(world)
    put_right = corrections.by_symbol(world, account_id, moment)
    return {
        symbol: book.value_of(quantity, prices.price(symbol, moment)) + put_right.get(symbol, ZERO)
        for symbol, quantity in shares_at(world, account_id, moment).items()
    }


def benchmark_growth(world: World, symbol: str, points: list[Point]) -> list[float]:
    """Daily growth factors of a symbol over the same days, its dividends included."""
    calendar, prices, now = nyse(), book.market(world), world.clock.now()
    sessions = [max(calendar.index_on_or_before(point.day), 0) for point in points]
    closes = [
        prices.price(symbol, now)
        if calendar.closes[session] > now.timestamp()
        else prices.close(symbol, session)
        for session in sessions
    ]
    paid = [
        sum(
            (
                prices.dividend(symbol, session)
                for session in range(before + 1, after + 1)
                if calendar.opens[session] <= now.timestamp()
            ),
            ZERO,
        )
        for before, after in pairwise(sessions)
    ]
    return [float((b + cash) / a) for (a, b), cash in zip(pairwise(closes), paid, strict=True)]


def costs_at(world: World, account_id: str, moment: datetime) -> dict[str, Decimal]:
    """What the shares held at a past moment had cost, by symbol."""
    costs: dict[str, Decimal] = {}
    for fill in fills(world, account_id, moment):
        if fill.side == "buy":
            costs[fill.symbol] = costs.get(fill.symbol, ZERO) + fill.amount
    for row in book.of(world, account_id)["realized"]:
        if row["at"] <= moment:
            costs[row["symbol"]] -= row["cost"]
    return costs


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(0), NEW_YORK).astimezone(UTC)
