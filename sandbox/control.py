"""The control API under `/_sandbox`: what no client of Bluum could do. No credentials, loopback.

All ours, nothing here is Bluum's. Bodies and answers are JSON; errors look like the API's.
"""

import importlib
from datetime import timedelta
from decimal import Decimal

from flask import Flask, request
from flask.typing import ResponseReturnValue

from sandbox import clock, deliveries, faults, ledger, mail, transfers, web
from sandbox.api import compliance, documents, funding
from sandbox.errors import ApiError, invalid, not_found
from sandbox.plaid import banks
from sandbox.world import Row, World


def routes(app: Flask, world: World) -> None:
    """Register the endpoints."""

    @app.errorhandler(ApiError)
    def api_error(error: ApiError) -> ResponseReturnValue:
        return error.body(), error.status

    @app.get("/_sandbox/health")
    def health() -> ResponseReturnValue:
        return {"status": "ok", "now": world.clock.now()}

    @app.get("/_sandbox/clock")
    def get_clock() -> ResponseReturnValue:
        return {"now": world.clock.now(), "frozen": world.clock.frozen}

    @app.post("/_sandbox/clock/set")
    def set_clock() -> ResponseReturnValue:
        try:
            world.clock.set(clock.parse(str(_given().get("now"))))
        except ValueError as error:
            raise invalid("now", "must be an instant that has not passed") from error
        return get_clock()

    @app.post("/_sandbox/clock/advance")
    def advance_clock() -> ResponseReturnValue:
        units = ("weeks", "days", "hours", "minutes", "seconds")
        try:
            step = timedelta(**{unit: float(_given().get(unit, 0)) for unit in units})
            world.clock.advance(step)
        except (TypeError, ValueError, OverflowError) as error:
            raise invalid("days", "must be a time to come, by " + ", ".join(units)) from error
        return get_clock()

    @app.get("/_sandbox/accounts")
    def control_accounts() -> ResponseReturnValue:
        return {
            "accounts": [
                {
                    "id": account["id"],
                    "email": account["contact"]["email_address"],
                    "status": account["status"],
                    "workflow_status": compliance.latest(world, account["id"])["status"],
                    "balance": ledger.balance(world, account["id"]),
                }
                for account in reversed(world.table("accounts").values())
            ]
        }

    @app.post("/_sandbox/accounts/<account_id>/compliance")
    def decide_compliance(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        return compliance.decide(world, account_id, str(_given().get("decision")))

    @app.post("/_sandbox/documents/<document_id>")
    def decide_document(document_id: str) -> ResponseReturnValue:
        given = _given()
        decided = documents.decide(
            world, document_id, str(given.get("decision")), given.get("reason")
        )
        return documents.view(decided)

    @app.post("/_sandbox/transfers/<transfer_id>/settle")
    def settle_transfer(transfer_id: str) -> ResponseReturnValue:
        return transfers.settle(world, transfer_id)

    @app.post("/_sandbox/transfers/<transfer_id>/fail")
    def fail_transfer(transfer_id: str) -> ResponseReturnValue:
        return transfers.fail(world, transfer_id, str(_given().get("code", "R01")))

    @app.post("/_sandbox/transfers/<transfer_id>/return")
    def return_transfer(transfer_id: str) -> ResponseReturnValue:
        return transfers.give_back(world, transfer_id, str(_given().get("code", "R01")))

    @app.post("/_sandbox/accounts/<account_id>/cash")
    def give_cash(account_id: str) -> ResponseReturnValue:
        web.get_account(world, account_id)
        try:
            amount = Decimal(str(_given().get("amount")))
        except ArithmeticError as error:
            raise invalid("amount", "must be an amount", "BLUM-400-005") from error
        return ledger.post(world, account_id, "deposit", amount, "control")

    @app.get("/_sandbox/faults")
    def list_faults() -> ResponseReturnValue:
        return {"faults": list(world.table("faults").values())}

    @app.post("/_sandbox/faults")
    def add_fault() -> ResponseReturnValue:
        return faults.add(world, _given()), 201

    @app.delete("/_sandbox/faults")
    def clear_faults() -> ResponseReturnValue:
        world.table("faults").clear()
        return "", 204

    @app.delete("/_sandbox/faults/<fault_id>")
    def clear_fault(fault_id: str) -> ResponseReturnValue:
        world.table("faults").pop(fault_id, None)
        return "", 204

    @app.get("/_sandbox/deliveries")
    def list_deliveries() -> ResponseReturnValue:
        event = request.args.get("event")
        rows = reversed(world.table("deliveries").values())
        return {"deliveries": [row for row in rows if event in (None, row["event"])]}

    @app.post("/_sandbox/deliveries/<delivery_id>/replay")
    def replay_delivery(delivery_id: str) -> ResponseReturnValue:
        if delivery_id not in world.table("deliveries"):
            raise not_found("Delivery not found.")
        return deliveries.replay(world, delivery_id)

    @app.get("/_sandbox/mail")
    def list_mail() -> ResponseReturnValue:
        found = mail.mails_to(world, request.args.get("to"))
        return {"mails": [{**each, "code": mail.code_in(each)} for each in found]}

    @app.delete("/_sandbox/mail")
    def clear_mail() -> ResponseReturnValue:
        world.table("mails").clear()
        return "", 204

    @app.get("/_sandbox/requests")
    def list_requests() -> ResponseReturnValue:
        wanted = {key: request.args[key] for key in ("method", "path") if key in request.args}
        log = app.gateway.log  # type: ignore[attr-defined]
        rows = [row for row in log if all(row[key] == value for key, value in wanted.items())]
        return {"requests": rows}

    @app.delete("/_sandbox/requests")
    def clear_requests() -> ResponseReturnValue:
        app.gateway.log.clear()  # type: ignore[attr-defined]
        return "", 204

    @app.post("/_sandbox/plaid/public-token")
    def control_public_token() -> ResponseReturnValue:
        bank = banks.bank(_given().get("institution_id", banks.BANKS[0]["id"]))
        if bank is None:
            raise invalid("institution_id", "is not known")
        accounts: list[Row] = [dict(account) for account in banks.ACCOUNTS]
        token = funding.make_public_token(
            world, _given().get("account_id"), {"id": bank["id"], "name": bank["name"]}, accounts
        )
        return {"public_token": token}, 201

    @app.post("/_sandbox/reset")
    def reset() -> ResponseReturnValue:
        world.reset(keep_webhooks=bool(_given().get("keep_webhooks", True)))
        return "", 204

    @app.post("/_sandbox/scenarios/<name>")
    def run_scenario(name: str) -> ResponseReturnValue:
        scenarios = importlib.import_module("sandbox.scenarios")
        answer = scenarios.run(world, name, **_given())
        return {} if answer is None else answer


def _given() -> Row:
    given = request.get_json(force=True, silent=True) if request.get_data(cache=True) else {}
    if not isinstance(given, dict):
        raise invalid("body", "must be a JSON object", "BLUM-400-003")
    return given
