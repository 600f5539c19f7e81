"""The control API under `/_sandbox`: what no client of Bluum could do.

All ours, nothing is Bluum's. Bodies and answers are JSON; errors look like the API's. What there is
says `GET /_sandbox/`.
"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from flask import Flask, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from sandbox import (
    clock,
    corrections,
    deliveries,
    faults,
    guard,
    history,
    ledger,
    magic,
    mail,
    scenarios,
    statements,
    transfers,
    web,
)
from sandbox.api import compliance, documents, funding
from sandbox.calendar import nyse
from sandbox.clock import months_later
from sandbox.errors import ApiError, invalid, not_found
from sandbox.plaid import banks, webhooks
from sandbox.world import Row, World

ROOT = "/_sandbox"
UNITS = ("weeks", "days", "hours", "minutes", "seconds")
MOST_CASH = Decimal(10_000_000)
FIRST = datetime(2015, 1, 1, tzinfo=UTC)
"""The market has prices from 2014 on, and a year of them is asked for at times."""


def last_moment() -> datetime:
    """Where the sandbox's time ends: a year before its exchange calendar does."""
    return nyse().close_at(len(nyse().days) - 1) - timedelta(days=365)


def routes(app: Flask, world: World) -> None:
    """Register the endpoints."""
    guard.protect(app)

    @app.errorhandler(ApiError)
    def api_error(error: ApiError) -> ResponseReturnValue:
        return error.body(), error.status

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        if not request.path.startswith(ROOT):
            return error.get_response()
        if error.code == 404:
            found = not_found(f"Nothing here; GET {ROOT}/ lists what there is.")
            return found.body(), 404
        code = error.code or 400
        return {"code": f"BLUM-{code}-001", "message": error.description or error.name}, code

    @app.get(f"{ROOT}/")
    def control_index() -> ResponseReturnValue:
        """This list."""
        found = [
            {
                "method": method,
                "path": rule.rule,
                "description": _about(app.view_functions[rule.endpoint].__doc__),
            }
            for rule in app.url_map.iter_rules()
            if rule.rule.startswith(ROOT)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
        ]
        return {"endpoints": sorted(found, key=lambda row: (row["path"], row["method"]))}

    @app.get(f"{ROOT}/health")
    def health() -> ResponseReturnValue:
        """Whether it can be used, and its time."""
        return {"status": "ok", "now": world.clock.now()}

    _clock(app, world)
    _people(app, world)
    _money(app, world)
    _faults(app, world)
    _letters(app, world)
    _whole(app, world)


def _about(text: str | None) -> str:
    return " ".join((text or "").split())


