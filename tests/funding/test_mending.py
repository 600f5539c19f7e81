"""Banks that broke, banks linked twice, banks whose link for transfers was never made."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Notice
from funding import services
from funding.models import BankAccount, BankLink, Deposit, Schedule, Wallet
from robo import clients, work
from sandbox import faults
from sandbox.api import funding as sandbox_funding
from sandbox.world import World
from tests.funding.conftest import CHECKING, FIRST_BANK, Bluum, key_in, link_bank, sign_in

PLATYPUS = {"id": "ins_109508", "name": "First Platypus Bank"}
JOINT = {**CHECKING, "name": "Joint"}
BOTH = ["Checking ••3168", "Joint ••3168"]


@pytest.fixture
def platypus(account: Account, sandbox: World) -> BankAccount:
    """A bank that the sandbox's Plaid knows, so that one can sign in there again."""
    link(account, sandbox, PLATYPUS, CHECKING)
    return BankAccount.objects.get()


def link(account: Account, sandbox: World, at: dict[str, str], *chosen: dict[str, str]) -> None:
    """One sign-in at a bank, with so many of its accounts chosen there."""
    token = sandbox_funding.make_public_token(sandbox, account.bluum_id, at, [*chosen])
    set_out = services.start_bank_link(account=account)
    services.finish_bank_link(link=set_out, public_token=token)
    work.run_due(BankLink, BankAccount)


def look(account: Account) -> None:
    services.wallet_of(account).poke()
    work.run_due(Wallet)


def deposit(account: Account, bank: BankAccount) -> Deposit:
    return services.request_deposit(
        account=account, bank=bank, amount=Decimal("500.00"), key=uuid4()
    )


def through_plaid(web: Client, sandbox: World, start: Any) -> Any:
    """From the button to the page one comes back to, by Plaid's own pages."""
    assert start.status_code == 302, start.content.decode()
    there = urlsplit(start["Location"])
    plaid = sandbox.app.test_client()  # type: ignore[attr-defined]
    plaid.get(f"{there.path}?{there.query}")
    agreed = plaid.post(there.path)
    good = {"user": "user_good", "password": "pass_good"}
    done = plaid.post(urlsplit(agreed.headers["Location"]).path, data=good)
    back = urlsplit(done.headers["Location"])
    return web.get(f"{back.path}?{back.query}")


@pytest.mark.parametrize("waited", [0, 7])
def test_a_broken_bank_is_mended_through_update_mode_and_what_waited_goes_on(
    web: Client,
    account: Account,
    platypus: BankAccount,
    sandbox: World,
    bluum: Bluum,
    settle_money: Callable[[], None],
    waited: int,
) -> None:
    made = deposit(account, platypus)
    sandbox_funding.turn(sandbox, platypus.bluum_id, "ERROR")
    work.run_due(Deposit)  # Bluum refuses it: the sign-in has just ended
    if waited:
        Deposit.objects.update(created_at=timezone.now() - timedelta(days=waited))
    made.refresh_from_db()
    repair = f"/money/banks/{platypus.pk}/repair/"
    assert made.is_held
    Deposit.objects.all().poke()
    work.run_due(Deposit)  # Bluum isn't asked again before the bank works
    assert len(bluum.requests("POST", "/deposits")) == 1
    page = web.get(f"/money/deposits/{made.pk}/").content.decode()
    assert "$500.00</span> waits for your bank." in page
    assert repair in page
    assert Notice.objects.get(key__startswith="bank-error").url == repair
    assert Notice.objects.filter(key__startswith="deposit-held").count() == 1
    assert repair in web.get("/money/banks/").content.decode()
    assert "Sign in at First Platypus Bank again" in web.get(repair).content.decode()

    back = through_plaid(web, sandbox, web.post(repair))
    work.run_due(BankLink, BankAccount)
    platypus.refresh_from_db()
    assert platypus.is_usable
    assert BankAccount.objects.count() == len(sandbox.table("funding_sources")) == 1
    work.run_due(Deposit)
    page = web.get(back["Location"]).content.decode()
    assert "Checking ••3168 works again." in page
    assert "Your deposit is invested" in page
    assert ("It moved here from" in page) is bool(waited)
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert [row["amount"] for row in bluum.deposits] == [Decimal("500.00")]


@pytest.mark.parametrize("canceled", [True, False])
def test_what_waits_for_its_bank_ends_when_she_cancels_and_after_two_weeks_by_itself(
    web: Client, account: Account, platypus: BankAccount, sandbox: World, bluum: Bluum,
    canceled: bool,
) -> None:  # fmt: skip
    made = deposit(account, platypus)
    sandbox_funding.turn(sandbox, platypus.bluum_id, "ERROR")
    look(account)
    work.run_due(Deposit)
    page = f"/money/deposits/{made.pk}/"
    assert "waits for your bank." in web.get(page).content.decode()
    if canceled:
        web.post(f"{page}cancel/")
    else:
        Deposit.objects.update(created_at=timezone.now() - timedelta(days=14, minutes=1))
        made.poke()
    work.run_due(Deposit)
    made.refresh_from_db()
    assert made.status == ("canceled" if canceled else "refused")
    said = "deposit is canceled." if canceled else "wasn’t mended within two weeks"
    assert said in web.get(page).content.decode()
    assert not bluum.requests("POST", "/deposits")


