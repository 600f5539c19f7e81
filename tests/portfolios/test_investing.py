"""Money that came in becomes investments: buys only, once, whatever happens on the way."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Mail, Notice
from portfolios import services
from portfolios.models import Investment, Policy, Portfolio
from robo import clients, work
from sandbox import faults
from sandbox import portfolio as buying
from sandbox.world import World
from tests.portfolios.conftest import refreshed

Money = Callable[[Account, Decimal], None]
Settle = Callable[..., int]
Pass = Callable[[timedelta], None]
THOUSAND = Decimal("1000.00")


def rebalances(sandbox: World) -> list[dict[str, Any]]:
    return list(sandbox.table("rebalances").values())


def orders(account: Account) -> Any:
    return clients.bluum().orders.list(str(account.bluum_id))


def test_a_deposit_is_invested_by_buying_only(
    account: Account, invested: Portfolio, sandbox: World
) -> None:
    assert Investment.objects.get().status == "completed"
    assert {order.side for order in orders(account)} == {"buy"}
    assert len(rebalances(sandbox)) == 1
    assert invested.cash is not None
    assert invested.cash < 5


def test_new_money_in_a_drifted_portfolio_sells_nothing(
    account: Account, invested: Portfolio, money: Money, settle: Settle, pass_time: Pass
) -> None:
    # Everything in one fund: the custodian itself would recommend sales.
    api, account_id = clients.bluum(), str(account.bluum_id)
    money(account, Decimal("5000.00"))
    api.portfolios.rebalance(
        account_id,
        str(invested.bluum_id),
        idempotency_key="all-in-one",
        execution_type="custom",
        custom_trades=[{"action": "buy", "symbol": "VTI", "notional": "5000.00"}],
    )
    pass_time(timedelta(seconds=30))
    analysis = api.portfolios.rebalancing(account_id, str(invested.bluum_id))
    assert "sell" in {trade.action for trade in analysis.recommended_trades}
    money(account, Decimal("500.00"))
    services.request_investment(account=account, amount=Decimal("500.00"), cause="deposit:2")
    settle()

    done = Investment.objects.get(cause="deposit:2")
    assert done.status == "completed"
    assert {order.side for order in orders(account)} == {"buy"}
    assert sum(Decimal(t["notional"]) for t in done.trades) <= Decimal("500.01")


def test_the_same_deposit_asks_for_one_investment(account: Account) -> None:
    first = services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    again = services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    assert first == again
    assert Investment.objects.count() == 1


def test_money_waits_for_a_policy(
    account: Account, proposal: Policy, money: Money, sandbox: World
) -> None:
    money(account, THOUSAND)
    services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    work.run_due(Investment)
    assert Investment.objects.get().status == "waiting"
    assert rebalances(sandbox) == []


def test_a_crash_between_sending_and_saving_makes_one_rebalance(
    account: Account, policy: Policy, money: Money, settle: Settle, sandbox: World
) -> None:
    money(account, THOUSAND)
    services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    # The connection breaks after the custodian has acted, as often as the client tries.
    faults.add(
        sandbox,
        {"route": "*/rebalancing", "method": "POST", "kind": "malformed", "count": 3},
    )
    work.run_due(Investment)
    assert Investment.objects.get().bluum_id is None
    settle()

    assert len(rebalances(sandbox)) == 1
    done = Investment.objects.get()
    assert done.status == "completed"
    assert done.bluum_id == rebalances(sandbox)[0]["rebalance_id"]


def test_while_another_rebalance_runs_the_money_waits_and_is_then_looked_at_anew(
    account: Account, invested: Portfolio, money: Money, settle: Settle, sandbox: World
) -> None:
    money(account, Decimal("300.00"))
    clients.bluum().portfolios.rebalance(
        str(account.bluum_id), str(invested.bluum_id), idempotency_key="somebody-else"
    )
    services.request_investment(account=account, amount=Decimal("300.00"), cause="deposit:2")
    work.run_due(Investment)
    waiting = Investment.objects.get(cause="deposit:2")
    assert waiting.status == "waiting"
    settle()
    waiting.refresh_from_db()
    assert waiting.status in {"not_needed", "completed"}
    assert refreshed(account).cash < 5


def test_nothing_to_invest_is_not_needed(
    web: Client, account: Account, policy: Policy, settle: Settle, sandbox: World
) -> None:
    services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    settle()
    assert Investment.objects.get().status == "not_needed"
    assert rebalances(sandbox) == []
    assert not web.get(reverse("portfolios:portfolio-rebalancing")).context["runs"]


def test_the_investor_is_told_once_what_was_bought(
    account: Account, invested: Portfolio, settle: Settle
) -> None:
    settle()
    told = Notice.objects.get(key__startswith="investment:")
    assert told.title == "Your $1,000.00 is invested"
    assert "VTI" in told.body
    assert "Nothing was sold." in told.body
    assert [m.subject for m in mail.outbox].count(told.title) == 1 or Mail.objects.exists()


def test_home_shows_what_the_custodian_says_the_portfolio_is_worth(
    web: Client, account: Account, invested: Portfolio
) -> None:
    from robo.ui import words

    said = clients.bluum().portfolios.summary(str(account.bluum_id), str(invested.bluum_id))
    assert invested.value == said.valuation.total_value
    page = web.get(reverse("home")).content.decode()
    whole, cents = words.money(said.valuation.total_value).split(".")
    assert f'{whole}<span class="cents">.{cents}</span>' in page


def test_holdings_and_their_sum_are_the_custodians(
    web: Client, account: Account, invested: Portfolio
) -> None:
    from robo.ui import words

    said = clients.bluum().portfolios.holdings(str(account.bluum_id), str(invested.bluum_id))
    page = web.get(reverse("portfolios:portfolio")).content.decode()
    for holding in said.holdings:
        assert holding.symbol in page
        assert words.money(holding.market_value) in page
    assert said.cash is not None
    parts = sum((h.market_value or 0 for h in said.holdings), said.cash.balance)
    assert parts == invested.value == said.totals.total_value


def test_what_the_custodian_bought_by_itself_is_explained_the_same_day(
    account: Account, policy: Policy, money: Money, settle: Settle, sandbox: World
) -> None:
    money(account, THOUSAND)
    buying.invest(sandbox, str(account.bluum_id), THOUSAND, "auto_invest")
    services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    settle()
    done = Investment.objects.get()
    assert done.status == "completed"
    assert {t["symbol"] for t in done.trades} == {o.symbol for o in orders(account)}
    assert rebalances(sandbox) == []
    assert "We invested $1,000.00: " in Notice.objects.get(key__startswith="investment:").body


def test_money_is_invested_once_it_is_bought_with_whatever_else_stays_as_cash(
    account: Account, policy: Policy, money: Money, settle: Settle, sandbox: World
) -> None:
    rules = sandbox.table("policies")[str(account.bluum_id)]["versions"][-1]["constraints"]
    rules.setdefault("liquidity_requirements", {})["minimum_cash_percent"] = "60.00"
    money(account, THOUSAND)
    services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    settle()
    assert Investment.objects.get().status == "completed"
    bought = sum(order.filled_qty * order.average_price for order in orders(account))
    assert 300 < bought < 500
    again = Decimal("500.00")  # of which less is bought with than lies there
    money(account, again)
    services.request_investment(account=account, amount=again, cause="deposit:2")
    settle()
    assert Investment.objects.get(cause="deposit:2").status == "completed"


def test_cash_that_leaves_while_it_is_being_invested_is_not_said_to_be_invested(
    account: Account, policy: Policy, money: Money, settle: Settle, pass_time: Pass, sandbox: World
) -> None:
    money(account, THOUSAND)
    services.request_investment(account=account, amount=THOUSAND, cause="deposit:1")
    work.run_due(Investment)  # asked for; no order is open yet
    planned = len(Investment.objects.get().trades)
    source = clients.bluum().funding_sources.list(str(account.bluum_id))[0]
    clients.bluum().withdrawals.create(
        str(account.bluum_id), amount=Decimal("400.00"), funding_source_id=source.id,
        idempotency_key="by somebody else",
    )  # fmt: skip
    for _ in range(3):
        pass_time(timedelta(seconds=10))
        work.run_due(Investment)
    assert Investment.objects.get().status != "completed"
    Investment.objects.update(sent_at=timezone.now() - timedelta(minutes=11))
    Investment.objects.all().poke()
    settle()
    assert Investment.objects.get().status == "completed"
    assert len(orders(account)) < planned
    told = Notice.objects.get(key__startswith="investment:")
    assert told.title == "Your $600.00 is invested"
