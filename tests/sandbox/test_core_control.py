"""The control API: what there is, who may use it, and words instead of a stack trace."""

import httpx
import pytest

from sandbox import guard
from tests.sandbox.person import Integrator


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def test_everything_there_is_is_listed_with_a_sentence(us):
    found = us.home.get("/_sandbox/").json()["endpoints"]
    listed = {(row["method"], row["path"]) for row in found}
    assert {
        ("POST", "/_sandbox/clock/advance"),
        ("POST", "/_sandbox/faults/preset/<name>"),
        ("GET", "/_sandbox/scenarios"),
        ("POST", "/_sandbox/scenarios/<name>"),
        ("POST", "/_sandbox/deliveries/<delivery_id>/replay"),
        ("POST", "/_sandbox/reset"),
    } <= listed
    assert sum(bool(row["description"]) for row in found) >= 35


def test_an_unknown_address_or_method_is_answered_in_json(us):
    answer = us.home.get("/_sandbox/weather")
    assert (answer.status_code, answer.json()["code"]) == (404, "BLUM-404-001")
    assert "/_sandbox/" in answer.json()["message"]
    assert us.home.put("/_sandbox/clock").status_code == 405
    assert us.home.put("/_sandbox/clock").json()["message"]


NONSENSE = [b"", b"{", b"[]", b'"x"', b"null", b"\xff", b'{"amount": "NaN"}', b'{"amount": "1e99"}',
            b'{"decision": {}}', b'{"code": []}', b'{"institution_id": {}}', b'{"account_id": []}',
            b'{"event": 5}', b'{"speed": []}', b'{"keep_webhooks": "x"}']  # fmt: skip


def test_nonsense_is_never_a_500(us):
    account, bank = us.account_with_bank()
    deposit = us.deposit(account, "50.00", bank).json()["deposit_id"]
    for row in us.home.get("/_sandbox/").json()["endpoints"]:
        if row["method"] == "GET" or row["path"] == "/_sandbox/clock/follow":
            continue
        for number in (account, deposit, "unknown"):
            path = row["path"]
            while "<" in path:
                path = path[: path.index("<")] + number + path[path.index(">") + 1 :]
            for body in NONSENSE:
                answer = us.home.request(row["method"], path, content=body)
                assert answer.status_code < 500, (path, body, answer.text)
                if answer.status_code >= 400:
                    assert answer.json(), (path, body)


def test_cash_comes_and_goes_by_hand_and_never_below_zero(us):
    account = us.active_account()
    assert us.home.post(f"/_sandbox/accounts/{account}/cash", json={"amount": "75"}).is_success
    assert us.home.post(f"/_sandbox/accounts/{account}/cash", json={"amount": "-25"}).is_success
    assert us.wallet(account)["balance"] == "50.00"
    more = us.home.post(f"/_sandbox/accounts/{account}/cash", json={"amount": "-51"})
    assert (more.status_code, more.json()["code"]) == (422, "BLUM-422-001")
    for amount in ("0", "x", "NaN", "Infinity", "1e30", None):
        answer = us.home.post(f"/_sandbox/accounts/{account}/cash", json={"amount": amount})
        assert (answer.status_code, answer.json()["code"]) == (400, "BLUM-400-005"), amount


def test_a_bank_breaks_and_is_repaired_by_hand(us):
    account, bank = us.account_with_bank()
    broken = us.home.post(f"/_sandbox/funding-sources/{bank}", json={"status": "ERROR"})
    assert broken.json()["status"] == "ERROR"
    assert us.deposit(account, "10.00", bank).status_code == 409
    us.home.post(f"/_sandbox/funding-sources/{bank}", json={"status": "ACTIVE"})
    assert us.deposit(account, "10.00", bank).status_code == 201


# Who may


def from_elsewhere(us: Integrator) -> httpx.Client:
    transport = httpx.WSGITransport(app=us.app, remote_addr="203.0.113.9")
    return httpx.Client(transport=transport, base_url="http://bluum.test")


def test_only_this_machine_controls_the_sandbox_but_anyone_may_use_its_api(us):
    with from_elsewhere(us) as stranger:
        for path in ("/_sandbox/clock", "/_sandbox/", "/", "/mail", "/faults"):
            assert stranger.get(path).status_code == 403, path
        assert "--control-token" in stranger.post("/_sandbox/reset").json()["message"]
        assert stranger.get("/_sandbox/health").status_code == 200
        auth = ("sandbox-key", "sandbox-secret")
        assert stranger.get("/v1/accounts", auth=auth).status_code == 200


def test_with_a_token_whoever_has_it_may_from_anywhere(us):
    us.app.config[guard.TOKEN] = "open-sesame"
    with from_elsewhere(us) as friend:
        refused = friend.get("/")
        assert refused.status_code == 401
        assert refused.headers["WWW-Authenticate"].startswith("Basic")
        assert friend.get("/_sandbox/clock", auth=("", "guess")).status_code == 401
        assert friend.get("/_sandbox/clock", auth=("any", "open-sesame")).status_code == 200
        bearer = {"Authorization": "Bearer open-sesame"}
        assert friend.get("/_sandbox/clock", headers=bearer).status_code == 200
    assert us.home.get("/_sandbox/clock").status_code == 401


def test_a_page_of_another_site_can_not_reset_it_through_a_browser(us):
    account = us.open_account()
    for path in ("/_sandbox/reset", "/faults/clear"):
        answer = us.home.post(path, headers={"Sec-Fetch-Site": "cross-site"})
        assert answer.status_code == 403
    assert us.api.get(f"/accounts/{account}").status_code == 200
