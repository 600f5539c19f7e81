"""How the account is run: managed for the person, or traded by them where the partner offers it."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import services as accounts
from accounts.guards import Request, investor_required
from accounts.models import ManagementType
from onboarding.forms.application import KindForm
from robo import partner


@investor_required
@require_http_methods(["GET", "POST"])
def kind(request: Request) -> HttpResponse:
    """Both side by side, with what each asks, does and costs."""
    account = request.account
    if not partner.current().features.self_directed:
        raise Http404
    if not account.may_be_edited:
        return redirect("accounts:status")
    form = KindForm(request.POST or None, initial={"kind": account.management_type})
    if request.method == "POST" and form.is_valid():
        accounts.choose_kind(account, ManagementType(form.cleaned_data["kind"]))
        return redirect("onboarding:start")
    status = 422 if form.is_bound else 200
    return render(request, "onboarding/kind.html", {"form": form}, status=status)
