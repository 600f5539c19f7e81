"""The console at `/`: pages to look at what happened and to decide what happens next."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import book, deliveries, faults, ledger, transfers
from sandbox.api import compliance, documents
from sandbox.errors import ApiError
from sandbox.world import Row, World

STEPS = {
    "hour": ("An hour", timedelta(hours=1)),
    "day": ("A day", timedelta(days=1)),
    "week": ("A week", timedelta(weeks=1)),
    "month": ("30 days", timedelta(days=30)),
    "year": ("A year", timedelta(days=365)),
}
PAGES = [
    ("/", "Accounts"),
    ("/transfers", "Transfers"),
    ("/deliveries", "Deliveries"),
    ("/mail", "Mail"),
    ("/faults", "Faults"),
    ("/requests", "Requests"),
]
GOOD = ("ACTIVE", "approved", "completed", "clear", "delivered", "filled")
BAD = ("REJECTED", "rejected", "failed", "dead", "lost", "SUSPENDED", "expired")
SHOWN = 200


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.context_processor
    def common() -> dict[str, Any]:
        return {
            "pages": PAGES,
            "now": world.clock.now(),
            "steps": STEPS,
            "notice": request.args.get("notice", ""),
            "tone": tone,
        }

    @app.template_filter("moment")
    def moment(value: datetime | None) -> str:
        return f"{value:%Y-%m-%d %H:%M:%S} UTC" if value else ""

    @app.get("/")
    def console_accounts() -> ResponseReturnValue:
        rows = [account_card(world, a) for a in reversed(world.table("accounts").values())]
        return render_template("console/accounts.html", accounts=rows)

    @app.get("/accounts/<account_id>")
    def console_account(account_id: str) -> ResponseReturnValue:
        account = world.table("accounts").get(account_id)
        if account is None:
            raise NotFound("There is no such account.")
        papers = [
            row for row in world.table("documents").values() if row["account_id"] == account_id
        ]
        return render_template(
            "console/account.html",
            card=account_card(world, account),
            documents=papers[::-1],
            holdings=sorted(book.values(world, account_id).items()),
            worth=book.total(world, account_id),
            story=story(world, account),
        )

    @app.post("/accounts/<account_id>/decide")
    def console_decide(account_id: str) -> ResponseReturnValue:
        return act(
            lambda: compliance.decide(world, account_id, request.form["decision"]),
            f"/accounts/{account_id}",
            "Decided.",
        )

    @app.post("/documents/<document_id>/decide")
    def console_decide_document(document_id: str) -> ResponseReturnValue:
        row = world.table("documents").get(document_id, {"account_id": ""})
        return act(
            lambda: documents.decide(world, document_id, request.form["decision"]),
            f"/accounts/{row['account_id']}",
            "Decided.",
        )

    @app.get("/transfers")
    def console_transfers() -> ResponseReturnValue:
        rows = [
            {**row, "kind": kind, "id": row[f"{kind}_id"], "who": name_of(world, row["account_id"])}
            for kind in transfers.STEPS
            for row in world.table(f"{kind}s").values()
        ]
        rows.sort(key=lambda row: row["created_at"], reverse=True)
        return render_template(
            "console/transfers.html",
            transfers=rows[:SHOWN],
            open=transfers.OPEN,
            codes=transfers.RETURN_CODES,
        )

    @app.post("/transfers/<transfer_id>/<what>")
    def console_transfer(transfer_id: str, what: str) -> ResponseReturnValue:
        code = request.form.get("code", "R01")
        actions: dict[str, Callable[[], object]] = {
            "settle": lambda: transfers.settle(world, transfer_id),
            "fail": lambda: transfers.fail(world, transfer_id, code),
            "return": lambda: transfers.give_back(world, transfer_id, code),
        }
        if what not in actions:
            raise NotFound
        return act(actions[what], "/transfers", "Done.")

    @app.get("/deliveries")
    def console_deliveries() -> ResponseReturnValue:
        rows = list(world.table("deliveries").values())[::-1]
        hooks = list(world.table("webhooks").values())
        return render_template("console/deliveries.html", deliveries=rows[:SHOWN], webhooks=hooks)

    @app.post("/deliveries/<delivery_id>/replay")
    def console_replay(delivery_id: str) -> ResponseReturnValue:
        if delivery_id not in world.table("deliveries"):
            raise NotFound("This delivery is no longer kept.")
        return act(lambda: deliveries.replay(world, delivery_id), "/deliveries", "Sent again.")

    @app.get("/faults")
    def console_faults() -> ResponseReturnValue:
        rows = list(world.table("faults").values())[::-1]
        return render_template("console/faults.html", faults=rows, kinds=faults.KINDS)

    @app.post("/faults")
    def console_add_fault() -> ResponseReturnValue:
        given: Row = {key: value for key, value in request.form.items() if value}
        return act(lambda: faults.add(world, given), "/faults", "Added.")

    @app.post("/faults/clear")
    def console_clear_faults() -> ResponseReturnValue:
        return act(world.table("faults").clear, "/faults", "Cleared.")

    @app.get("/requests")
    def console_requests() -> ResponseReturnValue:
        log = list(app.gateway.log)[::-1]  # type: ignore[attr-defined]
        return render_template("console/requests.html", requests=log[:SHOWN])

    @app.post("/clock")
    def console_clock() -> ResponseReturnValue:
        step = STEPS.get(request.form.get("step", ""))
        if step is None:
            raise NotFound
        back = request.form.get("back", "/")
        if not back.startswith("/") or back.startswith("//"):
            back = "/"
        return act(lambda: world.clock.advance(step[1]), back, f"{step[0]} later.")


def act(action: Callable[[], object], back: str, done: str) -> ResponseReturnValue:
    """Do something, go back, say what came of it."""
    try:
        action()
    except ApiError as error:
        done = error.message
    return redirect(f"{back}?{urlencode({'notice': done})}", 303)


def tone(status: object) -> str:
    """The class that colours a status."""
    return "good" if status in GOOD else "bad" if status in BAD else "warn"


def name_of(world: World, account_id: str) -> str:
    """First and last name of an account's holder."""
    account = world.table("accounts").get(account_id)
    if account is None:
        return account_id
    return f"{account['identity']['first_name']} {account['identity']['last_name']}"


