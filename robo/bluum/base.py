"""How Bluum's JSON becomes frozen, typed results, and how our values become Bluum's JSON."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_args
from urllib.parse import quote
from uuid import UUID

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel

from robo.bluum.errors import Unavailable

if TYPE_CHECKING:
    from robo.bluum.client import Bluum

log = logging.getLogger("robo.bluum")

Key = UUID | str
"""An idempotency key: one per intention, stored with our row before the first request."""

PAGE = 100
"""Rows asked for at once where a list has pages: the most Bluum gives."""


def _utc(value: datetime) -> datetime:
    """Bluum's instants are UTC, also where one lacks its zone."""
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _day_only(value: object) -> object:
    """A day that comes as an instant is read by its date."""
    return value[:10] if isinstance(value, str) and value[10:11] == "T" else value


def _without_nulls(value: object) -> object:
    if not isinstance(value, dict):
        return value
    return {name: inner for name, inner in value.items() if inner is not None}


Instant = Annotated[datetime, AfterValidator(_utc)]
Day = Annotated[date, BeforeValidator(_day_only)]
Lower = Annotated[str, AfterValidator(str.lower)]
Upper = Annotated[str, AfterValidator(str.upper)]
Number = Annotated[Decimal, "a JSON number"]
"""A decimal that Bluum writes as a JSON number; all others are JSON strings."""
T = TypeVar("T")
Named = Annotated[dict[str, T], BeforeValidator(_without_nulls)]
"""Values by a name of Bluum's or the caller's choosing, such as bands by asset class."""


class Model(BaseModel):
    """A result. What Bluum did not say is None; null means the same as absent.

    Both snake_case and camelCase are read. Whatever we have no field for, or cannot read into an
    optional one, stays in `model_extra` as it came. Bluum's own names work as attributes too:
    `deposit.deposit_id` is `deposit.id`. `to_wire()` gives back what Bluum said.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="allow",
        alias_generator=AliasGenerator(
            validation_alias=lambda name: AliasChoices(name, to_camel(name))
        ),
        populate_by_name=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )

    _said: dict[str, Any] = PrivateAttr(default_factory=dict)
    _envelope: dict[str, Any] = PrivateAttr(default_factory=dict)

    @property
    def envelope(self) -> dict[str, Any]:
        """What stood around the object in the answer: `{status, message}` or nothing."""
        return self._envelope

    @model_validator(mode="wrap")
    @classmethod
    def _tolerate(cls, data: Any, handler: ModelWrapValidatorHandler[Model]) -> Model:
        """Read what can be read; only a field that must be there can make an answer unreadable."""
        if not isinstance(data, dict):
            return handler(data)
        known = _fields(cls)
        told = {
            name: value for name, value in data.items() if value is not None or name not in known
        }
        odd: dict[str, Any] = {}
        try:
            made = handler(told)
        except ValidationError as error:
            optional = [name for name in _unreadable(error, told) if not _required(cls, name)]
            odd = {name: told.pop(name) for name in optional}
            if not odd:
                raise
            log.warning("%s: cannot read %s", cls.__name__, ", ".join(sorted(odd)))
            made = handler(told)
        if odd and made.__pydantic_extra__ is not None:
            made.__pydantic_extra__.update(odd)
        made._said = {name: made._respelled(name, value) for name, value in data.items()}
        return made

    def _respelled(self, name: str, value: object) -> object:
        """A value as Bluum wrote it, where that is not our way: ACTIVE for active, 5 for "5"."""
        field = field_of(type(self), name)
        kept = self.__dict__.get(field)
        match value, kept:
            case (None | dict(), _) | (_, None | ()):
                return None
            case [str(), *_], [Model(), *_]:  # names where objects are usual
                return value
            case list(), _:
                return None
            case str(), Decimal():
                return value if field in _numbers(type(self)) else None
            case str(), datetime():
                return value if len(value) == len("2026-05-01") else None
        return value if wire(kept, numbers=field in _numbers(type(self))) != value else None

    def to_wire(self) -> dict[str, Any]:
        """The object in Bluum's JSON: its names, its order, null where it said null."""
        extra, numbers = self.model_extra or {}, _numbers(type(self))
        made: dict[str, Any] = {}
        for name, spelled in self._said.items():
            field = field_of(type(self), name)
            if name in extra or spelled is not None:
                made[name] = wire(extra.get(name, spelled), numbers=True)
            elif field in self.model_fields_set:
                made[name] = wire(getattr(self, field), numbers=field in numbers)
            else:
                made[name] = None
        return made

    def __eq__(self, other: object) -> bool:
        """Results are equal if they mean the same, however it was spelled."""
        return type(self) is type(other) and dict(self) == dict(other)

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        """Known fields only: nobody can vouch for the others in a log."""
        known = type(self).model_fields
        return [(name, value) for name, value in super().__repr_args__() if name in known]

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            field = _fields(type(self)).get(name)
            if field is not None and field in self.__dict__:
                return self.__dict__[field]
            return super().__getattr__(name)


