"""Home: what changed since the last visit, how fresh the figures are, what comes next, privacy."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Message, Notice
from funding.models import BankAccount, Schedule
from portfolios import visits
from portfolios.models import Goal, Portfolio, Projection, Report, Valuation, Visit
from portfolios.sync.reports import wanted
from portfolios.views import overview
from robo.agenda import Item


@pytest.fixture
def account(standing: Portfolio) -> Account:
    return standing.account


@pytest.fixture
def goal(standing: Portfolio) -> Goal:
    return Goal.objects.get(account=standing.account)


@pytest.fixture
def web(client: Client, maya: Any, standing: Portfolio) -> Client:
    client.force_login(maya)
    return client


def home(web: Client, **query: str) -> Any:
    answer = web.get(reverse("home"), query)
    assert answer.status_code == 200
    return answer


def leave(by: timedelta) -> None:
    """Time passes between two visits, for home's own memory."""
    for visit in Visit.objects.all():
        visit.seen_at -= by
        visit.save(update_fields=["seen_at"])


def test_the_change_is_since_the_visit_before_and_adds_up_to_the_cent(
    web: Client, standing: Portfolio
) -> None:
    def told(value: str, put_in: str, dividends: str, fees: str) -> Any:
        parts = {"dividends_received": dividends, "fees_paid": fees}
        Portfolio.objects.filter(pk=standing.pk).update(
            value=Decimal(value),
            contributed=Decimal(put_in),
            performance={"all": {"period_breakdown": parts}},
        )
        return home(web)

    told("1010.00", "1000.00", "3.10", "0.50")
    leave(timedelta(days=3))
    answer = told("1301.77", "1250.00", "5.25", "0.91")
    change = answer.context["change"]
    assert change.is_visit
    assert change.total == Decimal("291.77")
    assert (change.put_in, change.dividends) == (Decimal("250.00"), Decimal("2.15"))
    assert change.fees == Decimal("0.41")
    assert change.put_in + change.markets + change.dividends - change.fees == change.total
    page = answer.content.decode()
    assert "since your last visit" in page
    assert page.index("> you") < page.index("> markets") < page.index("> dividends")
    assert "−$0.41</span> fees" in page


def test_a_refresh_is_no_visit(web: Client, standing: Portfolio, account: Account) -> None:
    home(web)
    leave(timedelta(hours=3))
    home(web)
    before = Visit.objects.get(account=account).before_at
    for _ in range(3):
        leave(timedelta(minutes=20))
        assert home(web).context["change"].since == before


def test_a_page_fetched_ahead_by_the_browser_is_no_visit(web: Client, standing: Portfolio) -> None:
    web.get(reverse("home"), headers={"Sec-Purpose": "prefetch;prerender"})
    web.head(reverse("home"))
    assert not Visit.objects.exists()


def test_the_next_visit_starts_from_what_this_one_showed_last(
    web: Client, standing: Portfolio
) -> None:
    worth = Portfolio.objects.filter(pk=standing.pk)
    home(web)
    seen = Visit.objects.get().seen_at
    home(web)
    assert Visit.objects.get().seen_at == seen, "written although nothing is new"
    worth.update(value=Decimal("1100.00"))  # it moves while she looks on
    home(web)
    leave(timedelta(days=1))
    worth.update(value=Decimal("1120.00"))
    assert home(web).context["change"].total == Decimal("20.00")
    worth.update(contributed=None)  # not known any more: nothing is invented
    leave(timedelta(days=1))
    assert home(web).context["change"] is None


def test_before_there_is_anything_to_compare_nothing_is_kept(client: Client, maya: Any) -> None:
    client.force_login(maya)
    assert home(client).context["change"] is None
    assert not Visit.objects.exists()


