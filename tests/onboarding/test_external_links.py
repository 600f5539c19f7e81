"""Banks and brokers read through Plaid, against the sandbox over HTTP."""

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from onboarding import services
from onboarding.models import ExternalAccount, ExternalLink
from robo import agenda, clients, work
from robo.webhooks.models import Event
from sandbox.plaid import webhooks
from tests.sandbox.plaid_person import PlaidClient, Sandbox, running

CONNECT = "/picture/banks/connect/"
Status = ExternalLink.Status


@pytest.fixture(scope="module")
def plaid_side() -> Iterator[Sandbox]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def hands(plaid_side: Sandbox) -> Iterator[PlaidClient]:
    """Maya's hands at the bank's page."""
    found = PlaidClient(plaid_side.home)
    yield found
    found.close()


@pytest.fixture
def plaid(settings: Any, plaid_side: Sandbox) -> Iterator[Sandbox]:
    settings.PLAID_BASE_URL = f"{plaid_side.home}/plaid"
    settings.PLAID_CLIENT_ID, settings.PLAID_SECRET = "sandbox-key", "sandbox-secret"
    clients.plaid.cache_clear()
    yield plaid_side
    clients.plaid().close()
    clients.plaid.cache_clear()


@pytest.fixture
def account(client, open_account, maya, plaid):
    found = open_account(maya)
    client.force_login(maya)
    return found


def run() -> None:
    """Let the workers finish what is due."""
    for _ in range(4):
        work.run_due()


def later() -> None:
    """A day passes for the links."""
    ExternalLink.objects.update(due_at=timezone.now())
    run()


def at_bank(hands: PlaidClient, page: str, *chosen: str) -> str:
    """Sign in and choose accounts on Plaid's hosted page; where it leads back to."""
    hands.sign_in(page)
    answer = hands.browser.post(f"{page}/accounts", data={"account": list(chosen)})
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def connect(client: Any, hands: PlaidClient, *chosen: str) -> ExternalLink:
    off = client.post(CONNECT)
    assert off.status_code == 302, off.content
    back = at_bank(hands, off.url, *chosen)
    assert client.get(back).status_code == 302
    run()
    return ExternalLink.objects.latest("created_at")


def do(hands: PlaidClient, link: ExternalLink, what: str) -> None:
    answer = hands.browser.post(f"/_sandbox/plaid/items/{link.item_id}/{what}")
    assert answer.status_code < 400, answer.text


def mend(client: Any, hands: PlaidClient, link: ExternalLink) -> None:
    off = client.post(reverse("picture:mend", args=[link.key]))
    signed_in = hands.sign_in(off.url)
    client.get(signed_in.headers["Location"])
    run()


def page(client: Any, url: str = "/picture/") -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_balances_holdings_and_debts_are_read_from_the_bank(client, account, hands):
    link = connect(client, hands, "checking", "card", "brokerage", "mortgage")

    assert link.status == Status.ACTIVE
    rows = {row.account_type: row for row in ExternalAccount.objects.all()}
    assert set(rows) == {"checking", "credit_card", "brokerage", "mortgage"}
    assert all(row.bluum_id and not row.refusal for row in rows.values())
    assert rows["mortgage"].interest_rate == Decimal("0.05875")
    assert (rows["mortgage"].is_asset, rows["checking"].is_asset) == (False, True)
    held = sum(Decimal(one["value"]) for one in rows["brokerage"].holdings)
    assert held == rows["brokerage"].balance
    text = page(client)
    assert "From First Platypus Bank, just now" in text
    assert "VTI" in page(client, reverse("picture:holding", args=[rows["brokerage"].pk]))


def test_tokens_are_sealed_and_forgotten(client, account, hands):
    link = connect(client, hands, "checking")
    assert b"access-" not in bytes(link.sealed_access_token)
    assert (link.link_token, link.sealed_public_token) == ("", None)
    services.remove_external_link(link, keep=False)
    run()
    link.refresh_from_db()
    assert link.sealed_access_token is None
    known = hands.browser.get("/_sandbox/plaid/items").json()
    rows = known if isinstance(known, list) else known["items"]
    assert link.item_id not in {
        row["item_id"] for row in rows if row.get("status") != "removed" and not row.get("removed")
    }


