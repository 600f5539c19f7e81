"""Bluum's statements and reports: wanted as soon as their period is over, fetched, kept."""

import hashlib
import json
import zoneinfo
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone
from pydantic import BaseModel

from accounts.models import Account, Topic
from accounts.services import tell
from portfolios.models import MarketLevel, Report, Valuation
from portfolios.planning import markets
from portfolios.planning.markets import MARKETS
from portfolios.planning.months import months_later
from portfolios.sync.common import sentence
from robo import bluum, clients
from robo.bluum.reports import BenchmarkReport, ChartData, Statement

NEW_YORK = zoneinfo.ZoneInfo("America/New_York")
BENCHMARKS = {
    "1m": "past month", "3m": "past three months", "ytd": "this year", "1y": "past year",
    "5y": "past five years",
}  # fmt: skip
CLOSE = time(16)
SPANS = {"monthly": 1, "quarterly": 3, "annual": 12}
DAILY = timedelta(days=1)
TELL_WITHIN = timedelta(days=45)
"""Older statements are kept without a word: an account that was taken over has years of them."""
MONTHLY = timedelta(days=30)
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report there should be."""

    kind: str
    span: str
    first_day: date
    last_day: date
    title: str


def wanted(began: date, today: date) -> Iterator[Wanted]:
    """Every finished month, quarter and year since money first came in; gains and losses of each
    year; the market beside the portfolio."""
    for span, months in SPANS.items():
        first = date(began.year, (began.month - 1) // months * months + 1, 1)
        while (following := months_later(first, months)) <= today:
            yield Wanted("statement", span, first, following - DAILY, name_of(first, months))
            first = following
    for year in range(began.year, today.year + 1):
        last = date(year, 12, 31)
        yield Wanted("pnl", "annual", date(year, 1, 1), last, f"Gains, losses and income, {year}")
    for span, words in BENCHMARKS.items():
        if span == "5y" and began > months_later(today, -12):
            continue
        yield Wanted("benchmark", span, began, today, f"Compared with the market, {words}")


def next_statement(now: datetime) -> tuple[date, str]:
    """The day from which the present month's statement is wanted, and its title."""
    today = now.astimezone(NEW_YORK).date()
    first = today.replace(day=1)
    return months_later(first, 1), name_of(first, 1)


def name_of(first: date, months: int) -> str:
    if months == 1:
        return f"Statement, {first:%B %Y}"
    if months == 3:
        return f"Statement, quarter {(first.month + 2) // 3} of {first.year}"
    return f"Statement, {first.year}"


