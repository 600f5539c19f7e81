"""One monthly budget for several goals: by order, to the cent, for all at once or not at all."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from portfolios import services
from portfolios.models import Goal, Projection
from robo import clients
from tests.portfolios.conftest import goal_of, later

BUDGET = "portfolios:budget"


@pytest.fixture
def three(account: Account, goal: Goal) -> list[Goal]:
    """A home, college and a trip, in this order."""
    college = goal_of(
        account, name="College", type="education", target_amount=Decimal(60_000),
        target_date=later(12), monthly_contribution=Decimal(200), initial_amount=Decimal(0),
    )  # fmt: skip
    trip = goal_of(
        account, name="A trip", type="custom", target_amount=Decimal(9_000), importance="wish",
        target_date=later(4), monthly_contribution=Decimal(75), initial_amount=Decimal(0),
    )  # fmt: skip
    return [Goal.objects.get(pk=goal.pk), college, trip]


def parts(web: Client, **asked: str) -> list[Any]:
    answer = web.get(reverse(BUDGET), asked)
    assert answer.status_code == 200
    found: list[Any] = answer.context["parts"]
    return found


@pytest.mark.parametrize("budget", ["0", "100", "333.33", "600", "5,000"])
def test_what_the_goals_get_adds_up_to_the_budget_to_the_cent(
    web: Client, three: list[Goal], budget: str
) -> None:
    found = parts(web, budget=budget)
    assert sum(part.gets for part in found) == Decimal(budget.replace(",", ""))


def test_the_first_goal_reaches_its_bar_before_the_next_gets_anything(
    web: Client, three: list[Goal]
) -> None:
    found = parts(web, budget="5,000")
    assert all(part.after >= part.bar for part in found)
    needed = [part.needed for part in found]
    tight = parts(web, budget=str(needed[0] + 10))
    assert [part.gets for part in tight] == [needed[0], 10, 0]
    assert tight[0].after >= tight[0].bar > 0


def test_a_button_changes_the_order_without_dragging_or_javascript(
    web: Client, three: list[Goal]
) -> None:
    home, college, trip = (str(goal.pk) for goal in three)
    moved = parts(web, budget="300", order=f"{home},{college},{trip}", move=f"up:{trip}")
    assert [part.goal.name for part in moved] == ["First home", "A trip", "College"]
    at_the_top = parts(web, move=f"up:{home}")
    assert at_the_top[0].goal.name == "First home"
    page = web.get(reverse(BUDGET)).content.decode()
    assert f'value="down:{home}"' in page
    assert f'value="up:{home}"' not in page


def test_when_one_goal_grows_the_later_ones_pay_first(web: Client, three: list[Goal]) -> None:
    needed = sum(part.needed for part in parts(web, budget="5,000"))
    answer = web.get(reverse(BUDGET), {"budget": str(needed), "grow": str(three[0].pk)})
    pairs = answer.context["pairs"]
    (home, grown), _, (trip, smaller) = pairs
    assert grown.gets > home.gets
    assert smaller.gets < trip.gets
    assert sum(other.gets for _, other in pairs) == needed
    assert "If First home costs a tenth more" in answer.content.decode()


def test_the_budget_is_kept_for_all_goals_at_once_and_told_to_bluum(
    web: Client, three: list[Goal], settle: Callable[..., int]
) -> None:
    home, college, trip = (goal.pk for goal in three)
    order = f"{college},{home},{trip}"
    tried = {part.goal.pk: part.gets for part in parts(web, budget="450", order=order)}
    assert Goal.objects.get(pk=home).monthly_contribution == 325
    web.post(reverse(BUDGET), {"budget": "450", "order": order})
    kept = {goal.pk: goal for goal in Goal.objects.all()}
    assert {pk: goal.monthly_contribution for pk, goal in kept.items()} == tried
    assert [kept[pk].priority for pk in (college, home, trip)] == [1, 2, 3]
    settle()
    remote = {
        goal.name: (goal.monthly_contribution, goal.priority)
        for goal in clients.bluum().goals.list(str(three[0].account.bluum_id))
    }
    assert remote == {
        goal.name: (goal.monthly_contribution, goal.priority) for goal in kept.values()
    }
    newest = Projection.objects.filter(goal_id=college).latest("made_at")
    assert Decimal(str(newest.inputs["monthly"])) == tried[college]


def test_all_goals_change_or_none_does(three: list[Goal], omar: Any) -> None:
    from accounts.services import account_of

    with pytest.raises(Goal.DoesNotExist):
        services.share_budget(
            account_of(omar), {three[0].pk: Decimal(1)}, [three[0].pk]
        )  # fmt: skip
    with pytest.raises(Goal.DoesNotExist):
        services.share_budget(
            three[0].account, {three[0].pk: Decimal(1), 10**9: Decimal(1)}, [three[0].pk, 10**9]
        )
    assert Goal.objects.get(pk=three[0].pk).monthly_contribution == 325


@pytest.mark.parametrize("nonsense", ["-5", "abc", "1e9", "99999999999", ""])
def test_a_nonsense_budget_is_told_kindly_and_kept_as_typed(
    web: Client, three: list[Goal], nonsense: str
) -> None:
    for answer in (
        web.get(reverse(BUDGET), {"budget": nonsense}),
        web.post(reverse(BUDGET), {"budget": nonsense, "order": "1,x,-3,99999999999999999999"}),
    ):
        assert answer.status_code == 422
        assert 'aria-invalid="true"' in answer.content.decode()
    assert Goal.objects.get(pk=three[0].pk).monthly_contribution == 325


def test_without_risk_answers_the_budget_is_shared_without_made_up_odds(
    web: Client, account: Account
) -> None:
    goal_of(account)
    goal_of(account, name="College")
    page = web.get(reverse(BUDGET)).content.decode()
    assert "Of 100 futures" not in page
    assert "Gets each month" in page
