"""Linking banks, coming back from Plaid, unlinking."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice
from funding.models import BankAccount, BankLink, Deposit, Wallet
from robo import work
from sandbox import faults
from sandbox.api import funding as sandbox_funding
from sandbox.world import World
from tests.funding.conftest import CHECKING, FIRST_BANK, Bluum, link_bank, sign_in

LINK = "/money/banks/link/"


def set_out(web: Client, **data: str) -> str:
    """Press the button; the address Plaid is told to send people back to."""
    answer = web.post(LINK, data)
    assert answer.status_code == 302, answer.content.decode()
    there = urlsplit(answer["Location"])
    assert there.path.startswith("/plaid/hosted/link-")
    return urlsplit(parse_qs(there.query)["redirect_uri"][0]).path


def public_token(account: Account, sandbox: World) -> str:
    return sandbox_funding.make_public_token(sandbox, account.bluum_id, FIRST_BANK, [CHECKING])


def test_a_bank_is_linked_by_way_of_the_hosted_page(
    web: Client, account: Account, sandbox: World
) -> None:
    back = set_out(web, next="/money/deposit/")
    token = public_token(account, sandbox)
    answer = web.get(back, {"public_token": token})
    link = BankLink.objects.get()
    assert token.encode() not in bytes(link.sealed_token)
    waiting = web.get(answer["Location"]).content.decode()
    assert "every 2s" in waiting

    work.run_due(BankLink)
    link.refresh_from_db()
    assert (link.status, link.sealed_token) == ("connected", None)
    done = web.get(answer["Location"]).content.decode()
    assert "Checking ••3168 is linked." in done
    assert 'href="/money/deposit/"' in done
    assert "every 2s" not in done
    assert "Lakeside Bank" in web.get(reverse("funding:banks")).content.decode()


def test_the_whole_way_through_plaids_own_pages(
    web: Client, account: Account, sandbox: World
) -> None:
    answer = web.post(LINK)
    there = urlsplit(answer["Location"])
    plaid = sandbox.app.test_client()  # type: ignore[attr-defined]
    plaid.get(f"{there.path}?{there.query}")
    plaid.post(f"{there.path}/bank/ins_109508", data={"user": "user_good", "password": "pass_good"})
    left = plaid.post(f"{there.path}/accounts", data={"account": ["checking"]})
    back = urlsplit(left.headers["Location"])
    web.get(f"{back.path}?{back.query}")
    work.run_due(BankLink)
    assert str(BankAccount.objects.get()) == "Plaid Checking ••0000"


def test_link_in_the_page_posts_the_token_itself(
    web: Client, account: Account, sandbox: World
) -> None:
    page = web.get(LINK)
    assert "/plaid/link.js" in page.content.decode()
    assert "http://bluum.test" in page.headers["Content-Security-Policy"]
    started = web.post(LINK, headers={"Accept": "application/json"}).json()
    assert started["link_token"].startswith("link-")
    back = urlsplit(started["return_url"]).path
    web.post(back, {"public_token": public_token(account, sandbox)})
    work.run_due(BankLink)
    assert BankAccount.objects.get().is_usable


def test_a_return_address_works_only_for_the_one_who_set_out(
    web: Client,
    account: Account,
    sandbox: World,
    omar: Any,
    open_account: Callable[..., Account],
) -> None:
    back = set_out(web)
    open_account(omar, last_name="Haddad")
    other = Client()
    sign_in(other, omar)
    token = public_token(account, sandbox)
    assert other.get(back, {"public_token": token}).status_code == 404
    assert other.get(back + "status/").status_code == 404
    assert Client().get(back, {"public_token": token}).status_code == 302  # to sign-in
    assert BankLink.objects.get().status == "started"


def test_coming_back_twice_links_once(
    web: Client, account: Account, sandbox: World, bluum: Bluum
) -> None:
    back = set_out(web)
    first, second = public_token(account, sandbox), public_token(account, sandbox)
    web.get(back, {"public_token": first})
    web.get(back, {"public_token": second})
    work.run_due(BankLink)
    web.get(back, {"public_token": second})
    work.run_due(BankLink)
    assert BankAccount.objects.count() == 1
    assert len(bluum.requests("POST", "/plaid/connect")) == 1


def test_leaving_plaid_without_a_bank_changes_nothing(web: Client, account: Account) -> None:
    back = set_out(web, next="/money/deposit/")
    answer = web.get(back, {"cancelled": "1"})
    assert answer["Location"] == "/money/deposit/"
    assert BankLink.objects.get().status == "canceled"
    assert "No bank was linked." in web.get(reverse("funding:banks")).content.decode()


def test_an_answer_lost_on_the_way_back_still_links_once(
    web: Client, account: Account, sandbox: World, pass_time: Callable[[timedelta], None]
) -> None:
    faults.add(
        sandbox, {"kind": "malformed", "route": "*/plaid/connect", "method": "POST", "count": 1}
    )
    back = set_out(web)
    web.get(back, {"public_token": public_token(account, sandbox)})
    for _ in range(3):
        work.run_due(BankLink)
        pass_time(timedelta(seconds=20))
    assert BankLink.objects.get().status == "connected"
    assert BankAccount.objects.count() == 1
    assert len(sandbox.table("funding_sources")) == 1


def test_an_expired_token_is_told_and_forgotten(
    web: Client, account: Account, sandbox: World
) -> None:
    back = set_out(web)
    token = public_token(account, sandbox)
    sandbox.clock.advance(timedelta(hours=1))
    answer = web.get(back, {"public_token": token})
    work.run_due(BankLink)
    link = BankLink.objects.get()
    assert (link.status, link.sealed_token) == ("refused", None)
    assert "has expired" in web.get(answer["Location"]).content.decode()


@pytest.mark.parametrize("token", ["x" * 5000, "ключ"])
def test_a_token_that_can_be_none_is_refused_with_a_sentence(
    web: Client, account: Account, token: str
) -> None:
    back = set_out(web)
    answer = web.get(back, {"public_token": token}, follow=True)
    assert "didn’t arrive whole" in answer.content.decode()
    assert BankLink.objects.get().status == "started"


def test_when_bluum_is_away_the_page_says_so_and_offers_another_try(
    web: Client, account: Account, sandbox: World
) -> None:
    faults.add(sandbox, {"kind": "status", "route": "*/link-token", "status": 503, "seconds": 9})
    answer = web.post(LINK, {"next": "/money/deposit/"})
    page = answer.content.decode()
    assert answer.status_code == 503
    assert "Try again" in page
    assert 'value="/money/deposit/"' in page
    assert not BankLink.objects.exists()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:x"])
def test_nobody_is_sent_elsewhere_afterwards(web: Client, account: Account, elsewhere: str) -> None:
    set_out(web, next=elsewhere)
    assert BankLink.objects.get().next_url == ""


def test_linking_and_unlinking_ask_who_it_is_again(
    web: Client, account: Account, bank: BankAccount
) -> None:
    session = web.session
    for method in session["account_authentication_methods"]:
        method["at"] -= 3600
    session.save()
    for url in (LINK, reverse("funding:unlink", args=[bank.pk])):
        for answer in (web.get(url), web.post(url)):
            assert answer.status_code == 302
            assert "/reauthenticate/" in answer["Location"], answer["Location"]
    assert not BankLink.objects.exclude(status="connected").exists()
    bank.refresh_from_db()
    assert bank.is_usable


def test_several_banks_can_be_linked_and_one_unlinked(
    web: Client,
    account: Account,
    bank: BankAccount,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    savings = link_bank(account, sandbox, name="Savings", mask="7777")
    unlink = reverse("funding:unlink", args=[bank.pk])
    page = web.get(unlink).content.decode()
    assert "Unlink Checking ••3168?" in page
    assert "Keep it linked" in page
    assert "Being unlinked" in web.post(unlink, follow=True).content.decode()
    settle_money()
    bank.refresh_from_db()
    assert bank.status == "disconnected"
    page = web.get(reverse("funding:banks")).content.decode()
    assert "••3168" not in re.sub(r"messages.*?</div></div>", "", page, flags=re.S)
    assert "••7777" in page
    assert savings.is_usable


def test_money_on_its_way_is_named_before_unlinking(web: Client, bank: BankAccount) -> None:
    Deposit.objects.create(account=bank.account, bank=bank, amount=5, due_at=None)
    page = web.get(reverse("funding:unlink", args=[bank.pk])).content.decode()
    assert "1 deposit from it is on the way" in page


def test_a_broken_bank_is_shown_told_once_and_can_be_repaired(
    web: Client, bank: BankAccount, sandbox: World
) -> None:
    for source in sandbox.table("funding_sources").values():
        source["status"] = "ERROR"
        source["accounts"][0]["status"] = "ERROR"
    Wallet.objects.get().poke()
    work.run_due(Wallet)
    Wallet.objects.get().poke()
    work.run_due(Wallet)
    page = web.get(reverse("funding:banks")).content.decode()
    assert "Lakeside Bank asks you to sign in again" in page
    assert Notice.objects.filter(key__startswith="bank-error").count() == 1
    assert "Reconnect Lakeside Bank" in web.get(reverse("funding:deposit")).content.decode()


def test_omar_cannot_unlink_mayas_bank(
    web: Client, bank: BankAccount, omar: Any, open_account: Callable[..., Account]
) -> None:
    open_account(omar, last_name="Haddad")
    other = Client()
    sign_in(other, omar)
    url = reverse("funding:unlink", args=[bank.pk])
    assert other.get(url).status_code == other.post(url).status_code == 404
    assert "••3168" not in other.get(reverse("funding:banks")).content.decode()


def test_an_hour_without_bluum_ends_with_a_sentence_and_no_token(
    web: Client, account: Account, sandbox: World
) -> None:
    faults.add(sandbox, {"kind": "status", "route": "*/plaid/connect", "status": 503})
    back = set_out(web)
    web.get(back, {"public_token": public_token(account, sandbox)})
    BankLink.objects.update(created_at=timezone.now() - timedelta(hours=2))
    work.run_due(BankLink)
    link = BankLink.objects.get()
    assert (link.status, link.sealed_token) == ("refused", None)
