"""The contract document and what it says about one request or answer.

`openapi.yaml` beside this file is the single source: paths, parameters, bodies, answers. What it
says and Bluum's documentation doesn't is marked `x-ours` there. Known of Bluum: the error codes.
Our choice: which code a kind of violation gets (`violation.py`), and that a path parameter of the
wrong form is simply an object that does not exist.
"""

import re
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
from sandbox.contract.violation import explain
from sandbox.errors import invalid, not_found

ROOT = "urn:contract"
METHODS = ("get", "post", "put", "patch", "delete")
DOCUMENT = Path(__file__).parent / "openapi.yaml"

INTEGER = re.compile(r"-?[0-9]{1,100}")

formats = FormatChecker(formats=["date", "uuid"])


def _is_instant(value: object) -> bool:
    if isinstance(value, str):
        if "T" not in value.upper():
            raise ValueError("not an instant")
        parse(value)
    return True


def _is_email(value: object) -> bool:
    if not isinstance(value, str):
        return True
    name, at, host = value.rpartition("@")
    return bool(name and at and host) and value.isprintable()


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or "://" in value


formats.checks("date-time", raises=(ValueError, OverflowError))(_is_instant)
formats.checks("email")(_is_email)
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
    answers: dict[int, dict[str, Draft202012Validator | None]] = field(default_factory=dict)
    """By status, then by media type; no media type means no body."""

    def check_parameters(
        self, path: Mapping[str, Any], query: Mapping[str, str], environ: Mapping[str, Any]
    ) -> None:
        """Raise ApiError 404-001 for a path parameter, 400 for any other one that is wrong.

        `environ` is the request's, where the server put the headers.
        """
        for parameter in self.parameters:
            if parameter.place == "header":
                text = environ.get("HTTP_" + parameter.name.upper().replace("-", "_"))
            else:
                text = (path if parameter.place == "path" else query).get(parameter.name)
            if text is None:
                if parameter.required:
                    raise invalid(parameter.name, "required", "BLUM-400-002")
                continue
            value = _read(text, parameter.type)
            error = next(iter(parameter.validator.iter_errors(value)), None)
            if error is not None:
                if parameter.place == "path":
                    raise not_found()
                raise explain(error, parameter.name)

    def check_body(self, value: object) -> None:
        """Raise ApiError 400-00x for the first thing wrong with a JSON body."""
        if self.body is not None:
            _first(self.body.iter_errors(value))

    def check_form(self, value: object) -> None:
        """Raise ApiError 400-00x for the first thing wrong with the fields of a form."""
        if self.form is not None:
            _first(self.form.iter_errors(value))

    def check_answer(
        self, status: int, value: object, media_type: str = "application/json"
    ) -> None:
        """Raise AssertionError if the contract doesn't know this answer.

        `value` is the decoded JSON, or whatever there is of another media type. Any operation may
        meet a fault of the server, a refusal of the caller and a method that does not exist.
        """
        if status >= 500 or status == 405:
            return
        known = self.answers.get(status)
        assert known is not None, f"{self.method} {self.path} may not answer {status}"
        if not known:
            assert not value, f"{self.method} {self.path} {status} has no body"
            return
        assert media_type in known, f"{self.method} {self.path} {status} is no {media_type}"
        validator = known[media_type]
        if validator is not None:
            for error in validator.iter_errors(value):
                raise AssertionError(
                    f"{self.method} {self.path} {status}: {error.json_path} {error.message}"
                )


def _read(text: str, kind: str) -> object:
    """A parameter's text as the type its schema names; text that doesn't fit stays text."""
    if kind == "integer" and INTEGER.fullmatch(text):
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
        raise explain(found[0])


class Contract:
    """The operations of the document, by method and Flask's path rule."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.operations: dict[tuple[str, str], Operation] = {}
        self._registry: Registry[Any] = Registry().with_resource(
            ROOT, DRAFT202012.create_resource(_in_python(document))
        )
        self._methods: dict[str, list[str]] = {}
        self._templates: list[tuple[re.Pattern[str], list[str]]] = []
        for path, item in document["paths"].items():
            methods = [method.upper() for method in METHODS if method in item]
            for method in methods:
                self.operations[method, path] = self._operation(method.lower(), path, item)
            if "{" in path:
                pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path))
                self._templates.append((re.compile(pattern), methods))
            else:
                self._methods[path] = methods

    def find(self, method: str, rule: str) -> Operation | None:
        """The operation of a Flask rule such as `/accounts/<account_id>`."""
        return self.operations.get((method, rule.replace("<", "{").replace(">", "}")))

    def methods(self, path: str) -> list[str]:
        """What may be asked of a path such as `/accounts/7c1f...`; nothing if it is no endpoint.

        A path that is written out counts before one with a parameter in that place.
        """
        known = self._methods.get(path)
        return known or next((known for form, known in self._templates if form.fullmatch(path)), [])

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
            node, _ = self._resolve(entry, [*here, "parameters", str(index)])
            schema, _ = self._resolve(node["schema"], [])
            operation.parameters.append(
                Parameter(
                    name=node["name"],
                    place=node["in"],
                    required=bool(node.get("required")),
                    type=str(schema.get("type")),
                    validator=Draft202012Validator(_in_python(schema), format_checker=formats),
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
            operation.answers[int(status)] = {
                kind: self._validator(*pointer, "content", kind, "schema")
                if kind == "application/json"
                else None
                for kind in node.get("content", {})
            }
        return operation


def _in_python(schema: Any) -> Any:
    """The document with its patterns as Python reads them.

    JSON Schema means JavaScript's regular expressions: there `\\d` is 0 to 9 and `$` the very end.
    """
    if isinstance(schema, list):
        return [_in_python(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {key: _in_python(value) for key, value in schema.items()}
    if isinstance(copy.get("pattern"), str):
        copy["pattern"] = "(?a:" + re.sub(r"(?<!\\)\$", r"\\Z", copy["pattern"]) + ")"
    return copy


@cache
def load() -> Contract:
    """The contract, read once a process."""
    text = DOCUMENT.read_text(encoding="utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return Contract(yaml.load(text, Loader=loader))  # noqa: S506
