"""What Bluum notices: read every few hours, kept by its id, told rarely."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from accounts import services as accounts
from accounts.guards import DISCLOSURES
from accounts.models import Account, Topic
from portfolios import insights
from portfolios.models import Insight, InsightFeed
from portfolios.snapshot import Snapshot
from robo import bluum, clients
from robo.bluum.advice import Insights, Recommendations, TaxOptimization

EVERY = timedelta(hours=6)
NOT_OPEN = timedelta(minutes=10)
NOT_OFFERED = timedelta(days=1)
TOLD_EVERY = timedelta(days=7)
MOST = 50
"""As many as Bluum gives at once."""
ANY_RANK = {"low": "low", "medium": "medium", "high": "medium"}
"""A recommendation's confidence as a priority: however sure, it is no more than worth a look."""


@dataclass(frozen=True, slots=True)
class Said:
    """Everything Bluum said on one round."""

    insights: Insights
    recommendations: Recommendations
    taxes: TaxOptimization


def expect_insights(account: Account) -> None:
    """See to it that the account's insights are read."""
    feed, created = InsightFeed.objects.get_or_create(account=account)
    if created:
        feed.enqueue()


def advance_insights(feed: InsightFeed) -> timedelta | None:
    """Read what Bluum notices. A refusal means that it isn't offered; we ask again each day."""
    account = feed.account
    if wait := account.wait_until_open():
        return max(wait, NOT_OPEN)
    api, account_id = clients.bluum().advice, str(account.bluum_id)
    try:
        said = Said(
            api.insights(account_id, limit=MOST),
            api.recommendations(account_id),
            api.tax_optimization(account_id),
        )
    except bluum.Refused:
        return NOT_OFFERED
    apply_insights(feed.pk, said)
    tell_of_new(account)
    return EVERY


@transaction.atomic
def apply_insights(pk: int, said: Said) -> None:
    """Write what Bluum gave. What it no longer gives is gone; what was put away stays away."""
    feed = InsightFeed.objects.select_for_update().get(pk=pk)
    now = timezone.now()
    kept = {(r.source, r.bluum_id): r for r in Insight.objects.filter(account_id=feed.account_id)}
    rows = {(r.source, r.bluum_id): r for r in _rows(feed, said)}
    for key, row in rows.items():
        before = kept.get(key)
        if before is None:
            continue
        row.first_seen_at, row.dismissed_at = before.first_seen_at, before.dismissed_at
        if before.gone_at and now - before.gone_at > Insight.NEW_AGAIN_AFTER:
            row.first_seen_at, row.dismissed_at = now, None
    Insight.objects.bulk_create(
        rows.values(),
        update_conflicts=True,
        unique_fields=["account", "source", "bluum_id"],
        update_fields=[
            "category", "priority", "title", "summary", "data", "expires_at", "first_seen_at",
            "seen_at", "gone_at", "dismissed_at",
        ],
    )  # fmt: skip
    gone = [r.pk for key, r in kept.items() if key not in rows and r.gone_at is None]
    Insight.objects.filter(pk__in=gone).update(gone_at=now)
    feed.refreshed_at, feed.tax_year = now, said.taxes.tax_year
    summary = said.taxes.tax_summary
    feed.tax = json.loads(summary.model_dump_json()) if summary else {}
    feed.save(update_fields=["refreshed_at", "tax_year", "tax"])


def _rows(feed: InsightFeed, said: Said) -> Iterator[Insight]:
    for i in said.insights.insights:
        yield _row(
            feed, Insight.Source.INSIGHT, i.insight_id, i.category, i.priority, i.title, i.summary,
            i.model_dump_json(), expires_at=i.expires_at,
        )  # fmt: skip
    for r in said.recommendations.recommendations:
        priority = ANY_RANK.get(r.confidence or "", "low")
        yield _row(
            feed, Insight.Source.RECOMMENDATION, r.recommendation_id, r.type, priority, r.title,
            r.rationale, r.model_dump_json(),
        )  # fmt: skip
    for t in said.taxes.opportunities:
        key = t.opportunity_id or f"{said.taxes.tax_year}-{t.type}-{t.title}"
        yield _row(
            feed, Insight.Source.TAX, key, t.type, "low", t.title, t.description,
            t.model_dump_json(),
        )  # fmt: skip


def _row(
    feed: InsightFeed,
    source: str,
    key: str,
    category: str | None,
    priority: str | None,
    title: str,
    summary: str | None,
    data: str,
    **more: Any,
) -> Insight:
    return Insight(
        account_id=feed.account_id,
        source=source,
        bluum_id=key[:160],
        category=(category or "")[:30],
        priority=(priority or "informational")[:16],
        title=title[:300],
        summary=summary or "",
        data=json.loads(data),
        **more,
    )


@transaction.atomic
def tell_of_new(account: Account) -> None:
    """Tell of new ones that matter: once a week at most, and never of those there were at first.

    Nothing is told before the disclosures are signed.
    """
    feed = InsightFeed.objects.select_for_update().get(account=account)
    now, since = timezone.now(), feed.told_at
    if since is None:
        InsightFeed.objects.filter(pk=feed.pk).update(told_at=now)
        return
    if now - since < TOLD_EVERY:
        return
    rows = Insight.objects.filter(account=account).open().filter(first_seen_at__gt=since)
    fresh = list(rows.filter(source=Insight.Source.INSIGHT, priority__in=["high", "medium"]))
    if not fresh or not accounts.has_signed(account, DISCLOSURES):
        return
    readings = insights.board(fresh, Snapshot(account).known).readings
    if not readings:
        return
    first, others = readings[0], len(readings) - 1
    more = f" And {others} more." if others else ""
    accounts.tell(
        account=account,
        key=f"insights-{since:%Y%m%d%H%M%S}",
        title=first.title[:120],
        body=f"{first.words}{more} You decide whether to do anything."[:400],
        url=reverse("portfolios:insights"),
        topic=Topic.INSIGHTS,
    )
    InsightFeed.objects.filter(pk=feed.pk).update(told_at=now)
