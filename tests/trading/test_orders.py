"""An order is one wish: checked, estimated, confirmed, sent once, followed to its end."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from funding.models import Withdrawal
from portfolios.models import TradingHalt
from robo import clients, partner, work
from sandbox import book, faults
from sandbox import orders as market
from tests.funding.conftest import key_in, sign_in
from tests.funding.test_loop import allowed
from tests.trading.conftest import market_is, run
from trading import services, sync
from trading.estimate import warnings
from trading.models import Asset, Desk, Hours, Order, Position, Quote

TICKET = "/trade/VTI/order/"


def fill_in(**changes):
    return {
        "key": str(uuid4()),
        "side": "buy",
        "type": "market",
        "by": "quantity",
        "quantity": "2",
        "time_in_force": "day",
    } | changes


def give(web, **changes):
    """By the ticket, the check and its button, as a person does. Returns the order."""
    answer = web.post(TICKET, fill_in(**changes))
    assert answer.status_code == 302, text(answer)
    check = web.get(answer.url)
    assert check.status_code == 200
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', text(check)))
    placed = web.post(TICKET, hidden | {"confirmed": "1"})
    assert placed.status_code == 302, text(placed)
    return Order.objects.get(pk=int(placed.url.split("/")[-2]))


def text(answer):
    return re.sub(r"\s+", " ", answer.content.decode())


def sent(bluum):
    return bluum.requests("POST", "/orders")


def remote(sandbox, order):
    order.refresh_from_db()
    return sandbox.table("orders")[order.bluum_id]


def test_a_market_order_is_checked_confirmed_sent_once_and_shown_as_filled(web, vti, bluum):
    order = give(web)
    assert order.status == "requested"
    page = web.get(reverse("trading:order", args=[order.pk]))
    assert "being sent" in text(page)
    run()
    order.refresh_from_db()
    assert (order.status, order.filled_quantity) == ("filled", 2)
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    assert "Bought 2 shares of VTI" in page
    assert 'hx-trigger="every 3s"' not in page
    assert len(sent(bluum)) == 1
    assert order.told["commission"] == "0"
    assert Notice.objects.get(key=f"order:{order.pk}:filled").topic == "portfolio"
    run()
    assert Position.objects.get(account=order.account, symbol="VTI").quantity == 2
    assert len(sent(bluum)) == 1


def test_the_check_says_price_commission_total_and_what_is_left(web, vti, settings):
    answer = web.post(TICKET, fill_in(quantity="3"))
    page = web.get(answer.url)
    quote = Quote.objects.get(asset=vti)
    total = (quote.ask * 3).quantize(Decimal("0.01"))
    shown = text(page)
    assert f"about ${total:,.2f}" in shown
    assert f"${10000 - total:,.2f}" in shown
    assert "No commission" in shown
    assert "Live price" in shown


def test_the_check_still_works_while_bluum_is_away_and_says_so(web, vti, sandbox):
    answer = web.post(TICKET, fill_in())
    faults.add(sandbox, {"kind": "status", "route": "/v1/*", "status": 503, "seconds": 9})
    page = text(web.get(answer.url))
    assert "the last one we have" in page
    assert "Buy 2 shares of VTI?" in page


def test_fifty_posts_of_one_form_are_one_order(web, vti, bluum):
    wish = fill_in(confirmed="1")
    for _ in range(5):
        assert web.post(TICKET, wish).status_code == 302
    run()
    assert Order.objects.count() == 1
    assert len(sent(bluum)) == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_posts_of_one_form_at_once_are_one_order_and_cash_is_spent_once(
    web, vti, bluum, account
):
    wish = fill_in(confirmed="1")
    cookies = web.cookies

    def press(_):
        from django.test import Client

        browser = Client()
        browser.cookies = cookies
        try:
            return browser.post(TICKET, wish).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as hands:
        assert set(hands.map(press, range(50))) == {302}
    assert Order.objects.count() == 1

    def buy():
        wish = {"symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day"}
        services.place(account=account, wish=Order(**wish, notional=6000))

    assert allowed(4, buy, services.NotPossible) == 1


def test_a_worker_that_dies_after_sending_sends_no_second_order(web, vti, bluum):
    order = give(web)
    sync.orders._send(order)  # and dies before the answer is written down
    Order.objects.update(held_until=timezone.now() - timedelta(seconds=1))
    run()
    order.refresh_from_db()
    assert order.status == "filled"
    assert len(sent(bluum)) == 1


def test_an_answer_lost_on_the_way_is_looked_for_before_sending_again(web, vti, bluum, sandbox):
    order = give(web)
    fault = {"kind": "timeout_after", "route": "/v1/trading/accounts/*/orders", "method": "POST"}
    faults.add(sandbox, {**fault, "seconds": 0})
    run()
    sandbox.table("faults").clear()
    order.refresh_from_db()
    assert order.status == "requested"
    order.poke()
    run()
    order.refresh_from_db()
    assert order.status == "filled"
    assert len(bluum.world.table("orders")) == 1


def test_a_no_to_an_order_that_bluum_has_is_not_believed(web, vti, account, sandbox):
    route = {"route": "/v1/trading/accounts/*/orders", "method": "POST", "count": 1}
    for status, code in ((409, "BLUM-409-002"), (422, "BLUM-422-001")):
        order = give(web, key=str(uuid4()))
        no = {"kind": "status", "status": status, "code": code, "done": True}
        faults.add(sandbox, route | no)
        run()
        assert remote(sandbox, order)["client_order_id"] == str(order.key)
        assert order.status == "filled"
    first = Order.objects.earliest("pk")
    for there in clients.bluum().orders.list(account.bluum_id):
        if there.id != first.bluum_id:
            with pytest.raises(ValueError, match="Another"):
                sync.orders.apply_order(first.pk, there)
    assert len(sandbox.table("orders")) == 2


def test_an_order_that_could_not_be_sent_for_an_hour_is_not_sent_any_more(web, vti, bluum):
    order = give(web)
    Order.objects.update(sent_at=timezone.now() - timedelta(hours=2))
    run()
    order.refresh_from_db()
    assert order.status == "refused"
    assert "for an hour" in order.reason
    assert not sent(bluum)


def test_a_limit_order_waits_and_can_be_canceled(web, vti, bluum, sandbox):
    last = Quote.objects.get(asset=vti).price
    order = give(web, type="limit", limit_price=str(last - 20), time_in_force="gtc")
    run()
    order.refresh_from_db()
    assert order.status == "accepted"
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    assert "It waits for" in page
    assert "Cancel this order" in page
    web.post(reverse("trading:order-cancel", args=[order.pk]))
    run()
    order.refresh_from_db()
    assert order.status == "canceled"
    assert remote(sandbox, order)["status"] == "canceled"


def test_a_cancel_that_comes_too_late_is_said(web, vti, sandbox):
    last = Quote.objects.get(asset=vti).price
    order = give(web, type="limit", limit_price=str(last - 20), time_in_force="gtc")
    run()
    market.fill_by_hand(sandbox, remote(sandbox, order))
    web.post(reverse("trading:order-cancel", args=[order.pk]))
    run()
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    assert "too late to cancel" in page
    again = web.post(reverse("trading:order-cancel", args=[order.pk]), follow=True)
    assert "too late to cancel" in text(again)


def test_a_cancel_before_sending_never_reaches_bluum(web, vti, bluum):
    order = give(web)
    web.post(reverse("trading:order-cancel", args=[order.pk]))
    run()
    order.refresh_from_db()
    assert order.status == "canceled"
    assert not sent(bluum)


def test_fills_in_parts_are_kept_each_and_add_up(web, vti, sandbox):
    last = Quote.objects.get(asset=vti).price
    order = give(web, type="limit", quantity="10", limit_price=str(last - 20), time_in_force="gtc")
    run()
    market.fill_by_hand(sandbox, remote(sandbox, order), Decimal(4), Decimal("100"))
    order.poke()
    run()
    early = clients.bluum().orders.retrieve(remote(sandbox, order)["id"])
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    assert "partly filled" in page
    assert "6 shares to go" in page
    market.fill_by_hand(sandbox, remote(sandbox, order), Decimal(6), Decimal("110"))
    order.poke()
    run()
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    assert "Bought 4 shares" in page
    assert "Bought 6 shares" in page
    assert "$1,060.00" in page
    assert sync.orders.apply_order(order.pk, early).filled_quantity == 10  # an answer that was late


def test_a_rejection_is_told_in_words(web, vti, sandbox):
    last = Quote.objects.get(asset=vti).price
    order = give(web, type="limit", limit_price=str(last - 20), time_in_force="gtc")
    run()
    market.reject(sandbox, remote(sandbox, order), "rejected_by_exchange")
    order.poke()
    run()
    assert "The exchange turned it down." in text(
        web.get(reverse("trading:order", args=[order.pk]))
    )
    assert Notice.objects.filter(key=f"order:{order.pk}:rejected").exists()


def test_a_webhook_brings_the_order_forward(web, vti, sandbox, settle):
    last = Quote.objects.get(asset=vti).price
    order = give(web, type="limit", limit_price=str(last - 20), time_in_force="gtc")
    run()
    Order.objects.update(due_at=timezone.now() + timedelta(days=1))
    from robo.webhooks.inbox import receive

    order.refresh_from_db()
    receive("bluum", "e1", "order.filled", {"id": order.bluum_id})
    work.run_due()
    market.fill_by_hand(sandbox, remote(sandbox, order))
    order.refresh_from_db()
    assert order.due_at < timezone.now() + timedelta(minutes=10)


TOGETHER = [
    ({"quantity": ""}, "Enter how many shares."),
    ({"quantity": "0"}, "above zero"),
    ({"quantity": "1000"}, "free to spend"),
    ({"side": "sell"}, "no shares of VTI"),
    ({"side": "sell", "by": "amount", "amount": "50"}, "no shares of VTI"),
    ({"time_in_force": "xyz"}, "Choose how long it counts."),
    ({"by": "amount", "amount": "0.50"}, "$1.00 or more"),
    ({"type": "limit", "limit_price": "20.005"}, "steps of a cent"),
    ({"type": "limit", "limit_price": "2"}, "very far from the last price"),
    ({"type": "stop", "stop_price": "2"}, "has to be above the last price"),
    ({"type": "trailing_stop", "trail": "100"}, "below 100"),
    ({"type": "trailing_stop", "trail_by": "price", "trail": "99999"}, "less than the price"),
    ({"type": "stop_limit", "stop_price": "900", "limit_price": "800"}, "never be filled"),
    ({"time_in_force": "gtc"}, "nothing to wait for"),
    ({"type": "stop", "stop_price": "900", "time_in_force": "cls"}, "needs a day, or longer"),
]


def test_what_does_not_go_together_is_said_beside_its_field(web, vti):
    for given, said in TOGETHER:
        answer = web.post(TICKET, fill_in(**given))
        assert answer.status_code == 422, given
        assert said in text(answer), given
    Asset.objects.filter(pk="VTI").update(is_tradable=False)
    assert "VTI can’t be traded at the moment." in text(web.post(TICKET, fill_in()))


def test_what_was_claimed_meanwhile_counts_down_to_the_row_that_is_written(
    vti, account, monkeypatch
):
    """The form was right when it was looked at: what is written looks again."""
    price = Quote.objects.get(asset=vti).bid
    cash, _ = services.buying_power(account)
    Withdrawal.objects.create(account=account, amount=100, due_at=None)
    assert services.buying_power(account)[0] == cash - 100
    Position.objects.create(account=account, symbol="VTI", quantity=4)
    mine = {"account": account, "symbol": "VTI", "type": "market", "time_in_force": "day"}
    Order.objects.create(**mine, side="sell", notional=price * 2, due_at=None)
    assert services.sellable(account, "VTI", price) == pytest.approx(2)
    ask = Quote.objects.get(asset=vti).ask
    ours = partner.current()
    fee = ours.trading.model_copy(update={"commission": Decimal(5)})
    changed = ours.model_copy(update={"trading": fee})
    monkeypatch.setattr(partner, "current", lambda: changed)
    all_of_it = cash - 100
    for wish, why in (
        ({"side": "buy", "notional": all_of_it}, "enough cash"),  # not with the commission
        ({"side": "buy", "quantity": all_of_it // ask + 1}, "enough cash"),
        ({"side": "sell", "quantity": Decimal("2.5")}, "many shares"),
        ({"side": "sell", "notional": price * 3}, "many shares"),
    ):
        with pytest.raises(services.NotPossible, match=why):
            services.place(account=account, wish=Order(**mine, **wish))
    TradingHalt.objects.create(account=account, reason="Checks.", started_by=account.user)
    with pytest.raises(services.NotPossible, match="stopped"):
        services.place(account=account, wish=Order(**mine, side="buy", quantity=1))
    assert Order.objects.count() == 1


def test_whole_shares_only_where_an_asset_is_not_fractionable(web, vti):
    answer = web.post("/trade/BA/order/", fill_in(quantity="1.5"))
    assert "BA is traded in whole shares only." in text(answer)
    assert 'name="by"' not in text(web.get("/trade/BA/order/"))


KINDS = [
    ({"by": "amount", "amount": "250"}, {"notional": Decimal(250), "quantity": None}),
    ({"type": "stop", "stop_price": "+20"}, {"type": "stop"}),
    ({"type": "stop_limit", "stop_price": "+20", "limit_price": "+25"}, {}),
    ({"type": "trailing_stop", "trail": "5"}, {"trail_percent": Decimal(5)}),
    ({"type": "trailing_stop", "trail_by": "price", "trail": "12.50"}, {"trail_percent": None}),
    ({"time_in_force": "ioc"}, {"time_in_force": "ioc"}),
    ({"time_in_force": "cls"}, {"time_in_force": "cls"}),
]


def test_every_kind_of_order_reaches_bluum_as_it_was_asked_for(web, vti, sandbox):
    last = Quote.objects.get(asset=vti).price
    for more, kept in KINDS:
        asked = {k: str(last + int(v)) if v.startswith("+") else v for k, v in more.items()}
        order = give(web, **asked)
        run()
        there = remote(sandbox, order)
        assert order.status not in ("requested", "refused"), order.reason
        for name in ("side", "type", "time_in_force", "limit_price", "stop_price"):
            assert there[name] == getattr(order, name)
        for name, value in kept.items():
            assert getattr(order, name) == value


def test_open_orders_count_against_the_cash_and_the_shares(web, vti, account):
    last = Quote.objects.get(asset=vti).price
    many = str(int(8000 // last))
    give(web, type="limit", quantity=many, limit_price=str(last - 1), time_in_force="gtc")
    answer = web.post(TICKET, fill_in(quantity=many))
    assert "with your open orders counted" in text(answer)  # not even sent yet
    run()
    answer = web.post(TICKET, fill_in(quantity=many))
    assert "with your open orders counted" in text(answer)


def test_a_sale_takes_no_more_than_is_free_and_the_rest_shows_its_gain(web, vti, account):
    give(web, quantity="4")
    run()
    run()
    last = Quote.objects.get(asset=vti).price
    give(web, side="sell", quantity="3", type="limit", limit_price=str(last + 30),
         time_in_force="gtc")  # fmt: skip
    answer = web.post(TICKET, fill_in(side="sell", quantity="2"))
    assert "You have 1 share free to sell" in text(answer)
    give(web, side="sell", quantity="1")
    run()
    run()
    page = text(web.get("/trade/VTI/"))
    assert "Taken by selling so far" in page


def test_a_sale_says_its_gain_and_tax_before_it_is_confirmed(web, vti, account):
    give(web, quantity="4")
    run()
    run()
    [fill] = Order.objects.get().events.filter(status="filled")
    fill.at = timezone.now() - timedelta(days=400)
    fill.save()
    bought = Order.objects.get().average_price
    limit = bought + 10

    def checked():
        wish = fill_in(side="sell", type="limit", limit_price=f"{limit}", quantity="3")
        return text(web.get(web.post(TICKET, wish).url))

    page = checked()
    assert "$30.00" in page.partition("Held for more than a year")[2][:300]
    assert "Gain taken" in page
    assert "Tax on it, at most" in page
    assert "about $7<" in page  # 23.8 % of 30 is 7.14
    for link in set(re.findall(r'href="(/[^"#?]*)', page.partition("<main")[2])):
        assert web.get(link).status_code == 200, link
    # Bought elsewhere, too: the lots aren't known, the average cost is.
    Position.objects.update(quantity=5, cost_basis=bought * 5)
    page = checked()
    assert "At average cost" in page
    assert "about $30.00" in page
    assert "Tax on it" not in page
    Position.objects.update(cost_basis=None)
    assert "isn’t known to us, so we can’t say what gain" in checked()
    assert "Gain and tax" not in text(web.get(web.post(TICKET, fill_in()).url))


def test_while_the_market_is_closed_the_ticket_says_when_it_runs(web, vti, sandbox):
    book.market(sandbox).hours = "xnys"
    sandbox.clock.advance(timedelta(hours=8))
    market_is(open_now=False)
    answer = web.post(TICKET, fill_in(time_in_force="fok"))
    assert "That needs an open market" in text(answer)
    check = web.get(web.post(TICKET, fill_in()).url)
    assert "The order waits until then." in text(check)
    assert "Price of the last close" in text(check)


def test_nobody_orders_before_the_disclosure_is_signed(client, omar, open_own, vti):
    account = open_own(omar, signed=False, email_address="omar@example.com")
    sign_in(client, omar)
    asked = client.get(TICKET).url
    assert asked.startswith(reverse("trading:disclosure"))
    assert client.post(TICKET, fill_in(confirmed="1")).url.startswith(reverse("trading:disclosure"))
    page = text(client.get(asked))
    assert "Nobody advises you here" in page
    told = dict(re.findall(r'type="hidden" name="(next|text)" value="([^"]*)"', page))
    assert client.post(asked, told).status_code == 422
    assert client.post(asked, told | {"text": "another", "agree": "1"}).status_code == 422
    assert not account.signatures.filter(kind="trading_disclosure").exists()
    with pytest.raises(services.NotPossible, match="read and sign"):
        services.place(account=account, wish=Order(symbol="VTI", side="buy", quantity=1))
    assert client.post(asked, told | {"agree": "1"}).url == TICKET
    signature = account.signatures.get(kind="trading_disclosure")
    assert signature.text.body in partner.current().kind("trading_disclosure").text
    assert client.get(TICKET).status_code == 200


def test_orders_given_elsewhere_are_taken_in(web, vti, account, sandbox):
    market.place(sandbox, account.bluum_id, {
        "symbol": "VTI", "side": "buy", "type": "market", "time_in_force": "day", "qty": "1",
    })  # fmt: skip
    Desk.objects.get(account=account).poke()
    run()
    assert "Buy 1 share of VTI" in text(web.get(reverse("trading:orders")))


def test_bluum_away_leaves_the_order_waiting_and_the_page_says_so(web, vti, sandbox):
    order = give(web)
    faults.add(sandbox, {"kind": "status", "route": "/v1/*", "status": 503, "seconds": 9})
    run()
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    assert "keep trying" in page


def test_the_key_of_the_form_goes_all_the_way(web, vti):
    page = web.get(TICKET)
    key = key_in(page)
    order = give(web, key=key)
    assert str(order.key) == key


def test_the_ticket_offers_only_the_times_that_go_with_the_type_and_says_why(web, vti):
    def offered(page):
        return re.findall(r'name="time_in_force" value="(\w+)"', page)

    assert offered(text(web.get(f"{TICKET}?type=limit"))) == Order.Tif.values
    page = text(web.get(f"{TICKET}?type=stop&time_in_force=fok"))
    assert offered(page) == ["day", "gtc"]
    assert "A stop waits for its price" in page
    assert "so it counts for the day now" in page
    market_is(open_now=False)
    assert offered(text(web.get(f"{TICKET}?type=limit"))) == ["day", "gtc", "opg", "cls"]


def test_all_the_cash_and_all_the_shares_fill_in_the_size(web, vti):
    page = text(web.get(f"{TICKET}?by=amount&all=1"))
    assert "10,000" in re.search(r'<input[^>]*name="amount"[^>]*>', page)[0]
    give(web, quantity="4")
    run()
    run()
    page = text(web.get(f"{TICKET}?side=sell&all=1"))
    assert 'value="4"' in re.search(r'<input[^>]*name="quantity"[^>]*>', page)[0]


def test_what_was_canceled_can_be_asked_for_again_as_it_was(web, vti, sandbox):
    last = Quote.objects.get(asset=vti).price
    order = give(web, type="limit", quantity="10", limit_price=str(last - 20), time_in_force="gtc")
    run()
    market.fill_by_hand(sandbox, remote(sandbox, order), Decimal(4), Decimal("100"))
    web.post(reverse("trading:order-cancel", args=[order.pk]))
    run()
    page = text(web.get(reverse("trading:order", args=[order.pk])))
    again = re.search(r'href="([^"]*)">Order again', page)[1].replace("&amp;", "&")
    ticket = text(web.get(again))
    assert 'value="6"' in re.search(r'<input[^>]*name="quantity"[^>]*>', ticket)[0]
    assert f'value="{(last - 20).normalize():f}"' in ticket
    assert re.search(r'value="gtc"[^>]*checked', ticket)


def test_a_market_order_is_warned_of_where_buyers_and_sellers_are_far_apart(web, vti):
    quote = Quote.objects.get(asset=vti)
    quote.bid, quote.ask = Decimal(97), Decimal(100)
    wish = Order(symbol="VTI", side="buy", type="market", quantity=1)
    said = " ".join(warnings(wish, quote, Hours(True, timezone.now(), known=True)))
    assert "3.0% apart" in said
    quote.bid = Decimal("99.95")
    assert not warnings(wish, quote, Hours(True, timezone.now(), known=True))
