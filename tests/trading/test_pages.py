"""Search, quotes, home and lists of a person who trades; and who may see them."""

import re
from datetime import timedelta
from decimal import Decimal

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from robo import partner, work
from tests.funding.conftest import sign_in
from tests.trading.conftest import run
from tests.trading.test_orders import give, text
from trading.models import Asset, Desk, Order, Quote
from trading.views import quotes

PAGES = ("/trade/", "/trade/VTI/", "/trade/VTI/order/", "/trade/orders/", "/trade/disclosure/")


def test_the_search_finds_by_symbol_first_and_by_name(web, vti):
    page = text(web.get("/trade/?q=vti"))
    assert "/trade/VTI/" in page
    assert "Apple" in text(web.get("/trade/?q=apple"))
    assert "Nothing found" in text(web.get("/trade/?q=zzzz"))


def test_the_quote_says_how_fresh_the_price_is(web, vti):
    page = text(web.get("/trade/VTI/"))
    assert "Live price" in page
    for confidence, said in (("DELAYED", "Delayed price"), ("STALE", "Old price")):
        Quote.objects.update(confidence=confidence)
        assert said in text(web.get("/trade/VTI/"))
    yesterday = timezone.now() - timedelta(days=1)
    for confidence, said in (("REAL_TIME", "Old price"), ("END_OF_DAY", "Price of the last close")):
        Quote.objects.update(confidence=confidence, refreshed_at=yesterday, previous_close=1)
        page = text(web.get("/trade/VTI/"))
        assert said in page
        assert ("since the close before" in page) == (confidence == "END_OF_DAY")
        assert ("$" in text(web.get("/trade/?q=vti"))) == (confidence == "END_OF_DAY")
    Quote.objects.update(price=None, confidence="UNAVAILABLE")
    assert "no price at the moment" in text(web.get("/trade/VTI/"))


def test_a_quote_is_read_anew_only_while_somebody_looks(web, vti, bluum):
    web.get("/trade/VTI/")
    work.run_due(Quote)
    quote = Quote.objects.get(asset=vti)
    assert quote.due_at is not None
    Quote.objects.update(looked_at=timezone.now() - timedelta(minutes=5), due_at=timezone.now())
    work.run_due(Quote)
    assert Quote.objects.get(asset=vti).due_at is None


def test_a_page_never_asks_bluum(web, vti, bluum):
    before = len(bluum.world.app.gateway.log)
    for page in ("/home/", "/trade/", "/trade/VTI/", "/trade/VTI/order/", "/trade/orders/"):
        assert web.get(page).status_code == 200
    assert len(bluum.world.app.gateway.log) == before


def test_every_period_has_a_chart(web, vti):
    for period in ("1d", "1w", "1m", "3m", "1y", "5y"):
        page = text(web.get(f"/trade/VTI/?period={period}"))
        assert "View as table" in page, period


def test_a_chart_can_be_drawn_as_candles_that_lose_no_high_and_no_low(web, vti):
    for period in ("1d", "3m", "1y", "5y"):
        answer = web.get(f"/trade/VTI/?period={period}&shape=candles")
        page, drawn = text(answer), answer.context["chart"]
        assert drawn.rose, period
        assert drawn.fell, period
        assert "Draw it as a line" in page
        row, (_, _, reach, days) = answer.context["quote"], quotes.PERIODS[period]
        points = quotes.points_of(row, reach, days)
        candles, each = quotes.as_candles(points)
        assert len(candles) <= 70
        assert candles[0].open == points[0].open
        assert candles[-1].close == points[-1].close
        assert max(one.high for one in candles) == max(one.high for one in points)
        assert min(one.low for one in candles) == min(one.low for one in points)
        assert (each > 1) == ("Each stands for" in page)
    # Kept before bars were kept whole: a line, whatever is asked for.
    Quote.objects.update(
        bars={"year": [["2026-11-20T21:00:00+00:00", "10"], ["2026-11-23T21:00:00+00:00", "11"]]}
    )
    answer = web.get("/trade/VTI/?period=1m&shape=candles")
    assert answer.context["chart"].line
    assert "Draw it as" not in text(answer)


def test_a_quote_says_how_low_and_high_it_went_in_a_day_and_a_year(web, vti):
    answer = web.get("/trade/VTI/")
    row, page = answer.context["quote"], text(answer)
    (day, *today), (name, low, high) = answer.context["ranges"]
    bars = [[Decimal(one) for one in bar[1:]] for bar in row.bars["year"]]
    assert name == "52 weeks"
    assert (low, high) == (min(bar[3] for bar in bars[-252:]), max(bar[2] for bar in bars[-252:]))
    assert low <= today[0] <= today[1] <= high
    assert f"Lowest and highest, {day}" in page
    Quote.objects.update(bars={})
    assert "Lowest and highest" not in text(web.get("/trade/VTI/"))


