"""What the document writes beside schemas: texts and examples of fields (``fields.toml``), and of codes."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from consents.languages import Sentence
from providers.api import envelopes
from providers.openapi.table import Described
from providers.openapi.taken import Schema
from web.codes import CODES, EVERY, SENTENCES, Code

_NONE = object()
SIGN_IN = "createToken2"
_EVERY = frozenset(one.code for one in CODES.values() if EVERY in one.calls)
_OF_TOKEN = frozenset({"H123", "H363", "Z413", "Z422", "Z423"})  # of those; its other faults have OAuth's form
_DEPTH = 8  # of an example; no schema is deeper
_SEVERAL = ("anyOf", "oneOf")


class ClientAction(NamedTuple):
    """What a program does about a code. ``again``: whether the same request may be sent once more, and when."""

    again: str
    does: Sentence


# By the column “then” of codes.csv.
THEN = {
    "fix": ClientAction("never", Sentence("İsteği düzeltip gönderin. Aynısını yinelemeyin.")),
    "ask": ClientAction("never", Sentence("Yinelemeyin. Yetkiyi ya da hesabı bir insan düzeltir.")),
    "renew": ClientAction("once", Sentence("Yeni bir erişim anahtarı alıp aynı isteği bir kez yineleyin.")),
    "wait": ClientAction(
        "retry-after", Sentence("Retry-After başlığındaki saniye kadar (yoksa artan aralarla) bekleyip yineleyin.")
    ),
    "later": ClientAction("later", Sentence("Açıklamada yazan süre dolunca yeniden gönderin, daha önce değil.")),
    "nothing": ClientAction("never", Sentence("Bir şey yapmayın, yinelemeyin: istenen zaten böyle.")),
    "compare": ClientAction("never", Sentence("Yinelemeyin. Durumu sorup kendi kaydınızı ona göre düzeltin.")),
}


class FieldText(NamedTuple):
    """``example``: ``_NONE`` where it is made of those of the field's parts."""

    does: Sentence
    example: Any


def _read(entries: Mapping[str, Any]) -> dict[str, FieldText]:
    return {key: _field(**one) for key, one in entries.items()}


def _field(does: str, example: Any = _NONE) -> FieldText:
    return FieldText(Sentence(does), example)


_ENTRIES = tomllib.loads(Path(__file__).with_name("fields.toml").read_text("utf-8"))
_FIELDS = _read(_ENTRIES["field"])
_WHOLE: Mapping[str, Any] = _ENTRIES["whole"]


def described(schemas: Mapping[str, Schema], language: str) -> dict[str, Schema]:
    """The same schemas, with the description and an example of each property. Errors: KeyError for a field without an
    entry in fields.toml."""
    texted = {name: _described(schema, name, "", language) for name, schema in schemas.items()}
    for schema in texted.values():
        for part in _properties(schema):
            part["examples"] = [example(part, texted)]
    return texted


def parameter(name: str, language: str) -> tuple[str, Any]:
    """Description and example of a parameter. Errors: KeyError."""
    found = _FIELDS.get(f"parameter.{name}") or _FIELDS[name]
    return found.does.text(language), found.example


def example(schema: Schema, schemas: Mapping[str, Schema], depth: int = _DEPTH) -> Any:
    """A value of this schema: its own example, else made of those of the properties that it needs."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return _WHOLE[name] if name in _WHOLE else example(schemas[name], schemas, depth)
    if schema.get("examples"):
        return schema["examples"][0]
    if "properties" in schema:
        needed: Any = schema.get("required", schema["properties"])
        return {
            name: example(part, schemas, depth - 1) for name, part in schema["properties"].items() if name in needed
        }
    if schema.get("type") == "array":
        return [example(schema["items"], schemas, depth - 1)]
    for several in _SEVERAL:
        if several in schema:
            return example(schema[several][0], schemas, depth)
    return {"integer": 3}.get(str(schema.get("type")), "")


def codes_of(call: Described, status: int) -> list[Code]:
    """The codes that a call may answer with this status, its own first."""
    every = _EVERY if call.name != SIGN_IN else _OF_TOKEN
    envelope = envelopes.of_path(call.path)
    names = sorted({envelope.codes.get(code, code) if envelope else code for code in every} - set(call.codes))
    found = [CODES[code] for code in (*call.codes, *names) if code in CODES]  # ViA Pass has codes of another form too
    return [one for one in found if status in _statuses(call, one)]


def shown_code(code: str, language: str) -> str:
    """“H114: sentence”, and what to do where that is not to correct the request."""
    one = CODES[code]
    then = "" if one.then == "fix" else f" {THEN[one.then].does.text(language)}"
    return f"{code}: {SENTENCES[code].text(language)}{then}"


def all_codes(language: str) -> dict[str, dict[str, Any]]:
    """Each code that a call answers: HTTP statuses, text, what to do, whether the same request may be sent again."""
    return {
        one.code: {
            "statuses": list(one.statuses),
            "message": one.sentence.text(language),
            "action": THEN[one.then].does.text(language),
            "retry": THEN[one.then].again,
        }
        for one in sorted(CODES.values())
        if one.then and one.sentence
    }


def _statuses(call: Described, one: Code) -> tuple[int, ...]:
    """ViA Pass wraps 422 and 429 in a 400, which bears the status within (``envelopes``)."""
    if not call.path.startswith(envelopes.PASS):
        return one.statuses
    return tuple(400 if status in (422, 429) else status for status in one.statuses)


def _described(schema: Schema, name: str, parent: str, language: str) -> Schema:
    made = dict(schema)
    if "properties" in schema:
        made["properties"] = {
            field: _property(part, name, parent, field, language) for field, part in schema["properties"].items()
        }
    if "items" in schema:
        made["items"] = _described(schema["items"], name, parent, language)
    for several in _SEVERAL:
        if several in schema:
            made[several] = [_described(part, name, parent, language) for part in schema[several]]
    return made


def _property(schema: Schema, name: str, parent: str, field: str, language: str) -> Schema:
    keys = (f"{name}.{field}", f"{parent}.{field}", field)
    text = next((_FIELDS[key] for key in keys if key in _FIELDS), None)
    if text is None:
        raise KeyError(f"{name}: {field}")
    made = _described(schema, name, field, language)
    made.pop("examples", None)
    own = {} if text.example is _NONE else {"examples": [text.example]}
    return {"description": text.does.text(language), **made, **own}


def _properties(schema: Schema) -> Iterator[Schema]:
    """All properties of a schema, the inner ones first."""
    for part in schema.get("properties", {}).values():
        yield from _properties(part)
        yield part
    if "items" in schema:
        yield from _properties(schema["items"])
    for several in _SEVERAL:
        for part in schema.get(several, ()):
            yield from _properties(part)
