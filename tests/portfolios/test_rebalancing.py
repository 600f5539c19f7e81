"""Drift and the deposit that mends it; a rebalance that someone said yes to; trading stopped."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from accounts.models import Account, Notice
from funding.models import Withdrawal
from portfolios import services
from portfolios.mending import mending
from portfolios.models import Holding, Investment, Policy, Portfolio, TradingHalt
from portfolios.planning import drift as drifting
from portfolios.planning import taxes
from portfolios.rebalancing import Tax, lots_of, terms_of
from portfolios.sync.rebalancing import differs, realized
from portfolios.views.ledger import run_of
from portfolios.views.portfolio import drift_of
from robo import agenda, work
from robo.audit.models import Entry
from robo.bluum.trading import Order
from robo.ui import words
from sandbox import book, faults, orders, rebalancing
from sandbox.world import World
from tests.portfolios.conftest import refreshed
from tests.portfolios.pdf_text import attached, pdf_text, squeezed

Money = Callable[[Account, Decimal], None]
Settle = Callable[..., int]
Pass = Callable[[timedelta], None]
PAGE = reverse("portfolios:portfolio-rebalance")


@pytest.fixture
def drifted(invested: Portfolio, account: Account, sandbox: World) -> Portfolio:
    """Stocks rose by half: more than the policy lets pass."""
    book.shock(sandbox, "equities", 1.5)
    row = refreshed(account)
    assert row.needs_rebalancing
    return row


def rebalances(sandbox: World) -> list[dict[str, Any]]:
    return list(sandbox.table("rebalances").values())


def hidden(page: str) -> dict[str, str]:
    """The fields of the form that says yes."""
    return dict(re.findall(r'name="(key|shown)" value="([^"]+)"', page))


def test_drift_is_half_the_sum_of_the_distances() -> None:
    weights = dict.fromkeys("abcd", Decimal(25))
    targets = dict(zip("abcd", map(Decimal, (30, 20, 30, 20)), strict=True))
    assert drifting.drift(weights, targets) == 10


def test_the_deposit_it_names_leaves_no_drift_and_sells_nothing(
    web: Client,
    drifted: Portfolio,
    account: Account,
    money: Money,
    settle: Settle,
    sandbox: World,
) -> None:
    page = web.get(reverse("portfolios:portfolio")).content.decode()
    found = re.search(r"/deposit/\?amount=([\d.]+)", page)
    assert found
    before = len(sandbox.table("orders"))
    money(account, Decimal(found[1]))
    services.request_investment(account=account, amount=Decimal(found[1]), cause="deposit:2")
    settle()
    drift, _ = drift_of(refreshed(account))
    assert drift is not None
    assert drift <= Decimal("0.001")
    given = list(sandbox.table("orders").values())[before:]
    assert {order["side"] for order in given} == {"buy"}


def test_the_preview_shows_sales_lots_tax_and_effect_and_trades_nothing(
    web: Client, drifted: Portfolio, sandbox: World
) -> None:
    before = len(rebalances(sandbox))
    answer = web.get(PAGE)
    page, found = answer.content.decode(), answer.context["preview"]
    assert found.sales
    assert all(trade.lots for trade in found.sales)
    assert found.after < found.before
    assert "Gain held a year or less" in page
    assert "Asked of our custodian just now" in page
    assert len(rebalances(sandbox)) == before


def test_with_the_custodian_away_the_preview_is_the_last_one_with_its_age(
    web: Client, drifted: Portfolio, sandbox: World
) -> None:
    faults.add(sandbox, {"route": "*/rebalancing", "kind": "status", "status": 503})
    answer = web.get(PAGE)
    assert answer.status_code == 200
    assert "This is its last analysis" in answer.content.decode()
    assert answer.context["preview"].sales


def test_a_yes_is_carried_out_once_and_its_run_says_what_came_of_it(
    web: Client, drifted: Portfolio, account: Account, sandbox: World, settle: Settle
) -> None:
    before = len(rebalances(sandbox))
    fields = hidden(web.get(PAGE).content.decode())
    for _ in range(2):  # a double click
        assert web.post(PAGE, fields).status_code == 302
    another = {"account": account, "by": account.user, "key": uuid4(), "shown": {"trades": []}}
    with pytest.raises(services.CannotRebalance):
        services.request_rebalance(**another)
    # The connection breaks after the custodian has acted.
    faults.add(
        sandbox, {"route": "*/rebalancing", "method": "POST", "kind": "malformed", "count": 3}
    )
    settle()
    run = Investment.objects.get(cause__startswith="rebalance:")
    assert run.status == "completed", (run.error, run.prevented_by)
    assert len(rebalances(sandbox)) == before + 1
    drift, _ = drift_of(refreshed(account))
    assert drift is not None
    assert drift < Decimal("0.01")
    sold = [gain for row in book.of(sandbox, str(account.bluum_id))["realized"] for gain in [row]]
    assert Decimal(run.realized["short"]) == pytest.approx(
        sum(g["gain"] for g in sold if g["term"] == "short"), abs=Decimal("0.10")
    )
    page = web.get(reverse("portfolios:portfolio-rebalancing")).content.decode()
    assert "You said yes" in page
    assert "Gains taken" in page
    told = Notice.objects.get(key=f"investment:{run.pk}:completed")
    assert "Sold: " in told.body
    assert Entry.objects.filter(action="agree to rebalance").count() == 1


def test_a_yes_is_signed_in_the_words_that_were_shown_and_is_on_paper(
    web: Client, drifted: Portfolio, account: Account, omar: Any, client: Client
) -> None:
    page = web.get(PAGE)
    shown, fields = page.context["text"], hidden(page.content.decode())
    found = page.context["preview"]
    for trade in found.trades:
        assert f"{trade.action.capitalize()} about {words.money(trade.amount)} of" in shown
    for line in shown.split("\n\n"):
        assert escape(line) in page.content.decode()
    # Another wish has other words: these weren't shown.
    assert web.post(PAGE, fields | {"key": str(uuid4())}).status_code == 302
    assert not Investment.objects.filter(cause__startswith="rebalance:").exists()
    web.post(PAGE, fields)
    run = Investment.objects.get(cause__startswith="rebalance:")
    assert run.signature is not None
    assert run.signature.text.body == shown
    assert run.signature.statement == page.context["says"]
    url = reverse("portfolios:signed-pdf", args=[run.signature.pk])
    assert url in web.get(reverse("portfolios:documents")).content.decode()
    made = web.get(url).content
    assert shown.encode() in attached(made)
    assert squeezed(shown) in squeezed(pdf_text(made))
    assert made in dict(agenda.papers(account)).values()
    runs = web.get(reverse("portfolios:portfolio-rebalancing")).content.decode()
    assert reverse("accounts:agreement", args=[run.signature.pk]) in runs
    client.force_login(omar)
    assert client.get(url).status_code == 404


def test_an_advisers_yes_has_a_reason_and_no_signature_of_the_client(
    drifted: Portfolio, account: Account, iris: Any
) -> None:
    shown = {"trades": [], "tax": {}, "at": timezone.now().isoformat()}
    run = services.request_rebalance(
        account=account, by=iris, key=uuid4(), shown=shown, reason="Too many stocks."
    )
    assert run.signature is None
    assert not account.signatures.filter(kind="rebalance").exists()


def test_a_yes_waits_for_a_withdrawal_and_for_what_bluum_is_doing_already(
    web: Client, drifted: Portfolio, account: Account, sandbox: World, settle: Settle
) -> None:
    web.post(PAGE, hidden(web.get(PAGE).content.decode()))
    first = Withdrawal.objects.create(account=account, amount=100, due_at=None)
    work.run_due(Investment)
    run = Investment.objects.get(cause__startswith="rebalance:")
    assert (run.status, run.prevented_by) == ("waiting", "A withdrawal comes first.")
    Withdrawal.objects.filter(pk=first.pk).update(status="canceled")
    before = len(rebalances(sandbox))
    halt = services.start_halt(by=account.user, reason="Checks.", account=account)
    run.poke()
    work.run_due(Investment)
    services.end_halt(halt=halt, by=account.user)
    far = {"symbol": "VTI", "side": "sell", "type": "limit", "limit_price": "9000", "qty": "0.5"}
    order = orders.place(sandbox, str(account.bluum_id), far | {"time_in_force": "gtc"})
    run.poke()
    work.run_due(Investment)
    orders.cancel(sandbox, order)
    assert len(rebalances(sandbox)) == before
    found = next(iter(sandbox.table("portfolios").values()))
    little = {"action": "sell", "symbol": "VTI", "notional": "5.00"}
    asked = {"execution_type": "custom", "custom_trades": [little]}
    rebalancing.start(sandbox, found, asked)  # Bluum says no to another, and remembers it
    before = len(rebalances(sandbox))
    run.poke()
    work.run_due(Investment)
    assert len(rebalances(sandbox)) == before
    settle()
    run.refresh_from_db()
    assert run.status == "completed", (run.error, run.prevented_by)
    assert len(rebalances(sandbox)) == before + 1


def test_an_answer_lost_for_longer_than_keys_are_remembered_makes_no_second_rebalance(
    web: Client, drifted: Portfolio, sandbox: World, settle: Settle
) -> None:
    before = len(rebalances(sandbox))
    web.post(PAGE, hidden(web.get(PAGE).content.decode()))
    broken = {"route": "*/rebalancing", "method": "POST", "kind": "malformed", "count": 9}
    faults.add(sandbox, broken)
    work.run_due(Investment)
    sandbox.clock.advance(timedelta(hours=1))
    runs = Investment.objects.filter(cause__startswith="rebalance:")
    runs.update(first_tried_at=timezone.now() - timedelta(hours=30))
    settle()
    assert runs.get().status == "completed"
    assert len(rebalances(sandbox)) == before + 1


def test_when_clearly_more_gains_would_be_taken_nothing_is_traded(
    web: Client, drifted: Portfolio, sandbox: World, settle: Settle
) -> None:
    before = len(rebalances(sandbox))
    web.post(PAGE, hidden(web.get(PAGE).content.decode()))
    book.shock(sandbox, "equities", 1.6)
    settle()
    run = Investment.objects.get(cause__startswith="rebalance:")
    assert run.status == "failed"
    assert len(rebalances(sandbox)) == before
    assert "look again" in Notice.objects.get(key=f"investment:{run.pk}:not-done").body


@pytest.mark.parametrize(
    ("sold", "short", "long", "why"),
    [
        (("VTI",), 60, 50, ""),  # a tenth and ten dollars more than the 100 that were shown
        (("VTI",), 60, 61, "instead of $100.00"),
        (("VTI", "VEA"), 60, 40, "VEA would be sold too"),
    ],
)
def test_what_was_agreed_to_is_held_against_what_would_be_done(
    sold: tuple[str, ...], short: int, long: int, why: str
) -> None:
    def analysis(*symbols: str, gains: tuple[int, int]) -> dict[str, Any]:
        return {
            "estimated_short_term_gains": gains[0],
            "estimated_long_term_gains": gains[1],
        } | {"trades": [{"action": "sell", "symbol": symbol} for symbol in symbols]}

    agreed, fresh = analysis("VTI", gains=(60, 40)), analysis(*sold, gains=(short, long))
    said = differs({**agreed, "tax": agreed}, {**fresh, "tax_impact": fresh})
    assert said == why if not why else why in said


def test_gains_taken_are_those_of_the_lots_that_are_gone_by_term() -> None:
    lots = [
        {"lot_id": "1", "quantity": "10", "cost_basis": "100", "acquired_at": "2025-11-29"},
        {"lot_id": "2", "quantity": "10", "cost_basis": "150", "acquired_at": "2025-11-30"},
        {"lot_id": "3", "quantity": "10", "cost_basis": "80", "acquired_at": "2026-01-05"},
    ]
    order = Order.model_construct(side="sell", symbol="VTI", average_price=Decimal(12))
    left = {"VTI": [{**lots[1], "quantity": "6"}, lots[2]]}
    found = realized({"VTI": lots}, left, [order], date(2026, 11, 30))
    # All of the first, held for over a year: 120 - 100. Four of the second, a year to the day:
    # 48 - 60.
    assert found == {"short": "-12.00", "long": "20.00"}


def test_within_its_bands_nobody_can_ask_for_sales(web: Client, invested: Portfolio) -> None:
    page = web.get(PAGE).content.decode()
    assert "Your policy doesn’t call for it" in page
    assert not hidden(page)


def test_what_was_shown_to_maya_is_no_yes_of_omars(
    web: Client,
    drifted: Portfolio,
    omar: Any,
    apply_for: Callable[..., Account],
) -> None:
    fields = hidden(web.get(PAGE).content.decode())
    apply_for(omar, tax_id="536229999")
    other = Client()
    other.force_login(omar)
    assert "VTI" not in other.get(PAGE).content.decode()
    other.post(PAGE, fields)
    assert not Investment.objects.filter(cause__startswith="rebalance:").exists()
    assert reverse("account_login") in Client().get(PAGE).url


def test_a_halt_stops_investing_says_why_and_what_waited_goes_on_after_it(
    web: Client,
    policy: Policy,
    account: Account,
    money: Money,
    settle: Settle,
    sandbox: World,
    iris: Any,
) -> None:
    halt = services.start_halt(by=iris, reason="Prices can’t be trusted at the moment.")
    money(account, Decimal("1000.00"))
    services.request_investment(account=account, amount=Decimal("1000.00"), cause="deposit:1")
    work.run_due()
    run = Investment.objects.get()
    assert run.status == "waiting"
    assert "Prices can’t be trusted" in run.prevented_by
    assert rebalances(sandbox) == []
    told = Notice.objects.get(key=f"halt:{halt.pk}:started")
    assert "Prices can’t be trusted" in told.body
    page = web.get(reverse("portfolios:portfolio-rebalancing")).content.decode()
    assert "Trading is stopped" in page
    services.end_halt(halt=TradingHalt.objects.get(), by=iris)
    settle()
    run.refresh_from_db()
    assert run.status == "completed"
    assert Notice.objects.filter(key=f"halt:{halt.pk}:ended").count() == 1
    assert [e.action for e in Entry.objects.filter(action__contains="trading").order_by("pk")] == [
        "stop trading",
        "resume trading",
    ]


def test_every_clause_of_the_policy_is_checked_and_says_since_when(
    web: Client, invested: Portfolio, account: Account, sandbox: World, policy: Policy
) -> None:
    shown = {c.key: c for c in web.get(reverse("portfolios:portfolio")).context["checks"]}
    assert shown["band:equities"].holds is True
    assert shown["threshold"].since
    book.shock(sandbox, "equities", 1.5)
    refreshed(account)
    answer = web.get(reverse("portfolios:portfolio"))
    after = {c.key: c for c in answer.context["checks"]}
    assert after["threshold"].holds is False
    assert after["threshold"].following
    assert "Doesn’t hold" in answer.content.decode()


def test_home_and_notices_say_the_same_day_why_it_was_bought(
    account: Account, invested: Portfolio, money: Money, settle: Settle, sandbox: World
) -> None:
    book.shock(sandbox, "equities", 1.5)
    money(account, Decimal("100.00"))
    services.request_investment(account=account, amount=Decimal("100.00"), cause="deposit:2")
    settle()
    run = Investment.objects.get(cause="deposit:2")
    body = Notice.objects.get(key=f"investment:{run.pk}:completed").body
    assert "We invested $100.00: " in body
    assert "because you were under in bonds" in body


def test_a_goals_part_of_each_fund_is_its_share(
    web: Client, invested: Portfolio, fifty_holdings: Portfolio
) -> None:
    from portfolios.models import Goal

    Goal.objects.update(share=Decimal(40))
    goal = Goal.objects.get()
    answer = web.get(reverse("portfolios:portfolio"), {"goal": goal.pk})
    lines = [line for group in answer.context["groups"] for line in group.lines]
    assert len(lines) == Holding.objects.filter(portfolio=invested).count()
    assert all(line.value == line.holding.value * Decimal("0.4") for line in lines)


@pytest.mark.parametrize(
    ("short", "long", "bracket", "state", "tax"),
    [
        ("100", "200", "0.24", None, 54),  # 24 + 30
        ("100", "200", "0.24", "0.05", 69),  # and 5 % of 300
        ("100", "200", "0.12", None, 12),
        ("-50", "200", "0.24", None, 22),  # 15 % of 150: losses of one term lower the other's gains
        ("-300", "200", "0.24", None, 0),
        ("100", "200", None, "0.05", 88),  # the most it can be: 40.80 + 47.60
    ],
)
def test_tax_is_told_by_term_and_at_most_without_a_bracket(
    short: str, long: str, bracket: str | None, state: str | None, tax: int
) -> None:
    found = Tax(Decimal(short), Decimal(long), taxes.rates_of(bracket, state))
    assert found.about == Decimal(tax)


def test_nothing_was_in_the_wrong_place_before_the_first_purchase() -> None:
    def noted(**actual: int) -> dict[str, Any]:
        target = {"equities": "60", "treasury": "40"}
        return {"allocation": {k: {"actual": actual[k], "target": t} for k, t in target.items()}}

    run = Investment(
        created_at=timezone.now(),
        amount=Decimal(500),
        before=noted(equities=0, treasury=0),
        after=noted(equities=55, treasury=45),
    )
    told = run_of(run)
    assert (told.before, told.after) == (None, Decimal("0.05"))


def test_a_lot_counts_as_long_term_from_the_day_after_a_year() -> None:
    held = Holding(
        symbol="VTI",
        price=Decimal(12),
        lots=[
            {"quantity": "1", "cost_basis": "10", "acquired_at": f"{day}T15:00:00Z"}
            for day in ("2025-11-29", "2025-11-30", "2026-11-20")
        ],
    )
    lots = lots_of(held, date(2026, 11, 30))
    assert [lot.term for lot in lots] == ["long", "short", "short"]
    assert [lot.days_to_long for lot in lots] == [None, 1, 356]
    assert [(term.count, term.gain) for term in terms_of(lots)] == [
        (1, Decimal(2)),
        (2, Decimal(4)),
    ]


def test_mending_without_a_policys_parts_still_names_a_deposit(invested: Portfolio) -> None:
    invested.value = Decimal("20500.00")
    invested.allocation = {
        "equities": {"target": "60.00", "actual": "62.00", "drift": "2.00"},
        "fixed_income": {"target": "40.00", "actual": "38.00", "drift": "-2.00"},
    }
    found = mending(invested, None, [])
    assert found
    assert found.clearing == Decimal(684)


def test_a_new_policy_says_before_signing_what_it_would_have_sold_and_the_gain(
    web: Client, invested: Portfolio, account: Account, policy: Policy
) -> None:
    changed = {**policy.content, "target_allocation": {**policy.content["target_allocation"]}}
    bonds = changed["target_allocation"]["fixed_income"]
    changed["target_allocation"]["fixed_income"] = {**bonds, "target_percent": "10.00"}
    Policy.objects.create(
        account=account, assessment=policy.assessment, version=policy.version + 1,
        level=policy.level, content=changed, text=policy.text, due_at=None,
    )  # fmt: skip
    page = web.get(reverse("portfolios:policy")).content.decode()
    assert "Signing sells nothing" in page
    assert "at average cost" in page.split("What it means for what you hold")[1]
