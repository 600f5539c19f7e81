"""The few pages that belong to no app."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from robo import partner

NEVER_AGAIN = ("csrf", "password", "tax_id", "token", "credential")
"""Parts of names of fields whose values never go back into a page; `code` is one by itself."""


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF said no: usually an old tab. Say so kindly; nothing was sent.

    If the form was one of our own pages', what was typed is offered again for one more press; if
    another site sent it, it is not.
    """
    ours = settings.SITE_URL in {request.headers.get("Origin"), *_site_of(request)}
    typed = [
        (name, value)
        for name, values in (request.POST.lists() if ours and not request.FILES else ())
        if name != "code" and not any(part in name for part in NEVER_AGAIN)
        for value in values
    ]
    return render(request, "form_expired.html", {"typed": typed}, status=403)


def _site_of(request: HttpRequest) -> list[str]:
    """The site that the Referer names, for browsers that send no Origin."""
    if "Origin" in request.headers:
        return []
    parts = urlsplit(request.headers.get("Referer", ""))
    return [f"{parts.scheme}://{parts.netloc}"]


@require_safe
def legal(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the partner's documents, as it stands today."""
    try:
        agreement = partner.current().agreement(slug)
    except KeyError:
        raise Http404 from None
    return render(request, "legal.html", {"agreement": agreement})
