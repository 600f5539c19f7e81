"""Home and portfolio as Maya sees them, and what Omar must never see."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from onboarding.models import InvestorProfile
from portfolios import services
from portfolios.models import Goal, Investment, Policy, Portfolio, Valuation
from robo import work
from sandbox import book, faults
from sandbox.world import World
from tests.portfolios.conftest import refreshed

Settle = Callable[..., int]
Pass = Callable[[timedelta], None]


def cents(text: str) -> Decimal:
    sign = -1 if text.startswith("−") else 1
    return sign * Decimal(re.sub(r"[^0-9.]", "", text))


def test_someone_new_is_offered_the_one_next_step(client: Client, maya: Any) -> None:
    client.force_login(maya)
    page = client.get(reverse("home")).content.decode()
    assert "Your first week" in page
    assert page.count('class="button"') == 1
    assert reverse("onboarding:start") in page


def test_the_empty_home_prices_first_goals_from_what_was_told(client: Client, maya: Any) -> None:
    client.force_login(maya)
    assert "Round figures to begin with" in client.get(reverse("home")).content.decode()
    InvestorProfile.objects.update_or_create(
        account=Account.objects.get(user=maya),
        defaults={"sections": {"employment": {"annual_gross_income": "90000"}}},
    )
    page = client.get(reverse("home")).content.decode()
    assert "Reckoned from what you told us" in page
    assert "$63,000" in page  # a fifth of a home at three and a half times the income
    assert f'{reverse("portfolios:goal-new")}"' in page


def test_the_next_step_moves_on(web: Client, account: Account, policy: Policy) -> None:
    answer = web.get(reverse("home"))
    assert answer.context["next_step"].title == "Link your bank"
    assert [s.state for s in answer.context["steps"]][:4] == ["done"] * 4


def test_home_answers_in_order(web: Client, invested: Portfolio) -> None:
    page = web.get(reverse("home")).content.decode()
    order = [page.index(word) for word in ("<h1>", "<dt>Changed", "<dt>Next", "<dt>To do")]
    assert order == sorted(order)


def test_what_you_put_in_and_what_markets_did_add_up_to_the_cent(
    web: Client, invested: Portfolio, pass_time: Pass, account: Account
) -> None:
    pass_time(timedelta(days=9))
    row = refreshed(account)
    for period in ("1m", "3m", "1y", "all"):
        answer = web.get(reverse("portfolios:portfolio"), {"period": period})
        found = answer.context["period_gain"]
        assert found.start + found.put_in + found.markets == row.value
        for amount in (found.put_in, found.markets, found.start):
            assert amount == amount.quantize(Decimal("0.01"))
    assert row.contributed == Decimal("1000.00")


def test_the_change_on_home_adds_up(
    web: Client, invested: Portfolio, pass_time: Pass, account: Account
) -> None:
    pass_time(timedelta(days=20))
    row = refreshed(account)
    change = web.get(reverse("home")).context["change"]
    before = Valuation.objects.get(portfolio=row, day=change.since.date())
    assert change.total == change.put_in + change.markets
    assert row.value is not None
    assert change.total == row.value - before.value


def test_another_period_is_a_fragment(web: Client, invested: Portfolio) -> None:
    answer = web.get(
        reverse("home"), {"period": "3m"}, headers={"HX-Request": "true", "HX-Target": "value"}
    )
    assert answer.content.decode().lstrip().startswith('<section class="tabbed')


def test_drift_is_told_in_percent_and_dollars(
    web: Client, invested: Portfolio, account: Account
) -> None:
    Portfolio.objects.filter(pk=invested.pk).update(
        value=Decimal("20500.00"),
        allocation={
            "equities": {"target": "60.00", "actual": "62.00", "drift": "2.00"},
            "fixed_income": {"target": "40.00", "actual": "38.00", "drift": "-2.00"},
        },
    )
    page = web.get(reverse("portfolios:portfolio")).content.decode()
    assert "2.0% of your money, $410, sits in the wrong place." in page


def test_before_the_first_deposit_the_portfolio_shows_what_money_will_become(
    web: Client, policy: Policy
) -> None:
    page = web.get(reverse("portfolios:portfolio")).content.decode()
    assert "Nothing is invested yet" in page
    assert "stackbar" in page


def test_after_the_last_sale_the_portfolio_leads_to_what_it_did(
    web: Client, policy: Policy, invested: Portfolio
) -> None:
    invested.valuations.create(day=timezone.localdate() - timedelta(days=400), value=500)
    Portfolio.objects.filter(pk=invested.pk).update(value=0)
    Investment.objects.update(status=Investment.Status.COMPLETED)
    page = web.get(reverse("portfolios:portfolio")).content.decode()
    assert "Nothing is invested any more" in page
    assert reverse("portfolios:performance") in page
    assert "stackbar" not in page


def test_when_the_custodian_is_away_home_says_how_old_its_figures_are(
    web: Client, invested: Portfolio, sandbox: World, pass_time: Pass, account: Account
) -> None:
    faults.add(sandbox, {"route": "*", "kind": "status", "status": 503})
    old = timezone.now() - timedelta(hours=3)
    Portfolio.objects.filter(pk=invested.pk).update(refreshed_at=old)
    services.portfolio_of(account).poke()
    work.run_due(Portfolio)
    for name in ("home", "portfolios:portfolio"):
        answer = web.get(reverse(name))
        assert answer.status_code == 200
        assert "These figures are from" in answer.content.decode()
        assert "isn’t answering" in answer.content.decode()


def test_home_says_while_trading_is_stopped(web: Client, invested: Portfolio, iris: Any) -> None:
    assert "Trading is stopped" not in web.get(reverse("home")).content.decode()
    services.start_halt(by=iris, reason="Prices can’t be trusted at the moment.")
    assert "Trading is stopped" in web.get(reverse("home")).content.decode()


def test_unknown_prices_leave_the_last_complete_total(
    invested: Portfolio, account: Account, sandbox: World
) -> None:
    before = invested.value
    faults.add(sandbox, {"route": "*/holdings", "kind": "status", "status": 500})
    services.portfolio_of(account).poke()
    work.run_due(Portfolio)
    assert Portfolio.objects.get(pk=invested.pk).value == before


def test_one_fund_without_a_price_makes_the_total_incomplete_and_its_return_heals_it(
    invested: Portfolio, account: Account, sandbox: World
) -> None:
    before = invested.value
    book.leave_unpriced(sandbox, ["BND"])
    row = refreshed(account)
    assert row.incomplete == "incomplete (1 fund unpriced)"
    assert row.value == before
    book.leave_unpriced(sandbox, [])
    assert refreshed(account).incomplete == ""


OWN = ["goal", "goal-edit", "goal-keep", "goal-archive"]
POLICIES = ["policy-version", "policy-accept", "policy-check"]


def test_omar_gets_404_for_everything_of_mayas(
    client: Client, omar: Any, policy: Policy, goal: Goal, apply_for: Callable[..., Account]
) -> None:
    apply_for(omar, tax_id="536229999")
    client.force_login(omar)
    for name, row in [(n, goal) for n in OWN] + [(n, policy) for n in POLICIES]:
        url = reverse(f"portfolios:{name}", args=[row.pk])
        answers = {client.get(url).status_code, client.post(url, {}).status_code}
        assert answers <= {404, 405}, (name, answers)
        assert 404 in answers


def test_omars_lists_hold_nothing_of_mayas(
    client: Client, omar: Any, invested: Portfolio, goal: Goal, apply_for: Callable[..., Account]
) -> None:
    apply_for(omar, tax_id="536229999")
    client.force_login(omar)
    for name in ("home", "portfolios:goals", "portfolios:portfolio", "portfolios:policy-versions"):
        page = client.get(reverse(name)).content.decode()
        assert "First home" not in page
        assert "VTI" not in page


def test_nobody_sees_a_page_without_signing_in(client: Client, db: None) -> None:
    for name in ("home", "portfolios:goals", "portfolios:portfolio", "portfolios:policy"):
        assert reverse("account_login") in client.get(reverse(name)).url
