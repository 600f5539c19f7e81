"""Documents as PDF, set by typst in the partner's colours. The same arguments, the same bytes.

Tagged for screen readers (PDF/UA-1). What varies is handed over as data, never as markup, so no
name can become a command. Fonts are the ones in `fonts/`: typst can't read the site's WOFF2, so
they were made from it once, regular and semibold, Latin; anything else falls back to the fonts
inside the typst wheel.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from functools import cache
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any

import typst

from portfolios.plan.content import Document, day_of
from robo import partner
from robo.ui import words

HERE = Path(__file__).parent
ENGINE = f"typst {installed('typst')}"
SANS, SERIF = "Inter", "Plan Serif"
COLOURS = ("ink", "ink_muted", "line", "brand", "brand_soft", "surface_sunken", "positive",
           "negative", "caution", "positive_soft", "negative_soft", "caution_soft", "fan_outer",
           "fan_inner", *(f"series_{n}" for n in range(1, 7)))  # fmt: skip


def brand_of(us: partner.Partner) -> dict[str, Any]:
    """What of a partner a document shows: names, mark, colours of the light theme, family."""
    return {
        "name": us.name,
        "legal_name": us.legal_name,
        "contact": f"{us.support.phone} · {us.support.email}",
        "logo": us.logo_svg,
        "font": SERIF if us.type.serif else SANS,
        "colours": {name: getattr(us.colours, name)[0] for name in COLOURS},
    }


def render(document: Document, *, brand: Mapping[str, Any], investor: str, version: int) -> bytes:
    """The plan as PDF."""
    on = day_of(document)
    data = {
        "kind": "plan",
        "title": document["title"],
        "subtitle": f"For {investor}",
        "about": f"Version {version}, {words.long_day(on)}.",
        "running": f"Financial plan, version {version}, {words.long_day(on)}",
        "summary": document["summary"],
        "sections": document["sections"],
        "hash": "",
    }
    return compile_pdf(data, brand, on)


def render_report(
    *, title: str, subtitle: str, about: str, summary: list[dict[str, str]],
    sections: list[dict[str, Any]], brand: Mapping[str, Any], on: date,
) -> bytes:  # fmt: skip
    """A report as PDF, drawn like a plan. `about` says which days and units; `on` is the day of
    its figures."""
    data = {
        "kind": "plan", "title": title, "subtitle": subtitle, "about": about, "running": title,
        "summary": summary, "sections": sections, "hash": "",
    }  # fmt: skip
    return compile_pdf(data, brand, on)


def render_policy(
    *, title: str, sections: list[tuple[str, list[str]]], brand: Mapping[str, Any], on: date,
    version: int, sha256: str, signed: str,
) -> bytes:  # fmt: skip
    """A policy as PDF: the exact words, then how they were signed."""
    data = {
        "kind": "policy",
        "title": title,
        "subtitle": " ".join(sections[0][1]) if sections else "",
        "running": f"Investment policy statement, version {version}",
        "clauses": [{"title": name, "lines": lines} for name, lines in sections[1:]],
        "signed": signed,
        "hash": sha256,
    }
    return compile_pdf(data, brand, on)


def compile_pdf(data: Mapping[str, Any], brand: Mapping[str, Any], on: date) -> bytes:
    """Typeset. The creation date is the document's own day, noon UTC."""
    made: bytes = _typeset(data, brand, on, format="pdf")
    return made


def pictures(
    data: Mapping[str, Any], brand: Mapping[str, Any], on: date, ppi: int = 90
) -> list[bytes]:
    """The pages as PNG, for looking at them."""
    found = _typeset(data, brand, on, format="png", ppi=ppi)
    return found if isinstance(found, list) else [found]


def sha256(made: bytes) -> str:
    return hashlib.sha256(made).hexdigest()


def _typeset(data: Mapping[str, Any], brand: Mapping[str, Any], on: date, **options: Any) -> Any:
    logo = brand["logo"].replace(
        "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" color="{brand["colours"]["brand"]}" ', 1
    )
    known: dict[str, Any] = {
        "input": (HERE / "document.typ").read_bytes(),
        "font_paths": _fonts(),
        "ignore_system_fonts": True,
        "timestamp": int(datetime(on.year, on.month, on.day, 12, tzinfo=UTC).timestamp()),
        "sys_inputs": {"data": json.dumps({**data, "brand": {**brand, "logo": logo}})},
    } | options
    if options["format"] != "pdf":
        return typst.compile(**known)
    try:
        return typst.compile(pdf_standards="ua-1", **known)
    except typst.TypstError:
        # A character that no font at hand has: the standard forbids it, people's names don't.
        return typst.compile(**known)


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, font_paths=[str(HERE / "fonts")])
