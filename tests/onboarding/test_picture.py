"""What a person tells of their life and money, who sees it, and the yearly look at it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import Mail, Notice
from onboarding import services
from onboarding.models import Dependent, ExternalAccount, InvestorProfile
from onboarding.picture import SECTIONS
from portfolios.models import Portfolio
from robo import agenda
from robo.audit.models import Entry

OVERVIEW = "/picture/"


@pytest.fixture
def account(client, open_account, maya):
    """Maya's account is open, and she is signed in."""
    found = open_account(maya)
    client.force_login(maya)
    return found


def section(slug: str) -> str:
    return reverse("picture:section", args=[slug])


def at_bluum(sandbox: Any, account: Any) -> dict[str, Any]:
    answer = sandbox.app.test_client().get(
        f"/v1/wealth/accounts/{account.bluum_id}/profile", auth=("test-key", "test-secret")
    )
    found: dict[str, Any] = answer.get_json()
    return found


def page(client: Any, url: str = OVERVIEW) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def add_person(client: Any, **changed: Any) -> Any:
    given = {"key": str(uuid4()), "first_name": "Lena", "relationship": "child"} | changed
    return client.post(reverse("picture:person-new"), given)


def add_holding(client: Any, **changed: Any) -> Any:
    given = {"key": str(uuid4()), "account_type": "savings", "balance": "12,000"} | changed
    return client.post(reverse("picture:holding-new"), given)


# The profile --------------------------------------------------------------------------------


@pytest.mark.parametrize("slug", [found.slug for found in SECTIONS])
def test_no_question_has_to_be_answered(client, account, slug):
    assert client.get(section(slug)).status_code == 200
    assert client.post(section(slug), {}).status_code == 302


def test_answers_reach_bluum_in_its_units(client, account, settle, sandbox):
    client.post(section("employment"), {"annual_gross_income": "85k", "income_growth_rate": "3%"})
    client.post(section("tax"), {"federal_tax_bracket": "22", "filing_status": "single"})
    client.post(section("cash-flow"), {"monthly_expenses": "3,000 to 4,000"})
    client.post(section("estate-planning"), {"has_will": "yes"})
    client.post(section("partner"), {"annual_gross_income": "about 60,000"})
    settle()

    found = at_bluum(sandbox, account)

    assert found["employment"]["annual_gross_income"] == "85000.00"
    assert found["employment"]["income_growth_rate"] == 0.03
    assert found["tax"] == {"federal_tax_bracket": 0.22, "filing_status": "single"}
    assert found["cash_flow"]["monthly_expenses"] == "3500.00"
    assert found["estate_planning"] == {"has_will": True}
    assert found["partner"] == {"annual_gross_income": "60000.00"}
    text = page(client)
    assert f"{found['completeness_score']}% complete" in text
    assert "By the custodian’s count" in text


def test_each_figure_says_where_it_comes_from_and_how_old_it_is(client, account):
    client.post(section("cash-flow"), {"monthly_savings": "700"})
    long_ago = timezone.now() - timedelta(days=40)
    profile = InvestorProfile.objects.get()
    profile.provenance["cash_flow.monthly_savings"]["at"] = long_ago.isoformat()
    profile.save()

    text = page(client)

    assert "$700" in text
    day = timezone.localdate(long_ago)
    assert f"From you, on {day:%a, %b} {day.day}" in text
    assert "By our count" in text


def test_an_answer_can_be_taken_back_and_the_others_stay(client, account):
    client.post(section("cash-flow"), {"monthly_savings": "700", "monthly_expenses": "2000"})
    client.post(section("cash-flow"), {"monthly_savings": "", "monthly_expenses": "2000"})
    assert InvestorProfile.objects.get().sections["cash_flow"] == {"monthly_expenses": "2000.00"}


