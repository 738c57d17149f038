"""The calls as pages show them, drawn from the OpenAPI document alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from consents.languages import SOURCE
from providers.openapi import document
from providers.openapi.descriptions import THEN
from providers.openapi.table import CALLS, GROUPS, Described
from web.codes import CODES, SENTENCES

Schema = Mapping[str, Any]
_JSON = "application/json"


class FieldRow(NamedTuple):
    """A field or parameter. ``name``: from the outside in, “[]” for each entry of a list; ``kind``: JSON's word, or
    the words that it may be; ``limits``: as “≤ 255”."""

    name: str
    kind: str
    needed: bool
    about: str = ""
    limits: str = ""
    sample: str = ""


class ShownAnswer(NamedTuple):
    """``media``: of an answer that is no JSON; ``sample``: indented JSON, or the content; ``codes``: of a refusal."""

    status: int
    phrase: str
    about: str
    media: str
    rows: tuple[FieldRow, ...]
    sample: str
    codes: tuple[str, ...]


class ShownCode(NamedTuple):
    """``statuses``: HTTP statuses it comes with; ``action``: what a program does, besides correcting the request;
    ``again``: whether the same request may be sent again."""

    code: str
    sentence: str
    statuses: tuple[int, ...]
    action: str
    again: bool


class Operation(NamedTuple):
    """``of_iys``: İYS's operationId, or ours again."""

    name: str
    of_iys: str
    method: str
    path: str
    title: str
    about: str
    parameters: tuple[FieldRow, ...]
    body: tuple[FieldRow, ...]
    sample: str
    replies: tuple[ShownAnswer, ...]
    codes: tuple[ShownCode, ...]

    @property
    def words(self) -> str:
        """What a search finds it by, in small letters."""
        fields = " ".join(row.name for row in (*self.parameters, *self.body))
        return f"{self.method} {self.path} {self.name} {self.of_iys} {self.title} {fields}".casefold()


class OperationGroup(NamedTuple):
    title: str
    operations: tuple[Operation, ...]


@cache
def groups(language: str) -> tuple[OperationGroup, ...]:
    """All calls that are served, in the order of the document."""
    here = [group for group in GROUPS if group.name != "absent"]
    return tuple(
        OperationGroup(group.title.text(language), tuple(_operation(call, language) for call in group.calls))
        for group in here
    )


@cache
def operations(language: str) -> dict[str, Operation]:
    return {one.name: one for group in groups(language) for one in group.operations}


def page_name(name: str) -> str:
    """The operationId of a call, by its name in calls.toml."""
    return next(call.operation for call in CALLS if call.name == name)


def absent() -> list[str]:
    """“METHOD /path” of what İYS has and this registry answers 501."""
    return [call.line for group in GROUPS if group.name == "absent" for call in group.calls]


@cache
def codes(language: str) -> tuple[ShownCode, ...]:
    """Each code that a call answers, by name."""
    answered = sorted(one.code for one in CODES.values() if one.calls and one.code in SENTENCES)
    return tuple(_code(code, language) for code in answered)


def found(language: str, typed: str) -> tuple[OperationGroup, ...]:
    """The groups with the calls that hold every word of ``typed``."""
    words = typed.casefold().split()
    narrowed = (
        group._replace(operations=tuple(one for one in group.operations if all(word in one.words for word in words)))
        for group in groups(language)
    )
    return tuple(group for group in narrowed if group.operations)


def curl(call: Operation, base: str, company: int, brand: int) -> str:
    """The call for a shell, with these numbers; other parts of the path stay as “{name}”."""
    path = call.path.replace("{iysCode}", str(company)).replace("{brandCode}", str(brand))
    line = f'curl -s -w "\\n%{{http_code}}\\n" "{base}{path}"'
    line += "" if call.method in ("GET", "POST") else f" -X {call.method}"
    line += ' -H "Authorization: Bearer $TOKEN"'
    if not call.sample:
        return line + (" -X POST" if call.method == "POST" else "")
    body = json.dumps(json.loads(call.sample), ensure_ascii=False).replace("'", "'\\''")
    return f"{line} -H 'Content-Type: application/json' -d '{body}'"


def _operation(call: Described, language: str) -> Operation:
    made = document.document(language)["paths"][call.path][call.method.lower()]
    content = made.get("requestBody", {}).get("content", {}).get(_JSON, {})
    about = made["description"]
    return Operation(
        made["operationId"],
        made["x-iys-operation-id"],
        call.method,
        call.path,
        made["summary"],
        "" if about == made["summary"] else about,
        tuple(_parameter(one) for one in made.get("parameters", ())),
        tuple(_rows(content["schema"], language)) if content else (),
        _indented(content["example"]) if content else "",
        tuple(_answer(int(status), answer, language) for status, answer in made["responses"].items()),
        tuple(_code(code, language) for code in call.codes),
    )


def _parameter(one: Schema) -> FieldRow:
    schema = one["schema"]
    return FieldRow(
        one["name"], kind(schema), one["required"], one["description"], _limits(schema), str(one.get("example", ""))
    )


def _answer(status: int, answer: Schema, language: str) -> ShownAnswer:
    media, content = next(iter(answer.get("content", {}).items()), ("", dict[str, Any]()))
    plain = media == _JSON
    rows = tuple(_rows(content["schema"], language)) if plain and status < 300 else ()
    sample = _indented(content["example"]) if plain else str(content.get("example", ""))
    about, codes = answer["description"].partition("\n")[0], tuple(answer.get("x-codes", ()))
    return ShownAnswer(status, HTTPStatus(status).phrase, about, "" if plain else media, rows, sample, codes)


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _code(code: str, language: str) -> ShownCode:
    one, then = CODES[code], THEN[CODES[code].then]
    action = "" if one.then == "fix" else then.does.text(language)
    return ShownCode(code, SENTENCES[code].text(language), one.statuses, action, then.again != "never")


def _resolved(schema: Schema, language: str) -> Schema:
    if "$ref" in schema:
        named: Schema = document.document(language)["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return named
    return schema


def fields(schema: str) -> list[FieldRow]:
    """The fields of a named schema; none for a media type or “”."""
    schemas = document.document()["components"]["schemas"]
    return list(_rows(schemas[schema], SOURCE)) if schema in schemas else []


def kind(schema: Schema) -> str:
    """“string”, “ONAY | RET”, “string | null”."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"]).lower()
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(kind(part) for part in schema[several]))
    types = schema.get("type", "any")
    return " | ".join(types) if isinstance(types, list) else str(types)


def _limits(schema: Schema) -> str:
    """As “1 … 100”, “≤ 255”; "" without limits."""
    least = next((schema[name] for name in ("minimum", "minLength", "minItems") if name in schema), None)
    most = next((schema[name] for name in ("maximum", "maxLength", "maxItems") if name in schema), None)
    if most is None:
        return "" if least is None else f"≥ {least}"
    return f"≤ {most}" if least is None else f"{least} … {most}"


def _rows(given: Schema, language: str, name: str = "", needed: bool = True) -> Iterator[FieldRow]:
    schema = _resolved(given, language)
    if "properties" in schema:
        for own, part in schema["properties"].items():
            yield from _rows(part, language, f"{name}.{own}" if name else own, own in schema.get("required", ()))
    elif schema.get("type") == "array":
        yield from _rows(schema["items"], language, f"{name}[]", needed)
    else:
        sample = next(iter(schema.get("examples", ())), "")
        shown = sample if isinstance(sample, str) else json.dumps(sample, ensure_ascii=False)
        yield FieldRow(name, kind(schema), needed, schema.get("description", ""), _limits(schema), shown)
