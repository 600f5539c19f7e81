"""Dividends: reinvest them or keep them as cash, and what came of them lately."""

from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRefresh

from accounts.guards import Request, active_account
from funding.dividends import change_dividends, dividends_of, lately, past_year, undo_dividends
from funding.models import Dividends
from funding.services import NotPossible
from robo.ui.forms import Choice, MoneyField

CASH = "cash"
HINTS = {
    Dividends.Rule.SAME: "Each fund buys more of itself. Simple, but the mix drifts a little.",
    Dividends.Rule.POLICY: "Goes to what is short first, so less has to be sold later.",
    Dividends.Rule.CUSTOM: "As it is set up now.",
}


class DividendsForm(forms.Form):
    what = forms.ChoiceField(
        label="What becomes of dividends",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what becomes of dividends."},
    )
    minimum = MoneyField(
        label="Keep as cash what is less than", least=Decimal(0), most=Decimal(10_000)
    )
    sweep = forms.BooleanField(label="Invest idle cash too", required=False)
    keep_cash = MoneyField(
        label="Always keep as cash", least=Decimal(0), most=Decimal(1_000_000), required=False
    )

    def __init__(self, data: Any = None, *, row: Dividends, **kwargs: Any) -> None:
        now = {**row.settings(), **row.wanted}
        what = now["rule"] if now["enabled"] else CASH
        kwargs["initial"] = {**now, "what": what}
        super().__init__(data, **kwargs)
        rules = [Dividends.Rule.POLICY, Dividends.Rule.SAME]
        if now["rule"] == Dividends.Rule.CUSTOM:
            rules.append(Dividends.Rule.CUSTOM)
        field = self.fields["what"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [
            (rule.value, Choice(str(rule.label), hint=HINTS[rule])) for rule in rules
        ] + [(CASH, Choice("Keep them as cash", hint="They wait until you withdraw or invest."))]

    def wish(self) -> dict[str, Any]:
        data = self.cleaned_data
        found = {
            "enabled": data["what"] != CASH,
            "minimum": data["minimum"],
            "sweep": data["sweep"],
            "keep_cash": data["keep_cash"] or Decimal(0),
        }
        return found if data["what"] == CASH else found | {"rule": data["what"]}


@active_account
@require_http_methods(["GET", "POST"])
def dividends(request: Request) -> HttpResponse:
    account = request.account
    row = dividends_of(account)
    form = DividendsForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            change_dividends(account=account, wish=form.wish(), request=request)
        except NotPossible as problem:
            messages.warning(request, str(problem))
        else:
            messages.success(request, "Changed. It counts from the next dividend on.")
        return redirect("funding:dividends")
    if request.htmx and row.is_known and "reading" in request.GET:
        return HttpResponseClientRefresh()  # the form to change them comes with the page
    now = {**row.settings(), **row.wanted}
    context = {
        "row": row,
        "form": form,
        "now": now,
        "rule": dict(Dividends.Rule.choices).get(now["rule"], ""),
        "paid": lately(account),
        "year": past_year(account),
    }
    name = "funding/_dividends.html" if request.htmx else "funding/dividends.html"
    return render(request, name, context, status=422 if form.errors else 200)


@active_account
@require_POST
def dividends_undo(request: Request) -> HttpResponse:
    """Take the last change back."""
    try:
        undo_dividends(account=request.account, request=request)
    except (NotPossible, Dividends.DoesNotExist) as problem:
        messages.warning(request, str(problem))
    else:
        messages.success(request, "Taken back. It is as it was before.")
    return redirect("funding:dividends")
