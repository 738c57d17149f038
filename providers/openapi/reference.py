"""The calls as pages show them, drawn from the OpenAPI document alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from http import HTTPStatus
from typing import Any, NamedTuple

from consents.languages import COMPLETE, SOURCE, form_of
from providers.openapi import document
from providers.openapi.table import CALLS, GROUPS, Described
from web.codes import CODES, SENTENCES

Schema = Mapping[str, Any]
_DEPTH = 6  # of an example; no schema is deeper


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
    """``media``: of an answer that is no JSON; ``sample``: indented JSON."""

    status: int
    phrase: str
    about: str
    media: str
    rows: tuple[FieldRow, ...]
    sample: str


class ShownCode(NamedTuple):
    """``statuses``: HTTP statuses it comes with; ``again``: whether the same request may succeed later."""

    code: str
    sentence: str
    statuses: tuple[int, ...]
    again: bool


class Operation(NamedTuple):
    name: str
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
        return f"{self.method} {self.path} {self.name} {self.title} {fields}".casefold()


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
    call = next(call for call in CALLS if call.name == name)
    operation = document.document()["paths"][call.path][call.method.lower()]
    return str(operation["operationId"])


def absent() -> list[str]:
    """“METHOD /path” of what İYS has and this registry answers 501."""
    return [call.line for group in GROUPS if group.name == "absent" for call in group.calls]


@cache
def codes(language: str) -> tuple[ShownCode, ...]:
    """Each code that a call answers, by name."""
    answered = sorted(one.code for one in CODES.values() if one.calls and one.code in SENTENCES)
    return tuple(_code(code, language) for code in answered)


def found(language: str, sought: str) -> tuple[OperationGroup, ...]:
    """The groups with the calls that hold every word of ``sought``."""
    words = sought.casefold().split()
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


def example(schema: Schema, depth: int = _DEPTH) -> Any:
    """A value of this schema: its own example, or one made of those of its parts."""
    schema = _resolved(schema)
    for key in ("example", "const", "default"):
        if key in schema:
            return schema[key]
    if schema.get("examples"):
        return schema["examples"][0]
    if schema.get("enum"):
        return schema["enum"][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], depth)
    if "properties" in schema:
        needed = schema.get("required") or schema["properties"]
        return {name: example(part, depth - 1) for name, part in schema["properties"].items() if name in needed}
    if schema.get("type") == "array":
        return [example(schema["items"], depth - 1)] if depth else []
    kinds = schema.get("type", "string")
    return {"integer": schema.get("minimum", 1), "boolean": True}.get(
        kinds if isinstance(kinds, str) else kinds[0], "…"
    )


def in_language(text: str, language: str) -> str:
    """One language of a text that holds all of them, “Türkçe / English”; any other text as it is."""
    parts = text.split(" / ")
    return form_of(parts, language) if len(parts) == len(COMPLETE) else text


def _operation(call: Described, language: str) -> Operation:
    made = document.document()["paths"][call.path][call.method.lower()]
    content = made.get("requestBody", {}).get("content", {}).get("application/json", {})
    replies = [_reply(int(status), reply, language) for status, reply in made["responses"].items()]
    given = made.get("description", "")
    about = "" if given.startswith("- ") else in_language(given, language)  # a list of the codes, which are shown below
    return Operation(
        made["operationId"],
        call.method,
        call.path,
        call.does.text(language),
        about,
        tuple(_parameter(one, language) for one in made.get("parameters", ())),
        tuple(_rows(content["schema"], "", True, language)) if content else (),
        _json(_sample(content)) if content else "",
        tuple(replies),
        tuple(_code(code, language) for code in call.codes),
    )


def _parameter(one: Schema, language: str) -> FieldRow:
    schema = one["schema"]
    about = one.get("description") or schema.get("description", "")
    sample = one["example"] if "example" in one else next(iter(schema.get("examples", ())), "")
    return FieldRow(
        one["name"], kind(schema), one["required"], in_language(about, language), _limits(schema), str(sample)
    )


def _reply(status: int, reply: Schema, language: str) -> ShownAnswer:
    media, content = next(iter(reply.get("content", {}).items()), ("", dict[str, Any]()))
    plain = media == "application/json"
    rows = tuple(_rows(content["schema"], "", True, language)) if plain and status < 300 else ()
    # A description that is only the schema's name is for generators.
    name = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
    about = reply["description"] if reply["description"] not in (name, media, "–") else ""
    sample = _json(_sample(content)) if plain else ""
    return ShownAnswer(
        status, HTTPStatus(status).phrase, in_language(about, language), "" if plain else media, rows, sample
    )


def _sample(content: Schema) -> Any:
    if "example" in content:
        return content["example"]
    for one in content.get("examples", {}).values():
        return one.get("value")
    return example(content["schema"])


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


@cache
def _statuses() -> dict[str, tuple[int, ...]]:
    """The HTTP statuses of each code that a call may answer, from the examples of the document's answers."""
    made: dict[str, set[int]] = {}
    for methods in document.document()["paths"].values():
        for operation in methods.values():
            for status, reply in operation["responses"].items():
                for content in reply.get("content", {}).values():
                    for code in _named(content.get("example"), content.get("examples", {})):
                        made.setdefault(code, set()).add(int(status))
    return {code: tuple(sorted(statuses)) for code, statuses in made.items()}


def _named(*values: Any) -> Iterator[str]:
    for value in values:
        if isinstance(value, Mapping):
            if isinstance(value.get("code"), str):
                yield value["code"]
            yield from _named(*value.values())
        elif isinstance(value, list):
            yield from _named(*value)


def _code(code: str, language: str) -> ShownCode:
    statuses = _statuses().get(code, ())
    later = CODES[code].kind == "slower" or code in ("H015", "H123")
    return ShownCode(code, SENTENCES[code].text(language), statuses, later)


def _resolved(schema: Schema) -> Schema:
    if "$ref" in schema:
        named: Schema = document.document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return named
    return schema


def fields(schema: str) -> list[FieldRow]:
    """The fields of a named schema; none for a media type or “”."""
    schemas = document.document()["components"]["schemas"]
    return list(_rows(schemas[schema], "", True, SOURCE)) if schema in schemas else []


def kind(schema: Schema) -> str:
    """“string”, “ONAY | RET”, “string | null”."""
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"]).lower()
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(kind(_resolved(part)) for part in schema[several]))
    types = schema.get("type", "any")
    return " | ".join(types) if isinstance(types, list) else str(types)


def _limits(schema: Schema) -> str:
    """As “1 … 100”, “≤ 255”; "" without limits."""
    least = next((schema[name] for name in ("minimum", "minLength", "minItems") if name in schema), None)
    most = next((schema[name] for name in ("maximum", "maxLength", "maxItems") if name in schema), None)
    if most is None:
        return "" if least is None else f"≥ {least}"
    return f"≤ {most}" if least is None else f"{least} … {most}"


def _rows(given: Schema, name: str, needed: bool, language: str) -> Iterator[FieldRow]:
    schema = _resolved(given)
    if "properties" in schema:
        for own, part in schema["properties"].items():
            inner = f"{name}.{own}" if name else own
            yield from _rows(part, inner, own in schema.get("required", ()), language)
    elif schema.get("type") == "array":
        yield from _rows(schema["items"], f"{name}[]", needed, language)
    else:
        about = in_language(str(given.get("description") or schema.get("description", "")), language)
        sample = schema["example"] if "example" in schema else next(iter(schema.get("examples", ())), "")
        yield FieldRow(name, kind(schema), needed, about, _limits(schema), "" if sample == "" else str(sample))
