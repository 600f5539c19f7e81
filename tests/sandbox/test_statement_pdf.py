"""The statement as a document: readable, complete, the same bytes for the same data."""

import re
import zlib

import pytest

from sandbox import statement_pdf, statements
from sandbox.statement_pdf import dollars, money, printable, signed
from tests.sandbox.investor import Investor
from tests.sandbox.test_reports import D, order

MARCH = {"period": "monthly", "start_date": "2026-03-01"}


@pytest.fixture
def maya() -> Investor:
    return Investor()


def document(maya: Investor, **asked: str) -> bytes:
    path = maya.wealth + "/statements"
    answer = maya.api.get(path, params={**asked, "format": "pdf"})
    assert answer.headers["content-type"] == "application/pdf"
    return answer.content


def data(maya: Investor, **asked: str) -> dict[str, object]:
    """What the document prints, made from the statement the API answers."""
    found = maya.get("/statements", **asked)
    start, end = (
        statements.date.fromisoformat(found["period"][k]) for k in ("start_date", "end_date")
    )
    account = maya.world.table("accounts")[maya.account]
    row = statements.statement(maya.world, maya.account, start, end, found["period"]["label"])
    return printable(maya.world, account, row)


def streams(content: bytes) -> bytes:
    """Everything a PDF holds, unpacked."""
    parts = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.S)
    unpacked = [content]
    for part in parts:
        try:
            unpacked.append(zlib.decompress(part))
        except zlib.error:
            continue
    return b"\n".join(unpacked)


def test_a_statement_is_a_tagged_document_in_english_with_a_title(maya):
    maya.accept_policy()
    maya.invest("9000.00")
    maya.wait(days=30)
    content = document(maya, **MARCH)
    assert content.startswith(b"%PDF-1.7")
    inside = streams(content)
    for mark in (b"/StructTreeRoot", b"/MarkInfo", b"(en-US)", b"pdfuaid:part"):
        assert mark in inside, mark
    assert b"Account statement, March 2026" in inside
    for tag in (b"/H1", b"/H2", b"/Table", b"/TH", b"/TD"):
        assert tag in inside, tag


def test_a_finished_period_gives_the_same_bytes_whenever_it_is_asked_for(maya):
    maya.accept_policy()
    maya.invest("9000.00")
    maya.wait(days=30)
    before = document(maya, **MARCH)
    assert document(maya, **MARCH) == before
    maya.wait(days=20)
    assert document(maya, **MARCH) == before
    maya.wait(days=20)
    assert document(maya, period="monthly", start_date="2026-04-01") != before


def test_what_is_printed_is_what_the_statement_says(maya):
    maya.accept_policy()
    maya.invest("9000.00")
    order(maya, "VTI", "sell", qty="2")
    maya.wait(days=30)
    summary = maya.get("/statements", **MARCH)["summary"]
    printed = data(maya, **MARCH)
    amounts = [
        D(row[-1].replace("\N{MINUS SIGN}", "-").replace(",", "")) for row in printed["bridge"]
    ]
    assert amounts[0] + sum(amounts[1:]) == D(summary["ending_value"])
    assert printed["closing"][1] == money(D(summary["ending_value"]))
    held = [row[3] for row in printed["holdings"]]
    assert printed["holdings"][-1][0] == "Cash"
    assert sum(D(value.replace(",", "")) for value in held) == D(summary["ending_value"])
    titles = [part["title"] for part in printed["activity"]]
    assert titles == ["Deposits and withdrawals", "Trades", "Dividends"]
    assert printed["holder"][0] == "Nadia Okoro"


def test_an_empty_account_has_a_statement_too(maya):
    printed = data(maya)
    assert printed["empty"] is not None
    assert (printed["holdings"], printed["activity"], printed["allocation"]) == ([], [], [])
    assert document(maya).startswith(b"%PDF")


def test_names_of_any_kind_and_hundreds_of_lines_fit(maya):
    maya.pay_in("40000.00")
    identity = maya.world.table("accounts")[maya.account]["identity"]
    identity["first_name"] = "Þórdís #let *Müller* $x$ \\ <script> \N{CJK UNIFIED IDEOGRAPH-5C71}"
    identity["last_name"] = "van der Very-Long-Hyphenated-Surname-of-the-House-of-Somewhere " * 2
    for number in range(120):
        order(maya, ("VTI", "BND", "AAPL")[number % 3], "buy", notional="50.00")
    maya.wait(days=30)
    content = document(maya, **MARCH)
    [pages] = re.findall(rb"/Type/Pages/Count (\d+)", content)
    assert int(pages) >= 4
    assert len(data(maya, **MARCH)["activity"][1]["rows"]) >= 120


@pytest.mark.parametrize(
    ("amount", "plain", "with_sign", "in_dollars"),
    [
        ("1234.5", "1,234.50", "+1,234.50", "$1,234.50"),
        ("-0.07", "\N{MINUS SIGN}0.07", "\N{MINUS SIGN}0.07", "\N{MINUS SIGN}$0.07"),
        ("0.00", "0.00", "0.00", "$0.00"),
    ],
)
def test_amounts_are_written_for_people(amount, plain, with_sign, in_dollars):
    assert (money(D(amount)), signed(D(amount)), dollars(D(amount))) == (
        plain,
        with_sign,
        in_dollars,
    )


def test_the_document_names_no_real_company_as_its_sender():
    assert statement_pdf.LETTERHEAD["name"] == "Sandbox Brokerage"
    assert "simulated" in " ".join(statement_pdf.NOTES)
