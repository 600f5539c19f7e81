"""Answers that the contract allows but no example shows: all of them survive the client."""

import json
import string
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from robo.bluum import Bluum, every
from robo.bluum.base import wire
from tests.bluum.contract import OPERATIONS, Operation, assert_typed, call, inner, resolved, same
from tests.bluum.test_contract_examples import BANKS, below

WORDS = st.text(string.ascii_lowercase + "_ é中", min_size=1, max_size=12)
CENTS = st.decimals(-(10**9), 10**12, places=2).map(str)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "Money": CENTS,
    "MoneyInput": CENTS,
    "MoneyInput2": CENTS,
    "Decimal": st.decimals(0, 10**6, places=9).map(lambda number: f"{number:f}"),
    "Percent": st.decimals(-100, 1000, places=4).map(str),
    "Date": st.dates().map(str),
    "DateTime": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "Currency": st.sampled_from(["USD", "NGN", "KES", "EUR"]),
    "Id": st.from_regex(r"[A-Za-z0-9_\-]{1,64}", fullmatch=True),
    "Uuid": st.uuids().map(str),
    "TimeOfDay": st.times().map(lambda time: f"{time:%H:%M}"),
}
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "string": WORDS,
    "integer": st.integers(-(2**40), 2**40),
    "number": st.integers(-(10**6), 10**6) | st.floats(-1e6, 1e6, allow_subnormal=False),
    "boolean": st.booleans(),
    "null": st.none(),
    "object": st.dictionaries(WORDS, WORDS | st.integers() | st.none(), max_size=2),
}


def values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a schema, with fields of tomorrow and words that no enumeration has."""
    name = schema.get("$ref", "").rsplit("/", 1)[-1]
    if name in SCALARS:
        return SCALARS[name]
    schema = resolved(schema)
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return st.one_of([values(choice) for choice in choices])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from([*schema["enum"], "word_of_tomorrow"])
    if "properties" in schema:
        fields = {key: values(one) for key, one in schema["properties"].items()}
        needed = {key: fields.pop(key) for key in schema.get("required", []) if key in fields}
        news = (
            st.nothing()
            if isinstance(schema.get("additionalProperties"), dict)
            else st.just("x_new")
        )
        known = st.fixed_dictionaries(needed, optional=fields)
        return st.tuples(known, st.dictionaries(news, WORDS)).map(
            lambda both: {**both[1], **both[0]}
        )
    if schema.get("type") == "array":
        return st.lists(values(schema.get("items", {"type": "object"})), max_size=2)
    if isinstance(schema.get("additionalProperties"), dict):
        return st.dictionaries(WORDS, values(schema["additionalProperties"]), max_size=2)
    kinds = schema.get("type", "string")
    if "\\d+" in schema.get("pattern", ""):
        return SCALARS["Percent"] | st.none() if "null" in kinds else SCALARS["Percent"]
    if "format" in schema and schema["format"] == "date-time":
        return SCALARS["DateTime"]
    return st.one_of(
        [PLAIN.get(kind, WORDS) for kind in ([kinds] if isinstance(kinds, str) else kinds)]
    )


ASKED = [
    pytest.param(operation, schema, id=operation.name)
    for operation in OPERATIONS.values()
    for _, schema, example in list(operation.answers())[:1]
    if example is not None and operation.name not in BANKS and operation.method != "DELETE"
]


@pytest.mark.parametrize(("operation", "schema"), ASKED)
@settings(
    max_examples=4,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(data=st.data())
def test_whatever_the_contract_allows_survives_the_client(
    operation: Operation, schema: dict[str, Any], data: st.DataObject
) -> None:
    told = data.draw(values(schema))
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=json.dumps(told)))
    bluum = Bluum("https://bluum.test/v1", "k", "s", transport=transport)
    body = json.loads(json.dumps(next(iter(operation.requests()), None), default=str))

    result = call(bluum, operation, body)

    part = inner(told, result)
    assert same(part, wire(result)), (part, wire(result))
    assert_typed(below(schema, told, part), part, result, operation.name)


@settings(max_examples=40, deadline=None)
@given(count=st.integers(0, 260), size=st.integers(1, 100), total=st.booleans())
def test_all_rows_of_a_list_come_once_each(count: int, size: int, total: bool) -> None:
    rows = [
        {"id": f"o{n}", "symbol": "VTI", "side": "buy", "status": "filled"} for n in range(count)
    ]
    asked: list[int] = []

    def handle(request: httpx.Request) -> httpx.Response:
        start, most = (int(request.url.params[name]) for name in ("offset", "limit"))
        asked.append(start)
        page = rows[start : start + most]
        return httpx.Response(200, json={"orders": page, "total": count} if total else page)

    bluum = Bluum("https://b.test", "k", "s", transport=httpx.MockTransport(handle))
    found = [order.id for order in every(bluum.orders.list, "acc", status="filled", limit=size)]
    assert found == [row["id"] for row in rows]
    assert len(asked) <= count // size + 1


def test_rows_that_arrive_meanwhile_do_not_come_twice() -> None:
    rows = [{"id": f"o{n}", "symbol": "VTI", "side": "buy", "status": "filled"} for n in range(5)]

    def handle(request: httpx.Request) -> httpx.Response:
        start = int(request.url.params["offset"])
        page = rows[start : start + 2]
        rows.insert(0, {**rows[0], "id": f"new{start}"})
        return httpx.Response(200, json=page)

    bluum = Bluum("https://b.test", "k", "s", transport=httpx.MockTransport(handle))
    found = [order.id for order in every(bluum.orders.list, "acc", limit=2)]
    assert found == ["o0", "o1", "o2", "o3", "o4"]


def test_a_server_that_does_not_page_is_not_asked_forever() -> None:
    rows = [{"id": f"o{n}", "symbol": "VTI", "side": "buy", "status": "filled"} for n in range(3)]
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json={"data": rows, "total": 9}))
    bluum = Bluum("https://b.test", "k", "s", transport=transport)
    assert len(list(every(bluum.orders.list, "acc", limit=3))) == 3