class Personal(Model):
    """A result about a person: its repr shows nothing, so that no log or traceback does."""

    def __repr_args__(self) -> Iterable[tuple[str | None, Any]]:
        return []


AnyModel = TypeVar("AnyModel", bound=Model)
AnyAnswer = TypeVar("AnyAnswer")


@cache
def _fields(kind: type[Model]) -> dict[str, str]:
    """Each name that Bluum uses for a field of ours, to that field."""
    return {
        str(spelling): name
        for name, field in kind.model_fields.items()
        if isinstance(field.validation_alias, AliasChoices)
        for spelling in (name, *field.validation_alias.choices)
    }


def field_of(kind: type[Model], name: str) -> str:
    """Our name of a field that Bluum calls `name`; a field we don't know keeps its name."""
    return _fields(kind).get(name, name)


@cache
def _numbers(kind: type[Model]) -> frozenset[str]:
    """The fields whose decimals are JSON numbers: those marked so, and free-form ones."""

    def marked(annotation: Any) -> bool:
        if annotation in (Any, object, "a JSON number"):
            return True
        return any(marked(part) for part in get_args(annotation))

    return frozenset(
        name
        for name, field in kind.model_fields.items()
        if marked(field.annotation) or any(map(marked, field.metadata))
    )


def _required(kind: type[Model], name: str) -> bool:
    field = kind.model_fields.get(_fields(kind).get(name, ""))
    return field is not None and field.is_required()


def _unreadable(error: ValidationError, told: Mapping[str, Any]) -> set[str]:
    """The names of an object that a validation stumbled over."""
    return {str(found["loc"][0]) for found in error.errors() if found["loc"]} & set(told)


class Page(tuple[AnyModel, ...]):
    """Rows of a list, and what stood around them: `total` of all pages, where Bluum tells it."""

    envelope: dict[str, Any]

    @property
    def total(self) -> int | None:
        for name in ("total", "total_count", "totalCount"):
            if isinstance(found := self.envelope.get(name), int):
                return found
        return None


def every(
    fetch: Callable[..., Page[AnyModel]],
    *args: Any,
    limit: int = PAGE,
    offset: int = 0,
    **filters: Any,
) -> Iterator[AnyModel]:
    """All rows of a list that has pages, each once: `every(bluum.orders.list, account_id)`.

    Rows that move to a later page meanwhile are not given twice; rows that are new meanwhile may
    be missing. Ends also at a server that ignores `offset`.
    """
    seen: set[str] = set()
    while True:
        page = fetch(*args, **filters, limit=limit, offset=offset)
        new = {str(getattr(row, "id")): row for row in page}  # noqa: B009
        yield from (row for name, row in new.items() if name not in seen)
        offset += len(page)
        last = len(page) < limit if page.total is None else offset >= page.total
        if last or seen.issuperset(new):
            return
        seen.update(new)


class Unreadable(Exception):
    """A 2xx answer that makes no sense."""


