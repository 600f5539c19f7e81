"""The inbox: what Bluum signed is kept once, nothing else is, and a person's data never."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.models import Account
from robo import work
from robo.bluum import sign
from robo.webhooks import sync
from robo.webhooks.models import Endpoint, Event
from sandbox.world import World

SECRET = "whsec_now"
URL = "/webhooks/bluum/"
EVENT: dict[str, Any] = {
    "event": "account.updated",
    "timestamp": "2026-11-17T17:00:00Z",
    "data": {"id": "acc-1", "account_id": "acc-1"},
}


@pytest.fixture(autouse=True)
def secret(settings: Any) -> None:
    settings.BLUUM_WEBHOOK_SECRETS = [SECRET]


@pytest.fixture
def deliver(client: Client, db: None) -> Callable[..., int]:
    """Post a delivery as Bluum would; says the status it was answered with."""

    def post(
        payload: Any = EVENT, *, secret: str = SECRET, at: datetime | None = None, **headers: str
    ) -> int:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        headers = {
            "X-Bluum-Signature": sign(body, secret, at=at or datetime.now(UTC)),
            **headers,
        }
        return client.post(URL, body, content_type="application/json", headers=headers).status_code

    return post


def test_a_signed_event_is_kept_and_due(deliver: Callable[..., int]) -> None:
    assert deliver() == 204
    event = Event.objects.get()
    assert (event.source, event.kind) == ("bluum", "account.updated")
    assert event.hint == {"id": "acc-1", "account_id": "acc-1"}
    assert event.due_at is not None


def test_an_event_delivered_twice_is_kept_once(deliver: Callable[..., int]) -> None:
    now = datetime.now(UTC)
    assert deliver() == 204
    assert deliver(at=now + timedelta(seconds=20)) == 204  # sent again, signed anew
    assert Event.objects.count() == 1


def test_a_second_event_of_the_same_object_is_another(deliver: Callable[..., int]) -> None:
    deliver()
    deliver(EVENT | {"timestamp": "2026-11-17T17:00:01Z"})
    assert Event.objects.count() == 2


def test_a_signature_by_somebody_else_is_refused(deliver: Callable[..., int]) -> None:
    assert deliver(secret="whsec_guess") == 400
    assert not Event.objects.exists()


@pytest.mark.parametrize("header", ["", "v1=00", "t=1,v1=", "t=x,v1=00", "é", "t=" + "9" * 3000])
def test_a_signature_that_is_none_is_refused(deliver: Callable[..., int], header: str) -> None:
    assert deliver(**{"X-Bluum-Signature": header}) == 400
    assert not Event.objects.exists()


def test_a_body_changed_on_the_way_is_refused(client: Client, db: None) -> None:
    signature = sign(json.dumps(EVENT).encode(), SECRET, at=datetime.now(UTC))
    other = json.dumps(EVENT | {"event": "transfer.deposit.completed"}).encode()
    answer = client.post(
        URL, other, content_type="application/json", headers={"X-Bluum-Signature": signature}
    )
    assert answer.status_code == 400
    assert not Event.objects.exists()


@pytest.mark.parametrize("off", [timedelta(minutes=-6), timedelta(minutes=6)])
def test_a_delivery_from_another_time_is_refused(
    deliver: Callable[..., int], off: timedelta
) -> None:
    assert deliver(at=datetime.now(UTC) + off) == 400
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"17",
        b"{}",
        b'{"event": ""}',
        b'{"event": 5, "data": {}}',
        b'{"event": "' + b"x" * 5000 + b'"}',
        b'{"event": NaN}',
        b"[" * 100_000,
    ],
    ids=lambda body: body[:20].decode(errors="replace") or "nothing",
)
def test_a_signed_body_that_is_no_event_is_refused_calmly(
    deliver: Callable[..., int], body: bytes
) -> None:
    assert deliver(body) == 400
    assert not Event.objects.exists()


def test_an_event_nobody_listens_to_is_kept_and_settled(deliver: Callable[..., int]) -> None:
    assert deliver(EVENT | {"event": "weather.changed", "data": [1, 2]}) == 204
    work.run_due(Event)
    event = Event.objects.get()
    assert (event.due_at, event.error) == (None, "")


def test_only_a_post_is_a_delivery(client: Client, db: None) -> None:
    assert client.get(URL).status_code == 405


def test_nothing_about_a_person_is_kept_of_a_payload(deliver: Callable[..., int]) -> None:
    about = {
        "first_name": "Maya",
        "email": "maya@example.com",
        "tax_id": "536-22-1234",
        "amount": "1234.56",
        "contact": {"street_address": ["12 Elm Street"]},
    }
    deliver(EVENT | {"data": EVENT["data"] | about})
    kept = json.dumps(Event.objects.values().get(), default=str)
    for word in ("Maya", "maya@", "536-22", "1234.56", "Elm"):
        assert word not in kept


# Secrets ----------------------------------------------------------------------------------------


def test_either_secret_counts_while_one_replaces_the_other(
    deliver: Callable[..., int], settings: Any
) -> None:
    settings.BLUUM_WEBHOOK_SECRETS = ["whsec_new", "whsec_old"]
    assert deliver(secret="whsec_old") == 204
    assert deliver(EVENT | {"timestamp": "later"}, secret="whsec_new") == 204
    assert Event.objects.count() == 2


def test_a_rotated_secret_is_accepted_and_the_old_one_ends(
    deliver: Callable[..., int], sandbox: World
) -> None:
    call_command("webhook", "register", verbosity=0)
    old = Endpoint.objects.get().secret
    assert deliver(secret=old) == 204
    call_command("webhook", "rotate", verbosity=0)
    new = Endpoint.objects.get().secret
    assert new != old
    assert deliver(EVENT | {"timestamp": "later"}, secret=new) == 204
    assert deliver(EVENT | {"timestamp": "later still"}, secret=old) == 400


def test_registering_again_changes_nothing(db: None, sandbox: World) -> None:
    first = sync.register("http://testserver/webhooks/bluum/")
    assert sync.register("http://testserver/webhooks/bluum/") == first
    assert Endpoint.objects.count() == 1


def test_a_secret_lies_sealed(db: None, sandbox: World) -> None:
    endpoint = sync.register("http://testserver/webhooks/bluum/")
    assert endpoint.secret.encode() not in bytes(endpoint.sealed_secret)


# From the event to the row ----------------------------------------------------------------------


@pytest.fixture
def calm(maya: Any) -> Account:
    """Maya's account, open, with nothing to do for a week."""
    account = services.account_of(maya)
    Account.objects.filter(pk=account.pk).update(
        bluum_id="acc-1", status="ACTIVE", due_at=timezone.now() + timedelta(days=7)
    )
    account.refresh_from_db()
    return account


