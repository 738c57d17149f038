"""The regulator's API document (tests/corpus/iys-openapi.json): its operations, their examples and schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

import jsonschema_rs

from tests import CORPUS

PATH = CORPUS / "iys-openapi.json"


class Example(NamedTuple):
    """An example of an answer. ``codes``: what is wrong, for those that tell it."""

    status: int
    name: str
    value: Any

    @property
    def key(self) -> str:
        """Two examples of one call may have the same name."""
        return f"{self.status} {self.name.partition('(')[0]}"

    @property
    def faults(self) -> list[dict[str, Any]]:
        """What is wrong, one by one; the document writes the list in three ways, and “code” once with a colon."""
        value = self.value
        faults = value.get("errors", [value]) if isinstance(value, dict) else value
        told = [fault for fault in faults if isinstance(fault, dict)] if isinstance(faults, list) else []
        return [fault | {"code": fault.get("code") or fault.get("code:", "")} for fault in told]


class Operation(NamedTuple):
    """One call of the document. ``raw``: as it stands there."""

    id: str
    method: str
    path: str
    raw: dict[str, Any]

    @property
    def line(self) -> str:
        """“POST /path”, as the route table spells it."""
        return f"{self.method} {self.path}"

    def bodies(self) -> dict[str, Any]:
        """Examples of what is sent as JSON, by name."""
        media = self.raw.get("requestBody", {}).get("content", {}).get("application/json", {})
        return {name: example["value"] for name, example in media.get("examples", {}).items()}

    def answers(self) -> Iterator[Example]:
        """Examples of what comes back."""
        for status, answer in self.raw["responses"].items():
            for name, example in answer.get("content", {}).get("application/json", {}).get("examples", {}).items():
                yield Example(int(status), name, example.get("value"))

    def wrong(self, status: int, body: Any) -> str:
        """What the document's schema finds wrong with the body of an answer; "" where nothing."""
        answers = self.raw["responses"]
        if str(status) not in answers:
            return f"no answer {status} in the document"
        schema = answers[str(status)].get("content", {}).get("application/json", {}).get("schema")
        if not schema:
            return ""
        faults = jsonschema_rs.Draft7Validator(
            {"allOf": [plain(schema)], "components": _components()}, validate_formats=False
        )
        return "; ".join(
            f"{'/'.join(map(str, fault.instance_path))}: {fault.message}" for fault in faults.iter_errors(body)
        )


@cache
def raw() -> dict[str, Any]:
    """The whole document."""
    read: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return read


@cache
def operations() -> tuple[Operation, ...]:
    """All operations in the document's order. Two stand there twice, under paths that differ in a suffix."""
    return tuple(
        Operation(told["operationId"], method.upper(), _path(path), told)
        for path, methods in raw()["paths"].items()
        for method, told in methods.items()
    )


@cache
def by_id() -> dict[str, Operation]:
    """Operations by operationId; of two with the same, the first."""
    return {operation.id: operation for operation in reversed(operations())}


def plain(schema: Any) -> Any:
    """An OpenAPI 3.0 schema as JSON Schema: ``nullable`` allows null; the document has an empty ``oneOf``."""
    if isinstance(schema, list):
        return [plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    left_out = ("nullable", "example", "examples")
    told = {
        name: plain(part) for name, part in schema.items() if name not in left_out and (name, part) != ("oneOf", [])
    }
    return {"anyOf": [told, {"type": "null"}]} if schema.get("nullable") is True else told


def _path(path: str) -> str:
    return re.sub(r"\{\{(\w+)\}\}", r"{\1}", path).partition("?")[0]


@cache
def _components() -> Any:
    return plain(raw()["components"])
