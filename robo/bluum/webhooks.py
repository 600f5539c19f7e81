"""Webhooks: registering them, and telling true deliveries from forged ones."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import AliasChoices, Field, field_validator

from robo.bluum.base import (
    UNSET,
    Instant,
    Model,
    Page,
    Resource,
    Unset,
    Upper,
    changed,
    path,
    present,
)

SIGNATURE_HEADER = "X-Bluum-Signature"
"""Bluum does not document its signature. This header and scheme are a convention of our own."""


class BadSignature(Exception):
    """Not signed by any of our secrets, or too long ago. Don't keep it, don't act on it."""


class BadDelivery(Exception):
    """Signed, but not an event: no name, or not a JSON object."""


@dataclass(frozen=True)
class Delivery:
    """A verified event. It is a hint: ask Bluum for the object before acting on it.

    `id` is the same for the same event sent twice, and differs between events of one object.
    """

    id: str
    kind: str
    timestamp: str | None
    object_id: str | None
    account_id: str | None
    payload: dict[str, Any]


def unwrap(
    body: bytes,
    signature: str | None,
    secrets: Sequence[str] | str,
    *,
    now: datetime | None = None,
    tolerance: float = 300,
) -> Delivery:
    """Verify a delivery and read it. Raises BadSignature or BadDelivery.

    `signature` is `t=<unix seconds>,v1=<hex>[,v1=<hex>]`: HMAC-SHA-256 with the secret over
    `<t>.<body>`. Any of `secrets` will do, so that one can be replaced without a gap.
    `tolerance`: seconds that the time may be off, either way.
    """
    known = [secrets] if isinstance(secrets, str) else list(secrets)
    sent, digests = _signature(signature)
    moment = time.time() if now is None else now.timestamp()
    signed = b".".join((sent.encode(), body))
    genuine = False
    for secret in known:
        if not secret:
            continue
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        for digest in digests:
            genuine |= hmac.compare_digest(expected, digest)
    if not genuine or abs(moment - int(sent)) > tolerance:
        raise BadSignature("The delivery is not signed by us, or too old")
    return _delivery(body)


def sign(body: bytes, secret: str, *, at: datetime) -> str:
    """The signature header for a body, as `unwrap` wants it."""
    sent = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), sent.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={sent},v1={digest}"


def _signature(header: str | None) -> tuple[str, list[str]]:
    """Time and digests of a header. Only plain digits and hex get through."""
    if not isinstance(header, str) or len(header) > 2000 or not header.isascii():
        raise BadSignature("No signature")
    pairs = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in pairs if name == "t"]
    digests = [value.lower() for name, _, value in pairs if name == "v1" and value]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > 12 or not digests:
        raise BadSignature("No signature")
    return times[0], digests


def _delivery(body: bytes) -> Delivery:
    try:
        payload = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadDelivery("Not JSON") from None
    if not isinstance(payload, dict):
        raise BadDelivery("Not an object")
    kind = payload.get("event") or payload.get("event_type")
    if not isinstance(kind, str) or not kind or len(kind) > 100:
        raise BadDelivery("An event without a name")
    given = payload.get("data")
    data: Mapping[str, Any] = given if isinstance(given, dict) else {}
    timestamp = _text(payload.get("timestamp"))
    object_id = _hint(data, "id", "order_id", "deposit_id", "withdrawal_id", "document_id")
    account_id = _hint(data, "account_id", "accountId", "investor_id")
    if account_id is None and kind.startswith("account."):
        account_id = object_id
    return Delivery(
        id=_identity(kind, object_id, timestamp, body),
        kind=kind,
        timestamp=timestamp,
        object_id=object_id,
        account_id=account_id,
        payload=payload,
    )


def _identity(kind: str, object_id: str | None, timestamp: str | None, body: bytes) -> str:
    """One order has several events: its id alone does not tell them apart.

    Where an event lacks its time or its object, the whole body stands for it.
    """
    named: list[str | None] = [kind, object_id, timestamp]
    if None in named:
        named.append(hashlib.sha256(body).hexdigest())
    return hashlib.sha256(json.dumps(named).encode()).hexdigest()


def _hint(data: Mapping[str, Any], *names: str) -> str | None:
    return next((found for name in names if (found := _text(data.get(name)))), None)


def _text(value: object) -> str | None:
    """A short text, or a number as text; anything odder is as good as absent."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return str(value)[:200]
    return value if isinstance(value, str) and 0 < len(value) <= 200 else None


def _no_constant(name: str) -> None:
    raise ValueError(name)


class EventType(Model):
    name: str
    id: str | None = None
    category: str | None = None
    description: str | None = None
    display_name: str | None = None
    version: str | None = None


class Webhook(Model):
    """A registration. `secret` is told at creation only."""

    id: str = Field(validation_alias=AliasChoices("id", "webhook_id", "webhookId"))
    url: str
    status: Upper | None = None
    name: str | None = None
    description: str | None = None
    secret: str | None = Field(None, repr=False)
    event_types: tuple[EventType, ...] = Field(
        (),
        validation_alias=AliasChoices(
            "event_types", "eventTypes", "event_type_names", "eventTypeNames", "events"
        ),
    )
    created_at: Instant | None = None
    updated_at: Instant | None = None

    @field_validator("event_types", mode="before")
    @classmethod
    def _names_too(cls, value: Any) -> Any:
        """Some answers list bare names in place of objects."""
        if isinstance(value, list | tuple):
            return [{"name": entry} if isinstance(entry, str) else entry for entry in value]
        return value


class Webhooks(Resource):
    def create(
        self, *, name: str, url: str, event_types: Sequence[str], description: str | None = None
    ) -> Webhook:
        """Register. Keep the answer's `secret`: it is not told again."""
        body = present(name=name, url=url, eventTypeNames=event_types, description=description)
        return self._one(Webhook, "POST", "/webhooks", "webhook", json=body)

    def list(self) -> Page[Webhook]:
        return self._all(Webhook, "/webhooks", "webhooks")

    def update(
        self,
        webhook_id: str,
        *,
        name: str | Unset = UNSET,
        url: str | Unset = UNSET,
        event_types: Sequence[str] | Unset = UNSET,
        description: str | Unset | None = UNSET,
        status: str | Unset = UNSET,
    ) -> Webhook:
        """Change what is given; status INACTIVE pauses."""
        body = changed(
            name=name, url=url, eventTypeNames=event_types, description=description, status=status
        )
        return self._one(Webhook, "PATCH", path("webhooks", webhook_id), "webhook", json=body)

    def delete(self, webhook_id: str) -> None:
        self._client.request("DELETE", path("webhooks", webhook_id))

    def event_types(self) -> Page[EventType]:
        """The catalogue of events."""
        return self._all(EventType, "/webhooks/event-types", "eventTypes", "event_types")

    @staticmethod
    def unwrap(
        body: bytes,
        signature: str | None,
        secrets: Sequence[str] | str,
        *,
        now: datetime | None = None,
        tolerance: float = 300,
    ) -> Delivery:
        """See the function of this name."""
        return unwrap(body, signature, secrets, now=now, tolerance=tolerance)
