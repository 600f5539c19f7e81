"""Schemathesis hooks: the contract names PDF as a file's type, which it can't write by itself."""

from typing import Any

import schemathesis


@schemathesis.serializer("application/pdf", "image/jpeg", "image/png")
def file(ctx: Any, value: Any) -> bytes:
    """A file's bytes as they are."""
    return value if isinstance(value, bytes) else str(value).encode()
