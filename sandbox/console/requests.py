"""The last requests to Bluum's API, without secrets, and as curl."""

import shlex
from typing import Any

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from sandbox import web
from sandbox.console import show
from sandbox.world import Row, World

KINDS = {"": "All", "wrong": "4xx and 5xx", "fault": "Met a fault", "write": "Writes"}


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/requests")
    def console_requests() -> ResponseReturnValue:
        kind, wanted = request.args.get("kind", ""), request.args.get("q", "").strip()
        rows = [
            row
            for row in newest(app)
            if wanted in f"{row['method']} {row['path']} {row['id']}" and _is(row, kind)
        ]
        page = show.page_of(rows)
        for row in page.rows:
            row["curl"] = as_curl(row, web.home())
        return render_template(
            "console/requests.html", page=page, kind=kind, kinds=KINDS, wanted=wanted
        )


def newest(app: Flask) -> list[Row]:
    """Copies of the log's rows, newest first."""
    log: Any = app.gateway.log.copy()  # type: ignore[attr-defined]
    return [dict(row) for row in reversed(log)]


def _is(row: Row, kind: str) -> bool:
    match kind:
        case "wrong":
            return (row["status"] or 599) >= 400
        case "fault":
            return bool(row["fault"])
        case "write":
            return row["method"] not in ("GET", "HEAD", "OPTIONS")
    return True


def as_curl(row: Row, home: str) -> str:
    """The request as a shell command; the keys come from the environment."""
    address = home + row["path"] + (f"?{row['query']}" if row["query"] else "")
    parts = ["curl", '-u "$BLUUM_KEY:$BLUUM_SECRET"']
    if row["method"] != "GET":
        parts.append(f"-X {row['method']}")
    if row["idempotency_key"]:
        parts.append("-H " + shlex.quote(f"Idempotency-Key: {row['idempotency_key']}"))
    if row.get("body"):
        parts += ["-H 'Content-Type: application/json'", "-d " + shlex.quote(row["body"])]
    return " ".join([*parts, shlex.quote(address)])
