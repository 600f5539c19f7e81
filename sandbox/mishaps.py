"""What a fault does to a request and its answer. The faults themselves are in `faults.py`."""

import time
from collections.abc import Callable

from werkzeug.wrappers import Response

from sandbox import faults
from sandbox.errors import ApiError
from sandbox.world import Row, World

TIMEOUTS = ("timeout_before", "timeout_after")
PAGE = """<!doctype html>
<html><head><title>{status} {words}</title></head>
<body><center><h1>{status} {words}</h1></center><hr><center>sandbox</center></body></html>
"""
WORDS = {200: "Welcome", 500: "Internal Server Error", 502: "Bad Gateway", 504: "Gateway Time-out"}


class ConnectionLost(BaseException):
    """The server hangs up without an answer; a fault asked for it."""


class NoAnswer(ConnectionLost):
    """The server hangs up after having kept the client waiting."""


class AnswerCutOff(ConnectionLost):
    """The server hangs up in the middle of an answer; `response` is what it had begun to say."""

    def __init__(self, response: Response) -> None:
        super().__init__("cut off")
        self.response = response


def befall(
    world: World,
    entry: Row,
    work: Callable[[], Response],
    error: Callable[[ApiError], Response],
    *,
    over_a_wire: bool,
) -> Response:
    """Do the work as the faults let it, and answer.

    `entry` is the request in the log (`method`, `path`); the fault's kind is noted there. `error`
    makes an answer of an error. Without a wire, in process, nobody is kept waiting for an answer
    that never comes. Raises ConnectionLost for such an answer.
    """
    if not world.table("faults"):
        return work()
    with world.lock:
        fault = faults.request_fault(world, entry["method"], entry["path"])
    if fault is None:
        return work()
    kind = entry["fault"] = fault["kind"]
    if kind == "latency" or (kind == "timeout_before" and over_a_wire):
        time.sleep(fault["wait"])
    answer = work() if fault["done"] else Response()
    if kind == "timeout_after" and over_a_wire:
        time.sleep(fault["wait"])
    if kind == "reset" or (kind in TIMEOUTS and not fault["wait"]):
        raise ConnectionLost
    if kind in TIMEOUTS:
        raise NoAnswer
    return _spoiled(fault, answer, error)


def _spoiled(fault: Row, answer: Response, error: Callable[[ApiError], Response]) -> Response:
    kind, body = fault["kind"], answer.get_data()
    cut = body[: len(body) * 2 // 3]
    match kind:
        case "status":
            answer = error(faults.error_of(fault))
            if fault["retry_after"] is not None:
                answer.headers["Retry-After"] = str(fault["retry_after"])
        case "html":
            words = WORDS.get(fault["status"], "Service Unavailable")
            page = PAGE.format(status=fault["status"], words=words)
            answer = Response(page, status=fault["status"], content_type="text/html")
        case "malformed":
            # An answer without a body has nothing to break off; half a brace breaks it too.
            answer.set_data(cut or b"{")
        case "empty":
            answer.set_data(b"")
        case "wrong_type":
            answer.headers["Content-Type"] = "text/plain; charset=utf-8"
        case "truncated":
            promised = max(len(body), 2)
            answer.set_data(cut)
            answer.headers["Content-Length"] = str(promised)
            raise AnswerCutOff(answer)
    return answer
