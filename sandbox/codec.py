"""How rows are written: tagged and reversible in the state file, plain strings in answers."""

import json
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import iso, parse


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


def plain(value: object) -> Any:
    """What an answer shows for a value JSON has no word for: always a string."""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} can't be answered")
