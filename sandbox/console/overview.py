"""The first page: the time, the market, what waits, what goes wrong, what could be played."""

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import deliveries, scenarios
from sandbox.calendar import nyse
from sandbox.console import faults, market, pending, requests, show
from sandbox.world import Row, World


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/")
    def console_overview() -> ResponseReturnValue:
        now = world.clock.now()
        workflows = [
            {**row, "who": show.name_of(world, row["account_id"]), "may": pending.decisions(row)}
            for row in pending.workflows(world)
        ]
        papers = [
            {**row, "who": show.name_of(world, row["account_id"])}
            for row in pending.documents(world)
        ]
        moving, orders = pending.moving(world), pending.open_orders(world)
        rows = world.table(deliveries.TABLE).values()
        return render_template(
            "console/overview.html",
            mood=market.mood(world),
            is_open=nyse().is_open(now),
            turns=nyse().next_close(now) if nyse().is_open(now) else nyse().next_open(now),
            counts={"accounts": len(world.table("accounts")), "planned": world.planned()},
            next_due=world.next_due(),
            workflows=workflows,
            papers=papers,
            moving=moving,
            orders=orders,
            broken=pending.broken_banks(world),
            dead=sum(1 for row in rows if row["status"] == "dead"),
            shown=pending.SHOWN,
            waiting=len(workflows) + len(papers) + len(moving) + len(orders),
            faults=faults.active(world),
            requests=requests.newest(app)[:8],
            scenarios=_playable(world),
        )

    @app.post("/scenarios/<name>")
    def console_scenario(name: str) -> ResponseReturnValue:
        if name not in scenarios.SCENARIOS:
            raise NotFound("There is no such scenario.")
        known = scenarios.SCENARIOS[name].arguments
        given = {key: value for key, value in request.form.items() if key in known and value}

        def play() -> str:
            before = len(world.table("accounts"))
            scenarios.run(world, name, **given)
            made = len(world.table("accounts")) - before
            people = "No account was made" if made == 0 else f"{made} new account"
            people += "s" if made > 1 else ""
            now = show.clock_time(world.clock.now())
            return f"Played “{show.words(name)}”. {people}. It is {now}."

        return show.act(app, play, "/", "")


def _playable(world: World) -> list[Row]:
    """Scenarios with their arguments; `how` says what they do to the clock."""
    fresh = not world.table("accounts")
    found = []
    for row in scenarios.catalogue():
        if row["name"] == "empty":
            continue
        lasts = scenarios.SCENARIOS[row["name"]].lasts
        how = ""
        if lasts.days:
            length = f"{lasts.days} days"
            how = f"{length} of history" if fresh else f"moves time on by {length}"
        found.append({**row, "how": how})
    return found
