"""Who may enter a page: decorators for views. Each puts `account` on the request."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeAlias

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import services
from accounts.models import Account
from robo import partner
from robo.http import Request as PlainRequest

View: TypeAlias = Callable[..., HttpResponse]


class Request(PlainRequest):
    """What a view behind these guards gets."""

    account: Account


DISCLOSURES = ("form_crs", "algorithm_disclosure", "advisory_agreement")
"""What a person has signed before any advice is given."""


ADVICE = (
    *("portfolios:", "picture:", "onboarding:risk"),
    *("funding:schedule", "funding:dividends", "funding:closing"),
)
"""Beginnings of the names of pages that only an advised account has."""
TRADING = ("trading:",)
"""And of those that only a self-directed one has."""
SHARED = ("portfolios:documents",)


def is_offered(view_name: str) -> bool:
    """Whether the partner has this page at all; if not, it is found by nobody."""
    return not view_name.startswith(TRADING) or partner.current().features.self_directed


def has_page(account: Account, view_name: str) -> bool:
    """Whether a page belongs to this kind of account."""
    if view_name.startswith(SHARED):
        return True
    return not view_name.startswith(TRADING if account.is_advised else ADVICE)


def investor_with(
    accounts: Callable[[], QuerySet[Account]] | None = None,
) -> Callable[[View], View]:
    """Signed in and not staff; staff are sent to the admin, where clients are looked after.

    A page of the other kind of account is not found. `accounts` makes the query the account is
    looked up in: a page that needs many things asks for them together with it.
    """

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_staff:
                return redirect("admin:index")
            account = services.account_of(request.user, accounts)  # type: ignore[arg-type]
            match = request.resolver_match
            if match and not has_page(account, match.view_name):
                raise Http404
            request.account = account  # type: ignore[attr-defined]
            return view(request, *args, **kwargs)

        signed_in = login_required(guarded)

        @wraps(view)
        def offered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            match = request.resolver_match
            if match and not is_offered(match.view_name):
                raise Http404
            return signed_in(request, *args, **kwargs)

        return offered

    return guard


investor_required = investor_with()


def disclosed_with(
    accounts: Callable[[], QuerySet[Account]] | None = None,
) -> Callable[[View], View]:
    """Also: has signed what must be known before advice. `accounts` as in `investor_with`."""

    def guard(view: View) -> View:
        @wraps(view)
        def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
            if not services.has_signed(request.account, DISCLOSURES):
                messages.info(
                    request,
                    "Before we can give advice, please read and sign the agreements. "
                    "Your answers so far are kept.",
                )
                return redirect("onboarding:start")
            return view(request, *args, **kwargs)

        return investor_with(accounts)(guarded)

    return guard


disclosed = disclosed_with()


def active_account(view: View) -> View:
    """Also: the account is open at Bluum."""

    @wraps(view)
    def guarded(request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.account.is_active:
            messages.info(request, "This is possible as soon as your account is open.")
            return redirect("accounts:status")
        return view(request, *args, **kwargs)

    return investor_required(guarded)