def test_link_in_the_page_hands_over_its_token(client, account, hands):
    answer = client.post(CONNECT, headers={"accept": "application/json"}).json()
    token = hands.public_token(products=["identity"])
    client.post(answer["return_url"], {"public_token": token})
    assert token.encode() not in bytes(ExternalLink.objects.get().sealed_public_token)
    run()
    assert ExternalLink.objects.get().status == Status.ACTIVE
    assert ExternalAccount.objects.exists()


def test_who_comes_back_without_a_bank_is_told_so(client, account, hands):
    off = client.post(CONNECT)
    left = hands.browser.get(f"{off.url}/cancel")
    client.get(left.headers["Location"])
    run()
    link = ExternalLink.objects.get()
    assert link.status == Status.REFUSED
    text = page(client, reverse("picture:link", args=[link.key]))
    assert "No bank was connected" in text


def test_who_closes_the_window_at_the_bank_loses_nothing(client, account, hands):
    off = client.post(CONNECT)
    run()
    assert ExternalLink.objects.get().status == Status.CONNECTING
    at_bank(hands, off.url, "checking")
    later()
    assert ExternalLink.objects.get().status == Status.ACTIVE


def test_a_used_token_ends_kindly(client, account, hands):
    answer = client.post(CONNECT, headers={"accept": "application/json"}).json()
    token = hands.public_token(products=["identity"])
    hands.exchange(token)
    client.post(answer["return_url"], {"public_token": token})
    run()
    link = ExternalLink.objects.get()
    assert (link.status, link.sealed_public_token) == (Status.REFUSED, None)
    assert "took too long" in page(client, reverse("picture:link", args=[link.key]))


def test_when_plaid_is_away_the_page_says_so(client, account, settings):
    settings.PLAID_BASE_URL = "http://127.0.0.1:9"
    clients.plaid.cache_clear()
    answer = client.post(CONNECT)
    assert answer.status_code == 503
    assert "can’t reach Plaid" in answer.content.decode()
    assert not ExternalLink.objects.exists()


def test_without_plaid_nothing_is_offered(client, account, settings):
    settings.PLAID_BASE_URL = ""
    assert "Connect a bank or broker" not in page(client)
    assert client.get(CONNECT).status_code == 404
    assert client.post("/webhooks/plaid/", "{}", content_type="text/plain").status_code == 404


def test_a_broken_sign_in_is_repaired_in_update_mode(client, account, hands):
    link = connect(client, hands, "checking")
    row = ExternalAccount.objects.get()
    do(hands, link, "break")
    later()
    link.refresh_from_db()
    assert link.status == Status.BROKEN
    assert "First Platypus Bank asks you to sign in again" in page(client)
    assert Notice.objects.filter(key__startswith="external-link-broken").count() == 1
    [item] = [i for i in agenda.things_to_do(account) if i.kind == "picture"]
    assert item.url == reverse("picture:mend", args=[link.key])
    assert "Sign in again at First Platypus Bank" in page(client, item.url)
    later()
    assert Notice.objects.filter(key__startswith="external-link-broken").count() == 1

    mend(client, hands, link)

    link.refresh_from_db()
    assert (link.status, ExternalAccount.objects.get().pk) == (Status.ACTIVE, row.pk)
    assert "sign in again" not in page(client)


def test_a_signed_webhook_only_brings_the_date_forward(client, account, hands, plaid):
    link = connect(client, hands, "checking")
    assert ExternalLink.objects.get().due_at > timezone.now() + timedelta(hours=20)
    do(hands, link, "break")
    [signature, body] = delivered(plaid)

    forged = client.post(
        "/webhooks/plaid/",
        body.replace(b"ERROR", b"OTHER"),
        content_type="application/json",
        headers={"plaid-verification": signature},
    )
    assert (forged.status_code, Event.objects.filter(source="plaid").count()) == (400, 0)
    for _ in range(2):
        answer = client.post(
            "/webhooks/plaid/",
            body,
            content_type="application/json",
            headers={"plaid-verification": signature},
        )
        assert answer.status_code == 200
    event = Event.objects.get(source="plaid")
    assert event.hint == {"item_id": link.item_id}
    run()
    link.refresh_from_db()
    assert link.status == Status.BROKEN


