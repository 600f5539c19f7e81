"""A client's page says things as people do, and only what there is to say of this client."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib import admin
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Letter
from funding.models import Deposit, Schedule
from onboarding.models import Advice, InvestorProfile
from portfolios.models import Insight, Report
from robo.backoffice import rows
from robo.ui import words
from trading.models import Desk, Order, Position


@pytest.fixture
def client_page(iris, at_desk):
    """The text of a client's page, and its sections by their slugs."""

    def read(account):
        answer = at_desk(iris).get(reverse("admin:accounts_account_change", args=[account.pk]))
        sections = {section.slug: section.facts for section in answer.context["sections"]}
        return answer.content.decode(), sections

    return read


def test_advice_is_about_something_with_a_name_and_a_page(
    iris, maya, furnish, client_page, at_desk
):
    account = furnish(maya)
    policy, plan = account.policies.get(), account.plans.get()
    answers = account.risk_assessments.get()
    for kind, about in (("policy", policy), ("plan", plan), ("risk", answers)):
        word = "assessment" if kind == "risk" else kind
        Advice.objects.create(
            account=account, kind=kind, about=f"{word}:{about.pk}", engine="1", assumptions="2026",
            inputs={}, outputs={}, sha256=f"{kind:0>64}",
        )  # fmt: skip
    here = client_page(account)[0]
    there = at_desk(iris).get(reverse("admin:onboarding_advice_changelist")).content.decode()
    for text in (here, there):
        for url, name in (
            (reverse("admin:portfolios_policy_change", args=[policy.pk]), "Policy version 1"),
            (reverse("admin:portfolios_financialplan_change", args=[plan.pk]), "Plan version 1"),
            (
                reverse("admin:onboarding_riskassessment_change", args=[answers.pk]),
                "Risk answers of ",
            ),
        ):
            assert f'<a href="{url}">{name}' in text
        assert f"policy:{policy.pk}" not in text
        assert f"assessment:{answers.pk}" not in text


@pytest.mark.parametrize(
    ("frequency", "days", "told"),
    [
        ("monthly", {"day_of_month": 15}, "$250.00 every month, on the 15th, from "),
        ("quarterly", {"day_of_month": 1}, "$250.00 every three months, on the 1st, from "),
        ("monthly", {"day_of_month": 22}, "$250.00 every month, on the 22nd, from "),
        ("quarterly", {"day_of_month": 11}, "$250.00 every three months, on the 11th, from "),
        ("weekly", {"day_of_week": 1}, "$250.00 every week, on Mondays, from "),
        ("biweekly", {"day_of_week": 5}, "$250.00 every two weeks, on Fridays, from "),
        ("monthly", {}, "$250.00 every month, from "),
    ],
)
def test_a_schedule_is_named_as_a_person_would(frequency, days, told, maya, furnish, client_page):
    account = furnish(maya)
    named = {"name": "Every month 1789ea28", "amount": Decimal(250), "frequency": frequency}
    none = {"day_of_month": None, "day_of_week": None}
    Schedule.objects.update(**named, **{**none, **days})
    text = client_page(account)[0]
    assert f">{told}Checking ••3168</a>" in text
    assert "1789ea28" not in text


def test_work_shows_what_is_open_or_went_wrong_and_counts_the_rest(
    iris, maya, furnish, client_page, at_desk
):
    account, later = furnish(maya), timezone.now() + timedelta(days=30)
    for number in range(30):
        Report.objects.create(
            account=account, kind="pnl", span="annual", title="A year", status="ready",
            first_day=f"{1990 + number}-01-01", last_day=f"{1990 + number}-12-31", due_at=later,
        )  # fmt: skip
    Deposit.objects.update(status="pending", due_at=later)
    Report.objects.filter(first_day="1990-01-01").update(error="BLUM-500", attempts=2)
    Letter.objects.update(due_at=later)  # a digest
    InvestorProfile.objects.update(due_at=later)  # asked again in a year
    text, sections = client_page(account)
    shown = sections["work"]["work"]
    assert [job.label for job in shown.jobs] == ["Report", "Deposit"]
    assert shown.jobs[0].error == "BLUM-500"
    assert shown.settled == 31
    assert "31 settled, and only looked at again from time to time." in text
    url = f"{reverse('admin:work')}?client={account.pk}"
    assert f'href="{url}"' in text
    every = at_desk(iris).get(url)
    assert len(every.context["jobs"]) == 33
    assert "Next look in 30 days" in every.content.decode()


@pytest.mark.parametrize("which", ["omar", "0", "x"])
def test_nobody_lists_the_work_of_a_client_outside_the_book(which, iris, omar, furnish, at_desk):
    pk = furnish(omar).pk if which == "omar" else which
    assert at_desk(iris).get(reverse("admin:work"), {"client": pk}).status_code == 404