def test_without_update_mode_the_bank_is_linked_anew_and_recognised(
    web: Client,
    account: Account,
    bank: BankAccount,
    sandbox: World,
    bluum: Bluum,
    policy: Any,
    settle_money: Callable[[], None],
) -> None:
    schedule = services.request_schedule(
        account=account, bank=bank, amount=Decimal("50.00"), frequency="monthly",
        day_of_week=None, day_of_month=1, start_date=date(2026, 12, 1), key=uuid4(),
    )  # fmt: skip
    settle_money()
    old = bank.bluum_id
    sandbox_funding.turn(sandbox, old, "ERROR")
    look(account)
    faults.add(sandbox, {"kind": "status", "route": "*/link-token", "status": 400, "count": 1})
    assert web.post(f"/money/banks/{bank.pk}/repair/").status_code == 302
    assert [e["status"] for e in bluum.requests("POST", "/link-token")][-2:] in (
        [400, 200],
        [200, 400],
    )
    assert link_bank(account, sandbox) == bank
    settle_money()
    bank.refresh_from_db()
    assert bank.is_usable
    assert bank.bluum_id != old
    states = {row["accounts"][0]["id"]: row["status"] for row in bluum.sources}
    assert (states[old], states[bank.bluum_id]) == ("DISCONNECTED", "ACTIVE")
    at_bluum = next(iter(sandbox.table("schedules").values()))
    assert at_bluum["funding_source_id"] == bank.bluum_id
    schedule.refresh_from_db()
    assert schedule.status == "active"
    look(account)
    assert BankAccount.objects.count() == 1


def test_the_same_account_linked_twice_is_told_at_once_and_stays_one(
    web: Client, account: Account, bank: BankAccount, sandbox: World, bluum: Bluum
) -> None:
    first = bank.bluum_id
    assert link_bank(account, sandbox) == bank
    page = web.get(f"/money/banks/link/{BankLink.objects.last().key}/status/").content.decode()
    assert "Checking ••3168 was linked already." in page
    work.run_due(BankAccount)
    bank.refresh_from_db()
    assert bank.bluum_id == first
    assert sorted(row["status"] for row in bluum.sources) == ["ACTIVE", "DISCONNECTED"]
    look(account)
    assert BankAccount.objects.count() == 1
    assert web.get("/money/deposit/").content.decode().count("••3168") == 1


def test_a_second_link_that_only_bluum_knows_of_stays_one_bank_too(
    web: Client, account: Account, bank: BankAccount, sandbox: World, bluum: Bluum
) -> None:
    """Its answer was lost, and the look at the wallet comes before it is asked for again."""
    token = sandbox_funding.make_public_token(sandbox, account.bluum_id, FIRST_BANK, [CHECKING])
    clients.bluum().funding_sources.connect(account.bluum_id or "", public_token=token)
    look(account)
    work.run_due(BankAccount)
    assert BankAccount.objects.count() == 1
    assert sorted(row["status"] for row in bluum.sources) == ["ACTIVE", "DISCONNECTED"]
    assert web.get("/money/deposit/").content.decode().count("••3168") == 1


def test_another_account_of_the_same_bank_is_another_bank(
    account: Account, bank: BankAccount, sandbox: World
) -> None:
    assert link_bank(account, sandbox, subtype="savings") != bank
    assert link_bank(account, sandbox, mask="7777") != bank
    assert BankAccount.objects.usable().count() == 3


@pytest.mark.parametrize("at_once", [True, False])
def test_two_accounts_of_one_bank_that_end_alike_are_two_and_money_comes_from_the_chosen_one(
    web: Client, account: Account, sandbox: World, bluum: Bluum, at_once: bool
) -> None:
    sign_ins = [[CHECKING, JOINT]] if at_once else [[CHECKING], [JOINT]]
    for chosen in sign_ins:
        link(account, sandbox, FIRST_BANK, *chosen)
    look(account)
    assert sorted(str(one) for one in BankAccount.objects.usable()) == BOTH
    assert {one["status"] for row in bluum.sources for one in row["accounts"]} == {"ACTIVE"}
    form = web.get("/money/deposit/")
    assert all(name in form.content.decode() for name in BOTH)
    joint = BankAccount.objects.get(name="Joint")
    sent = {"key": key_in(form), "bank": joint.pk, "amount": "500", "confirmed": "1"}
    assert web.post("/money/deposit/", sent).status_code == 302
    work.run_due(Deposit)
    there = {one["accountName"]: row["id"] for row in bluum.sources for one in row["accounts"]}
    assert [row["source_id"] for row in bluum.deposits] == [there["Joint"]]


