"""What somebody signed, as our PDF: the exact words set for reading, how they were signed, and the
text itself attached, to the byte."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.utils import timezone
from markdown_it import MarkdownIt
from markdown_it.token import Token

from accounts.models import Account, Signature
from portfolios.plan import pdf
from robo import partner
from robo.ui import words

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
PLAIN = {"closing", "policy", "rebalance"}
"""Kinds of signatures whose words we make as plain lines; a partner's own texts are Markdown."""


def signature_pdf(signature: Signature) -> bytes:
    """A signature with its text, read together with it and its account."""
    text = signature.text
    return signed_pdf(
        account=signature.account, title=text.title, body=text.body, sha256=text.sha256,
        version=text.version, said=signature.statement, at=signature.signed_at, ip=signature.ip,
        name=f"{text.slug}-{text.version}.md",
        is_markdown=signature.kind not in PLAIN,
    )  # fmt: skip


def signed_pdf(
    *, account: Account, title: str, body: str, sha256: str, version: str, said: str,
    at: datetime, ip: str | None, name: str, is_markdown: bool, ended: datetime | None = None,
) -> bytes:  # fmt: skip
    """The same signature, the same bytes. `said` are the words beside the box or button."""
    by = f" by {account.name}" if account.name else ""
    place = f", from {ip}" if ip else ""
    about = f", version {version}" if version else ""
    data = {
        "kind": "signed",
        "title": title,
        "subtitle": f"Signed{by} on {words.long_day(at)}{about}",
        "running": f"{title}{about}",
        "blocks": list(blocks(body)) if is_markdown else list(plain(body)),
        "signed": f"Signed{by} on {words.long_moment(at)}{place}"
        + (f": {words.quoted(said)}" if said else ".")
        + (f" Ended on {words.long_moment(ended)}." if ended else ""),
        "hash": sha256,
        "text": body,
        "file": name,
    }
    return pdf.compile_pdf(data, pdf.brand_of(partner.current()), timezone.localdate(at))


def plain(body: str) -> Iterator[dict[str, Any]]:
    """Text that is no Markdown: line by line, as it is."""
    for paragraph in body.split("\n"):
        if paragraph.strip():
            yield {"kind": "words", "text": paragraph}


def blocks(body: str) -> Iterator[dict[str, Any]]:
    """Markdown as blocks of `document.typ`. Marks within a line (bold, links) leave their words."""
    tokens = MARKDOWN.parse(body)
    top = min((int(t.tag[1]) for t in tokens if t.type == "heading_open"), default=1)
    lists: list[dict[str, Any]] = []
    table: dict[str, Any] = {}
    quoted = heading = 0
    for token in tokens:
        match token.type:
            case "heading_open":
                heading = 2 if int(token.tag[1]) == top else 3
            case "heading_close":
                heading = 0
            case "blockquote_open":
                quoted += 1
            case "blockquote_close":
                quoted -= 1
            case "bullet_list_open" | "ordered_list_open":
                numbered = token.type.startswith("ordered")
                lists.append({"kind": "list", "title": "", "items": [], "numbered": numbered})
            case "bullet_list_close" | "ordered_list_close":
                made = lists.pop()
                if lists:
                    lists[-1]["items"] += made["items"]
                else:
                    yield made
            case "table_open":
                table = {"kind": "table", "title": "", "rows": []}
            case "tr_open":
                table["rows"].append([])
            case "table_close":
                head, *rows = table["rows"]
                yield {**table, "head": head, "rows": rows, "words": len(head)}
                table = {}
            case "fence" | "code_block" | "html_block":
                yield {"kind": "words", "text": token.content}
            case "inline":
                text = _words(token)
                if table:
                    table["rows"][-1].append(text)
                elif lists:
                    lists[-1]["items"].append({"text": text, "detail": ""})
                elif heading:
                    yield {"kind": "heading", "level": heading, "text": text}
                else:
                    yield {"kind": "note" if quoted else "words", "text": text}


def _words(token: Token) -> str:
    """What is read of a line; a link's address follows its words if it says something else."""
    found, targets = "", [""]
    for child in token.children or []:
        if child.type in {"softbreak", "hardbreak"}:
            found += " "
        elif child.type == "link_open":
            targets.append(str(child.attrGet("href") or ""))
        elif child.type == "link_close":
            target = targets.pop().removeprefix("mailto:")
            found += "" if target in found else f" ({target})"
        else:
            found += child.content
    return found
