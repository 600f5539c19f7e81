"""The contract document and what it says about one request or answer.

`openapi.yaml` beside this file is the single source: paths, parameters, bodies, answers. Known of
Bluum: the error codes. Our choice: which code a kind of violation gets, and that a path parameter
of the wrong form is simply an object that does not exist.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]
from jsonschema.exceptions import ValidationError  # type: ignore[import-untyped]
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from sandbox.clock import parse
from sandbox.errors import ApiError, invalid, not_found

ROOT = "urn:contract"
METHODS = ("get", "post", "put", "patch", "delete")
AMOUNTS = ("amount", "notional")
QUANTITIES = ("qty", "quantity")

formats = FormatChecker(formats=["date", "uuid", "email"])


def _is_instant(value: object) -> bool:
    if isinstance(value, str):
        if "T" not in value.upper():
            raise ValueError("not an instant")
        parse(value)
    return True


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or "://" in value


formats.checks("date-time", raises=ValueError)(_is_instant)
formats.checks("uri")(_is_uri)


@dataclass
class Parameter:
    """One query, path or header parameter."""

    name: str
    place: str
    required: bool
    type: str
    validator: Draft202012Validator


@dataclass
class Operation:
    """One method on one path of the contract."""

    method: str
    path: str
    parameters: list[Parameter] = field(default_factory=list)
    body: Draft202012Validator | None = None
    body_required: bool = False
    form: Draft202012Validator | None = None
    answers: dict[int, Draft202012Validator | None] = field(default_factory=dict)

    def check_parameters(
        self, path: Mapping[str, Any], query: Mapping[str, str], headers: Mapping[str, str]
    ) -> None:
        """Raise ApiError 404-001 for a path parameter, 400 for any other one that is wrong."""
        for parameter in self.parameters:
            values = {"path": path, "query": query, "header": headers}[parameter.place]
            text = values.get(parameter.name)
            if text is None:
                if parameter.required:
                    raise invalid(parameter.name, "required", "BLUM-400-002")
                continue
            value = _read(text, parameter.type)
            error = next(iter(parameter.validator.iter_errors(value)), None)
            if error is not None:
                if parameter.place == "path":
                    raise not_found()
                raise _explain(error, parameter.name)

    def check_body(self, value: object) -> None:
        """Raise ApiError 400-00x for the first thing wrong with a JSON body."""
        if self.body is not None:
            _first(self.body.iter_errors(value))

    def check_form(self, value: object) -> None:
        """Raise ApiError 400-00x for the first thing wrong with the fields of a form."""
        if self.form is not None:
            _first(self.form.iter_errors(value))

    def check_answer(self, status: int, value: object) -> None:
        """Raise AssertionError if the contract doesn't know this answer."""
        if status >= 500:
            return
        assert status in self.answers or status in (400, 401, 403, 404, 429), (
            f"{self.method} {self.path} may not answer {status}"
        )
        validator = self.answers.get(status)
        if validator is not None:
            for error in validator.iter_errors(value):
                raise AssertionError(
                    f"{self.method} {self.path} {status}: {error.json_path} {error.message}"
                )


def _read(text: str, kind: str) -> object:
    """A parameter's text as the type its schema names; text that doesn't fit stays text."""
    if kind == "integer" and text.lstrip("-").isdigit():
        return int(text)
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    if kind == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    return text


def _first(errors: Iterable[ValidationError]) -> None:
    found = sorted(
        errors, key=lambda error: (error.validator != "required", list(error.path) == [])
    )
    if found:
        raise _explain(found[0])