def delivered(plaid: Sandbox) -> tuple[str, bytes]:
    """What Plaid would send now to our address."""
    got: list[tuple[str, bytes]] = []

    def take(url: str, body: bytes, headers: Any) -> int:
        assert url == "http://testserver/webhooks/plaid/"
        got.append((headers["Plaid-Verification"], body))
        return 200

    webhooks.send_due(plaid.world, take)
    return next(one for one in reversed(got) if json.loads(one[1])["webhook_code"] == "ERROR")


@pytest.mark.parametrize(("keep", "left"), [("keep", 2), ("drop", 0)])
def test_disconnecting_asks_what_becomes_of_the_balances(client, account, hands, keep, left):
    link = connect(client, hands, "checking", "card")
    url = reverse("picture:disconnect", args=[link.key])
    assert client.post(url, {"keep": "maybe"}).status_code == 422
    assert client.post(url, {"keep": keep}).status_code == 302
    run()
    rows = ExternalAccount.objects.filter(status="active")
    assert rows.count() == left
    assert not rows.exclude(link=None).exists()
    link.refresh_from_db()
    assert (link.status, link.sealed_access_token) == (Status.REMOVED, None)
    later()
    assert ExternalAccount.objects.filter(status="active").count() == left


def test_an_account_taken_out_stays_out(client, account, hands):
    connect(client, hands, "checking", "card")
    row = ExternalAccount.objects.get(account_type="checking")
    client.post(reverse("picture:holding-remove", args=[row.pk]))
    later()
    assert ExternalAccount.objects.filter(status="active").count() == 1
    client.post(reverse("picture:holding-restore", args=[row.pk]))
    later()
    assert ExternalAccount.objects.filter(status="active").count() == 2


def test_an_account_connected_twice_is_counted_once_and_said(client, account, hands):
    connect(client, hands, "checking")
    once = services.net_worth(account).net
    connect(client, hands, "checking")
    worth = services.net_worth(account)
    assert (worth.net, len(worth.doubles)) == (once, 1)
    assert "Looks like one you already have" in page(client)


def test_a_bank_that_is_down_leaves_the_old_figures(client, account, hands):
    link = connect(client, hands, "checking")
    balance = ExternalAccount.objects.get().balance
    fault = {"route": "/plaid/accounts/balance/get", "count": 1, "kind": "status", "status": 500}
    hands.browser.post("/_sandbox/faults", json=fault)
    ExternalLink.objects.update(due_at=timezone.now())
    work.run_due(ExternalLink)
    link.refresh_from_db()
    assert (link.status, link.attempts) == (Status.ACTIVE, 1)
    assert ExternalAccount.objects.get().balance == balance
    later()
    assert ExternalLink.objects.get().error == ""


def test_omar_sees_nothing_and_cannot_finish_mayas_connection(client, account, hands, omar):
    link = connect(client, hands, "checking")
    row = ExternalAccount.objects.get()
    client.force_login(omar)
    for name in ("link", "link-back", "mend", "disconnect"):
        url = reverse(f"picture:{name}", args=[link.key])
        assert client.get(url).status_code == 404
        assert client.post(url, {"keep": "drop"}).status_code in {404, 405}
    assert client.get(reverse("picture:holding", args=[row.pk])).status_code == 404
    assert "Platypus" not in page(client)


def test_no_token_and_no_balance_is_logged(client, account, hands, caplog, capfd):
    caplog.set_level("DEBUG", logger="robo")
    link = connect(client, hands, "checking")
    do(hands, link, "break")
    later()
    token = services.links.seal.unseal(ExternalLink.objects.get().sealed_access_token).decode()
    told = caplog.text + "".join(capfd.readouterr())
    assert token not in told
    assert str(ExternalAccount.objects.get().balance) not in told
