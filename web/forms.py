"""Fields of a form. Plain forms are read at once: Starlette's streaming parser costs ten times as much."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qsl

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY, RequestBodyLimitMiddleware
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

MOST = 100  # fields; no form of ours has a tenth of them
FORM_BYTES = 64_000  # of any form, and of the body of any unauthenticated request
_PLAIN = "application/x-www-form-urlencoded"
_IN_PARTS = "multipart/form-data"
_CHARSET = re.compile(r';\s*charset\s*=\s*("[^"]*"|[^;]*)', re.IGNORECASE)

Pairs = Sequence[tuple[str, str]]


async def limit(request: Request, most: int) -> None:
    """Limits the rest of the body to ``most`` bytes, else 413. Raise it once the request is authorised."""
    if request.scope.get(MAX_BODY_SIZE_SCOPE_KEY) != most:  # else its route has set it
        await RequestBodyLimitMiddleware(_nothing, most)(request.scope, request.receive, _unsent)


async def _nothing(scope: Scope, receive: Receive, send: Send) -> None:
    """A limit set again applies to the existing layer."""


async def _unsent(message: object) -> None:
    """Nothing is answered there."""


async def pairs(request: Request, most: int = MOST) -> Pairs:
    """(name, text) pairs in order, without files. 400 for a plain form of more than ``most`` fields, 413 for more
    than ``FORM_BYTES``. A body without a content type is a plain form."""
    await limit(request, FORM_BYTES)
    kind = request.headers.get("content-type", _PLAIN).partition(";")[0].strip().lower()
    if kind == _IN_PARTS:
        return await _in_parts(request)
    if kind != _PLAIN:
        return []
    body = await request.body()
    try:
        return parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=most)
    except ValueError:
        raise HTTPException(400) from None


async def with_files(request: Request, errors: str = "replace", most: int = FORM_BYTES) -> dict[str, str]:
    """As ``fields``, with the text of each file; ``errors``: as in ``bytes.decode``. 413 for more than ``most``
    bytes."""
    await limit(request, most)
    kind = _CHARSET.sub("", request.headers.get("content-type", _PLAIN))
    if kind.partition(";")[0].strip().lower() != _IN_PARTS:
        return await fields(request)
    whole = MultiPartParser(Headers({"content-type": kind}), request.stream())
    try:
        form = await whole.parse()
    except (MultiPartException, ValueError):
        raise HTTPException(400) from None
    try:
        return {
            name: value if isinstance(value, str) else (await value.read()).decode("utf-8", errors)
            for name, value in form.multi_items()
        }
    finally:
        await form.close()


async def _in_parts(request: Request) -> Pairs:
    """As UTF-8, whatever charset is named (RFC 7578, 5.1.2 knows none); some of Python's decode no text."""
    kind = _CHARSET.sub("", request.headers["content-type"])
    try:
        form = await MultiPartParser(Headers({"content-type": kind}), request.stream()).parse()
    except (MultiPartException, ValueError):
        raise HTTPException(400) from None
    try:
        return [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
    finally:
        await form.close()


async def fields(request: Request) -> dict[str, str]:
    """Texts by name, the last one of a repeated name."""
    return dict(await pairs(request))


async def once(request: Request, name: str) -> str | None:
    """The text of a field that was sent exactly once."""
    given = [value for field, value in await pairs(request) if field == name]
    return given[0] if len(given) == 1 else None


_MOST_FIELDS, _LONGEST = 20, 4000  # texts beside the file, bytes of each
_NAME = 120  # characters of a file's name
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")

Sink = Callable[[bytes], Awaitable[None]]


class FileForm(NamedTuple):
    """``fields``: texts by name. ``name``: the file's, "" where none was sent; ``size``: its bytes."""

    fields: dict[str, str]
    name: str
    size: int


async def read(
    request: Request, field: str, most: int, sink: Sink, longer: Mapping[str, int] = MappingProxyType({})
) -> FileForm:
    """Reads the whole form; at most ``most`` bytes of the file in ``field`` go to ``sink``, and a greater ``size``
    shows that the rest was dropped. ``longer``: texts that may have more bytes than others, cut after so many. 400 for
    another kind of form."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        return FileForm({}, "", 0)
    parts = _Parts(field, longer)
    size = 0
    try:
        parser = MultipartParser(options[b"boundary"], parts.callbacks())  # type: ignore[arg-type]
        async for data in request.stream():
            parser.write(data)
            for portion in parts.taken():
                if size < most:
                    await sink(portion[: most - size])
                size += len(portion)
        parser.finalize()
    except (FormParserError, ValueError):
        raise HTTPException(400) from None
    if not parts.ended:
        raise HTTPException(400)  # cut off: a part of a file is no file
    return FileForm(parts.fields, parts.file_name, size)


async def read_text(request: Request, field: str, most: int) -> dict[str, str] | None:
    """The texts of a form, with that of the file in ``field``, in UTF-8 or, as Turkish Excel writes CSV, in
    windows-1254; None where it has more than ``most`` bytes."""
    gathered = bytearray()

    async def take(portion: bytes) -> None:
        gathered.extend(portion)

    form = await read(request, field, most, take)
    return {**form.fields, field: await asyncio.to_thread(decoded, gathered)} if form.size <= most else None


def decoded(content: bytes | bytearray) -> str:
    """A text in UTF-8 or, as Turkish Excel writes CSV, in windows-1254."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return content.decode("cp1254", "replace")


class _Parts:
    """The parser's callbacks: collect texts, and pass on the file's portions."""

    def __init__(self, field: str, longer: Mapping[str, int]) -> None:
        self.fields: dict[str, str] = {}
        self.file_name = ""
        self.ended = False
        self._field, self._longer = field, longer
        self._header, self._value = b"", b""
        self._disposition = b""
        self._name, self._is_file, self._text = "", False, bytearray()
        self._portions: list[bytes] = []

    def callbacks(self) -> dict[str, Callable[..., None]]:
        names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data")
        return {f"on_{name}": getattr(self, name) for name in (*names, "part_end", "end")}

    def taken(self) -> list[bytes]:
        portions, self._portions = self._portions, []
        return portions

    def part_begin(self) -> None:
        self._disposition = b""
        self._name, self._is_file, self._text = "", False, bytearray()

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            self._disposition = self._value
        self._header, self._value = b"", b""

    def headers_finished(self) -> None:
        _, options = parse_options_header(self._disposition)
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._is_file = b"filename" in options
        if self._is_file and self._name == self._field:
            self.file_name = _plain(options[b"filename"].decode("utf-8", "replace"))

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self._is_file:
            if self._name == self._field:
                self._portions.append(data[start:end])
        elif len(self._text) < self._most:
            self._text += data[start:end]

    def part_end(self) -> None:
        if not self._is_file and len(self.fields) < _MOST_FIELDS:
            self.fields[self._name] = self._text[: self._most].decode("utf-8", "replace")

    def end(self) -> None:
        self.ended = True

    @property
    def _most(self) -> int:
        return self._longer.get(self._name, _LONGEST)


def _plain(name: str) -> str:
    """A file's name without folders and invisible characters."""
    return _CONTROLS.sub("", re.split(r"[/\\]", name)[-1]).strip()[-_NAME:]
