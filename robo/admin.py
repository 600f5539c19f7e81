"""The advisors' site: its front page, its own pages, and the policy browsers hold it to."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any, cast

from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth import logout
from django.db.models import Count, Min, Model, Q, Sum, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite

from robo.backoffice import front, gauges, motion, queues
from robo.backoffice.queues import Standing
from robo.backoffice.roles import Ability, can

# Unfold's scripts are files, so none need stand in the page; Alpine evaluates its attributes.


class AdvisorSite(UnfoldAdminSite):  # type: ignore[misc]
    """Where advisors, supervisors, operations and auditors work."""

    index_title = "Today"
    index_template = "admin/backoffice/today.html"
    enable_nav_sidebar = True

    def admin_view(
        self, view: Callable[..., Any], cacheable: bool = False
    ) -> Callable[..., HttpResponseBase]:
        """Staff only, their groups read once, under the admin's own content security policy."""

        def with_groups(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            prefetch_related_objects([cast(Model, request.user)], "groups")
            return view(request, *args, **kwargs)

        guarded = super().admin_view(update_wrapper(with_groups, view), cacheable)
        return csp_replace(settings.CSP_FOR_ADMIN)(guarded)

    def extra_urls(self) -> list[URLPattern]:
        return [
            path("work/", self.admin_view(motion.page), name="work"),
            path("work/retry/", self.admin_view(motion.retry), name="work_retry"),
        ]

    def index(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> TemplateResponse:
        found = today(request) if can(request.user, Ability.CLIENTS) else {}
        return super().index(request, {**found, **(extra_context or {})})  # type: ignore[no-any-return]

    def password_change(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Passwords are changed where everybody changes them."""
        return redirect("account_change_password")

    def logout(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return sign_out(request)


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("account_login")


def today(request: HttpRequest) -> dict[str, Any]:
    """What waits, and how the clients stand whom this person may see. Amounts in dollars."""
    from accounts.models import Account, AccountStatus

    accounts = Account.objects.visible_to(request.user)
    states = dict(accounts.order_by().values_list("status").annotate(Count("pk")))
    sums = accounts.aggregate(
        managed=Sum("portfolio__value"),
        as_of=Min("portfolio__as_of", filter=Q(portfolio__value__gt=0)),
        portfolios=Count("portfolio", filter=Q(portfolio__value__gt=0)),
        unknown=Count("portfolio", filter=Q(portfolio__value=None)),
    )
    load = motion.load(request.user)
    standing = [
        Standing(
            "Stuck work",
            "Tried twelve times without success",
            reverse("admin:work"),
            load.stuck,
            load.stuck_since,
        ),
        *queues.standings(request),
    ]
    url = reverse("admin:accounts_account_changelist")
    return {
        "clients": sum(states.values()),
        "clients_url": url,
        "sums": sums,
        "states": [
            {"label": label, "count": states[status], "url": f"{url}?status__exact={status}"}
            for status, label in AccountStatus.choices
            if states.get(status)
        ],
        "figures": front.figures(request.user),
        "signs": [motion.sign(load), *front.signs(request.user)],
        "gauges": gauges.readings(request.user),
        "queues": standing,
        "waiting": [queue for queue in standing if queue.count],
        "empty": [queue for queue in standing if not queue.count],
    }
