"""The risk questions and what they come to."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.services import account_of
from onboarding import services
from onboarding.models import RiskAssessment, RiskDraft
from portfolios.models import Portfolio, Valuation
from portfolios.planning.models import model
from robo import agenda
from robo.audit.models import Entry

MIDDLE = {
    "investment_goal": "balanced",
    "time_horizon": "20_years",
    "risk_tolerance": "moderate",
    "reaction_to_loss": "hold_and_wait",
    "income_needs": "none",
    "investment_knowledge": "intermediate",
    "experienced_major_decline": "no",
    "largest_acceptable_loss_percent": "25",
    "time_horizon_years": "20",
    "emergency_fund": "3_to_6_months",
    "income_stability": "steady",
}


@pytest.fixture
def signed(client, apply_for, maya):
    """Maya has signed everything and applied."""
    account = apply_for(maya)
    client.force_login(maya)
    return account


def at(n: int) -> str:
    return reverse("onboarding:risk-question", args=[n])


def answer(client: Any, amount: str = "12,000", **changed: str) -> Any:
    """Walk through all questions as they come."""
    answers = MIDDLE | changed
    response = client.post(reverse("onboarding:risk"), {"amount": amount})
    while "check" not in response.url:
        page = client.get(response.url)
        question = page.context["question"]
        response = client.post(response.url, {"answer": answers.get(question.id, "")})
        assert response.status_code == 302, page.content.decode()
    return response


def change(client: Any, question_id: str, given: str) -> Any:
    """Change one answer from the page where they are checked."""
    rows = client.get(reverse("onboarding:risk-check")).context["rows"]
    [row] = [row for row in rows if row["question"].id == question_id]
    return client.post(row["url"], {"answer": given, "back": "check"})


def send(client: Any) -> Any:
    key = client.get(reverse("onboarding:risk-check")).context["key"]
    return client.post(reverse("onboarding:risk-check"), {"key": key})


def test_the_questions_lead_to_a_level_in_dollars(client, signed, settle):
    answer(client)
    response = send(client)
    settle()

    page = client.get(response.url).content.decode()

    assessment = RiskAssessment.objects.get()
    held = model(assessment.level)
    assert f"Level {assessment.level} of 10" in page
    assert "$12,000 at level" in page
    assert f"{held.stocks:.0%} in stocks" in page
    from robo.ui.words import about

    assert about(Decimal(12000) * -Decimal(str(held.bad_year))) in page


def test_examples_use_the_persons_own_amount(client, signed):
    client.post(reverse("onboarding:risk"), {"amount": "$8,000"})
    assert "Your $8,000 is worth $6,400" in client.get(at(5)).content.decode()


@pytest.mark.parametrize("typed", ["", "0", "-5", "abc", "1e9", "999999999999"])
def test_an_amount_that_makes_no_sense_is_told_kindly(client, signed, typed):
    response = client.post(reverse("onboarding:risk"), {"amount": typed})
    assert response.status_code == 422
    assert response.context["form"].errors


def test_the_back_button_loses_no_answer(client, signed):
    client.post(reverse("onboarding:risk"), {"amount": "10000"})
    client.post(at(1), {"answer": "growth"})
    client.post(at(2), {"answer": "10_years"})

    page = client.get(at(1)).content.decode()
    client.post(at(1), {"answer": "income"})

    assert 'value="growth"' in page
    assert "checked" in page
    assert RiskDraft.objects.get().answers["time_horizon"] == "10_years"
    assert RiskDraft.objects.get().answers["investment_goal"] == "income"


def test_one_carries_on_where_one_stopped(client, signed):
    client.post(reverse("onboarding:risk"), {"amount": "10000"})
    client.post(at(1), {"answer": "growth"})
    response = client.post(reverse("onboarding:risk"), {"amount": "10000"})
    assert response.url == at(2)


@pytest.mark.parametrize("given", ["", "nonsense", "<script>"])
def test_an_answer_that_is_none_is_asked_for_again(client, signed, given):
    response = client.post(at(1), {"answer": given})
    assert response.status_code == 422
    assert "<script>" not in response.content.decode().replace("<script src", "").replace(
        "<script type", ""
    )


@pytest.mark.parametrize("given", ["-1", "101", "many", "1e3", "NaN"])
def test_a_percentage_out_of_range_is_told(client, signed, given):
    client.post(reverse("onboarding:risk"), {"amount": "10000"})
    response = client.post(at(9), {"answer": given})
    assert response.status_code == 422
    assert "from 0 to 100" in response.content.decode()


def test_what_one_did_in_a_fall_is_asked_who_has_seen_one(client, signed):
    ids = []
    response = client.post(reverse("onboarding:risk"), {"amount": "10000"})
    answers = MIDDLE | {"experienced_major_decline": "yes", "action_during_decline": "sold_some"}
    while "check" not in response.url:
        question = client.get(response.url).context["question"]
        ids.append(question.id)
        response = client.post(response.url, {"answer": answers[question.id]})
    assert "action_during_decline" in ids

    change(client, "experienced_major_decline", "no")
    assert "action_during_decline" not in RiskDraft.objects.get().answers


def test_contradictions_are_asked_about_before_they_count(client, signed):
    answer(client, risk_tolerance="aggressive", reaction_to_loss="sell_immediately")

    page = client.get(reverse("onboarding:risk-check"))

    assert "Some answers don’t go together" in page.content.decode()
    [found] = page.context["contradictions"]
    assert len(found["rows"]) == 2
    changed = client.post(found["rows"][0]["url"], {"answer": "moderate", "back": "check"})
    assert changed.url == reverse("onboarding:risk-check")
    assert not client.get(changed.url).context["contradictions"]


def test_contradictions_left_standing_never_raise_the_level(client, signed):
    account = account_of(signed.user)
    bold = MIDDLE | {"risk_tolerance": "aggressive", "reaction_to_loss": "sell_immediately"}
    calm = MIDDLE | {"risk_tolerance": "moderate", "reaction_to_loss": "sell_immediately"}
    answer(client, **bold)
    page = client.get(send(client).url).content.decode()

    assert "the more cautious one counts" in page
    assert RiskAssessment.objects.get().level == services.score(account, calm).level


def test_leaving_a_contradiction_never_gains_by_a_bolder_answer(signed):
    """Whatever bold answers are claimed, who would sell everything gets the seller's level."""
    seller = MIDDLE | {"reaction_to_loss": "sell_immediately"}
    calm = services.score(signed, services.cautious(seller)).level
    for goal in ("growth", "aggressive_growth"):
        for tolerance in ("moderate", "aggressive"):
            claimed = seller | {"investment_goal": goal, "risk_tolerance": tolerance}
            settled = services.cautious(claimed)
            assert settled["investment_goal"] == "balanced"
            assert settled["risk_tolerance"] == "moderate"
            assert services.score(signed, settled).level == calm


