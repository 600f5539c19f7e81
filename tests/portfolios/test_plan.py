"""The financial plan: true to what is known, the same bytes each time, sent and kept."""

import hashlib
import html
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account
from onboarding import advice
from onboarding.models import Advice, ExternalAccount
from onboarding.services import update_profile
from portfolios.models import FinancialPlan, Goal, Policy
from portfolios.plan import content, pdf
from portfolios.plan.written import plan_pdf, written
from robo import clients, partner, work
from tests.portfolios.conftest import goal_of

Settle = Callable[..., int]
URL = "portfolios:plan"


def make(web: Client) -> Any:
    return web.post(reverse("portfolios:plan-make"), follow=True)


@pytest.fixture
def plan(web: Client, goal: Goal, settle: Settle) -> FinancialPlan:
    make(web)
    settle()
    return FinancialPlan.objects.get()


def page(web: Client, name: str = URL, *args: int) -> str:
    return html.unescape(web.get(reverse(name, args=args)).content.decode())


def test_a_plan_is_asked_for_written_and_read(web: Client, goal: Goal, settle: Settle) -> None:
    assert "Make my plan" in page(web)
    make(web)
    assert "being written" in page(web)
    settle()
    read = page(web)
    for title in (
        "Where you are",
        "Where you want to be",
        "What we recommend, and why",
        "What it costs",
        "What could go wrong",
        "What we do, and what only you can do",
        "Next steps",
        "What we assume",
    ):
        assert f"<h2>{title}</h2>" in read
    assert "First home" in read
    assert "hypothetical" in read
    assert "Set 2026, approved by" in read


def test_asking_twice_makes_one_plan(web: Client, plan: FinancialPlan) -> None:
    assert "Nothing has changed" in make(web).content.decode()
    assert FinancialPlan.objects.count() == 1


def test_the_same_inputs_make_the_same_bytes(web: Client, plan: FinancialPlan) -> None:
    given = web.get(reverse("portfolios:plan-pdf", args=[plan.pk])).content
    again = plan_pdf(plan)
    assert given == again
    assert given.startswith(b"%PDF-")
    assert hashlib.sha256(given).hexdigest() == plan.sha256


def test_the_pdf_is_tagged_for_screen_readers(plan: FinancialPlan) -> None:
    made = plan_pdf(plan)
    assert b"/StructTreeRoot" in made
    assert b"/Lang(en-US)" in made
    assert b"<pdfuaid:part>1</pdfuaid:part>" in made


def test_a_name_no_font_knows_still_prints(plan: FinancialPlan) -> None:
    plan.inputs["names"]["investor"] = "陳大文 #evil[] $x$ \\"
    assert plan_pdf(plan).startswith(b"%PDF-")


def test_bluum_gets_the_plan_once(account: Account, plan: FinancialPlan) -> None:
    remote = clients.bluum().financial_plan.retrieve(str(account.bluum_id))
    assert (plan.status, plan.bluum_version, remote.version) == ("active", 1, 1)


def test_income_and_outlook_reach_bluum(
    web: Client, account: Account, goal: Goal, settle: Settle
) -> None:
    update_profile(
        account,
        employment={"annual_gross_income": "97200.00"},
        cash_flow={"monthly_expenses": "5900.00"},
        tax={"federal_tax_bracket": 0.22},
    )
    make(web)
    settle()
    remote = clients.bluum().financial_plan.retrieve(str(account.bluum_id))
    assert remote.income
    assert remote.income.total_monthly_income == Decimal("8100.00")
    assert remote.expenses
    assert remote.expenses.total_monthly_expenses == Decimal("5900.00")
    assert remote.investment_outlook
    assert remote.investment_outlook.tax_bracket == "22"
    assert len(clients.bluum().goals.list(str(account.bluum_id))) == 1


def test_the_evidence_repeats_and_names_nobody(
    account: Account, plan: FinancialPlan, capsys: Any
) -> None:
    Account.objects.filter(pk=account.pk).update(name="Maya Unmistakable")
    kept = Advice.objects.get(kind="plan")
    assert kept.about == f"plan:{plan.pk}"
    assert advice.replay(kept).is_same
    call_command("replay_advice", str(kept.pk))
    assert "same" in capsys.readouterr().out.lower()
    whole = json.dumps([kept.inputs, kept.outputs], ensure_ascii=False)
    assert plan.inputs["names"]["investor"] not in whole
    assert "First home" not in whole


