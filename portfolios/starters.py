"""Where a new goal may start: an amount, a date and an importance for each type, priced from what
is known of the person, and a sentence that says where the figure comes from.

Only proposals: everything can be changed, and where nothing is known a round public figure is
named with its source. Writes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from accounts.models import Account
from onboarding.models import Dependent, InvestorProfile
from portfolios.models import Goal
from portfolios.planning.months import months_later
from robo.ui import words

EMERGENCY_MONTHS = 6
SPENT_OF_INCOME = Decimal("0.6")
KEPT_IN_RETIREMENT = Decimal("0.7")
YEARS_OF_SPENDING = 25
"""A first year's payout of 4 percent: Bengen, "Determining Withdrawal Rates", 1994."""
PRICE_TO_INCOME = Decimal("3.5")
DOWN_PAYMENT = Decimal("0.2")
HOME_PRICE = Decimal(400_000)
COLLEGE_YEAR = Decimal(30_000)
COLLEGE_AGE = 18
TODAYS_DOLLARS_BEYOND = 5
"""Years: a goal further away is better thought of in today's prices."""
ADVANTAGE: dict[str, str] = {
    Goal.Type.RETIREMENT: "A workplace plan or an IRA saves tax first; this adds to it.",
    Goal.Type.EDUCATION: "A 529 plan may save tax on college costs; this account is open to any.",
}
"""A hint at what else there is, by type."""


@dataclass(frozen=True, slots=True)
class Known:
    """What the person has told of their life. Dollars; None is unknown."""

    income: Decimal | None = None
    """A year, before tax."""
    expenses: Decimal | None = None
    """A month."""
    savings: Decimal | None = None
    """A month: what they say they put aside."""
    age: int | None = None
    retirement_age: int | None = None
    pension: Decimal | None = None
    """A month, as are Social Security's."""
    pension_age: int | None = None
    social_security: Decimal | None = None
    social_security_age: int | None = None
    dependents: Sequence[Dependent] = ()

    @property
    def pensions(self) -> Decimal:
        """A month, Social Security included."""
        return (self.pension or Decimal(0)) + (self.social_security or Decimal(0))


@dataclass(frozen=True, slots=True)
class Starter:
    """A proposal. `amount` is None where only the person can say."""

    type: str
    amount: Decimal | None
    by: date
    importance: str
    why: str
    """Where amount and date come from."""
    name: str = ""

    def in_todays_dollars(self, today: date) -> bool:
        return is_far(self.by, today)


def is_far(by: date, today: date) -> bool:
    """Whether prices will have risen so much by then that today's dollars say more."""
    return by > months_later(today, 12 * TODAYS_DOLLARS_BEYOND)


def known_of(account: Account) -> Known:
    """Three queries: the profile, the dependents, and the age told for a retirement."""
    profile = InvestorProfile.objects.filter(account=account).first()
    sections: Mapping[str, Mapping[str, Any]] = profile.sections if profile else {}
    benefits = sections.get("retirement_benefits") or {}
    flow = sections.get("cash_flow") or {}
    told = (
        Goal.objects.filter(account=account, details__income__age__isnull=False)
        .values_list("details__income__age", flat=True)
        .first()
    )
    return Known(
        income=_amount((sections.get("employment") or {}).get("annual_gross_income")),
        expenses=_amount(flow.get("monthly_expenses")),
        savings=_amount(flow.get("monthly_savings")),
        age=int(told) if told else None,
        retirement_age=(sections.get("demographics") or {}).get("expected_retirement_age"),
        pension=_amount(benefits.get("pension_monthly_amount")),
        pension_age=benefits.get("pension_start_age"),
        social_security=_amount(benefits.get("social_security_estimate")),
        social_security_age=benefits.get("social_security_start_age"),
        dependents=list(Dependent.objects.filter(account=account, status="active")),
    )


def _amount(value: Any) -> Decimal | None:
    found = Decimal(str(value)) if value not in (None, "") else None
    return found if found and found > 0 else None


def starter(kind: str, known: Known, today: date) -> Starter:
    """The proposal for one of Bluum's goal types."""
    return {
        Goal.Type.EMERGENCY: _emergency,
        Goal.Type.RETIREMENT: _retirement,
        Goal.Type.HOME: _home,
        Goal.Type.EDUCATION: _education,
        Goal.Type.GROWTH: _growth,
    }.get(Goal.Type(kind), _custom)(known, today)


