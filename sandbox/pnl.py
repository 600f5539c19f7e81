"""Profit and loss of a period, by position and by class, realised and not.

Money is dollars, before fees. A position's gain is what it is worth at the end, plus what its sales
brought, less what it was worth at the start and what its purchases cost; the part that lots sold in
the period made over their cost is realised, the rest is the change of what is not. So the parts add
up to the account's investment gains, to the cent.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sandbox import book, history
from sandbox.api.trading import percent
from sandbox.market import assets
from sandbox.world import Row, World

ZERO = Decimal("0.00")


@dataclass
class Result:
    """One security's part. `capital` is its value at the start plus what was bought."""

    realized: Decimal = ZERO
    unrealized: Decimal = ZERO
    dividends: Decimal = ZERO
    capital: Decimal = ZERO


def report(
    world: World, account_id: str, start: date, end: date, *, realized_only: bool = False
) -> Row:
    """The report as the API answers it. `realized_only` leaves out what is not realised."""
    found = history.stretch(world, account_id, start, end)
    sales = _inside(book.of(world, account_id)["realized"], found)
    by_symbol = _by_symbol(world, account_id, found, sales)
    if realized_only:
        for part in by_symbol.values():
            part.unrealized = ZERO
        by_symbol = {s: p for s, p in by_symbol.items() if p.realized or p.dividends}
    realized = sum((part.realized for part in by_symbol.values()), ZERO)
    unrealized = sum((part.unrealized for part in by_symbol.values()), ZERO)
    return {
        "account_id": account_id,
        "period": {"start_date": start, "end_date": end},
        "summary": {
            "total_pnl": realized + unrealized + found.dividends + found.interest,
            "realized_pnl": realized,
            "unrealized_pnl": unrealized,
            "dividend_income": found.dividends,
            "interest_income": found.interest,
            "fees_paid": found.fees,
        },
        "realized_gains_losses": gains_and_losses(sales),
        "by_position": [
            {
                "symbol": symbol,
                "realized_pnl": part.realized,
                "unrealized_pnl": part.unrealized,
                "dividend_income": part.dividends,
            }
            for symbol, part in by_symbol.items()
        ],
        "by_asset_class": _by_class(by_symbol),
    }


def gains_and_losses(sales: list[Row]) -> Row:
    """Realised gains and losses by term, each a positive amount, and what is left net."""
    return {
        "short_term_gains": _taken(sales, "short", 1),
        "short_term_losses": _taken(sales, "short", -1),
        "long_term_gains": _taken(sales, "long", 1),
        "long_term_losses": _taken(sales, "long", -1),
        "net_realized": sum((row["gain"] for row in sales), ZERO),
    }


def _taken(sales: list[Row], term: str, sign: int) -> Decimal:
    gains = (row["gain"] for row in sales if row["term"] == term and row["gain"] * sign > 0)
    total: Decimal = sum(gains, ZERO)
    return abs(total)


def _inside(rows: list[Row], found: history.Stretch) -> list[Row]:
    return [row for row in rows if found.since < row["at"] <= found.until]


def _by_symbol(
    world: World, account_id: str, found: history.Stretch, sales: list[Row]
) -> dict[str, Result]:
    parts: dict[str, Result] = {}

    def part(symbol: str) -> Result:
        return parts.setdefault(symbol, Result())

    for symbol, value in history.values_at(world, account_id, found.since).items():
        part(symbol).unrealized -= value
        part(symbol).capital += value
    for fill in history.fills(world, account_id, found.until):
        if fill.at > found.since and fill.side == "buy":
            part(fill.symbol).unrealized -= fill.amount
            part(fill.symbol).capital += fill.amount
        elif fill.at > found.since:
            part(fill.symbol).unrealized += fill.amount
    for symbol, value in history.values_at(world, account_id, found.until).items():
        part(symbol).unrealized += value
    for row in sales:
        part(row["symbol"]).realized += row["gain"]
        part(row["symbol"]).unrealized -= row["gain"]
    for row in _inside(book.of(world, account_id)["dividends"], found):
        part(row["symbol"]).dividends += row["amount"]
    return parts


def _by_class(by_symbol: dict[str, Result]) -> list[Row]:
    gains: dict[str, Decimal] = {}
    capital: dict[str, Decimal] = {}
    for symbol, part in by_symbol.items():
        name = assets()[symbol].ips_class
        gain = part.realized + part.unrealized + part.dividends
        gains[name] = gains.get(name, ZERO) + gain
        capital[name] = capital.get(name, ZERO) + part.capital
    return [
        {"asset_class": name, "pnl": gain, "pnl_percent": percent(gain, capital[name])}
        for name, gain in gains.items()
    ]