def test_home_adds_up_cash_and_positions(web, vti, account):
    give(web, quantity="4")
    run()
    run()
    page = text(web.get("/home/"))
    assert "$10,000.00" in re.sub(r"<[^>]+>", "", page)
    assert "VTI" in page
    assert "Free to spend" in page


def test_a_partner_without_it_has_no_trading_pages_for_anybody(
    web, vti, monkeypatch, django_user_model
):
    order = give(web, time_in_force="cls")
    ours = partner.current()
    off = ours.model_copy(
        update={"features": ours.features.model_copy(update={"self_directed": False})}
    )
    monkeypatch.setattr(partner, "current", lambda: off)
    adviser = Client()
    adviser.force_login(django_user_model.objects.create_user(email="iris@x.test", is_staff=True))
    cancel = reverse("trading:order-cancel", args=[order.pk])
    for page in (*PAGES, reverse("trading:order", args=[order.pk]), cancel, "/open/kind/"):
        for person in (web, adviser, Client()):
            if page == "/open/kind/" and person is not web:
                continue  # it asks who one is first
            assert person.get(page).status_code == 404, page
    assert web.post(cancel).status_code == 404


def test_no_advice_is_claimed_where_none_is_given(web, account):
    for page in ("/home/", "/documents/", "/trade/"):
        assert "Advice by" not in text(web.get(page)), page
    assert "gives no advice on this account" in text(web.get("/home/"))
    assert "what we planned" not in text(web.get("/documents/"))


def test_an_advised_account_has_no_trading(client, maya, open_account):
    account = open_account(maya)
    sign_in(client, maya)
    assert account.is_advised
    for page in PAGES:
        assert client.get(page).status_code == 404
    assert "/trade/" not in text(client.get("/home/"))


def test_a_self_directed_account_has_no_advice_pages(web):
    for page in ("/goals/", "/policy/", "/portfolio/", "/open/risk/", "/money/auto-invest/"):
        assert web.get(page).status_code == 404
    home = text(web.get("/home/"))
    assert "/goals/" not in home
    assert "/portfolio/" not in home


def test_others_see_nothing_of_it(web, vti, omar, open_own):
    order = give(web, time_in_force="cls")
    open_own(omar, email_address="omar@example.com")
    pages = [reverse(f"trading:{name}", args=[order.pk]) for name in ("order", "order-cancel")]
    for page in pages:
        assert web.get(page).status_code == 200
    client = Client()
    sign_in(client, omar)
    for page in pages:
        assert client.get(page).status_code == 404
    client.logout()
    for page in (*pages, *PAGES):
        assert client.get(page).url.startswith(reverse("account_login"))


def test_the_pages_ask_as_much_for_many_orders_as_for_one(
    web, vti, account, django_assert_max_num_queries
):
    def some(count):
        for n in range(count):
            Order.objects.create(
                account=account, symbol="VTI", side="buy", quantity=1, status="filled",
                filled_quantity=1, average_price=Decimal(100), bluum_id=f"o{n}-{count}",
                due_at=None,
            )  # fmt: skip

    some(1)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def asked(page):
        with CaptureQueriesContext(
            connection,
        ) as found:
            web.get(page)
        return len(found)

    pages = ("/home/", "/trade/orders/", "/trade/VTI/", "/money/activity/")
    before = [asked(page) for page in pages]
    some(20)
    assert [asked(page) for page in pages] == before


def test_the_kind_is_chosen_while_opening_and_sent_to_bluum(client, maya, apply_for, sandbox):
    sign_in(client, maya)
    answer = client.post(reverse("onboarding:kind"), {"kind": "self_directed"})
    assert answer.status_code == 302
    maya.refresh_from_db()
    assert "trade yourself" in text(client.get("/open/name/"))
    account = apply_for(maya)
    work.run_due()
    account.refresh_from_db()
    assert sandbox.table("accounts")[account.bluum_id]["management_type"] == "self_directed"


def test_opening_to_trade_asks_for_nothing_about_advice():
    ours = partner.current()
    kinds = {one.kind for one in ours.to_sign_self_directed}
    assert not kinds & {"advisory_agreement", "algorithm_disclosure"}
    assert "trading_disclosure" not in {one.kind for one in ours.to_sign}


def test_cash_waits_and_can_leave(web, vti, account, sandbox):
    page = text(web.get("/money/activity/"))
    assert "/money/auto-invest/" not in page
    assert Asset.objects.count() > 50
    assert Desk.objects.get(account=account).refreshed_at