def test_costs_are_those_of_landing_and_policy(
    web: Client, plan: FinancialPlan, settle: Settle
) -> None:
    fees = partner.current().fees
    cost = (Decimal(20_000) * (fees.advisory + fees.fund_expense_max)).quantize(Decimal("0.01"))
    assert f"${cost:,.2f}" in page(web)
    assert f"${fees.year(Decimal(20_000)):,.2f}" == f"${cost:,.2f}"
    projected = plan.inputs["advice"]["goals"][0]["plan"]["fee"]
    assert Decimal(str(projected)) == fees.advisory + fees.fund_expense_max
    web.post(reverse("portfolios:policy-propose"))
    assert f"${cost:,.2f}" in page(web, "portfolios:policy")


def test_each_reason_leads_to_its_answer(web: Client, plan: FinancialPlan) -> None:
    document = web.get(reverse(URL)).context["document"]
    section = next(s for s in document["sections"] if s["slug"] == "advice")
    reasons = next(b for b in section["blocks"] if b.get("title") == "Why")["items"]
    assert len(reasons) >= 3
    for reason in reasons:
        assert reason["url"]
        assert web.get(reason["url"]).status_code == 200
    assert "You answered" in reasons[0]["detail"]
    assert "/risk/" in reasons[0]["url"]


def test_net_worth_counts_what_is_known(
    web: Client, account: Account, goal: Goal, settle: Settle
) -> None:
    for name, asset, balance in (("Savings", True, 12_000), ("Car loan", False, 8_600)):
        ExternalAccount.objects.create(
            account=account,
            name=name,
            account_type="savings" if asset else "auto_loan",
            is_asset=asset,
            balance=Decimal(balance),
        )
    make(web)
    settle()
    read = page(web)
    assert "Savings" in read
    assert "−$8,600.00" in read
    assert "$3,400.00" in read


def test_without_goals_and_answers_a_plan_says_what_comes_first(
    web: Client, account: Account, settle: Settle
) -> None:
    make(web)
    settle()
    read = page(web)
    assert "Set a goal." in read
    assert "Answer the risk questions." in read
    plan = FinancialPlan.objects.get()
    assert plan_pdf(plan).startswith(b"%PDF-")


def test_versions_are_kept_and_compared(
    web: Client, account: Account, plan: FinancialPlan, settle: Settle
) -> None:
    goal_of(account, name="Emergency", type="emergency", target_amount=Decimal(9_000))
    make(web)
    settle()
    second = FinancialPlan.objects.get(version=2)
    plan.refresh_from_db()
    assert (plan.status, second.status) == ("superseded", "active")
    listed = page(web, "portfolios:plan-versions")
    assert "Version 1" in listed
    assert "Version 2" in listed
    compared = page(web, "portfolios:plan-version", second.pk)
    assert "Against version 1" in compared
    assert "Emergency: $325.00" in compared
    assert written(plan) is not None


def test_a_signed_policy_makes_a_plan(policy: Policy, settle: Settle) -> None:
    made = FinancialPlan.objects.get(account=policy.account)
    assert made.inputs["advice"]["policy"]["version"] == policy.version
    assert made.sha256


def test_a_late_version_is_not_put_over_a_newer_one(
    web: Client, account: Account, goal: Goal, settle: Settle
) -> None:
    make(web)
    goal_of(account, name="Emergency", type="emergency", target_amount=Decimal(9_000))
    make(web)
    work.run_due(FinancialPlan)
    first, second = FinancialPlan.objects.order_by("version")
    assert (first.status, second.status) == ("superseded", "active")
    assert clients.bluum().financial_plan.retrieve(str(account.bluum_id)).version == 1


def test_nobody_else_sees_a_plan(client: Client, omar: Any, plan: FinancialPlan) -> None:
    client.force_login(omar)
    for name in ("portfolios:plan-version", "portfolios:plan-pdf"):
        assert client.get(reverse(name, args=[plan.pk])).status_code == 404


def test_a_plan_comes_after_its_disclosures(client: Client, maya: Any) -> None:
    client.force_login(maya)
    assert client.post(reverse("portfolios:plan-make")).status_code == 302
    assert not FinancialPlan.objects.exists()


@pytest.mark.parametrize("slug", partner.slugs())
def test_a_document_wears_its_partners_brand_alone(slug: str, plan: FinancialPlan) -> None:
    us = partner.load(slug)
    brand = pdf.brand_of(us)
    others = [partner.load(other).name for other in partner.slugs() if other != slug]
    told = json.dumps(brand)
    assert us.name in told
    assert not any(name in told for name in others)
    document = content.named(content.document(plan.inputs["advice"]), plan.inputs["names"])
    one, two = (pdf.render(document, brand=brand, investor="Maya", version=1) for _ in range(2))
    assert one == two


def test_a_plan_says_its_dates(web: Client, plan: FinancialPlan) -> None:
    read = page(web)
    year = timezone.localdate() + timedelta(days=366)
    assert str(year.year) in read
    assert "Check your risk answers." in read
