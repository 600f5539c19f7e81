"""A report of Bluum's in our words: the sections that its page shows and its PDF prints, both from
here. Nothing is worked out: every figure is Bluum's, and what Bluum left out is "not known"."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import F, Q

from portfolios.models import Report
from portfolios.models.reports import NEW_YORK
from portfolios.plan import pdf
from portfolios.plan.blocks import ledger, note, row, section, table
from robo import partner
from robo.ui import words

OPENING = (
    ("beginning_value", "At the start"),
    ("contributions", "You put in"),
    ("withdrawals", "You took out"),
    ("investment_returns", "Markets and dividends"),
    ("fees", "Fees"),
)
PNL = (
    ("realized_pnl", "Realized gains and losses"),
    ("unrealized_pnl", "Gains and losses on what is still held"),
    ("dividend_income", "Dividends"),
    ("interest_income", "Interest"),
    ("fees_paid", "Fees"),
    ("total_pnl", "Altogether"),
)
REALIZED = (
    ("short_term_gains", "Gains, held a year or less"),
    ("short_term_losses", "Losses, held a year or less"),
    ("long_term_gains", "Gains, held longer"),
    ("long_term_losses", "Losses, held longer"),
    ("net_realized", "Net"),
)
LISTED = {
    "deposits": "Deposits",
    "withdrawals": "Withdrawals",
    "trades": "Trades",
    "dividends": "Dividends",
    "fees": "Fees",
}
OUTGOING = {"withdrawals", "fees", "fees_paid", "short_term_losses", "long_term_losses"}
TIES = "Opening, activity and closing agree to the cent."
OFF = (
    "The lines don’t add up to the closing value. We keep the document as our custodian sent it "
    "and have asked about it."
)


DAY_CM = 3.6
"""How wide the column of days is on paper, so that all lists of a statement line up."""
OURS = re.compile(r": Deposit [0-9a-f-]{36}$")
OUR_SCHEDULE = re.compile(r"^Deposit: Auto-invest: E(very .+) [0-9a-f]{8}$")
"""How deposits and schedules of ours are called at Bluum: for finding them, not for reading."""


def days_of(report: Report) -> str:
    """The days it is about, up to the one it was fetched on."""
    fetched = (report.fetched_at or report.created_at).astimezone(NEW_YORK).date()
    if report.kind == Report.Kind.BENCHMARK:
        return f"As of {words.long_day(fetched)}. Percent."
    until = min(report.last_day, fetched)
    so_far = "" if until == report.last_day else ", so far"
    return f"{words.long_day(report.first_day)} to {words.long_day(until)}{so_far}. US dollars."


def sections(report: Report) -> list[dict[str, Any]]:
    """The report's sections, as a plan's are; those with nothing in them left out."""
    makers = {"statement": _statement, "pnl": _pnl}
    found = makers.get(report.kind, _benchmark)(report)
    return [one for one in found if one["blocks"]]


def figures(report: Report, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What would be read if the report said `data`. Two answers of Bluum's say the same if this is
    the same: a time of making or the price of today beside a past holding is no correction."""
    held = [{**one, "name": ""} for one in data.get("holdings_end_of_period") or []]
    data = {**data, "holdings_end_of_period": held}  # a fund that is renamed is no correction
    return sections(Report(kind=report.kind, data=data, fetched_at=report.fetched_at))


def versions(report: Report) -> list[Report]:
    """The report's other states, the newest first; none where it never was corrected."""
    current = report.replaced_by_id or report.pk
    same = Report.objects.filter(Q(pk=current) | Q(replaced_by=current)).exclude(pk=report.pk)
    return list(same.defer("pdf", "data").order_by(F("replaced_by").desc(nulls_first=True), "-pk"))


def changes(earlier: Report, now: Report) -> list[tuple[str, str, str]]:
    """What a correction changed in the summary: the line, what it said, what it says."""
    then, new = (
        {
            line["label"]: line["value"]
            for found in sections(report)[:1]
            for block in found["blocks"]
            if block["kind"] == "ledger"
            for line in block["rows"]
        }
        for report in (earlier, now)
    )
    return [
        (label, then[label], new[label])
        for label in new
        if then.get(label, new[label]) != new[label]
    ]


def _statement(report: Report) -> list[dict[str, Any]]:
    data = report.data
    summary, activity = data.get("summary") or {}, data.get("activity") or {}
    rows = [row(label, words.money(signed(key, summary.get(key)))) for key, label in OPENING]
    rows.append(row("At the end", _money(summary.get("ending_value")), is_sum=True))
    said = {True: TIES, False: OFF}.get(report.ties)  # type: ignore[arg-type]
    found = [section("summary", "Summary", "", ledger("", rows), note(said) if said else None)]
    for key, title in LISTED.items():
        lines = [
            (_day(line.get("date")), _what(line), _money(line.get("amount")))
            for line in activity.get(key) or []
        ]
        made = table("", ("Day", "What", "Amount"), lines)
        wide = {"words": 2, "first_cm": DAY_CM}
        found.append(section(key, title, "", {**made, **wide} if made else None))
    held = [
        (
            f"{one['symbol']}, {one['name']}" if one.get("name") else one["symbol"],
            _shares(one.get("quantity")),
            _money(one.get("market_value")),
        )
        for one in data.get("holdings_end_of_period") or []
    ]
    found.append(
        section("held", "Held at the end", "", table("", ("Fund", "Shares", "Value"), held))
    )
    return found


