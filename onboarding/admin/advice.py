"""The evidence of advice: read, and repeated to see whether the same comes out."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display
from unfold.views import ChangeList

from accounts.models import Account
from onboarding.advice import replay
from onboarding.models import Advice, RiskAssessment
from robo import audit
from robo.backoffice import client
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability
from robo.backoffice.rows import OfClient
from robo.ui import words

MOST_AT_ONCE = 20

Words = Callable[[Any], str]
_things: dict[str, tuple[QuerySet[Any], Words]] = {}


def about(kind: str, rows: QuerySet[Any], words: Words) -> None:
    """What `kind:12` in a row's `about` stands for: the rows, and what people call one of them."""
    _things[kind] = (rows, words)


def find_things(advice: Iterable[Advice]) -> None:
    """Put what each is about beside it, with one question a kind."""
    asked: dict[str, set[int]] = {}
    for row in advice:
        kind, _, number = row.about.partition(":")
        if kind in _things and number.isdecimal():
            asked.setdefault(kind, set()).add(int(number))
    found = {kind: _things[kind][0].in_bulk(numbers) for kind, numbers in asked.items()}
    for row in advice:
        kind, _, number = row.about.partition(":")
        row.thing = found.get(kind, {}).get(int(number) if number.isdecimal() else 0)  # type: ignore[attr-defined]


def thing_link(row: Any) -> str:
    """What it is about as people call it, leading there."""
    if not hasattr(row, "thing"):
        find_things([row])
    if row.thing is None:
        return "No longer kept"
    _, words = _things[row.about.partition(":")[0]]
    meta = row.thing._meta
    url = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[row.thing.pk])
    return format_html('<a href="{}">{}</a>', url, words(row.thing))


about(
    "assessment",
    RiskAssessment.objects.only("created_at"),
    lambda row: f"Risk answers of {words.day(row.created_at)}",
)


class AdviceList(ChangeList):  # type: ignore[misc]
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        find_things(self.result_list)


@admin.register(Advice)
class AdviceAdmin(OfClient):
    seen_by = Ability.ADVICE
    list_display = ("made_at", "client", "kind", "thing", "engine", "assumptions")
    list_filter = ("kind", "assumptions")
    actions = ("repeat",)
    fields = (
        "client",
        "kind",
        "thing",
        "made_at",
        "engine",
        "assumptions",
        "seed",
        "sha256",
        "what_went_in",
        "what_came_out",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AdviceList

    @display(description="About")  # type: ignore[untyped-decorator]
    def thing(self, row: Advice) -> str:
        return thing_link(row)

    @display(description="What went in")  # type: ignore[untyped-decorator]
    def what_went_in(self, row: Advice) -> str:
        return _readable(row.inputs)

    @display(description="What came out")  # type: ignore[untyped-decorator]
    def what_came_out(self, row: Advice) -> str:
        return _readable(row.outputs)

    @admin.action(description="Repeat", permissions=["act"])
    def repeat(self, request: HttpRequest, rows: QuerySet[Advice]) -> None:
        """Make each again from what was kept, with today's code, and say whether it differs."""
        for row in rows[:MOST_AT_ONCE]:
            found = replay(row)
            audit.record(
                "repeat advice",
                request=request,
                target=row,
                account=row.account,
                same=found.is_same,
            )
            if found.is_same:
                self.message_user(request, f"{_named(row)}: the same comes out today.")
                continue
            where = ", ".join(path for path, _, _ in found.differences[:3])
            self.message_user(
                request, f"{_named(row)}: differs today, in {where}.", messages.WARNING
            )


def _named(row: Advice) -> str:
    return f"{row.get_kind_display()} of {words.day(row.made_at)} for {row.account}"


def _readable(value: Any) -> str:
    told = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return format_html('<pre class="exact">{}</pre>', told)


@client.section(
    "advice",
    "Evidence of advice",
    order=45,
    seen_by=Ability.ADVICE,
    kind="advised",
    rows=lambda account: {
        "made": Some(Advice.objects.filter(account=account)[:20], without=("inputs", "outputs"))
    },
)
def advice(account: Account, user: Any, made: list[Advice]) -> dict[str, Any]:
    find_things(made)
    return {"rows": [{"row": row, "about": thing_link(row)} for row in made]}
