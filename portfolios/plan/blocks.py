"""The blocks a plan is made of, as JSON that page and PDF both draw."""

from collections.abc import Sequence
from typing import Any

Block = dict[str, Any]


def section(slug: str, title: str, lead: str, *blocks: Block | None) -> dict[str, Any]:
    return {"slug": slug, "title": title, "lead": lead, "blocks": [b for b in blocks if b]}


def text(words: str) -> Block:
    return {"kind": "text", "text": words}


def note(words: str) -> Block:
    """Small print."""
    return {"kind": "note", "text": words}


def row(label: str, value: str, detail: str = "", *, is_sum: bool = False) -> dict[str, Any]:
    return {"label": label, "value": value, "detail": detail, "sum": is_sum}


def ledger(title: str, rows: Sequence[dict[str, Any]]) -> Block | None:
    return {"kind": "ledger", "title": title, "rows": list(rows)} if rows else None


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> Block | None:
    """The first column names a row; the others are figures."""
    if not rows:
        return None
    return {"kind": "table", "title": title, "head": list(head), "rows": [list(r) for r in rows]}


def item(words: str, detail: str = "", link: Sequence[str] = ()) -> dict[str, Any]:
    """`link` says what a line rests on, such as ("goal", "12"); pages make it an address."""
    return {"text": words, "detail": detail, "link": list(link)}


def listed(title: str, items: Sequence[dict[str, Any]], *, numbered: bool = False) -> Block | None:
    if not items:
        return None
    return {"kind": "list", "title": title, "items": list(items), "numbered": numbered}
