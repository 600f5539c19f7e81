"""The inputs of a plan, read. Money is Decimal dollars, rates are fractions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Any

from portfolios.outlook import Outlook, project
from portfolios.planning import projection
from portfolios.planning.assumptions import Assumptions, load
from portfolios.planning.models import Model, model
from portfolios.planning.months import months_later

EXAMPLE_BALANCE = Decimal(10_000)
VIEWS = ("cautious", "middle", "hopeful", "stress")


def token(kind: str, pk: int) -> str:
    return f"⟨{kind}:{pk}⟩"


def dollars(value: Any) -> Decimal | None:
    return None if value in (None, "") else Decimal(str(value))


@dataclass(frozen=True)
class GoalFacts:
    """One goal with its futures; `told` is what the inputs hold of it."""

    told: Mapping[str, Any]

    @property
    def pk(self) -> int:
        return int(self.told["pk"])

    @property
    def name(self) -> str:
        return token("goal", self.pk)

    @property
    def by(self) -> date:
        return date.fromisoformat(self.told["by"])

    @property
    def target(self) -> Decimal:
        return Decimal(self.told["target"])

    @property
    def monthly(self) -> Decimal:
        return Decimal(self.told["monthly"])

    @property
    def start(self) -> Decimal:
        return Decimal(self.told["start"])

    @cached_property
    def plan(self) -> projection.Plan | None:
        """What is projected; None without a level, or once its day has come."""
        told = self.told["plan"]
        return projection.Plan(**told) if told else None

    @cached_property
    def outlook(self) -> Outlook | None:
        return Outlook(project(self.plan), self.name, self.by) if self.plan else None

    @cached_property
    def repaired(self) -> int | None:
        """The monthly dollars that would reach the bar; None when nothing is to repair, or no
        amount is enough."""
        if self.plan is None or self.outlook is None or self.outlook.is_on_track:
            return None
        return projection.repairs(self.plan).monthly

    def chance(self, view: str) -> float:
        """Under one assumption set, a fraction. Asks for a plan to be there."""
        assert self.plan is not None
        return projection.chance(
            projection.Plan(**(self.told["plan"] | {"set_name": view})),
        )

    def fees(self, fee: float) -> Decimal:
        """All fees to its day along the middle future, dollars: the fee of each stretch on the
        mean of its two ends."""
        assert self.outlook is not None
        months, middle = self.outlook.outputs["grid_months"], self.outlook.outputs["bands"]["50"]
        pairs = zip(months, months[1:], middle, middle[1:], strict=False)
        total = sum((b - a) / 12 * (low + high) / 2 * fee for a, b, low, high in pairs)
        return Decimal(str(round(total, 2)))


class Facts:
    """What a plan is made from, each thing worked out once."""

    def __init__(self, inputs: Mapping[str, Any]) -> None:
        self.inputs = inputs
        self.on = date.fromisoformat(inputs["on"])
        self.adviser: Mapping[str, str] = inputs["adviser"]
        self.advisory = Decimal(inputs["fees"]["advisory"])
        self.funds = Decimal(inputs["fees"]["funds"])
        self.risk: Mapping[str, Any] | None = inputs["risk"]
        self.policy: Mapping[str, Any] | None = inputs["policy"]
        self.portfolio: Mapping[str, Any] | None = inputs["portfolio"]
        self.cash_flow: Mapping[str, Any] = inputs["cash_flow"]
        self.elsewhere: Sequence[Mapping[str, Any]] = inputs["elsewhere"]
        self.events: Sequence[Mapping[str, Any]] = inputs["events"]
        self.goals = [GoalFacts(told) for told in inputs["goals"]]

    @property
    def level(self) -> int | None:
        found: int | None = self.inputs["level"]
        return found

    @property
    def fee(self) -> Decimal:
        """A year's fees together, a fraction."""
        return self.advisory + self.funds

    @property
    def balance(self) -> Decimal:
        """What costs and bad years are told on: the portfolio, else what is to be started with,
        else an example of $10,000."""
        return Decimal(self.inputs["balance"])

    @property
    def is_example(self) -> bool:
        return bool(self.inputs["is_example"])

    @property
    def value(self) -> Decimal | None:
        return dollars(self.portfolio["value"]) if self.portfolio else None

    @cached_property
    def assumed(self) -> Assumptions:
        return load(self.inputs["assumptions"])

    @cached_property
    def model(self) -> Model | None:
        return model(self.level, "middle", self.assumed.version) if self.level else None

    @property
    def monthly(self) -> Decimal:
        return sum((goal.monthly for goal in self.goals), Decimal(0))

    @property
    def projected(self) -> list[GoalFacts]:
        return [goal for goal in self.goals if goal.plan]

    def in_months(self, months: int) -> date:
        return months_later(self.on, months)
