"""A mail server that keeps what it is given instead of sending it, and pages to read it."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from sandbox.console import show
from sandbox.world import Row, World

KEPT = 200
CODE = re.compile(r"^[ \t]*([A-Z0-9]{3,}(?:-[A-Z0-9]{3,})*)[ \t]*$", re.MULTILINE)
"""A line that holds nothing but a code."""


class Sink:
    """aiosmtpd's handler: takes every message for everyone."""

    def __init__(self, world: World) -> None:
        self.world = world

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Keep the message."""
        with self.world.lock:
            keep(self.world, envelope.mail_from, envelope.rcpt_tos, envelope.content)
        return "250 Kept"


def start(world: World, host: str, port: int) -> Controller:
    """Listen for mail in a thread of its own. Raises OSError if the port is taken."""
    controller = Controller(Sink(world), hostname=host, port=port)
    controller.start()
    return controller


def keep(world: World, sender: str, recipients: list[str], content: bytes) -> Row:
    """Store one message, forget the oldest beyond 200."""
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    mail: Row = {
        "id": world.new_id(),
        "from": str(message.get("From", sender)),
        "to": list(recipients),
        "subject": str(message.get("Subject", "")),
        "text": _part(message, "plain"),
        "html": _part(message, "html"),
        "at": world.clock.now(),
    }
    mails = world.table("mails")
    mails[mail["id"]] = mail
    while len(mails) > KEPT:
        del mails[next(iter(mails))]
    world.changed = True
    return mail


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    if part is None:
        return ""
    try:
        return str(part.get_content()).replace("\r\n", "\n")
    except (LookupError, UnicodeDecodeError):
        return part.get_payload(decode=True).decode("utf-8", "replace")  # type: ignore[union-attr]


def code_in(mail: Row) -> str | None:
    """The code a mail carries: a line of its own with six characters or more."""
    for found in CODE.findall(mail["text"]):
        if len(found) >= 6:
            return str(found)
    return None


def mails_to(world: World, address: str | None) -> list[Row]:
    """Mails, newest first; with an address only those to it (case does not matter)."""
    wanted = address.casefold() if address else None
    return [
        mail
        for mail in reversed(world.table("mails").values())
        if wanted is None or wanted in [to.casefold() for to in mail["to"]]
    ]


def routes(app: Flask, world: World) -> None:
    """Register the pages."""

    @app.get("/mail")
    def mail_list() -> ResponseReturnValue:
        page = show.page_of(mails_to(world, None))
        return render_template("console/mails.html", page=page, code_in=code_in)

    @app.get("/mail/<mail_id>")
    def mail_page(mail_id: str) -> ResponseReturnValue:
        mail = _find(mail_id)
        return render_template("console/mail.html", mail=mail, code=code_in(mail))

    @app.get("/mail/<mail_id>/html")
    def mail_html(mail_id: str) -> ResponseReturnValue:
        response = Response(_find(mail_id)["html"], mimetype="text/html")
        response.headers["Content-Security-Policy"] = (
            "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; "
            "img-src data: http: https:"
        )
        return response

    def _find(mail_id: str) -> Row:
        mail = world.table("mails").get(mail_id)
        if mail is None:
            raise NotFound("This mail is no longer kept.")
        return mail
