"""Documents as PDF, set by Typst: statements, and plain letters of a few lines.

Tagged (PDF/UA-1), so that screen readers follow headings and tables. The same data gives the same
bytes: fonts are those built into Typst, the document's date is given, nothing else is read.
"""

import json
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any, Final

import typst

from sandbox.world import Row

STANDARD: Final = "ua-1"
LETTERS = (
    (0x20, 0x7E),
    (0xA0, 0x24F),
    (0x386, 0x3CE),
    (0x400, 0x45F),
    (0x1E00, 0x1EFF),
    (0x2010, 0x2026),
    (0x20AC, 0x20AC),
    (0x2212, 0x2212),
)
"""Code points of the font built into Typst that a statement needs; first and last of each range."""


def statement(data: Row) -> bytes:
    """A statement. `data` is what `statement_pdf.printable` made: text ready to print."""
    return _compile("statement", data)


def one_page(lines: list[str]) -> bytes:
    """A letter with one line below the other; the first is its title."""
    return _compile("letter", {"title": lines[0] if lines else "", "lines": lines[1:]})


def _compile(name: str, data: Row) -> bytes:
    try:
        return _set(name, _texts(data, _shown))
    except typst.TypstError:  # a character that the font lacks after all
        return _set(name, _texts(data, _ascii))


def _set(name: str, data: Any) -> bytes:
    year, month, day = data.get("date", (2026, 1, 1))
    made = datetime.combine(date(year, month, day), datetime.min.time(), UTC)
    found = typst.compile(
        _template(name),
        sys_inputs={"data": json.dumps(data)},
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=STANDARD,
        timestamp=int(made.timestamp()),
    )
    return bytes(found)


def _texts(value: Any, write: Callable[[str], str]) -> Any:
    """The same data with every text rewritten."""
    if isinstance(value, str):
        return write(value)
    if isinstance(value, dict):
        return {key: _texts(each, write) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_texts(each, write) for each in value]
    return value


def _shown(text: str) -> str:
    """Text in Latin, Greek and Cyrillic letters, which the font has; `?` for the rest."""
    return "".join(
        each if any(low <= ord(each) <= high for low, high in LETTERS) else "?"
        for each in unicodedata.normalize("NFC", text)
    )


def _ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).replace("\N{MINUS SIGN}", "-")
    return "".join(e if " " <= e <= "~" else "" if unicodedata.combining(e) else "?" for e in plain)


@cache
def _template(name: str) -> bytes:
    return Path(__file__).with_name("templates").joinpath(f"{name}.typ").read_bytes()
