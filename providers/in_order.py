"""Lines of the day file that were recorded in one second, put in order without holding all of them.

A loading records some ten thousand movements a second, and a faster machine more.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from typing import IO

HELD = 8_000  # lines in memory, some 1.6 MB
SHARES = 256  # into which more of them are dealt out: by the first two digits of the id

_DIGITS = [f"{first:02x}" for first in range(1, SHARES)]


class Second:
    """Takes lines, gives them back in order. They begin with ``start`` and a transaction id, so evenly spread digits.

    More than HELD go to ``spare``, an empty file, in shares of the alphabet, each of which is then put in order by
    itself: nothing else depends on the digits. ``spare`` is empty again afterwards.
    """

    def __init__(self, start: str, spare: IO[bytes]) -> None:
        self._start = start
        self._spare = spare
        self._size = 0  # of what is in ``spare``
        self._shares: list[list[tuple[int, int]]] = []  # (place, size) of each piece
        self._lines: list[str] = []

    def add(self, lines: Sequence[str]) -> None:
        """More lines, in any order."""
        self._lines += lines
        if len(self._lines) > HELD:
            self._deal()

    def pieces(self) -> Iterator[bytes]:
        """All lines in order, some at a time. Only once."""
        if not self._shares:
            self._lines.sort()
            yield "".join(self._lines).encode("ascii")
            return
        self._deal()
        for share in self._shares:
            lines = b"".join(self._read(*piece) for piece in share).splitlines(keepends=True)
            lines.sort()
            yield b"".join(lines)
        self._spare.seek(0)
        self._spare.truncate()

    def _deal(self) -> None:
        if not self._shares:
            self._shares = [[] for _ in range(SHARES)]
        self._lines.sort()
        ends = [bisect_left(self._lines, self._start + digits) for digits in _DIGITS]
        for share, start, end in zip(self._shares, [0, *ends], [*ends, len(self._lines)], strict=True):
            size = self._spare.write("".join(self._lines[start:end]).encode("ascii"))
            share.append((self._size, size))
            self._size += size
        self._lines = []

    def _read(self, place: int, size: int) -> bytes:
        self._spare.seek(place)
        return self._spare.read(size)
