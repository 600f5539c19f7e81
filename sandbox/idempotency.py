"""Remembered answers. Known: 24 hours, same key and body replay, another body is 409-002.

Our choice: a key counts per key pair, method and path; a first request that is still running is
409-002 too; answers with 5xx, 429 and 401 are not remembered, others are; a replay carries no mark.
Bodies are the same if they say the same: spaces, the order of fields and the boundaries of a form
don't count.
"""

import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from itertools import takewhile

from werkzeug.wrappers import Request, Response

from sandbox.errors import ApiError
from sandbox.world import World

KEPT = timedelta(hours=24)
TABLE = "idempotency"
METHODS = ("POST", "PUT", "PATCH")


def scope(request: Request, owner: str) -> str | None:
    """What the key of this request counts for; None if it has none or only reads."""
    key = request.headers.get("Idempotency-Key")
    if key is None or request.method not in METHODS:
        return None
    text = "\n".join([owner, request.method, request.path, key])
    return hashlib.sha256(text.encode()).hexdigest()


def fingerprint(request: Request) -> str:
    """Tells bodies apart by what they say."""
    if request.mimetype == "multipart/form-data":
        said: list[object] = [*sorted(request.form.items(multi=True))]
        for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
            said.append([name, file.filename, hashlib.sha256(file.stream.read()).hexdigest()])
            file.stream.seek(0)
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()
    body = request.get_data(cache=True)
    with suppress(ValueError, RecursionError):
        body = json.dumps(json.loads(body), sort_keys=True).encode()
    return hashlib.sha256(body).hexdigest()


class Running:
    """The scopes of requests that have no answer yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._scopes: set[str] = set()

    @contextmanager
    def only(self, scope: str | None) -> Iterator[bool]:
        """Whether no other request with this scope is running, while it runs."""
        with self._lock:
            first = scope not in self._scopes
            if first and scope is not None:
                self._scopes.add(scope)
        try:
            yield first
        finally:
            if first and scope is not None:
                with self._lock:
                    self._scopes.discard(scope)


def recall(world: World, scope: str, body: str) -> Response | None:
    """The first answer in this scope, if there was one. Raises 409-002 for another body."""
    row = world.table(TABLE).get(scope)
    if row is None or world.clock.now() - row["at"] >= KEPT:
        return None
    if row["fingerprint"] != body:
        raise ApiError(409, "BLUM-409-002")
    return Response(row["body"], status=row["status"], content_type=row["type"])


def remember(world: World, scope: str, body: str, response: Response) -> None:
    """Keep this answer for a day; forget what is older."""
    if response.status_code >= 500 or response.status_code in (401, 429):
        return
    rows = world.table(TABLE)
    now = world.clock.now()
    for old, _ in list(takewhile(lambda item: now - item[1]["at"] >= KEPT, rows.items())):
        del rows[old]
    rows.pop(scope, None)
    rows[scope] = {
        "fingerprint": body,
        "status": response.status_code,
        "body": response.get_data(as_text=True),
        "type": response.content_type,
        "at": now,
    }
