"""Deposits and withdrawals of everyone, and the bank's part in them."""

from collections.abc import Callable

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import transfers
from sandbox.console import pending, show
from sandbox.nacha import RETURN_CODES
from sandbox.world import World

STATES = ("pending", "processing", "received", "submitted", "completed", "canceled", "expired",
          "failed")  # fmt: skip
KINDS = ("deposit", "withdrawal")


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/transfers")
    def console_transfers() -> ResponseReturnValue:
        state, kind = request.args.get("status", ""), request.args.get("kind", "")
        rows = [
            row
            for row in pending.transfer_rows(world)
            if state in ("", row["status"]) and kind in ("", row["kind"])
        ]
        return render_template(
            "console/transfers.html",
            page=show.page_of(rows, 25),
            state=state,
            states=STATES,
            kind=kind,
            kinds=KINDS,
            codes=RETURN_CODES,
        )

    @app.post("/transfers/<transfer_id>/<what>")
    def console_transfer(transfer_id: str, what: str) -> ResponseReturnValue:
        code = request.form.get("code", "R01")
        why = f"{code}, {RETURN_CODES.get(code, '')}"
        actions: dict[str, tuple[Callable[[], object], str]] = {
            "settle": (lambda: transfers.settle(world, transfer_id), "is completed"),
            "arrive": (
                lambda: transfers.arrive(world, transfer_id),
                "has arrived at the custodian",
            ),
            "fail": (lambda: transfers.fail(world, transfer_id, code), f"has failed ({why})"),
            "return": (
                lambda: transfers.give_back(world, transfer_id, code),
                f"was returned by the bank ({why}), its money went back",
            ),
        }
        known = any(transfer_id in world.table(f"{kind}s") for kind in transfers.STEPS)
        if what not in actions or not known:
            raise NotFound("There is no such transfer.")
        kind, row = transfers.kind_of(world, transfer_id)
        action, became = actions[what]
        done = f"The {kind} of {show.money(row['amount'])} {became}."
        return show.act(app, action, show.way_back("/transfers"), done)