@pytest.mark.parametrize(
    ("slug", "given"),
    [
        ("cash-flow", {"monthly_expenses": "a lot"}),
        ("cash-flow", {"emergency_fund_months": "-3"}),
        ("tax", {"federal_tax_bracket": "220"}),
        ("demographics", {"health_status": "immortal"}),
    ],
)
def test_what_makes_no_sense_is_asked_again_with_what_was_typed(client, account, slug, given):
    answer = client.post(section(slug), given)
    assert answer.status_code == 422
    [(name, typed)] = given.items()
    assert answer.context["form"].errors[name]
    assert answer.context["form"][name].value() == typed


def test_unknown_sections_are_not_there(client, account):
    assert client.get(section("secrets")).status_code == 404


def test_the_way_on_leads_through_all_sections(client, account):
    answer = client.post(section("demographics"), {"marital_status": "married", "next": "1"})
    assert answer.url == section("employment")


def test_who_was_asked_on_the_way_comes_back_to_where_it_was_asked(client, account):
    there = section("tax") + "?next=/portfolio/rebalancing/"
    assert 'href="/portfolio/rebalancing/">Back' in client.get(there).content.decode()
    answer = client.post(there, {"federal_tax_bracket": "22"})
    assert answer.url == "/portfolio/rebalancing/"
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example/", "home"):
        answer = client.post(f"{section('tax')}?next={elsewhere}", {"federal_tax_bracket": "22"})
        assert answer.url == reverse("picture:overview")


def test_what_fits_the_person_is_asked_about_only(client, account):
    client.post(section("insurance"), {"has_life_insurance": "no"})
    text = page(client)
    assert "1 of 4" in text


# Wishes -------------------------------------------------------------------------------------


def test_wishes_are_kept_for_the_policy(client, account, settle, sandbox):
    client.post(
        section("investment-preferences"),
        {
            "esg_screening": "yes",
            "excluded_securities": ["VTI"],
            "excluded_sectors": ["energy"],
            "minimum_cash_percent": "5",
        },
    )
    settle()
    profile = InvestorProfile.objects.get()
    assert profile.wishes == {
        "excluded_securities": ["VTI"],
        "excluded_sectors": ["energy"],
        "minimum_cash_percent": "5",
    }
    assert at_bluum(sandbox, account)["investment_preferences"] == {"esg_screening": True}
    text = page(client, section("investment-preferences"))
    assert "SCHB instead" in text
    assert "An adviser goes through the funds with you" in text
    assert "Funds left out" in page(client)


def test_the_last_fund_of_its_kind_cannot_be_left_out(client, account):
    url = section("investment-preferences")
    client.post(url, {"excluded_securities": ["BNDX"]})
    answer = client.post(url, {"excluded_securities": ["BNDX", "IAGG"]})
    assert answer.status_code == 422
    assert "nothing remains for that part" in answer.content.decode()


# People -------------------------------------------------------------------------------------


def test_people_are_counted_for_the_profile_and_copied_to_bluum(client, account, settle):
    add_person(client, estimated_education_cost="80k", has_education_plans="on")
    settle()
    row = Dependent.objects.get()
    assert (row.bluum_id is not None, row.refusal) == (True, "")
    assert row.estimated_education_cost == Decimal("80000.00")
    profile = InvestorProfile.objects.get()
    assert profile.sections["demographics"]["number_of_dependents"] == 1
    assert (
        profile.provenance["demographics.number_of_dependents"]["source"] == "the people you added"
    )
    assert "From the people you added" in page(client)


def test_sending_a_form_twice_adds_one_person(client, account):
    key = str(uuid4())
    add_person(client, key=key)
    add_person(client, key=key)
    assert Dependent.objects.count() == 1