def test_the_largest_moves_of_chances_come_first(standing: Portfolio) -> None:
    goals = [Goal(pk=number, name=f"Goal {number}") for number in (1, 2, 3)]
    kept = [
        {"value": "1", "put_in": "1", "chances": {str(goal.pk): chance for goal, chance in found}}
        for found in (zip(goals, (50, 50, 50), strict=True), zip(goals, (52, 40, 55), strict=True))
    ]
    change = visits.between(*kept, goals, timezone.now())
    assert change
    assert [move.name for move in change.told_moves] == ["Goal 2", "Goal 3"]
    assert change.other_moves == 1


def test_goal_chances_are_told_then_and_now(web: Client, standing: Portfolio, goal: Goal) -> None:
    home(web)
    leave(timedelta(days=2))
    last = Projection.objects.filter(goal=goal).first()
    assert last
    was = last.outputs["percent"]
    last.outputs["percent"] = was - 9
    last.save(update_fields=["outputs"])
    assert f"First home {was} → {was - 9} in 100" in home(web).content.decode()


def test_without_a_visit_before_it_is_the_week_and_what_is_unknown_is_said(
    web: Client, standing: Portfolio
) -> None:
    today = overview.ny_day(standing.as_of)
    for days, value in ((30, 900), (8, 950), (2, 990)):
        day = today - timedelta(days=days)
        Valuation.objects.create(portfolio=standing, day=day, value=value, contributed=900)
    answer = home(web)
    change = answer.context["change"]
    assert not change.is_visit
    assert change.since.date() == today - timedelta(days=8)
    assert (change.total, change.put_in, change.markets) == (60, 100, -40)
    assert "(dividends and fees within)" in answer.content.decode()


def test_a_total_with_an_unpriced_fund_says_that_it_is_incomplete(
    web: Client, standing: Portfolio
) -> None:
    Portfolio.objects.filter(pk=standing.pk).update(
        unpriced=["VTI"], refreshed_at=timezone.now() - timedelta(hours=3)
    )
    page = home(web).content.decode()
    assert "Incomplete (1 fund unpriced)" in page
    assert "VTI has no price just now" in page
    assert "isn’t answering" not in page  # it does; one price is missing


def test_old_figures_are_amber_and_say_their_age(web: Client, standing: Portfolio) -> None:
    old = timezone.now() - timedelta(hours=5)
    Portfolio.objects.filter(pk=standing.pk).update(refreshed_at=old, as_of=old)
    page = home(web).content.decode()
    assert '<p class="small stale">As of' in page
    assert "5 hours ago" in page


def test_what_comes_has_the_days_of_the_schedulers(
    web: Client, standing: Portfolio, account: Account
) -> None:
    found = {item.kind: item for item in home(web).context["upcoming"]}
    today = timezone.now().astimezone(overview.NEW_YORK).date()
    statement = found["statement"]
    titles = [w.title for w in wanted(today, statement.day)]
    assert statement.title in titles
    day_before = [w.title for w in wanted(today, statement.day - timedelta(days=1))]
    assert statement.title not in day_before
    assert not Report.objects.filter(title=statement.title, kind="statement").exists()
    assert found["check"].day > today
    assert home(web).context["next_check"] == Portfolio.objects.get(account=account).due_at
    assert not Schedule.objects.exists()


def test_money_leads_what_comes_next_and_a_paper_only_where_nothing_moves() -> None:
    paper = Item("Statement", day=date(2026, 12, 1))
    run = Item("Auto-invest", day=date(2026, 12, 7), amount=Decimal(850))
    assert overview.comes_next([paper, run]) is run
    assert overview.comes_next([paper]) is paper
    assert overview.comes_next([]) is None


@pytest.mark.parametrize("period", list(overview.PERIODS))
def test_a_chart_of_ten_years_reads_what_it_draws(
    web: Client, standing: Portfolio, account: Account, period: str
) -> None:
    row = standing
    today = overview.ny_day(row.as_of)
    Valuation.objects.bulk_create(
        Valuation(portfolio=row, day=today - timedelta(days=n), value=1000 + n, contributed=900)
        for n in range(1, 3651)
    )
    whole = overview.value_points(row)
    found = overview.period_points(row, period)
    assert found[-1] == whole[-1]
    assert set(found) <= set(whole)
    assert len(found) <= {"1m": 33, "3m": 94, "1y": 368, "all": 300}[period]
    days = overview.PERIODS[period][2]
    assert overview.gain(found, days=days) == overview.gain(whole, days=days)
    assert overview.gain(found, days=7) == overview.gain(whole, days=7)


