"""The OpenAPI 3.1 document, from the table: in docs/openapi.json and openapi.en.json by ``make openapi``."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from consents.languages import SOURCE, Sentence
from providers.api import answers, envelopes
from providers.api.answers import Fault, Refusal
from providers.cases.meanings import CHANNELS, IDENTITIES
from providers.consents.statuses import CAMPAIGN
from providers.openapi import descriptions
from providers.openapi.answered import ANSWERED
from providers.openapi.descriptions import SIGN_IN
from providers.openapi.table import GROUPS, Described
from providers.openapi.taken import TAKEN, ref

FILES = {
    "tr": Path(__file__).parents[2] / "docs" / "openapi.json",
    "en": Path(__file__).parents[2] / "docs" / "openapi.en.json",
}
VERSION = "3.2.0"  # of İYS's document, whose calls these are

_TITLE = "Izin API"  # generators make the name of a package of it, which has to be ASCII
_ABOUT = Sentence(
    "Şirketlerin programları için. Yollar, alanlar, kodlar İYS'nin API belgesindeki gibidir. Saatler Türkiye saatidir. "
    "Kodların yanında başka yazmıyorsa isteği düzeltip gönderin, aynısını yinelemeyin; hepsi x-codes altındadır."
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
_FORM = "application/x-www-form-urlencoded"
_TOKEN_FAULTS = (403, 413, 422, 429, 503)
_QUEUED = Sentence("Liste sıraya alındı, daha kaydedilmedi. Sonucunu requestId ile sorun.")
_DONE = {
    200: Sentence("Yapıldı."),
    201: Sentence("Eklendi."),
    202: Sentence("Yapıldı. Gövde, ilgili alıcıların sayısıdır."),
    204: Sentence("Gösterilecek bir şey yok; gövde boştur."),
}
_FAULT = {
    400: Sentence("İstek okunamadı ya da kabul edilmedi."),
    401: Sentence("Erişim anahtarı yok, geçersiz ya da süresi doldu."),
    403: Sentence("Bu işleme yetkiniz yok."),
    404: Sentence("Adı geçen kayıt yok."),
    409: Sentence("Kaydın durumuyla çelişiyor."),
    413: Sentence("Gövde çok büyük."),
    414: Sentence("Adresin sorgusu 4.000 bayttan uzun."),
    422: Sentence("Bir alan eksik ya da hatalı."),
    429: Sentence("Sınırı aştınız."),
    503: Sentence("Şu an yapılamadı; hiçbir şey değişmedi."),
}
# A code for the example of a refusal that is of no call in particular.
_RAW = {
    400: "H014",
    401: "H351",
    403: "H353",
    404: "Z404",
    413: "Z413",
    414: "H014",
    422: "Z422",
    429: "H124",
    503: "H123",
}
_RETRY_AFTER = Sentence("Yinelemeden önce beklenecek saniye.")
_BEARER = Sentence("Erişim anahtarı: POST /oauth2/token verir, iki saat geçerlidir.")
_FILES = {
    "text/csv": "creationDate,transactionId,recipient,recipientType,type,status,consentDate,source\n",
    "text/plain": "true",
    "application/zip": "PK…",
    "application/timestamp-reply": "0…",
}


@cache
def document(language: str = SOURCE) -> dict[str, Any]:
    """The document with its texts in this language. It is shared: not to be changed."""
    return _Writer(language).document()


def text(language: str = SOURCE) -> str:
    return json.dumps(document(language), ensure_ascii=False, indent=1) + "\n"


def parameters(call: Described, language: str = SOURCE) -> list[dict[str, Any]]:
    """Path and query parameters, and the key of a POST."""
    names = re.findall(r"\{(\w+)\}", call.path)
    found = [_parameter(name, "path", _PATH[name], language) for name in names]
    found += [_parameter(name, "query", _in_query(call, name), language) for name in call.query]
    if call.method == "POST":
        found.append(_parameter("Idempotency-Key", "header", {"type": "string", "maxLength": 255}, language))
    return found


def _in_query(call: Described, name: str) -> dict[str, Any]:
    """The feed gives pages of a thousand."""
    return _QUERY[name] | {"maximum": 1000} if name == "limit" and "after" in call.query else _QUERY[name]


def _parameter(name: str, place: str, schema: dict[str, Any], language: str) -> dict[str, Any]:
    description, shown = descriptions.parameter(name, language)
    given = {"name": name, "in": place, "required": place == "path", "description": description, "schema": schema}
    return given | {"example": shown}


class _Writer:
    """One document. Equal refusals of different calls are one object, which saves most of its memory."""

    def __init__(self, language: str) -> None:
        self._language = language
        self._schemas = descriptions.described(TAKEN | ANSWERED, language)
        self._refusals: dict[tuple[Any, ...], dict[str, Any]] = {}

    def document(self) -> dict[str, Any]:
        paths: dict[str, dict[str, Any]] = {}
        here = [group for group in GROUPS if group.name != "absent"]
        for group in here:
            for call in group.calls:
                paths.setdefault(call.path, {})[call.method.lower()] = self._operation(call, group.name)
        return {
            "openapi": "3.1.0",
            "info": {
                "title": _TITLE,
                "description": self._text(_ABOUT),
                "version": VERSION,
                "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
            },
            "servers": [{"url": "/"}],
            "tags": [{"name": group.name, "description": self._text(group.title)} for group in here],
            "paths": paths,
            "components": {
                "schemas": self._schemas,
                "headers": {
                    "RetryAfter": {"description": self._text(_RETRY_AFTER), "schema": {"type": "integer"}, "example": 2}
                },
                "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": self._text(_BEARER)}},
            },
            "x-codes": descriptions.all_codes(self._language),
        }

    def _text(self, sentence: Sentence) -> str:
        return sentence.text(self._language)

    def _operation(self, call: Described, group: str) -> dict[str, Any]:
        operation: dict[str, Any] = {
            "operationId": call.operation,
            "x-iys-operation-id": call.name,
            "tags": [group],
            "summary": self._text(call.does),
            "description": self._text(call.note or call.does),
        }
        if call.deprecated:
            operation["deprecated"] = True
        if given := parameters(call, self._language):
            operation["parameters"] = given
        if call.body:
            content = self._json(call.body)
            if call.name == SIGN_IN:
                content[_FORM] = content["application/json"]
            operation["requestBody"] = {"required": True, "content": content}
        responses = {str(status): self._answer(schema, status) for status, schema in call.answers.items()}
        responses |= {str(status): self._refusal(call, status) for status in _faults(call)}
        operation["responses"] = dict(sorted(responses.items()))
        return operation | {"security": [] if call.name == SIGN_IN else [{"token": []}]}

    def _answer(self, schema: str, status: int) -> dict[str, Any]:
        does = self._text(_QUEUED if schema == "Queued" else _DONE[status])
        if not schema:
            return {"description": does}
        if "/" in schema:
            held = {"type": "string"} if schema.startswith("text/") else {"type": "string", "format": "binary"}
            return {"description": does, "content": {schema: {"schema": held, "example": _FILES[schema]}}}
        return {"description": does, "content": self._json(schema)}

    def _refusal(self, call: Described, status: int) -> dict[str, Any]:
        """With the codes of this call in words, and all by name: ``x-codes``."""
        found = [one.code for one in descriptions.codes_of(call, status)]
        own = [code for code in found if code in call.codes]
        envelope = envelopes.of_path(call.path)
        key = status, id(envelope), call.name == SIGN_IN, *own, "", *found
        if key not in self._refusals:
            self._refusals[key] = self._written_refusal(call, status, own, found)
        return self._refusals[key]

    def _written_refusal(self, call: Described, status: int, own: list[str], found: list[str]) -> dict[str, Any]:
        lines = [self._text(_FAULT[status]), *(f"- {descriptions.shown_code(code, self._language)}" for code in own)]
        content = self._json("ProofFaults" if call.path.startswith(envelopes.PASS) else "Faults")
        raw = Refusal(status, Fault(next(iter((*own, *found, _RAW.get(status, ""))))))
        content["application/json"]["example"] = answers.failure(answers.spelled(raw, call.path), call.path).content
        if call.name == SIGN_IN and status == 400:
            content["application/json"] = {
                "schema": {"anyOf": [ref("TokenError"), ref("Faults")]},
                "example": descriptions.example(ref("TokenError"), self._schemas),
            }
        answer = {"description": "\n".join(lines), "content": content, "x-codes": found}
        if status in (429, 503):
            answer["headers"] = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
        return answer

    def _json(self, schema: str) -> dict[str, Any]:
        example = descriptions.example(ref(schema), self._schemas)
        return {"application/json": {"schema": ref(schema), "example": example}}


def _faults(call: Described) -> list[int]:
    if call.name == SIGN_IN:
        return [400, *_TOKEN_FAULTS]
    of_body = (400, 413) if call.method in ("POST", "PUT") else ()
    found = {*_ANY_FAULTS, *of_body, *call.faults}
    return sorted(found - {422, 429} | {400} if call.path.startswith(envelopes.PASS) else found)  # within a 400 there


if __name__ == "__main__":
    for name, path in FILES.items():
        path.write_text(text(name), encoding="utf-8")
