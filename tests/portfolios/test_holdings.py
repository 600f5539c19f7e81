"""One fund's page, and what was traded."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account
from portfolios.mending import mending
from portfolios.models import Holding, Investment, Portfolio
from robo import partner
from robo.agenda import Item


def page_of(web: Client, symbol: str) -> Any:
    return web.get(reverse("portfolios:portfolio-holding", args=[symbol]))


def test_a_fund_says_why_it_is_here_and_what_it_costs(web: Client, invested: Portfolio) -> None:
    fees = partner.current().fees
    for holding in Holding.objects.filter(portfolio=invested):
        answer = page_of(web, holding.symbol)
        page = answer.content.decode()
        assert "Your <a" in page
        assert answer.context["band"].target > 0
        assert answer.context["own_fee"] == (holding.value * fees.advisory).quantize(
            Decimal("0.01")
        )
        assert "Trades in it" in page
        assert "A deposit arrived." in page or answer.context["trades"][0]["detail"]


def test_lots_add_up_to_the_shares_and_the_cost(web: Client, invested: Portfolio) -> None:
    for holding in Holding.objects.filter(portfolio=invested):
        lots = page_of(web, holding.symbol).context["lots"]
        assert sum(lot.quantity for lot in lots) == holding.quantity
        assert sum(lot.cost for lot in lots) == holding.cost_basis
        assert all(lot.bought for lot in lots)


def test_a_price_says_where_it_is_from_and_how_old_it_is(web: Client, invested: Portfolio) -> None:
    holding = Holding.objects.filter(portfolio=invested).first()
    assert holding is not None
    assert holding.price_source
    assert holding.price_at
    page = page_of(web, holding.symbol).content.decode()
    assert "From our custodian’s own records" in page
    assert "As of" in page


def test_what_isnt_known_of_a_fund_is_not_a_zero(web: Client, invested: Portfolio) -> None:
    Holding.objects.create(
        portfolio=invested, symbol="ODD", quantity=1, value=10, price=None, cost_basis=None
    )
    page = page_of(web, "ODD").content.decode()
    assert "not known" in page
    assert "$0.00" not in page.split("What you have")[1].split("Why it is here")[0]


def test_omar_gets_404_for_a_fund_only_maya_holds(
    client: Client, omar: Any, invested: Portfolio, apply_for: Callable[..., Account]
) -> None:
    apply_for(omar, tax_id="536229999")
    client.force_login(omar)
    symbol = Holding.objects.filter(portfolio=invested).values_list("symbol", flat=True)[0]
    assert page_of(client, symbol).status_code == 404


def test_every_run_has_its_reason_and_its_trades(web: Client, invested: Portfolio) -> None:
    page = web.get(reverse("portfolios:portfolio-rebalancing")).content.decode()
    assert "A deposit arrived." in page
    for holding in Holding.objects.filter(portfolio=invested):
        assert f">{holding.symbol}</a>" in page.split("Runs")[1]


def test_fifty_holdings_cost_the_queries_of_one(
    web: Client, invested: Portfolio, account: Account
) -> None:
    symbol = Holding.objects.filter(portfolio=invested).values_list("symbol", flat=True)[0]
    urls = [
        reverse("portfolios:portfolio-holding", args=[symbol]),
        reverse("portfolios:portfolio"),
        reverse("portfolios:portfolio-rebalancing"),
        reverse("portfolios:portfolio-rebalance"),
    ]

    def costs() -> list[int]:
        found = []
        for url in urls:
            with CaptureQueriesContext(connection) as queries:
                web.get(url)
            found.append(len(queries))
        return found

    costs()
    few = costs()
    for n in range(50):
        Holding.objects.create(portfolio=invested, symbol=f"X{n}", quantity=1, value=1)
        Investment.objects.create(account=account, cause=f"x:{n}", amount=1, status="completed")
    assert costs() == few
    assert max(few) <= 17


def drifted(row: Portfolio) -> Portfolio:
    row.value = Decimal("20500.00")
    row.allocation = {
        "equities": {"target": "60.00", "actual": "62.00", "drift": "2.00"},
        "fixed_income": {"target": "40.00", "actual": "38.00", "drift": "-2.00"},
    }
    row.save(update_fields=["value", "allocation"])
    return row


def test_the_portfolio_says_which_deposit_mends_its_drift(web: Client, invested: Portfolio) -> None:
    drifted(invested)
    page = web.get(reverse("portfolios:portfolio")).content.decode()
    assert "2.0% of your money, $410, sits in the wrong place" in page
    # 62 % of 20,500 is 60 % of 21,183.34; asked for in whole dollars.
    assert "/deposit/?amount=684" in page


def test_a_deposit_on_its_way_says_whether_it_is_enough(invested: Portfolio) -> None:
    def told(amount: str) -> str:
        coming = Item("", day=date(2026, 12, 15), amount=Decimal(amount), kind="deposit")
        found = mending(drifted(invested), Decimal("0.05"), [coming])
        assert found
        return found.sentence

    assert told("700.00") == "We act at 5%. Your $700 on Tue, Dec 15 fixes it without selling."
    assert "Your $300 on Tue, Dec 15 brings it to $230." in told("300.00")
