"""The policy's content and its exact words, from risk, goals and preferences. Writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from onboarding import advice
from onboarding.models import Advice, InvestorProfile, RiskAssessment
from portfolios.models import Goal, Portfolio
from portfolios.planning import horizon
from portfolios.planning import policy as statement
from portfolios.planning.assumptions import CURRENT
from portfolios.planning.months import months_until
from robo import partner
from robo.ui import words

ENGINE_VERSION = "policy-2"
EXAMPLE_BALANCE = Decimal(10_000)
MOST_HORIZON = 50


@dataclass(frozen=True, slots=True)
class Draft:
    """A policy before it is a row."""

    level: int
    content: dict[str, Any]
    evidence: dict[str, Any]


def draft(
    assessment: RiskAssessment,
    goals: Sequence[Goal],
    profile: InvestorProfile | None,
    today: date,
) -> Draft:
    """What a policy would say today. Raises ValueError without goals, or when the result
    contradicts itself."""
    return derive(inputs_of(assessment, goals, profile, today))


def inputs_of(
    assessment: RiskAssessment,
    goals: Sequence[Goal],
    profile: InvestorProfile | None,
    today: date,
) -> dict[str, Any]:
    """All that a policy follows from, as JSON."""
    sections: Mapping[str, Mapping[str, Any]] = profile.sections if profile else {}
    preferences = sections.get("investment_preferences", {})
    wishes: Mapping[str, Any] = profile.wishes if profile else {}
    months = sections.get("cash_flow", {}).get("emergency_fund_months")
    return {
        "on": today.isoformat(),
        "assumptions": CURRENT,
        "bands": partner.current().advice.bands,
        "assessment": assessment.pk,
        "assessment_level": assessment.level,
        "goals": [
            {
                "goal": goal.pk,
                "type": goal.type,
                "target_date": goal.target_date.isoformat(),
                "share": str(goal.share),
            }
            for goal in goals
        ],
        "limits": {
            "esg": bool(preferences.get("esg_screening")),
            "shariah": bool(preferences.get("shariah_compliant")),
            "excluded_securities": sorted(wishes.get("excluded_securities", [])),
            "excluded_sectors": sorted(wishes.get("excluded_sectors", [])),
            "minimum_cash_percent": str(wishes.get("minimum_cash_percent", "0")),
            "emergency_fund_months": int(months) if months is not None else None,
        },
    }


def derive(inputs: Mapping[str, Any]) -> Draft:
    """The policy that follows from the inputs. Pure: the same inputs give the same policy.

    All goals share one portfolio, so each counts by its share: the stocks allowed are the shares'
    mean of what every goal's horizon allows, and the horizon their mean. Raises ValueError.
    """
    goals, limits, version = inputs["goals"], inputs["limits"], inputs["assumptions"]
    if not goals:
        raise ValueError("A policy needs a goal.")
    today = date.fromisoformat(inputs["on"])
    weights = _weights([float(goal["share"]) for goal in goals])
    years = [months_until(date.fromisoformat(goal["target_date"]), today) / 12 for goal in goals]
    allowed = sum(
        w * horizon.stocks_cap(left, goal["type"])
        for w, left, goal in zip(weights, years, goals, strict=True)
    )
    by_horizon = horizon.level_for_stocks(allowed, version)
    level = min(inputs["assessment_level"], by_horizon)
    mean_years = sum(w * left for w, left in zip(weights, years, strict=True))
    criteria = ["environmental", "social"] if limits["esg"] else []
    content = statement.derive(
        level=level,
        horizon_years=min(max(round(mean_years), 1), MOST_HORIZON),
        goal_types=[goal["type"] for goal in goals],
        esg_criteria=[*criteria, *(["shariah"] if limits["shariah"] else [])],
        excluded_securities=limits["excluded_securities"],
        excluded_sectors=limits["excluded_sectors"],
        minimum_cash_percent=Decimal(limits["minimum_cash_percent"]),
        emergency_fund_months=limits["emergency_fund_months"],
        version=version,
        bands=inputs.get("bands", "absolute"),
    )
    problems = statement.check(content)
    if problems:
        raise ValueError(" ".join(problems))
    evidence = {
        "assessment": inputs["assessment"],
        "assessment_level": inputs["assessment_level"],
        "level_by_horizon": by_horizon,
        "goals": goals,
        "limits": limits,
    }
    return Draft(level=level, content=content, evidence=evidence)


@advice.replayer(Advice.Kind.POLICY)
def _replay(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return asdict(derive(inputs))


def needs_adviser(content: Mapping[str, Any]) -> bool:
    """Whether an adviser looks at it before it can be signed: the partner wants it for all, or it
    holds a wish that the funds at hand may not meet."""
    limits = content.get("constraints", {}).get("restrictions", {})
    return partner.current().advice.approve_policies or "shariah" in limits.get("esg_criteria", ())


def _weights(shares: Sequence[float]) -> list[float]:
    """Shares as fractions of their sum; equal ones when all are zero."""
    total = sum(shares)
    return [share / total if total else 1 / len(shares) for share in shares]


def level_reason(evidence: Mapping[str, Any], level: int) -> str:
    """Why this level, in a sentence."""
    if level < evidence.get("assessment_level", level):
        return (
            f"Your risk answers allow level {evidence['assessment_level']}; "
            f"the dates of your goals call for level {level}."
        )
    return f"Your risk answers set level {level}, and the dates of your goals allow it."


def balance_for_costs(portfolio: Portfolio | None, goals: Sequence[Goal]) -> Decimal:
    """The balance on which costs are told in dollars: what is there, else what will be started
    with, else an example of $10,000."""
    if portfolio and portfolio.value:
        return Decimal(portfolio.value)
    started_with: Decimal = sum((g.initial_amount for g in goals), Decimal(0))
    return started_with or EXAMPLE_BALANCE


def costs(balance: Decimal) -> str:
    """The costs clause, in dollars a year."""
    us, fees = partner.current(), partner.current().fees
    own, funds = balance * fees.advisory, balance * fees.fund_expense_max
    return (
        f"On {words.money(balance)}, a year costs {words.money(own)} for our advice "
        f"({words.percent(fees.advisory)}) and at most {words.money(funds)} inside the funds "
        f"({words.percent(fees.fund_expense_max)}), {words.money(own + funds)} together. "
        f"{us.legal_name} is paid nothing else for this portfolio."
    )


def text_of(
    *,
    content: Mapping[str, Any],
    evidence: Mapping[str, Any],
    level: int,
    version: int,
    investor: str,
    balance: Decimal,
    today: date,
) -> str:
    """The exact words that are signed: sections of a title line and its sentences."""
    us = partner.current()
    sections = [
        (
            "Investment policy statement",
            f"Version {version} of {words.long_day(today)}, for {investor}, "
            f"with {us.legal_name.removesuffix('.')}.",
        ),
        *statement.clauses(content),
        ("Why this level", level_reason(evidence, level)),
        ("What it costs", costs(balance)),
        (
            "What you allow",
            f"{us.legal_name} may buy and sell for you within these limits without asking each "
            "time. "
            "New money buys whatever is furthest under its target. You can change your goals or "
            "answers at any time; a new policy then waits for your signature, and this one holds "
            "until you sign.",
        ),
    ]
    return "\n\n".join(f"{title}\n{text}" for title, text in sections) + "\n"


def is_outdated(
    evidence: Mapping[str, Any], assessment: RiskAssessment | None, fresh: Draft | None, level: int
) -> bool:
    """Whether what a policy was derived from has changed enough to propose another one."""
    if assessment is None or fresh is None:
        return False
    if "limits" in evidence and evidence["limits"] != fresh.evidence["limits"]:
        return True
    return fresh.level != level or {g["goal"] for g in evidence.get("goals", [])} != {
        g["goal"] for g in fresh.evidence["goals"]
    }


def differences(old: str, new: str) -> list[tuple[str, str, str]]:
    """(title, before, after) of each section that differs; an empty string where there is none."""
    before, after = _sections(old), _sections(new)
    titles = [*after, *(title for title in before if title not in after)]
    return [
        (title, before.get(title, ""), after.get(title, ""))
        for title in titles
        if before.get(title) != after.get(title)
    ]


def _sections(text: str) -> dict[str, str]:
    blocks = [block.partition("\n") for block in text.strip().split("\n\n")]
    return {title: rest for title, _, rest in blocks}
