"""The investment policy statement, derived from a level: a dict in the shape Bluum's PUT takes.

Percentages are strings in percent units with two decimals, as Bluum wants them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from portfolios.planning.assumptions import CURRENT, load
from portfolios.planning.models import model
from portfolios.planning.risk import risk_tolerance, volatility_tolerance

BAND = Decimal(5)
HUNDRED = Decimal(100)
THRESHOLD = Decimal(5)

CLASS_NAMES = {
    "equities": "stocks",
    "fixed_income": "bonds",
    "treasury": "cash in short US Treasuries",
    "alternatives": "alternatives",
}
OBJECTIVES = {
    "capital_appreciation": "growth",
    "income_generation": "regular income",
    "capital_preservation": "keeping the value of the money",
    "tax_efficiency": "keeping taxes low",
    "inflation_hedge": "keeping up with prices",
}
HORIZONS = {"short_term": "short", "medium_term": "medium", "long_term": "long"}
TOLERANCES = {
    "conservative": "cautious",
    "moderately_conservative": "fairly cautious",
    "moderate": "moderate",
    "moderately_aggressive": "fairly bold",
    "aggressive": "bold",
}


def derive(
    *,
    level: int,
    horizon_years: int,
    goal_types: Sequence[str] = (),
    esg_criteria: Sequence[str] = (),
    excluded_securities: Sequence[str] = (),
    excluded_sectors: Sequence[str] = (),
    minimum_cash_percent: Decimal = Decimal(0),
    tax_bracket: str | None = None,
    emergency_fund_months: int | None = None,
    effective_date: date | None = None,
    set_name: str = "middle",
    version: str = CURRENT,
    bands: str = "absolute",
) -> dict[str, Any]:
    """The content of a statement for a level from 1 to 10. `bands` is a rule of `width`.

    `target_annual_return` is the model's compound return after all assumed fees. Raises
    ValueError for an unknown level or a horizon outside 1 to 50 years.
    """
    if not 1 <= horizon_years <= 50:
        raise ValueError("The horizon must be between 1 and 50 years.")
    held = model(level, set_name, version)
    primary = _primary(level, goal_types)
    secondary = [] if primary == "capital_preservation" else ["tax_efficiency"]
    if horizon_years > 10:
        secondary.append("inflation_hedge")
    liquidity: dict[str, Any] = {"minimum_cash_percent": _percent(minimum_cash_percent)}
    if emergency_fund_months is not None:
        liquidity["emergency_fund_months"] = emergency_fund_months
    tax: dict[str, Any] = {"tax_loss_harvesting": False, "prefer_tax_advantaged": False}
    if tax_bracket is not None:
        tax["tax_bracket"] = tax_bracket
    content: dict[str, Any] = {
        "risk_profile": {
            "risk_tolerance": risk_tolerance(level),
            "risk_score": level,
            "volatility_tolerance": volatility_tolerance(level),
        },
        "time_horizon": {"years": horizon_years, "category": horizon_category(horizon_years)},
        "investment_objectives": {
            "primary": primary,
            "secondary": secondary,
            "target_annual_return": _percent(
                Decimal(str((held.geometric - load(version).fee) * 100))
            ),
        },
        "target_allocation": target_allocation(level, version, bands),
        "constraints": {
            "liquidity_requirements": liquidity,
            "tax_considerations": tax,
            "restrictions": {
                "excluded_sectors": list(excluded_sectors),
                "excluded_securities": list(excluded_securities),
                "no_individual_stocks": True,
                "esg_screening": bool(esg_criteria),
                "esg_criteria": list(esg_criteria),
            },
            "rebalancing_policy": {
                "frequency": "as_needed",
                "threshold_percent": _percent(threshold(level, version, bands)),
                "tax_aware": True,
            },
        },
    }
    if effective_date is not None:
        content["effective_date"] = effective_date.isoformat()
    return content


def width(target: Decimal, rule: str = "absolute") -> Decimal:
    """How far a class may stand from its target, in points: `absolute` five, `relative` a fifth of
    the target (Daryanani, 2008), `hybrid` five or a quarter of the target, whichever is less.
    `python -m portfolios.planning.bands` compares them."""
    if rule == "absolute":
        return BAND
    if rule == "relative":
        return target / 5
    if rule == "hybrid":
        return min(BAND, target / 4)
    raise ValueError(f"There is no rule {rule} for bands.")


def threshold(level: int, version: str = CURRENT, bands: str = "absolute") -> Decimal:
    """The drift of one class, in points, at which the policy acts: the widest band."""
    if bands == "absolute":
        return THRESHOLD
    mix = load(version).level(level)
    percents = (mix.stocks_percent, mix.bonds_percent, mix.cash_percent)
    return max(width(Decimal(percent), bands) for percent in percents)


def target_allocation(
    level: int, version: str = CURRENT, bands: str = "absolute"
) -> dict[str, dict[str, Any]]:
    """Class to target, band (see `width`) either side within 0 to 100, and parts.

    The parts (`sub_allocations`) are percent of the whole portfolio and add up to the target.
    """
    assumed = load(version)
    mix = assumed.level(level)
    percents = {
        "equities": mix.stocks_percent,
        "fixed_income": mix.bonds_percent,
        "treasury": mix.cash_percent,
    }
    allocation: dict[str, dict[str, Any]] = {}
    for name, percent in percents.items():
        target = Decimal(percent)
        allocation[name] = {
            "target_percent": _percent(target),
            "min_percent": _percent(max(Decimal(0), target - width(target, bands))),
            "max_percent": _percent(min(HUNDRED, target + width(target, bands))),
            "sub_allocations": {
                c.id: _percent(target * Decimal(str(c.share)))
                for c in assumed.classes
                if c.sleeve == name
            },
        }
    return allocation


def horizon_category(years: int) -> str:
    """Bluum's word: short under 5 years, medium to 10, long beyond."""
    if years < 5:
        return "short_term"
    return "medium_term" if years <= 10 else "long_term"


