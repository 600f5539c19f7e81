"""Things going wrong on demand, for a client's tests. Set them through the control API.

A fault for requests: {kind, route, method, rate, count, seconds, jitter, status, code, field,
retry_after, done}. `route` is a pattern such as `/v1/accounts/*/deposits` or `/plaid/*` (all of
`/v1` unless given), `method` one such as `P*`. Kinds:

latency         waits `seconds`, and up to `jitter` more, then answers as usual
status          an error answer of `status` (400 to 599), with `code`, the `field` it is about and
                Retry-After if asked for
reset           the connection is reset, no answer
timeout_before  waits `seconds`, does nothing, closes without an answer
timeout_after   does the work, waits `seconds`, closes without an answer
malformed       the answer is whole for HTTP, its JSON breaks off
truncated       Content-Length promises more than comes before the connection closes
html            a page instead of JSON, with `status` (502, or 200 for a page of a proxy)
empty           the right status, no body
wrong_type      the right body as `text/plain`

`done` says whether the work is done before things go wrong: by default it is not for status, reset
and html, and it is for malformed, truncated, empty and wrong_type.

A fault for webhooks: {kind, event, rate, count, seconds}; `event` is a pattern such as `order.*`.
webhook_lost, webhook_doubled, webhook_delayed (by `seconds`), webhook_reordered (sent after the
next one, or after `seconds` if none comes), webhook_bad_signature, webhook_stale (signed with a
time `seconds` ago), webhook_altered (another body than the one that was signed).

`rate` is the chance from 0 to 1, `count` how often it may still happen (null: no end). Whether the
n-th request that a fault meets is struck depends on the seed, the fault and n only.
"""

import math
from fnmatch import fnmatchcase

from sandbox.errors import ApiError, invalid, not_found
from sandbox.world import Row, World

NOT_DONE = ("status", "reset", "html", "timeout_before")
DONE = ("malformed", "truncated", "empty", "wrong_type", "timeout_after", "latency")
ALWAYS = {"timeout_before": False, "timeout_after": True, "latency": True}
REQUEST_KINDS = (
    "latency",
    "reset",
    "status",
    "timeout_before",
    "timeout_after",
    "malformed",
    "truncated",
    "html",
    "empty",
    "wrong_type",
)
WEBHOOK_KINDS = (
    "webhook_lost",
    "webhook_doubled",
    "webhook_delayed",
    "webhook_reordered",
    "webhook_bad_signature",
    "webhook_stale",
    "webhook_altered",
)
KINDS = REQUEST_KINDS + WEBHOOK_KINDS
SECONDS = {
    "webhook_delayed": 60.0,
    "webhook_reordered": 60.0,
    "webhook_stale": 3600.0,
    "timeout_before": 35.0,
    "timeout_after": 35.0,
}
"""Where one second would not be the point."""

FIELDS = (
    "kind", "route", "method", "event", "rate", "count", "seconds", "jitter",
    "status", "code", "field", "retry_after", "done",
)  # fmt: skip
LONGEST = 3600.0
LONGEST_WEBHOOK = 7 * 86_400.0
"""Seconds a request may be kept waiting, and a webhook held back or out of date."""

EVERYTHING = "/v1/*"
PRESETS: dict[str, tuple[str, list[Row]]] = {
    "flaky": (
        "One request in ten goes wrong: slow, refused, cut off, answered by a proxy, or done "
        "without an answer.",
        [
            {"kind": "latency", "rate": 0.02, "seconds": 1, "jitter": 2},
            {"kind": "status", "rate": 0.01, "status": 500},
            {"kind": "status", "rate": 0.01, "status": 503, "retry_after": 1},
            {"kind": "status", "rate": 0.01, "status": 429, "retry_after": 1},
            {"kind": "html", "rate": 0.01, "status": 502},
            {"kind": "reset", "rate": 0.01},
            {"kind": "timeout_before", "rate": 0.01, "seconds": 5},
            {"kind": "timeout_after", "rate": 0.01, "seconds": 5},
            {"kind": "truncated", "rate": 0.01},
        ],
    ),
    "slow": (
        "Every answer takes one to three seconds.",
        [{"kind": "latency", "seconds": 1, "jitter": 2}],
    ),
    "down": (
        "Everything answers 503 and asks to come back in 30 seconds.",
        [{"kind": "status", "status": 503, "retry_after": 30}],
    ),
    "throttled": (
        "Every second request is refused with 429 and Retry-After.",
        [{"kind": "status", "status": 429, "rate": 0.5, "retry_after": 2}],
    ),
    "lying_webhooks": (
        "Seven webhooks in ten are lost, doubled, late, out of order, badly signed, stale or "
        "altered.",
        [{"kind": kind, "rate": 0.16} for kind in WEBHOOK_KINDS],
    ),
}
"""Name to what it does and the faults it adds. A fault of a preset meets what the ones before it
let through, so the rates add up a little less than they would.
"""


