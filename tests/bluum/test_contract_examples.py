"""Every operation of Bluum's contract has a method, and every example goes through it unharmed."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from robo.bluum import Bluum
from robo.bluum.base import Model, wire
from tests.bluum.contract import (
    METHODS,
    OPERATIONS,
    Operation,
    assert_typed,
    call,
    inner,
    method_of,
    resolved,
    same,
)

ANSWERS = [
    pytest.param(operation, *answer, id=f"{operation.name}-{answer[0]}-{number}")
    for operation in OPERATIONS.values()
    for number, answer in enumerate(operation.answers())
]
REQUESTS = [
    pytest.param(operation, body, id=f"{operation.name}-{number}")
    for operation in OPERATIONS.values()
    for number, body in enumerate(operation.requests())
]
BANKS = ("listFundingSources", "connectPlaid", "connectFundingSource", "getFundingSource")
"""Their three shapes become rows of one shape: see the tests of reading answers."""
DEFAULTS = {"currency", "account_type", "management_type", "trigger", "execution_type"}
"""What the client says although the caller did not."""


def answering(status: int, body: object, seen: list[httpx.Request]) -> Bluum:
    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if body is None:
            return httpx.Response(status)
        return httpx.Response(status, content=json.dumps(body, default=str))

    return Bluum("https://bluum.test/v1", "k", "s", transport=httpx.MockTransport(handle))


def plain(example: Any) -> Any:
    """An example as JSON has it: YAML makes dates of some."""
    return json.loads(json.dumps(example, default=str))


def test_every_operation_of_the_contract_has_a_method() -> None:
    assert len(OPERATIONS) == 113
    assert METHODS.keys() == OPERATIONS.keys()
    assert len(set(METHODS.values())) == len(METHODS)
    bluum = Bluum("https://bluum.test/v1", "k", "s")
    for name in METHODS:
        method = method_of(bluum, name)
        assert method.__annotations__["return"], name


@pytest.mark.parametrize(("operation", "status", "schema", "example"), ANSWERS)
def test_an_answer_goes_through_the_client_unharmed(
    operation: Operation, status: int, schema: dict[str, Any], example: Any
) -> None:
    told = plain(example)
    seen: list[httpx.Request] = []
    body = next(iter(operation.requests()), None)

    result = call(answering(status, told, seen), operation, plain(body))

    (request,) = seen
    assert operation.matches(request.method, request.url.path)
    if result is None:
        assert told is None or operation.method == "DELETE"
        return
    if operation.name in BANKS:
        return
    part = inner(told, result)
    assert same(part, wire(result)), (part, wire(result))
    if isinstance(told, dict) and isinstance(result, Model) and part is not told:
        assert result.envelope == {k: v for k, v in told.items() if k in ("status", "message")}


@pytest.mark.parametrize(("operation", "status", "schema", "example"), ANSWERS)
def test_every_documented_field_is_there_in_its_documented_type(
    operation: Operation, status: int, schema: dict[str, Any], example: Any
) -> None:
    told = plain(example)
    body = next(iter(operation.requests()), None)
    result = call(answering(status, told, []), operation, plain(body))
    if result is None or operation.name in BANKS:
        return
    part = inner(told, result)
    assert_typed(below(schema, told, part), part, result, operation.name)


def below(schema: dict[str, Any], told: Any, part: Any) -> dict[str, Any]:
    """The schema of a part of an answer."""
    if told is part:
        return schema
    for name, value in told.items():
        if value is part:
            return dict(resolved(schema)["properties"][name])
        if isinstance(value, dict):
            return below(resolved(schema)["properties"][name], value, part)
    raise AssertionError("no such part")


@pytest.mark.parametrize(("operation", "body"), REQUESTS)
def test_a_documented_request_can_be_made(operation: Operation, body: Any) -> None:
    wanted = plain(body)
    seen: list[httpx.Request] = []
    status, _, example = next(iter(operation.answers()), (200, {}, None))

    call(answering(status, plain(example), seen), operation, plain(body))

    (request,) = seen
    sent = json.loads(request.content)
    added = {name: sent.pop(name) for name in sent.keys() - wanted.keys()}
    assert same(wanted, sent), (wanted, sent)
    assert added.keys() <= DEFAULTS


def test_the_guide_names_the_method_of_every_operation() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "bluum.md").read_text()
    for name, operation in OPERATIONS.items():
        row = f"| {name} | `{operation.method} {operation.path}` | `{METHODS[name]}` |"
        assert row in guide
