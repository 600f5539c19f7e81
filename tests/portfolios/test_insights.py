"""What Bluum notices: in our words, within the policy, put away for good, told rarely."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice
from portfolios import insights
from portfolios.models import Goal, Insight, InsightFeed, Policy, Portfolio, Projection
from portfolios.snapshot import Snapshot
from portfolios.sync.falls import tell_of_falls
from portfolios.sync.insights import tell_of_new
from robo import work
from sandbox import faults
from sandbox.world import World


@pytest.fixture
def hers(standing: Portfolio) -> Account:
    """Maya's account as it stands; Bluum has said nothing yet."""
    return standing.account


@pytest.fixture
def web(client: Client, maya: Any, hers: Account) -> Client:
    client.force_login(maya)
    return client


def asked(account: Account) -> InsightFeed:
    """Bluum is asked once."""
    feed = InsightFeed.objects.get(account=account)
    feed.poke()
    work.run_due(InsightFeed)
    feed.refresh_from_db()
    return feed


def page_of(web: Client) -> str:
    answer = web.get(reverse("portfolios:insights"))
    assert answer.status_code == 200
    return answer.content.decode()


def an_insight(account: Account, **changes: Any) -> Insight:
    given: dict[str, Any] = {
        "source": "insight",
        "bluum_id": "ins_41",
        "category": "rebalancing",
        "priority": "high",
        "title": "Equities above their band",
        "summary": "Equities are 8.5 points above target.",
        "data": {"action": {"type": "rebalance"}},
    }
    return Insight.objects.create(account=account, **given | changes)


def some(account: Account, count: int) -> None:
    for n in range(count):
        an_insight(account, bluum_id=f"i{n}", category="risk", data={}, title=f"Thing {n}")


def read(row: Insight) -> insights.Reading | str:
    return insights.reading(row, Snapshot(Account.objects.get(pk=row.account_id)).known)


# With Bluum ---------------------------------------------------------------------------------


def test_what_bluum_notices_is_kept_put_away_and_gone(
    client: Client, maya: Any, account: Account, invested: Portfolio, sandbox: World
) -> None:
    feed = asked(account)
    assert feed.refreshed_at, feed.error
    assert feed.tax_year
    row = Insight.objects.filter(account=account, source="insight").first()
    assert row
    assert row.data["details"]["kind"]
    client.force_login(maya)
    over = an_insight(account, bluum_id="no-more")
    client.post(reverse("portfolios:insight-dismiss", args=[row.pk]), {"from": "home"})
    asked(account)
    row.refresh_from_db()
    over.refresh_from_db()
    assert row.dismissed_at  # it is the same one still
    assert over.gone_at
    for days, stays_away in ((3, True), (8, False)):  # after a week away it is a new one
        gone = timezone.now() - timedelta(days=days)
        Insight.objects.filter(pk=row.pk).update(dismissed_at=gone, gone_at=gone)
        asked(account)
        row.refresh_from_db()
        assert row.gone_at is None
        assert bool(row.dismissed_at) == stays_away
    # Away, it is asked again soon; not offered, another day. Neither loses what there was.
    faults.add(sandbox, {"route": "*/insights", "kind": "status", "status": 404})
    assert asked(account).error == ""
    faults.clear(sandbox)
    faults.add(sandbox, {"route": "*", "kind": "status", "status": 503})
    assert asked(account).error
    assert row in Insight.objects.filter(account=account).open()


# On the page --------------------------------------------------------------------------------


def test_they_are_told_in_our_words_and_lead_into_the_app(web: Client, hers: Account) -> None:
    row = an_insight(hers)
    shown = page_of(web)
    assert "Your portfolio is off its targets" in shown
    assert "What we do by ourselves:" in shown
    assert row.title not in shown
    assert f'href="{reverse("portfolios:portfolio-rebalance")}"' in shown


def test_what_we_have_no_words_for_is_quoted_as_bluums(web: Client, hers: Account) -> None:
    given = {"title": "A thing <b>", "summary": "Look at $5.00."}
    an_insight(hers, category="opportunity", data={}, **given)
    shown = page_of(web)
    assert "A thing &lt;b&gt;" in shown
    assert "In our custodian’s words: “Look at" in shown


def test_one_put_away_can_be_taken_back(web: Client, hers: Account) -> None:
    row = an_insight(hers)
    away = web.post(
        reverse("portfolios:insight-dismiss", args=[row.pk]), headers={"HX-Request": "true"}
    )
    assert "Take it back" in away.content.decode()
    assert row not in Insight.objects.filter(account=hers).open()
    assert "Show again" in page_of(web)
    web.post(reverse("portfolios:insight-restore", args=[row.pk]))
    assert row in Insight.objects.filter(account=hers).open()


def test_a_recommendation_that_contradicts_the_policy_is_held_back(
    web: Client, hers: Account
) -> None:
    buy = {"action": "buy", "symbol": "VTI", "target_allocation": "95"}
    row = an_insight(
        hers, source="recommendation", category="allocation", title="Add stocks",
        data={"suggested_actions": [buy]},
    )  # fmt: skip
    assert "at most 65.0%" in str(read(row))
    assert "Add stocks" not in page_of(web)
    row.data = {"suggested_actions": [buy | {"symbol": "NVDA", "target_allocation": "1"}]}
    assert "can’t be held against the policy" in str(read(row))
    row.data = {"suggested_actions": [buy | {"target_allocation": "30"}]}
    assert isinstance(read(row), insights.Reading)
    policy = Policy.objects.get(account=hers)
    policy.content["constraints"]["restrictions"]["excluded_securities"] = ["VTI"]
    policy.save(update_fields=["content"])
    assert "leaves VTI out" in str(read(row))


