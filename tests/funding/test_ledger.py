"""The ledger: what Bluum booked, kept line by line, adding up to the cash at any time."""

import io
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from ofxtools.Parser import OFXTree

from accounts import services as accounts
from accounts.models import Account
from funding import entries, ofx
from funding.models import BankAccount, Deposit, Ledger, Movement, Wallet
from funding.sync.ledger import Line, apply_months, look_after
from portfolios.models import Holding, Investment, Portfolio
from robo import clients
from sandbox import ledger as books
from sandbox import scenarios, transfers
from sandbox.app import create_app
from sandbox.world import World
from tests.conftest import START
from tests.funding.conftest import read_ledger, sign_in

NEW_YORK = ZoneInfo("America/New_York")
PAGE = "/money/activity/"
ZERO = Decimal(0)


@cache
def two_years() -> str:
    """A sandbox in which one account has lived for two years: deposits, trades and dividends."""
    world = World(seed=7, frozen=True, at=START, market="always")
    create_app(world, rate=0)
    scenarios.run(world, "two_years", accounts=1)
    return world.dump()


@pytest.fixture
def lived_in(sandbox: World, maya: Any) -> Account:
    sandbox.restore(two_years())
    account = accounts.account_of(maya)
    account.bluum_id = next(iter(sandbox.table("accounts")))
    account.status, account.opened_at = "ACTIVE", timezone.now() - timedelta(days=800)
    account.save()
    return account


@pytest.fixture
def lines(lived_in: Account) -> list[Movement]:
    return read_ledger(lived_in)


def cash_by_day(sandbox: World, account: Account) -> dict[date, Decimal]:
    """From the sandbox's own books: what moved, by New York day."""
    found: dict[date, Decimal] = defaultdict(Decimal)
    for move in books.movements(sandbox, str(account.bluum_id)):
        found[move["at"].astimezone(NEW_YORK).date()] += move["amount"]
    return found


def test_for_any_range_the_lines_are_the_change_in_cash(
    lines: list[Movement], lived_in: Account, sandbox: World
) -> None:
    moved = cash_by_day(sandbox, lived_in)
    days = sorted(moved)
    chance = Random(4)
    for _ in range(25):
        first, last = sorted((chance.choice(days), chance.choice(days)))
        choice = entries.chosen(lived_in, {"first": first.isoformat(), "last": last.isoformat()})
        shown = [e for e in entries.every_entry(choice) if e.amount is not None]
        theirs = sum((amount for day, amount in moved.items() if first <= day <= last), ZERO)
        assert sum((e.amount for e in shown), ZERO) == theirs == entries.total(choice).amount
        # and by the balances that stand beside them, the oldest line last
        assert shown[0].balance - (shown[-1].balance - shown[-1].amount) == theirs
    assert lines[-1].balance == books.balance(sandbox, str(lived_in.bluum_id))
    assert Ledger.objects.get().off_since is None


def test_read_again_it_is_the_same_ledger(lines: list[Movement], lived_in: Account) -> None:
    before = [(row.pk, row.fitid, row.balance, row.corrected_at) for row in lines]
    again = read_ledger(lived_in)
    assert [(row.pk, row.fitid, row.balance, row.corrected_at) for row in again] == before


def test_after_months_asleep_no_month_is_left_out(lines: list[Movement], lived_in: Account) -> None:
    asleep = timezone.now() - timedelta(days=250)
    Movement.objects.filter(day__gte=asleep.date()).delete()
    Ledger.objects.update(read_at=asleep)
    assert len(read_ledger(lived_in)) == len(lines)


