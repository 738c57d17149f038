"""What the writers said and when: a file each, in the page cache, which outlives SIGKILL and every simulated cut.

Lines, JSON arrays:  ["begun", id]                      before the write was asked for
                     ["recorded", id, act, [word…]]     after it returned; act may be null (not told)
                     ["stood", id, event, word]         after it returned: the word was the last one already
                     ["failed", id, error]              it raised: nothing was promised
id is the hex digest of the write's own evidence, unique; a word is [recipient, brand, channel, identity, status].
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

Word = tuple[int, int, int, int, int]

RECORDED, FAILED = b'"recorded"', b'"failed"'  # as they stand in a line
PATIENCE = 60.0  # seconds


class Journal:
    """One writer's file, appended line by line; used by several threads at once."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def begun(self, number: str) -> None:
        self._line("begun", number)

    def recorded(self, number: str, act: int | None, words: list[Word]) -> None:
        self._line("recorded", number, act, words)

    def stood(self, number: str, event: int, word: Word) -> None:
        self._line("stood", number, event, word)

    def failed(self, number: str, error: Exception) -> None:
        self._line("failed", number, type(error).__name__)

    def _line(self, *parts: Any) -> None:
        os.write(self._file, json.dumps(parts).encode() + b"\n")  # one call: a line is there whole or not at all


@dataclass
class Promises:
    """All that was acknowledged, and what was begun."""

    begun: set[str] = field(default_factory=set)
    recorded: dict[str, tuple[int | None, list[Word]]] = field(default_factory=dict)
    stood: dict[str, tuple[int, Word]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    @property
    def acknowledged(self) -> int:
        return len(self.recorded) + len(self.stood)

    @property
    def interrupted(self) -> set[str]:
        """Begun and not acknowledged: such a write may have been kept or not, nobody was told."""
        return self.begun - self.recorded.keys() - self.stood.keys()

    @classmethod
    def of(cls, journals: Iterable[Path]) -> Self:
        """What these writers said; a file that is not there yet promises nothing."""
        promises = cls()
        for journal in journals:
            text = journal.read_text() if journal.exists() else ""
            for line in text[: text.rfind("\n") + 1].splitlines():
                promises._add(json.loads(line))
        return promises

    def add(self, later: Promises) -> None:
        """Takes over what was said in a later round."""
        self.begun |= later.begun
        self.recorded |= later.recorded
        self.stood |= later.stood
        self.failed |= later.failed

    def _add(self, parts: list[Any]) -> None:
        kind, number = parts[:2]
        if kind == "begun":
            self.begun.add(number)
        elif kind == "recorded":
            self.recorded[number] = (parts[2], [_word(word) for word in parts[3]])
        elif kind == "stood":
            self.stood[number] = (parts[2], _word(parts[3]))
        else:
            self.failed[number] = parts[2]


def wait_for(said: bytes, journals: Iterable[Path], *, after: bytes | None = None) -> None:
    """Until every writer has said this, and after it last said ``after``."""
    deadline = time.monotonic() + PATIENCE
    for journal in journals:
        while not _has_said(said, journal, after):
            assert time.monotonic() < deadline, f"{journal.stem} did not say {said.decode()} in {PATIENCE} s"
            time.sleep(0.002)


def _has_said(said: bytes, journal: Path, after: bytes | None) -> bool:
    text = journal.read_bytes() if journal.exists() else b""
    return said in (text if after is None else text.rpartition(after)[2])


def _word(parts: list[int]) -> Word:
    recipient, brand, channel, identity, status = parts
    return recipient, brand, channel, identity, status
