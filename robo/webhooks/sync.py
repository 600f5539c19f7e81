"""Where Bluum is told to knock, and how Plaid's knocking is known."""

from django.conf import settings

from robo import clients, seal
from robo.plaid import Webhook
from robo.webhooks.models import Endpoint

EVENTS = ["account.*", "order.*", "transfer.*", "document.*"]


def register(url: str) -> Endpoint:
    """Have Bluum deliver to `url`, unless it already does and we hold the secret for it."""
    webhooks = clients.bluum().webhooks
    standing = {hook.id for hook in webhooks.list() if hook.url == url}
    if known := Endpoint.objects.filter(url=url, bluum_id__in=standing).first():
        return known
    made = webhooks.create(name=f"robo {settings.PARTNER}", url=url, event_types=EVENTS)
    if not made.secret:
        raise ValueError("Bluum gave no secret for the webhook.")
    return Endpoint.objects.create(
        bluum_id=made.id, url=url, sealed_secret=seal.seal(made.secret.encode())
    )


def rotate(url: str) -> Endpoint:
    """Register anew and let the old secrets go. Deliveries signed with either count meanwhile."""
    webhooks = clients.bluum().webhooks
    old = list(Endpoint.objects.filter(url=url))
    made = webhooks.create(name=f"robo {settings.PARTNER}", url=url, event_types=EVENTS)
    new = Endpoint.objects.create(
        bluum_id=made.id, url=url, sealed_secret=seal.seal((made.secret or "").encode())
    )
    for endpoint in old:
        webhooks.delete(endpoint.bluum_id)
        endpoint.delete()
    return new


def read_plaid(body: bytes, signature: str) -> Webhook:
    """A webhook of Plaid's, verified with a key that Plaid is asked for when it is a new one.

    Raises robo.plaid.BadWebhook, or robo.plaid.Unavailable if the key can't be fetched now.
    """
    return clients.plaid().unwrap(body, signature)
