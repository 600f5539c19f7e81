"""A statement of a period: what was there, what came and went, what is there now.

Money is dollars. Figures come from the ledger and reconcile to the cent: ending = beginning +
contributions - withdrawals + investment returns - fees, and holdings plus cash are the ending
value. Each statement begins where the one before ended: what happens after the last close of a
period is posted on the first day of the next.
"""

import calendar
import uuid
from datetime import date, timedelta
from decimal import Decimal

from sandbox import book, corrections, history, ledger
from sandbox.api.assets import asset_id
from sandbox.api.trading import percent, price_fields
from sandbox.calendar import NEW_YORK
from sandbox.errors import ApiError, invalid
from sandbox.history import Stretch
from sandbox.market import assets
from sandbox.world import Row, World

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
MONTHS = {"monthly": 1, "quarterly": 3, "annual": 12}
WORDS = {
    "deposit": "Deposit",
    "withdrawal_return": "Withdrawal returned by the bank",
    "withdrawal": "Withdrawal",
    "deposit_return": "Deposit returned by the bank",
    "debt_repaid": "Repaid for a returned deposit",
}


def period(kind: str, start: date | None, end: date | None, now: date) -> tuple[date, date, str]:
    """First day, last day and name of a period; the last finished one without dates.

    One date alone names the month, quarter or year it lies in; two dates are taken as they are.
    Raises ApiError 400-002 for a custom period without both dates, 400-007 for one that ends before
    it starts or starts in the future.
    """
    if kind == "custom" and (start is None or end is None):
        missing = "start_date" if start is None else "end_date"
        raise invalid(missing, "required for a custom period", "BLUM-400-002")
    if start is None or end is None:
        months = MONTHS[kind]
        inside = start or end or _begin(now, months) - timedelta(days=1)
        start = _begin(inside, months)
        end = _end(start, months)
    if end < start or start > now:
        raise ApiError(400, "BLUM-400-007")
    return start, end, label(start, end)


def _begin(day: date, months: int) -> date:
    return date(day.year, (day.month - 1) // months * months + 1, 1)


def _end(start: date, months: int) -> date:
    month = start.month + months - 1
    return date(start.year, month, calendar.monthrange(start.year, month)[1])


def label(start: date, end: date) -> str:
    """`March 2026`, `Q1 2026`, `2026`, or both dates in words."""
    names = {1: f"{start:%B %Y}", 3: f"Q{(start.month + 2) // 3} {start.year}", 12: f"{start.year}"}
    for months, name in names.items():
        if _begin(start, months) == start and _end(start, months) == end:
            return name
    return f"{in_words(start)} to {in_words(end)}"


def in_words(day: date) -> str:
    """`3 March 2026`."""
    return f"{day.day} {day:%B %Y}"


def statement(world: World, account_id: str, start: date, end: date, name: str) -> Row:
    """The statement as the API answers it."""
    found = history.stretch(world, account_id, start, end)
    change = found.ending - found.starting
    return {
        "statement_id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{account_id}/{start}/{end}")),
        "account_id": account_id,
        "period": {"start_date": start, "end_date": end, "label": name},
        "summary": {
            "beginning_value": found.starting,
            "ending_value": found.ending,
            "net_change": change,
            "net_change_percent": percent(change, found.starting),
            "contributions": found.contributions,
            "withdrawals": found.withdrawals,
            "investment_returns": found.gains,
            "fees": found.fees,
        },
        "activity": {
            "deposits": _money(world, found, "deposit", "withdrawal_return"),
            "withdrawals": _money(world, found, "withdrawal", "deposit_return", "debt_repaid"),
            "trades": _trades(world, account_id, found),
            "dividends": _money(world, found, "dividend"),
            "fees": _money(world, found, "fee"),
        },
        "holdings_end_of_period": holdings(world, account_id, found),
        "generated_at": world.clock.now(),
    }


def cash_at(world: World, account_id: str, found: Stretch) -> Decimal:
    """Wallet cash at the end of the stretch."""
    before = [m for m in ledger.movements(world, account_id) if m["at"] <= found.until]
    return Decimal(before[-1]["balance_after"]) if before else ZERO


def _money(world: World, found: Stretch, *kinds: str) -> list[Row]:
    rows = []
    for move in found.of_kind(*kinds):
        symbol = _symbol(world, move)
        row = {
            "date": history.posted(found, move),
            "amount": abs(move["amount"]),
            "currency": "USD",
            "type": move["kind"],
            "description": _description(world, move, symbol),
        }
        rows.append({**row, "symbol": symbol} if symbol else row)
    return rows


def _symbol(world: World, move: Row) -> str | None:
    """The security a movement is about, if it is about one."""
    if move["reference"] in assets():
        return str(move["reference"])
    order = world.table("orders").get(move["reference"])
    return order["symbol"] if order else None


def _description(world: World, move: Row, symbol: str | None) -> str:
    if move["kind"] == "dividend":
        return f"Dividend {symbol}" if symbol else "Dividend"
    if move["kind"] == "fee":
        if symbol:
            return f"Commission {symbol}"
        return "Advisory fee" if move["reference"] == "advisory fee" else "Fee"
    transfer = world.table("deposits").get(move["reference"]) or {}
    words = WORDS.get(move["kind"], move["kind"].replace("_", " ").capitalize())
    note = transfer.get("description")
    return f"{words}: {note}" if note and move["kind"] == "deposit" else words


def _trades(world: World, account_id: str, found: Stretch) -> list[Row]:
    return [
        {
            "date": min(max(fill.at.astimezone(NEW_YORK).date(), found.start), found.end),
            "type": fill.side,
            "symbol": fill.symbol,
            "side": fill.side,
            "quantity": fill.quantity,
            "price": fill.price,
            "amount": fill.amount,
            "currency": "USD",
            "description": f"{fill.side.capitalize()} {fill.symbol}",
            "order_id": fill.order_id,
        }
        for fill in history.fills(world, account_id, found.until)
        if fill.at > found.since
    ]


def holdings(world: World, account_id: str, found: Stretch) -> list[Row]:
    """Holdings at the end of the stretch, the largest first, weights of the whole account."""
    shares = history.shares_at(world, account_id, found.until)
    costs = history.costs_at(world, account_id, found.until)
    put_right = corrections.by_symbol(world, account_id, found.until)
    prices, rows = book.market(world), []
    for symbol, quantity in shares.items():
        asset, price = assets()[symbol], prices.price(symbol, found.until)
        value, cost = book.value_of(quantity, price), costs[symbol]
        if symbol in put_right:
            value += put_right[symbol]
            price = (value / quantity).quantize(CENT)
        rows.append(
            {
                "position_id": book.position(world, account_id, symbol)["id"],
                "asset_id": asset_id(symbol),
                "symbol": symbol,
                "name": asset.name,
                "currency": "USD",
                "asset_class": asset.ips_class,
                "sector": asset.sector,
                "quantity": quantity,
                "average_cost_basis": (cost / quantity).quantize(CENT / 100),
                "total_cost_basis": cost,
                "current_price": price,
                "market_value": value,
                "unrealized_pl": value - cost,
                "unrealized_pl_percent": percent(value - cost, cost),
                "weight_percent": percent(value, found.ending),
                **price_fields(world, symbol),
                "price_confidence": "END_OF_DAY",
                "price_timestamp": found.until,
            }
        )
    return sorted(rows, key=lambda row: (-row["market_value"], row["symbol"]))