def test_a_bolder_answer_never_lowers_and_a_calmer_never_raises_the_level(signed):
    ranked = [
        services.score(signed, MIDDLE | {"reaction_to_loss": given}).level
        for given in ("sell_immediately", "wait_and_see", "hold_and_wait", "buy_more")
    ]
    assert ranked == sorted(ranked)


def test_the_more_cautious_of_both_scores_is_the_level(client, signed, sandbox, settle):
    answer(client, investment_goal="aggressive_growth", risk_tolerance="aggressive")
    send(client)
    settle()

    assessment = RiskAssessment.objects.get()
    assert assessment.status == "active"
    assert assessment.bluum_score is not None
    assert assessment.level == min(assessment.our_level, assessment.bluum_score)
    assert assessment.expires_at is not None


def test_two_clicks_make_one_assessment(client, signed, sandbox, settle):
    answer(client)
    key = client.get(reverse("onboarding:risk-check")).context["key"]
    for _ in range(2):
        client.post(reverse("onboarding:risk-check"), {"key": key})
    send(client)
    settle()

    assert RiskAssessment.objects.count() == 1
    assert len(sandbox.table("assessments")) == 1


def test_other_answers_supersede_the_older_ones(client, signed, settle):
    answer(client)
    send(client)
    settle()
    change(client, "reaction_to_loss", "sell_immediately")
    send(client)
    settle()

    newer, older = RiskAssessment.objects.all()
    assert (newer.status, older.status) == ("active", "superseded")
    assert services.current_assessment(signed) == newer


