"""The few pages that belong to no app."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from robo import partner


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF said no: usually an old tab. Say so kindly; nothing was sent."""
    return render(request, "form_expired.html", status=403)


@require_safe
def legal(request: HttpRequest, slug: str) -> HttpResponse:
    """One of the partner's documents, as it stands today."""
    try:
        agreement = partner.current().agreement(slug)
    except KeyError:
        raise Http404 from None
    return render(request, "legal.html", {"agreement": agreement})