def expect_reports(account: Account) -> None:
    """Write down each report there should be; one that is there already stays as it is."""
    days = Valuation.objects.filter(portfolio__account=account).exclude(contributed=0)
    began = days.order_by("day").values_list("day", flat=True).first()
    if began is None:
        return
    today = timezone.now().astimezone(NEW_YORK).date()
    there = set(Report.objects.filter(account=account).values_list("kind", "span", "first_day"))
    Report.objects.bulk_create(
        [
            Report(
                account=account, kind=w.kind, span=w.span, first_day=w.first_day,
                last_day=w.last_day, title=w.title,
            )
            for w in wanted(began, today)
            if (w.kind, w.span, w.first_day) not in there
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def advance_report(report: Report) -> timedelta | None:
    """Fetch it. One whose period isn't over is fetched again each day."""
    account_id = str(report.account.bluum_id or "")
    if wait := report.account.wait_until_open():
        return wait
    api = clients.bluum().reports
    pdf: bytes | None = None
    found: BaseModel
    try:
        if report.kind == Report.Kind.STATEMENT:
            days = {"start_date": report.first_day, "end_date": report.last_day}
            today = timezone.now().astimezone(NEW_YORK).date()
            days["end_date"] = min(report.last_day, today)
            statement = found = api.statement(account_id, period=report.span, **days)
            pdf = api.statement_pdf(account_id, period=report.span, **days)
            ties = does_tie(statement)
        elif report.kind == Report.Kind.PNL:
            today = timezone.now().astimezone(NEW_YORK).date()
            found = api.pnl(
                account_id, start_date=report.first_day, end_date=min(report.last_day, today)
            )
            ties = None
        else:
            found = api.benchmark(
                account_id, benchmarks=list(dict.fromkeys(MARKETS.values())), period=report.span
            )
            ties = None
    except bluum.Refused as problem:
        Report.objects.filter(pk=report.pk).update(
            status=Report.Status.REFUSED, refusal=sentence(problem)
        )
        return None
    if isinstance(found, BenchmarkReport) and found.chart_data:
        apply_market_levels(found.chart_data, timezone.now())
    apply_report(report.pk, json.loads(found.model_dump_json(exclude={"chart_data"})), pdf, ties)
    report.refresh_from_db(fields=["fetched_at"])
    if report.span == "5y":  # its days are known by now; the shorter ones bring what is new
        return MONTHLY
    if report.kind == Report.Kind.BENCHMARK or not report.is_final:
        return DAILY
    return None


@transaction.atomic
def apply_report(pk: int, data: dict[str, Any], pdf: bytes | None, ties: bool | None) -> None:
    """Keep what Bluum sent, with its hash."""
    row = Report.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    row.data, row.pdf, row.ties = data, pdf, ties
    row.sha256 = hashlib.sha256(pdf if pdf is not None else as_json(data)).hexdigest()
    row.status, row.refusal, row.fetched_at = Report.Status.READY, "", timezone.now()
    fresh = row.last_day > timezone.localdate() - TELL_WITHIN
    if row.kind == Report.Kind.STATEMENT and row.delivered_at is None and row.is_final and fresh:
        row.delivered_at = timezone.now()
        tell(
            account=row.account,
            key=f"report:{row.pk}",
            title=f"{row.title} is there",
            body="Read it or download it under your documents.",
            url=f"/documents/reports/{row.pk}/",
            topic=Topic.DOCUMENTS,
        )
    row.save(
        update_fields=[
            "data", "pdf", "ties", "sha256", "status", "refusal", "fetched_at", "delivered_at",
        ]
    )  # fmt: skip


@transaction.atomic
def apply_market_levels(told: ChartData, now: datetime) -> None:
    """Keep each market's closes. A report says how days stand to each other, beginning with 100;
    its days are joined to those that are kept by one they share."""
    closed = last_close(now)
    for symbol, levels in told.benchmarks.items():
        days = [
            (day, Decimal(str(level)))
            for day, level in zip(told.dates, levels, strict=False)
            if day <= closed and level > 0
        ]
        if not days:
            continue
        span = MarketLevel.objects.filter(symbol=symbol, day__gte=days[0][0])
        there = dict(span.values_list("day", "level"))
        if not there and MarketLevel.objects.filter(symbol=symbol).exists():
            continue  # a gap: a report of a longer period closes it
        fresh = markets.joined(there, days)
        MarketLevel.objects.bulk_create(
            [MarketLevel(symbol=symbol, day=day, level=level) for day, level in fresh.items()],
            update_conflicts=True,
            unique_fields=["symbol", "day"],
            update_fields=["level"],
        )


def last_close(now: datetime) -> date:
    """The last New York day whose close is past."""
    there = now.astimezone(NEW_YORK)
    return there.date() if there.time() >= CLOSE else there.date() - DAILY


def as_json(data: dict[str, Any]) -> bytes:
    """The data as it is downloaded, and as it is hashed."""
    return json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False).encode()


def does_tie(found: Statement) -> bool | None:
    """Whether opening plus what happened is closing to the cent, and the deposits, withdrawals and
    fees listed add up to their sums. None where a figure is missing."""
    s, listed = found.summary, found.activity
    if s.beginning_value is None or s.ending_value is None or listed is None:
        return None
    put_in, out, fees = s.contributions or ZERO, s.withdrawals or ZERO, s.fees or ZERO
    made = s.investment_returns or ZERO
    return s.beginning_value + put_in - out + made - fees == s.ending_value and all(
        sum((abs(Decimal(str(row.get("amount", 0)))) for row in rows), ZERO) == total
        for rows, total in (
            (listed.deposits, put_in), (listed.withdrawals, out), (listed.fees, fees),
        )
    )  # fmt: skip