def _explain(error: ValidationError, name: str | None = None) -> ApiError:
    while error.context:
        deepest = max(error.context, key=lambda inner: len(inner.path))
        error = deepest
    field = name or ".".join(str(part) for part in error.absolute_path)
    leaf = field.rsplit(".", 1)[-1]
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in (error.instance or {}))
        return invalid(f"{field}.{missing}".lstrip("."), "required", "BLUM-400-002")
    if error.validator in ("enum", "const"):
        allowed = error.validator_value
        words = allowed if isinstance(allowed, list) else [allowed]
        reason = "must be " + " or ".join(str(word) for word in words)
        return invalid(field, reason, "BLUM-400-004")
    if leaf in AMOUNTS:
        return invalid(field, "must be an amount such as 250.00", "BLUM-400-005")
    if leaf in QUANTITIES:
        return invalid(field, "must be a quantity such as 1.5", "BLUM-400-006")
    if error.validator in ("type", "format", "pattern"):
        return invalid(field, _expected(error), "BLUM-400-003")
    return invalid(field, _expected(error))


def _expected(error: ValidationError) -> str:
    """What was expected, never what was sent: a value may be personal."""
    match error.validator:
        case "type":
            return f"must be of type {error.validator_value}"
        case "format":
            return f"must be a valid {error.validator_value}"
        case "pattern":
            return f"must match {error.validator_value}"
        case "minimum" | "exclusiveMinimum":
            return f"must be at least {error.validator_value}"
        case "maximum" | "exclusiveMaximum":
            return f"must be at most {error.validator_value}"
        case "minLength" | "minItems" | "minProperties":
            return f"must have at least {error.validator_value}"
        case "maxLength" | "maxItems":
            return f"must have at most {error.validator_value}"
        case _:
            return "is not valid"


class Contract:
    """The operations of the document, by method and Flask's path rule."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations: dict[tuple[str, str], Operation] = {}
        registry: Registry[Any] = Registry().with_resource(
            ROOT, DRAFT202012.create_resource(document)
        )
        self._registry = registry
        for path, item in document["paths"].items():
            for method in METHODS:
                if method in item:
                    self.operations[method.upper(), path] = self._operation(method, path, item)

    def find(self, method: str, rule: str) -> Operation | None:
        """The operation of a Flask rule such as `/accounts/<account_id>`."""
        return self.operations.get((method, rule.replace("<", "{").replace(">", "}")))

    def _validator(self, *pointer: str) -> Draft202012Validator:
        steps = "/".join(part.replace("~", "~0").replace("/", "~1") for part in pointer)
        return Draft202012Validator(
            {"$ref": f"{ROOT}#/{steps}"}, registry=self._registry, format_checker=formats
        )

    def _resolve(
        self, node: dict[str, Any], pointer: list[str]
    ) -> tuple[dict[str, Any], list[str]]:
        while "$ref" in node:
            pointer = node["$ref"].removeprefix("#/").split("/")
            node = self.document
            for part in pointer:
                node = node[part]
        return node, pointer

    def _operation(self, method: str, path: str, item: dict[str, Any]) -> Operation:
        here = ["paths", path, method]
        source = item[method]
        operation = Operation(method=method.upper(), path=path)
        for index, entry in enumerate(source.get("parameters", [])):
            node, pointer = self._resolve(entry, [*here, "parameters", str(index)])
            schema, _ = self._resolve(node["schema"], [])
            operation.parameters.append(
                Parameter(
                    name=node["name"],
                    place=node["in"],
                    required=bool(node.get("required")),
                    type=str(schema.get("type")),
                    validator=self._validator(*pointer, "schema"),
                )
            )
        body = source.get("requestBody")
        if body is not None:
            operation.body_required = bool(body.get("required"))
            for kind in body["content"]:
                pointer = [*here, "requestBody", "content", kind, "schema"]
                if kind == "application/json":
                    operation.body = self._validator(*pointer)
                else:
                    operation.form = self._validator(*pointer)
        for status, answer in source["responses"].items():
            node, pointer = self._resolve(answer, [*here, "responses", status])
            known = None
            if "application/json" in node.get("content", {}):
                known = self._validator(*pointer, "content", "application/json", "schema")
            operation.answers[int(status)] = known
        return operation


@cache
def load() -> Contract:
    """The contract, read once a process."""
    text = (Path(__file__).parent / "openapi.yaml").read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(text, Loader=loader))  # noqa: S506
