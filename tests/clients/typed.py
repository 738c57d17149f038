"""``clients/python/src/izin_client/schemas.py``: the document's schemas as TypedDicts, its codes as a table
(``python -m tests.clients.typed``)."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from providers.openapi import document
from tests import ROOT

FILE = ROOT / "clients" / "python" / "src" / "izin_client" / "schemas.py"
Schema = Mapping[str, Any]

_HEAD = '''"""Bodies and answers of the API as types, and its codes. Made from docs/openapi.en.json: do not edit."""
# ruff: noqa: E501

from __future__ import annotations

from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

'''
_CODES = '''

class CodeInfo(NamedTuple):
    """``retry``: whether the same request may be sent again: never, once (with a new token), later (after the time that
    the text names) or retry-after."""

    statuses: tuple[int, ...]
    retry: str
    message: str


'''
_PLAIN = {"string": "str", "integer": "int", "boolean": "bool", "null": "None", "number": "float"}


def module() -> str:
    """The whole module, formatted."""
    return _formatted(_HEAD + "\n".join(_types()) + _CODES + _table())


def _types() -> Iterator[str]:
    made: dict[str, str] = {}
    for name, schema in document.document("en")["components"]["schemas"].items():
        kind = _kind(schema, name, made)
        if kind != name:
            made[name] = f"{name} = {kind}\n"
    # An alias is evaluated when the module is read: what it names stands before it.
    classes = [text for text in made.values() if not re.match(r"\w+ = ", text)]
    aliases = [text for text in made.values() if re.match(r"\w+ = ", text)]
    yield from classes
    yield from sorted(aliases, key=lambda text: (text.count("list["), text))


def _kind(schema: Schema, name: str, made: dict[str, str]) -> str:
    """The type of a schema as Python writes it; a class of its fields is added to ``made`` under ``name``."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    for several in ("oneOf", "anyOf"):
        if several in schema:
            return " | ".join(_kind(part, f"{name}{place}", made) for place, part in enumerate(schema[several]))
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    if "properties" in schema:
        made[name] = _class(schema, name, made)
        return name
    if schema.get("type") == "array":
        return f"list[{_kind(schema['items'], name + 'Item', made)}]"
    kinds = schema.get("type", [])
    return " | ".join(_PLAIN[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)) or "Any"


def _class(schema: Schema, name: str, made: dict[str, str]) -> str:
    needed = schema.get("required", ())
    lines = [f"class {name}(TypedDict):"]
    for field, part in schema["properties"].items():
        kind = _kind(part, name + field[0].upper() + field[1:], made)
        lines += _comment(part["description"]) if "description" in part else []
        lines.append(f"    {field}: {kind if field in needed else f'NotRequired[{kind}]'}")
    return "\n".join(lines) + "\n\n"


def _comment(text: str) -> list[str]:
    lines, line = [], "    #"
    for word in text.split():
        if len(line) + len(word) > 110:
            lines.append(line)
            line = "    #"
        line += f" {word}"
    return [*lines, line]


def _table() -> str:
    rows = [
        f"    {code!r}: CodeInfo({tuple(one['statuses'])!r}, {one['retry']!r}, {one['message']!r}),"
        for code, one in document.document("en")["x-codes"].items()
    ]
    return "CODES = {\n" + "\n".join(rows) + "\n}\n"


def _formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff", "format", "-q", "--stdin-filename", str(FILE), "-"]
    return subprocess.run(ruff, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout


if __name__ == "__main__":
    FILE.write_text(module(), encoding="utf-8")
