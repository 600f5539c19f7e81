"""What must hold whatever happens to workers, webhooks, the broker and the wire."""

import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from redis import Redis

from accounts.models import Account
from funding import services
from funding.models import BankAccount, Deposit, Wallet
from portfolios.models import Investment
from robo import work
from robo.bluum.webhooks import SIGNATURE_HEADER, sign
from robo.webhooks.models import Event
from sandbox import faults, transfers
from sandbox.world import World
from tests.funding.conftest import Bluum, key_in

SECRET = "whsec_test"


def request(account: Account, bank: BankAccount, amount: str = "500.00") -> Deposit:
    return services.request_deposit(account=account, bank=bank, amount=Decimal(amount), key=uuid4())


def in_threads(count: int, what: Callable[[], Any]) -> list[Any]:
    """Run it that many times at once, each with its own connection to PostgreSQL."""
    start, results = threading.Barrier(count), []

    def run() -> None:
        start.wait()
        try:
            results.append(what())
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == count
    return results


def allowed(
    count: int, what: Callable[[], Any], refused: type[Exception] = services.NotPossible
) -> int:
    """How many of so many wishes at once were not refused."""

    def ask() -> bool:
        try:
            what()
        except refused:
            return False
        return True

    return sum(in_threads(count, ask))


def deliver(event: str, data: dict[str, Any], secret: str = SECRET) -> int:
    body = json.dumps({"event": event, "timestamp": "2026-11-17T17:00:00Z", "data": data}).encode()
    header = {
        f"HTTP_{SIGNATURE_HEADER.upper().replace('-', '_')}": sign(
            body, secret, at=datetime.now(UTC)
        )
    }
    answer = Client().post(
        reverse("bluum_webhook"), body, content_type="application/json", **header
    )
    return answer.status_code


@pytest.fixture(autouse=True)
def known_secret(settings: Any) -> None:
    settings.BLUUM_WEBHOOK_SECRETS = [SECRET]


@pytest.mark.django_db(transaction=True)
def test_eight_workers_at_one_deposit_make_one_request(
    account: Account, bank: BankAccount, bluum: Bluum
) -> None:
    deposit = request(account, bank)
    before = len(bluum.requests("POST", "/deposits"))
    Deposit.objects.filter(pk=deposit.pk).update(due_at=deposit.created_at, bluum_id=None)
    from funding.tasks import advance_deposit

    in_threads(8, lambda: advance_deposit(deposit.pk))
    assert len(bluum.requests("POST", "/deposits")) == before + 1
    assert len(bluum.deposits) == 1


@pytest.mark.django_db(transaction=True)
def test_a_double_click_makes_one_deposit_and_wishes_at_once_share_a_days_limit(
    web: Client, account: Account, bank: BankAccount, rules: Callable[..., None]
) -> None:
    key = key_in(web.get("/money/deposit/"))
    wish = {"key": key, "bank": bank.pk, "amount": "500", "confirmed": "1"}
    cookies = web.cookies

    def press() -> str:
        one = Client()
        one.cookies = cookies
        return one.post("/money/deposit/", wish)["Location"]

    assert len(set(in_threads(6, press))) == 1
    assert Deposit.objects.count() == 1
    rules(deposits_a_day=Decimal("800.00"))
    assert allowed(4, lambda: request(account, bank, "200.00")) == 1


@pytest.mark.django_db(transaction=True)
def test_looking_at_one_completed_deposit_from_many_sides_asks_for_one_investment(
    account: Account, bank: BankAccount, bluum: Bluum, sandbox: World
) -> None:
    deposit = request(account, bank)
    work.run_due(Deposit)
    deposit.refresh_from_db()
    transfers.settle(sandbox, deposit.bluum_id)
    from funding.sync.deposits import apply_deposit
    from robo import clients

    remote = clients.bluum().deposits.retrieve(account.bluum_id, deposit.bluum_id)
    in_threads(6, lambda: apply_deposit(deposit.pk, remote))
    assert Investment.objects.count() == 1
    assert [e.status for e in Deposit.objects.get().events.all()].count("completed") == 1


