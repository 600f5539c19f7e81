"""Putting an insight away, and taking it back. Ours alone: Bluum isn't told and needn't know."""

from django.utils import timezone

from portfolios.models import Insight


def dismiss_insight(row: Insight) -> None:
    """Don't show it again while it is the same one. Again is harmless."""
    Insight.objects.filter(pk=row.pk, dismissed_at=None).update(dismissed_at=timezone.now())


def restore_insight(row: Insight) -> None:
    Insight.objects.filter(pk=row.pk).update(dismissed_at=None)
