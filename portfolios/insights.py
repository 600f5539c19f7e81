"""What we make of what Bluum notices: our own words, where it leads, and what isn't passed on.

Nothing here writes. Bluum's sentences are shown only where we have none of our own, marked as
Bluum's. Held back, with a reason that advisers see: what comes before a signed policy or goes
against it, what our own futures deny, and what is said already.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

from django.urls import NoReverseMatch, reverse

from portfolios.models import Goal, Holding, Insight, Policy, Portfolio
from portfolios.outlook import Outlook
from portfolios.planning.policy import CLASS_NAMES
from robo.ui import words

ZERO = Decimal(0)
WORTH_A_LINE = Decimal(10)
"""Dollars: tax ideas that save less are counted, not listed."""
PRIORITIES = {"high": "Look at it soon", "medium": "Worth a look", "low": "When you have time"}
TOPICS = {"opportunity": "Money", "risk": "Risk", "tax": "Tax", "rebalancing": "Portfolio"}
INVESTS = "What comes in is invested toward your policy’s targets by itself."
DECIDES = "Nothing: its amounts and dates are yours."


def link(name: str, *args: Any) -> str:
    """The address of a page; empty where a partner leaves it out."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


@dataclass(frozen=True, slots=True)
class Reading:
    """An insight as it is told."""

    row: Insight
    topic: str
    title: str
    words: str
    action: str = ""
    """What the person can do: the link's words."""
    url: str = ""
    by_us: str = ""
    """What we do by ourselves."""
    quoted: str = ""
    """Bluum's own words, where we have none."""

    @property
    def when(self) -> str:
        return PRIORITIES.get(self.row.priority, "Good to know")


@dataclass(frozen=True, slots=True)
class TaxIdea:
    """Dollars. `saving` is Bluum's estimate, None where it gives none."""

    row: Insight
    title: str
    words: str
    saving: Decimal | None
    wash_sale: bool
    symbol: str
    url: str

    @property
    def is_small(self) -> bool:
        return self.saving is not None and self.saving < WORTH_A_LINE


@dataclass(frozen=True, slots=True)
class HeldBack:
    row: Insight
    reason: str


@dataclass
class Known:
    """What readings are held against."""

    policy: Policy | None
    """Signed."""
    goals: list[Goal]
    """Active ones."""
    outlooks: Mapping[int, Outlook]
    """Goal pk to its kept projection."""
    portfolio: Portfolio | None

    def goal(self, bluum_id: object) -> Goal | None:
        return next((g for g in self.goals if bluum_id and g.bluum_id == bluum_id), None)

    @cached_property
    def classes(self) -> dict[str, str]:
        """Held symbol to the policy's class."""
        rows = Holding.objects.filter(portfolio=self.portfolio) if self.portfolio else []
        return {row.symbol: row.asset_class for row in rows}


@dataclass
class Board:
    """Everything there is to tell, the most pressing first."""

    readings: list[Reading] = field(default_factory=list)
    taxes: list[TaxIdea] = field(default_factory=list)
    held: list[HeldBack] = field(default_factory=list)

    @property
    def told_taxes(self) -> list[TaxIdea]:
        return [idea for idea in self.taxes if not idea.is_small]

    @property
    def has_wash_sales(self) -> bool:
        return any(idea.wash_sale for idea in self.taxes)

    @property
    def small_taxes(self) -> list[TaxIdea]:
        return [idea for idea in self.taxes if idea.is_small]


def board(rows: Iterable[Insight], known: Known) -> Board:
    """Read every row."""
    found = Board()
    for row in sorted(rows, key=lambda row: (row.rank, row.pk)):
        if row.source == Insight.Source.TAX:
            found.taxes.append(tax_idea(row))
            continue
        read = reading(row, known, found)
        if isinstance(read, Reading):
            found.readings.append(read)
        else:
            found.held.append(HeldBack(row, read))
    found.taxes.sort(key=lambda idea: -(idea.saving or ZERO))
    return found