def _round(amount: Decimal) -> Decimal:
    """Up to a figure people would say: 23,517 is 24,000."""
    size = Decimal(1).scaleb(max(amount.adjusted() - 1, 2))
    return -(-amount // size) * size


def _in_years(today: date, years: int) -> date:
    return months_later(today, 12 * max(years, 1))


def _emergency(known: Known, today: date) -> Starter:
    if known.expenses:
        amount, why = known.expenses * EMERGENCY_MONTHS, (
            f"Six months of the {words.dollars(known.expenses)} a month you say you spend."
        )  # fmt: skip
    elif known.income:
        amount, why = known.income * SPENT_OF_INCOME / 12 * EMERGENCY_MONTHS, (
            f"Six months of spending, taken as 60% of your {words.dollars(known.income)} a year."
        )  # fmt: skip
    else:
        amount, why = Decimal(15_000), "A round figure; six months of what you spend is usual."
    return Starter(Goal.Type.EMERGENCY, _round(amount), _in_years(today, 2), "must_have", why)


def _retirement(known: Known, today: date) -> Starter:
    age_at = known.retirement_age or 67
    years = max(age_at - known.age, 1) if known.age else 30
    when = f"at {age_at}" if known.age else "in 30 years"
    if known.income:
        yearly = max(
            known.income * KEPT_IN_RETIREMENT - known.pensions * 12,
            known.income * Decimal("0.2"),
        )
        less = " less your pensions" if known.pensions else ""
        amount, why = yearly * YEARS_OF_SPENDING, (
            f"25 years of 70% of your {words.dollars(known.income)} a year{less}, {when}: a first "
            "year’s payout of 4% would last about 30 years in most of the past."
        )  # fmt: skip
    else:
        amount, why = (
            Decimal(1_000_000),
            (f"A round figure, {when}. 25 times what you would draw in a year is a usual start."),
        )
    return Starter(Goal.Type.RETIREMENT, _round(amount), _in_years(today, years), "must_have", why)


def _home(known: Known, today: date) -> Starter:
    if known.income:
        amount, why = known.income * PRICE_TO_INCOME * DOWN_PAYMENT, (
            f"A fifth of a home at three and a half times your {words.dollars(known.income)} "
            "a year, in seven years."
        )  # fmt: skip
    else:
        amount, why = (
            HOME_PRICE * DOWN_PAYMENT,
            (f"A fifth of {words.dollars(HOME_PRICE)}, near the median US home, in seven years."),
        )
    return Starter(Goal.Type.HOME, _round(amount), _in_years(today, 7), "normal", why)


def _education(known: Known, today: date) -> Starter:
    children = [d for d in known.dependents if d.relationship == Dependent.Relationship.CHILD]
    born = sorted(
        (c for c in children if c.date_of_birth and _age(c.date_of_birth, today) < COLLEGE_AGE),
        key=lambda c: (not c.has_education_plans, c.date_of_birth),
    )
    child = born[0] if born else None
    amount = (child.estimated_education_cost if child else None) or COLLEGE_YEAR * 4
    by = _in_years(today, 10)
    if child and child.date_of_birth:
        by = months_later(child.date_of_birth, 12 * COLLEGE_AGE)
        by = max(by, months_later(today, 12))
        name = child.first_name
        cost = (
            f"The {words.dollars(amount)} you gave for {name}"
            if child.estimated_education_cost
            else f"Four years at {words.dollars(COLLEGE_YEAR)} for {name}, about a public "
            "college in one’s own state (College Board, 2024)"
        )
        return Starter(
            Goal.Type.EDUCATION, amount, by, "normal",
            f"{cost}, from the eighteenth birthday on.", f"College for {name}",
        )  # fmt: skip
    return Starter(
        Goal.Type.EDUCATION, amount, by, "normal",
        f"Four years at {words.dollars(COLLEGE_YEAR)}, about a public college in one’s own state "
        "(College Board, 2024), in ten years.",
    )  # fmt: skip


def _growth(known: Known, today: date) -> Starter:
    if known.income:
        amount, why = known.income * 2, "Two years of your income, in twenty years."
    else:
        amount, why = Decimal(100_000), "A round figure, in twenty years."
    return Starter(Goal.Type.GROWTH, _round(amount), _in_years(today, 20), "wish", why)


def _custom(known: Known, today: date) -> Starter:
    return Starter(Goal.Type.CUSTOM, None, _in_years(today, 5), "normal", "")


def _age(born: date, today: date) -> int:
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