def add(world: World, given: Row, preset: str | None = None) -> Row:
    """Keep a fault. Raises ApiError 400 if it makes no sense."""
    unknown = [name for name in given if name not in FIELDS]
    if unknown:
        raise invalid(str(unknown[0]), "is not one of " + ", ".join(FIELDS))
    kind = given.get("kind")
    if kind not in KINDS:
        raise invalid("kind", "must be " + " or ".join(KINDS), "BLUM-400-004")
    longest = LONGEST if kind in REQUEST_KINDS else LONGEST_WEBHOOK
    least, default_status = (200, 502) if kind == "html" else (400, 500)
    fault: Row = {
        "id": world.new_id(),
        "kind": kind,
        "route": _text(given, "route", EVERYTHING),
        "method": _text(given, "method", "*").upper(),
        "event": _text(given, "event", "*"),
        "rate": _number(given, "rate", 1, 0, 1),
        "count": _whole(given, "count", None, 1, 1_000_000),
        "seconds": _number(given, "seconds", SECONDS.get(kind, 1), 0, longest),
        "jitter": _number(given, "jitter", 0, 0, LONGEST),
        "status": _whole(given, "status", default_status, least, 599),
        "code": _text(given, "code", "") or None,
        "field": _text(given, "field", "") or None,
        "retry_after": _whole(given, "retry_after", None, 0, 86_400),
        "done": _done(given, kind),
        "preset": preset,
        "met": 0,
        "happened": 0,
    }
    if fault["retry_after"] is None and kind == "status" and fault["status"] in (429, 503):
        fault["retry_after"] = max(1, round(fault["seconds"]))
    if not fault["route"].startswith(("/", "*")):
        raise invalid("route", "must begin with / or *, such as /v1/accounts/*")
    world.table("faults")[fault["id"]] = fault
    return fault


def add_preset(world: World, name: str) -> list[Row]:
    """Add the faults of a preset in place of those it had added. Raises ApiError 404-001."""
    if name not in PRESETS:
        raise not_found(f"No preset {name}; there are {', '.join(PRESETS)}.")
    clear(world, name)
    return [add(world, fault, name) for fault in PRESETS[name][1]]


def clear(world: World, preset: str | None = None) -> None:
    """Take all faults back, or those of a preset."""
    rows = world.table("faults")
    for key in [key for key, row in rows.items() if preset in (None, row["preset"])]:
        del rows[key]


def request_fault(world: World, method: str, path: str) -> Row | None:
    """The first fault that strikes this request, counted; with `wait`, the seconds it takes."""
    for fault in world.table("faults").values():
        if (
            fault["kind"] in REQUEST_KINDS
            and fnmatchcase(path, fault["route"])
            and fnmatchcase(method, fault["method"])
            and _strikes(world, fault)
        ):
            more = fault["jitter"] * world.rng("jitter", fault["id"], fault["met"]).random()
            return {**fault, "wait": fault["seconds"] + more}
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
    fault["met"] += 1
    if fault["rate"] < 1:
        chance = world.rng("fault", fault["id"], fault["met"]).random()
        if chance >= fault["rate"]:
            return False
    if fault["count"] is not None:
        fault["count"] -= 1
    fault["happened"] += 1
    return True


def _done(given: Row, kind: str) -> bool:
    wanted = given.get("done")
    usual = kind in DONE
    if wanted in (None, ""):
        return usual
    if str(wanted).lower() not in ("true", "false"):
        raise invalid("done", "must be true or false", "BLUM-400-003")
    done = str(wanted).lower() == "true"
    if kind in ALWAYS and done != ALWAYS[kind]:
        raise invalid("done", f"can't be {str(done).lower()} for {kind}")
    return done


def _text(given: Row, name: str, usual: str) -> str:
    value = given.get(name)
    if value is None or value == "":
        return usual
    if not isinstance(value, str) or len(value) > 200:
        raise invalid(name, "must be a text of at most 200 characters", "BLUM-400-003")
    return value


def _number(given: Row, name: str, usual: float, least: float, most: float) -> float:
    value = given.get(name)
    if value is None or value == "":
        return float(usual)
    try:
        number = float(value) if not isinstance(value, bool) else math.nan
    except (TypeError, ValueError):
        number = math.nan
    if not least <= number <= most:
        raise invalid(name, f"must be a number from {least:g} to {most:g}", "BLUM-400-003")
    return number


def _whole(given: Row, name: str, usual: int | None, least: int, most: int) -> int | None:
    if given.get(name) is None or given.get(name) == "":
        return usual
    number = _number(given, name, 0, least, most)
    if number != int(number):
        raise invalid(name, "must be a whole number", "BLUM-400-003")
    return int(number)


def error_of(fault: Row) -> ApiError:
    """The error a `status` fault answers with."""
    code = fault["code"] or f"BLUM-{fault['status']}-001"
    return ApiError(fault["status"], code, "A fault was asked for.", field=fault.get("field"))
