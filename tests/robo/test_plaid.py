"""What we ask of Plaid ourselves, against the sandbox over HTTP."""

import hashlib
import json
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from robo import plaid
from robo.plaid import Plaid
from sandbox import deliveries
from sandbox.plaid import webhooks
from tests.sandbox.plaid_person import PlaidClient, Receiver, Sandbox, running


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def hands(sandbox: Sandbox) -> Iterator[PlaidClient]:
    """A person at the bank's page, and Plaid's own test endpoints."""
    found = PlaidClient(sandbox.home)
    yield found
    found.close()


@pytest.fixture
def ours(sandbox: Sandbox) -> Iterator[Plaid]:
    client = make(sandbox.home)
    yield client
    client.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    found = Receiver()
    yield found
    found.stop()


def make(home: str, **changes: str) -> Plaid:
    keys = {"client_id": "sandbox-key", "secret": "sandbox-secret", **changes}
    return Plaid(host=f"{home}/plaid", name="Fernwood Savings", **keys)


def link(ours: Plaid, hands: PlaidClient, *chosen: str, **options: Any) -> plaid.Access:
    made = ours.create_link_token(
        client_user_id="person-1",
        products=["identity", "investments", "liabilities"],
        hosted=True,
        **options,
    )
    assert made.hosted_url
    hands.sign_in(made.hosted_url)
    hands.browser.post(f"{made.hosted_url}/accounts", data={"account": list(chosen)})
    [public_token] = ours.link_results(made.token)
    return ours.exchange(public_token)


def break_login(hands: PlaidClient, access: plaid.Access) -> None:
    hands.browser.post(f"/_sandbox/plaid/items/{access.item_id}/break")


def test_what_a_person_holds_elsewhere_is_read_to_the_cent(ours, hands):
    access = link(ours, hands, "checking", "card", "brokerage", "mortgage", "student")
    accounts = {account.subtype: account for account in ours.accounts(access.token)}
    assert list(accounts) == ["checking", "credit card", "brokerage", "student", "mortgage"]
    checking = accounts["checking"]
    assert (checking.kind, checking.mask, checking.currency) == ("depository", "0000", "USD")
    assert checking.current == checking.current.quantize(Decimal("0.01")) > 0
    holdings = ours.holdings(access.token)
    assert sum(row.value for row in holdings) == accounts["brokerage"].current
    assert {row.symbol for row in holdings if not row.is_cash} >= {"VTI", "AAPL"}
    owed = {row.kind: row for row in ours.liabilities(access.token)}
    assert owed["mortgage"].rate == Decimal("5.875")
    assert owed["mortgage"].account_id == accounts["mortgage"].account_id
    assert owed["credit"].next_due is not None
    assert owed["student"].minimum_payment > 0
    assert {owner.account_id for owner in ours.owners(access.token)} == {
        account.account_id for account in accounts.values()
    }
    fresh = {account.account_id: account for account in ours.accounts(access.token, fresh=True)}
    assert fresh[checking.account_id] == checking


def test_access_is_a_secret_that_no_log_shows(ours, hands):
    access = link(ours, hands, "checking")
    assert access.token not in repr(access)
    ours.remove(access.token)
    ours.remove(access.token)
    with pytest.raises(plaid.Refused) as caught:
        ours.accounts(access.token)
    assert caught.value.code == "INVALID_ACCESS_TOKEN"
    assert access.token not in str(caught.value)


def test_a_broken_sign_in_asks_for_the_person_and_is_mended_in_update_mode(ours, hands):
    access = link(ours, hands, "checking")
    break_login(hands, access)
    with pytest.raises(plaid.SignInNeeded):
        ours.accounts(access.token)
    assert ours.item(access.token).error == "ITEM_LOGIN_REQUIRED"
    made = ours.create_link_token(client_user_id="person-1", access_token=access.token, hosted=True)
    assert made.hosted_url
    hands.sign_in(made.hosted_url)
    item = ours.item(access.token)
    assert (item.error, item.institution_name) == (None, "First Platypus Bank")


def test_a_hosted_page_brings_people_back_to_us(ours, hands):
    made = ours.create_link_token(
        client_user_id="person-1",
        products=["identity"],
        hosted=True,
        return_to="https://us.test/done",
    )
    left = hands.browser.get(f"{made.hosted_url}/cancel")
    assert left.headers["Location"] == "https://us.test/done"
    assert ours.link_results(made.token) == ()


