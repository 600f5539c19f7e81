"""Rows of many kinds in one question to the database: for a page that shows much of one client.

Each kind is read as JSON into an array beside the others, so it may have its own order and limit.
Files and sealed columns are never read along; asked for, they are fetched as deferred ones are.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BinaryField, DecimalField, F, Field, Model, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject

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


def _columns(model: type[Model], some: Some, path: str = "") -> dict[str, "Field[Any, Any]"]:
    return {
        f"{path}{field.attname}": field
        for field in model._meta.concrete_fields
        if not isinstance(field, BinaryField) and f"{path}{field.name}" not in some.without
    }


def _related(some: Some, name: str) -> type[Model]:
    found: type[Model] = some.rows.model._meta.get_field(name).related_model
    return found


def _as_json(some: Some) -> QuerySet[Any]:
    columns = _columns(some.rows.model, some)
    for name in some.beside:
        columns |= _columns(_related(some, name), some, f"{name}__")
    return some.rows.values(
        row=JSONObject(
            **{
                # Decimals as text: JSON's numbers would come back as floats.
                name: Cast(name, TextField()) if isinstance(field, DecimalField) else F(name)
                for name, field in columns.items()
            }
        )
    )


def _made(some: Some, row: dict[str, Any]) -> Any:
    made = _instance(some.rows.model, _columns(some.rows.model, some), row)
    for name in some.beside:
        model = _related(some, name)
        known = row[f"{name}__{model._meta.pk.attname}"] is not None
        columns = _columns(model, some, f"{name}__")
        setattr(made, name, _instance(model, columns, row) if known else None)
    return made


def _instance(
    model: type[Model], columns: dict[str, "Field[Any, Any]"], row: dict[str, Any]
) -> Model:
    values = [field.to_python(row[name]) for name, field in columns.items()]
    return model.from_db("default", [field.attname for field in columns.values()], values)
