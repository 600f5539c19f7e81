"""Remembered answers. Known: 24 hours, same key and body replay, another body is 409-002.

Our choice: a key counts per key pair, method and path; answers with 5xx and 429 are not remembered;
a replay carries no mark. Requests are serialised, so no first request can still be running.
"""

import hashlib
from datetime import timedelta

from werkzeug.wrappers import Request, Response

from sandbox.errors import ApiError
from sandbox.world import World

KEPT = timedelta(hours=24)
TABLE = "idempotency"


def _scope(request: Request, owner: str) -> str:
    text = "\n".join(
        [owner, request.method, request.path, request.headers.get("Idempotency-Key", "")]
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _fingerprint(request: Request) -> str:
    return hashlib.sha256(request.get_data(cache=True)).hexdigest()


def applies(request: Request) -> bool:
    """Only writes with a key are remembered."""
    return request.method in ("POST", "PUT") and "Idempotency-Key" in request.headers


def recall(world: World, request: Request, owner: str) -> Response | None:
    """The first answer to this key, if there was one. Raises 409-002 for another body."""
    row = world.table(TABLE).get(_scope(request, owner))
    if row is None or world.clock.now() - row["at"] >= KEPT:
        return None
    if row["fingerprint"] != _fingerprint(request):
        raise ApiError(409, "BLUM-409-002")
    return Response(row["body"], status=row["status"], content_type=row["type"])


def remember(world: World, request: Request, owner: str, response: Response) -> None:
    """Keep this answer for a day; forget what is older."""
    if response.status_code >= 500 or response.status_code == 429:
        return
    rows = world.table(TABLE)
    now = world.clock.now()
    for scope in [scope for scope, row in rows.items() if now - row["at"] >= KEPT]:
        del rows[scope]
    rows[_scope(request, owner)] = {
        "fingerprint": _fingerprint(request),
        "status": response.status_code,
        "body": response.get_data(as_text=True),
        "type": response.content_type,
        "at": now,
    }
