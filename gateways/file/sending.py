"""The file carrier: one JSON object a line, for development and tests."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

from consents.instants import moment
from gateways.carrier import Down, OutgoingMessage


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