def is_due(account: Account) -> bool:
    return bool(Account.objects.due().filter(pk=account.pk).exists())


def test_an_event_brings_the_row_it_speaks_of_forward(
    deliver: Callable[..., int], calm: Account
) -> None:
    deliver()
    assert not is_due(calm)  # the request itself touches nothing
    work.run_due(Event)
    assert is_due(calm)
    assert Event.objects.get().due_at is None


def test_a_payload_proves_nothing(deliver: Callable[..., int], calm: Account) -> None:
    deliver(EVENT | {"data": EVENT["data"] | {"status": "SUSPENDED"}})
    work.run_due(Event)
    calm.refresh_from_db()
    assert calm.status == "ACTIVE"


def test_an_event_about_nobody_we_know_moves_nothing(
    deliver: Callable[..., int], calm: Account
) -> None:
    deliver(EVENT | {"data": {"id": "acc-2", "account_id": "acc-2"}})
    work.run_due(Event)
    assert not is_due(calm)


# The broker -------------------------------------------------------------------------------------


@pytest.fixture
def no_broker() -> Iterator[None]:
    """The loop's messages go to a port where nothing answers."""
    url = current_app.conf.broker_url

    def go_to(address: str) -> None:
        current_app.conf.broker_url = address
        for name in ("broker_read_url", "broker_write_url"):
            current_app.conf[name] = address
        current_app._pool = None
        current_app.amqp._producer_pool = None

    go_to("redis://127.0.0.1:9/0")
    yield
    go_to(url)


def test_an_event_is_kept_while_the_broker_is_away(
    deliver: Callable[..., int],
    no_broker: None,
    calm: Account,
    django_capture_on_commit_callbacks: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with django_capture_on_commit_callbacks(execute=True) as told:
        assert deliver() == 204
    assert told
    assert any("broker is away" in record.getMessage() for record in caplog.records)
    work.run_due(Event)  # as the sweep would have it done
    assert is_due(calm)