def reading(row: Insight, known: Known, before: Board | None = None) -> Reading | str:
    """The row in our words; or, as a string, why it isn't passed on. `before` has what is told
    already."""
    if known.policy is None:
        return "There is no signed policy to hold it against."
    if row.source == Insight.Source.RECOMMENDATION:
        read = _recommendation(row, known)
    else:
        read = READERS.get(kind_of(row), _as_given)(row, known)
    if isinstance(read, Reading) and before:
        same = next((r for r in before.readings if _is_same(r, read)), None)
        if same:
            return f"The same is told by “{same.title}”."
    return read


def _is_same(one: Reading, other: Reading) -> bool:
    return one.title == other.title or (
        one.row.source != other.row.source and bool(one.url) and one.url == other.url
    )


def kind_of(row: Insight) -> str:
    """What it is about: Bluum's detail where it gives one, else its action, else its category."""
    details, action = row.data.get("details") or {}, row.data.get("action") or {}
    return str(details.get("kind") or action.get("type") or row.category)


def _details(row: Insight) -> Mapping[str, Any]:
    found = row.data.get("details")
    return found if isinstance(found, Mapping) else {}


def _dollars(value: object) -> str:
    """An amount of Bluum's in words; empty for what isn't one."""
    try:
        return words.money(Decimal(str(value)).quantize(Decimal("0.01")))
    except InvalidOperation:
        return ""


def _points(value: object) -> str:
    """Percent units in words: 67.02 is `67.0%`."""
    try:
        return words.percent(Decimal(str(value)) / 100, 1)
    except InvalidOperation:
        return ""


def _class(name: object) -> str:
    return CLASS_NAMES.get(str(name), str(name).replace("_", " "))


# The portfolio ------------------------------------------------------------------------------


def _drift(row: Insight, known: Known) -> Reading | str:
    details = _details(row)
    name, actual = _class(details.get("asset_class")), _points(details.get("actual_percent"))
    target = _points(details.get("target_percent"))
    told = (
        f"{name.capitalize()} are {actual} of the portfolio; your policy’s target is {target}."
        if actual and target and details.get("asset_class")
        else "One class stands further from its target than your policy allows."
    )
    return Reading(
        row,
        "Portfolio",
        "Your portfolio is off its targets",
        told,
        "See what a rebalance would do",
        link("portfolios:portfolio-rebalance"),
        "New money goes first to what is short, without a sale.",
    )


def _idle_cash(row: Insight, known: Known) -> Reading | str:
    cash = _dollars(_details(row).get("cash"))
    return Reading(
        row,
        "Portfolio",
        f"{cash or 'Some money'} waits as cash",
        "It isn’t invested yet.",
        "See your portfolio",
        link("portfolios:portfolio"),
        INVESTS,
    )


def _about_a_holding(row: Insight, known: Known) -> Reading | str:
    details = _details(row)
    symbol = str(details.get("symbol") or "")
    if symbol not in known.classes:
        return "It is about something that isn’t in the portfolio."
    share, move = _points(details.get("share_percent")), _points(details.get("move_percent"))
    if kind_of(row) == "outlier":
        usual = _points(details.get("usual_percent"))
        if not move or not usual:
            return _as_given(row, known)
        title = f"{symbol} moved more than usual"
        told = f"{move} in a week; {usual} either way would be usual."
    else:
        title = f"Much of your money is in {symbol}"
        told = f"It is {share} of the portfolio." if share else ""
    ours = "Your policy’s targets stay as they are; one fund’s week doesn’t change them."
    url = link("portfolios:portfolio-holding", symbol)
    return Reading(row, "Risk", title, told, f"See {symbol}", url, ours)


# Goals and money ----------------------------------------------------------------------------


