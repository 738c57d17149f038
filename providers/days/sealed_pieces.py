"""A file written once as encrypted pieces, so that temporary files on disk show no address."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Self

SPOOLED = 8 << 20  # bytes of sealed pieces that are held in memory before they go to disk


class SealedPieces:
    """Takes bytes in any portions; each ``piece`` bytes go through ``seal``, the rest in ``end``. Use as ``with``; the
    pieces can be read until the block ends. ``size``: bytes before encryption."""

    def __init__(self, piece: int, seal: Callable[[bytes], bytes]) -> None:
        self.size = 0
        self._piece, self._seal = piece, seal
        self._gathered = bytearray()
        self._file = tempfile.SpooledTemporaryFile(SPOOLED)  # noqa: SIM115 - closed by with
        self._lengths: list[int] = []

    def write(self, data: bytes) -> int:
        self._gathered += data
        self.size += len(data)
        while len(self._gathered) >= self._piece:
            self._put(bytes(self._gathered[: self._piece]))
            del self._gathered[: self._piece]
        return len(data)

    def end(self) -> Iterator[bytes]:
        """The encrypted pieces, in order. Nothing is written afterwards."""
        if self._gathered:
            self._put(bytes(self._gathered))
            self._gathered.clear()
        self._file.seek(0)
        return map(self._file.read, self._lengths)

    def _put(self, piece: bytes) -> None:
        sealed = self._seal(piece)
        self._file.write(sealed)
        self._lengths.append(len(sealed))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
