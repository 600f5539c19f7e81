"""Rows that a section of a client's page wants, declared beside it and read when it is shown.

One question a kind, however many rows there are. Files and sealed columns are never read along.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db.models import BinaryField, QuerySet

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Some:
    """Some rows of one kind, in their order. `without` names columns left out, such as long texts
    (`text__body` of what is beside); `beside` foreign keys whose rows are read along."""

    rows: QuerySet[Any]
    without: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def read(wanted: Mapping[Name, Some]) -> dict[Name, list[Any]]:
    """What is wanted, by its name."""
    return {name: list(_lean(some)) for name, some in wanted.items()}


def _lean(some: Some) -> QuerySet[Any]:
    rows = some.rows.select_related(*some.beside) if some.beside else some.rows
    fields = some.rows.model._meta.concrete_fields
    return rows.defer(*(f.name for f in fields if isinstance(f, BinaryField)), *some.without)
