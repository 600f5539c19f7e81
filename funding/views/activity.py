"""The money place: what's here, what's coming, and one ledger of everything that happened."""

import csv
from collections.abc import Iterator
from datetime import UTC
from itertools import groupby

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.guards import Request, investor_required
from accounts.models import Account
from funding import services
from funding.models import Deposit, Schedule
from robo import agenda
from robo.agenda import Item
from robo.ui import words

KINDS = {
    "deposit": "Deposits",
    "withdrawal": "Withdrawals",
    "auto_invest": "Auto-invest",
    "investment": "Investments",
    "bank": "Banks",
    "policy": "Policy",
    "goal": "Goals",
    "account": "Account",
    "document": "Documents",
}
PER_PAGE = 50


@investor_required
@require_GET
def money(request: Request) -> HttpResponse:
    return redirect("funding:activity", permanent=False)


@investor_required
@require_GET
def activity(request: Request) -> HttpResponse:
    account = request.account
    items = agenda.things_that_happened(account)
    present = {item.kind for item in items}
    kind = request.GET.get("kind", "")
    if kind:
        items = [item for item in items if item.kind == kind]
    page = Paginator(items, PER_PAGE).get_page(request.GET.get("page"))
    cash, as_of = services.cash_of(account)
    context = {
        "page": page,
        "days": _by_day(list(page.object_list)),
        "kind": kind,
        "kinds": [(slug, name) for slug, name in KINDS.items() if slug in present or slug == kind],
        "query": f"kind={kind}&" if kind in KINDS else "",
        "cash": cash,
        "as_of": as_of,
        "moving": Deposit.objects.moving().filter(account=account).select_related("bank"),
        "coming": agenda.things_to_come(account),
        "next_run": _next_run(account),
    }
    return render(request, "funding/activity.html", context)


@investor_required
@require_GET
def activity_csv(request: Request) -> HttpResponse:
    """The ledger as a file. Times are ISO 8601 in UTC; amounts plain dollars."""
    items = agenda.things_that_happened(request.account)
    if kind := request.GET.get("kind", ""):
        items = [item for item in items if item.kind == kind]
    response = HttpResponse("".join(_lines(items)), content_type="text/csv; charset=utf-8")
    name = f"activity-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


def _lines(items: list[Item]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(["time_utc", "kind", "what", "amount_usd", "status", "detail"])
    for item in items:
        assert item.at is not None
        amount = "" if item.amount is None else f"{item.amount:.2f}"
        at = item.at.astimezone(UTC)
        row = [at.isoformat(timespec="seconds"), item.kind, item.title, amount, item.status]
        yield writer.writerow([*map(_harmless, row), _harmless(item.detail)])


def _harmless(text: str) -> str:
    """A spreadsheet must not take a cell for a formula."""
    return (
        f"'{text}"
        if text[:1] in {"=", "+", "@", "\t", "\r"} or (text[:1] == "-" and not text[1:2].isdigit())
        else text
    )


def _by_day(items: list[Item]) -> list[tuple[object, list[Item]]]:
    """Items in order, grouped by the reader's local day."""

    def local_day(item: Item) -> object:
        assert item.at is not None
        return words.local(item.at).date()

    return [(day, list(group)) for day, group in groupby(items, key=local_day)]


def _next_run(account: Account) -> Schedule | None:
    return (
        Schedule.objects.going()
        .filter(account=account, next_execution__isnull=False)
        .select_related("bank")
        .order_by("next_execution")
        .first()
    )
