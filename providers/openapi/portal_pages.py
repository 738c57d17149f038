"""``/gelistirici``: pages for people who write programs; ``/openapi.json``: the document that they are drawn from."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from consents.languages import SOURCE, Sentence
from providers.openapi import document, reference
from web import health, pages, process
from web.rendering import assets, texts
from web.rendering.assets import Asset

HOME = "/gelistirici"
REFERENCE, CODES, CHANGES = f"{HOME}/basvuru", f"{HOME}/kodlar", f"{HOME}/degisiklikler"
_LONGEST_SEARCH = 100  # characters of a search
_OLD = {"/api": REFERENCE, "/api/kodlar": CODES}


class ApiChange(NamedTuple):
    """``calls``: names of calls.toml."""

    day: date
    kind: str
    sentence: Sentence
    calls: tuple[str, ...]


async def home(request: Request) -> Response:
    return pages.render(
        request,
        "providers/developers.html",
        base=process.of(request).settings.public_url,
        version=document.VERSION,
        fit=not await health.faults(request),
    )


async def index(request: Request) -> Response:
    """All calls, or those with each word of ``ara``."""
    language, typed = texts.language(request)[0], request.query_params.get("ara", "")[:_LONGEST_SEARCH].strip()
    if typed:
        found = reference.found(language, typed)
        return pages.render(request, "providers/reference.html", groups=found, typed=typed, absent=[])
    groups = reference.groups(language)
    return pages.fixed(request, "providers/reference.html", groups=groups, typed="", absent=reference.absent())


async def operation(request: Request) -> Response:
    shown = reference.operations(texts.language(request)[0]).get(request.path_params["name"])
    if shown is None:
        raise HTTPException(404)
    return pages.fill(request, "providers/operation.html", shown, {"base": process.of(request).settings.public_url})


async def codes(request: Request) -> Response:
    return pages.fixed(request, "providers/codes.html", codes=reference.codes(texts.language(request)[0]))


async def changed(request: Request) -> Response:
    language = texts.language(request)[0]
    listed = [(one, one.sentence.text(language), list(map(reference.page_name, one.calls))) for one in changes()]
    return pages.fixed(request, "providers/changes.html", changes=listed)


async def file(request: Request) -> Response:
    """In Turkish, and in English with ``?lang=en``: a tool's answer must not depend on its Accept-Language."""
    wanted = request.query_params.get("lang", SOURCE)
    return assets.respond(_file(wanted if wanted in document.FILES else SOURCE), request)


async def moved(request: Request) -> Response:
    """The addresses of earlier versions."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(_OLD[request.url.path] + query, status_code=308)


@cache
def changes() -> tuple[ApiChange, ...]:
    table = tomllib.loads(Path(__file__).with_name("changes.toml").read_text("utf-8"))
    return tuple(map(_change, table["change"]))


def _change(entry: Mapping[str, Any]) -> ApiChange:
    text = entry["does"]
    return ApiChange(entry["day"], entry["kind"], Sentence(text), tuple(entry.get("calls", ())))


@cache
def _file(language: str) -> Asset:
    return assets.pack(document.FILES[language].name, "application/json", document.text(language).encode())