def test_many_holdings_and_a_first_look_cost_a_few_queries(
    web: Client, standing: Portfolio
) -> None:
    home(web)
    leave(timedelta(hours=2))  # the first look of a visit writes it down
    with CaptureQueriesContext(connection) as queries:
        home(web)
    assert len(queries) <= 14, "\n".join(q["sql"][q["sql"].find(" FROM ") :][:110] for q in queries)


def test_hidden_amounts_come_hidden_from_the_server(web: Client, standing: Portfolio) -> None:
    assert "data-private" not in home(web).content.decode().split("<body")[1].split(">")[0]
    web.cookies["private"] = "1"
    page = home(web).content.decode()
    assert "data-private" in page.split("<body")[1].split(">")[0]
    assert "data-hides" not in page


def test_amounts_in_sentences_are_marked_and_nothing_gets_in_by_them() -> None:
    from robo.ui.templatetags.ui import amounts

    assert amounts("Auto-invest, $1,850.00 <b>") == (
        'Auto-invest, <span class="private nowrap">$1,850.00</span> &lt;b&gt;'
    )


# A person -----------------------------------------------------------------------------------


def wish(**changes: str) -> dict[str, str]:
    key = "5f0c1c2e-8f5b-4d3c-9d27-0d3f1f4a9a11"
    return {"key": key, "page": "/home/", "page_title": "Home", "body": "Too risky?"} | changes


def test_maya_writes_to_iris_who_answers_in_the_admin(
    web: Client, iris: Any, account: Account, django_capture_on_commit_callbacks: Any
) -> None:
    assert "Iris" in home(web).content.decode()
    for _ in range(2):  # two presses are one message
        assert web.post(reverse("accounts:write"), wish()).url == "/home/"
    message = Message.objects.get(account=account)
    assert (message.page, message.page_title) == ("/home/", "Home")
    desk = Client()
    desk.force_login(iris)
    page = desk.get(reverse("admin:accounts_account_change", args=[account.pk])).content.decode()
    assert "Too risky?" in page
    answer = desk.post(reverse("admin:message_answer", args=[message.pk]), {"answer": "It fits."})
    assert answer.status_code == 302
    told = Notice.objects.get(account=account, key=f"message-{message.pk}")
    assert told.body == "It fits."
    assert told.url == "/home/"


def test_a_message_leads_nowhere_else_and_says_what_it_lacks(web: Client, account: Account) -> None:
    assert web.post(reverse("accounts:write"), wish(page="//evil.example/")).url == reverse("home")
    assert web.post(reverse("accounts:write"), wish(body=" ")).status_code == 422


def test_an_advisor_answers_only_their_own_clients(
    web: Client, account: Account, iris: Any
) -> None:
    web.post(reverse("accounts:write"), wish())
    Account.objects.filter(pk=account.pk).update(advisor=None)
    desk = Client()
    desk.force_login(iris)
    url = reverse("admin:message_answer", args=[Message.objects.get().pk])
    assert desk.post(url, {"answer": "Hello"}).status_code == 404
    assert not Message.objects.get().answered_at


def test_what_can_wait_never_stands_before_what_must_be_done(
    web: Client, standing: Portfolio
) -> None:
    """A broken bank first, then what the policy calls for, last what has all the time."""
    Portfolio.objects.filter(pk=standing.pk).update(needs_rebalancing=True)
    BankAccount.objects.create(
        account=standing.account, bluum_id="x", institution="Lakeside", status="error"
    )
    titles = [item.title for item in home(web).context["todo"]]
    assert "Lakeside" in titles[0]
    assert "trust" in titles[-1]
    assert "Look at a rebalance" in titles[1:-1]
