"""What Bluum notices about clients, what of it was passed on, and why the rest wasn't."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from accounts.models import Account
from portfolios.insights import board
from portfolios.models import Insight, InsightFeed
from portfolios.snapshot import Snapshot
from robo.backoffice import client
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability
from robo.backoffice.rows import ClientRows, OfClient, QueueFilter


@admin.register(InsightFeed)
class InsightFeedAdmin(ClientRows):
    seen_by = Ability.ADVICE
    list_display = ("client", "refreshed_at", "told_at", "motion")
    list_filter = (QueueFilter,)
    fields = (
        "client",
        "refreshed_at",
        "tax_year",
        "tax",
        "told_at",
        "fall_told_at",
        "motion_in_words",
        "error_in_words",
    )


class PriorityFilter(admin.SimpleListFilter):
    title = "priority"
    parameter_name = "priority"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(word, word.capitalize()) for word in Insight.PRIORITIES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(priority=self.value()) if self.value() else queryset


@admin.register(Insight)
class InsightAdmin(OfClient):
    seen_by = Ability.ADVICE
    list_display = ("first_seen_at", "client", "source", "pressing", "title", "dismissed_at")
    list_filter = ("source", PriorityFilter)
    fields = (
        "client",
        "source",
        "kind",
        "pressing",
        "title",
        "summary",
        "data",
        "expires_at",
        "first_seen_at",
        "seen_at",
        "gone_at",
        "dismissed_at",
        "bluum_id",
    )

    @display(description="Priority", ordering="priority")  # type: ignore[untyped-decorator]
    def pressing(self, row: Insight) -> str:
        return row.priority_in_words

    @display(description="About")  # type: ignore[untyped-decorator]
    def kind(self, row: Insight) -> str:
        return row.category.replace("_", " ").capitalize()


def _rows_of_insights(account: Account) -> dict[str, Some]:
    mine = Insight.objects.filter(account=account)
    dismissed = mine.exclude(dismissed_at=None).order_by("-dismissed_at")
    return {"noticed": Some(mine.open()), "put_away": Some(dismissed[:10])}


@client.section(
    "insights",
    "Insights",
    order=55,
    seen_by=Ability.ADVICE,
    kind="advised",
    rows=_rows_of_insights,
)
def insights(
    account: Account, user: Any, noticed: list[Insight], put_away: list[Insight]
) -> dict[str, Any]:
    """What the client is told, and what is held back with the reason."""
    return {"board": board(noticed, Snapshot(account).known), "put_away": put_away}