def test_a_crash_after_sending_leaves_one_deposit_at_bluum(
    account: Account,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    fault = {"kind": "timeout_after", "route": "/v1/accounts/*/deposits", "method": "POST"}
    faults.add(sandbox, {**fault, "seconds": 0})
    request(account, bank)
    work.run_due(Deposit)
    assert len(bluum.deposits) == 1
    assert Deposit.objects.get().bluum_id is None
    sandbox.table("faults").clear()
    pass_time(timedelta(seconds=400))
    settle_money()
    assert len(bluum.deposits) == 1
    assert Deposit.objects.get().status == "completed"
    assert Investment.objects.count() == 1


def test_a_worker_that_dies_with_the_row_in_hand_costs_only_its_hold(
    account: Account,
    bank: BankAccount,
    bluum: Bluum,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    deposit = request(account, bank)

    class Killed(BaseException):
        pass

    def die(row: Deposit) -> None:
        from funding.sync import deposits

        deposits.advance_deposit(row)
        raise Killed

    with pytest.raises(Killed):
        work.take(Deposit, deposit.pk, die)
    assert len(bluum.deposits) == 1
    pass_time(settings.WORK_HOLD + timedelta(seconds=1))
    settle_money()
    assert len(bluum.deposits) == 1
    assert Deposit.objects.get().status == "completed"


def test_the_wallet_takes_our_own_deposit_for_ours_while_its_answer_is_still_out(
    account: Account, bank: BankAccount, bluum: Bluum, settle_money: Callable[[], None]
) -> None:
    deposit = request(account, bank)
    work.run_due(Deposit)
    # As if the answer to our request had never come.
    Deposit.objects.update(bluum_id=None, status="requested")
    Wallet.objects.get().poke()
    work.run_due(Wallet)
    assert Deposit.objects.count() == 1
    settle_money()
    deposit.refresh_from_db()
    assert deposit.status == "completed"
    assert len(bluum.deposits) == 1


def final_state() -> tuple[str, int, list[str]]:
    deposit = Deposit.objects.get()
    seen = list(deposit.events.values_list("status", flat=True))
    return deposit.status, Investment.objects.count(), seen[-1:]


@pytest.mark.parametrize("how", ["lost", "once", "doubled", "lying", "about nothing"])
def test_whatever_webhooks_do_the_end_is_the_same(
    account: Account,
    bank: BankAccount,
    settle_money: Callable[[], None],
    how: str,
) -> None:
    deposit = request(account, bank)
    work.run_due(Deposit)
    deposit.refresh_from_db()
    data = {"id": deposit.bluum_id, "account_id": account.bluum_id, "status": "completed"}
    if how == "once":
        assert deliver("transfer.deposit.completed", data) == 204
    if how == "doubled":
        assert deliver("transfer.deposit.completed", data) == 204
        assert deliver("transfer.deposit.completed", data) == 204
        assert Event.objects.count() == 1
    if how == "lying":
        assert deliver("transfer.deposit.failed", {**data, "status": "failed"}) == 204
        assert deliver("transfer.deposit.completed", data, secret="whsec_wrong") == 400
    if how == "about nothing":
        assert deliver("transfer.deposit.completed", {"id": "no-such"}) == 204
        assert deliver("transfer.withdrawal.completed", {}) == 204
    work.run_due(Event)
    deposit.refresh_from_db()
    assert deposit.status == "pending"  # a hint moves nothing by itself
    settle_money()
    assert final_state() == ("completed", 1, ["completed"])


def test_a_webhook_brings_a_far_look_forward(
    account: Account, bank: BankAccount, sandbox: World, settle_money: Callable[[], None]
) -> None:
    deposit = request(account, bank)
    settle_money()
    deposit.refresh_from_db()
    assert (deposit.status, deposit.due_at) == ("completed", None)
    transfers.give_back(sandbox, deposit.bluum_id, "R01")
    deliver("transfer.deposit.failed", {"id": deposit.bluum_id})
    work.run_due(Event)
    settle_money()
    deposit.refresh_from_db()
    assert deposit.was_returned


def test_without_any_webhook_the_wallet_finds_the_return(
    account: Account, bank: BankAccount, sandbox: World, settle_money: Callable[[], None]
) -> None:
    deposit = request(account, bank)
    settle_money()
    deposit.refresh_from_db()
    transfers.give_back(sandbox, deposit.bluum_id, "R01")
    Wallet.objects.get().poke()
    work.run_due(Wallet)
    settle_money()
    deposit.refresh_from_db()
    assert deposit.was_returned


def test_an_emptied_broker_costs_only_time(
    account: Account,
    bank: BankAccount,
    bluum: Bluum,
    pass_time: Callable[[timedelta], None],
) -> None:
    request(account, bank)
    broker = Redis.from_url(settings.REDIS_URL)
    for _ in range(30):
        broker.flushdb()
        work.run_due(Deposit)  # what the sweep would have sent
        pass_time(timedelta(seconds=5))
        time.sleep(0)
    assert final_state() == ("completed", 1, ["completed"])
    assert len(bluum.deposits) == 1


def test_deposits_made_elsewhere_are_history_at_the_first_look_and_news_later(
    account: Account, bank: BankAccount, sandbox: World, settle_money: Callable[[], None]
) -> None:
    def elsewhere(amount: str) -> None:
        made = transfers.start_deposit(
            sandbox,
            str(account.bluum_id),
            amount=Decimal(amount),
            funding_source_id=bank.bluum_id,
        )
        transfers.settle(sandbox, made["deposit_id"])

    Wallet.objects.update(refreshed_at=None)
    elsewhere("111.00")
    for _ in range(2):
        Wallet.objects.get().poke()
        work.run_due(Wallet)
    assert Deposit.objects.get().status == "completed"
    assert not Investment.objects.exists()
    assert not account.notices.filter(key__startswith="deposit").exists()
    elsewhere("222.00")
    for _ in range(2):
        Wallet.objects.get().poke()
        work.run_due(Wallet)
    assert sorted(d.amount for d in Deposit.objects.all()) == [111, 222]
    assert Investment.objects.get().amount == 222
    wallet = Wallet.objects.get()
    assert (wallet.available, wallet.balance) == (333, 333)