def test_no_advice_before_its_disclosures(client, maya, sandbox):
    client.force_login(maya)
    for name in ("risk", "risk-check", "risk-result"):
        assert client.get(reverse(f"onboarding:{name}")).url == reverse("onboarding:start")
    assert client.post(at(1), {"answer": "growth"}).url == reverse("onboarding:start")


def test_once_a_year_the_answers_are_to_be_checked(client, signed, settle):
    answer(client)
    send(client)
    settle()
    assert not titles(signed, "risk")

    RiskAssessment.objects.update(expires_at=timezone.now() + timedelta(days=20))
    assert titles(signed, "risk") == ["Check your risk answers again"]

    RiskAssessment.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert titles(signed, "risk") == ["Answer the risk questions"]
    assert services.current_assessment(signed) is None


def titles(account: Any, word: str) -> list[str]:
    account.refresh_from_db()
    return [item.title for item in agenda.things_to_do(account) if word in item.title]


def test_nobody_sees_anothers_answers(client, signed, omar, apply_for):
    answer(client)
    send(client)
    apply_for(omar, last_name="Haddad")
    client.force_login(omar)

    assert client.get(reverse("onboarding:risk-result")).url == reverse("onboarding:risk")
    assert not RiskDraft.objects.filter(account__user=omar, answers__amount="12000.00").exists()


def test_an_hour_without_bluum_only_costs_time(client, signed, sandbox, settle, pass_time):
    from sandbox import faults

    settle()
    fault = faults.add(sandbox, {"kind": "status", "route": "*risk-assessments*", "status": 503})
    answer(client)
    send(client)
    settle(horizon=timedelta(seconds=1))
    assert RiskAssessment.objects.get().status == "submitted"

    del sandbox.table("faults")[fault["id"]]
    pass_time(timedelta(hours=1))
    settle()
    assert RiskAssessment.objects.get().status == "active"


# Another level than the advised one --------------------------------------------------------------

REASON = "I kept still in 2020 and in 2022."


@pytest.fixture
def assessed(client, signed, settle):
    answer(client)
    send(client)
    settle()
    return services.current_assessment(signed)


def choose(client: Any, level: int, **data: str) -> Any:
    return client.post(
        reverse("onboarding:risk-choose", args=[level]),
        {"reason": REASON, "understood": "on"} | data,
    )


def test_another_level_takes_a_reason_and_a_yes_and_is_written_down(client, signed, assessed):
    level = assessed.level - 1
    page = client.get(reverse("onboarding:risk-choose", args=[level])).content.decode()
    assert "less risk than we advise" in page
    assert "may not suit you" in page
    for lacking in ({"reason": ""}, {"reason": "why"}, {"understood": ""}):
        data = {"reason": REASON, "understood": "on"} | lacking
        data = {k: v for k, v in data.items() if v}
        url = reverse("onboarding:risk-choose", args=[level])
        assert client.post(url, data).status_code == 422
    assert services.current_assessment(signed).level == assessed.level

    choose(client, level)

    chosen = services.current_assessment(signed)
    assert (chosen.level, chosen.chosen_level, chosen.chosen_reason) == (level, level, REASON)
    entry = Entry.objects.get(action="choose risk level")
    assert entry.details["before"] == assessed.level
    assert entry.details["after"] == level
    assert entry.details["reason"] == REASON
    page = client.get(reverse("onboarding:risk-result")).content.decode()
    assert f"our advice is level {assessed.advised_level}" in page
    assert REASON in page


def test_a_choice_stays_within_two_levels_and_under_the_hard_limits(client, signed, assessed):
    limits = services.limits_of(assessed)
    assert limits.lowest == assessed.advised_level - 2
    assert limits.highest <= assessed.result["level_by_horizon"]
    for level in (limits.lowest - 1, limits.highest + 1):
        response = choose(client, level)
        assert response.url == reverse("onboarding:risk-levels")
    assert services.current_assessment(signed).chosen_level is None
    assert client.get(reverse("onboarding:risk-choose", args=[0])).status_code == 404
    assert client.get(reverse("onboarding:risk-choose", args=[11])).status_code == 404


