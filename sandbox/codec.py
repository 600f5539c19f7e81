"""How rows are written: tagged and reversible in the state file, plain strings in answers."""

import json
import math
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import iso, parse

DEEPEST = 50
"""Levels of nesting in a request."""


def _tag(value: object) -> Any:
    if isinstance(value, Decimal):
        return {"$decimal": str(value)}
    if isinstance(value, datetime):
        return {"$instant": iso(value)}
    if isinstance(value, date):
        return {"$date": value.isoformat()}
    raise TypeError(f"{type(value).__name__} can't be stored")


def _untag(pairs: dict[str, Any]) -> Any:
    if len(pairs) == 1:
        [(key, value)] = pairs.items()
        if key == "$decimal":
            return Decimal(value)
        if key == "$instant":
            return parse(value)
        if key == "$date":
            return date.fromisoformat(value)
    return pairs


def dump(state: object) -> str:
    """Write state so that `load` gives back the same values. Raises TypeError for other types."""
    return json.dumps(state, default=_tag, ensure_ascii=False)


def load(text: str) -> Any:
    """Read what `dump` wrote."""
    return json.loads(text, object_hook=_untag)


def read(text: bytes) -> Any:
    """A request's JSON. Raises ValueError for what is not JSON that the state could keep.

    Refused besides bad syntax: numbers that are none or have no end, text that is not Unicode, and
    nesting deeper than `DEEPEST`.
    """
    try:
        value = json.loads(text.decode(), parse_constant=_no_number)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                below.extend(item)
                below.extend(item.values())
            elif isinstance(item, list):
                below.extend(item)
            elif isinstance(item, str):
                item.encode()
            elif isinstance(item, float) and not math.isfinite(item):
                raise ValueError("has no end")
        if not below:
            return value
        level = below
    raise ValueError("nested too deep")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is not JSON")


def plain(value: object) -> Any:
    """What an answer shows for a value JSON has no word for: always a string."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't be answered")
