"""Who calls: HTTP Basic with key and secret, or the pair of headers. Known of Bluum: both forms."""

import base64
import binascii
import hmac

from werkzeug.wrappers import Request

from sandbox.errors import ApiError


def check(request: Request, key: str, secret: str) -> str:
    """The key of the caller. Raises ApiError 401-001, -002 or -003."""
    given_key, given_secret = _credentials(request)
    right = hmac.compare_digest(given_key.encode(), key.encode())
    if not (hmac.compare_digest(given_secret.encode(), secret.encode()) and right):
        raise ApiError(401, "BLUM-401-003")
    return given_key


def _credentials(request: Request) -> tuple[str, str]:
    header_key = request.headers.get("BLUUM-API-KEY-ID")
    header_secret = request.headers.get("BLUUM-API-SECRET-KEY")
    if header_key is not None and header_secret is not None:
        return header_key, header_secret
    authorization = request.headers.get("Authorization")
    if not authorization:
        raise ApiError(401, "BLUM-401-001")
    kind, _, encoded = authorization.partition(" ")
    if kind.lower() != "basic":
        raise ApiError(401, "BLUM-401-002")
    try:
        key, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ApiError(401, "BLUM-401-002") from error
    if not colon:
        raise ApiError(401, "BLUM-401-002")
    return key, secret
