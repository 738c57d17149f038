"""Streams a form with one file; nothing is written to disk, unlike Starlette's parser."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from python_multipart import MultipartParser
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

_MOST_FIELDS, _LONGEST = 20, 4000  # texts beside the file, bytes of each
_NAME = 120  # characters of a file's name
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\u0080-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")

Sink = Callable[[bytes], Awaitable[None]]


class FileForm(NamedTuple):
    """``fields``: texts by name. ``name``: the file's, "" where none was sent; ``size``: its bytes."""

    fields: dict[str, str]
    name: str
    size: int


async def read(request: Request, field: str, most: int, sink: Sink) -> FileForm:
    """Reads the whole form; at most ``most`` bytes of the file in ``field`` go to ``sink``, and a greater ``size``
    shows that the rest was dropped. 400 for another kind of form."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    if kind != b"multipart/form-data" or not options.get(b"boundary"):
        return FileForm({}, "", 0)
    parts = _Parts(field)
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
    """The texts of a form, with that of the file in ``field``, invalid UTF-8 replaced; None where it has more than
    ``most`` bytes."""
    gathered = bytearray()

    async def take(portion: bytes) -> None:
        gathered.extend(portion)

    form = await read(request, field, most, take)
    text = await asyncio.to_thread(gathered.decode, "utf-8", "replace")
    return {**form.fields, field: text} if form.size <= most else None


class _Parts:
    """The parser's callbacks: collect texts, and pass on the file's portions."""

    def __init__(self, field: str) -> None:
        self.fields: dict[str, str] = {}
        self.file_name = ""
        self.ended = False
        self._field = field
        self._header, self._value = b"", b""
        self._disposition = b""
        self._name, self._is_file, self._text = "", False, b""
        self._portions: list[bytes] = []

    def callbacks(self) -> dict[str, Callable[..., None]]:
        names = ("part_begin", "header_field", "header_value", "header_end", "headers_finished", "part_data")
        return {f"on_{name}": getattr(self, name) for name in (*names, "part_end", "end")}

    def taken(self) -> list[bytes]:
        portions, self._portions = self._portions, []
        return portions

    def part_begin(self) -> None:
        self._disposition = b""
        self._name, self._is_file, self._text = "", False, b""

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
        elif len(self._text) < _LONGEST:
            self._text += data[start:end]

    def part_end(self) -> None:
        if not self._is_file and len(self.fields) < _MOST_FIELDS:
            self.fields[self._name] = self._text[:_LONGEST].decode("utf-8", "replace")

    def end(self) -> None:
        self.ended = True


def _plain(name: str) -> str:
    """A file's name without folders and invisible characters."""
    return _CONTROLS.sub("", re.split(r"[/\\]", name)[-1]).strip()[-_NAME:]
