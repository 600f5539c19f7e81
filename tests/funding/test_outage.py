"""Bluum answering badly, and Bluum gone: pages go on, and every wish comes true exactly once."""

import json
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
from funding import rhythm
from funding.models import BankAccount, Deposit, Dividends, Schedule, Wallet, Withdrawal
from portfolios.models import Goal, Investment, Portfolio
from robo import clients, work
from robo.ui import words
from sandbox import book, faults
from sandbox.world import World
from tests import addresses, lived_in
from tests.funding import (
    test_closing,
    test_deposits,
    test_dividends,
    test_schedules,
    test_withdrawals,
)
from tests.funding.conftest import Bluum, link_bank, sign_in
from tests.funding.test_closing import go
from tests.funding.test_withdrawals import cash, invested
from tests.portfolios import test_rebalancing
from tests.portfolios.conftest import goal_of, later, refreshed

__all__ = ["cash", "go", "invested"]

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
LOST = {"kind": "malformed", "route": "*", "method": "P*", "rate": 0.6}
"""Done, but nobody hears of it: so it is with most that is asked for."""
AWAY = {"kind": "status", "status": 503, "retry_after": 3600}
AN_HOUR, A_WHILE = timedelta(hours=1), timedelta(minutes=5)


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


@pytest.fixture
def running(web: Client, bank: BankAccount, invested: Portfolio) -> dict[str, Schedule]:
    """By what is to be asked of each: schedules that run, and dividends that are known."""
    amounts = {"skip": "31", "pause": "32", "resume": "33"}
    made = {what: test_schedules.set_up(web, bank, amount=amounts[what]) for what in amounts}
    work.run_due(Schedule)
    test_schedules.press(web, "pause", made["resume"])
    work.run_due(Schedule)
    test_dividends.opened(web)
    return made


def look(web: Client, sandbox: World, *pages: str | tuple[str, Any]) -> None:
    """Pages, some of them of a row, answer and ask Bluum nothing."""
    log = sandbox.app.gateway.log  # type: ignore[attr-defined]
    last = log[-1]
    for page in pages:
        name, *rows = (page,) if isinstance(page, str) else page
        address = reverse(name, args=[row.pk for row in rows])
        assert web.get(address).status_code == 200, address
    assert log[-1] is last, "a page waited for Bluum"


def each_wish_kept_its_key(sandbox: World) -> None:
    """However often it was sent, unless Bluum said no; and no key was used for something else."""
    keys: dict[tuple[str, str], set[str]] = {}
    for asked in sandbox.app.gateway.log:  # type: ignore[attr-defined]
        said_no = 400 <= asked["status"] < 500
        if asked["method"][0] == "P" and asked["idempotency_key"] and not said_no:
            wish = asked["path"], json.dumps(asked["body"], sort_keys=True, default=str)
            keys.setdefault(wish, set()).add(asked["idempotency_key"])
    assert not {wish: found for wish, found in keys.items() if len(found) > 1}
    used = [key for found in keys.values() for key in found]
    assert len(set(used)) == len(used)


def wish_for_everything(
    web: Client, account: Account, bank: BankAccount, spare: Any, running: dict[str, Schedule]
) -> None:
    """What a person may want on one evening."""
    assert test_deposits.ask(web, bank, "250").status_code == 302
    assert test_withdrawals.ask(web, bank, "100").status_code == 302
    test_schedules.set_up(web, bank, amount="75")
    for what, schedule in running.items():
        test_schedules.press(web, what, schedule)
    assert web.post(test_dividends.URL, test_dividends.WISH).status_code == 302
    goal_of(account, key=uuid4(), name="A boat", target_date=later(12))
    assert web.post(reverse("funding:unlink", args=[spare.pk])).status_code == 302


def came_true_once(
    sandbox: World, bluum: Bluum, account: Account, spare: BankAccount, running: dict[str, Schedule]
) -> None:
    """What Bluum has of it, and what the person sees."""
    assert [d["amount"] for d in bluum.deposits].count(Decimal("250.00")) == 1
    assert [w["amount"] for w in bluum.withdrawals].count(Decimal("100.00")) == 1
    schedules = {Decimal(s["amount"]): s for s in sandbox.table("schedules").values()}
    assert sorted(schedules) == [31, 32, 33, 75]
    assert len(sandbox.table("schedules")) == 4
    names = [row["name"] for row in sandbox.table("goals").values()]
    assert names.count("A boat") == 1
    for what, status in {"skip": "active", "pause": "paused", "resume": "active"}.items():
        running[what].refresh_from_db()
        assert running[what].status == status == schedules[running[what].amount]["status"]
    left_out = running["skip"].runs.get(status="skipped")
    after = next(iter(rhythm.coming(running["skip"], 1))).day
    assert timedelta(25) < after - left_out.day < timedelta(35), "only one is left out"
    assert schedules[Decimal(31)]["next_execution"].date() == after
    assert test_dividends.there(sandbox)["reinvestment_rule"] == "portfolio_allocation"
    assert Dividends.objects.get(account=account).is_settled
    each_wish_kept_its_key(sandbox)
    spare.refresh_from_db()
    assert spare.status == "disconnected"
    assert Deposit.objects.get(account=account, amount=250).status == "completed"
    assert Withdrawal.objects.get(account=account, amount=100).status == "completed"
    assert Schedule.objects.get(account=account, amount=75).status == "active"
    boat = Goal.objects.get(account=account, name="A boat")
    assert boat.bluum_id
    assert boat.sent_revision == boat.revision
    assert not [row for model in work.kinds() for row in model._base_manager.exclude(stuck_at=None)]