def test_a_near_date_caps_a_bolder_choice(client, signed, settle):
    answer(client, time_horizon="5_years", time_horizon_years="5", investment_goal="balanced")
    send(client)
    settle()
    found = services.current_assessment(signed)
    by_horizon = found.result["level_by_horizon"]
    with pytest.raises(services.NotAllowed, match="more than"):
        services.choose_level(account=signed, level=by_horizon + 1, reason=REASON)


def test_bluums_score_does_not_undo_a_choice(client, signed, assessed, settle):
    choose(client, assessed.level - 1)
    assessed.poke()
    settle()
    assert services.current_assessment(signed).level == assessed.level - 1


def test_the_advice_is_one_tap_away_from_a_choice(client, signed, assessed):
    choose(client, assessed.level - 1)
    client.post(reverse("onboarding:risk-choose", args=[assessed.advised_level]))
    found = services.current_assessment(signed)
    assert (found.level, found.chosen_level) == (assessed.advised_level, None)


def test_a_choice_is_asked_about_again_with_the_next_answers(client, signed, assessed, settle):
    choose(client, assessed.level - 1)
    RiskAssessment.objects.update(expires_at=timezone.now() + timedelta(days=5))
    page = client.get(reverse("onboarding:risk")).content.decode()
    assert "Do these answers still hold?" in page
    assert REASON in page

    client.post(reverse("onboarding:risk-again"))
    settle()

    newest = services.current_assessment(signed)
    assert newest.pk != assessed.pk
    assert newest.answers == assessed.answers
    assert newest.chosen_level is None
    page = client.get(reverse("onboarding:risk-result")).content.decode()
    assert f"Still level {assessed.level - 1}?" in page


def test_lapsed_answers_are_given_again_in_one_tap(client, signed, assessed, settle):
    RiskAssessment.objects.update(expires_at=timezone.now() - timedelta(days=1))
    page = client.get(reverse("onboarding:risk"))
    key = page.context["key"]
    for _ in range(2):
        client.post(reverse("onboarding:risk-again"), {"key": key})
    settle()
    assert RiskAssessment.objects.count() == 2
    assert services.current_assessment(signed).answers == assessed.answers


def test_an_answer_is_changed_on_the_result_and_the_level_follows(client, signed, assessed):
    client.post(
        reverse("onboarding:risk-answer"),
        {"question": "reaction_to_loss", "answer": "sell_immediately", "back": "result"},
    )
    newest = services.current_assessment(signed)
    assert newest.answers["reaction_to_loss"] == "sell_immediately"
    assert newest.our_level < assessed.our_level
    history = client.get(reverse("onboarding:risk-history")).content.decode()
    assert "Leave it alone" in history
    assert "Sell all of it" in history


@pytest.mark.parametrize("question", ["nonsense", "", "amount"])
def test_an_answer_to_no_question_is_not_found(client, signed, question):
    url = reverse("onboarding:risk-answer")
    assert client.post(url, {"question": question, "answer": "x"}).status_code == 404


def test_every_level_is_looked_at_in_the_persons_dollars(client, signed, assessed):
    for level in range(1, 11):
        page = client.get(
            reverse("onboarding:risk-result"), {"look": level}, headers={"HX-Request": "true"}
        )
        assert page.templates[0].name == "onboarding/_risk_figures.html"
        assert [row["level"] for row in page.context["neighbours"]] == [
            n for n in (level - 1, level, level + 1) if 1 <= n <= 10
        ]
    assert len(client.get(reverse("onboarding:risk-levels")).context["rows"]) == 10
    assert client.get(reverse("onboarding:risk-result"), {"look": "99"}).status_code == 200


def test_what_the_goals_need_is_told_and_raises_nothing(client, signed, assessed):
    from tests.portfolios.conftest import goal_of

    goal_of(signed, target_amount=Decimal(900_000))
    found = services.current_assessment(signed)
    assert (found.need_goals, found.need_level) == (1, None)
    assert found.level == assessed.level
    page = client.get(reverse("onboarding:risk-result")).content.decode()
    assert "More risk doesn’t get all of them there" in page


