"""Money that people send from their own bank, and the authorizations for money we pull."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account, investor_required
from funding import limits, services
from funding.forms import TransferForm
from funding.models import Authorization, Deposit


@active_account
@require_http_methods(["GET", "POST"])
def transfer(request: Request) -> HttpResponse:
    """Announce a bank transfer. Nothing is pulled, so there is nothing to confirm."""
    account = request.account
    form = TransferForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        made = Deposit.objects.filter(account=account, key=form.data["key"]).first()
        if made:
            return redirect("funding:deposit-status", made.pk)
        if form.is_valid():
            try:
                made = services.request_transfer(
                    account=account,
                    amount=form.cleaned_data["amount"],
                    key=form.cleaned_data["key"],
                )
            except services.NotPossible as problem:
                messages.warning(request, str(problem))
                return redirect("funding:deposit")
            return redirect("funding:deposit-status", made.pk)
    context = {"form": form, "least": limits.least_deposit(), "most": limits.most_deposit()}
    return render(request, "funding/transfer.html", context, status=422 if form.errors else 200)


@investor_required
@require_GET
def authorizations(request: Request) -> HttpResponse:
    """All of them, those that ended too."""
    found = Authorization.objects.visible_to(request.user).select_related("bank")[:500]
    return render(request, "funding/authorizations.html", {"authorizations": found})


@login_required
@require_GET
def authorization(request: Request, pk: int) -> HttpResponse:
    """One, in its exact words; as a text file with `?as=text`."""
    found = get_object_or_404(
        Authorization.objects.visible_to(request.user).select_related("bank"), pk=pk
    )
    if request.GET.get("as") == "text":
        response = HttpResponse(found.text, content_type="text/plain; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="authorization-{found.pk}.txt"'
        return response
    return render(request, "funding/authorization.html", {"authorization": found})