def test_a_late_correction_is_taken_over_and_said(
    account: Account, client: Client, maya: Any
) -> None:
    month, day = date(2026, 10, 1), date(2026, 10, 30)
    Ledger.objects.get_or_create(account=account)
    paid = Line("dividend", day, Decimal("4.10"), "VTI", words="Dividend VTI")
    apply_months(account, {month: [Line("deposit", date(2026, 10, 2), Decimal(50)), paid]})
    first = list(Movement.objects.in_order())
    apply_months(
        account,
        {
            month: [Line("deposit", date(2026, 10, 2), Decimal(50))],
            # Posted on the first of the next month after all; then it is another amount.
            date(2026, 11, 1): [replace(paid, day=date(2026, 11, 1))],
        },
    )
    apply_months(
        account,
        {date(2026, 11, 1): [replace(paid, day=date(2026, 11, 1), amount=Decimal("4.47"))]},
    )
    after = list(Movement.objects.in_order())
    assert [row.fitid for row in after] == [row.fitid for row in first]
    assert [row.balance for row in after] == [Decimal(50), Decimal("54.47")]
    sign_in(client, maya)
    page = client.get(PAGE, {"q": "dividends VTI"}).content.decode()
    assert "+$4.47" in page
    assert "Our custodian changed it on" in page


def test_what_doesnt_add_up_is_said_and_then_mended(
    lines: list[Movement], lived_in: Account, client: Client, maya: Any
) -> None:
    Movement.objects.filter(pk=lines[40].pk).delete()
    read_ledger(lived_in)  # this month only: the lost line is older
    assert Ledger.objects.get().off_since is not None
    sign_in(client, maya)
    assert "don’t add up to the cash our custodian tells" in client.get(PAGE).content.decode()
    Ledger.objects.update(read_all_at=timezone.now() - timedelta(days=2))
    assert len(read_ledger(lived_in)) == len(lines)
    assert Ledger.objects.get().off_since is None


def test_a_return_that_took_only_what_was_there_is_told_with_what_it_took(
    account: Account, bank: BankAccount, sandbox: World, settle_money: Any
) -> None:
    deposit = Deposit.objects.create(account=account, bank=bank, amount=500)
    settle_money()
    clients.bluum().orders.create(
        str(account.bluum_id), symbol="VTI", side="buy", notional=Decimal(420), idempotency_key="1"
    )
    sandbox.clock.advance(timedelta(minutes=1))
    deposit.refresh_from_db()
    transfers.give_back(sandbox, deposit.bluum_id, "R01")
    deposit.poke()
    settle_money()
    rows = read_ledger(account)
    # The bank took the cash that was there, and the rest once it had been sold for.
    back = [row.amount for row in rows if row.kind == "deposit_return"]
    assert sorted(back) == [Decimal(-420), Decimal(-80)]
    assert sum(row.amount for row in rows) == books.balance(sandbox, str(account.bluum_id)) == 0
    assert next(row for row in rows if row.kind == "deposit").deposit == deposit


def test_when_the_cash_differs_the_ledger_is_read_at_once(
    account: Account, bank: BankAccount
) -> None:
    wallet = Wallet.objects.get(account=account)
    look_after(wallet)
    ledger = Ledger.objects.get(account=account)
    Ledger.objects.update(due_at=timezone.now() + timedelta(hours=6), balance=ZERO)
    wallet.balance = Decimal(12)
    look_after(wallet)
    ledger.refresh_from_db()
    assert ledger.due_at <= timezone.now()


def test_the_file_for_accounting_programs_is_one_they_read(
    lines: list[Movement], lived_in: Account, client: Client, maya: Any
) -> None:
    sign_in(client, maya)
    answer = client.get(reverse("funding:activity-ofx"))
    assert answer["Content-Type"] == "application/x-ofx"
    tree = OFXTree()
    tree.parse(io.BytesIO(answer.content))
    [told] = tree.convert().statements
    assert {type(move).__name__ for move in told.transactions} >= {
        "BUYSTOCK", "INCOME", "INVBANKTRAN",
    }  # fmt: skip
    assert len(told.transactions) == len(lines)
    fitids = {move.fitid for move in told.transactions if hasattr(move, "fitid")}
    assert fitids <= {row.fitid for row in lines}
    total = ZERO
    for move in told.transactions:
        total += move.trnamt if type(move).__name__ == "INVBANKTRAN" else move.total
    assert total == told.invbal.availcash
    assert {s.ticker for s in tree.convert().securities} == {r.symbol for r in lines if r.symbol}
    assert client.get(reverse("funding:activity-ofx")).content == answer.content
    few = client.get(reverse("funding:activity-ofx"), {"q": "VTI dividends"}).content.decode()
    assert few.count("<INCOME>") == sum(r.kind == "dividend" and r.symbol == "VTI" for r in lines)
    assert "<INVBANKTRAN>" not in few