@pytest.mark.parametrize("other", [JOINT, CHECKING])
def test_accounts_that_end_alike_are_each_recognised_when_they_are_linked_again(
    account: Account, sandbox: World, bluum: Bluum, other: dict[str, str]
) -> None:
    link(account, sandbox, FIRST_BANK, CHECKING, other)
    before = {one.pk: str(one) for one in BankAccount.objects.all()}
    sandbox_funding.turn(sandbox, bluum.sources[0]["id"], "ERROR")
    look(account)
    link(account, sandbox, FIRST_BANK, other, CHECKING)  # the other way around
    assert {one.pk: str(one) for one in BankAccount.objects.usable()} == before
    names = {one["id"]: one["accountName"] for row in bluum.sources for one in row["accounts"]}
    assert all(names[one.bluum_id] == one.name for one in BankAccount.objects.all())


def test_the_same_digits_at_another_bank_are_another_bank(
    web: Client, account: Account, bank: BankAccount, sandbox: World
) -> None:
    link(account, sandbox, PLATYPUS, CHECKING)
    look(account)
    assert BankAccount.objects.usable().count() == 2
    page = web.get("/money/deposit/").content.decode()
    assert page.count("Checking ••3168") == 2
    assert "Lakeside Bank" in page
    assert "First Platypus Bank" in page


def test_a_link_for_transfers_that_was_never_made_is_told_right_after_linking(
    web: Client, account: Account, sandbox: World
) -> None:
    token = sandbox_funding.make_public_token(
        sandbox, account.bluum_id, PLATYPUS, [CHECKING], ach_link=False
    )
    link = services.start_bank_link(account=account)
    services.finish_bank_link(link=link, public_token=token)
    work.run_due(BankLink)
    page = web.get(f"/money/banks/link/{link.key}/status/").content.decode()
    assert "is linked, but money can’t move yet." in page
    assert "its connection for transfers wasn’t set up" in page
    bank = BankAccount.objects.get()
    assert bank.stopped_code == "LINK"
    assert not bank.is_usable
    assert Notice.objects.filter(key__startswith="bank-stopped").count() == 1
    token = sandbox_funding.make_public_token(sandbox, account.bluum_id, PLATYPUS, [CHECKING])
    again = services.start_bank_link(account=account, repairs=bank)
    services.finish_bank_link(link=again, public_token=token)
    work.run_due(BankLink)
    bank.refresh_from_db()
    assert bank.is_usable
    assert BankAccount.objects.count() == 1


def test_a_broken_bank_is_written_about_with_the_way_straight_to_its_repair(
    web: Client,
    account: Account,
    bank: BankAccount,
    sandbox: World,
    settle: Callable[..., int],
) -> None:
    sandbox_funding.turn(sandbox, bank.bluum_id, "ERROR")
    look(account)
    settle()
    told = [one for one in mail.outbox if "asks you to sign in again" in one.subject]
    assert len(told) == 1
    leads = re.search(r"http://testserver(\S+)", str(told[0].body))
    assert leads
    assert web.get(leads[1])["Location"] == f"/money/banks/{bank.pk}/repair/"


@pytest.mark.parametrize(("code", "usable"), [("R02", True), ("R10", True), ("R16", False)])
def test_linking_again_lifts_what_it_can(
    web: Client,
    account: Account,
    bank: BankAccount,
    sandbox: World,
    settle_money: Callable[[], None],
    code: str,
    usable: bool,
) -> None:
    services.request_deposit(
        account=account, bank=bank, amount=Decimal(f"1{code[1:]}.01"), key=uuid4()
    )
    settle_money()
    assert link_bank(account, sandbox) == bank
    bank.refresh_from_db()
    assert bank.is_usable is usable
    page = web.get("/money/banks/").content.decode()
    assert ("Your bank says this account is frozen." in page) is not usable
    assert ("tel:" in page.split("<footer")[0]) is not usable


def test_auto_invest_that_we_paused_goes_on_and_what_the_person_paused_stays(
    account: Account, bank: BankAccount, sandbox: World, pass_time: Callable[[timedelta], None]
) -> None:
    _ours, theirs = (
        services.request_schedule(
            account=account, bank=bank, amount=Decimal("50.00"), frequency="monthly",
            day_of_week=None, day_of_month=day, start_date=date(2026, 12, 1), key=uuid4(),
        )
        for day in (1, 15)
    )  # fmt: skip
    services.pause_schedule(schedule=theirs)
    services.request_deposit(account=account, bank=bank, amount=Decimal("103.01"), key=uuid4())
    for _ in range(10):
        work.run_due(Deposit)
        pass_time(timedelta(seconds=5))
    assert [one.wanted for one in Schedule.objects.order_by("pk")] == ["paused", "paused"]
    link_bank(account, sandbox)
    assert [one.wanted for one in Schedule.objects.order_by("pk")] == ["active", "paused"]


def test_who_may_mend_a_bank(
    web: Client,
    bank: BankAccount,
    omar: Any,
    open_account: Callable[..., Account],
) -> None:
    url = f"/money/banks/{bank.pk}/repair/"
    assert web.get(url)["Location"] == "/money/banks/"  # it works: nothing to mend
    BankAccount.objects.update(status="error")
    assert web.get(url).status_code == 200
    open_account(omar, last_name="Haddad")
    other = Client()
    sign_in(other, omar)
    assert other.get(url).status_code == other.post(url).status_code == 404
    assert "/sign-in/" in Client().get(url)["Location"]
