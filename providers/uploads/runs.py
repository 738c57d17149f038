"""External sorting: sorted runs of rows in a temporary file."""

from __future__ import annotations

import marshal
import tempfile
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import IO, Any

RUN, _BLOCK = 25_000, 500  # rows in memory, rows read of a run at a time

Row = Any  # a tuple of plain values, or bytes


class Runs:
    """Tuples of plain values or bytes, no two equal. Filled, then read once."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._runs: list[list[tuple[int, int]]] = []  # of each run in the file: where its blocks lie, how long they are
        self._file: IO[bytes] | None = None
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, rows: Sequence[Row]) -> None:
        self._rows += rows
        self._count += len(rows)
        if len(self._rows) >= RUN:
            self._put_by()

    def in_order(self) -> Iterator[list[Row]]:
        """All of them, some at a time; empty afterwards."""
        self._rows.sort()
        runs = [self._read(run) for run in self._runs]
        runs.append(self._rows[start : start + _BLOCK] for start in range(0, len(self._rows), _BLOCK))
        blocks = [(block, run) for run in runs if (block := next(run, []))]
        while blocks:
            bound = min(block[-1] for block, _ in blocks)
            taken: list[Row] = []
            left = []
            for block, run in blocks:
                cut = bisect_right(block, bound)
                taken += block[:cut]
                rest = block[cut:] or next(run, [])
                if rest:
                    left.append((rest, run))
            blocks = left
            taken.sort()  # some sorted lists one after the other: that is done by merging them
            yield taken
        self._rows, self._runs, self._count = [], [], 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _put_by(self) -> None:
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="izin-rows-")  # noqa: SIM115 - closed once it was read
        self._rows.sort()
        run = []
        for start in range(0, len(self._rows), _BLOCK):
            block = marshal.dumps(self._rows[start : start + _BLOCK])
            run.append((self._file.tell(), len(block)))
            self._file.write(block)
        self._runs.append(run)
        self._rows = []

    def _read(self, run: list[tuple[int, int]]) -> Iterator[list[Row]]:
        assert self._file is not None
        for place, length in run:
            self._file.seek(place)
            block: list[Row] = marshal.loads(self._file.read(length))  # noqa: S302 - written by ourselves
            yield block
