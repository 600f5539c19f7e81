"""What may move in a day and a week, what is held back, wires, and the rates of returns."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.utils import timezone

from accounts.models import Account
from accounts.services import account_of
from funding import calendar, limits, lots, services
from funding.models import Authorization, BankAccount, Deposit, Withdrawal
from funding.rates import return_rates
from portfolios.planning import taxes
from robo import work
from robo.backoffice.gauges import readings
from sandbox import faults
from sandbox.world import World
from tests.funding.conftest import Bluum, key_in, link_bank, sign_in
from tests.funding.test_withdrawals import look_at_wallet

D = Decimal


def pull(account: Account, bank: BankAccount, amount: str) -> Deposit:
    return services.request_deposit(account=account, bank=bank, amount=D(amount), key=uuid4())


def test_a_days_limit_is_said_kept_to_the_cent_and_lifts_tomorrow(
    web: Client, account: Account, bank: BankAccount, rules: Callable[..., None]
) -> None:
    rules(deposits_a_day=D("1000.00"), deposits_a_week=D("1500.00"))
    assert (
        "Up to $1,000.00 today; up to $1,500.00 within 7 days."
        in web.get("/money/deposit/").content.decode()
    )
    pull(account, bank, "400.00")
    page = web.get("/money/deposit/").content.decode()
    assert "$600.00 of $1,000.00 left today, more from" in page
    wish = {"key": key_in(web.get("/money/deposit/")), "bank": bank.pk, "amount": "600.01"}
    answer = web.post("/money/deposit/", wish)
    assert "Enter $600.00 or less." in answer.content.decode()
    with pytest.raises(services.NotPossible, match="more than can still be pulled today"):
        pull(account, bank, "600.01")
    pull(account, bank, "600.00")
    assert "That’s all that can be pulled for now" in web.get("/money/deposit/").content.decode()
    assert Deposit.objects.count() == 2
    Deposit.objects.update(created_at=timezone.now() - timedelta(days=2))
    room = limits.tightest(limits.rooms_in(account))
    assert (room.days, room.left) == (7, D("500.00"))
    today = timezone.now().astimezone(calendar.NEW_YORK).date()
    assert room.lifts_on == today + timedelta(days=5)


def test_what_came_to_nothing_uses_no_room(
    account: Account, bank: BankAccount, rules: Callable[..., None]
) -> None:
    rules(deposits_a_day=D("1000.00"))
    made = pull(account, bank, "1000.00")
    services.cancel_deposit(deposit=made)
    work.run_due(Deposit)
    pull(account, bank, "1000.00")


def test_auto_invest_and_what_people_send_use_no_room(account: Account, bank: BankAccount) -> None:
    schedule = services.request_schedule(
        account=account, bank=bank, amount=D("50.00"), frequency="monthly",
        day_of_week=None, day_of_month=1, start_date=date(2026, 12, 1), key=uuid4(),
    )  # fmt: skip
    Deposit.objects.create(account=account, bank=bank, amount=50, schedule=schedule)
    services.request_transfer(account=account, amount=D("900.00"), key=uuid4())
    assert {room.used for room in limits.rooms_in(account)} == {0}


def test_one_transfer_has_its_limit_either_way(
    web: Client, account: Account, bank: BankAccount, rules: Callable[..., None], omar: Any
) -> None:
    rules(deposit=D("500.00"), withdrawal=D("300.00"))
    page = web.get("/money/deposit/")
    wish = {"key": key_in(page), "bank": bank.pk, "amount": "500.01", "confirmed": "1"}
    assert "Enter $500.00 or less." in web.post("/money/deposit/", wish).content.decode()
    for amount in (D("300.01"), D("0.99")):
        with pytest.raises(services.NotPossible, match="in one transfer"):
            services.request_withdrawal(account=account, bank=bank, amount=amount, key=uuid4())
    BankAccount.objects.filter(pk=bank.pk).update(account=account_of(omar))
    bank.refresh_from_db()
    with pytest.raises(services.NotPossible, match="can’t be used"):
        services.request_withdrawal(account=account, bank=bank, amount=D("9.00"), key=uuid4())
    assert not Deposit.objects.exists()


def test_a_withdrawals_limit_is_kept_too(
    account: Account, bank: BankAccount, rules: Callable[..., None]
) -> None:
    rules(withdrawals_a_day=D("100.00"))
    out = dict(account=account, bank=bank)  # noqa: C408
    services.request_withdrawal(**out, amount=D("60.00"), key=uuid4())
    with pytest.raises(services.NotPossible, match="still be withdrawn today"):
        services.request_withdrawal(**out, amount=D("40.01"), key=uuid4())
    services.request_withdrawal(**out, amount=D("40.00"), key=uuid4())
    # Its sale failed, it was canceled, the bank sent it back: none of that has left.
    for status in ("refused", "canceled", "failed"):
        Withdrawal.objects.update(status=status)
        assert {room.used for room in limits.rooms_out(account)} == {0}


def test_a_new_bank_cools_off_and_says_so_when_it_is_linked(
    web: Client, account: Account, sandbox: World, rules: Callable[..., None]
) -> None:
    rules(new_bank_days=2)
    assert "After 2 bank days, for your safety" in web.get("/money/banks/link/").content.decode()
    bank = link_bank(account, sandbox)
    BankAccount.objects.update(created_at=timezone.now())
    bank.refresh_from_db()
    first = limits.takes_money_from(bank)
    assert first
    with pytest.raises(services.NotPossible, match="can be sent to"):
        services.request_withdrawal(account=account, bank=bank, amount=D("5.00"), key=uuid4())
    assert "Money can be sent to it from" in web.get("/money/banks/").content.decode()
    BankAccount.objects.update(created_at=timezone.now() - timedelta(days=9))
    bank.refresh_from_db()
    assert limits.takes_money_from(bank) is None


def test_a_deposit_that_came_lately_stays_in_as_long_as_was_said(
    web: Client,
    account: Account,
    bank: BankAccount,
    rules: Callable[..., None],
    settle_money: Callable[[], None],
) -> None:
    rules(deposit_days=3)
    assert "We keep it in 3 bank days" in web.get("/money/deposit/").content.decode()
    pull(account, bank, "500.00")
    settle_money()
    look_at_wallet(account)
    Deposit.objects.update(completed_at=timezone.now())
    held = limits.held(account)
    assert held.amount == D("500.00")
    assert held.until == limits.free_on(Deposit.objects.get())
    page = web.get("/money/withdraw/").content.decode()
    assert "$500.00</span> came lately and can leave from" in page
    Deposit.objects.update(completed_at=timezone.now() - timedelta(days=10))
    assert limits.held(account).amount == 0


def test_a_wire_comes_in_with_instructions_of_its_own(
    web: Client, account: Account, bluum: Bluum, sandbox: World
) -> None:
    page = web.get("/money/deposit/transfer/?method=wire&amount=2500")
    wish = {"key": key_in(page), "amount": "2,500", "method": "wire"}
    answer = web.post("/money/deposit/transfer/", wish)
    lost = {"kind": "malformed", "route": "*/deposits", "method": "POST", "count": 1}
    faults.add(sandbox, lost)
    work.run_due(Deposit)
    Deposit.objects.all().poke()  # the answer was lost: it is asked for again
    work.run_due(Deposit)
    assert len(bluum.deposits) == 1
    page = web.get(answer["Location"]).content.decode()
    assert "Wire it from your bank" in page
    assert "000123456789" in page
    assert "BLM" in page
    assert "as a PDF" not in page  # Bluum has one for bank transfers only
    assert bluum.deposits[0]["method"] == "wire"


def test_a_bank_transfers_instructions_are_kept_as_bluums_pdf(
    web: Client, account: Account, omar: Any, open_account: Callable[..., Account]
) -> None:
    open_account(omar, last_name="Haddad")
    made = services.request_transfer(account=account, amount=D("250.00"), key=uuid4())
    work.run_due(Deposit)
    url = f"/money/deposits/{made.pk}/instructions.pdf"
    assert url in web.get(f"/money/deposits/{made.pk}/").content.decode()
    assert web.get(url).content.startswith(b"%PDF")
    other = Client()
    sign_in(other, omar)
    assert other.get(url).status_code == 404
    assert "/sign-in/" in Client().get(url)["Location"]


def test_a_wire_goes_out_and_is_sooner_there(
    account: Account, bank: BankAccount, bluum: Bluum, sandbox: World
) -> None:
    from sandbox import transfers

    row = transfers.start_deposit(
        sandbox, account.bluum_id, amount=D("900.00"), funding_source_id=bank.bluum_id
    )
    transfers.settle(sandbox, row["deposit_id"])
    services.request_withdrawal(
        account=account, bank=bank, amount=D("300.00"), key=uuid4(), method="wire"
    )
    work.run_due(Withdrawal)
    assert [row["method"] for row in bluum.withdrawals] == ["wire"]
    asked = datetime(2026, 11, 17, 10, tzinfo=calendar.NEW_YORK)
    wire = calendar.way_out(asked, sells=False, wire=True)
    assert (wire.earliest, wire.latest) == (date(2026, 11, 17), date(2026, 11, 18))
    assert wire.latest < calendar.way_out(asked, sells=False).latest


def test_taking_back_an_authorization_pauses_and_cancels(
    web: Client,
    account: Account,
    bank: BankAccount,
    omar: Any,
    open_account: Callable[..., Account],
) -> None:
    open_account(omar, last_name="Haddad")
    schedule = services.request_schedule(
        account=account, bank=bank, amount=D("50.00"), frequency="monthly",
        day_of_week=None, day_of_month=1, start_date=date(2026, 12, 1), key=uuid4(),
    )  # fmt: skip
    made = pull(account, bank, "100.00")
    once, often = (Authorization.objects.get(kind=kind) for kind in ("once", "recurring"))
    url = f"/money/authorizations/{often.pk}/revoke/"
    assert url in web.get(f"/money/authorizations/{often.pk}/").content.decode()
    other = Client()
    sign_in(other, omar)
    assert other.get(url).status_code == other.post(url).status_code == 404
    assert "/sign-in/" in Client().get(url)["Location"]
    web.post(url)
    web.post(f"/money/authorizations/{once.pk}/revoke/")
    schedule.refresh_from_db()
    made.refresh_from_db()
    assert schedule.wanted == "paused"
    assert made.cancel_asked_at
    assert not Authorization.objects.filter(ended_at=None).exists()
    page = web.get(f"/money/authorizations/{often.pk}/").content.decode()
    assert "two years after it ended" in page
    assert often.text in page
    # Resuming asks for the agreement anew, in words; without it nothing is pulled.
    resume = f"/money/auto-invest/{schedule.pk}/resume/"
    web.post(resume)
    schedule.refresh_from_db()
    assert schedule.wanted == "paused"
    page = web.get(f"/money/auto-invest/{schedule.pk}/")
    assert page.context["agreement"] == often.text
    assert "Agree and resume $50.00" in page.content.decode()
    web.post(resume, {"agreed": page.context["agreed"]})
    schedule.refresh_from_db()
    fresh = Authorization.objects.get(ended_at=None)
    assert (schedule.wanted, fresh.text, fresh.ip is not None) == ("active", often.text, True)


@pytest.fixture
def returned(account: Account, bank: BankAccount) -> Callable[[str, int], None]:
    """So many deposits that were sent, failed with this; without a word they arrived."""

    def make(reason: str, count: int) -> None:
        Deposit.objects.bulk_create(
            Deposit(
                account=account, bank=bank, amount=D("5.00"), bluum_id=str(uuid4()), due_at=None,
                status="failed" if reason else "completed", failure_reason=reason,
            )
            for _ in range(count)
        )  # fmt: skip

    return make


def test_the_rates_of_returns_raise_an_alarm_at_half_the_limit(
    returned: Callable[[str, int], None], person: Callable[..., Any], iris: Any
) -> None:
    assert readings(iris) == []  # an advisor sees her book, not everybody's rates
    chief = person("chief@example.com", is_staff=True)
    chief.groups.add(Group.objects.get(name="supervisor"))
    assert len(readings(chief)) == 3
    returned("", 980)
    returned("R10: not authorized", 3)
    returned("R03: no account", 14)
    returned("R01: insufficient funds", 3)
    # None of these was pulled from a bank and sent back by it.
    returned("R10: not authorized", 3)
    for row, fact in zip(
        Deposit.objects.order_by("-pk")[:3],
        ({"status": "canceled"}, {"method": "wire"}, {"bluum_id": None}),
        strict=True,
    ):
        Deposit.objects.filter(pk=row.pk).update(**fact)
    found = {gauge.title: gauge for gauge in return_rates()}
    unauthorized = found["Unauthorized returns"]
    assert (unauthorized.count, unauthorized.of, unauthorized.state) == (3, 1000, "warn")
    assert found["Administrative returns"].state == ""
    assert found["All returns"].count == 20
    returned("out of order", 1)
    assert {g.title: g.count for g in return_rates()}["All returns"] == 20
    returned("R04: number not valid", 1)
    returned("R29: not authorized", 2)
    found = {gauge.title: gauge for gauge in return_rates()}
    assert found["Administrative returns"].state == ""
    assert found["Unauthorized returns"].state == "warn"
    returned("R07: withdrawn", 1)
    assert {g.title: g.state for g in return_rates()}["Unauthorized returns"] == "bad"
    Deposit.objects.update(created_at=timezone.now() - timedelta(days=61))
    assert {gauge.share for gauge in return_rates()} == {None}


def lot(shares: str, cost: str, days: int, now: datetime) -> lots.Lot:
    return lots.Lot(D(shares), D(cost), now - timedelta(days=days))


def test_a_sale_takes_the_lots_that_cost_the_least_tax_and_tells_both_terms() -> None:
    now = timezone.now()
    held = [lot("10", "500", 800, now), lot("10", "900", 200, now), lot("10", "1200", 400, now)]
    asked: dict[str, Any] = {"quantity": D(30), "value": D(3000), "at": now}
    aware = lots.gains_of(held, amount=D(1500), tax_aware=True, **asked)
    assert aware == lots.Gains(short=D("50.00"), long=D("-200.00"))
    oldest = lots.gains_of(held, amount=D(1500), tax_aware=False, **asked)
    assert oldest == lots.Gains(short=D("0.00"), long=D("400.00"))
    assert lots.gains_of(held[:2], amount=D(1500), tax_aware=True, **asked) is None


@pytest.mark.parametrize(
    ("short", "long", "tax"),
    [
        ("100", "100", "39.00"),
        ("100", "-40", "14.40"),
        ("-40", "100", "9.00"),
        ("-40", "-100", "0.00"),
        ("-140", "100", "0.00"),
    ],
)
def test_losses_of_one_term_lower_gains_of_the_other(short: str, long: str, tax: str) -> None:
    rates = taxes.rates_of(D("0.24"), 0)
    assert rates
    assert (rates.short, rates.long) == (D("0.24"), D("0.15"))
    assert lots.tax_on(lots.Gains(D(short), D(long)), rates) == D(tax)


def test_a_loss_beside_a_late_purchase_is_named_a_wash_sale() -> None:
    now = timezone.now()
    held = [lot("10", "1200", 400, now), lot("1", "100", 10, now)]
    found = lots.gains_of(
        held, quantity=D(11), value=D(1100), amount=D(500), at=now, tax_aware=True
    )
    assert found
    assert found.washed
    assert not replace(found, washed=False).washed
