"""Insights: what Bluum notices, in our words; putting one away, and taking that back."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.guards import Request, disclosed_with, investor_required
from portfolios import insights as reader
from portfolios import services
from portfolios.models import Insight, InsightFeed
from portfolios.snapshot import accounts_with_everything, snapshot
from robo import agenda
from robo.ui import words

LATE_AFTER = timedelta(days=1)
PUT_AWAY_SHOWN = 30


@disclosed_with(accounts_with_everything)
@require_safe
def insights(request: Request) -> HttpResponse:
    """All of it: what is noticed, what may matter for tax, what was put away."""
    account = request.account
    known = snapshot(account)
    rows = list(Insight.objects.filter(account=account).open())
    found = reader.board(rows, known.known)
    feed = known.feed
    context = {
        "account": account,
        "feed": feed,
        "board": found,
        "headline": headline(found, feed),
        "is_late": bool(
            feed and feed.refreshed_at and timezone.now() - feed.refreshed_at > LATE_AFTER
        ),
        "is_signed": known.signed is not None,
        "tax": tax_rows(feed) if feed else [],
        "small_saving": sum(idea.saving or 0 for idea in found.small_taxes),
        "put_away": Insight.objects.filter(account=account)
        .exclude(dismissed_at=None)
        .order_by("-dismissed_at")[:PUT_AWAY_SHOWN],
        "todo": [] if found.readings else agenda.things_to_do(account)[:1],
    }
    return render(request, "portfolios/insights.html", context)


def headline(found: reader.Board, feed: InsightFeed | None) -> str:
    if feed is None or feed.refreshed_at is None:
        return "Nothing to tell yet."
    count = len(found.readings)
    if not count:
        return "Nothing needs a look."
    soon = sum(reading.row.priority == "high" for reading in found.readings)
    if soon:
        return f"{words.number(soon).capitalize()} thing{'s' * (soon > 1)} to look at soon."
    return f"{words.number(count).capitalize()} thing{'s' * (count > 1)} to look at when you like."


def tax_rows(feed: InsightFeed) -> list[tuple[str, str]]:
    """Bluum's summary of the tax year, each line with its amount or "not known"."""
    lines = (
        ("Gains taken, held a year or less", "estimated_short_term_gains", 1),
        ("Gains taken, held longer", "estimated_long_term_gains", 1),
        ("Losses taken", "realized_losses_ytd", -1),
        ("Losses on paper: lots below their cost", "harvestable_losses", -1),
    )
    found = []
    for name, key, sign in lines:
        value = feed.tax.get(key)
        amount = None if value is None else sign * abs(words.decimal(value))
        found.append((name, words.money(amount)))
    return found if feed.tax else []


def _own(request: Request, pk: int) -> Insight:
    row: Insight = get_object_or_404(Insight.objects.visible_to(request.user), pk=pk)
    return row


@investor_required
@require_POST
def insight_dismiss(request: Request, pk: int) -> HttpResponse:
    """Put one away: its place says so, and offers to take it back."""
    row = _own(request, pk)
    services.dismiss_insight(row)
    if request.htmx:
        return render(request, "portfolios/_insight_away.html", {"row": row})
    messages.success(request, "Put away. You find it under “Put away” on the insights page.")
    return redirect("home" if request.POST.get("from") == "home" else "portfolios:insights")


@investor_required
@require_POST
def insight_restore(request: Request, pk: int) -> HttpResponse:
    services.restore_insight(_own(request, pk))
    messages.success(request, "It is shown again.")
    return redirect("home" if request.POST.get("from") == "home" else "portfolios:insights")
