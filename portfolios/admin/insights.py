"""What Bluum notices about clients, what of it was passed on, and why the rest wasn't."""

from typing import Any

from django.contrib import admin

from accounts.models import Account
from portfolios.insights import board
from portfolios.models import Insight, InsightFeed
from portfolios.snapshot import Snapshot
from robo.backoffice import client
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


@admin.register(Insight)
class InsightAdmin(OfClient):
    seen_by = Ability.ADVICE
    list_display = ("first_seen_at", "client", "source", "priority", "title", "dismissed_at")
    list_filter = ("source", "priority")
    fields = (
        "client",
        "source",
        "category",
        "priority",
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


@client.section("insights", "Insights", order=55, seen_by=Ability.ADVICE)
def insights(account: Account, user: Any) -> dict[str, Any]:
    """What the client is told, and what is held back with the reason."""
    rows = list(Insight.objects.filter(account=account).open())
    found = board(rows, Snapshot(account).known)
    put_away = Insight.objects.filter(account=account).exclude(dismissed_at=None)
    return {"board": found, "put_away": put_away.order_by("-dismissed_at")[:10]}
