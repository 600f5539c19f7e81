"""The financial plan: what it is made from, gathered and kept; the step makes the document."""

from dataclasses import asdict
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Prefetch
from django.utils import timezone

from accounts.models import Account, Kept
from onboarding.models import ExternalAccount, InvestorProfile, RiskAssessment
from onboarding.services import current_assessment, next_check
from portfolios import outlook
from portfolios.drafting import EXAMPLE_BALANCE, balance_for_costs
from portfolios.models import FinancialPlan, Goal, Holding, LifeEvent, Policy, Portfolio
from portfolios.plan import pdf
from portfolios.plan.written import ENGINE
from portfolios.planning import policy as statement
from portfolios.planning.assumptions import CURRENT, load
from portfolios.planning.models import model
from portfolios.projecting import footing_of
from robo import agenda, partner

FLOWS = ("annual_gross_income", "monthly_expenses", "monthly_savings", "emergency_fund_months")


@transaction.atomic
def make_plan(account: Account) -> FinancialPlan:
    """Write down all that a plan follows from today; its document and PDF come with the next step.

    One that would be made from the very same things is not made twice.
    """
    Account.objects.select_for_update().get(pk=account.pk)
    inputs = plan_inputs(account)
    last: FinancialPlan | None = FinancialPlan.objects.filter(account=account).first()
    if last and last.status != FinancialPlan.Status.REFUSED and last.inputs == inputs:
        return last
    version = FinancialPlan.objects.filter(account=account).aggregate(last=Max("version"))["last"]
    plan: FinancialPlan = FinancialPlan.objects.create(
        account=account,
        version=(version or 0) + 1,
        inputs=inputs,
        assumptions=CURRENT,
        engine=ENGINE,
    )
    plan.poke()
    return plan


def plan_inputs(account: Account) -> dict[str, Any]:
    """All a plan is made from, as JSON: what advice rests on, names, brand, Bluum's shape."""
    us, today = partner.current(), timezone.localdate()
    goals = list(Goal.objects.filter(account=account, status=Goal.Status.ACTIVE))
    events = list(LifeEvent.objects.filter(account=account, status=Kept.Status.ACTIVE))
    elsewhere = list(ExternalAccount.objects.filter(account=account, status=Kept.Status.ACTIVE))
    profile = InvestorProfile.objects.filter(account=account).first()
    assessment = current_assessment(account)
    portfolio = (
        Portfolio.objects.filter(account=account)
        .prefetch_related(Prefetch("holdings", Holding.objects.order_by("-value", "symbol")))
        .first()
    )
    base = footing_of(account, assessment)
    coming = [i for i in agenda.things_to_come(account, limit=12) if i.day and i.kind in SOON]
    balance = balance_for_costs(portfolio, goals)
    known = bool(portfolio and portfolio.value) or any(goal.initial_amount for goal in goals)
    told = {
        "on": today.isoformat(),
        "assumptions": CURRENT,
        "adviser": {
            "name": us.legal_name,
            "registration": us.registration,
            "not_insured": us.not_insured,
        },
        "fees": {"advisory": str(us.fees.advisory), "funds": str(us.fees.fund_expense_max)},
        "balance": str(balance),
        "is_example": not known and balance == EXAMPLE_BALANCE,
        "level": base.level,
        "allocation": statement.target_allocation(base.level) if base.level else {},
        "risk": _risk(assessment) if assessment else None,
        "policy": _policy(account),
        "portfolio": _portfolio(portfolio) if portfolio else None,
        "cash_flow": _cash_flow(profile),
        "wishes": _wishes(profile),
        "elsewhere": [_elsewhere(row) for row in elsewhere],
        "goals": [_goal(goal, base, today) for goal in goals],
        "events": [
            {
                "pk": event.pk,
                "on": event.expected_date.isoformat(),
                "cost": str(event.estimated_cost),
                "monthly": str(event.monthly_change),
            }
            for event in events
        ],
        "coming": [{"title": i.title, "day": i.day.isoformat()} for i in coming if i.day],
        "has_schedule": any(i.kind == "auto_invest" for i in coming),
    }
    names = {f"goal:{g.pk}": g.name for g in goals} | {f"event:{e.pk}": e.name for e in events}
    names |= {f"elsewhere:{row.pk}": row.name for row in elsewhere}
    return {
        "advice": told,
        "names": names | {"investor": account.name or account.user.email},
        "brand": pdf.brand_of(us),
        "bluum": _at_bluum(profile, assessment, base.level),
    }


SOON = ("deposit", "auto_invest")


def _risk(found: RiskAssessment) -> dict[str, Any]:
    by = next_check(found)
    return {
        "level": found.level,
        "our_level": found.our_level,
        "bluum_score": found.bluum_score,
        "advised_level": found.advised_level,
        "chosen_level": found.chosen_level,
        "questionnaire": found.questionnaire_id,
        "answers": found.answers,
        "binds": found.result.get("binds", ""),
        "reasons": list(found.result.get("reasons", [])),
        "answered_on": timezone.localdate(found.created_at).isoformat(),
        "check_by": timezone.localdate(by).isoformat(),
    }


