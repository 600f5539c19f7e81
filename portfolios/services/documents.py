"""Everything on paper: one list of what was signed, planned, reported."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db.models import F
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import Account, Signature
from portfolios.models import FinancialPlan, Policy, Report, Valuation
from portfolios.models.reports import CUSTOM
from robo.ui import words

NEW_YORK = ZoneInfo("America/New_York")

STATEMENTS, REPORTS, TAX = "statements", "reports", "tax"
PLANS, POLICIES, AGREEMENTS = "plans", "policies", "agreements"
AUTHORIZATIONS = "authorizations"
GROUPS = {
    STATEMENTS: "Statements",
    REPORTS: "Reports",
    TAX: "Tax forms",
    PLANS: "Plans",
    POLICIES: "Policies",
    AGREEMENTS: "Agreements",
    AUTHORIZATIONS: "Bank authorizations",
}
FORM_DAY = (2, 15)
"""Month and day by which brokers send Form 1099-B and its companions (IRC § 6045(b))."""
MOST_CUSTOM = 20
"""Statements of one's own range that may be asked for in a day."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A row of the list. `file` is the address of a download, empty where there is none yet."""

    group: str
    day: date
    title: str
    url: str = ""
    file: str = ""
    note: str = ""
    kind: str = ""
    """What the download is: PDF, JSON, text."""


Provider = Callable[[Account], Iterable[Paper]]
_later: list[Provider] = []


def announce(provider: Provider) -> Provider:
    """Register what a later app has on paper: a function of an account, one query."""
    _later.append(provider)
    return provider


def papers(account: Account) -> list[Paper]:
    """All of an account's documents, the newest first within each group."""
    mine = reports(account)
    found = [
        *mine,
        *tax_forms(mine),
        *plans(account),
        *policies(account),
        *agreements(account),
        *(paper for provider in _later for paper in provider(account)),
    ]
    return sorted(found, key=lambda p: (list(GROUPS).index(p.group), -p.day.toordinal()))


def fitting(found: Iterable[Paper], text: str, year: str) -> list[Paper]:
    """Those with all the words in their title, group, note or kind, of that year if one is told."""
    asked = text.casefold().split()
    return [
        p
        for p in found
        if (not year or str(p.day.year) == year)
        and all(
            word in f"{p.title} {GROUPS[p.group]} {p.note} {p.kind} {p.day:%B %Y}".casefold()
            for word in asked
        )
    ]


def tax_forms(known: Iterable[Paper]) -> list[Paper]:
    """Each year with a report of gains, and when its Form 1099 is due. Bluum has no tax forms to
    fetch, so none is shown as being here."""
    today = timezone.now().astimezone(NEW_YORK).date()
    years = {p.title[-4:] for p in known if p.title.startswith("Gains, losses")}
    found = []
    for year in sorted(int(y) for y in years if y.isdigit()):
        due = date(year + 1, *FORM_DAY)
        note = (
            f"Not yet: usually by {words.long_day(due)}, from our custodian."
            if today <= due
            else f"Was due by {words.long_day(due)}, from our custodian. Haven’t got it? Ask us."
        )
        found.append(Paper(TAX, due, f"Form 1099 for {year}", note=note))
    return found


class NotPossible(ValueError):
    """Why a statement can't be asked for, as the person reads it."""


def first_day_of(account: Account) -> date | None:
    """The first day with money in it; None before."""
    days = Valuation.objects.filter(portfolio__account=account).exclude(contributed=0)
    found: date | None = days.order_by("day").values_list("day", flat=True).first()
    return found


def ask_for_statement(account: Account, first: date, last: date) -> Report:
    """A statement of one's own range, fetched by the report's step. The same range is the same
    statement. Raises NotPossible."""
    today = timezone.now().astimezone(NEW_YORK).date()
    began = first_day_of(account)
    if last < first:
        raise NotPossible("The last day comes before the first.")
    if began is None or last < began:
        raise NotPossible("There was no money in your account on those days.")
    if last > today:
        raise NotPossible("The last day can’t lie ahead.")
    lately = timezone.now() - timedelta(days=1)
    asked = Report.objects.filter(account=account, span=CUSTOM, created_at__gt=lately)
    if asked.count() >= MOST_CUSTOM:
        raise NotPossible(f"That is more than {MOST_CUSTOM} statements within a day. Try tomorrow.")
    made, new = Report.objects.get_or_create(
        account=account,
        kind=Report.Kind.STATEMENT,
        span=CUSTOM,
        replaced_by=None,
        first_day=first,
        last_day=last,
        defaults={"title": f"Statement, {words.long_day(first)} to {words.long_day(last)}"[:120]},
    )
    if new:
        made.enqueue()
    return made


