"""What pages need to know of an account at once: a few queries, shared by home and its agenda."""

from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce, JSONObject

from accounts.models import Account, Notice
from onboarding.agenda import current_assessment, profile_of
from onboarding.models import InvestorProfile, RiskAssessment
from portfolios import outlook
from portfolios.insights import Known
from portfolios.models import (
    Goal,
    Insight,
    InsightFeed,
    Investment,
    Policy,
    Portfolio,
    Projection,
    Visit,
)
from robo import agenda

TOLD = ("id", "source", "category", "priority", "title", "summary", "data")
"""Of an insight: what a reading is made from."""


def accounts_with_everything() -> QuerySet[Account]:
    """Accounts with all that there is one of, and what there is rarely anything of, in one query:
    what home needs."""
    told = Insight.objects.filter(account=OuterRef("pk"), source=Insight.Source.INSIGHT).open()
    unread = Notice.objects.unread().filter(account=OuterRef("pk")).order_by().values("account")
    return Account.objects.select_related(
        "advisor", "portfolio", "profile", "risk_draft", "trusted_contact", "insight_feed", "visit"
    ).annotate(
        unread=Coalesce(Subquery(unread.values(n=Count("pk"))), 0),
        **agenda.things_beside(),
        told=ArraySubquery(told.values(row=JSONObject(**{name: name for name in TOLD}))),
    )


SIGNED = (Policy.Status.ACTIVE, Policy.Status.ACCEPTED)


class Snapshot:
    """An account's rows, each kind read once. For drawing one page, not for deciding anything."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def _one(self, name: str, rows: QuerySet[Any]) -> Any:
        """What there is one of: as it was read with the account, else asked for."""
        read = self.account._state.fields_cache
        return read[name] if name in read else rows.filter(account=self.account).first()

    @cached_property
    def every_goal(self) -> list[Goal]:
        """Each with `outputs`, those of its newest projection; None without one."""
        newest = Projection.objects.filter(goal=OuterRef("pk")).order_by("-made_at")
        return list(
            Goal.objects.filter(account=self.account).annotate(
                outputs=Subquery(newest.values("outputs")[:1])
            )
        )

    @cached_property
    def outlooks(self) -> dict[int, outlook.Outlook]:
        """Goal pk to what its newest projection says."""
        return {
            goal.pk: outlook.Outlook(goal.outputs, goal.name, goal.target_date)  # type: ignore[attr-defined]
            for goal in self.goals
            if goal.outputs  # type: ignore[attr-defined]
        }

    @cached_property
    def profile(self) -> InvestorProfile | None:
        return profile_of(self.account)

    @property
    def goals(self) -> list[Goal]:
        return [g for g in self.every_goal if g.status == Goal.Status.ACTIVE]

    @cached_property
    def policies(self) -> list[Policy]:
        """Newest first, without their texts."""
        return list(Policy.objects.filter(account=self.account).defer("text"))

    @property
    def proposed(self) -> Policy | None:
        return next((p for p in self.policies if p.status == Policy.Status.PROPOSED), None)

    @property
    def active(self) -> Policy | None:
        return next((p for p in self.policies if p.status == Policy.Status.ACTIVE), None)

    @property
    def signed(self) -> Policy | None:
        """In force, or signed and on its way there."""
        return next((p for p in self.policies if p.status in SIGNED), None)

    @cached_property
    def investments(self) -> list[Investment]:
        """The newest fifty."""
        return list(Investment.objects.filter(account=self.account).order_by("-created_at")[:50])

    @cached_property
    def portfolio(self) -> Portfolio | None:
        found: Portfolio | None = self._one("portfolio", Portfolio.objects.all())
        return found

    @cached_property
    def visit(self) -> Visit | None:
        found: Visit | None = self._one("visit", Visit.objects.all())
        return found

    @cached_property
    def feed(self) -> InsightFeed | None:
        found: InsightFeed | None = self._one("insight_feed", InsightFeed.objects.all())
        return found

    @cached_property
    def insights(self) -> list[Insight]:
        """Open ones of Bluum's insights, without recommendations and tax ideas."""
        told = getattr(self.account, "told", None)
        if told is not None:
            return [Insight(account=self.account, **row) for row in told]
        rows = Insight.objects.filter(account=self.account, source=Insight.Source.INSIGHT)
        return list(rows.open())

    @property
    def known(self) -> Known:
        """What readings of insights are held against."""
        return Known(self.signed, self.goals, self.outlooks, self.portfolio)

    @cached_property
    def assessment(self) -> RiskAssessment | None:
        return current_assessment(self.account)

    @cached_property
    def footing(self) -> outlook.Footing:
        signed = self.signed
        return outlook.footing(signed, None if signed else self.assessment, self.portfolio)


def snapshot(account: Account) -> Snapshot:
    """The snapshot of this account object: one per request, as the object is."""
    found: Snapshot | None = account.__dict__.get("_portfolios")
    if found is None:
        found = account.__dict__["_portfolios"] = Snapshot(account)
    return found
