"""Credentials, errors, limits, idempotency: what every request meets."""

import io
import json
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.sandbox.investor import Investor
from tests.sandbox.person import Integrator


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def test_a_request_without_credentials_is_refused_and_carries_a_request_id(us):
    answer = us.stranger.get("/accounts")
    assert (answer.status_code, answer.json()["code"]) == (401, "BLUM-401-001")
    assert answer.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("headers", "code"),
    [
        ({"Authorization": "Bearer abc"}, "BLUM-401-002"),
        ({"Authorization": "Basic ???"}, "BLUM-401-002"),
        ({"Authorization": "Basic c2FuZGJveC1rZXk="}, "BLUM-401-002"),
        ({"Authorization": "Basic c2FuZGJveC1rZXk6d3Jvbmc="}, "BLUM-401-003"),
        ({"BLUUM-API-KEY-ID": "x", "BLUUM-API-SECRET-KEY": "y"}, "BLUM-401-003"),
    ],
)
def test_wrong_credentials_are_told_apart(us, headers, code):
    assert us.stranger.get("/accounts", headers=headers).json()["code"] == code


def test_the_pair_of_headers_works_as_well_as_basic(us):
    pair = {"BLUUM-API-KEY-ID": "sandbox-key", "BLUUM-API-SECRET-KEY": "sandbox-secret"}
    assert us.stranger.get("/accounts", headers=pair).status_code == 200


def test_a_request_id_of_the_client_comes_back(us):
    answer = us.api.get("/accounts", headers={"X-Request-Id": "mine-1"})
    assert answer.headers["X-Request-Id"] == "mine-1"


def test_an_unknown_path_is_no_endpoint(us):
    for path in ("/investors", "/accounts/", "//accounts", "/accounts/a/b/c"):
        answer = us.api.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "BLUM-404-002")


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/accounts", "GET, POST, HEAD, OPTIONS"),
        ("/webhooks/event-types", "GET, HEAD, OPTIONS"),
        ("/accounts/7c1f0e52-9a34-4c55-8f0b-2d6f1b9c7e10/compliance/restart", "POST, OPTIONS"),
    ],
)
def test_a_method_the_contract_does_not_have_is_told_which_it_has(us, path, allowed):
    for method in ("DELETE", "TRACE"):
        refused = us.api.request(method, path)
        assert (refused.status_code, refused.headers["Allow"]) == (405, allowed)
    asked = us.api.options(path)
    assert (asked.status_code, asked.headers["Allow"]) == (200, allowed)


def test_an_unknown_object_and_a_malformed_id_look_the_same(us):
    for account in ("7c1f0e52-9a34-4c55-8f0b-2d6f1b9c7e10", "nonsense"):
        answer = us.api.get(f"/accounts/{account}")
        assert (answer.status_code, answer.json()["code"]) == (404, "BLUM-404-001")


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"account_type": "club"}, "BLUM-400-004", "account_type"),
        ({"email": "nobody"}, "BLUM-400-003", "contact.email_address"),
        ({"date_of_birth": "1990-02-31"}, "BLUM-400-003", "identity.date_of_birth"),
        ({"tax_id": 123456789}, "BLUM-400-003", "identity.tax_id"),
        ({"agreements": []}, "BLUM-400-001", "agreements"),
    ],
)
def test_a_refused_application_names_the_field_and_never_repeats_the_value(us, change, code, field):
    answer = us.api.post("/accounts", json=us.apply(**change))
    assert answer.status_code == 400
    assert (answer.json()["code"], answer.json()["details"]["field"]) == (code, field)
    for value in change.values():
        assert not isinstance(value, str) or value not in answer.text


def test_a_missing_field_is_named_with_its_path(us):
    body = us.apply()
    del body["identity"]["tax_id"]
    error = us.api.post("/accounts", json=body).json()
    assert (error["code"], error["details"]["field"]) == ("BLUM-400-002", "identity.tax_id")


