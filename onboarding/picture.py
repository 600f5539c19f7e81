"""What the investor profile asks: Bluum's sections and fields, in words, each with its reason.

Kinds of questions and how answers are kept (JSON, ready for Bluum): `money` is dollars as text
with cents, `whole` an int, `percent` a fraction as a number (0.03 is three percent), `yes_no` a
bool, `choice`, `state` and `text` text. Nothing here is required.

Bluum documents no fields for `estate_planning` and `partner`; those sent there are ours.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from robo.ui import words

Kind = Literal["money", "whole", "percent", "yes_no", "choice", "state", "text"]


@dataclass(frozen=True)
class Question:
    """`least` and `most` are in what is typed: dollars, percent, years. `changes`: asked again once
    a year. `only_if` names a yes/no question of the section this one belongs to."""

    name: str
    label: str
    kind: Kind
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    least: int = 0
    most: int = 100_000_000
    changes: bool = False
    only_if: str = ""


@dataclass(frozen=True)
class Section:
    """`key` is Bluum's name. `why`: why we ask; `improves`: what a fuller answer tells us."""

    key: str
    name: str
    title: str
    why: str
    improves: str
    questions: tuple[Question, ...]
    minutes: int = 1

    @property
    def slug(self) -> str:
        return self.key.replace("_", "-")

    def answered(self, given: Mapping[str, Any]) -> list[Question]:
        return [q for q in self.questions if given.get(q.name) not in (None, "")]

    def missing(self, given: Mapping[str, Any]) -> list[Question]:
        """Unanswered, without those that an answer "no" makes idle."""
        return [
            q
            for q in self.questions
            if given.get(q.name) in (None, "") and (not q.only_if or given.get(q.only_if))
        ]


MARITAL = (
    ("single", "Single"),
    ("married", "Married"),
    ("domestic_partnership", "Domestic partnership"),
    ("divorced", "Divorced"),
    ("widowed", "Widowed"),
)
HEALTH = (("excellent", "Excellent"), ("good", "Good"), ("fair", "Fair"), ("poor", "Poor"))
WORK = (
    ("employed_full_time", "I work full time"),
    ("employed_part_time", "I work part time"),
    ("self_employed", "I work for myself"),
    ("retired", "I’m retired"),
    ("student", "I study"),
    ("not_employed", "I don’t work at the moment"),
)
FILING = (
    ("single", "Single"),
    ("married_filing_jointly", "Married, filing jointly"),
    ("married_filing_separately", "Married, filing separately"),
    ("head_of_household", "Head of household"),
    ("qualifying_surviving_spouse", "Qualifying surviving spouse"),
)
LIFE = (("term", "Term, for some years"), ("whole", "Whole life"), ("universal", "Universal life"))