def test_in_a_file_for_accounting_programs_what_leaves_has_a_minus(maya: Any) -> None:
    account, day, now = accounts.account_of(maya), date(2026, 11, 17), timezone.now()
    facts = {"symbol": "VTI", "price": Decimal(20)}
    rows = [
        Movement(account=account, key=kind, kind=kind, day=day, amount=Decimal(amount), **more)
        for kind, amount, more in (
            ("deposit", "100.00", {"words": "Deposit: Auto-invest: Every month 4924e646"}),
            ("buy", "-40.00", facts | {"quantity": Decimal(2)}),
            ("sell", "20.50", facts | {"quantity": Decimal(1)}),
            ("fee", "-1.25", {}),
        )
    ]
    portfolio = Portfolio.objects.create(account=account, due_at=None, as_of=now)
    Holding.objects.create(
        portfolio=portfolio, symbol="VTI", quantity=1, price=20, value=Decimal("20.75")
    )
    tree = OFXTree()
    cash = Decimal("79.25")
    file = ofx.statement(account, rows, first=day, last=day, cash=cash, now=now)
    tree.parse(io.BytesIO(file))
    [told] = tree.convert().statements
    paid, bought, sold, fee = told.transactions
    assert paid.memo == "Auto-invest, every month"  # the key is for us
    assert (paid.trnamt, fee.trnamt) == (Decimal("100.00"), Decimal("-1.25"))
    assert (bought.units, bought.total) == (2, Decimal("-40.00"))
    assert (sold.units, sold.total) == (-1, Decimal("20.50"))
    assert told.invbal.availcash == cash
    assert [position.mktval for position in told.positions] == [Decimal("20.75")]


def test_a_line_opens_to_its_facts_and_leads_on(
    lines: list[Movement], client: Client, maya: Any
) -> None:
    sign_in(client, maya)
    page = client.get(PAGE, {"q": "bought vti"}).content.decode()
    assert "Understood as Purchases, VTI." in page
    assert "Bought VTI" in page
    assert "<dt>Shares</dt>" in page
    assert 'href="/portfolio/VTI/"' in page


def test_pages_are_whole_days_and_hold_every_line_once(
    lines: list[Movement], lived_in: Account
) -> None:
    choice = entries.chosen(lived_in, {"only": "money"})
    seen: list[str] = []
    before, pages = None, 0
    while True:
        page = entries.page_of(choice, before)
        for entry in page.entries:
            seen += [one.anchor for one in entry.inside or (entry,)]
        pages += 1
        if page.older is None:
            break
        before = page.older
    assert sorted(seen) == sorted(f"m{row.pk}" for row in lines)
    assert pages > 3


