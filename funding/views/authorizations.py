"""What people have allowed us to pull: kept word for word, shown, taken back."""

from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account, investor_required
from funding import services
from funding.models import Authorization
from funding.papers import authorization_pdf
from portfolios.downloads import pdf_answer

KEPT_FOR = timedelta(days=731)
"""After it ended, at least (Nacha: two years)."""


@investor_required
@require_GET
def authorizations(request: Request) -> HttpResponse:
    """All of them, those that ended too."""
    found = Authorization.objects.visible_to(request.user).select_related("bank")[:500]
    return render(request, "funding/authorizations.html", {"authorizations": found})


@login_required
@require_GET
def authorization(request: Request, pk: int) -> HttpResponse:
    """One, in its exact words; as a file with `?as=pdf` or `?as=text`."""
    found = get_object_or_404(
        Authorization.objects.visible_to(request.user).select_related(
            "bank", "deposit", "account__user"
        ),
        pk=pk,
    )
    if request.GET.get("as") == "pdf":
        return pdf_answer(authorization_pdf(found), f"authorization-{found.pk}.pdf")
    if request.GET.get("as") == "text":
        response = HttpResponse(found.text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="authorization-{found.pk}.txt"'
        return response
    context = {
        "authorization": found,
        "kept_until": found.ended_at and found.ended_at + KEPT_FOR,
        "own": found.account.user_id == request.user.pk,
        "can_revoke": found.ended_at is None
        and (found.deposit is None or found.deposit.can_be_canceled),
    }
    return render(request, "funding/authorization.html", context)


@active_account
@require_http_methods(["GET", "POST"])
def authorization_revoke(request: Request, pk: int) -> HttpResponse:
    """Ask once more, then take it back."""
    found = get_object_or_404(
        Authorization.objects.visible_to(request.user)
        .filter(account=request.account)
        .select_related("bank", "deposit", "schedule"),
        pk=pk,
    )
    if request.method == "POST":
        try:
            services.revoke_authorization(authorization=found, request=request)
            messages.success(request, "You’ve taken it back. The text stays here to read.")
        except services.NotPossible as problem:
            messages.warning(request, str(problem))
        return redirect("funding:authorization", found.pk)
    if found.ended_at:
        return redirect("funding:authorization", found.pk)
    return render(request, "funding/authorization_revoke.html", {"authorization": found})