def test_a_used_public_token_and_wrong_keys_are_refused(sandbox, ours, hands):
    token = hands.public_token()
    ours.exchange(token)
    with pytest.raises(plaid.Refused, match="INVALID_PUBLIC_TOKEN"):
        ours.exchange(token)
    stranger = make(sandbox.home, secret="wrong")
    with pytest.raises(plaid.Refused, match="INVALID_API_KEYS"):
        stranger.exchange(token)
    stranger.close()


def test_no_answer_and_a_bank_that_is_down_are_worth_another_try(sandbox, ours, hands):
    nobody = make("http://127.0.0.1:9")
    with pytest.raises(plaid.Unavailable, match="NO_ANSWER"):
        nobody.item("access-x")
    nobody.close()
    wrong_place = Plaid(host=sandbox.home, name="x", client_id="a", secret="b")
    with pytest.raises(plaid.Unavailable, match="HTTP_404"):
        wrong_place.item("access-x")
    wrong_place.close()


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "status", "status": 429}, "RATE_LIMIT"),
        ({"kind": "status", "status": 500}, "INTERNAL_SERVER_ERROR"),
        ({"kind": "html", "status": 502}, "HTTP_502"),
        ({"kind": "reset"}, "NO_ANSWER"),
        ({"kind": "malformed"}, "UNREADABLE_ANSWER"),
    ],
)
def test_an_answer_that_goes_wrong_is_worth_another_try(ours, hands, fault, code):
    access = link(ours, hands, "checking")
    given = {"route": "/plaid/accounts/get", "count": 1, **fault}
    assert hands.browser.post("/_sandbox/faults", json=given).status_code == 201
    with pytest.raises(plaid.Unavailable, match=code):
        ours.accounts(access.token)
    assert ours.accounts(access.token)


# Webhooks


@pytest.fixture
def signed(sandbox, ours, hands, receiver) -> tuple[str, bytes]:
    """A genuine webhook: the signature and the body."""
    access = link(ours, hands, "checking", webhook=receiver.url)
    break_login(hands, access)
    webhooks.send_due(sandbox.world, deliveries.http_send)
    return receiver.got[-1]


def test_a_genuine_webhook_is_read(ours, signed):
    signature, body = signed
    told = ours.unwrap(body, signature)
    assert (told.kind, told.code, told.needs_sign_in) == ("ITEM", "ERROR", True)
    assert told.item_id == json.loads(body)["item_id"]


def test_an_altered_an_old_and_a_foreign_webhook_are_told_apart_from_plaids(ours, signed):
    signature, body = signed
    with pytest.raises(plaid.BadWebhook, match="altered"):
        ours.unwrap(body.replace(b"ERROR", b"OTHER"), signature)
    ours.unwrap(body, signature, now=time.time() + 290)
    with pytest.raises(plaid.BadWebhook, match="too old"):
        ours.unwrap(body, signature, now=time.time() + 320)
    head, claims, mark = signature.split(".")
    forged = mark[:-6] + ("AAAAAA" if mark[-6:] != "AAAAAA" else "BBBBBB")
    with pytest.raises(plaid.BadWebhook, match="not signed"):
        ours.unwrap(body, f"{head}.{claims}.{forged}")
    for nonsense in (None, "", "a.b.c"):
        with pytest.raises(plaid.BadWebhook):
            ours.unwrap(body, nonsense)


def test_a_signature_of_another_kind_or_by_an_unknown_key_is_refused(ours, signed):
    _, body = signed
    weak = jwt.encode({"iat": int(time.time())}, "x" * 32, "HS256", headers={"kid": "k"})
    with pytest.raises(plaid.BadWebhook, match="unknown algorithm"):
        ours.unwrap(body, weak)
    own = ec.generate_private_key(ec.SECP256R1())
    claims = {"iat": int(time.time()), "request_body_sha256": hashlib.sha256(body).hexdigest()}
    with pytest.raises(plaid.BadWebhook, match="unknown key"):
        ours.unwrap(body, jwt.encode(claims, own, "ES256", headers={"kid": "nobody"}))
    real = jwt.get_unverified_header(signed[0])["kid"]
    with pytest.raises(plaid.BadWebhook, match="not signed"):
        ours.unwrap(body, jwt.encode(claims, own, "ES256", headers={"kid": real}))


def test_a_retired_key_is_refused_by_whoever_meets_it_first(sandbox, ours, hands, signed):
    signature, body = signed
    ours.unwrap(body, signature)
    hands.browser.post("/_sandbox/plaid/rotate-key")
    newcomer = make(sandbox.home)
    with pytest.raises(plaid.BadWebhook, match="retired"):
        newcomer.unwrap(body, signature)
    newcomer.close()
