"""Webhooks on their way and gone, Bluum's and Plaid's."""

import json
from fnmatch import fnmatchcase
from typing import Any

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import deliveries
from sandbox.console import show
from sandbox.plaid import webhooks
from sandbox.world import Row, World

TABLES = {"bluum": deliveries.TABLE, "plaid": webhooks.TABLE}
STATES = ("waiting", "sending", "delivered", "dead", "lost", "dropped")
HEADERS = {"bluum": "X-Bluum-Signature", "plaid": "Plaid-Verification"}


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/deliveries")
    def console_deliveries() -> ResponseReturnValue:
        sender = "plaid" if request.args.get("sender") == "plaid" else "bluum"
        state, event = request.args.get("status", ""), request.args.get("event", "").strip()
        everything = world.table(TABLES[sender]).values()
        rows = [
            row
            for row in reversed(everything)
            if state in ("", row["status"]) and fnmatchcase(row["event"], event or "*")
        ]
        return render_template(
            "console/deliveries.html",
            page=show.page_of(rows),
            sender=sender,
            state=state,
            states=STATES,
            event=event,
            lost=sum(1 for row in everything if row["status"] in ("dead", "lost", "dropped")),
            webhooks=list(world.table("webhooks").values()),
        )

    @app.get("/deliveries/<delivery_id>")
    def console_delivery(delivery_id: str) -> ResponseReturnValue:
        sender, row = _find(world, delivery_id)
        hook = world.table("webhooks").get(row.get("webhook_id", ""))
        return render_template(
            "console/delivery.html",
            row=row,
            sender=sender,
            url=row["url"] if sender == "plaid" else hook["url"] if hook else None,
            header=HEADERS[sender],
            signature=_signature(world, sender, row, hook),
            body=_pretty(row["body"]),
        )

    @app.post("/deliveries/<delivery_id>/replay")
    def console_replay(delivery_id: str) -> ResponseReturnValue:
        sender, row = _find(world, delivery_id)
        send = webhooks.replay if sender == "plaid" else deliveries.replay
        words = f"{row['event']} is sent once more, now, and without a fault."
        back = show.way_back("/deliveries")
        return show.act(app, lambda: send(world, delivery_id), back, words)

    @app.post("/deliveries/replay")
    def console_replay_dead() -> ResponseReturnValue:
        def replay() -> str:
            if request.form.get("sender") == "plaid":
                count = webhooks.replay_dead(world)
            else:
                count = deliveries.replay_dead(world)
            return f"{count} {'webhook is' if count == 1 else 'webhooks are'} sent once more."

        return show.act(app, replay, show.way_back("/deliveries"), "")


def _find(world: World, delivery_id: str) -> tuple[str, Row]:
    for sender, table in TABLES.items():
        if delivery_id in world.table(table):
            return sender, world.table(table)[delivery_id]
    raise NotFound("This delivery is no longer kept.")


def _signature(world: World, sender: str, row: Row, hook: Row | None) -> str | None:
    """What the header would say if it was sent at its last try, or now."""
    if sender == "plaid":
        return webhooks.sign(world, row["body"].encode())
    if hook is None:
        return None
    last: Any = row["tries"][-1]["at"] if row["tries"] else world.clock.now()
    return deliveries.sign(hook["secret"], row["body"].encode(), int(last.timestamp()))


def _pretty(body: str) -> str:
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False)
