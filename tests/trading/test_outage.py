"""Bluum answering badly, and Bluum gone, while somebody trades: each order comes true once."""

from datetime import timedelta
from decimal import Decimal

from funding.models import Wallet
from robo import clients, work
from sandbox import faults
from tests.funding.test_outage import (
    AN_HOUR,
    AWAY,
    LOST,
    ONE_IN_TEN,
    each_wish_kept_its_key,
    look,
)
from tests.trading.conftest import CASH
from tests.trading.test_orders import give
from trading.models import Desk, Order, Position, Quote

SOON = timedelta(seconds=30)


def later(pass_time, by=SOON, rounds=12):
    for _ in range(rounds):
        work.run_due(Order, Wallet, Desk)
        pass_time(by)


def test_orders_and_a_cancel_come_true_once_through_lost_answers_and_an_hour_away(
    web, account, vti, sandbox, pass_time
):
    give(web, quantity="4")
    later(pass_time, rounds=2)
    for fault in (LOST, {**LOST, "method": "DELETE"}, *ONE_IN_TEN):
        faults.add(sandbox, fault)
    far = str(Quote.objects.get(asset=vti).price - 20)
    waits = {"type": "limit", "limit_price": far, "time_in_force": "gtc"}
    bought, sold = give(web, quantity="2"), give(web, side="sell", quantity="1")
    dollars, taken_back = give(web, by="amount", amount="50"), give(web, **waits)
    later(pass_time)
    assert web.post(f"/trade/orders/{taken_back.pk}/cancel/").status_code == 302
    later(pass_time)
    faults.clear(sandbox)

    faults.add(sandbox, {**LOST, "rate": 1})
    taken = give(web, quantity="1", key="6f0c1c2e-8f5b-4d3c-9d27-0d3f1f4a9a22")
    work.run_due(Order)
    faults.add(sandbox, AWAY)
    waiting = give(web, quantity="3", key="6f0c1c2e-8f5b-4d3c-9d27-0d3f1f4a9a33")
    later(pass_time, AN_HOUR / 12)
    Order.objects.filter(status="requested").update(sent_at=Order.objects.get(pk=taken.pk).sent_at)
    pages = [("trading:order", one) for one in (taken, waiting)]
    look(web, sandbox, "home", "trading:orders", *pages)
    faults.clear(sandbox)
    later(pass_time)

    each_wish_kept_its_key(sandbox)
    there = sandbox.table("orders").values()
    assert len({row["client_order_id"] for row in there}) == len(there) == 7
    statuses = [row["status"] for row in there]
    assert statuses.count("filled") == 6
    taken_back.refresh_from_db()
    assert taken_back.status == "canceled" == sandbox.table("orders")[taken_back.bluum_id]["status"]
    assert not Order.objects.exclude(pk=taken_back.pk).exclude(status="filled")
    for order in (bought, sold, dollars, taken, waiting):
        order.refresh_from_db()
    shares = 4 + 2 - 1 + 1 + 3 + dollars.filled_quantity
    assert Position.objects.get(account=account, symbol="VTI").quantity == shares
    filled = Order.objects.exclude(pk=taken_back.pk)
    spent = sum((o.filled_amount if o.is_buy else -o.filled_amount for o in filled), Decimal(0))
    (cash,) = (w.balance for w in clients.bluum().wallets.list(account.bluum_id) if w.balance)
    assert abs(CASH - spent - cash) <= Decimal("0.03")
    assert Wallet.objects.get(account=account).balance == cash
