"""Parts of the schemas (JSON Schema 2020-12, as OpenAPI 3.1 has it), by İYS's names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers.cases.meanings import CHANNELS, IDENTITIES
from providers.dealers import dealer_form

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
WHOLE: Schema = {"type": "integer"}
TIME: Schema = {
    "type": "string",
    "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$",
    "examples": ["2026-11-23 10:15:00"],
}
ADDRESS: Schema = {"type": "string", "examples": ["+905320000001", "ayse@example.com"]}
DEALER_CODE: Schema = {"type": "integer", "minimum": 1, "maximum": 99_999_999}


def one_of(words: Iterable[str]) -> Schema:
    return {"type": "string", "enum": list(words)}


def list_of(of: Schema, most: int | None = None, least: int = 0) -> Schema:
    schema: Schema = {"type": "array", "items": of}
    if least:
        schema["minItems"] = least
    return schema if most is None else schema | {"maxItems": most}


def object_of(needed: str = "", /, **fields: Schema) -> Schema:
    """An object of these fields only; ``needed``: the required ones."""
    schema: Schema = {"type": "object", "properties": fields, "additionalProperties": False}
    return schema | {"required": needed.split()} if needed else schema


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


TYPE, KIND = one_of(CHANNELS), one_of(IDENTITIES)
KEY = {"recipient": ADDRESS, "recipientType": KIND, "type": TYPE}
PLACE = object_of("code name", code={"type": ["string", "integer"]}, name=TEXT)
DEALER = {name: PLACE if field.parts else TEXT for name, field in dealer_form.FIELDS.items() if name != "status"}
