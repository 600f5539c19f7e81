"""Seal what must not lie in the clear: tax IDs, documents, mails, webhook secrets.

Fernet (AES-128-CBC with HMAC-SHA-256) under `settings.SEAL_KEYS`: the first key seals, all open, so
a key is rotated by putting the new one in front and running `manage.py reseal`.
"""

import json
from functools import cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """A sealed value that no key in SEAL_KEYS opens."""


@cache
def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in settings.SEAL_KEYS])


def seal(value: bytes) -> bytes:
    return _fernet().encrypt(value)


def unseal(sealed: bytes | memoryview) -> bytes:
    """Raises Unreadable."""
    try:
        return _fernet().decrypt(bytes(sealed))
    except InvalidToken:
        raise Unreadable from None


def reseal(sealed: bytes | memoryview) -> bytes:
    """The same value under the newest key. Raises Unreadable."""
    try:
        return _fernet().rotate(bytes(sealed))
    except InvalidToken:
        raise Unreadable from None


def seal_json(value: Any) -> bytes:
    return seal(json.dumps(value).encode())


def unseal_json(sealed: bytes | memoryview) -> Any:
    return json.loads(unseal(sealed))
