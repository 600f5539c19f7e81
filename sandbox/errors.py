"""Errors as Bluum words them: `BLUM-<status>-<sequence>`. The codes are documented, but 405-001."""

from typing import Any

MESSAGES = {
    "BLUM-400-001": "The request is not valid.",
    "BLUM-400-002": "A required field is missing.",
    "BLUM-400-003": "A value has the wrong format.",
    "BLUM-400-004": "A value is not one of those allowed.",
    "BLUM-400-005": "The amount is not acceptable.",
    "BLUM-400-006": "The quantity is not acceptable.",
    "BLUM-400-007": "The date range is not acceptable.",
    "BLUM-400-008": "The body or file is too large.",
    "BLUM-401-001": "Credentials are missing.",
    "BLUM-401-002": "Credentials are malformed.",
    "BLUM-401-003": "The API key or secret is wrong.",
    "BLUM-401-004": "The API key is inactive.",
    "BLUM-401-005": "The API key has expired.",
    "BLUM-403-001": "The key has no permission for this.",
    "BLUM-403-002": "The account has not been approved.",
    "BLUM-403-003": "Production access is needed.",
    "BLUM-403-004": "The account's state does not allow this.",
    "BLUM-404-001": "Object not found.",
    "BLUM-404-002": "No such endpoint.",
    "BLUM-404-003": "Asset not found.",
    "BLUM-405-001": "The method is not available here.",
    "BLUM-409-001": "This already exists.",
    "BLUM-409-002": "The idempotency key was used with another request.",
    "BLUM-409-003": "The object is not in a state that allows this.",
    "BLUM-422-001": "Not enough available funds.",
    "BLUM-422-002": "The market is closed.",
    "BLUM-422-003": "The asset can't be traded.",
    "BLUM-422-004": "The position is too small.",
    "BLUM-422-005": "The withdrawal limit is exceeded.",
    "BLUM-429-001": "Too many requests.",
    "BLUM-500-001": "Internal error.",
    "BLUM-500-017": "An outside provider failed.",
}


class ApiError(Exception):
    """Ends a request with an error answer.

    `field` is the offending field, dotted when nested; `reason` says what is wrong with it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str | None = None,
        field: str | None = None,
        reason: str | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message or MESSAGES[code]
        self.field = field
        self.reason = reason
        super().__init__(f"{code} {self.message}")

    def body(self) -> dict[str, Any]:
        """The answer's JSON: `{code, message}` and, on validation, `details {field, reason}`."""
        body: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.field is not None or self.reason is not None:
            body["details"] = {"field": self.field or "", "reason": self.reason or self.message}
        return body


def invalid(field: str, reason: str, code: str = "BLUM-400-001") -> ApiError:
    """A 400 about one field."""
    return ApiError(400, code, f"{field}: {reason}", field=field, reason=reason)


def not_found(message: str | None = None) -> ApiError:
    """404-001. Another tenant's object looks the same as one that does not exist."""
    return ApiError(404, "BLUM-404-001", message)


def wrong_state(message: str) -> ApiError:
    """409-003."""
    return ApiError(409, "BLUM-409-003", message)
