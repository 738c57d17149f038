"""Writes and hashes a file beside the work of making its bytes."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Protocol, Self

GATHERED = 1 << 18  # bytes that are handed over at once


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


class HashedFile:
    """Writes ``file`` and takes its SHA-384 and SHA-512 in a thread, one piece at a time; its errors are raised by a
    later ``write`` or by ``digests``. Nothing else may touch ``file`` within the block."""

    def __init__(self, file: Sink) -> None:
        self._file = file
        self._hashes = hashlib.sha384(), hashlib.sha512()
        self._thread = ThreadPoolExecutor(1, "hashing")  # begun by the first piece
        self._on_its_way: Future[None] | None = None
        self._gathered: list[bytes] = []
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._thread.shutdown()

    def write(self, data: bytes) -> None:
        self._gathered.append(data)
        self._size += len(data)
        if self._size >= GATHERED:
            self._hand_over()

    def digests(self) -> tuple[bytes, bytes]:
        """SHA-384 and SHA-512 of all that was written; only then is ``file`` complete."""
        self._hand_over()
        self._arrived()
        sha384, sha512 = self._hashes
        return sha384.digest(), sha512.digest()

    def _hand_over(self) -> None:
        self._arrived()  # first: then its bytes are gone before there are new ones
        data = b"".join(self._gathered)
        self._gathered, self._size = [], 0
        self._on_its_way = self._thread.submit(self._put, data)

    def _arrived(self) -> None:
        if self._on_its_way is not None:
            self._on_its_way.result()

    def _put(self, data: bytes) -> None:
        for taken in self._hashes:
            taken.update(data)
        self._file.write(data)
