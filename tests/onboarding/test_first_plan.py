"""A plan before there is an account, and what comes of it after signing up."""

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.services import account_of
from onboarding.models import FirstPlan
from onboarding.services import draft_of, first_answers, first_plan
from portfolios.planning import projection
from portfolios.planning.models import model
from robo import partner
from robo.ui import words
from tests.accounts.test_people import sign_up
from tests.portfolios.conftest import assess

YEAR = timezone.localdate().year + 8

PLAN: dict[str, dict[str, str]] = {
    "for": {"type": "home_purchase"},
    "numbers": {
        "target": "90,000",
        "year": str(YEAR),
        "start": "12,000",
        "monthly": "450",
    },
    "ups-and-downs": {"reaction_to_loss": "hold_and_wait", "investment_goal": "growth"},
}
RESULT = reverse("first-plan-result")
BEGIN = reverse("first-plan-begin")


def at(slug: str) -> str:
    return reverse("first-plan", args=[slug])


def give(client: Client, slug: str, **changed: str) -> Any:
    return client.get(at(slug), {"go": "1"} | PLAN[slug] | changed)


@pytest.fixture
def visitor(db: None, client: Client) -> Client:
    """Someone without an account who has answered all six questions."""
    for slug in PLAN:
        assert give(client, slug).status_code == 302
    return client


def test_six_questions_on_three_screens_lead_to_a_plan(client, db):
    response = client.get(BEGIN)
    seen = []
    while response.url != RESULT:
        page = client.get(response.url)
        seen.append(page.context["screen"].slug)
        response = give(client, seen[-1])
    page = client.get(RESULT).content.decode()

    assert seen == list(PLAN)
    assert "of 100 futures you have $90,000" in page
    assert "Indicative" in page
    assert "<svg" in page
    assert "rebalance" in page


def test_nothing_on_the_way_asks_who_one_is(client, db):
    for slug in PLAN:
        page = client.get(at(slug)).content.decode()
        for personal in (
            "email",
            "first_name",
            "last_name",
            "phone",
            "birth",
            "tel",
            '<input type="password',
        ):
            assert f'name="{personal}' not in page
        give(client, slug)
    assert client.get(RESULT).status_code == 200


def test_the_front_page_asks_the_first_question(client, db):
    page = client.get(reverse("landing")).content.decode()
    assert at("for") in page
    assert 'value="home_purchase"' in page
    assert client.get(at("for"), {"go": "1", "type": "home_purchase"}).url.startswith(at("numbers"))


def test_the_front_pages_amounts_come_along(client, db):
    page = client.get(reverse("landing"), {"start": "4000", "monthly": "150", "years": "9"})
    response = client.get(f"{BEGIN}?{page.context['teaser']['query']}")
    assert response.url.startswith(at("for"))
    give(client, "for")
    shown = client.get(at("numbers")).content.decode()
    for typed in ("4,000", "150", str(timezone.localdate().year + 9)):
        assert f'value="{typed}"' in shown


def test_going_back_keeps_every_answer(visitor):
    assert 'value="90,000"' in visitor.get(at("numbers")).content.decode()
    assert 'value="12,000"' in visitor.get(at("numbers")).content.decode()
    page = visitor.get(at("ups-and-downs")).content.decode()
    assert page.split('value="hold_and_wait"')[1].split(">")[0].strip().startswith("id") or (
        "checked" in page.split('value="hold_and_wait"')[1].split(">")[0]
    )
    assert give(visitor, "numbers", target="100000").url == RESULT
    assert visitor.get(RESULT).context["numbers"].start == Decimal(12000)


def test_an_answer_changed_from_the_result_leads_back_to_it(visitor):
    page = visitor.get(RESULT)
    assert page.context["changes"]["ups_and_downs"] == f"{at('ups-and-downs')}?back=result"
    assert (
        'name="back" value="result"'
        in visitor.get(at("ups-and-downs") + "?back=result").content.decode()
    )
    response = give(visitor, "ups-and-downs", reaction_to_loss="sell_immediately", back="result")
    assert response.url == RESULT


