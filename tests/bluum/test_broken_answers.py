"""Everything a network, a proxy and a sandbox can throw: always one of our errors, rightly said."""

import gzip
import json
import logging
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from robo.bluum import Bluum, BluumError, KeysRejected, NotFound, Refused, Unavailable
from robo.bluum.errors import error_for
from tests.bluum.contract import DOCUMENT, OPERATIONS, call
from tests.bluum.test_asking_again import DEPOSIT, FakeBluum, answer, deposit

NONSENSE = {
    "HTML": b"<!doctype html><html><body>Bad gateway</body></html>",
    "half an answer": b'{"id": "1", "status": "AC',
    "an array": b"[1, 2]",
    "a word": b'"ok"',
    "null": b"null",
    "not a number": b'{"amount": NaN}',
    "bytes": b"\x00\xff\xfe\x80",
    "an endless number": b"9" * 5000,
    "a deep hole": b"[" * 20_000,
    "another object": b'{"weather": "fine"}',
    "objects where values belong": b'{"id": {}, "status": [], "amount": {"value": 1}}',
}
CERTAIN = ("HTML", "half an answer", "not a number", "bytes", "an endless number", "a deep hole")
"""What not even a deletion can take for an answer."""


@pytest.mark.parametrize("nonsense", NONSENSE)
@pytest.mark.parametrize("status", [200, 201])
def test_no_operation_takes_nonsense_for_an_answer(status: int, nonsense: str) -> None:
    content = NONSENSE[nonsense]
    for operation in OPERATIONS.values():
        seen: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            seen.append(request)  # noqa: B023
            return httpx.Response(status, content=content)

        bluum = Bluum("https://b.test/v1", "k", "s", transport=httpx.MockTransport(handle))
        body = next(iter(operation.requests()), None)
        body = json.loads(json.dumps(body, default=str))
        if operation.method == "DELETE" and nonsense not in CERTAIN:
            continue
        with pytest.raises(Unavailable) as caught:
            call(bluum, operation, body)
        assert caught.value.outcome_unknown == (operation.method != "GET"), operation.name
        assert len(seen) == 1, operation.name


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_what_may_have_happened_is_only_repeated_under_a_key(status: int) -> None:
    for operation in OPERATIONS.values():
        bluum = FakeBluum(answer(status, b"<html>"))
        body = json.loads(json.dumps(next(iter(operation.requests()), None), default=str))
        with pytest.raises(Unavailable) as caught:
            call(bluum.client(), operation, body)
        reads = operation.method == "GET"
        keyed = "Idempotency-Key" in bluum.requests[0].headers
        assert len(bluum.requests) == (3 if reads or keyed else 1), operation.name
        assert caught.value.outcome_unknown is not reads, operation.name


@pytest.mark.parametrize(
    "refusal", [httpx.ConnectError("x"), answer(429, {"code": "BLUM-429-001", "message": "Slow."})]
)
def test_what_can_not_have_happened_is_repeated_without_a_key(
    refusal: httpx.Response | Exception,
) -> None:
    item = {"id": "l", "status": "ACTIVE", "accounts": [{"id": "s"}]}
    bluum = FakeBluum(refusal, answer(200, {"data": {"item": item}}))
    (bank,) = bluum.client().funding_sources.connect("acc", public_token="public-1")
    assert bank.id == "s"
    assert len(bluum.requests) == 2


def test_retry_after_may_be_a_date() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    bluum = FakeBluum(
        answer(429, {"code": "BLUM-429-001", "message": "Slow."}, **{"Retry-After": soon}),
        answer(200, DEPOSIT),
    )
    bluum.client().deposits.retrieve("acc", "dep_1")
    assert 0 < bluum.waits[0] <= 3
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    late = FakeBluum(answer(503, b"", **{"Retry-After": past}), answer(200, DEPOSIT))
    late.client().deposits.retrieve("acc", "dep_1")
    assert late.waits == [0.0]


