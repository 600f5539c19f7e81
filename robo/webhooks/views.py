import hashlib

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from robo.bluum import BadDelivery, BadSignature, unwrap
from robo.plaid import SIGNATURE_HEADER, BadWebhook, PlaidError
from robo.webhooks import inbox, sync
from robo.webhooks.models import Endpoint

log = structlog.get_logger("robo.webhooks")


@csrf_exempt
@require_POST
def bluum(request: HttpRequest) -> HttpResponse:
    """Check the signature, keep the event, say thanks. The work starts from the stored row."""
    signature = request.headers.get(settings.BLUUM_SIGNATURE_HEADER, "")
    secrets = [*settings.BLUUM_WEBHOOK_SECRETS, *(e.secret for e in Endpoint.objects.all())]
    try:
        delivery = unwrap(request.body, signature, secrets)
    except (BadSignature, BadDelivery) as problem:
        log.warning("webhook refused", why=type(problem).__name__)
        return HttpResponse(status=400)
    # Only ids are kept: the rest of a payload can be about a person, and proves nothing.
    hint = {"id": delivery.object_id or "", "account_id": delivery.account_id or ""}
    inbox.receive("bluum", delivery.id, delivery.kind, hint)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def plaid(request: HttpRequest) -> HttpResponse:
    """The same for Plaid. Its webhooks have no id: the signature stands for one."""
    if not settings.PLAID_BASE_URL:
        return HttpResponse(status=404)
    signature = request.headers.get(SIGNATURE_HEADER, "")
    try:
        told = sync.read_plaid(request.body, signature)
    except BadWebhook as problem:
        log.warning("webhook refused", why=str(problem))
        return HttpResponse(status=400)
    except PlaidError:
        return HttpResponse(status=503)  # the key couldn't be had; Plaid tries again
    kind = f"plaid.{told.kind}.{told.code}".lower()
    event_id = hashlib.sha256(signature.encode()).hexdigest()
    inbox.receive("plaid", event_id, kind, {"item_id": told.item_id or ""})
    return HttpResponse(status=200)
