"""Who calls: HTTP Basic with key and secret, or the pair of headers. Known of Bluum: both forms.

The key of the command line always exists. Further ones, and what became of a key, are rows of the
table `keys`; see `keys.py`.
"""

import base64
import hmac

from werkzeug.wrappers import Request

from sandbox.errors import ApiError
from sandbox.world import World

TABLE = "keys"
REFUSALS = {"inactive": (401, "BLUM-401-004"), "expired": (401, "BLUM-401-005")}
READS = ("GET", "HEAD", "OPTIONS")


def named(request: Request) -> str:
    """The key that a request carries, right or wrong; empty if there is none."""
    try:
        return _credentials(request)[0]
    except ApiError:
        return ""


def check(request: Request, world: World, key: str, secret: str) -> str:
    """The key of the caller; `key` and `secret` are the pair that always exists.

    Raises ApiError 401-001 to -005, 403-001 for a write with a key that may only read, and 403-003
    for the key of a tenant that has not passed verification.
    """
    given_key, given_secret = _credentials(request)
    row = world.table(TABLE).get(given_key)
    known = {key: secret}
    if row is not None:
        known[given_key] = row["secret"]
    right = hmac.compare_digest(known.get(given_key, "").encode(), given_secret.encode())
    if not (right and given_key in known):
        raise ApiError(401, "BLUM-401-003")
    state = "active" if row is None else row["state"]
    if state in REFUSALS:
        raise ApiError(*REFUSALS[state])
    if state == "unverified":
        raise ApiError(403, "BLUM-403-003")
    if state == "read_only" and request.method not in READS:
        raise ApiError(403, "BLUM-403-001")
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
    except ValueError as error:
        raise ApiError(401, "BLUM-401-002") from error
    if not colon:
        raise ApiError(401, "BLUM-401-002")
    return key, secret
