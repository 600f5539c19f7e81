"""One account: its whole story on one page, with everything that can be decided about it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox import (
    book,
    control,
    corrections,
    history,
    ledger,
    orders,
    portfolio,
    statement_pdf,
    statements,
)
from sandbox import deliveries as bluum_deliveries
from sandbox.api import compliance, documents, funding
from sandbox.api.wealth_goals import GOALS, goal_view
from sandbox.console import chart, pending, show
from sandbox.console.story import story
from sandbox.errors import invalid
from sandbox.market import assets
from sandbox.nacha import RETURN_CODES
from sandbox.world import Row, World

TURNS = {
    "ERROR": "The bank must be linked again; transfers with it are refused.",
    "ACTIVE": "The bank works.",
    "UNLINKED": "The bank looks well, but its transfers will fail on their way.",
    "DISCONNECTED": "The bank is disconnected.",
}
SHOWN = 10
STATEMENTS_SHOWN = 6


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/accounts/<account_id>")
    def console_account(account_id: str) -> ResponseReturnValue:
        account = _account(world, account_id)
        events = story(world, account)
        return render_template(
            "console/account.html",
            account=account,
            name=show.name_of(world, account_id),
            masked=_masked(account),
            **_verification(world, account_id),
            **_money(world, account_id),
            **_investments(world, account_id),
            **_plans(world, account_id),
            **_told(world, account_id),
            page=show.page_of(events, 60),
            shown=SHOWN,
            codes=RETURN_CODES,
        )

    @app.post("/accounts/<account_id>/decide")
    def console_decide(account_id: str) -> ResponseReturnValue:
        _account(world, account_id)
        decision = show.one_of("decision", list(pending.DECISIONS))
        done = f"{show.name_of(world, account_id)}: {pending.DECISIONS[decision][1]}"
        back = show.way_back(f"/accounts/{account_id}#verification")
        return show.act(
            app, lambda: compliance.decide(world, account_id, decision) and done, back, done
        )

    @app.post("/accounts/<account_id>/cash")
    def console_cash(account_id: str) -> ResponseReturnValue:
        _account(world, account_id)

        def give() -> str:
            amount = show.number("The amount", request.form.get("amount"))
            if not amount or abs(amount) > control.MOST_CASH:
                raise invalid("amount", f"not zero, at most {control.MOST_CASH:,}")
            kind = "deposit" if amount > 0 else "withdrawal"
            ledger.post(world, account_id, kind, amount, "control")
            where = "is in the wallet" if amount > 0 else "left the wallet"
            return f"{show.money(abs(amount))} {where}, without a bank."

        return show.act(app, give, f"/accounts/{account_id}#money", "")

    @app.post("/documents/<document_id>/decide")
    def console_decide_document(document_id: str) -> ResponseReturnValue:
        row = world.table("documents").get(document_id)
        if row is None:
            raise NotFound("There is no such document.")
        decision = show.one_of("decision", ["approve", "reject"])
        reason = request.form.get("reason", "").strip()[:200] or None
        back = show.way_back(f"/accounts/{row['account_id']}#documents")
        said = "approved" if decision == "approve" else "rejected"
        words = f"The document ({show.words(row['document_type'])}) is {said}."
        return show.act(
            app, lambda: documents.decide(world, document_id, decision, reason), back, words
        )

    @app.post("/funding-sources/<source_id>")
    def console_turn_bank(source_id: str) -> ResponseReturnValue:
        row = world.table("funding_sources").get(source_id)
        if row is None:
            raise NotFound("There is no such bank.")
        status = show.one_of("status", list(TURNS))
        back = show.way_back(f"/accounts/{row['account_id']}#banks")
        words = f"{row['institution_name']}: {TURNS[status]}"
        return show.act(app, lambda: funding.turn(world, source_id, status), back, words)

    @app.post("/orders/<order_id>/<what>")
    def console_order(order_id: str, what: str) -> ResponseReturnValue:
        order = world.table("orders").get(order_id)
        if order is None or what not in ("fill", "reject"):
            raise NotFound("There is no such order.")
        back = show.way_back(f"/accounts/{order['account_id']}#orders")

        def do() -> str:
            if what == "reject":
                if order["status"] not in orders.OPEN:
                    raise invalid("order", f"it is {order['status']}")
                orders.reject(world, order, "rejected_by_exchange")
                return f"The order for {order['symbol']} is rejected; what it held is free again."
            asked = show.number("The number of shares", request.form.get("qty"))
            price = show.number("The price", request.form.get("price"))
            if price is not None and not 0 < price <= orders.HIGHEST_PRICE:
                raise invalid("price", "more than zero")
            at = None if price is None else price.quantize(book.CENT)
            orders.fill_by_hand(world, order, asked, at)
            filled = show.quantity(order["filled_qty"])
            state = show.words(order["status"])
            if order["status"] == "rejected":
                return f"The order is rejected: {show.words(order['reject_reason'])}."
            return f"{filled} {order['symbol']} at {show.money(order['average_price'])}: {state}."

        return show.act(app, do, back, "")

    @app.post("/accounts/<account_id>/statements/correct")
    def console_correct_statement(account_id: str) -> ResponseReturnValue:
        _account(world, account_id)
        months = dict(_months(world, account_id))
        start = months[show.one_of("month", list(months))]

        def do() -> str:
            amount = show.number("The amount", request.form.get("amount"))
            if not amount:
                raise invalid("amount", "not zero")
            last = statements.period("monthly", start, None, history.today(world))[1]
            row = corrections.post(world, account_id, start, last, amount)
            by = show.money(abs(row["amount"]))
            more = "more" if row["amount"] > 0 else "less"
            return f"The statement of {start:%B %Y} ends with {by} {more} of {row['symbol']}."

        return show.act(app, do, f"/accounts/{account_id}#portfolio", "")

    @app.get("/accounts/<account_id>/statement.pdf")
    def console_statement(account_id: str) -> ResponseReturnValue:
        account, today = _account(world, account_id), history.today(world)
        month = request.args.get("month", "")
        months = dict(_months(world, account_id))
        if month not in months:
            raise NotFound("There is no statement of this month.")
        start = months[month]
        first, last, label = statements.period("monthly", start, None, today)
        found = statements.statement(world, account_id, first, last, label)
        name = f"statement-{first}-{last}.pdf"
        return Response(
            statement_pdf.document(world, account, found),
            mimetype="application/pdf",
            headers={"Content-Disposition": f'inline; filename="{name}"'},
        )


def _account(world: World, account_id: str) -> Row:
    account = world.table("accounts").get(account_id)
    if account is None:
        raise NotFound("There is no such account.")
    return account


def _masked(account: Row) -> list[tuple[str, str]]:
    """Who it is, without what one could pretend to be them with."""
    identity, contact = account["identity"], account["contact"]
    born = str(identity.get("date_of_birth") or "")
    phone = str(contact.get("phone_number") or "")
    return [
        ("E-mail", str(contact["email_address"])),
        ("Phone", f"••• {phone[-4:]}" if phone else ""),
        ("Born", f"{born[:4]}-••-••" if born else ""),
        ("Home", ", ".join(str(contact[k]) for k in ("city", "state") if contact.get(k))),
        ("Tax id", "not kept"),
    ]


def _verification(world: World, account_id: str) -> dict[str, Any]:
    workflows = world.table("workflows").of(account_id)[::-1]
    return {
        "workflows": workflows,
        "may": pending.decisions(workflows[0]),
        "documents": world.table("documents").of(account_id)[::-1],
    }


def _money(world: World, account_id: str) -> dict[str, Any]:
    wallet = ledger.wallet(world, account_id)
    holds = [row for row in world.table("holds").of(account_id) if row["status"] == "ACTIVE"]
    return {
        "wallet": {**wallet, "available": ledger.available(world, account_id)},
        "holds": holds,
        "movements": ledger.movements(world, account_id)[::-1],
        "banks": world.table("funding_sources").of(account_id)[::-1],
        "transfers": pending.transfer_rows(world, account_id),
    }


def _investments(world: World, account_id: str) -> dict[str, Any]:
    price = book.prices_at(world)
    values = book.values(world, account_id, price=price)
    cash = ledger.balance(world, account_id)
    worth = sum(values.values(), cash)
    positions = [
        {
            **row,
            "name": assets()[row["symbol"]].name,
            "price": price(row["symbol"]),
            "value": values[row["symbol"]],
            "gain": values[row["symbol"]] - row["cost"],
            "share": values[row["symbol"]] / worth * 100 if worth else Decimal(0),
        }
        for row in book.held(world, account_id)
    ]
    positions.sort(key=lambda row: row["value"], reverse=True)
    return {
        "positions": positions,
        "worth": worth,
        "chart": _chart(world, account_id),
        "orders": orders.of(world, account_id)[::-1],
        "open_states": orders.OPEN,
        "months": _months(world, account_id),
    }


def _chart(world: World, account_id: str) -> chart.Chart | None:
    """Value at each close, and what had been put in by then."""
    closes = world.table("books").get(account_id, {}).get("values", [])
    flows = [row for row in ledger.movements(world, account_id) if row["kind"] in ledger.KINDS[:5]]
    paid, put_in, at = [], ledger.ZERO, 0
    for close in closes:
        while at < len(flows) and flows[at]["at"] <= close["at"]:
            put_in += flows[at]["amount"]
            at += 1
        paid.append(put_in)
    return chart.line([row["date"] for row in closes], [row["value"] for row in closes], paid)


def _months(world: World, account_id: str) -> list[tuple[str, Any]]:
    """The last months with a statement: `2026-02` and its first day, newest first."""
    first, today = history.first_day(world, account_id), history.today(world)
    found: list[tuple[str, Any]] = []
    start = today.replace(day=1)
    while first is not None and len(found) < STATEMENTS_SHOWN:
        start = (start - timedelta(days=1)).replace(day=1)
        if start < first.replace(day=1):
            break
        found.append((f"{start:%Y-%m}", start))
    return found


def _plans(world: World, account_id: str) -> dict[str, Any]:
    goals = [
        goal_view(world, row)
        for row in world.table(GOALS.table).of(account_id)
        if row["status"] != GOALS.archived
    ]
    versions = world.table("policies").get(account_id, {"versions": []})["versions"]
    return {
        "goals": goals,
        "policies": versions[::-1],
        "drifts": portfolio.drifts(world, account_id) if versions else [],
        "schedules": world.table("schedules").of(account_id)[::-1],
    }


def _told(world: World, account_id: str) -> dict[str, Any]:
    """Webhooks that tell of this account, newest first."""
    mark = f'"account_id": "{account_id}"'
    rows = reversed(world.table(bluum_deliveries.TABLE).values())
    return {"told": [row for row in rows if mark in row["body"]]}
