"""Things going wrong on demand, for a client's tests. Set them through the control API.

A fault for requests: {route, method, kind, rate, count, seconds, status}. `route` is a pattern such
as `/v1/accounts/*/deposits`. Kinds: latency (waits), reset (connection closed, no answer), status
(an error answer, nothing done), timeout_before (waits, nothing done, connection closed),
timeout_after (done, then waits and closes), malformed (done, answer is cut off).
A fault for webhooks: {kind, event, rate, count, seconds} with kind webhook_lost, webhook_doubled,
webhook_delayed or webhook_bad_signature; `event` is a pattern such as `order.*`.
`rate` is the chance from 0 to 1, `count` how often it may still happen (null: no end).
"""

from fnmatch import fnmatchcase

from sandbox.errors import invalid
from sandbox.world import Row, World

REQUEST_KINDS = ("latency", "reset", "status", "timeout_before", "timeout_after", "malformed")
WEBHOOK_KINDS = ("webhook_lost", "webhook_doubled", "webhook_delayed", "webhook_bad_signature")
KINDS = REQUEST_KINDS + WEBHOOK_KINDS


def add(world: World, given: Row) -> Row:
    """Keep a fault. Raises ApiError 400 if it makes no sense."""
    kind = given.get("kind")
    if kind not in KINDS:
        raise invalid("kind", "must be " + " or ".join(KINDS), "BLUM-400-004")
    try:
        fault = {
            "id": world.new_id(),
            "kind": kind,
            "route": str(given.get("route") or "*"),
            "method": str(given.get("method") or "*").upper(),
            "event": str(given.get("event") or "*"),
            "rate": float(given.get("rate", 1)),
            "count": None if given.get("count") is None else int(given["count"]),
            "seconds": float(given.get("seconds", 1)),
            "status": int(given.get("status", 500)),
            "code": given.get("code"),
            "happened": 0,
        }
    except (TypeError, ValueError) as error:
        raise invalid("fault", "has a number that isn't one", "BLUM-400-003") from error
    world.table("faults")[fault["id"]] = fault
    return fault


def request_fault(world: World, method: str, path: str) -> Row | None:
    """The first fault that strikes this request, counted."""
    for fault in world.table("faults").values():
        if (
            fault["kind"] in REQUEST_KINDS
            and fnmatchcase(path, fault["route"])
            and fnmatchcase(method, fault["method"])
            and _strikes(world, fault)
        ):
            return fault
    return None


def webhook_fault(world: World, event: str) -> Row | None:
    """The first fault that strikes this delivery, counted."""
    for fault in world.table("faults").values():
        if (
            fault["kind"] in WEBHOOK_KINDS
            and fnmatchcase(event, fault["event"])
            and _strikes(world, fault)
        ):
            return fault
    return None


def _strikes(world: World, fault: Row) -> bool:
    if fault["count"] is not None and fault["count"] <= 0:
        return False
    if fault["rate"] < 1 and world.rng("fault", world.sequence()).random() >= fault["rate"]:
        return False
    if fault["count"] is not None:
        fault["count"] -= 1
    fault["happened"] += 1
    return True
