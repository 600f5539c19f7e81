"""What a self-directed account was worth at past closes."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from accounts.models import Account
from funding.models import Ledger, Movement
from robo import work
from tests.trading.conftest import run
from tests.trading.test_orders import give, text
from trading.history import worth_by_day
from trading.models import Asset, Desk, Order, Position, Quote

DAYS = [date(2026, 11, day) for day in (16, 17, 18, 19, 20)]
PRICES = {"VTI": "10 11 12 13 14", "BND": "5 5 6 - 7"}


@pytest.fixture
def kept(account: Account) -> Account:
    """$1,000 came in, ten shares of VTI and twenty of BND were bought, four of VTI sold."""
    for symbol, prices in PRICES.items():
        asset, _ = Asset.objects.get_or_create(symbol=symbol)
        bars = [
            [datetime(day.year, day.month, day.day, 21, tzinfo=UTC).isoformat(), price]
            for day, price in zip(DAYS, prices.split(), strict=True)
            if price != "-"
        ]
        Quote.objects.update_or_create(asset=asset, defaults={"bars": {"year": bars}})
    Ledger.objects.update_or_create(account=account, defaults={"read_at": timezone.now()})
    Movement.objects.filter(account=account).delete()
    cash = Decimal(0)
    for number, (day, kind, amount, symbol, quantity) in enumerate(
        [
            (DAYS[0], "deposit", 1000, "", None),
            (DAYS[1], "buy", -110, "VTI", 10),
            (DAYS[2], "buy", -120, "BND", 20),
            (DAYS[4], "sell", 56, "VTI", 4),
            (DAYS[4], "withdrawal", -50, "", None),
        ]
    ):
        cash += amount
        Movement.objects.create(
            account=account, key=f"k{number}", kind=kind, day=day, month=day.replace(day=1),
            place=number, amount=amount, balance=cash, symbol=symbol, quantity=quantity,
        )  # fmt: skip
    for symbol, quantity in (("VTI", 6), ("BND", 20)):
        Position.objects.create(account=account, symbol=symbol, quantity=quantity)
    return account


def told(account: Account) -> list[tuple[int, str, str]]:
    positions = list(Position.objects.filter(account=account))
    return [(p.day.day, str(p.value), str(p.put_in)) for p in worth_by_day(account, positions)]


def test_each_close_is_cash_and_shares_and_a_day_without_a_price_is_left_out(kept):
    assert told(kept) == [
        (16, "1000.00", "1000.00"),
        (17, "1000.00", "1000.00"),
        (18, "1010.00", "1000.00"),
        (20, "1000.00", "950.00"),
    ]


@pytest.mark.parametrize("what", ["the cash", "the shares", "not read"])
def test_where_the_ledger_isnt_the_whole_story_no_line_is_drawn(kept, what):
    if what == "the cash":
        Ledger.objects.update(off_since=timezone.now())
    elif what == "the shares":
        Position.objects.filter(symbol="VTI").update(quantity=12)
    else:
        Ledger.objects.update(read_at=None)
    assert told(kept) == []


def test_home_draws_it_and_another_period_is_a_fragment(web, kept):
    page = text(web.get("/home/"))
    assert 'id="value"' in page
    assert "You put in" in page
    part = web.get("/home/?period=1m", headers={"hx-request": "true", "hx-target": "value"})
    assert b"<html" not in part.content
    assert "Past month" in text(part)
    Quote.objects.update(bars={})
    assert 'id="value"' not in text(web.get("/home/"))


def test_what_is_or_was_held_has_its_closes_read_without_anybody_looking(web, account, vti, bluum):
    give(web, quantity="4")
    run()
    run()
    Quote.objects.update(bars={}, bars_at={}, looked_at=None, due_at=None)
    Desk.objects.all().poke()
    run()
    work.run_due(Quote)
    quote = Quote.objects.get(asset=vti)
    assert quote.bars["year"]
    assert quote.due_at is None
    assert Order.objects.get().status == "filled"
    before = len(bluum.world.app.gateway.log)
    Desk.objects.all().poke()
    run()
    work.run_due(Quote)
    assert not [one for one in list(bluum.world.app.gateway.log)[before:] if "bars" in str(one)]
