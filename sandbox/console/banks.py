"""Linked banks: Bluum's funding sources, and the items that partners hold at Plaid themselves."""

from collections.abc import Callable

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox.console import show
from sandbox.plaid import banks, items, webhooks
from sandbox.world import Row, World

ITEM_WORDS = {
    "break": "The sign-in no longer works: the item needs update mode.",
    "lock": "The item is locked at the bank.",
    "repair": "The item works again.",
}


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/banks")
    def console_banks() -> ResponseReturnValue:
        sources = [
            {**row, "who": show.name_of(world, row["account_id"])}
            for row in reversed(world.table("funding_sources").values())
        ]
        sources.sort(key=lambda row: row["status"] != "ERROR")
        return render_template(
            "console/banks.html",
            page=show.page_of(sources),
            items=[_item(row) for row in reversed(world.table(items.ITEMS).values())][:200],
            banks=banks.BANKS,
        )

    @app.post("/plaid-items/<item_id>/<what>")
    def console_plaid_item(item_id: str, what: str) -> ResponseReturnValue:
        item = world.table(items.ITEMS).get(item_id)
        acts: dict[str, Callable[[Row], object]] = {
            "break": lambda row: items.require_login(world, row),
            "lock": lambda row: items.require_login(world, row, "ITEM_LOCKED"),
            "repair": lambda row: items.repair(world, row, by_update_mode=False),
        }
        if item is None or what not in acts:
            raise NotFound("There is no such item.")
        back = show.way_back("/banks#plaid")
        return show.act(app, lambda: acts[what](item), back, ITEM_WORDS[what])

    @app.post("/plaid-key")
    def console_rotate_key() -> ResponseReturnValue:
        words = "Plaid's webhooks are signed with another key from now on."
        return show.act(app, lambda: webhooks.rotate(world), "/banks#plaid", words)


def _item(row: Row) -> Row:
    bank = banks.bank(row["institution_id"])
    return {**row, "bank": bank["name"] if bank else row["institution_id"]}