def test_a_body_that_is_not_json_is_refused(us):
    answer = us.api.post("/accounts", content=b"{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "BLUM-400-003")


def test_fields_the_contract_does_not_know_are_ignored(us):
    body = us.apply(favourite_colour="blue", account_type="trading")
    del body["management_type"]
    answer = us.api.post("/accounts", json=body)
    assert answer.status_code == 201
    assert answer.json()["account_type"] == "individual"
    assert answer.json()["management_type"] == "self_directed"


def test_a_json_content_type_without_a_body_is_no_error(us):
    account = us.open_account()
    headers = {"Content-Type": "application/json"}
    assert us.api.get(f"/accounts/{account}", headers=headers).status_code == 200
    link = us.api.post(f"/accounts/{account}/funding-sources/plaid/link-token", headers=headers)
    assert link.status_code == 200


def test_funding_source_errors_carry_the_envelope_status(us):
    account = us.open_account()
    answer = us.api.post(
        f"/accounts/{account}/funding-sources/plaid/connect", json={"public_token": "made-up"}
    )
    assert answer.status_code == 404
    assert answer.json()["status"] == "error"


def test_lists_are_paged_and_a_bad_page_is_refused(us):
    for number in range(3):
        us.open_account(email=f"p{number}@mail.test")
    page = us.api.get("/accounts", params={"limit": 1, "offset": 1}).json()
    assert [account["contact"]["email_address"] for account in page] == ["p1@mail.test"]
    for bad in ({"limit": 0}, {"limit": 101}, {"limit": "many"}, {"offset": -1}):
        assert us.api.get("/accounts", params=bad).status_code == 400


def test_the_same_key_and_body_does_one_thing_and_gives_one_answer(us):
    account, source = us.account_with_bank()
    body = {"amount": "100.00", "method": "ach", "funding_source_id": source}
    send = lambda: us.api.post(  # noqa: E731
        f"/accounts/{account}/deposits", json=body, headers={"Idempotency-Key": "wish-1"}
    )
    first, second = send(), send()
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    assert us.api.get(f"/accounts/{account}/deposits").json()["total"] == 1


def test_the_same_key_with_another_body_is_a_conflict(us):
    account, source = us.account_with_bank()
    key = {"Idempotency-Key": "wish-1"}
    body = {"amount": "100.00", "method": "ach", "funding_source_id": source}
    us.api.post(f"/accounts/{account}/deposits", json=body, headers=key)
    other = us.api.post(
        f"/accounts/{account}/deposits", json={**body, "amount": "200.00"}, headers=key
    )
    assert (other.status_code, other.json()["code"]) == (409, "BLUM-409-002")
    elsewhere = us.api.post(
        f"/accounts/{account}/withdrawals", json={**body, "amount": "1.00"}, headers=key
    )
    assert elsewhere.json()["code"] == "BLUM-422-001"


def test_a_conflict_does_not_forget_the_first_answer(us):
    account, source = us.account_with_bank()
    key = {"Idempotency-Key": "wish-1"}
    body = {"amount": "100.00", "method": "ach", "funding_source_id": source}
    path = f"/accounts/{account}/deposits"
    first = us.api.post(path, json=body, headers=key)
    assert us.api.post(path, json={**body, "amount": "9.00"}, headers=key).status_code == 409
    assert us.api.post(path, json=body, headers=key).json() == first.json()


def test_a_body_written_in_another_way_is_the_same_body(us):
    account, source = us.account_with_bank()
    headers = {"Idempotency-Key": "wish-1", "Content-Type": "application/json"}
    body = {"amount": "100.00", "method": "ach", "funding_source_id": source}
    texts = [json.dumps(body), json.dumps(dict(reversed(body.items())), indent=2)]
    path = f"/accounts/{account}/deposits"
    answers = [us.api.post(path, content=text, headers=headers) for text in texts]
    assert answers[0].json() == answers[1].json()


def test_an_error_of_the_server_is_not_remembered_and_one_of_the_caller_is(us):
    account, source = us.account_with_bank()
    body = {"amount": "100.00", "method": "ach", "funding_source_id": source}
    path, key = f"/accounts/{account}/deposits", {"Idempotency-Key": "wish-1"}
    us.home.post("/_sandbox/faults", json={"kind": "status", "status": 503, "count": 1})
    assert us.api.post(path, json=body, headers=key).status_code == 503
    assert us.api.post(path, json=body, headers=key).status_code == 201
    withdrawal, key = f"/accounts/{account}/withdrawals", {"Idempotency-Key": "wish-2"}
    assert us.api.post(withdrawal, json=body, headers=key).status_code == 422
    us.wait(minutes=5)
    assert us.wallet(account)["available_balance"] == "100.00"
    assert us.api.post(withdrawal, json=body, headers=key).status_code == 422


def test_a_key_is_taken_while_its_first_request_runs(us):
    key = {"Idempotency-Key": "wish-1"}
    send = lambda: us.api.post("/accounts", json=us.apply(), headers=key)  # noqa: E731
    us.home.post("/_sandbox/faults", json={"kind": "latency", "seconds": 1, "count": 1})
    with ThreadPoolExecutor(1) as other:
        first = other.submit(send)
        while not us.home.get("/_sandbox/requests").json()["requests"]:
            pass
        second = send()
        assert (second.status_code, second.json()["code"]) == (409, "BLUM-409-002")
        assert first.result().status_code == 201
    assert send().json() == first.result().json()


def test_a_key_longer_than_128_characters_is_refused(us):
    answer = us.api.post("/accounts", json=us.apply(), headers={"Idempotency-Key": "k" * 129})
    assert (answer.status_code, answer.json()["details"]["field"]) == (400, "Idempotency-Key")


def test_a_rebalance_needs_a_key():
    maya = Investor()
    maya.accept_policy()
    answer = maya.post(f"{maya.portfolio}/rebalancing", {})
    assert (answer.status_code, answer.json()["code"]) == (400, "BLUM-400-002")
    assert answer.json()["details"]["field"] == "Idempotency-Key"


def test_a_key_can_be_used_again_after_a_day(us):
    account, source = us.account_with_bank()
    for _ in range(2):
        answer = us.api.post(
            f"/accounts/{account}/deposits",
            json={"amount": "100.00", "method": "ach", "funding_source_id": source},
            headers={"Idempotency-Key": "wish-1"},
        )
        assert answer.status_code == 201
        us.wait(hours=24)
    assert us.api.get(f"/accounts/{account}/deposits").json()["total"] == 2


def test_the_eleventh_request_of_a_second_is_told_when_to_come_back():
    us = Integrator(rate=10)
    answers = [us.api.get("/webhooks") for _ in range(30)]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert answers[0].headers["X-RateLimit-Limit"] == "10"
    assert answers[0].headers["X-RateLimit-Remaining"] == "9"
    assert refused
    assert refused[0].json()["code"] == "BLUM-429-001"
    assert int(refused[0].headers["Retry-After"]) >= 1


def test_each_key_pair_has_a_limit_of_its_own():
    us = Integrator(rate=1)
    us.home.post("/_sandbox/keys", json={"key": "second", "secret": "s2"})
    assert [us.api.get("/webhooks").status_code for _ in range(2)] == [200, 429]
    assert us.stranger.get("/webhooks", auth=("second", "s2")).status_code == 200


def test_two_keys_overlap_while_one_takes_over_from_the_other(us):
    us.home.post("/_sandbox/keys", json={"key": "new", "secret": "n1"})
    account = us.open_account()
    assert us.stranger.get(f"/accounts/{account}", auth=("new", "n1")).status_code == 200
    us.home.post("/_sandbox/keys", json={"key": "sandbox-key", "state": "expired"})
    assert us.api.get("/accounts").json()["code"] == "BLUM-401-005"
    assert us.stranger.get(f"/accounts/{account}", auth=("new", "n1")).status_code == 200
    assert "n1" not in us.home.get("/_sandbox/keys").text


@pytest.mark.parametrize(
    "text",
    [
        b"[" * 100_000,
        b'{"a":' * 60 + b"1" + b"}" * 60,
        b'{"a": NaN}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
    ],
)
def test_json_that_nobody_could_keep_is_refused(us, text):
    for path in ("/accounts", "/webhooks"):
        answer = us.api.post(path, content=text, headers={"Idempotency-Key": str(hash(text))})
        assert (answer.status_code, answer.json()["code"]) == (400, "BLUM-400-003")
    assert us.home.post("/_sandbox/keys", content=text).status_code == 400


class Stalled(io.RawIOBase):
    """A body that comes when it is let go."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Event(), threading.Event()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        self.begun.set()
        self.go.wait(60)
        return 0


@pytest.mark.parametrize("path", ["/v1/accounts", "/_sandbox/keys"])
def test_nobody_waits_for_another_ones_slow_body(us, path):
    body = Stalled()
    slow = us.app.test_client().post
    wire = {"wsgi.input": body, "CONTENT_LENGTH": "100"}
    options = {"environ_overrides": wire, "auth": ("sandbox-key", "sandbox-secret")}
    with ThreadPoolExecutor(2) as people:
        waiting = people.submit(slow, path, **options)
        assert body.begun.wait(10)
        try:
            assert people.submit(us.api.get, "/accounts").result(10).status_code == 200
        finally:
            body.go.set()
        assert waiting.result(10).status_code == 400


@pytest.mark.parametrize("text", ["9" * 5000, "١", "+1", "1_0", "1e1", "-", ""])
def test_a_number_in_a_query_is_plain_digits(us, text):
    assert us.api.get("/accounts", params={"limit": text}).status_code == 400


def test_a_fault_answers_in_place_of_the_endpoint_as_often_as_asked(us):
    fault = {"kind": "status", "status": 503, "route": "/v1/accounts*", "count": 1}
    assert us.home.post("/_sandbox/faults", json=fault).status_code == 201
    assert us.api.get("/webhooks").status_code == 200
    assert us.api.post("/accounts", json=us.apply()).status_code == 503
    assert us.api.get("/accounts").json() == []


def test_a_malformed_answer_hides_that_the_work_was_done(us):
    us.home.post("/_sandbox/faults", json={"kind": "malformed", "method": "POST", "count": 1})
    answer = us.api.post("/accounts", json=us.apply())
    with pytest.raises(ValueError):
        answer.json()
    assert len(us.api.get("/accounts").json()) == 1


@pytest.mark.parametrize(("kind", "accounts"), [("reset", 0), ("timeout_after", 1)])
def test_in_process_a_cut_connection_is_the_clients_own_error(us, kind, accounts):
    fault = {"kind": kind, "method": "POST", "count": 1, "seconds": 0}
    us.home.post("/_sandbox/faults", json=fault)
    with pytest.raises(httpx.ReadError):
        us.api.post("/accounts", json=us.apply())
    assert len(us.api.get("/accounts").json()) == accounts


def test_requests_are_logged_for_tests_with_their_key(us):
    us.api.post("/accounts", json=us.apply(), headers={"Idempotency-Key": "k"})
    [entry] = us.home.get("/_sandbox/requests", params={"path": "/v1/accounts"}).json()["requests"]
    assert (entry["method"], entry["status"], entry["idempotency_key"]) == ("POST", 201, "k")


def test_the_same_seed_gives_the_same_ids():
    assert Integrator(seed=5).open_account() == Integrator(seed=5).open_account()
    assert Integrator(seed=5).open_account() != Integrator(seed=6).open_account()


def test_the_list_of_requests_can_be_read_while_others_are_answered(us):
    """Readers and a writer in turns as close as can be: no list breaks off when a line is added."""
    for _ in range(300):
        us.api.get("/accounts")
    ended = threading.Event()

    def write():
        while not ended.is_set():
            us.api.get("/accounts")

    def read():
        return {us.home.get("/_sandbox/requests").status_code for _ in range(30)}

    turns = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as pool:
            pool.submit(write)
            readers = [pool.submit(read) for _ in range(2)]
            try:
                assert {code for reader in readers for code in reader.result()} == {200}
            finally:
                ended.set()
    finally:
        sys.setswitchinterval(turns)
