"""A policy's clauses beside their plain words: what each means and what caused it, what a wish for
funds costs, and why a new version was drafted. Notes for its reader; never part of its text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.urls import reverse

from portfolios import drafting
from portfolios.models import Goal, Policy
from portfolios.planning import policy as statement
from portfolios.planning.assumptions import load
from robo import partner
from robo.ui import words

HEADING = "Investment policy statement"
LIMITS = {
    "esg": "screening for sustainability",
    "shariah": "Shariah",
    "excluded_securities": "excluded funds",
    "excluded_sectors": "excluded sectors",
    "minimum_cash_percent": "cash to keep",
    "emergency_fund_months": "the emergency fund",
}


@dataclass(frozen=True)
class Clause:
    """`lines` are the very words that are signed. `links` are (words, address)."""

    title: str
    lines: Sequence[str]
    note: str
    links: Sequence[tuple[str, str]]


def clauses(policy: Policy, goals: Sequence[Goal]) -> list[Clause]:
    """Every clause with its note and what caused it. `goals`: all of the account's, by any
    status."""
    known = {goal.pk: goal for goal in goals}
    used = [known[g["goal"]] for g in policy.evidence.get("goals", ()) if g["goal"] in known]
    return [Clause(title, lines, *_note(title, policy, used)) for title, lines in policy.sections]


def _note(
    title: str, policy: Policy, goals: Sequence[Goal]
) -> tuple[str, Sequence[tuple[str, str]]]:
    us = partner.current()
    answers = [("Your risk answers", reverse("onboarding:risk-result"))]
    named = [(goal.name, reverse("portfolios:goal", args=[goal.pk])) for goal in goals]
    algorithm = us.kind("algorithm_disclosure")
    agreement = us.kind("advisory_agreement")
    rules = [(algorithm.title, reverse("legal", args=[algorithm.slug]))]
    contract = [(agreement.title, reverse("legal", args=[agreement.slug]))]
    wishes = [("Your preferences", reverse("picture:section", args=["investment-preferences"]))]
    told: dict[str, tuple[str, Sequence[tuple[str, str]]]] = {
        "Purpose": ("What the money is for decides what it must do first.", named),
        "Horizon": ("The dates of your goals, each counted by its share of the portfolio.", named),
        "Risk": (
            "The more cautious of our reading of your answers and the custodian’s, and no bolder "
            "than your dates allow.",
            answers,
        ),
        "Expected return": ("What we assume of markets. It moves nothing by itself.", rules),
        "Rebalancing": ("How we keep you at the mix you agreed to.", rules),
        "Limits": ("What you asked us to leave out or to prefer.", wishes),
        "Cash": ("The part you asked to keep uninvested.", wishes),
        "Money within reach": (
            "What you told us about money for emergencies.",
            [("Your cash flow", reverse("picture:section", args=["cash-flow"]))],
        ),
        "Why this level": ("Which of the two limits counted.", [*answers, *named]),
        "What it costs": ("All of it, and the same figures as before you signed up.", contract),
        "What you allow": ("What we may do without asking, and when we must ask.", contract),
    }
    if title in told:
        return told[title]
    if title == HEADING:
        return "Which version this is, and between whom.", ()
    if title.lower() in {name.lower() for name in statement.CLASS_NAMES.values()}:
        return (
            f"Level {policy.level} fixes the target; the band lets markets move a little before "
            "anything is traded.",
            answers,
        )
    return "", ()


@dataclass(frozen=True)
class Effect:
    """What a preference does before it is accepted. `yearly`: at most so many dollars inside it."""

    title: str
    text: str
    yearly: Decimal | None = None


def effects(content: Mapping[str, Any], balance: Decimal) -> list[Effect]:
    """What each wish for funds or sectors changes, with its cost where a fund takes a place."""
    limits = content.get("constraints", {}).get("restrictions", {})
    fees, found = partner.current().fees, []
    parts = {
        fund: (c, _part(content, c.sleeve, c.id)) for c in load().classes for fund in c.funds[:1]
    }
    excluded = limits.get("excluded_securities", ())
    for fund, other in statement.substitutes(excluded).items():
        held, part = parts[fund]
        yearly = (balance * part / 100 * fees.fund_expense_max).quantize(Decimal("0.01"))
        found.append(
            Effect(
                f"{other} takes the place of {fund}",
                f"{held.name}, {part.normalize():f}% of your portfolio. It follows another index "
                "of the same market, so its returns differ a little from the fund we would choose "
                f"first. Its cost stays within the {words.percent(fees.fund_expense_max)} a year "
                "named below:",
                yearly,
            )
        )
    used = {fund for fund in parts if fund in excluded}
    idle = [fund for fund in excluded if fund not in used]
    if idle:
        found.append(
            Effect(
                f"{', '.join(idle)}: nothing changes",
                "We don’t hold it at present; it stays excluded in future.",
            )
        )
    if limits.get("excluded_sectors"):
        listed = ", ".join(name.replace("_", " ") for name in limits["excluded_sectors"])
        found.append(
            Effect(
                f"Without {listed}",
                "The custodian gets this limit with your policy. Broad funds hold a little of "
                "every sector, so it may not be met in full.",
            )
        )
    if limits.get("esg_screening"):
        found.append(
            Effect(
                "Screened funds",
                "They leave out some companies, so returns differ from the whole market’s, for "
                "better or worse.",
            )
        )
    return found


def _part(content: Mapping[str, Any], sleeve: str, class_id: str) -> Decimal:
    """Percent of the portfolio that a class has."""
    bands = content.get("target_allocation", {}).get(sleeve, {})
    return Decimal(bands.get("sub_allocations", {}).get(class_id, "0"))


def differences(old: Policy, new: Policy) -> list[tuple[str, str, str]]:
    """(title, before, after) of each clause that says something else. The heading, which names the
    version, is none."""
    return [row for row in drafting.differences(old.text, new.text) if row[0] != HEADING]


def why_new(old: Policy, new: Policy, goals: Sequence[Goal]) -> list[str]:
    """What has changed since the older version was drafted, a sentence each."""
    before, after = old.evidence, new.evidence
    found = []
    was, now = before.get("assessment_level"), after.get("assessment_level")
    if was is not None and was != now:
        found.append(f"Your risk answers came to level {was}; now they come to level {now}.")
    names = {goal.pk: goal.name for goal in goals}
    had = {g["goal"]: g for g in before.get("goals", ())}
    has = {g["goal"]: g for g in after.get("goals", ())}
    found += [f"You added a goal: {names.get(pk, 'a goal')}." for pk in has if pk not in had]
    found += [f"You put a goal away: {names.get(pk, 'a goal')}." for pk in had if pk not in has]
    for pk in has:
        if pk in had and had[pk]["target_date"] != has[pk]["target_date"]:
            found.append(f"The date of {names.get(pk, 'a goal')} changed.")
        if pk in had and Decimal(had[pk]["share"]) != Decimal(has[pk]["share"]):
            found.append(f"The share of {names.get(pk, 'a goal')} in the portfolio changed.")
    then, wanted = before.get("limits", {}), after.get("limits", {})
    changed = [name for key, name in LIMITS.items() if then.get(key) != wanted.get(key)]
    if changed:
        found.append(f"Your preferences changed: {', '.join(changed)}.")
    if not found and old.level != new.level:
        found.append(f"Your goals are nearer: level {new.level} instead of {old.level}.")
    return found
