"""Everything that can go wrong between a client and Bluum, asked for and met over a real wire."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import Handler, Server
from tests.sandbox.person import Integrator, signature_holds


@pytest.fixture
def us() -> Integrator:
    return Integrator()


@pytest.fixture
def wire(us: Integrator) -> Iterator[httpx.Client]:
    """A client of the same sandbox over HTTP, on the server that `python -m sandbox` runs."""
    server = Server("127.0.0.1", 0, us.app, handler=Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.port}/v1"
    with httpx.Client(base_url=base, auth=("sandbox-key", "sandbox-secret")) as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


def ask_for(us: Integrator, **fault: object) -> dict:
    answer = us.home.post("/_sandbox/faults", json={"count": 1, **fault})
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.parametrize("status", [400, 404, 409, 418, 422, 429, 500, 501, 502, 503, 504])
def test_any_error_status_is_answered_and_nothing_is_done(us, wire, status):
    ask_for(us, kind="status", status=status, method="POST")
    answer = wire.post("/accounts", json=us.apply())
    assert answer.status_code == status
    assert answer.json()["code"] == f"BLUM-{status}-001"
    assert wire.get("/accounts").json() == []


def test_429_and_503_say_when_to_come_back(us, wire):
    ask_for(us, kind="status", status=429, retry_after=7)
    assert wire.get("/accounts").headers["Retry-After"] == "7"
    ask_for(us, kind="status", status=503, code="BLUM-500-017")
    answer = wire.get("/accounts")
    assert answer.headers["Retry-After"] == "1"
    assert answer.json()["code"] == "BLUM-500-017"


@pytest.mark.parametrize(
    ("kind", "done", "accounts"),
    [
        ("reset", None, 0),
        ("reset", True, 1),
        ("timeout_before", None, 0),
        ("timeout_after", None, 1),
    ],
)
def test_a_connection_ends_without_an_answer_before_or_after_the_work(
    us, wire, kind, done, accounts
):
    ask_for(us, kind=kind, method="POST", seconds=0, done=done)
    with pytest.raises(httpx.TransportError):
        wire.post("/accounts", json=us.apply())
    assert len(wire.get("/accounts").json()) == accounts


@pytest.mark.parametrize(("kind", "accounts"), [("timeout_before", 0), ("timeout_after", 1)])
def test_a_client_that_waits_too_little_times_out_before_or_after_the_work(
    us, wire, kind, accounts
):
    ask_for(us, kind=kind, method="POST", seconds=0.8)
    with pytest.raises(httpx.ReadTimeout):
        wire.post("/accounts", json=us.apply(), timeout=0.3)
    assert len(wire.get("/accounts").json()) == accounts


def test_in_process_nobody_waits_for_an_answer_that_never_comes(us):
    ask_for(us, kind="timeout_after", method="POST", seconds=3000)
    with pytest.raises(httpx.ReadTimeout):
        us.api.post("/accounts", json=us.apply())
    assert len(us.api.get("/accounts").json()) == 1


def test_a_truncated_answer_promises_more_than_it_brings(us, wire):
    ask_for(us, kind="truncated", method="POST")
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        wire.post("/accounts", json=us.apply())
    assert len(wire.get("/accounts").json()) == 1
    ask_for(us, kind="truncated")
    with pytest.raises(httpx.RemoteProtocolError):
        us.api.get("/accounts")


@pytest.mark.parametrize(
    ("fault", "status", "content_type", "accounts"),
    [
        ({"kind": "html"}, 502, "text/html", 0),
        ({"kind": "html", "status": 200}, 200, "text/html", 0),
        ({"kind": "html", "status": 504, "done": True}, 504, "text/html", 1),
        ({"kind": "empty"}, 201, "application/json", 1),
        ({"kind": "malformed"}, 201, "application/json", 1),
        ({"kind": "wrong_type"}, 201, "text/plain", 1),
    ],
)
def test_an_answer_is_a_page_or_empty_or_broken_or_of_another_kind(
    us, wire, fault, status, content_type, accounts
):
    ask_for(us, **fault, method="POST")
    answer = wire.post("/accounts", json=us.apply())
    assert answer.status_code == status
    assert answer.headers["Content-Type"].startswith(content_type)
    if fault["kind"] == "wrong_type":
        assert answer.json()["id"]
    else:
        with pytest.raises(ValueError):
            answer.json()
    assert len(wire.get("/accounts").json()) == accounts


def test_a_route_and_a_method_choose_whom_a_fault_meets(us, wire):
    ask_for(us, kind="status", status=500, route="/v1/accounts/*/deposits", method="P*", count=None)
    account, bank = us.account_with_bank()
    body = {"amount": "10.00", "method": "ach", "funding_source_id": bank}
    assert wire.post(f"/accounts/{account}/deposits", json=body).status_code == 500
    assert wire.get(f"/accounts/{account}/deposits").status_code == 200
    assert wire.get("/accounts").status_code == 200


def test_plaids_api_fails_when_its_route_is_named_and_the_console_never(us):
    body = {"client_id": "sandbox-key", "secret": "sandbox-secret", "access_token": "x"}
    ask_for(us, kind="status", status=500, count=None)
    assert us.home.post("/plaid/item/get", json=body).status_code == 400
    ask_for(us, kind="html", route="*", count=None)
    assert us.home.post("/plaid/item/get", json=body).status_code == 502
    assert us.home.get("/").status_code == 200


def statuses(us: Integrator, count: int) -> list[int]:
    return [us.api.get("/accounts").status_code for _ in range(count)]


def test_a_rate_strikes_that_share_and_the_same_requests_with_the_same_seed():
    def struck(seed: int) -> list[int]:
        us = Integrator(seed=seed)
        ask_for(us, kind="status", status=500, rate=0.2, count=None)
        return statuses(us, 300)

    first = struck(1)
    assert 30 < first.count(500) < 90
    assert struck(1) == first
    assert struck(2) != first


def test_a_count_ends_a_fault_and_what_happened_is_told(us):
    ask_for(us, kind="status", status=503, count=2)
    assert statuses(us, 4) == [503, 503, 200, 200]
    [fault] = us.home.get("/_sandbox/faults").json()["faults"]
    assert (fault["happened"], fault["count"]) == (2, 0)
    assert us.home.delete(f"/_sandbox/faults/{fault['id']}").status_code == 204
    assert us.home.get("/_sandbox/faults").json()["faults"] == []


def test_the_request_log_names_the_fault_that_struck(us):
    ask_for(us, kind="reset")
    with pytest.raises(httpx.ReadError):
        us.api.get("/accounts")
    [entry] = us.home.get("/_sandbox/requests").json()["requests"]
    assert (entry["fault"], entry["status"]) == ("reset", None)


# Presets


def preset(us: Integrator, name: str) -> None:
    assert us.home.post(f"/_sandbox/faults/preset/{name}").status_code == 201


def test_down_answers_503_to_everything_until_it_is_taken_back(us):
    preset(us, "down")
    answers = [us.api.get("/accounts"), us.api.get("/assets"), us.api.post("/accounts", json={})]
    assert {answer.status_code for answer in answers} == {503}
    assert answers[0].headers["Retry-After"] == "30"
    assert us.home.get("/").status_code == 200
    us.home.delete("/_sandbox/faults/preset/down")
    assert us.api.get("/accounts").status_code == 200


def test_flaky_lets_about_one_request_in_ten_go_wrong(us):
    preset(us, "flaky")
    for fault in us.world.table("faults").values():
        fault["seconds"] = fault["jitter"] = 0.0
    wrong = 0
    for _ in range(400):
        try:
            wrong += us.api.get("/accounts").headers["Content-Type"] != "application/json"
        except httpx.TransportError:
            wrong += 1
    log = us.home.get("/_sandbox/requests").json()["requests"]
    struck = [entry["fault"] for entry in log if entry["fault"]]
    assert 20 <= len(struck) <= 65
    assert len(set(struck)) >= 5
    assert 0 < wrong <= len(struck)


def test_a_preset_asked_for_twice_is_there_once_and_an_unknown_one_is_refused_in_words(us):
    preset(us, "slow")
    preset(us, "slow")
    assert len(us.home.get("/_sandbox/faults").json()["faults"]) == 1
    answer = us.home.post("/_sandbox/faults/preset/gremlins")
    assert answer.status_code == 404
    assert "flaky" in answer.json()["message"]


# Webhooks


def test_a_stale_webhook_is_signed_with_a_time_that_has_passed(us):
    secret = us.subscribe("account.created")
    ask_for(us, kind="webhook_stale", seconds=7200)
    us.open_account()
    us.open_account(email="two@mail.test")
    us.deliver()
    (_, stale, body), (_, fresh, fresh_body) = us.received
    times = [int(h["X-Bluum-Signature"].split(",")[0][2:]) for h in (stale, fresh)]
    assert 7190 <= times[1] - times[0] <= 7210
    assert signature_holds(secret, stale, body)
    assert signature_holds(secret, fresh, fresh_body)


def test_an_altered_webhook_does_not_fit_its_signature(us):
    secret = us.subscribe("account.created")
    ask_for(us, kind="webhook_altered")
    account = us.open_account()
    us.deliver()
    [(event, headers, body)] = us.received
    assert event["data"]["id"] == account
    assert not signature_holds(secret, headers, body)


def test_a_reordered_webhook_comes_right_after_the_next_one(us):
    us.subscribe("account.*", "transfer.*")
    ask_for(us, kind="webhook_reordered", event="transfer.deposit.initiated", seconds=600)
    account, bank = us.account_with_bank()
    us.deposit(account, "100.00", bank)
    us.wait(10)
    told = us.deliver()
    assert told[-2:] == ["transfer.deposit.completed", "transfer.deposit.initiated"]


def test_a_reordered_webhook_comes_by_itself_if_no_other_follows(us):
    us.subscribe("account.created")
    ask_for(us, kind="webhook_reordered", seconds=60)
    us.open_account()
    us.wait(59)
    assert us.deliver() == []
    us.wait(2)
    assert us.deliver() == ["account.created"]


def test_lying_webhooks_lie_in_every_way_and_a_replay_tells_the_truth(us):
    secret = us.subscribe("account.created")
    preset(us, "lying_webhooks")
    for number in range(120):
        us.open_account(email=f"{number}@mail.test")
    us.wait(hours=2)
    us.deliver()
    rows = us.home.get("/_sandbox/deliveries").json()["deliveries"]
    assert {row["fault"] for row in rows} >= {
        None, "webhook_lost", "webhook_doubled", "webhook_delayed", "webhook_reordered",
        "webhook_bad_signature", "webhook_stale", "webhook_altered",
    }  # fmt: skip
    [bad, *_] = [row for row in rows if row["fault"] == "webhook_bad_signature"]
    us.received.clear()
    us.home.post(f"/_sandbox/deliveries/{bad['id']}/replay")
    us.deliver()
    [(_, headers, body)] = us.received
    assert signature_holds(secret, headers, body)


# Nonsense


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({}, "kind"),
        ({"kind": "gremlins"}, "kind"),
        ({"kind": ["reset"]}, "kind"),
        ({"kind": "reset", "rate": 1.5}, "rate"),
        ({"kind": "reset", "rate": "often"}, "rate"),
        ({"kind": "reset", "rate": True}, "rate"),
        ({"kind": "reset", "count": 0}, "count"),
        ({"kind": "reset", "count": 1.5}, "count"),
        ({"kind": "latency", "seconds": -1}, "seconds"),
        ({"kind": "latency", "seconds": "NaN"}, "seconds"),
        ({"kind": "latency", "seconds": 1e9}, "seconds"),
        ({"kind": "status", "status": 200}, "status"),
        ({"kind": "status", "status": 600}, "status"),
        ({"kind": "status", "status": {}}, "status"),
        ({"kind": "html", "status": 100}, "status"),
        ({"kind": "reset", "route": 5}, "route"),
        ({"kind": "reset", "route": "accounts"}, "route"),
        ({"kind": "reset", "methods": "GET"}, "methods"),
        ({"kind": "timeout_before", "done": True}, "done"),
        ({"kind": "status", "done": "perhaps"}, "done"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_and_its_field_named(us, fault, field):
    answer = us.home.post("/_sandbox/faults", json=fault)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] == field
    assert us.home.get("/_sandbox/faults").json() == {"faults": []}
