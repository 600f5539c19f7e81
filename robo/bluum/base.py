"""How Bluum's JSON becomes frozen, typed results, and how our values become Bluum's JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import quote
from uuid import UUID

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from robo.bluum.errors import Unavailable

if TYPE_CHECKING:
    from robo.bluum.client import Bluum

Key = UUID | str
"""An idempotency key: one per intention, stored with our row before the first request."""


def _utc(value: datetime) -> datetime:
    """Bluum's instants are UTC, also where one lacks its zone."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _day_only(value: object) -> object:
    """A day that comes as an instant is read by its date."""
    return value[:10] if isinstance(value, str) and value[10:11] == "T" else value


Instant = Annotated[datetime, AfterValidator(_utc)]
Day = Annotated[date, BeforeValidator(_day_only)]
Lower = Annotated[str, AfterValidator(str.lower)]
Upper = Annotated[str, AfterValidator(str.upper)]


class Model(BaseModel):
    """A result. What Bluum did not say is None; what we do not know of is ignored.

    Both snake_case and camelCase are read; null means the same as absent.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(name, to_camel(name))
        ),
        populate_by_name=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, data: Any) -> Any:
        if isinstance(data, dict):
            return {name: value for name, value in data.items() if value is not None}
        return data


class Personal(Model):
    """A result about a person: its repr shows nothing, so that no log or traceback does."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return []


AnyModel = TypeVar("AnyModel", bound=Model)


def unreadable(what: str) -> Unavailable:
    """A 2xx answer that makes no sense. What it answers may have been done."""
    return Unavailable(f"Unreadable answer: {what}", outcome_unknown=True)


def read(kind: type[AnyModel], data: object) -> AnyModel:
    """Make one result. Raises Unavailable if the answer does not hold what it must."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        places = {".".join(str(step) for step in found["loc"]) for found in error.errors()}
        raise unreadable(f"{kind.__name__} ({', '.join(sorted(places))})") from None


def one(data: object, *names: str) -> dict[str, Any]:
    """The object in an answer: plain, in `{status, data}`, or below one of `names`."""
    if isinstance(data, dict):
        inner = data.get("data")
        if isinstance(inner, dict):
            return one(inner, *names)
        for name in names:
            if isinstance(data.get(name), dict):
                return dict(data[name])
        return data
    raise unreadable("not an object")


def rows(data: object, *names: str) -> list[Any]:
    """The list in an answer, whichever of the envelopes it comes in."""
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        for name in names:
            if isinstance(data.get(name), list):
                return list(data[name])
        if isinstance(data.get("data"), list | dict):
            return rows(data["data"], *names)
    raise unreadable(f"no list of {names[0] if names else 'items'}")


def read_all(kind: type[AnyModel], data: object, *names: str) -> tuple[AnyModel, ...]:
    return tuple(read(kind, row) for row in rows(data, *names))


def path(*parts: str) -> str:
    """A path of quoted segments. Raises ValueError for a segment that would change the route."""
    for part in parts:
        if not part or part in (".", ".."):
            raise ValueError("An empty id cannot name anything at Bluum")
    return "/" + "/".join(quote(part, safe="") for part in parts)


def money(amount: Decimal) -> str:
    """Dollars and cents for Bluum, as text. Raises ValueError rather than round someone's money."""
    if not isinstance(amount, Decimal):
        raise TypeError("Money is Decimal")
    if not amount.is_finite() or amount != round(amount, 2):
        raise ValueError("Money has at most two decimals")
    return f"{amount:.2f}"


def money_or_none(amount: Decimal | None) -> str | None:
    return None if amount is None else money(amount)


def keyed(key: Key | None) -> dict[str, str]:
    return {} if key is None else {"Idempotency-Key": str(key)}


class Unset(Enum):
    """Marks an argument that was not given, where None means: take it away."""

    UNSET = "unset"


UNSET = Unset.UNSET


def present(**fields: object) -> dict[str, Any]:
    """A body of what was given: None is left out."""
    return {name: wire(value) for name, value in fields.items() if value is not None}


def changed(**fields: object) -> dict[str, Any]:
    """A body of what changes: UNSET is left out, None is sent as null."""
    return {name: wire(value) for name, value in fields.items() if value is not UNSET}


def wire(value: object) -> Any:
    """Our types in Bluum's spelling: decimals as plain text, instants in UTC with Z."""
    match value:
        case Enum():
            return value.value
        case Decimal():
            return f"{value:f}"
        case datetime():
            if value.tzinfo is None:
                raise ValueError("Time is aware")
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case BaseModel():
            return {name: wire(inner) for name, inner in dict(value).items() if inner is not None}
        case Mapping():
            return {str(name): wire(inner) for name, inner in value.items()}
        case list() | tuple():
            return [wire(inner) for inner in value]
        case _:
            return value


class Resource:
    def __init__(self, client: Bluum) -> None:
        self._client = client