def _goal_behind(row: Insight, known: Known) -> Reading | str:
    details = _details(row)
    goal = known.goal(details.get("goal_id"))
    if goal is None:
        return "It is about a goal that isn’t open."
    return _behind(row, known, goal, _dollars(details.get("needed_monthly")))


def _behind(row: Insight, known: Known, goal: Goal, needed: str = "") -> Reading | str:
    """A goal that Bluum sees behind. Our own futures decide what is said of its chance."""
    found = known.outlooks.get(goal.pk)
    if found and found.is_on_track:
        return f"By our own futures {goal.name} is on track."
    told = ""
    if found:
        told = f"{found.in_100} in 100 futures reach it; on track is {found.bar_in_100}. "
    if needed:
        told += f"Our custodian reckons that {needed} a month would do at an average return."
    return Reading(
        row,
        "Goal",
        f"{goal.name} is behind",
        told.strip() or "At the present pace it comes after its date.",
        "See what would be exactly enough",
        link("portfolios:goal", goal.pk),
        DECIDES,
    )


def _goal_progress(row: Insight, known: Known) -> Reading | str:
    details = _details(row)
    goal = known.goal(details.get("goal_id"))
    if goal is None:
        return "It is about a goal that isn’t open."
    at = _points(details.get("progress_percent"))
    title = f"{goal.name} stands at {at} of its amount" if at else f"{goal.name} has come far"
    told = f"The whole is {words.dollars(goal.target_amount)} by {words.month(goal.target_date)}."
    return Reading(row, "Goal", title, told, "See it", link("portfolios:goal", goal.pk))


def _contribution(row: Insight, known: Known) -> Reading | str:
    details = _details(row)
    planned, paid = _dollars(details.get("planned")), _dollars(details.get("paid"))
    if not planned or not paid:
        return _as_given(row, known)
    return Reading(
        row,
        "Money",
        "Less came in than your goals count on",
        f"They count on {planned} a month; {paid} came in over the last 30 days.",
        "Make a deposit",
        link("funding:deposit"),
        INVESTS,
    )


def _run_is_near(row: Insight, known: Known) -> Reading | str:
    amount = _dollars(_details(row).get("amount"))
    if not amount:
        return _as_given(row, known)
    return Reading(
        row,
        "Money",
        "Auto-invest runs soon",
        f"{amount} is taken from your bank account. See that it is there.",
        "See your schedules",
        link("funding:schedules"),
        "If your bank says no, we tell you, and nothing is invested.",
    )


def _run_failed(row: Insight, known: Known) -> Reading | str:
    url = link("funding:schedules")
    told = "Nothing was invested then. Your money is where it was."
    return Reading(row, "Money", "The last auto-invest didn’t run", told, "See why", url)


def _bank(row: Insight, known: Known) -> Reading | str:
    told = "Auto-invest draws on it and can’t until you have looked at it."
    title = "A bank account needs you"
    return Reading(row, "Money", title, told, "See your banks", link("funding:banks"))


def _said_in_to_do(row: Insight, known: Known) -> Reading | str:
    return "Home asks for it already."


def _said_in_taxes(row: Insight, known: Known) -> Reading | str:
    return "It is among the tax ideas, each with its lots."


READERS: dict[str, Callable[[Insight, Known], Reading | str]] = {
    "drift": _drift,
    "rebalance": _drift,
    "rebalancing": _drift,
    "idle_cash": _idle_cash,
    "concentration": _about_a_holding,
    "outlier": _about_a_holding,
    "goal_behind": _goal_behind,
    "goal_progress": _goal_progress,
    "contribution_reminder": _contribution,
    "auto_invest_low_balance": _run_is_near,
    "auto_invest_failed": _run_failed,
    "funding_source": _bank,
    "no_policy": _said_in_to_do,
    "risk_assessment": _said_in_to_do,
    "tax_loss": _said_in_taxes,
    "tax_loss_harvest": _said_in_taxes,
    "long_term_soon": _said_in_taxes,
}