def _clock(app: Flask, world: World) -> None:
    @app.get(f"{ROOT}/clock")
    def get_clock() -> ResponseReturnValue:
        """The time, whether it stands still, its speed, the pace of banks, what happens next."""
        with world.lock:
            return {
                "now": world.clock.now(),
                "frozen": world.clock.frozen,
                "speed": world.clock.speed,
                "pace": world.pace,
                "market": world.market,
                "planned": world.planned(),
                "next_due": world.next_due(),
            }

    @app.post(f"{ROOT}/clock/set")
    def set_clock() -> ResponseReturnValue:
        """{"now": "2027-01-04T15:00:00Z"}: live on to that moment; never back."""
        try:
            moment = clock.parse(str(_given().get("now")))
        except (ValueError, OverflowError) as error:
            reason = "must be an instant such as 2027-01-04T15:00:00Z"
            raise invalid("now", reason, "BLUM-400-003") from error
        return _move(moment, "now")

    @app.post(f"{ROOT}/clock/advance")
    def advance_clock() -> ResponseReturnValue:
        """{"days": 3}: live on by years, months, weeks, days, hours, minutes, seconds."""
        given, units = _given(), ("years", "months", *UNITS)
        named = next(iter(given), "days")
        for name in given:
            if name not in units:
                raise invalid(name, "is not one of " + ", ".join(units))
        try:
            months = _whole_number(given, "months") + 12 * _whole_number(given, "years")
            moment = months_later(world.clock.now(), months)
            moment += timedelta(**{unit: float(given.get(unit, 0)) for unit in UNITS})
        except (TypeError, ValueError, OverflowError) as error:
            raise invalid(named, "must be a time to come, by " + ", ".join(units)) from error
        return _move(moment, named)

    def _move(moment: datetime, field: str) -> ResponseReturnValue:
        if moment < world.clock.now():
            raise invalid(field, "The clock can't go back: what has happened can't be undone.")
        if moment > last_moment():
            raise invalid(field, f"The sandbox's time ends on {last_moment():%Y-%m-%d}.")
        # What real time adds meanwhile must not make it a step back.
        world.clock.advance(max(moment - world.clock.now(), timedelta(0)))
        return get_clock()

    @app.post(f"{ROOT}/clock/freeze")
    def freeze_clock() -> ResponseReturnValue:
        """Stand still; time passes only when told."""
        with world.lock:
            world.clock.freeze()
        return get_clock()

    @app.post(f"{ROOT}/clock/follow")
    def follow_clock() -> ResponseReturnValue:
        """Go on from here with real time; {"speed": 3600} for an hour a second,
        {"to": "now"} after moving on to real now."""
        given = _given()
        if given.get("to") not in (None, "now"):
            raise invalid("to", 'must be "now"', "BLUM-400-004")
        try:
            speed = float(given.get("speed", 1))
            if given.get("to") == "now":
                behind = datetime.now(UTC) - world.clock.now()
                if behind < timedelta(minutes=-1):
                    raise invalid("to", "The sandbox is ahead of real time and can't go back.")
                world.clock.advance(max(behind, timedelta(0)))
            with world.lock:
                world.clock.follow(speed)
        except (TypeError, ValueError) as error:
            reason = f"must be above 0 and at most {clock.FASTEST}"
            raise invalid("speed", reason, "BLUM-400-003") from error
        return get_clock()

    @app.post(f"{ROOT}/clock/pace")
    def set_pace() -> ResponseReturnValue:
        """{"pace": "fast"}: checks and transfers take seconds; "real": minutes and banking days."""
        pace = _given().get("pace")
        if pace not in ("fast", "real"):
            raise invalid("pace", "must be fast or real", "BLUM-400-004")
        world.pace = pace
        return get_clock()


def _people(app: Flask, world: World) -> None:
    @app.get(f"{ROOT}/accounts")
    def control_accounts() -> ResponseReturnValue:
        """Every account with e-mail, status, verification and balance, newest first."""
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

    @app.post(f"{ROOT}/accounts/<account_id>/compliance")
    def decide_compliance(account_id: str) -> ResponseReturnValue:
        """{"decision": "approve"}: decide a verification; reject, document, suspend, expire."""
        web.get_account(world, account_id)
        return compliance.decide(world, account_id, str(_given().get("decision")))

    @app.post(f"{ROOT}/documents/<document_id>")
    def decide_document(document_id: str) -> ResponseReturnValue:
        """{"decision": "reject", "reason": "..."}: decide about a document; or approve."""
        given = _given()
        reason = given.get("reason")
        if reason is not None and not isinstance(reason, str):
            raise invalid("reason", "must be a text", "BLUM-400-003")
        decided = documents.decide(world, document_id, str(given.get("decision")), reason)
        return documents.view(decided)