def test_nothing_is_passed_on_before_a_policy_is_signed_or_the_disclosures_are(
    web: Client, hers: Account, omar: Any
) -> None:
    an_insight(hers)
    assert "off its targets" in web.get(reverse("home")).content.decode()
    Policy.objects.update(status="proposed")
    assert "off its targets" not in web.get(reverse("home")).content.decode()
    assert "off its targets" not in page_of(web)
    web.force_login(omar)  # he hasn't signed anything
    assert web.get(reverse("portfolios:insights")).url == reverse("onboarding:start")


def test_a_goal_that_our_own_futures_see_on_track_is_not_called_behind(hers: Account) -> None:
    details = {"kind": "goal_behind", "goal_id": "goal-1", "needed_monthly": "470.66"}
    row = an_insight(hers, category="risk", data={"details": details})
    last = Projection.objects.get()
    last.outputs["status"] = "on_track"
    last.save(update_fields=["outputs"])
    assert "on track" in str(read(row))
    last.outputs |= {"status": "close", "percent": 63}
    last.save(update_fields=["outputs"])
    told = read(row)
    assert isinstance(told, insights.Reading)
    assert "63 in 100" in told.words
    assert told.url == reverse("portfolios:goal", args=[Goal.objects.get().pk])


def test_tax_ideas_are_bluums_estimates_with_the_wash_sale_rule_and_no_promise(
    web: Client, hers: Account
) -> None:
    position = {
        "symbol": "BND", "unrealized_gain_loss": "-64.20", "holding_period": "short_term",
        "wash_sale_risk": True,
    }  # fmt: skip
    an_insight(
        hers, source="tax", category="tax_loss_harvest", title="Harvest the loss in BND",
        summary="Harvesting saves.", data={"estimated_tax_savings": "14", "positions": [position]},
    )  # fmt: skip
    an_insight(hers, bluum_id="x", category="tax", title="Time to harvest", data={})
    shown = page_of(web)
    told = (
        "BND stands",
        "$64.20",
        "$14.00",
        "our custodian’s estimate",
        "wash-sale rule",
        "Tax, 2026",
    )
    assert not [words for words in told if words not in shown]
    assert "harvest" not in shown.lower()


def test_at_most_two_stand_on_home(web: Client, hers: Account) -> None:
    some(hers, 4)
    answer = web.get(reverse("home"))
    assert [reading.title for reading in answer.context["readings"]] == ["Thing 0", "Thing 1"]
    assert "2 more, and tax" in answer.content.decode()


def test_old_ones_stay_with_their_age_and_none_at_all_teaches(web: Client, hers: Account) -> None:
    assert "Nothing stands out" in page_of(web)
    an_insight(hers)
    InsightFeed.objects.update(refreshed_at=timezone.now() - timedelta(days=2))
    shown = page_of(web)
    assert "Your portfolio is off its targets" in shown
    assert "It isn’t answering; we keep asking" in shown
    Insight.objects.all().delete()
    InsightFeed.objects.update(refreshed_at=None)
    assert "It begins with your first deposit" in page_of(web)


def test_only_maya_sees_and_puts_away_hers(
    web: Client, hers: Account, maya: Any, omar: Any, apply_for: Callable[..., Account]
) -> None:
    row = an_insight(hers)
    url = reverse("portfolios:insights")
    assert reverse("account_login") in Client().get(url).url
    assert "off its targets" in page_of(web)
    apply_for(omar, tax_id="536229999")
    web.force_login(omar)
    assert "off its targets" not in page_of(web)
    for name in ("insight-dismiss", "insight-restore"):
        assert web.post(reverse(f"portfolios:{name}", args=[row.pk])).status_code == 404
    row.refresh_from_db()
    assert row.dismissed_at is None


def test_the_page_costs_the_same_with_many(
    web: Client, hers: Account, django_assert_max_num_queries: Any
) -> None:
    some(hers, 30)
    with django_assert_max_num_queries(11):
        page_of(web)


# Telling ------------------------------------------------------------------------------------


def test_new_ones_are_told_once_a_week_at_most(hers: Account) -> None:
    def told_after(since: timedelta | None) -> int:
        at = since and timezone.now() - since
        InsightFeed.objects.update(told_at=at)
        Insight.objects.all().delete()
        some(hers, 2)
        Insight.objects.update(priority="medium")
        tell_of_new(hers)
        return Notice.objects.filter(key__startswith="insights-").count()

    assert told_after(None) == 0  # what was there at first isn't news
    assert told_after(timedelta(days=2)) == 0
    assert told_after(timedelta(days=8)) == 1
    tell_of_new(hers)
    notice = Notice.objects.get()
    assert notice.topic == "insights"
    assert "And 1 more." in notice.body


@pytest.mark.parametrize(
    ("points", "start", "told"), [(4, 9_000, False), (12, 9_000, True), (12, 0, False)]
)
def test_a_market_fall_is_told_only_where_it_took_more_than_five_points_from_a_goal(
    hers: Account, points: int, start: float, told: bool
) -> None:
    """It fell by so many points while the portfolio lost money, or for another reason."""
    now = Projection.objects.get()
    now.pk = None
    now.made_at = timezone.now() - timedelta(days=7, hours=2)
    now.inputs |= {"start": now.inputs["start"] + start}
    if not start:
        now.inputs |= {"target": now.inputs["target"] / 2}
    now.outputs |= {"percent": now.outputs["percent"] + points}
    now.save()
    for _ in range(2):
        tell_of_falls(hers)
    notices = list(Notice.objects.all())
    assert len(notices) == told
    for notice in notices:
        percent = now.outputs["percent"]
        assert notice.title == f"First home: {percent - points} in 100, from {percent}"
        assert notice.topic == "insights"
        assert "sell" not in notice.body
