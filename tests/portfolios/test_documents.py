"""Documents: fetched by a step, kept to the byte, theirs alone."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, Notice, Signature
from portfolios import written
from portfolios.models import Portfolio, Report
from portfolios.sync import reports
from robo import agenda, work
from sandbox import corrections, faults, history
from sandbox.world import World
from tests.portfolios.conftest import refreshed
from tests.portfolios.pdf_text import pdf_text, squeezed

DAY = timedelta(days=1)
Pass = Callable[[timedelta], None]


@pytest.fixture
def kept(invested: Portfolio, account: Account) -> list[Report]:
    """The statement of the month in which the money came, and the reports."""
    day = date(2026, 11, 1)
    Report.objects.get_or_create(
        account=account,
        kind="statement",
        span="monthly",
        first_day=day,
        last_day=date(2026, 11, 30),
        title="Statement, November 2026",
    )
    work.run_due(Report)
    return list(Report.objects.filter(account=account))


def statement_of(rows: list[Report]) -> Report:
    return next(r for r in rows if r.kind == "statement")


def test_a_finished_month_quarter_and_year_have_their_statement() -> None:
    found = list(reports.wanted(date(2025, 11, 20), date(2026, 2, 3)))
    statements = {w.title for w in found if w.kind == "statement"}
    assert statements == {
        "Statement, November 2025",
        "Statement, December 2025",
        "Statement, January 2026",
        "Statement, quarter 4 of 2025",
        "Statement, 2025",
    }
    assert [w.title for w in found if w.kind == "pnl"] == [
        "Gains, losses and income, 2025",
        "Gains, losses and income, 2026",
    ]


def test_a_month_is_over_on_the_first_of_the_next() -> None:
    def months(today: date) -> list[date]:
        found = reports.wanted(date(2026, 1, 31), today)
        return [w.last_day for w in found if w.span == "monthly"]

    assert months(date(2026, 1, 31)) == []
    assert months(date(2026, 2, 1)) == [date(2026, 1, 31)]


def test_reports_are_wanted_once_money_has_come(invested: Portfolio, account: Account) -> None:
    kinds = set(Report.objects.filter(account=account).values_list("kind", flat=True))
    assert kinds == {"pnl", "benchmark"}
    count = Report.objects.count()
    refreshed(account)
    assert Report.objects.count() == count


def test_every_document_is_on_one_page(web: Client, kept: list[Report], account: Account) -> None:
    page = web.get(reverse("portfolios:documents")).content.decode()
    for row in kept:
        assert row.title in page
    for signature in Signature.objects.filter(account=account).exclude(kind="policy"):
        assert signature.text.title in page
    assert "Investment policy, version 1" in page
    only = web.get(reverse("portfolios:documents"), {"kind": "statements"}).content.decode()
    assert "Statement, November 2026" in only
    assert "Investment policy, version 1" not in only


def test_the_statement_is_a_pdf_kept_to_the_byte(web: Client, kept: list[Report]) -> None:
    row = statement_of(kept)
    answer = web.get(reverse("portfolios:report-file", args=[row.pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert "statement-november-2026-original.pdf" in answer["Content-Disposition"]
    assert answer.content.startswith(b"%PDF-")
    assert hashlib.sha256(answer.content).hexdigest() == row.sha256
    row.refresh_from_db()
    assert row.opened_at is not None


def test_a_report_without_pdf_is_its_data_with_that_hash(web: Client, kept: list[Report]) -> None:
    row = next(r for r in kept if r.kind == "pnl")
    answer = web.get(reverse("portfolios:report-file", args=[row.pk]))
    assert answer["Content-Type"] == "application/json"
    assert hashlib.sha256(answer.content).hexdigest() == row.sha256
    assert "summary" in json.loads(answer.content)


def test_opening_and_activity_make_the_closing(web: Client, kept: list[Report]) -> None:
    row = statement_of(kept)
    assert row.ties is True
    s = row.data["summary"]
    assert Decimal(s["contributions"]) == Decimal("1000.00")
    page = web.get(reverse("portfolios:report", args=[row.pk])).content.decode()
    assert "agree to the cent" in page
    assert "$1,000.00" in page


def test_a_statement_that_doesnt_add_up_says_so(web: Client, kept: list[Report]) -> None:
    row = statement_of(kept)
    Report.objects.filter(pk=row.pk).update(ties=False)
    page = web.get(reverse("portfolios:report", args=[row.pk])).content.decode()
    assert "don’t add up" in page


def test_a_page_never_waits_for_the_custodian(
    web: Client, invested: Portfolio, account: Account, sandbox: World
) -> None:
    faults.add(sandbox, {"route": "*", "kind": "status", "status": 503})
    row = Report.objects.create(
        account=account, kind="statement", span="monthly", title="Statement, October 2026",
        first_day=date(2026, 10, 1), last_day=date(2026, 10, 31),
    )  # fmt: skip
    work.run_due(Report)
    page = web.get(reverse("portfolios:report", args=[row.pk])).content.decode()
    assert "Being fetched" in page
    assert "every 5s" in page
    assert web.get(reverse("portfolios:report-file", args=[row.pk])).status_code == 404
    faults.clear(sandbox)
    row.poke()
    work.run_due(Report)
    there = web.get(reverse("portfolios:report-status", args=[row.pk])).content.decode()
    assert "every 5s" not in there
    assert "Download PDF" in there


def test_a_comparison_goes_on_each_day_and_is_no_correction(
    web: Client, kept: list[Report], account: Account, pass_time: Pass
) -> None:
    row = next(r for r in kept if r.kind == "benchmark")
    pass_time(10 * DAY)  # what it is compared with moves on
    wanted_on = row.last_day - 10 * DAY
    Report.objects.filter(pk=row.pk).update(last_day=wanted_on, data={"portfolio_return": "1.25"})
    assert reports.advance_report(Report.objects.get(pk=row.pk)) == DAY
    row.refresh_from_db()
    assert row.data["portfolio_return"] != "1.25"
    assert not Report.objects.filter(replaced_by=row).exists()
    assert not Notice.objects.filter(account=account, title__startswith="Corrected").exists()
    assert "orrected" not in web.get(reverse("portfolios:documents")).content.decode()


def test_a_finished_statement_is_looked_at_seldom(kept: list[Report], pass_time: Pass) -> None:
    row = statement_of(kept)
    Report.objects.filter(pk=row.pk).update(
        status="fetching", first_day=date(2026, 10, 1), last_day=date(2026, 10, 31)
    )
    row.refresh_from_db()
    assert (reports.advance_report(row) or DAY) > timedelta(days=5)
    current = next(r for r in kept if r.kind == "pnl")
    assert reports.advance_report(current) == timedelta(days=1)


def test_omar_gets_404_for_mayas_documents(
    client: Client, omar: Any, kept: list[Report], apply_for: Callable[..., Account]
) -> None:
    apply_for(omar, tax_id="536229999")
    client.force_login(omar)
    for row in kept:
        for name in ("report", "report-file", "report-pdf", "report-status"):
            assert client.get(reverse(f"portfolios:{name}", args=[row.pk])).status_code == 404
    assert "November 2026" not in client.get(reverse("portfolios:documents")).content.decode()


def test_the_list_costs_the_same_few_queries_with_ten_years_of_statements(
    web: Client, kept: list[Report], account: Account
) -> None:
    url = reverse("portfolios:documents")
    web.get(url)
    with CaptureQueriesContext(connection) as few:
        web.get(url)
    rows = reports.wanted(date(2015, 1, 1), date(2026, 1, 1))
    Report.objects.bulk_create(
        [
            Report(
                account=account, kind=w.kind, span=w.span, first_day=w.first_day,
                last_day=w.last_day, title=w.title, status="ready",
            )
            for w in rows
            if w.kind == "statement"
        ]
    )  # fmt: skip
    with CaptureQueriesContext(connection) as many:
        web.get(url)
    assert len(many) == len(few) <= 11, [q["sql"][:120] for q in many]


def test_our_own_pdf_says_what_the_page_says_and_is_tagged(web: Client, kept: list[Report]) -> None:
    for row in kept:
        url = reverse("portfolios:report-pdf", args=[row.pk])
        made = web.get(url)
        assert made["Content-Type"] == "application/pdf"
        assert made.content == web.get(url).content
        assert b"/StructTreeRoot" in made.content
        assert b"/Lang" in made.content
        said = squeezed(pdf_text(made.content))
        assert squeezed(row.title) in said
        assert row.sha256 in said
        for section in written.sections(row):
            assert squeezed(section["title"]) in said
            for block in section["blocks"]:
                for line in block["rows"] if block["kind"] == "ledger" else ():
                    assert squeezed(line["label"]) in said
                    assert squeezed(line["value"]) in said


def test_ones_data_holds_every_report_as_pdf(kept: list[Report], account: Account) -> None:
    taken = dict(agenda.papers(account))
    for row in kept:
        [made] = [body for name, body in taken.items() if name.endswith(f"-{row.pk}.pdf")]
        assert made == (bytes(row.pdf) if row.pdf else written.report_pdf(row))


def test_a_report_reads_as_its_reader_counts() -> None:
    """Losses have their minus, a year that goes on ends today, and no key of ours is shown."""
    fetched = datetime(2026, 11, 30, 12, tzinfo=UTC)
    realized = {"short_term_gains": "0.39", "short_term_losses": "1.22", "net_realized": "-0.83"}
    year = Report(
        kind="pnl", first_day=date(2026, 1, 1), last_day=date(2026, 12, 31), fetched_at=fetched,
        data={"realized_gains_losses": realized},
    )  # fmt: skip
    assert written.days_of(year) == "January 1, 2026 to November 30, 2026, so far. US dollars."
    rows = {row["label"]: row["value"] for row in written.sections(year)[1]["blocks"][0]["rows"]}
    assert rows["Gains, held a year or less"] == "$0.39"
    assert rows["Losses, held a year or less"] == "−$1.22"
    assert rows["Net"] == "−$0.83"
    beside = {"benchmark": "VTI", "alpha": "-0.39", "return_": "3.75"}
    [market] = written.sections(Report(kind="benchmark", data={"comparisons": [beside]}))
    assert market["blocks"][0]["rows"][1] == ["VTI", "−0.39 points", "+3.75%"]
    line = {"date": "2026-09-08", "amount": "850.00"}
    for told, read in (
        ("Deposit: Auto-invest: Every two weeks 4924e646", "Auto-invest, every two weeks"),
        ("Deposit: Deposit 7c1f0e52-9a34-4c55-8f0b-2d6f1b9c7e10", "Deposit"),
    ):
        data = {"activity": {"deposits": [line | {"description": told}]}}
        [_, listed] = written.sections(Report(kind="statement", data=data))
        assert listed["blocks"][0]["rows"][0][1] == read


def test_a_statement_of_ones_own_days_can_be_asked_for(
    web: Client, kept: list[Report], account: Account
) -> None:
    url = reverse("portfolios:statement-ask")

    def ask(first: str, last: str) -> Any:
        days = zip(("first", "last"), (first.split("/"), last.split("/")), strict=True)
        fields = {f"{name}_{n}": part for name, parts in days for n, part in enumerate(parts)}
        return web.post(url, fields)

    answer = ask("11/1/2026", "11/17/2026")
    row = Report.objects.get(span="custom")
    assert answer["Location"] == reverse("portfolios:report", args=[row.pk])
    assert ask("11/1/2026", "11/17/2026")["Location"] == answer["Location"]
    work.run_due(Report)
    page = web.get(answer["Location"]).content.decode()
    assert "November 1, 2026 to November 17, 2026" in page
    assert "agree to the cent" in page
    for first, last, said in (
        ("//", "//", "Last day: Fill in month, day and year"),
        ("11/9/2026", "11/2/2026", "comes before the first"),
        ("1/1/2020", "2/1/2020", "no money in your account"),
        ("11/1/2026", "11/1/2031", "lie ahead"),
    ):
        refused = ask(first, last)
        assert refused.status_code == 422
        assert said in refused.content.decode()
    assert Report.objects.filter(span="custom").count() == 1


def test_documents_are_found_by_words_and_year_and_say_what_is_to_come(
    web: Client, kept: list[Report], account: Account
) -> None:
    url = reverse("portfolios:documents")
    page = web.get(url).content.decode()
    assert "Form 1099 for 2026" in page
    assert "Not yet: usually by February 15, 2027" in page
    found = web.get(url, {"q": "statement november"}).content.decode()
    assert "Statement, November 2026" in found
    assert "Investment policy, version 1" not in found
    assert "Nothing fits" in web.get(url, {"q": "<b>zebra"}).content.decode()


def test_a_finished_statement_is_delivered_once(
    web: Client, account: Account, invested: Portfolio, sandbox: World
) -> None:
    first, last = date(2026, 10, 1), date(2026, 10, 31)
    row = Report.objects.create(
        account=account, kind="statement", span="monthly", first_day=first, last_day=last,
        title="Statement, October 2026",
    )  # fmt: skip
    reports.advance_report(row)
    row.poke()
    reports.advance_report(row)
    row.refresh_from_db()
    told = Notice.objects.filter(account=account, topic="documents")
    assert [notice.title for notice in told] == ["Statement, October 2026 is there"]
    assert row.delivered_at is not None


@pytest.fixture
def finished(kept: list[Report], pass_time: Pass, sandbox: World) -> Report:
    """The statement of a month that is over, opened by its reader."""
    row = statement_of(kept)
    today = history.today(sandbox)
    pass_time(max(row.last_day - today, timedelta(0)) + timedelta(days=2))
    reports.advance_report(row)
    after = datetime.combine(row.last_day + timedelta(days=1), time(12), UTC)
    Report.objects.filter(pk=row.pk).update(fetched_at=after, opened_at=after)
    row.refresh_from_db()
    assert row.is_final
    return row


def correct(sandbox: World, row: Report, amount: str) -> None:
    account_id = str(row.account.bluum_id)
    corrections.post(sandbox, account_id, row.first_day, row.last_day, Decimal(amount))


def test_a_corrected_statement_is_noticed_and_what_was_shown_stays(
    web: Client, finished: Report, sandbox: World
) -> None:
    before, was = bytes(finished.pdf or b""), finished.data["summary"]["ending_value"]
    reports.advance_report(finished)
    assert Report.objects.filter(replaced_by=finished).count() == 0
    correct(sandbox, finished, "-12.50")
    after = finished.fetched_at
    for _ in range(2):  # once more changes nothing
        Report.objects.filter(pk=finished.pk).update(fetched_at=after)
        finished.refresh_from_db()
        reports.advance_report(finished)
    finished.refresh_from_db()
    earlier = Report.objects.get(replaced_by=finished)
    now = finished.data["summary"]["ending_value"]
    assert Decimal(now) == Decimal(was) - Decimal("12.50")
    assert finished.ties is True
    assert (bytes(earlier.pdf or b""), earlier.data["summary"]["ending_value"]) == (before, was)
    assert bytes(finished.pdf or b"") != before
    said = Notice.objects.filter(account=finished.account, title__startswith="Corrected:")
    assert said.count() == 1
    page = web.get(reverse("portfolios:documents"), {"q": "correct"}).content.decode()
    assert "Corrected on" in page
    assert "before its correction" in page
    assert "Replaced by a correction on" in page
    there = web.get(reverse("portfolios:report", args=[finished.pk])).content.decode()
    assert reverse("portfolios:report", args=[earlier.pk]) in there
    [ending] = [c for c in written.changes(earlier, finished) if c[0] == "At the end"]
    assert [Decimal(said.strip("$").replace(",", "")) for said in ending[1:]] == [
        Decimal(was), Decimal(now),
    ]  # fmt: skip
    assert f'At the end: <span class="private">{ending[1]}</span> before' in there
    then = web.get(reverse("portfolios:report", args=[earlier.pk])).content.decode()
    assert "Read the corrected one" in then
    original = web.get(reverse("portfolios:report-file", args=[earlier.pk]))
    assert hashlib.sha256(original.content).hexdigest() == earlier.sha256
    assert "Corrected on" in squeezed_text(web, finished)


def test_what_was_shown_before_a_correction_cant_be_changed_or_deleted(
    web: Client, finished: Report, sandbox: World
) -> None:
    correct(sandbox, finished, "-12.50")
    reports.advance_report(finished)
    earlier = Report.objects.get(replaced_by=finished)
    for change in (
        "UPDATE portfolios_report SET data = '{}' WHERE id = %s",
        "UPDATE portfolios_report SET pdf = NULL WHERE id = %s",
        "UPDATE portfolios_report SET replaced_by_id = NULL WHERE id = %s",
        "DELETE FROM portfolios_report WHERE id = %s",
    ):
        with (
            pytest.raises(DatabaseError, match="Cannot"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change, [earlier.pk])
    with pytest.raises(ProtectedError):
        finished.delete()
    Report.objects.filter(pk=earlier.pk).update(opened_at=None)
    web.get(reverse("portfolios:report", args=[earlier.pk]))
    earlier.refresh_from_db()
    assert earlier.opened_at is not None


def squeezed_text(web: Client, row: Report) -> str:
    return pdf_text(web.get(reverse("portfolios:report-pdf", args=[row.pk])).content)


def test_a_statement_stays_readable_when_bluum_has_it_no_more(
    web: Client, finished: Report, sandbox: World
) -> None:
    for status in (404, 503):
        faults.add(sandbox, {"route": "*", "kind": "status", "status": status})
        assert reports.advance_report(finished)
        faults.clear(sandbox)
    finished.refresh_from_db()
    assert (finished.status, finished.stuck_at) == ("ready", None)


def test_an_older_statement_is_looked_at_less_often(finished: Report) -> None:
    waits = []
    for years in (0, 1, 3):
        finished.last_day = timezone.localdate() - timedelta(days=20 + 300 * years)
        waits.append(reports.next_look(finished).days)
    assert waits[0] < 9 < waits[1] < 40 < waits[2]
