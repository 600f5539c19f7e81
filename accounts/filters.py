"""Filters of the client list. Each narrows by subquery, so that no client is listed twice."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from accounts.models import Account, User
from robo.backoffice.roles import ADVISOR

Lookups = list[tuple[str, str]]
Accounts = QuerySet[Account]


class VerificationFilter(admin.SimpleListFilter):
    title = "verification"
    parameter_name = "kyc"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [
            ("in_progress", "In progress"),
            ("pending_review", "In review"),
            ("approved", "Approved"),
            ("rejected", "Rejected"),
            ("suspended", "Suspended"),
            ("expired", "Expired"),
            ("none", "Not begun"),
        ]

    def queryset(self, request: HttpRequest, queryset: Accounts) -> Accounts:
        if not self.value():
            return queryset
        return queryset.filter(compliance_status="" if self.value() == "none" else self.value())


class RiskFilter(admin.SimpleListFilter):
    title = "risk level"
    parameter_name = "risk"

    # The assessments that count; their model belongs to a later app.
    states = ("submitted", "active")

    @classmethod
    def prefetch(cls) -> "Prefetch[str]":
        """Puts on each account of a page its assessments that count, newest first, as `risk_now`.

        Read after the page is cut: a subquery would be asked for every skipped row too.
        """
        model: Any = Account._meta.get_field("risk_assessments").related_model
        rows = model.objects.filter(status__in=cls.states).only("account_id", "level")
        return Prefetch("risk_assessments", rows.order_by("-created_at"), to_attr="risk_now")

    @classmethod
    def current(cls, **also: int) -> Accounts:
        """For a subquery: the outer account, if it has such an assessment."""
        return Account.objects.filter(
            pk=OuterRef("pk"), risk_assessments__status__in=cls.states, **also
        )

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("none", "None yet"), *((str(n), f"Level {n}") for n in range(1, 11))]

    def queryset(self, request: HttpRequest, queryset: Accounts) -> Accounts:
        value = self.value()
        if value == "none":
            return queryset.filter(~Exists(self.current()))
        if value and value.isdecimal():
            found = self.current(risk_assessments__level=int(value))
            return queryset.filter(Exists(found))
        return queryset


class DriftFilter(admin.SimpleListFilter):
    title = "drift"
    parameter_name = "drifted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "Needs rebalancing"), ("no", "On target")]

    def queryset(self, request: HttpRequest, queryset: Accounts) -> Accounts:
        if self.value() in {"yes", "no"}:
            return queryset.filter(portfolio__needs_rebalancing=self.value() == "yes")
        return queryset


class FundedFilter(admin.SimpleListFilter):
    title = "funding"
    parameter_name = "funded"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("yes", "Funded"), ("no", "Not funded")]

    def queryset(self, request: HttpRequest, queryset: Accounts) -> Accounts:
        if self.value() == "yes":
            return queryset.filter(portfolio__value__gt=0)
        if self.value() == "no":
            return queryset.exclude(portfolio__value__gt=0)
        return queryset


class LastSeenFilter(admin.SimpleListFilter):
    title = "last seen"
    parameter_name = "seen"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        return [("30", "Past 30 days"), ("-90", "Not for 90 days"), ("never", "Never")]

    def queryset(self, request: HttpRequest, queryset: Accounts) -> Accounts:
        now = timezone.now()
        if self.value() == "30":
            return queryset.filter(user__last_login__gte=now - timedelta(days=30))
        if self.value() == "-90":
            return queryset.filter(user__last_login__lt=now - timedelta(days=90))
        if self.value() == "never":
            return queryset.filter(user__last_login=None)
        return queryset


class AdvisorFilter(admin.SimpleListFilter):
    title = "advisor"
    parameter_name = "advisor"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Lookups:
        people = User.objects.filter(is_staff=True, groups__name=ADVISOR).order_by("email")[:100]
        return [("none", "Nobody"), *((str(person.pk), str(person)) for person in people)]

    def queryset(self, request: HttpRequest, queryset: Accounts) -> Accounts:
        value = self.value()
        if value == "none":
            return queryset.filter(advisor=None)
        if value and value.isdecimal():
            return queryset.filter(advisor_id=int(value))
        return queryset
