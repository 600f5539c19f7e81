"""Closing the account: signed, sold, paid out once, closed; stopped in time; helped when stuck."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice, Signature
from funding.holds import hold
from funding.models import BankAccount, Closing, Deposit, Schedule, SecurityHold, Wallet, Withdrawal
from funding.services import request_schedule
from funding.sync import closings
from onboarding.models import InvestorProfile
from portfolios.models import Holding, Investment, Policy, Portfolio
from portfolios.services import CannotRebalance, request_rebalance
from robo import agenda, work
from sandbox import book, faults, ledger, orders
from sandbox.world import World
from tests.funding import test_dividends
from tests.funding.conftest import Bluum, key_in, sign_in
from tests.portfolios.pdf_text import pdf_text

KINDS = (Deposit, Withdrawal, Schedule, Investment, Wallet, Closing)


@pytest.fixture
def go(sandbox: World, db: None) -> Any:
    """Both clocks together, and everything that is due."""
    with time_machine.travel(sandbox.clock.now(), tick=False) as ours:

        def go_(delta: timedelta, rounds: int = 2) -> None:
            sandbox.clock.advance(delta)
            ours.move_to(sandbox.clock.now())
            for _ in range(rounds):
                work.run_due(*KINDS)

        yield go_


@pytest.fixture
def invested(
    go: Any, web: Client, account: Account, bank: BankAccount, policy: Policy, sandbox: World
) -> Account:
    """$1,000 came and is invested."""
    page = web.get("/money/deposit/")
    wish = {"key": key_in(page), "amount": "1000", "bank": bank.pk, "confirmed": "1"}
    assert web.post("/money/deposit/", wish).status_code == 302
    for _ in range(30):
        go(timedelta(seconds=20))
        if Investment.objects.filter(status="completed").exists():
            break
    Portfolio.objects.all().poke()
    work.run_due(Portfolio)
    assert Portfolio.objects.get().invested
    return account


def ask(web: Client, bank: BankAccount) -> Closing:
    """Through all three screens, as a person does."""
    assert "Close your account" in web.get("/money/closing/").content.decode()
    page = web.get("/money/closing/money/")
    answer = web.post("/money/closing/money/", {"key": key_in(page), "bank": bank.pk})
    signing = web.get(answer["Location"])
    text = signing.content.decode()
    assert f"is then sent to {bank}" in text
    fields = {name: signing.context[name] for name in ("key", "hash")}
    wish = {"key": fields["key"], "bank": bank.pk, "text": fields["hash"]}
    assert web.post("/money/closing/sign/", wish).status_code == 422
    for _ in range(2):
        assert web.post("/money/closing/sign/", wish | {"agree": "on"}).status_code == 302
    return Closing.objects.get()


def until(go: Any, closing: Closing, status: str) -> None:
    for _ in range(40):
        go(timedelta(minutes=6))
        closing.refresh_from_db()
        if closing.status == status:
            return
    raise AssertionError(f"{closing.status} {closing.problem} {closing.error}")


def to_the_sale(go: Any, closing: Closing, sandbox: World) -> None:
    go(closing.sells_at - sandbox.clock.now() + timedelta(minutes=1), rounds=3)


def test_it_is_sold_paid_out_once_and_closed_with_a_letter(
    web: Client, invested: Account, bank: BankAccount, sandbox: World, bluum: Bluum, go: Any
) -> None:
    rebalance = reverse("portfolios:portfolio-rebalance")
    monthly = request_schedule(
        account=invested, bank=bank, amount=Decimal("50.00"), frequency="monthly",
        day_of_week=None, day_of_month=1, start_date=date(2026, 12, 1), key=uuid4(),
    )  # fmt: skip
    waiting = Investment.objects.create(account=invested, amount=50, cause="late", due_at=None)
    closing = ask(web, bank)
    assert "Your account is being closed" in web.get(rebalance).content.decode()
    with pytest.raises(CannotRebalance):
        request_rebalance(account=invested, by=invested.user, key=uuid4(), shown={"trades": []})
    assert closing.signature.text.body.startswith("I ask ")
    assert Signature.objects.filter(kind="closing").count() == 1
    assert web.get("/money/deposit/")["Location"] == "/money/closing/status/"
    go(timedelta(hours=2))
    assert bluum.withdrawals == []
    to_the_sale(go, closing, sandbox)
    waiting.refresh_from_db()
    assert waiting.status == "not_needed"
    assert test_dividends.there(sandbox)["status"] == "paused"
    assert monthly.authorizations.get().ended_at
    # A dividend buys a little more in the meantime: that is sold too, by a sale of its own.
    little = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day"}
    sandbox.clock.advance(timedelta(minutes=1))
    sandbox.run_due()
    orders.place(sandbox, str(invested.bluum_id), little | {"qty": "0.01"})
    sign_in(web, invested.user)
    web.post("/money/closing/stop/")  # too late
    until(go, closing, "paying")
    late = Closing.objects.get()
    late.rounds = 0  # as a worker knows it that fell asleep before it asked
    for _ in range(3):  # steps that are done again, by whatever worker
        Closing.objects.all().poke()
        work.run_due(Closing)
        assert Withdrawal.objects.count() == 1
    closings._ask(late, Decimal("5.00"))
    assert Withdrawal.objects.count() == 1
    until(go, closing, "closed")
    (gone,) = bluum.withdrawals
    assert gone["status"] == "completed"
    assert [row["status"] for row in sandbox.table("schedules").values()] == ["cancelled"]
    positions = book.of(sandbox, str(invested.bluum_id))["positions"].values()
    assert not any(position["quantity"] for position in positions)
    assert closing.paid == gone["amount"] > 900
    wallet = Wallet.objects.get()
    wallet.poke()
    work.run_due(Wallet)
    wallet.refresh_from_db()
    assert wallet.balance == 0
    sign_in(web, invested.user)
    page = web.get("/money/closing/status/").content.decode()
    assert "Your account is closed." in page
    assert web.get("/home/")["Location"] == "/money/closing/status/"
    assert "Your account is closed." in web.get(reverse("accounts:status")).content.decode()
    made = web.get("/money/closing/letter.pdf").content
    assert made in dict(agenda.papers(invested)).values()
    assert "/money/closing/letter.pdf" in web.get(reverse("portfolios:documents")).content.decode()
    letter = pdf_text(made)
    assert f"${closing.paid:,.2f} to Checking" in letter
    assert Notice.objects.filter(key=f"closing:{closing.pk}:closed").count() == 1
    for _ in range(2):
        go(timedelta(days=1))
    ledger.post(sandbox, str(invested.bluum_id), "deposit", Decimal("12.34"), "control")
    for _ in range(3):  # what comes late is sent on, once
        go(timedelta(days=1))
    assert [row["amount"] for row in bluum.withdrawals] == [gone["amount"], Decimal("12.34")]


def test_it_is_stopped_before_the_sale_and_nothing_happened(
    web: Client, invested: Account, bank: BankAccount, sandbox: World, bluum: Bluum, go: Any
) -> None:
    closing = ask(web, bank)
    assert "Keep your account?" in web.get("/money/closing/stop/").content.decode()
    assert web.post("/money/closing/stop/").status_code == 302
    to_the_sale(go, closing, sandbox)
    closing.refresh_from_db()
    assert closing.status == "stopped"
    assert bluum.withdrawals == []
    sign_in(web, invested.user)
    assert web.get("/money/deposit/").status_code == 200
    assert web.get("/money/closing/status/").status_code == 404
    Closing.objects.all().poke()
    go(timedelta(hours=1))
    closing.refresh_from_db()
    assert (closing.status, bluum.withdrawals) == ("stopped", [])
    assert closing.due_at is None


@pytest.mark.parametrize(
    ("method", "route"), [("POST", "*/rebalancing"), ("POST", "*/withdrawals")]
)
def test_an_answer_lost_on_the_way_sells_and_pays_once(
    web: Client, invested: Account, bank: BankAccount, sandbox: World, bluum: Bluum, go: Any,
    method: str, route: str,
) -> None:  # fmt: skip
    closing = ask(web, bank)
    faults.add(sandbox, {"kind": "malformed", "route": route, "method": method, "count": 1})
    to_the_sale(go, closing, sandbox)
    until(go, closing, "closed")
    assert len(bluum.withdrawals) == 1
    assert closing.paid == bluum.withdrawals[0]["amount"]


def test_what_the_bank_sends_back_waits_for_a_person_and_goes_on(
    web: Client, invested: Account, bank: BankAccount, sandbox: World, bluum: Bluum, go: Any,
    iris: Any,
) -> None:  # fmt: skip
    from funding import closing as closings

    closing = ask(web, bank)
    to_the_sale(go, closing, sandbox)
    until(go, closing, "paying")
    go(timedelta(seconds=1))
    row = next(iter(sandbox.table("withdrawals").values()), None)
    while row is None:
        go(timedelta(seconds=1))
        row = next(iter(sandbox.table("withdrawals").values()), None)
    row["status"], row["failure_reason"] = "failed", "R02"
    Withdrawal.objects.update(status="failed", failure_reason="R02", due_at=None)
    Closing.objects.all().poke()
    work.run_due(Closing)
    closing.refresh_from_db()
    assert closing.status == "held"
    sign_in(web, invested.user)
    assert "needs a hand" in web.get("/money/closing/status/").content.decode()
    closings.go_on(closing=closing)
    closing.refresh_from_db()
    assert closing.status == "paying"


def test_during_a_security_hold_the_first_page_says_from_when_it_can_be_signed(
    web: Client, invested: Account, bank: BankAccount
) -> None:
    hold(invested.user, "Your password was changed")
    page = web.get("/money/closing/").content.decode()
    assert "You can close it from" in page
    assert "See tax and dates" not in page
    assert web.get("/money/closing/money/")["Location"] == "/money/closing/"


def test_what_still_moves_is_waited_for(
    web: Client, invested: Account, bank: BankAccount, sandbox: World, bluum: Bluum, go: Any
) -> None:
    Deposit.objects.create(
        account=invested, bank=bank, amount=50, status="processing", bluum_id="x", due_at=None,
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )  # fmt: skip
    assert "$50.00</span> on its way here" in web.get("/money/closing/").content.decode()
    closing = ask(web, bank)
    to_the_sale(go, closing, sandbox)
    closing.refresh_from_db()
    assert closing.status == "asked"
    Deposit.objects.filter(bluum_id="x").update(status="canceled")
    hold(invested.user, "Your password was changed")
    go(timedelta(minutes=16))
    closing.refresh_from_db()
    assert closing.status == "asked"
    SecurityHold.objects.update(until=timezone.now())
    go(timedelta(minutes=16))
    closing.refresh_from_db()
    assert closing.status in {"selling", "paying"}
    SecurityHold.objects.update(until=timezone.now() + timedelta(hours=3))
    go(timedelta(hours=1))
    assert not Withdrawal.objects.exists()


def test_more_than_one_transfer_can_carry_leaves_in_several(
    web: Client, invested: Account, bank: BankAccount, sandbox: World, bluum: Bluum, go: Any,
    rules: Callable[..., None],
) -> None:  # fmt: skip
    rules(withdrawal=Decimal("400.00"))
    closing = ask(web, bank)
    to_the_sale(go, closing, sandbox)
    until(go, closing, "closed")
    amounts = [row["amount"] for row in bluum.withdrawals]
    assert len(amounts) == 3
    assert sum(amounts) == closing.paid
    # What comes late is sent on, and never so that what is left is too little to be sent.
    closings._ask(closing, Decimal("400.50"))
    assert Withdrawal.objects.latest("pk").amount == Decimal("399.00")


def test_tax_is_said_in_dollars_at_most_where_no_bracket_is_told(
    web: Client, invested: Account, bank: BankAccount
) -> None:
    held = Holding.objects.filter(portfolio__account=invested)
    held.exclude(pk=held.first().pk).delete()
    lots = [
        {"quantity": "5", "total_cost_basis": "100", "acquired_date": "2020-01-02"},
        {"quantity": "5", "total_cost_basis": "120", "acquired_date": str(timezone.localdate())},
    ]
    held.update(quantity=10, price=30, lots=lots)
    InvestorProfile.objects.filter(account=invested).delete()
    page = web.get("/money/closing/money/").content.decode()
    assert "Tax on it, at most" in page
    assert "about $24<" in page  # 30 × 0.408 + 50 × 0.238 is 24.14
    assert "Tell us your bracket" in page
    told = {"federal_tax_bracket": "0.22", "state_tax_rate": "0.05"}
    InvestorProfile.objects.create(account=invested, sections={"tax": told})
    page = web.get("/money/closing/money/").content.decode()
    assert "27% short-term, 20% long-term, state included" in page
    assert "about $18<" in page  # 30 × 0.27 + 50 × 0.20 is 18.10
    InvestorProfile.objects.update(sections={"tax": {"federal_tax_bracket": "0.22"}})
    page = web.get("/money/closing/money/").content.decode()
    assert "22% short-term, 15% long-term. State tax isn’t counted" in page


def test_only_maya_sees_her_closing(
    web: Client, invested: Account, bank: BankAccount, omar: Any,
    open_account: Callable[..., Account],
) -> None:  # fmt: skip
    ask(web, bank)
    open_account(omar, last_name="Haddad")
    other, nobody = Client(), Client()
    sign_in(other, omar)
    for name in ("status", "stop", "letter"):
        url = reverse(f"funding:closing-{name}")
        assert other.get(url).status_code == 404
        assert nobody.get(url).status_code == 302
    page = other.get("/money/closing/money/")
    assert str(bank) not in page.content.decode()
    for name in ("closing", "closing-money", "closing-sign"):
        assert nobody.get(reverse(f"funding:{name}")).status_code == 302
