"""What the log of requests keeps of a body: its JSON without what nobody should read later."""

import json
from typing import Any

from flask import Request
from werkzeug.exceptions import HTTPException

SECRET = ("tax_id", "ssn", "password", "secret", "account_number", "routing_number", "public_token",
          "access_token", "token", "date_of_birth")  # fmt: skip
MASK = "•••"
LONGEST = 20_000
"""Bytes of a body that is kept; a longer one is left out."""


def body(request: Request) -> str | None:
    """The request's JSON body with secrets masked; None without one, and for anything else."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return None
    try:
        text = request.get_data(cache=True)
        if not text or len(text) > LONGEST:
            return None
        kept = json.dumps(_masked(json.loads(text)), ensure_ascii=False)
        return kept.encode("utf-8", "replace").decode()
    except (ValueError, RecursionError, HTTPException, OSError):
        return None


def _masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: MASK if _is_secret(key) and each is not None else _masked(each)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_masked(each) for each in value]
    return value


def _is_secret(key: str) -> bool:
    plain = key.lower().replace("-", "").replace("_", "")
    return plain in {name.replace("_", "") for name in SECRET}
