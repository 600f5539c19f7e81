import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from robo.bluum import BadDelivery, BadSignature, unwrap
from robo.webhooks import inbox
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