def _policy(account: Account) -> dict[str, Any] | None:
    """The policy that is signed, else the proposal."""
    rows = Policy.objects.filter(account=account).defer("text")
    signed = rows.filter(status__in=[Policy.Status.ACCEPTED, Policy.Status.ACTIVE]).first()
    found = signed or rows.filter(status=Policy.Status.PROPOSED).first()
    if found is None:
        return None
    return {
        "version": found.version,
        "status": "proposed" if found.status == Policy.Status.PROPOSED else "signed",
        "level": found.level,
        "allocation": found.content["target_allocation"],
    }


def _portfolio(row: Portfolio) -> dict[str, Any]:
    return {
        "value": None if row.value is None else str(row.value),
        "as_of": timezone.localdate(row.as_of).isoformat() if row.as_of else None,
        "holdings": [
            {
                "symbol": held.symbol,
                "name": held.name,
                "value": str(held.value),
                "weight": None if held.weight is None else str(held.weight),
            }
            for held in row.holdings.all()
        ],
    }


def _elsewhere(row: ExternalAccount) -> dict[str, Any]:
    return {
        "pk": row.pk,
        "is_asset": row.is_asset,
        "type": row.account_type,
        "balance": str(row.balance),
        "currency": row.currency,
        "linked": row.link_id is not None,
        "at": timezone.localdate(row.balance_at).isoformat(),
    }


def _cash_flow(profile: InvestorProfile | None) -> dict[str, Any]:
    """Each known figure with the day it was told."""
    found: dict[str, Any] = {}
    if profile is None:
        return found
    for section in ("employment", "cash_flow"):
        for name, value in profile.sections.get(section, {}).items():
            if name in FLOWS and value not in (None, ""):
                told = profile.provenance.get(f"{section}.{name}", {}).get("at", "")
                found[name] = {"value": value, "at": told[:10]}
    return found


def _wishes(profile: InvestorProfile | None) -> str:
    """What the policy leaves out or keeps because the person asked, in words."""
    if profile is None:
        return ""
    wanted = profile.sections.get("investment_preferences", {})
    said = []
    if wanted.get("esg_screening"):
        said.append("funds screened for sustainability")
    if wanted.get("shariah_compliant"):
        said.append("investments in line with Shariah")
    funds = [*profile.wishes.get("excluded_securities", ())]
    sectors = [s.replace("_", " ") for s in profile.wishes.get("excluded_sectors", ())]
    if funds or sectors:
        said.append(f"nothing in {', '.join([*funds, *sectors])}")
    if cash := Decimal(str(profile.wishes.get("minimum_cash_percent") or 0)):
        said.append(f"at least {cash.normalize():f}% in cash")
    return "; ".join(said)


def _goal(goal: Goal, base: outlook.Footing, today: Any) -> dict[str, Any]:
    wish = outlook.wish_of(goal, base)
    plan = None
    if base.level is not None and goal.target_date > today:
        plan = asdict(outlook.plan_of(wish, base.level, today))
    return {
        "pk": goal.pk,
        "type": goal.type,
        "by": goal.target_date.isoformat(),
        "target": str(goal.target_amount),
        "monthly": str(goal.monthly_contribution),
        "start": str(wish.start),
        "raise_yearly": str(goal.raise_yearly),
        "plan": plan,
    }


def _at_bluum(
    profile: InvestorProfile | None, assessment: RiskAssessment | None, level: int | None
) -> dict[str, Any]:
    """The plan as Bluum takes it. Goals, life events and outside accounts are rows of their own
    there already; what a second list of them would do isn't documented, so none is sent."""
    sections = profile.sections if profile else {}
    assumed = load(CURRENT)
    view: dict[str, Any] = {"inflation_assumption": f"{assumed.inflation * 100:.2f}"}
    if level is not None:
        net = model(level).geometric - assumed.fee
        view["expected_return_rate"] = f"{net * 100:.2f}"
    if assessment and assessment.bluum_tolerance:
        view["risk_capacity"] = assessment.bluum_tolerance
    bracket = sections.get("tax", {}).get("federal_tax_bracket")
    if bracket not in (None, ""):
        view["tax_bracket"] = f"{Decimal(str(bracket)) * 100:f}".rstrip("0").rstrip(".")
    found: dict[str, Any] = {"investment_outlook": view}
    yearly = sections.get("employment", {}).get("annual_gross_income")
    if yearly not in (None, ""):
        month = f"{Decimal(str(yearly)) / 12:.2f}"
        pay = {"name": "Pay", "type": "salary", "amount": month, "frequency": "monthly"}
        found["income"] = {"total_monthly_income": month, "sources": [pay]}
    spent = sections.get("cash_flow", {}).get("monthly_expenses")
    if spent not in (None, ""):
        found["expenses"] = {"total_monthly_expenses": f"{Decimal(str(spent)):.2f}"}
    return found
