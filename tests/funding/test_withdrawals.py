"""Money out, from the form to the bank, canceled, failed or sent back. It never moves twice."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.signals import email_changed, password_reset
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice
from funding import services
from funding.models import BankAccount, SecurityHold, Wallet, Withdrawal
from funding.sync import returns
from portfolios.models import Investment, Policy, Portfolio
from portfolios.services import portfolio_of, request_investment
from robo import agenda, clients, work
from robo.ui import words
from sandbox import faults, ledger, transfers
from sandbox.api import funding as sandbox_funding
from sandbox.world import World
from tests.funding.conftest import Bluum, key_in, link_bank, read_ledger, sign_in
from tests.funding.test_loop import allowed, in_threads

FORM = "/money/withdraw/"
FAULT = {"kind": "timeout_after", "route": "/v1/accounts/*/withdrawals", "method": "POST"}


@pytest.fixture
def cash(
    account: Account, bank: BankAccount, sandbox: World, pass_time: Callable[[timedelta], None]
) -> Decimal:
    """$1,000.00 lie in the wallet, and our own wallet row knows it."""
    row = transfers.start_deposit(
        sandbox, account.bluum_id, amount=Decimal("1000.00"), funding_source_id=bank.bluum_id
    )
    transfers.settle(sandbox, row["deposit_id"])
    look_at_wallet(account)
    return Decimal("1000.00")


def look_at_wallet(account: Account) -> None:
    services.wallet_of(account).poke()
    work.run_due(Wallet)
    assert Wallet.objects.get(account=account).refreshed_at


@pytest.fixture
def invested(
    account: Account,
    policy: Policy,
    bank: BankAccount,
    cash: Decimal,
    settle: Callable[..., int],
) -> Portfolio:
    """$1,000.00, invested; the portfolio and the wallet have been read since."""
    request_investment(account=account, amount=cash, cause="deposit:1")
    settle()
    look_at_wallet(account)
    portfolio_of(account).poke()
    work.run_due(Portfolio)
    row = Portfolio.objects.get(account=account)
    assert row.invested
    assert row.invested > 900
    return row


def ask(web: Client, bank: BankAccount, amount: str) -> Any:
    """Fill in the form, read the check page and confirm, as a person does."""
    key = key_in(web.get(FORM))
    wish = {"key": key, "bank": str(bank.pk), "amount": amount}
    checked = web.post(FORM, wish, follow=True)
    page = checked.content.decode()
    assert "Don’t withdraw" in page, page
    sells = {"sells": "1"} if 'name="sells"' in page else {}
    return web.post(FORM, {**wish, **sells, "confirmed": "1"})


def wish(account: Account, bank: BankAccount, amount: str = "400.00", **more: Any) -> Withdrawal:
    return services.request_withdrawal(
        account=account, bank=bank, amount=Decimal(amount), key=uuid4(), **more
    )


def test_cash_goes_from_the_form_to_the_bank(
    web: Client,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    settle_money: Callable[[], None],
) -> None:
    page = web.get(FORM).content.decode()
    assert page.index("$1,000.00") < page.index("See what it means")
    assert page.index("1 to 3 bank days") < page.index("See what it means")
    answer = ask(web, bank, "400")
    made = Withdrawal.objects.get()
    assert answer["Location"] == reverse("funding:withdrawal-status", args=[made.pk])
    page = web.get(answer["Location"]).content.decode()
    assert "$400.00</span> is on its way to you." in page
    assert "every 4s" in page
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert [(one["amount"], one["status"]) for one in bluum.withdrawals] == [
        (Decimal("400.00"), "completed")
    ]
    page = web.get(answer["Location"]).content.decode()
    assert "$400.00</span> is at your bank." in page
    assert "every 4s" not in page
    titles = [message.subject for message in mail.outbox]
    assert "You asked for $400.00 to be sent to Checking ••3168" in titles
    assert "$400.00 is at Checking ••3168" in titles
    read_ledger(made.account)
    activity = web.get("/money/activity/?kind=withdrawal").content.decode()
    assert "−$400.00" in activity


def test_more_than_cash_is_sold_for_as_the_page_had_said(
    web: Client,
    invested: Portfolio,
    bank: BankAccount,
    bluum: Bluum,
    settle: Callable[..., int],
) -> None:
    key = key_in(web.get(FORM))
    sent = {"key": key, "bank": str(bank.pk), "amount": "500"}
    page = web.post(FORM, sent, follow=True).content.decode()
    assert "What is sold" in page
    assert "Held for a year or less" in page
    assert "By the lots you hold" in page
    assert "Tax on it, at most" in page
    assert "Tell us your bracket" in page
    assert "in 100" in page
    assert "First home" in page
    assert "Sell and withdraw $500.00" in page
    # Without a yes to a sale there is none.
    assert "check=1" in web.post(FORM, sent | {"confirmed": "1"})["Location"]
    assert not Withdrawal.objects.exists()
    ask(web, bank, "500")
    settle()
    made = Withdrawal.objects.get()
    assert made.status == "completed", (made.status, made.error, made.failure_reason)
    assert made.sold_at
    assert made.told["sales"]
    seen = list(made.events.values_list("status", flat=True))
    assert seen[:2] == ["requested", "selling"]
    assert seen[-1] == "completed"
    sold = [o for o in bluum.world.table("orders").values() if o["side"] == "sell"]
    said = {sale["symbol"]: Decimal(sale["amount"]) for sale in made.told["sales"]}
    assert {o["symbol"] for o in sold} == set(said)
    assert len(bluum.withdrawals) == 1
    assert bluum.withdrawals[0]["amount"] == Decimal("500.00")
    assert sum(said.values()) < Decimal("510")


def test_while_an_order_is_open_nothing_is_planned_to_be_sold(
    account: Account, invested: Portfolio, bank: BankAccount, sandbox: World
) -> None:
    before = len(sandbox.table("rebalances"))
    clients.bluum().orders.create(
        account.bluum_id, symbol="VTI", side="sell", type="limit", time_in_force="gtc",
        qty=Decimal("0.1"), limit_price=Decimal(9000), client_order_id="elsewhere",
        idempotency_key="elsewhere",
    )  # fmt: skip
    made = wish(account, bank, "500.00", may_sell=True)
    work.run_due(Withdrawal)
    made.refresh_from_db()
    assert (made.status, made.sales) == ("requested", [])
    assert len(sandbox.table("rebalances")) == before


@pytest.fixture
def investing(
    account: Account, invested: Portfolio, bank: BankAccount, settle_money: Callable[[], None]
) -> Investment:
    """Beside what is invested, $300.00 have come and are about to be bought with."""
    services.request_deposit(account=account, bank=bank, amount=Decimal("300.00"), key=uuid4())
    settle_money()
    work.run_due(Investment)
    look_at_wallet(account)
    row = Investment.objects.get(amount=Decimal("300.00"))
    assert row.status == "pending"
    return row


def test_what_is_asked_for_while_a_deposit_is_being_invested_waits_and_sells_once(
    web: Client, investing: Investment, bank: BankAccount, bluum: Bluum, sandbox: World,
    settle: Callable[..., int],
) -> None:  # fmt: skip
    assert "less what is being invested" in web.get(FORM).content.decode()
    page = ask(web, bank, "500")["Location"]
    made = Withdrawal.objects.get()
    assert sum(Decimal(sale["amount"]) for sale in made.told["sales"]) > Decimal("490.00")
    work.run_due(Withdrawal)
    made.refresh_from_db()
    assert (made.status, made.sales, made.error) == ("requested", [], "")
    assert "$500.00</span> is on its way to you." in web.get(page).content.decode()
    settle()
    made.refresh_from_db()
    investing.refresh_from_db()
    assert (investing.status, made.status) == ("completed", "completed")
    assert [one["amount"] for one in bluum.withdrawals] == [Decimal("500.00")]
    assert {e["status"] for e in bluum.requests("POST", "/rebalancing")} == {202}
    sides = [o["side"] for o in sandbox.table("orders").values()]
    assert sides == sorted(sides)  # all that was bought was bought before the sale
    told = Notice.objects.get(key=f"investment:{investing.pk}:completed")
    bought = [o for o in sandbox.table("orders").values() if o["side"] == "buy"][
        -len(investing.trades) :
    ]
    assert words.money(sum(o["notional"] for o in bought)) in told.title


def test_cash_that_is_not_being_invested_leaves_at_once(
    account: Account, investing: Investment, bank: BankAccount, bluum: Bluum, sandbox: World
) -> None:
    more = transfers.start_deposit(
        sandbox, account.bluum_id, amount=Decimal("200.00"), funding_source_id=bank.bluum_id
    )
    transfers.settle(sandbox, more["deposit_id"])
    wish(account, bank, "150.00")
    work.run_due(Withdrawal)
    assert [one["amount"] for one in bluum.withdrawals] == [Decimal("150.00")]
    investing.refresh_from_db()
    assert investing.status == "pending"


def test_first_money_that_is_being_invested_is_not_there_to_be_withdrawn_and_why_is_said(
    web: Client, account: Account, policy: Policy, bank: BankAccount, cash: Decimal
) -> None:
    request_investment(account=account, amount=cash, cause="deposit:1")
    work.run_due(Investment)
    page = web.get(FORM).content.decode()
    assert "There’s nothing to withdraw yet" in page
    assert "is being invested; once it is, you can have it sold again." in page


def test_money_whose_withdrawal_is_canceled_is_invested_after_all(
    web: Client, account: Account, policy: Policy, bank: BankAccount, cash: Decimal, bluum: Bluum,
    settle: Callable[..., int],
) -> None:  # fmt: skip
    request_investment(account=account, amount=cash, cause="deposit:1")
    made = wish(account, bank, "1000.00")
    work.run_due(Investment)
    assert Investment.objects.get().status == "waiting"  # nothing is free, and it may be again
    web.post(reverse("funding:withdrawal-cancel", args=[made.pk]))
    settle()
    assert Investment.objects.get().status == "completed"
    bought = [o for o in bluum.world.table("orders").values() if o["side"] == "buy"]
    assert sum(o["notional"] for o in bought) > Decimal("900.00")
    assert not bluum.withdrawals


def test_nothing_is_sold_that_the_page_had_not_said(
    account: Account, invested: Portfolio, bank: BankAccount, bluum: Bluum, settle: Any
) -> None:
    made = wish(account, bank, "500.00")
    settle()
    made.refresh_from_db()
    assert made.status == "refused"
    assert not [o for o in bluum.world.table("orders").values() if o["side"] == "sell"]
    assert not bluum.withdrawals
    assert Notice.objects.filter(key=f"withdrawal:{made.pk}:refused").exists()


def test_the_person_signs_in_again_and_the_wish_is_kept_meanwhile(
    client: Client, maya: Any, bank: BankAccount, cash: Decimal
) -> None:
    client.force_login(maya)
    key = key_in(client.get(FORM))
    answer = client.post(FORM, {"key": key, "bank": bank.pk, "amount": "400"}, follow=True)
    where, _ = answer.redirect_chain[-1]
    assert reverse("account_reauthenticate") in where
    assert "amount%3D400" in where
    assert not Withdrawal.objects.exists()
    again = client.post(where, {"password": "correct horse battery"}, follow=True)
    assert "$400.00</span>?" in again.content.decode()
    assert key_in(again) == key


def test_confirming_without_a_fresh_sign_in_moves_nothing(
    client: Client, maya: Any, bank: BankAccount, cash: Decimal
) -> None:
    client.force_login(maya)
    key = key_in(client.get(FORM))
    sent = {"key": key, "bank": bank.pk, "amount": "400", "confirmed": "1"}
    answer = client.post(FORM, sent)
    assert reverse("account_reauthenticate") in answer["Location"]
    assert not Withdrawal.objects.exists()


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "Enter an amount."),
        ("0.50", "Enter $1.00 or more."),
        ("1000.01", "Enter $1,000.00 or less."),
        ("abc", "Enter an amount in dollars"),
    ],
)
def test_a_bad_amount_gets_a_sentence_and_is_kept(
    web: Client, bank: BankAccount, cash: Decimal, amount: str, sentence: str
) -> None:
    key = key_in(web.get(FORM))
    answer = web.post(FORM, {"key": key, "bank": bank.pk, "amount": amount, "confirmed": "1"})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Withdrawal.objects.exists()


def test_another_persons_withdrawal_is_not_there_and_their_bank_no_destination(
    web: Client,
    bank: BankAccount,
    cash: Decimal,
    account: Account,
    omar: Any,
    open_account: Callable[..., Account],
    sandbox: World,
) -> None:
    made = wish(account, bank)
    theirs = link_bank(open_account(omar, last_name="Haddad"), sandbox, mask="9999")
    key = key_in(web.get(FORM))
    answer = web.post(FORM, {"key": key, "bank": theirs.pk, "amount": "10", "confirmed": "1"})
    assert answer.status_code == 422
    with pytest.raises(services.NotPossible):
        wish(account, theirs)
    other = Client()
    sign_in(other, omar)
    for name in ("withdrawal-status", "withdrawal-cancel"):
        assert other.get(reverse(f"funding:{name}", args=[made.pk])).status_code == 404


BREAKS: dict[str, Callable[[BankAccount, World], Any]] = {
    "unlinked by her": lambda bank, world: services.unlink_bank(bank=bank),
    "its sign-in has ended": lambda bank, world: sandbox_funding.turn(
        world, bank.bluum_id, "ERROR"
    ),
    "stopped by a return": lambda bank, world: returns.stop(bank, "R16", occasion="deposit:1"),
}


@pytest.mark.parametrize("why", BREAKS)
def test_no_money_is_sent_to_a_bank_that_cannot_be_used_whoever_asks(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, bluum: Bluum, sandbox: World,
    why: str,
) -> None:  # fmt: skip
    sent = {"key": key_in(web.get(FORM)), "bank": bank.pk, "amount": "400"}
    assert "Don’t withdraw" in web.post(FORM, sent, follow=True).content.decode()
    seen_before = BankAccount.objects.get(pk=bank.pk)
    BREAKS[why](bank, sandbox)
    look_at_wallet(account)
    assert web.post(FORM, sent | {"confirmed": "1"}).status_code == 422
    with pytest.raises(services.NotPossible, match="can’t be used at the moment"):
        wish(account, seen_before)
    assert not Withdrawal.objects.exists()
    assert not bluum.requests("POST", "/withdrawals")
    assert not Notice.objects.filter(title__startswith="You asked for").exists()


def test_two_presses_are_one_withdrawal(
    web: Client, bank: BankAccount, cash: Decimal, bluum: Bluum, settle_money: Any
) -> None:
    key = key_in(web.get(FORM))
    sent = {"key": key, "bank": bank.pk, "amount": "400", "confirmed": "1"}
    first, second = web.post(FORM, sent), web.post(FORM, {**sent, "amount": "500"})
    assert first["Location"] == second["Location"]
    settle_money()
    assert [one["amount"] for one in bluum.withdrawals] == [Decimal("400.00")]


@pytest.mark.django_db(transaction=True)
def test_many_presses_at_once_and_many_workers_are_one_withdrawal(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, bluum: Bluum,
    rules: Callable[..., None],
) -> None:  # fmt: skip
    from funding.tasks import advance_withdrawal

    key = key_in(web.get(FORM))
    sent = {"key": key, "bank": bank.pk, "amount": "400", "confirmed": "1"}
    cookies = web.cookies

    def press() -> str:
        one = Client()
        one.cookies = cookies
        return one.post(FORM, sent)["Location"]

    assert len(set(in_threads(6, press))) == 1
    made = Withdrawal.objects.get()
    in_threads(8, lambda: advance_withdrawal(made.pk))
    assert len(bluum.withdrawals) == 1
    rules(withdrawals_a_day=Decimal("700.00"))
    assert allowed(4, lambda: wish(account, bank, "200.00")) == 1


def test_a_lost_answer_leaves_one_withdrawal_at_bluum(
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    faults.add(sandbox, {**FAULT, "seconds": 0})
    made = wish(account, bank)
    work.run_due(Withdrawal)
    assert len(bluum.withdrawals) == 1
    made.refresh_from_db()
    assert made.bluum_id is None
    sandbox.table("faults").clear()
    pass_time(timedelta(seconds=400))
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert len(bluum.withdrawals) == 1


def test_a_lost_answer_found_again_days_later_is_not_sent_twice(
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    faults.add(sandbox, {**FAULT, "seconds": 0})
    made = wish(account, bank)
    work.run_due(Withdrawal)
    sandbox.table("faults").clear()
    Withdrawal.objects.update(sent_at=made.created_at - timedelta(hours=30))
    pass_time(timedelta(hours=30))
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert len(bluum.withdrawals) == 1


@pytest.mark.parametrize(("amount", "breaks"), [("1000.00", False), ("400.00", True)])
def test_what_left_though_answer_and_key_are_lost_is_found_not_refused(
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    amount: str,
    breaks: bool,
) -> None:
    """All the cash, of which there is none a second time; or to a bank that has broken since."""
    faults.add(sandbox, {**FAULT, "kind": "malformed", "count": 1})
    made = wish(account, bank, amount)
    work.run_due(Withdrawal)
    if breaks:
        sandbox_funding.turn(sandbox, bank.bluum_id, "ERROR")
    sandbox.table("idempotency").clear()
    made.poke()
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert len(bluum.withdrawals) == 1


def test_a_lost_answer_to_the_sale_sells_once_and_what_is_still_missing_later_anew(
    account: Account,
    invested: Portfolio,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle: Callable[..., int],
    pass_time: Callable[[timedelta], None],
) -> None:
    route = "/v1/wealth/accounts/*/portfolios/*/rebalancing"
    faults.add(sandbox, {**FAULT, "route": route, "seconds": 0})
    before = len(sandbox.table("rebalances"))
    made = wish(account, bank, "300.00", may_sell=True)
    work.run_due(Withdrawal)
    assert len(sandbox.table("rebalances")) == before + 1
    sandbox.table("faults").clear()
    # What the sale brought is taken by something else: the same sale is asked for, no second one.
    sandbox.clock.advance(timedelta(seconds=400))
    funds = ledger.available(sandbox, account.bluum_id)
    other = transfers.start_withdrawal(
        sandbox, account.bluum_id, amount=funds, funding_source_id=bank.bluum_id
    )
    for _ in range(2):  # answered now, and its money may still be on its way
        made.poke()
        work.run_due(Withdrawal)
        assert len(sandbox.table("rebalances")) == before + 1
    # It doesn't come any more: a sale of its own, which is no repetition of the first.
    earlier = timezone.now() - timedelta(minutes=11)
    Withdrawal.objects.update(sale_sent_at=earlier, sold_at=earlier)
    made.poke()
    settle()
    made.refresh_from_db()
    assert made.status == "completed", (made.status, made.error)
    assert len(sandbox.table("rebalances")) == before + 2
    assert len(bluum.withdrawals) == 2
    assert other["amount"] == funds


def test_a_no_for_want_of_cash_is_not_remembered_once_the_cash_is_there(
    account: Account, bank: BankAccount, cash: Decimal, bluum: Bluum, sandbox: World
) -> None:
    made = wish(account, bank, "600.00", may_sell=True)
    Withdrawal.objects.update(sent_at=timezone.now())  # and the worker died before it was sent
    other = transfers.start_withdrawal(
        sandbox, account.bluum_id, amount=cash, funding_source_id=bank.bluum_id
    )
    work.run_due(Withdrawal)  # Bluum says no, and remembers it by the key
    transfers.cancel(sandbox, other["withdrawal_id"])
    made.poke()
    work.run_due(Withdrawal)
    made.refresh_from_db()
    assert made.bluum_id, made.failure_reason


def test_a_worker_that_dies_with_it_in_hand_costs_only_its_hold(
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    made = wish(account, bank)

    class Killed(BaseException):
        pass

    def die(row: Withdrawal) -> None:
        from funding.sync import withdrawals

        withdrawals.advance_withdrawal(row)
        raise Killed

    with pytest.raises(Killed):
        work.take(Withdrawal, made.pk, die)
    assert len(bluum.withdrawals) == 1
    pass_time(settings.WORK_HOLD + timedelta(seconds=1))
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert len(bluum.withdrawals) == 1


def test_with_bluum_gone_for_an_hour_the_wish_is_carried_out_once_it_is_back(
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
    web: Client,
) -> None:
    faults.add(sandbox, {"kind": "status", "status": 503})
    made = wish(account, bank)
    for _ in range(6):
        work.run_due(Withdrawal)
        pass_time(timedelta(minutes=10))
    assert not bluum.withdrawals
    assert web.get(reverse("funding:withdrawal-status", args=[made.pk])).status_code == 200
    sandbox.table("faults").clear()
    pass_time(timedelta(hours=1))
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert len(bluum.withdrawals) == 1


def test_it_can_be_canceled_before_it_is_sent_and_while_pending(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, bluum: Bluum, settle_money: Any
) -> None:
    unsent = wish(account, bank, "100.00")
    web.post(reverse("funding:withdrawal-cancel", args=[unsent.pk]))
    settle_money()
    assert not bluum.withdrawals
    pending = wish(account, bank, "100.04")  # stays pending
    work.run_due(Withdrawal)
    page = web.get(reverse("funding:withdrawal-status", args=[pending.pk])).content.decode()
    assert "You can still cancel, until about" in page
    web.post(reverse("funding:withdrawal-cancel", args=[pending.pk]))
    settle_money()
    assert set(Withdrawal.objects.values_list("status", flat=True)) == {"canceled"}
    assert [one["status"] for one in bluum.withdrawals] == ["canceled"]


def test_too_late_to_cancel_is_said(
    web: Client,
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    sandbox: World,
    settle_money: Any,
) -> None:
    made = wish(account, bank)
    work.run_due(Withdrawal)
    transfers.settle(sandbox, bluum.withdrawals[0]["withdrawal_id"])
    web.post(reverse("funding:withdrawal-cancel", args=[made.pk]))
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    page = web.get(reverse("funding:withdrawal-cancel", args=[made.pk]), follow=True)
    assert "too late to cancel" in page.content.decode()


def test_once_the_bank_has_started_it_canceling_is_refused_and_it_arrives(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, bluum: Bluum, sandbox: World,
    settle_money: Callable[[], None],
) -> None:  # fmt: skip
    made = wish(account, bank)
    work.run_due(Withdrawal)
    sandbox.clock.advance(timedelta(seconds=5))
    made.poke()
    work.run_due(Withdrawal)
    made.refresh_from_db()
    assert made.status == "processing"
    cancel = reverse("funding:withdrawal-cancel", args=[made.pk])
    page = web.get(reverse("funding:withdrawal-status", args=[made.pk])).content.decode()
    assert "It can’t be canceled any more." in page
    assert cancel not in page
    for answer in (web.get(cancel, follow=True), web.post(cancel, follow=True)):
        assert "too late to cancel" in answer.content.decode()
    made.refresh_from_db()
    assert made.cancel_asked_at is None
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert not bluum.requests("POST", "/cancel")
    assert not Notice.objects.filter(key__endswith=":too-late").exists()


@pytest.mark.parametrize("seen", [True, False])
def test_a_bank_that_starts_while_she_cancels_is_faster_and_she_is_told_once(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, bluum: Bluum, sandbox: World,
    settle_money: Callable[[], None], seen: bool,
) -> None:  # fmt: skip
    made = wish(account, bank)
    work.run_due(Withdrawal)
    web.post(reverse("funding:withdrawal-cancel", args=[made.pk]))
    if seen:  # before we ask again
        sandbox.clock.advance(timedelta(seconds=5))
    else:  # between our look and our asking to cancel
        faults.add(sandbox, {"kind": "status", "status": 409, "route": "*/cancel", "count": 1})
        work.run_due(Withdrawal)
        made.refresh_from_db()
        assert (made.status, made.error) == ("pending", "")
        sandbox.clock.advance(timedelta(seconds=5))
        made.poke()
    work.run_due(Withdrawal)
    page = web.get(reverse("funding:withdrawal-status", args=[made.pk])).content.decode()
    assert "It was too late to cancel" in page
    told = Notice.objects.get(key__endswith=":too-late")
    assert told.title == "It was too late to cancel $400.00"
    assert len(bluum.requests("POST", "/cancel")) == (0 if seen else 1)
    settle_money()
    made.refresh_from_db()
    assert made.status == "completed"
    assert Notice.objects.filter(key__endswith=":too-late").count() == 1


def test_canceled_after_the_sale_the_money_is_invested_again(
    account: Account,
    invested: Portfolio,
    bank: BankAccount,
    bluum: Bluum,
    settle: Callable[..., int],
) -> None:
    made = wish(account, bank, "500.00", may_sell=True)
    work.run_due(Withdrawal)
    made.refresh_from_db()
    assert made.sold_at
    services.cancel_withdrawal(withdrawal=made)
    settle()
    made.refresh_from_db()
    assert made.status == "canceled"
    assert not bluum.withdrawals
    assert Investment.objects.filter(cause=f"withdrawal-canceled:{made.pk}").exists()


def test_a_broken_bank_keeps_from_selling_and_what_was_sold_stays_as_cash(
    web: Client,
    account: Account,
    invested: Portfolio,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle: Callable[..., int],
) -> None:
    made = wish(account, bank, "500.00", may_sell=True)
    work.run_due(Withdrawal)
    made.refresh_from_db()
    assert made.sold_at
    sandbox_funding.turn(sandbox, bank.bluum_id, "ERROR")
    look_at_wallet(account)
    settle()
    page = web.get(reverse("funding:withdrawal-status", args=[made.pk])).content.decode()
    assert "is in your account as cash, and stays cash." in page
    assert f"Connect {bank} again, or choose another bank." in page
    told = [item.detail for item in agenda.things_to_do(account) if item.kind == "failed"]
    assert told == ["What was sold for it stays in your account as cash. See why, and what to do."]
    orders = len(sandbox.table("orders"))
    for status in ("ACTIVE", "ERROR"):  # mended, asked of again, and broken before anything is sold
        sandbox_funding.turn(sandbox, bank.bluum_id, status)
        look_at_wallet(account)
        if status == "ACTIVE":
            again = wish(account, bank, "900.00", may_sell=True)
    settle()
    again.refresh_from_db()
    assert again.failure_reason.endswith("connected again before money can go there.")
    assert (again.sold_at, len(sandbox.table("orders"))) == (None, orders)
    assert not bluum.withdrawals


def test_a_failed_one_says_why_and_asks_for_a_hand(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, settle_money: Any
) -> None:
    made = wish(account, bank, "102.01")  # fails with R02
    settle_money()
    made.refresh_from_db()
    assert made.status == "failed"
    page = web.get(reverse("funding:withdrawal-status", args=[made.pk])).content.decode()
    assert "this account is closed" in page
    assert "back in your account as cash" in page
    todo = [item.title for item in agenda.things_to_do(account)]
    assert "Your $102.01 withdrawal didn’t go through" in todo


def test_one_that_comes_back_after_arriving_is_noticed(
    web: Client,
    account: Account,
    bank: BankAccount,
    cash: Decimal,
    bluum: Bluum,
    sandbox: World,
    settle_money: Any,
) -> None:
    made = wish(account, bank)
    settle_money()
    transfers.give_back(sandbox, bluum.withdrawals[0]["withdrawal_id"], "R03")
    look_at_wallet(account)
    settle_money()
    made.refresh_from_db()
    assert made.status == "failed"
    assert made.was_returned
    page = web.get(reverse("funding:withdrawal-status", args=[made.pk])).content.decode()
    assert "$400.00</span> back." in page
    read_ledger(account)
    ledger = web.get("/money/activity/?kind=withdrawal").content.decode()
    assert "−$400.00" in ledger
    assert "+$400.00" in ledger


def test_cash_that_is_asked_for_is_not_invested_meanwhile(
    account: Account, policy: Policy, bank: BankAccount, cash: Decimal, settle: Any, bluum: Bluum
) -> None:
    made = wish(account, bank, "600.00")
    request_investment(account=account, amount=cash, cause="deposit:1")
    work.run_due(Investment)
    settle()
    made.refresh_from_db()
    assert made.status == "completed"
    bought = [o for o in bluum.world.table("orders").values() if o["side"] == "buy"]
    assert sum(o["notional"] for o in bought) <= Decimal("400.00")


def test_after_a_security_change_money_stays_in_for_three_days(
    web: Client, maya: Any, bank: BankAccount, cash: Decimal, pass_time: Any
) -> None:
    changed = web.post(
        reverse("account_change_password"),
        {
            "oldpassword": "correct horse battery",
            "password1": "staple battery horse 9",
            "password2": "staple battery horse 9",
        },
    )
    assert changed.status_code == 302, changed.content.decode()[:2000]
    page = web.get(FORM).content.decode()
    assert "Your password was changed, so money can’t be withdrawn until" in page
    assert reverse("accounts:was-not-me") in page
    assert Notice.objects.filter(title="Your password was changed").exists()
    with pytest.raises(services.NotPossible):
        wish(maya.account, bank)
    SecurityHold.objects.update(until=SecurityHold.objects.get().created_at)
    assert "How much would you like to withdraw?" in web.get(FORM).content.decode()


def test_each_change_by_which_someone_could_have_taken_over_keeps_money_in(
    account: Account, maya: Any
) -> None:
    told = {"request": None, "user": maya}
    at_allauth = (
        (password_reset, {}),
        (email_changed, {"from_email_address": None, "to_email_address": None}),
        (authenticator_added, {"authenticator": None}),
        (authenticator_removed, {"authenticator": None}),
        (authenticator_reset, {"authenticator": None}),
    )
    for signal, more in at_allauth:
        before = SecurityHold.objects.count()
        signal.send_robust(sender=type(maya), **told, **more)
        assert SecurityHold.objects.count() == before + 1, signal


def test_what_bluum_has_without_us_is_taken_in(
    web: Client, account: Account, bank: BankAccount, cash: Decimal, sandbox: World
) -> None:
    transfers.start_withdrawal(
        sandbox, account.bluum_id, amount=Decimal("70.00"), funding_source_id=bank.bluum_id
    )
    look_at_wallet(account)
    assert Withdrawal.objects.get().amount == Decimal("70.00")
    look_at_wallet(account)
    assert Withdrawal.objects.count() == 1
