"""A typed client for Bluum's investment API (generation A). Knows HTTP and money, not Django."""

from robo.bluum.base import UNSET, Page, Unset, every
from robo.bluum.client import Bluum
from robo.bluum.errors import (
    BluumError,
    Conflict,
    InsufficientFunds,
    KeyInUse,
    KeysRejected,
    NotFound,
    Refused,
    Unavailable,
)
from robo.bluum.webhooks import (
    SIGNATURE_HEADER,
    BadDelivery,
    BadSignature,
    Delivery,
    sign,
    unwrap,
)

__all__ = [
    "SIGNATURE_HEADER",
    "UNSET",
    "BadDelivery",
    "BadSignature",
    "Bluum",
    "BluumError",
    "Conflict",
    "Delivery",
    "InsufficientFunds",
    "KeyInUse",
    "KeysRejected",
    "NotFound",
    "Page",
    "Refused",
    "Unavailable",
    "Unset",
    "every",
    "sign",
    "unwrap",
]