@pytest.mark.parametrize("kind", ["text/html", "application/octet-stream", "application/pdf", ""])
def test_what_counts_is_what_it_says_not_what_it_calls_itself(kind: str) -> None:
    said = answer(200, DEPOSIT, **{"Content-Type": kind})
    assert FakeBluum(said).client().deposits.retrieve("acc", "dep_1").id == "dep_1"


def test_a_web_page_that_calls_itself_a_pdf_is_none() -> None:
    page = answer(200, b"<html>", **{"Content-Type": "application/pdf"})
    with pytest.raises(Unavailable):
        FakeBluum(page).client().deposits.wire_details("acc", "dep_1")
    pdf = answer(200, b"%PDF-1.7\n", **{"Content-Type": "text/html"})
    assert FakeBluum(pdf).client().deposits.wire_details("acc", "dep_1") == b"%PDF-1.7\n"
    with pytest.raises(Unavailable):
        FakeBluum(pdf).client().deposits.retrieve("acc", "dep_1")


@pytest.mark.parametrize("place", ["/login", "https://elsewhere.test/v1", "http://[", "\t", "//"])
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_keys_are_never_carried_to_where_an_answer_points(status: int, place: str) -> None:
    bluum = FakeBluum(httpx.Response(status, headers={"Location": place}))
    with pytest.raises(Unavailable) as caught:
        deposit(bluum.client())
    assert caught.value.outcome_unknown
    assert {request.url.host for request in bluum.requests} == {"bluum.test"}


FORMS = [
    ({"code": "BLUM-404-001", "message": "No such account."}, NotFound),
    ({"code": "BLUM-404-001", "message": "No.", "details": None}, NotFound),
    ({"status": "error", "code": "BLUM-404-001", "message": "No."}, NotFound),
    ({"status": "error", "code": "PRODUCT_NOT_ENABLED", "message": "No."}, KeysRejected),
    ({"error": "No relationship"}, NotFound),
    ({"error": {"type": "not_found_error", "code": "not_found", "message": "No."}}, NotFound),
    ({"error": {"type": "permission_error", "code": "x", "message": "No."}}, NotFound),
]


@pytest.mark.parametrize(("body", "kind"), FORMS)
def test_all_forms_of_an_error_have_one_meaning(body: object, kind: type[BluumError]) -> None:
    with pytest.raises(BluumError) as caught:
        FakeBluum(answer(404, body)).client().accounts.retrieve("acc")
    assert type(caught.value) is kind
    assert caught.value.status == 404


ERRORS = {
    name: content["example"]
    for name, response in DOCUMENT["components"]["responses"].items()
    for content in [response["content"]["application/json"]]
    if "example" in content
}


@pytest.mark.parametrize("name", ERRORS)
def test_every_documented_error_keeps_what_it_said(name: str) -> None:
    said = ERRORS[name]
    found = error_for(int(said["code"].split("-")[1]), said)
    assert (found.code, found.message) == (said["code"], said["message"])
    assert found.details == (said.get("details") or {})