@pytest.mark.parametrize(
    ("slug", "typed"),
    [
        ("for", {"type": "yacht"}),
        ("numbers", {"target": "lots"}),
        ("numbers", {"target": "5"}),
        ("numbers", {"target": ""}),
        ("numbers", {"year": "1999"}),
        ("numbers", {"year": "9999999"}),
        ("numbers", {"year": "soon"}),
        ("numbers", {"start": "-5"}),
        ("numbers", {"start": "1e9"}),
        ("numbers", {"start": "0", "monthly": "0"}),
        ("numbers", {"start": "95000"}),
        ("ups-and-downs", {"reaction_to_loss": ""}),
        ("ups-and-downs", {"investment_goal": "<script>"}),
    ],
)
def test_what_makes_no_sense_is_told_and_kept(visitor, slug, typed):
    response = give(visitor, slug, **typed)
    page = response.content.decode()
    assert response.status_code == 422
    assert response.context["form"].errors
    for value in typed.values():
        if slug == "numbers" and value:
            assert f'value="{value}"' in page or f'value="{int(value):,}"' in page
    assert visitor.get(RESULT).context["numbers"].target == Decimal(90000)


@pytest.mark.parametrize(
    "kept",
    [
        "garbage", 7, [], {"type": 3}, {"type": "home_purchase", "target": "NaN", "by": "x"},
        {"key": "no", "first": "x", "reaction_to_loss": ["a"]}, {"first": {"target": "1"}},
    ],
)  # fmt: skip
def test_a_broken_session_begins_again_quietly(client, db, kept):
    session = client.session
    session[first_plan.SESSION] = kept
    session.save()
    assert client.get(RESULT).status_code == 302
    assert client.get(BEGIN, follow=True).status_code == 200
    for slug in PLAN:
        give(client, slug)
    assert client.get(RESULT).status_code == 200


def test_a_browser_without_cookies_still_reaches_its_plan(db):
    url, slugs = BEGIN, []
    for _ in range(len(PLAN) + 1):
        response = Client().get(url)  # a new client each time: no cookie is ever sent
        page = Client().get(response.url)
        if response.url.startswith(RESULT):
            break
        slug = page.context["screen"].slug
        slugs.append(slug)
        carried = page.context["carried"]
        sent = Client().get(at(slug), {"go": "1"} | PLAN[slug] | carried)
        url = sent.url
        if url.startswith(RESULT):
            page = Client().get(url)
            break
        url = f"{BEGIN}?{urlsplit(url).query}"
    assert slugs == list(PLAN)
    assert page.context["numbers"].target == Decimal(90000)
    assert "keeps no cookies" in page.content.decode()
    changed = Client().get(RESULT, page.context["carried"] | {"monthly": "600"})
    assert changed.context["numbers"].monthly == Decimal(600)
    assert parse_qs(urlsplit(url).query)["p_type"] == ["home_purchase"]


# The result ---------------------------------------------------------------------------------


def test_each_repair_is_exactly_enough(visitor):
    give(visitor, "numbers", target="150000")
    ways = visitor.get(RESULT).context["repairs"]
    assert len(ways) == 3
    for way in ways:
        mended = visitor.get(RESULT, {"change": way.change})
        assert mended.context["in_100"] - mended.context["bar_in_100"] in (0, 1), way
        visitor.get(f"{RESULT}?{mended.context['back_to']}")


def test_a_slider_answers_with_the_part_that_changes_and_can_be_put_back(visitor):
    before = visitor.get(RESULT).context["in_100"]
    moved = visitor.get(RESULT, {"monthly": "900"}, headers={"HX-Request": "true"})
    assert moved.content.decode().lstrip().startswith('<div id="outlook"')
    assert moved.context["in_100"] > before
    again = visitor.get(f"{RESULT}?{moved.context['back_to']}")
    assert again.context["in_100"] == before
    assert not again.context["back_to"]


@pytest.mark.parametrize(
    "typed",
    [{"monthly": "abc"}, {"target": "1"}, {"year": "12"}, {"change": "by:never"}, {"start": "1e9"}],
)
def test_numbers_that_make_no_sense_leave_the_plan_as_it_was(visitor, typed):
    before = visitor.get(RESULT).context["in_100"]
    response = visitor.get(RESULT, typed)
    assert response.status_code == 422
    assert visitor.get(RESULT).context["in_100"] == before


def test_the_same_fee_is_on_the_front_page_in_the_result_and_in_the_projection(visitor):
    fees = partner.current().fees
    front = visitor.get(reverse("landing")).content.decode()
    for sample in fees.samples:
        assert words.money(sample["year"]) in front
    for step in range(20):
        balance = Decimal(250 + 4_150 * step)
        page = visitor.get(RESULT, {"start": str(balance), "target": "200000"})
        assert page.context["plan"].fee == float(fees.advisory + fees.fund_expense_max)
        assert words.money(fees.year(balance)) + " a year" in page.content.decode()
        assert page.context["cost_until_then"] > 0


