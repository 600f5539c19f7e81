"""The console at `/`: pages to look at what happened and to decide what happens next.

One module a subject, each with `routes(app, world)`. Pages are plain HTML and forms; the script
only keeps them fresh. A button goes back to its page and says in a sentence what it did.
"""

from typing import Any

from flask import Flask, Response, render_template, request

from sandbox.console import (
    account,
    accounts,
    banks,
    clockwork,
    deliveries,
    faults,
    market,
    overview,
    requests,
    show,
    transfers,
)
from sandbox.world import World

PAGES = [
    ("/", "Overview"),
    ("/accounts", "Accounts"),
    ("/transfers", "Transfers"),
    ("/banks", "Banks"),
    ("/market", "Market"),
    ("/faults", "Faults"),
    ("/deliveries", "Webhooks"),
    ("/mail", "Mail"),
    ("/requests", "Requests"),
]
SUBJECTS = (
    overview, accounts, account, transfers, banks, market, faults, deliveries, requests, clockwork,
)  # fmt: skip
OURS = ("sandbox.console", "sandbox.mail")
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
    "style-src-attr 'unsafe-inline'; font-src 'self'; img-src 'self' data:; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def routes(app: Flask, world: World) -> None:
    """Register the pages."""
    show.register(app)

    @app.context_processor
    def common() -> dict[str, Any]:
        return {
            "pages": PAGES,
            "here": f"/{request.path.split('/')[1]}",
            "now": world.clock.now(),
            "frozen": world.clock.frozen,
            "steps": clockwork.STEPS,
            "notice": show.notice(app),
            "troubles": len(world.table("faults")),
        }

    def is_ours() -> bool:
        view = app.view_functions.get(request.endpoint or "")
        return view is not None and view.__module__.startswith(OURS)

    @app.after_request
    def guarded(response: Response) -> Response:
        if is_ours() and response.status_code in (400, 404) and response.mimetype == "text/html":
            page = render_template("console/wrong.html", status=response.status_code)
            response.set_data(page)
        if is_ours():
            response.headers.setdefault("Content-Security-Policy", POLICY)
            response.headers["Referrer-Policy"] = "same-origin"
            response.headers["Cache-Control"] = "no-store"
        return response

    for subject in SUBJECTS:
        subject.routes(app, world)
