"""Reads the file carrier's latest messages, for the trial phone of a demo."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from consents.instants import micros
from gateways.outbox.outbox import Readable

_TAIL = 200_000  # bytes, some hundreds of messages


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
