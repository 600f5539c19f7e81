"""The console's clock: let time pass, stand still, go on, and forget everything."""

from collections import Counter
from datetime import datetime, timedelta
from itertools import takewhile

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest

from sandbox import clock, control
from sandbox.calendar import nyse
from sandbox.console import show
from sandbox.errors import invalid
from sandbox.world import World

STEPS = {
    "hour": "An hour",
    "day": "A day",
    "open": "To the next market opening",
    "week": "A week",
    "month": "A month",
    "year": "A year",
}
LENGTHS = {
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
MONTHS = {"month": 1, "year": 12}
NAMES = {
    "deposit": ("deposit", "deposits"),
    "withdrawal": ("withdrawal", "withdrawals"),
    "buy": ("purchase", "purchases"),
    "sell": ("sale", "sales"),
    "dividend": ("dividend", "dividends"),
    "fee": ("fee", "fees"),
    "deposit_return": ("returned deposit", "returned deposits"),
    "withdrawal_return": ("returned withdrawal", "returned withdrawals"),
}


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.post("/clock")
    def console_clock() -> ResponseReturnValue:
        given = request.form.get("to") or ""
        step = "" if given else show.one_of("step", list(STEPS))
        try:
            moment = clock.parse(given) if given else _after(world.clock.now(), step)
        except (ValueError, OverflowError) as error:
            raise BadRequest("`to` must be an instant.") from error
        return show.act(app, lambda: move(world, moment), show.way_back("/"), "")

    @app.post("/clock/freeze")
    def console_freeze() -> ResponseReturnValue:
        words = "The clock stands still. Time passes only when you move it on."
        return show.act(app, world.clock.freeze, show.way_back("/"), words)

    @app.post("/clock/follow")
    def console_follow() -> ResponseReturnValue:
        words = "The clock goes on from here, a second a second."
        return show.act(app, world.clock.follow, show.way_back("/"), words)

    @app.get("/reset")
    def console_reset_page() -> ResponseReturnValue:
        counts = {
            name: len(world.table(table))
            for name, table in (
                ("accounts", "accounts"),
                ("deposits", "deposits"),
                ("withdrawals", "withdrawals"),
                ("orders", "orders"),
                ("mails", "mails"),
            )
        }
        hooks = len(world.table("webhooks"))
        return render_template("console/reset.html", counts=counts, hooks=hooks)

    @app.post("/reset")
    def console_reset() -> ResponseReturnValue:
        keep = request.form.get("webhooks") != "forget"

        def forget() -> None:
            world.reset(keep_webhooks=keep)

        stayed = "Webhook registrations stayed." if keep else "Webhook registrations too."
        return show.act(app, forget, "/", f"Everything was forgotten. {stayed}")


def _after(now: datetime, step: str) -> datetime:
    if step == "open":
        return nyse().next_open(now)
    if step in MONTHS:
        return clock.months_later(now, MONTHS[step])
    return now + LENGTHS[step]


def move(world: World, moment: datetime) -> str:
    """Live on to a moment. Returns a sentence about the way. Raises ApiError for a step back."""
    if moment < world.clock.now():
        raise invalid("to", "the clock can't go back")
    if moment > control.last_moment():
        raise invalid("to", f"the sandbox's time ends on {show.day(control.last_moment())}")
    before = world.sequence()
    # What real time adds meanwhile must not make it a step back.
    world.clock.advance(max(moment - world.clock.now(), timedelta(0)))
    return f"It is {show.clock_time(world.clock.now())}. {happened(world, before)}"


def happened(world: World, since: int) -> str:
    """What went through the wallets after a sequence number, in a sentence."""
    rows = reversed(world.table("movements").values())
    kinds = Counter(row["kind"] for row in takewhile(lambda row: row["sequence"] > since, rows))
    parts = [
        f"{count:,} {NAMES[kind][count != 1]}" for kind, count in kinds.items() if kind in NAMES
    ]
    if not parts:
        return "No money moved on the way."
    told = parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    return f"On the way: {told}."
