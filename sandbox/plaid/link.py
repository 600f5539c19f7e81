"""Plaid Link in small: agree, find the bank, sign in, choose accounts, go back with a public token.

Known: Link's steps, the test sign-ins, and that the embedded script calls `onSuccess(public_token,
metadata)` and `onExit(error, metadata)`. How Bluum's hosted page returns is documented nowhere. Our
choice: the client appends `redirect_uri` to the hosted address, and the page goes there with
`?public_token=...` or `?cancelled=1`; `client_name` in the address names the partner where the link
token doesn't. A partner's own hosted link returns to its `completion_redirect_uri`, without
parameters, as at Plaid. Everything works without JavaScript.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, make_response, redirect, render_template, request, send_from_directory
from flask import url_for as url
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from sandbox.api import funding
from sandbox.errors import invalid
from sandbox.plaid import api, banks, items, links
from sandbox.plaid.errors import PlaidError
from sandbox.world import Row, World

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'"
)
"""No frame-ancestors: any partner's page may hold Link."""

SHARED = {
    "auth": "Account and routing numbers, to move money you ask for",
    "balance": "Balances",
    "identity": "Your name and contact details as the bank has them",
    "investments": "Investment accounts and what they hold",
    "liabilities": "Loans and cards: balances, rates and due dates",
    "transactions": "Transactions",
}
"""Product to what a person is told they share."""

BLUUMS_PRODUCTS = ["auth", "identity"]


class NotThere(Exception):
    """A page that is no more, or never was; the text is for the person."""


