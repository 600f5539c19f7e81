"""The partner's front page, with a projection anyone may play with."""

from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from onboarding.forms.first_plan import offered
from portfolios.planning.assumptions import load
from portfolios.planning.models import model
from portfolios.planning.projection import Plan, Projection, project
from robo import partner
from robo.ui import charts
from robo.ui.forms import MoneyField

LEVEL = 6
"""The middle of the road: 60 % in stocks. Nobody's advice, an example."""


class TeaserForm(forms.Form):
    start = MoneyField(
        label="Start with",
        least=Decimal(0),
        most=Decimal(10_000_000),
        error_messages={"required": "Write what you’d start with; 0 is fine."},
    )
    monthly = MoneyField(
        label="Add each month",
        least=Decimal(0),
        most=Decimal(100_000),
        error_messages={"required": "Write what you’d add each month; 0 is fine."},
    )
    years = forms.IntegerField(
        label="Years",
        min_value=1,
        max_value=40,
        error_messages={
            "required": "Write a number of years from 1 to 40.",
            "invalid": "Write a whole number of years, from 1 to 40.",
            "min_value": "Choose at least one year.",
            "max_value": "Choose at most 40 years.",
        },
    )

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        if data.get("start") == 0 and data.get("monthly") == 0:
            raise forms.ValidationError(
                "With nothing to start and nothing to add there’s nothing to show."
            )
        return data


EXAMPLE = {"start": Decimal(10_000), "monthly": Decimal(500), "years": 10}


@require_GET
def landing(request: HttpRequest) -> HttpResponse:
    asked = any(name in request.GET for name in EXAMPLE)
    form = TeaserForm(request.GET if asked else None, initial=EXAMPLE)
    teaser: dict[str, Any] = {"form": form}
    if not asked:
        teaser |= picture(**EXAMPLE)  # type: ignore[arg-type]
    elif form.is_valid():
        teaser |= picture(**form.cleaned_data)
    return render(request, "landing.html", {"teaser": teaser, "purposes": offered()})


def picture(start: Decimal, monthly: Decimal, years: int) -> dict[str, Any]:
    """The fan chart and its sentence."""
    fee = partner.current().fees
    total = fee.advisory + fee.fund_expense_max
    found = futures(float(start), float(monthly), years * 12, float(total))
    mix = model(LEVEL)
    bands = [
        charts.Band(
            month, *(Decimal(str(round(found.bands[p][i], 2))) for p in (10, 25, 50, 75, 90))
        )
        for i, month in enumerate(found.grid_months)
    ]
    return {
        "fan": charts.fan_chart(bands, name=f"Projected value over {years} years"),
        "least": Decimal(str(found.final[10])),
        "middle": Decimal(str(found.final[50])),
        "query": urlencode({"start": start, "monthly": monthly, "years": years}),
        "put_in": start + monthly * years * 12,
        "assumptions": (
            f"{mix.stocks:.0%} stocks and {1 - mix.stocks:.0%} bonds and cash, "
            f"{mix.arithmetic:.2%} a year on average with {mix.volatility:.2%} volatility, "
            f"{total * 100:.2f}% in fees, before tax and inflation. {found.plan.paths:,} simulated "
            f"futures, assumptions of {load().version}. Hypothetical; real results will differ and "
            "can be lower than any of these."
        ),
    }


@lru_cache(maxsize=256)
def futures(start: float, monthly: float, months: int, fee: float) -> Projection:
    """The same numbers see the same futures, so asking twice costs nothing."""
    plan = Plan(level=LEVEL, start=start, monthly=monthly, months=months, fee=fee)
    return project(plan, grid_months=3 if months <= 180 else 6)
