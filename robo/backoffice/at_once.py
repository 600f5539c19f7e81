"""Rows of many kinds in one question to the database: for a page that shows much of one client.

Each kind is read as JSON into an array beside the others, so it may have its own order and limit.
Files and sealed columns are never read along; asked for, they are fetched as deferred ones are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    BinaryField,
    DecimalField,
    Field,
    Func,
    JSONField,
    Model,
    QuerySet,
)

Name = TypeVar("Name")


@dataclass(frozen=True, slots=True)
class Some:
    """Some rows of one kind, in their order. `without` names columns left out, such as long texts
    (`text__body` of what is beside); `beside` foreign keys whose rows are read along."""

    rows: QuerySet[Any]
    without: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()


def read(one: QuerySet[Any], wanted: Mapping[Name, Some]) -> dict[Name, list[Any]]:
    """What is wanted, by its name, as instances of its models. `one` is any queryset of exactly
    one row, beside which the rest is read."""
    if not wanted:
        return {}
    names = {f"kind_{number}": name for number, name in enumerate(wanted)}
    arrays = {key: ArraySubquery(_as_json(wanted[name])) for key, name in names.items()}
    found = one.order_by().values(**arrays).get()
    return {name: [_made(wanted[name], row) for row in found[key]] for key, name in names.items()}


Columns = dict[str, "Field[Any, Any]"]


def _columns(model: type[Model], some: Some, path: str = "") -> Columns:
    return {
        f"{path}{field.attname}": field
        for field in model._meta.concrete_fields
        if not isinstance(field, BinaryField) and f"{path}{field.name}" not in some.without
    }


def _related(some: Some, name: str) -> type[Model]:
    found: type[Model] = some.rows.model._meta.get_field(name).related_model
    return found


class _Row(Func):
    """Columns of one table or of several joined ones as one JSON object.

    Only one column of each is an expression of its own, to know the table by. Django's
    `JSONObject` has one for each column and each name, which takes longer than the query.
    """

    output_field = JSONField()
    AT_ONCE = 50
    """A function of PostgreSQL takes a hundred arguments."""

    def __init__(self, tables: list[Columns]) -> None:
        super().__init__(*(_not_key(columns) for columns in tables))
        self.tables = tables

    def as_sql(self, compiler: Any, connection: Any, **extra: Any) -> Any:  # type: ignore[override]
        quote = connection.ops.quote_name
        pairs = []
        for known, columns in zip(self.source_expressions, self.tables, strict=True):
            table = compiler.quote_name_unless_alias(known.alias)  # type: ignore[attr-defined]
            for name, field in columns.items():
                # Decimals as text: JSON's numbers would come back as floats.
                cast = "::text" if isinstance(field, DecimalField) else ""
                pairs.append(f"'{name}', {table}.{quote(field.column)}{cast}")
        parts = [pairs[at : at + self.AT_ONCE] for at in range(0, len(pairs), self.AT_ONCE)]
        return " || ".join(f"jsonb_build_object({', '.join(part)})" for part in parts), []


def _not_key(columns: Columns) -> str:
    """The name of a column that isn't the key: that of a joined row stands in this table, too."""
    return next(name for name, field in columns.items() if not field.primary_key)


def _as_json(some: Some) -> QuerySet[Any]:
    tables = [_columns(some.rows.model, some)]
    tables += [_columns(_related(some, name), some, f"{name}__") for name in some.beside]
    return some.rows.values(row=_Row(tables))


def _made(some: Some, row: dict[str, Any]) -> Any:
    made = _instance(some.rows.model, _columns(some.rows.model, some), row)
    for name in some.beside:
        model = _related(some, name)
        known = row[f"{name}__{model._meta.pk.attname}"] is not None
        columns = _columns(model, some, f"{name}__")
        setattr(made, name, _instance(model, columns, row) if known else None)
    return made


def _instance(model: type[Model], columns: Columns, row: dict[str, Any]) -> Model:
    values = [field.to_python(row[name]) for name, field in columns.items()]
    return model.from_db("default", [field.attname for field in columns.values()], values)