def routes(app: Flask, world: World) -> None:
    """Register the pages, and Plaid's API beside them."""
    api.routes(app, world)

    def link(token: str) -> Row:
        row = world.table(links.TABLE).get(token)
        if row is None or world.clock.now() >= row["expires_at"]:
            raise NotThere("This link has expired. Go back and start again.")
        return row

    def page(name: str, row: Row, token: str, status: int = 200, **more: object) -> Response:
        session = links.session(world, row)
        bank = banks.bank(session["bank"] or "")
        client = row.get("client_name")
        shown = {"token": token, "client": client, "bank": bank, "kind": banks.kind, **more}
        return _secured(render_template(f"link/{name}.html", **shown), status)

    @app.get("/plaid/hosted/<token>")
    def link_start(token: str) -> ResponseReturnValue:
        row = link(token)
        _remember(row)
        session = links.session(world, row)
        wanted = _products(row)
        again = _update_bank(world, row)
        session["bank"] = again["id"] if again else None
        return page("start", row, token, shared=[SHARED[name] for name in wanted], again=again)

    @app.post("/plaid/hosted/<token>")
    def link_agree(token: str) -> ResponseReturnValue:
        row = link(token)
        session = links.session(world, row)
        session["step"] = "banks"
        links.note(world, session, "TRANSITION_VIEW", view_name="SELECT_INSTITUTION")
        only = _update_bank(world, row) or banks.bank(row.get("institution_id") or "")
        if only:
            return redirect(url("link_sign_in", token=token, bank_id=only["id"]), 303)
        return redirect(url("link_banks", token=token), 303)

    @app.get("/plaid/hosted/<token>/banks")
    def link_banks(token: str) -> ResponseReturnValue:
        row = link(token)
        session = links.session(world, row)
        session["step"], session["bank"] = "banks", None
        words = request.args.get("q", "").strip()
        if words:
            query = {"institution_search_query": words}
            links.note(world, session, "SEARCH_INSTITUTION", **query)
        wanted = {name for name in _products(row) if name != "balance"}
        found = [each for each in banks.search(words) if wanted <= {*banks.products(each)}]
        return page("banks", row, token, words=words, banks=found)

    @app.route("/plaid/hosted/<token>/bank/<bank_id>", methods=["GET", "POST"])
    def link_sign_in(token: str, bank_id: str) -> ResponseReturnValue:
        row, bank = link(token), banks.bank(bank_id)
        again = _update_bank(world, row)
        if bank is None or (again and again["id"] != bank_id):
            raise NotThere("There is no such bank here.")
        session = links.session(world, row)
        session["bank"], session["step"], session["user"] = bank_id, "credentials", None
        if request.method == "GET":
            links.note(world, session, "SELECT_INSTITUTION")
            if bank["down"]:
                return failed(row, token, session, "INSTITUTION_DOWN")
            return page("sign_in", row, token, again=again)
        user, password = request.form.get("user", ""), request.form.get("password", "")
        links.note(world, session, "SUBMIT_CREDENTIALS")
        try:
            asks_code = banks.sign_in(bank, user.strip(), password)
            if not asks_code and not banks.accounts(bank, user.strip(), password):
                raise PlaidError("NO_ACCOUNTS")
        except PlaidError as error:
            if error.code in ("INVALID_CREDENTIALS", "ITEM_LOCKED"):
                links.note(world, session, "ERROR", error_code=error.code, error_type=error.kind)
                problem = (error.display or "").replace("the bank", bank["name"])
                return page("sign_in", row, token, 422, again=again, problem=problem, user=user)
            return failed(row, token, session, error.code)
        session["user"], session["password"] = user.strip(), password
        session["step"] = "code" if asks_code else "accounts"
        if asks_code:
            return redirect(url("link_code", token=token), 303)
        return signed_in(row, token, session)

    @app.route("/plaid/hosted/<token>/code", methods=["GET", "POST"])
    def link_code(token: str) -> ResponseReturnValue:
        row = link(token)
        session = links.session(world, row)
        if session["step"] != "code":
            return redirect(url("link_banks", token=token))
        if request.method == "GET":
            return page("code", row, token)
        links.note(world, session, "SUBMIT_MFA", mfa_type="code")
        if request.form.get("code", "").strip() != banks.MFA_CODE:
            links.note(world, session, "ERROR", error_code="INVALID_MFA", error_type="ITEM_ERROR")
            return page("code", row, token, 422, problem=PlaidError("INVALID_MFA").display)
        session["step"] = "accounts"
        return signed_in(row, token, session)

    def signed_in(row: Row, token: str, session: Row) -> ResponseReturnValue:
        source = funding.update_source(world, row)
        bank = _update_bank(world, row)
        if source is not None and bank is not None:
            public_token, accounts = funding.sign_in_again(world, source)
            return done(row, token, session, bank, public_token, accounts)
        item = _update_item(world, row)
        if item is not None:
            items.repair(world, item, by_update_mode=True)
            if not row["account_selection"]:
                bank = banks.bank(item["institution_id"])
                assert bank is not None
                return done(row, token, session, bank, _unused_token(world), item["accounts"])
        return redirect(url("link_accounts", token=token), 303)

    @app.route("/plaid/hosted/<token>/accounts", methods=["GET", "POST"])
    def link_accounts(token: str) -> ResponseReturnValue:
        row = link(token)
        session = links.session(world, row)
        bank = banks.bank(session["bank"] or "")
        if bank is None or session["step"] != "accounts":
            return redirect(url("link_banks", token=token))
        offered = banks.suitable(
            banks.accounts(bank, session["user"], session["password"]),
            ["auth"] if row.get("token") is None else _products(row),
            row.get("filters"),
        )
        if not offered:
            return failed(row, token, session, "NO_ACCOUNTS")
        if request.method == "GET":
            links.note(world, session, "TRANSITION_VIEW", view_name="SELECT_ACCOUNT")
            usual = ["checking"] if row.get("token") is None else [each["id"] for each in offered]
            return page("accounts", row, token, accounts=offered, chosen=usual)
        chosen = request.form.getlist("account")
        accounts = [account for account in offered if account["id"] in chosen]
        if not accounts:
            problem = "Choose at least one account."
            return page("accounts", row, token, 422, accounts=offered, chosen=[], problem=problem)
        item = _update_item(world, row)
        if item is not None:
            items.choose(world, item, accounts)
            return done(row, token, session, bank, _unused_token(world), item["accounts"])
        public_token = _public_token(world, row, session, bank, accounts)
        handed_over = world.table(items.PUBLIC)[public_token]["accounts"]
        return done(row, token, session, bank, public_token, handed_over)

    def done(
        row: Row,
        token: str,
        session: Row,
        bank: banks.Bank,
        public_token: str,
        accounts: list[Row],
    ) -> ResponseReturnValue:
        metadata = links.succeed(
            world, row, session, bank=bank, public_token=public_token, accounts=accounts
        )
        message = {"public_token": public_token, "metadata": metadata, "error": None}
        again = _update_bank(world, row) is not None
        return _leave(row, message, bank, again=again)

    def failed(row: Row, token: str, session: Row, code: str) -> ResponseReturnValue:
        error = PlaidError(code)
        session["error"] = code
        links.note(world, session, "ERROR", error_code=code, error_type=error.kind)
        return page("failed", row, token, code=code, text=error.display or error.message)

    @app.route("/plaid/hosted/<token>/leave", methods=["GET", "POST"])
    def link_exit(token: str) -> ResponseReturnValue:
        row = link(token)
        if request.method == "POST":
            reason = request.form.get("reason")
            return exited(row, reason if reason in links.EXITS else None)
        links.session(world, row)
        back = request.args.get("back", "")
        home = url("link_start", token=token)
        back = back if back == home or back.startswith(home + "/") else home
        return page("leave", row, token, reasons=links.EXITS, back=back)

    @app.get("/plaid/hosted/<token>/cancel")
    def link_cancel(token: str) -> ResponseReturnValue:
        return exited(link(token), None)

    def exited(row: Row, reason: str | None) -> ResponseReturnValue:
        session = links.session(world, row)
        told = links.leave(world, row, session, reason=reason, error=session.get("error"))
        return _leave(row, {"public_token": None, **told}, None)

    @app.get("/plaid/link.js")
    def link_script() -> ResponseReturnValue:
        return send_from_directory(f"{app.root_path}/static", "link.js")

    @app.post("/sandbox/public_token/create")
    def create_public_token() -> ResponseReturnValue:
        """Plaid's own way to get a public token without a person; here without credentials too."""
        given = request.get_json(force=True, silent=True) or {}
        bank = banks.bank(given.get("institution_id", banks.BANKS[0]["id"]))
        if bank is None:
            raise PlaidError("INVALID_INSTITUTION")
        accounts = [row for row in banks.accounts(bank) if row["id"] in banks.MONEY]
        token = items.make_public_token(
            world,
            bank=bank,
            accounts=accounts,
            products=list(given.get("initial_products") or BLUUMS_PRODUCTS),
            anyones=True,
        )
        return {"public_token": token, "request_id": world.new_id()}

    @app.errorhandler(NotThere)
    def not_there(error: NotThere) -> ResponseReturnValue:
        return _secured(render_template("link/gone.html", text=str(error)), 404)


