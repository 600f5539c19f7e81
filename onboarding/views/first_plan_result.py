"""What the result of a first plan shows: figures in, words and drawings out."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from onboarding.forms.first_plan import OF_TYPE, TryForm
from onboarding.services import first_plan
from onboarding.services.first_answers import Answers, Numbers
from onboarding.views.risk import CLASS_SERIES, answer_text
from portfolios.planning import projection
from portfolios.planning.assumptions import load
from portfolios.planning.models import Model, model
from portfolios.planning.months import months_later
from portfolios.planning.policy import CLASS_NAMES, target_allocation
from portfolios.planning.questionnaire import load_questionnaire
from robo import partner
from robo.ui import charts, words

HUNDRED = Decimal(100)
FEELS = {
    "willingness": "What decides is what you’re willing to see.",
    "capacity": "What decides is your date, and what we don’t know yet about your means.",
    "contradictions": "What decides is that two of your answers don’t go together yet.",
    "capacity_limit": "What decides is your date, and what we don’t know yet about your means.",
    "horizon": "What decides is when you need the money.",
}
SLEEVE_SERIES = {"equities": 1, "fixed_income": 4, "treasury": 6}
TONES = {
    "on_track": ("On track", "good"),
    "close": ("Close", "warn"),
    "needs_change": ("Needs a change", "bad"),
}


@dataclass(frozen=True, slots=True)
class Lever:
    """A slider with its number twin. `most` and `least` are the slider's ends, not limits."""

    name: str
    label: str
    value: str
    least: int
    most: int
    step: int
    at: int
    is_money: bool
    error: str


@dataclass(frozen=True, slots=True)
class Repair:
    """One way to the bar, exactly enough alone; `change` is what its button sends."""

    title: str
    detail: str
    change: str


@dataclass(frozen=True, slots=True)
class Range:
    """A class of the allocation with its band, percent of the whole."""

    name: str
    target: Decimal
    least: Decimal
    most: Decimal
    series: int


def context(answers: Answers, form: TryForm, today: date) -> dict[str, Any]:
    """Everything the page and its fragment show. Needs complete answers."""
    numbers = answers.numbers
    assert numbers is not None
    indication = first_plan.indicate(answers, today)
    plan = first_plan.plan_of(answers, indication.level, today)
    step = 1 if plan.months <= 24 else 3 if plan.months <= 144 else 12
    found = projection.project(plan, grid_months=step)
    held = model(indication.level)
    label, tone = TONES[found.status]
    return {
        "answers": answers,
        "numbers": numbers,
        "purpose": OF_TYPE[answers.type],
        "form": form,
        "indication": indication,
        "feels": FEELS.get(indication.result.binds, ""),
        "held": held,
        "stocks": Decimal(str(round(held.stocks, 4))),
        "amount": cost_amount(numbers),
        "bad_year": -cost_amount(numbers) * Decimal(str(held.bad_year)),
        "plan": plan,
        "in_100": found.percent,
        "others": 100 - found.percent,
        "bar_in_100": round(found.bar * 100),
        "is_last_stretch": plan.months <= projection.LAST_STRETCH_MONTHS,
        "status_words": label,
        "tone": tone,
        "is_on_track": found.status == "on_track",
        "shortfall": _dollars(found.mean_shortfall),
        "middle": _dollars(found.final[50]),
        "low": _dollars(found.final[10]),
        "high": _dollars(found.final[90]),
        "fan": fan(found, numbers, OF_TYPE[answers.type].name),
        "levers": levers(form, numbers, today),
        "repairs": repairs_of(answers, plan, found.status == "on_track", today),
        "fall_words": _in_words("reaction_to_loss", answers.reaction_to_loss, numbers),
        "purpose_words": _in_words("investment_goal", answers.investment_goal, numbers),
        "back_to": back_to(answers),
        "ranges": ranges(indication.level),
        "allocation": allocation(held),
        "assumptions": assumptions_in_words(plan, held),
        **costs(plan, numbers),
    }


def _dollars(value: float) -> Decimal:
    return Decimal(str(round(value, 2)))


def _in_words(question_id: str, given: str, numbers: Numbers) -> str:
    return answer_text(load_questionnaire().question(question_id), given, cost_amount(numbers))


def cost_amount(numbers: Numbers) -> Decimal:
    """The balance on which a year's cost and a bad year are told: the start, else what the first
    year adds. Dollars."""
    return numbers.start or numbers.monthly * 12


def costs(plan: projection.Plan, numbers: Numbers) -> dict[str, Any]:
    """All fees in dollars: a year on the amount, and until the plan's day."""
    fees = partner.current().fees
    return {
        "fees": fees,
        "fee": fees.advisory + fees.fund_expense_max,
        "cost_year": fees.year(cost_amount(numbers)),
        "cost_until_then": first_plan.fees_until_then(plan),
    }


def fan(found: projection.Projection, numbers: Numbers, name: str) -> charts.Fan | None:
    rows = zip(found.grid_months, *(found.bands[p] for p in (10, 25, 50, 75, 90)), strict=True)
    return charts.fan_chart(
        [charts.Band(month, *(_dollars(value) for value in values)) for month, *values in rows],
        target=numbers.target,
        name=f"{name}, projected value",
    )


