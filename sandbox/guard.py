"""Who may control the sandbox: loopback, or whoever has the token.

Without `--control-token` the control API and the console answer to this machine only, and not to
pages of other sites. With one, they ask for it: as password of Basic (any user) or as Bearer.
"""

import hmac
import ipaddress

from flask import Flask, request
from flask.typing import ResponseReturnValue

from sandbox import inside

PROTECTED_MODULES = ("sandbox.console", "sandbox.control", "sandbox.mail")
TOKEN = "CONTROL_TOKEN"  # noqa: S105


def protect(app: Flask) -> None:
    """Stand before the control API, the console and the mail."""
    app.config.setdefault(TOKEN, "")

    @app.before_request
    def only_who_may() -> ResponseReturnValue | None:
        if inside.MARK in request.environ or not _protected(app):
            return None
        token = app.config[TOKEN]
        if token:
            if _has(token):
                return None
            answer = app.make_response(
                ({"code": "BLUM-401-001", "message": "The sandbox asks for its token."}, 401)
            )
            answer.headers["WWW-Authenticate"] = 'Basic realm="sandbox"'
            return answer
        if not _is_loopback(request.remote_addr):
            words = "Only this machine may control the sandbox; start it with --control-token."
            return {"code": "BLUM-403-001", "message": words}, 403
        if request.method != "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site":
            words = "Pages of other sites may not control the sandbox."
            return {"code": "BLUM-403-001", "message": words}, 403
        return None


def _protected(app: Flask) -> bool:
    if request.path == "/_sandbox/health":
        return False
    view = app.view_functions.get(request.endpoint or "")
    return request.path.startswith("/_sandbox") or (
        view is not None and view.__module__.startswith(PROTECTED_MODULES)
    )


def _has(token: str) -> bool:
    given = request.authorization
    if given is None:
        return False
    text = given.token if given.type == "bearer" else given.password
    return hmac.compare_digest((text or "").encode(), token.encode())


def _is_loopback(address: str | None) -> bool:
    try:
        return address is None or ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