def read(kind: type[AnyModel], data: object) -> AnyModel:
    """Make one result. Raises Unreadable if the answer does not hold what it must."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        places = {".".join(str(step) for step in found["loc"]) for found in error.errors()}
        raise Unreadable(f"{kind.__name__} ({', '.join(sorted(places))})") from None


def one(data: object, *names: str) -> dict[str, Any]:
    """The object in an answer: plain, in `{status, data}`, or below one of `names`."""
    if isinstance(data, dict):
        inner = data.get("data")
        if isinstance(inner, dict):
            return one(inner, *names)
        for name in names:
            if isinstance(found := data.get(name), dict):
                return found
        return data
    raise Unreadable("not an object")


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
    raise Unreadable(f"no list of {names[0] if names else 'items'}")


def around(data: object, inner: object = None) -> dict[str, Any]:
    """What an answer says beside its object or list."""
    if not isinstance(data, dict) or data is inner:
        return {}
    outer = {name: value for name, value in data.items() if not isinstance(value, list | dict)}
    return {**outer, **around(data.get("data"), inner)}


def page(kind: type[AnyModel], data: object, *names: str) -> Page[AnyModel]:
    made = Page(read(kind, row) for row in rows(data, *names))
    made.envelope = around(data)
    return made


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


class Unset(Enum):
    """Marks an argument that was not given, where None means: take it away."""

    UNSET = "unset"


UNSET = Unset.UNSET


def money_or_unset(amount: Decimal | Unset) -> str | Unset:
    return amount if isinstance(amount, Unset) else money(amount)


def present(**fields: object) -> dict[str, Any]:
    """A body of what was given: None is left out."""
    return {name: wire(value) for name, value in fields.items() if value is not None}


def changed(**fields: object) -> dict[str, Any]:
    """A body of what changes: UNSET is left out, None is sent as null."""
    return {name: wire(value) for name, value in fields.items() if value is not UNSET}


def wire(value: object, *, numbers: bool = False) -> Any:
    """Our types in Bluum's spelling: decimals as plain text, instants in UTC with Z.

    `numbers`: decimals as JSON numbers instead.
    """
    match value:
        case Enum():
            return value.value
        case Decimal():
            if not numbers:
                return f"{value:f}"
            return int(value) if value.as_tuple().exponent == 0 else float(value)
        case datetime():
            if value.tzinfo is None:
                raise ValueError("Time is aware")
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case UUID():
            return str(value)
        case Model():
            return value.to_wire()
        case Mapping():
            return {str(name): wire(inner, numbers=numbers) for name, inner in value.items()}
        case list() | tuple():
            return [wire(inner, numbers=numbers) for inner in value]
        case _:
            return value


class Resource:
    """A group of operations. `_one`, `_all` and `_pdf` are how each of them is written."""

    def __init__(self, client: Bluum) -> None:
        self._client = client

    def _one(
        self, kind: type[AnyModel], method: str, route: str, *within: str, **request: Any
    ) -> AnyModel:
        """Ask for one object, plain or below one of the names `within`."""
        return self._ask(lambda answer: object_in(kind, answer, *within), method, route, **request)

    def _all(
        self, kind: type[AnyModel], route: str, *within: str, **request: Any
    ) -> Page[AnyModel]:
        """Ask for a list, bare or below one of the names `within`."""
        return self._ask(lambda answer: page(kind, answer, *within), "GET", route, **request)

    def _pdf(self, route: str, **request: Any) -> bytes:
        return self._ask(_bytes, "GET", route, **request)

    def _ask(
        self, reading: Callable[[Any], AnyAnswer], method: str, route: str, **request: Any
    ) -> AnyAnswer:
        """Ask and read. Where a 2xx answer makes no sense, what it answers may have been done."""
        answer = self._client.request(method, route, **request)
        try:
            return reading(answer)
        except Unreadable as error:
            raise Unavailable(
                f"Unreadable answer: {error}", outcome_unknown=method != "GET"
            ) from None


class Collection(Resource, Generic[AnyModel]):
    """Objects of one kind that an account has, written and read in one way.

    A subclass says its `kind`, the path to its objects (`root`, the account's id, `segment`) and
    the names that envelopes give to one of them and to many.
    """

    kind: type[AnyModel]
    root: tuple[str, ...] = ("wealth", "accounts")
    segment: str
    named: str
    many: str

    def retrieve(self, account_id: str, item_id: str) -> AnyModel:
        """Raises NotFound if there is none."""
        return self._one(self.kind, "GET", self._route(account_id, item_id), self.named)

    def _route(self, account_id: str, *more: str) -> str:
        return path(*self.root, account_id, self.segment, *more)

    def _list(self, account_id: str, **params: object) -> Page[AnyModel]:
        return self._all(self.kind, self._route(account_id), self.many, params=params)

    def _create(self, account_id: str, body: Mapping[str, object], key: Key) -> AnyModel:
        route = self._route(account_id)
        return self._one(self.kind, "POST", route, self.named, json=body, key=key)


class Plans(Collection[AnyModel]):
    """What an investor may change and archive."""

    def delete(self, account_id: str, item_id: str) -> None:
        """Archive it."""
        self._client.request("DELETE", self._route(account_id, item_id))

    def _update(
        self, account_id: str, item_id: str, body: Mapping[str, object], key: Key | None
    ) -> AnyModel:
        route = self._route(account_id, item_id)
        return self._one(self.kind, "PUT", route, self.named, json=body, key=key)


def object_in(kind: type[AnyModel], answer: object, *within: str) -> AnyModel:
    # A profile snapshot has a field `data` of its own.
    own = "data" in kind.model_fields and isinstance(answer, dict) and len(answer) > 3
    inner = answer if own else one(answer, *within)
    made = read(kind, inner)
    if inner is not answer:
        made._envelope = around(answer, inner)
    return made


def _bytes(answer: object) -> bytes:
    if not isinstance(answer, bytes):
        raise Unreadable("not a PDF")
    return answer
