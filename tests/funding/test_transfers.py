"""Money that people send from their own bank: where to, by when, seen or lapsed."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Account
from funding.models import Deposit
from funding.services import request_transfer
from portfolios.models import Investment
from robo import agenda, work
from sandbox import transfers
from sandbox.world import World
from tests.funding.conftest import Bluum, key_in

FORM = "/money/deposit/transfer/"


@pytest.fixture
def announced(web: Client, account: Account) -> Deposit:
    """Five hundred dollars are announced, and Bluum has said where to send them."""
    key = key_in(web.get(FORM))
    answer = web.post(FORM, {"key": key, "amount": "500"})
    assert answer.status_code == 302
    again = web.post(FORM, {"key": key, "amount": "700"})
    assert again["Location"] == answer["Location"]
    work.run_due(Deposit)
    return Deposit.objects.get()


def page_of(web: Client, deposit: Deposit) -> str:
    return web.get(f"/money/deposits/{deposit.pk}/").content.decode()


def test_the_page_says_where_to_send_it_with_which_reference_and_by_when(
    web: Client, account: Account, announced: Deposit, bluum: Bluum
) -> None:
    details = bluum.deposits[0]["method_details"]
    page = page_of(web, announced)
    assert "$500.00</span> from your bank." in page
    assert details["referenceCode"] in page
    assert details["bankDetails"]["accountNumber"] in page
    assert details["bankDetails"]["routingNumber"] in page
    assert announced.expires_at
    coming = {item.title: item.kind for item in agenda.things_to_come(account)}
    assert coming["Send $500.00 from your bank"] == "transfer"  # nothing to count on yet
    told = {item.title: item.amount for item in agenda.things_that_happened(account)}
    assert told["Deposit announced"] is None
    assert "Now send your first deposit." in web.get("/home/").content.decode()


def test_canceled_it_speaks_of_what_the_person_sends_not_of_a_bank_run(
    web: Client, announced: Deposit
) -> None:
    asked = web.get(f"/money/deposits/{announced.pk}/cancel/").content.decode()
    assert "Don’t send it anymore" in asked
    web.post(f"/money/deposits/{announced.pk}/cancel/")
    page = page_of(web, announced)
    assert "is being canceled" in page
    assert "Don’t send it anymore" in page
    assert not any(words in page + asked for words in ("bank run", "Leaves your bank"))


def test_only_a_transfer_or_a_wire_is_sent_by_hand(account: Account) -> None:
    with pytest.raises(ValueError, match="ach"):
        request_transfer(account=account, amount=Decimal(5), key=uuid4(), method="ach")


def test_it_is_seen_and_invested(
    web: Client, announced: Deposit, sandbox: World, settle_money: Callable[[], None]
) -> None:
    transfers.arrive(sandbox, announced.bluum_id)
    announced.poke()
    work.run_due(Deposit)
    announced.refresh_from_db()
    assert "has reached us" in page_of(web, announced)
    settle_money()
    announced.refresh_from_db()
    assert announced.status == "completed"
    assert Investment.objects.get().amount == announced.amount


def test_nothing_comes_and_it_lapses(
    web: Client, announced: Deposit, pass_time: Callable[[timedelta], None], settle_money: Any
) -> None:
    pass_time(timedelta(days=8))
    settle_money()
    announced.refresh_from_db()
    assert announced.status == "expired"
    page = page_of(web, announced)
    assert "has lapsed" in page
    assert f"{FORM}?amount=500.00" in page


def test_it_can_be_canceled_even_when_it_has_been_seen(
    web: Client, announced: Deposit, sandbox: World, bluum: Bluum, settle_money: Any
) -> None:
    transfers.arrive(sandbox, announced.bluum_id)
    announced.poke()
    work.run_due(Deposit)
    announced.refresh_from_db()
    assert announced.status == "processing"
    web.post(f"/money/deposits/{announced.pk}/cancel/")
    settle_money()
    announced.refresh_from_db()
    assert bluum.deposits[0]["status"] == announced.status == "canceled"
    assert not Investment.objects.exists()


def test_a_bad_amount_gets_a_sentence(web: Client, account: Account) -> None:
    key = key_in(web.get(FORM))
    answer = web.post(FORM, {"key": key, "amount": "0"})
    assert answer.status_code == 422
    assert not Deposit.objects.exists()
