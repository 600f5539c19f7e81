"""Plaid Link in small: find the bank, sign in, choose accounts, go back with a public token.

Known: Link's steps, the test user `user_good` with `pass_good`, and that the embedded script calls
`onSuccess(public_token, metadata)`. How Bluum's hosted page returns is documented nowhere. Our
choice: the client appends `redirect_uri` to the hosted address, and the page goes there with
`?public_token=...` or `?cancelled=1`. Everything works without JavaScript.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, redirect, render_template, request, send_from_directory, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, NotFound

from sandbox.api import funding
from sandbox.errors import invalid
from sandbox.plaid import banks
from sandbox.world import Row, World


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    def link(token: str) -> Row:
        row = world.table("link_tokens").get(token)
        if row is None or world.clock.now() >= row["expires_at"]:
            raise NotFound("This link has expired. Go back and start again.")
        return row

    @app.get("/plaid/hosted/<token>")
    def link_banks(token: str) -> ResponseReturnValue:
        row = link(token)
        if "redirect_uri" in request.args:
            row["redirect_uri"] = _safe(request.args["redirect_uri"])
        if "embedded" in request.args:
            row["embedded"] = True
        words = request.args.get("q", "")
        found = banks.search(words)
        return render_template("link/banks.html", token=token, words=words, banks=found)

    @app.route("/plaid/hosted/<token>/bank/<bank_id>", methods=["GET", "POST"])
    def link_sign_in(token: str, bank_id: str) -> ResponseReturnValue:
        row, bank = link(token), banks.bank(bank_id)
        if bank is None:
            raise NotFound("There is no such bank here.")
        problem = None
        if request.method == "POST":
            user, password = request.form.get("user", ""), request.form.get("password", "")
            if user == banks.LOCKED_USER:
                problem = f"Your sign-in at {bank['name']} is locked. Contact the bank."
            elif (user, password) == (banks.USER, banks.PASSWORD):
                row["bank"] = bank_id
                return redirect(url_for("link_accounts", token=token), 303)
            else:
                problem = "The user name or password is not right. Try again."
        page = render_template("link/sign_in.html", token=token, bank=bank, problem=problem)
        return page, 422 if problem else 200

    @app.route("/plaid/hosted/<token>/accounts", methods=["GET", "POST"])
    def link_accounts(token: str) -> ResponseReturnValue:
        row = link(token)
        bank = banks.bank(row.get("bank", ""))
        if bank is None:
            return redirect(url_for("link_banks", token=token))
        chosen = request.form.getlist("account") if request.method == "POST" else ["checking"]
        accounts = [account for account in banks.ACCOUNTS if account["id"] in chosen]
        if request.method == "POST" and accounts:
            public_token = funding.make_public_token(
                world,
                row["account_id"],
                {"id": bank["id"], "name": bank["name"]},
                [dict(account) for account in accounts],
            )
            row["bank"] = ""
            return _leave(row, public_token, bank, accounts)
        page = render_template(
            "link/accounts.html",
            token=token,
            bank=bank,
            accounts=banks.ACCOUNTS,
            chosen=chosen,
            problem="Choose at least one account." if request.method == "POST" else None,
        )
        return page, 422 if request.method == "POST" else 200

    @app.get("/plaid/hosted/<token>/cancel")
    def link_cancel(token: str) -> ResponseReturnValue:
        return _leave(link(token), None, None, [])

    @app.get("/plaid/link.js")
    def link_script() -> ResponseReturnValue:
        return send_from_directory(f"{app.root_path}/static", "link.js")

    @app.post("/sandbox/public_token/create")
    def create_public_token() -> ResponseReturnValue:
        """Plaid's own way to get a public token without a person."""
        given = request.get_json(force=True, silent=True) or {}
        bank = banks.bank(given.get("institution_id", banks.BANKS[0]["id"]))
        if bank is None:
            return {
                "error_type": "INVALID_INPUT",
                "error_code": "INVALID_INSTITUTION",
                "error_message": "invalid institution_id provided",
                "display_message": None,
                "request_id": world.new_id(),
            }, 400
        token = funding.make_public_token(
            world,
            None,
            {"id": bank["id"], "name": bank["name"]},
            [dict(account) for account in banks.ACCOUNTS],
        )
        return {"public_token": token, "request_id": world.new_id()}

    @app.errorhandler(HTTPException)
    def http_error(error: HTTPException) -> ResponseReturnValue:
        status = error.code or 500
        if request.path.startswith("/_sandbox"):
            return {"code": f"BLUM-{status}-001", "message": error.description}, status
        return render_template("error.html", text=error.description), status


def _safe(address: str) -> str:
    if urlsplit(address).scheme not in ("http", "https"):
        raise invalid("redirect_uri", "must begin with https:// or http://")
    return address


def _leave(
    row: Row,
    public_token: str | None,
    bank: banks.Bank | None,
    accounts: list[banks.BankAccount],
) -> ResponseReturnValue:
    """Go back to whoever opened Link: by redirect, by message to the page around, or just stop."""
    back = row.get("redirect_uri")
    if back and not row.get("embedded"):
        answer = {"public_token": public_token} if public_token else {"cancelled": "1"}
        parts = urlsplit(back)
        query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *answer.items()])
        return redirect(urlunsplit(parts._replace(query=query)), 303)
    message = {
        "source": "plaid-link",
        "public_token": public_token,
        "metadata": {
            "institution": {"institution_id": bank["id"], "name": bank["name"]} if bank else None,
            "accounts": [{**account, "type": "depository"} for account in accounts],
        },
    }
    return render_template("link/done.html", message=message, public_token=public_token)