def test_the_later_generation_names_the_field_and_its_code() -> None:
    said = {"type": "invalid_request_error", "code": "bad", "message": "No.", "param": "email"}
    found = error_for(400, {"error": {**said, "doc_url": "https://d.test"}}, request_id="r1")
    assert type(found) is Refused
    assert str(found) == "Refused: status 400, code bad, field email, request r1"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["error", "code", "message", "details", "status", "type", "data"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(status=st.integers(200, 599), body=json_values)
def test_any_json_at_any_status_is_an_answer_or_one_of_our_errors(
    status: int, body: object
) -> None:
    bluum = FakeBluum(answer(status, body)).client()
    asked: list[Callable[[], object]] = [
        lambda: bluum.accounts.retrieve("acc"),
        lambda: bluum.deposits.list("acc"),
        lambda: bluum.funding_sources.list("acc"),
        lambda: deposit(bluum),
    ]
    for ask in asked:
        try:
            ask()
        except BluumError as error:
            assert str(error)  # noqa: PT017


@settings(max_examples=60, deadline=None)
@given(body=json_values, secret=st.sampled_from(["maya@example.test", "123-45-6789"]))
def test_no_error_shows_what_bluum_said_about_a_person(body: object, secret: str) -> None:
    said = {"code": secret, "message": secret, "details": {"field": secret, "reason": body}}
    for status in (400, 409, 500):
        found = error_for(status, said)
        assert secret not in str(found)
        assert secret not in repr(found)


def test_neither_client_nor_results_show_secrets(caplog: pytest.LogCaptureFixture) -> None:
    body = {
        "id": "acc",
        "status": "ACTIVE",
        "tax_id": "123-45-6789",
        "identity": {"first_name": "Maya", "ssn": "123-45-6789"},
        "contact": {"email_address": "maya@example.test"},
    }
    bluum = Bluum(
        "https://b.test",
        "key-1",
        "hush-hush",
        transport=httpx.MockTransport(lambda _: httpx.Response(200, json=body)),
    )
    with caplog.at_level(logging.DEBUG):
        account = bluum.accounts.retrieve("acc")
    assert account.model_extra == {"tax_id": "123-45-6789"}
    shown = f"{bluum!r} {vars(bluum)} {account!r} {account} {caplog.text}"
    for secret in ("hush-hush", "45-6789", "Maya", "maya"):
        assert secret not in shown


class Wire:
    """A server that says exactly these bytes and hangs up, with a reset if told so."""

    def __init__(self, said: bytes, *, reset: bool = False, pause: float = 0) -> None:
        self.said, self.reset, self.pause = said, reset, pause
        self.calls = 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}/v1"

    def serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.calls += 1
            with connection:
                connection.recv(65536)
                try:
                    for number in range(0, len(self.said), 16 if self.pause else 65536):
                        connection.sendall(self.said[number : number + 16 if self.pause else None])
                        time.sleep(self.pause)
                except OSError:
                    continue  # the caller had enough
                if self.reset:
                    linger = struct.pack("ii", 1, 0)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    continue
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass


@contextmanager
def saying(said: bytes, **how: float) -> Iterator[Wire]:
    wire = Wire(said, **how)  # type: ignore[arg-type]
    thread = threading.Thread(target=wire.serve, daemon=True)
    thread.start()
    try:
        yield wire
    finally:
        wire.socket.shutdown(socket.SHUT_RDWR)
        wire.socket.close()
        thread.join()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
JSON = json.dumps(DEPOSIT).encode()
BROKEN_LINES = {
    "a body that ends early": HEAD + b"Content-Length: 900\r\n\r\n" + JSON,
    "a chunk that never comes": HEAD + b"Transfer-Encoding: chunked\r\n\r\nff\r\n" + JSON,
    "no answer": b"",
    "half a head": b"HTTP/1.1 200 OK\r\nContent-Ty",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
    "gzip that is none": HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nabcd",
    "gzip cut short": HEAD
    + b"Content-Encoding: gzip\r\nConnection: close\r\n\r\n"
    + gzip.compress(JSON * 50)[:40],
    "two lengths": HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "an empty body": HEAD + b"Content-Length: 0\r\n\r\n",
    "a reset": HEAD + b"Content-Length: 900\r\n\r\n{",
}


COMPLETE = ("an empty body", "gzip cut short")
"""As far as HTTP can tell: asking again would hardly tell more."""


@pytest.mark.parametrize("name", BROKEN_LINES)
def test_a_broken_line_leaves_the_outcome_open(name: str) -> None:
    with saying(BROKEN_LINES[name], reset=name == "a reset") as wire:
        bluum = Bluum(wire.url, "k", "s", timeout=2, sleep=lambda _: None)
        with pytest.raises(Unavailable) as caught, bluum:
            deposit(bluum)
        assert caught.value.outcome_unknown
        assert wire.calls == (1 if name in COMPLETE else 3)


def test_a_server_that_trickles_can_not_hold_a_caller() -> None:
    slow = HEAD + b"Content-Length: 4000\r\n\r\n" + b" " * 4000
    with saying(slow, pause=0.05) as wire, Bluum(wire.url, "k", "s", budget=0.4) as bluum:
        started = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            bluum.deposits.create("a", amount=Decimal("1"), idempotency_key="k-1")
        assert time.monotonic() - started < 5
        assert caught.value.outcome_unknown
