"""The product's addresses, and the two bare views that everything is compared with."""

import uuid

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from robo.urls import urlpatterns as product
from robo.webhooks.models import Event


@login_required
def empty(request: HttpRequest) -> HttpResponse:
    """A signed-in page with nothing on it but what every page has."""
    return render(request, "base.html")


@csrf_exempt
def insert(request: HttpRequest) -> HttpResponse:
    """One INSERT of the same row a webhook becomes; no signature, no hint read, nobody told."""
    Event.objects.create(source="bench", event_id=uuid.uuid4().hex, kind="bench")
    return HttpResponse(status=204)


urlpatterns = [path("bench/empty/", empty), path("bench/insert/", insert), *product]
