"""How the account stands, documents for verification, agreements."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from markdown_it import MarkdownIt

from accounts import services
from accounts.forms import DocumentForm
from accounts.guards import Request, investor_required
from accounts.models import AccountStatus, Signature
from accounts.status import story


@investor_required
@require_GET
def status(request: Request) -> HttpResponse:
    """How the account stands; the page asks again by itself until that is settled."""
    account = request.account
    if account.status == AccountStatus.OPENING:
        return redirect("onboarding:start")
    template = "accounts/_status.html" if request.htmx else "accounts/status.html"
    return render(request, template, {"account": account, "story": story(account)})


@investor_required
@require_POST
def restart(request: Request) -> HttpResponse:
    try:
        services.restart_verification(request.account)
    except services.NotRestartable:
        messages.info(request, "The checks can’t be run again just now. This is where you are.")
    return redirect("accounts:status")


@investor_required
@require_http_methods(["GET", "POST"])
def documents(request: Request) -> HttpResponse:
    account = request.account
    if account.status == AccountStatus.OPENING:
        messages.info(request, "We only ask for documents if a check needs one.")
        return redirect("onboarding:start")
    form = DocumentForm(request.POST or None, request.FILES or None, account=account)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.upload_document(
            account=account,
            type=data["type"],
            file_name=data["file"].name,
            content_type=data["content_type"],
            content=data["content"],
            key=data["key"],
        )
        messages.success(request, "We have your document. It’s being checked.")
        return redirect("accounts:documents")
    sent = account.documents.defer("sealed_file").order_by("-created_at")
    moving = any(not document.is_settled for document in sent)
    context = {
        "form": form,
        "account": account,
        "documents": sent,
        "moving": moving,
        "needed": account.documents_needed(),
    }
    if request.htmx:
        return render(request, "accounts/_documents.html", context)
    return render(request, "accounts/documents.html", context, status=422 if form.errors else 200)


@investor_required
@require_GET
def agreements(request: Request) -> HttpResponse:
    signatures = request.account.signatures.select_related("text").order_by("-signed_at")
    return render(request, "accounts/agreements.html", {"signatures": signatures})


@login_required
@require_GET
def agreement(request: Request, pk: int) -> HttpResponse:
    """What was signed, to the byte: as a page, and with `?as=text` as it is."""
    signatures = Signature.objects.visible_to(request.user).select_related("text")
    signature = get_object_or_404(signatures, pk=pk)
    text = signature.text
    if request.GET.get("as") == "text":
        name = f"{text.slug}-{text.version}.md"
        return HttpResponse(
            text.body.encode(),
            content_type="text/plain; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
    markdown = MarkdownIt("commonmark", {"html": False}).enable("table")
    context = {
        "signature": signature,
        "text": text,
        "html": mark_safe(markdown.render(text.body)),  # noqa: S308 (raw HTML is off)
    }
    return render(request, "accounts/agreement.html", context)
