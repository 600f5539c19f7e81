"""Money that people send from their own bank: by bank transfer or by wire."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from accounts.guards import Request, active_account
from funding import limits, services
from funding.forms import TransferForm
from funding.models import BY_HAND, MANUAL, Deposit
from funding.views.deposits import suggested


@active_account
@require_http_methods(["GET", "POST"])
def transfer(request: Request) -> HttpResponse:
    """Announce a bank transfer or a wire. Nothing is pulled, so there is nothing to confirm."""
    account = request.account
    method = request.GET.get("method")
    initial = {"method": method if method in BY_HAND else MANUAL, **suggested(request)}
    form = TransferForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST":
        made = Deposit.objects.filter(account=account, key=form.data["key"]).first()
        if made:
            return redirect("funding:deposit-status", made.pk)
        if form.is_valid():
            try:
                made = services.request_transfer(account=account, **form.cleaned_data)
            except services.NotPossible as problem:
                messages.warning(request, str(problem))
                return redirect("funding:deposit")
            return redirect("funding:deposit-status", made.pk)
    context = {"form": form, "least": limits.least_deposit(), "most": limits.most_deposit()}
    return render(request, "funding/transfer.html", context, status=422 if form.errors else 200)


@login_required
@require_GET
def instructions_pdf(request: Request, pk: int) -> HttpResponse:
    """Where to send a bank transfer, as the custodian’s own PDF."""
    found = get_object_or_404(Deposit.objects.visible_to(request.user), pk=pk)
    if not found.instructions_pdf:
        raise Http404
    response = HttpResponse(bytes(found.instructions_pdf), content_type="application/pdf")
    name = f"transfer-{found.reference}.pdf"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