def test_with_one_answer_in_ten_gone_wrong_every_wish_comes_true_once(
    web: Client,
    account: Account,
    bank: BankAccount,
    running: dict[str, Schedule],
    sandbox: World,
    bluum: Bluum,
    pass_time: Callable[[timedelta], None],
) -> None:
    spare = link_bank(account, sandbox, mask="7702", name="Savings")
    for fault in (LOST, *ONE_IN_TEN):
        faults.add(sandbox, fault)
    wish_for_everything(web, account, bank, spare, running)
    for _ in range(36):
        work.run_due()
        pass_time(A_WHILE)
    met = [f["happened"] for f in sandbox.table("faults").values()]
    assert sum(met) > 10, "hardly anything went wrong"
    faults.clear(sandbox)
    work.run_due()
    came_true_once(sandbox, bluum, account, spare, running)


def test_with_bluum_gone_for_an_hour_every_wish_waits_and_comes_true_once(
    web: Client,
    account: Account,
    bank: BankAccount,
    running: dict[str, Schedule],
    sandbox: World,
    bluum: Bluum,
    pass_time: Callable[[timedelta], None],
) -> None:
    spare = link_bank(account, sandbox, mask="7702", name="Savings")
    faults.add(sandbox, AWAY)
    wish_for_everything(web, account, bank, spare, running)
    for _ in range(AN_HOUR // A_WHILE):
        work.run_due()
        pass_time(A_WHILE)
    assert not [d for d in bluum.deposits if d["amount"] == Decimal("250.00")]
    waiting = Deposit.objects.get(account=account, amount=250)
    page = web.get(reverse("funding:deposit-status", args=[waiting.pk])).content.decode()
    assert "$250.00" in page
    assert "isn’t answering" in web.get(test_dividends.URL).content.decode()
    going_out = Withdrawal.objects.get(account=account, amount=100)
    look(web, sandbox, "home", "funding:activity", ("funding:withdrawal-status", going_out))
    look(web, sandbox, *(("funding:schedule", one) for one in running.values()))
    faults.clear(sandbox)
    for _ in range(24):
        work.run_due()
        pass_time(A_WHILE)
    came_true_once(sandbox, bluum, account, spare, running)


def test_a_rebalance_and_a_closing_come_true_once_through_lost_answers_and_an_hour_away(
    go: Any, web: Client, account: Account, bank: BankAccount, invested: Portfolio,
    sandbox: World, bluum: Bluum,
) -> None:  # fmt: skip
    def broken() -> None:
        for fault in (LOST, *ONE_IN_TEN):
            faults.add(sandbox, fault)

    book.shock(sandbox, "equities", 1.5)
    go(A_WHILE)
    refreshed(account)
    before = len(test_rebalancing.rebalances(sandbox))
    yes = test_rebalancing.hidden(web.get(test_rebalancing.PAGE).content.decode())
    broken()
    assert web.post(test_rebalancing.PAGE, yes).status_code == 302
    run = Investment.objects.get(cause__startswith="rebalance:")
    for _ in range(24):
        go(A_WHILE)
        look(web, sandbox, "home", "portfolios:portfolio", "portfolios:portfolio-rebalancing")
        run.refresh_from_db()
        if run.status == "completed":
            break
    assert run.status == "completed", (run.error, run.prevented_by)
    assert len(test_rebalancing.rebalances(sandbox)) == before + 1
    faults.clear(sandbox)

    sign_in(web, account.user)
    closing = test_closing.ask(web, bank)
    broken()
    test_closing.to_the_sale(go, closing, sandbox)
    faults.add(sandbox, AWAY)
    for _ in range(AN_HOUR // A_WHILE):
        go(A_WHILE, rounds=1)
    sign_in(web, account.user)
    look(web, sandbox, "funding:closing-status")
    faults.clear(sandbox)
    broken()
    test_closing.until(go, closing, "closed")
    assert len(test_rebalancing.rebalances(sandbox)) == before + 2
    (paid,) = bluum.withdrawals
    assert (paid["status"], paid["amount"]) == ("completed", closing.paid)
    wallets = clients.bluum().wallets.list(str(account.bluum_id))
    assert not any(wallet.balance for wallet in wallets)
    each_wish_kept_its_key(sandbox)
    held = book.of(sandbox, str(account.bluum_id))["positions"].values()
    assert not any(position["quantity"] for position in held)


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


def test_old_figures_say_how_old_they_are(client: Client, person: Callable[..., Any]) -> None:
    account = lived_in.account(person("maya@example.com", first_name="Maya"))
    hours_ago = timezone.now() - timedelta(hours=3)
    Portfolio.objects.filter(account=account).update(refreshed_at=hours_ago, as_of=hours_ago)
    Wallet.objects.filter(account=account).update(refreshed_at=hours_ago)
    client.force_login(account.user)
    pages = addresses.examples(account)
    late = "home", *(f"portfolios:{n}" for n in ("portfolio", "performance", "portfolio-holding"))
    for name in late:
        assert "These figures are from" in client.get(pages[name]).content.decode(), name
    for name in ("funding:activity", "funding:withdraw"):
        page = client.get(pages[name]).content.decode()
        assert f"as of {words.moment(hours_ago)}" in page, name