def test_both_scores_and_the_one_that_binds_are_shown(client, signed, assessed):
    page = client.get(reverse("onboarding:risk-result")).content.decode()
    assert f"{assessed.result['willingness']:.0f} of 100" in page
    assert f"{assessed.result['capacity']:.0f} of 100" in page
    assert page.count("decides</span>") == 1
    assert "0.75 ×" in page


# After a fall ------------------------------------------------------------------------------------


def fall(account: Any, *values: int) -> None:
    """Closes of the last days, the newest last; nothing was paid in or out."""
    portfolio = Portfolio.objects.create(account=account, due_at=None)
    today = timezone.localdate()
    for days, value in enumerate(reversed(values)):
        Valuation.objects.create(
            portfolio=portfolio, day=today - timedelta(days=days), value=value, contributed=1000
        )


def test_after_a_fall_a_change_of_level_takes_a_second_yes_the_next_day(client, signed, assessed):
    fall(signed, 1000, 1000, 940, 910, 915)
    choose(client, assessed.level - 1)

    page = client.get(reverse("onboarding:risk-result")).content.decode()
    assert f"Level {assessed.level - 1} waits for your second yes" in page
    assert "has fallen 9.0%" in page
    assert services.current_assessment(signed).level == assessed.level
    client.post(reverse("onboarding:risk-confirm"))
    assert services.current_assessment(signed).level == assessed.level

    a_day_later(signed)
    assert [t for t in all_titles(signed) if t.startswith("Decide about level")]
    client.post(reverse("onboarding:risk-confirm"))
    assert services.current_assessment(signed).level == assessed.level - 1


def test_answers_given_in_fright_wait_too_and_may_be_dropped(client, signed, assessed):
    fall(signed, 1000, 930)
    client.post(
        reverse("onboarding:risk-answer"),
        {"question": "reaction_to_loss", "answer": "sell_immediately", "back": "result"},
    )
    assert RiskAssessment.objects.count() == 1
    assert services.pending_of(signed).kind == "answers"

    client.post(reverse("onboarding:risk-confirm"), {"keep": "1"})
    assert services.pending_of(signed) is None
    assert RiskAssessment.objects.count() == 1


def test_confirmed_a_day_later_the_answers_count(client, signed, assessed):
    fall(signed, 1000, 930)
    change(client, "reaction_to_loss", "sell_immediately")
    send(client)
    a_day_later(signed)
    client.post(reverse("onboarding:risk-confirm"))
    newest = services.current_assessment(signed)
    assert newest.answers["reaction_to_loss"] == "sell_immediately"


def test_what_is_not_confirmed_lapses(client, signed, assessed):
    fall(signed, 1000, 930)
    choose(client, assessed.level - 1)
    a_day_later(signed, days=15)
    assert services.pending_of(signed) is None
    client.post(reverse("onboarding:risk-confirm"))
    assert services.current_assessment(signed).level == assessed.level


@pytest.mark.parametrize("values", [(1000, 960), (900, 1000, 1100), (1000, 900, *[900] * 9)])
def test_a_small_or_an_older_fall_holds_nobody_up(client, signed, assessed, values):
    fall(signed, *values)
    if len(values) > 3:
        Valuation.objects.filter(day__lt=timezone.localdate() - timedelta(days=8)).update(value=900)
    choose(client, assessed.level - 1)
    assert services.current_assessment(signed).level == assessed.level - 1


def test_money_taken_out_is_no_fall(client, signed, assessed):
    fall(signed, 1000, 500)
    Valuation.objects.filter(day=timezone.localdate()).update(contributed=500)
    choose(client, assessed.level - 1)
    assert services.current_assessment(signed).level == assessed.level - 1


def a_day_later(account: Any, days: int = 1) -> None:
    draft = RiskDraft.objects.get(account=account)
    asked_at = datetime.fromisoformat(draft.pending["asked_at"]) - timedelta(days=days, minutes=1)
    draft.pending["asked_at"] = asked_at.isoformat()
    draft.save()


def all_titles(account: Any) -> list[str]:
    return [item.title for item in agenda.things_to_do(account)]
