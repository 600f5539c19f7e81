"""Everything we keep of a person, to take along."""

import uuid

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import export as exporting
from accounts.guards import Request, investor_required
from accounts.models import DataExport
from robo import partner


class KeyForm(forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)


@investor_required
@require_http_methods(["GET", "POST"])
def export(request: Request) -> HttpResponse:
    """Ask for the file, see how far it is; the page asks again while it is being made."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        exporting.ask(request.account, key=form.cleaned_data["key"], request=request)
        messages.success(request, "We’re putting it together. An e-mail says when it’s ready.")
        return redirect("accounts:export")
    newest = request.account.exports.defer("sealed_file").first()
    context = {
        "form": KeyForm(),
        "newest": newest,
        "retention": exporting.RETENTION,
        "days": exporting.KEPT_FOR.days,
    }
    template = "accounts/_export.html" if request.htmx else "accounts/export.html"
    return render(request, template, context)


@investor_required
@reauthentication_required  # type: ignore[untyped-decorator]
@require_safe
def export_file(request: Request, pk: int) -> HttpResponse:
    """The file itself, for its owner, freshly confirmed."""
    ready = DataExport.objects.visible_to(request.user).filter(
        sealed_file__isnull=False, expires_at__gt=timezone.now()
    )
    row = get_object_or_404(ready.select_related("account"), pk=pk)
    body = exporting.taken(row, request=request)
    name = f"{partner.current().slug}-data-{timezone.localdate(row.ready_at):%Y-%m-%d}.zip"
    return HttpResponse(
        body,
        content_type="application/zip",
        headers={
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "private, no-store",
        },
    )
