"""Bluum answering badly, and Bluum gone: pages go on, and every wish comes true exactly once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from funding.models import BankAccount, Deposit, Schedule, Withdrawal
from portfolios.models import Goal, Portfolio
from robo import clients, work
from sandbox import faults
from sandbox.world import World
from tests import addresses, lived_in
from tests.funding import test_deposits, test_schedules, test_withdrawals
from tests.funding.conftest import Bluum, link_bank
from tests.funding.test_withdrawals import cash, invested
from tests.portfolios.conftest import goal_of, later

__all__ = ["cash", "invested"]

ONE_IN_TEN: list[dict[str, Any]] = [
    {"kind": "status", "status": 500, "rate": 0.02},
    {"kind": "status", "status": 503, "rate": 0.02, "retry_after": 1},
    {"kind": "status", "status": 429, "rate": 0.01, "retry_after": 1},
    {"kind": "html", "status": 502, "rate": 0.01},
    {"kind": "malformed", "rate": 0.02},
    {"kind": "empty", "rate": 0.01},
    {"kind": "wrong_type", "rate": 0.01},
]
"""Half of them after the work was done: only the answer is lost."""
MAY_ASK = {"portfolios:portfolio-rebalance"}
"""A preview of sales is asked for while a person waits: one short try, else the last analysis."""
AN_HOUR, A_WHILE = timedelta(hours=1), timedelta(minutes=5)


@pytest.fixture
def hurried(sandbox: World) -> None:
    """The client's own short waits between tries are not waited for here."""
    for client in (clients.bluum(), clients.bluum_now()):
        client._sleep = lambda seconds: None


class Gone(httpx.BaseTransport):
    """Nobody answers."""

    def __init__(self) -> None:
        self.asked = 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        raise httpx.ConnectError("nobody there", request=request)


@pytest.fixture
def gone() -> Iterator[Gone]:
    transport = Gone()
    clients.mount(transport)
    yield transport
    clients.mount(None)


def wish_for_everything(web: Client, account: Account, bank: BankAccount, spare: Any) -> None:
    """What a person may want on one evening."""
    assert test_deposits.ask(web, bank, "250").status_code == 302
    assert test_withdrawals.ask(web, bank, "100").status_code == 302
    test_schedules.set_up(web, bank, amount="75")
    goal_of(account, key=uuid4(), name="A boat", target_date=later(12))
    assert web.post(reverse("funding:unlink", args=[spare.pk])).status_code == 302


def came_true_once(sandbox: World, bluum: Bluum, account: Account, spare: BankAccount) -> None:
    """What Bluum has of it, and what the person sees."""
    assert [d["amount"] for d in bluum.deposits].count(Decimal("250.00")) == 1
    assert [w["amount"] for w in bluum.withdrawals].count(Decimal("100.00")) == 1
    schedules = list(sandbox.table("schedules").values())
    assert [Decimal(s["amount"]) for s in schedules].count(Decimal("75.00")) == 1
    names = [row["name"] for row in sandbox.table("goals").values()]
    assert names.count("A boat") == 1
    spare.refresh_from_db()
    assert spare.status == "disconnected"
    assert Deposit.objects.get(account=account, amount=250).status == "completed"
    assert Withdrawal.objects.get(account=account, amount=100).status == "completed"
    assert Schedule.objects.get(account=account, amount=75).status == "active"
    boat = Goal.objects.get(account=account, name="A boat")
    assert boat.bluum_id
    assert boat.sent_revision == boat.revision
    assert not [row for model in work.kinds() for row in model._base_manager.exclude(stuck_at=None)]


@pytest.mark.usefixtures("hurried")
def test_with_one_answer_in_ten_gone_wrong_every_wish_comes_true_once(
    web: Client,
    account: Account,
    bank: BankAccount,
    invested: Portfolio,
    sandbox: World,
    bluum: Bluum,
    pass_time: Callable[[timedelta], None],
) -> None:
    spare = link_bank(account, sandbox, mask="7702", name="Savings")
    for fault in ONE_IN_TEN:
        faults.add(sandbox, fault)
    wish_for_everything(web, account, bank, spare)
    for _ in range(36):
        work.run_due()
        pass_time(A_WHILE)
    met = [f["happened"] for f in sandbox.table("faults").values()]
    assert sum(met) > 10, "hardly anything went wrong"
    faults.clear(sandbox)
    work.run_due()
    came_true_once(sandbox, bluum, account, spare)


@pytest.mark.usefixtures("hurried")
def test_with_bluum_gone_for_an_hour_every_wish_waits_and_comes_true_once(
    web: Client,
    account: Account,
    bank: BankAccount,
    invested: Portfolio,
    sandbox: World,
    bluum: Bluum,
    pass_time: Callable[[timedelta], None],
) -> None:
    spare = link_bank(account, sandbox, mask="7702", name="Savings")
    away = {"kind": "status", "status": 503, "retry_after": 3600}
    faults.add(sandbox, away)
    wish_for_everything(web, account, bank, spare)
    for _ in range(AN_HOUR // A_WHILE):
        work.run_due()
        pass_time(A_WHILE)
    assert not [d for d in bluum.deposits if d["amount"] == Decimal("250.00")]
    for deposit in Deposit.objects.filter(account=account, amount=250):
        page = web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
        assert "$250.00" in page
    faults.clear(sandbox)
    for _ in range(24):
        work.run_due()
        pass_time(A_WHILE)
    came_true_once(sandbox, bluum, account, spare)


def test_no_page_asks_bluum_and_none_fails_without_it(
    client: Client, person: Callable[..., Any], gone: Gone
) -> None:
    account = lived_in.account(person("maya@example.com", first_name="Maya"))
    hours_ago = timezone.now() - timedelta(hours=3)
    Portfolio.objects.filter(account=account).update(refreshed_at=hours_ago, as_of=hours_ago)
    client.force_login(account.user)
    failed, waited = {}, []
    for name, address in addresses.examples(account).items():
        before = gone.asked
        answer = client.get(address)
        if answer.status_code >= 500:
            failed[name] = answer.status_code
        if gone.asked > before:
            waited.append(name)
    assert not failed
    assert set(waited) <= MAY_ASK, "a page waited for Bluum"


@pytest.mark.parametrize(
    "name",
    ["home", "portfolios:portfolio", "portfolios:performance", "portfolios:portfolio-holding"],
)
def test_old_figures_say_how_old_they_are(
    name: str, client: Client, person: Callable[..., Any]
) -> None:
    account = lived_in.account(person("maya@example.com", first_name="Maya"))
    hours_ago = timezone.now() - timedelta(hours=3)
    Portfolio.objects.filter(account=account).update(refreshed_at=hours_ago, as_of=hours_ago)
    client.force_login(account.user)
    page = client.get(addresses.examples(account)[name]).content.decode()
    assert "These figures are from" in page
