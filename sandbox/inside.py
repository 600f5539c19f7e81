"""Requests that the sandbox sends to itself: scenarios use the API as any client would.

Such a request passes no faults, rate limit, credentials, contract or log, and its answer comes at
once. Nobody outside can send one: the mark is in the WSGI environment, where headers can't reach.
"""

from typing import TYPE_CHECKING, Any

from werkzeug.test import Client

from sandbox.errors import wrong_state

if TYPE_CHECKING:
    from sandbox.app import Sandbox

MARK = "sandbox.inside"


class Inside:
    """A client of the sandbox inside the sandbox."""

    def __init__(self, app: "Sandbox") -> None:
        self.app = app
        self._client = Client(app)

    def get(self, path: str) -> Any:
        """What the API says. Raises ApiError 409-003 if it refuses."""
        return self._ask("GET", path)

    def post(self, path: str, body: Any = None, key: str | None = None) -> Any:
        """Ask for something, with an idempotency key if there is one. Raises as `get` does."""
        return self._ask("POST", path, body, key)

    def put(self, path: str, body: Any) -> Any:
        """Write something. Raises as `get` does."""
        return self._ask("PUT", path, body)

    def upload(self, path: str, fields: dict[str, Any]) -> Any:
        """Send a form with files. Raises as `get` does."""
        answer = self._client.post(path, data=fields, environ_overrides={MARK: True})
        return self._read(path, answer)

    def _ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> Any:
        answer = self._client.open(
            path,
            method=method,
            json=body,
            headers={"Idempotency-Key": key} if key else None,
            environ_overrides={MARK: True},
        )
        return self._read(path, answer)

    @staticmethod
    def _read(path: str, answer: Any) -> Any:
        found = answer.get_json(silent=True)
        if answer.status_code >= 400:
            said = found.get("message") if isinstance(found, dict) else None
            raise wrong_state(f"{path}: {said or answer.status_code}")
        return found
