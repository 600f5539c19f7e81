"""Webhooks: who hears of what, signed how, and what happens when nobody answers."""

import pytest

from sandbox import deliveries
from sandbox.app import create_app
from tests.sandbox.person import Integrator, signature_holds


@pytest.fixture
def us() -> Integrator:
    return Integrator()


def test_a_deposit_is_told_when_it_begins_and_when_it_ends(us):
    account, bank = us.account_with_bank()
    us.subscribe("transfer.*")
    deposit = us.deposit(account, "100.00", bank).json()
    us.wait(9)
    assert us.deliver() == ["transfer.deposit.initiated", "transfer.deposit.completed"]
    body, _, _ = us.received[-1]
    assert body["data"]["id"] == deposit["deposit_id"]
    assert body["data"]["account_id"] == account
    assert body["data"]["amount"] == "100.00"
    assert body["timestamp"]


def test_an_account_is_told_from_creation_to_approval(us):
    us.subscribe("account.created", "account.updated")
    us.open_account()
    us.wait(4)
    assert us.deliver() == ["account.created", "account.updated"]
    assert us.received[-1][0]["data"]["status"] == "ACTIVE"
    assert "Okoro" not in us.received[-1][2].decode()


def test_documents_are_told_with_the_reason_of_a_rejection(us):
    account = us.open_account()
    us.subscribe("document.*")
    us.api.post(
        f"/documents/accounts/{account}/upload",
        data={"document_type": "id_verification"},
        files={"file": ("blurry.jpg", b"\xff\xd8\xff\xe0", "image/jpeg")},
    )
    us.wait(2)
    assert us.deliver() == ["document.rejected"]
    assert "readable" in us.received[-1][0]["data"]["rejection_reason"]


def test_a_return_after_completion_is_told_as_failed(us):
    account, bank = us.account_with_bank()
    us.subscribe("transfer.deposit.failed")
    us.deposit(account, "100.02", bank)
    us.wait(30)
    assert us.deliver() == ["transfer.deposit.failed"]


def test_a_delivery_is_signed_with_the_secret_shown_at_creation(us):
    secret = us.subscribe("account.*")
    us.open_account()
    us.deliver()
    _, headers, body = us.received[0]
    assert signature_holds(secret, headers, body)
    assert not signature_holds("another", headers, body)
    [shown] = us.api.get("/webhooks").json()["data"]["webhooks"]
    assert "secret" not in shown


def test_only_subscribed_events_are_sent_and_a_paused_webhook_hears_nothing(us):
    us.subscribe("order.*")
    us.open_account()
    assert us.deliver() == []
    [hook] = us.api.get("/webhooks").json()["data"]["webhooks"]
    us.api.patch(f"/webhooks/{hook['id']}", json={"eventTypeNames": ["account.*"]})
    us.api.patch(f"/webhooks/{hook['id']}", json={"status": "INACTIVE"})
    us.open_account(email="b@mail.test")
    assert us.deliver() == []
    us.api.patch(f"/webhooks/{hook['id']}", json={"status": "ACTIVE"})
    us.open_account(email="c@mail.test")
    assert us.deliver() == ["account.created"]
    assert us.api.delete(f"/webhooks/{hook['id']}").status_code == 200
    assert us.api.get("/webhooks").json()["data"]["webhooks"] == []


def test_a_webhook_needs_an_address_and_an_event(us):
    base = {"name": "Us", "url": "http://us.test/hook", "eventTypeNames": ["order.*"]}
    bad = [{"url": "ftp://us.test/x"}, {"eventTypeNames": []}, {"eventTypeNames": "order.*"}]
    for change in bad:
        assert us.api.post("/webhooks", json={**base, **change}).status_code == 400
    names = us.api.get("/webhooks/event-types").json()["data"]["eventTypes"]
    assert "transfer.deposit.completed" in [each["name"] for each in names]


@pytest.mark.parametrize("answer", [0, 500, 302])
def test_an_unheard_delivery_is_tried_again_until_it_is_dead_and_can_be_replayed(us, answer):
    us.subscribe("account.created")
    us.receiver_answers = answer
    us.open_account()
    us.deliver()
    for minutes in (1, 5, 30, 120, 480):
        us.wait(minutes=minutes - 0.1)
        us.deliver()
        us.wait(minutes=0.1)
        us.deliver()
    [row] = us.home.get("/_sandbox/deliveries").json()["deliveries"]
    assert (row["status"], len(row["tries"])) == ("dead", 6)
    us.receiver_answers = 200
    us.received.clear()
    us.home.post(f"/_sandbox/deliveries/{row['id']}/replay")
    assert us.deliver() == ["account.created"]


def test_a_delivery_that_failed_once_arrives_with_the_same_body(us):
    us.subscribe("account.created")
    us.receiver_answers = 500
    us.open_account()
    us.deliver()
    us.receiver_answers = 200
    us.wait(minutes=1)
    us.deliver()
    bodies = [body for _, _, body in us.received]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize(
    ("kind", "events"),
    [("webhook_lost", 0), ("webhook_doubled", 2), ("webhook_bad_signature", 1)],
)
def test_webhooks_go_wrong_on_demand(us, kind, events):
    secret = us.subscribe("account.created")
    us.home.post("/_sandbox/faults", json={"kind": kind, "event": "account.*"})
    us.open_account()
    assert us.deliver() == ["account.created"] * events
    for _, headers, body in us.received:
        assert signature_holds(secret, headers, body) == (kind != "webhook_bad_signature")


def test_a_delayed_webhook_is_overtaken_by_the_next(us):
    us.subscribe("account.*")
    fault = {"kind": "webhook_delayed", "event": "account.created", "seconds": 60}
    us.home.post("/_sandbox/faults", json=fault)
    us.open_account()
    us.wait(4)
    assert us.deliver() == ["account.updated"]
    us.wait(60)
    assert us.deliver() == ["account.created"]


def test_a_reset_forgets_people_and_keeps_webhooks(us):
    us.subscribe("account.*")
    us.open_account()
    assert us.home.post("/_sandbox/reset").status_code == 204
    assert us.api.get("/accounts").json() == []
    assert len(us.api.get("/webhooks").json()["data"]["webhooks"]) == 1


def test_a_delivery_cut_off_by_a_stop_is_sent_after_the_restart(us):
    us.subscribe("account.created")
    us.open_account()
    [row] = us.world.table("deliveries").values()
    row["status"] = "sending"
    kept = us.world.dump()
    again = Integrator()
    again.world.restore(kept)
    deliveries.resume(again.world)
    assert again.deliver() == ["account.created"]


def test_days_pass_once_after_a_reset_and_a_restart(us):
    us.home.post("/_sandbox/reset")
    again = Integrator()
    again.world.restore(us.world.dump())
    create_app(again.world)
    due = [name for _, _, name, _ in again.world._jobs]
    assert due
    assert len(due) == len(set(due))