def test_answers_that_contradict_each_other_are_asked_about_and_count_cautiously(visitor):
    bold = visitor.get(RESULT).context["indication"]
    give(visitor, "ups-and-downs", reaction_to_loss="sell_immediately")
    page = visitor.get(RESULT)
    found = page.context["indication"]
    assert found.contradictions
    assert found.contradictions[0].text in page.content.decode()
    assert found.level <= bold.level


def test_the_level_says_how_far_the_open_questions_can_move_it(visitor):
    found = visitor.get(RESULT).context["indication"]
    assert found.least <= found.level <= found.most
    assert f"from {found.least} to {found.most}" in visitor.get(RESULT).content.decode()


def test_a_bad_year_is_told_in_ones_own_dollars(visitor):
    page = visitor.get(RESULT)
    held = model(page.context["indication"].level)
    assert words.about(Decimal(12000) * -Decimal(str(held.bad_year))) in page.content.decode()


# After signing up ---------------------------------------------------------------------------


def test_the_plan_survives_signing_in_and_is_there_on_another_device(visitor, maya):
    visitor.force_login(maya)
    plan = FirstPlan.objects.get(account=account_of(maya))
    assert plan.answers["target"] == "90000.00"
    assert first_plan.SESSION not in visitor.session

    elsewhere = Client()
    elsewhere.force_login(maya)
    assert elsewhere.get(RESULT).context["numbers"].target == Decimal(90000)


def test_signing_up_by_mail_keeps_the_plan(visitor, mailoutbox):
    page = visitor.get(reverse("account_signup")).content.decode()
    assert "Your plan comes along" in page
    assert "Your plan comes along" not in Client().get(reverse("account_signup")).content.decode()
    response = sign_up(visitor, "with.a.plan@example.com")
    code = re.search(r"^\s*([A-Z0-9]{3,}[- ]?[A-Z0-9]{3,})\s*$", mailoutbox[0].body, re.MULTILINE)
    assert code
    visitor.post(response.url, {"code": code[1]})
    assert FirstPlan.objects.get().account.user.email == "with.a.plan@example.com"
    assert visitor.get(RESULT).context["numbers"].target == Decimal(90000)


def test_another_visitor_never_sees_it(visitor, maya, omar):
    assert Client().get(RESULT).status_code == 302
    visitor.force_login(maya)
    visitor.logout()
    assert visitor.get(RESULT).status_code == 302
    visitor.force_login(omar)
    assert visitor.get(RESULT).status_code == 302
    assert not FirstPlan.objects.filter(account__user=omar).exists()


def test_the_risk_questions_begin_with_the_plans_answers(visitor, maya):
    visitor.force_login(maya)
    account = account_of(maya)
    draft = draft_of(account)
    assert draft.answers == {
        "amount": "12000.00",
        "investment_goal": "growth",
        "reaction_to_loss": "hold_and_wait",
        "time_horizon": "10_years",
        "time_horizon_years": "8",
    }
    assert FirstPlan.objects.get().used == [first_answers.RISK]


def test_what_came_of_a_plan_is_not_changed_by_trying_another(visitor, maya):
    visitor.force_login(maya)
    draft_of(account_of(maya))
    visitor.get(RESULT, {"monthly": "1000"})
    assert FirstPlan.objects.get().answers["monthly"] == "450.00"


def test_staff_keep_no_plan(visitor, iris):
    visitor.force_login(iris)
    assert not FirstPlan.objects.exists()


REST = {
    "risk_tolerance": "moderate",
    "income_needs": "none",
    "investment_knowledge": "beginner",
    "experienced_major_decline": "no",
    "largest_acceptable_loss_percent": "25",
    "emergency_fund": "3_to_6_months",
    "income_stability": "steady",
}


def filled_in(form: Any) -> dict[str, Any]:
    return {bound.html_name: bound.value() for bound in form if bound.value() is not None}


def test_one_page_asks_what_the_plan_left_open_and_leads_to_the_level(visitor, maya, apply_for):
    visitor.force_login(maya)
    account = apply_for(maya)
    assert visitor.get(reverse("onboarding:risk")).url == reverse("onboarding:risk-rest")
    page = visitor.get(reverse("onboarding:risk-rest"))
    shown = page.content.decode()
    assert "From your plan" in shown
    assert "Your $12,000 is worth $9,600" in shown
    assert [bound.name for bound in page.context["form"].planned()] == [
        "investment_goal",
        "time_horizon",
        "reaction_to_loss",
        "time_horizon_years",
    ]
    sent = filled_in(page.context["form"]) | REST | {"key": page.context["key"]}
    for _ in range(2):
        done = visitor.post(reverse("onboarding:risk-rest"), sent)
        assert done.url == reverse("onboarding:risk-result")

    [assessment] = account.risk_assessments.all()
    assert assessment.answers["reaction_to_loss"] == "hold_and_wait"
    assert assessment.answers["risk_tolerance"] == "moderate"
    assert "Level" in visitor.get(done.url).content.decode()


