"""Plaid's webhooks: signed with ES256, queued, sent, tried again.

Known: header `Plaid-Verification` with a JWT (kid, iat, request_body_sha256), bodies indented by
two spaces, a further try after 30 seconds and then each time after four times as long, for up to
24 hours. `iat` is real time, as the receiver checks it against its own clock. The key follows from
the seed; after a rotation the old one is still answered, with `expired_at`.
"""

import base64
import hashlib
import json
import time
from datetime import timedelta

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from sandbox import deliveries, faults
from sandbox.plaid.errors import PlaidError
from sandbox.world import Row, World

TABLE = "plaid_deliveries"
KEYS = "plaid_keys"
ENVIRONMENT = "sandbox"
FIRST_WAIT = timedelta(seconds=30)
GIVE_UP_AFTER = timedelta(hours=24)
KEPT = 1000
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Of the curve P-256: private keys lie below it."""


def queue(world: World, url: str | None, body: Row) -> Row | None:
    """Make one delivery, or none without an address."""
    if not url:
        return None
    event = f"{body['webhook_type']}.{body['webhook_code']}"
    fault = faults.webhook_fault(world, event)
    kind = fault["kind"] if fault else None
    late = kind in ("webhook_delayed", "webhook_reordered")
    delay = fault["seconds"] if fault and late else 0
    row: Row = {}
    for _ in range(2 if kind == "webhook_doubled" else 1):
        row = {
            "id": world.new_id(),
            "url": url,
            "event": event,
            "item_id": body.get("item_id"),
            "body": json.dumps({**body, "environment": ENVIRONMENT}, indent=2),
            "status": "lost" if kind == "webhook_lost" else "waiting",
            "fault": kind,
            "stale": fault["seconds"] if fault and kind == "webhook_stale" else 0,
            "next_try_at": world.soon(delay),
            "tries": [],
            "created_at": world.clock.now(),
        }
        world.table(TABLE)[row["id"]] = row
    while len(world.table(TABLE)) > KEPT:
        del world.table(TABLE)[next(iter(world.table(TABLE)))]
    world.outbox_ready.set()
    return row


def send_due(world: World, send: deliveries.Send) -> int:
    """Send what is due, one after the other. The world is locked only between the calls."""
    count = 0
    while True:
        with world.lock:
            now = world.clock.now()
            due = [
                row
                for row in world.table(TABLE).values()
                if row["status"] in ("waiting", "sending") and row["next_try_at"] <= now
            ]
            if not due:
                return count
            row = min(due, key=lambda each: each["next_try_at"])
            row["status"] = "sending"
            body = row["body"].encode()
            signature = sign(world, body, age=row["stale"])
            if row["fault"] == "webhook_bad_signature":
                signature = signature[:-8] + "AAAAAAAA"
            if row["fault"] == "webhook_altered":
                body = body.replace(b'"environment"', b'"environment_"')
        status = _try(send, row["url"], body, signature)
        count += 1
        with world.lock:
            _settle(world, row, status)


def replay(world: World, delivery_id: str) -> Row:
    """Send it once more, now and truly, whatever became of it; a day of further tries begins.

    Raises KeyError for an unknown one.
    """
    row = world.table(TABLE)[delivery_id]
    now = world.clock.now()
    row.update(status="waiting", fault=None, stale=0, next_try_at=now, replayed_at=now)
    row["before"] = len(row["tries"])
    world.changed = True
    world.outbox_ready.set()
    return row


def replay_dead(world: World) -> int:
    """Replay everything that is dead or lost, oldest first. Returns how many."""
    rows = [row for row in world.table(TABLE).values() if row["status"] in ("dead", "lost")]
    for row in rows:
        replay(world, row["id"])
    return len(rows)


def _try(send: deliveries.Send, url: str, body: bytes, signature: str) -> int | None:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "plaid-sandbox",
        "Plaid-Verification": signature,
    }
    try:
        return send(url, body, headers)
    except (OSError, httpx.HTTPError, httpx.InvalidURL):
        return None


def _settle(world: World, row: Row, status: int | None) -> None:
    world.changed = True
    row["tries"].append({"at": world.clock.now(), "status": status})
    wait = FIRST_WAIT * 4 ** (len(row["tries"]) - row.get("before", 0) - 1)
    if status == 200:
        row["status"] = "delivered"
    elif world.clock.now() + wait > (row.get("replayed_at") or row["created_at"]) + GIVE_UP_AFTER:
        row["status"] = "dead"
    else:
        row["status"] = "waiting"
        row["next_try_at"] = world.clock.now() + wait


def sign(world: World, body: bytes, *, age: float = 0) -> str:
    """The value of `Plaid-Verification`, as if it were `age` seconds old."""
    row = _current_key(world)
    claims = {
        "iat": int(time.time() - age),
        "request_body_sha256": hashlib.sha256(body).hexdigest(),
    }
    return jwt.encode(
        claims, _private(world, row["number"]), algorithm="ES256", headers={"kid": row["kid"]}
    )


def rotate(world: World) -> Row:
    """Retire the key; from now on another one signs."""
    _current_key(world)["expired_at"] = int(time.time())
    return _current_key(world)


def _current_key(world: World) -> Row:
    keys = world.table(KEYS)
    for row in keys.values():
        if row["expired_at"] is None:
            return row
    number = len(keys)
    kid = hashlib.sha256(f"{world.seed}/kid/{number}".encode()).hexdigest()[:32]
    row = {"kid": kid, "number": number, "created_at": int(time.time()), "expired_at": None}
    keys[kid] = row
    return row


def _private(world: World, number: int) -> ec.EllipticCurvePrivateKey:
    digest = hashlib.sha512(f"{world.seed}/plaid/{number}".encode()).digest()
    secret = 1 + int.from_bytes(digest, "big") % (ORDER - 1)
    return ec.derive_private_key(secret, ec.SECP256R1())


def public_key(world: World, kid: str) -> Row:
    """The JWK of a key that signs or has signed. Raises PlaidError for another."""
    row = world.table(KEYS).get(kid)
    if row is None:
        raise PlaidError("INVALID_WEBHOOK_VERIFICATION_KEY_ID")
    point = _private(world, row["number"]).public_key().public_numbers()
    return {
        "alg": "ES256",
        "crv": "P-256",
        "kid": kid,
        "kty": "EC",
        "use": "sig",
        "x": _word(point.x),
        "y": _word(point.y),
        "created_at": row["created_at"],
        "expired_at": row["expired_at"],
    }


def _word(number: int) -> str:
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
