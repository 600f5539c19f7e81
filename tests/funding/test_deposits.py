"""Money in, from the form to invested, canceled, failed or taken back."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Notice
from funding.models import BankAccount, Deposit
from portfolios.models import Investment
from robo import work
from sandbox import faults, transfers
from sandbox.api import funding as sandbox_funding
from sandbox.world import World
from tests.funding.conftest import Bluum, key_in, link_bank, read_ledger, sign_in

FORM = "/money/deposit/"


def ask(web: Client, bank: BankAccount, amount: str = "500", **more: str) -> Any:
    """Fill in the form and confirm it, as a person does."""
    key = key_in(web.get(FORM))
    wish = {"key": key, "bank": str(bank.pk), "amount": amount, **more}
    checked = web.post(FORM, wish, follow=True)
    assert checked.redirect_chain, checked.content.decode()
    assert key_in(checked) == key
    return web.post(FORM, {**wish, "confirmed": "1"})


def test_a_deposit_goes_from_the_form_to_invested(
    web: Client, bank: BankAccount, bluum: Bluum, settle_money: Callable[[], None]
) -> None:
    answer = ask(web, bank, "1,234.5")
    deposit = Deposit.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == reverse("funding:deposit-status", args=[deposit.pk])
    page = web.get(answer["Location"]).content.decode()
    assert "$1,234.50</span> is on its way." in page
    assert "every 4s" in page

    settle_money()
    deposit.refresh_from_db()
    assert deposit.status == "completed"
    assert deposit.events.earliest("pk").status == "requested"
    assert bluum.deposits[0]["amount"] == Decimal("1234.50")
    investment = Investment.objects.get()
    assert (investment.cause, investment.amount) == (f"deposit:{deposit.pk}", deposit.amount)
    page = web.get(answer["Location"]).content.decode()
    assert "$1,234.50</span> has arrived" in page


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_of_one_form_at_once_are_one_deposit(web: Client, bank: BankAccount) -> None:
    wish = {"key": key_in(web.get(FORM)), "bank": bank.pk, "amount": "500", "confirmed": "1"}

    def press(_: int) -> tuple[int, str]:
        browser = Client()
        browser.cookies = web.cookies
        try:
            answer = browser.post(FORM, wish)
            return answer.status_code, answer["Location"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as hands:
        answers = set(hands.map(press, range(50)))
    deposit = Deposit.objects.get()
    assert answers == {(302, reverse("funding:deposit-status", args=[deposit.pk]))}


def test_the_days_are_said_before_the_button(web: Client, bank: BankAccount) -> None:
    page = web.get(FORM).content.decode()
    assert page.index("Invested by") < page.index("Check the deposit")
    assert "From $1.00 to $50,000.00" in page or "From $" in page


def test_the_confirmation_tells_consequences_in_words(web: Client, bank: BankAccount) -> None:
    key = key_in(web.get(FORM))
    page = web.post(
        FORM, {"key": key, "bank": bank.pk, "amount": "500"}, follow=True
    ).content.decode()
    assert "$500.00</span> leaves Checking ••3168 on" in page
    assert "Deposit $500.00" in page
    assert not Deposit.objects.exists()


@pytest.mark.parametrize(
    ("amount", "sentence"),
    [
        ("", "Enter an amount."),
        ("0", "or more."),
        ("-5", "or more."),
        ("1e9", "Enter an amount in dollars"),
        ("abc", "Enter an amount in dollars"),
        ("1.999", "two digits for cents"),
        ("1000000000", "Enter $50,000.00 or less."),
        ("50000.01", "Enter $50,000.00 or less."),
    ],
)
def test_a_bad_amount_gets_a_sentence_and_is_kept(
    web: Client, bank: BankAccount, amount: str, sentence: str
) -> None:
    key = key_in(web.get(FORM))
    answer = web.post(FORM, {"key": key, "bank": bank.pk, "amount": amount, "confirmed": "1"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert sentence in page
    assert key_in(answer) == key
    if amount in {"abc", "1e9"}:
        assert f'value="{amount}"' in page
    assert not Deposit.objects.exists()


def test_no_bank_and_another_persons_bank_are_refused_alike(
    web: Client,
    bank: BankAccount,
    omar: Any,
    open_account: Callable[..., Account],
    sandbox: World,
) -> None:
    theirs = link_bank(open_account(omar, last_name="Haddad"), sandbox, mask="9999")
    for chosen in ("", str(theirs.pk), "12345678", "abc"):
        key = key_in(web.get(FORM))
        answer = web.post(FORM, {"key": key, "bank": chosen, "amount": "500", "confirmed": "1"})
        assert answer.status_code == 422
        assert "Choose one of your linked banks." in answer.content.decode()
        assert "••9999" not in answer.content.decode()
    assert not Deposit.objects.exists()


def test_a_form_without_a_key_that_can_be_read_moves_nothing_and_keeps_the_amount(
    web: Client, bank: BankAccount
) -> None:
    answer = web.post(FORM, {"key": "old", "bank": bank.pk, "amount": "500", "confirmed": "1"})
    assert answer.status_code == 422
    assert "too old to send" in answer.content.decode()
    assert 'value="500"' in answer.content.decode()
    assert key_in(answer)
    assert not Deposit.objects.exists()


def test_without_a_bank_the_form_leads_to_linking_and_back(web: Client, account: Account) -> None:
    page = web.get(FORM).content.decode()
    assert f"{reverse('funding:link')}?next=/money/deposit/" in page


def test_two_presses_and_the_back_button_are_one_deposit(
    web: Client, bank: BankAccount, bluum: Bluum, settle_money: Callable[[], None]
) -> None:
    key = key_in(web.get(FORM))
    wish = {"key": key, "bank": bank.pk, "amount": "500", "confirmed": "1"}
    first, second = web.post(FORM, wish), web.post(FORM, wish)
    assert first["Location"] == second["Location"]
    settle_money()
    again = web.post(FORM, {**wish, "amount": "700"})
    assert again["Location"] == first["Location"]
    assert Deposit.objects.get().amount == 500
    assert len(bluum.requests("POST", "/deposits")) == 1


def test_the_wish_in_words_can_be_reloaded_and_gone_back_to(web: Client, bank: BankAccount) -> None:
    key = key_in(web.get(FORM))
    sent = web.post(FORM, {"key": key, "bank": bank.pk, "amount": "432.10"})
    assert sent.status_code == 302
    for _ in range(2):
        page = web.get(sent["Location"])
        assert page.status_code == 200
        assert "Deposit $432.10" in page.content.decode()
        assert key_in(page) == key
    assert not Deposit.objects.exists()


def test_change_it_goes_back_to_the_form_with_everything_kept(
    web: Client, bank: BankAccount
) -> None:
    key = key_in(web.get(FORM))
    answer = web.post(
        FORM, {"key": key, "bank": bank.pk, "amount": "432.10", "edit": "1"}, follow=True
    )
    assert 'value="432.10"' in answer.content.decode()
    assert key_in(answer) == key


def test_omar_finds_nothing_of_mayas(
    web: Client,
    bank: BankAccount,
    omar: Any,
    open_account: Callable[..., Account],
) -> None:
    open_account(omar, last_name="Haddad")
    ask(web, bank)
    deposit = Deposit.objects.get()
    other = Client()
    sign_in(other, omar)
    for name in ("deposit-status", "deposit-cancel"):
        assert other.get(reverse(f"funding:{name}", args=[deposit.pk])).status_code == 404
    assert other.post(reverse("funding:deposit-cancel", args=[deposit.pk])).status_code == 404
    assert "500" not in other.get(reverse("funding:activity-csv")).content.decode()


def test_a_cancel_before_sending_never_reaches_bluum(
    web: Client, bank: BankAccount, bluum: Bluum, settle_money: Callable[[], None]
) -> None:
    ask(web, bank)
    deposit = Deposit.objects.get()
    cancel = reverse("funding:deposit-cancel", args=[deposit.pk])
    assert "Leave it" in web.get(cancel).content.decode()
    web.post(cancel)
    settle_money()
    deposit.refresh_from_db()
    assert deposit.status == "canceled"
    assert bluum.deposits == []
    assert bluum.requests("POST", "/deposits") == []
    page = web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
    assert "$500.00</span> deposit is canceled." in page
    assert "every 4s" not in page


def test_a_cancel_after_sending_is_canceled_at_bluum(
    web: Client, bank: BankAccount, bluum: Bluum, settle_money: Callable[[], None]
) -> None:
    ask(web, bank)
    work.run_due(Deposit)
    deposit = Deposit.objects.get()
    assert deposit.status == "pending"
    web.post(reverse("funding:deposit-cancel", args=[deposit.pk]))
    settle_money()
    deposit.refresh_from_db()
    assert deposit.status == "canceled"
    assert bluum.deposits[0]["status"] == "canceled"
    assert not Investment.objects.exists()


def test_a_cancel_that_comes_too_late_is_told_kindly(
    web: Client,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    ask(web, bank)
    work.run_due(Deposit)
    deposit = Deposit.objects.get()
    # At Bluum the bank run starts between our last look and the press.
    bluum.deposits[0]["status"] = "processing"
    web.post(reverse("funding:deposit-cancel", args=[deposit.pk]))
    deposit.refresh_from_db()
    assert deposit.cancel_asked_at
    work.run_due(Deposit)
    page = web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
    assert "It was too late to cancel" in page
    assert not bluum.requests("POST", "/cancel")
    assert Notice.objects.filter(key=f"deposit-too-late:{deposit.pk}").count() == 1
    sandbox.schedule(sandbox.clock.now(), "transfer.advance", transfer_id=deposit.bluum_id or
                     Deposit.objects.get().bluum_id, status="processing")  # fmt: skip
    settle_money()
    assert Deposit.objects.get().status == "completed"


def test_once_the_bank_has_started_it_canceling_is_refused_and_it_arrives(
    web: Client,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    ask(web, bank)
    work.run_due(Deposit)
    sandbox.clock.advance(timedelta(seconds=5))
    deposit = Deposit.objects.get()
    deposit.poke()
    work.run_due(Deposit)
    deposit.refresh_from_db()
    assert deposit.status == "processing"
    cancel = reverse("funding:deposit-cancel", args=[deposit.pk])
    assert (
        cancel not in web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
    )
    for answer in (web.get(cancel, follow=True), web.post(cancel, follow=True)):
        assert "too late to cancel" in answer.content.decode()
    deposit.refresh_from_db()
    assert deposit.cancel_asked_at is None
    settle_money()
    assert Deposit.objects.get().status == "completed"
    assert not bluum.requests("POST", "/cancel")
    assert not Notice.objects.filter(key__startswith="deposit-too-late").exists()


def test_a_bank_that_starts_between_our_look_and_our_asking_is_faster_and_told_once(
    web: Client,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    ask(web, bank)
    work.run_due(Deposit)
    web.post(reverse("funding:deposit-cancel", args=[Deposit.objects.get().pk]))
    faults.add(sandbox, {"kind": "status", "status": 409, "route": "*/cancel", "count": 1})
    work.run_due(Deposit)
    deposit = Deposit.objects.get()
    assert (deposit.status, deposit.error) == ("pending", "")
    sandbox.clock.advance(timedelta(seconds=5))
    deposit.poke()
    settle_money()
    assert Deposit.objects.get().status == "completed"
    assert len(bluum.requests("POST", "/cancel")) == 1
    assert Notice.objects.filter(key=f"deposit-too-late:{deposit.pk}").count() == 1


def test_a_deposit_that_fails_says_why_and_what_to_do(
    web: Client, bank: BankAccount, settle_money: Callable[[], None]
) -> None:
    ask(web, bank, "500.01")
    settle_money()
    deposit = Deposit.objects.get()
    assert deposit.status == "failed"
    page = web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
    assert "didn’t go through" in page
    assert "enough money" in page
    assert "Deposit again" in page
    assert Notice.objects.filter(key=f"deposit-failed:{deposit.pk}").count() == 1
    assert not Investment.objects.exists()


def test_a_return_after_completion_is_told_and_counted(
    web: Client,
    bank: BankAccount,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    ask(web, bank, "500")
    settle_money()
    deposit = Deposit.objects.get()
    assert deposit.status == "completed"
    transfers.give_back(sandbox, deposit.bluum_id, "R01")
    deposit.poke()  # as the webhook's handler or the wallet's look does
    settle_money()
    deposit.refresh_from_db()
    assert deposit.status == "failed"
    assert deposit.was_returned
    page = web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
    assert "$500.00</span> back." in page
    assert Notice.objects.filter(key=f"deposit-returned:{deposit.pk}").count() == 1
    read_ledger(deposit.account)
    ledger = web.get(reverse("funding:activity")).content.decode()
    assert "+$500.00" in ledger
    assert "−$500.00" in ledger


def test_a_refusal_by_bluum_settles_the_deposit_and_says_so(
    web: Client, bank: BankAccount, sandbox: World, settle_money: Callable[[], None]
) -> None:
    ask(web, bank)
    sandbox_funding.turn(sandbox, bank.bluum_id, "DISCONNECTED")
    settle_money()
    deposit = Deposit.objects.get()
    assert deposit.status == "refused"
    page = web.get(reverse("funding:deposit-status", args=[deposit.pk])).content.decode()
    assert "can’t be used any more" in page


def test_an_answer_that_arrives_cut_off_makes_one_deposit(
    web: Client,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
) -> None:
    faults.add(
        sandbox, {"kind": "malformed", "route": "/v1/accounts/*/deposits", "method": "POST",
                  "count": 1}
    )  # fmt: skip
    ask(web, bank)
    settle_money()
    assert len(bluum.deposits) == 1
    assert Deposit.objects.get().status == "completed"
    assert Investment.objects.count() == 1


def test_after_a_day_we_look_before_we_send_again(
    web: Client,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    faults.add(sandbox, {"kind": "malformed", "route": "/v1/accounts/*/deposits", "method": "POST"})
    ask(web, bank)
    work.run_due(Deposit)
    assert len(bluum.deposits) == 1
    sandbox.table("faults").clear()
    # A day later: Bluum has forgotten the key.
    sandbox.table("idempotency").clear()
    row = Deposit.objects.get()
    Deposit.objects.update(sent_at=row.sent_at - timedelta(hours=25))
    row.poke()
    settle_money()
    assert len(bluum.deposits) == 1
    assert Deposit.objects.get().status == "completed"


def test_an_hour_of_outage_costs_only_time(
    web: Client,
    bank: BankAccount,
    bluum: Bluum,
    sandbox: World,
    settle_money: Callable[[], None],
    pass_time: Callable[[timedelta], None],
) -> None:
    faults.add(sandbox, {"kind": "status", "route": "/v1/*", "status": 503, "seconds": 1})
    ask(web, bank)
    for _ in range(6):
        work.run_due(Deposit)
        pass_time(timedelta(minutes=10))
    deposit = Deposit.objects.get()
    assert (deposit.status, deposit.stuck_at) == ("requested", None)
    sandbox.table("faults").clear()
    settle_money()
    assert Deposit.objects.get().status == "completed"
    assert len(bluum.deposits) == 1
    assert Investment.objects.count() == 1


def test_the_status_fragment_is_a_fragment_and_stops_when_settled(
    web: Client, bank: BankAccount, settle_money: Callable[[], None]
) -> None:
    ask(web, bank, "500.01")
    url = reverse("funding:deposit-status", args=[Deposit.objects.get().pk])
    moving = web.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in moving
    assert "every 4s" in moving
    settle_money()
    assert "every 4s" not in web.get(url, headers={"HX-Request": "true"}).content.decode()
