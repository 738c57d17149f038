"""Answers of the API: İYS's JSON and its envelope of errors (API document 3.2.0). Pages of lists: ``offset`` and
``limit`` of a query, by İYS's rules."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from inspect import isawaitable
from typing import Any, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler

from consents.languages import Sentence
from providers.api import envelopes, wire
from web import logs
from web.codes import SENTENCES
from web.rendering import texts

ABSENT: Any = object()
# İYS gives H084 at the top level, and programs read it there; its API document has it in the list of errors.
_ALSO_AT_TOP = "H084"
_WISH = 200  # characters of Accept-Language that are read
MOST_FAULTS = 1000  # in one answer; a list has as many items
# Paths of the API; errors on them are answered in JSON.
PREFIXES = (
    *("/oauth2/", "/sps/", "/v2/", "/info/", "/integrator/", "/via/", "/otp-management/", "/widget/"),
    *("/oauth/", "/v1/"),  # no calls of ours, but those of programs that are set up wrongly
)
# With the charset, because İYS's own Java program reads Latin-1 where none is named.
_JSON = "application/json; charset=utf-8"

_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode  # as JSONResponse does

# What stands for a status of the web where İYS has a code of its own for it.
_OF_STATUS = {400: "H014", 404: "Z404", 405: "Z405", 413: "Z413", 429: "H124", 500: "H015", 503: "H123"}
MOST_ON_PAGE = 100  # H186
T = TypeVar("T")


class Fault(NamedTuple):
    """One fault. ``location``: path of field names; ``place``: of the consent in a list, from 0."""

    code: str
    location: tuple[str | int, ...] = ()
    value: Any = ABSENT
    place: int | None = None
    message: Sentence | None = None

    def fields(self, language: str = "") -> dict[str, Any]:
        """As İYS writes it; parts without a value are left out. Without a ``language`` the message is in both."""
        fields: dict[str, Any] = {"code": self.code, "message": (self.message or _sentence(self.code)).text(language)}
        if self.location:
            fields["location"] = list(self.location)
        if self.value is not ABSENT:
            fields["value"] = self.value
        if self.place is not None:
            fields["index"] = self.place
        return fields


class Refusal(Exception):
    def __init__(self, status: int, *faults: Fault, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.faults, self.headers = status, faults, dict(headers or {})


class Written(str):
    """The content of an answer as JSON text."""


class Answer(NamedTuple):
    """``content``: a value that JSON can hold, or Written; None: no content; ``code``: of a refusal whose work was
    stored, as a counted try."""

    status: int
    content: Any = None
    code: str = ""


def error_body(faults: Sequence[Fault], language: str = "") -> dict[str, Any]:
    envelope: dict[str, Any] = {"errors": [fault.fields(language) for fault in faults[:MOST_FAULTS]]}
    if faults and faults[0].code == _ALSO_AT_TOP:
        envelope |= {name: envelope["errors"][0][name] for name in ("code", "message")}
    return envelope


def response(answer: Answer, headers: Mapping[str, str] | None = None) -> Response:
    own = {"cache-control": "no-store", **(headers or {})}
    if answer.content is None:
        return Response(status_code=answer.status, headers=own)
    if isinstance(answer.content, Written):
        return Response(answer.content, answer.status, own, _JSON)
    return Response(_json(answer.content), answer.status, own, _JSON)


def written(content: Any) -> str:
    return content if isinstance(content, Written) else json.dumps(content, ensure_ascii=False)


def wished_language(request: Request) -> str:
    """“tr” or “en” where Accept-Language names it; "" for both languages, as without that header: İYS's programs send
    none, and some clients of HTTP send “*” by themselves."""
    wish = request.headers.get("accept-language", "")[:_WISH].lower()
    chosen = texts.negotiate(wish, complete=True)
    return chosen if re.search(rf"(?:^|,)\s*{chosen}\b", wish) else ""


def refused(refusal: Refusal, path: str = "", language: str = "") -> Response:
    """``refusal`` in the envelope of the call at ``path``."""
    envelope = envelopes.of_path(path)
    headers = refusal.headers | ({"trace_id": logs.request_id.get()} if envelope and envelope.traced else {})
    return response(failure(refusal, path, language), headers)


def failure(refusal: Refusal, path: str, language: str = "") -> Answer:
    """The answer that ``refused`` sends, for a work that has to be stored; its faults bear the codes of the call."""
    envelope = envelopes.of_path(path)
    if envelope is None:
        return Answer(refusal.status, error_body(refusal.faults, language))
    faults = [fault.fields(language) for fault in refusal.faults[:MOST_FAULTS]]
    status, body = envelope.body(path, refusal.status, faults)
    return Answer(status, body, str(faults[0]["code"]))


def spelled(refusal: Refusal, path: str) -> Refusal:
    """``refusal`` with the codes and the status of the call at ``path``."""
    envelope = envelopes.of_path(path)
    if envelope is None or not refusal.faults:
        return refusal
    faults = [fault._replace(code=envelope.code(fault.code, fault.value)) for fault in refusal.faults]
    return Refusal(envelope.statuses.get(faults[0].code, refusal.status), *faults, headers=refusal.headers)


def problem(status: int, headers: Mapping[str, str] | None = None, path: str = "", language: str = "") -> Response:
    """An error outside of a handler: no such path, wrong method, our own fault."""
    code = _OF_STATUS.get(status) or _OF_STATUS[500 if status >= 500 else 400]
    return refused(spelled(Refusal(status, Fault(code), headers=headers), path), path, language)


def _sentence(code: str) -> Sentence:
    return SENTENCES.get(code) or envelopes.PASS_SENTENCES[code]


def is_api(path: str) -> bool:
    return path.startswith(PREFIXES) or f"{path}/" in PREFIXES


def wants_json(request: Request) -> bool:
    """Whether errors are answered in JSON: on the API's paths, and to a program that accepts no page."""
    accepted = request.headers.get("accept", "").lower()
    return is_api(request.url.path) or ("application/json" in accepted and "text/html" not in accepted)