def _money(app: Flask, world: World) -> None:
    @app.post(f"{ROOT}/transfers/<transfer_id>/settle")
    def settle_transfer(transfer_id: str) -> ResponseReturnValue:
        """Complete a deposit or withdrawal now."""
        return transfers.settle(world, transfer_id)

    @app.post(f"{ROOT}/transfers/<transfer_id>/arrive")
    def let_money_arrive(transfer_id: str) -> ResponseReturnValue:
        """The money of a deposit by hand shows up; the rest follows by itself."""
        return transfers.arrive(world, transfer_id)

    @app.get(f"{ROOT}/magic")
    def list_magic() -> ResponseReturnValue:
        """Inputs that make something particular happen, and the ACH return codes."""
        return {"inputs": [row._asdict() for row in magic.TABLE], "codes": transfers.RETURN_CODES}

    @app.post(f"{ROOT}/transfers/<transfer_id>/fail")
    def fail_transfer(transfer_id: str) -> ResponseReturnValue:
        """{"code": "R01"}: let an open transfer fail with an ACH return code."""
        return transfers.fail(world, transfer_id, str(_given().get("code", "R01")))

    @app.post(f"{ROOT}/transfers/<transfer_id>/return")
    def return_transfer(transfer_id: str) -> ResponseReturnValue:
        """{"code": "R10"}: return a completed transfer."""
        return transfers.give_back(world, transfer_id, str(_given().get("code", "R01")))

    @app.post(f"{ROOT}/accounts/<account_id>/statements/<month>/correct")
    def correct_statement(account_id: str, month: str) -> ResponseReturnValue:
        """{"amount": "-12.50"}: put right what a sent statement says was there at its end."""
        web.get_account(world, account_id)
        try:
            amount = Decimal(str(_given().get("amount")))
            first = date.fromisoformat(f"{month}-01")
            if not amount.is_finite():
                raise ArithmeticError
        except (ArithmeticError, ValueError) as error:
            raise invalid("amount", "must be an amount, of a month as 2026-02") from error
        last = statements.period("monthly", first, None, history.today(world))[1]
        return corrections.post(world, account_id, first, last, amount)

    @app.post(f"{ROOT}/accounts/<account_id>/cash")
    def give_cash(account_id: str) -> ResponseReturnValue:
        """{"amount": "250.00"}: put money into the wallet, or take it out with a minus."""
        web.get_account(world, account_id)
        try:
            amount = Decimal(str(_given().get("amount")))
            sensible = 0 < abs(amount) <= MOST_CASH
        except ArithmeticError:
            sensible = False
        if not sensible:
            reason = f"must be an amount, not zero, at most {MOST_CASH:,}"
            raise invalid("amount", reason, "BLUM-400-005")
        kind = "deposit" if amount > 0 else "withdrawal"
        return ledger.post(world, account_id, kind, amount, "control")

    @app.post(f"{ROOT}/funding-sources/<source_id>")
    def turn_funding_source(source_id: str) -> ResponseReturnValue:
        """{"status": "ERROR"}: break a linked bank; ACTIVE repairs it, DISCONNECTED unlinks it,
        UNLINKED lets it look well while its ACH transfers fail.
        """
        turned = funding.turn(world, source_id, str(_given().get("status")))
        return {"id": turned["id"], "status": turned["status"]}

    @app.post(f"{ROOT}/plaid/public-token")
    def control_public_token() -> ResponseReturnValue:
        """{"account_id": ..., "institution_id": ...}: what Plaid Link would hand over."""
        wanted = _given().get("institution_id", banks.BANKS[0]["id"])
        bank = banks.bank(wanted) if isinstance(wanted, str) else None
        if bank is None:
            raise invalid("institution_id", "is not known")
        account_id = _given().get("account_id")
        if account_id is not None:
            web.get_account(world, str(account_id))
        accounts: list[Row] = [dict(account) for account in banks.ACCOUNTS]
        token = funding.make_public_token(
            world, account_id, {"id": bank["id"], "name": bank["name"]}, accounts
        )
        return {"public_token": token}, 201


def _faults(app: Flask, world: World) -> None:
    @app.get(f"{ROOT}/faults")
    def list_faults() -> ResponseReturnValue:
        """What goes wrong, and how often it has."""
        return {"faults": list(world.table("faults").values())}

    @app.post(f"{ROOT}/faults")
    def add_fault() -> ResponseReturnValue:
        """{"kind": "status", "status": 503, "route": "/v1/accounts/*", "rate": 0.1}: see kinds."""
        return faults.add(world, _given()), 201

    @app.delete(f"{ROOT}/faults")
    def clear_faults() -> ResponseReturnValue:
        """Take all faults back."""
        faults.clear(world)
        return "", 204

    @app.delete(f"{ROOT}/faults/<fault_id>")
    def clear_fault(fault_id: str) -> ResponseReturnValue:
        """Take one fault back."""
        world.table("faults").pop(fault_id, None)
        return "", 204

    @app.get(f"{ROOT}/faults/kinds")
    def list_fault_kinds() -> ResponseReturnValue:
        """Every kind of fault, the fields of one, and the presets."""
        return {
            "requests": list(faults.REQUEST_KINDS),
            "webhooks": list(faults.WEBHOOK_KINDS),
            "fields": list(faults.FIELDS),
            "presets": {name: about for name, (about, _) in faults.PRESETS.items()},
        }

    @app.post(f"{ROOT}/faults/preset/<name>")
    def add_fault_preset(name: str) -> ResponseReturnValue:
        """Many faults at once: flaky, slow, down, throttled, lying_webhooks."""
        return {"faults": faults.add_preset(world, name)}, 201

    @app.delete(f"{ROOT}/faults/preset/<name>")
    def clear_fault_preset(name: str) -> ResponseReturnValue:
        """Take a preset back."""
        faults.clear(world, name)
        return "", 204


