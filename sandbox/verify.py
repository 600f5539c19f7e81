"""The page behind `verification_url`: where an investor would show a passport and a face.

Known: the investor is sent there, with the tenant's `redirect-uri` appended, and comes back. How
the provider returns is documented nowhere; the page adds `inquiry-id` and `status`, as Persona's
hosted flow does. Instead of looking at a passport it asks what shall be found.
"""

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from flask import Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import BadRequest, NotFound

from sandbox.api import compliance
from sandbox.world import World

RESULTS = {"approved": "clear", "declined": "failed", "needs_review": "review_required"}
"""What the buttons say to the way back, and what it means for the check."""


def routes(app: Flask, world: World) -> None:
    """Register the page."""

    @app.route("/verify/<external_id>", methods=["GET", "POST"])
    def verify_page(external_id: str) -> ResponseReturnValue:
        found = compliance.hosted_check(world, external_id)
        if found is None:
            raise NotFound("There is no such check.")
        workflow, check = found
        back = request.args.get("redirect-uri") or request.args.get("redirect_uri")
        if back and urlsplit(back).scheme not in ("http", "https"):
            raise BadRequest("redirect-uri must begin with https:// or http://")
        is_open = workflow["status"] == "in_progress" and check["status"] == "pending"
        if request.method == "POST" and is_open:
            word = request.form.get("result", "")
            if word not in RESULTS:
                raise BadRequest("result must be one of " + ", ".join(RESULTS))
            compliance.finish_hosted(world, workflow, check, RESULTS[word])
            if back:
                return redirect(_way_back(back, external_id, word), 303)
            is_open = False
        account = world.table("accounts")[workflow["account_id"]]
        return render_template(
            "verify.html", name=account["identity"]["first_name"], is_open=is_open, back=back
        )


def _way_back(address: str, external_id: str, status: str) -> str:
    parts = urlsplit(address)
    known = parse_qsl(parts.query, keep_blank_values=True)
    query = urlencode([*known, ("inquiry-id", external_id), ("status", status)])
    return urlunsplit(parts._replace(query=query))