def test_a_person_can_be_changed_taken_out_and_put_back(client, account, settle):
    add_person(client)
    settle()
    row = Dependent.objects.get()
    url = reverse("picture:person", args=[row.pk])
    client.post(url, {"key": str(uuid4()), "first_name": "Lena Marie", "relationship": "child"})
    client.post(reverse("picture:person-remove", args=[row.pk]))
    settle()
    assert client.get(url).status_code == 404
    assert InvestorProfile.objects.get().sections["demographics"]["number_of_dependents"] == 0
    assert "Put back" in page(client)
    for _ in range(2):
        client.post(reverse("picture:person-restore", args=[row.pk]))
    settle()
    [back] = Dependent.objects.filter(status="active")
    assert (back.first_name, back.refusal) == ("Lena Marie", "")
    assert back.bluum_id not in {None, row.bluum_id}
    assert "Put back" not in page(client)


def test_a_birthday_to_come_is_told_kindly(client, account):
    year = timezone.localdate().year + 1
    born = {"date_of_birth_0": "1", "date_of_birth_1": "1", "date_of_birth_2": str(year)}
    answer = add_person(client, **born)
    assert answer.status_code == 422
    assert "still to come" in answer.content.decode()


# Held elsewhere, typed in ---------------------------------------------------------------------


def test_net_worth_is_what_is_held_less_what_is_owed(client, account, settle):
    add_holding(client, name="Rainy day")
    add_holding(client, account_type="real_estate", balance="400k")
    add_holding(client, account_type="mortgage", balance="250,000", interest_rate="6.5")
    settle()
    text = page(client)
    assert "$162,000" in text
    assert "−$250,000" in text
    mortgage = ExternalAccount.objects.get(account_type="mortgage")
    assert (mortgage.is_asset, mortgage.interest_rate) == (False, Decimal("0.06500"))
    assert all(row.bluum_id and not row.refusal for row in ExternalAccount.objects.all())


def test_what_is_with_us_counts_too(client, account):
    Portfolio.objects.create(account=account, value=Decimal(8000), refreshed_at=timezone.now())
    add_holding(client)
    text = page(client)
    assert "Invested with us" in text
    assert "$20,000" in text


def test_a_typed_balance_is_as_old_as_its_last_saving(client, account):
    add_holding(client, name="Rainy day")
    row = ExternalAccount.objects.get()
    ExternalAccount.objects.update(balance_at=timezone.now() - timedelta(days=300))
    url = reverse("picture:holding", args=[row.pk])
    given = {"key": str(uuid4()), "account_type": "savings", "balance": "12000", "name": "Rainy"}
    assert client.post(url, given).status_code == 302
    row.refresh_from_db()
    assert timezone.now() - row.balance_at < timedelta(minutes=1)
    assert row.name == "Rainy"


def test_an_account_can_be_taken_out_and_put_back(client, account):
    add_holding(client, name="Rainy day")
    row = ExternalAccount.objects.get()
    client.post(reverse("picture:holding-remove", args=[row.pk]))
    assert "Taken out lately" in page(client)
    client.post(reverse("picture:holding-restore", args=[row.pk]))
    assert ExternalAccount.objects.get(status="active").balance == Decimal("12000.00")


def test_what_is_held_elsewhere_raises_what_risk_can_be_borne(client, account):
    from onboarding.services.risk import _circumstances

    services.save_risk_answer(account, services.AMOUNT, "10000.00")
    assert _circumstances(account).net_worth_share is None
    add_holding(client, balance="30,000")
    add_holding(client, account_type="real_estate", balance="500,000")
    assert _circumstances(account).net_worth_share == 0.25


# Once a year ----------------------------------------------------------------------------------


@pytest.fixture
def a_year_later(client, account, settle, pass_time):
    """Maya told a few things and was not seen for a year."""
    client.post(section("cash-flow"), {"monthly_savings": "700"})
    client.post(section("employment"), {"job_title": "Baker", "annual_gross_income": "85000"})
    add_holding(client, name="Rainy day")
    settle()
    then = timezone.now() - timedelta(days=366)
    profile = InvestorProfile.objects.get()
    for known in profile.provenance.values():
        known["at"] = then.isoformat()
    profile.updated_at = then
    profile.save()
    ExternalAccount.objects.update(balance_at=then)
    pass_time(timedelta(days=366))
    settle()
    return account