def _letters(app: Flask, world: World) -> None:
    @app.get(f"{ROOT}/deliveries")
    def list_deliveries() -> ResponseReturnValue:
        """Webhooks on their way and gone, newest first; ?event=order.filled&status=dead."""
        wanted = {key: request.args[key] for key in ("event", "status") if key in request.args}
        rows = reversed(world.table("deliveries").values())
        return {
            "deliveries": [
                row for row in rows if all(row[key] == value for key, value in wanted.items())
            ]
        }

    @app.post(f"{ROOT}/deliveries/<delivery_id>/replay")
    def replay_delivery(delivery_id: str) -> ResponseReturnValue:
        """Send one again, now."""
        if delivery_id not in world.table("deliveries"):
            raise not_found("Delivery not found.")
        return deliveries.replay(world, delivery_id)

    @app.post(f"{ROOT}/deliveries/replay")
    def replay_deliveries() -> ResponseReturnValue:
        """{"event": "order.*"}: send again all that are dead, lost or dropped."""
        return {"replayed": deliveries.replay_dead(world, str(_given().get("event", "*")))}

    @app.post(f"{ROOT}/plaid/deliveries/<delivery_id>/replay")
    def replay_plaid_delivery(delivery_id: str) -> ResponseReturnValue:
        """Send one of Plaid's webhooks again, now."""
        if delivery_id not in world.table(webhooks.TABLE):
            raise not_found("Delivery not found.")
        return webhooks.replay(world, delivery_id)

    @app.get(f"{ROOT}/mail")
    def list_mail() -> ResponseReturnValue:
        """Mails, newest first, with the code each carries; ?to=maya@mail.test."""
        found = mail.mails_to(world, request.args.get("to"))
        return {"mails": [{**each, "code": mail.code_in(each)} for each in found]}

    @app.delete(f"{ROOT}/mail")
    def clear_mail() -> ResponseReturnValue:
        """Forget all mails."""
        world.table("mails").clear()
        return "", 204

    @app.get(f"{ROOT}/requests")
    def list_requests() -> ResponseReturnValue:
        """The last requests to the API, oldest first; ?method=POST&path=/v1/accounts."""
        wanted = {key: request.args[key] for key in ("method", "path") if key in request.args}
        log = app.gateway.log.copy()  # type: ignore[attr-defined]  # others write on meanwhile
        rows = [row for row in log if all(row[key] == value for key, value in wanted.items())]
        return {"requests": rows}

    @app.delete(f"{ROOT}/requests")
    def clear_requests() -> ResponseReturnValue:
        """Forget the log of requests."""
        app.gateway.log.clear()  # type: ignore[attr-defined]
        return "", 204


def _whole(app: Flask, world: World) -> None:
    @app.post(f"{ROOT}/reset")
    def reset() -> ResponseReturnValue:
        """Forget everything but webhook registrations; {"keep_webhooks": false} those too."""
        world.reset(keep_webhooks=bool(_given().get("keep_webhooks", True)))
        return "", 204

    @app.get(f"{ROOT}/scenarios")
    def list_scenarios() -> ResponseReturnValue:
        """Scenarios by name, with what they can be told."""
        return {"scenarios": scenarios.catalogue()}

    @app.post(f"{ROOT}/scenarios/<name>")
    def run_scenario(name: str) -> ResponseReturnValue:
        """Play a scenario; the body holds its arguments."""
        return scenarios.run(world, name, **_given())


def _given() -> Row:
    """The JSON object of the body; an empty body is an empty object."""
    given = request.get_json(force=True, silent=True) if request.get_data(cache=True) else {}
    if not isinstance(given, dict):
        raise invalid("body", "must be a JSON object", "BLUM-400-003")
    return given


def _whole_number(given: Row, name: str) -> int:
    value = given.get(name, 0)
    if isinstance(value, bool) or float(value) != int(value):
        raise ValueError(name)
    if not -12_000 <= int(value) <= 12_000:
        raise OverflowError(name)
    return int(value)