Handlers = Mapping[int | type[Exception], ExceptionHandler]


def in_json(handlers: Handlers, note: Callable[[Request, int], Awaitable[None]]) -> Handlers:
    """The site's error handlers, answering in JSON for programs (``wants_json``). ``note``: gets their status."""
    return {kind: _in_json(handler, note) for kind, handler in handlers.items()}


def _in_json(handler: Callable[..., Any], note: Callable[[Request, int], Awaitable[None]]) -> ExceptionHandler:
    async def answer(request: Request, error: Exception) -> Response:
        made = handler(request, error)
        page: Response = await made if isawaitable(made) else made
        await note(request, page.status_code)
        if not wants_json(request):
            return page
        kept = {name: page.headers[name] for name in ("allow", "retry-after") if name in page.headers}
        return problem(page.status_code, kept, request.url.path, wished_language(request))

    return answer


class Page(NamedTuple):
    offset: int
    limit: int

    def of(self, entries: Sequence[T]) -> Sequence[T]:
        return entries[self.offset : self.offset + self.limit]

    def pagination(self, total: int, size: int) -> dict[str, int]:
        """İYS ``pagination``."""
        return wire.pagination(self.offset, size, total)


def page(request: Request, most: int = MOST_ON_PAGE) -> Page:
    """The query's page; without one the first ``most`` entries. Errors: Refusal 422."""
    offset = _number(request, "offset", 0, "H182")
    limit = _number(request, "limit", most, "H183")
    if limit == 0:
        raise Refusal(422, Fault("H187", ("limit",), limit))
    if limit > most:
        raise Refusal(422, Fault("H186", ("limit",), limit))
    return Page(offset, limit)


def _number(request: Request, name: str, default: int, code: str) -> int:
    text = request.query_params.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise Refusal(422, Fault(code, (name,), text[:200]))
    return int(text)
