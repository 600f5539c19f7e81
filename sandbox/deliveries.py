"""Webhooks on their way: queued, signed, sent, tried again, kept in a log.

Known of Bluum: body `{event, timestamp, data}`, further tries after about 1 minute, 5 minutes, 30
minutes, 2 hours and 8 hours, then dead. Tries are counted in the sandbox's time. Not documented and
therefore our choice: the signature. Header `X-Bluum-Signature: t=<unix>,v1=<hex>`, HMAC-SHA-256
with the webhook's secret over `<t>.<raw body>`; `t` is real time, as the receiver checks it against
its own clock.

Statuses: waiting, sending, delivered, dead (six tries were in vain), lost (a fault), dropped (the
webhook is gone or paused, or too many waited). What waits is sent in the order of its time, then of
its making; each webhook at its own pace.
"""

import hashlib
import heapq
import hmac
import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice

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
"""Deliveries remembered after their end."""
WAITING = 100_000
"""Deliveries that may wait; beyond, the oldest is dropped. A year of a hundred accounts that invest
weekly makes 77,000, some 1.5 kB each.
"""
SLACK = 500
"""How many may come before we look again whether there are too many."""

Send = Callable[[str, bytes, dict[str, str]], int]
"""Sends a body to a URL with headers and returns the HTTP status. Raises OSError or HTTPError."""