def test_who_trades_alone_is_shown_orders_positions_and_cash_but_no_advice(
    maya, furnish, client_page
):
    account = furnish(maya)
    Account.objects.update(management_type="self_directed")
    Position.objects.create(
        account=account, symbol="AAPL", quantity=3, value=Decimal("620.10"), unrealized=Decimal(-8)
    )
    Position.objects.create(account=account, symbol="VTI", quantity=1, value=Decimal("300.20"))
    Order.objects.create(account=account, symbol="BND", side="buy", quantity=2, status="accepted")
    Desk.objects.create(account=account, refreshed_at=timezone.now())
    text, sections = client_page(account)
    advice = {"risk", "goals", "advice", "portfolio", "insights", "assistant"}
    assert advice.isdisjoint(sections)
    assert "Yearly check-in" not in text
    assert "Trades alone, without advice" in text
    for shown in ("$920.30", "$12.00", "AAPL", "−$8.00", "Buy 2 shares of BND"):
        assert shown in text
    assert sections["trading"]["open"] == 1


def test_who_is_advised_has_no_trading_to_show(maya, furnish, client_page):
    text, sections = client_page(furnish(maya))
    assert "trading" not in sections
    assert {"risk", "goals", "advice", "portfolio", "insights"} <= sections.keys()
    assert "<dd>Advised</dd>" in text


def test_no_check_in_is_due_of_who_trades_alone(iris, maya, furnish, at_desk):
    furnish(maya)
    InvestorProfile.objects.update(updated_at=timezone.now() - timedelta(days=800))

    def due():
        queues = at_desk(iris).get(reverse("admin:index")).context["queues"]
        return next(queue.count for queue in queues if queue.title == "Yearly check-in due")

    assert due() == 1
    Account.objects.update(management_type="self_directed")
    assert due() == 0


def test_an_insights_priority_is_a_word(iris, maya, furnish, client_page, at_desk):
    account = furnish(maya)
    Insight.objects.update(priority="informational", category="goal_progress")
    assert "Informational" in client_page(account)[0]
    for name, arguments in (("changelist", []), ("change", [Insight.objects.get().pk])):
        url = reverse(f"admin:portfolios_insight_{name}", args=arguments)
        assert ">Informational<" in at_desk(iris).get(url).content.decode().replace("\n", "")


DJANGO_S_OWN = re.compile(r"\b[ap]\.m\.|\b(midnight|noon)\b|\b[A-Z][a-z]+\. \d+, 20\d\d")
OURS = [m for m in admin.site._registry if m._meta.label not in {"accounts.User", "auth.Group"}]


@pytest.mark.parametrize("model", OURS, ids=lambda m: m._meta.label)
def test_every_page_says_dates_in_one_way(model, supervisor, maya, furnish, event, at_desk):
    """Mon, Nov 30, 2:10 pm; never Nov. 30, 2026, 2:10 p.m."""
    furnish(maya)
    row = model._default_manager.order_by("pk").first()
    name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
    for url in (reverse(f"{name}_changelist"), reverse(f"{name}_change", args=[row.pk])):
        text = at_desk(supervisor).get(url).content.decode()
        assert not DJANGO_S_OWN.search(text)


def test_a_list_is_still_sorted_by_its_dates(supervisor, maya, furnish, at_desk):
    account = furnish(maya)
    old = Deposit.objects.create(
        account=account, amount=7, created_at=timezone.now() - timedelta(days=30), due_at=None
    )
    url = reverse("admin:funding_deposit_changelist")
    page = at_desk(supervisor).get(url, {"o": "1"})
    assert page.context["cl"].result_list[0] == old
    assert rows.when(old.created_at) in page.content.decode()
    assert rows.when(old.created_at).startswith(words.day(old.created_at))


def test_an_investment_says_what_it_came_from(iris, maya, furnish, at_desk):
    account = furnish(maya)
    deposit, investment = account.deposits.get(), account.investments.get()

    def shown():
        url = reverse("admin:portfolios_investment_change", args=[investment.pk])
        return at_desk(iris).get(url).content.decode()

    investment.cause = f"deposit:{deposit.pk}"
    investment.save(update_fields=["cause"])
    url = reverse("admin:funding_deposit_change", args=[deposit.pk])
    assert f'<a href="{url}">Deposit {deposit.pk}</a>' in shown()
    investment.cause = "drift:2026-11"
    investment.save(update_fields=["cause"])
    assert "drift:2026-11" not in shown()


def test_a_schedules_page_says_its_raise_in_words(iris, maya, furnish, at_desk):
    furnish(maya)
    Schedule.objects.update(raise_by=5, raise_unit="percent", raise_months=6, buffer=400)
    url = reverse("admin:funding_schedule_change", args=[Schedule.objects.get().pk])
    text = at_desk(iris).get(url).content.decode()
    assert "By 5% every six months" in text
    assert "At least $400.00" in text
    assert "raise_unit" not in text


def test_the_list_of_clients_says_who_trades_alone(iris, maya, furnish, at_desk):
    furnish(maya)
    url = reverse("admin:accounts_account_changelist")
    assert "$1,000.50" in at_desk(iris).get(url).content.decode()
    Account.objects.update(management_type="self_directed")
    assert "Trades alone" in at_desk(iris).get(url).content.decode()
