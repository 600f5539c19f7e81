"""Webhooks on their way: queued, signed, sent, tried again, kept in a log.

Known of Bluum: body `{event, timestamp, data}`, further tries after about 1 minute, 5 minutes, 30
minutes, 2 hours and 8 hours, then dead. Not documented and therefore our choice: the signature.
Header `X-Bluum-Signature: t=<unix>,v1=<hex>`, HMAC-SHA-256 with the webhook's secret over
`<t>.<raw body>`; `t` is real time, as the receiver checks it against its own clock.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from datetime import timedelta
from fnmatch import fnmatchcase

import httpx

from sandbox import codec, faults
from sandbox.clock import iso
from sandbox.world import Row, World

TABLE = "deliveries"
TRIES_AFTER = [
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
]
PATIENCE = 10.0
"""Seconds we wait for the receiver. Known are 30 (older note: 5); a local receiver is quicker."""
KEPT = 2000

Send = Callable[[str, bytes, dict[str, str]], int]
"""Sends a body to a URL with headers and returns the HTTP status. Raises OSError or HTTPError."""


def sign(secret: str, body: bytes, moment: int) -> str:
    """The value of `X-Bluum-Signature`."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def queue(world: World, event: str, data: Row) -> None:
    """Make one delivery for each active webhook that listens to the event."""
    body = json.dumps(
        {"event": event, "timestamp": iso(world.clock.now()), "data": data},
        default=codec.plain,
        ensure_ascii=False,
    )
    for webhook in world.table("webhooks").values():
        names = webhook["eventTypeNames"]
        if webhook["status"] != "ACTIVE" or not any(fnmatchcase(event, name) for name in names):
            continue
        fault = faults.webhook_fault(world, event)
        kind = fault["kind"] if fault else None
        delay = fault["seconds"] if fault and kind == "webhook_delayed" else 0
        for _ in range(2 if kind == "webhook_doubled" else 1):
            _add(world, webhook["id"], event, body, kind, delay)
    world.outbox_ready.set()


def _add(
    world: World, webhook_id: str, event: str, body: str, fault: str | None, delay: float
) -> Row:
    rows = world.table(TABLE)
    row: Row = {
        "id": world.new_id(),
        "webhook_id": webhook_id,
        "event": event,
        "body": body,
        "status": "lost" if fault == "webhook_lost" else "waiting",
        "fault": fault,
        "next_try_at": world.soon(delay),
        "tries": [],
        "created_at": world.clock.now(),
    }
    rows[row["id"]] = row
    while len(rows) > KEPT:
        del rows[next(iter(rows))]
    return row


def replay(world: World, delivery_id: str) -> Row:
    """Send it once more, now, whatever became of it. Raises KeyError for an unknown one."""
    row = world.table(TABLE)[delivery_id]
    row["status"] = "waiting"
    row["fault"] = None
    row["next_try_at"] = world.clock.now()
    world.outbox_ready.set()
    return row


def resume(world: World) -> None:
    """After a stop: what was being sent may not have arrived, so it is sent again."""
    for row in world.table(TABLE).values():
        if row["status"] == "sending":
            row["status"] = "waiting"


def send_due(world: World, send: Send) -> int:
    """Send what is due, one after the other. The world is locked only between the calls."""
    count = 0
    while True:
        with world.lock:
            now = world.clock.now()
            due = [
                row
                for row in world.table(TABLE).values()
                if row["status"] == "waiting" and row["next_try_at"] <= now
            ]
            due.sort(key=lambda row: row["next_try_at"])
            if not due:
                return count
            row = due[0]
            webhook = world.table("webhooks").get(row["webhook_id"])
            if webhook is None or webhook["status"] != "ACTIVE":
                row["status"] = "dropped"
                continue
            row["status"] = "sending"
            body = row["body"].encode()
            secret = webhook["secret"]
            if row["fault"] == "webhook_bad_signature":
                secret = "not-" + secret
            url = webhook["url"]
        status, problem = _try(send, url, body, secret)
        count += 1
        with world.lock:
            _settle(world, row, status, problem)


def _try(send: Send, url: str, body: bytes, secret: str) -> tuple[int | None, str | None]:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "bluum-sandbox",
        "X-Bluum-Signature": sign(secret, body, int(time.time())),
    }
    try:
        return send(url, body, headers), None
    except (OSError, httpx.HTTPError, httpx.InvalidURL) as error:
        return None, type(error).__name__


def _settle(world: World, row: Row, status: int | None, problem: str | None) -> None:
    world.changed = True
    row["tries"].append({"at": world.clock.now(), "status": status, "problem": problem})
    if row["status"] != "sending":
        return
    if status is not None and 200 <= status < 300:
        row["status"] = "delivered"
    elif len(row["tries"]) > len(TRIES_AFTER):
        row["status"] = "dead"
    else:
        row["status"] = "waiting"
        row["next_try_at"] = world.clock.now() + TRIES_AFTER[len(row["tries"]) - 1]


def http_send(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post over the network."""
    return httpx.post(url, content=body, headers=headers, timeout=PATIENCE).status_code