def _as_given(row: Insight, known: Known) -> Reading | str:
    """What we have no words for: Bluum's, said to be Bluum's."""
    if _claims(row.title) or _claims(row.summary):
        return "Its words speak of something we don’t do."
    topic = TOPICS.get(row.category, "Portfolio")
    place = "portfolios:goals" if row.category == "strategy" else "portfolios:portfolio"
    return Reading(
        row, topic, row.title, "", "See your goals" if "goals" in place else "See your portfolio",
        link(place), quoted=row.summary,
    )  # fmt: skip


def _claims(text: str) -> bool:
    """Whether it speaks of tax-loss harvesting, which we don't do and mustn't seem to."""
    return "harvest" in text.lower()


# Recommendations ----------------------------------------------------------------------------


def _recommendation(row: Insight, known: Known) -> Reading | str:
    if reason := against_policy(row, known):
        return reason
    if row.data.get("suggested_actions"):
        return _drift(row, known)
    goal = next((g for g in known.goals if g.name in row.title), None)
    return _behind(row, known, goal) if goal else _as_given(row, known)


def against_policy(row: Insight, known: Known) -> str:
    """Why its trades can't be squared with the signed policy; empty when they can, or there are
    none. What can't be checked counts as against it."""
    assert known.policy is not None
    content: Mapping[str, Any] = known.policy.content
    bands: Mapping[str, Any] = content.get("target_allocation", {})
    left_out = content.get("constraints", {}).get("restrictions", {}).get("excluded_securities", [])
    sums: dict[str, Decimal] = {}
    for action in row.data.get("suggested_actions") or []:
        symbol, target = action.get("symbol"), action.get("target_allocation")
        if action.get("action") == "buy" and symbol in left_out:
            return f"The signed policy leaves {symbol} out."
        name = known.classes.get(str(symbol))
        if name is None:
            return f"{symbol} isn’t in the portfolio, so it can’t be held against the policy."
        if name not in bands:
            return f"The signed policy has no place for {_class(name)}."
        if target is None:
            return f"It doesn’t say how much {symbol} there should be."
        sums[name] = sums.get(name, ZERO) + Decimal(str(target))
    for name, total in sums.items():
        most = Decimal(str(bands[name].get("max_percent", 100)))
        if total > most:
            return (
                f"{_class(name).capitalize()} would be {_points(total)}; at most {_points(most)}."
            )
    return ""


# Tax ----------------------------------------------------------------------------------------


def tax_idea(row: Insight) -> TaxIdea:
    """An idea in our words. We never sell for tax reasons by ourselves, so none says we would."""
    positions = row.data.get("positions") or [{}]
    first: Mapping[str, Any] = positions[0]
    symbol = str(first.get("symbol") or "")
    amount = _dollars(str(first.get("unrealized_gain_loss") or "").lstrip("-"))
    held = "more than a year" if first.get("holding_period") == "long_term" else "a year or less"
    days = first.get("days_until_long_term")
    saving = row.data.get("estimated_tax_savings")
    wash = any(p.get("wash_sale_risk") for p in positions)
    if row.category == "tax_loss_harvest" and symbol and amount:
        title = f"{symbol} stands {amount} below its cost"
        told = f"Held for {held}. Selling would make the loss count against gains."
    elif row.category == "long_term_holding" and symbol and amount and days is not None:
        title = f"{amount} of gain in {symbol} is taxed less soon"
        told = f"In {days} day{'' if days == 1 else 's'} the first of it counts as long-term."
        told += " Nothing to do but wait."
    else:
        title = "A tax idea" if _claims(row.title) else row.title
        told = "" if _claims(row.summary) else row.summary
    return TaxIdea(
        row,
        title,
        told,
        Decimal(str(saving)) if saving is not None else None,
        wash,
        symbol,
        link("portfolios:portfolio-holding", symbol) if symbol else "",
    )