SECTIONS = (
    Section(
        "demographics",
        "You and your household",
        "You and your household",
        "How long the money has to last, and how many people live on it, set how much risk it can "
        "bear.",
        "how long your money has to last",
        (
            Question("marital_status", "Household", "choice", choices=MARITAL, changes=True),
            Question(
                "number_of_dependents",
                "People who live on your income, besides you",
                "whole",
                "Counted for you when you add them one by one.",
                most=30,
                changes=True,
            ),
            Question(
                "expected_retirement_age",
                "Age at which you’d like to stop working",
                "whole",
                "Where a retirement goal begins to pay out.",
                least=40,
                most=90,
                changes=True,
            ),
            Question(
                "life_expectancy",
                "Age your plan should reach",
                "whole",
                "About one in three people now 65 lives past 90, says Social Security. Planning to "
                "95 is the cautious way.",
                least=60,
                most=115,
            ),
            Question(
                "health_status",
                "Your health, as you see it",
                "choice",
                "Poor health can call for more money within reach. Leave it out if you’d rather.",
                choices=HEALTH,
                changes=True,
            ),
            Question(
                "state_of_residence",
                "State you live in",
                "state",
                "For state tax in your plan.",
                changes=True,
            ),
            Question("is_us_citizen", "Are you a US citizen?", "yes_no"),
            Question("is_us_resident", "Do you live in the US for tax?", "yes_no"),
        ),
    ),
    Section(
        "employment",
        "Work and income",
        "Work and income",
        "A steady income carries a portfolio through bad years; an uncertain one calls for more "
        "caution.",
        "how much you can save, and how steady that is",
        (
            Question("employment_status", "What you do", "choice", choices=WORK, changes=True),
            Question("employer_name", "Employer", "text"),
            Question("job_title", "Job", "text"),
            Question(
                "industry",
                "Industry",
                "text",
                "If your pay hangs on it, your savings shouldn’t hang on it, too.",
            ),
            Question("years_in_current_job", "Years in this job", "whole", most=70),
            Question(
                "annual_gross_income",
                "Income a year, before tax",
                "money",
                "A round figure will do.",
                changes=True,
            ),
            Question("annual_bonus", "Bonus in a usual year", "money", changes=True),
            Question(
                "income_growth_rate",
                "How fast you expect it to grow, percent a year",
                "percent",
                "2 or 3 is usual. It raises what you can put aside later.",
                least=-20,
                most=50,
            ),
            Question(
                "has_stock_options",
                "Do you have stock or options of your employer?",
                "yes_no",
                changes=True,
            ),
            Question(
                "stock_options_value",
                "About what they’re worth",
                "money",
                "So that we don’t add more of the same.",
                changes=True,
                only_if="has_stock_options",
            ),
            Question(
                "retirement_account_match",
                "What your employer adds to your 401(k), percent of pay",
                "percent",
                "Money that is hard to beat: we point it out before anything else.",
                most=100,
            ),
        ),
        2,
    ),
    Section(
        "cash_flow",
        "In and out each month",
        "What comes in and goes out",
        "What is left each month is what can be invested, and money for emergencies comes first.",
        "how much risk you can bear, and how much stays within reach",
        (
            Question(
                "monthly_expenses",
                "What you spend in a month",
                "money",
                "Rent, food, everything. A range like 3,000–4,000 is fine.",
                changes=True,
            ),
            Question(
                "monthly_savings",
                "What you put aside in a month",
                "money",
                "All accounts together.",
                changes=True,
            ),
            Question(
                "emergency_fund_months",
                "Months you could live on cash you have now",
                "whole",
                "Cash in the bank divided by what you spend in a month.",
                most=120,
                changes=True,
            ),
        ),
    ),
    Section(
        "retirement_benefits",
        "Pension and Social Security",
        "What you’ll get in retirement",
        "Income for life means that your savings have less to carry.",
        "what your savings have to pay in retirement",
        (
            Question(
                "has_pension", "Will you get a pension from an employer?", "yes_no", changes=True
            ),
            Question(
                "pension_monthly_amount",
                "Pension a month",
                "money",
                only_if="has_pension",
                changes=True,
            ),
            Question(
                "pension_start_age",
                "Age at which it begins",
                "whole",
                least=40,
                most=90,
                only_if="has_pension",
            ),
            Question(
                "social_security_estimate",
                "Social Security a month, as estimated",
                "money",
                "Your own figure stands on ssa.gov/myaccount.",
                most=20_000,
                changes=True,
            ),
            Question(
                "social_security_start_age",
                "Age at which you’d take it",
                "whole",
                "From 62; it grows until 70.",
                least=62,
                most=70,
            ),
            Question(
                "has_deferred_compensation", "Does your employer hold back pay for later?", "yes_no"
            ),
            Question(
                "deferred_comp_value",
                "About how much",
                "money",
                only_if="has_deferred_compensation",
                changes=True,
            ),
        ),
    ),
    Section(
        "tax",
        "Tax",
        "Your taxes",
        "What counts is what stays after tax.",
        "which accounts to use first, and what to expect after tax",
        (
            Question("filing_status", "How you file", "choice", choices=FILING, changes=True),
            Question(
                "federal_tax_bracket",
                "Federal tax bracket, percent",
                "percent",
                "The rate on your last dollar: 10, 12, 22, 24, 32, 35 or 37.",
                most=50,
                changes=True,
            ),
            Question(
                "state_tax_rate",
                "State tax rate, percent",
                "percent",
                "0 in some states.",
                most=20,
                changes=True,
            ),
            Question(
                "has_capital_loss_carryforward",
                "Do you carry forward losses from earlier years?",
                "yes_no",
                changes=True,
            ),
            Question(
                "capital_loss_carryforward_amount",
                "How much",
                "money",
                "Schedule D says.",
                only_if="has_capital_loss_carryforward",
                changes=True,
            ),
            Question(
                "tax_loss_harvesting_preference",
                "Would you want losses taken to save tax, where that is offered?",
                "yes_no",
            ),
            Question(
                "estimated_quarterly_taxes",
                "Estimated tax you pay each quarter",
                "money",
                changes=True,
            ),
        ),
    ),
    Section(
        "insurance",
        "Insurance",
        "What you’re insured against",
        "A gap in insurance is a larger risk than a bad year in the markets.",
        "which risks your savings have to carry alone",
        (
            Question("has_life_insurance", "Life insurance?", "yes_no", changes=True),
            Question(
                "life_insurance_coverage",
                "What it pays",
                "money",
                only_if="has_life_insurance",
                changes=True,
            ),
            Question(
                "life_insurance_type",
                "What kind",
                "choice",
                choices=LIFE,
                only_if="has_life_insurance",
            ),
            Question(
                "has_disability_insurance",
                "Insurance in case you can’t work?",
                "yes_no",
                changes=True,
            ),
            Question(
                "disability_monthly_benefit",
                "What it pays a month",
                "money",
                only_if="has_disability_insurance",
            ),
            Question("has_long_term_care", "Insurance for long-term care?", "yes_no"),
            Question(
                "long_term_care_daily_benefit",
                "What it pays a day",
                "money",
                only_if="has_long_term_care",
            ),
            Question(
                "has_umbrella_policy",
                "An umbrella policy?",
                "yes_no",
                "It covers claims beyond your home and car insurance.",
            ),
            Question("umbrella_coverage_amount", "Up to", "money", only_if="has_umbrella_policy"),
        ),
    ),
    Section(
        "estate_planning",
        "What you leave behind",
        "What you leave behind",
        "A will and named beneficiaries decide who gets what, and how soon.",
        "what to remind you of",
        (
            Question("has_will", "Do you have a will?", "yes_no", changes=True),
            Question("has_trust", "Is anything held in a trust?", "yes_no"),
            Question(
                "has_power_of_attorney",
                "May someone act for you if you can’t?",
                "yes_no",
                "By a power of attorney.",
            ),
            Question(
                "beneficiaries_reviewed",
                "Have you looked at your beneficiaries lately?",
                "yes_no",
                "They go before a will.",
                changes=True,
            ),
        ),
    ),
    Section(
        "partner",
        "Your partner",
        "Your partner’s side",
        "Two incomes and two ages make another plan than one.",
        "how a plan for both of you should look",
        (
            Question(
                "annual_gross_income",
                "Their income a year, before tax",
                "money",
                "A round figure will do.",
                changes=True,
            ),
            Question(
                "expected_retirement_age",
                "Age at which they’d like to stop working",
                "whole",
                least=40,
                most=90,
            ),
            Question(
                "retirement_savings", "What they have saved for retirement", "money", changes=True
            ),
            Question(
                "social_security_estimate",
                "Their Social Security a month, as estimated",
                "money",
                most=20_000,
            ),
        ),
    ),
    Section(
        "investment_preferences",
        "How you like to invest",
        "How you like to invest",
        "Your money should go where you’re content to have it.",
        "what your portfolio should hold and leave out",
        (
            Question(
                "esg_screening",
                "Leave out companies that harm people or the environment?",
                "yes_no",
            ),
            Question("shariah_compliant", "Invest in line with Shariah?", "yes_no"),
        ),
    ),
)
"""In the order of the page. The last has a page of its own, with wishes for the policy."""

