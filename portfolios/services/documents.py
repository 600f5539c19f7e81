"""Everything on paper: one list of what was signed, planned, reported."""

from dataclasses import dataclass
from datetime import date

from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts.models import Account, Signature
from portfolios.models import FinancialPlan, Policy, Report

STATEMENTS, REPORTS = "statements", "reports"
PLANS, POLICIES, AGREEMENTS = "plans", "policies", "agreements"
GROUPS = {
    STATEMENTS: "Statements",
    REPORTS: "Reports",
    PLANS: "Plans",
    POLICIES: "Policies",
    AGREEMENTS: "Agreements",
}


@dataclass(frozen=True, slots=True)
class Paper:
    """A row of the list. `file` is the address of a download, empty where there is none yet."""

    group: str
    day: date
    title: str
    url: str
    file: str = ""
    note: str = ""
    kind: str = ""
    """What the download is: PDF, JSON, text."""


def papers(account: Account) -> list[Paper]:
    """All of an account's documents, the newest first within each group. Four queries."""
    found = [*reports(account), *plans(account), *policies(account), *agreements(account)]
    return sorted(found, key=lambda p: (list(GROUPS).index(p.group), -p.day.toordinal()))


def reports(account: Account) -> list[Paper]:
    rows = Report.objects.filter(account=account).defer("pdf", "data")
    return [
        Paper(
            STATEMENTS if r.kind == Report.Kind.STATEMENT else REPORTS,
            min(r.last_day, timezone.localdate()),
            r.title,
            reverse("portfolios:report", args=[r.pk]),
            reverse("portfolios:report-file", args=[r.pk])
            if r.status == Report.Status.READY
            else "",
            _note(r),
            "PDF" if r.kind == Report.Kind.STATEMENT else "JSON",
        )
        for r in rows
    ]


def _note(row: Report) -> str:
    if row.status == Report.Status.FETCHING:
        return "Being fetched"
    if row.status == Report.Status.REFUSED:
        return "Not available"
    return "" if row.is_final else "So far; brought up to date each day"


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
        found.append(Paper(AGREEMENTS, day, title, url, f"{url}?as=text", note, "Text"))
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
