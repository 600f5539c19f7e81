"""What doesn't go together is asked about by name, and keeps money out until it is settled."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import Notice
from funding import services as funding
from funding.models import BankAccount, Deposit, Schedule
from onboarding import services
from onboarding.models import Application, ExternalAccount, RiskAssessment
from portfolios.models import Goal
from portfolios.services import CannotAccept, accept_policy, add_goal, change_goal, propose_policy
from robo.audit.models import Entry
from tests.onboarding.test_risk import MIDDLE
from tests.portfolios.conftest import later

RESULT = reverse("onboarding:risk-result")


@pytest.fixture
def account(open_account, maya):
    return open_account(maya)


@pytest.fixture
def web(client, maya, account):
    client.force_login(maya)
    return client


@pytest.fixture
def bank(account):
    """A linked bank; nothing is pulled from it here."""
    return BankAccount.objects.create(
        account=account, bluum_id="bank-1", institution="Lakeside Bank", mask="3168",
        status="active", due_at=None,
    )  # fmt: skip


def answer(account, **changes):
    answers = {k: v for k, v in (MIDDLE | changes).items() if v}
    services.save_risk_answers(account, answers)
    return services.submit_risk(account=account, answers=answers, key=uuid4())


def goal_for(account, **changes):
    wish = {
        "key": UUID(int=Goal.objects.count() + 1),  # its futures are drawn by it
        "type": "home_purchase",
        "name": "First home",
        "target_amount": Decimal(68_000),
        "target_date": later(9),
        "monthly_contribution": Decimal(325),
        "initial_amount": Decimal(2_000),
    }
    return add_goal(account=account, **wish | changes)


def know(account, **sections):
    services.update_profile(account, **sections)


# Each of these tells two things that don't go together -----------------------------------------


def bold_and_would_sell(account):
    answer(account, risk_tolerance="aggressive", reaction_to_loss="sell_immediately")


def growth_within_three_years(account):
    answer(account, investment_goal="growth", time_horizon="5_years", time_horizon_years="2")


def growth_and_a_near_goal(account):
    answer(account, investment_goal="aggressive_growth")
    goal_for(account, target_date=later(2))


def no_savings_and_all_tied_up(account):
    answer(account, emergency_fund="none")


def deposits_above_the_income(account):
    know(account, employment={"annual_gross_income": "30000.00"})
    answer(account)
    goal_for(account, monthly_contribution=Decimal(1_400))


def retired_before_today(account):
    Application.objects.update_or_create(account=account, defaults={"birth_year": 1960})
    know(
        account,
        demographics={"expected_retirement_age": 55},
        employment={"employment_status": "employed_full_time"},
    )
    answer(account)


def retired_at_a_hundred_and_more(account):
    Application.objects.update_or_create(account=account, defaults={"birth_year": 1960})
    answer(account)
    goal_for(account, type="retirement", name="Retirement", target_date=later(45))


def retired_after_the_plan_ends(account):
    know(account, demographics={"expected_retirement_age": 90, "life_expectancy": 85})
    answer(account)


def a_loan_without_its_home(account):
    for kind, owns, balance in (("savings", True, 50_000), ("mortgage", False, 300_000)):
        ExternalAccount.objects.create(
            account=account, name=kind, account_type=kind, is_asset=owns, balance=balance,
            due_at=None,
        )  # fmt: skip
    answer(account)


def new_and_boldest(account):
    answer(
        account,
        investment_knowledge="beginner",
        investment_goal="aggressive_growth",
        risk_tolerance="aggressive",
    )


def no_loss_and_a_high_level(account):
    answer(account, largest_acceptable_loss_percent="0", investment_goal="growth",
           reaction_to_loss="buy_more", risk_tolerance="moderate")  # fmt: skip


def retired_and_on_a_salary(account):
    Application.objects.update_or_create(
        account=account, defaults={"funding_source": ["employment_income"]}
    )
    know(account, employment={"employment_status": "retired"})
    answer(account)


def a_goal_before_the_first_deposit(account):
    answer(account)
    goal_for(account, target_date=later(1), initial_amount=Decimal(0))
    bank = BankAccount.objects.get()
    Schedule.objects.create(
        account=account, bank=bank, name="Monthly", amount=100, frequency="monthly",
        day_of_month=1, start_date=later(2), due_at=None,
    )  # fmt: skip
    services.look_again(account)


def a_target_below_the_start(account):
    answer(account)
    goal_for(account, initial_amount=Decimal(80_000))


def always_the_first(account):
    from portfolios.planning.questionnaire import load_questionnaire

    asked = load_questionnaire().questions
    answer(account, **{q.id: q.answers[0].id for q in asked if q.kind == "choice"})


def in_no_time(account):
    answers = MIDDLE
    services.submit_risk(
        account=account, answers=answers, key=uuid4(), seconds=dict.fromkeys(answers, 0.8)
    )


TOLD = {
    bold_and_would_sell: "you would sell everything after a fall of a fifth. Both are fine",
    growth_within_three_years: "you need the money within three years",
    growth_and_a_near_goal: "in 2 years and chose as much growth as possible. Which is right?",
    no_savings_and_all_tied_up: "If your car broke down, where would the money come from?",
    deposits_above_the_income: "$1,400 a month is 56% of the $30,000 a year",
    retired_before_today: "You’d like to stop working at 55, and you are 66. Which is right?",
    retired_at_a_hundred_and_more: "You would be 111 then",
    retired_after_the_plan_ends: "your plan reaches age 85. One of the two must be a slip",
    a_loan_without_its_home: "There is a home loan in it, and no home",
    new_and_boldest: "You are new to investing, and you chose the boldest answers",
    no_loss_and_a_high_level: "You could accept no fall at all, and level",
    retired_and_on_a_salary: "you named a salary as where the money comes from",
    a_goal_before_the_first_deposit: "before the first deposit for it arrives",
    a_target_below_the_start: "with $80,000, which is more than its target of $68,000",
    always_the_first: "You chose the first answer every time",
    in_no_time: "You took under two seconds for each question",
}


@pytest.mark.parametrize("tell", TOLD, ids=lambda tell: tell.__name__)
def test_each_is_asked_about_by_name_and_keeps_money_out(account, web, bank, tell):
    tell(account)

    page = web.get(RESULT).content.decode().replace("&quot;", '"').replace("&#x27;", "’")
    assert TOLD[tell] in page
    assert RiskAssessment.objects.latest("pk").review == "waiting"
    assert Notice.objects.filter(key__startswith="answers-open").exists()
    form = {"key": uuid4(), "bank": bank.pk, "amount": "500", "confirmed": "1"}
    answered = web.post(reverse("funding:deposit"), form, follow=True)
    assert "Money can go in as soon as your answers go together." in answered.content.decode()
    assert not Deposit.objects.exists()


def test_each_sentence_is_its_own(account):
    assert len(TOLD) >= 12
    assert len(set(TOLD.values())) == len(TOLD)


def test_answers_that_go_together_keep_nobody_waiting(account, web, bank):
    answer(account)
    goal_for(account)
    assert RiskAssessment.objects.get().review == "none"
    form = {"key": uuid4(), "bank": bank.pk, "amount": "500", "confirmed": "1"}
    web.post(reverse("funding:deposit"), form)
    assert Deposit.objects.count() == 1


def test_both_answers_are_changed_where_they_are_asked_about(account, web):
    bold_and_would_sell(account)
    found = web.get(RESULT).context["conflicts"][0]
    assert [row["says"] for row in found["rows"]] == [
        "Large swings do not bother me",
        "Sell all of it",
    ]
    for row in found["rows"]:
        assert row["form"]["answer"]

    web.post(
        reverse("onboarding:risk-answer"),
        {"question": "risk_tolerance", "answer": "moderate", "back": "result"},
    )
    assert services.current_assessment(account).review == "none"
    assert "conflicts" not in web.get(RESULT).content.decode()
    assert not services.why_no_money(account)


def test_a_fact_put_right_settles_it_by_itself(account):
    a_target_below_the_start(account)
    change_goal(Goal.objects.get(), target_amount=Decimal(120_000))
    assert RiskAssessment.objects.get().review == "none"


def test_auto_invest_is_held_back_like_a_deposit(account, bank):
    bold_and_would_sell(account)
    with pytest.raises(funding.NotPossible, match="answers go together"):
        schedule(account, bank, 50)
    assert not Schedule.objects.exists()


def schedule(account, bank, amount):
    return funding.request_schedule(
        account=account, bank=bank, amount=Decimal(amount), frequency="monthly", day_of_week=None,
        day_of_month=1, start_date=timezone.localdate() + timedelta(days=20), key=uuid4(),
    )  # fmt: skip


def test_a_schedule_that_takes_too_much_of_the_income_waits_for_an_adviser(account, bank):
    know(account, employment={"annual_gross_income": "30000.00"})
    assessment = answer(account)
    with pytest.raises(funding.AnswersOpen, match="80%"):
        schedule(account, bank, 2_000)
    assessment.refresh_from_db()
    assert assessment.review == "waiting"


def test_an_adviser_settles_it_with_a_note_and_the_client_hears(account, web, bank, iris, client):
    bold_and_would_sell(account)
    assessment = RiskAssessment.objects.get()
    desk = type(client)()
    desk.force_login(iris)

    front = desk.get(reverse("admin:index"))
    queue = next(q for q in front.context["queues"] if q.title == "Answers to look at")
    assert queue.count == 1
    assert (
        "Look at both sides"
        in desk.get(
            reverse("admin:onboarding_riskassessment_change", args=[assessment.pk])
        ).content.decode()
    )
    url = reverse("admin:risk_settle", args=[assessment.pk])
    assert "Large swings do not bother me" in desk.get(url).content.decode()
    assert desk.post(url, {"note": "ok"}).status_code == 422
    desk.post(url, {"note": "Sold in 2020 for a house; would stay in today."})

    assessment.refresh_from_db()
    assert (assessment.review, assessment.reviewed_by) == ("done", iris)
    entry = Entry.objects.get(action="settle risk answers")
    assert entry.actor == iris
    assert entry.details["note"].startswith("Sold in 2020")
    assert Notice.objects.filter(title="An adviser has looked at your answers").exists()
    assert not services.why_no_money(account)
    form = {"key": uuid4(), "bank": bank.pk, "amount": "500", "confirmed": "1"}
    web.post(reverse("funding:deposit"), form)
    assert Deposit.objects.count() == 1


def test_an_auditor_and_a_stranger_settle_nothing(account, person, client):
    from django.contrib.auth.models import Group

    bold_and_would_sell(account)
    url = reverse("admin:risk_settle", args=[RiskAssessment.objects.get().pk])
    auditor = person("ada@example.com", is_staff=True)
    auditor.groups.add(Group.objects.get(name="auditor"))
    for user in (auditor, account.user):
        client.force_login(user)
        client.post(url, {"note": "Looks fine to me, let it pass."})
    assert RiskAssessment.objects.get().review == "waiting"


def test_no_policy_is_signed_meanwhile(account):
    bold_and_would_sell(account)
    goal_for(account)
    policy = propose_policy(account)
    with pytest.raises(CannotAccept, match="go together"):
        accept_policy(policy, ip="203.0.113.7", user_agent="test")


def test_who_says_that_quick_answers_are_right_goes_on(account, web):
    services.save_risk_answers(account, MIDDLE)
    draft = services.draft_of(account)
    draft.seconds = dict.fromkeys(MIDDLE, 0.5)
    draft.save()
    page = web.get(reverse("onboarding:risk-check"))
    assert "under two seconds" in page.content.decode()
    assert 'name="confirmed" value="very_quick"' in page.content.decode()

    web.post(
        reverse("onboarding:risk-check"), {"key": page.context["key"], "confirmed": "very_quick"}
    )
    assessment = RiskAssessment.objects.get()
    assert assessment.review == "none"
    assert assessment.conflicts[0]["settled"] == "you"


def test_it_can_be_said_on_the_result_as_well_and_settles_nothing_else(account, web):
    in_no_time(account)
    assert "they’re right" in web.get(RESULT).content.decode()
    web.post(reverse("onboarding:risk-right"))
    assert services.current_assessment(account).review == "none"
    bold_and_would_sell(account)
    web.post(reverse("onboarding:risk-right"))
    assert services.current_assessment(account).review == "waiting"


def test_seconds_are_counted_where_the_questions_are_asked(account, web):
    web.post(reverse("onboarding:risk"), {"amount": "10000"})
    url = reverse("onboarding:risk-question", args=[1])
    web.get(url)
    draft = services.draft_of(account)
    draft.shown["at"] = (timezone.now() - timedelta(seconds=12)).isoformat()
    draft.save()
    web.post(url, {"answer": "growth"})
    assert 12 <= services.draft_of(account).seconds["investment_goal"] < 60


def test_reliability_is_told_for_each_version(account, open_account, omar):
    in_no_time(account)
    services.submit_risk(
        account=open_account(omar, last_name="Haddad"),
        answers=MIDDLE | {"risk_tolerance": "conservative", "investment_goal": "income"},
        key=uuid4(),
        seconds=dict.fromkeys(MIDDLE, 14.0),
    )
    out = StringIO()
    call_command("risk_reliability", stdout=out)
    assert "default-risk-v1: 2 people, alpha " in out.getvalue()
    assert "median time for a question 7.4 s, under two seconds each 50.0%" in out.getvalue()
