"""The OpenAPI 3.1 file: made from the table, kept in docs/openapi.json (``python -m providers.openapi.document``)."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from consents.languages import Sentence
from providers.api import envelopes
from providers.cases.meanings import CHANNELS, IDENTITIES
from providers.consents.statuses import CAMPAIGN
from providers.openapi.answered import ANSWERED
from providers.openapi.table import GROUPS, Described
from providers.openapi.taken import TAKEN
from web.codes import SENTENCES

FILE = Path(__file__).parents[2] / "docs" / "openapi.json"
VERSION = "3.2.0"  # of İYS's document, whose calls these are

_TITLE = "Izin API"  # generators make the name of a package of it, which has to be ASCII
_ABOUT = Sentence(
    "Şirketlerin programları için. Yollar, alanlar, kodlar İYS'nin API belgesindeki gibidir. Saatler Türkiye saatidir."
)
_CODE: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 9_999_999_999}
_PATH: dict[str, dict[str, Any]] = {
    "iysCode": _CODE,
    "brandCode": _CODE,
    "integratorCode": _CODE,
    "retailerCode": _CODE,
    "code": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    "recipientType": {"type": "string", "enum": list(IDENTITIES)},
    "type": {"type": "string", "enum": list(CHANNELS)},
    "requestId": {"type": "string", "maxLength": 36},
    "reportDate": {"type": "string", "format": "date"},
    "transactionId": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
}
_QUERY: dict[str, dict[str, Any]] = {
    "offset": {"type": "integer", "minimum": 0, "maximum": 999_999_999},
    "limit": {"type": "integer", "minimum": 1, "maximum": 100},
    "source": {"type": "string", "enum": ["IYS", "HS"]},
    "after": {"type": "string"},
    "pending": {"type": "string", "enum": ["0", "1"]},
    "signed": {"type": "string", "enum": ["0", "1"]},
    "campaign": {"type": "string", "maxLength": CAMPAIGN},
    "type": {"type": "string", "enum": list(CHANNELS)},
    "all": {"type": "string", "enum": ["true", "false"]},
    "short": {"type": "string", "enum": ["true", "false"]},
    "page": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
    "pageSize": {"type": "integer", "minimum": 1, "maximum": 999_999_999},
}
# The refusals that any call may meet.
_ANY_FAULTS = (401, 403, 414, 422, 429, 503)


@cache
def document() -> dict[str, Any]:
    paths: dict[str, dict[str, Any]] = {}
    for group in GROUPS:
        for call in group.calls:
            paths.setdefault(call.path, {})[call.method.lower()] = _operation(call, group.name)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": _TITLE,
            "description": _ABOUT.text(),
            "version": VERSION,
            "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": group.name, "description": group.title.text()} for group in GROUPS],
        "paths": paths,
        "components": {
            "schemas": TAKEN | ANSWERED,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def text() -> str:
    return json.dumps(document(), ensure_ascii=False, indent=1) + "\n"


def parameters(call: Described) -> list[dict[str, Any]]:
    """Path and query parameters, and the key of a POST."""
    names = re.findall(r"\{(\w+)\}", call.path)
    found = [_parameter(name, "path", _PATH.get(name, {"type": "string"})) for name in names]
    found += [_parameter(name, "query", _in_query(call, name)) for name in call.query]
    if call.method == "POST":
        found.append(_parameter("Idempotency-Key", "header", {"type": "string", "maxLength": 255}))
    return found


def _in_query(call: Described, name: str) -> dict[str, Any]:
    """The feed gives pages of a thousand."""
    return _QUERY[name] | {"maximum": 1000} if name == "limit" and "after" in call.query else _QUERY[name]


def _parameter(name: str, place: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": place, "required": place == "path", "schema": schema}


def _operation(call: Described, group: str) -> dict[str, Any]:
    operation: dict[str, Any] = {"operationId": call.name, "tags": [group], "summary": call.does.text()}
    if call.codes:
        operation["description"] = "\n".join(f"- {code}: {SENTENCES[code].text()}" for code in call.codes)
    if given := parameters(call):
        operation["parameters"] = given
    if call.body:
        operation["requestBody"] = {"required": True, "content": _json(call.body)}
    of_token = call.name == "createToken2"
    statuses = (403, 413, 422, 429, 503) if of_token else _faults(call)
    answers = {str(status): _answer(schema) for status, schema in call.answers.items()}
    faults = "ProofFaults" if call.path.startswith(envelopes.PASS) else "Faults"
    answers |= {str(status): _answer(faults) for status in statuses}
    if of_token:
        answers["400"] = _answer("TokenError")
        operation["requestBody"]["content"]["application/x-www-form-urlencoded"] = {
            "schema": {"$ref": "#/components/schemas/TokenRequest"}
        }
    operation["responses"] = dict(sorted(answers.items()))
    return operation if of_token else operation | {"security": [{"token": []}]}


def _faults(call: Described) -> list[int]:
    of_body = (400, 413) if call.method in ("POST", "PUT") else ()
    return sorted({*_ANY_FAULTS, *of_body, *call.faults})


def _answer(schema: str) -> dict[str, Any]:
    if not schema:
        return {"description": "–"}
    if "/" in schema:
        return {"description": schema, "content": {schema: {"schema": {"type": "string"}}}}
    return {"description": schema, "content": _json(schema)}


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
