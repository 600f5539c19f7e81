"""The evidence of advice: read, and repeated to see whether the same comes out."""

import json
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.decorators import display

from accounts.models import Account
from onboarding.advice import replay
from onboarding.models import Advice
from robo import audit
from robo.backoffice import client
from robo.backoffice.roles import Ability
from robo.backoffice.rows import OfClient

MOST_AT_ONCE = 20


@admin.register(Advice)
class AdviceAdmin(OfClient):
    seen_by = Ability.ADVICE
    list_display = ("made_at", "client", "kind", "about", "engine", "assumptions")
    list_filter = ("kind", "assumptions")
    search_fields = ("account__name__istartswith", "about__exact")
    search_help_text = "Start of a client’s name, or what it is about, such as policy:12"
    actions = ("repeat",)
    fields = (
        "client",
        "kind",
        "about",
        "made_at",
        "engine",
        "assumptions",
        "seed",
        "sha256",
        "what_went_in",
        "what_came_out",
    )

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
                self.message_user(request, f"{row}, {row.about}: the same comes out today.")
                continue
            where = ", ".join(path for path, _, _ in found.differences[:3])
            self.message_user(
                request, f"{row}, {row.about}: differs today, in {where}.", messages.WARNING
            )


def _readable(value: Any) -> str:
    told = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
    return format_html('<pre class="exact">{}</pre>', told)


@client.section("advice", "Evidence of advice", order=45, seen_by=Ability.ADVICE)
def advice(account: Account, user: Any) -> dict[str, Any]:
    return {"rows": Advice.objects.filter(account=account).defer("inputs", "outputs")[:20]}