def check(content: Mapping[str, Any]) -> list[str]:
    """What is wrong with a statement, in sentences for people. An empty list: nothing."""
    problems = [
        f"The statement has no section {section.replace('_', ' ')}."
        for section in (
            "risk_profile",
            "time_horizon",
            "investment_objectives",
            "target_allocation",
        )
        if not content.get(section)
    ]
    if problems:
        return problems
    problems += _check_allocation(content["target_allocation"])
    problems += _check_exclusions(content)
    years = content["time_horizon"].get("years")
    if not isinstance(years, int) or not 1 <= years <= 50:
        problems.append("The horizon must be between 1 and 50 years.")
    elif content["time_horizon"].get("category") not in (None, horizon_category(years)):
        problems.append(f"A horizon of {years} years has the wrong category.")
    score = content["risk_profile"].get("risk_score")
    tolerance = content["risk_profile"].get("risk_tolerance")
    if score is not None:
        if not isinstance(score, int) or not 1 <= score <= 10:
            problems.append("The risk level must be between 1 and 10.")
        elif tolerance != risk_tolerance(score):
            problems.append(f"The risk tolerance does not fit level {score}.")
        else:
            problems += _check_stocks(content["target_allocation"], score)
    return problems


def clauses(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The statement for its reader: title and plain words, clause by clause."""
    risk, horizon = content["risk_profile"], content["time_horizon"]
    aims = content["investment_objectives"]
    constraints = content.get("constraints", {})
    found = [("Purpose", _purpose(aims))]
    years = horizon["years"]
    found.append(
        (
            "Horizon",
            f"The money is meant to stay invested for about {years} "
            f"{'year' if years == 1 else 'years'}, a "
            f"{HORIZONS[horizon.get('category') or horizon_category(years)]} horizon.",
        )
    )
    tolerance = TOLERANCES.get(risk["risk_tolerance"], risk["risk_tolerance"].replace("_", " "))
    if "risk_score" in risk:
        mix = model(risk["risk_score"])
        worst = -mix.bad_year
        text = (
            f"Level {mix.level} of 10, {mix.name.lower()}. In one year of twenty a portfolio "
            f"like this may lose {worst:.0%} or more."
        )
    else:
        text = f"The risk tolerance is {tolerance}."
    found.append(("Risk", text))
    found += [
        (_title(CLASS_NAMES.get(name, name.replace("_", " "))), _band_text(band))
        for name, band in content["target_allocation"].items()
    ]
    if "target_annual_return" in aims:
        found.append(
            (
                "Expected return",
                f"About {_short(aims['target_annual_return'])} a year after fees, compounded over "
                "many years. This is an assumption, not a promise; single years will differ a lot.",
            )
        )
    return found + _constraint_clauses(constraints)


def _primary(level: int, goal_types: Sequence[str]) -> str:
    only_emergency = bool(goal_types) and set(goal_types) == {"emergency"}
    return "capital_preservation" if only_emergency or level <= 3 else "capital_appreciation"


def _title(words: str) -> str:
    return words[0].upper() + words[1:]


def _percent(value: Decimal) -> str:
    return f"{value:.2f}"


def _short(percent: str) -> str:
    """ "60.00" as 60%, "20.90" as 20.9%."""
    return f"{Decimal(percent).normalize():f}%"


def _check_allocation(allocation: Mapping[str, Mapping[str, Any]]) -> list[str]:
    problems: list[str] = []
    total = Decimal(0)
    for name, band in allocation.items():
        label = CLASS_NAMES.get(name, name)
        try:
            target = Decimal(band["target_percent"])
            low = Decimal(band.get("min_percent", "0"))
            high = Decimal(band.get("max_percent", "100"))
            parts = [Decimal(part) for part in band.get("sub_allocations", {}).values()]
        except (InvalidOperation, KeyError, TypeError):
            problems.append(f"The figures for {label} can't be read.")
            continue
        total += target
        if not 0 <= low <= target <= high <= 100:
            problems.append(f"The target for {label} must lie inside its band, within 0 to 100%.")
        if parts and sum(parts) != target:
            problems.append(f"The parts of {label} add up to {sum(parts)}%, not to {target}%.")
        if any(part < 0 for part in parts):
            problems.append(f"A part of {label} is negative.")
    if not problems and total != HUNDRED:
        problems.append(f"The targets add up to {total}%, not to 100%.")
    return problems


def _check_stocks(allocation: Mapping[str, Mapping[str, Any]], level: int) -> list[str]:
    """Stocks beyond the level's own by more than the band don't fit the risk profile."""
    usual = Decimal(load().level(level).stocks_percent)
    try:
        stocks = Decimal(allocation.get("equities", {}).get("target_percent", "0"))
    except InvalidOperation:
        return []
    if stocks > usual + BAND:
        return [f"{_short(str(stocks))} in stocks is more than level {level} allows."]
    return []


def substitutes(excluded: Sequence[str], version: str = CURRENT) -> dict[str, str | None]:
    """Each excluded fund of ours to the one that takes its place; None where none is left."""
    found: dict[str, str | None] = {}
    for held in load(version).classes:
        left = [fund for fund in held.funds if fund not in excluded]
        for fund in held.funds[:1]:
            if fund in excluded:
                found[fund] = left[0] if left else None
    return found


def _check_exclusions(content: Mapping[str, Any]) -> list[str]:
    """A class whose every fund is excluded can't be held."""
    limits = content.get("constraints", {}).get("restrictions", {})
    gone = [fund for fund, other in substitutes(limits.get("excluded_securities", ())).items()
            if other is None]  # fmt: skip
    return [
        f"With {fund} and its alternatives excluded, no fund is left for that part."
        for fund in gone
    ]


def _purpose(aims: Mapping[str, Any]) -> str:
    first = OBJECTIVES.get(aims["primary"], aims["primary"].replace("_", " "))
    others = [OBJECTIVES.get(name, name.replace("_", " ")) for name in aims.get("secondary", ())]
    if not others:
        return f"The aim is {first}."
    return f"The aim is {first} first, then {' and '.join(others)}."


def _band_text(band: Mapping[str, Any]) -> str:
    low = _short(band.get("min_percent", "0"))
    high = _short(band.get("max_percent", "100"))
    text = (
        f"{_short(band['target_percent'])} of the portfolio. It may move between {low} and {high} "
        "before we bring it back."
    )
    names = {c.id: c.name for c in load().classes}
    parts = band.get("sub_allocations", {})
    if len(parts) > 1:
        listed = ", ".join(
            f"{names.get(key, key.replace('_', ' '))} {_short(value)}"
            for key, value in parts.items()
        )
        text += f" Made up of: {listed}."
    return text


def _constraint_clauses(constraints: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    rule = constraints.get("rebalancing_policy", {})
    if rule:
        when = rule.get("frequency", "as_needed").replace("_", " ")
        text = f"We look {when}" if when != "as needed" else "We look every day"
        text += " and use deposits first to come back to the targets."
        if "threshold_percent" in rule:
            text += (
                f" Once a class is {_short(rule['threshold_percent'])} of the portfolio away from "
                "its target, or leaves its band, your adviser reviews it and decides on trades."
            )
        if rule.get("tax_aware"):
            text += " The tax is weighed before anything is sold."
        found.append(("Rebalancing", text))
    limits = constraints.get("restrictions", {})
    if limits:
        sentences = []
        if limits.get("no_individual_stocks"):
            sentences.append("Only broad funds, no single shares.")
        if limits.get("esg_screening"):
            names = [name for name in limits.get("esg_criteria", ()) if name != "shariah"]
            if names or not limits.get("esg_criteria"):
                criteria = " and ".join(names) or "sustainability"
                sentences.append(
                    f"Funds screened by {criteria} criteria where there are such funds."
                )
            if "shariah" in limits.get("esg_criteria", ()):
                sentences.append(
                    "You asked for investments in line with Shariah. An adviser goes through the "
                    "funds with you before anything is invested."
                )
        for key, label in (("excluded_sectors", "sectors"), ("excluded_securities", "securities")):
            if limits.get(key):
                listed = ", ".join(name.replace("_", " ") for name in limits[key])
                sentences.append(f"Excluded {label}: {listed}.")
        for fund, other in substitutes(limits.get("excluded_securities", ())).items():
            if other:
                sentences.append(f"In place of {fund}, another broad fund of its kind ({other}).")
        if sentences:
            found.append(("Limits", " ".join(sentences)))
    liquidity = constraints.get("liquidity_requirements", {})
    cash = Decimal(liquidity.get("minimum_cash_percent", "0"))
    if cash:
        found.append(("Cash", f"At least {_short(str(cash))} stays in cash, as you asked."))
    months = liquidity.get("emergency_fund_months")
    if months:
        found.append(
            (
                "Money within reach",
                f"{months} months of expenses stay outside this portfolio, for emergencies.",
            )
        )
    return found
