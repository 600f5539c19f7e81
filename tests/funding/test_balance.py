"""What the bank holds: looked at the day before a run, and the run left out if it is too little."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account, Notice
from funding.models import BankAccount, Deposit, Schedule, ScheduledRun
from onboarding.models import ExternalAccount, ExternalLink
from portfolios.models import Policy
from robo import clients, plaid, seal, work
from sandbox.world import World
from tests.funding.conftest import (
    days,
    page_of,
    press,
    pulled,
    set_up,
    sign_in,
)


class Bank:
    """Plaid, as far as a balance is asked of it."""

    def __init__(self, available: str) -> None:
        self.available, self.asked = Decimal(available), 0

    def accounts(self, token: str, *, fresh: bool = False) -> list[plaid.Account]:
        assert (token, fresh) == ("access-1", True)
        self.asked += 1
        return [
            plaid.Account("acc-1", "Checking", "3168", "depository", "checking", Decimal(9999),
                          self.available, None, "USD")
        ]  # fmt: skip


@pytest.fixture
def seen(account: Account, bank: BankAccount) -> ExternalAccount:
    """Maya lets us read the same account for her picture."""
    link = ExternalLink.objects.create(
        account=account, status="active", institution=bank.institution, due_at=None,
        sealed_access_token=seal.seal(b"access-1"),
    )  # fmt: skip
    return ExternalAccount.objects.create(
        account=account, link=link, plaid_account_id="acc-1", mask="3168", name="Checking",
        account_type="checking", balance=Decimal(9999), due_at=None,
    )  # fmt: skip


@pytest.mark.parametrize(("balance", "skipped"), [("649.99", True), ("650.00", False)])
def test_a_run_that_would_leave_too_little_is_skipped_and_said(
    web: Client, monthly: Schedule, sandbox: World, to_the_moment: Any, seen: ExternalAccount,
    monkeypatch: pytest.MonkeyPatch, balance: str, skipped: bool,
) -> None:  # fmt: skip
    Schedule.objects.update(buffer=50)
    there = Bank(balance)
    monkeypatch.setattr(clients, "plaid", lambda: there)
    to_the_moment(datetime(2026, 12, 14, 14, 30, tzinfo=UTC))
    sign_in(web, monthly.account.user)
    run = ScheduledRun.objects.get(day=date(2026, 12, 15))
    assert (run.status == "low", run.balance) == (skipped, Decimal(balance))
    page = page_of(web, monthly)
    assert ("Pull it anyway" in page) == skipped
    assert "One run is missing" not in page  # it can still come
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert bool(pulled(sandbox)) != skipped
    assert there.asked == 1
    if skipped:
        sign_in(web, monthly.account.user)
        page = page_of(web, monthly)
        assert "Checking ••3168 held $649.99" in page
        for offer in ("Deposit $600.00 now", "Add $100.00 to each run", "Let it go"):
            assert offer in page


def tomorrow() -> Notice:
    return Notice.objects.get(key__endswith=":tomorrow")


THE_DAY_BEFORE = datetime(2026, 12, 14, 14, 30, tzinfo=UTC)


def only_the_other(seen: ExternalAccount) -> None:
    """Two accounts of the bank that end alike are linked; her picture has the wrong one."""
    ours = BankAccount.objects.get(account=seen.account)
    BankAccount.objects.create(
        account=seen.account, institution=ours.institution, mask=ours.mask, name="Joint",
        bluum_id="fs-other", status="active", due_at=None,
    )  # fmt: skip
    ExternalAccount.objects.update(name="Joint")


HIDDEN: dict[str, Callable[[ExternalAccount], Any]] = {
    "only the other that ends alike is in her picture": only_the_other,
    "another one there ends alike": lambda seen: ExternalAccount.objects.create(
        account=seen.account, link=seen.link, plaid_account_id="acc-2", mask=seen.mask,
        name="Joint", account_type="checking", balance=Decimal(5), due_at=None,
    ),
    "it is another bank’s": lambda seen: ExternalLink.objects.update(institution="First Platypus"),
    "she ended the connection": lambda seen: ExternalLink.objects.update(status="removed"),
    "she took it out of her picture": lambda seen: ExternalAccount.objects.update(status="removed"),
}  # fmt: skip


@pytest.mark.parametrize("why", HIDDEN)
def test_what_another_account_holds_is_never_taken_for_what_this_one_holds(
    monthly: Schedule, sandbox: World, to_the_moment: Any, seen: ExternalAccount,
    monkeypatch: pytest.MonkeyPatch, why: str,
) -> None:  # fmt: skip
    HIDDEN[why](seen)
    monkeypatch.setattr(clients, "plaid", lambda: Bank("1.00"))
    to_the_moment(THE_DAY_BEFORE)
    assert "can’t see its balance" in tomorrow().body
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]


def test_neither_a_card_nor_another_persons_account_that_ends_alike_hides_the_balance(
    monthly: Schedule, to_the_moment: Any, seen: ExternalAccount, omar: Any,
    open_account: Callable[..., Account], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    same: dict[str, Any] = {"mask": seen.mask, "name": "Alike", "balance": 5, "due_at": None}
    ExternalAccount.objects.create(
        **same, account=seen.account, link=seen.link, plaid_account_id="card", is_asset=False,
        account_type="credit_card",
    )  # fmt: skip
    theirs = open_account(omar, last_name="Haddad")
    link = ExternalLink.objects.create(
        account=theirs, status="active", institution="Lakeside Bank", due_at=None
    )
    ExternalAccount.objects.create(
        **same, account=theirs, link=link, plaid_account_id="omars", account_type="checking"
    )
    monkeypatch.setattr(clients, "plaid", lambda: Bank("5000.00"))
    to_the_moment(THE_DAY_BEFORE)
    assert "It holds $5,000.00 as of now." in tomorrow().body


def test_a_bank_that_does_not_answer_is_said_and_the_run_goes_on(
    monthly: Schedule, sandbox: World, to_the_moment: Any, seen: ExternalAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Down(Bank):
        def accounts(self, token: str, *, fresh: bool = False) -> list[plaid.Account]:
            raise plaid.Unavailable("INSTITUTION_DOWN")

    monkeypatch.setattr(clients, "plaid", lambda: Down("0"))
    to_the_moment(THE_DAY_BEFORE)
    assert "can’t see its balance" in tomorrow().body
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]


def test_a_balance_that_falls_after_the_look_costs_one_run_which_is_told_once_and_made_up_for(
    web: Client, bank: BankAccount, policy: Policy, sandbox: World, to_the_moment: Any,
    seen: ExternalAccount, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    start = {"start_date_0": 12, "start_date_1": 1, "start_date_2": 2026}
    made = set_up(web, bank, amount="600.01", **start)  # .01: the bank hasn’t enough by then
    monkeypatch.setattr(clients, "plaid", lambda: Bank("600.01"))
    to_the_moment(THE_DAY_BEFORE)
    assert "It holds $600.01 as of now." in tomorrow().body
    told = set(Notice.objects.values_list("pk", flat=True))
    for hour in (16, 17, 18, 20, 23):
        Deposit.objects.all().poke()
        work.run_due(Deposit)
        to_the_moment(datetime(2026, 12, 15, hour, tzinfo=UTC))
    to_the_moment(datetime(2026, 12, 16, 12, tzinfo=UTC))
    run = ScheduledRun.objects.get(day=date(2026, 12, 15))
    assert run.deposit
    assert (run.status, run.deposit.status) == ("ran", "failed")
    assert [one.title for one in Notice.objects.exclude(pk__in=told)] == [
        "Your deposit of $600.01 didn’t go through"
    ]
    sign_in(web, made.account.user)
    page = page_of(web, made)
    assert "The $600.01 of Tue, Dec 15 didn’t arrive." in page
    assert "Deposit $600.01 now" in page
    assert days(made, 1) == [date(2027, 1, 15)]


def test_when_she_skips_it_while_we_ask_her_bank_only_that_one_is_left_out(
    web: Client, monthly: Schedule, to_the_moment: Any, seen: ExternalAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    class Slow(Bank):
        def accounts(self, token: str, *, fresh: bool = False) -> list[plaid.Account]:
            sign_in(web, monthly.account.user)
            press(web, "skip", monthly)
            return super().accounts(token, fresh=fresh)

    monkeypatch.setattr(clients, "plaid", lambda: Slow("1.00"))
    to_the_moment(THE_DAY_BEFORE)
    assert days(monthly, 1) == [date(2027, 1, 15)]
    assert [run.day for run in monthly.runs.filter(status__in=ScheduledRun.OFF)] == [
        date(2026, 12, 15)
    ]
    assert not Notice.objects.filter(key__startswith="run:").exists()


def test_looked_at_too_late_to_skip_it_is_pulled_and_nothing_else_is_promised(
    monthly: Schedule, sandbox: World, to_the_moment: Any, seen: ExternalAccount,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(clients, "plaid", lambda: Bank("1.00"))
    to_the_moment(datetime(2026, 12, 15, 14, 40, tzinfo=UTC))  # nobody was awake the day before
    assert "It holds $1.00 as of now." in tomorrow().body
    assert "You can skip this one" not in tomorrow().body
    assert "you can still cancel the deposit" in tomorrow().body
    to_the_moment(datetime(2026, 12, 15, 16, tzinfo=UTC))
    assert pulled(sandbox) == [date(2026, 12, 15)]
    assert ScheduledRun.objects.get(day=date(2026, 12, 15)).status == "ran"
