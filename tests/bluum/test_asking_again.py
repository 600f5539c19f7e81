"""When the client asks again by itself, when it gives up, and what it says then."""

import json
import logging
from collections.abc import Callable
from decimal import Decimal
from uuid import uuid4

import httpx
import pytest

from robo.bluum import (
    Bluum,
    Conflict,
    InsufficientFunds,
    KeyInUse,
    KeysRejected,
    NotFound,
    Refused,
    Unavailable,
)

DEPOSIT = {"deposit_id": "dep_1", "status": "pending", "amount": "300.00", "currency": "USD"}


class FakeBluum:
    """The other side: gives the prepared answers, one a request, the last one forever."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.waits: list[float] = []

    def handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    def client(self, limiter: Callable[[], None] | None = None) -> Bluum:
        return Bluum(
            "https://bluum.test/v1",
            "key",
            "secret",
            transport=httpx.MockTransport(self.handle),
            sleep=self.waits.append,
            limiter=limiter,
        )


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.Response(status, content=content, headers=headers)


def error(code: str, status: int | None = None) -> httpx.Response:
    return answer(status or int(code.split("-")[1]), {"code": code, "message": "No."})


def deposit(client: Bluum) -> object:
    return client.deposits.create(
        "acc", amount=Decimal("300"), funding_source_id="src", idempotency_key=uuid4()
    )


def test_a_read_is_asked_again_until_it_is_answered() -> None:
    bluum = FakeBluum(error("BLUM-500-001"), httpx.ConnectError("x"), answer(200, DEPOSIT))
    assert bluum.client().deposits.retrieve("acc", "dep_1").amount == Decimal("300.00")
    assert len(bluum.requests) == 3
    assert len(bluum.waits) == 2


def test_a_deposit_is_repeated_with_the_same_key_and_body() -> None:
    bluum = FakeBluum(httpx.ReadTimeout("x"), answer(503, b"<html>"), answer(201, DEPOSIT))
    deposit(bluum.client())
    assert len(bluum.requests) == 3
    assert len({request.headers["Idempotency-Key"] for request in bluum.requests}) == 1
    assert len({request.content for request in bluum.requests}) == 1
    assert json.loads(bluum.requests[0].content)["amount"] == "300.00"


def test_linking_a_bank_is_never_sent_twice() -> None:
    bluum = FakeBluum(error("BLUM-500-017"))
    with pytest.raises(Unavailable) as caught:
        bluum.client().funding_sources.connect("acc", public_token="public-1")
    assert len(bluum.requests) == 1
    assert caught.value.outcome_unknown


def test_three_tries_are_enough() -> None:
    bluum = FakeBluum(error("BLUM-500-001"))
    with pytest.raises(Unavailable):
        bluum.client().accounts.retrieve("acc")
    assert len(bluum.requests) == 3


@pytest.mark.parametrize("status", [501, 505, 408])
def test_only_the_five_statuses_are_asked_again(status: int) -> None:
    bluum = FakeBluum(answer(status, {"code": "X", "message": "No."}))
    with pytest.raises(Unavailable):
        bluum.client().accounts.retrieve("acc")
    assert len(bluum.requests) == 1


def test_a_short_wait_that_bluum_asks_for_is_kept() -> None:
    limited = answer(429, {"code": "BLUM-429-001", "message": "Slow."}, **{"Retry-After": "2"})
    bluum = FakeBluum(limited, answer(200, DEPOSIT))
    bluum.client().deposits.retrieve("acc", "dep_1")
    assert bluum.waits == [2.0]


def test_a_long_wait_is_handed_to_the_caller() -> None:
    limited = answer(429, {"code": "BLUM-429-001", "message": "Slow."}, **{"Retry-After": "90"})
    bluum = FakeBluum(limited)
    with pytest.raises(Unavailable) as caught:
        bluum.client().deposits.retrieve("acc", "dep_1")
    assert caught.value.retry_after == 90
    assert len(bluum.requests) == 1
    assert bluum.waits == []


@pytest.mark.parametrize("nonsense", ["soon", "-5", "²", "1e9", "9" * 400, ""])
def test_a_senseless_retry_after_is_passed_over(nonsense: str) -> None:
    limited = httpx.Response(503, headers={b"Retry-After": nonsense.encode("latin-1")})
    bluum = FakeBluum(limited, answer(200, DEPOSIT))
    assert bluum.client().deposits.retrieve("acc", "dep_1").id == "dep_1"


def test_a_call_ends_within_its_budget() -> None:
    bluum = FakeBluum(error("BLUM-503-001"))
    client = Bluum(
        "https://bluum.test/v1",
        "key",
        "secret",
        transport=httpx.MockTransport(bluum.handle),
        sleep=bluum.waits.append,
        budget=0.0,
    )
    with pytest.raises(Unavailable):
        client.accounts.retrieve("acc")
    assert bluum.requests == []


def test_the_limiter_is_asked_before_each_request() -> None:
    asked: list[int] = []
    bluum = FakeBluum(error("BLUM-500-001"), answer(200, DEPOSIT))
    bluum.client(limiter=lambda: asked.append(1)).deposits.retrieve("acc", "dep_1")
    assert len(asked) == len(bluum.requests) == 2


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("BLUM-400-005", Refused),
        ("BLUM-403-002", Refused),
        ("BLUM-403-004", Refused),
        ("BLUM-404-001", NotFound),
        ("BLUM-409-001", Conflict),
        ("BLUM-409-003", Conflict),
        ("BLUM-422-001", InsufficientFunds),
        ("BLUM-422-005", Refused),
        ("BLUM-401-003", KeysRejected),
        ("BLUM-403-001", KeysRejected),
        ("BLUM-403-003", KeysRejected),
        ("BLUM-404-002", KeysRejected),
        ("BLUM-409-002", KeyInUse),
        ("BLUM-429-001", Unavailable),
        ("BLUM-500-017", Unavailable),
    ],
)
def test_each_code_says_whether_another_try_is_worth_it(code: str, kind: type) -> None:
    with pytest.raises((Refused, Unavailable)) as caught:
        deposit(FakeBluum(error(code)).client())
    assert type(caught.value) is kind
    assert caught.value.code == code


@pytest.mark.parametrize(
    "body",
    [
        {"code": "BLUM-422-001", "message": "No."},
        {"code": "BLUM-422-001", "message": "No.", "details": {"field": "amount", "reason": "x"}},
        {"status": "error", "code": "BLUM-422-001", "message": "No."},
        {"error": "No.", "code": "BLUM-422-001"},
        {
            "error": {
                "type": "api_error",
                "code": "BLUM-422-001",
                "message": "No.",
                "param": "amount",
            }
        },
    ],
)
def test_all_forms_of_an_error_are_understood(body: object) -> None:
    with pytest.raises(InsufficientFunds) as caught:
        deposit(FakeBluum(answer(422, body)).client())
    assert caught.value.message == "No."


def test_a_bare_error_sentence_is_a_refusal() -> None:
    with pytest.raises(Refused) as caught:
        deposit(FakeBluum(answer(400, {"error": "ACH relationship missing"})).client())
    assert caught.value.code is None
    assert caught.value.status == 400


def test_a_key_that_is_still_at_work_is_no_refusal() -> None:
    bluum = FakeBluum(httpx.ReadTimeout("x"), error("BLUM-409-002"))
    with pytest.raises(KeyInUse) as caught:
        deposit(bluum.client())
    assert caught.value.outcome_unknown


def test_a_later_failure_does_not_undo_what_may_have_happened() -> None:
    bluum = FakeBluum(httpx.ReadTimeout("x"), httpx.ConnectError("x"))
    with pytest.raises(Unavailable) as caught:
        deposit(bluum.client())
    assert caught.value.outcome_unknown


def test_what_never_left_us_was_not_done() -> None:
    with pytest.raises(Unavailable) as caught:
        deposit(FakeBluum(httpx.ConnectError("x")).client())
    assert not caught.value.outcome_unknown


@pytest.mark.parametrize("status", [200, 201, 301, 400, 404, 422, 502])
@pytest.mark.parametrize(
    "body", [b"<html>Bad gateway</html>", b'{"deposit_id": "dep_1", "sta', b"null", b"[]", b"NaN"]
)
def test_what_bluum_never_said_is_no_answer(status: int, body: bytes) -> None:
    with pytest.raises(Unavailable):
        deposit(FakeBluum(answer(status, body)).client())


def test_an_answer_without_what_it_must_hold_leaves_the_outcome_open() -> None:
    with pytest.raises(Unavailable) as caught:
        deposit(FakeBluum(answer(201, {"deposit_id": "dep_1", "amount": "12"})).client())
    assert caught.value.outcome_unknown


def test_errors_and_logs_hold_no_personal_data(caplog: pytest.LogCaptureFixture) -> None:
    said = {"code": "BLUM-409-001", "message": "maya@example.test is taken, tax id 123-45-6789"}
    bluum = FakeBluum(answer(409, said, **{"X-Request-Id": "req_7"}))
    with caplog.at_level(logging.DEBUG, logger="robo"), pytest.raises(Conflict) as caught:
        bluum.client().accounts.create(
            contact={"email_address": "maya@example.test"},
            identity={"tax_id": "123-45-6789"},
            disclosures={},
            agreements=[],
            idempotency_key=uuid4(),
        )
    assert str(caught.value) == "Conflict: status 409, code BLUM-409-001, request req_7"
    assert "POST /accounts: 409" in caplog.text
    assert "req_7" in caplog.text
    assert "maya" not in caplog.text
    assert "45-6789" not in caplog.text


def test_searching_by_words_leaves_no_words_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="robo"):
        FakeBluum(answer(200, {"data": []})).client().assets.search("my secret wish")
    assert "wish" not in caplog.text


@pytest.mark.parametrize("amount", [Decimal("10.005"), Decimal("NaN"), Decimal("Infinity")])
def test_an_amount_that_is_no_money_is_not_sent(amount: Decimal) -> None:
    bluum = FakeBluum(answer(201, DEPOSIT))
    with pytest.raises(ValueError):
        bluum.client().deposits.create(
            "acc", amount=amount, funding_source_id="src", idempotency_key=uuid4()
        )
    assert bluum.requests == []


@pytest.mark.parametrize("account_id", ["", ".", ".."])
def test_an_empty_id_never_reaches_bluum(account_id: str) -> None:
    bluum = FakeBluum(answer(200, []))
    with pytest.raises(ValueError):
        bluum.client().accounts.retrieve(account_id)
    assert bluum.requests == []


def test_an_id_cannot_lead_to_another_address() -> None:
    bluum = FakeBluum(error("BLUM-404-001"))
    with pytest.raises(NotFound):
        bluum.client().accounts.retrieve("../webhooks?x=1#y")
    assert bluum.requests[0].url.raw_path == b"/v1/accounts/..%2Fwebhooks%3Fx%3D1%23y"
