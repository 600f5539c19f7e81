"""Prices, and what moves them beside chance."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import book
from sandbox.calendar import nyse
from sandbox.console import chart, show
from sandbox.errors import invalid
from sandbox.market import IPS_CLASS, SCOPES, assets
from sandbox.world import Row, World

MOVES = {
    "crash": (
        "A crash: stocks −20 %",
        "Stocks and alternatives lose a fifth at once, bonds a fiftieth, for good.",
        [("equities", -20), ("alternatives", -20), ("fixed_income", -2)],
        None,
    ),
    "scare": (
        "A scare: −10 %, over in 30 days",
        "Stocks lose a tenth at once and have it back after 30 days.",
        [("equities", -10)],
        30.0,
    ),
    "rally": (
        "A rally: stocks +15 %",
        "Stocks gain 15 percent at once, for good.",
        [("equities", 15)],
        None,
    ),
    "rates": (
        "Higher rates: bonds −6 %",
        "Bonds lose 6 percent at once, for good.",
        [("fixed_income", -6)],
        None,
    ),
}
"""A button's name, what it does, its moves in percent, and the days until they have faded."""

SYMBOLS = (("Stocks", "VTI"), ("Bonds", "BND"), ("Treasuries", "SGOV"))
SPANS = {"month": ("A month", 31), "year": ("A year", 365), "five": ("Five years", 1826)}
LOWEST, HIGHEST = Decimal("-99"), Decimal(900)
LONGEST = Decimal(3650)


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/market")
    def console_market() -> ResponseReturnValue:
        return render_template(
            "console/market.html",
            mood=mood(world),
            groups=_groups(world),
            moves=MOVES,
            shocks=shocks(world),
            **_state(world),
            **choices(),
        )

    @app.get("/market/<symbol>")
    def console_symbol(symbol: str) -> ResponseReturnValue:
        asset = assets().get(symbol)
        if asset is None:
            raise NotFound("Nobody trades that here.")
        span = request.args.get("span", "year")
        length = SPANS.get(span, SPANS["year"])[1]
        return render_template(
            "console/symbol.html",
            asset=asset,
            row=_row(world, symbol),
            span=span if span in SPANS else "year",
            spans=SPANS,
            chart=_chart(world, symbol, length),
            is_unpriced=symbol in book.unpriced(world),
            **_state(world),
            **choices(),
        )

    @app.post("/market/move")
    def console_move() -> ResponseReturnValue:
        def move() -> str:
            scope = request.form.get("scope", "")
            if scope not in SCOPES and scope not in assets():
                raise invalid("scope", "choose what shall move")
            change = show.number("The change", request.form.get("percent"))
            days = show.number("The days of recovery", request.form.get("days"))
            if change is None or not LOWEST <= change <= HIGHEST or change == 0:
                raise invalid("percent", f"from {LOWEST} to {HIGHEST}, and not zero")
            if days is not None and not 0 < days <= LONGEST:
                raise invalid("days", f"more than zero, at most {LONGEST}")
            _shock(world, scope, float(change), None if days is None else float(days))
            fades = f", fading over {days:f} days" if days else ", for good"
            return f"{_named(scope)} moved by {show.percent(change)}{fades}."

        return show.act(app, move, show.way_back("/market"), "")

    @app.post("/market/moves/<name>")
    def console_named_move(name: str) -> ResponseReturnValue:
        if name not in MOVES:
            raise NotFound("There is no such move.")
        _, about, moves, days = MOVES[name]

        def move() -> None:
            for scope, change in moves:
                _shock(world, scope, change, days)

        return show.act(app, move, show.way_back("/market"), about)

    @app.post("/market/<symbol>/price")
    def console_price(symbol: str) -> ResponseReturnValue:
        """Take the price away from whoever holds it, or give it back."""
        if symbol not in assets():
            raise NotFound("Nobody trades that here.")

        def turn() -> str:
            away = book.unpriced(world)
            if symbol in away:
                book.leave_unpriced(world, [other for other in away if other != symbol])
                return f"{symbol} has a price again."
            book.leave_unpriced(world, [*away, symbol])
            return f"Whoever holds {symbol} sees no price now."

        return show.act(app, turn, show.way_back(f"/market/{symbol}"), "")

    @app.post("/market/calm")
    def console_calm() -> ResponseReturnValue:
        def calm() -> None:
            world.table("market").pop("shocks", None)
            world.tell("market.moved", {})

        words = "All moves are taken back: prices are what chance alone makes them."
        return show.act(app, calm, show.way_back("/market"), words)


def choices() -> dict[str, Any]:
    """What a form can move."""
    return {
        "classes": [(name, _named(name)) for name in dict.fromkeys(IPS_CLASS.values())],
        "parts_of": [(name, _named(name)) for name in IPS_CLASS if name not in IPS_CLASS.values()],
        "symbols": [(row.symbol, row.name) for row in assets().values() if row.tradable],
    }


def mood(world: World) -> list[Row]:
    """How stocks, bonds and treasuries stand today."""
    return [{"name": name, **_row(world, symbol)} for name, symbol in SYMBOLS]


def shocks(world: World) -> list[Row]:
    """The moves in force, newest first."""
    return [
        {
            "scope": _named(row["scope"]),
            "at": datetime.fromisoformat(row["at"]),
            "change": (row["factor"] - 1) * 100,
            "days": row.get("recovery_days"),
        }
        for row in reversed(book.market(world).shocks)
    ]


def _shock(world: World, scope: str, change: float, days: float | None) -> None:
    book.shock(world, scope, 1 + change / 100, recovery_days=days)


def _named(scope: str) -> str:
    return "Everything" if scope == "all" else scope if scope in assets() else _class_name(scope)


def _class_name(name: str) -> str:
    return {"equities": "Stocks", "fixed_income": "Bonds", "treasury": "Treasuries"}.get(
        name, show.words(name).capitalize()
    ).replace("Us ", "US ")


def _state(world: World) -> Row:
    now = world.clock.now()
    is_open = nyse().is_open(now)
    turns = nyse().next_close(now) if is_open else nyse().next_open(now)
    return {"is_open": is_open, "turns": turns}


def _row(world: World, symbol: str) -> Row:
    prices, now = book.market(world), world.clock.now()
    price, before = prices.price(symbol, now), prices.previous_close(symbol, now)
    return {
        "symbol": symbol,
        "price": price,
        "change": float(price / before - 1) * 100 if before else 0.0,
    }


def _groups(world: World) -> list[tuple[str, list[Row]]]:
    """Assets by class, with price and the day's change."""
    groups: dict[str, list[Row]] = {}
    for asset in assets().values():
        if asset.tradable:
            row = {**_row(world, asset.symbol), "name": asset.name, "sector": asset.sector}
            groups.setdefault(_class_name(asset.asset_class), []).append(row)
    return list(groups.items())


def _chart(world: World, symbol: str, length: int) -> chart.Chart | None:
    """Closing prices of so many days, and the last price."""
    now, calendar = world.clock.now(), nyse()
    last = calendar.last_closed(now)
    first = max(calendar.index_on_or_after(now.date() - timedelta(days=length)), 0)
    if first >= last:
        return None
    prices = book.market(world)
    days = list(calendar.days[first : last + 1])
    values = prices.closes(symbol, first, last)
    if calendar.is_open(now) or prices.price(symbol, now) != values[-1]:
        today = max(now.date(), days[-1])
        if today == days[-1]:
            values[-1] = prices.price(symbol, now)
        else:
            days.append(today)
            values.append(prices.price(symbol, now))
    return chart.line(days, values)
