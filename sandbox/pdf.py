"""Documents as PDF, set by Typst: statements, and plain letters of a few lines.

Tagged (PDF/UA-1), so that screen readers follow headings and tables. The same data gives the same
bytes: fonts are those built into Typst, the document's date is given, nothing else is read.
"""

import json
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

import typst

from sandbox.world import Row

STANDARD = "ua-1"


def statement(data: Row) -> bytes:
    """A statement. `data` is what `statement_pdf.printable` made: text ready to print."""
    return _compile("statement", data)


def one_page(lines: list[str]) -> bytes:
    """A letter with one line below the other; the first is its title."""
    return _compile("letter", {"title": lines[0] if lines else "", "lines": lines[1:]})


def _compile(name: str, data: Row) -> bytes:
    year, month, day = data.get("date", (2026, 1, 1))
    made = datetime.combine(date(year, month, day), datetime.min.time(), UTC)
    found = typst.compile(
        _template(name),
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=STANDARD,
        timestamp=int(made.timestamp()),
    )
    return bytes(found)


@cache
def _template(name: str) -> bytes:
    return Path(__file__).with_name("templates").joinpath(f"{name}.typ").read_bytes()
