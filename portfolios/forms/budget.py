"""One monthly budget and the order in which goals are served."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from django import forms

from portfolios.forms.goals import MOST_MONTHLY
from portfolios.models import Goal
from robo.ui.forms import MoneyField


class BudgetForm(forms.Form):
    """`order` are goal pks; those that aren't named follow in their present order. `move` is a
    button's wish: "up:12" or "down:12". `grow` tries a tenth more for one goal."""

    budget = MoneyField(
        label="For all goals together, each month",
        least=Decimal(0),
        most=MOST_MONTHLY,
        error_messages={"required": "Enter what you can put aside each month."},
    )

    def __init__(self, data: Any, *, goals: Sequence[Goal], budget: Decimal) -> None:
        filled = {"budget": data.get("budget", budget)}
        super().__init__(filled)
        self.goals = {goal.pk: goal for goal in goals}
        self.order = self._ordered(str(data.get("order", "")))
        self.grown = self._known(str(data.get("grow", "")))
        way, _, pk = str(data.get("move", "")).partition(":")
        self._move(way, self._known(pk))

    def _known(self, pk: str) -> int | None:
        return int(pk) if pk.isdecimal() and len(pk) < 19 and int(pk) in self.goals else None

    def _ordered(self, text: str) -> list[int]:
        asked = [pk for pk in map(self._known, text.split(",")) if pk is not None]
        return list(dict.fromkeys([*asked, *self.goals]))

    def _move(self, way: str, pk: int | None) -> None:
        step = {"up": -1, "down": 1}.get(way)
        if pk is None or step is None:
            return
        at = self.order.index(pk)
        to = at + step
        if 0 <= to < len(self.order):
            self.order[at], self.order[to] = self.order[to], self.order[at]

    @property
    def ordered(self) -> list[Goal]:
        return [self.goals[pk] for pk in self.order]
