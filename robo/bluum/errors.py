"""What can go wrong when talking to Bluum, sorted by one question: is another try worth it?"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


class BluumError(Exception):
    """Anything but the answer that was asked for.

    `message` is Bluum's own sentence and may name a person: show or log it with care. The text of
    the exception itself holds only codes, so that it may stand in a log.
    """

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.request_id = request_id
        self.details: dict[str, Any] = dict(details or {})

    def __str__(self) -> str:
        known = {
            "status": self.status,
            "code": _word(self.code),
            "field": _word(self.details.get("field")),
            "request": self.request_id,
        }
        told = ", ".join(f"{name} {value}" for name, value in known.items() if value is not None)
        return f"{type(self).__name__}: {told or self.message}"

    __repr__ = __str__


class Unavailable(BluumError):
    """No answer, or not now, or our own set-up is at fault: the same request may succeed later.

    `retry_after`: seconds Bluum asked us to wait, None if it named none.
    `outcome_unknown`: the request may have been carried out. Ask again with the same idempotency
    key, or look before sending anew.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        outcome_unknown: bool = False,
        code: str | None = None,
        status: int | None = None,
        request_id: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message, code=code, status=status, request_id=request_id, details=details)
        self.retry_after = retry_after
        self.outcome_unknown = outcome_unknown


class KeysRejected(Unavailable):
    """Our API key, its rights or our contract do not allow this. No investor can help it."""


class KeyInUse(Unavailable):
    """409-002: the idempotency key is taken, by this request still running or by another body.

    Not a refusal: what the key stands for may be happening right now.
    """


class Refused(BluumError):
    """Bluum understood the request and said no: sending it again won't help."""


class NotFound(Refused):
    """No such object, or another tenant's."""


class Conflict(Refused):
    """A duplicate (409-001), or the object is in a state that does not allow this (409-003)."""


class InsufficientFunds(Refused):
    """422-001: the wallet does not hold enough available money."""


@dataclass(frozen=True)
class ErrorBody:
    """What an error body says, whichever of its four forms it has."""

    code: str | None
    message: str
    details: dict[str, Any] = field(default_factory=dict)


def read_error(body: object) -> ErrorBody | None:
    """Read any of the four known forms; None if these are not Bluum's words.

    `{code, message, details?}`; the same with `status: error`; `{error: "sentence"}`; and the
    later API's `{error: {type, code, message, param?}}`.
    """
    if not isinstance(body, dict):
        return None
    inner = body.get("error")
    if isinstance(inner, str):
        return ErrorBody(code=_text(body.get("code")), message=inner)
    if isinstance(inner, dict):
        details = {"field": inner["param"]} if isinstance(inner.get("param"), str) else {}
        if isinstance(inner.get("type"), str):
            details["type"] = inner["type"]
        code, message = _text(inner.get("code")), _text(inner.get("message"))
    else:
        found = body.get("details")
        details = dict(found) if isinstance(found, dict) else {}
        code, message = _text(body.get("code")), _text(body.get("message"))
    if code is None and message is None:
        return None
    return ErrorBody(code=code, message=message or "", details=details)


OUR_FAULT = {"BLUM-403-001", "BLUM-403-003", "BLUM-404-002", "PRODUCT_NOT_ENABLED"}
"""Codes about our keys, our contract or our paths. 403-002 and 403-004 are about the account."""


def error_for(
    status: int,
    body: object,
    *,
    request_id: str | None = None,
    retry_after: float | None = None,
    outcome_unknown: bool = False,
) -> BluumError:
    """The exception for an answer outside 2xx. `body` is the parsed JSON, None if it was none."""
    said = read_error(body)
    code = said.code if said else None
    message = said.message if said else "An answer that is not Bluum's"
    details = said.details if said else {}

    def unavailable(kind: type[Unavailable], *, unknown: bool) -> Unavailable:
        return kind(
            message,
            code=code,
            status=status,
            request_id=request_id,
            details=details,
            retry_after=retry_after,
            outcome_unknown=unknown,
        )

    permission = status == 403 and details.get("type") == "permission_error"
    if status == 401 or code in OUR_FAULT or permission:
        return unavailable(KeysRejected, unknown=False)
    if code == "BLUM-409-002" or details.get("type") == "idempotency_error":
        return unavailable(KeyInUse, unknown=True)
    if said is None or status < 400 or status >= 500 or status in (408, 425, 429):
        return unavailable(Unavailable, unknown=outcome_unknown and status != 429)
    kind: type[Refused] = Refused
    if code == "BLUM-422-001":
        kind = InsufficientFunds
    elif status == 404:
        kind = NotFound
    elif status == 409:
        kind = Conflict
    return kind(message, code=code, status=status, request_id=request_id, details=details)


def _word(value: object) -> str | None:
    """A code or the name of a field: one that is neither could be anything, even a name."""
    known = isinstance(value, str) and re.fullmatch(r"[A-Za-z_][\w.\[\]-]{0,60}", value, re.ASCII)
    return str(value) if known else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
