"""``/api``: the calls for people who write programs, ``/api/kodlar`` the codes; ``/openapi.json``: for programs."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from consents.languages import SOURCE
from providers.openapi import document
from providers.openapi.document import SchemaField, fields, kind
from providers.openapi.table import GROUPS, Described
from web import pages
from web.codes import SENTENCES
from web.rendering import assets, texts
from web.rendering.assets import Asset


class Answered(NamedTuple):
    status: int
    phrase: str
    media: str
    fields: list[SchemaField]


class Shown(NamedTuple):
    """A call on the page; ``codes``: of its faults, whose sentences the page has once."""

    name: str
    method: str
    path: str
    does: str
    parameters: list[SchemaField]
    body: list[SchemaField]
    answers: list[Answered]
    codes: list[str]


async def page(request: Request) -> Response:
    groups, absent = shown(texts.language(request)[0])
    return pages.fixed(request, "providers/api.html", groups=groups, absent=absent)


async def codes(request: Request) -> Response:
    """Each code that a call answers, with its sentence."""
    return pages.fixed(request, "providers/codes.html", codes=explained(texts.language(request)[0]))


async def file(request: Request) -> Response:
    """In Turkish, and in English with ``?lang=en``: a tool's answer must not depend on its Accept-Language."""
    wanted = request.query_params.get("lang", SOURCE)
    return assets.respond(_file(wanted if wanted in document.FILES else SOURCE), request)


@cache
def _file(language: str) -> Asset:
    return assets.pack(document.FILES[language].name, "application/json", document.text(language).encode())


@cache
def shown(language: str) -> tuple[list[tuple[str, str, list[Shown]]], list[str]]:
    """(name, title, calls) of each group, and the lines of what is not offered."""
    here = [group for group in GROUPS if group.name != "absent"]
    listed = [
        (group.name, group.title.text(language), [_shown(call, language) for call in group.calls]) for group in here
    ]
    return listed, [call.line for group in GROUPS if group.name == "absent" for call in group.calls]


@cache
def explained(language: str) -> list[tuple[str, str]]:
    """(code, sentence)"""
    named = {code for group in GROUPS for call in group.calls for code in call.codes}
    return [(code, SENTENCES[code].text(language)) for code in sorted(named)]


def _shown(call: Described, language: str) -> Shown:
    given = [SchemaField(one["name"], kind(one["schema"]), one["required"]) for one in document.parameters(call)]
    answers = [_answered(status, schema) for status, schema in call.answers.items()]
    does = call.does.text(language)
    return Shown(call.name, call.method, call.path, does, given, fields(call.body), answers, list(call.codes))


def _answered(status: int, schema: str) -> Answered:
    return Answered(status, HTTPStatus(status).phrase, schema if "/" in schema else "", fields(schema))