def _pnl(report: Report) -> list[dict[str, Any]]:
    data = report.data
    summary, realized = data.get("summary") or {}, data.get("realized_gains_losses") or {}
    rows = [
        row(label, words.money(signed(key, summary.get(key))), is_sum=key == "total_pnl")
        for key, label in PNL
    ]
    gains = [
        row(label, words.money(signed(key, realized.get(key))), is_sum=key == "net_realized")
        for key, label in REALIZED
        if realized
    ]
    funds = [
        (
            one["symbol"],
            _change(one.get("realized_pnl")),
            _money(one.get("dividend_income")),
            _change(one.get("unrealized_pnl")),
        )
        for one in data.get("by_position") or []
    ]
    return [
        section("summary", "Summary", "", ledger("", rows)),
        section("realized", "Realized", "What a tax return asks for.", ledger("", gains)),
        section(
            "funds",
            "By fund",
            "",
            table("", ("Fund", "Realized", "Dividends", "Still held"), funds),
        ),
    ]


def _benchmark(report: Report) -> list[dict[str, Any]]:
    data = report.data
    rows = [("Your portfolio", "", _percent(data.get("portfolio_return")))]
    rows += [
        (
            f"{one['benchmark']}, {one['name']}" if one.get("name") else one["benchmark"],
            _points(one.get("alpha")),
            _percent(one.get("return_")),
        )
        for one in data.get("comparisons") or []
    ]
    head = ("What", "You against it", "Return")
    return [section("market", "Beside the market", "", table("", head, rows))]


def signed(key: str, amount: str | None) -> Decimal | None:
    """Outgoing amounts and losses with their minus."""
    if amount is None:
        return None
    found = Decimal(amount)
    return -abs(found) if key in OUTGOING and found else found


def _money(amount: str | None) -> str:
    return words.money(None if amount is None else Decimal(amount))


def _change(amount: str | None) -> str:
    return words.money_signed(None if amount is None else Decimal(amount))


def _percent(told: str | None) -> str:
    return words.percent_signed(None if told is None else Decimal(told) / 100, 2)


def _points(told: str | None) -> str:
    """A difference of two percentages."""
    return words.UNKNOWN if told is None else f"{_percent(told).removesuffix('%')} points"


def _shares(told: str | None) -> str:
    return words.UNKNOWN if told is None else f"{Decimal(told).normalize():f}"


def _day(told: Any) -> str:
    try:
        return words.long_day(date.fromisoformat(str(told)[:10])).replace(" ", "\N{NO-BREAK SPACE}")
    except ValueError:
        return str(told or "")


def _what(line: Mapping[str, Any]) -> str:
    if line.get("symbol") and line.get("quantity") and line.get("side"):
        at = f" at {_money(line['price'])}" if line.get("price") else ""
        return f"{line['side'].capitalize()} {_shares(line['quantity'])} {line['symbol']}{at}"
    return without_keys(str(line.get("description") or ""))


def without_keys(told: str) -> str:
    """The custodian's words without the keys by which we find our own deposits and schedules."""
    return OURS.sub("", OUR_SCHEDULE.sub(r"Auto-invest, e\1", told))


def report_pdf(report: Report) -> bytes:
    """The report in the partner's look. It names the day it was fetched and no other time, so the
    same report is the same bytes."""
    summary = report.data.get("summary") or {}
    figures = {
        "statement": (("beginning_value", "At the start"), ("ending_value", "At the end")),
        "pnl": (("total_pnl", "Altogether"), ("dividend_income", "Dividends")),
    }.get(report.kind, ())
    fetched = report.fetched_at or report.created_at
    about = days_of(report)
    if report.corrected_at:
        about += f" Corrected on {words.long_day(report.corrected_at)}."
    if report.replaced_by and report.replaced_by.corrected_at:
        on = words.long_day(report.replaced_by.corrected_at)
        about += f" Replaced by a correction on {on}."
    source = (
        f"Figures by our custodian, fetched on {words.long_day(fetched)}. "
        f"The custodian’s own {'PDF' if report.pdf is not None else 'data'} is the original; "
        f"its SHA-256 is {report.sha256}."
    )
    return pdf.render_report(
        title=report.title,
        subtitle=f"For {report.account.name}" if report.account.name else "",
        about=about,
        summary=[{"label": label, "value": _money(summary.get(key))} for key, label in figures],
        sections=[*sections(report), section("source", "Where this is from", "", note(source))],
        brand=pdf.brand_of(partner.current()),
        on=fetched.date(),
    )
