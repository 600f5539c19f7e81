"""The money place: what's under way, what's coming, and one ledger of everything that happened."""

import csv
import re
from collections.abc import Iterator
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from accounts.guards import Request, investor_required, investor_with
from accounts.models import Account
from funding import entries, ofx, rhythm
from funding.agenda import money_of
from funding.models import Ledger, Wallet
from funding.under_way import under_way
from portfolios.snapshot import accounts_with_everything
from robo import agenda, partner

NEW_YORK = ZoneInfo("America/New_York")


@investor_required
@require_GET
def money(request: Request) -> HttpResponse:
    return redirect("funding:activity", permanent=False)


def accounts_with_money() -> QuerySet[Account]:
    """Accounts with all that the money place needs of which there is one."""
    return accounts_with_everything().select_related("wallet", "ledger")


@investor_with(accounts_with_money)
@require_GET
def activity(request: Request) -> HttpResponse:
    """What is under way and coming, and a page of the ledger as the address asks for it."""
    account = request.account
    choice = entries.chosen(account, request.GET)
    before = _day(request.GET.get("before", ""))
    page = entries.page_of(choice, before)
    wallet: Wallet | None = getattr(account, "wallet", None)
    as_of = wallet and wallet.refreshed_at
    ledger: Ledger | None = getattr(account, "ledger", None)
    moving = under_way(account, ledger)
    context = {
        "form": entries.ActivityForm(initial=choice.given),
        "choice": choice,
        "understood": entries.in_short(choice.asked) if choice.given.get("q") else [],
        "days": entries.by_day(page.entries),
        "before": before,
        "older": choice.address(before=page.older.isoformat()) if page.older else "",
        "newest": choice.address() or "?",
        "all_url": choice.address(only=""),
        "money_url": choice.address(only="money"),
        "file_query": choice.address(),
        "total": entries.total(choice) if choice.is_narrowed else None,
        "ledger": ledger,
        "cash": wallet.available if wallet and as_of else None,
        "as_of": as_of,
        "moving": moving,
        "coming": [
            item
            for item in agenda.things_to_come(account, limit=8)
            if item.kind not in {"deposit", "withdrawal"}
        ][:5],
        "next_run": _next_run(account),
    }
    return render(request, "funding/activity.html", context)


@investor_required
@require_GET
def activity_csv(request: Request) -> HttpResponse:
    """What the address asks for as a file. Days are New York's; amounts plain dollars."""
    choice = entries.chosen(request.account, request.GET)
    body = "".join(_lines(choice))
    return _as_file(HttpResponse(body, content_type="text/csv; charset=utf-8"), "csv")


@investor_required
@require_GET
def activity_ofx(request: Request) -> HttpResponse:
    """The lines of cash that the address asks for, with positions and cash of now, as OFX 2.2."""
    account = request.account
    choice = entries.chosen(account, request.GET)
    rows = list(entries.movements(choice).in_order().select_related("account"))
    today = timezone.now().astimezone(NEW_YORK).date()
    ledger = Ledger.objects.filter(account=account).first()
    body = ofx.statement(
        account,
        rows,
        first=choice.asked.first or (rows[0].day if rows else today),
        last=choice.asked.last or today,
        cash=ledger.balance if ledger else None,
        now=_read_at(ledger),
    )
    return _as_file(HttpResponse(body, content_type="application/x-ofx"), "ofx")


def _read_at(ledger: Ledger | None) -> datetime:
    """The moment of the figures, so that the same ledger is the same file."""
    return (ledger and ledger.read_at) or timezone.now()


def _as_file(response: HttpResponse, ending: str) -> HttpResponse:
    name = f"{partner.current().slug}-activity-{timezone.localdate():%Y-%m-%d}.{ending}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


class _Echo:
    """A file that gives back what is written to it."""

    def write(self, value: str) -> str:
        return value


COLUMNS = (
    "day", "kind", "what", "amount_usd", "cash_after_usd", "status", "detail", "facts",
)  # fmt: skip


def _lines(choice: entries.Choice) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield writer.writerow(COLUMNS)
    for entry in entries.every_entry(choice):
        facts = "; ".join(f"{label}: {value}" for label, value in entry.facts)
        row = [
            entry.day.isoformat(),
            entry.kind,
            entry.title,
            "" if entry.amount is None else f"{entry.amount:.2f}",
            "" if entry.balance is None else f"{entry.balance:.2f}",
            entry.status,
            entry.detail,
            facts,
        ]
        yield writer.writerow(map(_harmless, row))


def _harmless(text: str) -> str:
    """A spreadsheet must not take a cell for a formula; a number stays one."""
    is_number = re.fullmatch(r"-?\d+(\.\d+)?", text)
    risky = not is_number and text.lstrip()[:1] in {"=", "+", "-", "@"}
    return f"'{text}" if risky or text[:1] in {"\t", "\r"} else text


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _next_run(account: Account) -> rhythm.Coming | None:
    going = (s for s in money_of(account).going if s.next_execution)
    next_ones = [run for s in going for run in rhythm.coming(s, 1)]
    return min(next_ones, key=lambda run: run.day, default=None)