def account_card(world: World, account: Row) -> Row:
    """What the console shows of an account."""
    workflow = compliance.latest(world, account["id"])
    return {
        "id": account["id"],
        "name": name_of(world, account["id"]),
        "email": account["contact"]["email_address"],
        "status": account["status"],
        "management_type": account["management_type"],
        "created_at": account["created_at"],
        "workflow": workflow,
        "undecided": workflow["status"] in ("in_progress", "pending_review"),
        "balance": ledger.balance(world, account["id"]),
        "reserved": ledger.reserved(world, account["id"]),
    }


def story(world: World, account: Row) -> list[tuple[datetime, str]]:
    """What happened to an account, newest first."""
    own = account["id"]
    events: list[tuple[datetime, str]] = [(account["created_at"], "Account opened")]
    for workflow in _own(world, "workflows", own):
        events.append((workflow["created_at"], f"Verification {workflow['number']} started"))
        for check in workflow["checks"]:
            if check["completed_at"]:
                words = f"{check['check_type']}: {check['status']}".replace("_", " ")
                events.append((check["completed_at"], words))
        if workflow["status"] != "in_progress":
            words = f"Verification {workflow['number']}: {workflow['status']}".replace("_", " ")
            events.append((workflow["updated_at"], words))
    for document in _own(world, "documents", own):
        words = f"Document {document['document_type']}: {document['upload_status']}"
        events.append((document["uploaded_at"], words.replace("_", " ")))
    for source in _own(world, "funding_sources", own):
        events.append((source["created_at"], f"Bank linked: {source['institution_name']}"))
    for kind in transfers.STEPS:
        for row in _own(world, f"{kind}s", own):
            when = row["failed_at"] or row["completed_at"] or row["created_at"]
            why = f" ({row['failure_reason']})" if row["failure_reason"] else ""
            words = f"{kind.capitalize()} of {row['amount']:,} USD: {row['status']}{why}"
            events.append((when, words))
    for order in _own(world, "orders", own)[-SHOWN:]:
        why = f" ({order['reason']})" if order.get("reason") else ""
        words = f"Order to {order['side']} {order['symbol']}: {order['status']}{why}"
        events.append((order["submitted_at"], words.replace("_", " ")))
    for movement in _own(world, "movements", own)[-SHOWN:]:
        words = f"Wallet {movement['kind']} {movement['amount']:+,}".replace("_", " ")
        events.append((movement["at"], f"{words}, then {movement['balance_after']:,}"))
    return sorted(events, key=lambda event: event[0], reverse=True)


def _own(world: World, table: str, account_id: str) -> list[Row]:
    return world.table(table).of(account_id)