def reports(account: Account) -> list[Paper]:
    rows = Report.objects.filter(account=account).order_by(
        "-last_day", "-first_day", "kind", F("replaced_by_id").desc(nulls_first=True), "-pk"
    )
    rows = rows.select_related("replaced_by").defer(
        "pdf", "data", "replaced_by__pdf", "replaced_by__data"
    )
    return [
        Paper(
            STATEMENTS if r.kind == Report.Kind.STATEMENT else REPORTS,
            _day_of(r),
            f"{r.title}, before its correction" if r.replaced_by_id else r.title,
            reverse("portfolios:report", args=[r.pk]),
            reverse("portfolios:report-pdf", args=[r.pk])
            if r.status == Report.Status.READY
            else "",
            _note(r),
            "PDF",
        )
        for r in rows
    ]


def _day_of(row: Report) -> date:
    """Its last day, as far as it has come; of a comparison, the day it was fetched on."""
    today = timezone.now().astimezone(NEW_YORK).date()
    if row.kind == Report.Kind.BENCHMARK:
        return row.fetched_at.astimezone(NEW_YORK).date() if row.fetched_at else today
    return min(row.last_day, today)


def _note(row: Report) -> str:
    if row.status == Report.Status.FETCHING:
        return "Being fetched"
    if row.status == Report.Status.REFUSED:
        return "Not available"
    if row.replaced_by and row.replaced_by.corrected_at:
        return f"Replaced by a correction on {words.day(row.replaced_by.corrected_at)}"
    if row.ties is False:
        return "The lines don’t add up to the closing value; we have asked"
    if row.corrected_at:
        return f"Corrected on {words.day(row.corrected_at)}"
    if row.kind == Report.Kind.BENCHMARK:
        return ""
    if not row.is_final:
        return "So far; brought up to date each day"
    fresh = row.delivered_at and row.delivered_at > timezone.now() - timedelta(days=60)
    return "New" if fresh and not row.opened_at else ""


def plans(account: Account) -> list[Paper]:
    rows = FinancialPlan.objects.filter(account=account).defer("inputs")
    return [
        Paper(
            PLANS, timezone.localdate(r.created_at), f"Financial plan, version {r.version}",
            reverse("portfolios:plan-version", args=[r.pk]),
            reverse("portfolios:plan-pdf", args=[r.pk]), kind="PDF",
        )
        for r in rows
    ]  # fmt: skip


def policies(account: Account) -> list[Paper]:
    rows = Policy.objects.filter(account=account, accepted_at__isnull=False)
    return [
        Paper(
            POLICIES, timezone.localdate(r.accepted_at), f"Investment policy, version {r.version}",
            reverse("portfolios:policy-version", args=[r.pk]),
            _address("portfolios:policy-pdf", r.pk), r.get_status_display(), "PDF",
        )
        for r in rows.only("pk", "accepted_at", "version", "status")
    ]  # fmt: skip


def agreements(account: Account) -> list[Paper]:
    """What was signed, but for policies, which have their own group."""
    rows = Signature.objects.filter(account=account).exclude(kind="policy").select_related("text")
    found = []
    for row in rows.defer("text__body"):
        url = reverse("accounts:agreement", args=[row.pk])
        day, title = timezone.localdate(row.signed_at), row.text.title
        note = f"Version {row.text.version}, in the exact words you signed"
        file = reverse("portfolios:signed-pdf", args=[row.pk])
        found.append(Paper(AGREEMENTS, day, title, url, file, note, "PDF"))
    return found


def _address(name: str, pk: int) -> str:
    """Empty where there is no such page."""
    try:
        return reverse(name, args=[pk])
    except NoReverseMatch:
        return ""


def opened(report: Report) -> None:
    """Remember when its investor first opened it."""
    Report.objects.filter(pk=report.pk, opened_at=None).update(opened_at=timezone.now())
