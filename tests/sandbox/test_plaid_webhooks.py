"""Plaid's webhooks: signed, sent, tried again; and the program that sends them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise

import jwt
import pytest
from plaid.model.accounts_get_request import AccountsGetRequest
from plaid.model.item_get_request import ItemGetRequest
from plaid.model.item_remove_request import ItemRemoveRequest
from plaid.model.item_webhook_update_request import ItemWebhookUpdateRequest
from plaid.model.sandbox_item_fire_webhook_request import SandboxItemFireWebhookRequest
from plaid.model.sandbox_item_reset_login_request import SandboxItemResetLoginRequest
from plaid.model.sandbox_item_set_verification_status_request import (
    SandboxItemSetVerificationStatusRequest,
)
from plaid.model.webhook_type import WebhookType
from plaid.model.webhook_verification_key_get_request import WebhookVerificationKeyGetRequest

from sandbox import deliveries
from sandbox.plaid import webhooks
from tests.sandbox.plaid_person import PlaidClient, Sandbox, refused, running
from tests.sandbox.test_core_program import Program, free_port


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        yield found


def test_a_webhook_is_signed_as_plaid_signs(us, sandbox, receiver):
    access = us.access_token(webhook=receiver.url)
    us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    [(token, body)] = receiver.got
    header = jwt.get_unverified_header(token)
    assert header["alg"] == "ES256"
    asked = WebhookVerificationKeyGetRequest(key_id=header["kid"])
    key = us.api.webhook_verification_key_get(asked).key
    assert key.expired_at is None
    public = jwt.PyJWK({k: key[k] for k in ("kty", "crv", "x", "y", "alg", "use")})
    claims = jwt.decode(token, public, algorithms=["ES256"])
    assert claims["request_body_sha256"] == hashlib.sha256(body).hexdigest()
    told = json.loads(body)
    assert (told["webhook_type"], told["webhook_code"]) == ("ITEM", "ERROR")
    assert told["error"]["error_code"] == "ITEM_LOGIN_REQUIRED"

    us.browser.post("/_sandbox/plaid/rotate-key")
    assert us.api.webhook_verification_key_get(asked).key.expired_at is not None
    us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert jwt.get_unverified_header(receiver.got[-1][0])["kid"] != header["kid"]
    unknown = WebhookVerificationKeyGetRequest(key_id="nobody")
    error = refused(us.api.webhook_verification_key_get, unknown)
    assert error["error_code"] == "INVALID_WEBHOOK_VERIFICATION_KEY_ID"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("HOLDINGS", "DEFAULT_UPDATE"),
        ("LIABILITIES", "DEFAULT_UPDATE"),
        ("ITEM", "NEW_ACCOUNTS_AVAILABLE"),
        ("ITEM", "PENDING_DISCONNECT"),
        ("ITEM", "LOGIN_REPAIRED"),
    ],
)
def test_webhooks_can_be_fired(us, sandbox, receiver, kind, code):
    access = us.access_token(webhook=receiver.url)
    request = SandboxItemFireWebhookRequest(
        access_token=access, webhook_code=code, webhook_type=WebhookType(kind)
    )
    assert us.api.sandbox_item_fire_webhook(request).webhook_fired
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == [f"{kind} {code}"]


def test_a_webhook_for_a_product_the_item_lacks_is_refused(us):
    access = us.access_token(products=["auth"])
    request = SandboxItemFireWebhookRequest(
        access_token=access,
        webhook_code="DEFAULT_UPDATE",
        webhook_type=WebhookType("HOLDINGS"),
    )
    error = refused(us.api.sandbox_item_fire_webhook, request)
    assert error["error_code"] == "SANDBOX_WEBHOOK_INVALID"


def test_new_prices_are_told_each_evening_to_the_address_of_the_item(us, sandbox, receiver):
    access = us.access_token(webhook="http://127.0.0.1:9/old")
    us.api.item_webhook_update(ItemWebhookUpdateRequest(access_token=access, webhook=receiver.url))
    sandbox.world.clock.advance(timedelta(days=7))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["HOLDINGS DEFAULT_UPDATE"] * 5
    status = us.api.item_get(ItemGetRequest(access_token=access)).status
    assert status.last_webhook.code_sent == "DEFAULT_UPDATE"
    us.api.item_remove(ItemRemoveRequest(access_token=access))
    sandbox.world.clock.advance(timedelta(days=7))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert len(receiver.events) == 5


def test_consent_at_an_oauth_bank_ends_after_a_year_with_a_warning(us, sandbox, receiver):
    access = us.access_token(bank="ins_127287", products=["auth"], webhook=receiver.url)
    sandbox.world.clock.advance(timedelta(days=359))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["ITEM PENDING_EXPIRATION"]
    sandbox.world.clock.advance(timedelta(days=7))
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events[-1] == "ITEM ERROR"
    error = refused(us.api.accounts_get, AccountsGetRequest(access_token=access))
    assert error["error_code"] == "ITEM_LOGIN_REQUIRED"


def test_a_webhook_nobody_takes_is_tried_for_a_day():
    with running() as alone:
        us, world = PlaidClient(alone.home), alone.world
        access = us.access_token(products=["auth"], webhook="http://nobody.test/hook")
        us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
        tries = []
        for step in [timedelta(seconds=30)] * 25 + [timedelta(minutes=30)] * 50:
            if webhooks.send_due(world, lambda *_: 500):
                tries.append(world.clock.now())
            world.clock.advance(step)
        waits = [(later - one).total_seconds() for one, later in pairwise(tries)]
        assert waits[:3] == [30, 120, 480]
        assert len(tries) == 7
        assert tries[-1] - tries[0] < timedelta(hours=24)
        [row] = us.browser.get("/_sandbox/plaid/deliveries").json()["deliveries"]
        assert row["status"] == "dead"
        us.close()


def test_a_verification_status_can_be_set(us, sandbox, receiver):
    access = us.access_token(products=["auth"], webhook=receiver.url)
    account = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts[0].account_id
    us.api.sandbox_item_set_verification_status(
        SandboxItemSetVerificationStatusRequest(
            access_token=access, account_id=account, verification_status="automatically_verified"
        )
    )
    shown = us.api.accounts_get(AccountsGetRequest(access_token=access)).accounts[0]
    assert shown.verification_status == "automatically_verified"
    webhooks.send_due(sandbox.world, deliveries.http_send)
    assert receiver.events == ["AUTH AUTOMATICALLY_VERIFIED"]


@pytest.fixture
def start_sandbox() -> Iterator[Callable[..., Program]]:
    begun: list[Program] = []

    def begin(*options: str) -> Program:
        program = Program(free_port(), *options)
        begun.append(program)
        assert program.ready().startswith("Sandbox: ")
        return program

    yield begin
    for program in begun:
        program.stop()


def test_the_program_sends_webhooks_by_itself_and_remembers_items(
    start_sandbox, receiver, tmp_path
):
    state = ("--state", str(tmp_path / "state.json"))
    program = start_sandbox(*state)
    us = PlaidClient(program.url)
    access = us.access_token(webhook=receiver.url)
    us.api.sandbox_item_reset_login(SandboxItemResetLoginRequest(access_token=access))
    assert receiver.arrived.wait(20)
    assert receiver.events == ["ITEM ERROR"]
    us.close()
    program.stop()
    again = start_sandbox(*state)
    us = PlaidClient(again.url)
    item = us.api.item_get(ItemGetRequest(access_token=access)).item
    assert item.error.error_code == "ITEM_LOGIN_REQUIRED"
    kid = jwt.get_unverified_header(receiver.got[0][0])["kid"]
    us.api.webhook_verification_key_get(WebhookVerificationKeyGetRequest(key_id=kid))
    us.close()