BY_SLUG = {section.slug: section for section in SECTIONS}
PREFERENCES = SECTIONS[-1]

SECTORS = (
    ("communication services", "Communication"),
    ("consumer discretionary", "Consumer goods and leisure"),
    ("consumer staples", "Food, drink and tobacco"),
    ("energy", "Energy"),
    ("financials", "Banks and insurers"),
    ("health care", "Health care"),
    ("industrials", "Industry and arms"),
    ("materials", "Mining and materials"),
    ("real estate", "Real estate"),
    ("technology", "Technology"),
    ("utilities", "Utilities"),
)


def completeness(sections: Mapping[str, Mapping[str, Any]]) -> int:
    """0 to 100 by our count: the mean over the sections of the share that is answered, where a
    question that does not apply isn't counted. For the time until Bluum has said its own."""
    shares = []
    for section in SECTIONS:
        given = sections.get(section.key, {})
        answered = len(section.answered(given))
        whole = answered + len(section.missing(given))
        shares.append(answered / whole if whole else 1)
    return round(100 * sum(shares) / len(shares))


def stored(question: Question, typed: Any) -> Any:
    """A form's clean value as it is kept; None when nothing was answered."""
    if typed in (None, ""):
        return None
    if question.kind == "money":
        return f"{typed:.2f}"
    if question.kind == "percent":
        return float(typed / 100)
    return typed


def shown(question: Question, kept: Any) -> Any:
    """What is kept, as the form shows it."""
    if kept in (None, ""):
        return None
    if question.kind == "percent":
        return f"{(Decimal(str(kept)) * 100).normalize():f}"
    if question.kind == "yes_no":
        return "yes" if kept else "no"
    return Decimal(kept) if question.kind == "money" else kept


def in_words(question: Question, kept: Any) -> str:
    """What is kept, for people to read."""
    if question.kind == "money":
        return words.money(kept).removesuffix(".00")
    if question.kind == "yes_no":
        return "Yes" if kept else "No"
    if question.kind == "percent":
        return f"{shown(question, kept)}%"
    return str(dict(question.choices).get(kept, kept))