def test_what_was_bought_together_is_one_line_and_the_cash_after_it_is_right(
    lines: list[Movement], lived_in: Account, client: Client, maya: Any
) -> None:
    """Two runs of one day, their lines mixed, and the day's dividends: a line for each."""
    buys = [row for row in lines if row.kind == "buy"]
    day = max(row.day for row in buys)
    mixed = [row for row in buys if row.day == day]
    assert len(mixed) > 4
    runs = [
        Investment.objects.create(account=lived_in, amount=1, cause=f"deposit:{n}", due_at=None)
        for n in range(2)
    ]
    for number, row in enumerate(mixed):
        row.run = runs[number % 2]
        row.save(update_fields=["run"])
    shown = entries.page_of(entries.chosen(lived_in, {"only": "money"}), None).entries
    both = [one for one in shown if one.day == day and one.kind == "buy"]
    assert [one.title.startswith("Invested in ") for one in both] == [True, True]
    assert sum(len(one.inside) for one in both) == len(mixed)
    assert sum(one.amount for one in both) == sum(row.amount for row in mixed)
    for newer, older in pairwise(shown):
        assert older.balance == newer.balance - newer.amount
    sign_in(client, maya)
    page = client.get(PAGE).content.decode()
    assert page.count(f'/portfolio/history/?run={runs[0].pk}#run-{runs[0].pk}"') > 1
    assert (
        f'id="run-{runs[0].pk}"'
        in client.get(
            reverse("portfolios:portfolio-rebalancing"), {"run": runs[0].pk}
        ).content.decode()
    )
    # Looked for by what fits some of them only, they stand alone.
    alone = client.get(PAGE, {"q": "bought vti"}).content.decode()
    assert "Invested in " not in alone
    files = client.get(reverse("funding:activity-csv"), {"kind": "buy"}).content.decode()
    assert len(files.splitlines()) == len(buys) + 1
    # Auto-invest's purchases are Bluum's run; what someone orders themselves is an order each.
    lived_in.movements.update(run=None)
    shown = entries.page_of(entries.chosen(lived_in, {"only": "money"}), None).entries
    assert [one.title for one in shown if one.day == day and one.kind == "buy"] == [
        f"Invested in {len({row.symbol for row in mixed})} funds"
    ]
    Account.objects.filter(pk=lived_in.pk).update(management_type="self_directed")
    lived_in.refresh_from_db()
    shown = entries.page_of(entries.chosen(lived_in, {"only": "money"}), None).entries
    assert not any(one.inside for one in shown)


def test_a_link_to_a_run_opens_the_page_it_is_on(
    account: Account, client: Client, maya: Any, omar: Any, open_account: Any
) -> None:
    old = Investment.objects.create(account=account, amount=1, cause="deposit:1", due_at=None)
    for n in range(2, 30):
        Investment.objects.create(account=account, amount=1, cause=f"deposit:{n}", due_at=None)
    sign_in(client, maya)
    url, anchor = reverse("portfolios:portfolio-rebalancing"), f'id="run-{old.pk}"'
    assert anchor not in client.get(url).content.decode()
    assert anchor in client.get(url, {"run": old.pk}).content.decode()
    client.logout()
    open_account(omar)
    sign_in(client, omar)
    for odd in (old.pk, "x", "9" * 40):
        assert anchor not in client.get(url, {"run": odd}).content.decode()


def test_ten_years_of_daily_lines_cost_no_more_queries_than_one_page(
    lines: list[Movement],
    lived_in: Account,
    client: Client,
    maya: Any,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    first = lines[0].day
    Movement.objects.bulk_create(
        Movement(
            account=lived_in, key=f"old:{n}", kind="dividend", amount=1, balance=n, symbol="VTI",
            day=first - timedelta(days=n), month=(first - timedelta(days=n)).replace(day=1),
        )
        for n in range(1, 3000)
    )  # fmt: skip
    sign_in(client, maya)
    client.get(PAGE)
    with django_assert_max_num_queries(18):
        page = client.get(PAGE, {"before": (first - timedelta(days=900)).isoformat()})
    assert page.content.decode().count('class="line"') == entries.PER_PAGE


def test_omar_sees_none_of_it(
    lines: list[Movement], client: Client, omar: Any, open_account: Any
) -> None:
    open_account(omar)
    sign_in(client, omar)
    for name in ("activity", "activity-csv", "activity-ofx"):
        assert "BNDX" not in client.get(reverse(f"funding:{name}")).content.decode()
    client.logout()
    for name in ("activity", "activity-csv", "activity-ofx"):
        assert "/login/" in client.get(reverse(f"funding:{name}"))["Location"]