def sign(secret: str, body: bytes, moment: int) -> str:
    """The value of `X-Bluum-Signature`."""
    digest = hmac.new(secret.encode(), f"{moment}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def queue(world: World, event: str, data: Row) -> None:
    """Make one delivery for each active webhook that listens to the event."""
    listening = [
        webhook
        for webhook in world.table("webhooks").values()
        if webhook["status"] == "ACTIVE"
        and any(fnmatchcase(event, name) for name in webhook["eventTypeNames"])
    ]
    if not listening:
        return
    body = json.dumps(
        {"event": event, "timestamp": iso(world.clock.now()), "data": data},
        default=codec.plain,
        ensure_ascii=False,
    )
    for webhook in listening:
        fault = faults.webhook_fault(world, event)
        _add(world, webhook["id"], event, body, fault)
        if fault and fault["kind"] == "webhook_doubled":
            _add(world, webhook["id"], event, body, fault)
    world.outbox_ready.set()


def _add(world: World, webhook_id: str, event: str, body: str, fault: Row | None) -> None:
    rows, kind = world.table(TABLE), fault["kind"] if fault else None
    late = fault["seconds"] if fault and kind in ("webhook_delayed", "webhook_reordered") else 0
    row: Row = {
        "id": world.new_id(),
        "webhook_id": webhook_id,
        "event": event,
        "body": body,
        "status": "lost" if kind == "webhook_lost" else "waiting",
        "fault": kind,
        "stale": fault["seconds"] if fault and kind == "webhook_stale" else 0,
        "next_try_at": world.soon(late),
        "number": world.sequence(),
        "tries": [],
        "created_at": world.clock.now(),
    }
    rows[row["id"]] = row
    outbox = _outbox(world)
    if row["status"] == "waiting":
        outbox.put(row)
    if kind == "webhook_reordered":
        outbox.held[webhook_id] = row["id"]
    elif row["status"] == "waiting":
        _let_follow(world, outbox, row)
    _forget(world)


def _let_follow(world: World, outbox: "Outbox", row: Row) -> None:
    """Send what a fault held back right after this delivery."""
    held = world.table(TABLE).get(outbox.held.pop(row["webhook_id"], ""))
    if held is not None and held["status"] == "waiting":
        held["number"] = world.sequence()
        held["next_try_at"] = row["next_try_at"]
        outbox.put(held)


class Outbox:
    """Which deliveries wait, by webhook and in order. Drawn from the table, kept out of the state.

    An entry counts while its delivery still waits with the number it was put in with.
    """

    def __init__(self, rows: list[Row]) -> None:
        self.queues: dict[str, list[tuple[datetime, int, str]]] = {}
        self.held: dict[str, str] = {}
        self.unseen = 0
        for row in rows:
            if row["status"] == "waiting":
                self.put(row)

    def put(self, row: Row) -> None:
        """Note a delivery that waits."""
        entry = (row["next_try_at"], row["number"], row["id"])
        heapq.heappush(self.queues.setdefault(row["webhook_id"], []), entry)

    def due_webhooks(self, rows: dict[str, Row], now: datetime) -> list[str]:
        """The webhooks to which something is due."""
        return [
            n for n in list(self.queues) if self._clean(n, rows) and self.queues[n][0][0] <= now
        ]

    def due(self, rows: dict[str, Row], now: datetime, webhook_id: str | None) -> Row | None:
        """Take out the first delivery that is due, of one webhook or of any."""
        names = list(self.queues) if webhook_id is None else [webhook_id]
        first = min((self.queues[n][0] for n in names if self._clean(n, rows)), default=None)
        if first is None or first[0] > now:
            return None
        row = rows[first[2]]
        heapq.heappop(self.queues[row["webhook_id"]])
        return row

    def _clean(self, name: str, rows: dict[str, Row]) -> bool:
        queue = self.queues.get(name, [])
        while queue:
            at, number, key = queue[0]
            row = rows.get(key)
            fresh = row is not None and row["status"] == "waiting"
            if row is not None and fresh and (row["next_try_at"], row["number"]) == (at, number):
                return True
            heapq.heappop(queue)
        self.queues.pop(name, None)
        return False


def _outbox(world: World) -> Outbox:
    """The world's outbox; drawn anew after a reset or a restart."""
    if not isinstance(world.outbox, Outbox):
        world.outbox = Outbox(list(world.table(TABLE).values()))
    assert isinstance(world.outbox, Outbox)
    return world.outbox


def _forget(world: World) -> None:
    """Drop the oldest beyond what is kept; those that wait only beyond `WAITING`."""
    rows, outbox = world.table(TABLE), _outbox(world)
    outbox.unseen += 1
    if outbox.unseen < SLACK:
        return
    outbox.unseen = 0
    waiting = [row for row in rows.values() if row["status"] in ("waiting", "sending")]
    for row in waiting[: max(len(waiting) - WAITING, 0)]:
        row["status"] = "dropped"
    ended = len(rows) - min(len(waiting), WAITING)
    old = (key for key, row in rows.items() if row["status"] not in ("waiting", "sending"))
    for key in list(islice(old, max(ended - KEPT, 0))):
        del rows[key]


def replay(world: World, delivery_id: str) -> Row:
    """Send it once more, now and truly, whatever became of it. Raises KeyError for an unknown one.

    Six further tries begin if this one is in vain.
    """
    row = world.table(TABLE)[delivery_id]
    row.update(
        status="waiting",
        fault=None,
        stale=0,
        next_try_at=world.clock.now(),
        number=world.sequence(),
        failed=0,
    )
    _outbox(world).put(row)
    world.changed = True
    world.outbox_ready.set()
    return row


def replay_dead(world: World, event: str = "*") -> int:
    """Replay everything that is dead, lost or dropped, oldest first. Returns how many."""
    rows = [
        row
        for row in world.table(TABLE).values()
        if row["status"] in ("dead", "lost", "dropped") and fnmatchcase(row["event"], event)
    ]
    for row in rows:
        replay(world, row["id"])
    return len(rows)


def resume(world: World) -> None:
    """After a stop: what was being sent may not have arrived, so it is sent again."""
    world.outbox = None
    for row in world.table(TABLE).values():
        if row["status"] == "sending":
            row["status"] = "waiting"


def due_webhooks(world: World) -> list[str]:
    """The webhooks to which something is due now."""
    with world.lock:
        return _outbox(world).due_webhooks(world.table(TABLE), world.clock.now())


def send_due(world: World, send: Send, webhook_id: str | None = None) -> int:
    """Send what is due, one after the other, of one webhook or of all. Returns how many.

    The world is locked only between the calls.
    """
    count = 0
    while True:
        with world.lock:
            row = _outbox(world).due(world.table(TABLE), world.clock.now(), webhook_id)
            if row is None:
                return count
            webhook = world.table("webhooks").get(row["webhook_id"])
            if webhook is None or webhook["status"] != "ACTIVE":
                row["status"] = "dropped"
                continue
            row["status"] = "sending"
            url, body, headers = _signed(row, webhook)
        status, problem = _try(send, url, body, headers)
        count += 1
        with world.lock:
            _settle(world, row, status, problem)


def _signed(row: Row, webhook: Row) -> tuple[str, bytes, dict[str, str]]:
    body, secret, kind = row["body"].encode(), webhook["secret"], row["fault"]
    if kind == "webhook_bad_signature":
        secret = "not-" + secret
    signature = sign(secret, body, int(time.time() - row["stale"]))
    if kind == "webhook_altered":
        told = json.loads(row["body"])
        told["data"]["altered"] = True
        body = json.dumps(told, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "bluum-sandbox",
        "X-Bluum-Signature": signature,
    }
    return webhook["url"], body, headers


def _try(
    send: Send, url: str, body: bytes, headers: dict[str, str]
) -> tuple[int | None, str | None]:
    try:
        return send(url, body, headers), None
    except (OSError, ValueError, httpx.HTTPError, httpx.InvalidURL) as error:
        return None, type(error).__name__


def _settle(world: World, row: Row, status: int | None, problem: str | None) -> None:
    world.changed = True
    row["tries"].append({"at": world.clock.now(), "status": status, "problem": problem})
    if row["status"] != "sending":
        return
    row["failed"] = failed = row.get("failed", 0) + 1
    if status is not None and 200 <= status < 300:
        row["status"] = "delivered"
    elif failed > len(TRIES_AFTER):
        row["status"] = "dead"
    else:
        row["status"] = "waiting"
        row["next_try_at"] = world.clock.now() + TRIES_AFTER[failed - 1]
        _outbox(world).put(row)
    if row["status"] == "delivered":
        _forget(world)


@cache
def _client() -> httpx.Client:
    return httpx.Client(timeout=PATIENCE)


def http_send(url: str, body: bytes, headers: dict[str, str]) -> int:
    """Post over the network; connections are kept for the next."""
    return _client().post(url, content=body, headers=headers).status_code
