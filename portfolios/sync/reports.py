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
from portfolios import written
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
LOOKS = (
    (timedelta(days=60), timedelta(days=7)),
    (timedelta(days=400), MONTHLY),
    (timedelta.max, timedelta(days=182)),
)
"""How old a finished report is at most, and how often it is looked at again: Bluum tells nobody
that it corrected one. Some two questions a day for an account with ten years of them."""
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
    kept = Report.objects.filter(account=account, replaced_by=None)
    there = set(kept.values_list("kind", "span", "first_day"))
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
    """Fetch it. One whose period isn't over is fetched again each day; a finished one is looked at
    now and then, since Bluum may have corrected it."""
    if report.replaced_by_id:
        return None
    if report.is_final and report.status == Report.Status.READY:
        return _look_again(report)
    if wait := report.account.wait_until_open():
        return wait
    try:
        found = _ask(report)
        pdf = _ask_pdf(report)
    except bluum.Refused as problem:
        Report.objects.filter(pk=report.pk).update(
            status=Report.Status.REFUSED, refusal=sentence(problem)
        )
        return None
    if isinstance(found, BenchmarkReport) and found.chart_data:
        apply_market_levels(found.chart_data, timezone.now())
    apply_report(report.pk, as_data(found), pdf, ties_of(found))
    report.refresh_from_db(fields=["fetched_at"])
    if report.span == "5y":  # its days are known by now; the shorter ones bring what is new
        return MONTHLY
    if not report.is_final:
        return DAILY
    return next_look(report)


def next_look(report: Report) -> timedelta:
    """When a finished report is looked at again; rows of one day are spread by their number."""
    today = timezone.now().astimezone(NEW_YORK).date()
    every = next(wait for age, wait in LOOKS if today - report.last_day <= age)
    return every * (90 + report.pk % 21) / 100


def _look_again(report: Report) -> timedelta:
    """Ask for its figures alone; the PDF follows only if they changed. Its bytes tell nothing: a
    PDF that names the moment it was made is another each time. What is kept stays readable
    whatever Bluum answers."""
    if not report.account.is_active:
        return next_look(report)
    try:
        found = _ask(report)
        data = as_data(found)
        if written.figures(report, data) != written.figures(report, report.data):
            apply_report(report.pk, data, _ask_pdf(report), ties_of(found))
    except bluum.Refused:
        return next_look(report)
    except bluum.BluumError:
        return DAILY
    return next_look(report)


def _ask(report: Report) -> BaseModel:
    """Its figures, up to today at most."""
    api, account_id = clients.bluum().reports, str(report.account.bluum_id or "")
    if report.kind == Report.Kind.STATEMENT:
        first, last = _days(report)
        return api.statement(account_id, period=report.span, start_date=first, end_date=last)
    if report.kind == Report.Kind.PNL:
        first, last = _days(report)
        return api.pnl(account_id, start_date=first, end_date=last)
    symbols = list(dict.fromkeys(MARKETS.values()))
    return api.benchmark(account_id, benchmarks=symbols, period=report.span)


def _ask_pdf(report: Report) -> bytes | None:
    if report.kind != Report.Kind.STATEMENT:
        return None
    api, account_id = clients.bluum().reports, str(report.account.bluum_id or "")
    first, last = _days(report)
    return api.statement_pdf(account_id, period=report.span, start_date=first, end_date=last)


def _days(report: Report) -> tuple[date, date]:
    return report.first_day, min(report.last_day, timezone.now().astimezone(NEW_YORK).date())


def as_data(found: BaseModel) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(found.model_dump_json(exclude={"chart_data"}))
    return data


def ties_of(found: BaseModel) -> bool | None:
    return does_tie(found) if isinstance(found, Statement) else None


@transaction.atomic
def apply_report(pk: int, data: dict[str, Any], pdf: bytes | None, ties: bool | None) -> None:
    """Keep what Bluum sent, with its hash. If it corrects a report that was final, what was kept
    before stays as a row of its own, and its investor is told."""
    row = Report.objects.select_for_update(of=("self",)).select_related("account").get(pk=pk)
    if row.status == Report.Status.READY and row.is_final:
        if written.figures(row, data) == written.figures(row, row.data):
            return  # another worker was faster
        _keep_earlier(row)
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
            "opened_at", "corrected_at",
        ]
    )  # fmt: skip


def _keep_earlier(row: Report) -> None:
    """What was shown becomes a row that nothing changes any more; `row` is to be shown from now."""
    earlier = Report.objects.get(pk=row.pk)
    earlier.pk, earlier._state.adding = None, True
    earlier.replaced_by, earlier.due_at, earlier.held_until = row, None, None
    earlier.save(force_insert=True)
    row.corrected_at, row.opened_at = timezone.now(), None
    # Its quarter, its year and the month after say the same figures: look at them now too, so that
    # their investor hears of all of them once.
    Report.objects.filter(
        account=row.account, status=Report.Status.READY, replaced_by=None,
        first_day__lte=row.last_day + DAILY, last_day__gte=row.first_day - DAILY,
    ).exclude(pk=row.pk).exclude(kind=Report.Kind.BENCHMARK).poke()  # fmt: skip
    tell(
        account=row.account,
        key=f"reports:corrected:{timezone.localdate()}",
        title=f"Corrected: {row.title}",
        body="Our custodian has corrected it. Your documents show all that was corrected today, "
        "and what was there before.",
        url="/documents/?q=correct",
        topic=Topic.DOCUMENTS,
    )


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