def test_after_a_year_people_are_asked_once_with_a_mail(client, a_year_later, settle, pass_time):
    assert Notice.objects.filter(key__startswith="picture-check").count() == 1
    assert "Is your picture still right?" in {
        item.title for item in agenda.things_to_do(a_year_later)
    }
    assert "A year has passed" in page(client)
    mails = Mail.objects.count()
    pass_time(timedelta(days=3))
    settle()
    assert Mail.objects.count() == mails
    assert Notice.objects.filter(key__startswith="picture-check").count() == 1


def test_the_check_shows_only_what_is_stale_and_one_tap_settles_it(client, a_year_later):
    answer = client.get(reverse("picture:check"))
    names = set(answer.context["form"].fields)
    row = ExternalAccount.objects.get()
    assert names >= {"cash_flow.monthly_savings", f"account.{row.pk}"}
    assert "employment.job_title" not in names

    client.post(reverse("picture:check"), {"nothing": "1"})

    profile = InvestorProfile.objects.get()
    assert profile.checked_at
    assert timezone.now() - profile.checked_at < timedelta(minutes=1)
    entry = Entry.objects.get(action="confirm picture")
    assert entry.details == {"changed": False}
    assert not client.get(reverse("picture:check")).context["form"].fields
    assert "Is your picture still right?" not in {
        item.title for item in agenda.things_to_do(a_year_later)
    }


def test_what_did_change_is_kept_and_the_rest_confirmed(client, a_year_later):
    form = client.get(reverse("picture:check")).context["form"]
    given = {name: form[name].value() for name in form.fields if form[name].value() is not None}
    row = ExternalAccount.objects.get()
    given |= {"cash_flow.monthly_savings": "900", f"account.{row.pk}": "15,500"}
    assert client.post(reverse("picture:check"), given).status_code == 302
    row.refresh_from_db()
    assert row.balance == Decimal("15500.00")
    sections = InvestorProfile.objects.get().sections
    assert sections["cash_flow"]["monthly_savings"] == "900.00"
    assert sections["employment"]["annual_gross_income"] == "85000.00"
    assert Entry.objects.get(action="confirm picture").details == {"changed": True}


# Who sees it -----------------------------------------------------------------------------------


def test_omar_finds_nothing_of_mayas(client, account, omar):
    add_person(client)
    add_holding(client)
    person, held = Dependent.objects.get(), ExternalAccount.objects.get()
    assert "Lena" in page(client)
    client.force_login(omar)
    assert "Lena" not in page(client)
    assert "$12,000" not in page(client)
    for name, pk in (("person", person.pk), ("holding", held.pk)):
        assert client.get(reverse(f"picture:{name}", args=[pk])).status_code == 404
        for what in ("remove", "restore"):
            url = reverse(f"picture:{name}-{what}", args=[pk])
            assert client.post(url).status_code == 404
    assert Dependent.objects.get().status == "active"


def test_the_page_needs_no_more_queries_for_more_rows(
    client, account, django_assert_max_num_queries
):
    for n in range(8):
        services.add_holding(
            account=account, key=UUID(int=n), name=f"A{n}", account_type="savings",
            is_asset=True, balance=Decimal(n), institution="Bank",
        )  # fmt: skip
        services.add_dependent(
            account=account, key=UUID(int=n), first_name=f"P{n}", relationship="child"
        )
    client.get(OVERVIEW)
    with django_assert_max_num_queries(16):
        client.get(OVERVIEW)


def test_the_advisor_sees_the_picture_and_who_is_due(client, a_year_later, iris):
    client.force_login(iris)
    url = reverse("admin:accounts_account_change", args=[a_year_later.pk])
    text = client.get(url).content.decode()
    assert "Rainy day" in text
    queue = client.get(reverse("admin:onboarding_investorprofile_changelist") + "?queue=check-in")
    assert queue.status_code == 200
    assert "Maya" in queue.content.decode()
