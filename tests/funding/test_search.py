"""The search box above the ledger: what thirty people might type, and what each means."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from funding.search import Asked, understand

TODAY = date(2026, 11, 24)
KNOWN = {"VTI", "BND", "VEA"}
D = date
S = Decimal
QUERIES = {
    "": Asked(),
    "dividends last March": Asked({"dividend"}, first=D(2026, 3, 1), last=D(2026, 3, 31)),
    "dividends last November": Asked({"dividend"}, first=D(2025, 11, 1), last=D(2025, 11, 30)),
    "november": Asked(first=D(2026, 11, 1), last=D(2026, 11, 30)),
    "december": Asked(first=D(2025, 12, 1), last=D(2025, 12, 31)),
    "over 500": Asked(least=S(500)),
    "VTI": Asked(symbols={"VTI"}),
    "vti dividends": Asked({"dividend"}, symbols={"VTI"}),
    "XYZ": Asked(symbols={"XYZ"}),
    "failed deposits 2025": Asked(
        {"deposit"}, {"failed"}, first=D(2025, 1, 1), last=D(2025, 12, 31)
    ),
    "deposits under $1,000": Asked({"deposit"}, most=S(1000)),
    "between 100 and 200": Asked(least=S(100), most=S(200)),
    "$600": Asked(least=S(600), most=S(600)),
    "withdrawals this year": Asked({"withdrawal"}, first=D(2026, 1, 1), last=D(2026, 12, 31)),
    "fees last quarter": Asked({"fee"}, first=D(2026, 7, 1), last=D(2026, 9, 30)),
    "what did i sell last month?": Asked(
        {"sell"}, first=D(2026, 10, 1), last=D(2026, 10, 31), words=["did", "i"]
    ),
    "bought BND in June 2025": Asked(
        {"buy"}, first=D(2025, 6, 1), last=D(2025, 6, 30), symbols={"BND"}
    ),
    "since June": Asked(first=D(2026, 6, 1)),
    "before 2025": Asked(last=D(2024, 12, 31)),
    "after 2025-03-14": Asked(first=D(2025, 3, 15)),
    "3/14/2025": Asked(first=D(2025, 3, 14), last=D(2025, 3, 14)),
    "mar 14": Asked(first=D(2026, 3, 14), last=D(2026, 3, 14)),
    "Dec 24th, 2024": Asked(first=D(2024, 12, 24), last=D(2024, 12, 24)),
    "from January to March 2025": Asked(first=D(2025, 1, 1), last=D(2025, 3, 31)),
    "last 30 days": Asked(first=D(2026, 10, 26), last=D(2026, 11, 24)),
    "past 3 months": Asked(first=D(2026, 8, 25), last=D(2026, 11, 24)),
    "q1 2025 trades": Asked({"trade"}, first=D(2025, 1, 1), last=D(2025, 3, 31)),
    "yesterday": Asked(first=D(2026, 11, 23), last=D(2026, 11, 23)),
    "last week": Asked(first=D(2026, 11, 15), last=D(2026, 11, 21)),
    "canceled withdrawals over 1,000 in 2025": Asked(
        {"withdrawal"}, {"canceled"}, D(2025, 1, 1), D(2025, 12, 31), least=S(1000)
    ),
    "auto-invest": Asked({"auto_invest"}),
    "returned deposits": Asked({"deposit", "return"}),
    "pending": Asked(states={"pending"}),
    "Lakeside Bank": Asked({"bank"}, words=["lakeside"]),
    "2025-02": Asked(first=D(2025, 2, 1), last=D(2025, 2, 28)),
    "policy signed 2024": Asked({"policy"}, first=D(2024, 1, 1), last=D(2024, 12, 31)),
}


@pytest.mark.parametrize("text", QUERIES)
def test_a_query_means_this(text: str) -> None:
    assert understand(text, TODAY, KNOWN) == QUERIES[text]


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_without_an_error(text: str) -> None:
    understand(text, TODAY, KNOWN)
