"""A schema as rows for people: each field with its path, kind and whether it is required."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from providers.openapi.document import document


class SchemaField(NamedTuple):
    """``name``: from the outside in, “[]” for each entry of a list; ``kind``: JSON's word, or the words."""

    name: str
    kind: str
    needed: bool


def fields(schema: str) -> list[SchemaField]:
    """The fields of a named schema; none for a media type or “”."""
    schemas = document()["components"]["schemas"]
    return list(_fields(schemas[schema], "", True)) if schema in schemas else []


def kind(schema: dict[str, Any]) -> str:
    """“string”, “ONAY | RET”, “string | null”."""
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "const" in schema:
        return str(schema["const"]).lower()
    if "anyOf" in schema:
        return " | ".join(kind(part) for part in schema["anyOf"])
    types = schema.get("type", "any")
    return " | ".join(types) if isinstance(types, list) else str(types)


def _fields(schema: dict[str, Any], name: str, needed: bool) -> Iterator[SchemaField]:
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "properties" in schema:
        for own, part in schema["properties"].items():
            yield from _fields(part, f"{name}.{own}" if name else own, own in schema.get("required", ()))
    elif schema.get("type") == "array":
        yield from _fields(schema["items"], f"{name}[]", needed)
    else:
        yield SchemaField(name, kind(schema), needed)