def ranges(level: int) -> list[Range]:
    """Stocks, bonds and cash with the bands a policy keeps them in."""
    return [
        Range(
            CLASS_NAMES[name][:1].upper() + CLASS_NAMES[name][1:],
            target=Decimal(row["target_percent"]),
            least=Decimal(row["min_percent"]),
            most=Decimal(row["max_percent"]),
            series=SLEEVE_SERIES[name],
        )
        for name, row in target_allocation(level).items()
    ]


def allocation(held: Model) -> charts.Bars:
    names = {c.id: c.name for c in load().classes}
    return charts.bars(
        charts.Bar(names[key], Decimal(str(round(share, 4))), series=CLASS_SERIES.get(key, 6))
        for key, share in held.weights.items()
    )


def back_to(answers: Answers) -> str:
    """The query that puts the numbers back to what was first answered; empty when they are."""
    first = answers.first
    if first is None:
        return ""
    return urlencode(
        {
            "target": first.target,
            "monthly": first.monthly,
            "start": first.start,
            "by": first.by.isoformat(),
            "year": first.by.year,
        }
    )


def repairs_of(
    answers: Answers, plan: projection.Plan, is_on_track: bool, today: date
) -> list[Repair]:
    """Up to three ways to the bar, on the very same futures; none when it is reached."""
    numbers = answers.numbers
    if is_on_track or numbers is None:
        return []
    found = projection.repairs(plan)
    ways = []
    if found.monthly is not None and found.monthly > numbers.monthly:
        more = Decimal(found.monthly) - numbers.monthly
        ways.append(
            Repair(
                f"+{words.money(more).removesuffix('.00')} a month",
                f"That makes {words.dollars(found.monthly)} a month. Nothing else changes.",
                f"monthly:{found.monthly}",
            )
        )
    if (months := first_plan.months_to_bar(answers, plan, found.months, today)) is not None:
        later = months - plan.months
        day = months_later(numbers.by, later)
        ways.append(
            Repair(
                f"{_span(later)} later",
                f"{words.month(day)} instead of {words.month(numbers.by)}. Nothing else changes.",
                f"by:{day.isoformat()}",
            )
        )
    if found.lump_sum:
        start = numbers.start + found.lump_sum
        if start < numbers.target:
            ways.append(
                Repair(
                    f"{words.dollars(found.lump_sum)} more now",
                    f"You’d start with {words.dollars(start)}. Nothing else changes.",
                    f"start:{start}",
                )
            )
    return ways


def _span(months: int) -> str:
    """4 months; 1 year; 2 years 3 months."""
    years, rest = divmod(months, 12)
    parts = [f"{years} year{'' if years == 1 else 's'}"] if years else []
    if rest:
        parts.append(f"{rest} month{'' if rest == 1 else 's'}")
    return " ".join(parts)


def levers(form: TryForm, numbers: Numbers, today: date) -> list[Lever]:
    """Amount, monthly, year. The slider reaches about twice what is planned."""

    def lever(name: str, value: str, least: int, most: int, at: int, is_money: bool) -> Lever:
        errors: Sequence[Any] = form.errors.get(name, [])
        return Lever(
            name,
            str(form.fields[name].label),
            str(form.data[name]) if errors else value,
            least,
            most,
            max(most // 200, 1) if is_money else 1,
            at,
            is_money,
            " ".join(str(error) for error in errors),
        )

    most_target = _round_up(numbers.target * 2)
    most_monthly = _round_up(max(numbers.monthly, numbers.target / 240) * 3)
    target, monthly, year = round(numbers.target), round(numbers.monthly), numbers.by.year
    return [
        lever("target", _plain(numbers.target), most_target // 200, most_target, target, True),
        lever("monthly", _plain(numbers.monthly), 0, most_monthly, monthly, True),
        lever("year", str(year), today.year + 1, max(year, today.year) + 10, year, False),
    ]


def _plain(amount: Decimal) -> str:
    return f"{amount:,.2f}".removesuffix(".00")


def _round_up(amount: Decimal) -> int:
    """To one round figure: 136,000 is 200,000."""
    whole = max(int(amount), 200)
    size = int(10 ** (len(str(whole)) - 1))
    return -(-whole // size) * size


def assumptions_in_words(plan: projection.Plan, held: Model) -> str:
    """The sentence one tap away from the projection."""
    assumed = load(plan.version)
    return (
        f"Level {held.level} of 10, {round(held.stocks * 100)}% stocks, held throughout. It starts "
        f"from {words.money(plan.start)} and adds {words.money(plan.monthly)} at each month’s end. "
        f"We assume {held.geometric * 100:.1f}% a year before fees, swings of "
        f"{held.volatility * 100:.1f}%, and fees of {plan.yearly_fee * 100:.2f}% a year. "
        f"{plan.paths:,} futures, before tax, in dollars of that day; prices may rise about "
        f"{assumed.inflation * 100:.1f}% a year. Assumptions of {assumed.version}, engine "
        f"{projection.ENGINE_VERSION}. Hypothetical: none of this is promised, and another run of "
        "the same question over time will differ."
    )
