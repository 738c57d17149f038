"""The file carrier: one JSON object a line, for development and tests; its latest messages for the trial phone
of a demo."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from consents.instants import micros, moment
from gateways.carrier import Down, OutgoingMessage
from gateways.outbox.outbox import Readable

_TAIL = 200_000  # bytes, some hundreds of messages


class File:
    """Appends to ``path``, created where missing, readable to its owner alone."""

    def __init__(self, path: str) -> None:
        self._path = Path(path)

    async def send(self, message: OutgoingMessage) -> str:
        """Appends ``{"at","kind","to","subject","text"}``, and "headers" where there are any. Errors: Down."""
        at = moment(message.at).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        words = {"at": at, "kind": message.kind, "to": message.to, "subject": message.subject, "text": message.text}
        more = {"headers": dict(message.headers)} if message.headers else {}
        try:
            await asyncio.to_thread(self._append, json.dumps(words | more, ensure_ascii=False).encode() + b"\n")
        except OSError as fault:
            raise Down(f"file {type(fault).__name__}") from None
        return message.reference

    def _append(self, line: bytes) -> None:
        """In one write, so that lines of several processes never mix."""
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
        try:
            if os.write(file, line) != len(line):
                os.write(file, b"\n")  # a full disk took a part: the next line still begins on its own
                raise OSError("the disk is full")
        finally:
            os.close(file)


def tail(path: str) -> list[Readable]:
    try:
        with Path(path).open("rb") as file:
            start = max(0, file.seek(0, os.SEEK_END) - _TAIL)
            file.seek(start)
            lines = file.read().split(b"\n")
    except OSError:
        return []
    return list(_messages(lines[1:] if start else lines))  # the first may be cut


def _messages(lines: list[bytes]) -> Iterator[Readable]:
    for line in lines:
        try:
            words: dict[str, Any] = json.loads(line)
            at = micros(datetime.fromisoformat(words["at"].replace("Z", "+00:00")))
            yield Readable(at, *(str(words[name]) for name in ("kind", "to", "subject", "text")))
        except (ValueError, LookupError, TypeError, AttributeError):
            continue  # a full disk took a part of it