def _secured(text: str, status: int = 200) -> Response:
    response = make_response(text, status)
    response.headers["Content-Security-Policy"] = POLICY
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _remember(row: Row) -> None:
    """Keep what whoever opened Link said in the address."""
    if "redirect_uri" in request.args:
        row["redirect_uri"] = _safe(request.args["redirect_uri"])
    if "embedded" in request.args:
        row["embedded"] = True
        row["origin"] = request.args.get("origin") or None
    if request.args.get("client_name") and row.get("token") is None:
        row["client_name"] = request.args["client_name"][:60]


def _safe(address: str) -> str:
    if urlsplit(address).scheme not in ("http", "https"):
        raise invalid("redirect_uri", "must begin with https:// or http://")
    return address


def _products(row: Row) -> list[str]:
    return row.get("products") or BLUUMS_PRODUCTS


def _update_item(world: World, row: Row) -> Row | None:
    return world.table(items.ITEMS).get(row.get("update_item") or "")


def _update_bank(world: World, row: Row) -> banks.Bank | None:
    """In update mode: the bank to sign in at again."""
    again = _update_item(world, row) or funding.update_source(world, row)
    return banks.bank(again["institution_id"] or "") if again else None


def _unused_token(world: World) -> str:
    """Update mode hands over a public token as well; there is nothing to exchange it for."""
    return f"public-sandbox-{world.new_id()}"


def _public_token(
    world: World,
    row: Row,
    session: Row,
    bank: banks.Bank,
    accounts: list[banks.BankAccount],
) -> str:
    if row.get("token") is None:
        chosen: list[Row] = [{**each, "account_id": items.opaque(world)} for each in accounts]
        institution = {"id": bank["id"], "name": bank["name"]}
        linked = session["user"] != banks.UNLINKED_USER
        return funding.make_public_token(
            world, row["account_id"], institution, chosen, ach_link=linked
        )
    return items.make_public_token(
        world,
        bank=bank,
        accounts=accounts,
        products=list(row["products"]),
        webhook=row["webhook"],
        user=row["user"],
        fixed=session["user"] == banks.CUSTOM_USER,
    )


def _leave(
    row: Row, message: Row, bank: banks.Bank | None, *, again: bool = False
) -> ResponseReturnValue:
    """Go back to whoever opened Link: by redirect, by message to the page around, or just stop."""
    public_token = message["public_token"]
    if not row.get("embedded"):
        if row.get("redirect_uri"):
            answer = {"public_token": public_token} if public_token else {"cancelled": "1"}
            parts = urlsplit(row["redirect_uri"])
            query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *answer.items()])
            return redirect(urlunsplit(parts._replace(query=query)), 303)
        if row.get("completion_redirect_uri"):
            return redirect(row["completion_redirect_uri"], 303)
    return _secured(
        render_template(
            "link/done.html",
            message={"source": "plaid-link", **message},
            origin=row.get("origin") or "*",
            public_token=public_token,
            bank=bank,
            client=row.get("client_name"),
            again=again,
            accounts=message["metadata"].get("accounts", []),
            kind=banks.kind,
        )
    )