def test_an_answer_of_the_plan_can_still_be_changed(visitor, maya, apply_for):
    visitor.force_login(maya)
    account = apply_for(maya)
    page = visitor.get(reverse("onboarding:risk-rest"))
    sent = filled_in(page.context["form"]) | REST | {"reaction_to_loss": "wait_and_see"}
    visitor.post(reverse("onboarding:risk-rest"), sent)
    assert account.risk_assessments.get().answers["reaction_to_loss"] == "wait_and_see"


def test_an_open_question_left_out_is_told_and_the_rest_is_kept(visitor, maya, apply_for):
    visitor.force_login(maya)
    apply_for(maya)
    sent = REST | {"income_needs": "", "largest_acceptable_loss_percent": "many"}
    response = visitor.post(reverse("onboarding:risk-rest"), sent)
    page = response.content.decode()
    assert response.status_code == 422
    assert {"income_needs", "largest_acceptable_loss_percent"} <= set(
        response.context["form"].errors
    )
    assert 'value="many"' in page


def test_answers_that_dont_go_together_are_asked_about_before_they_count(visitor, maya, apply_for):
    visitor.force_login(maya)
    account = apply_for(maya)
    page = visitor.get(reverse("onboarding:risk-rest"))
    bold = {"reaction_to_loss": "sell_immediately", "risk_tolerance": "aggressive"}
    sent = filled_in(page.context["form"]) | REST | bold
    response = visitor.post(reverse("onboarding:risk-rest"), sent)
    assert response.url == reverse("onboarding:risk-check")
    assert not account.risk_assessments.exists()


def test_one_may_answer_one_question_at_a_time_instead(visitor, maya, apply_for):
    visitor.force_login(maya)
    apply_for(maya)
    page = visitor.get(reverse("onboarding:risk") + "?one=1")
    assert page.status_code == 200
    assert page.context["form"].initial["amount"] == Decimal(12000)


def test_without_a_plan_the_questions_come_one_at_a_time(client, maya, apply_for):
    client.force_login(maya)
    apply_for(maya)
    assert client.get(reverse("onboarding:risk")).status_code == 200
    assert client.get(reverse("onboarding:risk-rest")).url == reverse("onboarding:risk")


def test_the_first_goal_is_filled_in_and_one_press_makes_it_once(visitor, maya, open_account):
    visitor.force_login(maya)
    account = open_account(maya)
    odds_before = visitor.get(RESULT).context["plan"].seed
    page = visitor.get(reverse("portfolios:goal-new"))
    assert "From your plan" in page.content.decode()
    pressed = filled_in(page.context["form"])
    day = pressed.pop("target_date")
    pressed |= {"target_date_0": day.month, "target_date_1": day.day, "target_date_2": day.year}
    for _ in range(2):
        made = visitor.post(reverse("portfolios:goal-new") + "?type=home_purchase", pressed)
        assert made.status_code == 302, made.context["form"].errors

    goal = account.goals.get()
    assert (goal.target_amount, goal.monthly_contribution) == (Decimal(90000), Decimal(450))
    assert goal.target_date.year == YEAR
    assert projection.seed_for(str(goal.key)) == odds_before
    assert first_answers.GOAL in FirstPlan.objects.get().used
    assert "From your plan" not in visitor.get(reverse("portfolios:goal-new")).content.decode()


def test_someone_without_a_plan_is_asked_what_the_money_is_for(client, maya, open_account):
    client.force_login(maya)
    open_account(maya)
    assert "From your plan" not in client.get(reverse("portfolios:goal-new")).content.decode()


def test_who_planned_goes_from_the_level_straight_to_the_policy(visitor, maya, open_account):
    """Two presses are one goal, as planned, and nobody else's."""
    account = open_account(maya)
    visitor.force_login(maya)
    draft_of(account)
    assess(account)
    page = visitor.get(reverse("onboarding:risk-result")).content.decode()
    assert "Your goal, as you planned it" in page

    answer = visitor.post(reverse("portfolios:goal-planned"))
    assert answer.url == reverse("portfolios:policy")
    visitor.post(reverse("portfolios:goal-planned"))
    [goal] = account.goals.all()
    planned = FirstPlan.objects.get().answers
    assert f"{goal.monthly_contribution}" == planned["monthly"]
    assert account.policies.get().status == "proposed"
    page = visitor.get(reverse("onboarding:risk-result")).content.decode()
    assert "as you planned it" not in page
