"""What advisors see of goals, policies, portfolios and investments."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from accounts.models import Account
from portfolios.admin import insights as insights
from portfolios.admin import policies, trading
from portfolios.models import (
    Exchange,
    FinancialPlan,
    Goal,
    Holding,
    Investment,
    MarketLevel,
    Policy,
    Portfolio,
    Projection,
)
from robo.backoffice import client, queues
from robo.backoffice.client import Some
from robo.backoffice.roles import Ability
from robo.backoffice.rows import LABELS, ClientRows, QueueFilter, Rows
from robo.ui import words


def with_chance(goals: QuerySet[Goal]) -> QuerySet[Goal]:
    """Each goal with the chance of its newest projection, a fraction."""
    newest = Projection.objects.filter(goal=OuterRef("pk")).order_by("-made_at")
    return goals.annotate(
        chance=Subquery(newest.values("chance")[:1]),
        chance_at=Subquery(newest.values("made_at")[:1]),
    )


@admin.register(Goal)
class GoalAdmin(ClientRows):
    seen_by = Ability.ADVICE
    list_display = ("name", "client", "type", "target", "target_date", "chance", "state", "motion")
    list_filter = ("status", "type")
    fields = (
        "client",
        "name",
        "type",
        "target",
        "target_date",
        "initial",
        "monthly",
        "share",
        "chance",
        "progress_percent",
        "status",
        "refusal",
        "created_at",
        "bluum_id",
        "motion_in_words",
        "error_in_words",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Goal]:
        return with_chance(super().get_queryset(request))

    @display(description="Target", ordering="target_amount")  # type: ignore[untyped-decorator]
    def target(self, goal: Goal) -> str:
        return words.money(goal.target_amount)

    @display(description="At the start")  # type: ignore[untyped-decorator]
    def initial(self, goal: Goal) -> str:
        return words.money(goal.initial_amount)

    @display(description="Planned each month")  # type: ignore[untyped-decorator]
    def monthly(self, goal: Goal) -> str:
        return words.money(goal.monthly_contribution)

    @display(description="Chance")  # type: ignore[untyped-decorator]
    def chance(self, goal: Any) -> str:
        return "Not known" if goal.chance is None else f"{words.in_100(goal.chance)} in 100"


@admin.register(Investment)
class InvestmentAdmin(ClientRows):
    list_display = ("created_at", "client", "dollars", "why", "state", "motion")
    list_filter = (QueueFilter, "status")
    fields = (
        "client",
        "dollars",
        "why",
        "came_from",
        "status",
        "created_at",
        "sent_at",
        "completed_at",
        "asked_by",
        "prevented_by",
        "realized",
        "bluum_id",
        "motion_in_words",
        "error_in_words",
    )

    @display(description="Came from")  # type: ignore[untyped-decorator]
    def came_from(self, row: Investment) -> str:
        """The deposit or withdrawal it was for, leading there."""
        kind, _, number = row.cause.partition(":")
        if kind not in {"deposit", "withdrawal"} or not number.isdecimal():
            return "None"
        url = reverse(f"admin:funding_{kind}_change", args=[number])
        return format_html('<a href="{}">{} {}</a>', url, kind.capitalize(), number)


@admin.register(MarketLevel)
class MarketLevelAdmin(Rows):
    """What a policy's mix is compared with: everybody's, and nobody's own."""

    list_display = ("symbol", "day", "level")
    list_filter = ("symbol",)
    fields = ("symbol", "day", "level")

    def visible(self, rows: QuerySet[MarketLevel], user: Any) -> QuerySet[MarketLevel]:
        return rows


@admin.register(Exchange)
class ExchangeAdmin(ClientRows):
    """The record of what the assistant was asked and answered."""

    list_display = ("asked_at", "client", "question", "state", "outside", "motion")
    list_filter = (QueueFilter, "status")
    fields = (
        "client",
        "asked_at",
        "question",
        "disclaimer",
        "status",
        "answer",
        "answered_at",
        "context_used",
        "suggestions",
        "outside",
        "refusal",
        "bluum_id",
        "motion_in_words",
        "error_in_words",
    )


@client.section(
    "assistant",
    "Assistant",
    order=56,
    kind="advised",
    rows=lambda account: {"rows": Some(Exchange.objects.filter(account=account)[:8])},
)
def assistant(account: Account, user: Any, rows: list[Exchange]) -> dict[str, Any]:
    return {
        "exchanges": [
            {
                "row": row,
                "tone": LABELS.get(row.status, ""),
                "read": [str(name).replace("_", " ") for name in row.context_used],
            }
            for row in rows
        ]
    }


def _rows_of_goals(account: Account) -> dict[str, Some]:
    newest = Projection.objects.filter(goal__account=account).order_by("goal_id", "-made_at")
    versions = Policy.objects.filter(account=account)[:20]
    plans = FinancialPlan.objects.filter(account=account)[:20]
    return {
        "wanted": Some(Goal.objects.filter(account=account)),
        "projections": Some(newest.distinct("goal_id"), without=("inputs", "outputs")),
        "versions": Some(versions, without=("text", "content")),
        "plans": Some(plans, without=("inputs",)),
    }


@client.section(
    "goals",
    "Goals and policy",
    order=40,
    seen_by=Ability.ADVICE,
    kind="advised",
    rows=_rows_of_goals,
)
def goals(
    account: Account,
    user: Any,
    wanted: list[Goal],
    projections: list[Projection],
    versions: list[Policy],
    plans: list[FinancialPlan],
) -> dict[str, Any]:
    newest = {projection.goal_id: projection for projection in projections}
    return {
        "goals": [
            {"goal": goal, "projection": newest.get(goal.pk), "tone": LABELS.get(goal.status, "")}
            for goal in wanted
        ],
        "policies": [
            {
                "policy": policy,
                "tone": LABELS.get(policy.status, ""),
                "waits": policies.waits(policy) and policies.may_decide(user),
            }
            for policy in versions
        ],
        "plans": [{"plan": plan, "tone": LABELS.get(plan.status, "")} for plan in plans],
    }


@client.section(
    "portfolio",
    "Portfolio",
    order=50,
    kind="advised",
    rows=lambda account: {
        "holdings": Some(Holding.objects.filter(portfolio__account=account)),
        "investments": Some(Investment.objects.filter(account=account).order_by("-created_at")[:6]),
    },
)
def portfolio(
    account: Account, user: Any, holdings: list[Holding], investments: list[Investment]
) -> dict[str, Any]:
    return {
        "portfolio": getattr(account, "portfolio", None),
        "may_rebalance": trading.may_decide(user),
        "holdings": holdings,
        "investments": [{"row": i, "tone": LABELS.get(i.status, "")} for i in investments],
    }


__all__ = ["policies", "trading"]

queues.announce(
    queues.Queue(
        "drifted",
        "Drifted portfolios",
        Portfolio,
        lambda rows: rows.filter(needs_rebalancing=True),
        order=30,
        help="Bluum’s analysis says rebalance",
    )
)
queues.announce(
    queues.Queue(
        "failed",
        "Failed investments",
        Investment,
        lambda rows: rows.filter(status=Investment.Status.FAILED),
        since="created_at",
        order=31,
        help="Cash came in and was not invested",
    )
)
