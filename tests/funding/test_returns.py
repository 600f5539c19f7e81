"""What follows a return: the code in words, the rule that is kept, the bank that is mended."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Account, Notice
from funding import reasons, services
from funding.models import Authorization, BankAccount, Deposit, Schedule, Wallet
from funding.sync import returns
from robo import agenda, work
from sandbox import transfers
from sandbox.api import funding as sandbox_funding
from sandbox.nacha import RETURN_CODES
from sandbox.world import World
from tests.funding.conftest import link_bank, sign_in
from tests.funding.test_deposits import ask
from tests.portfolios.pdf_text import attached, pdf_text, squeezed


def deposit(account: Account, bank: BankAccount, amount: str) -> Deposit:
    return services.request_deposit(account=account, bank=bank, amount=Decimal(amount), key=uuid4())


@pytest.fixture
def schedule(account: Account, bank: BankAccount) -> Schedule:
    return services.request_schedule(
        account=account, bank=bank, amount=Decimal("50.00"), frequency="monthly",
        day_of_week=None, day_of_month=1, start_date=date(2026, 12, 1), key=uuid4(),
    )  # fmt: skip


@pytest.mark.parametrize("code", ["R02", "R10", "R16"])
def test_a_return_that_forbids_more_stops_the_bank_and_pauses_its_auto_invest(
    account: Account,
    bank: BankAccount,
    schedule: Schedule,
    web: Client,
    pass_time: Callable[[timedelta], None],
    code: str,
) -> None:
    deposit(account, bank, f"1{code[1:]}.01")
    settle_deposits(pass_time)
    bank.refresh_from_db()
    schedule.refresh_from_db()
    assert bank.stopped_code == code
    assert not bank.is_usable
    assert schedule.wanted == "paused"
    assert Notice.objects.filter(title=f"We don’t pull from {bank} for now").count() == 1
    page = web.get("/money/banks/").content.decode()
    assert reasons.of_stop(code).sentence in page
    assert "First, a bank to deposit from" in web.get("/money/deposit/").content.decode()
    with pytest.raises(services.NotPossible):
        services.resume_schedule(schedule=schedule)


def settle_deposits(pass_time: Callable[[timedelta], None]) -> None:
    """The schedule waits for a policy all the while; only the deposits have to end."""
    for _ in range(20):
        work.run_due(Deposit)
        if not Deposit.objects.moving().exists():
            return
        pass_time(timedelta(seconds=5))
    raise AssertionError("a deposit still moves")


def test_want_of_funds_may_be_tried_twice_more(
    account: Account, bank: BankAccount, settle_money: Callable[[], None]
) -> None:
    for attempt in range(3):
        bank.refresh_from_db()
        assert bank.is_usable, attempt
        deposit(account, bank, "101.01")
        settle_money()
    bank.refresh_from_db()
    assert bank.stopped_code == "R01"
    Deposit.objects.update(created_at=timezone.now() - timedelta(days=181))
    assert returns.tries_of(bank) == 0


def test_a_deposit_that_arrives_in_between_starts_the_count_anew(
    account: Account, bank: BankAccount, settle_money: Callable[[], None]
) -> None:
    for amount in ("101.01", "101.01", "100.00", "101.01", "101.01"):
        deposit(account, bank, amount)
        settle_money()
    bank.refresh_from_db()
    assert bank.is_usable


def test_the_silent_missing_link_is_told_and_mended_by_linking_again(
    account: Account,
    bank: BankAccount,
    sandbox: World,
    web: Client,
    settle_money: Callable[[], None],
) -> None:
    source = sandbox_funding.turn(sandbox, bank.bluum_id, "UNLINKED")
    source["type"] = "manual"  # a Bluum that doesn't tell how its link stands
    made = deposit(account, bank, "100.00")
    settle_money()
    made.refresh_from_db()
    bank.refresh_from_db()
    assert made.status == "failed"
    assert bank.stopped_code == "LINK"
    page = web.get(f"/money/deposits/{made.pk}/").content.decode()
    assert "its connection for transfers wasn’t set up" in page
    assert "Link Lakeside Bank again" in page
    assert f"/money/banks/{bank.pk}/repair/?next=/money/deposit/" in page
    fresh = link_bank(account, sandbox)
    assert fresh == bank
    assert fresh.is_usable
    deposit(account, fresh, "100.00")
    settle_money()
    assert Deposit.objects.filter(status="completed").count() == 1


def test_every_code_a_bank_may_send_has_a_rule_and_never_bluums_own_words() -> None:
    for code, said in RETURN_CODES.items():
        found = reasons.of_failure(f"{code}: {said}")
        assert found.sentence
        assert said not in found.sentence or len(said) < 20
        assert reasons.rule_of(f"{code}: {said}") in reasons.Rule


def test_unauthorized_ends_what_was_authorized(
    account: Account,
    bank: BankAccount,
    schedule: Schedule,
    sandbox: World,
    pass_time: Callable[[timedelta], None],
) -> None:
    deposit(account, bank, "110.01")
    settle_deposits(pass_time)
    assert not Authorization.objects.filter(ended_at=None).exists()
    asked_before = Deposit.objects.create(account=account, bank=bank, amount=20)
    work.run_due(Deposit)
    asked_before.refresh_from_db()
    assert (asked_before.status, asked_before.sent_at) == ("refused", None)
    link_bank(account, sandbox)
    schedule.refresh_from_db()
    assert schedule.wanted == "paused", "it needs an agreement of its own"


def test_what_was_authorized_is_kept_word_for_word_and_only_ones_own(
    web: Client,
    account: Account,
    bank: BankAccount,
    schedule: Schedule,
    omar: Any,
) -> None:
    ask(web, bank, "250")
    once = Authorization.objects.get(kind="once")
    assert once.amount == Decimal("250.00")
    assert once.ip
    page = web.get("/money/authorizations/").content.decode()
    assert "$250.00" in page
    assert "$50.00" in page
    text = web.get(f"/money/authorizations/{once.pk}/?as=text").content.decode()
    assert text == once.text
    assert "$250.00 from Checking ••3168" in text
    made = web.get(f"/money/authorizations/{once.pk}/?as=pdf")
    assert made["Content-Type"] == "application/pdf"
    assert once.text.encode() in attached(made.content)
    assert squeezed(once.text) in squeezed(pdf_text(made.content))
    assert made.content in dict(agenda.papers(account)).values()
    services.change_schedule(
        schedule=schedule, amount=Decimal("75.00"), day_of_week=None, day_of_month=1
    )
    kept = Authorization.objects.filter(schedule=schedule).order_by("pk")
    assert [(one.amount, one.ended_at is None) for one in kept] == [
        (Decimal("50.00"), False),
        (Decimal("75.00"), True),
    ]
    services.end_schedule(schedule=schedule)
    assert not kept.filter(ended_at=None).exists()
    other = Client()
    sign_in(other, omar)
    for address in ("", "?as=pdf"):
        assert other.get(f"/money/authorizations/{once.pk}/{address}").status_code == 404


def test_a_return_weeks_later_is_noticed_without_a_webhook(
    account: Account,
    bank: BankAccount,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    made = deposit(account, bank, "500.00")
    settle_money()
    services.wallet_of(account).poke()
    work.run_due(Wallet)
    pass_time(timedelta(days=55))
    made.refresh_from_db()
    transfers.give_back(sandbox, made.bluum_id or "", "R10")
    services.wallet_of(account).poke()
    work.run_due(Wallet, Deposit)
    work.run_due(Deposit)
    made.refresh_from_db()
    bank.refresh_from_db()
    assert made.was_returned
    assert bank.stopped_code == "R10"
    assert Notice.objects.filter(key=f"deposit-returned:{made.pk}").count() == 1
