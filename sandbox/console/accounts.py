"""The list of accounts: search, filter, fifty a page."""

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import book, ledger
from sandbox.api import compliance
from sandbox.console import show
from sandbox.world import Row, World

STATES = ("ACTIVE", "PENDING", "REJECTED", "SUSPENDED", "INACTIVE")


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/accounts")
    def console_accounts() -> ResponseReturnValue:
        wanted = request.args.get("q", "").strip()
        state = request.args.get("status", "")
        found = [
            row
            for row in reversed(world.table("accounts").values())
            if state in ("", row["status"]) and _matches(row, wanted.casefold())
        ]
        page = show.page_of(found)
        price = book.prices_at(world)
        cards = []
        for row in page.rows:
            values = book.values(world, row["id"], price=price).values()
            invested = sum(values, ledger.ZERO)
            cards.append(
                {
                    **row,
                    "name": show.name_of(world, row["id"]),
                    "verification": compliance.latest(world, row["id"])["status"],
                    "worth": invested + ledger.balance(world, row["id"]),
                }
            )
        return render_template(
            "console/accounts.html",
            page=page,
            cards=cards,
            wanted=wanted,
            state=state,
            states=STATES,
            everyone=len(world.table("accounts")),
        )


def _matches(account: Row, wanted: str) -> bool:
    """Whether a name, an e-mail address, a number or an id holds these words."""
    identity = account["identity"]
    text = " ".join(
        (
            str(identity["first_name"]),
            str(identity["last_name"]),
            str(account["contact"]["email_address"]),
            str(account["account_number"] or ""),
            str(account["id"]),
        )
    )
    return wanted in text.casefold()
