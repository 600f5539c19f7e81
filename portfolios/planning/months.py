"""Counting months between days, as projections do."""

from __future__ import annotations

from datetime import date, timedelta


def months_until(by: date, today: date) -> int:
    """Whole months from today to the date; at least 1, so that there is something to project.

    From the 29th to the end of a short February is a whole month, as `months_later` counts.
    """
    months = (by.year - today.year) * 12 + by.month - today.month
    return max(months - (months_later(today, months) > by), 1)


def months_later(day: date, months: int) -> date:
    """The same day of the month, so many months later; the last day where there is no such day."""
    index = day.year * 12 + day.month - 1 + months
    first = date(index // 12, index % 12 + 1, 1)
    following = date((index + 1) // 12, (index + 1) % 12 + 1, 1)
    return min(first + timedelta(days=day.day - 1), following - timedelta(days=1))
